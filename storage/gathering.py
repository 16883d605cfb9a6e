"""Gather: everything one decision needs to know, in as few queries as it takes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select

from cases.addresses import normalise_email
from cases.model import (
    CLOSED,
    Attempt,
    Case,
    Channel,
    Claim,
    Conversation,
    Customer,
    Entry,
    Inbound,
    Reading,
    Request,
    Shop,
)  # fmt: skip
from cases.work import DEADLINE_EVENTS, Known, local_year
from storage.mapping import (
    address_index,
    case_from,
    conversation_from,
    customer_from,
    entry_from,
    order_from,
    peer_index,
    request_from,
)  # fmt: skip
from storage.store import Transaction
from storage.tables import (
    AttemptRow,
    CaseRow,
    ConversationRow,
    CounterRow,
    CustomerRow,
    EntryRow,
    LetterRow,
    OrderRow,
    RequestRow,
    table,
)  # fmt: skip

ATTEMPTS, CASES, CONVERSATIONS, COUNTERS = (
    table(AttemptRow),
    table(CaseRow),
    table(ConversationRow),
    table(CounterRow),
)
CUSTOMERS, ENTRIES, LETTERS = table(CustomerRow), table(EntryRow), table(LetterRow)
ORDERS, REQUESTS = table(OrderRow), table(RequestRow)

#: How many of a peer's requests are looked at; more than anyone has open.
REQUESTS_IN_SIGHT = 50

_CLOSED = [str(status) for status in CLOSED]
_DATED = [str(event) for event in DEADLINE_EVENTS]


async def conversation(tx: Transaction, shop: str, channel: Channel, peer: str) -> Conversation:
    """What the dialogue with this peer remembers; a new one if there is none."""
    index = peer_index(tx.vault, shop, channel, peer)
    row = await tx.first(select(CONVERSATIONS.c.body).where(CONVERSATIONS.c.peer_index == index))
    if row is None:
        return Conversation(shop, channel, peer)
    return conversation_from(row.body, tx.vault, shop, channel, peer)


async def gather(
    tx: Transaction,
    *,
    shop: Shop,
    inbound: Inbound,
    reading: Reading,
    talk: Conversation,
    claim: Claim,
    now: datetime,
) -> Known:
    """Everything `cases.decide.decide` wants to know about one arrival."""
    mail = inbound.channel is Channel.EMAIL
    own, addressed = await _requests_of(tx, inbound)
    threaded = await _threaded(tx, inbound) if inbound.answers else ()
    named = await _named(tx, shop.profile, reading.case_ids) if reading.case_ids else ()
    if not claim and mail:
        claim = Claim(email=inbound.peer)
    match = await find_customers(tx, shop.profile, claim) if claim else ()
    in_sight = {r.id: r for r in (*own, *addressed, *threaded, *named)}
    customers = {r.customer_id for r in in_sight.values() if r.customer_id} | {
        c.customer_id for c in match[:1]
    }
    related = await _requests_by_customer(tx, shop.profile, customers, in_sight) if customers else ()
    cases = await cases_of(tx, [*in_sight, *(r.id for r in related)])
    targets = {claim.text, *(normalise_email(c.email) for c in match[:1])}
    for request in in_sight.values():
        targets |= {request.proof.address, request.claim.text}
    return Known(
        shop=shop,
        now=now,
        code_key=tx.vault.code_key,
        conversation=talk,
        reading=reading,
        own=own,
        addressed=addressed,
        threaded=threaded,
        named=named,
        related=related,
        cases=cases,
        dated=await dated_entries(tx, [c.id for c in cases]),
        claim=claim,
        match=match,
        attempts=await _attempts(tx, shop.profile, inbound, targets - {""}, now),
        next_numbers=await next_numbers(tx, shop.prefix, _years(inbound, talk))
        if _may_open(inbound, reading)
        else {},
        replies_this_hour=await _replies(tx, inbound, now) if mail and own else 0,
    )


async def find_customers(tx: Transaction, shop: str, claim: Claim) -> tuple[Customer, ...]:
    """The register records a claim names: by address (guest orders too), customer number or order number."""
    if claim.email:
        return await _by_address(tx, shop, normalise_email(claim.email))
    if claim.customer_id:
        found = await _by_ids(tx, shop, [claim.customer_id])
        if found or not claim.order_id:
            # A lone number may be an order's as well.
            return found or await _by_order(tx, shop, claim.customer_id)
    return await _by_order(tx, shop, claim.order_id) if claim.order_id else ()


async def requests_by_id(tx: Transaction, ids: Iterable[str]) -> tuple[Request, ...]:
    """Requests by their ids, newest first."""
    wanted = list(ids)
    if not wanted:
        return ()
    query = select(REQUESTS).where(REQUESTS.c.id.in_(wanted)).order_by(REQUESTS.c.received_at.desc())
    return tuple(request_from(row, tx.vault) for row in await tx.all(query))


async def cases_of(tx: Transaction, request_ids: Sequence[str]) -> tuple[Case, ...]:
    """Every case of these requests."""
    if not request_ids:
        return ()
    query = select(CASES).where(CASES.c.request_id.in_(request_ids)).order_by(CASES.c.id)
    return tuple(case_from(row, tx.vault) for row in await tx.all(query))


async def dated_entries(tx: Transaction, case_ids: Sequence[str]) -> dict[str, tuple[Entry, ...]]:
    """Per case, the journal entries its due date is derived from."""
    found: dict[str, tuple[Entry, ...]] = {}
    if not case_ids:
        return found
    query = (
        select(ENTRIES)
        .where(ENTRIES.c.case_id.in_(case_ids), ENTRIES.c.event.in_(_DATED))
        .order_by(ENTRIES.c.id)
    )
    for row in await tx.all(query):
        found[row.case_id] = (*found.get(row.case_id, ()), entry_from(row, tx.vault))
    return found


async def next_numbers(tx: Transaction, prefix: str, years: Iterable[int]) -> dict[int, int]:
    """The next free case number of each year."""
    wanted = set(years)
    query = select(COUNTERS.c.year, COUNTERS.c.last).where(
        COUNTERS.c.prefix == prefix, COUNTERS.c.year.in_(wanted)
    )
    last = {row.year: row.last for row in await tx.all(query)}
    return {year: last.get(year, 0) + 1 for year in wanted}


async def requests_by_customer(tx: Transaction, shop: str, request: Request) -> tuple[Request, ...]:
    """The proved requests of the same register record, this one left out."""
    if request.customer_id is None:
        return ()
    return await _requests_by_customer(tx, shop, [request.customer_id], [request.id])


def _may_open(inbound: Inbound, reading: Reading) -> bool:
    return bool(reading.kinds or reading.candidates or inbound.payload)


def _years(inbound: Inbound, talk: Conversation) -> set[int]:
    years = {local_year(inbound.received_at)}
    return years | {local_year(talk.draft.received_at)} if talk.draft else years


async def _requests_of(tx: Transaction, inbound: Inbound) -> tuple[tuple[Request, ...], tuple[Request, ...]]:
    index = peer_index(tx.vault, inbound.shop, inbound.channel, inbound.peer)
    wanted = REQUESTS.c.peer_index == index
    if inbound.channel is Channel.EMAIL:
        wanted = or_(wanted, REQUESTS.c.address_index == address_index(tx.vault, inbound.shop, inbound.peer))
    query = select(REQUESTS).where(wanted).order_by(REQUESTS.c.received_at.desc()).limit(REQUESTS_IN_SIGHT)
    rows = await tx.all(query)
    own = tuple(request_from(row, tx.vault) for row in rows if row.peer_index == index)
    return own, tuple(request_from(row, tx.vault) for row in rows if row.peer_index != index)


async def _threaded(tx: Transaction, inbound: Inbound) -> tuple[Request, ...]:
    tokens = [answer.strip("<> ").partition("@")[0] for answer in inbound.answers]
    query = select(LETTERS.c.request_id).where(LETTERS.c.token.in_(tokens), LETTERS.c.shop == inbound.shop)
    ids = {row.request_id for row in await tx.all(query) if row.request_id}
    by_own_mail = select(REQUESTS.c.id).where(
        REQUESTS.c.message_id.in_(inbound.answers), REQUESTS.c.shop == inbound.shop
    )
    return await requests_by_id(tx, ids | {row.id for row in await tx.all(by_own_mail)})


async def _named(tx: Transaction, shop: str, case_ids: Sequence[str]) -> tuple[Request, ...]:
    query = select(CASES.c.request_id).where(CASES.c.id.in_(case_ids), CASES.c.shop == shop)
    return await requests_by_id(tx, {row.request_id for row in await tx.all(query)})


async def _requests_by_customer(
    tx: Transaction, shop: str, customers: Iterable[str], known: Iterable[str]
) -> tuple[Request, ...]:
    query = (
        select(REQUESTS)
        .where(
            REQUESTS.c.shop == shop,
            REQUESTS.c.customer_id.in_(list(customers)),
            REQUESTS.c.verified_by.is_not(None),
        )
        .order_by(REQUESTS.c.received_at.desc())
        .limit(REQUESTS_IN_SIGHT)
    )
    seen = set(known)
    return tuple(request_from(row, tx.vault) for row in await tx.all(query) if row.id not in seen)


async def _attempts(
    tx: Transaction, shop: str, inbound: Inbound, targets: Iterable[str], now: datetime
) -> tuple[Attempt, ...]:
    by_index = {address_index(tx.vault, shop, target): target for target in targets}
    if not by_index:
        return ()
    query = select(ATTEMPTS).where(
        ATTEMPTS.c.address_index.in_(list(by_index)), ATTEMPTS.c.at > now - timedelta(days=1)
    )
    me = peer_index(tx.vault, shop, inbound.channel, inbound.peer)
    return tuple(
        Attempt(
            row.what,
            row.shop,
            # Everyone else is told apart by index alone.
            inbound.peer if row.requester_index == me else row.requester_index,
            by_index[row.address_index],
            row.at,
            row.own,
        )
        for row in await tx.all(query)
    )


async def _replies(tx: Transaction, inbound: Inbound, now: datetime) -> int:
    index = tx.vault.index("to", inbound.shop, "mail", inbound.peer)
    query = select(func.count()).where(
        LETTERS.c.to_index == index, LETTERS.c.created_at > now - timedelta(hours=1)
    )
    row = await tx.first(query)
    return int(row[0]) if row else 0


async def _by_address(tx: Transaction, shop: str, address: str) -> tuple[Customer, ...]:
    query = (
        select(CUSTOMERS)
        .where(CUSTOMERS.c.shop == shop, CUSTOMERS.c.address == address)
        .order_by(CUSTOMERS.c.customer_id)
    )
    found = tuple(customer_from(row) for row in await tx.all(query))
    if found:
        return found
    guest = select(ORDERS).where(ORDERS.c.shop == shop, ORDERS.c.address == address).limit(1)
    row = await tx.first(guest)
    return (Customer(customer_id=row.customer_id or f"guest:{row.order_id}", email=address),) if row else ()


async def _by_ids(tx: Transaction, shop: str, ids: Sequence[str]) -> tuple[Customer, ...]:
    query = select(CUSTOMERS).where(CUSTOMERS.c.shop == shop, CUSTOMERS.c.customer_id.in_(ids))
    return tuple(customer_from(row) for row in await tx.all(query))


async def _by_order(tx: Transaction, shop: str, order_id: str) -> tuple[Customer, ...]:
    row = await tx.first(select(ORDERS).where(ORDERS.c.shop == shop, ORDERS.c.order_id == order_id))
    if row is None:
        return ()
    order = order_from(row)
    if order.customer_id:
        return await _by_ids(tx, shop, [order.customer_id])
    return (Customer(customer_id=f"guest:{order_id}", email=row.address),) if row.address else ()
