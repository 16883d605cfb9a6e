"""What papers say by themselves, and what the columns of a register are called: data, read from two files."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

_HERE = Path(__file__).parent


@cache
def captions(language: str) -> Mapping[str, str]:
    """The words of one language in `words.toml`, by name."""
    found = tomllib.loads((_HERE / "words.toml").read_text(encoding="utf-8"))
    return {name: words[language] for name, words in found.items()}


@dataclass(frozen=True, slots=True)
class Column:
    """What one column of a register is."""

    #: As the register names it.
    title: str
    category: str
    #: text, date, number, amount, yes_no, e-mail or phone.
    type: str
    #: provided, observed or derived; empty: only the shop knows.
    origin: str
    name: str
    meaning: str
    #: One that every register can have; others are a shop's own.
    known: bool = True


def categories(language: str) -> Mapping[str, str]:
    """Headings by category, in the order a copy has them."""
    return {name: words[language] for name, words in _columns()["category"].items()}


def column(table: str, title: str, language: str) -> Column:
    """What a column of `customer` or `order` is; a shop's own is recognised by parts of its name, if at all."""
    found = _columns()
    known = found[table].get(title)
    if known is not None:
        return _column(title, known, language, known[language])
    folded = re.sub(r"[\s_-]+", "", unicodedata.normalize("NFC", title)).casefold()
    for own in found["own"]:
        if folded in own.get("whole", ()) or any(part in folded for part in own["parts"]):
            return replace(_column(title, own, language, title), known=False)
    return Column(title, "other", "text", "", title, captions(language)["from_the_register"], known=False)


def _column(title: str, row: Mapping[str, Any], language: str, name: str) -> Column:
    category = row.get("category", "purchases")
    return Column(title, category, row["type"], row["origin"], name, row["meaning"][language])


@cache
def _columns() -> Mapping[str, Any]:
    return tomllib.loads((_HERE / "fields.toml").read_text(encoding="utf-8"))
