"""The chat: which turn a message is, and what the customer is told next.

A turn is the first row of TURNS that fits. The dialogue asks for the next missing thing only: the wish, the
recorded address, the code. Whatever else is said in between is answered and leads back to that question.
Buttons are shortcuts; `phrases` has the words that do the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from cases.model import (
    CLOSED,
    Act,
    Asking,
    Case,
    Channel,
    Claim,
    Decision,
    Draft,
    Event,
    Flag,
    Form,
    Inbound,
    Kind,
    Language,
    Reading,
    Request,
    Status,
    Unsorted,
)  # fmt: skip
from cases.opening import (
    TEXT_KEPT,
    add_to_details,
    asks_for_rights,
    is_correction_without_value,
    join,
    open_request,
    split_repeats,
)  # fmt: skip
from cases.phrases import (
    TYPED,
    chosen,
    is_greeting,
    is_question,
    says_nothing_came,
    typed,
    typed_command,
    typed_language,
)
from cases.proving import candidates, hide_codes, send_code, share_proof, take_claim, try_code
from cases.understanding import understand
from cases.verification import LIFETIME, tries_left
from cases.work import Known, Work, summaries

Turn = Callable[[Work, Inbound], None]

KIND_BUTTONS: tuple[tuple[str, ...], ...] = (
    ("kind:access", "kind:erasure"),
    ("kind:correction", "kind:opt_out"),
    ("kind:restriction", "kind:objection"),
    ("kind:portability", "human"),
)
YES_NO = (("yes", "no"),)
WAITING_FOR_CODE = (("resend",),)
LANGUAGES = (("lang:fi", "lang:en"),)

#: Things that cannot be read: what is answered. None: nothing is said.
UNREADABLE: dict[Form, str | None] = {
    Form.EDITED: "edited",
    Form.PHOTO: "photo",
    Form.VOICE: "voice",
    Form.VIDEO: "video",
    Form.STICKER: "sticker",
    Form.DOCUMENT: "document",
    Form.CONTACT: "contact",
    Form.LOCATION: "location",
    Form.UNSUPPORTED: "unsupported",
    Form.GROUP: "group",
    Form.CHANNEL_POST: None,
}

#: Forms whose caption is read like a message.
CAPTIONED = frozenset({Form.PHOTO, Form.VIDEO, Form.VOICE, Form.DOCUMENT})

#: Telegram cuts a message here, counting UTF-16 units; what is this long may have lost its end.
TELEGRAM_LIMIT = 4096

#: So many words said of nothing we can read are kept with the running case; fewer say too little.
MORE_WORDS = 4

#: Only these are worth a note to the customer: health words are no numbers to be masked.
MASKED = ("hetu", "payment_card", "passport")


def converse(work: Work, inbound: Inbound) -> None:
    """One chat arrival to its outcome."""
    if inbound.form in (Form.BLOCKED, Form.UNBLOCKED):
        work.conversation = replace(work.conversation, blocked=inbound.form is Form.BLOCKED)
        work.outcome = str(inbound.form)
        return
    _set_language(work, inbound)
    if inbound.form in UNREADABLE and not (inbound.form in CAPTIONED and inbound.text):
        work.outcome = f"unreadable:{inbound.form}"
        letter = UNREADABLE[inbound.form]
        if letter is not None and (inbound.form is not Form.GROUP or inbound.payload):
            work.reply(letter)
        return
    if inbound.form is Form.COMMAND:
        name, *rest = inbound.text.lstrip("/").split(maxsplit=1) or [""]
        name, argument = name.lower(), rest[0] if rest else ""
        if name in COMMANDS and not (argument and work.reading.kinds):
            work.outcome = f"command:{name}"
            COMMANDS[name](work, inbound, argument)
            return
        # A slash before words is no reason not to read them: "/order 12 poista tietoni".
        inbound = replace(inbound, form=Form.TEXT)
        _set_language(work, inbound)
    if inbound.form is Form.BUTTON:
        work.outcome = f"button:{inbound.payload.partition(':')[0]}"
        _press(work, inbound)
        return
    _note_sensitive(work)
    if _units(inbound.text) >= TELEGRAM_LIMIT:
        work.reply("too_long")
    name, turn = next((name, turn) for name, fits, turn in TURNS if fits(work, inbound))
    work.outcome = name
    turn(work, inbound)


def sort_chat(inbound: Inbound, known: Known, key: str, *, cause: str) -> Decision:
    """Staff have said what an unclear chat message asks for: it goes on as if it had been understood."""
    work = Work(known, inbound, cause=cause)
    work.outcome = "sorted"
    work.settle(key)
    take_wish(
        work, inbound, known.reading.kinds, received_at=inbound.received_at, text=known.reading.safe_text
    )
    return work.decision()


# -- which turn is it -----------------------------------------------------------------------------------------


def in_progress(work: Work) -> Request | None:
    """The request this dialogue is still proving."""
    request = work.request(work.conversation.request_id)
    if request is None or request.verified_by is not None or tries_left(request.proof, own=False) < 1:
        return None
    return request if any(c.status not in CLOSED for c in work.cases_of(request)) else None


def _is_command(work: Work, inbound: Inbound) -> bool:
    return typed_command(inbound.text) is not None and not _answers_yes_or_no(work, inbound)


def _has_code(work: Work, inbound: Inbound) -> bool:
    asked_for_address = work.conversation.asking is Asking.ADDRESS
    if not work.reading.codes or asked_for_address:
        return False
    return work.reading.act is Act.CODE or work.conversation.asking is Asking.CODE


def _asks_for_rights(work: Work, inbound: Inbound) -> bool:
    return asks_for_rights(work.reading)


def _draft(work: Work) -> Draft | None:
    """The unclear wish that was asked back about."""
    draft = work.conversation.draft
    return draft if draft is not None and draft.text and work.conversation.asking is Asking.KIND else None


def _named_kinds(work: Work, inbound: Inbound) -> tuple[Kind, ...]:
    """The rights an answer to "which of these" names."""
    draft = _draft(work)
    picked = chosen(inbound.text, draft.candidates if draft else ())
    if picked or work.conversation.asking is not Asking.KIND:
        return picked
    return work.reading.kinds if len(work.reading.kinds) == 1 else ()


def _names_a_kind(work: Work, inbound: Inbound) -> bool:
    return work.conversation.asking is Asking.KIND and bool(_named_kinds(work, inbound))


def _goes_on_without_naming(work: Work, inbound: Inbound) -> bool:
    """Asked which right is meant, the person says who they are: for them the wish has been said."""
    return _draft(work) is not None and _says_who(work) and not work.reading.kinds


def _says_who(work: Work) -> bool:
    """This message itself says who the person is; a claim may also stand in the draft."""
    reading, draft = work.reading, work.conversation.draft
    if reading.claimed_email or reading.claimed_customer or reading.claimed_order:
        return True
    return bool(work.known.claim) and (draft is None or work.known.claim != draft.claim)


def _acts(act: Act) -> Callable[[Work, Inbound], bool]:
    return lambda work, _: work.reading.act is act and not work.reading.kinds


def _answers_yes_or_no(work: Work, inbound: Inbound) -> bool:
    if work.conversation.asking is not Asking.CONFIRM_WITHDRAWAL or work.reading.kinds:
        return False
    return typed(inbound.text, "no", "yes") is not None or work.reading.act is Act.WITHDRAW


def _wants_code_again(work: Work, inbound: Inbound) -> bool:
    request = in_progress(work)
    if request is None or not request.claim or _says_who(work):
        return False
    return typed(inbound.text, "resend") is not None


def _misses_the_code(work: Work, inbound: Inbound) -> bool:
    request = in_progress(work)
    waits = request is not None and bool(request.claim) and not _says_who(work)
    return waits and says_nothing_came(inbound.text)


def _gives_claim(work: Work, inbound: Inbound) -> bool:
    return _says_who(work) and in_progress(work) is not None


def _says_who_first(work: Work, inbound: Inbound) -> bool:
    """An address before any wish: it need not be said again."""
    return _says_who(work) and not work.reading.candidates and not own_cases(work)


def _gives_details(work: Work, inbound: Inbound) -> bool:
    if work.conversation.asking is not Asking.DETAILS or not set(work.reading.kinds) <= {Kind.CORRECTION}:
        return False
    return work.reading.act in (Act.OTHER, Act.REQUEST) and not is_greeting(inbound.text)


def _is_unsure(work: Work, inbound: Inbound) -> bool:
    return bool(work.reading.candidates or work.reading.kinds)


def _chooses_language(work: Work, inbound: Inbound) -> bool:
    return typed_language(inbound.text) is not None and not work.reading.kinds


def _greets(work: Work, inbound: Inbound) -> bool:
    return is_greeting(inbound.text)


def _asks_why(work: Work, inbound: Inbound) -> bool:
    request = in_progress(work)
    asked = work.conversation.asking is Asking.ADDRESS
    return asked and request is not None and is_question(inbound.text)


def _misses_something(work: Work, inbound: Inbound) -> bool:
    return _missing(work) is not None


def _adds_to_a_case(work: Work, inbound: Inbound) -> bool:
    return bool(_proved_cases(work)) and len(inbound.text.split()) >= MORE_WORDS


def _always(work: Work, inbound: Inbound) -> bool:
    return True


# -- turns ----------------------------------------------------------------------------------------------------


def _take_code(work: Work, inbound: Inbound) -> None:
    """Judge the code; a right asked for in the same breath is proved by it too."""
    request, kinds = in_progress(work), work.reading.kinds
    new, _ = split_repeats(work, kinds if asks_for_rights(work.reading) else ())
    if new and request is not None:
        text = hide_codes(work, work.reading.safe_text)
        open_request(work, inbound, new, received_at=inbound.received_at, text=text, into=request)
        share_proof(work, request, new)
    waiting = candidates(work, inbound)
    try_code(work, inbound, work.reading.codes)
    if work.outcome == Event.CODE_ACCEPTED and waiting[0].channel is Channel.CHAT:
        # Who they are need not be said again for the next wish; the code is asked for each time.
        work.conversation = replace(work.conversation, draft=_who(inbound, waiting[0].claim))


def _take_request(work: Work, inbound: Inbound) -> None:
    draft, text, received_at = _draft(work), work.reading.safe_text, inbound.received_at
    if draft is not None:
        # It answers our question about an earlier message, which is when the clock started.
        text, received_at = f"{draft.text}\n{text}", min(draft.received_at, received_at)
    take_wish(work, inbound, work.reading.kinds, received_at=received_at, text=text)


def _who(inbound: Inbound, claim: Claim) -> Draft:
    """A draft without a wish: only who the person is, kept for the wish to come."""
    return Draft("", inbound.received_at, claim)


def take_wish(
    work: Work, inbound: Inbound, kinds: tuple[Kind, ...], *, received_at: datetime, text: str
) -> None:
    """Open what is asked for the first time, join what is asked again, then ask for the next missing thing."""
    text = hide_codes(work, text)
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
    claim = work.known.claim or (draft.claim if draft else Claim())
    if claim:
        _prove(work, request, claim)
    elif request.claim:
        _await_code(work, share_proof(work, request, new))
    else:
        work.conversation = replace(work.conversation, asking=Asking.ADDRESS)
        work.reply("ask_address", request=request, cases=summaries(work.cases_of(request)))


def _take_claim(work: Work, inbound: Inbound) -> None:
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


def _send_code_again(work: Work, inbound: Inbound) -> None:
    request = in_progress(work)
    if request is None or not request.claim:
        work.reply("stale_button")
        return
    _await_code(work, send_code(work, request))


def _take_named_kind(work: Work, inbound: Inbound) -> None:
    _settle_kinds(work, inbound, _named_kinds(work, inbound), "named_by_the_person")


def _take_likeliest_kind(work: Work, inbound: Inbound) -> None:
    draft = work.conversation.draft
    kinds = draft.candidates[:1] if draft else ()
    _settle_kinds(work, inbound, kinds, "likeliest_of_several")


def _settle_kinds(work: Work, inbound: Inbound, kinds: tuple[Kind, ...], how: str) -> None:
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


def _ask_kind(work: Work, inbound: Inbound) -> None:
    """Not sure enough to open a case: keep the message and its arrival, show it to staff, and ask back."""
    reading, draft = work.reading, _draft(work)
    likely = tuple(dict.fromkeys((*reading.candidates, *reading.kinds)))
    if draft is not None and set(likely) <= set(draft.candidates):
        _ask_kind_again(work, inbound)
        return
    text = hide_codes(work, reading.safe_text)[:TEXT_KEPT]
    if draft is None:
        claim = work.known.claim
        draft = Draft(text, inbound.received_at, claim, likely, inbound.key)
        _list(work, inbound, "asked_back")
    else:
        draft = replace(draft, text=f"{draft.text}\n{text}"[:TEXT_KEPT], candidates=likely)
    _offer(work, draft)


def _ask_kind_again(work: Work, inbound: Inbound) -> None:
    """Asked once and still not clear: offer every right; asked twice, a person has to read it."""
    draft = _draft(work)
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


def _keep_who(work: Work, inbound: Inbound) -> None:
    """Who the person is, said before the wish: kept for it, while the wish is asked for."""
    draft = _who(inbound, work.known.claim)
    work.conversation = replace(work.conversation, asking=Asking.KIND, draft=draft)
    work.reply("ask_kind", keyboard=KIND_BUTTONS, kinds=[str(kind) for kind in Kind])


def _list(work: Work, inbound: Inbound, reason: str) -> None:
    text = hide_codes(work, work.reading.safe_text)[:TEXT_KEPT]
    work.list_unsorted(
        Unsorted(
            inbound.key, work.shop.profile, inbound.channel, inbound.peer, inbound.received_at, work.language, text,
            reason=reason,
        )
    )  # fmt: skip


def _tell_status(work: Work, inbound: Inbound) -> None:
    if _draft(work) is not None:
        _ask_kind_again(work, inbound)
        return
    cases = own_cases(work) or lately_closed(work)
    proved = [c for c in cases if c.verified_by is not None]
    waiting = [c for c in cases if c not in proved]
    if proved:
        work.reply("status", cases=summaries(proved))
    if waiting:
        work.reply("status_unverified", cases=summaries(waiting))
    if not cases:
        work.reply("status_none")


def own_cases(work: Work) -> list[Case]:
    """The running cases of whoever is writing."""
    own = {request.id for request in work.known.own}
    return [c for c in work.all_cases() if c.request_id in own and c.status not in CLOSED]


def lately_closed(work: Work) -> list[Case]:
    """When nothing runs: the cases of the newest request that was proved, so that "answered" can be told."""
    proved = [request for request in work.known.own if request.verified_by is not None]
    return work.cases_of(proved[0]) if proved else []


def _proved_cases(work: Work) -> list[Case]:
    return [case for case in own_cases(work) if case.verified_by is not None]


def _as_may_be_said(cases: list[Case]) -> list[dict[str, Any]]:
    """Summaries that tell somebody unproved nothing: one word for every status (design.md 4.2)."""
    return [
        s if c.verified_by is not None else {**s, "status": str(Status.RECEIVED)}
        for s, c in zip(summaries(cases), cases, strict=True)
    ]


def _ask_withdrawal(work: Work, inbound: Inbound) -> None:
    named = [c for c in own_cases(work) if c.id in work.reading.case_ids]
    cases = named or own_cases(work)
    if not cases and _draft(work) is not None:
        _cancel(work, inbound, "")
        return
    if not cases:
        work.reply("withdraw_none")
        return
    about = tuple(case.id for case in cases)
    work.conversation = replace(work.conversation, asking=Asking.CONFIRM_WITHDRAWAL, about=about)
    _confirm_withdrawal(work, inbound)


def _confirm_withdrawal(work: Work, inbound: Inbound) -> None:
    work.reply("withdraw_ask", keyboard=YES_NO, cases=summaries(_about(work)))


def _about(work: Work) -> list[Case]:
    """The running cases the last question was about."""
    return [c for i in work.conversation.about if (c := work.case(i)) and c.status not in CLOSED]


def _settle_withdrawal(work: Work, inbound: Inbound) -> None:
    kept = "no" in (typed(inbound.text, "no", "yes"), inbound.payload)
    cases = _about(work)
    work.conversation = replace(work.conversation, asking=None, about=())
    if not kept and cases:
        cases = [work.note(case, Event.WITHDRAWN) for case in cases]
        work.reply("withdrawn", cases=summaries(cases))
    else:
        work.reply("withdraw_kept")
    _resume(work)


def _resume(work: Work) -> None:
    """After something in between: the dialogue waits again for what the request in progress misses."""
    request = in_progress(work)
    asking = None if request is None else Asking.CODE if request.claim else Asking.ADDRESS
    request_id = work.conversation.request_id if request else ""
    work.conversation = replace(work.conversation, asking=asking, request_id=request_id)


def _call_human(work: Work, inbound: Inbound) -> None:
    cases = own_cases(work)
    new = [case for case in cases if Flag.HUMAN_WANTED not in case.flags]
    for case in cases:
        work.note(work.flag(case, Flag.HUMAN_WANTED), Event.HUMAN_WANTED)
    if new or not cases:
        work.alert("human_wanted", work.case(cases[0].id) if cases else None)
    if not cases and _draft(work) is None and inbound.text:
        # Staff need something to answer to.
        _list(work, inbound, "human_wanted")
    work.reply("human")


def _add_details(work: Work, inbound: Inbound) -> None:
    """What was missing of a correction: kept with the case, word for word, beside what could be read from it."""
    text = hide_codes(work, work.reading.safe_text)[:TEXT_KEPT]
    cases = [add_to_details(work, case, text) for case in _about(work)]
    work.conversation = replace(work.conversation, asking=None, about=())
    if cases:
        work.reply("details_added", cases=summaries(cases))
    else:
        _not_understood(work, inbound)


def _add_words(work: Work, inbound: Inbound) -> None:
    """More words of somebody whose request runs: staff read them on the case."""
    text = hide_codes(work, work.reading.safe_text)[:TEXT_KEPT]
    cases = _proved_cases(work)
    for case in cases:
        work.note(work.flag(case, Flag.NEW_MESSAGE), Event.PERSON_WROTE, text)
    work.reply("details_added", cases=summaries(cases))


def _hear_complaint(work: Work, inbound: Inbound) -> None:
    _list(work, inbound, "complaint")
    work.alert("unsorted", None, count=1)
    work.reply("complaint")


def _answer_thanks(work: Work, inbound: Inbound) -> None:
    if work.conversation.asking in (Asking.ADDRESS, Asking.KIND, Asking.CONFIRM_WITHDRAWAL):
        _lead_back(work, inbound)
    else:
        work.reply("thanks")


def _greet(work: Work, inbound: Inbound) -> None:
    if _missing(work) is None:
        _start(work, inbound, "")
    else:
        _lead_back(work, inbound)


def _missing(work: Work) -> Asking | None:
    """What the dialogue still needs to go on."""
    asking, request = work.conversation.asking, in_progress(work)
    if asking is Asking.CONFIRM_WITHDRAWAL and _about(work):
        return asking
    if _draft(work) is not None:
        return Asking.KIND
    if request is not None:
        return Asking.CODE if request.claim else Asking.ADDRESS
    return asking if asking is Asking.DETAILS and _about(work) else None


def _lead_back(work: Work, inbound: Inbound) -> None:
    """Ask again for the missing thing, in other words than at first."""
    missing = _missing(work)
    if missing is not None:
        REMINDERS[missing](work, inbound)


def _explain_address(work: Work, inbound: Inbound) -> None:
    """The question again with its reason, for who asks back or has just changed the language."""
    request = in_progress(work)
    cases = work.cases_of(request) if request else []
    work.reply("ask_address", request=request, cases=summaries(cases))


def _ask_address_again(work: Work, inbound: Inbound) -> None:
    work.reply("ask_address_again", request=in_progress(work))


def _remind_of_code(work: Work, inbound: Inbound) -> None:
    work.reply("code_reminder", request=in_progress(work), keyboard=WAITING_FOR_CODE)


def _ask_details_again(work: Work, inbound: Inbound) -> None:
    work.reply(
        "receipt_details", cases=summaries([c for c in _about(work) if is_correction_without_value(c)])
    )


#: How the missing thing is asked for again.
REMINDERS: dict[Asking, Turn] = {
    Asking.CONFIRM_WITHDRAWAL: _confirm_withdrawal,
    Asking.KIND: _ask_kind_again,
    Asking.ADDRESS: _ask_address_again,
    Asking.CODE: _remind_of_code,
    Asking.DETAILS: _ask_details_again,
}


def _not_understood(work: Work, inbound: Inbound) -> None:
    work.reply("not_understood", keyboard=KIND_BUTTONS)


def _choose_typed_language(work: Work, inbound: Inbound) -> None:
    _choose_language(work, inbound, Language(typed_language(inbound.text) or Language.FI))


def _obey(work: Work, inbound: Inbound) -> None:
    COMMANDS[typed_command(inbound.text) or "help"](work, inbound, "")


#: Name, does it fit, what to do; the first that fits is the turn, and its name stands in the arrival's row.
TURNS: tuple[tuple[str, Callable[[Work, Inbound], bool], Turn], ...] = (
    ("confirm_withdrawal", _answers_yes_or_no, _settle_withdrawal),
    ("typed_command", _is_command, _obey),
    ("code", _has_code, _take_code),
    ("code_missed", _misses_the_code, _send_code_again),
    ("details", _gives_details, _add_details),
    ("request", _asks_for_rights, _take_request),
    ("status", _acts(Act.STATUS), _tell_status),
    ("withdraw", _acts(Act.WITHDRAW), _ask_withdrawal),
    ("human", _acts(Act.HUMAN), _call_human),
    ("kind_named", _names_a_kind, _take_named_kind),
    ("kind_left_open", _goes_on_without_naming, _take_likeliest_kind),
    ("claim", _gives_claim, _take_claim),
    ("claim_first", _says_who_first, _keep_who),
    ("language", _chooses_language, _choose_typed_language),
    ("code_again", _wants_code_again, _send_code_again),
    ("unsure", _is_unsure, _ask_kind),
    ("complaint", _acts(Act.COMPLAINT), _hear_complaint),
    ("thanks", _acts(Act.THANKS), _answer_thanks),
    ("greeting", _greets, _greet),
    ("why_address", _asks_why, _explain_address),
    ("missing", _misses_something, _lead_back),
    ("more_words", _adds_to_a_case, _add_words),
    ("not_understood", _always, _not_understood),
)


# -- commands and buttons -------------------------------------------------------------------------------------


def _start(work: Work, inbound: Inbound, argument: str) -> None:
    work.reply("start", keyboard=KIND_BUTTONS)


def _help(work: Work, inbound: Inbound, argument: str) -> None:
    work.reply("help", keyboard=KIND_BUTTONS)


def _privacy(work: Work, inbound: Inbound, argument: str) -> None:
    work.reply("privacy")


def _language(work: Work, inbound: Inbound, argument: str) -> None:
    words = argument.casefold().split()
    named = next((b for b in ("lang:fi", "lang:en") for word in words if word in TYPED[b]), None)
    if named is None:
        work.reply("language_ask", keyboard=LANGUAGES)
    else:
        _choose_language(work, inbound, Language(named.partition(":")[2]))


def _choose_language(work: Work, inbound: Inbound, language: Language) -> None:
    work.conversation = replace(work.conversation, language=language, language_chosen=True)
    request = in_progress(work)
    if request is not None:
        work.keep(replace(request, language=language))
    work.reply("language_set")
    # The question before was in a language that may not have been understood.
    if _missing(work) is Asking.ADDRESS:
        _explain_address(work, inbound)
    else:
        _lead_back(work, inbound)


def _status(work: Work, inbound: Inbound, argument: str) -> None:
    _tell_status(work, inbound)


def _cancel(work: Work, inbound: Inbound, argument: str) -> None:
    """Forget the dialogue; what it was still proving is taken back, what is proved goes on."""
    request, draft = in_progress(work), _draft(work)
    work.conversation = replace(work.conversation, asking=None, about=(), draft=None, request_id="")
    if request is None and draft is None:
        work.reply("cancel_none")
        return
    if draft is not None:
        work.settle(draft.key)
    cases = [c for c in work.cases_of(request) if c.status not in CLOSED] if request else []
    cases = [work.note(case, Event.WITHDRAWN) for case in cases]
    work.reply("cancelled", cases=summaries(cases))


COMMANDS: dict[str, Callable[[Work, Inbound, str], None]] = {
    "start": _start,
    "help": _help,
    "privacy": _privacy,
    "language": _language,
    "status": _status,
    "cancel": _cancel,
}


def _press(work: Work, inbound: Inbound) -> None:
    name, _, value = inbound.payload.partition(":")
    asking = work.conversation.asking
    if name == "kind" and value in set(Kind):
        _settle_kinds(work, inbound, (Kind(value),), "named_by_the_person")
    elif name == "lang" and value in set(Language):
        _choose_language(work, inbound, Language(value))
    elif name in ("yes", "no") and asking is Asking.CONFIRM_WITHDRAWAL:
        _settle_withdrawal(work, inbound)
    elif name == "resend" and asking is Asking.CODE:
        _send_code_again(work, inbound)
    elif name == "human":
        _call_human(work, inbound)
    else:
        work.reply("stale_button")


# -- language and sensitive numbers ---------------------------------------------------------------------------


def _set_language(work: Work, inbound: Inbound) -> None:
    """Follow the language that is written, unless one was chosen with /language."""
    known = work.conversation.language
    if work.conversation.language_chosen:
        return
    seen = _spoken(work.reading, inbound) or (_hinted(inbound) if known is None else None)
    clear = len(inbound.text.split()) >= 3 or bool(work.reading.kinds)
    if seen is not None and (known is None or clear):
        work.conversation = replace(work.conversation, language=seen)


def _spoken(reading: Reading, inbound: Inbound) -> Language | None:
    said = inbound.form in (Form.TEXT, *CAPTIONED) and bool(inbound.text)
    if said and reading.lang in set(Language):
        return Language(reading.lang)
    if said and reading.lang == "mixed":
        return Language.FI
    return None


def _hinted(inbound: Inbound) -> Language | None:
    """The language the Telegram client is set to."""
    if inbound.language_hint:
        return Language.FI if inbound.language_hint.startswith(("fi", "sv")) else Language.EN
    return None


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _note_sensitive(work: Work) -> None:
    masked = [kind for kind in work.reading.sensitive if kind in MASKED]
    if masked:
        work.reply("sensitive_note", kinds=masked)
