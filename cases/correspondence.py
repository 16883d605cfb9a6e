"""The mailbox: which turn a mail is, and what goes back, to the sender and to the recorded address.

A mail is answered sparingly: automated mail never, spam never, one correspondent only so often an hour.
Mail in which no right is recognised is listed for staff with its arrival time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from cases.model import (
    CLOSED,
    Act,
    Asking,
    Case,
    Channel,
    Claim,
    Conversation,
    Decision,
    Draft,
    Event,
    Flag,
    Inbound,
    Kind,
    Language,
    Reading,
    Request,
    Shop,
    Status,
    Unsorted,
)  # fmt: skip
from cases.opening import (
    FLAGS_FOR_OTHERS,
    TEXT_KEPT,
    add_to_details,
    asks_for_rights,
    held_for,
    is_correction_without_value,
    join,
    open_request,
    safe_words,
    split_repeats,
)  # fmt: skip
from cases.phrases import typed_command
from cases.proving import candidates, hide_codes, send_code, share_proof, take_claim, try_code
from cases.signing import give_form, note_papers
from cases.special import add_special_of, greet_company_contact, note_special, take_special
from cases.standing import MASKED, lately_closed, own_cases
from cases.verification import LIFETIME, alarm_is_new
from cases.work import MACHINE, Known, Work, summaries

Turn = Callable[[Work, Inbound], None]

#: Letters to one correspondent within an hour; beyond it someone's machine is talking to ours.
REPLIES_AN_HOUR = 20
#: Letters in one thread within a day, whoever writes in it: a machine may write under ever new addresses.
REPLIES_A_DAY_IN_A_THREAD = 40

#: Bytes of the largest mail that is fetched whole; what most providers let through anyway.
LARGEST_MAIL = 25_000_000

#: The outcome of what staff sorted by hand.
SORTED = "sorted"

#: A later mail that is no reply in the thread still answers "what would you like" within this time.
DRAFT_KEPT = timedelta(days=14)


def correspond(work: Work, inbound: Inbound) -> None:
    """One mail to its outcome."""
    work.conversation = replace(
        work.conversation, language=language_of(work.reading, work.conversation, work.shop)
    )
    name, turn = next((name, turn) for name, fits, turn in TURNS if fits(work, inbound))
    work.outcome = name
    turn(work, inbound)
    note_papers(work, inbound)
    if inbound.cut_short and not work.silent and (work.letters_so_far or _cases_in_sight(work, inbound)):
        work.reply("files_too_large", megabytes=LARGEST_MAIL // 1_000_000)


def sort_mail(inbound: Inbound, known: Known, key: str, *, cause: str) -> Decision:
    """Staff have said what an unsorted mail asks for: it goes on as if it had been understood."""
    work = Work(known, inbound, cause=cause)
    work.outcome = SORTED
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


def _is_old(work: Work, inbound: Inbound) -> bool:
    return inbound.before_since


def _is_perhaps_automated(work: Work, inbound: Inbound) -> bool:
    return inbound.perhaps_automated


def _is_spam(work: Work, inbound: Inbound) -> bool:
    return inbound.spam


def _is_over_budget(work: Work, inbound: Inbound) -> bool:
    known = work.known
    return known.replies_this_hour >= REPLIES_AN_HOUR or known.replies_in_thread >= REPLIES_A_DAY_IN_A_THREAD


def _has_code(work: Work, inbound: Inbound) -> bool:
    """A code alone, beside the wish said again, or among the words of a reply to ours.

    One that is asked about ("who are you?") is not given.
    """
    reading = work.reading
    if not reading.codes or reading.act is Act.CODE:
        return bool(reading.codes)
    new, _ = split_repeats(work, reading.kinds)
    repeats = asks_for_rights(reading) and not new
    replies = bool(work.known.threaded) and "?" not in inbound.text
    return (
        (repeats or replies) and reading.act in (Act.OTHER, Act.REQUEST) and bool(candidates(work, inbound))
    )


def _asks_for_rights(work: Work, inbound: Inbound) -> bool:
    return asks_for_rights(work.reading)


def _wants_form(work: Work, inbound: Inbound) -> bool:
    """The form and nothing else, in a word or two."""
    return typed_command(inbound.text) == "form"


def _only_thanks(work: Work, inbound: Inbound) -> bool:
    return work.reading.act is Act.THANKS and bool(_cases_in_sight(work, inbound)) and not inbound.attachments


def _is_unsure(work: Work, inbound: Inbound) -> bool:
    return bool(work.reading.kinds or work.reading.candidates)


def _acts(act: Act) -> Callable[[Work, Inbound], bool]:
    return lambda work, _: work.reading.act is act


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


def _list_only(work: Work, inbound: Inbound) -> None:
    _list(work, inbound, "older_than_since")


def _list_silently(work: Work, inbound: Inbound) -> None:
    """Only its words say that a machine wrote it: no answer, no case, but staff may see otherwise."""
    _list(work, inbound, f"perhaps_{inbound.automated}")
    if _asks_for_rights(work, inbound):
        work.alert("unsorted", None, count=1)


def _hold_spam(work: Work, inbound: Inbound) -> None:
    """No answer to what the provider calls spam; a request in it still counts from its arrival."""
    if not work.reading.kinds:
        work.outcome = "spam"
        return
    request = _open(work, inbound)
    told = [Flag(str(special)) for special in work.reading.special]
    for case in work.cases_of(request):
        work.note(work.flag(case, Flag.SPAM, *told), Event.HELD, actor=MACHINE, reason=str(Flag.SPAM))


def _stay_silent(work: Work, inbound: Inbound) -> None:
    """The correspondent's budget is used up: everything is kept, nothing is answered, staff are told."""
    if _asks_for_rights(work, inbound) and held_for(work.reading):
        work.silent = True
        _take_special(work, inbound)
    elif _asks_for_rights(work, inbound):
        new, running = split_repeats(work, work.reading.kinds)
        for case in running:
            join(work, case, _text(work))
        if new:
            _open(work, inbound)
    elif work.reading.codes and candidates(work, inbound):
        # Whoever forges an address must not keep its owner from proving a request (docs/invariants.md 1.3).
        work.silent = True
        try_code(work, inbound, work.reading.codes)
    else:
        _list(work, inbound, "over_budget")
    if alarm_is_new(work.attempts(), "budget_alarm", inbound.peer, work.now):
        work.count("budget_alarm", inbound.peer, inbound.peer)
        work.alert(
            "reply_budget", None, count=max(work.known.replies_this_hour, work.known.replies_in_thread)
        )


def _take_code(work: Work, inbound: Inbound) -> None:
    """Judge the code; a right asked for in the same mail is proved by it too."""
    waiting = candidates(work, inbound)
    new, _ = split_repeats(work, work.reading.kinds if asks_for_rights(work.reading) else ())
    if new and held_for(work.reading):
        _take_special(work, inbound)
    elif new and len(waiting) == 1 and waiting[0].peer == inbound.peer:
        received_at, text = inbound.received_at, _text(work)
        open_request(work, inbound, new, received_at=received_at, text=text, into=waiting[0])
        share_proof(work, waiting[0], new)
    try_code(work, inbound, work.reading.codes)
    if work.outcome != Event.CODE_ACCEPTED or waiting[0].channel is not Channel.EMAIL:
        return
    missing = [case for case in work.cases_of(waiting[0]) if is_correction_without_value(case)]
    if missing:
        work.tell(waiting[0], "receipt_details", cases=summaries(missing))


def _take_request(work: Work, inbound: Inbound) -> None:
    inbound = _answering_the_draft(work, inbound)
    if held_for(work.reading):
        _take_special(work, inbound)
        return
    new, running = split_repeats(work, work.reading.kinds)
    awaited = [case for case in running if is_correction_without_value(case)]
    for case in running:
        join(work, case, _text(work))
    if new:
        request = _open(work, inbound)
        greet_company_contact(work, request)
        _prove(work, request, inbound)
        return
    request = work.request(running[0].request_id) or work.known.own[0]
    if request.verified_by is None:
        _prove(work, request, inbound)
    elif awaited and any(correction.new_value for correction in work.reading.corrections):
        # The value we asked for: said as a wish of its own, it is the same wish.
        work.reply("details_added", cases=summaries(awaited))
    else:
        work.reply("already_open", request=request, cases=summaries(running))


def _take_special(work: Work, inbound: Inbound) -> None:
    kinds, text = work.reading.kinds, _text(work)
    take_special(work, inbound, kinds, received_at=inbound.received_at, text=text)


def _says_for_whom(work: Work, inbound: Inbound) -> bool:
    """The wish was said before; now they say it is for somebody else."""
    return not work.reading.kinds and bool(held_for(work.reading)) and bool(_own_unproved(work, inbound))


def _own_unproved(work: Work, inbound: Inbound) -> list[Request]:
    """This sender's requests in sight that nobody has proved yet and that count as the sender's own."""
    ids = {case.request_id for case in _cases_in_sight(work, inbound) if not case.flags & FLAGS_FOR_OTHERS}
    return [request for request in work.known.own if request.id in ids and request.verified_by is None]


def _note_for_whom(work: Work, inbound: Inbound) -> None:
    for request in _own_unproved(work, inbound):
        note_special(work, request, _text(work))


def _answering_the_draft(work: Work, inbound: Inbound) -> Inbound:
    """The answer to "what would you like": the clock started with the mail that was not clear."""
    draft = work.conversation.draft
    # Staff sort a mail under a key made from its own: another's draft stays.
    if draft is None or (work.outcome == SORTED and not inbound.key.startswith(draft.key)):
        return inbound
    work.conversation = replace(work.conversation, asking=None, draft=None)
    if inbound.received_at - draft.received_at > DRAFT_KEPT and not inbound.answers:
        return inbound
    work.settle(draft.key)
    add_special_of(work, draft)
    return replace(inbound, received_at=min(inbound.received_at, draft.received_at))


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
        # The same receipt for every claim that is not the sender's own address (docs/invariants.md 1.2).
        hours = int(LIFETIME[Channel.EMAIL].total_seconds() // 3600)
        cases = summaries(work.cases_of(request))
        work.reply("receipt", request=request, cases=cases, hours=hours, sensitive=sensitive)


def _bans_something(work: Work, request: Request) -> bool:
    return any(case.kind is Kind.OPT_OUT for case in work.cases_of(request))


def _ask_back(work: Work, inbound: Inbound) -> None:
    """Ask once; who is still not understood is read by a person."""
    asked_before = work.conversation.asking is Asking.KIND
    _list(work, inbound, "asked_back")
    if asked_before:
        work.alert("unsorted", None, count=1)
        work.reply("human")
        return
    likely = tuple(dict.fromkeys((*work.reading.candidates, *work.reading.kinds)))
    draft = Draft(_text(work), inbound.received_at, work.known.claim, likely, inbound.key)
    work.conversation = replace(work.conversation, asking=Asking.KIND, draft=draft)
    work.reply("clarify")


def _tell_status(work: Work, inbound: Inbound) -> None:
    cases = own_cases(work) or lately_closed(work)
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


def _give_form(work: Work, inbound: Inbound) -> None:
    give_form(work, inbound, "")


def _hear_complaint(work: Work, inbound: Inbound) -> None:
    _list(work, inbound, "complaint")
    work.alert("unsorted", None, count=1)
    work.reply("complaint")


def _note_thanks(work: Work, inbound: Inbound) -> None:
    """Kept with the case; nobody needs to look, unless they wait for an answer."""
    for case in _cases_in_sight(work, inbound):
        case = work.flag(case, Flag.NEW_MESSAGE) if case.status is Status.WAITING else case
        work.note(case, Event.PERSON_WROTE, _text(work))


def _add_to_case(work: Work, inbound: Inbound) -> None:
    """More words about a running case: staff read them there. Only what we asked for is answered."""
    cases = _cases_in_sight(work, inbound)
    asked_for = [case for case in cases if case.verified_by and is_correction_without_value(case)]
    for case in cases:
        if case in asked_for:
            case = add_to_details(work, case, _text(work))
            work.flag(case, Flag.NEW_MESSAGE)
        else:
            told = held_for(work.reading) if case.flags & FLAGS_FOR_OTHERS else ()
            case = work.flag(case, Flag.NEW_MESSAGE, *(Flag(str(special)) for special in told))
            work.note(case, Event.PERSON_WROTE, _text(work))
    for case in [case for case in cases if Flag.NEW_MESSAGE not in case.flags][:1]:
        work.alert("new_message", work.case(case.id))
    if asked_for:
        work.reply("details_added", cases=summaries(asked_for))


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
    ("older_than_since", _is_old, _list_only),
    ("perhaps_automated", _is_perhaps_automated, _list_silently),
    ("spam", _is_spam, _hold_spam),
    ("over_budget", _is_over_budget, _stay_silent),
    ("code", _has_code, _take_code),
    ("form", _wants_form, _give_form),
    ("request", _asks_for_rights, _take_request),
    ("for_whom", _says_for_whom, _note_for_whom),
    ("unsure", _is_unsure, _ask_back),
    ("status", _acts(Act.STATUS), _tell_status),
    ("withdraw", _acts(Act.WITHDRAW), _note_withdrawal),
    ("human", _acts(Act.HUMAN), _call_human),
    ("complaint", _acts(Act.COMPLAINT), _hear_complaint),
    ("thanks", _only_thanks, _note_thanks),
    ("more_words", _continues_a_case, _add_to_case),
    ("unsorted", _always, _file_unsorted),
)
