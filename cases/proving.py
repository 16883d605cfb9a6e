"""Proving who asks: the claim is matched, the code goes to the recorded address, a typed code is judged.

Chat and mail share every step here. In chat each outcome has one letter for all claims, whether they match a
record, match none, are locked or have had too many code mails (docs/invariants.md 1.2): the words can tell nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from cases.addresses import normalise_email
from cases.denials import denies
from cases.model import (
    CLOSED,
    Asking,
    Case,
    Channel,
    Claim,
    Customer,
    Event,
    Flag,
    Inbound,
    Kind,
    Request,
    Status,
    VerifiedBy,
)  # fmt: skip
from cases.opening import (
    FLAGS_FOR_OTHERS,
    TEXT_KEPT,
    banned_address,
    is_correction_without_value,
    set_claim,
    suppress,
)  # fmt: skip
from cases.trust import trust_of
from cases.verification import (
    accepted,
    alarm_is_new,
    is_live,
    judge,
    lifetime,
    mails_lately,
    may_repeat,
    next_issue,
    one_time_code,
    spend_try,
    tries_left,
    withhold_mail,
)  # fmt: skip
from cases.work import MACHINE, Work, summaries

#: Cases in these have no proof yet.
UNPROVED = frozenset({Status.RECEIVED, Status.VERIFYING, Status.HELD, Status.UNVERIFIED})

#: What a proof puts right.
_SETTLED = (Flag.TRIES_SPENT, Flag.CODE_LAPSED, Flag.CODE_UNDELIVERED, Flag.NO_ACTION_SENT)


def names_differ(match: tuple[Customer, ...]) -> bool:
    """Several records answer to the claim and their names differ: staff must look."""
    return len({" ".join(customer.name.casefold().split()) for customer in match}) > 1


def take_claim(work: Work, request: Request, claim: Claim, match: tuple[Customer, ...]) -> Request:
    """Match a claim with the register and send the code where the record says. The reply is the caller's."""
    request = set_claim(work, request, claim)
    customer = match[0] if match else None
    own_mail = request.channel is Channel.EMAIL and claim.email == request.peer
    recorded = normalise_email(customer.email) if customer else ""
    address = recorded or (request.peer if own_mail else "")
    moved = address != request.proof.address or request.proof.issue == 0
    proof = (
        replace(request.proof, address=address, issue=request.proof.issue + 1, state="")
        if moved
        else request.proof
    )
    request = work.keep(
        replace(
            request,
            customer_id=customer.customer_id if customer else None,
            customer_name=customer.name if customer else "",
            proof=proof,
        )
    )
    changed = customer is not None and customer.customer_id in work.known.address_changed
    hints = trust_of(work.inbound, customer, changed=changed) if work.inbound is not None else []
    for case in work.cases_of(request):
        if case.status in CLOSED:
            continue
        case = work.unflag(case, Flag.NO_RECORD, Flag.NAMES_DIFFER)
        if hints or "trust" in case.details:
            case = work.add_details(case, trust=[str(hint) for hint in hints])
        if customer is None:
            work.flag(case, Flag.NO_RECORD)
        elif names_differ(match):
            case = work.flag(case, Flag.NAMES_DIFFER)
            records = "; ".join(f"{c.customer_id} {c.name}" for c in match)
            if case.status is not Status.HELD:
                work.note(case, Event.HELD, records, actor=MACHINE, reason=str(Flag.NAMES_DIFFER))
                work.alert("case_held", work.case(case.id), reason=str(Flag.NAMES_DIFFER))
    if moved:
        # A sender who is on no record is told the same, so the same is done for them (docs/invariants.md 1.2, 1.7).
        suppress(work, request, address, final=False)
    return request


def share_proof(work: Work, request: Request, fresh: list[Kind]) -> Request:
    """Rights asked for while the code is on its way: the claim made before stands for them as well."""
    cases = work.cases_of(request)
    told = {flag for case in cases for flag in case.flags} & {Flag.NO_RECORD, Flag.NAMES_DIFFER}
    out = request.proof.state in ("queued", "accepted") and bool(request.proof.address)
    for case in cases:
        if case.kind not in fresh or case.status in CLOSED:
            continue
        case = work.flag(case, *told)
        if Flag.NAMES_DIFFER in told:
            case = work.note(case, Event.HELD, actor=MACHINE, reason=str(Flag.NAMES_DIFFER))
            work.alert("case_held", case, reason=str(Flag.NAMES_DIFFER))
        if out:
            work.note(case, Event.CODE_ISSUED, actor=MACHINE, issue=request.proof.issue)
    if Kind.OPT_OUT in fresh:
        suppress(work, request, request.proof.address, final=False)
    return request if is_live(request.proof, work.now) else send_code(work, request)


def send_code(
    work: Work, request: Request, *, letter: str = "code", about: Iterable[Case] | None = None, **context: Any
) -> Request:
    """Mail the code to where the claim points, within the limits; the same code while it is valid.

    A claim that points nowhere goes the same way and is counted the same, and no mail leaves.
    """
    proof, target, requester = request.proof, target_of(request), request.peer
    if proof.state == "queued":
        # One is waiting to leave already.
        return work.keep(
            replace(request, proof=replace(proof, expires_at=work.now + lifetime(request.channel)))
        )
    reason = withhold_mail(work.attempts(), requester, target, work.now)
    if reason is not None:
        return _withhold(work, request, reason)
    work.count("mail", requester, target)
    repeat = may_repeat(proof, request.channel, work.now)
    proof = proof if repeat else next_issue(proof, request.channel, work.now)
    if not proof.address:
        # Kept in step with a real code, so that what is typed later gets the same words at the same time.
        request = work.keep(replace(request, proof=accepted(proof, request.channel, work.now)))
        _note_all(work, request, Event.CODE_WITHHELD, reason="no_recorded_address")
        return request
    request = work.keep(replace(request, proof=proof))
    life = lifetime(request.channel).total_seconds()
    work.mail(
        request,
        proof.address,
        letter,
        issue=proof.issue,
        cases=summaries(_unproved(work, request) if about is None else about),
        minutes=int(life // 60),
        hours=int(life // 3600),
        **context,
    )
    _note_all(work, request, Event.CODE_ISSUED, issue=proof.issue)
    return request


def _withhold(work: Work, request: Request, reason: str) -> Request:
    """No code mail now: the limits say so. The words and their times stay those of any other claim."""
    proof, target = request.proof, target_of(request)
    if reason == "address_limit" and alarm_is_new(work.attempts(), "flood_alarm", target, work.now):
        work.count("flood_alarm", request.peer, target)
        work.alert("code_flood", None, count=len(mails_lately(work.attempts(), target, work.now)))
    if not is_live(proof, work.now):
        proof = replace(proof, state="withheld", expires_at=work.now + lifetime(request.channel))
    request = work.keep(replace(request, proof=proof))
    _note_all(work, request, Event.CODE_WITHHELD, reason=reason)
    return request


def try_code(work: Work, inbound: Inbound, codes: tuple[str, ...]) -> None:
    """Judge a typed code against the one request it belongs to; where that is unclear, ask and use up no try."""
    waiting = candidates(work, inbound)
    if not waiting:
        work.outcome = "code_without_request"
        work.reply("nothing_waiting")
        return
    if denies(inbound.text):
        _on_denied(work, waiting, inbound)
        return
    if len(codes) > 1:
        work.outcome = "code_ambiguous"
        work.reply("code_ambiguous")
        return
    if len(waiting) > 1:
        work.outcome = "code_for_several"
        work.reply("ask_case_id")
        return
    request = waiting[0]
    own = request.proof.address == inbound.peer
    typed = re.sub(r"\D", "", codes[0]) if codes else ""
    code = one_time_code(work.known.code_key, request.id, request.proof.issue)
    event = judge(request.proof, typed, code, work.attempts(), inbound.peer, target_of(request), work.now)
    work.outcome = str(event)
    _AFTER[event](work, request, inbound, own)


def candidates(work: Work, inbound: Inbound) -> list[Request]:
    """The requests a typed code may belong to: by case id, by thread, or because this sender has one waiting."""
    for found in (work.known.named, work.known.threaded):
        waiting = [r for r in found if _is_waiting(work, r)]
        if waiting:
            return _distinct(work, waiting)
    waiting = [r for r in (*work.known.own, *work.known.addressed) if _is_waiting(work, r)]
    # One whose tries are spent takes no code any more, so it cannot be the one that is meant.
    open_to_codes = [r for r in waiting if tries_left(r.proof, own=r.proof.address == inbound.peer) > 0]
    return _distinct(work, open_to_codes or waiting)


def verify(work: Work, request: Request, by: VerifiedBy, *, how: str = "", actor: str = MACHINE) -> Request:
    """Identity is settled for the whole request: its cases open, linked with earlier ones of the same person."""
    request = work.keep(
        replace(
            request,
            verified_by=by,
            verified_at=work.now,
            proof=replace(request.proof, used=True),
        )
    )
    for case in work.cases_of(request):
        if case.status in CLOSED:
            continue
        case = work.put(replace(case, verified_by=by))
        if by is VerifiedBy.CODE:
            case = work.note(case, Event.CODE_ACCEPTED)
        if by is VerifiedBy.CODE and case.flags & (FLAGS_FOR_OTHERS | {Flag.NAMES_DIFFER}):
            # The code proves the address; which record is meant, or who may ask for it, staff must settle.
            if case.status is Status.UNVERIFIED:
                # They had done with it: it is theirs again.
                work.alert("new_message", work.flag(case, Flag.NEW_MESSAGE))
            continue
        case = work.unflag(case, *_SETTLED)
        event = Event.VERIFICATION_WAIVED if by is VerifiedBy.WAIVED else Event.IDENTITY_VERIFIED
        if case.status in UNPROVED:
            case = work.note(case, event, how, actor=actor, by=str(by))
        case = link(work, request, case)
        work.alert("new_case", case)
    suppress(work, request, banned_address(request), final=True)
    _leave(work, request)
    return request


def link(work: Work, request: Request, case: Case) -> Case:
    """Cases of one person and right go together; the earliest receipt counts (docs/invariants.md 1.6)."""
    if request.customer_id is None:
        return case
    twins = [
        other
        for other in work.all_cases()
        if other.id != case.id and other.kind is case.kind and other.verified_by and other.status not in CLOSED
        and _customer_of(work, other) == request.customer_id
    ]  # fmt: skip
    if not twins:
        return case
    earliest = min(c.received_at for c in (case, *twins))
    for other in (*twins, case):
        mates = sorted(c.id for c in (case, *twins) if c.id != other.id)
        linked = work.note(other, Event.LINKED, actor=MACHINE, to=mates, received_at=earliest.isoformat())
        if other.received_at > earliest:
            linked = work.put(replace(linked, received_at=earliest))
        linked = work.redate(linked)
        if other is case:
            case = work.flag(linked, Flag.DUPLICATE)
    return case


def target_of(request: Request) -> str:
    """What mails and tries are counted against: the recorded address, or the claim where nothing matched."""
    return request.proof.address or request.claim.text


def hide_codes(work: Work, text: str) -> str:
    """The text without any code this person was ever sent, however it is spaced."""
    return work.without_codes(text)


# -- after the verdict ----------------------------------------------------------------------------------------


def _on_accepted(work: Work, request: Request, inbound: Inbound, own: bool) -> None:
    request = verify(work, request, VerifiedBy.CODE)
    cases = [c for c in work.cases_of(request) if c.status not in CLOSED]
    context: dict[str, Any] = {
        "cases": summaries(cases),
        "suppressed": any(c.kind is Kind.OPT_OUT for c in cases),
    }
    work.tell(request, "receipt" if request.channel is Channel.CHAT else "verified", **context)
    missing = [c for c in cases if is_correction_without_value(c)]
    if missing and request.channel is Channel.CHAT:
        work.tell(request, "receipt_details", cases=summaries(missing))
        if inbound.channel is Channel.CHAT:
            about = tuple(case.id for case in missing)
            work.conversation = replace(work.conversation, asking=Asking.DETAILS, about=about)
    if (inbound.channel, inbound.peer) != (request.channel, request.peer):
        # The code came another way than the request: whoever sent it hears that it was right, too.
        by_chat = inbound.channel is Channel.CHAT
        work.reply("receipt" if by_chat else "verified", request=request, **context)


def _on_refused(work: Work, request: Request, inbound: Inbound, own: bool) -> None:
    work.count("try", inbound.peer, target_of(request))
    request = work.keep(replace(request, proof=spend_try(request.proof, own=own)))
    left = tries_left(request.proof, own=own)
    _note_all(work, request, Event.CODE_REFUSED, left=left)
    work.reply("code_refused", request=request, tries_left=left)


def _on_exhausted(work: Work, request: Request, inbound: Inbound, own: bool) -> None:
    if tries_left(request.proof, own=own) > 0:
        work.count("try", inbound.peer, target_of(request))
        request = work.keep(replace(request, proof=spend_try(request.proof, own=own)))
        for case in _unproved(work, request):
            held = case.status is Status.HELD
            case = work.note(work.flag(case, Flag.TRIES_SPENT), Event.CODE_EXHAUSTED)
            if not held:
                work.alert("case_held", case, reason=str(Flag.TRIES_SPENT))
    _leave(work, request)
    work.reply("tries_spent", request=request)


def _on_expired(work: Work, request: Request, inbound: Inbound, own: bool) -> None:
    _note_all(work, request, Event.CODE_EXPIRED)
    if request.proof.state != "queued":
        request = work.keep(replace(request, proof=replace(request.proof, state="expired")))
    request = send_code(work, request)
    work.reply("code_expired", request=request)


def _on_denied(work: Work, waiting: list[Request], inbound: Inbound) -> None:
    """Whoever got the code says they asked for nothing: nothing is opened, no try used, and staff look at it."""
    work.outcome = "code_denied"
    said = hide_codes(work, work.reading.safe_text)[:TEXT_KEPT]
    for request in waiting:
        if request.proof.address == inbound.peer:
            # The recorded address itself takes no part, so its code is good for nothing any more.
            void = replace(request.proof, state="withheld", issue=request.proof.issue + 1)
            request = work.keep(replace(request, proof=void))
        for case in _unproved(work, request):
            case = work.note(work.flag(case, Flag.HUMAN_WANTED), Event.HUMAN_WANTED, said)
            if case.status is not Status.HELD:
                case = work.note(case, Event.HELD, actor=MACHINE, reason="denied")
            work.alert("human_wanted", case)
    work.reply("human")


_AFTER = {
    Event.CODE_ACCEPTED: _on_accepted,
    Event.CODE_REFUSED: _on_refused,
    Event.CODE_EXHAUSTED: _on_exhausted,
    Event.CODE_EXPIRED: _on_expired,
}


def _leave(work: Work, request: Request) -> None:
    """The dialogue has nothing more to ask about this request."""
    if work.conversation.request_id == request.id:
        work.conversation = replace(work.conversation, request_id="", asking=None)


def _note_all(work: Work, request: Request, event: Event, **data: Any) -> None:
    for case in _unproved(work, request):
        work.note(case, event, actor=MACHINE, **data)


def _unproved(work: Work, request: Request) -> list[Case]:
    return [c for c in work.cases_of(request) if c.status in UNPROVED]


def _is_waiting(work: Work, request: Request) -> bool:
    request = work.request(request.id) or request
    return request.verified_by is None and request.proof.issue > 0 and bool(_unproved(work, request))


def _distinct(work: Work, requests: list[Request]) -> list[Request]:
    return [work.request(i) or r for i, r in {r.id: r for r in requests}.items()]


def _customer_of(work: Work, case: Case) -> str | None:
    request = work.request(case.request_id)
    return request.customer_id if request else None
