"""Requests of which staff said that another right was meant, with all that tells who asked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import and_, select

from cases.model import Case, Customer, Entry, Event, Request
from storage.mapping import case_from, customer_from, entry_from, request_from
from storage.store import Transaction
from storage.tables import CaseRow, CustomerRow, EntryRow, RequestRow, table

CASES, CUSTOMERS = table(CaseRow), table(CustomerRow)
ENTRIES, REQUESTS = table(EntryRow), table(RequestRow)


@dataclass(frozen=True, slots=True)
class Rekinded:
    """One request, its cases, and each change of a case's kind, oldest first."""

    request: Request
    cases: tuple[Case, ...]
    changes: tuple[Entry, ...]
    #: The record claimed, as it is now; None: no match, or the shop has erased it.
    customer: Customer | None = field(default=None, repr=False)


async def rekinded(tx: Transaction, shops: Sequence[str]) -> list[Rekinded]:
    """Every request of these shops of which staff changed a case's kind, oldest first."""
    changed = (
        select(CASES.c.request_id)
        .join(ENTRIES, ENTRIES.c.case_id == CASES.c.id)
        .where(CASES.c.shop.in_(shops), ENTRIES.c.event == str(Event.REKINDED))
    )
    cases: defaultdict[str, list[Case]] = defaultdict(list)
    for row in await tx.all(select(CASES).where(CASES.c.request_id.in_(changed)).order_by(CASES.c.id)):
        cases[row.request_id].append(case_from(row, tx.vault))
    changes: defaultdict[str, list[Entry]] = defaultdict(list)
    for row in await tx.all(
        select(CASES.c.request_id, *ENTRIES.c)
        .join(CASES, CASES.c.id == ENTRIES.c.case_id)
        .where(CASES.c.shop.in_(shops), ENTRIES.c.event == str(Event.REKINDED))
        .order_by(ENTRIES.c.id)
    ):
        changes[row.request_id].append(entry_from(row, tx.vault))
    theirs = and_(CUSTOMERS.c.shop == REQUESTS.c.shop, CUSTOMERS.c.customer_id == REQUESTS.c.customer_id)
    customers = {
        (row.shop, row.customer_id): customer_from(row)
        for row in await tx.all(select(CUSTOMERS).join(REQUESTS, theirs).where(REQUESTS.c.id.in_(changed)))
    }
    query = select(REQUESTS).where(REQUESTS.c.id.in_(changed)).order_by(REQUESTS.c.received_at, REQUESTS.c.id)
    requests = [request_from(row, tx.vault) for row in await tx.all(query)]
    return [
        Rekinded(
            request,
            tuple(cases[request.id]),
            tuple(changes[request.id]),
            customers.get((request.shop, request.customer_id or "")),
        )
        for request in requests
    ]
