"""A request for somebody else: opened at once, held for staff, answered without giving anything away.

Who may ask in another's place is nothing a code can prove, so none is sent and no address is asked for (docs/law.md
9). A company's contact asks for themselves and goes on like anybody. Who is special is read in `understanding`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from cases.addresses import normalise_email
from cases.model import (
    CLOSED,
    Asking,
    Case,
    Claim,
    Draft,
    Event,
    Flag,
    Inbound,
    Kind,
    Request,
    Special,
    Status,
)
from cases.opening import TEXT_KEPT, held_for, join, open_request, set_claim, split_repeats, suppress
from cases.standing import in_progress
from cases.understanding import understand
from cases.work import MACHINE, Work, summaries


def take_special(
    work: Work, inbound: Inbound, kinds: tuple[Kind, ...], *, received_at: datetime, text: str
) -> Request | None:
    """Open what is asked for somebody else apart from the writer's own requests, and say how it goes on.

    The request that was opened; None where the wish joined one that is held already.
    """
    new, running = split_repeats(work, kinds)
    for case in running:
        _read_again(work, join(work, case, text))
    if not new:
        work.reply("details_added", cases=summaries(running))
        return None
    request = open_request(work, inbound, new, received_at=received_at, text=text, into=None)
    request = _take_lead(work, request)
    for case in work.cases_of(request):
        _hold(work, case)
    _answer(work, request)
    return request


def note_special(work: Work, request: Request, text: str) -> None:
    """Said only now, of a request that was taken for the writer's own: it is held from here on."""
    for case in work.cases_of(request):
        if case.status not in CLOSED and case.verified_by is None:
            _hold(work, work.note(case, Event.PERSON_WROTE, text[:TEXT_KEPT]))
    _answer(work, request)


def add_to_held(work: Work, cases: list[Case], text: str) -> None:
    """More words about somebody else: staff read them on the held case, and see in whose place they are said."""
    said = [Flag(str(special)) for special in held_for(work.reading)]
    for case in cases:
        _read_again(work, work.flag(work.note(case, Event.PERSON_WROTE, text[:TEXT_KEPT]), *said))


def say_special_in_progress(work: Work, inbound: Inbound, text: str) -> None:
    """The same in chat: the dialogue has nothing more to ask about that request."""
    request = in_progress(work)
    if request is not None:
        note_special(work, request, text)
        work.conversation = replace(work.conversation, asking=None, request_id="")


def add_special_of(work: Work, draft: Draft) -> None:
    """What the unclear message said of whom it is for holds for its answer, too."""
    if draft.text and not work.reading.special:
        channel = str(work.inbound.channel) if work.inbound else "chat"
        earlier = understand(draft.text, channel=channel, language=str(work.language))
        work.reading = replace(work.reading, special=earlier.special)


def close_draft(work: Work) -> None:
    """The unclear wish has become a request; what was asked about another one still is."""
    draft = work.conversation.draft
    if draft is not None and draft.text:
        work.settle(draft.key)
        work.conversation = replace(work.conversation, draft=None)
        if work.conversation.asking is Asking.KIND:
            work.conversation = replace(work.conversation, asking=None)


def greet_company_contact(work: Work, request: Request) -> None:
    """A company's contact has the same rights: said once, and shown to staff."""
    if Special.COMPANY_CONTACT not in work.reading.special:
        return
    told = any(Flag.COMPANY_CONTACT in case.flags for case in work.all_cases())
    for case in work.cases_of(request):
        if case.status not in CLOSED:
            work.flag(case, Flag.COMPANY_CONTACT)
    if not told:
        work.reply("special_company_contact", request=request)


def _hold(work: Work, case: Case) -> None:
    case = work.flag(case, *(Flag(str(special)) for special in work.reading.special))
    reason = held_for(work.reading)[0]
    if case.status is not Status.HELD:
        case = work.note(case, Event.HELD, actor=MACHINE, reason=str(reason))
        work.alert("case_held", case, reason=str(reason))


def _read_again(work: Work, case: Case) -> None:
    if Flag.NEW_MESSAGE not in case.flags:
        work.alert("new_message", work.flag(case, Flag.NEW_MESSAGE))


def _answer(work: Work, request: Request) -> None:
    """One letter for each thing that keeps us: the same words whoever is in the register."""
    cases = summaries(work.cases_of(request))
    for special in held_for(work.reading):
        work.reply(f"special_{special}", request=request, cases=cases)


def _take_lead(work: Work, request: Request) -> Request:
    """An address or number the writer names shows staff where to look, and stops marketing there at once.

    The answer to an agent goes to the recorded address unless staff decide otherwise; to the dead, nothing goes.
    """
    reading = work.reading
    said = Claim(reading.claimed_email or "", reading.claimed_customer or "", reading.claimed_order or "")
    request = set_claim(work, request, said)
    if not said or said != work.known.claim:
        return request
    if not work.known.match:
        for case in work.cases_of(request):
            work.flag(case, Flag.NO_RECORD)
        return request
    customer = work.known.match[0]
    recorded = normalise_email(customer.email)
    reachable = Special.DECEASED not in reading.special
    request = replace(request, customer_id=customer.customer_id, customer_name=customer.name)
    request = replace(request, proof=replace(request.proof, address=recorded if reachable else ""))
    request = work.keep(request)
    suppress(work, request, recorded, final=False)
    return request
