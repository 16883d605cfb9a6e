"""Corrections in force: kept beside the register, and laid over what the shop's files hold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import select, update

from cases.addresses import normalise_email
from cases.corrections import corrected
from cases.model import Applied
from storage.mapping import customer_from
from storage.store import Transaction
from storage.tables import CorrectionRow, CustomerRow, table
from storage.vault import Vault

CORRECTIONS, CUSTOMERS = table(CorrectionRow), table(CustomerRow)


async def apply(tx: Transaction, corrections: Sequence[Applied]) -> None:
    """Keep them, and put the register's own rows right at once."""
    rows = [_values(await _upon_earlier(tx, one), tx.vault) for one in corrections]
    await tx.upsert(CORRECTIONS, rows, keys=["case_id", "column"], update=["body", "at", "over"])
    for shop, customer_id in dict.fromkeys((one.shop, one.customer_id) for one in corrections):
        here = (CUSTOMERS.c.shop == shop) & (CUSTOMERS.c.customer_id == customer_id)
        row = await tx.first(select(CUSTOMERS).where(here))
        if row is None:
            continue
        mine = [one for one in corrections if (one.shop, one.customer_id) == (shop, customer_id)]
        customer, _ = corrected(customer_from(row), mine)
        record = {**row.record, **{one.column: getattr(customer, one.column) for one in mine}}
        await tx.run(
            update(CUSTOMERS)
            .where(here)
            .values(record=record, name=customer.name, **_address(row, normalise_email(customer.email), mine))
        )


def _address(row: Any, address: str, corrections: Sequence[Applied]) -> dict[str, Any]:
    return {"address": address, "address_since": corrections[-1].at} if address != row.address else {}


async def in_force(tx: Transaction, shop: str) -> dict[str, list[Applied]]:
    """By customer number, oldest first."""
    query = (
        select(CORRECTIONS)
        .where(CORRECTIONS.c.shop == shop, CORRECTIONS.c.over.is_(False))
        .order_by(CORRECTIONS.c.id)
    )
    found: dict[str, list[Applied]] = {}
    for row in await tx.all(query):
        found.setdefault(row.customer_id, []).append(_from(row, tx.vault))
    return found


async def end(tx: Transaction, corrections: Iterable[Applied]) -> None:
    """The shop's files hold something newer than these."""
    for one in corrections:
        mine = (CORRECTIONS.c.case_id == one.case_id) & (CORRECTIONS.c.column == one.column)
        await tx.run(update(CORRECTIONS).where(mine).values(over=True))


async def _upon_earlier(tx: Transaction, one: Applied) -> Applied:
    """The same, with what an earlier answer to its case put there: the shop's files may have either."""
    earlier = (CORRECTIONS.c.case_id == one.case_id) & (CORRECTIONS.c.column == one.column)
    row = await tx.first(select(CORRECTIONS).where(earlier, CORRECTIONS.c.over.is_(False)))
    if row is None or row.customer_id != one.customer_id:
        return one
    was = _from(row, tx.vault)
    return replace(one, before=tuple(dict.fromkeys((*was.before, was.old, was.new))))


def _values(one: Applied, vault: Vault) -> dict[str, Any]:
    return {
        "shop": one.shop,
        "customer_id": one.customer_id,
        "column": one.column,
        "case_id": one.case_id,
        "at": one.at,
        "body": vault.seal_json({"old": one.old, "new": one.new, "before": one.before}),
        "over": False,
    }


def _from(row: Any, vault: Vault) -> Applied:
    body = vault.unseal_json(row.body)
    return Applied(
        row.shop, row.customer_id, row.column, body["old"], body["new"], row.case_id, row.at,
        before=tuple(body.get("before", ())),
    )  # fmt: skip
