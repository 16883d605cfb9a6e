"""What happens because time passes: one reminder to whoever never proved who they are, and the no-action notice.

The law wants an answer by the due date even where nobody proved who asks (GDPR Art. 12(4), 11(2)): what was not done
and why, and how to go on. That notice is the one thing the machine closes by itself (docs/law.md 2). Every time here
counts from the safe date, so nothing rests on a suspension. What was reminded of or given notice of stands in the
journal and is never done again, even where staff opened the case anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta

from cases.holidays_fi import non_working
from cases.model import (
    Asking,
    Attempt,
    Case,
    Channel,
    Claim,
    Conversation,
    Customer,
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
from cases.proving import send_code, take_claim
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

DAY = timedelta(days=1)

#: Never proved, and nobody but the person is waited for.
WAITING_FOR_PROOF = frozenset({Status.RECEIVED, Status.VERIFYING})
#: Staff must see these before they are due; the machine sends nothing.
FOR_STAFF = frozenset({Status.HELD})
#: Ways a request came by which the machine can answer.
WRITTEN = frozenset({Channel.CHAT, Channel.EMAIL})

#: After one of these nobody is reminded: the person was, staff were, or notice was given.
REMINDED = frozenset({Event.REMINDED, Event.DUE_SOON, Event.NO_ACTION})
#: After this there is no notice any more.
NOTICED = frozenset({Event.NO_ACTION})


@dataclass(frozen=True, slots=True)
class Passing:
    """One request, and what is known of it when its time has come."""

    request: Request
    cases: tuple[Case, ...]
    conversation: Conversation
    attempts: tuple[Attempt, ...] = field(default=(), repr=False)
    #: Per case: the journal entries that say whether it was reminded of, and when it is due.
    noted: Mapping[str, tuple[Entry, ...]] = field(default_factory=dict)
    #: By mail, where nobody has said who they are: the records of the sender's own address.
    match: tuple[Customer, ...] = ()


# -- when -----------------------------------------------------------------------------------------------------


def reminder_at(case: Case) -> datetime:
    """When the one reminder is due. Aware, Finnish time."""
    planned = datetime.combine(case.safe_due - REMIND_BEFORE, AT, HELSINKI)
    return max(planned, (case.received_at + REMIND_AFTER_ARRIVAL).astimezone(HELSINKI))


def notice_at(case: Case, holiday_profile: str) -> datetime:
    """When the no-action notice is due: a working day, two days or a little more before the safe date."""
    return _notice_morning(case.safe_due, holiday_profile)


def last_reminded(now: datetime) -> date:
    """The latest safe date of which a reminder is due by now, where a day has passed since the arrival."""
    local = now.astimezone(HELSINKI)
    return local.date() + REMIND_BEFORE - (DAY if local.time() < AT else timedelta())


def last_noticed(now: datetime, holiday_profile: str) -> date:
    """The latest safe date of which the notice is due by now."""
    # Up to this one it is for certain: its morning was yesterday's or before.
    day = now.astimezone(HELSINKI).date() + NOTICE_BEFORE - DAY
    while _notice_morning(day + DAY, holiday_profile) <= now:
        day += DAY
    return day


def _notice_morning(safe_due: date, holiday_profile: str) -> datetime:
    day = safe_due - NOTICE_BEFORE
    while non_working(day, holiday_profile):
        day -= DAY
    return datetime.combine(day, AT, HELSINKI)


# -- what -----------------------------------------------------------------------------------------------------


def on_time(shop: Shop, passing: Passing, now: datetime, code_key: bytes) -> Decision:
    """Whatever is due of one request by now; an empty decision where nothing is."""
    request = passing.request
    mine = sorted((c for c in passing.cases if c.request_id == request.id), key=lambda case: case.id)
    late = [
        case
        for case in mine
        if _waits_for_the_person(case)
        and now >= notice_at(case, shop.holiday_profile)
        and not _has(passing, case, NOTICED)
    ]
    near = [
        case
        for case in mine
        if case not in late and now >= reminder_at(case) and not _has(passing, case, REMINDED)
    ]
    # Each of these happens once in a case's life, so a letter of the same cases is the same letter.
    cause = f"passing:{'+'.join(case.id for case in (*late, *near))}"
    known = Known(
        shop, now, code_key, passing.conversation, Reading(lang=request.lang_seen), own=(request,),
        cases=passing.cases, dated=passing.noted, match=passing.match, attempts=passing.attempts,
    )  # fmt: skip
    work = Work(known, cause=cause, actor=MACHINE)
    _give_notice(work, request, [case for case in late if not _is_ban(case)])
    _hold(work, [case for case in late if _is_ban(case)])
    _remind(work, request, [case for case in near if _waits_for_the_person(case) and not _is_ban(case)])
    _remind_staff(work, [case for case in near if _waits_for_staff(case)])
    return work.decision()


def _waits_for_the_person(case: Case) -> bool:
    return case.status in WAITING_FOR_PROOF and case.channel in WRITTEN


def _waits_for_staff(case: Case) -> bool:
    """Held, or taken by phone or on paper: nobody but staff can go on, and the due date comes near."""
    return case.status in FOR_STAFF or (case.status in WAITING_FOR_PROOF and case.channel not in WRITTEN)


def _is_ban(case: Case) -> bool:
    """A ban on marketing is in force as far as it can be, and is never closed unproved (docs/invariants.md 1.7)."""
    return case.kind is Kind.OPT_OUT


def _has(passing: Passing, case: Case, events: Iterable[Event]) -> bool:
    return any(entry.event in events for entry in passing.noted.get(case.id, ()))


def _remind(work: Work, request: Request, cases: list[Case]) -> None:
    """By mail with a new code; in chat with the question which address is on record."""
    if not cases:
        return
    for case in cases:
        # Put as well: whoever looked at the same moment decides again, and finds it done.
        work.put(work.note(case, Event.REMINDED))
    if request.channel is Channel.EMAIL:
        if not request.claim:
            # Taken in without an answer, since the sender had had too many: they were never sent a code.
            request = take_claim(work, request, Claim(email=request.peer), work.known.match)
        send_code(work, request, letter="remind_code")
        return
    # The same for every claim, on record or not (docs/invariants.md 1.2): only whether one was made counts.
    if request.claim:
        work.tell(request, "remind_code", cases=summaries(cases))
    else:
        work.tell(request, "remind_address", cases=summaries(cases))
    _lead_back(work, request)


def _give_notice(work: Work, request: Request, cases: list[Case]) -> None:
    """One notice for all that is due of a request; the cases stay in the queue until staff have seen them."""
    if not cases:
        return
    closed = [work.flag(work.note(case, Event.NO_ACTION), Flag.NO_ACTION_SENT) for case in cases]
    work.tell(request, "no_action", cases=summaries(closed))
    for case in closed:
        work.alert("no_action_sent", case)
    if request.channel is Channel.CHAT:
        _lead_back(work, request)


def _hold(work: Work, cases: list[Case]) -> None:
    """A ban nobody proved, and perhaps one that says no address: staff see what can be done."""
    for case in cases:
        case = work.note(work.flag(case, Flag.CODE_LAPSED), Event.DUE_SOON)
        case = work.note(case, Event.HELD, reason=str(Flag.CODE_LAPSED))
        work.alert("case_held", case, reason=str(Flag.CODE_LAPSED))


def _remind_staff(work: Work, cases: list[Case]) -> None:
    if not cases:
        return
    for case in cases:
        work.put(work.note(case, Event.DUE_SOON))
    work.alert("reminder", None, rows=summaries(cases))


def _lead_back(work: Work, request: Request) -> None:
    """The next thing written in this chat may be the address or the code: the dialogue waits for it, if for nothing."""
    talk = work.conversation
    if talk.request_id in ("", request.id) and talk.asking in (None, Asking.ADDRESS, Asking.CODE):
        asking = Asking.CODE if request.claim else Asking.ADDRESS
        work.conversation = replace(talk, request_id=request.id, asking=asking)
