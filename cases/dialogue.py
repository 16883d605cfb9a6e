"""The chat: which turn a message is, and what the customer is told next.

A turn is the first row of TURNS that fits. The dialogue asks for the next missing thing only: the wish, the
recorded address, the code. Whatever else is said in between is answered and leads back to that question.
Buttons are shortcuts; `phrases` has the words that do the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from cases.answers import (
    COMMANDS,
    add_details,
    add_words,
    answer_thanks,
    ask_withdrawal,
    call_human,
    choose_typed_language,
    explain_address,
    greet,
    hear_complaint,
    lead_back,
    not_understood,
    obey,
    press,
    settle_withdrawal,
    tell_status,
)
from cases.model import Act, Asking, Decision, Form, Inbound, Kind, Language, Reading
from cases.opening import asks_for_rights, held_for
from cases.phrases import (
    is_greeting,
    is_question,
    says_nothing_came,
    typed,
    typed_command,
    typed_language,
)
from cases.signing import brings_paper, take_paper
from cases.standing import (
    MASKED,
    cases_for_others,
    draft_of,
    in_progress,
    missing,
    own_cases,
    proved_cases,
    says_who,
)
from cases.unlocking import is_unlocking, take_passphrase_code
from cases.wishes import (
    ask_kind,
    keep_who,
    named_kinds,
    say_for_whom,
    send_code_again,
    take_address,
    take_code,
    take_likeliest_kind,
    take_named_kind,
    take_request,
    take_wish,
)
from cases.work import Known, Work

Turn = Callable[[Work, Inbound], None]

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


def converse(work: Work, inbound: Inbound) -> None:
    """One chat arrival to its outcome."""
    if inbound.form in (Form.BLOCKED, Form.UNBLOCKED):
        work.conversation = replace(work.conversation, blocked=inbound.form is Form.BLOCKED)
        work.outcome = str(inbound.form)
        return
    _set_language(work, inbound)
    if inbound.form in UNREADABLE and not (inbound.form in CAPTIONED and inbound.text):
        if brings_paper(work, inbound):
            work.outcome = "paper"
            take_paper(work, inbound)
            return
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
        press(work, inbound)
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


def _is_command(work: Work, inbound: Inbound) -> bool:
    return typed_command(inbound.text) is not None and not _answers_yes_or_no(work, inbound)


def _has_code(work: Work, inbound: Inbound) -> bool:
    asked_for_address = work.conversation.asking is Asking.ADDRESS
    if not work.reading.codes or asked_for_address:
        return False
    if work.reading.act in (Act.OTHER, Act.REQUEST):
        return work.conversation.asking is Asking.CODE
    return work.reading.act is Act.CODE


def _asks_for_rights(work: Work, inbound: Inbound) -> bool:
    return asks_for_rights(work.reading)


def _says_for_whom(work: Work, inbound: Inbound) -> bool:
    """The wish was said before; now they say it is for somebody else."""
    if work.reading.kinds or not held_for(work.reading):
        return False
    return draft_of(work) is not None or in_progress(work) is not None or bool(cases_for_others(work))


def _names_a_kind(work: Work, inbound: Inbound) -> bool:
    return work.conversation.asking is Asking.KIND and bool(named_kinds(work, inbound))


def _goes_on_without_naming(work: Work, inbound: Inbound) -> bool:
    """Asked which right is meant, the person says who they are: for them the wish has been said."""
    return draft_of(work) is not None and says_who(work) and not work.reading.kinds


def _acts(act: Act) -> Callable[[Work, Inbound], bool]:
    return lambda work, _: work.reading.act is act and not work.reading.kinds


def _answers_yes_or_no(work: Work, inbound: Inbound) -> bool:
    if work.conversation.asking is not Asking.CONFIRM_WITHDRAWAL or work.reading.kinds:
        return False
    return typed(inbound.text, "no", "yes") is not None or work.reading.act is Act.WITHDRAW


def _wants_code_again(work: Work, inbound: Inbound) -> bool:
    request = in_progress(work)
    if request is None or not request.claim or says_who(work):
        return False
    return typed(inbound.text, "resend") is not None


def _misses_the_code(work: Work, inbound: Inbound) -> bool:
    request = in_progress(work)
    waits = request is not None and bool(request.claim) and not says_who(work)
    return waits and says_nothing_came(inbound.text)


def _gives_claim(work: Work, inbound: Inbound) -> bool:
    return says_who(work) and in_progress(work) is not None


def _says_who_first(work: Work, inbound: Inbound) -> bool:
    """An address before any wish: it need not be said again."""
    return says_who(work) and not work.reading.candidates and not own_cases(work)


def _gives_details(work: Work, inbound: Inbound) -> bool:
    if work.conversation.asking is not Asking.DETAILS or not set(work.reading.kinds) <= {Kind.CORRECTION}:
        return False
    if says_who(work) and in_progress(work) is not None:
        # Who they are goes first: that may be what was asked.
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
    return missing(work) is not None


def _adds_to_a_case(work: Work, inbound: Inbound) -> bool:
    told = proved_cases(work) or cases_for_others(work)
    return bool(told) and len(inbound.text.split()) >= MORE_WORDS


def _always(work: Work, inbound: Inbound) -> bool:
    return True


#: Name, does it fit, what to do; the first that fits is the turn, and its name stands in the arrival's row.
TURNS: tuple[tuple[str, Callable[[Work, Inbound], bool], Turn], ...] = (
    ("confirm_withdrawal", _answers_yes_or_no, settle_withdrawal),
    ("typed_command", _is_command, obey),
    ("passphrase", is_unlocking, take_passphrase_code),
    ("code", _has_code, take_code),
    ("code_missed", _misses_the_code, send_code_again),
    ("details", _gives_details, add_details),
    ("request", _asks_for_rights, take_request),
    ("status", _acts(Act.STATUS), tell_status),
    ("withdraw", _acts(Act.WITHDRAW), ask_withdrawal),
    ("human", _acts(Act.HUMAN), call_human),
    ("for_whom", _says_for_whom, say_for_whom),
    ("kind_named", _names_a_kind, take_named_kind),
    ("kind_left_open", _goes_on_without_naming, take_likeliest_kind),
    ("claim", _gives_claim, take_address),
    ("claim_first", _says_who_first, keep_who),
    ("language", _chooses_language, choose_typed_language),
    ("code_again", _wants_code_again, send_code_again),
    ("unsure", _is_unsure, ask_kind),
    ("complaint", _acts(Act.COMPLAINT), hear_complaint),
    ("thanks", _acts(Act.THANKS), answer_thanks),
    ("greeting", _greets, greet),
    ("why_address", _asks_why, explain_address),
    ("missing", _misses_something, lead_back),
    ("more_words", _adds_to_a_case, add_words),
    ("not_understood", _always, not_understood),
)


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
