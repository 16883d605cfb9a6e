"""The table of all letters: what each is for, which variables it takes, and invented data to show it with.

The table itself is `letters.toml`, the data `sample.toml`. No wording and no rendering here.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from templates.words import FACES, FOLDER

#: Every letter gets this: what the shop's profile says, in the letter's language, and the address of its mailbox. An
#: empty text means that the shop has none, or that its notice is silent.
#: A mail also gets `paper`: true where it is posted, so that it asks nobody to reply to a message.
COMMON = frozenset({"shop", "paper"})

#: What an optional variable is when the context leaves it out; one that is not here must then not be used.
DEFAULTS: Mapping[str, Any] = MappingProxyType(
    {
        "anonymised": (),
        "case": None,
        "cases": (),
        "corrected": (),
        "corrections": (),
        "disputed": "",
        "enclosed": (),
        "erased": (),
        "ground": "",
        "hours": 0,
        "kept": (),
        "locked": False,
        "note": "",
        "old_address": False,
        "paper": False,
        "public_posts": False,
        "reason": "",
        "sensitive": (),
        "skipped": (),
        "suppressed": False,
        "told": (),
    }
)


class UnknownLetterError(LookupError):
    """There is no letter of this name on this face."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One letter of the table."""

    face: str
    name: str
    #: What the letter is for, by language.
    purpose: Mapping[str, str]
    #: Variables the context must have, besides the common ones.
    needs: frozenset[str]
    #: Variables the context may have.
    takes: frozenset[str]

    @property
    def variables(self) -> frozenset[str]:
        """Everything the wording may use."""
        return self.needs | self.takes | (COMMON if self.face == "mail" else COMMON - {"paper"})

    @property
    def defaults(self) -> dict[str, Any]:
        """Values of optional variables that the context leaves out."""
        given = self.takes | {"paper"} if self.face == "mail" else self.takes
        return {name: DEFAULTS[name] for name in given if name in DEFAULTS}


@cache
def _table() -> Mapping[tuple[str, str], Entry]:
    rows = tomllib.loads((FOLDER / "letters.toml").read_text(encoding="utf-8"))
    return {
        (face, name): Entry(
            face=face,
            name=name,
            purpose={"fi": row["fi"], "en": row["en"]},
            needs=frozenset(row.get("needs", ())),
            takes=frozenset(row.get("takes", ())),
        )
        for face in FACES
        for name, row in rows[face].items()
    }


def catalogue() -> tuple[Entry, ...]:
    """Every letter, face by face, in the order of the table."""
    return tuple(_table().values())


def find(face: str, name: str) -> Entry:
    """One letter; `UnknownLetterError` if there is none."""
    try:
        return _table()[face, name]
    except KeyError:
        raise UnknownLetterError(f"no {face} letter is called {name!r}") from None


def names(face: str | None = None) -> tuple[str, ...]:
    """Names of letters, of one face or of all; a name two faces share comes once."""
    return tuple(dict.fromkeys(entry.name for entry in catalogue() if face in (None, entry.face)))


def variables(face: str, name: str) -> frozenset[str]:
    """Everything a letter's wording may use; the same in every language."""
    return find(face, name).variables


@cache
def _samples(language: str) -> tuple[Mapping[str, Any], ...]:
    """Data that suits every language, then free text in this one."""
    files = (FOLDER / "sample.toml", FOLDER / language / "sample.toml")
    return tuple(tomllib.loads(file.read_text(encoding="utf-8")) for file in files)


def sample(name: str, face: str | None = None, language: str = "fi") -> dict[str, Any]:
    """Invented data: a value for every variable of a letter, of one face or of all that have the name.

    All but `shop`, which is never invented, and `paper`: whoever shows a letter adds the facts of a profile.
    """
    entries = [entry for entry in catalogue() if entry.name == name and face in (None, entry.face)]
    if not entries:
        raise UnknownLetterError(f"no letter is called {name!r}")
    values: dict[str, Any] = {}
    for rows in _samples(language):
        values |= rows["variable"]
    for entry in entries:
        for rows in _samples(language):
            values |= rows.get(entry.face, {}).get(name, {})
    wanted = frozenset[str]().union(*(entry.variables for entry in entries)) - COMMON
    return {key: values[key] for key in sorted(wanted)}
