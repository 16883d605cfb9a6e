"""The built-in profiles, fact by fact, against a table read off the five notices by hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import pytest

from cases.model import Kind, Language, Purpose
from cases.terms import KeptFor, Period
from shops.profile import built_in_profiles, load_profile


@dataclass(frozen=True)
class Facts:
    """What staff, customers and the law rely on at one shop."""

    prefix: str
    business_id: str
    address: str
    email: str
    phone: str
    contact: str
    dated: date | None
    signature: str
    #: Right -> form, ways; a right that is not here the notice is silent on.
    rights: dict[str, tuple[str, tuple[str, ...]]]
    purposes: set[str]
    #: In the order of the notice; marketing ones end in *, those nobody tells in -.
    recipients: list[str]
    sources_told: list[str] = field(default_factory=list)
    periods: tuple[Period, ...] = ()
    kept_for: tuple[KeptFor, ...] = (KeptFor.ACCOUNTING,)
    transfers: str = ""
    complaint: str | None = None
    #: Of categories: those told of and never shown.
    held: list[str] = field(default_factory=list)
    #: Categories in all, purposes in all, legal bases in all.
    counts: tuple[int, int, int] = (0, 0, 0)
    anonymises: bool = False
    certifies: bool = False
    targeting: bool = True
    publication: str = ""


SECURED = (KeptFor.ACCOUNTING, KeptFor.STATUTORY, KeptFor.OPEN_INVOICE, KeptFor.COLLECTION)
PARTNERS = ["added_value", "credit_decisions", "credit", "collection", "billing", "server_partners"]
SOURCES = ["resellers", "update_services", "subcontractors", "partner_sites"]
ALL_USES = {purpose.value for purpose in Purpose}
BY_MAIL = ("written", ("email",))

SHOPS = {
    "taigakoru": Facts(
        "TAI", "1516697-8", "PL 2211, Koskikatu 25 e 16, 96201 Rovaniemi", "info@taigakoru.fi",
        "+358 16 313070", "Juha Janger", date(2018, 5, 8), "offer",
        {
            "access": ("signed", ("post", "email")),
            "correction": ("free", ("email",)),
            "erasure": ("free", ("email",)),
            "opt_out": ("free", ("phone", "post", "email")),
        },
        {"direct_marketing", "profiling"},
        [
            "shop_software", "email_marketing*", "carrier", "payments", "credit", "customs", "collection",
            "delivery_partners", "profiling_partners*", "hosting", "authorities-",
        ],
        kept_for=(KeptFor.ACCOUNTING, KeptFor.STATUTORY), transfers="never", complaint="unnamed",
        held=["henkilötunnus", "Tullin vaatimat passitiedot tai vastaavat tiedot"], counts=(14, 10, 5),
    ),
    "kruununjalokivi": Facts(
        "KRU", "", "Otakaari 5, 02150 Espoo", "info@kruununjalokivi.com", "", "", None, "not_required",
        {"access": ("free", ()), "erasure": ("free", ()), "opt_out": ("free", ("unsubscribe_link",))},
        {"direct_marketing"},
        ["finqu", "mailchimp*", "gmail", "authorities-"],
        periods=(Period("end_of_customership"),), complaint="ombudsman", counts=(5, 3, 0), targeting=False,
    ),
    "tailorframe": Facts(
        "TAF", "2537284-7", "Pariisinkatu 4, 00550 Helsinki", "info@tailorframe.com", "", "Jere Hietala",
        date(2018, 5, 25), "offer",
        {
            "access": ("signed", ("contact_person",)),
            "correction": ("hand_signed", ("contact_person",)),
            "erasure": ("free", ()),
            "opt_out": ("free", ("contact_person",)),
        },
        ALL_USES, [*PARTNERS, "authorities-"], SOURCES,
        kept_for=SECURED, transfers="if_necessary", complaint="ombudsman", counts=(7, 7, 0),
        anonymises=True, certifies=True, publication="unless_forbidden",
    ),
    "noorakenttamaa": Facts(
        "NOK", "", "Läkkisepäntie 20 b, 00620 Helsinki", "noora@noorakenttamaa.fi", "044 998 5780",
        "Noora Kenttämaa", date(2020, 1, 7), "offer",
        {
            "access": ("signed", ("customer_service", "contact_person")),
            "correction": ("hand_signed", ("customer_service", "contact_person")),
            "erasure": ("free", ()),
            "opt_out": ("free", ("customer_service",)),
        },
        ALL_USES, [*PARTNERS, "google", "authorities-"], SOURCES,
        kept_for=SECURED, transfers="if_necessary", complaint="ombudsman", counts=(9, 9, 0),
        anonymises=True, certifies=True, publication="unless_forbidden",
    ),
    "liwigo": Facts(
        "LIW", "3354302-8", "Oraskatu 4, 20780 Kaarina", "tietosuoja@liwigo.fi", "040 328 1986",
        "Joonas Nummela", date(2023, 9, 8), "not_required",
        {kind.value: BY_MAIL for kind in Kind if kind is not Kind.OPT_OUT},
        {"direct_marketing", "profiling", "publication"},
        ["authorities-"],
        periods=(Period("last_order", 5), Period("registration", 5, only_without_orders=True)),
        transfers="never", held=["henkilötunnus"], counts=(9, 4, 2), publication="as_agreed",
    ),
}  # fmt: skip


def test_the_table_has_every_built_in_profile() -> None:
    assert sorted(SHOPS) == built_in_profiles()


@pytest.mark.parametrize("name", SHOPS)
def test_who_the_shop_is_and_where_it_is_reached(name: str) -> None:
    wanted, profile = SHOPS[name], load_profile(name)
    facts = profile.facts(Language.FI)
    assert (facts["business_id"], facts["address"], facts["email"], facts["phone"], facts["contact"]) == (
        wanted.business_id, wanted.address, wanted.email, wanted.phone, wanted.contact,
    )  # fmt: skip
    assert (profile.prefix, profile.notice_dated) == (wanted.prefix, wanted.dated)
    assert (profile.signature_policy, profile.complaint_authority) == (wanted.signature, wanted.complaint)


@pytest.mark.parametrize("name", SHOPS)
def test_the_form_and_the_ways_the_notice_names_for_each_right(name: str) -> None:
    rights = load_profile(name).facts(Language.FI)["rights"]
    assert {kind: (said["form"], tuple(said["doors"])) for kind, said in rights.items()} == SHOPS[name].rights


@pytest.mark.parametrize("name", SHOPS)
def test_who_gets_data_and_who_is_told_of_what(name: str) -> None:
    wanted, profile = SHOPS[name], load_profile(name)
    marks = {(True, True): "*", (True, False): "", (False, False): "-"}
    assert [one.id + marks[one.told, one.marketing] for one in profile.recipients] == wanted.recipients
    told = profile.to_shop().terms
    assert [one.id for one in told.recipients] == [
        one.rstrip("*") for one in wanted.recipients if not one.endswith("-")
    ]
    assert [one.id for one in told.sources] == wanted.sources_told


@pytest.mark.parametrize("name", SHOPS)
def test_what_decisions_rest_on(name: str) -> None:
    wanted, terms = SHOPS[name], load_profile(name).to_shop().terms
    assert terms.kept_for == wanted.kept_for
    assert terms.periods == wanted.periods
    assert {purpose.value for purpose in terms.purposes} == wanted.purposes
    assert (terms.anonymises, terms.certifies_refusals) == (wanted.anonymises, wanted.certifies)
    assert terms.signature_offered == (wanted.signature == "offer")
    assert terms.public_posts_remain == (name == "liwigo")


@pytest.mark.parametrize("name", SHOPS)
def test_what_an_access_answer_says(name: str) -> None:
    wanted, facts = SHOPS[name], load_profile(name).facts(Language.FI)
    assert [one["name"] for one in facts["categories"] if one["held"]] == wanted.held
    assert (len(facts["categories"]), len(facts["purposes"]), len(facts["bases"])) == wanted.counts
    assert (facts["outside_eea"], facts["targeting"], facts["publication"]) == (
        wanted.transfers, wanted.targeting, wanted.publication,
    )  # fmt: skip
    assert facts["automated_decisions"] is None


@pytest.mark.parametrize("name", ["tailorframe", "noorakenttamaa"])
def test_a_correction_keeps_what_the_notice_promises(name: str) -> None:
    promises = load_profile(name).facts(Language.FI)["rights"]["correction"]["promises"]
    assert promises == ["without_delay", "source_told", "recipients_told", "refusal_certificate"]


@pytest.mark.parametrize("name", ["tailorframe", "noorakenttamaa"])
def test_the_notices_own_names_of_what_can_be_forbidden(name: str) -> None:
    switches = load_profile(name).facts(Language.EN)["opt_out_switches"]
    assert [(switch["name"], switch["purpose"]) for switch in switches] == [
        ("direct advertising", "direct_marketing"),
        ("distance selling", "distance_selling"),
        ("direct marketing", "direct_marketing"),
        ("market and opinion research", "market_research"),
        ("other marketing", "direct_marketing"),
        ("disclosure of data for marketing and research", "disclosure"),
        ("publication of data", "publication"),
    ]
    assert switches[-1]["doors"][-2:] == ["email", "contact_person"]


def test_kenttamaa_publishes_a_list_and_gives_google_data_outside_the_eea() -> None:
    facts = load_profile("noorakenttamaa").facts(Language.EN)
    assert facts["published_as_list"] is True
    assert [(one["name"], one["based_in"]) for one in facts["recipients"] if one["outside_eea"]] == [
        ("Google", "US")
    ]


def test_kruununjalokivi_names_its_providers_and_where_data_stand() -> None:
    facts = load_profile("kruununjalokivi").facts(Language.EN)
    assert [one["name"] for one in facts["recipients"]] == ["Finqu", "MailChimp", "Gmail", ""]
    assert [one["name"] for one in facts["recipients"] if one["based_in"] == "US"] == ["MailChimp", "Gmail"]
    assert facts["stored_in"] == "data centres in Europe"
    assert [rule["mainly"] for rule in facts["retention"]] == [True]


@pytest.mark.parametrize("name", SHOPS)
def test_no_column_of_the_register_is_in_two_categories(name: str) -> None:
    columns = [column for one in load_profile(name).categories for column in one.columns]
    assert len(columns) == len(set(columns))
