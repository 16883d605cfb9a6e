"""From what arrived to what the person wrote: quotes, forwards and signatures go, letters are made comparable.

Here live `visible` (cutting) and `fold` (making letters comparable). Nothing here knows what a word means.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

#: Analysis reads this much of a message; a longer one is cut at a line end. Storing is not limited by it.
ANALYSED_CHARS = 6000

_HEADER = r"(?:from|lähettäjä|lahettaja|keneltä|från|fran|von|saatja|de)"
_HEADER_NEXT = (
    r"(?:sent|date|to|subject|cc|lähetetty|lahetetty|päivämäärä|päiväys|pvm|vastaanottaja|kenelle|aihe|kopio"
    r"|skickat|datum|till|ämne|gesendet|an|betreff)"
)
_WROTE = r"(?:wrote|kirjoitti|kirjoittanut|skrev|schrieb|kirjutas)"

#: Everything from such a line on was written by somebody else.
_CUT = re.compile(
    r"""^[\s*]*(?:
      [-_=\s]{2,}\s*(?:alkuperäinen|alkuper.inen|original|ursprungligt|ursprüngliche|välitetty|lähetetty|edelleenlähetetty
        |forwarded|vidarebefordrat|weitergeleitete)\s+(?:viesti|message|meddelande|nachricht|mail)[^\n]*
    | (?:begin\s+forwarded\s+message|välitetty\s+viesti|vidarebefordrat\s+meddelande)\s*:?
    )[\s*]*$""",
    re.IGNORECASE | re.VERBOSE,
)
_HEADER_LINE = re.compile(rf"^[\s*]*{_HEADER}\s*:\**\s*\S", re.IGNORECASE)
_HEADER_NEXT_LINE = re.compile(rf"^[\s*]*{_HEADER_NEXT}\s*:", re.IGNORECASE)
_ATTRIBUTION = re.compile(rf"\b{_WROTE}\b[^:\n]{{0,90}}(?:[0-9]:[0-9][^:\n]{{0,60}})?:\s*$", re.IGNORECASE)
_ATTRIBUTION_SIGN = re.compile(r"[0-9@<]")
_QUOTED = re.compile(r"^\s{0,3}(?:>|&gt;|\|\s*>)")
_RULER = re.compile(r"^\s*(?:-{3,}|_{5,}|={5,}|\*{5,})\s*$")
_SIGNATURE_MARK = re.compile(r"^\s*--\s*$")
_DEVICE = re.compile(
    r"""^\s*(?:
      lähetetty\s+(?:\S+\s+){0,3}?(?:puhelime\S+|iphone\S*|ipad\S*|android\S*|outlook\S*|samsung\S*|matkapuhelime\S+|laitteest\S+|yahoo\S*)
    | sent\s+(?:from|via|with)\s+(?:my\b|outlook|yahoo|proton|samsung|mail\b|the\b)
    | sent\s+from\s+\S+\s+for\s
    | skickat\s+från\s
    | von\s+meinem\s.*gesendet
    | (?:hanki|hae|get|hämta)\s+outlook
    )[^\n]{0,80}$""",
    re.IGNORECASE | re.VERBOSE,
)

_CLOSING = re.compile(
    r"""^\s*(?:
      (?:\w+\s+){0,2}terveisin | terveisi[äa] | terveiset | terv | t | kunnioittaen | kunnioittavasti
    | yst[äa]v[äa]llisesti | yst\.?\s*terv | yt | mvh
    | (?:med\s+)?\w*\s*(?:vänliga?|vänlig)\s*hälsning(?:ar)? | hälsning(?:ar)?
    | (?:with\s+)?(?:(?:kind|best|warm)\s+)?regards | (?:best|all\s+the\s+best|br|cheers)
    | yours(?:\s+\w+)? | sincerely(?:\s+yours)?
    | (?:mit\s+)?freundlichen?\s+gr(?:ü|u|ue)(?:ß|ss)en? | lugupidamisega
    )\s*(?:[.,:!]|$)""",
    re.IGNORECASE | re.VERBOSE,
)
_POSTSCRIPT = re.compile(r"^\s*p\.?\s?s\.?[\s:.,]", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]{2,}")

_NAME_LINE = re.compile(r"(?:[A-ZÅÄÖ][\w.'-]*\s){1,3}[A-ZÅÄÖ][\w.'-]*")
_CONTACT_LINE = re.compile(
    r"(?:(?:puh|tel|gsm|p|m|e-?mail|sähköposti)[.:]*\s*)?(?:\S+@\S+|\+?[0-9][0-9 \-()]{5,})", re.IGNORECASE
)

#: Longest signature block, in lines and in characters, that is taken for one.
_SIGNATURE_LINES = 8
_SIGNATURE_LINE_CHARS = 110

#: Letters that keep no accent when folded although Unicode does not decompose them.
_EXTRA_FOLDS = str.maketrans(
    {"ø": "o", "æ": "a", "ß": "ss", "đ": "d", "ł": "l", "’": "'", "‘": "'", "´": "'", "`": "'"}
)


def visible(text: str) -> str:
    """The part of a message its writer wrote: without quoted or forwarded mail and without marked signatures.

    Doing it twice changes nothing.
    """
    lines = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    lines = _without_quotes([line for line in lines if not _DEVICE.match(line)])
    return "\n".join(lines[: _first_cut(lines)]).strip()


def _without_quotes(lines: list[str]) -> list[str]:
    """Lines less those marked as quoted, and less the "N.N. wrote:" that leads them in."""
    kept: list[str] = []
    for line in lines:
        if not _QUOTED.match(line):
            kept.append(line)
            continue
        _drop_attribution(kept)
    return kept


def _drop_attribution(kept: list[str]) -> None:
    at = len(kept) - 1
    while at >= 0 and not kept[at].strip():
        at -= 1
    if at >= 0 and _leads_in(kept[at]):
        start = at
        while start > max(0, at - 2) and kept[start - 1].strip() and not _is_attribution_start(kept[start]):
            start -= 1
        if not _is_attribution_start(kept[start]):
            start = at
        del kept[start:]


_ATTRIBUTION_START = re.compile(
    r"^\s*(?:on|den|am|le|ma|ti|ke|to|pe|la|su|mon|tue|wed|thu|fri|sat|sun|maanan\w+|tiista\w+|keskiviik\w+|torsta\w+|perjanta\w+"
    r"|lauanta\w+|sunnunta\w+|[0-9]{1,2}[./])\b",
    re.IGNORECASE,
)


def _is_attribution_start(line: str) -> bool:
    return bool(_ATTRIBUTION_START.match(line) and _ATTRIBUTION_SIGN.search(line))


def _first_cut(lines: list[str]) -> int:
    """Index of the first line that is no longer the writer's own."""
    words = 0
    for at, line in enumerate(lines):
        if (
            _CUT.match(line)
            or _SIGNATURE_MARK.match(line)
            or _opens_header_block(lines, at)
            or _attributes(lines, at)
        ):
            return at
        if words >= 2 and _RULER.match(line):
            return at
        words += len(_WORD.findall(line)) if words < 2 else 0
    return len(lines)


def _opens_header_block(lines: list[str], at: int) -> bool:
    if not _HEADER_LINE.match(lines[at]):
        return False
    return any(_HEADER_NEXT_LINE.match(line) for line in lines[at + 1 : at + 5])


def _attributes(lines: list[str], at: int) -> bool:
    """Whether "… wrote:" starts here, on one line or wrapped over three."""
    if _leads_in(lines[at]):
        return bool(_ATTRIBUTION_SIGN.search(lines[at]))
    if not _is_attribution_start(lines[at]):
        return False
    for line in lines[at + 1 : at + 3]:
        if not line.strip():
            return False
        if _leads_in(line):
            return True
    return False


def _leads_in(line: str) -> bool:
    """Whether a line ends in "… wrote:"."""
    return line.rstrip().endswith(":") and _ATTRIBUTION.search(line) is not None


def without_signature(text: str, may_be_all: bool = False) -> str:
    """Text up to its closing ("Terveisin", "Regards"): a signature's words ask for nothing.

    `may_be_all`: a text of one signature is cut as well, below a subject that says it all. A postscript stays.
    When what follows the closing is too long for a signature, everything stays.
    """
    lines = text.split("\n")
    for at, line in enumerate(lines):
        if (at == 0 and not may_be_all) or not _CLOSING.match(line) or len(line) > 60:
            continue
        tail = [rest for rest in lines[at + 1 :] if rest.strip()]
        after = next((i for i, rest in enumerate(tail) if _POSTSCRIPT.match(rest)), len(tail))
        if after <= _SIGNATURE_LINES and all(len(rest) <= _SIGNATURE_LINE_CHARS for rest in tail[:after]):
            return "\n".join(lines[:at] + tail[after:]).strip()
    return _without_contact_block(text)


def _without_contact_block(text: str) -> str:
    """Less a last paragraph that is a name and how to reach it, without any closing before."""
    before, _, last = text.rstrip().rpartition("\n\n")
    lines = [line.strip() for line in last.split("\n")]
    if not before.strip() or not 2 <= len(lines) <= 5 or not _NAME_LINE.fullmatch(lines[0]):
        return text
    return before if any(_CONTACT_LINE.fullmatch(line) for line in lines[1:]) else text


def excerpt(text: str) -> str:
    """The start of a text that analysis looks at, ended at a line or word."""
    if len(text) <= ANALYSED_CHARS:
        return text
    cut = text[:ANALYSED_CHARS]
    end = max(cut.rfind("\n"), cut.rfind(" "))
    return cut[:end] if end > ANALYSED_CHARS // 2 else cut


@lru_cache(maxsize=65_536)
def fold(word: str) -> str:
    """A word in small letters without accents, so that `pyynto`, `Pyyntö` and `PYYNTÖ` are one."""
    if word.isascii():
        return word.lower()
    bare = unicodedata.normalize("NFKD", word.casefold().translate(_EXTRA_FOLDS))
    return "".join(ch for ch in bare if not unicodedata.combining(ch))
