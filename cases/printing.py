"""Letters staff print and post, or send by hand: those of a case again, and a few that only they can begin.

What can be begun stands in `BEGUN`. How a letter looks on paper is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from cases.answering import answer_address, post_address
from cases.desk import Desk
from cases.faults import TheirFault
from cases.model import Case, Channel, Event, Kind, Letter, Request, Route, Status
from cases.tasks import tasks_of
from cases.transitions import NotAllowedNow
from cases.work import Work

Context = dict[str, Any]


def print_letter(work: Work, desk: Desk, case: Case, request: Request) -> None:
    """Print a letter of the case, or one begun here; with `--mail` the latter goes by mail instead."""
    name = desk.order.get("name")
    written = _written(desk, name)
    if desk.order.has("mail"):
        _mail(work, desk, case, request, name)
        return
    if written is None:
        work.post(request, post_address(desk.customer), name, case=case, **_begin(desk, case, request, name))
        written = work.newest_letter
    work.note(case, Event.PRINTED, letter=name)
    work.touch(case)
    # On paper it goes where the person lives, whatever wire it went by before.
    work.print(replace(written, to=post_address(desk.customer) or written.to))


def _mail(work: Work, desk: Desk, case: Case, request: Request, name: str) -> None:
    to = answer_address(request)
    if not to:
        raise TheirFault("not_now", id=case.id, reason="no_mail")
    work.mail(request, to, name, case=case, **_begin(desk, case, request, name))
    work.touch(case)


def _written(desk: Desk, name: str) -> Letter | None:
    """The newest letter of that name. One with a code is never printed: paper lies about."""
    fitting = [
        letter
        for letter in desk.letters
        if letter.name == name and letter.route in (Route.MAIL, Route.POST) and not letter.code_issue
    ]
    return fitting[-1] if fitting else None


def _begin(desk: Desk, case: Case, request: Request, name: str) -> Context:
    begin = BEGUN.get(name)
    if begin is None:
        raise TheirFault("not_now", id=case.id, reason="no_such_letter")
    return begin(desk, case, request)


def _recipients_told(desk: Desk, case: Case, request: Request) -> Context:
    """Who was told, for a person who asks (GDPR Art. 19): only once nobody is left to be told."""
    tasks = tasks_of(desk.known.dated.get(case.id, ()))
    if not tasks or any(task.state == "open" for task in tasks):
        raise TheirFault("not_now", id=case.id, reason="tasks_are_open" if tasks else "no_such_task")
    shown = [task.shown(request.language) for task in tasks]
    return {
        "told": [one for one in shown if one["state"] == "done"],
        "skipped": [one for one in shown if one["state"] == "skipped"],
    }


def _restriction_ends(desk: Desk, case: Case, request: Request) -> Context:
    """Before a restriction is lifted the person is told (GDPR Art. 18(3))."""
    if case.kind is not Kind.RESTRICTION or case.status is not Status.ANSWERED:
        raise NotAllowedNow(Event.PRINTED, case.status)
    reason = desk.order.get("reason")
    if not reason:
        raise TheirFault("not_now", id=case.id, reason="reason_missing")
    return {"reason": reason}


def _signed_request(desk: Desk, case: Case, request: Request) -> Context:
    """The request to be signed, for those who would rather; never needed (docs/law.md 5)."""
    if not desk.known.shop.terms.signature_offered:
        raise TheirFault("not_now", id=case.id, reason="no_signatures")
    return {}


def _no_action(desk: Desk, case: Case, request: Request) -> Context:
    """For those who asked by phone or letter and never proved who they are: on paper, in time."""
    if case.verified_by is not None or request.channel in (Channel.CHAT, Channel.EMAIL):
        raise NotAllowedNow(Event.PRINTED, case.status)
    return {}


#: Letters that may be begun by hand, and what they must know.
BEGUN: Mapping[str, Callable[[Desk, Case, Request], Context]] = {
    "recipients_told": _recipients_told,
    "restriction_ends": _restriction_ends,
    "signed_request": _signed_request,
    "no_action": _no_action,
}
