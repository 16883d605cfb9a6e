"""What must not be stored or shown as it was typed: identity codes, card and passport numbers.

Masks numbers it can prove (check characters, nearness to a passport word). Health words are reported, never
masked: the message would lose its sense. The law: docs/invariants.md 1.8, Data Protection Act 1050/2018 s. 29.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from cases.understanding.lexicon import lexicon
from cases.understanding.prepare import fold
from cases.understanding.tokens import WORD, has_digit

_DASHES = "+\\-\u2010\u2011\u2012\u2013\u2014\u2212"
_HETU = re.compile(
    rf"(?<![0-9A-Za-z])([0-3][0-9][01][0-9]{{3}})[ \t]?([{_DASHES}A-FU-Ya-fu-y])[ \t]?"
    r"([0-9]{3})[ \t]?([0-9A-Ya-y])(?![0-9A-Za-z])"
)
_HETU_CHECK = "0123456789ABCDEFHJKLMNPRSTUVWXY"
_CARD = re.compile(r"(?<![0-9A-Za-z])(?:[2-6](?:[ \u00a0.\-\u2013]{0,2}[0-9]){12,18})(?![0-9])")
_IBAN_HEAD = re.compile(r"[A-Z]{2}[0-9]{2}(?:[ \u00a0]?[0-9A-Z]{4})*[ \u00a0]?$")
_PASSPORT_WORD = re.compile(
    r"\b(?:passi(?:n|a|ni|ani|ssa|sta|lla|t|en)?|passin?numero\w*|passport\w*|pass(?:nummer)?\w{0,2}|reisepass\w*)\b",
    re.IGNORECASE,
)
_PASSPORT = re.compile(r"(?<![0-9A-Za-z@.])(?:[A-Za-z]{1,2}[ ]?[0-9]{6,8}|[0-9]{9})(?![0-9A-Za-z])")
#: How far, in characters, a passport number may stand from the word; a bare nine-digit number must be nearer.
_PASSPORT_NEAR, _PASSPORT_BARE_NEAR = 140, 40

MASKS = {"hetu": "[henkilötunnus]", "payment_card": "[maksukortti]", "passport": "[passi]", "code": "[koodi]"}


def is_hetu(text: str) -> bool:
    """Whether a text is one Finnish personal identity code with the right check character (test persons too)."""
    found = _HETU.fullmatch(text.strip())
    return bool(found and _hetu_holds(found))


def _hetu_holds(found: re.Match[str]) -> bool:
    birth, number, check = found.group(1), found.group(3), found.group(4).upper()
    if not (1 <= int(birth[:2]) <= 31 and 1 <= int(birth[2:4]) <= 12):
        return False
    return _HETU_CHECK[int(birth + number) % 31] == check


def _card_holds(found: re.Match[str]) -> bool:
    digits = [int(ch) for ch in found.group() if ch in "0123456789"]
    if len(set(digits)) == 1 or _IBAN_HEAD.search(found.string[max(0, found.start() - 30) : found.start()]):
        return False
    doubled = (d if i % 2 == 0 else (d * 2 - 9 if d > 4 else d * 2) for i, d in enumerate(reversed(digits)))
    return sum(doubled) % 10 == 0


def _replace(
    text: str, pattern: re.Pattern[str], holds: Callable[[re.Match[str]], bool], label: str
) -> tuple[str, bool]:
    hit = False

    def mark(found: re.Match[str]) -> str:
        nonlocal hit
        if not holds(found):
            return found.group()
        hit = True
        return MASKS[label]

    return pattern.sub(mark, text), hit


def _mask_passports(text: str) -> tuple[str, bool]:
    words = [found.span() for found in _PASSPORT_WORD.finditer(text)]
    if not words:
        return text, False
    at = 0

    def near(found: re.Match[str]) -> bool:
        nonlocal at
        while at + 1 < len(words) and words[at + 1][0] <= found.start():
            at += 1
        limit = _PASSPORT_BARE_NEAR if found.group()[0].isdigit() else _PASSPORT_NEAR
        gaps = [max(found.start() - end, start - found.end()) for start, end in words[at : at + 2]]
        return min(gaps) <= limit

    return _replace(text, _PASSPORT, near, "passport")


def mask_numbers(text: str) -> tuple[str, tuple[str, ...]]:
    """The text with identity codes, card and passport numbers masked, and which of them there were."""
    if not has_digit(text):
        return text, ()
    text, hetu = _replace(text, _HETU, _hetu_holds, "hetu")
    text, card = _replace(text, _CARD, _card_holds, "payment_card")
    text, passport = _mask_passports(text)
    found = (("hetu", hetu), ("payment_card", card), ("passport", passport))
    return text, tuple(label for label, hit in found if hit)


@lru_cache(maxsize=65_536)
def _is_of_health(word: str) -> bool:
    return "HEALTH" in lexicon().meanings(fold(word))


def mask(text: str) -> tuple[str, tuple[str, ...]]:
    """The text with sensitive numbers masked, and labels in the order hetu, payment_card, passport, health."""
    masked, labels = mask_numbers(text)
    health = any(map(_is_of_health, WORD.findall(masked)))
    return masked, (*labels, "health") if health else labels
