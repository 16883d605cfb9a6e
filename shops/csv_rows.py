"""Rows of a CSV file with the line each begins on, whatever state the file is in.

Here live encoding, delimiter, quoting and the header row. What the columns mean is not known here. The file
is read as a stream: one row is in memory at a time.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

_DELIMITERS = ";,"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
#: Excel's own first line, which names the delimiter.
_EXCEL_HINT = re.compile(r"sep=([;,])\s*", re.IGNORECASE)
_SAVE_UTF8 = "save the file as CSV UTF-8"


@dataclass(frozen=True, slots=True)
class RowProblem:
    """Something wrong with a register file, told without any of its values."""

    file: str
    #: The physical line of the file, counted from 1; 0: the file as a whole.
    line: int
    #: The column as the header spells it; empty: the row as a whole.
    column: str
    #: What is wrong and what to do, to be read after the place.
    what: str
    #: False: the row is complete all the same, and a strict import goes on.
    grave: bool = True
    #: Nothing of the file could be read: what an earlier reading found is better than this.
    whole_file: bool = False

    def __str__(self) -> str:
        place = f"{self.file} line {self.line}" if self.line else self.file
        return f"{place}{f', column {self.column}' if self.column else ''}: {self.what}"


@dataclass(frozen=True, slots=True)
class Row:
    """One row, split and trimmed."""

    line: int
    #: By the wanted name; a column the file lacks is absent.
    values: dict[str, str]
    #: The other columns that hold something, by their header.
    others: dict[str, str]


def read_rows(path: Path, wanted: Sequence[str], needed: Sequence[str]) -> Iterator[Row | RowProblem]:
    """The rows of a file and whatever is wrong with it, in the file's order.

    `wanted` are the columns known by name; without those in `needed` no row is read. Column names are
    compared without case, spaces, hyphens and underscores.
    """
    try:
        with path.open("rb") as raw:
            if raw.read(2) in _UTF16:
                yield _refusal(path.name, 0, f"is UTF-16: {_SAVE_UTF8}")
                return
        # Bytes that are no UTF-8 become surrogates, so that they spoil one row and not the file.
        with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as handle:
            yield from _read(path.name, handle, wanted, needed)
    except FileNotFoundError:
        yield _refusal(path.name, 0, f"is not in {path.parent}: export it there")
    except OSError as error:
        yield _refusal(path.name, 0, f"cannot be read: {error.strerror}")


def fold_column(name: str) -> str:
    """A column's name for comparing."""
    return re.sub(r"[\s_-]+", "", unicodedata.normalize("NFC", name)).casefold()


def _read(
    file: str, handle: TextIO, wanted: Sequence[str], needed: Sequence[str]
) -> Iterator[Row | RowProblem]:
    lines = _Lines(handle)
    records = _records(file, lines, _delimiter(lines, wanted))
    header: list[str] | None = None
    columns: list[str | None] = []
    for record in records:
        if isinstance(record, RowProblem):
            if header is None:
                yield _refusal(file, record.line, "the header row cannot be read: " + record.what)
                return
            yield record
            continue
        first, last, fields = record
        flaw = _flaw(fields)
        if header is None:
            header = _name_all(fields)
            columns = _match(header, wanted)
            problems = [flaw] if flaw else _header_flaws(columns, needed)
            yield from (_refusal(file, first, what) for what in problems)
            if problems:
                return
        elif flaw:
            yield RowProblem(file, first, "", flaw)
        elif len(fields) != len(header):
            span = f"the row ends on line {last} and has" if last > first else "has"
            what = f"{span} {len(fields)} fields where the header has {len(header)}; the row was left out"
            yield RowProblem(file, first, "", what)
        else:
            yield _row(first, fields, header, columns)
    if header is None:
        yield _refusal(file, 1, f"is empty: its first row must name the columns, {', '.join(needed)} first")


def _refusal(file: str, line: int, what: str) -> RowProblem:
    return RowProblem(file, line, "", what, whole_file=True)


class _Lines:
    """The physical lines of a file, with a way back for those a broken quotation swallowed."""

    def __init__(self, handle: TextIO) -> None:
        self._handle, self._waiting = handle, deque[str]()
        self._record: list[str] = []
        self.last = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._waiting.popleft() if self._waiting else next(self._handle)
        self.last += 1
        self._record.append(line)
        return line

    def begin(self) -> int:
        """Start a record; its first line's number."""
        self._record.clear()
        return self.last + 1

    def give_back(self, keep: int) -> None:
        """Hand out again what the record has taken beyond its first `keep` lines."""
        back = self._record[keep:]
        self._waiting.extendleft(reversed(back))
        self.last -= len(back)
        del self._record[keep:]


def _records(file: str, lines: _Lines, delimiter: str) -> Iterator[tuple[int, int, list[str]] | RowProblem]:
    """(first line, last line, fields) of each record that is not blank."""
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=True)
    while True:
        first = lines.begin()
        try:
            fields = [field.strip() for field in next(reader)]
        except StopIteration:
            return
        except csv.Error:
            # The rows after the broken one are whole: read them again, each from its own line.
            lines.give_back(keep=1)
            what = "a quotation mark is not closed or not doubled; the row was left out"
            yield RowProblem(file, first, "", what)
            reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=True)
            continue
        if any(fields):
            yield first, lines.last, fields


def _delimiter(lines: _Lines, wanted: Sequence[str]) -> str:
    """`;` or `,`, whichever finds more of the wanted columns in the header."""
    known = {fold_column(name) for name in wanted}

    def found(delimiter: str) -> tuple[int, int]:
        names = next(csv.reader([head], delimiter=delimiter), [])
        return len(known.intersection(map(fold_column, names))), len(names)

    lines.begin()
    head = next((line for line in lines if line.strip()), "")
    hint = _EXCEL_HINT.fullmatch(head)
    if hint:
        return hint[1]
    try:
        delimiter = max(_DELIMITERS, key=found)
    except csv.Error:
        delimiter = _DELIMITERS[0]
    lines.give_back(keep=0)
    return delimiter


def _flaw(fields: Iterable[str]) -> str:
    text = "".join(fields)
    if "\0" in text:
        return "holds a NUL character; the row was left out"
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        return f"is not UTF-8: {_SAVE_UTF8}; the row was left out"
    return ""


def _name_all(header: list[str]) -> list[str]:
    """Header names, each once; a nameless column gets its number, a repeated one a count."""
    seen: Counter[str] = Counter()
    names = []
    for number, name in enumerate(header, start=1):
        name = name or f"column {number}"
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return names


def _match(header: list[str], wanted: Sequence[str]) -> list[str | None]:
    known = {fold_column(name): name for name in wanted}
    return [known.get(fold_column(re.sub(r" \(\d+\)$", "", name))) for name in header]


def _header_flaws(columns: list[str | None], needed: Sequence[str]) -> list[str]:
    flaws = [
        f"no column is named {name}: the first row must name the columns; name the right one {name}"
        for name in needed
        if name not in columns
    ]
    twice = [name for name, count in Counter(filter(None, columns)).items() if count > 1]
    return flaws + [f"{name} stands twice in the header: rename or remove one of them" for name in twice]


def _row(line: int, fields: list[str], header: list[str], columns: list[str | None]) -> Row:
    values: dict[str, str] = {}
    others: dict[str, str] = {}
    for title, name, value in zip(header, columns, fields, strict=True):
        if name is not None:
            values[name] = value
        elif value:
            others[title] = value
    return Row(line, values, others)
