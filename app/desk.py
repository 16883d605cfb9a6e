"""Staff at work: one implementation of every verb, for the chat and the terminal alike.

`look` answers the verbs that change nothing; `act` gathers, rules and, unless only a preview is wanted,
commits. What the answer looks like is the face's business.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from app.house import House
from app.render import words
from cases.correspondence import sort_mail
from cases.decide import claim_of
from cases.dialogue import sort_chat
from cases.faults import TheirFault
from cases.model import (
    Act,
    Case,
    Channel,
    Claim,
    Conversation,
    Decision,
    Inbound,
    Kind,
    Letter,
    Reading,
    Route,
    Unsorted,
)  # fmt: skip
from cases.rulings import Desk, Entered, enter, rule
from cases.staff import VERBS, Order
from cases.understanding import understand
from cases.verification import one_time_code
from cases.work import Known, local_year
from storage import desk, gathering, saving
from storage.store import Transaction

HELSINKI = ZoneInfo("Europe/Helsinki")


@dataclass(frozen=True, slots=True)
class Going:
    """A letter a verb would send: to whom, by which wire, in which words."""

    name: str
    route: Route
    to: str
    subject: str
    body: str
    #: "queued" once committed.
    case_id: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a verb did, or would do."""

    case: Case
    letters: tuple[Going, ...]
    committed: bool


# -- looking --------------------------------------------------------------------------------------------------


async def queue(tx: Transaction, shops: Sequence[str], order: Order, actor: str, now: datetime) -> list[Case]:
    """The queue as the options ask for it."""
    return await desk.queue(
        tx,
        shops,
        everything=order.has("all"),
        overdue_on=now.astimezone(HELSINKI).date() if order.has("overdue") else None,
        assignee=actor if order.has("mine") else None,
        kind=Kind(order.get("kind")) if order.get("kind") else None,
    )


async def open_case(tx: Transaction, shops: Sequence[str], case_id: str) -> desk.Dossier:
    """One case with everything on it; raises TheirFault when there is none of that id."""
    found = await desk.dossier(tx, shops, case_id)
    if found is None:
        raise TheirFault("no_such_case", id=case_id)
    return found


def row_of(case: Case) -> dict[str, Any]:
    """A case as `queue --json` gives it (the contract's shape)."""
    return {
        "id": case.id,
        "shop": case.shop,
        "kind": str(case.kind),
        "status": str(case.status),
        "channel": str(case.channel),
        "language": str(case.language),
        "received_at": iso(case.received_at),
        "due": case.due.isoformat(),
        "safe_due": case.safe_due.isoformat(),
        "verified_by": str(case.verified_by) if case.verified_by else None,
        "assignee": case.assignee,
        "extended": case.extended,
        "flags": sorted(str(flag) for flag in case.flags),
    }


def view_of(dossier: desk.Dossier) -> dict[str, Any]:
    """A case as `case ID --json` gives it (the contract's shape)."""
    request = dossier.request
    chat = request.channel is Channel.CHAT
    return {
        **row_of(dossier.case),
        "request_id": request.id,
        "text": request.text,
        "details": dict(dossier.case.details),
        "requester": {
            "customer_id": request.customer_id,
            "name": request.customer_name,
            "email": request.proof.address or (request.peer if request.channel is Channel.EMAIL else ""),
            "telegram_id": int(request.peer) if chat and request.peer.lstrip("-").isdigit() else None,
            "claimed": request.claim.text,
        },
        "journal": [
            {
                "at": iso(entry.at),
                "event": str(entry.event),
                "actor": entry.actor,
                "note": entry.note or ", ".join(f"{k}: {_plain(v)}" for k, v in sorted(entry.data.items())),
            }
            for entry in dossier.journal
        ],
        "letters": [
            {
                "name": sent.letter.name,
                "to": sent.letter.to,
                "channel": "email" if sent.letter.route is Route.MAIL else "chat",
                "state": sent.state,
                "at": iso(sent.at),
            }
            for sent in dossier.letters
            if sent.letter.route is not Route.STAFF
        ],
    }


def unsorted_row(number: int, item: Unsorted) -> dict[str, Any]:
    """An unsorted message as `unsorted --json` gives it."""
    return {
        "n": number,
        "shop": item.shop,
        "channel": str(item.channel),
        "received_at": iso(item.received_at),
        "language": str(item.language),
        "reason": item.reason,
        "from": item.peer,
        "subject": item.subject,
        "text": item.text,
    }


def iso(moment: datetime) -> str:
    """ISO 8601 with the offset in Finland at that moment."""
    return moment.astimezone(HELSINKI).isoformat(timespec="seconds")


def _plain(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


# -- acting ---------------------------------------------------------------------------------------------------


async def act(
    tx: Transaction, house: House, order: Order, *, actor: str, cause: str, now: datetime, commit: bool
) -> Outcome:
    """Carry a verb out, or with `commit` false only say what it would send. Raises TheirFault."""
    if order.verb == "add":
        decision, channel = await _add(tx, house, order, actor=actor, cause=cause, now=now)
    elif order.verb == "sort":
        decision, channel = await _sort(tx, house, order, cause=cause, now=now)
    else:
        decision, channel = await _rule(tx, house, order, actor=actor, cause=cause, now=now)
    letters = tuple(
        _going(house, tx, letter) for letter in decision.letters if letter.route is not Route.STAFF
    )
    if commit:
        await saving.save(tx, decision, prefix=house.shop.prefix, channel=channel, now=now)
    return Outcome(_case_of(decision, order), letters, commit)


def needs_asking(order: Order) -> bool:
    """A verb that may send something is shown before it goes."""
    return VERBS[order.verb].sends


async def _rule(
    tx: Transaction, house: House, order: Order, *, actor: str, cause: str, now: datetime
) -> tuple[Decision, Channel]:
    dossier = await open_case(tx, [house.shop.profile], order.case_id)
    request = dossier.request
    related = await gathering.requests_by_customer(tx, house.shop.profile, request)
    cases = await gathering.cases_of(tx, [request.id, *(r.id for r in related)])
    known = Known(
        shop=house.shop,
        now=now,
        code_key=tx.vault.code_key,
        conversation=await gathering.conversation(tx, house.shop.profile, request.channel, request.peer),
        reading=Reading(lang=request.lang_seen),
        own=(request,),
        related=related,
        cases=cases,
        dated=await gathering.dated_entries(tx, [case.id for case in cases]),
    )
    return rule(Desk(known, order, actor, cause, dossier.case, request)), request.channel


async def _add(
    tx: Transaction, house: House, order: Order, *, actor: str, cause: str, now: datetime
) -> tuple[Decision, Channel]:
    claim = Claim(email=order.get("email").strip().casefold(), customer_id=order.get("customer"))
    received_at = read_moment(order.get("received"))
    channel = Channel(order.get("channel") or "phone")
    known = Known(
        shop=house.shop,
        now=now,
        code_key=tx.vault.code_key,
        conversation=Conversation(house.shop.profile, channel, cause),
        reading=Reading(lang=""),
        next_numbers=await gathering.next_numbers(tx, house.shop.prefix, {local_year(received_at)}),
    )
    entered = Entered(
        kind=Kind(order.get("kind")),
        received_at=received_at,
        channel=channel,
        claim=claim,
        text=understand(order.get("note")).safe_text if order.get("note") else "",
        match=await gathering.find_customers(tx, house.shop.profile, claim) if claim else (),
    )
    return enter(known, entered, cause=cause, actor=actor), channel


async def _sort(
    tx: Transaction, house: House, order: Order, *, cause: str, now: datetime
) -> tuple[Decision, Channel]:
    """Staff say what an unsorted message asks for; from there it goes the way it would have gone by itself."""
    item = await desk.one_unsorted(tx, [house.shop.profile], order.number)
    if item is None:
        raise TheirFault("no_such_message", id=str(order.number))
    inbound = Inbound(
        key=f"{item.key}/sorted",
        shop=item.shop,
        channel=item.channel,
        peer=item.peer,
        received_at=item.received_at,
        text=item.text,
        subject=item.subject,
        message_id=item.message_id,
    )
    talk = await gathering.conversation(tx, item.shop, item.channel, item.peer)
    kind = Kind(order.get("kind"))
    seen = understand(item.text, subject=item.subject, channel=str(item.channel), language=str(item.language))
    reading = replace(
        seen, kinds=(kind,), act=Act.REQUEST, sure=True, why=(*seen.why, f"sorted_by_staff: {kind}")
    )
    turn = gathering.Turn(inbound, reading, talk, claim_of(inbound, reading, talk))
    known = await gathering.gather(tx, house.shop, turn, now)
    sort = sort_mail if item.channel is Channel.EMAIL else sort_chat
    return sort(inbound, known, item.key, cause=cause), item.channel


def _going(house: House, tx: Transaction, letter: Letter) -> Going:
    text = words(house, letter, tx.vault.code_key)
    body = text.body
    if letter.code_issue:
        # Staff never see a code: whoever knows it could pass for the person.
        body = body.replace(one_time_code(tx.vault.code_key, letter.request_id, letter.code_issue), "••••••")
    return Going(letter.name, letter.route, letter.to, text.subject, body, letter.case_id)


def _case_of(decision: Decision, order: Order) -> Case:
    wanted = next((case for case in decision.cases if case.id == order.case_id), None)
    found = wanted or (decision.cases[0] if decision.cases else None)
    if found is None:
        raise TheirFault("not_now", id=order.case_id)
    return found


def read_moment(text: str) -> datetime:
    """A moment as staff type it; without an offset it is Finnish time. Raises TheirFault."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise TheirFault("usage", usage=VERBS["add"].usage, reason="--received 2026-11-20T14:30") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=HELSINKI)


def today(now: datetime) -> date:
    """The day in Finland."""
    return now.astimezone(HELSINKI).date()
