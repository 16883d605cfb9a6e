"""A wish on its way in the chat: understood or asked back about, opened, claimed, and waiting for its code."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from cases.model import (
    Act,
    Asking,
    Case,
    Claim,
    Draft,
    Inbound,
    Kind,
    Request,
    Status,
    Unsorted,
)
from cases.opening import TEXT_KEPT, asks_for_rights, held_for, join, open_request, split_repeats
from cases.phrases import KIND_BUTTONS, WAITING_FOR_CODE, chosen
from cases.proving import hide_codes, send_code, share_proof, take_claim, try_code
from cases.special import (
    add_special_of,
    add_to_held,
    close_draft,
    greet_company_contact,
    say_special_in_progress,
    take_special,
)
from cases.standing import cases_for_others, draft_of, in_progress
from cases.understanding import understand
from cases.verification import LIFETIME, tries_left
from cases.work import Work, summaries


def take_code(work: Work, inbound: Inbound) -> None:
    """Judge the code; a right asked for in the same breath is proved by it too."""
    request, kinds = in_progress(work), work.reading.kinds
    new, _ = split_repeats(work, kinds if asks_for_rights(work.reading) else ())
    if new and held_for(work.reading):
        text = hide_codes(work, work.reading.safe_text)
        take_special(work, inbound, kinds, received_at=inbound.received_at, text=text)
    elif new and request is not None:
        text = hide_codes(work, work.reading.safe_text)
        open_request(work, inbound, new, received_at=inbound.received_at, text=text, into=request)
        share_proof(work, request, new)
    try_code(work, inbound, work.reading.codes)


def take_request(work: Work, inbound: Inbound) -> None:
    """A wish clear enough to open its cases."""
    draft, text, received_at = draft_of(work), work.reading.safe_text, inbound.received_at
    if draft is not None:
        # It answers our question about an earlier message, which is when the clock started.
        text, received_at = f"{draft.text}\n{text}", min(draft.received_at, received_at)
        add_special_of(work, draft)
    take_wish(work, inbound, work.reading.kinds, received_at=received_at, text=text)


def _who(inbound: Inbound, claim: Claim) -> Draft:
    """A draft without a wish: only who the person is, kept for the wish to come."""
    return Draft("", inbound.received_at, claim)


def take_wish(
    work: Work, inbound: Inbound, kinds: tuple[Kind, ...], *, received_at: datetime, text: str
) -> None:
    """Open what is asked for the first time, join what is asked again, then ask for the next missing thing."""
    text = hide_codes(work, text)
    if held_for(work.reading):
        take_special(work, inbound, kinds, received_at=received_at, text=text)
        close_draft(work)
        return
    new, running = split_repeats(work, kinds)
    for case in running:
        join(work, case, text)
    draft = work.conversation.draft
    if draft is not None:
        work.settle(draft.key)
    work.conversation = replace(work.conversation, draft=None, asking=None)
    if new:
        request = open_request(work, inbound, new, received_at=received_at, text=text, into=in_progress(work))
    else:
        request = work.request(running[0].request_id) or work.known.own[0]
        if request.verified_by is not None or tries_left(request.proof, own=False) < 1:
            work.reply("already_open", cases=_as_may_be_said(running))
            return
    work.conversation = replace(work.conversation, request_id=request.id)
    greet_company_contact(work, request)
    claim = work.known.claim or (draft.claim if draft else Claim())
    if claim:
        _prove(work, request, claim)
    elif request.claim:
        _await_code(work, share_proof(work, request, new))
    else:
        work.conversation = replace(work.conversation, asking=Asking.ADDRESS)
        work.reply("ask_address", request=request, cases=summaries(work.cases_of(request)))


def take_address(work: Work, inbound: Inbound) -> None:
    """Who the person says they are, for the request in progress."""
    request = in_progress(work)
    if request is not None:
        _prove(work, request, work.known.claim)


def _prove(work: Work, request: Request, claim: Claim) -> None:
    request = send_code(work, take_claim(work, request, claim, work.known.match))
    _await_code(work, request)


def _await_code(work: Work, request: Request) -> None:
    work.conversation = replace(work.conversation, asking=Asking.CODE, request_id=request.id)
    minutes = int(LIFETIME[request.channel].total_seconds() // 60)
    cases = summaries(work.cases_of(request))
    work.reply("code_on_its_way", request=request, keyboard=WAITING_FOR_CODE, minutes=minutes, cases=cases)


def send_code_again(work: Work, inbound: Inbound) -> None:
    """The code once more, within the limits."""
    request = in_progress(work)
    if request is None or not request.claim:
        work.reply("stale_button")
        return
    _await_code(work, send_code(work, request))


def say_for_whom(work: Work, inbound: Inbound) -> None:
    """For whom it is, said after the wish: the request in progress, or the unclear wish, is for somebody else."""
    text = hide_codes(work, work.reading.safe_text)[:TEXT_KEPT]
    draft = draft_of(work)
    if draft is None and in_progress(work) is None:
        held = cases_for_others(work)
        add_to_held(work, held, text)
        work.reply("details_added", cases=summaries(held))
    elif draft is None:
        say_special_in_progress(work, inbound, text)
    else:
        draft = replace(draft, text=f"{draft.text}\n{text}"[:TEXT_KEPT])
        work.conversation = replace(work.conversation, draft=draft)
        ask_kind_again(work, inbound)


def named_kinds(work: Work, inbound: Inbound) -> tuple[Kind, ...]:
    """The rights an answer to "which of these" names."""
    draft = draft_of(work)
    picked = chosen(inbound.text, draft.candidates if draft else ())
    if picked or work.conversation.asking is not Asking.KIND:
        return picked
    return work.reading.kinds if len(work.reading.kinds) == 1 else ()


def take_named_kind(work: Work, inbound: Inbound) -> None:
    """The answer to "which of these" is clear."""
    settle_kinds(work, inbound, named_kinds(work, inbound), "named_by_the_person")


def take_likeliest_kind(work: Work, inbound: Inbound) -> None:
    """No answer to "which of these", but who they are: the likeliest right is taken as meant."""
    draft = work.conversation.draft
    kinds = draft.candidates[:1] if draft else ()
    settle_kinds(work, inbound, kinds, "likeliest_of_several")


def settle_kinds(work: Work, inbound: Inbound, kinds: tuple[Kind, ...], how: str) -> None:
    """The wish is named: go on with the message that first raised it, from when it arrived."""
    draft, now = work.conversation.draft, work.reading
    if draft is None or not draft.text:
        work.reading = replace(now, kinds=kinds, act=Act.REQUEST, sure=True)
        take_wish(work, inbound, kinds, received_at=inbound.received_at, text=now.safe_text)
        return
    first = understand(draft.text, channel="chat", language=str(work.language))
    why = (*first.why, *(f"{how}: {kind}" for kind in kinds))
    said = now.corrections or first.corrections
    work.reading = replace(first, kinds=kinds, act=Act.REQUEST, sure=True, why=why, corrections=said)
    take_wish(work, inbound, kinds, received_at=draft.received_at, text=draft.text)


def ask_kind(work: Work, inbound: Inbound) -> None:
    """Not sure enough to open a case: keep the message and its arrival, show it to staff, and ask back."""
    reading, draft = work.reading, draft_of(work)
    likely = tuple(dict.fromkeys((*reading.candidates, *reading.kinds)))
    if draft is not None and set(likely) <= set(draft.candidates):
        ask_kind_again(work, inbound)
        return
    text = hide_codes(work, reading.safe_text)[:TEXT_KEPT]
    if draft is None:
        claim = work.known.claim
        draft = Draft(text, inbound.received_at, claim, likely, inbound.key)
        list_for_staff(work, inbound, "asked_back")
    else:
        draft = replace(draft, text=f"{draft.text}\n{text}"[:TEXT_KEPT], candidates=likely)
    _offer(work, draft)


def ask_kind_again(work: Work, inbound: Inbound) -> None:
    """Asked once and still not clear: offer every right; asked twice, a person has to read it."""
    draft = draft_of(work)
    if draft is not None and len(draft.candidates) < len(Kind):
        every = (*draft.candidates, *(kind for kind in Kind if kind not in draft.candidates))
        _offer(work, replace(draft, candidates=every))
        return
    work.conversation = replace(work.conversation, asking=None, draft=None)
    work.alert("unsorted", None, count=1)
    work.reply("human")


def _offer(work: Work, draft: Draft) -> None:
    work.conversation = replace(work.conversation, asking=Asking.KIND, draft=draft)
    few = len(draft.candidates) <= len(KIND_BUTTONS)
    keyboard = (*((f"kind:{kind}",) for kind in draft.candidates), ("human",)) if few else KIND_BUTTONS
    work.reply("ask_kind", keyboard=keyboard, kinds=[str(kind) for kind in draft.candidates])


def keep_who(work: Work, inbound: Inbound) -> None:
    """Who the person is, said before the wish: kept for it, while the wish is asked for."""
    draft = _who(inbound, work.known.claim)
    work.conversation = replace(work.conversation, asking=Asking.KIND, draft=draft)
    work.reply("ask_kind", keyboard=KIND_BUTTONS, kinds=[str(kind) for kind in Kind])


def list_for_staff(work: Work, inbound: Inbound, reason: str) -> None:
    """Show a message to staff, among the unsorted."""
    text = hide_codes(work, work.reading.safe_text)[:TEXT_KEPT]
    work.list_unsorted(
        Unsorted(
            inbound.key, work.shop.profile, inbound.channel, inbound.peer, inbound.received_at, work.language, text,
            reason=reason,
        )
    )  # fmt: skip


def _as_may_be_said(cases: list[Case]) -> list[dict[str, Any]]:
    """Summaries that tell somebody unproved nothing: one word for every status (docs/invariants.md 1.2)."""
    return [
        s if c.verified_by is not None else {**s, "status": str(Status.RECEIVED)}
        for s, c in zip(summaries(cases), cases, strict=True)
    ]
