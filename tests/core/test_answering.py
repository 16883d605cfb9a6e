"""How each right is answered: which letter to whom, what it is told, what is left for staff to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from cases.answering import ANSWERS
from cases.desk import Desk
from cases.faults import TheirFault
from cases.model import (
    Case,
    Channel,
    Conversation,
    Customer,
    Decision,
    Entry,
    Event,
    Flag,
    Kind,
    Letter,
    Order,
    Proof,
    Reading,
    Request,
    Route,
    Shop,
    Status,
    VerifiedBy,
)  # fmt: skip
from cases.opening import MARKETING
from cases.rulings import rule
from cases.staff import read_line
from cases.tasks import TOLD_TO_ALL, tasks_of
from cases.terms import Purpose, Terms, Told
from cases.work import Known
from tests.core.test_rulings import ID, NOW, RECORDED, SHOP, a_case, a_request


def both(word: str) -> dict[str, str]:
    return {"fi": word, "en": f"{word} (en)"}


CARRIER = Told("carrier", both("kuljetusyhtiö"), both("toimitusosoite"), only_if=both("paketti toimitettiin"))
MAILER = Told("mailer", both("Postituspalvelu"), both("sähköpostiosoite"), marketing=True)
TERMS = Terms(recipients=(CARRIER, MAILER), certifies_refusals=True, signature_offered=True)
HERE = replace(SHOP, terms=TERMS)
#: A shop whose notice offers and promises nothing.
SILENT = replace(SHOP, terms=Terms())
MAIJA = Customer(
    "C-1", "Maija Mallikas", RECORDED, phone="040 1", street="Mallitie 1", postal_code="20100", city="Turku",
    marketing_email="yes",
)  # fmt: skip
BOUGHT = (Order("1", "C-1", "2025-03-02", "49.90", "EUR", "delivered", "yes"),)


def at_the_desk(
    line: str, case: Case, request: Request | None = None, *, shop: Shop = HERE, customer: Customer | None = MAIJA,
    journal: Sequence[Entry] = (), letters: Sequence[Letter] = (), enclosed: tuple[str, ...] = (),
    now: datetime = NOW,
) -> Decision:  # fmt: skip
    request = request or a_request(proved=case.verified_by is not None)
    known = Known(
        shop=shop, now=now, code_key=b"key", conversation=Conversation("liwigo", request.channel, request.peer),
        reading=Reading(lang="fi"), own=(request,), cases=(case,), dated={ID: tuple(journal)},
    )  # fmt: skip
    return rule(
        Desk(
            known, read_line(line), "staff:4242", "cause", case, request,
            letters=tuple(letters), customer=customer, orders=BOUGHT if customer else (), enclosed=enclosed,
        )
    )  # fmt: skip


def correction(**values: str | None) -> Case:
    asked = [{"field": name, "new_value": value} for name, value in values.items()]
    return a_case(kind=Kind.CORRECTION, details={"corrections": asked})


def mails(decision: Decision) -> dict[str, Letter]:
    return {one.name: one for one in decision.letters if one.route in (Route.MAIL, Route.POST)}


def refused(line: str, case: Case, **given: Any) -> str:
    with pytest.raises(TheirFault) as fault:
        at_the_desk(line, case, **given)
    return str(fault.value.detail.get("reason", ""))


@pytest.mark.parametrize("kind", Kind)
def test_every_right_has_a_letter_of_its_own(kind: Kind) -> None:
    case = correction(phone="040 2") if kind is Kind.CORRECTION else a_case(kind=kind)
    decision = at_the_desk(f"complete {ID} --note Terveisin", case)
    assert set(mails(decision)) == {f"answer_{kind}"}
    assert mails(decision)[f"answer_{kind}"].context["note"] == "Terveisin"
    assert decision.cases[-1].status is Status.ANSWERED
    assert set(ANSWERS) == set(Kind)


# -- who else is told -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", Kind)
def test_recipients_get_a_task_each_after_a_change_and_marketers_after_a_ban(kind: Kind) -> None:
    """GDPR Art. 19; bans go to those who send marketing."""
    case = correction(phone="040 2") if kind is Kind.CORRECTION else a_case(kind=kind)
    opened = [task.recipient for task in tasks_of(at_the_desk(f"complete {ID}", case).entries)]
    wanted = ["carrier", "mailer"] if kind in TOLD_TO_ALL else ["mailer"] if kind is Kind.OPT_OUT else []
    assert opened == wanted


def test_the_answer_names_whom_is_told_in_the_persons_language() -> None:
    case = a_case(kind=Kind.ERASURE)
    request = replace(a_request(), language=case.language.EN)
    told = mails(at_the_desk(f"complete {ID}", case, request))["answer_erasure"].context["told"]
    assert [(one["name"], one["only_if"]) for one in told] == [
        ("kuljetusyhtiö (en)", "paketti toimitettiin (en)"),
        ("Postituspalvelu (en)", ""),
    ]


def test_an_answer_given_again_opens_no_second_task() -> None:
    first = at_the_desk(f"complete {ID}", a_case(kind=Kind.ERASURE))
    again = at_the_desk(f"complete {ID}", a_case(kind=Kind.ERASURE), journal=first.entries)
    assert tasks_of(again.entries) == ()
    assert len(mails(again)["answer_erasure"].context["told"]) == 2


def test_a_task_is_ticked_off_once_with_its_day_or_its_reason() -> None:
    answered = a_case(Status.ANSWERED, Kind.ERASURE)
    opened = at_the_desk(f"complete {ID}", a_case(kind=Kind.ERASURE)).entries
    told = at_the_desk(f"told {ID} 1 --note puhelimitse", answered, journal=opened)
    skipped = at_the_desk(f"told {ID} 2 --impossible Yritys on lopetettu.", answered, journal=opened)
    first, second = tasks_of((*opened, *told.entries, *skipped.entries))
    assert (first.state, first.note, second.state, second.note) == (
        "done", "puhelimitse", "skipped", "Yritys on lopetettu.",
    )  # fmt: skip
    assert second.shown("fi")["why"] == "Yritys on lopetettu."
    assert refused(f"told {ID} 1", answered, journal=(*opened, *told.entries)) == "no_such_task"
    assert refused(f"told {ID} 9", answered, journal=opened) == "no_such_task"


def test_who_was_told_can_be_reported_once_nobody_is_left() -> None:
    """GDPR Art. 19, second sentence."""
    answered = a_case(Status.ANSWERED, Kind.ERASURE)
    journal = [*at_the_desk(f"complete {ID}", a_case(kind=Kind.ERASURE)).entries]
    assert refused(f"letter {ID} recipients_told", answered, journal=journal) == "tasks_are_open"
    journal += at_the_desk(f"told {ID} 1", answered, journal=journal).entries
    journal += at_the_desk(f"told {ID} 2 --impossible Lopetettu.", answered, journal=journal).entries
    report = at_the_desk(f"letter {ID} recipients_told --mail", answered, journal=journal)
    context = mails(report)["recipients_told"].context
    assert [one["name"] for one in context["told"]] == ["kuljetusyhtiö"]
    assert [(one["name"], one["why"]) for one in context["skipped"]] == [("Postituspalvelu", "Lopetettu.")]


# -- correction -----------------------------------------------------------------------------------------------


def test_a_correction_tells_old_and_new_and_is_applied_to_the_register() -> None:
    decision = at_the_desk(f"complete {ID}", correction(phone="040 2", address="Uusitie 2, 33100 Tampere"))
    assert mails(decision)["answer_correction"].context["corrected"] == [
        {"field": "phone", "old": "040 1", "new": "040 2"},
        {"field": "address", "old": "Mallitie 1, 20100 Turku", "new": "Uusitie 2, 33100 Tampere"},
    ]
    assert {one.column: (one.old, one.new) for one in decision.corrections} == {
        "phone": ("040 1", "040 2"),
        "street": ("Mallitie 1", "Uusitie 2"),
        "postal_code": ("20100", "33100"),
        "city": ("Turku", "Tampere"),
    }
    noted = [entry for entry in decision.entries if entry.event is Event.CORRECTED]
    assert all(not entry.note and set(entry.data) == {"column"} for entry in noted)


def test_a_correction_without_a_value_waits_for_one() -> None:
    assert refused(f"complete {ID}", correction(phone=None)) == "no_value"
    assert refused(f"complete {ID}", correction()) == "no_value"
    typed = at_the_desk(f"complete {ID} --set phone=040 2", correction(phone=None))
    assert typed.corrections[0].new == "040 2"


def test_what_stays_disputed_stands_beside_the_data() -> None:
    """GDPR Art. 16: a supplementary statement."""
    decision = at_the_desk(f"complete {ID} --statement En ole tilannut tätä.", correction())
    context = mails(decision)["answer_correction"].context
    assert (context["disputed"], context["corrected"]) == ("En ole tilannut tätä.", [])


def test_a_new_mail_address_is_answered_to_the_proven_one() -> None:
    """Whoever holds the old address hears of the change (docs/law.md 5)."""
    letter = mails(at_the_desk(f"complete {ID}", correction(email="uusi@example.com")))
    assert {name: one.to for name, one in letter.items()} == {"answer_correction": RECORDED}
    assert letter["answer_correction"].context["old_address"] is True


def test_who_wrote_from_the_new_address_is_answered_there_and_the_old_one_is_told() -> None:
    request = replace(a_request(), peer="uusi@example.com")
    letter = mails(at_the_desk(f"complete {ID}", correction(email="uusi@example.com"), request))
    assert {name: one.to for name, one in letter.items()} == {
        "answer_correction": "uusi@example.com",
        "address_changed": RECORDED,
    }
    assert "uusi@example.com" not in str(letter["address_changed"].context)
    assert letter["answer_correction"].context["old_address"] is False


def test_what_the_shop_put_right_itself_was_never_the_old_value() -> None:
    """The files may hold the new value before the answer is written: nothing is said of what was there."""
    shop_was_first = replace(MAIJA, phone="040 2", street="Uusitie 2", postal_code="33100", city="Tampere")
    case = correction(phone="040 2", address="Uusitie 2 , 33100 tampere")
    decision = at_the_desk(f"complete {ID}", case, customer=shop_was_first)
    assert [one["old"] for one in mails(decision)["answer_correction"].context["corrected"]] == ["", ""]


def test_an_address_the_shop_changed_already_is_told_to_the_old_one_alone() -> None:
    """The code proved the old address; the new one is never told that it was replaced."""
    shop_was_first = replace(MAIJA, email="uusi@example.com")
    case = correction(email="uusi@example.com")
    letters = mails(at_the_desk(f"complete {ID}", case, customer=shop_was_first))
    assert {name: one.to for name, one in letters.items()} == {"answer_correction": RECORDED}
    (change,) = letters["answer_correction"].context["corrected"]
    assert (change["old"], change["new"]) == (RECORDED, "uusi@example.com")
    assert letters["answer_correction"].context["old_address"] is True
    from_new = replace(a_request(), peer="uusi@example.com")
    letters = mails(at_the_desk(f"complete {ID}", case, from_new, customer=shop_was_first))
    assert {name: one.to for name, one in letters.items()} == {
        "answer_correction": "uusi@example.com",
        "address_changed": RECORDED,
    }


def test_a_second_correction_is_told_to_everybody_again() -> None:
    """GDPR Art. 19: each rectification; who is told twice is named once."""
    case = correction(phone="040 2")
    first = at_the_desk(f"complete {ID}", case)
    told = [
        Entry(ID, NOW, Event.TASK_DONE, "staff:1", "", {"task": task.number})
        for task in tasks_of(first.entries)
    ]
    opened = tasks_of(first.entries)
    again = at_the_desk(f"complete {ID} --set phone=040 3", case, journal=(*first.entries, *told))
    newest = tasks_of(again.entries)
    assert [task.recipient for task in newest] == [task.recipient for task in opened]
    assert {task.number for task in newest}.isdisjoint({task.number for task in opened})
    named = [one["name"] for one in mails(again)["answer_correction"].context["told"]]
    assert len(named) == len(set(named)) == len(opened)


def test_a_refused_correction_is_certified_where_the_notice_promises_it() -> None:
    line = f"refuse {ID} --ground data_accurate --reason Numero on tilauksessa."
    promised = mails(at_the_desk(line, correction(phone="040 2")))
    assert set(promised) == {"refusal_certificate"}
    assert promised["refusal_certificate"].context["corrections"] == [
        {"field": "phone", "new_value": "040 2"}
    ]
    silent = mails(at_the_desk(line, correction(phone="040 2"), shop=SILENT))
    assert set(silent) == {"answer_refused"}
    assert set(mails(at_the_desk(line, a_case(kind=Kind.ERASURE)))) == {"answer_refused"}


# -- erasure, bans --------------------------------------------------------------------------------------------


def test_an_erasure_tells_what_goes_and_what_stays_until_when_by_which_rule() -> None:
    context = mails(at_the_desk(f"complete {ID}", a_case(kind=Kind.ERASURE)))["answer_erasure"].context
    assert context["erased"] == ["contact", "marketing", "delivery"]
    assert context["kept"] == [
        {"item": "vouchers", "rule": "accounting", "until": "2031-12-31", "at_latest": "", "orders": ["1"]}
    ]


def test_a_minimal_entry_keeps_marketing_away_after_an_erasure() -> None:
    decision = at_the_desk(f"complete {ID}", a_case(kind=Kind.ERASURE))
    (ban,) = decision.suppressions
    assert (ban.address, ban.state, set(ban.purposes)) == (RECORDED, "final", set(MARKETING))
    assert mails(decision)["answer_erasure"].context["suppressed"] is True


# -- in part, and nothing at all ------------------------------------------------------------------------------


def test_an_answer_in_part_carries_its_ground_and_reason() -> None:
    line = f"complete {ID} --ground rights_of_others --reason Kuvassa on toinen ihminen."
    decision = at_the_desk(line, a_case(kind=Kind.ACCESS))
    context = mails(decision)["answer_access"].context
    assert (context["ground"], context["reason"]) == ("rights_of_others", "Kuvassa on toinen ihminen.")
    assert decision.entries[0].data["ground"] == "rights_of_others"


@pytest.mark.parametrize("half", ["--ground other", "--reason Siksi."])
def test_a_ground_without_a_reason_and_a_reason_without_a_ground_are_refused(half: str) -> None:
    assert refused(f"complete {ID} {half}", a_case(kind=Kind.ACCESS)) == "ground_and_reason"


def test_a_ban_on_marketing_is_never_answered_in_part() -> None:
    """GDPR Art. 21(3)."""
    line = f"complete {ID} --ground other --reason Siksi."
    assert refused(line, a_case(kind=Kind.OPT_OUT)) == "opt_out_cannot_be_refused"


@pytest.mark.parametrize("kind", Kind)
def test_somebody_unknown_is_told_that_there_is_nothing(kind: Kind) -> None:
    unknown = a_case(kind=kind, flags=frozenset({Flag.NO_RECORD}))
    names = set(mails(at_the_desk(f"complete {ID}", unknown, customer=None)))
    assert names == ({"answer_opt_out"} if kind is Kind.OPT_OUT else {"answer_no_data"})


def test_what_staff_found_elsewhere_is_an_answer_after_all() -> None:
    unknown = a_case(kind=Kind.ACCESS, flags=frozenset({Flag.NO_RECORD}))
    found = at_the_desk(f"complete {ID}", unknown, customer=None, enclosed=("tiedot.pdf",))
    assert mails(found)["answer_access"].context["enclosed"] == ["tiedot.pdf"]


# -- other verbs ----------------------------------------------------------------------------------------------


def test_a_question_waits_for_its_answer_and_stops_no_clock() -> None:
    decision = at_the_desk(f"ask {ID} Mitä tilausta tarkoitat?", a_case())
    assert decision.cases[-1].status is Status.WAITING
    assert mails(decision)["ask"].context["question"] == "Mitä tilausta tarkoitat?"
    assert decision.cases[-1].due == a_case().due


def test_a_question_before_the_proof_is_a_doubt_on_record() -> None:
    """docs/law.md 2: only such a doubt may suspend, once the person is verified."""
    held = a_case(Status.HELD, verified_by=None)
    asked = at_the_desk(f"ask {ID} Mikä on tilausnumerosi?", held)
    assert [entry.event for entry in asked.entries] == [Event.IDENTITY_INFO_REQUESTED]
    request = a_request(proved=False)
    known = Known(
        shop=HERE, now=NOW + timedelta(days=8), code_key=b"key", reading=Reading(lang="fi"),
        conversation=Conversation("liwigo", request.channel, request.peer), own=(request,), cases=(held,),
        dated={ID: asked.entries},
    )  # fmt: skip
    proved = rule(Desk(known, read_line(f"verify {ID} --how x"), "staff:4242", "later", held, request))
    case = proved.cases[-1]
    # Received 5 March, due 5 April is Easter Sunday, so 7 April; eight days more are 13 April.
    assert (case.safe_due.isoformat(), case.due.isoformat()) == ("2026-04-07", "2026-04-13")


def test_a_question_in_chat_without_an_address_goes_to_the_chat() -> None:
    request = a_request(Channel.CHAT, proved=False)
    decision = at_the_desk(
        f"ask {ID} Mikä on tilausnumerosi?", a_case(Status.HELD, verified_by=None), request
    )
    assert [(one.name, one.route) for one in decision.letters] == [("ask", Route.CHAT)]


def test_another_right_keeps_the_day_and_drops_what_belonged_to_the_first() -> None:
    case = a_case(kind=Kind.OPT_OUT, details={"purposes": ["direct_marketing"], "why": ["x"]})
    decision = at_the_desk(f"rekind {ID} erasure", case)
    changed = decision.cases[-1]
    assert (changed.kind, changed.due, changed.details) == (Kind.ERASURE, case.due, {"why": ["x"]})
    assert [ban.state for ban in decision.suppressions] == ["lifted"]
    assert decision.entries[0].data == {"from": "opt_out", "to": "erasure"}
    back = at_the_desk(f"rekind {ID} opt_out", a_case(kind=Kind.ERASURE))
    assert [ban.state for ban in back.suppressions] == ["final"]


def test_one_message_has_no_two_open_cases_of_a_right() -> None:
    twin = a_case(kind=Kind.ACCESS, id="LIW-2026-0002")
    request = a_request()
    known = Known(
        shop=HERE, now=NOW, code_key=b"key", conversation=Conversation("liwigo", request.channel, request.peer),
        reading=Reading(lang="fi"), own=(request,), cases=(a_case(), twin),
    )  # fmt: skip
    with pytest.raises(TheirFault) as fault:
        rule(Desk(known, read_line(f"rekind {ID} access"), "staff:4242", "cause", a_case(), request))
    assert fault.value.detail["reason"] == "kind_is_open"


def test_a_person_without_an_address_is_answered_on_paper_to_the_recorded_one() -> None:
    request = replace(a_request(Channel.PHONE), proof=replace(a_request().proof, address=""))
    decision = at_the_desk(f"complete {ID}", a_case(kind=Kind.ACCESS), request)
    (letter,) = decision.letters
    assert (letter.route, letter.to) == (Route.POST, "Maija Mallikas\nMallitie 1\n20100 Turku")


def test_a_letter_of_the_case_is_printed_as_it_was_written() -> None:
    first = at_the_desk(f"complete {ID}", a_case(kind=Kind.ACCESS)).letters
    answered = a_case(Status.ANSWERED, Kind.ACCESS)
    printed = at_the_desk(f"letter {ID} answer_access", answered, letters=first)
    assert [one.key for one in printed.printed] == [first[0].key]
    assert printed.letters == ()
    assert [entry.event for entry in printed.entries] == [Event.PRINTED]


def test_a_code_is_never_printed() -> None:
    code = Letter("k", "code", Route.MAIL, "liwigo", RECORDED, a_case().language, code_issue=1)
    assert refused(f"letter {ID} code", a_case(), letters=[code]) == "no_such_letter"


def test_a_restriction_is_not_lifted_without_telling_why() -> None:
    """GDPR Art. 18(3)."""
    limited = a_case(Status.ANSWERED, Kind.RESTRICTION)
    assert refused(f"letter {ID} restriction_ends --mail", limited) == "reason_missing"
    told = at_the_desk(f"letter {ID} restriction_ends --mail --reason Tieto tarkistettiin.", limited)
    assert mails(told)["restriction_ends"].context["reason"] == "Tieto tarkistettiin."
    assert refused(f"letter {ID} restriction_ends --mail --reason x", a_case(kind=Kind.ACCESS)) == ""


def test_a_request_to_sign_is_offered_only_by_shops_that_do() -> None:
    assert at_the_desk(f"letter {ID} signed_request", a_case()).printed[0].name == "signed_request"
    assert refused(f"letter {ID} signed_request", a_case(), shop=SILENT) == "no_signatures"


def test_waiving_and_staffs_word_change_nothing_in_what_is_answered() -> None:
    for by in VerifiedBy:
        decision = at_the_desk(f"complete {ID}", a_case(kind=Kind.ACCESS, verified_by=by))
        assert "answer_access" in mails(decision)


@pytest.mark.parametrize(
    ("done", "forbidden"),
    [
        ((Purpose.DIRECT_MARKETING,), ["direct_marketing"]),
        ((Purpose.PUBLICATION, Purpose.DISTANCE_SELLING), ["direct_marketing", "distance_selling"]),
        (tuple(Purpose), ["direct_marketing", "distance_selling", "profiling"]),
    ],
)
def test_no_more_marketing_forbids_every_kind_of_it_the_shop_does(
    done: tuple[Purpose, ...], forbidden: list[str]
) -> None:
    from cases.opening import details_of

    bare = Reading(lang="fi", opt_out_purposes=(Purpose.DIRECT_MARKETING,))
    assert details_of(bare, Kind.OPT_OUT, terms=Terms(purposes=done))["purposes"] == forbidden
    named = Reading(lang="fi", opt_out_purposes=(Purpose.PUBLICATION,))
    assert details_of(named, Kind.OPT_OUT, terms=Terms(purposes=done))["purposes"] == ["publication"]


def test_a_ban_taken_for_an_objection_stays_a_ban() -> None:
    """What was forbidden by name stays forbidden and cannot be refused, whatever staff call it (Art. 21(3))."""
    case = a_case(kind=Kind.OPT_OUT, details={"purposes": ["direct_marketing"]})
    decision = at_the_desk(f"rekind {ID} objection", case)
    objection = decision.cases[-1]
    assert (objection.kind, objection.details["purposes"]) == (Kind.OBJECTION, ["direct_marketing"])
    assert [ban.state for ban in decision.suppressions] == ["final"]
    assert refused(f"refuse {ID} --ground other --reason x", objection) == "opt_out_cannot_be_refused"


def test_an_objection_to_marketing_that_was_none_bans_no_longer() -> None:
    case = a_case(kind=Kind.OBJECTION, details={"purposes": ["direct_marketing"]})
    assert [ban.state for ban in at_the_desk(f"rekind {ID} access", case).suppressions] == ["lifted"]


def test_a_ban_opened_again_is_in_force_again() -> None:
    case = a_case(Status.WITHDRAWN, kind=Kind.OPT_OUT, details={"purposes": ["direct_marketing"]})
    assert [ban.state for ban in at_the_desk(f"reopen {ID}", case).suppressions] == ["final"]


def test_a_question_to_somebody_without_an_address_goes_on_paper() -> None:
    """Nothing is called on its way that is not."""
    nowhere = replace(a_request(Channel.PHONE), proof=Proof())
    decision = at_the_desk(f"ask {ID} Kumpi osoite?", a_case(), nowhere)
    (letter,) = decision.letters
    assert (letter.name, letter.route, letter.to.splitlines()[0]) == ("ask", Route.POST, "Maija Mallikas")


def test_who_asks_has_read_what_came_before() -> None:
    case = a_case(flags=frozenset({Flag.NEW_MESSAGE}))
    assert Flag.NEW_MESSAGE not in at_the_desk(f"ask {ID} Kumpi?", case).cases[-1].flags


def test_who_writes_for_somebody_else_is_told_nothing_as_if_it_were_theirs() -> None:
    """The answer is in another's mailbox, and the request is not the writer's own."""
    request = replace(a_request(Channel.CHAT), verified_by=VerifiedBy.STAFF)
    agent = frozenset({Flag.AGENT})
    held = a_case(Status.HELD, flags=agent, verified_by=None)
    told = at_the_desk(f"verify {ID} --how Valtakirja.", held, replace(request, verified_by=None))
    assert [one.name for one in told.letters if one.route is Route.CHAT] == ["verified_for"]
    answered = at_the_desk(f"complete {ID}", a_case(flags=agent), request)
    assert [(one.name, one.to) for one in answered.letters] == [
        ("answer_erasure", RECORDED),
        ("case_answered_for", "1001"),
    ]
