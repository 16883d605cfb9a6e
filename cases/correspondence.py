"""The mailbox: which turn a mail is, and what goes back, to the sender and to the recorded address.

A mail is answered sparingly: automated mail never, spam never, one correspondent only so often an hour.
Mail in which no right is recognised is listed for staff with its arrival time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from cases.dialogue import MASKED, own_cases
from cases.model import (
    CLOSED,
    Act,
    Case,
    Channel,
    Claim,
    Conversation,
    Decision,
    Event,
    Flag,
    Inbound,
    Kind,
    Language,
    Reading,
    Request,
    Shop,
    Unsorted,
)  # fmt: skip
from cases.opening import TEXT_KEPT, join, open_request, safe_words, split_repeats
from cases.proving import hide_codes, send_code, take_claim, try_code
from cases.verification import LIFETIME
from cases.work import MACHINE, Known, Work, summaries

Turn = Callable[[Work, Inbound], None]

#: Letters to one correspondent within an hour; beyond it someone's machine is talking to ours.
REPLIES_AN_HOUR = 20


def correspond(work: Work, inbound: Inbound) -> None:
    """One mail to its outcome."""
    work.conversation = replace(
        work.conversation, language=language_of(work.reading, work.conversation, work.shop)
    )
    name, turn = next((name, turn) for name, fits, turn in TURNS if fits(work, inbound))
    work.outcome = name
    turn(work, inbound)


def sort_mail(inbound: Inbound, known: Known, key: str, *, cause: str) -> Decision:
    """Staff have said what an unsorted mail asks for: it goes on as if it had been understood."""
    work = Work(known, inbound, cause=cause)
    work.outcome = "sorted"
    work.settle(key)
    _take_request(work, inbound)
    return work.decision()


def language_of(reading: Reading, conversation: Conversation, shop: Shop) -> Language:
    """Finnish or English, whichever the writer will read more easily."""
    if reading.lang in set(Language):
        return Language(reading.lang)
    if conversation.language is not None:
        return conversation.language
    return shop.languages[0] if reading.lang in ("mixed", "sv") else Language.EN


# -- which turn is it -----------------------------------------------------------------------------------------


def _is_automated(work: Work, inbound: Inbound) -> bool:
    return bool(inbound.automated) or inbound.peer == work.shop.mailbox.casefold()


def _is_old(work: Work, inbound: Inbound) -> bool:
    return inbound.before_since


def _is_spam(work: Work, inbound: Inbound) -> bool:
    return inbound.spam


def _is_over_budget(work: Work, inbound: Inbound) -> bool:
    return work.known.replies_this_hour >= REPLIES_AN_HOUR


def _has_code(work: Work, inbound: Inbound) -> bool:
    return bool(work.reading.codes) and work.reading.act is Act.CODE


def _asks_for_rights(work: Work, inbound: Inbound) -> bool:
    return bool(work.reading.kinds) and work.reading.sure


def _is_unsure(work: Work, inbound: Inbound) -> bool:
    return bool(work.reading.kinds or work.reading.candidates)


def _acts(act: Act) -> Callable[[Work, Inbound], bool]:
    return lambda work, inbound: work.reading.act is act


def _continues_a_case(work: Work, inbound: Inbound) -> bool:
    return bool(_cases_in_sight(work, inbound))


def _always(work: Work, inbound: Inbound) -> bool:
    return True


def _cases_in_sight(work: Work, inbound: Inbound) -> list[Case]:
    """Running cases this mail is about: named by id or thread and this sender's own, else any of theirs."""
    own = {r.id for r in (*work.known.own, *work.known.addressed)}
    pointed = {r.id for r in (*work.known.threaded, *work.known.named)}
    ids = (own & pointed) or (own if pointed <= own else set())
    return [c for c in work.all_cases() if c.request_id in ids and c.status not in CLOSED]


# -- turns ----------------------------------------------------------------------------------------------------


def _ignore(work: Work, inbound: Inbound) -> None:
    work.outcome = f"automated:{inbound.automated or 'own_address'}"


def _list_only(work: Work, inbound: Inbound) -> None:
    _list(work, inbound, "older_than_since")


def _hold_spam(work: Work, inbound: Inbound) -> None:
    """No answer to what the provider calls spam; a request in it still counts from its arrival."""
    if not work.reading.kinds:
        work.outcome = "spam"
        return
    request = _open(work, inbound)
    for case in work.cases_of(request):
        work.note(work.flag(case, Flag.SPAM), Event.HELD, actor=MACHINE, reason=str(Flag.SPAM))


def _stay_silent(work: Work, inbound: Inbound) -> None:
    """The correspondent's budget is used up: everything is kept, nothing is answered, staff are told."""
    if _asks_for_rights(work, inbound):
        new, running = split_repeats(work, work.reading.kinds)
        for case in running:
            join(work, case, _text(work))
        if new:
            _open(work, inbound)
    else:
        _list(work, inbound, "over_budget")
    if work.known.replies_this_hour == REPLIES_AN_HOUR:
        work.alert("reply_budget", None, count=work.known.replies_this_hour)


def _take_code(work: Work, inbound: Inbound) -> None:
    try_code(work, inbound, work.reading.codes)


def _take_request(work: Work, inbound: Inbound) -> None:
    new, running = split_repeats(work, work.reading.kinds)
    for case in running:
        join(work, case, _text(work))
    if new:
        request = _open(work, inbound)
        _prove(work, request, inbound)
        return
    request = work.request(running[0].request_id) or work.known.own[0]
    if request.verified_by is None:
        _prove(work, request, inbound)
    else:
        work.reply("already_open", request=request, cases=summaries(running))


def _open(work: Work, inbound: Inbound) -> Request:
    new, _ = split_repeats(work, work.reading.kinds)
    kinds = new or list(work.reading.kinds)
    return open_request(work, inbound, kinds, received_at=inbound.received_at, text=_text(work), into=None)


def _prove(work: Work, request: Request, inbound: Inbound) -> None:
    """The code goes to the recorded address; the sender gets a receipt that says the same for every claim."""
    claim = work.known.claim or Claim(email=inbound.peer)
    request = take_claim(work, request, claim, work.known.match)
    own = request.proof.address == inbound.peer
    sensitive = [kind for kind in work.reading.sensitive if kind in MASKED]
    before = work.letters_so_far
    if own:
        suppressed = _bans_something(work, request)
        send_code(work, request, letter="receipt_with_code", sensitive=sensitive, suppressed=suppressed)
    else:
        send_code(work, request)
    if not own or work.letters_so_far == before:
        # The same receipt for every claim that is not the sender's own address (design.md 4.2).
        hours = int(LIFETIME[Channel.EMAIL].total_seconds() // 3600)
        cases = summaries(work.cases_of(request))
        work.reply("receipt", request=request, cases=cases, hours=hours, sensitive=sensitive)


def _bans_something(work: Work, request: Request) -> bool:
    return any(case.kind is Kind.OPT_OUT for case in work.cases_of(request))


def _ask_back(work: Work, inbound: Inbound) -> None:
    _list(work, inbound, "asked_back")
    work.reply("clarify")


def _tell_status(work: Work, inbound: Inbound) -> None:
    cases = own_cases(work)
    proved = [c for c in cases if c.verified_by is not None]
    waiting = [c for c in cases if c not in proved]
    if proved:
        work.reply("status", cases=summaries(proved))
    elif waiting:
        work.reply("status_unverified", cases=summaries(waiting))
    else:
        _list(work, inbound, "status_without_case")
        work.reply("status_none")


def _note_withdrawal(work: Work, inbound: Inbound) -> None:
    """A sender's address can be forged, so a mail alone withdraws nothing: staff confirm it."""
    cases = _cases_in_sight(work, inbound)
    if not cases:
        _list(work, inbound, "withdrawal_without_case")
        return
    for case in cases:
        case = work.note(work.flag(case, Flag.WITHDRAWAL_ASKED), Event.WITHDRAWAL_ASKED, _text(work))
        work.alert("withdrawal_asked", case)
    work.reply("withdrawal_noted", cases=summaries(cases))


def _call_human(work: Work, inbound: Inbound) -> None:
    cases = _cases_in_sight(work, inbound)
    for case in cases:
        work.note(work.flag(case, Flag.HUMAN_WANTED), Event.HUMAN_WANTED, _text(work))
    work.alert("human_wanted", work.case(cases[0].id) if cases else None)
    if not cases:
        _list(work, inbound, "human_wanted")
    work.reply("human")


def _hear_complaint(work: Work, inbound: Inbound) -> None:
    _list(work, inbound, "complaint")
    work.alert("unsorted", None, count=1)
    work.reply("complaint")


def _add_to_case(work: Work, inbound: Inbound) -> None:
    """More words about a running case: staff read them there, the machine says nothing."""
    for case in _cases_in_sight(work, inbound):
        work.note(work.flag(case, Flag.NEW_MESSAGE), Event.PERSON_WROTE, _text(work))


def _file_unsorted(work: Work, inbound: Inbound) -> None:
    _list(work, inbound, "no_right_recognised")


def _list(work: Work, inbound: Inbound, reason: str) -> None:
    work.list_unsorted(
        Unsorted(
            key=inbound.key,
            shop=work.shop.profile,
            channel=inbound.channel,
            peer=inbound.peer,
            received_at=inbound.received_at,
            language=work.language,
            text=_text(work),
            subject=safe_words(work, inbound.subject),
            message_id=inbound.message_id,
            reason=reason,
        )
    )


def _text(work: Work) -> str:
    return hide_codes(work, work.reading.safe_text)[:TEXT_KEPT]


#: Name, does it fit, what to do; the first that fits is the turn, and its name stands in the arrival's row.
TURNS: tuple[tuple[str, Callable[[Work, Inbound], bool], Turn], ...] = (
    ("automated", _is_automated, _ignore),
    ("older_than_since", _is_old, _list_only),
    ("spam", _is_spam, _hold_spam),
    ("over_budget", _is_over_budget, _stay_silent),
    ("code", _has_code, _take_code),
    ("request", _asks_for_rights, _take_request),
    ("unsure", _is_unsure, _ask_back),
    ("status", _acts(Act.STATUS), _tell_status),
    ("withdraw", _acts(Act.WITHDRAW), _note_withdrawal),
    ("human", _acts(Act.HUMAN), _call_human),
    ("complaint", _acts(Act.COMPLAINT), _hear_complaint),
    ("more_words", _continues_a_case, _add_to_case),
    ("unsorted", _always, _file_unsorted),
)
