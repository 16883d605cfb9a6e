"""What happens because time passes: one reminder to whoever never proved who they are, and the no-action notice.

The law wants an answer by the due date even where nobody proved who asks (GDPR Art. 12(4), 11(2)): what was not done
and why, and how to go on. That notice is the one thing the machine closes by itself (docs/law.md 2). Every time here
counts from the safe date, so nothing rests on a suspension.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta

from cases.holidays_fi import non_working
from cases.model import (
    Asking,
    Attempt,
    Case,
    Channel,
    Conversation,
    Decision,
    Entry,
    Event,
    Flag,
    Kind,
    Reading,
    Request,
    Shop,
    Status,
)  # fmt: skip
from cases.proving import send_code
from cases.work import HELSINKI, MACHINE, Known, Work, summaries

#: The reminder leaves this long before the safe date: time enough to look for the code, and to ask for another.
REMIND_BEFORE = timedelta(days=14)
#: … but never sooner than this after the arrival: whoever has just written needs none.
REMIND_AFTER_ARRIVAL = timedelta(days=1)
#: The notice leaves this long before the safe date, or on the working day before: a mail that comes back, or a
#: service that was down, still leaves staff a day to do it by hand.
NOTICE_BEFORE = timedelta(days=2)
#: At this time of day in Finland, when people read their mail.
AT = time(9, 0)

#: Never proved, and nobody but the person is waited for.
WAITING_FOR_PROOF = frozenset({Status.RECEIVED, Status.VERIFYING})
#: Staff must see these before they are due; the machine sends nothing.
FOR_STAFF = frozenset({Status.HELD})


@dataclass(frozen=True, slots=True)
class Passing:
    """One request, and what is known of it when its time has come."""

    request: Request
    cases: tuple[Case, ...]
    conversation: Conversation
    attempts: tuple[Attempt, ...] = field(default=(), repr=False)
    #: Per case: the journal entries that say whether it was reminded of, and when it is due.
    noted: Mapping[str, tuple[Entry, ...]] = field(default_factory=dict)


def reminder_at(case: Case) -> datetime:
    """When the one reminder is due. Aware, Finnish time."""
    planned = datetime.combine(case.safe_due - REMIND_BEFORE, AT, HELSINKI)
    return max(planned, (case.received_at + REMIND_AFTER_ARRIVAL).astimezone(HELSINKI))


def notice_at(case: Case, holiday_profile: str) -> datetime:
    """When the no-action notice is due: a working day, two days or a little more before the safe date."""
    day: date = case.safe_due - NOTICE_BEFORE
    while non_working(day, holiday_profile):
        day -= timedelta(days=1)
    return datetime.combine(day, AT, HELSINKI)


def on_time(shop: Shop, passing: Passing, now: datetime, code_key: bytes) -> Decision:
    """Whatever is due of one request by now; an empty decision where nothing is."""
    request = passing.request
    known = Known(
        shop, now, code_key, passing.conversation, Reading(lang=request.lang_seen), own=(request,),
        cases=passing.cases, dated=passing.noted, attempts=passing.attempts,
    )  # fmt: skip
    work = Work(known, cause=f"passing:{request.id}:{now.astimezone(HELSINKI).date()}", actor=MACHINE)
    mine = [case for case in work.cases_of(request) if case.verified_by is None]
    noticed = [c for c in mine if _wants_notice(c) and now >= notice_at(c, shop.holiday_profile)]
    late = {case.id for case in noticed}
    fresh = [c for c in mine if c.id not in late and not _was_reminded(passing, c) and now >= reminder_at(c)]
    reminded = [case for case in fresh if _wants_notice(case)]
    if reminded:
        _remind(work, request, reminded)
    if noticed:
        _give_notice(work, request, noticed)
    for case in fresh:
        if case not in reminded and _is_for_staff(case):
            work.note(case, Event.REMINDED)
            work.alert("case_held", case, reason=_reason(case))
    return work.decision()


def _wants_notice(case: Case) -> bool:
    """A ban on marketing is in force all the same, and goes to staff (docs/invariants.md 1.7)."""
    written = case.channel in (Channel.CHAT, Channel.EMAIL)
    return case.status in WAITING_FOR_PROOF and case.kind is not Kind.OPT_OUT and written


def _is_for_staff(case: Case) -> bool:
    """Held, or taken by phone or on paper: nobody but staff can go on, and the due date comes near."""
    by_hand = case.channel not in (Channel.CHAT, Channel.EMAIL)
    return case.status in FOR_STAFF or (by_hand and case.status in WAITING_FOR_PROOF)


def _reason(case: Case) -> str:
    """The flag that says why a case waits, if one does."""
    return min((str(flag) for flag in case.flags), default="")


def _was_reminded(passing: Passing, case: Case) -> bool:
    return any(entry.event is Event.REMINDED for entry in passing.noted.get(case.id, ()))


def _remind(work: Work, request: Request, cases: list[Case]) -> None:
    """By mail with a new code; in chat with the question which address is on record. Once."""
    for case in cases:
        work.note(case, Event.REMINDED)
    if request.channel is Channel.EMAIL:
        send_code(work, request, letter="remind_code")
        return
    work.tell(request, "remind_code", cases=summaries(cases))
    _lead_back(work, request)


def _give_notice(work: Work, request: Request, cases: list[Case]) -> None:
    """One notice for all that was asked in one message; the cases stay in the queue until staff have seen them."""
    closed = [work.flag(work.note(case, Event.NO_ACTION), Flag.NO_ACTION_SENT) for case in cases]
    work.tell(request, "no_action", cases=summaries(closed))
    for case in closed:
        work.alert("no_action_sent", case)
    if request.channel is Channel.CHAT:
        _lead_back(work, request)


def _lead_back(work: Work, request: Request) -> None:
    """The next thing written in this chat may be the address: the dialogue waits for it, if it waits for nothing."""
    talk = work.conversation
    if talk.request_id in ("", request.id) and talk.asking in (None, Asking.ADDRESS, Asking.CODE):
        work.conversation = replace(talk, request_id=request.id, asking=Asking.ADDRESS)
