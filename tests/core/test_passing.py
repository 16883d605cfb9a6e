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
from cases.passing import HELSINKI, Passing, notice_at, on_time, reminder_at
from cases.work import deadline_of
from tests.core.test_rulings import ID, RECORDED, SHOP, a_case, a_request

#: A Monday morning; its month ends on Wednesday 23 December.
ARRIVED = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def unproved(kind: Kind = Kind.ERASURE, status: Status = Status.RECEIVED, **other: Any) -> Case:
    dates = deadline_of(ARRIVED, (), SHOP)
    case = a_case(status, kind, received_at=ARRIVED, due=dates.due, safe_due=dates.safe_due, verified_by=None)
    return replace(case, **{"channel": Channel.CHAT, **other})


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=HELSINKI)


def passed(
    now: datetime, *cases: Case, channel: Channel = Channel.CHAT, reminded: bool = False, known: bool = True
) -> Decision:
    request = a_request(channel, proved=False)
    proof = Proof(issue=1, address=RECORDED if known else "", state="expired")
    request = replace(request, received_at=ARRIVED, claim=Claim(email=RECORDED), proof=proof)
    noted = {ID: (Entry(ID, ARRIVED, Event.REMINDED, "machine"),)} if reminded else {}
    talk = Conversation("liwigo", channel, request.peer)
    found = Passing(request, tuple(replace(c, channel=channel) for c in cases), talk, noted=noted)
    return on_time(SHOP, found, now, b"key")


def told(decision: Decision) -> list[tuple[str, Route]]:
    return [(one.name, one.route) for one in decision.letters if one.route is not Route.STAFF]


def test_the_reminder_comes_two_weeks_before_the_safe_date_in_the_morning() -> None:
    assert reminder_at(unproved()) == at("2026-12-09 09:00")
    assert told(passed(at("2026-12-09 08:59"), unproved())) == []
    assert told(passed(at("2026-12-09 09:00"), unproved())) == [("remind_code", Route.CHAT)]


def test_there_is_one_reminder() -> None:
    assert told(passed(at("2026-12-15 12:00"), unproved(), reminded=True)) == []


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
    decision = passed(at("2026-12-21 09:00"), unproved(), other, channel=channel, reminded=True)
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
    (alarm,) = passed(at("2026-12-09 09:00"), held).letters
    assert (alarm.route, alarm.name, alarm.context["reason"]) == (Route.STAFF, "case_held", "tries_spent")
    assert passed(at("2026-12-12 09:00"), held, reminded=True).letters == ()


@pytest.mark.parametrize("channel", [Channel.PHONE, Channel.LETTER])
def test_a_call_or_a_letter_is_for_staff(channel: Channel) -> None:
    decision = passed(at("2026-12-21 09:00"), unproved(), channel=channel)
    assert told(decision) == []
    assert [one.name for one in decision.letters] == ["case_held"]


def test_an_extended_case_follows_its_new_date() -> None:
    extended = unproved(safe_due=date(2027, 1, 25), due=date(2027, 1, 25), extended=True)
    assert told(passed(at("2026-12-21 09:00"), extended)) == []
    assert told(passed(at("2027-01-11 09:00"), extended)) == [("remind_code", Route.CHAT)]


def test_after_the_notice_the_chat_waits_for_the_address() -> None:
    decision = passed(at("2026-12-21 09:00"), unproved())
    assert decision.conversation is not None
    assert decision.conversation.request_id == a_request().id


def test_the_same_day_makes_the_same_letters() -> None:
    """Two processes, or a second look, cannot tell anybody twice: the keys are the same."""
    first = passed(at("2026-12-21 09:00"), unproved())
    again = passed(at("2026-12-21 17:30"), unproved())
    assert [one.key for one in first.letters] == [one.key for one in again.letters]


def test_where_nothing_is_due_nothing_is_stored() -> None:
    decision = passed(at("2026-11-24 09:00"), unproved())
    assert decision == Decision()
