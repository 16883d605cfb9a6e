"""When a mailbox counts as silent or its canary as lost, and that each is told once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cases.model import Route
from cases.watching import Alarm, Canary, Limits, Line, Verdict, judge, letters_of
from shops.profile import load_profile

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
LIMITS = Limits(timedelta(minutes=15), timedelta(hours=24), timedelta(minutes=10))
JUST_NOW, LONG_AGO = timedelta(seconds=20), timedelta(minutes=16)


def line(silent_for: timedelta = JUST_NOW, canary: Canary | None = None, *told: Alarm) -> Line:
    return Line(silent_for, {"own": canary}, frozenset(told))


def canary(minutes_ago: float, seen: bool = False) -> Canary:
    sent = NOW - timedelta(minutes=minutes_ago)
    return Canary("t", "own", sent, sent + timedelta(seconds=7) if seen else None)


def test_the_first_canary_flies_at_once() -> None:
    assert judge(line(), LIMITS, NOW) == Verdict(send=("own",))


def test_without_canaries_none_flies_and_none_is_lost() -> None:
    assert not judge(Line(JUST_NOW, {}, frozenset()), Limits(timedelta(minutes=15)), NOW)


@pytest.mark.parametrize(
    ("minutes", "seen", "flies"),
    [
        (60, True, False),
        (24 * 60 - 1, True, False),
        (24 * 60, True, True),
        (9.9, False, False),
        (10, False, True),
    ],
)
def test_the_next_flies_in_its_time_and_soon_after_a_lost_one(
    minutes: float, seen: bool, flies: bool
) -> None:
    told = line(JUST_NOW, canary(minutes, seen), Alarm.CANARY_LOST)
    assert judge(told, LIMITS, NOW).send == (("own",) if flies else ())


def test_an_overdue_canary_is_judged_before_another_takes_its_place() -> None:
    unseen = judge(line(timedelta(minutes=5), canary(11)), LIMITS, NOW)
    assert (unseen.raised, unseen.send) == ((), ())


def test_a_flood_of_answers_stops_the_mail_and_only_staff_let_it_go() -> None:
    limits = Limits(timedelta(minutes=15), answers=300)

    def after(answers: int, *told: Alarm) -> Verdict:
        return judge(Line(JUST_NOW, {}, frozenset(told), answers), limits, NOW)

    assert after(300) == Verdict()
    assert after(301) == Verdict(raised=(Alarm.MAIL_STOPPED,))
    assert after(301, Alarm.MAIL_STOPPED) == Verdict()
    assert after(0, Alarm.MAIL_STOPPED) == Verdict()
    assert after(0, Alarm.MAIL_RELEASED) == Verdict()
    assert judge(Line(JUST_NOW, {}, frozenset(), 9999), Limits(timedelta(minutes=15)), NOW) == Verdict()


def test_a_canary_is_lost_only_when_mail_was_fetched_after_its_time() -> None:
    assert judge(line(JUST_NOW, canary(11)), LIMITS, NOW).raised == (Alarm.CANARY_LOST,)
    assert judge(line(timedelta(minutes=5), canary(11)), LIMITS, NOW).raised == ()


def test_a_silent_mailbox_is_told_and_the_canary_in_it_is_not() -> None:
    assert judge(line(LONG_AGO, canary(30)), LIMITS, NOW).raised == (Alarm.MAILBOX_SILENT,)


def test_what_was_told_is_not_told_again() -> None:
    assert judge(line(LONG_AGO, canary(30), Alarm.MAILBOX_SILENT), LIMITS, NOW).raised == ()
    assert judge(line(JUST_NOW, canary(11), Alarm.CANARY_LOST), LIMITS, NOW).raised == ()


def test_recovery_is_told_once_it_is_seen() -> None:
    assert judge(line(JUST_NOW, canary(5, seen=True), Alarm.MAILBOX_SILENT), LIMITS, NOW).cleared == (
        Alarm.MAILBOX_SILENT,
    )
    assert judge(line(JUST_NOW, canary(5, seen=True), Alarm.CANARY_LOST), LIMITS, NOW).cleared == (
        Alarm.CANARY_LOST,
    )


def test_a_canary_under_way_says_nothing_of_the_lost_one_before_it() -> None:
    assert judge(line(JUST_NOW, canary(5), Alarm.CANARY_LOST), LIMITS, NOW).cleared == ()
    assert judge(line(LONG_AGO, canary(5, seen=True), Alarm.CANARY_LOST), LIMITS, NOW).cleared == ()


def test_one_way_lost_is_enough() -> None:
    both = Line(JUST_NOW, {"own": canary(11, seen=True), "second": canary(11)}, frozenset())
    assert judge(both, LIMITS, NOW).raised == (Alarm.CANARY_LOST,)


def test_staff_are_told_in_their_chat_with_the_minutes() -> None:
    shop = load_profile("liwigo").to_shop(mailbox="tietosuoja@liwigo.example", staff_chat=-1)
    (letter,) = letters_of(Verdict(raised=(Alarm.MAILBOX_SILENT,)), shop, LIMITS, NOW)
    assert (letter.name, letter.route, letter.context) == ("mailbox_silent", Route.STAFF, {"minutes": 15})
    (letter,) = letters_of(Verdict(cleared=(Alarm.CANARY_LOST,)), shop, LIMITS, NOW)
    assert (letter.name, letter.context) == ("canary_back", {})


def test_a_shop_without_a_staff_chat_gets_no_letters() -> None:
    shop = load_profile("liwigo").to_shop(mailbox="tietosuoja@liwigo.example", staff_chat=None)
    assert letters_of(Verdict(raised=(Alarm.MAILBOX_SILENT,)), shop, LIMITS, NOW) == ()
