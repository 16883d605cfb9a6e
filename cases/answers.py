"""Everything else a chat is answered: status, withdrawal, people, thanks, commands, buttons.

What is said in between leads back to what the request in progress still misses (`REMINDERS`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from cases.model import CLOSED, Asking, Event, Flag, Inbound, Kind, Language
from cases.opening import TEXT_KEPT, add_to_details, is_correction_without_value, take_back
from cases.phrases import (
    KIND_BUTTONS,
    LANGUAGES,
    TYPED,
    WAITING_FOR_CODE,
    YES_NO,
    typed,
    typed_command,
    typed_language,
)
from cases.proving import hide_codes
from cases.signing import give_form
from cases.special import add_to_held
from cases.standing import (
    asked_about,
    cases_for_others,
    draft_of,
    in_progress,
    lately_closed,
    missing,
    own_cases,
    proved_cases,
)
from cases.unlocking import ask_passphrase
from cases.wishes import ask_kind_again, list_for_staff, send_code_again, settle_kinds
from cases.work import Work, summaries

Turn = Callable[[Work, Inbound], None]


def _start(work: Work, inbound: Inbound, argument: str) -> None:
    work.reply("start", keyboard=KIND_BUTTONS)


def _help(work: Work, inbound: Inbound, argument: str) -> None:
    work.reply("help", keyboard=KIND_BUTTONS)


def _privacy(work: Work, inbound: Inbound, argument: str) -> None:
    work.reply("privacy")


def tell_status(work: Work, inbound: Inbound) -> None:
    """Where the writer's requests stand; one coarse word for what is not proved."""
    if draft_of(work) is not None:
        ask_kind_again(work, inbound)
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


def ask_withdrawal(work: Work, inbound: Inbound) -> None:
    """Make sure before taking back the cases named, or all that run."""
    named = [c for c in own_cases(work) if c.id in work.reading.case_ids]
    cases = named or own_cases(work)
    if not cases and draft_of(work) is not None:
        _cancel(work, inbound, "")
        return
    if not cases:
        work.reply("withdraw_none")
        return
    about = tuple(case.id for case in cases)
    work.conversation = replace(work.conversation, asking=Asking.CONFIRM_WITHDRAWAL, about=about)
    _confirm_withdrawal(work, inbound)


def _confirm_withdrawal(work: Work, inbound: Inbound) -> None:
    work.reply("withdraw_ask", keyboard=YES_NO, cases=summaries(asked_about(work)))


def settle_withdrawal(work: Work, inbound: Inbound) -> None:
    """The answer to that question; anything but a yes keeps the cases."""
    kept = "no" in (typed(inbound.text, "no", "yes"), inbound.payload)
    cases = asked_about(work)
    work.conversation = replace(work.conversation, asking=None, about=())
    if not kept and cases:
        cases = [take_back(work, case) for case in cases]
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


def _cancel(work: Work, inbound: Inbound, argument: str) -> None:
    """Forget the dialogue; what it was still proving is taken back, what is proved goes on."""
    request, draft = in_progress(work), draft_of(work)
    work.conversation = replace(work.conversation, asking=None, about=(), draft=None, request_id="")
    if request is None and draft is None:
        work.reply("cancel_none")
        return
    if draft is not None:
        work.settle(draft.key)
    cases = [c for c in work.cases_of(request) if c.status not in CLOSED] if request else []
    cases = [take_back(work, case) for case in cases]
    work.reply("cancelled", cases=summaries(cases))


def call_human(work: Work, inbound: Inbound) -> None:
    """Staff hear of it, once a case; the dialogue may still go on."""
    cases = own_cases(work)
    new = [case for case in cases if Flag.HUMAN_WANTED not in case.flags]
    for case in cases:
        work.note(work.flag(case, Flag.HUMAN_WANTED), Event.HUMAN_WANTED)
    if new or not cases:
        work.alert("human_wanted", work.case(cases[0].id) if cases else None)
    if not cases and draft_of(work) is None and inbound.text:
        # Staff need something to answer to.
        list_for_staff(work, inbound, "human_wanted")
    work.reply("human")


def add_details(work: Work, inbound: Inbound) -> None:
    """What was missing of a correction: kept with the case, word for word, beside what could be read from it."""
    text = hide_codes(work, work.reading.safe_text)[:TEXT_KEPT]
    cases = [add_to_details(work, case, text) for case in asked_about(work)]
    for case in cases:
        if case.kind is not Kind.CORRECTION and Flag.NEW_MESSAGE not in case.flags:
            # Staff asked, and wait for it.
            work.alert("new_message", work.flag(case, Flag.NEW_MESSAGE))
    work.conversation = replace(work.conversation, asking=None, about=())
    if cases:
        work.reply("details_added", cases=summaries(cases))
    else:
        not_understood(work, inbound)


def add_words(work: Work, inbound: Inbound) -> None:
    """More words of somebody whose request runs: staff read them on the case."""
    text = hide_codes(work, work.reading.safe_text)[:TEXT_KEPT]
    proved, others = proved_cases(work), cases_for_others(work)
    for case in proved:
        work.note(work.flag(case, Flag.NEW_MESSAGE), Event.PERSON_WROTE, text)
    add_to_held(work, others, text)
    work.reply("details_added", cases=summaries([*proved, *others]))


def hear_complaint(work: Work, inbound: Inbound) -> None:
    """A complaint is read by a person."""
    list_for_staff(work, inbound, "complaint")
    work.alert("unsorted", None, count=1)
    work.reply("complaint")


def answer_thanks(work: Work, inbound: Inbound) -> None:
    """Thanks need no answer while a code is awaited, and end nothing that is still missing."""
    if work.conversation.asking in (Asking.ADDRESS, Asking.KIND, Asking.CONFIRM_WITHDRAWAL):
        lead_back(work, inbound)
    else:
        work.reply("thanks")


def greet(work: Work, inbound: Inbound) -> None:
    """A greeting gets one, or the open question."""
    if missing(work) is None:
        _start(work, inbound, "")
    else:
        lead_back(work, inbound)


def explain_address(work: Work, inbound: Inbound) -> None:
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
        "receipt_details", cases=summaries([c for c in asked_about(work) if is_correction_without_value(c)])
    )


#: How the missing thing is asked for again.
REMINDERS: dict[Asking, Turn] = {
    Asking.CONFIRM_WITHDRAWAL: _confirm_withdrawal,
    Asking.KIND: ask_kind_again,
    Asking.ADDRESS: _ask_address_again,
    Asking.CODE: _remind_of_code,
    Asking.DETAILS: _ask_details_again,
}


def lead_back(work: Work, inbound: Inbound) -> None:
    """Ask again for the missing thing, in other words than at first."""
    needed = missing(work)
    if needed is not None:
        REMINDERS[needed](work, inbound)


def not_understood(work: Work, inbound: Inbound) -> None:
    """What can be asked for, with its buttons."""
    work.reply("not_understood", keyboard=KIND_BUTTONS)


def _language(work: Work, inbound: Inbound, argument: str) -> None:
    words = argument.casefold().split()
    named = next((b for b in ("lang:fi", "lang:en") for word in words if word in TYPED[b]), None)
    if named is None:
        work.reply("language_ask", keyboard=LANGUAGES)
    else:
        _choose_language(work, inbound, Language(named.partition(":")[2]))


def choose_typed_language(work: Work, inbound: Inbound) -> None:
    """A language named in a few words."""
    _choose_language(work, inbound, Language(typed_language(inbound.text) or Language.FI))


def _choose_language(work: Work, inbound: Inbound, language: Language) -> None:
    work.conversation = replace(work.conversation, language=language, language_chosen=True)
    request = in_progress(work)
    if request is not None:
        work.keep(replace(request, language=language))
    work.reply("language_set")
    # The question before was in a language that may not have been understood.
    if missing(work) is Asking.ADDRESS:
        explain_address(work, inbound)
    else:
        lead_back(work, inbound)


def _status(work: Work, inbound: Inbound, argument: str) -> None:
    tell_status(work, inbound)


COMMANDS: dict[str, Callable[[Work, Inbound, str], None]] = {
    "start": _start,
    "help": _help,
    "privacy": _privacy,
    "language": _language,
    "status": _status,
    "form": give_form,
    "password": ask_passphrase,
    "cancel": _cancel,
}


def obey(work: Work, inbound: Inbound) -> None:
    """A command typed without its slash."""
    COMMANDS[typed_command(inbound.text) or "help"](work, inbound, "")


def press(work: Work, inbound: Inbound) -> None:
    """A button; one whose question was settled says so."""
    name, _, value = inbound.payload.partition(":")
    asking = work.conversation.asking
    if name == "kind" and value in set(Kind):
        settle_kinds(work, inbound, (Kind(value),), "named_by_the_person")
    elif name == "lang" and value in set(Language):
        _choose_language(work, inbound, Language(value))
    elif name in ("yes", "no") and asking is Asking.CONFIRM_WITHDRAWAL:
        settle_withdrawal(work, inbound)
    elif name == "resend" and asking is Asking.CODE:
        send_code_again(work, inbound)
    elif name == "human":
        call_human(work, inbound)
    else:
        work.reply("stale_button")
