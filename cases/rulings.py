"""What a staff verb leads to: the journal, the status, the letters. Pure, like every decision.

A ruling is shown before it is carried out; both times it is the same function with the same arguments.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from cases.addresses import normalise_email
from cases.answering import answer_address, complete, post_address, reach, refuse, say_in_chat
from cases.deadlines import DeadlineEvent, extension_refusal
from cases.desk import Desk
from cases.faults import TheirFault
from cases.model import (
    CLOSED,
    UNSEEN,
    Asking,
    Case,
    Channel,
    Claim,
    Customer,
    Decision,
    Event,
    Flag,
    Kind,
    Language,
    Reading,
    Request,
    Status,
    VerifiedBy,
)  # fmt: skip
from cases.opening import (
    FLAGS_FOR_OTHERS,
    banned_address,
    bans,
    details_of,
    lift_ban,
    open_case,
    request_id_for,
    suppress,
    take_back,
)  # fmt: skip
from cases.printing import print_letter
from cases.proving import names_differ, verify
from cases.staff import VERBS
from cases.tasks import settle
from cases.transitions import EXTENDABLE, NotAllowedNow
from cases.work import DEADLINE_EVENTS, HELSINKI, MACHINE, Known, Work, summaries

#: The day the GDPR began to apply (Art. 99(2)): nothing was asked under it before.
FIRST_DAY = datetime(2018, 5, 25, tzinfo=HELSINKI)


def rule(desk: Desk) -> Decision:
    """The decision of one verb. Raises TheirFault when it cannot be done now."""
    work = Work(desk.known, cause=desk.cause, actor=desk.actor)
    work.outcome = desk.order.verb
    if desk.case is None or desk.request is None:
        raise TheirFault("no_such_case", id=desk.order.case_id)
    try:
        RULINGS[desk.order.verb](work, desk, desk.case, desk.request)
    except NotAllowedNow as refused:
        unproved = refused.event is Event.ANSWERED and desk.case.verified_by is None
        why = {"reason": "identity_not_proved"} if unproved and desk.case.status not in CLOSED else {}
        raise TheirFault("not_now", id=desk.case.id, **why) from None
    return work.decision()


def _take(work: Work, desk: Desk, case: Case, request: Request) -> None:
    work.note(work.put(replace(case, assignee=work.actor)), Event.TAKEN)


def _note(work: Work, desk: Desk, case: Case, request: Request) -> None:
    work.note(work.unflag(case, Flag.NEW_MESSAGE), Event.NOTED, desk.order.text)
    # A note changes nothing else, but two people must not write over each other unseen.
    work.touch(case)


def _seen(work: Work, desk: Desk, case: Case, request: Request) -> None:
    """Nobody proved it; what has happened to it since, now somebody has looked at."""
    if case.status is not Status.UNVERIFIED or not case.flags & UNSEEN:
        raise NotAllowedNow(Event.SEEN, case.status)
    work.note(work.unflag(case, *UNSEEN), Event.SEEN)


def _verify(work: Work, desk: Desk, case: Case, request: Request) -> None:
    # A code may have proved an address where staff alone can say whose request it is.
    settled = case.verified_by is not None and case.status not in (Status.HELD, Status.UNVERIFIED)
    if settled or case.status in CLOSED:
        raise NotAllowedNow(Event.IDENTITY_VERIFIED, case.status)
    request = verify(work, request, VerifiedBy.STAFF, how=desk.order.get("how"), actor=work.actor)
    cases = [c for c in work.cases_of(request) if c.status not in CLOSED]
    # Who wrote for somebody else is not told that the request were their own.
    name = "verified_for" if case.flags & FLAGS_FOR_OTHERS else "verified"
    work.tell(request, name, cases=summaries(cases))


def _reject_identity(work: Work, desk: Desk, case: Case, request: Request) -> None:
    """Whole request: not proved, with the contents of Art. 12(4). A doubt on record suspends (docs/law.md 2)."""
    reason = desk.order.get("reason")
    rejected = []
    for sibling in work.cases_of(request):
        if sibling.status in (*CLOSED, Status.UNVERIFIED) or sibling.verified_by is not None:
            continue
        # Who rejects has seen what came before.
        sibling = work.note(work.unflag(sibling, *UNSEEN), Event.IDENTITY_REJECTED, reason)
        rejected.append(work.note(sibling, Event.IDENTITY_INFO_REQUESTED))
    if not rejected:
        raise NotAllowedNow(Event.IDENTITY_REJECTED, case.status)
    work.keep(replace(request, proof=replace(request.proof, state="expired", expires_at=work.now)))
    context: dict[str, Any] = {"cases": summaries(rejected), "reason": reason}
    work.tell(request, "identity_rejected", **context)


def _extend(work: Work, desk: Desk, case: Case, request: Request) -> None:
    reason, months, old_due = desk.order.get("reason"), int(desk.order.get("months")), case.due
    if case.status not in EXTENDABLE:
        raise NotAllowedNow(Event.EXTENDED, case.status)
    events = [
        DeadlineEvent(str(e.event), e.at, e.data.get("months"))
        for e in work.known.dated.get(case.id, ())
        if e.event in DEADLINE_EVENTS
    ]
    refusal = extension_refusal(
        case.received_at, events, work.now, months,
        convention=work.shop.convention, holiday_profile=work.shop.holiday_profile,
    )  # fmt: skip
    if refusal is not None:
        raise TheirFault("not_now", id=case.id, reason=refusal)
    to = reach(case, request)
    case = work.note(case, Event.EXTENDED, reason, months=months)
    case = work.put(replace(work.case(case.id) or case, extended=True))
    context: dict[str, Any] = {
        "months": months,
        "reason": reason,
        "old_due": old_due.isoformat(),
        "new_due": case.due.isoformat(),
    }
    if to:
        work.mail(request, to, "extension", case=case, **context)
        say_in_chat(work, request, "case_extended", case)
    else:
        work.post(request, post_address(desk.customer), "extension", case=case, **context)


def _ask(work: Work, desk: Desk, case: Case, request: Request) -> None:
    """A question. Before identity is settled it is a doubt on record, which may suspend (docs/law.md 2)."""
    question = desk.order.text
    if case.status in CLOSED:
        raise NotAllowedNow(Event.ASKED, case.status)
    settled = case.status in (Status.OPEN, Status.WAITING)
    # Who asks has read what came before, so the answer is news.
    case = work.unflag(case, Flag.NEW_MESSAGE)
    case = work.note(case, Event.ASKED if settled else Event.IDENTITY_INFO_REQUESTED, question)
    to = answer_address(request)
    if to:
        work.mail(request, to, "ask", case=case, question=question)
        say_in_chat(work, request, "case_asked", case)
    elif request.channel is Channel.CHAT:
        work.tell(request, "ask", case=case, question=question)
    else:
        work.post(request, post_address(desk.customer), "ask", case=case, question=question)
    if request.channel is Channel.CHAT:
        # Whatever they write next may be the answer, and is kept with the case.
        work.conversation = replace(work.conversation, asking=Asking.DETAILS, about=(case.id,))


def _rekind(work: Work, desk: Desk, case: Case, request: Request) -> None:
    """Another right was meant. What was asked stays as it was, and so does the day it was asked on."""
    kind = Kind(desk.order.get("kind"))
    if kind is case.kind or case.status in CLOSED:
        raise NotAllowedNow(Event.REKINDED, case.status)
    twins = [c.id for c in work.cases_of(request) if c.kind is kind and c.status not in CLOSED]
    if twins:
        raise TheirFault("not_now", id=case.id, reason="kind_is_open")
    was, banned = case.kind, bans(case)
    case = work.note(case, Event.REKINDED, **{"from": str(was), "to": str(kind)})
    details = {k: v for k, v in case.details.items() if k not in ("purposes", "corrections")}
    if {was, kind} == {Kind.OPT_OUT, Kind.OBJECTION} and case.details.get("purposes"):
        # Both are about the same uses: what was forbidden by name stays forbidden.
        details["purposes"] = case.details["purposes"]
    anew = details_of(Reading(lang=request.lang_seen), kind, terms=work.shop.terms)
    case = work.put(replace(case, kind=kind, details={**anew, **details}))
    address = banned_address(request)
    if banned and not bans(case):
        lift_ban(work, request, case, address)
    suppress(work, request, address, final=request.verified_by is not None)


def _told(work: Work, desk: Desk, case: Case, request: Request) -> None:
    order = desk.order
    settle(work, case, order.number, why_not=order.get("impossible"), note=order.get("note"))


def _withdraw(work: Work, desk: Desk, case: Case, request: Request) -> None:
    case = take_back(work, work.unflag(case, Flag.WITHDRAWAL_ASKED))
    work.tell(request, "withdrawn", case=case, cases=summaries([case]))


def _reopen(work: Work, desk: Desk, case: Case, request: Request) -> None:
    case = work.unflag(case, Flag.NO_ACTION_SENT)
    work.note(case, Event.REOPENED if case.verified_by is not None else Event.REOPENED_UNVERIFIED)
    if bans(case):
        # It was let go when it was taken back, and now it is asked for again (docs/invariants.md 1.7).
        suppress(work, request, banned_address(request), final=request.verified_by is not None)


RULINGS: dict[str, Callable[[Work, Desk, Case, Request], None]] = {
    "take": _take,
    "note": _note,
    "seen": _seen,
    "verify": _verify,
    "reject-identity": _reject_identity,
    "extend": _extend,
    "ask": _ask,
    "rekind": _rekind,
    "told": _told,
    "letter": print_letter,
    "complete": complete,
    "refuse": refuse,
    "withdraw": _withdraw,
    "reopen": _reopen,
}


@dataclass(frozen=True, slots=True)
class Entered:
    """A request that came by phone or letter, as staff record it."""

    kind: Kind
    received_at: datetime
    channel: Channel
    claim: Claim = field(default_factory=Claim)
    text: str = field(default="", repr=False)
    match: tuple[Customer, ...] = field(default=(), repr=False)


def enter(known: Known, entered: Entered, *, cause: str, actor: str) -> Decision:
    """Open a case for a call or a letter; its clock starts when it reached the shop (docs/law.md 1)."""
    if not FIRST_DAY <= entered.received_at <= known.now:
        reason = "received_in_future" if entered.received_at > known.now else "received_too_early"
        raise TheirFault("usage", usage=VERBS["add"].usage, reason=reason)
    work = Work(known, cause=cause, actor=actor)
    work.outcome = "add"
    customer = entered.match[0] if entered.match else None
    request = Request(
        id=request_id_for(cause),
        shop=work.shop.profile,
        channel=entered.channel,
        peer=cause,
        received_at=entered.received_at,
        language=_language_of(customer, work),
        text=entered.text,
        claim=entered.claim,
        customer_id=customer.customer_id if customer else None,
        customer_name=customer.name if customer else "",
    )
    if customer is not None and customer.email:
        request = replace(request, proof=replace(request.proof, address=normalise_email(customer.email)))
    work.keep(request)
    reading = Reading(lang=str(request.language), kinds=(entered.kind,))
    details = details_of(reading, entered.kind, terms=work.shop.terms)
    case = open_case(work, request, entered.kind, received_at=entered.received_at, details=details)
    case = work.note(case, Event.ENTERED, entered.text, channel=str(entered.channel))
    if customer is None and entered.claim:
        case = work.flag(case, Flag.NO_RECORD)
    if names_differ(entered.match):
        records = "; ".join(f"{c.customer_id} {c.name}" for c in entered.match)
        case = work.flag(case, Flag.NAMES_DIFFER)
        work.note(case, Event.HELD, records, actor=MACHINE, reason=str(Flag.NAMES_DIFFER))
    suppress(work, request, banned_address(request), final=False)
    return work.decision()


def _language_of(customer: Customer | None, work: Work) -> Language:
    spoken = (customer.language if customer else "")[:2].lower()
    return Language(spoken) if spoken in set(Language) else work.shop.languages[0]
