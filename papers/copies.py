"""What a person gets of their data: a copy to read (GDPR Art. 15(3)), and files another service can read (Art. 20).

Both are made from the register's records as they stand. Values are never changed in the files; in the copy, dates
and yes or no are written as a reader expects them. What columns are called and mean stands in `fields.toml`.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from cases.model import Customer, Order
from papers.archive import File
from papers.words import Column, captions, categories, column
from templates import labels
from templates.words import HELSINKI, Forms

if TYPE_CHECKING:
    from papers.sheet import Sheet

#: What `data.json` says of its own shape; a change of the shape raises the number.
FORMAT, VERSION = "pyynto-portable-data", 1

_CUSTOMER: Final = tuple(one.name for one in fields(Customer))
_ORDER: Final = tuple(one.name for one in fields(Order))
#: Whoever ordered without an account has a number of ours that is no datum of theirs.
_GUEST: Final = "guest:"
#: Stands in an order for a column with identity codes: the shop has it, the value was never loaded.
_NOT_KEPT: Final = "[held]"
#: A record whose sealed columns have not been opened.
_SEALED: Final = {"held": "held"}
_YES: Final = frozenset({"yes", "true", "1", "kyllä", "kylla", "y", "k"})
_NO: Final = frozenset({"no", "false", "0", "ei", "n", "e"})
_ISO_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})")


@dataclass(frozen=True, slots=True)
class _Cell:
    """One datum: its column and its value as the register has it."""

    column: Column
    value: str = field(repr=False)


# -- the copy to read ------------------------------------------------------------------------------------


def access_copy(
    *,
    controller: str,
    customers: Sequence[Customer],
    orders: Sequence[Order],
    suppressions: Sequence[Mapping[str, Any]] = (),
    cases: Sequence[Mapping[str, Any]] = (),
    day: date,
    reference: str,
    language: str,
    made_at: datetime,
) -> bytes:
    """The copy of a person's data as a PDF: every field that is not empty, derived and sealed ones included.

    A person may have several records, or none and only guest orders. `suppressions` are
    `{purposes, since, state}` and `cases` `{id, kind, received_at, status}`, as `pyynto case --json` writes
    them; times are aware datetimes or ISO texts. `day` is the day the register was read. The file holds identity
    codes where the register does, so it may only travel locked (`papers.archive`).

    Raises:
        ValueError: a record's sealed columns have not been opened.
    """
    from papers.sheet import Sheet

    said = captions(language)
    written = _day(day, language)
    title = said["copy_title"]
    mark = ", ".join(filter(None, (title, reference)))
    sheet = Sheet(title=title, author=controller, language=language, made_at=made_at, mark=mark)
    sheet.add_page()
    opening = said["copy_opening"].format(controller=controller, day=written)
    draw = _Copy(sheet, language)
    draw.title(title, controller, written, reference, opening)
    for customer in customers:
        draw.record(customer, several=len(customers) > 1)
    draw.orders(orders)
    draw.bans(suppressions)
    draw.requests(cases)
    draw.end(empty=not (customers or orders or suppressions or cases))
    return sheet.done()


class _Copy:
    """Draws the parts of a copy, one below the other."""

    #: Where values begin, and how wide names and values may be, in mm.
    _X, _NAMES, _VALUES = 82.0, 58.0, 106.0

    def __init__(self, sheet: Sheet, language: str) -> None:
        self._sheet = sheet
        self._language = language
        self._said = captions(language)
        self._headings = categories(language)

    def title(self, title: str, controller: str, day: str, reference: str, opening: str) -> None:
        from papers.sheet import FAINT, LEFT

        sheet = self._sheet
        sheet.ink(11, bold=True)
        sheet.put(LEFT, 14, controller)
        sheet.ink(11)
        for number, line in enumerate(filter(None, (day, reference))):
            sheet.put(132, 14 + number * 5, line)
        sheet.ink(22, bold=True)
        sheet.put(LEFT, 34, title, height=9)
        sheet.set_y(47)
        sheet.ink(10.5, shade=FAINT)
        sheet.block(LEFT, sheet.lines(opening, 158), 5)

    def record(self, customer: Customer, *, several: bool) -> None:
        cells = list(_customer_cells(customer, self._language))
        if several and cells and not customer.customer_id.startswith(_GUEST):
            self._heading(self._said["record_of"].format(id=customer.customer_id), 16)
        for category, heading in self._headings.items():
            mine = [cell for cell in cells if cell.column.category == category]
            if mine:
                self._heading(heading)
                self._rows(mine)

    def orders(self, orders: Sequence[Order]) -> None:
        if not orders:
            return
        self._heading(self._said["orders"])
        for order in orders:
            guest = not order.customer_id or order.customer_id.startswith(_GUEST)
            name = self._said["guest_order_of" if guest else "order_of"].format(id=order.order_id)
            hidden = {"order_id", "customer_id", *(["currency"] if order.total else [])}
            cells = [cell for cell in _order_cells(order, self._language) if cell.column.title not in hidden]
            self._item(name)
            for cell in cells:
                money = f" {order.currency}" if cell.column.title == "total" else ""
                self._row(cell.column.name, "", self._shown(cell) + money.rstrip())

    def bans(self, suppressions: Sequence[Mapping[str, Any]]) -> None:
        if not suppressions:
            return
        purposes = labels(self._language)["purpose"]
        self._heading(self._said["bans"])
        for one in suppressions:
            named = ", ".join(purposes[str(purpose)] for purpose in one["purposes"])
            since = _day(_date(one["since"]), self._language)
            state = self._said["ban_final" if one["state"] == "final" else "ban_waiting"]
            self._row(_capital(named), "", state.format(day=since))

    def requests(self, cases: Sequence[Mapping[str, Any]]) -> None:
        if not cases:
            return
        words = labels(self._language)
        self._heading(self._said["requests"])
        for one in cases:
            received = _day(_date(one["received_at"]), self._language)
            what = self._said["request_of"].format(
                kind=_capital(words["kind"][str(one["kind"])]), day=received
            )
            self._row(str(one["id"]), "", f"{what}: {words['status'][str(one['status'])]}")

    def end(self, *, empty: bool) -> None:
        from papers.sheet import FAINT, LEFT

        sheet = self._sheet
        notes = [self._said["nothing_held"]] if empty else []
        if sheet.lacking:
            notes.append(self._said["character_lacking"])
        for note in notes:
            sheet.ink(9.5, shade=FAINT)
            sheet.set_y(sheet.get_y() + 6)
            sheet.block(LEFT, sheet.lines(note, 158), 4.6)

    def _heading(self, text: str, size: float = 13) -> None:
        from papers.sheet import LEFT

        sheet = self._sheet
        if not sheet.need(32):
            sheet.set_y(sheet.get_y() + 9)
        sheet.ink(size, bold=True)
        sheet.block(LEFT, sheet.lines(text, 168), 6.5)
        sheet.set_y(sheet.get_y() + 1.5)
        # The outline is how a long copy is found one's way in.
        sheet.start_section(sheet.fit(text))

    def _item(self, text: str) -> None:
        from papers.sheet import LEFT

        sheet = self._sheet
        if not sheet.need(24):
            sheet.set_y(sheet.get_y() + 3)
        sheet.ink(11, bold=True)
        sheet.block(LEFT, sheet.lines(text, 168), 5.5)

    def _rows(self, cells: Iterable[_Cell]) -> None:
        for cell in cells:
            self._row(cell.column.name, cell.column.meaning, self._shown(cell))

    def _row(self, name: str, meaning: str, value: str) -> None:
        """A name with its meaning on the left, the value on the right, a hair line above both."""
        from papers.sheet import FAINT, LEFT

        sheet = self._sheet
        sheet.ink(10.5)
        names = sheet.lines(name, self._NAMES)
        values = [line for part in value.split("\n") for line in sheet.lines(part, self._VALUES)]
        sheet.ink(8.5)
        meant = sheet.lines(meaning, self._NAMES) if meaning else []
        sheet.need(max(len(names) * 5 + len(meant) * 3.8, min(len(values), 3) * 5) + 3)
        top = sheet.get_y() + 1.2
        page = sheet.page_no()
        sheet.rule(LEFT, top - 0.8, 168)
        sheet.set_y(top)
        sheet.ink(10.5)
        sheet.block(LEFT, names, 5)
        sheet.ink(8.5, shade=FAINT)
        sheet.block(LEFT, meant, 3.8)
        left_end = sheet.get_y()
        sheet.set_y(top)
        sheet.ink(10.5)
        sheet.block(self._X, values, 5)
        same_page = sheet.page_no() == page
        sheet.set_y((max(left_end, sheet.get_y()) if same_page else sheet.get_y()) + 1)

    def _shown(self, cell: _Cell) -> str:
        """The value as a reader expects it; what is not of its column's type stays as it is."""
        value = cell.value
        if value == _NOT_KEPT:
            return self._said["not_kept"]
        if cell.column.type == "date":
            found = _iso(value)
            return _day(found, self._language) if found else value
        if cell.column.type == "yes_no" and value.casefold() in _YES | _NO:
            return self._said["yes" if value.casefold() in _YES else "no"]
        return value


# -- files for another service ---------------------------------------------------------------------------


def portable_files(
    *,
    controller: str,
    customers: Sequence[Customer],
    orders: Sequence[Order],
    day: date,
    language: str,
) -> tuple[File, ...]:
    """The data a person provided, or that were observed of them, for another service to read (GDPR Art. 20(1)).

    Four files in UTF-8. `data.json` is whole by itself: `{format, version, controller, read_on, customers:
    [{column: value}], orders: [{column: value}]}`. `customer.csv` and `orders.csv` have the same in rows under
    a header, as RFC 4180 has it. `fields.csv` is the dictionary: file, field, name, meaning, type, origin. Values
    are the register's own texts, dates in ISO 8601 where it has them so; empty ones are left out, or empty in a CSV.
    Columns the shop has worked out are left out, a shop's own of unknown origin are not.

    Raises:
        ValueError: a record's sealed columns have not been opened.
    """
    people = [_portable(_customer_cells(one, language)) for one in customers]
    bought = [_portable(_order_cells(one, language)) for one in orders]
    shape = {
        "format": FORMAT,
        "version": VERSION,
        "controller": controller,
        "read_on": day.isoformat(),
        "customers": [_values(cells) for cells in people if cells],
        "orders": [_values(cells) for cells in bought],
    }
    whole = json.dumps(shape, ensure_ascii=False, indent=2) + "\n"
    return (
        File("data.json", whole.encode()),
        File("customer.csv", _table(_CUSTOMER, people)),
        File("orders.csv", _table(_ORDER, bought)),
        File("fields.csv", _dictionary({"customer.csv": people, "orders.csv": bought}, language)),
    )


def _portable(cells: Iterable[_Cell]) -> list[_Cell]:
    return [cell for cell in cells if cell.column.origin != "derived" and cell.value != _NOT_KEPT]


def _values(cells: Iterable[_Cell]) -> dict[str, str]:
    return {cell.column.title: cell.value for cell in cells}


def _table(order: Sequence[str], records: Sequence[Sequence[_Cell]]) -> bytes:
    """Rows under the columns that any of them has: first those every register has, then the shop's own."""
    titles = dict.fromkeys(cell.column.title for cells in records for cell in cells)
    header = [*(title for title in order if title in titles), *(t for t in titles if t not in order)]
    text = io.StringIO()
    writer = csv.DictWriter(text, header, restval="")
    if header:
        writer.writeheader()
    writer.writerows(_values(cells) for cells in records if cells)
    return text.getvalue().encode()


def _dictionary(tables: Mapping[str, Sequence[Sequence[_Cell]]], language: str) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("file", "field", "name", "meaning", "type", "origin"))
    for file, records in tables.items():
        for one in dict.fromkeys(cell.column for cells in records for cell in cells):
            # Where only the shop knows, it is one of the two: what is known to be derived is not here.
            origin = one.origin or "provided or observed"
            writer.writerow((file, one.title, one.name, one.meaning, one.type, origin))
    return text.getvalue().encode()


# -- records as cells ------------------------------------------------------------------------------------


def _customer_cells(customer: Customer, language: str) -> Iterator[_Cell]:
    if dict(customer.held) == _SEALED:
        raise ValueError("the record's sealed columns have not been opened")
    return _cells("customer", customer, language, {**customer.extra, **customer.held})


def _order_cells(order: Order, language: str) -> Iterator[_Cell]:
    return _cells("order", order, language, order.extra)


def _cells(table: str, record: Customer | Order, language: str, own: Mapping[str, str]) -> Iterator[_Cell]:
    """Every field that is not empty, in the register's order, its own columns last."""
    values = {one.name: getattr(record, one.name) for one in fields(record)}
    if str(values["customer_id"]).startswith(_GUEST):
        del values["customer_id"]
    for title, value in (*values.items(), *own.items()):
        if isinstance(value, str) and value:
            yield _Cell(column(table, title, language), value)


# -- days ------------------------------------------------------------------------------------------------


def _iso(value: str) -> date | None:
    found = _ISO_DAY.fullmatch(value)
    try:
        return date(*(int(part) for part in found.groups())) if found else None
    except ValueError:
        return None


def _date(value: date | datetime | str) -> date:
    """The day in Finland of a moment, or a day as it is."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value) if len(value) > 10 else date.fromisoformat(value)
    return value.astimezone(HELSINKI).date() if isinstance(value, datetime) else value


def _day(value: date, language: str) -> str:
    return str(_forms(language).day(value))


@cache
def _forms(language: str) -> Forms:
    return Forms(language)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
