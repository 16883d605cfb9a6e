"""Loading a shop's customer register into the database: at start, when its files change, and by hand."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, islice
from pathlib import Path

from cases.model import Customer, Order
from shops.csv_rows import RowProblem
from shops.register_csv import CUSTOMERS, ORDERS, read_register
from storage import register
from storage.store import Store


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of one load."""

    load: register.Load
    problems: tuple[RowProblem, ...]


def fingerprint(folder: Path) -> str:
    """Changes when a register file does: name, size and time of change, not the content."""
    parts = []
    for name in (CUSTOMERS, ORDERS):
        path = folder / name
        if path.exists():
            stat = path.stat()
            parts.append(f"{name}:{stat.st_size}:{stat.st_mtime_ns}")
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:16]


async def load(
    store: Store, shop: str, folder: Path, now: datetime, *, strict: bool = False,
    progress: Callable[[int], None] = lambda rows: None,
) -> Imported:  # fmt: skip
    """Replace a shop's register with what the files hold, in one transaction.

    Raises shops.register_csv.RegisterRefused when `strict` and a row is bad; then nothing has changed. A folder
    without a readable customers.csv keeps the register as it was and names the problem.
    """
    mark = fingerprint(folder)
    problems: list[RowProblem] = []
    async with store.write() as tx:
        loading = await register.Loading.begin(tx, shop)
        for batch in _batches(read_register(folder, strict=strict), problems):
            if isinstance(batch[0], Customer):
                await loading.add_customers(row for row in batch if isinstance(row, Customer))
            else:
                await loading.add_orders(row for row in batch if isinstance(row, Order))
            progress(loading.customers + loading.orders)
        if loading.customers == 0 and problems:
            # An unreadable file must not empty a register that was good.
            known = await register.last_load(tx, shop)
            kept = known or register.Load(0, 0, len(problems), mark, now)
            return Imported(kept, tuple(problems))
        done = await loading.finish(fingerprint=mark, problems=len(problems), now=now)
    return Imported(done, tuple(problems))


async def load_if_changed(store: Store, shop: str, folder: Path, now: datetime) -> Imported | None:
    """Load the register if its files are not those of the last load."""
    async with store.read() as tx:
        known = await register.last_load(tx, shop)
    if known is not None and known.fingerprint == fingerprint(folder):
        return None
    return await load(store, shop, folder, now)


def _batches(
    rows: Iterator[Customer | Order | RowProblem], problems: list[RowProblem]
) -> Iterator[list[Customer | Order]]:
    """Runs of the same kind of record, at most a batch long; problems go aside."""

    def good() -> Iterator[Customer | Order]:
        for row in rows:
            if isinstance(row, RowProblem):
                problems.append(row)
            else:
                yield row

    for _, run in groupby(good(), key=type):
        while True:
            batch = list(islice(run, register.BATCH))
            if not batch:
                break
            yield batch

