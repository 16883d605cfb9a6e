"""The vocabulary: which words carry which meaning, read from `data/*.toml` and checked at load.

A pattern is a word (`tili`), a beginning (`poist*`), a part (`*kielto*`) or several of these with a space; `…`
stands for up to four words in between. Words are compared without accents. A word that hits nothing may still be
a known beginning misspelled by one letter; `data/plain.toml` lists words this must leave alone.

A beginning carries Finnish better than a stem: `poist*` holds `poistakaa`, `poistettaisko` and `poistapa` alike.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from typing import Any, NamedTuple

from cases.understanding.prepare import fold
from cases.understanding.tokens import Token

LANGUAGES = ("fi", "en", "sv", "de", "et", "ru")
ANY = "any"
GAP = "…"
_GAP_WORDS = 4
#: Letters a pattern needs to count in a text of another language, and to be looked for misspelled.
_LONG, _FUZZY = 5, 6
_KNOWN_KEYS = {"meaning", "polar", "swallows", "never", "slips", ANY, *LANGUAGES}


class LexiconError(ValueError):
    """A data file of the understanding says something that cannot be meant; the text says what and where."""


@dataclass(frozen=True, slots=True)
class Concept:
    """A meaning: its name, what it is in plain words, and how it is found."""

    name: str
    meaning: str
    #: Can be negated or lie in the past: verbs and what is made of them.
    polar: bool = False
    #: Words that make up this phrase mean nothing else there.
    swallows: bool = False


@dataclass(frozen=True, slots=True)
class Phrase:
    """Several patterns in a row that carry one meaning."""

    parts: tuple[str, ...]
    concept: str
    language: str


class _Begun(NamedTuple):
    """A phrase a word may begin: its concept, what must come next, and what after that."""

    concept: str
    second: str
    rest: tuple[str, ...]


class _Word(NamedTuple):
    """All that is known of a word in a text of certain languages."""

    #: The patterns it hits.
    hits: frozenset[str]
    meanings: frozenset[str]
    begins: tuple[_Begun, ...]


_UNKNOWN = _Word(frozenset(), frozenset(), ())


class Span(NamedTuple):
    """A meaning found in a row of tokens: from `start` to before `end`."""

    start: int
    end: int
    concept: str


def _stem(pattern: str) -> str:
    return pattern.strip("*")


@dataclass(slots=True)
class _Matcher:
    """Word patterns by how they are found. A word's patterns are looked up once and remembered."""

    words: dict[str, list[str]] = field(default_factory=dict)
    beginnings: dict[str, list[str]] = field(default_factory=dict)
    parts: list[tuple[str, str]] = field(default_factory=list)
    longest: int = 0

    def add(self, pattern: str) -> None:
        stem = _stem(pattern)
        if pattern.startswith("*"):
            entry = (stem, pattern)
            if entry not in self.parts:
                self.parts.append(entry)
            return
        table = self.beginnings if pattern.endswith("*") else self.words
        known = table.setdefault(stem, [])
        if pattern not in known:
            known.append(pattern)
        self.longest = max(self.longest, len(stem))

    def find(self, word: str) -> list[str]:
        found = list(self.words.get(word, ()))
        for length in range(2, min(len(word), self.longest) + 1):
            found += self.beginnings.get(word[:length], ())
        for stem, pattern in self.parts:
            if stem in word if pattern.endswith("*") else word.endswith(stem):
                found.append(pattern)
        return found


class _Misspelled:
    """Known beginnings found one letter off: one wrong, missing, doubled or swapped."""

    def __init__(self, patterns: Sequence[str], plain: Sequence[str]) -> None:
        self._by_gap: dict[str, list[str]] = {}
        self._plain = _Matcher()
        for pattern in plain:
            self._plain.add(pattern)
        for pattern in patterns:
            stem = _stem(pattern)
            if len(stem) >= _FUZZY and not pattern.startswith("*"):
                for key in {stem, *_gapped(stem)}:
                    self._by_gap.setdefault(key, []).append(pattern)

    def find(self, word: str) -> list[str]:
        if len(word) < _FUZZY - 1 or not word.isalpha() or self._plain.find(word):
            return []
        found: dict[str, None] = {}
        for length in range(_FUZZY - 1, min(len(word), 18) + 1):
            start = word[:length]
            for key in (start, *_gapped(start)):
                for pattern in self._by_gap.get(key, ()):
                    if _one_off(word, pattern):
                        found[pattern] = None
        return list(found)


def _gapped(word: str) -> list[str]:
    return [word[:i] + word[i + 1 :] for i in range(1, len(word))]


def _one_off(word: str, pattern: str) -> bool:
    """Whether the word (its start, for a beginning) is at most one slip from the pattern's letters."""
    stem = _stem(pattern)
    if word[0] != stem[0]:
        return False
    if not pattern.endswith("*"):
        return _slips(word, stem) <= 1
    return any(_slips(word[:size], stem) <= 1 for size in (len(stem) - 1, len(stem), len(stem) + 1))


def _slips(left: str, right: str) -> int:
    """0, 1 or 2 (meaning more): letters wrong, missing, extra, or two neighbours swapped."""
    if left == right:
        return 0
    if abs(len(left) - len(right)) > 1:
        return 2
    at = 0
    while at < min(len(left), len(right)) and left[at] == right[at]:
        at += 1
    if len(left) == len(right):
        swapped = left[at + 1 : at + 2] + left[at : at + 1] + left[at + 2 :]
        return 1 if left[at + 1 :] == right[at + 1 :] or swapped == right[at:] else 2
    longer, shorter = (left, right) if len(left) > len(right) else (right, left)
    return 1 if longer[at + 1 :] == shorter[at:] else 2


class Lexicon:
    """All concepts and their patterns. Built once; looking up changes nothing but its memory of words seen."""

    def __init__(self, tables: dict[str, dict[str, Any]], plain: Sequence[str]) -> None:
        self.concepts: dict[str, Concept] = {}
        self._matcher = _Matcher()
        self._singles: dict[str, list[tuple[str, str]]] = {}
        self._phrases: dict[str, list[Phrase]] = {}
        self._never: dict[str, _Matcher] = {}
        self._slips: set[str] = set()
        for name, table in tables.items():
            self._read(name, table)
        self._misspelled = _Misspelled(sorted(self._slips), plain)
        self._patterns_of = lru_cache(maxsize=65_536)(self._find_patterns)
        self._meanings_of = lru_cache(maxsize=65_536)(self._find_meanings)
        self._meanings_in = lru_cache(maxsize=65_536)(self._find_meanings_in)
        self._word = lru_cache(maxsize=65_536)(self._find_word)

    def _read(self, name: str, table: dict[str, Any]) -> None:
        unknown = set(table) - _KNOWN_KEYS
        if unknown or not name.isupper():
            raise LexiconError(f"{name}: cannot read {', '.join(sorted(unknown)) or 'this name'}")
        polar, swallows = bool(table.get("polar", False)), bool(table.get("swallows", False))
        self.concepts[name] = Concept(name, str(table.get("meaning", "")), polar, swallows)
        self._never[name] = _Matcher()
        for pattern in table.get("never", ()):
            self._never[name].add(fold(pattern))
        for language in (ANY, *LANGUAGES):
            for written in table.get(language, ()):
                self._add(name, language, written, bool(table.get("slips")))

    def _add(self, concept: str, language: str, written: str, slips: bool) -> None:
        parts = tuple(fold(part) if part != GAP else GAP for part in written.split())
        if not parts or any(len(_stem(part)) < 1 for part in parts) or GAP in (parts[0], parts[-1]):
            raise LexiconError(f"{concept}: {written!r} is no pattern")
        for part in parts:
            if part != GAP:
                self._matcher.add(part)
        if len(parts) == 1:
            self._singles.setdefault(parts[0], []).append((concept, language))
            if slips:
                self._slips.add(parts[0])
        else:
            self._phrases.setdefault(parts[0], []).append(Phrase(parts, concept, language))

    def _find_patterns(self, word: str) -> tuple[tuple[str, bool], ...]:
        """The patterns a word hits, and whether it is spelled as it should be."""
        found = self._matcher.find(word)
        if any(pattern in self._singles and len(_stem(pattern)) >= min(4, len(word)) for pattern in found):
            return tuple((pattern, True) for pattern in dict.fromkeys(found))
        misspelled = [pattern for pattern in self._misspelled.find(word) if pattern not in found]
        return (*((pattern, True) for pattern in found), *((pattern, False) for pattern in misspelled))

    def _find_meanings(self, word: str) -> tuple[tuple[str, str, bool], ...]:
        """(concept, language, long enough to count in any language) for one word."""
        found = []
        for pattern, as_written in self._patterns_of(word):
            long = as_written and len(_stem(pattern)) >= _LONG
            for concept, language in self._singles.get(pattern, ()):
                if (as_written or pattern in self._slips) and not self._never[concept].find(word):
                    found.append((concept, language, long))
        return tuple(found)

    def languages(self, word: str) -> frozenset[str]:
        """The languages whose patterns a folded word hits."""
        return frozenset(language for _, language, _ in self._meanings_of(word) if language != ANY)

    def is_written(self, word: str) -> bool:
        """Whether a folded word means something by itself, spelled as the vocabulary has it."""
        return any(
            as_written and not self._never[concept].find(word)
            for pattern, as_written in self._patterns_of(word)
            for concept, _ in self._singles.get(pattern, ())
        )

    def touched(self, word: str, languages: frozenset[str]) -> frozenset[str]:
        """The concepts a folded word may tell of: what it means, and each phrase of which it hits the longest word."""
        hits = {pattern for pattern, _ in self._patterns_of(word)}
        begun = (
            phrase.concept
            for phrases in self._phrases.values()
            for phrase in phrases
            if max((part for part in phrase.parts if part != GAP), key=len) in hits
        )
        return self.meanings(word, languages) | frozenset(begun)

    def meanings(self, word: str, languages: frozenset[str] | None = None) -> frozenset[str]:
        """The concepts of one folded word; `languages` None means all."""
        return self._meanings_in(word, languages)

    def _find_meanings_in(self, word: str, languages: frozenset[str] | None) -> frozenset[str]:
        return frozenset(
            concept
            for concept, language, long in self._meanings_of(word)
            if languages is None or long or language == ANY or language in languages
        )

    def spans(self, tokens: Sequence[Token], languages: frozenset[str]) -> list[Span]:
        """Every meaning in a row of tokens, words and phrases alike."""
        found: list[Span] = []
        phrases: list[Span] = []
        words = [self._word(token.fold, languages) if token.sort == "word" else _UNKNOWN for token in tokens]
        hits = [word.hits for word in words]
        following = [*hits[1:], _UNKNOWN.hits]
        for at, (_, meanings, begins) in enumerate(words):
            if meanings:
                found += [Span(at, at + 1, concept) for concept in meanings]
            for concept, second, rest in begins:
                # Hardly any phrase goes on: only where the next word fits is looked any further.
                if second in following[at] or second == GAP:
                    end = _phrase_end(rest, hits, at + 1)
                    if end:
                        phrases.append(Span(at, end, concept))
        swallowing = [span for span in phrases if self.concepts[span.concept].swallows]
        if not swallowing:
            return found + phrases
        swallowed = {at for span in swallowing for at in range(span.start, span.end)}
        kept = [span for span in found if span.start not in swallowed]
        return kept + [
            span for span in phrases if span.start not in swallowed or self.concepts[span.concept].swallows
        ]

    def _find_word(self, word: str, languages: frozenset[str]) -> _Word:
        patterns = [pattern for pattern, _ in self._patterns_of(word)]
        begins = tuple(
            _Begun(phrase.concept, phrase.parts[1], phrase.parts[1:])
            for pattern in patterns
            for phrase in self._phrases.get(pattern, ())
            if phrase.language in languages or phrase.language == ANY or self._speaks_for_itself(phrase)
        )
        return _Word(frozenset(patterns), self.meanings(word, languages), begins)

    @staticmethod
    def _speaks_for_itself(phrase: Phrase) -> bool:
        return sum(len(_stem(part)) for part in phrase.parts if part != GAP) >= 10


def _phrase_end(parts: Sequence[str], hits: Sequence[Set[str]], at: int) -> int:
    """Where what follows a phrase's first word ends, looked for from a token on; 0: it is not there."""
    position, gap = at, 0
    for part in parts:
        if part == GAP:
            gap = _GAP_WORDS
            continue
        limit = min(len(hits), position + gap + 1)
        while position < limit and part not in hits[position]:
            position += 1
        if position >= limit:
            return 0
        position, gap = position + 1, 0
    return position


def read_data(name: str) -> dict[str, Any]:
    """One data file of this package, as TOML."""
    source = files("cases.understanding").joinpath("data", name)
    try:
        return tomllib.loads(source.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise LexiconError(f"{name}: {error}") from error


@lru_cache(maxsize=1)
def lexicon() -> Lexicon:
    """The vocabulary in the package, loaded once."""
    tables: dict[str, dict[str, Any]] = {}
    for name in ("verbs.toml", "things.toml", "circumstances.toml", "turns.toml"):
        for concept, table in read_data(name).items():
            if concept in tables:
                raise LexiconError(f"{name}: {concept} is there twice")
            tables[concept] = table
    return Lexicon(tables, read_data("plain.toml")["words"])
