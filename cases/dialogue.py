"""The chat: which turn a message is, and what the customer is told next.

A turn is the first row of TURNS that fits. The dialogue asks for the next missing thing only: the wish, the
recorded address, the code. Buttons are shortcuts; TYPED has the words that do the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from cases.model import (
    CLOSED,
    Act,
    Asking,
    Case,
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
from cases.opening import TEXT_KEPT, join, open_request, split_repeats
from cases.proving import hide_codes, send_code, share_proof, take_claim, try_code
from cases.understanding import understand
from cases.verification import LIFETIME, tries_left
from cases.work import Known, Work, summaries

Turn = Callable[[Work, Inbound], None]

#: What may be typed instead of pressing a button.
TYPED: dict[str, frozenset[str]] = {
    "yes": frozenset({"kyllä", "kylla", "joo", "juu", "ok", "okei", "yes", "yep", "peru", "vahvistan"}),
    "no": frozenset({"ei", "en", "älä", "ala", "no", "nope", "keep", "pidä"}),
    "resend": frozenset(
        {"uudelleen", "uusi", "uuden", "uudestaan", "koodi", "koodia", "koodin", "again", "resend", "code"}
    ),
    "lang:fi": frozenset({"suomi", "suomeksi", "finnish", "fi"}),
    "lang:en": frozenset({"english", "englanti", "englanniksi", "en"}),
}

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
        work.outcome = f"command:{name}" if name in COMMANDS else "command:unknown"
        COMMANDS.get(name, _not_understood_command)(work, inbound, argument)
        return
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


def _has_code(work: Work, inbound: Inbound) -> bool:
    asked_for_address = work.conversation.asking is Asking.ADDRESS
    if not work.reading.codes or asked_for_address:
        return False
    return work.reading.act is Act.CODE or (
        work.conversation.asking is Asking.CODE and not work.reading.kinds
    )


def _asks_for_rights(work: Work, inbound: Inbound) -> bool:
    return bool(work.reading.kinds) and work.reading.sure


def _names_a_kind(work: Work, inbound: Inbound) -> bool:
    return work.conversation.asking is Asking.KIND and len(_named_kinds(work)) == 1


def _named_kinds(work: Work) -> tuple[Kind, ...]:
    return work.reading.kinds or work.reading.candidates[:1]


def _acts(act: Act) -> Callable[[Work, Inbound], bool]:
    return lambda work, inbound: work.reading.act is act and not work.reading.kinds


def _answers_yes_or_no(work: Work, inbound: Inbound) -> bool:
    if work.conversation.asking is not Asking.CONFIRM_WITHDRAWAL:
        return False
    return _typed(inbound) in ("yes", "no") or work.reading.act is Act.WITHDRAW


def _wants_code_again(work: Work, inbound: Inbound) -> bool:
    return work.conversation.asking is Asking.CODE and not work.known.claim and _typed(inbound) == "resend"


def _gives_claim(work: Work, inbound: Inbound) -> bool:
    return bool(work.known.claim) and in_progress(work) is not None


def _gives_details(work: Work, inbound: Inbound) -> bool:
    return work.conversation.asking is Asking.DETAILS and work.reading.act in (Act.OTHER, Act.REQUEST)


def _is_unsure(work: Work, inbound: Inbound) -> bool:
    return bool(work.reading.candidates or work.reading.kinds)


def _chooses_language(work: Work, inbound: Inbound) -> bool:
    return len(inbound.text.split()) <= 2 and (_typed(inbound) or "").startswith("lang:")


def _is_asked_for_address(work: Work, inbound: Inbound) -> bool:
    return work.conversation.asking is Asking.ADDRESS and in_progress(work) is not None


def _is_asked_for_code(work: Work, inbound: Inbound) -> bool:
    return work.conversation.asking is Asking.CODE and in_progress(work) is not None


def _always(work: Work, inbound: Inbound) -> bool:
    return True


def _typed(inbound: Inbound) -> str | None:
    """The button a typed message stands for."""
    words = set(re.findall(r"\w+", inbound.text.casefold()))
    return next((button for button, typed in TYPED.items() if words & typed), None)


# -- turns ----------------------------------------------------------------------------------------------------


def _take_code(work: Work, inbound: Inbound) -> None:
    try_code(work, inbound, work.reading.codes)


def _take_request(work: Work, inbound: Inbound) -> None:
    take_wish(work, inbound, work.reading.kinds, received_at=inbound.received_at, text=work.reading.safe_text)


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
            work.reply("already_open" if request.verified_by else "tries_spent", cases=summaries(running))
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
    _settle_kind(work, inbound, _named_kinds(work)[0])


def _settle_kind(work: Work, inbound: Inbound, kind: Kind) -> None:
    """The wish is named: go on with the message that first raised it, from when it arrived."""
    draft = work.conversation.draft
    if draft is None:
        work.reading = replace(work.reading, kinds=(kind,), act=Act.REQUEST, sure=True)
        take_wish(work, inbound, (kind,), received_at=inbound.received_at, text=work.reading.safe_text)
        return
    first = understand(draft.text, channel="chat", language=str(work.language))
    why = (*first.why, f"named_by_the_person: {kind}")
    work.reading = replace(first, kinds=(kind,), act=Act.REQUEST, sure=True, why=why)
    take_wish(work, inbound, (kind,), received_at=draft.received_at, text=draft.text)


def _ask_kind(work: Work, inbound: Inbound) -> None:
    """Not sure enough to open a case: keep the message and its arrival, show it to staff, and ask back."""
    reading = work.reading
    likely = tuple(dict.fromkeys((*reading.candidates, *reading.kinds)))
    text = hide_codes(work, reading.safe_text)[:TEXT_KEPT]
    work.conversation = replace(
        work.conversation,
        asking=Asking.KIND,
        draft=Draft(text, inbound.received_at, work.known.claim, likely, inbound.key),
    )
    work.list_unsorted(
        Unsorted(
            inbound.key, work.shop.profile, inbound.channel, inbound.peer, inbound.received_at, work.language, text,
            reason="asked_back",
        )
    )  # fmt: skip
    keyboard = tuple((f"kind:{kind}",) for kind in likely[:4]) + (("human",),)
    work.reply("ask_kind", keyboard=keyboard, kinds=[str(kind) for kind in likely])


def _tell_status(work: Work, inbound: Inbound) -> None:
    cases = own_cases(work)
    proved = [c for c in cases if c.verified_by is not None or c.status is Status.ANSWERED]
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


def _ask_withdrawal(work: Work, inbound: Inbound) -> None:
    named = [c for c in own_cases(work) if c.id in work.reading.case_ids]
    cases = named or own_cases(work)
    if not cases:
        work.reply("withdraw_none")
        return
    about = tuple(case.id for case in cases)
    work.conversation = replace(work.conversation, asking=Asking.CONFIRM_WITHDRAWAL, about=about)
    work.reply("withdraw_ask", keyboard=YES_NO, cases=summaries(cases))


def _settle_withdrawal(work: Work, inbound: Inbound) -> None:
    kept = _typed(inbound) == "no" or inbound.payload == "no"
    cases = [c for i in work.conversation.about if (c := work.case(i)) and c.status not in CLOSED]
    work.conversation = replace(work.conversation, asking=None, about=())
    if kept or not cases:
        work.reply("withdraw_kept")
        return
    cases = [work.note(case, Event.WITHDRAWN) for case in cases]
    work.conversation = replace(work.conversation, request_id="")
    work.reply("withdrawn", cases=summaries(cases))


def _call_human(work: Work, inbound: Inbound) -> None:
    cases = own_cases(work)
    for case in cases:
        work.note(work.flag(case, Flag.HUMAN_WANTED), Event.HUMAN_WANTED)
    work.alert("human_wanted", work.case(cases[0].id) if cases else None)
    work.reply("human")


def _add_details(work: Work, inbound: Inbound) -> None:
    """What was missing of a correction: kept with the case, word for word, beside what could be read from it."""
    text = hide_codes(work, work.reading.safe_text)[:TEXT_KEPT]
    corrections = [{"field": c.name, "new_value": c.new_value} for c in work.reading.corrections]
    cases = []
    for case_id in work.conversation.about:
        case = work.case(case_id)
        if case is None or case.status in CLOSED:
            continue
        case = work.note(case, Event.PERSON_WROTE, text)
        details = {**case.details, "said_later": text}
        if corrections:
            details["corrections"] = corrections
        cases.append(work.put(replace(case, details=details)))
    work.conversation = replace(work.conversation, asking=None, about=())
    work.reply("details_added" if cases else "not_understood", cases=summaries(cases))


def _hear_complaint(work: Work, inbound: Inbound) -> None:
    text = hide_codes(work, work.reading.safe_text)[:TEXT_KEPT]
    work.list_unsorted(
        Unsorted(
            inbound.key, work.shop.profile, inbound.channel, inbound.peer, inbound.received_at, work.language, text,
            reason="complaint",
        )
    )  # fmt: skip
    work.alert("unsorted", None, count=1)
    work.reply("complaint")


def _answer_thanks(work: Work, inbound: Inbound) -> None:
    work.reply("thanks")


def _ask_address_again(work: Work, inbound: Inbound) -> None:
    work.reply("ask_address_again", request=in_progress(work))


def _remind_of_code(work: Work, inbound: Inbound) -> None:
    work.reply("code_reminder", request=in_progress(work), keyboard=WAITING_FOR_CODE)


def _not_understood(work: Work, inbound: Inbound) -> None:
    work.reply("not_understood", keyboard=KIND_BUTTONS)


def _not_understood_command(work: Work, inbound: Inbound, argument: str) -> None:
    work.reply("not_understood", keyboard=KIND_BUTTONS)


def _choose_typed_language(work: Work, inbound: Inbound) -> None:
    _choose_language(work, Language((_typed(inbound) or "lang:fi").partition(":")[2]))


#: Name, does it fit, what to do; the first that fits is the turn, and its name stands in the arrival's row.
TURNS: tuple[tuple[str, Callable[[Work, Inbound], bool], Turn], ...] = (
    ("confirm_withdrawal", _answers_yes_or_no, _settle_withdrawal),
    ("code", _has_code, _take_code),
    ("request", _asks_for_rights, _take_request),
    ("status", _acts(Act.STATUS), _tell_status),
    ("withdraw", _acts(Act.WITHDRAW), _ask_withdrawal),
    ("human", _acts(Act.HUMAN), _call_human),
    ("details", _gives_details, _add_details),
    ("kind_named", _names_a_kind, _take_named_kind),
    ("claim", _gives_claim, _take_claim),
    ("code_again", _wants_code_again, _send_code_again),
    ("unsure", _is_unsure, _ask_kind),
    ("complaint", _acts(Act.COMPLAINT), _hear_complaint),
    ("thanks", _acts(Act.THANKS), _answer_thanks),
    ("language", _chooses_language, _choose_typed_language),
    ("address_unclear", _is_asked_for_address, _ask_address_again),
    ("code_unclear", _is_asked_for_code, _remind_of_code),
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
        _choose_language(work, Language(named.partition(":")[2]))


def _choose_language(work: Work, language: Language) -> None:
    work.conversation = replace(work.conversation, language=language, language_chosen=True)
    request = in_progress(work)
    if request is not None:
        work.keep(replace(request, language=language))
    work.reply("language_set")


def _status(work: Work, inbound: Inbound, argument: str) -> None:
    _tell_status(work, inbound)


def _cancel(work: Work, inbound: Inbound, argument: str) -> None:
    """Forget the dialogue; what it was still proving is taken back, what is proved goes on."""
    request, draft = in_progress(work), work.conversation.draft
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
        _settle_kind(work, inbound, Kind(value))
    elif name == "lang" and value in set(Language):
        _choose_language(work, Language(value))
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
    seen = _spoken(work.reading, inbound)
    clear = len(inbound.text.split()) >= 3 or bool(work.reading.kinds)
    if seen is not None and (known is None or clear):
        work.conversation = replace(work.conversation, language=seen)


def _spoken(reading: Reading, inbound: Inbound) -> Language | None:
    said = inbound.form in (Form.TEXT, *CAPTIONED) and bool(inbound.text)
    if said and reading.lang in set(Language):
        return Language(reading.lang)
    if said and reading.lang == "mixed":
        return Language.FI
    if inbound.language_hint:
        return Language.FI if inbound.language_hint.startswith(("fi", "sv")) else Language.EN
    return None


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _note_sensitive(work: Work) -> None:
    masked = [kind for kind in work.reading.sensitive if kind in MASKED]
    if masked:
        work.reply("sensitive_note", kinds=masked)
