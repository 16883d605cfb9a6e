"""In whose place somebody writes, or about whose data: read from `data/special.toml` and checked at load.

Only what is said counts. A family member who is merely mentioned ("a ring for my wife") makes nobody special: a
rule needs its words in their order within one sentence, and most rules give way where the writer asks about data of
their own. What follows from it is decided elsewhere; the law is docs/law.md 9.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import repeat
from typing import Any

from cases.model import Special
from cases.understanding.lexicon import Lexicon, LexiconError, read_data
from cases.understanding.message import Message
from cases.understanding.tokens import Token

#: Lists that are worked out from numbers and names.
DERIVED = frozenset({"AGE", "AGE_IN_WORDS", "NAME_OF"})
#: Lists the rules do not name, but this module does.
_OWN, _MINE, _THINGS, _BETWEEN, _DENIAL = "OWN_DATA", "MY", "DATA", "PERSONAL", "NOT"
#: Of these at most one holds: whoever has a role, or asks about the dead, needs no other name for it.
_ABOUT_SOMEBODY = (Special.DECEASED, Special.GUARDIAN, Special.AGENT, Special.OTHER_PERSON)
#: How far before a role its denial may stand, in words: "en ole hänen huoltajansa".
_DENIED_WITHIN = 3
_GROWN_UP = 18
_OF_A_FIRM = frozenset({"oy", "oyj", "ab", "ky", "ry", "tmi"})

_RULE_KEYS = frozenset({"name", "reads", "says", "own", "alone", "denied", "without"})


@dataclass(frozen=True, slots=True)
class SpecialRule:
    """One row of `special.toml`."""

    name: str
    reads: Special
    #: Each a way to say it: lists in their order, with how many words may stand before each.
    says: tuple[tuple[tuple[int, str], ...], ...]
    #: The lists each of these needs.
    needs: tuple[frozenset[str], ...]
    without: frozenset[str]
    own: bool
    alone: bool
    denied: bool


@dataclass(frozen=True, slots=True)
class Recognised:
    """Who writes for whom, and why that is thought."""

    special: tuple[Special, ...] = ()
    why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a word of a list stands in its sentence: from `start` to before `end`."""

    start: int
    end: int


_Places = dict[str, list[_Place]]

NOBODY = Recognised()


def recognise(message: Message, asks: bool) -> Recognised:
    """The special persons a message speaks for or of; `asks`: it asks, or may ask, for a right."""
    _, rules = _table()
    written = [token.fold for token in message.tokens if token.sort == "word"]
    if not any(map(is_telling, written, repeat(message.languages))):
        return NOBODY
    parts = [
        (part.sentence.tokens, _places(part.sentence.tokens, message.languages)) for part in message.parts
    ]
    own = any(_speaks_of_own(tokens, places) for tokens, places in parts)
    found: dict[Special, str] = {}
    for rule in rules:
        if rule.reads in found or (own and not rule.own) or not (asks or rule.alone):
            continue
        if rule.reads in _ABOUT_SOMEBODY and not found.keys().isdisjoint(_ABOUT_SOMEBODY):
            continue
        words = next((words for part in parts if (words := _said(rule, *part))), "")
        if words:
            found[rule.reads] = f"special: {rule.name} ({words})"
    return Recognised(tuple(special for special in Special if special in found), tuple(found.values()))


def _said(rule: SpecialRule, tokens: Sequence[Token], places: _Places) -> str:
    """The words that say it in one sentence; empty where none do."""
    keys = places.keys()
    if not keys.isdisjoint(rule.without):
        return ""
    for way in (way for way, needs in zip(rule.says, rule.needs, strict=True) if needs <= keys):
        for chain in _chains(way, places):
            if rule.denied or not _is_denied(chain, tokens, places):
                return " … ".join(" ".join(t.text for t in tokens[p.start : p.end]) for p in chain)
    return ""


def _chains(way: Sequence[tuple[int, str]], places: _Places) -> Iterator[tuple[_Place, ...]]:
    """Every way to find the lists in their order, none too far from the one before."""
    (_, first), *rest = way
    for place in places.get(first, ()):
        yield from _continued((place,), rest, places)


def _continued(
    chain: tuple[_Place, ...], rest: Sequence[tuple[int, str]], places: _Places
) -> Iterator[tuple[_Place, ...]]:
    if not rest:
        yield chain
        return
    (gap, key), *others = rest
    end = chain[-1].end
    for place in places.get(key, ()):
        if end <= place.start <= end + gap:
            yield from _continued((*chain, place), others, places)


def _is_denied(chain: Sequence[_Place], tokens: Sequence[Token], places: _Places) -> bool:
    """ "En ole hänen huoltajansa", "but not my husband's": a denial inside, or close before within the clause."""
    first, last = chain[0].start, chain[-1].end
    near = first - _DENIED_WITHIN
    for at in range(first - 1, max(-1, near - 1), -1):
        if tokens[at].sort == "mark":
            near = at + 1
            break
    return any(near <= place.start < last for place in places.get(_DENIAL, ()))


def _speaks_of_own(tokens: Sequence[Token], places: _Places) -> bool:
    """ "Tietoni", "mun tili", "my old account": the writer's own data are spoken of, and not denied."""
    ways = (((0, _OWN),), ((0, _MINE), (0, _THINGS)), ((0, _MINE), (0, _BETWEEN), (0, _THINGS)))
    return any(True for way in ways for _ in _chains(way, places))


@lru_cache(maxsize=65_536)
def is_telling(word: str, languages: frozenset[str]) -> bool:
    """Whether a folded word may say it: most messages have none such and cost no more than this look."""
    known, _ = _table()
    return not known.touched(word, languages) <= _common()


# -- where the words stand ------------------------------------------------------------------------------------


def _places(tokens: Sequence[Token], languages: frozenset[str]) -> _Places:
    known, _ = _table()
    found: _Places = {}
    for span in known.spans(tokens, languages):
        found.setdefault(span.concept, []).append(_Place(span.start, span.end))
    for key, place in [*_ages(tokens, found), *_names(tokens)]:
        found.setdefault(key, []).append(place)
    return found


def _ages(tokens: Sequence[Token], found: _Places) -> Iterator[tuple[str, _Place]]:
    """A child's age: said in years, or a bare number where an age may stand."""
    years = {place.start for place in found.get("YEARS", ())}
    after = {place.end for place in found.get("IS", ())}
    under = {place.end for place in found.get("UNDER", ())}
    for at, token in enumerate(tokens):
        limit = _GROWN_UP + (at in under)
        if token.sort != "number" or not token.text.isdecimal() or not 0 < int(token.text[:4]) < limit:
            continue
        if at + 1 in years:
            yield "AGE_IN_WORDS", _Place(at, at + 2)
        elif at in after or (at and tokens[at - 1].fold == "("):
            yield "AGE", _Place(at, at + 1)


def _names(tokens: Sequence[Token]) -> Iterator[tuple[str, _Place]]:
    """ "Oletuksen" of "Onni Oletuksen puolesta"; a firm's name is none."""
    for at, token in enumerate(tokens):
        named = token.sort == "word" and token.text[:1].isupper() and token.fold.endswith("n")
        if at and named and token.fold.partition(":")[0] not in _OF_A_FIRM:
            yield "NAME_OF", _Place(at, at + 1)


# -- the data file --------------------------------------------------------------------------------------------


def _rule(row: Mapping[str, Any], lists: Mapping[str, Any]) -> SpecialRule:
    name = str(row.get("name", "?"))
    unknown = set(row) - _RULE_KEYS
    if unknown:
        raise LexiconError(f"special.toml: {name}: cannot read {', '.join(sorted(unknown))}")
    ways = tuple(_way(said) for said in row["says"])
    rule = SpecialRule(
        name=name,
        reads=Special(row["reads"]),
        says=ways,
        needs=tuple(frozenset(key for _, key in way) for way in ways),
        without=frozenset(row.get("without", ())),
        own=row.get("own", False),
        alone=row.get("alone", False),
        denied=row.get("denied", False),
    )
    for key in (*rule.without, *(key for way in rule.says for _, key in way)):
        if key not in lists and key not in DERIVED:
            raise LexiconError(f"special.toml: {name}: there is no word list {key}")
    return rule


def _way(said: str) -> tuple[tuple[int, str], ...]:
    """ "I_AM 3 GUARDIAN" as (0, I_AM), (3, GUARDIAN)."""
    words = said.split()
    gaps = [0, *(int(gap) for gap in words[1::2])]
    return tuple(zip(gaps, words[::2], strict=True))


@lru_cache(maxsize=1)
def _common() -> frozenset[str]:
    return frozenset(read_data("special.toml")["common"])


@lru_cache(maxsize=1)
def _table() -> tuple[Lexicon, tuple[SpecialRule, ...]]:
    data = read_data("special.toml")
    rules = tuple(_rule(row, data["words"]) for row in data["rule"])
    return Lexicon(data["words"], ()), rules
