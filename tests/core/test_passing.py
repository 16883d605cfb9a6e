"""What time brings to a request nobody proved: when, what, and to whom; the same desk always rules the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.holidays_fi import HOLIDAY_PROFILES, STATUTORY, non_working
from cases.model import (
    Asking,
    Case,
    Channel,
    Claim,
    Conversation,
    Decision,
    Entry,
    Event,
    Flag,
    Kind,
    Proof,
    Route,
    Status,
)  # fmt: skip
from cases.passing import Passing, last_noticed, last_reminded, notice_at, on_time, reminder_at
from cases.work import HELSINKI, deadline_of
from tests.core.test_rulings import ID, RECORDED, SHOP, a_case, a_request

#: A Monday morning; its month ends on Wednesday 23 December.
ARRIVED = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
CLAIM = Claim(email=RECORDED)


def unproved(kind: Kind = Kind.ERASURE, status: Status = Status.RECEIVED, **other: Any) -> Case:
    dates = deadline_of(ARRIVED, (), SHOP)
    case = a_case(status, kind, received_at=ARRIVED, due=dates.due, safe_due=dates.safe_due, verified_by=None)
    return replace(case, **{"channel": Channel.CHAT, **other})


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=HELSINKI)


def passed(
    now: datetime,
    *cases: Case,
    channel: Channel = Channel.CHAT,
    noted: Event | None = None,
    known: bool = True,
    claim: Claim = CLAIM,
) -> Decision:
    request = a_request(channel, proved=False)
    proof = Proof(issue=1, address=RECORDED if known else "", state="expired") if claim else Proof()
    request = replace(request, received_at=ARRIVED, claim=claim, proof=proof)
    entries = {ID: (Entry(ID, ARRIVED, noted, "machine"),)} if noted else {}
    talk = Conversation("liwigo", channel, request.peer)
    found = Passing(request, tuple(replace(c, channel=channel) for c in cases), talk, noted=entries)
    return on_time(SHOP, found, now, b"key")


def told(decision: Decision) -> list[tuple[str, Route]]:
    return [(one.name, one.route) for one in decision.letters if one.route is not Route.STAFF]


def test_the_reminder_comes_two_weeks_before_the_safe_date_in_the_morning() -> None:
    assert reminder_at(unproved()) == at("2026-12-09 09:00")
    assert told(passed(at("2026-12-09 08:59"), unproved())) == []
    assert told(passed(at("2026-12-09 09:00"), unproved())) == [("remind_code", Route.CHAT)]


def test_there_is_one_reminder() -> None:
    assert told(passed(at("2026-12-15 12:00"), unproved(), noted=Event.REMINDED)) == []


def test_nobody_is_reminded_within_a_day_of_writing() -> None:
    late = unproved(received_at=ARRIVED, safe_due=date(2026, 11, 30))
    assert reminder_at(late) == (ARRIVED + timedelta(days=1)).astimezone(HELSINKI)


# safe date -> the morning of the notice, by a calendar
NOTICES = [
    ("2026-12-23", "2026-12-21"),  # Monday
    ("2026-12-28", "2026-12-24"),  # the 26th is Boxing Day, the 25th Christmas Day; the eve is a working day
    ("2027-01-04", "2026-12-31"),  # the 2nd is a Saturday, the 1st New Year's Day
    ("2026-11-30", "2026-11-27"),  # the 28th is a Saturday
    ("2026-04-07", "2026-04-02"),  # Easter Sunday, Saturday, Good Friday
]


@pytest.mark.parametrize(("safe", "morning"), NOTICES)
def test_the_notice_comes_on_a_working_day_before_the_safe_date(safe: str, morning: str) -> None:
    case = unproved(safe_due=date.fromisoformat(safe))
    assert notice_at(case, STATUTORY) == at(f"{morning} 09:00")


@given(st.dates(date(2020, 1, 10), date(2032, 12, 31)), st.sampled_from(sorted(HOLIDAY_PROFILES)))
def test_the_notice_is_always_in_time_and_never_on_a_holiday(safe: date, profile: str) -> None:
    morning = notice_at(unproved(safe_due=safe), profile)
    assert morning.date() <= safe - timedelta(days=2)
    assert not non_working(morning.date(), profile)


@pytest.mark.parametrize("channel", [Channel.CHAT, Channel.EMAIL])
def test_the_notice_closes_the_whole_request_and_stays_in_sight(channel: Channel) -> None:
    other = unproved(Kind.ACCESS, id="LIW-2026-0002")
    decision = passed(at("2026-12-21 09:00"), unproved(), other, channel=channel, noted=Event.REMINDED)
    assert {case.id: case.status for case in decision.cases} == {
        ID: Status.UNVERIFIED, "LIW-2026-0002": Status.UNVERIFIED,
    }  # fmt: skip
    assert all(Flag.NO_ACTION_SENT in case.flags for case in decision.cases)
    (letter,) = [one for one in decision.letters if one.route is not Route.STAFF]
    assert (letter.name, len(letter.context["cases"])) == ("no_action", 2)
    assert [one.name for one in decision.letters if one.route is Route.STAFF] == ["no_action_sent"] * 2


def test_a_service_that_was_down_gives_the_notice_late_rather_than_never() -> None:
    decision = passed(at("2026-12-30 03:00"), unproved())
    assert told(decision) == [("no_action", Route.CHAT)]
    assert [entry.event for entry in decision.entries] == [Event.NO_ACTION]


@pytest.mark.parametrize("known", [True, False])
def test_known_and_unknown_get_the_same_words_at_the_same_time(known: bool) -> None:
    """docs/invariants.md 1.2."""
    for moment, name in (("2026-12-09 09:00", "remind_code"), ("2026-12-21 09:00", "no_action")):
        assert told(passed(at(moment), unproved(), known=known)) == [(name, Route.CHAT)]


def test_by_mail_the_reminder_carries_a_new_code() -> None:
    decision = passed(at("2026-12-09 09:00"), unproved(), channel=Channel.EMAIL)
    (letter,) = decision.letters
    assert (letter.name, letter.to, letter.code_issue) == ("remind_code", RECORDED, 2)


@pytest.mark.parametrize(
    "case",
    [
        unproved(Kind.OPT_OUT),
        unproved(status=Status.HELD),
        unproved(status=Status.UNVERIFIED),
        unproved(status=Status.ANSWERED),
        unproved(status=Status.WITHDRAWN),
    ],
    ids=lambda case: f"{case.kind}-{case.status}",
)
def test_bans_what_is_held_and_what_is_closed_get_no_letter(case: Case) -> None:
    for moment in ("2026-12-09 09:00", "2026-12-21 09:00", "2026-12-24 09:00"):
        assert told(passed(at(moment), case)) == []


def test_staff_hear_once_of_what_is_held_and_comes_near() -> None:
    held = unproved(status=Status.HELD, flags=frozenset({Flag.TRIES_SPENT}))
    decision = passed(at("2026-12-09 09:00"), held)
    (alarm,) = decision.letters
    assert (alarm.route, alarm.name, alarm.context["rows"][0]["id"]) == (Route.STAFF, "reminder", ID)
    assert [entry.event for entry in decision.entries] == [Event.DUE_SOON]
    assert passed(at("2026-12-12 09:00"), held, noted=Event.DUE_SOON) == Decision()


@pytest.mark.parametrize("channel", [Channel.PHONE, Channel.LETTER])
def test_a_call_or_a_letter_is_for_staff(channel: Channel) -> None:
    decision = passed(at("2026-12-21 09:00"), unproved(), channel=channel)
    assert told(decision) == []
    assert [one.name for one in decision.letters] == ["reminder"]
    assert passed(at("2026-12-22 09:00"), unproved(), channel=channel, noted=Event.DUE_SOON) == Decision()


def test_a_ban_nobody_proved_is_held_for_staff_when_others_get_the_notice() -> None:
    """docs/invariants.md 1.7: never closed unproved, and never left where nobody looks."""
    ban = unproved(Kind.OPT_OUT)
    assert passed(at("2026-12-20 09:00"), ban) == Decision()
    decision = passed(at("2026-12-21 09:00"), ban, claim=Claim())
    assert (decision.cases[0].status, decision.cases[0].flags) == (Status.HELD, frozenset({Flag.CODE_LAPSED}))
    assert [(one.name, one.route) for one in decision.letters] == [("case_held", Route.STAFF)]
    assert passed(at("2026-12-22 09:00"), decision.cases[0], noted=Event.DUE_SOON) == Decision()


def test_what_staff_opened_anew_gets_no_second_notice() -> None:
    """They know what has been said, and decide what is said next."""
    for moment in ("2026-12-09 09:00", "2026-12-21 09:05", "2027-03-01 09:00"):
        assert passed(at(moment), unproved(), noted=Event.NO_ACTION) == Decision()


def test_an_extended_case_follows_its_new_date() -> None:
    extended = unproved(safe_due=date(2027, 1, 25), due=date(2027, 1, 25), extended=True)
    assert told(passed(at("2026-12-21 09:00"), extended)) == []
    assert told(passed(at("2027-01-11 09:00"), extended)) == [("remind_code", Route.CHAT)]


@pytest.mark.parametrize("moment", ["2026-12-09 09:00", "2026-12-21 09:00"])
@pytest.mark.parametrize(("claim", "asking"), [(Claim(), Asking.ADDRESS), (CLAIM, Asking.CODE)])
def test_the_chat_waits_for_what_is_missing(moment: str, claim: Claim, asking: Asking) -> None:
    """The address where none was said, else the code; an address is understood then as well."""
    talk = passed(at(moment), unproved(), claim=claim).conversation
    assert talk is not None
    assert (talk.request_id, talk.asking) == (a_request().id, asking)


def test_who_never_said_an_address_is_asked_for_it_in_chat() -> None:
    assert told(passed(at("2026-12-09 09:00"), unproved(), claim=Claim())) == [("remind_address", Route.CHAT)]


def test_who_was_never_sent_a_code_by_mail_is_sent_one_to_the_address_they_wrote_from() -> None:
    """Somebody taken in without an answer, since that address had had too many within the hour."""
    decision = passed(at("2026-12-09 09:00"), unproved(), channel=Channel.EMAIL, claim=Claim())
    (letter,) = decision.letters
    assert (letter.name, letter.to, letter.code_issue) == ("remind_code", a_request(Channel.EMAIL).peer, 1)


def test_a_reminder_changes_the_case_so_that_a_second_process_finds_it_done() -> None:
    assert [case.id for case in passed(at("2026-12-09 09:00"), unproved()).cases] == [ID]


def test_the_same_cases_make_the_same_letters_whenever_it_is_looked() -> None:
    """Two processes, or a second look, cannot tell anybody twice: the keys are the same."""
    first = passed(at("2026-12-21 09:00"), unproved())
    again = passed(at("2026-12-22 17:30"), unproved())
    assert [one.key for one in first.letters] == [one.key for one in again.letters]


def test_cases_of_one_request_with_other_dates_have_letters_of_their_own() -> None:
    """A right asked for later, or extended, is told of in its own time; no letter swallows the other."""
    later = unproved(Kind.ACCESS, id="LIW-2026-0002", safe_due=date(2026, 12, 24))
    first = passed(at("2026-12-21 09:00"), unproved(), later)
    closed = first.cases[0]
    second = passed(at("2026-12-22 09:00"), closed, later, noted=Event.NO_ACTION)
    for decision, kind in ((first, "erasure"), (second, "access")):
        (notice,) = [one for one in decision.letters if one.name == "no_action"]
        assert [case["kind"] for case in notice.context["cases"]] == [kind]
    assert not {one.key for one in first.letters} & {one.key for one in second.letters}


moments = st.integers(0, 10 * 365 * 24 * 4).map(
    lambda quarters: datetime(2022, 1, 1, tzinfo=UTC) + timedelta(minutes=15) * quarters
)


@given(moments, st.integers(-3, 21), st.sampled_from(sorted(HOLIDAY_PROFILES)))
def test_the_last_date_that_is_due_parts_what_is_due_from_what_is_not(
    now: datetime, days: int, profile: str
) -> None:
    """What is looked for in the database is what is then decided, to the day and the minute."""
    case = unproved(safe_due=now.date() + timedelta(days=days), received_at=now - timedelta(days=40))
    assert (case.safe_due <= last_noticed(now, profile)) == (notice_at(case, profile) <= now)
    assert (case.safe_due <= last_reminded(now)) == (reminder_at(case) <= now)


def test_where_nothing_is_due_nothing_is_stored() -> None:
    decision = passed(at("2026-11-24 09:00"), unproved())
    assert decision == Decision()
