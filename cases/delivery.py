"""What follows when a letter has left, could not leave, or came back; and when to try again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from cases.model import (
    CLOSED,
    Case,
    Channel,
    Conversation,
    Decision,
    Event,
    Flag,
    Letter,
    Reading,
    Request,
    Route,
    Shop,
)  # fmt: skip
from cases.proving import UNPROVED
from cases.verification import accepted
from cases.work import MACHINE, Known, Work

#: Waits before each further try; after the last one the letter has failed, visibly.
WAITS = tuple(
    timedelta(seconds=seconds)
    for seconds in (2, 10, 60, 300, 900, 1800, 3600, 7200, 14400, 28800, 43200, 86400)
)


def retry_in(tries: int, *, permanent: bool) -> timedelta | None:
    """How long to wait after `tries` tries have failed; None: give up."""
    if permanent or tries > len(WAITS):
        return None
    return WAITS[max(tries, 1) - 1]


def on_sent(shop: Shop, letter: Letter, request: Request, cases: tuple[Case, ...], now: datetime) -> Decision:
    """The server took a code mail: from now on the code is valid (docs/invariants.md 1.3)."""
    work = _work(shop, letter, cases, now, "sent")
    proof = request.proof
    # Whatever has become of the code meanwhile stands: staff may have made it void.
    live = proof.state in ("queued", "accepted") and not proof.used
    if live and letter.code_issue == proof.issue:
        work.keep(replace(request, proof=accepted(proof, request.channel, now)))
    for case in work.cases_of(request):
        work.note(case, Event.CODE_MAILED, issue=letter.code_issue)
    return work.decision()


def on_lost(
    shop: Shop,
    letter: Letter,
    request: Request | None,
    cases: tuple[Case, ...],
    now: datetime,
    *,
    bounced: bool,
    fault: str,
    failed: Iterable[str] = (),
) -> Decision:
    """A letter was given up or came back: it stands on the case, and staff are told. A code is void then.

    `failed` are the addresses that could not be reached; where mail is forwarded, they are not the letter's.
    Whoever proved in chat who they are is asked there for another way; before that, chat tells nothing of addresses.
    """
    work = _work(shop, letter, cases, now, "bounced" if bounced else "failed")
    event, flag = (
        (Event.LETTER_BOUNCED, Flag.LETTER_BOUNCED) if bounced else (Event.LETTER_FAILED, Flag.LETTER_FAILED)
    )
    if request is not None and letter.code_issue and letter.code_issue == request.proof.issue:
        work.keep(replace(request, proof=replace(request.proof, state="undelivered")))
    # A case may be closed by the very letter that is lost: what names a case always shows on it.
    touched = _touched(letter, cases)
    for case in touched:
        case = work.note(work.flag(case, flag), event, ", ".join(failed), letter=letter.name, fault=fault)
        if letter.code_issue and case.status in UNPROVED:
            case = work.note(work.flag(case, Flag.CODE_UNDELIVERED), Event.CODE_UNDELIVERED)
        work.alert("letter_bounced" if bounced else "letter_failed", case, letter=letter.name)
    if bounced:
        work.count("bounce", request.peer if request else letter.to, letter.to)
    if request is not None and touched and _may_hear_in_chat(request, letter):
        work.tell(request, "letter_came_back", case=touched[0])
    return work.decision()


def _may_hear_in_chat(request: Request, letter: Letter) -> bool:
    return (
        letter.route is Route.MAIL
        and request.channel is Channel.CHAT
        and request.verified_by is not None
        and not letter.code_issue
    )


def on_delayed(
    shop: Shop, letter: Letter, cases: tuple[Case, ...], now: datetime, failed: Iterable[str]
) -> Decision:
    """A mail server still tries to deliver a letter: noted, nothing more."""
    work = _work(shop, letter, cases, now, f"delayed:{now.isoformat()}")
    for case in _touched(letter, cases):
        work.note(case, Event.LETTER_DELAYED, ", ".join(failed), letter=letter.name)
    return work.decision()


def on_reported(
    shop: Shop, letter: Letter, cases: tuple[Case, ...], now: datetime, failed: Iterable[str]
) -> Decision:
    """A report names only an address we wrote to. Anybody could write such a one: a hint for staff, once a case."""
    work = _work(shop, letter, cases, now, "reported")
    for case in _touched(letter, cases):
        if Flag.LETTER_BOUNCED not in case.flags:
            flagged = work.flag(case, Flag.LETTER_BOUNCED)
            work.note(flagged, Event.BOUNCE_REPORTED, ", ".join(failed), letter=letter.name)
            work.alert("letter_bounced", flagged, letter=letter.name)
    return work.decision()


def _touched(letter: Letter, cases: tuple[Case, ...]) -> list[Case]:
    """The case a letter names, else those of its request that are not closed."""
    return [c for c in cases if letter.case_id == c.id or (not letter.case_id and c.status not in CLOSED)]


def on_lapse(shop: Shop, request: Request, cases: tuple[Case, ...], now: datetime) -> Decision:
    """A code has run out unused. An opt-out stays and goes to staff (docs/invariants.md 1.7); others wait on."""
    known = _known(shop, cases, now)
    work = Work(known, cause=f"lapse:{request.id}:{request.proof.issue}", actor=MACHINE)
    work.keep(replace(request, proof=replace(request.proof, state="expired")))
    for case in cases:
        if case.status not in UNPROVED:
            continue
        case = work.note(case, Event.CODE_EXPIRED)
        suppressed = case.kind == "opt_out" and bool(request.proof.address)
        if suppressed and case.status != "held":
            case = work.note(work.flag(case, Flag.CODE_LAPSED), Event.HELD, reason=str(Flag.CODE_LAPSED))
            work.alert("case_held", case, reason=str(Flag.CODE_LAPSED))
    return work.decision()


def _work(shop: Shop, letter: Letter, cases: tuple[Case, ...], now: datetime, what: str) -> Work:
    return Work(_known(shop, cases, now), cause=f"{letter.key}/{what}", actor=MACHINE)


def _known(shop: Shop, cases: tuple[Case, ...], now: datetime) -> Known:
    nobody = Conversation(shop.profile, Channel.EMAIL, "")
    return Known(shop, now, b"", nobody, Reading(lang=""), cases=cases)
