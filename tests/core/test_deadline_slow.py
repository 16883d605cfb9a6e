"""Due dates against a second, slow count that shares nothing with the first: day by day, from docs/law.md 1-3 alone.

Every receipt date of eight years, both holiday profiles, both conventions, a table of stories. Slowness is a virtue
here: whoever doubts a date can follow the second count with a finger on a calendar.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from cases.deadlines import DeadlineEvent, derive, extension_refusal

HELSINKI = ZoneInfo("Europe/Helsinki")
DAY = timedelta(days=1)
FIRST, LAST = date(2023, 1, 1), date(2030, 12, 31)

ASK, PROVED, MORE = "identity_info_requested", "identity_verified", "extended"


# -- the second count -------------------------------------------------------------------------------------

#: The paschal full moon by golden number, 1 to 19, as church calendars print it for the years 1900-2199.
PASCHAL_MOON = (
    (4, 14), (4, 3), (3, 23), (4, 11), (3, 31), (4, 18), (4, 8), (3, 28), (4, 16), (4, 5),
    (3, 25), (4, 13), (4, 2), (3, 22), (4, 10), (3, 30), (4, 17), (4, 7), (3, 27),
)  # fmt: skip
#: Public holidays that have a date of their own.
FIXED = ((1, 1), (1, 6), (5, 1), (12, 6), (12, 25), (12, 26))
#: … and those counted from Easter Sunday: Good Friday, Easter, Easter Monday, Ascension, Pentecost.
FROM_EASTER = (-2, 0, 1, 39, 49)

SATURDAY, SUNDAY = 5, 6


def first_weekday(day: date, weekday: int) -> date:
    """The first such weekday from `day` on, that day included."""
    while day.weekday() != weekday:
        day += DAY
    return day


def easter(year: int) -> date:
    """The Sunday after the paschal full moon."""
    month, day = PASCHAL_MOON[year % 19]
    return first_weekday(date(year, month, day) + DAY, SUNDAY)


def free_days(year: int, *, eves: bool) -> set[date]:
    """Public holidays of one year; with the eves where a shop counts them."""
    midsummer = first_weekday(date(year, 6, 20), SATURDAY)
    free = {date(year, month, day) for month, day in FIXED}
    free |= {easter(year) + days * DAY for days in FROM_EASTER}
    free |= {midsummer, first_weekday(date(year, 10, 31), SATURDAY)}
    return free | {midsummer - DAY, date(year, 12, 24)} if eves else free


@dataclass
class SlowCount:
    """What is known of one request, and the days that follow from it."""

    eves: bool
    #: Whether identity checks stop the clock in this shop.
    stops: bool
    free: set[date] = field(default_factory=set)
    ends: dict[tuple[date, int], date] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for year in range(FIRST.year, LAST.year + 3):
            self.free |= free_days(year, eves=self.eves)

    def month_end(self, start: date, months: int) -> date:
        """Walk until the same date comes round in the right month, or that month is over."""
        if (start, months) not in self.ends:
            day, turned = start, 0
            while turned < months or (day.day < start.day and (day + DAY).day != 1):
                day += DAY
                turned += day.day == 1
            self.ends[start, months] = day
        return self.ends[start, months]

    def working(self, day: date) -> date:
        """That day, or the next one that is no Saturday, Sunday or holiday."""
        while day.weekday() in (SATURDAY, SUNDAY) or day in self.free:
            day += DAY
        return day

    def stopped_days(self, start: date, story: list[DeadlineEvent]) -> int:
        """Days on which an answer about identity was awaited that was asked for in time and came."""
        days, asked = 0, None
        for event in story if self.stops else ():
            day = event.at.astimezone(HELSINKI).date()
            if event.kind == ASK and asked is None and day <= start + 7 * DAY:
                asked = day
            elif event.kind == PROVED and asked is not None:
                while asked != day:
                    asked += DAY
                    days += 1
                asked = None
        return days

    def last_day(self, start: date, months: int, stopped: int) -> date:
        """So many months and stopped days from receipt, on a working day."""
        day = self.month_end(start, months)
        for _ in range(stopped):
            day += DAY
        return self.working(day)

    def first_due(self, start: date, story: list[DeadlineEvent]) -> date:
        """The last day without more time, as far as the story goes."""
        return self.last_day(start, 1, self.stopped_days(start, story))

    def months(self, start: date, story: list[DeadlineEvent]) -> int:
        """One, and what the first extension adds that came in time, as things were known when it was made."""
        for place, event in enumerate(story):
            if event.kind != MORE:
                continue
            if event.at.astimezone(HELSINKI).date() <= self.first_due(start, story[:place]):
                return 1 + (event.months or 0)
        return 1

    def dates(self, start: date, story: list[DeadlineEvent]) -> tuple[date, date]:
        """The due date and the safe date: the second as if nothing had ever stopped, more time included."""
        due = self.last_day(start, self.months(start, story), self.stopped_days(start, story))
        return due, self.unstopped(start, story) if self.stops else due

    def unstopped(self, start: date, story: list[DeadlineEvent]) -> date:
        """The due date of a shop whose clock never stops."""
        stops, self.stops = self.stops, False
        day = self.last_day(start, self.months(start, story), 0)
        self.stops = stops
        return day


# -- stories ----------------------------------------------------------------------------------------------

#: What happened about identity: (days after receipt, kind), in order.
DOUBTS: dict[str, tuple[tuple[int, str], ...]] = {
    "nothing asked": (),
    "asked at once, proved in a week": ((0, ASK), (7, PROVED)),
    "asked on the seventh day, proved after three weeks": ((7, ASK), (28, PROVED)),
    "asked on the eighth day": ((8, ASK), (20, PROVED)),
    "proved before anybody asked, and the day it was asked": ((1, PROVED), (3, ASK), (3, PROVED)),
    "reminded, proved, doubted again in time and too late": (
        (1, ASK), (4, ASK), (5, PROVED), (6, ASK), (17, PROVED), (18, ASK), (25, PROVED),
    ),
    "never proved": ((2, ASK), (9, ASK)),
    "proved long after the due date": ((5, ASK), (70, PROVED)),
}  # fmt: skip

#: How long after receipt more time was taken, and how much, and whether once more after that.
EXTENSIONS: dict[str, tuple[tuple[int, int], ...]] = {
    "no extension": (),
    "one month more": ((15, 1),),
    "two months more, and again": ((22, 2), (23, 1)),
}


def at(day: date, hour: int, minute: int = 0) -> datetime:
    """A moment of a Finnish day, told in UTC as a journal tells it."""
    return datetime.combine(day, time(hour, minute), HELSINKI).astimezone(UTC)


def story_of(start: date, doubts: str, extension: str) -> list[DeadlineEvent]:
    """One story, oldest first; hours run on within a day, so that two events of one day keep their order."""
    told = [
        DeadlineEvent(kind, at(start + days * DAY, 8 + place))
        for place, (days, kind) in enumerate(DOUBTS[doubts])
    ]
    told += [
        DeadlineEvent(MORE, at(start + days * DAY, 20), months) for days, months in EXTENSIONS[extension]
    ]
    return sorted(told, key=lambda event: event.at)


def receipts() -> Iterator[tuple[date, datetime]]:
    """Every day there is, with a moment in it: just begun, at noon, nearly over."""
    day, moments = FIRST, ((0, 0), (12, 30), (23, 59))
    while day <= LAST:
        yield day, at(day, *moments[day.toordinal() % 3])
        day += DAY


CONVENTIONS = ("stop_clock_v1", "no_suspension")
PROFILES = pytest.mark.parametrize("profile", ["fi_statutory", "fi_with_eves"])


def slow(profile: str, convention: str) -> SlowCount:
    return SlowCount(eves=profile == "fi_with_eves", stops=convention == "stop_clock_v1")


@PROFILES
def test_every_receipt_date_of_eight_years_has_the_dates_of_the_slow_count(profile: str) -> None:
    """Both counts agree on the due date and the safe date, in every story and convention."""
    counts = {convention: slow(profile, convention) for convention in CONVENTIONS}
    names = [(doubts, extension) for doubts in DOUBTS for extension in EXTENSIONS]
    wrong, days = [], 0
    for day, received in receipts():
        days += 1
        for doubts, extension in names:
            story = story_of(day, doubts, extension)
            for convention, count in counts.items():
                found, wanted = derive(received, story, convention, profile), count.dates(day, story)
                if (found.due, found.safe_due) != wanted:
                    wrong.append((day, doubts, extension, convention, found.due, found.safe_due, *wanted))
    assert not wrong, (len(wrong), wrong[:3])
    assert days == 8 * 365 + 2


@PROFILES
@pytest.mark.parametrize("convention", CONVENTIONS)
def test_more_time_is_taken_in_the_last_minute_and_not_in_the_first_one_after(
    profile: str, convention: str
) -> None:
    """An extension counts to the end of the first due date, and nothing counts after it, whoever counts."""
    count = slow(profile, convention)
    for day, received in receipts():
        before = story_of(day, "asked on the seventh day, proved after three weeks", "no extension")
        due = count.first_due(day, before)
        last, late = at(due, 23, 59), at(due + DAY, 0)
        for moment, months in ((last, 3), (late, 1)):
            story = [*before, DeadlineEvent(MORE, moment, 2)]
            found = derive(received, story, convention, profile)
            assert (found.due, found.safe_due) == count.dates(day, story), (day, moment)
            assert found.months == count.months(day, story) == months, (day, moment)
        assert extension_refusal(received, before, last, 2, convention, profile) is None, day
        assert extension_refusal(received, before, late, 2, convention, profile) is not None, day


@PROFILES
def test_a_proof_that_comes_later_brings_no_late_extension_to_life(profile: str) -> None:
    """What was too late when it was made stays so, though days are added to the first due date afterwards."""
    count = slow(profile, "stop_clock_v1")
    for day, received in receipts():
        unproved = [DeadlineEvent(ASK, at(day + 4 * DAY, 9))]
        late = at(count.first_due(day, unproved) + DAY, 10)
        story = [*unproved, DeadlineEvent(MORE, late, 1), DeadlineEvent(PROVED, late + 9 * DAY)]
        found = derive(received, story, holiday_profile=profile)
        assert found.months == 1, day
        assert (found.due, found.safe_due) == count.dates(day, story), day


def test_the_slow_count_knows_days_that_were_looked_up() -> None:
    """The second count itself, held against dates that can be looked up in any calendar."""
    assert [easter(year).isoformat() for year in (2023, 2024, 2026, 2029, 2030)] == [
        "2023-04-09", "2024-03-31", "2026-04-05", "2029-04-01", "2030-04-21",
    ]  # fmt: skip
    assert date(2026, 5, 14) in free_days(2026, eves=False), "Ascension Day"
    assert date(2026, 6, 19) in free_days(2026, eves=True) - free_days(2026, eves=False)
    assert slow("fi_statutory", "stop_clock_v1").month_end(date(2028, 1, 31), 1) == date(2028, 2, 29)
    assert slow("fi_statutory", "stop_clock_v1").month_end(date(2026, 8, 31), 1) == date(2026, 9, 30)
