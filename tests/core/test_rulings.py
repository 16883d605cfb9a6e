"""What a staff verb leads to, decided without a database or a clock: the same desk always rules the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.answering import answer_address, is_absolute
from cases.desk import Desk
from cases.faults import TheirFault
from cases.model import (
    CLOSED,
    Case,
    Channel,
    Claim,
    Conversation,
    Customer,
    Decision,
    Entry,
    Event,
    Flag,
    Ground,
    Kind,
    Language,
    Proof,
    Reading,
    Request,
    Route,
    Shop,
    Status,
    VerifiedBy,
)  # fmt: skip
from cases.rulings import RULINGS, Entered, enter, rule
from cases.staff import VERBS, read_line
from cases.terms import Terms
from cases.work import Known, deadline_of

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
RECEIVED = datetime(2026, 3, 5, 9, 0, tzinfo=UTC)
SHOP = Shop(
    "liwigo", "Liwigo", "LIW", "tietosuoja@liwigo.example", mailbox="tietosuoja@liwigo.example", staff_chat=-7,
    terms=Terms(signature_offered=True),
)  # fmt: skip
RECORDED = "maija.mallikas@example.com"
ID = "LIW-2026-0001"
UNPROVED = (Status.RECEIVED, Status.VERIFYING)


def a_request(channel: Channel = Channel.EMAIL, proved: bool = True) -> Request:
    return Request(
        id="r1",
        shop="liwigo",
        channel=channel,
        peer={Channel.CHAT: "1001", Channel.EMAIL: RECORDED}.get(channel, "x"),
        received_at=RECEIVED,
        language=Language.FI,
        customer_id="C-1",
        proof=Proof(issue=1, address=RECORDED, state="accepted", used=proved),
        verified_by=VerifiedBy.CODE if proved else None,
        verified_at=RECEIVED if proved else None,
        version=1,
    )


def a_case(status: Status = Status.OPEN, kind: Kind = Kind.ERASURE, **other: Any) -> Case:
    dates = deadline_of(RECEIVED, (), SHOP)
    case = Case(
        id=ID, request_id="r1", shop="liwigo", kind=kind, status=status, channel=Channel.EMAIL, language=Language.FI,
        received_at=RECEIVED, due=dates.due, safe_due=dates.safe_due,
        verified_by=None if status in UNPROVED else VerifiedBy.CODE, version=1,
    )  # fmt: skip
    return replace(case, **other)


def ruled(
    line: str, case: Case, request: Request | None = None, *more: Case, now: datetime = NOW
) -> Decision:
    request = request or a_request(proved=case.verified_by is not None)
    told = Entry(
        ID,
        RECEIVED,
        Event.TASK_OPENED,
        "machine",
        data={
            "task": 1,
            "recipient": "x",
            "name": {"fi": "Posti", "en": "Posti"},
            "what": {"fi": "kuljettaa", "en": "delivers"},
        },
    )
    known = Known(
        shop=SHOP,
        now=now,
        code_key=b"key",
        conversation=Conversation("liwigo", request.channel, request.peer),
        reading=Reading(lang="fi"),
        own=(request,),
        cases=(case, *more),
        dated={ID: (told,)},
    )
    return rule(Desk(known, read_line(line), "staff:4242", "cause", case, request))


def refused(line: str, case: Case, request: Request | None = None, now: datetime = NOW) -> TheirFault:
    with pytest.raises(TheirFault) as fault:
        ruled(line, case, request, now=now)
    return fault.value


def letters(decision: Decision) -> list[tuple[str, Route, str]]:
    return [(one.name, one.route, one.to) for one in decision.letters if one.route is not Route.STAFF]


LINES = {
    "take": f"take {ID}",
    "note": f"note {ID} x",
    "seen": f"seen {ID}",
    "ask": f"ask {ID} x",
    "rekind": f"rekind {ID} objection",
    "told": f"told {ID} 1",
    "letter": f"letter {ID} signed_request",
    "verify": f"verify {ID} --how x",
    "reject-identity": f"reject-identity {ID} --reason x",
    "extend": f"extend {ID} --months 1 --reason x",
    "complete": f"complete {ID}",
    "refuse": f"refuse {ID} --ground other --reason x",
    "withdraw": f"withdraw {ID}",
    "reopen": f"reopen {ID}",
}


def test_every_verb_that_acts_on_a_case_has_a_ruling() -> None:
    acting = {verb.name for verb in VERBS.values() if "ID" in verb.args and not verb.looks}
    assert set(RULINGS) == acting == set(LINES)


# verb -> the statuses it may be used in; the rest refuse it.
ALLOWED = {
    "take": set(Status),
    "note": set(Status),
    "seen": set(),
    "ask": set(Status) - CLOSED,
    "rekind": set(Status) - CLOSED,
    "told": set(Status),
    "letter": set(Status),
    "verify": {Status.RECEIVED, Status.VERIFYING, Status.HELD, Status.UNVERIFIED},
    "reject-identity": {Status.RECEIVED, Status.VERIFYING, Status.HELD},
    "extend": {Status.RECEIVED, Status.VERIFYING, Status.HELD, Status.OPEN, Status.WAITING},
    "complete": {Status.OPEN, Status.WAITING},
    "refuse": {Status.RECEIVED, Status.VERIFYING, Status.HELD, Status.OPEN, Status.WAITING},
    "withdraw": set(Status) - CLOSED,
    "reopen": {Status.ANSWERED, Status.WITHDRAWN, Status.UNVERIFIED},
}
PROVED = {Status.OPEN, Status.WAITING, Status.ANSWERED}


@pytest.mark.parametrize("verb", LINES)
@pytest.mark.parametrize("status", Status)
def test_a_verb_does_something_exactly_where_it_may(verb: str, status: Status) -> None:
    case = a_case(status, verified_by=VerifiedBy.CODE if status in PROVED else None)
    if status in ALLOWED[verb]:
        decision = ruled(LINES[verb], case)
        assert decision.entries
        assert all(entry.actor in ("staff:4242", "machine") for entry in decision.entries)
    else:
        fault = refused(LINES[verb], case)
        assert fault.code == "not_now"


@pytest.mark.parametrize("verb", LINES)
def test_the_preview_and_the_deed_are_the_same_decision(verb: str) -> None:
    for status in ALLOWED[verb]:
        case = a_case(status, verified_by=VerifiedBy.CODE if status in PROVED else None)
        assert ruled(LINES[verb], case) == ruled(LINES[verb], case)


@pytest.mark.parametrize("verb", [verb for verb in LINES if not VERBS[verb].sends])
def test_a_verb_that_is_not_shown_first_sends_the_person_nothing(verb: str) -> None:
    for status in ALLOWED[verb]:
        case = a_case(status, verified_by=VerifiedBy.CODE if status in PROVED else None)
        # What is on paper has not gone anywhere.
        assert [one for one in letters(ruled(LINES[verb], case)) if one[1] is not Route.POST] == []


# -- who is written to ----------------------------------------------------------------------------------------


def test_the_answer_goes_to_the_proven_address_and_the_chat_hears_only_that_it_went() -> None:
    decision = ruled(f"complete {ID} --note salaista", a_case(), a_request(Channel.CHAT))
    assert letters(decision) == [
        ("answer_erasure", Route.MAIL, RECORDED),
        ("case_answered", Route.CHAT, "1001"),
    ]
    assert "salaista" not in str(decision.letters[1].context)


def test_who_has_no_address_is_answered_on_paper_and_told_of_no_mail() -> None:
    nowhere = replace(a_request(Channel.CHAT), proof=Proof(), verified_by=VerifiedBy.STAFF)
    for verb, name in (("complete", "answer_erasure"), ("extend", "extension"), ("refuse", "answer_refused")):
        assert letters(ruled(LINES[verb], a_case(), nowhere)) == [(name, Route.POST, "")]


def test_nobody_unproved_in_chat_is_refused_or_put_off_without_reasons() -> None:
    for verb in ("refuse", "extend"):
        case = a_case(Status.RECEIVED)
        fault = refused(LINES[verb], case, a_request(Channel.CHAT, proved=False))
        assert fault.detail["reason"] == "no_address"


def test_an_unproved_mail_is_answered_to_its_sender() -> None:
    assert answer_address(a_request(Channel.EMAIL, proved=False)) == RECORDED
    assert answer_address(a_request(Channel.PHONE, proved=False)) == ""
    assert answer_address(a_request(Channel.PHONE)) == RECORDED


# -- refusing -------------------------------------------------------------------------------------------------

BANS = [
    (Kind.OPT_OUT, [], True),
    (Kind.OPT_OUT, ["direct_marketing"], True),
    (Kind.OPT_OUT, ["profiling"], True),
    (Kind.OPT_OUT, ["publication", "direct_marketing"], True),
    (Kind.OPT_OUT, ["publication"], False),
    (Kind.OPT_OUT, ["disclosure", "market_research"], False),
    (Kind.OBJECTION, ["direct_marketing"], True),
    (Kind.OBJECTION, ["profiling"], False),
    (Kind.OBJECTION, [], False),
    (Kind.ERASURE, [], False),
]


@pytest.mark.parametrize(("kind", "purposes", "absolute"), BANS)
def test_a_ban_on_direct_marketing_cannot_be_refused(kind: Kind, purposes: list[str], absolute: bool) -> None:
    """GDPR Art. 21(2)-(3)."""
    case = a_case(kind=kind, details={"purposes": purposes})
    assert is_absolute(case) is absolute
    for ground in set(Ground) - {Ground.NOT_IDENTIFIED}:
        line = f"refuse {ID} --ground {ground} --reason x"
        if absolute:
            assert refused(line, case).detail["reason"] == "opt_out_cannot_be_refused"
        else:
            assert ruled(line, case).cases[0].status is Status.ANSWERED


def test_a_refusal_names_its_ground_in_the_journal_and_the_letter() -> None:
    decision = ruled(f"refuse {ID} --ground legal_duty --reason Kirjanpito.", a_case())
    (entry,) = decision.entries
    assert (entry.event, entry.data["ground"], entry.note) == (Event.REFUSED, "legal_duty", "Kirjanpito.")
    assert decision.letters[0].context["ground"] == "legal_duty"


# -- identity -------------------------------------------------------------------------------------------------


def test_verifying_and_rejecting_act_on_the_whole_request() -> None:
    other = a_case(Status.RECEIVED, Kind.ACCESS, id="LIW-2026-0002")
    for line in (LINES["verify"], LINES["reject-identity"]):
        decision = ruled(line, a_case(Status.HELD, verified_by=None), None, other)
        assert {case.id for case in decision.cases} == {ID, "LIW-2026-0002"}
        assert len({case.status for case in decision.cases}) == 1


def test_what_was_seen_leaves_the_queue_once() -> None:
    noticed = a_case(Status.UNVERIFIED, verified_by=None, flags=frozenset({Flag.NO_ACTION_SENT}))
    decision = ruled(f"seen {ID}", noticed)
    assert (decision.cases[0].flags, decision.entries[0].event) == (frozenset(), Event.SEEN)
    assert refused(f"seen {ID}", decision.cases[0]).code == "not_now"


def test_a_right_asked_for_later_can_be_rejected_after_an_earlier_one_was() -> None:
    earlier = a_case(Status.UNVERIFIED, Kind.ACCESS, id="LIW-2026-0002", verified_by=None)
    decision = ruled(LINES["reject-identity"], a_case(Status.RECEIVED), None, earlier)
    assert [case.id for case in decision.cases] == [ID]


def test_a_recorded_doubt_stops_the_clock_once_the_person_is_verified() -> None:
    """docs/law.md 2: due = roll(clamp(R + 1 month) + S)."""
    rejected = ruled(LINES["reject-identity"], a_case(Status.HELD, verified_by=None))
    case, request = rejected.cases[0], rejected.requests[0]
    known = Known(
        shop=SHOP, now=NOW + timedelta(days=6), code_key=b"key", reading=Reading(lang="fi"),
        conversation=Conversation("liwigo", request.channel, request.peer),
        own=(request,), cases=(case,), dated={ID: rejected.entries},
    )  # fmt: skip
    decision = rule(Desk(known, read_line(LINES["verify"]), "staff:4242", "later", case, request))
    verified = decision.cases[-1]
    assert (verified.due - verified.safe_due).days in range(5, 10)


# -- extending ------------------------------------------------------------------------------------------------


def test_an_extension_counts_from_receipt_and_is_refused_after_the_due_date() -> None:
    decision = ruled(f"extend {ID} --months 2 --reason x", a_case())
    assert decision.cases[-1].due.isoformat() == "2026-06-05"
    late = refused(LINES["extend"], a_case(), now=datetime(2026, 4, 8, 9, 0, tzinfo=UTC))
    assert late.detail["reason"] == "too_late"


# -- entering by hand -----------------------------------------------------------------------------------------


def entered(received_at: datetime, *match: Customer, kind: Kind = Kind.ACCESS) -> Decision:
    known = Known(
        shop=SHOP, now=NOW, code_key=b"key", conversation=Conversation("liwigo", Channel.PHONE, "c"),
        reading=Reading(lang=""), next_numbers={received_at.year: 7},
    )  # fmt: skip
    claim = Claim(email=RECORDED) if match else Claim()
    return enter(
        known, Entered(kind, received_at, Channel.PHONE, claim, "soitti", match), cause="c", actor="staff:1"
    )


@given(st.integers(0, 7 * 365 * 24 * 60).map(lambda minutes: NOW - timedelta(minutes=minutes)))
def test_a_call_has_the_due_date_of_the_day_it_came(received_at: datetime) -> None:
    decision = entered(received_at)
    (case,) = decision.cases
    assert case.due == deadline_of(received_at, (), SHOP).due
    assert case.received_at == received_at
    assert [entry.event for entry in decision.entries] == [Event.RECEIVED, Event.ENTERED]


@pytest.mark.parametrize(
    "received_at", [NOW + timedelta(seconds=1), datetime(2018, 5, 24, 20, 59, tzinfo=UTC)]
)
def test_nothing_comes_from_the_future_or_from_before_the_gdpr(received_at: datetime) -> None:
    with pytest.raises(TheirFault) as fault:
        entered(received_at)
    assert fault.value.code == "usage"


def test_two_people_at_one_address_are_for_staff_to_tell_apart() -> None:
    people = [
        Customer(f"C-{n}", name, email=RECORDED)
        for n, name in enumerate(("Taru Esimerkki", "Teppo Esimerkki"))
    ]
    case = entered(RECEIVED, *people).cases[0]
    assert (case.status, case.flags) == (Status.HELD, frozenset({Flag.NAMES_DIFFER}))
    assert entered(RECEIVED, people[0]).cases[0].status is Status.RECEIVED


def test_an_opt_out_by_phone_suppresses_the_recorded_address_at_once() -> None:
    (suppression,) = entered(
        RECEIVED, Customer("C-1", "Maija", email=RECORDED), kind=Kind.OPT_OUT
    ).suppressions
    assert (suppression.address, suppression.state) == (RECORDED, "provisional")
