"""What every view in the terminal shares: the console, days and moments, due dates in words and colour.

Here live the small parts; `tables` and `case_view` put them together. Whatever a person wrote goes through
`plain`, so that nobody's message can move the cursor or colour the screen.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from rich.console import Console
from rich.text import Text

from app.shapes import HELSINKI
from app.words import counted, words

#: (days left at most, colour); the first that fits. The words beside it say the same.
COLOURS = ((-1, "bold red"), (2, "red"), (7, "yellow"), (14, "cyan"))
#: Columns where output does not go to a terminal and COLUMNS does not say.
PIPED_WIDTH = 100
#: Below this the queue is a list instead of a table.
NARROW = 96
CLOSED = ("answered", "withdrawn")

#: Controls that a terminal would obey, and marks that turn the direction of writing.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def console(*, err: bool = False) -> Console:
    """Where views go. Text is never read as markup."""
    stream = sys.stderr if err else sys.stdout
    width = None if stream.isatty() or os.environ.get("COLUMNS") else PIPED_WIDTH
    return Console(stderr=err, highlight=False, markup=False, emoji=False, width=width)


def plain(text: str) -> str:
    """Somebody's words, harmless on a screen."""
    return _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def day(iso: str, language: str) -> str:
    """A date as it is written in this language."""
    value = date.fromisoformat(iso)
    return f"{value.day}.{value.month}.{value.year}" if language == "fi" else value.isoformat()


def moment(iso: str, language: str) -> str:
    """A moment in Finnish time."""
    value = datetime.fromisoformat(iso).astimezone(HELSINKI)
    clock = f"{value.hour}.{value:%M}" if language == "fi" else f"{value:%H:%M}"
    return f"{day(value.date().isoformat(), language)} {clock}"


def person(actor: str, language: str) -> str:
    """Who did something: the machine, the customer, or a member of staff."""
    named = words(language)["who"]
    kind, _, name = actor.partition(":")
    if actor in named:
        return named[actor]
    return plain(f"Telegram {name}" if kind == "staff" else name or actor)


def time_left(row: Mapping[str, Any], language: str, today: date) -> str:
    """How long there is, in words; nothing for a closed case."""
    if row["status"] in CLOSED:
        return ""
    said = words(language)["queue"]
    left = (date.fromisoformat(row["due"]) - today).days
    if left == 0:
        return said["today"]
    if left < 0:
        return counted(said, "late", -left)
    return said["day"] if left == 1 else said["days"].format(n=left)


def due_colour(row: Mapping[str, Any], today: date) -> str:
    """How near the due date is, as a colour; closed cases have none."""
    if row["status"] in CLOSED:
        return "dim"
    left = (date.fromisoformat(row["due"]) - today).days
    return next((colour for most, colour in COLOURS if left <= most), "green")


def due_text(row: Mapping[str, Any], language: str, today: date) -> Text:
    """The due date with what is left of it."""
    parts = (day(row["due"], language), time_left(row, language, today))
    return Text(", ".join(filter(None, parts)), style=due_colour(row, today))
