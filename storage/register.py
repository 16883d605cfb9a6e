"""The shop's customer register in the database: loaded in one transaction, looked up by index."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import delete, func, select

from cases.addresses import normalise_email
from cases.model import Customer, Order
from storage.mapping import customer_values, order_from, order_values
from storage.store import Transaction
from storage.tables import CustomerRow, OrderRow, RegisterLoadRow, table

CUSTOMERS, LOADS, ORDERS = table(CustomerRow), table(RegisterLoadRow), table(OrderRow)

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

    def __init__(self, tx: Transaction, shop: str, number: int) -> None:
        self._tx = tx
        self._shop = shop
        self._number = number
        self.customers = 0
        self.orders = 0

    @classmethod
    async def begin(cls, tx: Transaction, shop: str) -> Loading:
        """Number this load."""
        row = await tx.first(select(LOADS.c.load).where(LOADS.c.shop == shop))
        return cls(tx, shop, row.load + 1 if row else 1)

    async def add_customers(self, customers: Iterable[Customer]) -> None:
        """Write records, a batch at a time."""
        for batch in _batches(customers):
            rows = [
                customer_values(c, self._shop, normalise_email(c.email), self._tx.vault, self._number)
                for c in batch
            ]
            update = ["address", "name", "record", "held", "load"]
            await self._tx.upsert(CUSTOMERS, rows, keys=["shop", "customer_id"], update=update)
            self.customers += len(rows)

    async def add_orders(self, orders: Iterable[Order]) -> None:
        """Write orders, a batch at a time."""
        for batch in _batches(orders):
            rows = [order_values(o, self._shop, normalise_email(o.email), self._number) for o in batch]
            update = ["customer_id", "address", "record", "load"]
            await self._tx.upsert(ORDERS, rows, keys=["shop", "order_id"], update=update)
            self.orders += len(rows)

    async def finish(self, *, fingerprint: str, problems: int, now: datetime) -> Load:
        """Drop what this load did not see, and remember it."""
        for rows in (CUSTOMERS, ORDERS):
            await self._tx.run(delete(rows).where(rows.c.shop == self._shop, rows.c.load != self._number))
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


def _batches(items: Iterable[Any]) -> Iterator[list[Any]]:
    rest = iter(items)
    while batch := list(islice(rest, BATCH)):
        yield batch
