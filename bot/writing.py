"""How messages look in Telegram: keyboards, command menus, and texts cut to what fits one message.

Words are passed in. What is said, and which buttons stand below it, is decided by the core.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from telegram import BotCommand, InlineKeyboardButton, InlineKeyboardMarkup

from cases.staff_verbs import VERBS

#: What customers find in the menu. Telegram requires /privacy of every bot.
CUSTOMER_COMMANDS = ("start", "help", "privacy", "language", "status", "form", "password", "cancel")
#: The staff verbs. Only those that are given a description appear in a menu.
STAFF_COMMANDS = tuple(VERBS)
#: UTF-16 units in one message, which is how Telegram counts (core.telegram.org/bots/api#sendmessage).
TEXT_LIMIT = 4096
#: The same for the text under a file, and bytes a bot may upload (core.telegram.org/bots/api#senddocument).
CAPTION_LIMIT, UPLOAD_LIMIT = 1024, 50_000_000
#: Bytes a button can carry (core.telegram.org/bots/api#inlinekeyboardbutton).
DATA_LIMIT = 64
#: Characters in a command's description (core.telegram.org/bots/api#botcommand).
DESCRIPTION_LIMIT = 256
#: Where a long text may be cut, best first: after a paragraph, a line, a sentence, a word.
_BORDERS = (re.compile(r"\n\s*\n"), re.compile(r"\n"), re.compile(r"(?<=[.!?])\s"), re.compile(r"\s"))


def keyboard(rows: Sequence[Sequence[str]], labels: Mapping[str, str]) -> InlineKeyboardMarkup | None:
    """Buttons row by row; None when there are none. A button sends its name back when pressed.

    A name may carry an argument after a colon (`send:42`); the label is then looked up by the whole name
    first, and by the part before the colon next.

    Raises:
        KeyError: a button has no label.
        ValueError: a button's name is too long to travel.
    """
    made = [[_button(name, labels) for name in row] for row in rows if row]
    return InlineKeyboardMarkup(made) if made else None


def _button(name: str, labels: Mapping[str, str]) -> InlineKeyboardButton:
    if not 1 <= len(name.encode()) <= DATA_LIMIT:
        raise ValueError(f"a button's name must have 1 to {DATA_LIMIT} bytes")
    label = labels.get(name) or labels[name.partition(":")[0]]
    return InlineKeyboardButton(label, callback_data=name)


def units(text: str) -> int:
    """How long Telegram counts a text to be: its UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2


def split(text: str, limit: int = TEXT_LIMIT) -> list[str]:
    """Cut a text into messages of at most `limit` (2 or more) UTF-16 units; white space at a cut is dropped.

    Always returns at least one part; an empty text gives one empty part, which Telegram will refuse.
    """
    parts = []
    rest = text.strip()
    while units(rest) > limit:
        head = _head(rest, limit)
        cut = _cut(head, rest[len(head)])
        parts.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return [*parts, rest]


def _head(text: str, limit: int) -> str:
    """The longest beginning that fits; never half a character."""
    return text.encode("utf-16-le")[: limit * 2].decode("utf-16-le", "ignore")


def _cut(head: str, following: str) -> int:
    """How many characters of `head` go into this message."""
    for border in _BORDERS:
        # A border in the first half would make messages needlessly short; a worse one further on is better.
        ends = [hit.end() for hit in border.finditer(head + following) if hit.start() >= len(head) // 2]
        if ends:
            return min(ends[-1], len(head))
    return len(head)


def menu(descriptions: Mapping[str, str]) -> list[BotCommand]:
    """A command menu: names in the order given, each with its description.

    Menus know only a-z, 0-9 and _, so a hyphen in a verb appears as an underscore; `reading` turns it back.
    """
    return [
        BotCommand(menu_name(name), words[:DESCRIPTION_LIMIT])
        for name, words in descriptions.items()
        if words
    ]


def menu_name(verb: str) -> str:
    """A verb as a menu can show it."""
    return verb.replace("-", "_")
