"""Whether the privacy mailbox still works, judged by what came through it; who is told, and when.

A mailbox that has died is as silent as one nobody writes to. So a canary is sent through it now and then: a mail of
our own that must come back in time. What is wrong is told once, and once more when it is well again, however often
the service is started in between.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from cases.model import Letter, Route, Shop


class Alarm(StrEnum):
    """What can be wrong with a mailbox as a whole."""

    #: Nothing could be fetched for too long.
    MAILBOX_SILENT = "mailbox_silent"
    #: Mail can be fetched, but the canary did not come.
    CANARY_LOST = "canary_lost"
    #: So many answers went out that it looks like a loop, or staff said stop: nothing leaves by mail.
    MAIL_STOPPED = "mail_stopped"
    #: No alarm, but the end of one: staff let mail go again, and answers are counted anew from then.
    MAIL_RELEASED = "mail_released"


#: What staff alone begin or end: no look at the mailbox ends it.
STAFF_S_OWN = frozenset({Alarm.MAIL_STOPPED, Alarm.MAIL_RELEASED})
#: Answers are counted over this time.
ANSWERS_WITHIN = timedelta(hours=1)


#: What staff are told when it is over.
OVER = {Alarm.MAILBOX_SILENT: "mailbox_back", Alarm.CANARY_LOST: "canary_back"}


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a shop waits."""

    #: Nothing fetched for so long is an alarm.
    silence: timedelta
    #: How often a canary flies, and how soon it must be back. None: none flies.
    every: timedelta | None = None
    within: timedelta = timedelta(minutes=10)
    #: More letters by mail within `ANSWERS_WITHIN` stop the mail. None: never.
    answers: int | None = None


@dataclass(frozen=True, slots=True)
class Canary:
    """One test mail through the mailbox: the evidence that it worked, or did not."""

    #: Part of its Message-ID; not to be guessed.
    token: str
    #: Over which way out it went: "own", or "second".
    way: str
    sent_at: datetime
    seen_at: datetime | None = None

    @property
    def took(self) -> timedelta | None:
        """How long it was under way."""
        return self.seen_at - self.sent_at if self.seen_at else None


@dataclass(frozen=True, slots=True)
class Flown:
    """How a shop's canaries fare."""

    #: None of them counts as lost now.
    ok: bool
    #: The last that came back.
    last: Canary | None


@dataclass(frozen=True, slots=True)
class Line:
    """What is known of a shop's mailbox."""

    #: How long ago mail could last be fetched, or since when we have tried; not touched by clocks being set.
    silent_for: timedelta
    #: The newest canary of each way that is configured; None where none has flown.
    canaries: dict[str, Canary | None]
    #: What staff have been told and is not over.
    told: frozenset[Alarm]
    #: Letters by mail within `ANSWERS_WITHIN`, or since staff let mail go again.
    answers: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What follows from it."""

    raised: tuple[Alarm, ...] = ()
    cleared: tuple[Alarm, ...] = ()
    #: Ways over which a canary must fly now.
    send: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.raised or self.cleared or self.send)


def judge(line: Line, limits: Limits, now: datetime) -> Verdict:
    """What is wrong now, what is over, and which canaries must fly."""
    wrong = frozenset(_wrong(line, limits, now))
    unknown = frozenset(_not_known(line, limits, now))
    return Verdict(
        raised=tuple(alarm for alarm in Alarm if alarm in wrong - line.told),
        cleared=tuple(alarm for alarm in Alarm if alarm in line.told - wrong - unknown),
        send=tuple(way for way, canary in line.canaries.items() if _must_fly(canary, line, limits, now)),
    )


def letters_of(verdict: Verdict, shop: Shop, limits: Limits, now: datetime) -> tuple[Letter, ...]:
    """What staff are told of it."""
    if shop.staff_chat is None:
        return ()
    facts = {
        Alarm.MAILBOX_SILENT: {"minutes": _minutes(limits.silence)},
        Alarm.CANARY_LOST: {"minutes": _minutes(limits.within)},
        Alarm.MAIL_STOPPED: {"count": limits.answers or 0},
    }
    told: list[tuple[str, dict[str, int]]] = [(str(alarm), facts[alarm]) for alarm in verdict.raised]
    told += [(OVER[alarm], {}) for alarm in verdict.cleared]
    return tuple(
        Letter(
            key=f"watch:{shop.profile}:{name}:{now.isoformat()}",
            name=name,
            route=Route.STAFF,
            shop=shop.profile,
            to=str(shop.staff_chat),
            language=shop.languages[0],
            context=context,
        )
        for name, context in told
    )


def _wrong(line: Line, limits: Limits, now: datetime) -> Iterable[Alarm]:
    if line.silent_for >= limits.silence:
        yield Alarm.MAILBOX_SILENT
    elif any(_is_lost(canary, line, limits, now) for canary in line.canaries.values()):
        yield Alarm.CANARY_LOST
    if limits.answers is not None and line.answers > limits.answers:
        yield Alarm.MAIL_STOPPED


def _not_known(line: Line, limits: Limits, now: datetime) -> Iterable[Alarm]:
    """A canary that is still under way, or cannot be looked for, says nothing of those before it."""
    flying = any(canary is not None and canary.seen_at is None for canary in line.canaries.values())
    if flying or line.silent_for >= limits.silence:
        yield Alarm.CANARY_LOST
    yield from STAFF_S_OWN


def _is_lost(canary: Canary | None, line: Line, limits: Limits, now: datetime) -> bool:
    """Its time is up, and mail has been fetched since: without that, it may lie there unseen."""
    if canary is None or canary.seen_at is not None or limits.every is None:
        return False
    return now - canary.sent_at >= limits.within and now - line.silent_for >= canary.sent_at + limits.within


def _must_fly(canary: Canary | None, line: Line, limits: Limits, now: datetime) -> bool:
    """The first at once, the next in its time; after a loss staff know of, soon, so that recovery is seen.

    One that is overdue and not yet judged keeps its place: a new one would make it be forgotten.
    """
    if limits.every is None:
        return False
    if canary is None:
        return True
    if canary.seen_at is not None:
        return now - canary.sent_at >= limits.every
    return Alarm.CANARY_LOST in line.told and now - canary.sent_at >= limits.within


def _minutes(span: timedelta) -> int:
    return max(1, round(span.total_seconds() / 60))
