"""Cutting a text into words, sentences and clauses.

A `Token` keeps where it stood, so that slots can be read from the text itself. Nothing here knows what a word
means, except the few little words that divide clauses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from cases.understanding.prepare import fold

EMAIL = re.compile(
    r"(?<![\w.+'@-])[\w.+'-]{1,64}(?:@|[ ]?[(\[](?:at|a|ät|@)[)\]][ ]?)[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}",
    re.IGNORECASE,
)
_OTHERS = r"""(?P<url>https?://\S+|www\.\S+)
    |(?P<number>\+?[0-9]+(?:[.,:/][0-9]+)*)
    |(?P<word>[^\W\d_]+(?:['’´][^\W\d_]+)*(?::[^\W\d_]{1,4}(?![\w]))?)
    |(?P<mark>\.{2,}|->|=>|(?<![^\W_])-|-(?![^\W_])|[.!?…,;:()–—"”“/&>→\n])"""
_TOKEN = re.compile(_OTHERS, re.IGNORECASE | re.VERBOSE)
#: Looking for an address at every letter takes longer than all else: only where there can be one.
_TOKEN_OR_EMAIL = re.compile(
    rf"(?P<email>{EMAIL.pattern})|".replace("[ ]", r"\ ") + _OTHERS, re.IGNORECASE | re.VERBOSE
)
_MAY_HOLD_EMAIL = re.compile(r"@|[(\[](?:at|a|ät)[)\]]", re.IGNORECASE)
WORD = re.compile(r"[^\W\d_]+")
_DIGIT = re.compile(r"[0-9]")
_ENDS = frozenset(".!?…")
#: A full stop after one of these ends no sentence.
_ABBREVIATIONS = frozenset(
    [
        "art",
        "nro",
        "no",
        "nr",
        "esim",
        "mm",
        "ym",
        "yms",
        "jne",
        "puh",
        "os",
        "osoite",
        "tel",
        "terv",
        "mr",
        "mrs",
        "ms",
        "dr",
        "klo",
        "kohd",
        "ko",
        "ks",
        "so",
        "ts",
        "synt",
        "eg",
        "ie",
        "etc",
        "ca",
        "bl",
        "tex",
    ]
)
_BULLET = re.compile(r"^\s*(?:[-–—*•·]|\(?[0-9a-c]{1,2}[).])\s+")
#: A line at least this long may go on in the next one; a shorter one ends its sentence.
_WRAPPED_CHARS = 58
_DIVIDERS = frozenset(
    [
        "ja",
        "seka",
        "mutta",
        "vaan",
        "tai",
        "joten",
        "eli",
        "koska",
        "silti",
        "muttei",
        "kunnes",
        "ennenku",
        "ennenkuin",
        "kun",
        "ku",
        "jos",
        "jotta",
        "et",
        "etta",
        "ettei",
        "joka",
        "jotka",
        "mita",
        "mista",
        "kenelle",
        "miksi",
        "eika",
        "enka",
        "emmeka",
        "and",
        "but",
        "or",
        "so",
        "because",
        "until",
        "when",
        "if",
        "that",
        "which",
        "then",
        "before",
        "after",
        "while",
        "unless",
        "rather",
        "och",
        "men",
        "eller",
        "utan",
        "samt",
        "tills",
        "nar",
        "om",
        "att",
        "som",
        "innan",
    ]
)
_DIVIDING_MARKS = frozenset(",;:()–—/&\n")


class Token(NamedTuple):
    """One word, number, address or mark of a text."""

    text: str
    #: Small letters, no accents.
    fold: str
    start: int
    end: int
    #: word, number, email, url or mark.
    sort: str


@dataclass(frozen=True, slots=True)
class Sentence:
    """Tokens between two sentence ends, and where in them each clause starts and ends."""

    tokens: tuple[Token, ...]
    clauses: tuple[tuple[int, int], ...]
    #: It ended in a question mark.
    asks: bool = False


def has_digit(text: str) -> bool:
    """Whether any digit stands in a text: without one there is no number to look for."""
    return _DIGIT.search(text) is not None


def may_hold_email(text: str) -> bool:
    """Whether an address can stand in a text."""
    return _MAY_HOLD_EMAIL.search(text) is not None


def words_of(text: str) -> Iterator[str]:
    """The words of a text, folded."""
    for found in WORD.finditer(text):
        yield fold(found.group())


@lru_cache(maxsize=2)
def tokenise(text: str) -> tuple[Token, ...]:
    """All tokens of a text, in order; what is neither word, number nor known mark is left out.

    The last two are remembered: a message is read for its language, its courtesies and its meaning.
    """
    pattern = _TOKEN_OR_EMAIL if may_hold_email(text) else _TOKEN
    return tuple(
        Token(word := found.group(), fold(word), found.start(), found.end(), found.lastgroup or "")
        for found in pattern.finditer(text)
    )


def sentences(text: str, tokens: Sequence[Token] | None = None) -> list[Sentence]:
    """The sentences of a text, each with its clauses."""
    tokens = tokenise(text) if tokens is None else tokens
    found: list[Sentence] = []
    start = 0
    for at, token in enumerate(tokens):
        if token.sort == "mark" and _ends_sentence(text, tokens, at):
            _close(found, tokens[start : at + 1])
            start = at + 1
    _close(found, tokens[start:])
    return found


def _close(found: list[Sentence], tokens: Sequence[Token]) -> None:
    if any(token.sort != "mark" for token in tokens):
        found.append(Sentence(tuple(tokens), _clauses(tokens), any(token.fold == "?" for token in tokens)))


def _ends_sentence(text: str, tokens: Sequence[Token], at: int) -> bool:
    mark = tokens[at]
    if mark.fold == "\n":
        return _line_ends(text, mark.start)
    if mark.fold in ("?", "!") or mark.fold.startswith(("..", "…")):
        return True
    if mark.fold != ".":
        return False
    after = text[mark.end : mark.end + 1]
    if after and not after.isspace() and not text[mark.end :][:1].isupper() and after not in "\"')”":
        return False
    before = tokens[at - 1] if at else None
    following = tokens[at + 1] if at + 1 < len(tokens) else None
    if before is None or following is None:
        return True
    if before.fold in _ABBREVIATIONS:
        return False
    return not (before.sort == "number" and following.text[:1].islower())


def _line_ends(text: str, at: int) -> bool:
    """Whether a line break ends the sentence: blank line, list item, or a line too short to be a wrapped one."""
    line_start = text.rfind("\n", 0, at) + 1
    line_end = text.find("\n", at + 1)
    following = text[at + 1 : line_end if line_end >= 0 else at + 200]
    if not following.strip() or _BULLET.match(following):
        return True
    line = text[line_start:at].rstrip()
    if not line or line[-1] in ".!?…":
        return True
    if following.lstrip()[:1].islower():
        return False
    return len(line) < _WRAPPED_CHARS


def _clauses(tokens: Sequence[Token]) -> tuple[tuple[int, int], ...]:
    bounds: list[tuple[int, int]] = []
    start = 0
    for at, token in enumerate(tokens):
        divides = token.fold in (_DIVIDING_MARKS if token.sort == "mark" else _DIVIDERS)
        if divides and at > start:
            bounds.append((start, at))
            start = at
    bounds.append((start, len(tokens)))
    return tuple(bounds)
