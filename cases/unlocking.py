"""The passphrase of a locked answer, told in chat after a fresh code (docs/invariants.md 3).

The archive went by mail; what opens it must come another way. Whoever asks in chat proves once more that the
recorded address is theirs, so a chat left open on somebody's table gives nothing away.
"""

from __future__ import annotations

from dataclasses import replace

from cases.model import Asking, Case, Channel, Event, Flag, Inbound, Request
from cases.proving import send_code, target_of
from cases.verification import judge, one_time_code, spend_try, tries_left
from cases.work import Work, summary

#: In a case's details: the letter whose archive is locked.
LOCKED = "locked"


def ask_passphrase(work: Work, inbound: Inbound, argument: str) -> None:
    """Somebody wants to open what was mailed: a fresh code goes to the recorded address first."""
    case = newest_locked(work)
    request = work.request(case.request_id) if case is not None else None
    if case is None or request is None or not request.proof.address:
        work.reply("passphrase_none")
        return
    if tries_left(request.proof, own=False) < 1:
        # No code could help any more, so none is mailed. Staff were told when the last one was spent.
        work.reply("tries_spent", request=request)
        return
    _send(work, request, case)
    work.reply("code_on_its_way", request=request, minutes=30)


def is_unlocking(work: Work, inbound: Inbound) -> bool:
    """A code for the passphrase is awaited, and one is given."""
    return (
        work.conversation.asking is Asking.PASSPHRASE
        and bool(work.reading.codes)
        and newest_locked(work) is not None
    )


def take_passphrase_code(work: Work, inbound: Inbound) -> None:
    """Judge it like any code, with the same limits; the right one gives the passphrase."""
    case = newest_locked(work)
    request = work.request(case.request_id) if case is not None else None
    assert case is not None
    assert request is not None
    if len(work.reading.codes) > 1:
        work.reply("code_ambiguous")
        return
    code = one_time_code(work.known.code_key, request.id, request.proof.issue)
    event = judge(
        request.proof,
        work.reading.codes[0],
        code,
        work.attempts(),
        inbound.peer,
        target_of(request),
        work.now,
    )
    work.outcome = f"passphrase:{event}"
    if event is Event.CODE_ACCEPTED:
        work.keep(replace(request, proof=replace(request.proof, used=True)))
        work.put(work.note(case, Event.PASSPHRASE_TOLD))
        work.conversation = replace(work.conversation, asking=None, about=())
        work.reply("passphrase", request=request, case=summary(case), letter=case.details[LOCKED])
    elif event is Event.CODE_EXPIRED:
        _send(work, request, case)
        work.reply("code_expired", request=request)
    else:
        _spend(work, request, case, inbound, event)


def newest_locked(work: Work) -> Case | None:
    """The newest case of whoever writes whose answer went locked; asked about in this chat, and proved."""
    own = [r for r in work.known.own if r.channel is Channel.CHAT and r.verified_by is not None]
    locked = [case for request in own for case in work.cases_of(request) if case.details.get(LOCKED)]
    return max(locked, key=lambda case: case.id, default=None)


def _send(work: Work, request: Request, case: Case) -> None:
    # The proof of the request itself is done with: this is a new code, used up by itself.
    proof = request.proof
    if proof.used:
        request = work.keep(replace(request, proof=replace(proof, used=False, state="expired")))
    send_code(work, request, about=[case])
    work.conversation = replace(work.conversation, asking=Asking.PASSPHRASE, about=(case.id,))


def _spend(work: Work, request: Request, case: Case, inbound: Inbound, event: Event) -> None:
    if tries_left(request.proof, own=False) > 0:
        work.count("try", inbound.peer, target_of(request))
        request = work.keep(replace(request, proof=spend_try(request.proof, own=False)))
    if event is Event.CODE_REFUSED:
        work.reply("code_refused", request=request, tries_left=tries_left(request.proof, own=False))
        return
    work.conversation = replace(work.conversation, asking=None, about=())
    case = work.note(work.flag(case, Flag.TRIES_SPENT), Event.CODE_EXHAUSTED)
    # The letter says that staff go on from here: they can tell the password by phone.
    work.alert("human_wanted", case)
    work.reply("tries_spent", request=request)
