"""Loading a shop's customer register into the database: at start, when its files change, and by hand."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, islice
from pathlib import Path

from cases.model import Customer, Order
from shops.csv_rows import RowProblem
from shops.register_csv import CUSTOMERS, ORDERS, read_register
from storage import register
from storage.store import Store


class RegisterUnreadable(Exception):
    """A register file as a whole cannot be read; the register stays as it was."""

    def __init__(self, problems: Sequence[RowProblem]) -> None:
        super().__init__("; ".join(str(problem) for problem in problems if problem.whole_file))


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
    progress: Callable[[int], None] | None = None,
) -> Imported:  # fmt: skip
    """Replace a shop's register with what the files hold, in one transaction.

    Raises shops.register_csv.RegisterRefused when `strict` and a row is bad, and RegisterUnreadable when a
    whole file is; in both cases nothing has changed.
    """
    mark = fingerprint(folder)
    problems: list[RowProblem] = []
    async with store.write() as tx:
        loading = await register.Loading.begin(tx, shop, now)
        for batch in _batches(read_register(folder, strict=strict), problems):
            if isinstance(batch[0], Customer):
                await loading.add_customers(row for row in batch if isinstance(row, Customer))
            else:
                await loading.add_orders(row for row in batch if isinstance(row, Order))
            if progress is not None:
                progress(loading.customers + loading.orders)
        if any(problem.whole_file for problem in problems):
            # An unreadable file must not empty a register that was good.
            raise RegisterUnreadable(problems)
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
        # One run is read to its end before the next begins, as groupby wants it.
        yield from iter(lambda rows=run: list(islice(rows, register.BATCH)), [])  # type: ignore[misc]
