"""When a reply is due at the latest, and every step that leads there.

Both questions asked from outside are answered here; `deadline_tally` counts, `deadline_steps` has the words.
Nothing here reads a clock, warns anyone or decides that a period should be extended. A naive time is taken as
Europe/Helsinki, and all dates are days there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from cases.deadline_steps import Step
from cases.deadline_tally import (
    CONVENTIONS,
    EXTENSION_MONTHS,
    HELSINKI,
    NO_SUSPENSION,
    STOP_CLOCK,
    ExtensionRefusal,
    Moment,
    Tally,
    add_months,
    in_helsinki,
    local_day,
)
from cases.holidays_fi import HOLIDAY_PROFILES, STATUTORY, WITH_EVES, next_working_day
from cases.model import Event

__all__ = [
    "CONVENTIONS",
    "EXTENSION_MONTHS",
    "HELSINKI",
    "HOLIDAY_PROFILES",
    "NO_SUSPENSION",
    "STATUTORY",
    "STOP_CLOCK",
    "WITH_EVES",
    "Deadline",
    "DeadlineEvent",
    "ExtensionRefusal",
    "Step",
    "add_months",
    "derive",
    "extension_refusal",
    "local_day",
    "next_working_day",
]

#: The kinds of event that move a due date. Those of one instant are taken in this order.
_ORDER = {Event.IDENTITY_INFO_REQUESTED: 0, Event.IDENTITY_VERIFIED: 1, Event.EXTENDED: 2}


@dataclass(frozen=True, slots=True)
class DeadlineEvent:
    """A fact that may move a due date; all but three kinds are ignored.

    They are `identity_info_requested` (staff recorded a doubt and asked), `identity_verified`, `extended`.
    """

    kind: str
    #: When it happened; naive means Europe/Helsinki.
    at: datetime
    #: For `extended`: by how many months, 1 or 2.
    months: int | None = None


@dataclass(frozen=True, slots=True)
class Deadline:
    """The last day to reply, the day to aim for, and how both came about."""

    #: The last day; it runs to its end in Helsinki time.
    due: date
    #: The last day had nothing been suspended; never after `due`.
    safe_due: date
    steps: tuple[Step, ...]
    #: The local day of receipt, from which months are counted.
    received_on: date
    #: The last day had nothing been extended; an extension after its end would be too late.
    first_due: date
    #: Length of the period: 1, or 2 or 3 when extended.
    months: int
    #: Calendar days added for identity checks.
    suspended_days: int

    @property
    def extended(self) -> bool:
        """Whether an extension took effect."""
        return self.months > 1

    @property
    def ends_at(self) -> datetime:
        """The first instant after the period: midnight after `due` in Europe/Helsinki."""
        return datetime.combine(self.due + timedelta(days=1), datetime.min.time(), HELSINKI)


def derive(
    received: datetime,
    events: Iterable[DeadlineEvent] = (),
    convention: str = STOP_CLOCK,
    holiday_profile: str = STATUTORY,
) -> Deadline:
    """The due date: roll(clamp(receipt + n months) + suspended days), rolled once, at the end.

    Events may come in any order; repeats are harmless. Raises ValueError for an unknown convention or
    profile, and for a time whose year is not counted (`local_day`).
    GDPR Art. 12(3); Reg. 1182/71 art. 3; EDPB Guidelines 01/2022 paras 157-164.
    """
    day = local_day(received)
    tally = Tally(day, convention, holiday_profile)
    tally.note("received", day, ("given", received.isoformat()), ("at", in_helsinki(received)))
    tally.note_months(1)
    tally.take_all(_timeline(events))
    due, safe_due = tally.close()
    return Deadline(
        due=due,
        safe_due=safe_due,
        steps=tuple(tally.steps),
        received_on=day,
        first_due=tally.first_due(),
        months=tally.months,
        suspended_days=tally.suspended,
    )


def extension_refusal(
    received: datetime,
    events: Iterable[DeadlineEvent],
    at: datetime,
    months: int,
    convention: str = STOP_CLOCK,
    holiday_profile: str = STATUTORY,
) -> ExtensionRefusal | None:
    """Why an extension made at `at` would have no effect, or None when it would count.

    Only what has happened by `at` is known. Raises ValueError like `derive`. GDPR Art. 12(3), second and
    third sentence; EDPB Guidelines 01/2022 paras 162-164.
    """
    tally = Tally(local_day(received), convention, holiday_profile)
    wanted = _moment(DeadlineEvent(Event.EXTENDED, at, months))
    tally.take_all(known for known in _timeline(events) if known.instant <= wanted.instant)
    return tally.refusal(wanted)


def _timeline(events: Iterable[DeadlineEvent]) -> Sequence[Moment]:
    """The events that move a due date, oldest first, repeats dropped."""
    return sorted({_moment(event) for event in events if event.kind in _ORDER})


def _moment(event: DeadlineEvent) -> Moment:
    day, kind = local_day(event.at), Event(event.kind)
    instant = (event.at if event.at.tzinfo else in_helsinki(event.at)).astimezone(UTC)
    return Moment(instant, _ORDER[kind], event.months or 0, kind, day)
