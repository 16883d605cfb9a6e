"""The shop's customer register in the database: loaded in one transaction, looked up by index."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import delete, func, select

from cases.addresses import normalise_email
from cases.corrections import corrected
from cases.model import CLOSED, Applied, Customer, Order
from storage import corrections
from storage.mapping import customer_values, order_from, order_values
from storage.store import Transaction
from storage.tables import CaseRow, CustomerRow, OrderRow, RegisterLoadRow, RequestRow, table

CASES, CUSTOMERS, LOADS = table(CaseRow), table(CustomerRow), table(RegisterLoadRow)
ORDERS, REQUESTS = table(OrderRow), table(RequestRow)

#: Rows handed to the database at once.
BATCH = 500


@dataclass(frozen=True, slots=True)
class Load:
    """One load of a register: what came in, and from which state of the files."""

    customers: int
    orders: int
    problems: int
    fingerprint: str
    at: datetime


async def last_load(tx: Transaction, shop: str) -> Load | None:
    """The last load of a shop's register, or None."""
    row = await tx.first(select(LOADS).where(LOADS.c.shop == shop))
    return Load(row.customers, row.orders, row.problems, row.fingerprint, row.at) if row else None


class Loading:
    """Replaces a shop's register: add what the files hold, then `finish` drops what they no longer do."""

    def __init__(self, tx: Transaction, shop: str, number: int, now: datetime) -> None:
        self._tx = tx
        self._shop = shop
        self._number = number
        self._now = now
        self._corrections: dict[str, list[Applied]] = {}
        self.customers = 0
        self.orders = 0

    @classmethod
    async def begin(cls, tx: Transaction, shop: str, now: datetime) -> Loading:
        """Number this load."""
        row = await tx.first(select(LOADS.c.load).where(LOADS.c.shop == shop))
        loading = cls(tx, shop, row.load + 1 if row else 1, now)
        loading._corrections = await corrections.in_force(tx, shop)
        return loading

    async def add_customers(self, customers: Iterable[Customer]) -> None:
        """Write records, a batch at a time."""
        for batch in _batches(customers):
            batch = [await self._corrected(customer) for customer in batch]
            rows = [
                customer_values(c, self._shop, normalise_email(c.email), self._tx.vault, self._number)
                for c in batch
            ]
            since = await self._changed(rows)
            rows = [{**row, "address_since": since.get(row["customer_id"])} for row in rows]
            update = ["address", "name", "record", "held", "load", "address_since"]
            await self._tx.upsert(CUSTOMERS, rows, keys=["shop", "customer_id"], update=update)
            self.customers += len(rows)

    async def _changed(self, rows: Sequence[dict[str, Any]]) -> dict[str, datetime | None]:
        """When each record's address changed last: now, if it is not the one we have."""
        query = select(CUSTOMERS.c.customer_id, CUSTOMERS.c.address, CUSTOMERS.c.address_since).where(
            CUSTOMERS.c.shop == self._shop, CUSTOMERS.c.customer_id.in_([row["customer_id"] for row in rows])
        )
        known = {row.customer_id: row for row in await self._tx.all(query)}
        return {
            row["customer_id"]: self._now
            if before.address not in ("", row["address"])
            else before.address_since
            for row in rows
            if (before := known.get(row["customer_id"]))
        }

    async def _corrected(self, customer: Customer) -> Customer:
        """The record with what was corrected since the shop's files were written."""
        mine = self._corrections.get(customer.customer_id)
        if not mine:
            return customer
        customer, over = corrected(customer, mine)
        await corrections.end(self._tx, over)
        return customer

    async def add_orders(self, orders: Iterable[Order]) -> None:
        """Write orders, a batch at a time."""
        for batch in _batches(orders):
            rows = [order_values(o, self._shop, normalise_email(o.email), self._number) for o in batch]
            update = ["customer_id", "address", "record", "load"]
            await self._tx.upsert(ORDERS, rows, keys=["shop", "order_id"], update=update)
            self.orders += len(rows)

    async def finish(self, *, fingerprint: str, problems: int, now: datetime) -> Load:
        """Drop what this load did not see, and remember it.

        A record somebody still waits for an answer about stays till then: the shop may have erased it already,
        and the answer must be able to say what was erased.
        """
        for rows in (CUSTOMERS, ORDERS):
            gone = (rows.c.shop == self._shop) & (rows.c.load != self._number)
            await self._tx.run(delete(rows).where(gone, rows.c.customer_id.not_in(_waiting(self._shop))))
        values = {
            "shop": self._shop,
            "load": self._number,
            "fingerprint": fingerprint,
            "at": now,
            "customers": self.customers,
            "orders": self.orders,
            "problems": problems,
        }
        await self._tx.upsert(
            LOADS, values, keys=["shop"], update=[name for name in values if name != "shop"]
        )
        return Load(self.customers, self.orders, problems, fingerprint, now)


async def orders_of(tx: Transaction, shop: str, customer_id: str, address: str) -> tuple[Order, ...]:
    """A person's orders, guest orders with the same address included, newest first."""
    mine = (ORDERS.c.customer_id == customer_id) | ((ORDERS.c.address == address) & (ORDERS.c.address != ""))
    rows = await tx.all(select(ORDERS).where(ORDERS.c.shop == shop, mine))
    return tuple(sorted((order_from(row) for row in rows), key=lambda o: o.ordered_on, reverse=True))


async def size(tx: Transaction, shop: str) -> int:
    """How many records a shop's register holds."""
    row = await tx.first(select(func.count()).select_from(CUSTOMERS).where(CUSTOMERS.c.shop == shop))
    return int(row[0]) if row else 0


def _waiting(shop: str) -> Any:
    """Customer numbers with a case that is not closed."""
    return (
        select(REQUESTS.c.customer_id)
        .join(CASES, CASES.c.request_id == REQUESTS.c.id)
        .where(
            REQUESTS.c.shop == shop,
            REQUESTS.c.customer_id.is_not(None),
            CASES.c.status.not_in([str(status) for status in CLOSED]),
        )
    )


def _batches(items: Iterable[Any]) -> Iterator[list[Any]]:
    rest = iter(items)
    while batch := list(islice(rest, BATCH)):
        yield batch
