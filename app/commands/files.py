"""Names for files that strangers sent, before they lie on a shop keeper's disk."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from cases.dangers import danger_of
from cases.model import Received

#: No program opens a file by this ending.
CAREFUL: Final = ".careful"
#: Letters in the longest name.
LONGEST: Final = 100

_ODD = re.compile(r"[^\w.()+-]+")


def named(files: Iterable[Received]) -> dict[str, bytes]:
    """Each file under a name of its own: numbered, without odd letters, the dangerous ones with `CAREFUL`."""
    found: dict[str, bytes] = {}
    for number, file in enumerate(files, 1):
        stem, dot, ending = _ODD.sub("_", file.name).strip("._ ").rpartition(".")
        name = (
            f"{(stem or ending or 'file')[:LONGEST]}{dot}{ending[:10]}"
            if stem
            else (ending or "file")[:LONGEST]
        )
        careful = CAREFUL if danger_of(file.name, file.content) else ""
        found[f"{number:02d}-{name}{careful}"] = file.content
    return found
