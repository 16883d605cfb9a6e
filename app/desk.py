"""Staff at work: one implementation of every verb, for the chat and the terminal alike.

`queue` and `open_case` answer the verbs that change nothing; `act` gathers, rules and, unless only a preview
is wanted, commits. What the answer looks like is the face's business.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from app.enclosing import Holdings, attached, carries, copy_of, enclose, passphrase_of
from app.house import House, furnish
from app.lawful import refuse_unlawful
from app.moments import moment_from
from app.render import Text, words
from app.settings import Settings
from app.shapes import iso, row_of, unsorted_row, view_of
from cases.addresses import normalise_email
from cases.answering import answer_address
from cases.correspondence import sort_mail
from cases.decide import claim_of
from cases.desk import Desk
from cases.dialogue import sort_chat
from cases.erasure import Plan
from cases.erasure import plan as plan_of
from cases.faults import TheirFault
from cases.model import (
    CLOSED,
    Act,
    Case,
    Channel,
    Claim,
    Conversation,
    Customer,
    Decision,
    Inbound,
    Kind,
    Letter,
    Reading,
    Request,
    Route,
)  # fmt: skip
from cases.model import Order as RegisterOrder
from cases.rulings import Entered, enter, rule
from cases.staff import VERBS, Order
from cases.tasks import tasks_of
from cases.understanding import mask, understand
from cases.verification import one_time_code
from cases.work import Known, local_year, summary
from papers.archive import File
from storage import desk, gathering, looking, people, register, saving
from storage.store import Transaction

__all__ = [
    "HELSINKI", "Going", "Outcome", "act", "iso", "needs_asking", "open_case", "queue", "read_moment", "row_of",
    "today", "unsorted_row", "view_of",
]  # fmt: skip

HELSINKI = ZoneInfo("Europe/Helsinki")


@dataclass(frozen=True, slots=True)
class Going:
    """A letter a verb would send: to whom, by which wire, in which words."""

    name: str
    route: Route
    to: str = field(repr=False)
    subject: str
    body: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a verb did, or would do."""

    case: Case
    letters: tuple[Going, ...]
    committed: bool
    #: What goes along, locked: the names inside, and each file as it is.
    files: tuple[File, ...] = ()
    #: What opens them; for staff, who tell it by another way than the mail.
    passphrase: str = field(default="", repr=False)

    @property
    def seal(self) -> str:
        """Differs as soon as anything that a preview shows does: the case, its dates, a letter's words."""
        case = self.case
        shown = [case.id, str(case.status), case.due.isoformat()]
        shown += [f"{going.name}\0{going.to}\0{going.subject}\0{going.body}" for going in self.letters]
        shown += [f"{file.name}\0{hashlib.sha256(file.content).hexdigest()}" for file in self.files]
        return hashlib.sha256("\1".join(shown).encode()).hexdigest()


#: Options in staff's own words.
FREE_TEXT = frozenset({"reason", "how", "note", "impossible", "statement", "set"})


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


async def erasure_plan(
    tx: Transaction, dossier: desk.Dossier, settings: Settings, now: datetime
) -> Plan | None:
    """What an erasure that is not answered yet would erase and keep; None for any other case."""
    case = dossier.case
    if case.kind is not Kind.ERASURE or case.status in CLOSED:
        return None
    terms = furnish(settings.shop(case.shop)).shop.terms
    customer, twins, orders = await _record(tx, case.shop, dossier.request)
    return plan_of(customer, orders, terms, today(now), twins=twins)


async def recipient_notice(
    tx: Transaction, house: House, dossier: desk.Dossier, number: int
) -> tuple[str, Text]:
    """Who a task is about, and the mail that tells them. Raises TheirFault when there is no such task."""
    case, request = dossier.case, dossier.request
    task = next((task for task in tasks_of(dossier.journal) if task.number == number), None)
    if task is None:
        raise TheirFault("not_now", id=case.id, reason="no_such_task")
    language = house.shop.languages[0]
    answers = [s.letter.context for s in dossier.letters if s.letter.name == "answer_correction"]
    context = {
        "case": summary(case),
        "recipient": task.shown(language),
        "person": {
            "name": request.customer_name,
            "email": request.proof.address,
            "customer_id": request.customer_id or "",
        },
        "corrected": answers[-1]["corrected"] if answers else [],
    }
    letter = Letter(
        key=f"{case.id}/draft/{number}", name="recipient_notice", route=Route.MAIL, shop=case.shop, to="",
        language=language, context=context, case_id=case.id,
    )  # fmt: skip
    return task.shown(language)["name"], words(house, letter, tx.vault.code_key)


# -- acting ---------------------------------------------------------------------------------------------------


async def act(
    tx: Transaction, house: House, order: Order, *, actor: str, cause: str, now: datetime, commit: bool,
    shown: str = "",
) -> Outcome:  # fmt: skip
    """Carry a verb out, or with `commit` false only say what it would send. Raises TheirFault.

    `shown` is the seal of what was shown and agreed to. If the same verb would now do anything else, nothing is
    done, and the outcome says what it would be.
    """
    order = _masked(order)
    files: tuple[File, ...] = ()
    if order.verb == "add":
        decision, channel = await _add(tx, house, order, actor=actor, cause=cause, now=now)
    elif order.verb == "sort":
        decision, channel = await _sort(tx, house, order, cause=cause, now=now)
    else:
        decision, channel, files = await _rule(tx, house, order, actor=actor, cause=cause, now=now)
    refuse_unlawful(house, await _case_of(tx, house, decision, order), decision.letters)
    paper = tuple(replace(letter, route=Route.POST) for letter in decision.printed)
    leaving = {letter.key: letter for letter in (*decision.letters, *paper)}
    letters = tuple(
        _going(house, tx, letter) for letter in leaving.values() if letter.route is not Route.STAFF
    )
    carriers = [letter for letter in decision.letters if carries(letter)]
    phrase = passphrase_of(tx.vault.code_key, carriers[0].key) if commit and carriers else ""
    outcome = Outcome(await _case_of(tx, house, decision, order), letters, commit, files, phrase)
    if commit and shown not in ("", outcome.seal):
        return replace(outcome, committed=False)
    if commit:
        enclosed = await asyncio.to_thread(enclose, decision, files, tx.vault.code_key) if files else ()
        decision = replace(decision, enclosures=enclosed)
        await saving.save(tx, decision, prefix=house.shop.prefix, channel=channel, now=now)
    return outcome


def _masked(order: Order) -> Order:
    """The order without identity codes, card or passport numbers in its free text (docs/invariants.md 1.8)."""
    options = {name: mask(value)[0] if name in FREE_TEXT else value for name, value in order.options.items()}
    return replace(order, text=mask(order.text)[0] if order.text else "", options=options)


def needs_asking(order: Order) -> bool:
    """A verb that may send something is shown before it goes."""
    verb = VERBS[order.verb]
    return verb.sends or (bool(verb.sends_with) and order.has(verb.sends_with))


async def _rule(
    tx: Transaction, house: House, order: Order, *, actor: str, cause: str, now: datetime
) -> tuple[Decision, Channel, tuple[File, ...]]:
    dossier = await open_case(tx, [house.shop.profile], order.case_id)
    request = dossier.request
    related = await looking.requests_by_customer(tx, house.shop.profile, request)
    cases = await looking.cases_of(tx, [request.id, *(r.id for r in related)])
    known = Known(
        shop=house.shop,
        now=now,
        code_key=tx.vault.code_key,
        conversation=await gathering.conversation(tx, house.shop.profile, request.channel, request.peer),
        reading=Reading(lang=request.lang_seen),
        own=(request,),
        related=related,
        cases=cases,
        dated=await looking.dated_entries(tx, [case.id for case in cases]),
    )
    customer, twins, orders = await _record(tx, house.shop.profile, request)
    sitting = Desk(
        known, order, actor, cause, dossier.case, request,
        letters=tuple(sent.letter for sent in dossier.letters),
        customer=customer, orders=orders, twins=twins,
    )  # fmt: skip
    files = await _files(tx, house, dossier, order, now) if order.verb == "complete" else ()
    sitting = replace(sitting, enclosed=tuple(file.name for file in files))
    return rule(sitting), request.channel, files


async def _files(
    tx: Transaction, house: House, dossier: desk.Dossier, order: Order, now: datetime
) -> tuple[File, ...]:
    """What goes along with an answer by mail; on paper nothing goes along that is locked."""
    case = dossier.case
    if not answer_address(dossier.request):
        if order.get("attach"):
            raise TheirFault("not_now", id=case.id, reason="file_needs_mail")
        return ()
    own = () if order.has("without-copy") else await copy_for(tx, house, dossier, now)
    return (*own, *attached(order.get("attach"), case, beside=own))


async def copy_for(tx: Transaction, house: House, dossier: desk.Dossier, now: datetime) -> tuple[File, ...]:
    """The files that an answer to this case has by itself, as they are now."""
    case, request = dossier.case, dossier.request
    customer, twins, orders = await _record(tx, case.shop, request)
    address = normalise_email(customer.email) if customer else ""
    bans = [ban for ban in await desk.suppressions(tx, [case.shop]) if ban["email"] == address]
    related = await looking.requests_by_customer(tx, case.shop, request)
    cases = await looking.cases_of(tx, [request.id, *(one.id for one in related)])
    records = (customer, *twins) if customer else ()
    held = Holdings(records, orders, bans, [row_of(one) for one in cases])
    # Making a PDF takes a while: nobody's message waits for it.
    return await asyncio.to_thread(copy_of, house, case, request, held, now)


async def _record(
    tx: Transaction, shop: str, request: Request
) -> tuple[Customer | None, tuple[Customer, ...], tuple[RegisterOrder, ...]]:
    """The register record a request is about, further records of the same person, and the orders of them all."""
    if request.customer_id is None:
        return None, (), ()
    customer = await people.whole_record(tx, shop, request.customer_id)
    address = normalise_email(customer.email) if customer else ""
    twins = await people.twins_of(tx, shop, customer) if customer else ()
    orders = list(await register.orders_of(tx, shop, request.customer_id, address))
    for twin in twins:
        orders += await register.orders_of(tx, shop, twin.customer_id, address)
    distinct = {order.order_id: order for order in orders}
    return customer, twins, tuple(sorted(distinct.values(), key=lambda o: o.ordered_on, reverse=True))


async def _add(
    tx: Transaction, house: House, order: Order, *, actor: str, cause: str, now: datetime
) -> tuple[Decision, Channel]:
    claim = Claim(email=normalise_email(order.get("email")), customer_id=order.get("customer"))
    received_at = read_moment(order.get("received"))
    channel = Channel(order.get("channel") or "phone")
    known = Known(
        shop=house.shop,
        now=now,
        code_key=tx.vault.code_key,
        conversation=Conversation(house.shop.profile, channel, cause),
        reading=Reading(lang=""),
        next_numbers=await looking.next_numbers(tx, house.shop.prefix, {local_year(received_at)}),
    )
    entered = Entered(
        kind=Kind(order.get("kind")),
        received_at=received_at,
        channel=channel,
        claim=claim,
        text=order.get("note"),
        match=await people.find_customers(tx, house.shop.profile, claim) if claim else (),
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
    return Going(letter.name, letter.route, letter.to, text.subject, body)


async def _case_of(tx: Transaction, house: House, decision: Decision, order: Order) -> Case:
    """The case a verb was about; a message that repeats an open case's wish changes only its journal."""
    wanted = next((case for case in decision.cases if case.id == order.case_id), None)
    if wanted is not None or decision.cases:
        return wanted or decision.cases[0]
    named = order.case_id or next((entry.case_id for entry in decision.entries), "")
    return (await open_case(tx, [house.shop.profile], named)).case


def read_moment(text: str) -> datetime:
    """A moment as staff type it, ISO 8601 or Finnish; without an offset it is Finnish time. Raises TheirFault."""
    try:
        moment = moment_from(text.replace("klo", " "))
        moment = moment if moment.tzinfo else moment.replace(tzinfo=HELSINKI)
        # The first and last days of the calendar exist in some time zones only.
        return moment.astimezone(HELSINKI)
    except (ValueError, OverflowError):
        raise TheirFault("usage", usage=VERBS["add"].usage, reason="--received 2026-11-20T14:30") from None


def today(now: datetime) -> date:
    """The day in Finland."""
    return now.astimezone(HELSINKI).date()
