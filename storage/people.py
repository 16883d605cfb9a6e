"""Who somebody is by the shop's register: records by address, customer number or order number."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select

from cases.addresses import normalise_email
from cases.model import Claim, Customer
from storage.mapping import customer_from, order_from
from storage.store import Transaction
from storage.tables import CustomerRow, OrderRow, table

CUSTOMERS, ORDERS = table(CustomerRow), table(OrderRow)

#: How somebody is numbered who ordered without an account.
GUEST = "guest:"


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


async def changed_lately(
    tx: Transaction, shop: str, customer_ids: Collection[str], since: datetime
) -> set[str]:
    """Which of these records got another address since then."""
    mine = (CUSTOMERS.c.shop == shop) & CUSTOMERS.c.customer_id.in_(sorted(customer_ids))
    query = select(CUSTOMERS.c.customer_id).where(mine, CUSTOMERS.c.address_since > since)
    return {row.customer_id for row in await tx.all(query)}


async def whole_record(tx: Transaction, shop: str, customer_id: str) -> Customer | None:
    """One record with what is held sealed opened, for the person themselves; None if there is no such record."""
    query = select(CUSTOMERS).where(CUSTOMERS.c.shop == shop, CUSTOMERS.c.customer_id == customer_id)
    row = await tx.first(query)
    if row is None:
        if not customer_id.startswith(GUEST):
            return None
        found = await _by_order(tx, shop, customer_id.removeprefix(GUEST))
        return found[0] if found else None
    held = tx.vault.unseal_json(row.held) if row.held else {}
    return replace(customer_from(row), held=held)


async def twins_of(tx: Transaction, shop: str, customer: Customer) -> tuple[Customer, ...]:
    """The other records of the same person: those that share address and name; what is held sealed is opened."""
    address, name = normalise_email(customer.email), _plain(customer.name)
    found = await _by_address(tx, shop, address) if address else ()
    ids = [c.customer_id for c in found if c.customer_id != customer.customer_id and _plain(c.name) == name]
    records = [await whole_record(tx, shop, one) for one in ids]
    return tuple(record for record in records if record is not None)


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())


async def _by_address(tx: Transaction, shop: str, address: str) -> tuple[Customer, ...]:
    return (await by_addresses(tx, shop, {address})).get(address, ())


async def by_addresses(tx: Transaction, shop: str, addresses: set[str]) -> dict[str, tuple[Customer, ...]]:
    """Register records by their normalised address; who has none but has ordered is known by the order's."""
    query = (
        select(CUSTOMERS)
        .where(CUSTOMERS.c.shop == shop, CUSTOMERS.c.address.in_(sorted(addresses)))
        .order_by(CUSTOMERS.c.customer_id)
    )
    found: dict[str, tuple[Customer, ...]] = {}
    for row in await tx.all(query):
        found[row.address] = (*found.get(row.address, ()), customer_from(row))
    guests = sorted(addresses - found.keys())
    if guests:
        # Who ordered without an account is known by the order's address alone.
        query = (
            select(ORDERS)
            .where(ORDERS.c.shop == shop, ORDERS.c.address.in_(guests))
            .order_by(ORDERS.c.order_id)
        )
        for row in await tx.all(query):
            guest = Customer(customer_id=row.customer_id or f"{GUEST}{row.order_id}", email=row.address)
            found.setdefault(row.address, (guest,))
    return found


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
    return (Customer(customer_id=f"{GUEST}{order_id}", email=row.address),) if row.address else ()
