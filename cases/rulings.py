"""What a staff verb leads to: the journal, the status, the letters. Pure, like every decision.

A ruling is shown before it is carried out; both times it is the same function with the same arguments.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from cases.addresses import normalise_email
from cases.deadlines import DeadlineEvent, extension_refusal
from cases.faults import TheirFault
from cases.model import (
    CLOSED,
    Case,
    Channel,
    Claim,
    Customer,
    Decision,
    Event,
    Flag,
    Ground,
    Kind,
    Language,
    Reading,
    Request,
    Status,
    VerifiedBy,
)  # fmt: skip
from cases.opening import details_of, open_case, request_id_for, suppress
from cases.proving import names_differ, verify
from cases.staff import VERBS, Order
from cases.transitions import EXTENDABLE, NotAllowedNow
from cases.work import DEADLINE_EVENTS, HELSINKI, MACHINE, Known, Work, summaries

#: Uses of data that are direct marketing (Art. 21(2)).
MARKETING = frozenset({"direct_marketing", "distance_selling", "profiling"})
#: The day the GDPR began to apply (Art. 99(2)): nothing was asked under it before.
FIRST_DAY = datetime(2018, 5, 25, tzinfo=HELSINKI)


@dataclass(frozen=True, slots=True)
class Desk:
    """What a ruling is made on. `known` has the request as `own`, its cases and those of the same record."""

    known: Known
    order: Order
    #: "staff:4242" or "terminal:name".
    actor: str
    #: Unique for this act.
    cause: str
    case: Case | None = None
    request: Request | None = None


def rule(desk: Desk) -> Decision:
    """The decision of one verb. Raises TheirFault when it cannot be done now."""
    work = Work(desk.known, cause=desk.cause, actor=desk.actor)
    work.outcome = desk.order.verb
    if desk.case is None or desk.request is None:
        raise TheirFault("no_such_case", id=desk.order.case_id)
    try:
        RULINGS[desk.order.verb](work, desk.order, desk.case, desk.request)
    except NotAllowedNow as refused:
        unproved = refused.event is Event.ANSWERED and desk.case.verified_by is None
        why = {"reason": "identity_not_proved"} if unproved and desk.case.status not in CLOSED else {}
        raise TheirFault("not_now", id=desk.case.id, **why) from None
    return work.decision()


def answer_address(request: Request) -> str:
    """Where the answer goes: the proven address (docs/law.md 7), or the mail it came from; empty: nowhere by mail."""
    if request.verified_by is not None and request.proof.address:
        return request.proof.address
    return request.peer if request.channel is Channel.EMAIL else ""


def _take(work: Work, order: Order, case: Case, request: Request) -> None:
    work.note(work.put(replace(case, assignee=work.actor)), Event.TAKEN)


def _note(work: Work, order: Order, case: Case, request: Request) -> None:
    work.note(work.unflag(case, Flag.NEW_MESSAGE), Event.NOTED, order.text)
    # A note changes nothing else, but two people must not write over each other unseen.
    work.put(work.case(case.id) or case)


def _verify(work: Work, order: Order, case: Case, request: Request) -> None:
    settled = case.verified_by is not None and case.status is not Status.HELD
    if settled or case.status in CLOSED:
        raise NotAllowedNow(Event.IDENTITY_VERIFIED, case.status)
    request = verify(work, request, VerifiedBy.STAFF, how=order.get("how"), actor=work.actor)
    cases = [c for c in work.cases_of(request) if c.status not in CLOSED]
    work.tell(request, "verified", cases=summaries(cases))


def _reject_identity(work: Work, order: Order, case: Case, request: Request) -> None:
    """Whole request: not proved, with the contents of Art. 12(4). A doubt on record suspends (docs/law.md 2)."""
    reason = order.get("reason")
    rejected = []
    for sibling in work.cases_of(request):
        if sibling.status in (*CLOSED, Status.UNVERIFIED) or sibling.verified_by is not None:
            continue
        sibling = work.note(sibling, Event.IDENTITY_REJECTED, reason)
        rejected.append(work.note(sibling, Event.IDENTITY_INFO_REQUESTED))
    if not rejected:
        raise NotAllowedNow(Event.IDENTITY_REJECTED, case.status)
    work.keep(replace(request, proof=replace(request.proof, state="expired", expires_at=work.now)))
    context: dict[str, Any] = {"cases": summaries(rejected), "reason": reason}
    work.tell(request, "identity_rejected", **context)


def _extend(work: Work, order: Order, case: Case, request: Request) -> None:
    months, old_due = int(order.get("months")), case.due
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
    to = _reach(case, request)
    case = work.note(case, Event.EXTENDED, order.get("reason"), months=months)
    case = work.put(replace(work.case(case.id) or case, extended=True))
    context: dict[str, Any] = {
        "months": months,
        "reason": order.get("reason"),
        "old_due": old_due.isoformat(),
        "new_due": case.due.isoformat(),
    }
    if to:
        work.mail(request, to, "extension", case=case, **context)
        _say_in_chat(work, request, "case_extended", case)


def _complete(work: Work, order: Order, case: Case, request: Request) -> None:
    case = work.note(case, Event.ANSWERED, order.get("note"))
    to = answer_address(request)
    if to:
        work.mail(request, to, "answer_complete", case=case, note=order.get("note"))
        _say_in_chat(work, request, "case_answered", case)


def _refuse(work: Work, order: Order, case: Case, request: Request) -> None:
    ground = Ground(order.get("ground"))
    if is_absolute(case) and not (ground is Ground.NOT_IDENTIFIED and case.verified_by is None):
        raise TheirFault("not_now", id=case.id, reason="opt_out_cannot_be_refused")
    if ground is Ground.NOT_IDENTIFIED and case.verified_by is not None:
        raise TheirFault("not_now", id=case.id, reason="identity_is_proved")
    to = _reach(case, request)
    case = work.note(case, Event.REFUSED, order.get("reason"), ground=str(ground))
    if to:
        context: dict[str, Any] = {"ground": str(ground), "reason": order.get("reason")}
        work.mail(request, to, "answer_refused", case=case, **context)
        _say_in_chat(work, request, "case_answered", case)


def is_absolute(case: Case) -> bool:
    """A ban on direct marketing, which nobody may refuse (Art. 21(3)); without named purposes it is all of it."""
    purposes = {str(purpose) for purpose in case.details.get("purposes", ())}
    if case.kind is Kind.OPT_OUT:
        return not purposes or bool(purposes & MARKETING)
    # Profiling for other ends than marketing can be weighed (Art. 21(1)).
    return case.kind is Kind.OBJECTION and bool(purposes & (MARKETING - {"profiling"}))


def _reach(case: Case, request: Request) -> str:
    """Where a notice with reasons goes; empty: staff must post it.

    To somebody unproved in chat there is nowhere: what may be said there is `reject-identity`'s letter.
    """
    to = answer_address(request)
    if not to and request.channel is Channel.CHAT and case.verified_by is None:
        raise TheirFault("not_now", id=case.id, reason="no_address")
    return to


def _say_in_chat(work: Work, request: Request, name: str, case: Case) -> None:
    """That there is mail, to whoever asked in chat; the mail's content never goes there (docs/invariants.md 3)."""
    if request.channel is Channel.CHAT:
        work.tell(request, name, case=case)


def _withdraw(work: Work, order: Order, case: Case, request: Request) -> None:
    case = work.note(work.unflag(case, Flag.WITHDRAWAL_ASKED), Event.WITHDRAWN)
    work.tell(request, "withdrawn", case=case, cases=summaries([case]))


def _reopen(work: Work, order: Order, case: Case, request: Request) -> None:
    work.note(case, Event.REOPENED if case.verified_by is not None else Event.REOPENED_UNVERIFIED)


RULINGS: dict[str, Callable[[Work, Order, Case, Request], None]] = {
    "take": _take,
    "note": _note,
    "verify": _verify,
    "reject-identity": _reject_identity,
    "extend": _extend,
    "complete": _complete,
    "refuse": _refuse,
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
    details = details_of(reading, entered.kind)
    case = open_case(work, request, entered.kind, received_at=entered.received_at, details=details)
    case = work.note(case, Event.ENTERED, entered.text, channel=str(entered.channel))
    if customer is None and entered.claim:
        case = work.flag(case, Flag.NO_RECORD)
    if names_differ(entered.match):
        records = "; ".join(f"{c.customer_id} {c.name}" for c in entered.match)
        case = work.flag(case, Flag.NAMES_DIFFER)
        work.note(case, Event.HELD, records, actor=MACHINE, reason=str(Flag.NAMES_DIFFER))
    suppress(work, request, request.proof.address or request.claim.email, final=False)
    return work.decision()


def _language_of(customer: Customer | None, work: Work) -> Language:
    spoken = (customer.language if customer else "")[:2].lower()
    return Language(spoken) if spoken in set(Language) else work.shop.languages[0]
