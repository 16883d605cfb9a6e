"""Shop profiles: the built-in one, one's own, and what is said of a wrong one."""

import json
import tomllib
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from cases.model import Kind, Language, Purpose
from cases.terms import KeptFor, Period, Terms, Told
from shops.notice import Form
from shops.profile import Profile, ProfileError, built_in_profiles, load_profile
from shops.refusals import keys_of

SMALL = """
profile = "malli"
prefix = "MAL"
[controller]
name = "Malli Oy"
street = "Mallikatu 1"
postal_code = "00100"
city = "Helsinki"
email = "tietosuoja@example.com"
[[categories]]
name = { fi = "nimi", en = "name" }
[opt_out]
purposes = ["direct_marketing"]
"""


def problems_of(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "own.toml"
    path.write_text(text)
    with pytest.raises(ProfileError) as refusal:
        load_profile(path)
    return [problem.removeprefix(f"In {path}: ") for problem in refusal.value.problems]


def test_liwigo_is_built_in_with_the_facts_of_its_notice() -> None:
    liwigo = load_profile("liwigo")
    assert liwigo.controller.business_id == "3354302-8"
    assert liwigo.right(Kind.ACCESS) is not None
    assert {right.form for kind in Kind if (right := liwigo.right(kind))} == {Form.WRITTEN}
    assert liwigo.right(Kind.OPT_OUT) is None
    assert [(rule.since, rule.years) for rule in liwigo.retention] == [("last_order", 5), ("registration", 5)]
    assert liwigo.erasure.stated_exceptions == []
    assert [c.name.en for c in liwigo.categories if c.held] == ["personal identity code"]


def test_accounting_law_applies_where_the_notice_states_no_exception() -> None:
    assert load_profile("liwigo").exceptions() == (KeptFor.ACCOUNTING,)


def test_the_core_gets_the_terms_of_the_notice(tmp_path: Path) -> None:
    """Recipients by the name they are called by, periods, exceptions and what can be forbidden."""
    text = ODD.replace("[profiling]", 'anonymises = true\nfinancial_year_ends = "06-30"\n[profiling]')
    (tmp_path / "own.toml").write_text('signature_policy = "offer"\n' + text)
    assert load_profile(tmp_path / "own.toml").to_shop().terms == Terms(
        recipients=(
            Told(
                "mailing",
                {"fi": "sähköpostimarkkinoinnin kumppani", "en": "e-mail marketing partner"},
                {"fi": "sähköpostimarkkinoinnin kumppani", "en": "e-mail marketing partner"},
                {"fi": "lupa on annettu", "en": "permission has been given"},
                marketing=True,
            ),
            Told(
                "customs",
                {"fi": "Tulli", "en": "Tulli"},
                {"fi": "passin numero", "en": "passport number"},
            ),
        ),
        kept_for=(KeptFor.ACCOUNTING, KeptFor.STATUTORY, KeptFor.OPEN_INVOICE, KeptFor.COLLECTION),
        periods=(Period("end_of_customership"),),
        anonymises=True,
        financial_year_ends=(6, 30),
        purposes=(Purpose.DIRECT_MARKETING,),
        certifies_refusals=True,
        signature_offered=True,
    )


def test_an_authority_that_only_asks_now_and_then_is_told_of_nothing(tmp_path: Path) -> None:
    """GDPR Art. 4(9): in a single inquiry it is no recipient; the notice's list still has it."""
    (tmp_path / "own.toml").write_text(ODD.replace('role = "authority"', 'role = "authority"\ntold = false'))
    profile = load_profile(tmp_path / "own.toml")
    assert [told.id for told in profile.to_shop().terms.recipients] == ["mailing"]
    assert [recipient["id"] for recipient in profile.facts(Language.EN)["recipients"]] == [
        "mailing",
        "customs",
    ]


def test_sources_hear_of_corrections_where_the_notice_promises_it(tmp_path: Path) -> None:
    sources = 'sources = [{ fi = "asiakas", en = "the customer" }, { id = "shops", fi = "liikkeet", en = "shops" }]\n'
    (tmp_path / "own.toml").write_text(sources + ODD)
    assert [told.id for told in load_profile(tmp_path / "own.toml").terms().sources] == ["shops"]
    (tmp_path / "own.toml").write_text(sources + ODD.replace('"source_told", ', ""))
    assert load_profile(tmp_path / "own.toml").terms().sources == ()


def test_liwigo_keeps_no_longer_than_five_years() -> None:
    assert load_profile("liwigo").to_shop().terms.periods == (
        Period("last_order", 5),
        Period("registration", 5, only_without_orders=True),
    )


def test_the_core_gets_what_it_must_know_of_the_shop() -> None:
    shop = load_profile("liwigo").to_shop("tietosuoja@liwigo.fi", -1001)
    assert (shop.profile, shop.name, shop.prefix) == ("liwigo", "Liwigo Ecommerce Tmi", "LIW")
    assert (shop.email, shop.phone) == ("tietosuoja@liwigo.fi", "040 328 1986")
    assert shop.languages == (Language.FI, Language.EN)
    assert (shop.holiday_profile, shop.convention) == ("fi_statutory", "stop_clock_v1")
    assert (shop.mailbox, shop.staff_chat) == ("tietosuoja@liwigo.fi", -1001)


@pytest.mark.parametrize("name", built_in_profiles())
def test_a_built_in_profile_is_called_as_its_file(name: str) -> None:
    assert load_profile(name).profile == name


@pytest.mark.parametrize("name", built_in_profiles())
@pytest.mark.parametrize("language", Language)
def test_facts_are_plain_data_and_name_the_authority(name: str, language: Language) -> None:
    facts = load_profile(name).facts(language)
    assert json.loads(json.dumps(facts)) == facts
    assert facts["authority"]["phone"] == "029 566 6700"
    assert facts["reply_months"] == 1
    assert facts["kept_for"][0] == "accounting"


def test_facts_speak_the_language_asked_for() -> None:
    profile = load_profile("liwigo")
    assert profile.facts(Language.FI)["categories"][1]["name"] == "syntymäaika"
    assert profile.facts(Language.EN)["categories"][1]["name"] == "date of birth"


def test_prefixes_of_built_in_profiles_differ() -> None:
    prefixes = [load_profile(name).prefix for name in built_in_profiles()]
    assert len(set(prefixes)) == len(prefixes)


def test_no_sentence_of_the_notice_is_copied() -> None:
    """Facts are names and phrases: nothing in a profile is as long as a sentence."""

    def strings(value: Any) -> list[str]:
        if isinstance(value, dict):
            return [text for inner in value.values() for text in strings(inner)]
        if isinstance(value, list):
            return [text for inner in value for text in strings(inner)]
        return [value] if isinstance(value, str) else []

    for name in built_in_profiles():
        file = resources.files("shops") / "profiles" / f"{name}.toml"
        assert [text for text in strings(tomllib.loads(file.read_text("utf-8"))) if text.endswith(".")] == []


def test_every_fact_of_a_built_in_profile_has_its_source() -> None:
    """Each key at the top, and each block, has a comment beside it or above it."""
    for name in built_in_profiles():
        lines = (resources.files("shops") / "profiles" / f"{name}.toml").read_text("utf-8").splitlines()
        for number, line in enumerate(lines):
            top = line.startswith("[") or ("=" in line and not line.startswith(("#", " ")))
            if top and "#" not in line:
                block = lines[:number]
                while block and block[-1].strip() and not block[-1].startswith(("#", "[")):
                    block.pop()
                assert block, line
                assert block[-1].startswith(("#", "[")), f"{name}: {line} has no source"


def test_an_unknown_name_lists_the_built_in_ones() -> None:
    with pytest.raises(ProfileError, match=r"no profile named liwgo: write one of .*liwigo"):
        load_profile("liwgo")


def test_a_path_is_relative_to_the_folder_given(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(SMALL)
    assert load_profile("own.toml", tmp_path).name == "Malli Oy"
    assert load_profile("./own.toml", tmp_path).to_shop().mailbox == ""


def test_a_silent_notice_is_filled_by_law(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(SMALL)
    facts = load_profile(tmp_path / "own.toml").facts(Language.EN)
    assert facts["reply_months"] == 1
    assert facts["kept_for"] == ["accounting"]
    assert (facts["outside_eea"], facts["automated_decisions"]) == ("", None)


def test_a_required_signature_is_refused_with_the_reason(tmp_path: Path) -> None:
    problems = problems_of(tmp_path, 'signature_policy = "required"\n' + SMALL)
    assert len(problems) == 1
    assert problems[0].startswith("signature_policy cannot be required: the GDPR knows no signature")
    assert "not_required, or offer" in problems[0]


def test_a_signature_may_be_offered(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text('signature_policy = "offer"\n' + SMALL)
    assert load_profile(tmp_path / "own.toml").facts(Language.FI)["signature_offered"] is True


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ('prefix = "mal"', 'prefix cannot be read: write two to five capital letters such as "LIW".'),
        (
            'holiday_profile = "eves"',
            "holiday_profile cannot be read: write one of fi_statutory, fi_with_eves.",
        ),
        ('convention = "none"', "convention cannot be read: write one of stop_clock_v1, no_suspension."),
        ('languages = ["sv"]', 'languages[0] cannot be read: write a list such as ["fi", "en"].'),
        ('languages = ["fi", "fi"]', "languages names a language twice: write each once."),
        ("languages = []", 'languages cannot be read: write a list such as ["fi", "en"].'),
        (
            "reply_months = 2",
            "reply_months cannot be read: write 1, or leave the key out; the law allows no more.",
        ),
        (
            "complaint_authorities = 1",
            "complaint_authorities is not a key: did you mean complaint_authority?",
        ),
        ('transfers = "no"', "transfers cannot be read: write a block headed [transfers]."),
        (
            'bases = ["suostumus"]',
            'bases[0] cannot be read: write a list of { fi = "…", en = "…" }.',
        ),
    ],
)
def test_a_wrong_key_is_named_with_what_to_write(tmp_path: Path, wrong: str, told: str) -> None:
    name = wrong.split(" ", 1)[0]
    rest = "\n".join(line for line in SMALL.splitlines() if not line.startswith(f"{name} ="))
    assert problems_of(tmp_path, f"{wrong}\n{rest}") == [told]


@pytest.mark.parametrize(
    ("block", "told"),
    [
        ('[contact]\nname = "M"\nmail = "m@example.com"', "contact.mail is not a key: did you mean email?"),
        ('[contact]\nname = "M"\nemail = "m"', "contact.email is not an e-mail address"),
        (
            '[rights.access]\ndoors = ["fax"]',
            "rights.access.doors[0] cannot be read: write a list of email, post",
        ),
        ('[rights.fee]\nform = "free"', "rights.fee is not a key: take it out; rights knows access"),
        ("[[retention]]\nyears = 5", "retention[0].since is missing: write one of last_order"),
        ('[[retention]]\nsince = "registration"\nyears = 0', "retention[0].years cannot be read"),
        ('[transfers]\noutside_eea = "no"', "transfers.outside_eea cannot be read: write one of never"),
        ('[[recipients]]\nid = "malli"\nname = "Malli"', "recipients[0].what is missing: write the same"),
        (
            '[erasure]\nstated_exceptions = ["tax"]',
            "erasure.stated_exceptions[0] cannot be read: write a list of",
        ),
        (
            '[[recipients]]\nid = "a1"\nwhat = { fi = "x", en = "y" }\n' * 2,
            "Recipients[1].id is used before: give each one an id of its own",
        ),
        ('[erasure]\nfinancial_year_ends = "02-30"', "erasure.financial_year_ends is no day of the year"),
        (
            '[[opt_out.switches]]\nname = { fi = "x", en = "y" }\npurpose = "profiling"',
            "opt_out has a switch 0 for profiling, which its purposes do not name",
        ),
        (
            '[[categories]]\nname = { fi = "x", en = "y" }\ncolumns = ["nmae"]',
            "categories[1].columns[0] is not a column",
        ),
    ],
)
def test_a_wrong_block_is_named_with_what_to_write(tmp_path: Path, block: str, told: str) -> None:
    problems = problems_of(tmp_path, f"{SMALL}\n{block}\n")
    assert len(problems) == 1
    assert problems[0].startswith(told)


def test_a_wrong_business_id_is_refused(tmp_path: Path) -> None:
    problems = problems_of(tmp_path, SMALL.replace('city = "', 'business_id = "3354302-9"\ncity = "'))
    assert problems == [
        "controller.business_id is no Finnish business id, its check digit is wrong: write it as 1234567-1."
    ]


def test_everything_wrong_is_told_at_once(tmp_path: Path) -> None:
    problems = problems_of(tmp_path, 'profile = "x y"\nhue = 1\n[controller]\nname = 3\n')
    named = {problem.split(" ")[0] for problem in problems}
    assert {
        "profile",
        "prefix",
        "hue",
        "controller.name",
        "controller.street",
        "categories",
        "opt_out",
    } <= named


@pytest.mark.parametrize(
    ("content", "told"),
    [(b"profile = ", "not valid TOML"), (b"# \xe4", "not UTF-8"), (None, "cannot be read")],
)
def test_a_file_that_is_no_profile_says_why(tmp_path: Path, content: bytes | None, told: str) -> None:
    if content is not None:
        (tmp_path / "own.toml").write_bytes(content)
    with pytest.raises(ProfileError, match=told):
        load_profile("own.toml", tmp_path)


def test_every_key_says_what_to_write() -> None:
    assert [path for path, info in keys_of(Profile) if not info.description] == []


#: The odd points of the other four shops' notices, which the shape must be able to hold.
ODD = (
    SMALL
    + """
[contact]
name = "Malli Mallinen"
title = { fi = "toimitusjohtaja", en = "CEO" }
[rights.access]
doors = ["post", "email"]
form = "signed"
promises = ["written_reply", "to_recorded_address"]
[rights.correction]
doors = ["contact_person", "customer_service"]
form = "hand_signed"
promises = ["without_delay", "source_told", "recipients_told", "refusal_certificate"]
[rights.opt_out]
doors = ["phone", "post", "email", "unsubscribe_link"]
[[categories]]
name = { fi = "passin numero", en = "passport number" }
held = true
[[recipients]]
id = "mailing"
what = { fi = "sähköpostimarkkinoinnin kumppani", en = "e-mail marketing partner" }
marketing = true
only_if = { fi = "lupa on annettu", en = "permission has been given" }
[[recipients]]
id = "customs"
name = "Tulli"
what = { fi = "verovapaa myynti", en = "tax-free sales" }
gets = { fi = "passin numero", en = "passport number" }
role = "authority"
[transfers]
outside_eea = "if_necessary"
[[retention]]
since = "end_of_customership"
[erasure]
stated_exceptions = ["statutory", "open_invoice", "collection"]
[profiling]
targeting = true
"""
)


def test_the_other_notices_points_fit_the_shape(tmp_path: Path) -> None:
    text = ODD.replace('["direct_marketing"]', json.dumps([purpose.value for purpose in Purpose]))
    text = text.replace('name = "Malli Oy"', 'name = "Malli Oy"\ntrade_name = "Mallikauppa"\npo_box = "PL 1"')
    (tmp_path / "own.toml").write_text(text)
    profile = load_profile(tmp_path / "own.toml")
    facts = profile.facts(Language.FI)
    assert profile.name == "Mallikauppa"
    assert facts["address"] == "PL 1, Mallikatu 1, 00100 Helsinki"
    assert facts["kept_for"] == ["accounting", "statutory", "open_invoice", "collection"]
    assert [r["only_if"] for r in facts["recipients"]] == ["lupa on annettu", ""]
    assert facts["retention"] == [
        {"since": "end_of_customership", "years": None, "only_without_orders": False, "mainly": False}
    ]
