"""What should stand in the register instead: the new value of a field, as the writer put it.

`values` finds everything with the form of a value; here the words around each tell whether it is the new one, the
old one, or only says who writes. Whether a correction is asked at all is not decided here.
"""

from __future__ import annotations

import itertools
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from cases.model import Correction
from cases.understanding.prepare import fold
from cases.understanding.tokens import Token
from cases.understanding.values import Value, values, words

#: Concept of the lexicon -> name of the field.
FIELDS = {
    "F_ADDRESS": "address", "F_EMAIL": "email", "F_PHONE": "phone", "F_NAME": "name", "F_BIRTH": "birth_date",
    "F_COMPANY": "company", "F_OTHER": "other", "AN_EMAIL": "email",
}  # fmt: skip

#: So many words before and behind a value may speak of it.
_BEFORE, _BEHIND = 9, 4
#: Fields people also name only to say who they are.
_CLAIMED = frozenset({"email", "phone"})
#: Words between a name and what says that it is one.
_NAME_REACH = 3
#: A name so clearly the new one that the word "name" need not be there.
_CLEAR = 2
_STOPS = frozenset(".!?…\n")
_PAUSES = frozenset(",;")
_JOINS = frozenset(
    {
        "ja",
        "seka",
        "mutta",
        "koska",
        "kun",
        "ku",
        "joka",
        "and",
        "but",
        "because",
        "och",
        "men",
        "niin",
        "nii",
        "joten",
    }
)
#: A clause of its own starts with these: "… [se vanha on …]".
_STARTERS = frozenset({"se", "it", "that", "this", "det", "ne"})
_CONTRASTS = frozenset(
    {"eika", "enka", "ei", "en", "not", "instead", "rather", "inte", "and", "->", "=>", "→"}
)
_INTRODUCES = frozenset({":", "->", "=>", "→", '"', "“", "”"})
_LEADS_ON = frozenset(
    {"to", "vaan", "till", "utan", "->", "=>", "→", "nykysin", "nykyisin", "nykyaan", "but", "now"}
)


#: A year somebody may be born in who shops by now.
_BIRTH_YEAR = re.compile(r"(?<![0-9])(?:19[2-9][0-9]|200[0-9])(?![0-9])")


class _Cues:
    """Words and phrases of one section of the data file."""

    def __init__(self, listed: Iterable[str]) -> None:
        self._whole: set[str] = set()
        self._starts: dict[str, list[str]] = {}
        self._phrases: dict[str, list[tuple[str, ...]]] = {}
        for written in listed:
            parts = tuple(fold(part) for part in written.split())
            if len(parts) > 1:
                self._phrases.setdefault(parts[0], []).append(parts)
            elif parts[0].endswith("*"):
                stem = parts[0][:-1]
                self._starts.setdefault(stem[:2], []).append(stem)
            else:
                self._whole.add(parts[0])

    def at(self, tokens: Sequence[Token], at: int) -> bool:
        """Whether a cue stands at this token."""
        word = tokens[at].fold
        if word in self._whole or any(word.startswith(stem) for stem in self._starts.get(word[:2], ())):
            return True
        return any(self._goes_on(tokens, at, phrase) for phrase in self._phrases.get(word, ()))

    @staticmethod
    def _goes_on(tokens: Sequence[Token], at: int, phrase: tuple[str, ...]) -> bool:
        following = [token.fold for token in tokens[at : at + len(phrase)]]
        return len(following) == len(phrase) and all(
            word.startswith(part[:-1]) if part.endswith("*") else word == part
            for word, part in zip(following, phrase, strict=True)
        )


@lru_cache(maxsize=1)
def _cues() -> dict[str, _Cues]:
    data = words()
    found = {
        section: _Cues(data[section]["words"])
        for section in (
            "new",
            "old",
            "old_behind",
            "new_behind",
            "claims",
            "proof",
            "slips",
            "person",
            "called",
        )
    }
    return found | {f"field:{name}": _Cues(listed) for name, listed in data["fields"].items()}


@dataclass(slots=True)
class _Candidate:
    """A value with what the words around it say."""

    value: Value
    first: int
    last: int
    #: Above 0: the new value; below: the old one.
    score: int = 0
    #: Called by its field's name right before.
    called: bool = False
    changed: bool = False


def read_corrections(text: str, tokens: Sequence[Token], named: Iterable[str]) -> list[Correction]:
    """The fields that get a new value in this text, each with the value.

    `named`: fields the message speaks of. The values come in the order of the text.
    """
    reader = _Reader(text, tokens, frozenset(named))
    return reader.read()


class _Reader:
    """One text, its values and the words around them."""

    def __init__(self, text: str, tokens: Sequence[Token], named: frozenset[str]) -> None:
        self._text = text
        self._tokens = tokens
        self._starts = [token.start for token in tokens]
        self._spoken = named | {name for name in words()["fields"] if self._speaks_of(name)}
        found = [self._candidate(value) for value in values(text, tokens)]
        self._candidates = self._with_homes([one for one in found if not self._is_cue(one)])

    def _speaks_of(self, name: str) -> bool:
        return self._says(f"field:{name}")

    def _says(self, section: str) -> bool:
        cues = _cues()[section]
        return any(cues.at(self._tokens, at) for at in range(len(self._tokens)))

    def _candidate(self, value: Value) -> _Candidate:
        first = bisect_left(self._starts, value.start)
        return _Candidate(value, first, max(first + 1, bisect_left(self._starts, value.end)))

    def _is_cue(self, one: _Candidate) -> bool:
        """A word with a capital that says which value is new is no name: "Right: …"."""
        single = one.value.name == "name" and one.last == one.first + 1
        return single and any(
            _cues()[section].at(self._tokens, one.first) for section in ("new", "old", "slips")
        )

    def _with_homes(self, found: Sequence[_Candidate]) -> list[_Candidate]:
        """ "Osoitteeni on Onnela, Mallitie 1": the house's name belongs to its address."""
        kept: list[_Candidate] = []
        for one in found:
            house = kept[-1] if kept else None
            if house and one.value.name == "address" and self._is_home(house, one):
                kept.pop()
                value = f"{house.value.text}, {one.value.text}"
                one = self._candidate(Value("address", value, house.value.start, one.value.end))
            kept.append(one)
        return kept

    def _is_home(self, house: _Candidate, one: _Candidate) -> bool:
        between = self._text[house.value.end : one.value.start]
        before = range(max(0, house.first - 2), house.first)
        named = any(_cues()["field:address"].at(self._tokens, at) for at in before)
        return house.value.name == "name" and between in (", ", ",\n", "\n") and named

    def read(self) -> list[Correction]:
        company = "company" in self._spoken and not self._says("person")
        for group in self._groups(company).values():
            for number, candidate in enumerate(group):
                before = group[number - 1] if number else None
                following = group[number + 1] if number + 1 < len(group) else None
                self._judge(candidate, before, following)
        groups = self._groups(company)
        found: list[tuple[int, Correction]] = []
        for name, group in sorted(groups.items(), key=lambda entry: entry[0] == "company"):
            best = self._best(name, group)
            if best is not None and (name != "company" or best.score > 0 or not found):
                found.append((best.value.start, Correction(name, self._written(name, best))))
        if not found and "name" in groups and not self._spoken & {"name", "company"}:
            # "Pirkko, not Pirjo": a name put right without the word.
            self._spoken |= {"name"}
            best = self._best("name", groups["name"])
            if best is not None and (best.score >= _CLEAR or self._has_wrong(groups["name"])):
                found.append((best.value.start, Correction("name", self._written("name", best))))
        return [correction for _, correction in sorted(found, key=lambda entry: entry[0])]

    @staticmethod
    def _has_wrong(group: Sequence[_Candidate]) -> bool:
        return any(one.score < 0 for one in group)

    def _groups(self, company: bool) -> dict[str, list[_Candidate]]:
        """Values by field; a name is a company's where only a company is spoken of."""
        found: dict[str, list[_Candidate]] = {}
        for candidate in self._candidates:
            name = candidate.value.name
            if name == "name" and company:
                name = "company"
            if candidate.value.name == "company" and not company and "company" not in self._spoken:
                name = "company"
            found.setdefault(name, []).append(candidate)
        return found

    # What the words around a value say

    def _judge(self, one: _Candidate, before: _Candidate | None, following: _Candidate | None) -> None:
        floor = before.last if before else 0
        self._look_before(one, max(floor, one.first - 2 * _BEFORE), before)
        ceiling = following.first if following else len(self._tokens)
        self._look_behind(one, ceiling, following)
        if one.value.name == "name" and one.score == 0 and self._is_called(one):
            one.score += 1

    def _look_before(self, one: _Candidate, floor: int, before: _Candidate | None) -> None:
        cues, tokens = _cues(), self._tokens
        paused = stopped = False
        seen = 0
        for at in range(one.first - 1, floor - 1, -1):
            token = tokens[at]
            if token.sort == "mark":
                if token.fold[:1] in _STOPS and not (token.fold == "\n" and not paused and seen == 0):
                    stopped = True
                paused = paused or stopped or token.fold in _PAUSES
            else:
                seen += 1
            if seen > _BEFORE or (stopped and seen > _BEFORE - 2):
                return
            if cues["slips"].at(tokens, at):
                one.score += 4
                return
            if not paused and cues["proof"].at(tokens, at):
                one.score += 2
                return
            if stopped and one.value.name == "company":
                return
            if cues["new"].at(tokens, at):
                one.score += 1 if paused else 2
                one.changed = True
                return
            if not paused and cues["claims"].at(tokens, at) and one.value.name in _CLAIMED:
                one.score -= 2
                return
            if cues["old"].at(tokens, at):
                self._old_before(one, at, paused, before)
                return
            paused = paused or token.fold in _JOINS
        self._after_wrong(one, before)

    @staticmethod
    def _after_wrong(one: _Candidate, before: _Candidate | None) -> None:
        """ "Ei Hasan. Hassan": what follows the wrong one is right."""
        if before is not None and before.score < 0 and one.first - before.last <= _NAME_REACH:
            one.score += 1
            one.called = True

    def _old_before(self, one: _Candidate, at: int, paused: bool, before: _Candidate | None) -> None:
        if not paused and self._proves(at):
            one.score += 2
        elif not paused:
            one.score -= 2
        else:
            self._after_wrong(one, before)

    def _proves(self, at: int) -> bool:
        """Whether a document is what says so: "passissa [lukee]"."""
        before = range(at - 1, max(-1, at - 4), -1)
        clause = itertools.takewhile(lambda place: self._tokens[place].sort != "mark", before)
        return any(_cues()["proof"].at(self._tokens, place) for place in clause)

    def _look_behind(self, one: _Candidate, ceiling: int, following: _Candidate | None) -> None:
        cues, tokens = _cues(), self._tokens
        start = one.last
        while start < len(tokens) and tokens[start].fold in ('"', "”", "“"):
            start += 1
        if start >= len(tokens):
            return
        if following is not None and start < following.first <= start + 3:
            between = {token.fold for token in tokens[start : following.first]}
            if between & _LEADS_ON:
                one.score -= 3
                return
            if between & _CONTRASTS:
                one.score += 2
                return
        for at in range(start, min(start + _BEHIND, ceiling, len(tokens))):
            token = tokens[at]
            if one.value.name in _CLAIMED and cues["claims"].at(tokens, at):
                one.score -= 2
                return
            if token.fold == "," and one.value.name in _CLAIMED:
                continue
            if token.sort == "mark" or (token.fold in _JOINS and at > start):
                return
            if token.fold in _STARTERS and at == start and not cues["new_behind"].at(tokens, at):
                return
            if cues["old_behind"].at(tokens, at):
                one.score -= 2
                return
            if cues["new_behind"].at(tokens, at):
                one.score += 2
                one.called = True
                return

    # Which value it is

    def _best(self, name: str, group: Sequence[_Candidate]) -> _Candidate | None:
        allowed = [one for one in group if self._may_be(name, one)]
        if name == "name" and name not in self._spoken and not self._has_wrong(group):
            return None
        if not allowed:
            return None
        top = max(one.score for one in allowed)
        if top < 0 or (top == 0 and not self._stands_alone(name, allowed)):
            return None
        best = [one for one in allowed if one.score == top]
        if name in ("name", "company"):
            return next((one for one in best if one.changed), best[0])
        return best[-1]

    def _may_be(self, name: str, one: _Candidate) -> bool:
        if name == "birth_date":
            return "birth_date" in self._spoken or (
                one.score > 0 and bool(_BIRTH_YEAR.search(one.value.text))
            )
        if name == "address":
            return one.value.plain or "address" in self._spoken
        if name == "company" and one.value.name == "company":
            return True
        if name in ("name", "company"):
            return (
                (name in self._spoken or self._is_put_right(one)) and one.score > 0 and self._is_called(one)
            )
        return True

    def _is_put_right(self, one: _Candidate) -> bool:
        """ "Malli eikä Mali", "Right: Malli": so clear that the word "name" need not be there."""
        introduced = one.first and self._tokens[one.first - 1].fold == ":"
        return one.score >= _CLEAR and bool(introduced or self._is_contrasted(one))

    def _is_called(self, one: _Candidate) -> bool:
        """A name where a name can stand: right behind "nimi on", "siis", "should be", or before "eikä"."""
        if self._is_contrasted(one):
            return True
        if not one.value.plain and not self._closes(one):
            return False
        if one.called:
            return True
        before = self._tokens[max(0, one.first - 2) : one.first]
        if any(token.fold in _INTRODUCES for token in before[-1:]) or (
            [token.fold for token in before] == [":", "\n"]
        ):
            return True
        cues = [_cues()[section] for section in ("called", "new", "slips", "field:name", "proof")]
        for at in range(one.first - 1, max(-1, one.first - 1 - _NAME_REACH), -1):
            if self._tokens[at].sort == "mark" and self._tokens[at].fold[:1] in _STOPS:
                return False
            if any(cue.at(self._tokens, at) for cue in cues):
                return True
        return False

    def _closes(self, one: _Candidate) -> bool:
        """Whether nothing of the same clause follows: a sentence's first word is a name when it is all of it."""
        behind = self._tokens[one.last : one.last + 1]
        return not behind or behind[0].sort == "mark"

    def _is_contrasted(self, one: _Candidate) -> bool:
        rest = [
            token.fold for token in self._tokens[one.last : one.last + 2] if token.fold not in (",", '"', "”")
        ]
        return bool(rest) and rest[0] in ("eika", "enka", "ei", "not", "inte", "instead")

    def _stands_alone(self, name: str, allowed: Sequence[_Candidate]) -> bool:
        """Whether a value counts that nothing near calls new: its field is spoken of, or there is nothing else."""
        if name == "address" and any(one.value.plain for one in allowed):
            return True
        return name in self._spoken or len(self._candidates) == len(allowed)

    def _written(self, name: str, one: _Candidate) -> str:
        value = one.value.text
        if one.value.name == "name" and one.changed:
            return base_name(value)
        return value


def base_name(value: str) -> str:
    """ "Petteriksi" -> "Petteri", "Virtaseksi" -> "Virtanen": only where the ending leaves no doubt."""
    low = fold(value)
    if not low.endswith("ksi") or low in {fold(name) for name in words()["names"]["whole"]}:
        return value
    if low.endswith("seksi") and len(low) > 7:
        return value[:-5] + "nen"
    return value[:-3] if low.endswith("iksi") and low[-5:-4] not in ("", "k", "p", "t", "d", "v") else value


def named_fields(tokens: Sequence[Token]) -> Iterator[str]:
    """The fields a row of words names."""
    for name in words()["fields"]:
        cues = _cues()[f"field:{name}"]
        if any(cues.at(tokens, at) for at in range(len(tokens))):
            yield name
