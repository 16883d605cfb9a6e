"""The customer register as CSV files: `customers.csv` and `orders.csv` become records.

Here the columns get their meaning, bad rows are named, and identity codes are kept out of the open. Where the
records are stored is not known here. Problems never quote a value.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path

from stdnum.fi import hetu

from cases.addresses import is_email
from cases.model import Customer, Order
from shops.csv_rows import Row, RowProblem, fold_column, read_rows

CUSTOMERS, ORDERS = "customers.csv", "orders.csv"
_CUSTOMER_COLUMNS = tuple(c.name for c in fields(Customer) if c.name not in ("extra", "held"))
_ORDER_COLUMNS = tuple(c.name for c in fields(Order) if c.name not in ("extra", "held"))
#: Ids are keys of a database index.
_LONGEST_ID = 200

#: Whole words of a column's name, or parts of it, that promise an identity code or a passport number.
_HELD_WORDS = frozenset({"hetu", "sotu", "ssn", "passi", "passin", "passinro", "personnummer"})
_HELD_PARTS = (
    "henkilotunnu",
    "henkilötunnu",
    "passinumero",
    "passport",
    "socialsecurity",
    "personalidentity",
)

_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2212"
#: The shape of a HETU with every separator in use (1225/2023 and earlier); its sum is checked apart.
_HETU = re.compile(
    rf"(?<![0-9A-Za-z])([0-9]{{6}}) ?([-+A-FU-Y{_DASHES}]) ?([0-9]{{3}}[0-9A-Y])(?![0-9A-Za-z])", re.I
)
_MASK = "[henkilötunnus]"
#: Stands for a value of orders.csv that is told of and never kept.
_NOT_KEPT = "[held]"


class RegisterRefused(Exception):
    """A strict reading met a bad row; `problem` names it."""

    def __init__(self, problem: RowProblem) -> None:
        super().__init__(str(problem))
        self.problem = problem


def read_register(folder: Path, *, strict: bool = False) -> Iterator[Customer | Order | RowProblem]:
    """Every customer, then every order of a folder, with what is wrong in between.

    A customer with a bad address is kept without it, so that the person is still found by number and name;
    other bad rows are left out. If `customers.csv` as a whole cannot be read, neither are orders;
    `orders.csv` may be missing. `strict` raises RegisterRefused at the first grave problem.
    """
    for record in _read(folder):
        if strict and isinstance(record, RowProblem) and record.grave:
            raise RegisterRefused(record)
        yield record


def is_held_column(name: str) -> bool:
    """Whether a column is named for identity codes or passports."""
    words = re.findall(r"[^\W\d_]+", unicodedata.normalize("NFC", name).casefold())
    joined = fold_column(name)
    return not _HELD_WORDS.isdisjoint(words) or any(part in joined for part in _HELD_PARTS)


def mask_hetu(text: str) -> str:
    """The text with Finnish personal identity codes masked; test persons' (900-999) too."""
    return _HETU.sub(lambda found: _MASK if _is_hetu(found) else found.group(), text)


def _read(folder: Path) -> Iterator[Customer | Order | RowProblem]:
    #: customer_id -> its line.
    customers: dict[str, int] = {}
    readable = True
    for record in _customers(folder / CUSTOMERS, customers):
        readable = readable and not (isinstance(record, RowProblem) and record.whole_file)
        yield record
    if readable and (folder / ORDERS).exists():
        yield from _orders(folder / ORDERS, customers)


def _customers(path: Path, seen: dict[str, int]) -> Iterator[Customer | RowProblem]:
    for row in read_rows(path, _CUSTOMER_COLUMNS, ("customer_id", "email")):
        if isinstance(row, RowProblem):
            yield row
            continue
        flaw = _id_flaw("customer_id", row, seen)
        if flaw:
            yield RowProblem(path.name, row.line, "customer_id", flaw)
            continue
        seen[row.values["customer_id"]] = row.line
        row, masked = _mask(row, path.name)
        yield from masked
        held = {name: value for name, value in row.others.items() if is_held_column(name)}
        extra = {name: value for name, value in row.others.items() if name not in held}
        email = row.values["email"]
        if not email:
            what = "is empty: no code can be mailed, so staff must check who this person is"
            yield RowProblem(path.name, row.line, "email", what, grave=False)
        elif not is_email(email):
            yield RowProblem(path.name, row.line, "email", "is no e-mail address; kept without it")
            row.values["email"] = ""
            extra["email (not valid)"] = email
        yield Customer(**row.values, extra=extra, held=held)


def _orders(path: Path, customers: dict[str, int]) -> Iterator[Order | RowProblem]:
    seen: dict[str, int] = {}
    for row in read_rows(path, _ORDER_COLUMNS, ("order_id",)):
        if isinstance(row, RowProblem):
            yield row
            continue
        flaw = _id_flaw("order_id", row, seen)
        if flaw:
            yield RowProblem(path.name, row.line, "order_id", flaw)
            continue
        seen[row.values["order_id"]] = row.line
        row, masked = _mask(row, path.name)
        yield from masked
        extra = {name: _NOT_KEPT if is_held_column(name) else value for name, value in row.others.items()}
        yield from _owned(Order(**row.values, extra=extra), path.name, row.line, customers)


def _owned(order: Order, file: str, line: int, customers: dict[str, int]) -> Iterator[Order | RowProblem]:
    """The order, if it can be told whose it is: a known customer's, or a guest's with an address."""
    if order.email and not is_email(order.email):
        yield RowProblem(file, line, "email", "is no e-mail address; the address was left out")
        order = replace(order, email="", extra={**order.extra, "email (not valid)": order.email})
    if order.customer_id in customers:
        yield order
    elif order.email:
        if order.customer_id:
            what = f"is not in {CUSTOMERS}; kept as a guest's order"
            yield RowProblem(file, line, "customer_id", what, grave=False)
            extra = {**order.extra, "customer_id (unknown)": order.customer_id}
            order = replace(order, customer_id="", extra=extra)
        yield order
    elif order.customer_id:
        what = f"is not in {CUSTOMERS}, and no email says whose order it is; the row was left out"
        yield RowProblem(file, line, "customer_id", what)
    else:
        what = "is empty, and no email says whose order it is; the row was left out"
        yield RowProblem(file, line, "customer_id", what)


def _id_flaw(column: str, row: Row, seen: dict[str, int]) -> str:
    value = row.values[column]
    if not value:
        return "is empty; the row was left out"
    if len(value) > _LONGEST_ID:
        return f"is longer than {_LONGEST_ID} characters; the row was left out"
    if value in seen:
        return f"stands on line {seen[value]} already; the row was left out"
    if mask_hetu(value) != value:
        return "is a personal identity code: number your rows another way; the row was left out"
    return ""


def _mask(row: Row, file: str) -> tuple[Row, list[RowProblem]]:
    """The row without identity codes in open columns, and a problem for each column that had one."""
    problems: list[RowProblem] = []
    # One search over the whole row is what keeps a large register quick.
    if not _HETU.search("\n".join((*row.values.values(), *row.others.values()))):
        return row, problems

    def masked(cells: dict[str, str]) -> dict[str, str]:
        clean = {name: value if is_held_column(name) else mask_hetu(value) for name, value in cells.items()}
        for name, value in clean.items():
            if value != cells[name]:
                what = "held a personal identity code, which was masked: remove it from the register"
                problems.append(RowProblem(file, row.line, name, what, grave=False))
        return clean

    return Row(row.line, masked(row.values), masked(row.others)), problems


def _is_hetu(found: re.Match[str]) -> bool:
    return hetu.is_valid("".join(found.groups()), allow_temporary=True)
