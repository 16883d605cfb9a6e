"""Looking up what is stored by its key: requests, their cases, what due dates are derived from, free numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import bindparam, select

from cases.model import Case, Entry, Event, Request
from cases.work import DEADLINE_EVENTS, TASK_EVENTS
from storage.mapping import case_from, entry_from, request_from
from storage.store import Transaction
from storage.tables import CaseRow, CounterRow, EntryRow, RequestRow, table

CASES, COUNTERS, ENTRIES, REQUESTS = table(CaseRow), table(CounterRow), table(EntryRow), table(RequestRow)

#: How many of a person's requests are looked at; more than anyone has open.
REQUESTS_IN_SIGHT = 50

# Queries of every turn are made once: building one takes longer than SQLite takes to run it.
_CASES = (
    select(CASES).where(CASES.c.request_id.in_(bindparam("requests", expanding=True))).order_by(CASES.c.id)
)
_LAST_NUMBERS = select(COUNTERS.c.year, COUNTERS.c.last).where(
    COUNTERS.c.prefix == bindparam("shop_prefix"), COUNTERS.c.year.in_(bindparam("years", expanding=True))
)
#: Events that a case's due date and its tasks are derived from.
DERIVED_FROM = DEADLINE_EVENTS | TASK_EVENTS


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
    return tuple(case_from(row, tx.vault) for row in await tx.all(_CASES, {"requests": list(request_ids)}))


async def dated_entries(tx: Transaction, case_ids: Sequence[str]) -> dict[str, tuple[Entry, ...]]:
    """Per case, the journal entries its due date and its tasks are derived from."""
    return await entries_of(tx, case_ids, DERIVED_FROM)


async def entries_of(
    tx: Transaction, case_ids: Sequence[str], events: Iterable[Event]
) -> dict[str, tuple[Entry, ...]]:
    """Per case, the journal entries of some events, oldest first."""
    found: dict[str, tuple[Entry, ...]] = {}
    if not case_ids:
        return found
    query = (
        select(ENTRIES)
        .where(ENTRIES.c.case_id.in_(case_ids), ENTRIES.c.event.in_(sorted(map(str, events))))
        .order_by(ENTRIES.c.id)
    )
    for row in await tx.all(query):
        found[row.case_id] = (*found.get(row.case_id, ()), entry_from(row, tx.vault))
    return found


async def next_numbers(tx: Transaction, prefix: str, years: Iterable[int]) -> dict[int, int]:
    """The next free case number of each year."""
    wanted = sorted(set(years))
    rows = await tx.all(_LAST_NUMBERS, {"shop_prefix": prefix, "years": wanted})
    last = {row.year: row.last for row in rows}
    return {year: last.get(year, 0) + 1 for year in wanted}


async def requests_by_customer(tx: Transaction, shop: str, request: Request) -> tuple[Request, ...]:
    """The proved requests of the same register record, this one left out."""
    if request.customer_id is None:
        return ()
    found = await proved_by_customer(tx, shop, [request.customer_id])
    return tuple(r for r in found.get(request.customer_id, ()) if r.id != request.id)


async def proved_by_customer(
    tx: Transaction, shop: str, customers: Iterable[str]
) -> dict[str, tuple[Request, ...]]:
    """The proved requests of these register records, newest first."""
    wanted = list(customers)
    query = (
        select(REQUESTS)
        .where(
            REQUESTS.c.shop == shop, REQUESTS.c.customer_id.in_(wanted), REQUESTS.c.verified_by.is_not(None)
        )
        .order_by(REQUESTS.c.received_at.desc())
        .limit(REQUESTS_IN_SIGHT * len(wanted))
    )
    found: dict[str, tuple[Request, ...]] = {}
    for row in await tx.all(query):
        found[row.customer_id] = (*found.get(row.customer_id, ()), request_from(row, tx.vault))
    return found
