"""Runs of digits in a message: one-time codes as people type or say them, and case ids.

Knows what a code looks like, never which code is right. Order numbers, telephone numbers, dates, postal codes and
case ids are no codes.
"""

from __future__ import annotations

import re
from functools import lru_cache

from cases.understanding.prepare import fold
from cases.understanding.tokens import WORD, has_digit

_CASE_ID = re.compile(
    r"(?<![\w-])([A-Z]{2,6})[-\u2010-\u2015](20[0-9]{2})[-\u2010-\u2015]([0-9]{4,8})(?![\w])", re.IGNORECASE
)
_GAP = r"[ \u00a0\-\u2013.]{1,2}"
_GROUPED = re.compile(
    rf"""(?<![\w+@./:\-\u2010-\u2015])
    (?: [0-9]{{6}} | [0-9]{{3}}{_GAP}[0-9]{{3}}
      | [0-9]{{2}}(?:{_GAP}[0-9]{{2}}){{2}} | [0-9](?:(?:{_GAP}|,[ ]?)[0-9]){{5}} )
    (?! [\w@\-\u2010-\u2015/] | [.,:][0-9] | [ ][0-9](?![0-9]{{5}}(?![0-9])) )""",
    re.VERBOSE,
)
_BARE = re.compile(r"[\s\"'„“”*`(<\[]*([0-9](?:[\s.,\-\u2010-\u2015_]{0,3}[0-9]){3,9})[\s.!\"'“”*`)>\]]*")
_LOOSE_CODE = re.compile(r"(?<![\w-])[0-9]{4,8}(?![\w-])")
_LETTER_CODE = re.compile(
    r"(?<![\w@.-])(?=[A-Z-]*[0-9])(?=[0-9-]*[A-Z])(?:[A-Z0-9]{6}|[A-Z0-9]{3}-[A-Z0-9]{3})(?![\w@-])"
)

_CODE_WORD = r"(?:\w*koodi\w*|\w*kood?in|codes?|kod|koden|pin|otp|passcode|tunnusluku\w*)"
_NO_CODE_WORD = re.compile(
    r"(?:posti|seuranta|alennus|lahja|tarjous|kampanja|etu|ale|tuote|qr)koodi"
    r"|(?:postal|zip|discount|promo|voucher|tracking|product|post)[ -]?code",
    re.IGNORECASE,
)
_NEAR_CODE = re.compile(rf"\b{_CODE_WORD}\b[^\n0-9]{{0,25}}$", re.IGNORECASE)
#: A number right after one of these is that, and no code.
_LABELLED = re.compile(
    r"""(?:tilau\w*|tilausn\w*|order\w*|asiakas\w*|customer\w*|lasku\w*|invoice\w*|viite\w*|reference|ref|puh\w*|tel\w*|phone|mobile|
    numero(?:ni)?\s+on|soittaa|paket\w*|parcel|tracking|seuranta\w*|toimitus\w*|beställning\w*|kundnummer|ordernummer|postinumero\w*|y-tunnus|
    tuote\w*|koodi\w*\s+tuote\w*|case|tapaus\w*|asia|gsm|känny\w*|puhelin\w*|eur|€|hinta\w*|fax|faksi|\bid|saldo\w*|summa\w*|maksoin|maksu\w*)
    [\s:#.n°]*(?:(?:nro|no|nr|number|numero\w*|nummer|on|is|är)[\s:.#]*){0,2}$""",
    re.IGNORECASE | re.VERBOSE,
)
#: The end of a longer number, unless that is a code of its own.
_RUNS_ON = re.compile(r"(?<![0-9])(?![0-9]{6}\s$)[0-9+]{1,12}[\s\-]$")
_FOLLOWED = re.compile(r"^\s*(?:€|eur|e\b|euro|kpl|%|g\b|kg|mm|cm|sek\b)", re.IGNORECASE)

#: Digits as they are said; Finnish in standard and spoken form, folded.
SPOKEN: dict[str, str] = {
    word: str(digit)
    for digit, words in enumerate(
        (
            "nolla nollaa nol zero oh nought noll",
            "yksi yks yhden ykkonen one ett en1",
            "kaksi kaks kakkonen two tva",
            "kolme kol kolmonen kolome three tre",
            "nelja nelj nelonen neli four fyra",
            "viisi viis vitonen viitonen five fem",
            "kuusi kuus kutonen kuutonen six sex",
            "seitseman seittemän seitteman seiska seittema seven sju",
            "kahdeksan kaheksan kasi kaheksa eight atta",
            "yhdeksan yheksan ysi yheksa nine nio",
        )
    )
    for word in words.split()
}
_TENS = dict(
    zip(
        ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"],
        "23456789",
        strict=True,
    )
)
_ENGLISH_TENS = re.compile(
    rf"\b({'|'.join(_TENS)})(?:[ -](one|two|three|four|five|six|seven|eight|nine)\b)?", re.IGNORECASE
)
_SAID = frozenset((*SPOKEN, *_TENS))
_SPOKEN_WORD = re.compile(r"[^\W\d_]+|[0-9]+|[^\w\s]")
_FINNISH_TENS = re.compile(
    r"^(kaksi|kaks|kolme|nelja|viisi|viis|kuusi|kuus|seitseman|seittaman|seitteman|kahdeksan|kaheksan|yhdeksan|yheksan)kymmenta(\w*)$"
)


def _digits(text: str) -> str:
    return "".join(letter for letter in text if letter in "0123456789")


def case_ids(text: str) -> tuple[str, ...]:
    """Case ids in a text, such as `LIW-2026-0042`, in capitals, each once."""
    if not has_digit(text):
        return ()
    found = (
        f"{match.group(1)}-{match.group(2)}-{match.group(3)}".upper() for match in _CASE_ID.finditer(text)
    )
    return tuple(dict.fromkeys(found))


def codes(text: str) -> tuple[str, ...]:
    """One-time codes in a text, digits only, each once, in the order they stand.

    Six digits count wherever nothing says they are something else; four to eight digits count where a code is
    named right before them or the message is nothing else, so that a mistyped code is refused and not overlooked.
    """
    bare = _BARE.fullmatch(text) if len(text) <= 60 and has_digit(text) else None
    if bare and 5 <= len(_digits(text)) <= 8 and not _looks_like_other(bare.group(1)):
        return (_digits(text),)
    found = [(match.start(), _digits(match.group())) for match in code_places(text)]
    found += _spoken(text)
    return tuple(dict.fromkeys(code for _, code in sorted(found)))


def _looks_like_other(run: str) -> bool:
    """A bare run that reads as a telephone number, a date or a postal code."""
    digits = _digits(run)
    if re.fullmatch(r"[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{2,4}", run):
        return True
    return len(digits) != 6 and (digits.startswith("0") or (len(digits) == 5 and run == digits))


def code_places(text: str) -> list[re.Match[str]]:
    """Where typed codes stand in a text, for reading and for masking."""
    if not has_digit(text):
        return []
    # A case id just before it makes no longer number of a code; the places must stay the same.
    text = _CASE_ID.sub(lambda case_id: "¤" * len(case_id.group()), text)
    found = [match for match in _GROUPED.finditer(text) if _is_code(text, match)]
    taken = [match.span() for match in found]
    for match in _LOOSE_CODE.finditer(text):
        before = text[max(0, match.start() - 40) : match.start()]
        inside = any(start <= match.start() < end for start, end in taken)
        if not inside and _NEAR_CODE.search(before) and not _NO_CODE_WORD.search(before):
            found.append(match)
    return found


def _is_code(text: str, match: re.Match[str]) -> bool:
    before = text[max(0, match.start() - 40) : match.start()]
    if _RUNS_ON.search(before) or _FOLLOWED.match(text[match.end() : match.end() + 8]):
        return False
    if _NO_CODE_WORD.search(before[-28:]):
        return False
    if re.fullmatch(r"[0-9]{2}\.[0-9]{2}\.[0-9]{2}", match.group()) and not _NEAR_CODE.search(before):
        return False
    return bool(_NEAR_CODE.search(before)) or not _LABELLED.search(before)


def _says_digits(text: str) -> bool:
    """Whether any word of a text may be a digit: most texts say none, and need no closer look."""
    return any(map(_may_say_digit, WORD.findall(text)))


@lru_cache(maxsize=65_536)
def _may_say_digit(word: str) -> bool:
    folded = fold(word)
    return folded in _SAID or "kymment" in folded


def _spoken(text: str) -> list[tuple[int, str]]:
    """Six digits said one by one, also mixed with typed ones ("nelja 8 kaks…")."""
    found: list[tuple[int, str]] = []
    if not _says_digits(text):
        return found
    run, start, said, times = "", 0, False, 1
    text = _ENGLISH_TENS.sub(
        lambda tens: _TENS[tens[1].lower()] + SPOKEN.get((tens[2] or "").lower(), "0"), text
    )
    for match in _SPOKEN_WORD.finditer(text):
        word = fold(match.group())
        digits = _as_digits(word)
        if digits and not run:
            start, said = match.start(), False
        if digits:
            run += digits * times
            said, times = said or not word.isdigit(), 1
        elif word in ("double", "tupla") and run:
            times = 2
        elif word not in (",", "-", ".", "ja", "and", "sitten", "then", "viiva"):
            _keep(found, run, start, said)
            run, times = "", 1
    _keep(found, run, start, said)
    return found


def _keep(found: list[tuple[int, str]], run: str, start: int, said: bool) -> None:
    if said and len(run) == 6:
        found.append((start, run))


def _as_digits(word: str) -> str:
    if word.isascii() and word.isdigit():
        return word if len(word) <= 2 else ""
    if word in SPOKEN:
        return SPOKEN[word]
    tens = _FINNISH_TENS.match(word)
    if tens:
        return SPOKEN[tens.group(1)] + SPOKEN.get(tens.group(2), "0" if not tens.group(2) else "")
    return ""


def letter_code(text: str) -> bool:
    """Whether a short message carries a code of letters and digits, such as somebody else's `B4T9ZQ`."""
    return len(text) <= 80 and has_digit(text) and bool(_LETTER_CODE.search(text))


def spoken_code(text: str) -> bool:
    """Whether a code is said in words."""
    return bool(_spoken(text))
