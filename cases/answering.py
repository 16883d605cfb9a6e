"""How a request is answered, right by right: what is done, what the letter says, who else must be told.

One row a right in `ANSWERS`; refusal and more time stand beside. The words are `templates`' business, and what
each letter must say by law is checked there. Which verb leads here stands in `rulings`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cases import corrections, erasure
from cases.addresses import normalise_email
from cases.desk import Desk
from cases.faults import TheirFault
from cases.model import (
    Case,
    Channel,
    Customer,
    Event,
    Flag,
    Ground,
    Kind,
    Purpose,
    Request,
    Suppression,
)  # fmt: skip
from cases.opening import FLAGS_FOR_OTHERS, MARKETING
from cases.tasks import open_tasks, tasks_of
from cases.unlocking import LOCKED
from cases.work import HELSINKI, Work

Context = dict[str, Any]


def complete(work: Work, desk: Desk, case: Case, request: Request) -> None:
    """Answer what was asked, in whole or in part (GDPR Art. 12(3), 15-22)."""
    order = desk.order
    partly = _partly(desk, case)
    case = work.note(case, Event.ANSWERED, order.get("note"), **_ground(partly))
    if is_unknown(case, desk):
        _send(work, desk, case, request, "answer_no_data", {"note": order.get("note")})
        return
    name, context = ANSWERS[case.kind](work, desk, case, request)
    said = {"note": order.get("note"), "enclosed": list(desk.enclosed), **partly, **context}
    _send(work, desk, work.case(case.id) or case, request, name, said, to=_answer_to(desk, case, request))


def refuse(work: Work, desk: Desk, case: Case, request: Request) -> None:
    """Say no, with reasons and the way to complain (GDPR Art. 12(4)-(5))."""
    order = desk.order
    ground = Ground(order.get("ground"))
    if is_absolute(case) and not (ground is Ground.NOT_IDENTIFIED and case.verified_by is None):
        raise TheirFault("not_now", id=case.id, reason="opt_out_cannot_be_refused")
    if ground is Ground.NOT_IDENTIFIED and case.verified_by is not None:
        raise TheirFault("not_now", id=case.id, reason="identity_is_proved")
    reach(case, request)
    case = work.note(case, Event.REFUSED, order.get("reason"), ground=str(ground))
    context: Context = {"ground": str(ground), "reason": order.get("reason")}
    if case.kind is Kind.CORRECTION and work.shop.terms.certifies_refusals:
        asked = [dict(c) for c in case.details.get("corrections", ())]
        _send(work, desk, case, request, "refusal_certificate", {**context, "corrections": asked})
    else:
        _send(work, desk, case, request, "answer_refused", context)


def is_absolute(case: Case) -> bool:
    """A ban on direct marketing, which nobody may refuse (Art. 21(3)); without named purposes it is all of it."""
    purposes = {Purpose(purpose) for purpose in case.details.get("purposes", ())}
    if case.kind is Kind.OPT_OUT:
        return not purposes or bool(purposes & MARKETING)
    # Profiling for other ends than marketing can be weighed (Art. 21(1)).
    return case.kind is Kind.OBJECTION and bool(purposes & (MARKETING - {Purpose.PROFILING}))


def is_unknown(case: Case, desk: Desk) -> bool:
    """The address is proved and no record answers to it; a ban on marketing holds all the same."""
    return (
        case.kind is not Kind.OPT_OUT
        and Flag.NO_RECORD in case.flags
        and desk.customer is None
        and not desk.enclosed
    )


def answer_address(request: Request) -> str:
    """Where the answer goes: the proven address (docs/law.md 7), or the mail it came from; empty: nowhere by mail."""
    if request.verified_by is not None and request.proof.address:
        return request.proof.address
    return request.peer if request.channel is Channel.EMAIL else ""


def reach(case: Case, request: Request) -> str:
    """Where a notice with reasons goes; empty: staff must post it.

    To somebody unproved in chat there is nowhere: what may be said there is `reject-identity`'s letter.
    """
    to = answer_address(request)
    if not to and request.channel is Channel.CHAT and case.verified_by is None:
        raise TheirFault("not_now", id=case.id, reason="no_address")
    return to


def say_in_chat(work: Work, request: Request, name: str, case: Case, **context: Any) -> None:
    """That there is mail, to whoever asked in chat; the mail's content never goes there (docs/invariants.md 3)."""
    if request.channel is Channel.CHAT:
        work.tell(request, name, case=case, **context)


# -- right by right -------------------------------------------------------------------------------------------


def _access(work: Work, desk: Desk, case: Case, request: Request) -> tuple[str, Context]:
    return "answer_access", {}


def _portability(work: Work, desk: Desk, case: Case, request: Request) -> tuple[str, Context]:
    return "answer_portability", {}


def _correction(work: Work, desk: Desk, case: Case, request: Request) -> tuple[str, Context]:
    """Each field's old and new value; the old contact address hears of a new one."""
    values = corrections.wanted(case, desk.order.get("set"))
    statement = desk.order.get("statement")
    if not values and not statement:
        raise TheirFault("not_now", id=case.id, reason="no_value")
    changed = corrections.changes(desk.customer, values, proved=request.proof.address)
    if desk.customer is not None:
        for one in corrections.applied(desk.customer, values, work.shop.profile, case.id, work.now):
            work.correct(one)
            case = work.note(case, Event.CORRECTED, column=one.column)
    case = open_tasks(work, case, again=True)
    old = next((normalise_email(one.old) for one in changed if one.name == "email"), "")
    replaced = bool(old) and desk.customer is not None
    to_old = _answer_to(desk, case, request) == old
    if replaced and not to_old:
        work.mail(request, old, "address_changed", case=case)
    return "answer_correction", {
        "corrected": [{"field": one.name, "old": one.old, "new": one.new} for one in changed],
        "disputed": statement,
        "told": _told(work, case, request),
        "old_address": replaced and to_old,
    }


def _erasure(work: Work, desk: Desk, case: Case, request: Request) -> tuple[str, Context]:
    today = work.now.astimezone(HELSINKI).date()
    plan = erasure.plan(desk.customer, desk.orders, work.shop.terms, today, twins=desk.twins)
    case = open_tasks(work, case)
    suppressed = _keep_ban(work, case, request)
    return "answer_erasure", {
        "erased": list(plan.erased),
        "anonymised": list(plan.anonymised),
        "kept": [_shown_kept(one) for one in plan.kept],
        "public_posts": plan.public_posts,
        "suppressed": suppressed,
        "told": _told(work, case, request),
    }


def _opt_out(work: Work, desk: Desk, case: Case, request: Request) -> tuple[str, Context]:
    case = open_tasks(work, case)
    return "answer_opt_out", {"told": _told(work, case, request)}


def _restriction(work: Work, desk: Desk, case: Case, request: Request) -> tuple[str, Context]:
    case = open_tasks(work, case)
    return "answer_restriction", {"told": _told(work, case, request)}


def _objection(work: Work, desk: Desk, case: Case, request: Request) -> tuple[str, Context]:
    if is_absolute(case):
        case = open_tasks(work, case)
    return "answer_objection", {"told": _told(work, case, request)}


ANSWERS: Mapping[Kind, Callable[[Work, Desk, Case, Request], tuple[str, Context]]] = {
    Kind.ACCESS: _access,
    Kind.CORRECTION: _correction,
    Kind.ERASURE: _erasure,
    Kind.OPT_OUT: _opt_out,
    Kind.RESTRICTION: _restriction,
    Kind.PORTABILITY: _portability,
    Kind.OBJECTION: _objection,
}


def _shown_kept(one: erasure.Kept) -> dict[str, Any]:
    """What stays, as letters and lists show it: dates as ISO text, empty where there is none."""
    return {
        "item": one.item,
        "rule": str(one.rule),
        "until": one.until.isoformat() if one.until else "",
        "at_latest": one.at_latest.isoformat() if one.at_latest else "",
        "orders": list(one.orders),
    }


# -- what they share ------------------------------------------------------------------------------------------


def _partly(desk: Desk, case: Case) -> dict[str, str]:
    """The ground and the reason of an answer in part; both or neither. Raises TheirFault."""
    given = {name: desk.order.get(name) for name in ("ground", "reason") if desk.order.get(name)}
    if len(given) == 1:
        raise TheirFault("not_now", id=case.id, reason="ground_and_reason")
    if given and is_absolute(case):
        raise TheirFault("not_now", id=case.id, reason="opt_out_cannot_be_refused")
    return given


def _ground(partly: Mapping[str, str]) -> dict[str, str]:
    return {"ground": partly["ground"]} if partly else {}


def _told(work: Work, case: Case, request: Request) -> list[dict[str, Any]]:
    """Who is being told, in the person's language; what is opened by this answer included."""
    tasks = tasks_of(work.derived_from(case))
    # Who is told a second time is named once.
    newest = {task.recipient: task for task in tasks}
    shown = [task.shown(request.language) for task in newest.values() if task.state != "skipped"]
    return [{"name": one["name"], "what": one["what"], "only_if": one["only_if"]} for one in shown]


def _keep_ban(work: Work, case: Case, request: Request) -> bool:
    """A minimal entry outlives the erasure, so that no list bought or restored sends marketing again."""
    address = request.proof.address
    if not address:
        return False
    purposes = tuple(p for p in Purpose if p in MARKETING)
    work.suppress(
        Suppression(request.shop, address, purposes, "final", case.id, work.now, request.customer_id)
    )
    work.note(case, Event.SUPPRESSED, state="final", purposes=[str(p) for p in purposes])
    return True


def _answer_to(desk: Desk, case: Case, request: Request) -> str:
    """The proven address; a new one that the person wrote from themselves, where that is what was corrected."""
    proven = answer_address(request)
    if case.kind is Kind.CORRECTION and request.channel is Channel.EMAIL and request.verified_by is not None:
        new = corrections.wanted(case, desk.order.get("set")).get("email", "")
        if new and normalise_email(new) == request.peer:
            return request.peer
    return proven


def _send(
    work: Work, desk: Desk, case: Case, request: Request, name: str, context: Context, *, to: str = ""
) -> None:
    """By mail where there is an address, else on paper; whoever asked in chat hears that it is there."""
    to = to or answer_address(request)
    if to:
        work.mail(request, to, name, case=case, **context)
        if context.get("enclosed"):
            case = work.add_details(work.case(case.id) or case, **{LOCKED: work.newest_letter.key})
        if case.flags & FLAGS_FOR_OTHERS:
            # It is in the mailbox of whoever they wrote for, and so would be a code for the password.
            say_in_chat(work, request, "case_answered_for", case)
        else:
            say_in_chat(work, request, "case_answered", case, locked=bool(context.get("enclosed")))
    elif request.channel is not Channel.CHAT or case.verified_by is not None:
        work.post(request, post_address(desk.customer), name, case=case, **context)


def post_address(customer: Customer | None) -> str:
    """Name and postal address, a line each; empty where the register has none."""
    if customer is None:
        return ""
    town = " ".join(filter(None, (customer.postal_code, customer.city)))
    return "\n".join(filter(None, (customer.name, customer.street, town, customer.country)))
