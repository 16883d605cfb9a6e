"""The counting behind a due date: one period's length while its events are gone through, oldest first.

What counts as an event, and what is told of the outcome, stands in `deadlines`; which days are no working
days in `holidays_fi`. All dates are days in Europe/Helsinki.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from cases.deadline_steps import Count, Fact, Skipped, Step
from cases.holidays_fi import (
    FIRST_YEAR,
    LAST_YEAR,
    WITH_EVES,
    eve,
    holidays_of,
    next_working_day,
    non_working,
)
from cases.model import Event

HELSINKI = ZoneInfo("Europe/Helsinki")

#: Identity doubts that staff recorded suspend the period, once the person is verified.
STOP_CLOCK = "stop_clock_v1"
#: Nothing ever suspends the period.
NO_SUSPENSION = "no_suspension"
CONVENTIONS = (STOP_CLOCK, NO_SUSPENSION)

#: An ask for identity suspends only if made at most this many calendar days after receipt.
ASK_WITHIN_DAYS = 7
#: By how many months a period may be extended (GDPR Art. 12(3)).
EXTENSION_MONTHS = (1, 2)
#: Times must lie in years for which holidays are known, with room for the period itself.
EARLIEST_YEAR, LATEST_YEAR = FIRST_YEAR, LAST_YEAR - 2


class ExtensionRefusal(StrEnum):
    """Why an extension has no effect."""

    BAD_MONTHS = "bad_months"
    BEFORE_RECEIPT = "before_receipt"
    ALREADY_EXTENDED = "already_extended"
    TOO_LATE = "too_late"


_REFUSAL_STEPS = {
    ExtensionRefusal.BAD_MONTHS: "bad_months",
    ExtensionRefusal.BEFORE_RECEIPT: "extended_before_receipt",
    ExtensionRefusal.ALREADY_EXTENDED: "already_extended",
    ExtensionRefusal.TOO_LATE: "extended_too_late",
}


class Moment(NamedTuple):
    """An event that counts; sorting puts the oldest first, whatever order events came in."""

    #: In UTC, since times of one zone are compared by the wall clock.
    instant: datetime
    rank: int
    months: int
    kind: Event
    #: The day in Europe/Helsinki.
    day: date


def local_day(at: datetime) -> date:
    """The calendar day in Europe/Helsinki; ValueError outside the years that can be counted."""
    if not EARLIEST_YEAR <= at.year <= LATEST_YEAR:
        raise ValueError(f"{at.isoformat()} is outside the years {EARLIEST_YEAR} to {LATEST_YEAR}")
    return in_helsinki(at).date()


def add_months(day: date, months: int) -> date:
    """The same date so many months later or, if that month has none, its last day.

    Reg. 1182/71 art. 3(2)(c): 31 January and one month is 28 or 29 February.
    """
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def in_helsinki(at: datetime) -> datetime:
    """The same instant in Europe/Helsinki; a naive time is taken to be there already."""
    return at.replace(tzinfo=HELSINKI) if at.tzinfo is None else at.astimezone(HELSINKI)


class Tally:
    """What is known of one period while its events are gone through, oldest first."""

    __slots__ = (
        "asked",
        "convention",
        "months",
        "profile",
        "received_on",
        "safe_months",
        "steps",
        "suspended",
        "unsuspended",
    )

    def __init__(self, received_on: date, convention: str, profile: str) -> None:
        if convention not in CONVENTIONS:
            raise ValueError(f"unknown convention {convention!r}; allowed: {', '.join(CONVENTIONS)}")
        # Refuses an unknown profile.
        holidays_of(received_on.year, profile)
        self.received_on = received_on
        self.convention = convention
        self.profile = profile
        self.steps: list[Step] = []
        #: The day of the open ask that counts, or None.
        self.asked: date | None = None
        self.suspended = 0
        #: The length of the period, and its length had nothing been suspended.
        self.months = self.safe_months = 1
        #: The last day before suspension, extension and rolling.
        self.unsuspended = add_months(received_on, 1)

    def note(self, name: str, day: date, *facts: tuple[str, Fact], sources: tuple[str, ...] = ()) -> None:
        """Add a step; `name` is a key of `deadline_steps.WORDINGS`, `sources` keys of its SOURCES."""
        self.steps.append(Step(name, day, facts, sources))

    def note_months(self, months: int) -> None:
        """Tell where a period of so many months ends."""
        end = add_months(self.received_on, months)
        name = "month" if end.day == self.received_on.day else "month_end"
        self.note(name, end, ("span", Count(months, "month")), ("start", self.received_on))

    def take_all(self, timeline: Iterable[Moment]) -> None:
        """Go through events; they must come oldest first."""
        takers = {
            Event.IDENTITY_INFO_REQUESTED: self._take_ask,
            Event.IDENTITY_VERIFIED: self._take_verification,
            Event.EXTENDED: self._take_extension,
        }
        for moment in timeline:
            takers[moment.kind](moment)
        if self.asked is not None:
            self.note("unconfirmed", self.asked)

    def _take_ask(self, moment: Moment) -> None:
        if self.convention == NO_SUSPENSION:
            self.note("not_suspended", moment.day)
        elif moment.day < self.received_on:
            self.note("ask_before_receipt", moment.day)
        elif self.asked is not None:
            self.note("reminder", moment.day)
        elif (moment.day - self.received_on).days > ASK_WITHIN_DAYS:
            self.note("ask_too_late", moment.day)
        else:
            self.asked = moment.day

    def _take_verification(self, moment: Moment) -> None:
        if self.convention == NO_SUSPENSION:
            return
        if self.asked is None:
            self.note("confirmed_unasked", moment.day)
            return
        days = (moment.day - self.asked).days
        self.note("suspension", moment.day, ("asked", self.asked), ("span", Count(days, "day")))
        self.suspended += days
        self.asked = None

    def _take_extension(self, moment: Moment) -> None:
        refusal = self.refusal(moment)
        limit = self.first_due()
        if refusal is not None:
            self.note(_REFUSAL_STEPS[refusal], moment.day, ("limit", limit))
            return
        self.note("extended", moment.day, ("span", Count(moment.months, "month")), ("limit", limit))
        self.months += moment.months
        self.note_months(self.months)
        if moment.day <= self._roll(self.unsuspended):
            self.safe_months = self.months

    def refusal(self, extension: Moment) -> ExtensionRefusal | None:
        """Why an extension has no effect after what was gone through so far."""
        if extension.months not in EXTENSION_MONTHS:
            return ExtensionRefusal.BAD_MONTHS
        if extension.day < self.received_on:
            return ExtensionRefusal.BEFORE_RECEIPT
        if self.months > 1:
            return ExtensionRefusal.ALREADY_EXTENDED
        if extension.day > self.first_due():
            return ExtensionRefusal.TOO_LATE
        return None

    def _roll(self, day: date) -> date:
        return next_working_day(day, self.profile)

    def first_due(self) -> date:
        """The first due date as known so far: rolled, with what is suspended."""
        return self._roll(self.unsuspended + timedelta(days=self.suspended))

    def close(self) -> tuple[date, date]:
        """Add up, roll once, say so, and return the due date and the safe one."""
        end = add_months(self.received_on, self.months) + timedelta(days=self.suspended)
        if self.suspended:
            self.note("suspended", end, ("span", Count(self.suspended, "day")))
        due = self._note_roll(end)
        safe_due = self._note_safe(due)
        self.note("due", due)
        return due, safe_due

    def _note_roll(self, end: date) -> date:
        due = self._roll(end)
        self._note_skipped("rolled", end, due)
        if self.profile != WITH_EVES and (stays := eve(due)):
            self.note("eve_stays", due, ("eve", stays))
        return due

    def _note_safe(self, due: date) -> date:
        end = add_months(self.received_on, self.safe_months)
        safe_due = self._roll(end)
        if self.safe_months != self.months:
            limit = self._roll(self.unsuspended)
            self.note("safe_extension", limit, ("limit", limit))
        if safe_due != due:
            self._note_skipped("safe_rolled", end, safe_due)
            self.note("safe_due", safe_due)
        return safe_due

    def _note_skipped(self, name: str, end: date, due: date) -> None:
        if due == end:
            return
        skipped = _skipped(end, due, self.profile)
        acts = tuple(holiday.act for _, holiday in skipped)
        # That an eve counts at all is the profile's doing.
        eves = (WITH_EVES,) if any(eve(day) for day, _ in skipped) and self.profile == WITH_EVES else ()
        self.note(name, due, ("skipped", skipped), sources=acts + eves)


def _skipped(start: date, end: date, profile: str) -> Skipped:
    """The non-working days from `start` to before `end`, each with its reason."""
    days = (start + timedelta(days=n) for n in range((end - start).days))
    return tuple((day, reason) for day in days if (reason := non_working(day, profile)))
