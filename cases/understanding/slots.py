"""Who the writer says they are: addresses, customer and order numbers.

Reads words, proves nothing: a claim only says where in the register to look.
"""

from __future__ import annotations

import re

from cases.model import Claim
from cases.understanding.tokens import EMAIL, has_digit, may_hold_email

_AT = re.compile(r"\s*[(\[](?:at|a|ät|@)[)\]]\s*", re.IGNORECASE)
_NUMBER_WORD = r"(?:\s*(?:numero\w*|num|nro|nr|no|n:o|nummer|number|id|tunnus|code))?"
_IS = r"[\s.:#=]*(?:(?:on|is|oli|was|är)\b)?[\s:#=]*"
_VALUE = r"([A-Za-z]{0,4}[-/ ]?[0-9][0-9A-Za-z/-]{0,18})(?![\w@])"
_CUSTOMER = re.compile(
    rf"\b(?:asiakas(?:numero\w*|nro|num|tunnus\w*|nr|id)?|customer|client|kund|kundnummer|member){_NUMBER_WORD}{_IS}{_VALUE}",
    re.IGNORECASE,
)
_ORDER = re.compile(
    rf"\b(?:tilaus(?:numero\w*|nro|num|nr|tunnus\w*)?|tilaukse\w*|tilausta|order|ordernumber|ordernummer|beställning\w*|order\s*id)"
    rf"{_NUMBER_WORD}{_IS}{_VALUE}",
    re.IGNORECASE,
)
_BARE = re.compile(
    r"[\s#:\"'(]*([A-Za-z]{0,4}[-/_ ]?[0-9][0-9A-Za-z/_-]{1,18}|[A-Za-z]{1,4}[-/_][0-9A-Za-z/_-]{2,18})[\s.,!\"')]*"
)
_PHONE_LIKE = re.compile(r"\+?[0-9][0-9 \-()]{8,}")
_LIST_LIKE = re.compile(r"^(?:[0-9]{1,2}[.)])$")


def tidy_email(found: str) -> str:
    """An address as it is looked up: "(at)" read as @, no trailing mark, small letters."""
    return _AT.sub("@", found).strip(".,;:!?'\"-+<>").casefold()


def emails(text: str) -> list[tuple[int, int, str]]:
    """E-mail addresses in a text: where each stands, and how it is looked up."""
    if not may_hold_email(text):
        return []
    return [(match.start(), match.end(), tidy_email(match.group())) for match in EMAIL.finditer(text)]


def _number(pattern: re.Pattern[str], text: str) -> str:
    if not has_digit(text):
        return ""
    for match in pattern.finditer(text):
        value = match.group(1).strip(" -/")
        if sum(letter.isdigit() for letter in value) >= 3:
            return value.upper()
    return ""


def identifiers(text: str, bare: bool = False) -> Claim:
    """E-mail address, customer number and order number named in a text.

    `bare`: the person was asked for one, so a lone word that can be a number counts as both.
    """
    found = emails(text)
    claim = Claim(
        email=found[0][2] if found else "",
        customer_id=_number(_CUSTOMER, text),
        order_id=_number(_ORDER, text),
    )
    if claim or not bare:
        return claim
    match = _BARE.fullmatch(text)
    if not match or _PHONE_LIKE.fullmatch(match.group(1)) or _LIST_LIKE.match(match.group(1)):
        return claim
    value = match.group(1).upper().replace(" ", "")
    return Claim(customer_id=value, order_id=value)


_ELSEWHERE = re.compile(
    r"""(?:vasta\w*|reply|replies|answer|lähettäkää|lähetä|toimittakaa|toimita|send|mail\s+it|forward|svara|skicka\w*|lähetin|kirjoitin|
    otin\s+yhteyttä|wrote\s+to|written\s+to|emailed|contacted|kaverin\w*|seuraavaan)\b[^\n.!?@]{0,60}$""",
    re.IGNORECASE | re.VERBOSE,
)
_ON_RECORD = re.compile(
    r"""(?:tili|tilan|tilau|rekister|asiakas|asioi|tunnus|kirjautu|osto|login|log\s+in|account|order|registered|customer|signed|konto|
    beställ|handlat|kund|vanha|old|from|listalta|off|list|käytän|osoitteella|under)\w*[^\n!?@]{0,60}$""",
    re.IGNORECASE | re.VERBOSE,
)


def claimed_email(text: str, new: frozenset[str]) -> str | None:
    """The address the writer says is theirs on record; one that shall replace it is not."""
    candidates = [(start, value) for start, _, value in emails(text) if value not in new]
    best: str | None = None
    for start, value in candidates:
        before = text[max(0, start - 90) : start]
        if _ON_RECORD.search(before):
            return value
        if best is None and not _ELSEWHERE.search(before):
            best = value
    return best


_LABEL = re.compile(
    r"^[ \t]*(?:account|customer|login|user|tili|tilin|asiakas|asiakastili|käyttäjä|tunnus|käyttäjätunnus|konto)\w*"
    r"[^\n@:]{0,30}:[^\n]*$",
    re.IGNORECASE | re.MULTILINE,
)


def labelled_email(text: str, new: frozenset[str]) -> str | None:
    """An address on a line of its own that says it is the account's, even below a signature."""
    if not may_hold_email(text):
        return None
    for line in _LABEL.finditer(text):
        for _, _, value in emails(line.group()):
            if value not in new:
                return value
    return None
