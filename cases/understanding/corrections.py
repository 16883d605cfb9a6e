"""What should stand in the register instead: the new value of a field, as the writer put it.

Finds values by their form (a date, a number, a street with its number) and by the words before them ("uusi on",
"should be"). Whether a correction is asked at all is the rules' business.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from cases.model import Correction
from cases.understanding.slots import emails

#: Concept of the lexicon -> name of the field.
FIELDS = {
    "F_ADDRESS": "address", "F_EMAIL": "email", "F_PHONE": "phone", "F_NAME": "name", "F_BIRTH": "birth_date",
    "F_COMPANY": "company", "F_OTHER": "other", "AN_EMAIL": "email",
}  # fmt: skip

_NEW = re.compile(
    r"""\b(?:uusi|uus|uuden|uudeks\w*|nykyinen|nykyään|nykyisin|nyt|oikea|oikein|oikee|vaan|tilalle|muotoon|pitäis\w*|pitäs|kuuluu|kuuluisi|
    new|now|to|right|should|read|correct|actually|but|instead|with|as|ny|nya|nytt|numera|till|rätt|ska|utan)\b|->|=>|→""",
    re.IGNORECASE | re.VERBOSE,
)
_OLD = re.compile(
    r"\b(?:vanha\w*|entinen|entise\w*|aiempi|ei|eikä|lukee|luki|shows|showed|old|former|previous|not|from|currently|gammal|gamla|inte|ej|tidigare)\b[^.!?\n,;:]{0,40}$",
    re.IGNORECASE,
)
_PHONE = re.compile(r"(?<![\w@.,/-])(?:\+[0-9]{1,3}[ \-]?|\(?0)[0-9][0-9 \-()]{4,14}[0-9](?![\w@/-])")
_MONTHS = (
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|tammi|helmi|maalis|huhti|touko|kesä|heinä|elo|syys|loka|marras|joulu|"
    r"januari|februari|mars|maj|juni|juli|augusti|oktober)[^\W\d_]*"
)
_DATE = re.compile(
    rf"(?<![\w.])(?:[0-9]{{1,2}}\s?[./-]\s?[0-9]{{1,2}}\s?[./-]\s?[0-9]{{2,4}}|[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}"
    rf"|[0-9]{{1,2}}(?:st|nd|rd|th|\.)?\s+(?:of\s+)?{_MONTHS}\.?,?(?:\s+[0-9]{{4}})?|{_MONTHS}\s+[0-9]{{1,2}}(?:st|nd|rd|th)?,?\s+[0-9]{{4}})(?![\w-])",
    re.IGNORECASE,
)
_CAP = r"[A-ZÅÄÖÜÉ][\w'’.&-]*"
_STREET = (
    rf"(?:{_CAP}\s){{0,3}}{_CAP}(?:\s(?:tie|katu|road|street|lane|st|rd|ave|avenue|gatan|vägen|gata|kuja|polku|raitti))?"
    r"\s[0-9]{1,4}(?:\s?[-–]\s?[0-9]{1,4})?(?:\s?[a-zA-Z]{1,2}(?![\w@]))?(?:\s(?:as\.?\s?|bst\.?\s?|lgh\.?\s?|apt\.?\s?)?[0-9]{1,4}(?![0-9]))?"
)
_PLACE = r"[0-9]{5}(?:\s[A-ZÅÄÖÜÉ][\w'’-]*(?:[ -][A-ZÅÄÖÜÉ][\w'’-]*)?)?"
_CITY = r"[A-ZÅÄÖÜÉ][^\W\d_]{2,}"
_POSTCODE = r"(?:[0-9]{5}|[A-Z]{1,2}[0-9]{1,2}\s?[0-9][A-Z]{2})"
_ENGLISH_STREET = (
    rf"[0-9]{{1,4}}[a-zA-Z]?\s(?:{_CAP}\s?){{1,3}}(?:,\s?{_CITY}(?:\s{_CITY})?)*"
    rf"(?:,?\s{_POSTCODE}(?:\s{_CAP})?)?"
)
_ADDRESS = re.compile(
    rf"(?P<street>{_STREET})(?:\s*[,\n]\s*|\s+)?(?P<place>{_PLACE})?|(?P<only>(?<![\w-]){_PLACE}(?![\w-]))|(?P<english>{_ENGLISH_STREET})"
)
_LOWER_STREET = re.compile(
    r"(?P<street>[^\W\d_]+(?:tie|katu|kuja|polku|kaari|raitti|ranta|rinne|gatan|vägen|gränd|street|road|lane)\s[0-9]{1,4}\s?[a-z]?(?:\s[0-9]{1,4})?)(?:\s*,\s*|\s+)?(?P<place>[0-9]{5}(?:\s[^\W\d_]+)?)?",
    re.IGNORECASE,
)
_NAME_PART = r"(?:[A-ZÅÄÖÜÉ]\.|[A-ZÅÄÖÜÉ][\w'’-]*)"
_NAME_WORDS = rf"((?:{_NAME_PART}\s){{0,3}}{_NAME_PART})"
_NAME_AFTER = re.compile(
    rf"""(?:\b(?:on|olen|oon)\s+(?:nyt|nyky[äa][äa]n|nykyisin|oikeasti|oikeesti|jatkossa|siis)\s|\b(?:pit[äa]isi?|pit[äa]s|pit[äa][äa]|kuuluu|kuuluisi|tulee|tulisi)\s+(?:\w+\s)?olla\s
    |\b(?:uusi|uus)\s+(?:\w*nimi\w*|on)\s*(?:on\s)?:?\s*|\boikein\s(?:on\s)?|\boikea\s(?:\w*nimi\s)?(?:on\s)?|\bvaan\s|\bnimeks\w*\s
    |\bshould\s+(?:be|read|say)\s|\bis\s+(?:now|actually)\s|\bnow\s+(?:called\s)?|\bto\s|\bis\s|\b[Ii]t'?s\s|\bkirjoitetaan\s|\bspel(?:led|t)\s|->\s?|=>\s?|→\s?|:\s|\bnew\s+\w*\s?name\s+is\s|\butan\s|\bheter\s+(?:nu|numera)\s
    |\bär\s+(?:nu|numera)\s|\btill\s|\bborde\s+vara\s|\bska\s+vara\s|\bcalled\s|\bon\s|\bspelled\s|\bbut\s)["“”']?{_NAME_WORDS}""",
    re.VERBOSE,
)
_COMPANY = re.compile(
    rf"((?:{_CAP}\s){{1,4}}(?:Oyj?|Ab|Ltd|Inc|LLC|GmbH|Tmi|Ky|Ry|ry|AB|AS))\b|\b(Tmi\s{_CAP}(?:\s{_CAP})?)"
)
_QUOTED = re.compile(r"[\"“”»]([^\"“”»\n]{1,60})[\"“”»]")
_FORM = re.compile(
    r"(?:muotoon|->|=>|tilalle|\bto\b|should be|pitäisi olla|till)\s*:?\s*[\"“”]?([^\W\d_]+)", re.IGNORECASE
)
_NOT_NAMES = frozenset(
    [
        "The",
        "I",
        "My",
        "Your",
        "It",
        "Please",
        "Hei",
        "Moi",
        "Kiitos",
        "Not",
        "Ei",
        "Voisitteko",
        "Terveisin",
        "And",
        "Also",
        "Thanks",
    ]
)


def _choose(text: str, spans: Sequence[tuple[int, str]]) -> str | None:
    """Of several values the one that is said to be the new one; never one said to be old."""
    wanted = [(at, value) for at, value in spans if not _OLD.search(text[max(0, at - 60) : at])]
    if not wanted:
        return None
    marked = [value for at, value in wanted if _NEW.search(text[max(0, at - 32) : at])]
    return marked[-1] if marked else wanted[0][1]


def _email(text: str) -> str | None:
    spans = [(start, value) for start, _, value in emails(text)]
    return _choose(text, spans) if len(spans) < 2 or _NEW.search(text) else spans[-1][1]


def _phone(text: str) -> str | None:
    return _choose(text, [(match.start(), match.group().strip()) for match in _PHONE.finditer(text)])


def _birth_date(text: str) -> str | None:
    return _choose(
        text, [(match.start(), match.group().strip().rstrip(",")) for match in _DATE.finditer(text)]
    )


def _address(text: str) -> str | None:
    for pattern in (_ADDRESS, _LOWER_STREET):
        spans = []
        for match in pattern.finditer(text):
            parts = [
                part
                for part in (match.groupdict().get(key) for key in ("street", "place", "only", "english"))
                if part
            ]
            value = ", ".join(part.strip().rstrip(".,") for part in parts)
            if value and not _is_phone_part(text, match):
                spans.append((match.start(), " ".join(value.split())))
        chosen = _choose(text, spans)
        if chosen:
            return _without_lead(chosen)
    return None


def _is_phone_part(text: str, match: re.Match[str]) -> bool:
    return any(phone.start() <= match.start() < phone.end() for phone in _PHONE.finditer(text))


_LEAD = re.compile(
    r"^(?:Uusi|Uus|Osoite|Osoitteeni|New|Address|Postiosoite|My|Muutin|Katuosoite|Oikea|Ny|Nya|Adress)\s(?:(?:osoite|address|adress)\s)?",
    re.IGNORECASE,
)


def _without_lead(value: str) -> str:
    return _LEAD.sub("", value)


def _name(text: str) -> str | None:
    quoted = [(match.start(), match.group(1).strip()) for match in _QUOTED.finditer(text)]
    spans = [
        (match.start(1), match.group(1).strip(" .,"))
        for match in _NAME_AFTER.finditer(text)
        if match.group(1).split()[0].strip(".,") not in _NOT_NAMES
    ]
    return _choose(text, spans) or (_choose(text, quoted) if quoted else None)


def _company(text: str) -> str | None:
    return _choose(text, [(match.start(), match.group().strip()) for match in _COMPANY.finditer(text)])


def _other(text: str) -> str | None:
    found = _FORM.search(text)
    return found.group(1) if found else None


_READERS: dict[str, Callable[[str], str | None]] = {
    "address": _address, "email": _email, "phone": _phone, "name": _name, "birth_date": _birth_date,
    "company": _company, "other": _other,
}  # fmt: skip


def read_correction(name: str, text: str) -> Correction:
    """One field's new value out of the sentences that ask for it; None where none is said."""
    return Correction(name, _READERS[name](text))
