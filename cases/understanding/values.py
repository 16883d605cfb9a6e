"""Values as people write them: e-mail addresses, telephone numbers, dates, streets, names, companies.

Everything in a text that has the form of a value, with its place; which one shall stand in the register is for
`corrections` to say. Every search starts at a word or a number and looks a bounded way from there, so that the
work grows with the text's length and no faster.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from cases.understanding.lexicon import LexiconError, lexicon, read_data
from cases.understanding.prepare import fold
from cases.understanding.slots import emails
from cases.understanding.tokens import Token

_FILE = "corrections.toml"
#: Sections of the data file with one list each, and what the list is called.
_LISTS = {
    "new": "words", "old": "words", "old_behind": "words", "new_behind": "words", "claims": "words", "proof": "words",
    "slips": "words", "person": "words", "called": "words", "flats": "words", "particles": "words",
    "countries": "words", "months": "starts",
}  # fmt: skip
_TABLES = {
    "streets": {"endings", "homes", "base"},
    "companies": {"endings", "starts"},
    "numbers": {"digits", "ordinals"},
    "names": {"titles", "streets", "whole"},
}
_FIELD_NAMES = frozenset({"name", "email", "phone", "address", "birth_date", "company"})


def check(data: dict[str, Any]) -> dict[str, Any]:
    """The data file, or a refusal that names what is wrong in it."""
    known = {*_LISTS, *_TABLES, "fields"}
    if set(data) != known:
        raise LexiconError(f"{_FILE}: {', '.join(sorted(set(data) ^ known))} is missing or unknown")
    for section, keys in {**{name: {key} for name, key in _LISTS.items()}, **_TABLES}.items():
        if set(data[section]) != keys:
            raise LexiconError(f"{_FILE}: [{section}] must have {', '.join(sorted(keys))}")
    if set(data["fields"]) != _FIELD_NAMES:
        raise LexiconError(f"{_FILE}: [fields] must have {', '.join(sorted(_FIELD_NAMES))}")
    for section, table in data.items():
        for key, listed in table.items():
            if not listed or not all(
                isinstance(word, str) and word.strip(" *") for word in (*listed, *_values(listed))
            ):
                raise LexiconError(f"{_FILE}: [{section}] {key} must be words")
    return data


def _values(listed: object) -> list[object]:
    return list(listed.values()) if isinstance(listed, dict) else []


@lru_cache(maxsize=1)
def words() -> dict[str, Any]:
    """The data file in the package, checked."""
    return check(read_data(_FILE))


@dataclass(frozen=True, slots=True)
class Value:
    """Something in the text that has the form of a field's value."""

    name: str
    #: As it would stand in the register.
    text: str
    start: int
    end: int
    #: Its form alone tells what it is (an address with its street's ending, a company's form); else its place must.
    plain: bool = True


_PHONE = re.compile(
    r"(?<![\w@.,/+-])(?:\+[0-9]{1,3}[ \-]?(?:\(0\))?[ ]?|\(?0)\(?[0-9][0-9 \-()]{3,14}[0-9](?![\w@/])"
)
_DAY = r"(?:3[01]|[12][0-9]|0?[1-9])"


@lru_cache(maxsize=1)
def _date() -> re.Pattern[str]:
    starts = "|".join(sorted(words()["months"]["starts"], key=len, reverse=True))
    month = rf"(?:{starts})[^\W\d_]{{0,9}}"
    return re.compile(
        rf"(?<![\w.])(?:{_DAY}[ ]?[./-][ ]?{_DAY}[ ]?[./-][ ]?(?:-[ ]?)?(?:[0-9]{{4}}|[0-9]{{2}})"
        rf"|[0-9]{{4}}-[0-9]{{1,2}}-[0-9]{{1,2}}"
        rf"|[0-9]{{1,2}}(?:st|nd|rd|th|\.)?[ ](?:of[ ])?{month}\.?,?(?:[ ][0-9]{{4}})?"
        rf"|{month}[ ][0-9]{{1,2}}(?:st|nd|rd|th)?,?[ ][0-9]{{4}})(?![0-9]|[\w-][0-9])",
        re.IGNORECASE,
    )


_YEAR = re.compile(r"(?<![\w.,/-])(?:19|20)[0-9]{2}(?![\w/-]|\.[0-9])")


def values(text: str, tokens: Sequence[Token]) -> list[Value]:
    """Everything with the form of a value, in the order of the text; none lies upon another."""
    found: list[Value] = []
    for reader in (_emails, _dates, _phones, _companies, _addresses, _postal_codes, _dictated, _names):
        taken = _Taken(found)
        found += [value for value in reader(text, tokens) if taken.is_free(value)]
    return sorted(found, key=lambda value: value.start)


class _Taken:
    """The places that earlier readers took."""

    def __init__(self, found: Sequence[Value]) -> None:
        self._places = {at for value in found for at in range(value.start, value.end)}

    def is_free(self, value: Value) -> bool:
        return not any(at in self._places for at in range(value.start, value.end))


def _emails(text: str, _: Sequence[Token]) -> Iterator[Value]:
    if "@" in text or "(" in text or "[" in text:
        for start, end, value in emails(text):
            yield Value("email", value, start, end)


def _phones(text: str, _: Sequence[Token]) -> Iterator[Value]:
    for match in _PHONE.finditer(text):
        if 6 <= sum(letter.isdigit() for letter in match.group()) <= 15:
            yield Value("phone", match.group().strip(), match.start(), match.end())


def _dates(text: str, _: Sequence[Token]) -> Iterator[Value]:
    ends = 0
    for match in _date().finditer(text):
        ends = match.end()
        value = match.group().strip().rstrip(",.")
        yield Value(
            "birth_date", value, match.start(), match.end(), plain=bool(re.search(r"[0-9]{2}$", value))
        )
    if not ends:
        for match in _YEAR.finditer(text):
            yield Value("birth_date", match.group(), match.start(), match.end(), plain=False)


# Addresses


_HOUSE = re.compile(
    r"[0-9]{1,4}(?:[ ]?[-–][ ]?[0-9]{1,4})?(?:[ ]?[A-Za-z](?![\w@.:'’]))?(?:[ ](?:bee|aa|see))?"
)
_CAPITAL = r"[A-ZÅÄÖÜÉ][\w'’-]{1,30}"
#: Finnish, Swedish and British postal codes.
_CODE = r"(?:FI-|SE-)?[0-9]{5}|[0-9]{3}[ ][0-9]{2}|[A-Z]{1,2}[0-9]{1,2}[A-Z]?[ ][0-9][A-Z]{2}"
_POSTAL = re.compile(
    rf"(?:[ ]*,[ ]*|[ ]*\n[ ]*|[ ]+)({_CODE})(?![0-9])"
    rf"((?:,?[ ])(?:{_CAPITAL}(?:[ ](?={_CAPITAL}(?:[\n.,;:!?]|$)){_CAPITAL})?"
    r"|[a-zåäö]{3,20}(?=[.,;:!?\n]|$)))?"
)
_ONLY_POSTAL = re.compile(r"(?<![\w@.,/+-])([0-9]{5})(?![\w@/-]|[.,][0-9])([ ][A-ZÅÄÖÜÉ][\w'’-]{1,30})?")
_TOWN_FIRST = re.compile(r"[ ]*,?[ ]([A-ZÅÄÖÜÉ][^\W\d_]{2,20}),?[ ]([0-9]{5})(?![\w])")
_TOWN = re.compile(r"[ ]*,[ ]*([A-ZÅÄÖÜÉ][^\W\d_]{2,20})(?=[ ]*(?:[.,;!?\n]|$))")
_MORE = re.compile(r"[ ]*,[ ]?[0-9]{1,3}[ ]?[A-Z](?![\w])")


@lru_cache(maxsize=1)
def _flat() -> re.Pattern[str]:
    listed = "|".join(words()["flats"]["words"])
    return re.compile(
        rf",?[ ](?:(?:{listed})\.?[ ]?[0-9]{{1,4}}[a-z]?"
        rf"|[1-9][0-9]{{0,2}}(?![\w]|[.][0-9]|[ ][0-9]{{2,3}}(?![0-9])))(?![\w@])",
        re.IGNORECASE,
    )


@lru_cache(maxsize=1)
def _country() -> re.Pattern[str]:
    return re.compile(rf"[ ]*[,\n][ ]*({'|'.join(words()['countries']['words'])})(?!\w)")


@lru_cache(maxsize=1)
def _street_endings() -> tuple[tuple[str, str], ...]:
    """Ending of a folded word -> how many letters to cut and what to put there ("": nothing)."""
    plain = [(fold(ending), "") for ending in words()["streets"]["endings"]]
    base = [(fold(ending), whole) for ending, whole in words()["streets"]["base"].items()]
    return tuple(sorted([*plain, *base], key=lambda entry: -len(entry[0])))


def _street_word(token: Token) -> tuple[bool, str]:
    """Whether a word ends as streets do, and the word as it stands on an envelope."""
    for ending, base in _street_endings():
        if token.fold.endswith(ending) and len(token.fold) >= len(ending):
            return True, token.text[: len(token.text) - len(ending)] + base if base else token.text
    return False, token.text


def _addresses(text: str, tokens: Sequence[Token]) -> Iterator[Value]:
    done = 0
    for at, token in enumerate(tokens):
        if token.start < done:
            continue
        found = _street_first(text, tokens, at) or _number_first(text, tokens, at)
        if found:
            done = found.end
            yield found


def _postal_codes(text: str, _: Sequence[Token]) -> Iterator[Value]:
    for match in _ONLY_POSTAL.finditer(text):
        place = (match.group(2) or "").strip(" ,")
        known = place and lexicon().languages(fold(place))
        value = match.group(1) if known else f"{match.group(1)} {place}".strip()
        yield Value(
            "address", value, match.start(), match.start(1) + 5 if known else match.end(), plain=False
        )


def _is_house(token: Token) -> bool:
    return token.sort == "number" and token.text.isdigit() and len(token.text) <= 4 and token.text[0] != "0"


def _street_first(text: str, tokens: Sequence[Token], at: int) -> Value | None:
    """ "Mallitie 5 B 12, 00100 Helsinki" around its house number."""
    token = tokens[at]
    if not at:
        return None
    before = tokens[at - 1]
    dictated = token.sort == "word" and is_number_word(token.fold)
    if not (_is_house(token) or dictated) or before.sort != "word" or text[before.end : token.start] != " ":
        return None
    is_street, last = _street_word(before)
    if not is_street and (dictated or not before.text[:1].isupper() or is_known(before.fold)):
        return None
    first = at - 1
    while first and at - first < 4 and _leads(text, tokens, first):
        first -= 1
    home = _home(text, tokens[first].start)
    street = text[tokens[first].start : before.start] + last
    street, start = (f"{home[0]}, {street}", home[1]) if home else (street, tokens[first].start)
    if dictated:
        end = _dictated_end(text, tokens, at)
        return Value("address", street + text[before.end : end], tokens[first].start, end)
    house, end = _house(text, token.start)
    reverse = _TOWN_FIRST.match(text, end)
    if reverse:
        return Value(
            "address", " ".join(f"{street} {text[token.start : reverse.end()]}".split()), start, reverse.end()
        )
    place, end = _place(text, end)
    if not place and not is_street and not _flat().match(text, token.end):
        # "Tampere 2021": only a house number where an address is spoken of.
        return Value("address", f"{street} {house}", start, end, plain=False)
    return Value("address", ", ".join(filter(None, (f"{street} {house}", place))), start, end)


_HOME_CHARS = 60


def _home(text: str, start: int) -> tuple[str, int] | None:
    """A house with a name, or whose house it is, right before the street: "c/o Malli, [Mallitie 5]"."""
    before = text[max(0, start - _HOME_CHARS) : start]
    line = before.rstrip(" \n,")
    if not line or line == before.rstrip(" "):
        return None
    line = line.rpartition("\n")[2]
    low = line.lower()
    places = [at for home in words()["streets"]["homes"] if (at := low.rfind(home)) >= 0]
    if not places or (max(places) and low[max(places) - 1].isalnum()):
        return None
    home = line[max(places) :]
    return (home, start - len(before) + before.rstrip(" \n,").rfind(home)) if len(home.split()) <= 4 else None


def _leads(text: str, tokens: Sequence[Token], first: int) -> bool:
    """Whether the word before belongs to the street's name as well: "Pekka [Mallin tie] 5"."""
    earlier, here = tokens[first - 1], tokens[first]
    if earlier.sort != "word" or text[earlier.end : here.start] not in (" ", "-"):
        return False
    if text[earlier.end : here.start] == "-":
        return True
    return earlier.text[:1].isupper() and len(earlier.text) > 1 and not is_known(earlier.fold)


def _house(text: str, start: int) -> tuple[str, int]:
    """House number, stairs and flat from here on, and where they end."""
    match = _HOUSE.match(text, start)
    end = match.end() if match else start
    for _ in range(2):
        more = _flat().match(text, end) or _MORE.match(text, end)
        if not more or _POSTAL.match(text, end):
            break
        end = more.end()
    return " ".join(text[start:end].split()), end


def _place(text: str, end: int) -> tuple[str, int]:
    """Postal code, town and country from here on."""
    match = _POSTAL.match(text, end)
    if match:
        town = (match.group(2) or "").strip(" ,")
        stop = match.end()
        if town and not town[:1].isupper() and fold(town) in _common():
            town, stop = "", match.end(1)
        place = f"{match.group(1)} {town}".strip()
        country = _country().match(text, stop)
        return (f"{place}, {country.group(1)}", country.end()) if country else (place, stop)
    town_only = _TOWN.match(text, end)
    if town_only and not is_known(fold(town_only.group(1))):
        return town_only.group(1), town_only.end()
    return "", end


def _number_first(text: str, tokens: Sequence[Token], at: int) -> Value | None:
    """ "14 Sample Street, 00998 Helsinki"."""
    token = tokens[at]
    if not _is_house(token):
        return None
    last, is_street = at, False
    while last + 1 < len(tokens) and last - at < 3:
        following = tokens[last + 1]
        if (
            following.sort != "word"
            or not following.text[:1].isupper()
            or not _spaced(text, tokens[last], following)
        ):
            break
        last += 1
        is_street = is_street or _street_word(following)[0]
    if last == at:
        return None
    place, end = _place(text, tokens[last].end)
    if not (is_street or _POSTAL.match(text, tokens[last].end)):
        return None
    street = text[token.start : tokens[last].end]
    return Value("address", ", ".join(filter(None, (street, place))), token.start, end)


def _spaced(text: str, left: Token, right: Token) -> bool:
    return text[left.end : right.start] == " "


# Numbers that are dictated


@lru_cache(maxsize=4096)
def is_number_word(word: str) -> bool:
    """Whether a folded word is said digits, one or several run together: "kolmekolmeviisi", "kaksitoista"."""
    rest = word
    while rest:
        for said in _said():
            if rest.startswith(said):
                rest = rest[len(said) :]
                break
        else:
            return False
    return bool(word)


@lru_cache(maxsize=1)
def _said() -> tuple[str, ...]:
    listed = [fold(word) for word in words()["numbers"]["digits"]]
    return tuple(sorted([*listed, "toista", "kymmenta", "kymmenen", "kyt"], key=len, reverse=True))


def _dictated_end(text: str, tokens: Sequence[Token], at: int) -> int:
    """Where an address said aloud ends: its numbers, stairs and town."""
    last = at
    while last + 1 < len(tokens) and _spaced(text, tokens[last], tokens[last + 1]):
        following = tokens[last + 1]
        if not (
            is_number_word(following.fold)
            or following.fold in ("aa", "bee", "see", "dee")
            or len(following.text) == 1
        ):
            if following.text[:1].isupper():
                last += 1
            break
        last += 1
    return tokens[last].end


def _dictated(text: str, tokens: Sequence[Token]) -> Iterator[Value]:
    """Telephone numbers and days said aloud."""
    at = 0
    ordinals, months = _ordinals(), tuple(fold(month) for month in words()["months"]["starts"])
    while at < len(tokens):
        start = at
        while at < len(tokens) and tokens[at].sort == "word" and is_number_word(tokens[at].fold):
            at += 1
        if at - start >= 6:
            yield Value(
                "phone",
                text[tokens[start].start : tokens[at - 1].end],
                tokens[start].start,
                tokens[at - 1].end,
            )
        if at == start:
            last = at + 1 + (at + 1 < len(tokens) and tokens[at + 1].fold == "of")
            if tokens[at].fold in ordinals and last < len(tokens) and tokens[last].fold.startswith(months):
                while last + 1 < len(tokens) and last - at < 5 and is_number_word(tokens[last + 1].fold):
                    last += 1
                end = tokens[last].end
                value = text[tokens[at].start : end]
                yield Value("birth_date", value, tokens[at].start, end)
            at += 1


@lru_cache(maxsize=1)
def _ordinals() -> frozenset[str]:
    return frozenset(fold(word) for word in words()["numbers"]["ordinals"])


# Names


@lru_cache(maxsize=1)
def _common() -> frozenset[str]:
    listed = read_data("languages.toml")["words"]
    return frozenset(fold(word) for language in ("fi", "en", "sv") for word in listed[language])


def is_known(word: str) -> bool:
    """Whether a folded word is one of the word lists or a little everyday word, and so no part of a name."""
    return word in _common() or bool(lexicon().languages(word))


def _is_word(word: str, starts: bool) -> bool:
    """Whether a word with a capital is no name: the word lists only tell where a sentence starts."""
    return is_known(word) if starts else word in _common()


_SPELLED = re.compile(r"(?<![\w-])(?:[^\W\d_]-){2,30}[^\W\d_](?![\w-])")
_NAME_WORDS = 5
_ENDS = frozenset(".!?…\n)")


def _runs(text: str, tokens: Sequence[Token]) -> Iterator[tuple[int, int, bool]]:
    """Runs of words with a capital: start, end, and whether a sentence starts there."""
    particles = frozenset(words()["particles"]["words"])
    at = 0
    while at < len(tokens):
        token = tokens[at]
        if token.sort != "word" or not (token.text[:1].isupper() or token.fold in particles):
            at += 1
            continue
        first, last = at, at
        while last + 1 < len(tokens) and last - first < 2 * _NAME_WORDS:
            following = tokens[last + 1]
            gap = text[tokens[last].end : following.start]
            goes_on = following.text[:1].isupper() or following.fold in particles or gap == "-"
            is_initial = gap == ". " and len(tokens[last].text) == 1
            if following.fold == "&" and following.sort == "mark" and gap == " ":
                last += 1
                continue
            if following.sort != "word" or not goes_on or not (gap in (" ", "-", "'", "’") or is_initial):
                break
            last += 1
        while last > first and (
            (tokens[last].fold in particles and tokens[last].text.islower()) or tokens[last].sort == "mark"
        ):
            last -= 1
        starts = first == 0 or tokens[first - 1].fold[:1] in _ENDS
        while first < last and starts and is_known(tokens[first].fold) and text[tokens[first].end] != "-":
            first, starts = first + 1, False
        at = last + 1
        if tokens[first].text[:1].isupper() or last > first:
            yield tokens[first].start, tokens[last].end, starts


def _names(text: str, tokens: Sequence[Token]) -> Iterator[Value]:
    spelled = [(match.start(), match.end()) for match in _SPELLED.finditer(text)]
    for start, end in spelled:
        yield Value("name", text[start:end].replace("-", "").capitalize(), start, end, plain=False)
    letters = {at for start, end in spelled for at in range(start, end)}
    titles = {fold(title) for title in words()["names"]["titles"]}
    streets = tuple(fold(ending) for ending in words()["names"]["streets"])
    shouts = sum(map(str.isupper, text)) > sum(map(str.islower, text))
    for start, end, starts in _runs(text, tokens):
        value = text[start:end].strip(" '’")
        if len(value) >= 5 and all(len(part) == 1 for part in value.split()):
            yield Value("name", value.replace(" ", "").capitalize(), start, start + len(value), plain=False)
            continue
        single = " " not in value and "-" not in value
        if start in letters or (single and (_is_word(fold(value), starts) or len(value) < 2)):
            continue
        if single and fold(value).endswith(streets):
            continue
        if value.startswith(("I'", "I’")) or fold(value) in titles or (shouts and value.isupper()):
            continue
        yield Value("name", value, start, start + len(value), plain=not starts)


@lru_cache(maxsize=1)
def _form() -> tuple[re.Pattern[str], re.Pattern[str]]:
    table = words()["companies"]
    endings = "|".join(re.escape(form) for form in sorted(table["endings"], key=len, reverse=True))
    starts = "|".join(re.escape(form) for form in sorted(table["starts"], key=len, reverse=True))
    return (
        re.compile(rf"(?<=[ ])(?:{endings})(?!\w)"),
        re.compile(rf"(?<![\w.])(?:{starts})(?:[ ][A-ZÅÄÖÜÉ][\w'’&.-]{{0,40}}){{1,4}}"),
    )


_COMPANY_CHARS = 90
_JOINING = frozenset({"&", "ja", "and", "och", "+"})


def _companies(text: str, tokens: Sequence[Token]) -> Iterator[Value]:
    """ "Malli ja Pojat Oy": the words with a capital that lead up to a company's form."""
    ends, starts = _form()
    particles = frozenset(words()["particles"]["words"])
    for match in ends.finditer(text):
        start = match.start()
        line = text[max(0, start - _COMPANY_CHARS) : start].rpartition("\n")[2]
        for word in reversed(line.split(" ")[:-1] if line.endswith(" ") else []):
            bare = word.lstrip("\"'“”‘(")
            inside = bare[:1].isupper() or bare[:1].isdigit() or bare in _JOINING or bare in particles
            if not bare or not inside or (bare[-1:] in ".,:;!?)" and len(bare) > 2):
                break
            start -= len(word) + 1
            if bare != word:
                start += len(word) - len(bare)
                break
        start = _without_verb(text, start, match.start())
        value = text[start : match.end()].strip()
        if start < match.start() and value.split()[0] not in _JOINING:
            yield Value("company", value, start, match.end())
    for match in starts.finditer(text):
        yield Value("company", match.group().rstrip("."), match.start(), match.end())


def _without_verb(text: str, start: int, end: int) -> int:
    """Less a sentence's first word that is no name: "Register Malli Holding"."""
    head, _, rest = text[start:end].partition(" ")
    before = text[max(0, start - 8) : start].rstrip(" ")
    begins = not before or before[-1] in ".!?\n"
    return start + len(head) + 1 if begins and rest.strip() and is_known(fold(head)) else start
