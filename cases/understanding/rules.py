"""The rules: which meanings together make a reading, read from `data/rules.toml` and checked at load.

A rule is looked for clause by clause, then in whole sentences, then with the sentence before. The word that decides
is used up, so that "poistakaa minut postituslistalta" is not also an erasure. Vocabulary and moods live elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from cases.model import Act, Kind, Purpose
from cases.understanding.lexicon import LexiconError, lexicon, read_data
from cases.understanding.moods import Mood

#: Stands for every meaning of a word that is used up.
WORD = ""
SCOPES = ("first", "clause", "sentence", "context", "last")
MOOD_PREFIX = {
    Mood.PLAIN: "",
    Mood.DENIED: "-",
    Mood.PAST: "past:",
    Mood.DONE: "done:",
    Mood.ASKED: "asked:",
    Mood.SUPPOSED: "if:",
}
_KEYS = frozenset(
    [
        *(
            "name",
            "reads",
            "needs",
            "without",
            "scope",
            "sure",
            "also",
            "silences",
            "purposes",
            "otherwise",
            "names",
        ),
        *("uses", "asks", "short", "value", "max_words", "yields_to", "bare"),
    ]
)
#: Meanings that are worked out, not looked up.
DERIVED = frozenset(
    {
        "NEG",
        "NUMBER",
        "AN_EMAIL",
        "ARTICLE_15",
        "ARTICLE_16",
        "ARTICLE_17",
        "ARTICLE_18",
        "ARTICLE_20",
        "ARTICLE_21",
    }
)


class Hit(NamedTuple):
    """One word or phrase with its meaning and mood: where it stands, counted over the whole message."""

    key: str
    at: int
    words: str
    polar: bool

    def spent_in(self, used: Set[tuple[str, int]]) -> bool:
        """Whether a rule has taken this word, whatever it means, or this meaning of it."""
        return (WORD, self.at) in used or (self.key, self.at) in used


class Scope(NamedTuple):
    """A stretch of the message a rule is tried on."""

    hits: Mapping[str, Sequence[Hit]]
    #: Number of the sentence it belongs to.
    sentence: int
    asks: bool
    words: int
    #: A whole sentence in which every word means something known.
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of `rules.toml`."""

    name: str
    reads: Kind | Act
    needs: tuple[tuple[str, ...], ...]
    without: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ("clause", "sentence")
    sure: bool = True
    also: tuple[Kind, ...] = ()
    silences: bool = False
    purposes: tuple[Purpose, ...] = ()
    #: Purposes when the words name none.
    otherwise: tuple[Purpose, ...] = ()
    #: Whether purposes are also read from the words.
    names: bool = True
    #: Counts only when a new value is found.
    value: bool = False
    #: Most words a stretch may have for the rule to count; 0: any.
    max_words: int = 0
    #: A right beside which this reading says nothing of its own.
    yields_to: Kind | None = None
    #: What is used up besides the deciding word: "", "all" it met, or every verb in the "scope".
    uses: str = ""
    asks: bool = False
    short: bool = False
    #: Counts only in a sentence without an unknown word.
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that held, and on what."""

    rule: Rule
    hits: tuple[Hit, ...]
    sentence: int

    @property
    def why(self) -> str:
        """The rule's name and the words that hit it."""
        words = dict.fromkeys(hit.words for hit in sorted(self.hits, key=lambda hit: hit.at))
        return f"{self.rule.name}: {' … '.join(words)}"


#: A message this short may be answered by the rules for a bare word.
_SHORT_WORDS = 4


def _expand(item: str) -> tuple[str, ...]:
    name = item.lstrip("~-")
    if item.startswith("~"):
        return tuple(prefix + name for prefix in MOOD_PREFIX.values())
    return (item,)


def _excluded(item: str) -> tuple[str, ...]:
    if item.startswith("="):
        return (item[1:],)
    return _expand(item if item.startswith(("-", "~")) else f"~{item}")


def _check_name(item: str, rule: str) -> None:
    name = item.lstrip("~-=").rpartition(":")[2]
    if name not in lexicon().concepts and name not in DERIVED:
        raise LexiconError(f"rules.toml: {rule}: there is no word list {name}")


def _rule(row: Mapping[str, Any]) -> Rule:
    name = str(row.get("name", "?"))
    unknown = set(row) - _KEYS
    if unknown:
        raise LexiconError(f"rules.toml: {name}: cannot read {', '.join(sorted(unknown))}")
    needs = tuple(tuple(entry.split()) for entry in row["needs"])
    without = tuple(row.get("without", ()))
    for item in (*without, *(item for entry in needs for item in entry)):
        _check_name(item, name)
    scope = row.get("scope")
    if scope is not None and scope not in SCOPES:
        raise LexiconError(f"rules.toml: {name}: no scope {scope}")
    reads = row["reads"]
    return Rule(
        name=name,
        reads=Kind(reads) if reads in set(Kind) else Act(reads),
        needs=tuple(tuple(key for item in entry for key in _expand(item)) for entry in needs),
        without=tuple(
            key for item in without for key in _expand(item if item.startswith(("-", "~")) else "~" + item)
        ),
        scopes=("clause", "sentence") if scope is None else (scope,),
        sure=row.get("sure", True),
        also=tuple(Kind(kind) for kind in row.get("also", ())),
        silences=row.get("silences", False),
        purposes=tuple(Purpose(purpose) for purpose in row.get("purposes", ())),
        otherwise=tuple(Purpose(purpose) for purpose in row.get("otherwise", ())),
        names=row.get("names", True),
        uses=row.get("uses", ""),
        value=row.get("value", False),
        max_words=row.get("max_words", 0),
        yields_to=Kind(row["yields_to"]) if "yields_to" in row else None,
        asks=row.get("asks", False),
        short=row.get("short", False),
        bare=row.get("bare", False),
    )


@lru_cache(maxsize=1)
def rules() -> tuple[Rule, ...]:
    """All rules, in the order they are tried."""
    found = tuple(_rule(row) for row in read_data("rules.toml")["rule"])
    names = [rule.name for rule in found]
    if len(set(names)) != len(names):
        raise LexiconError("rules.toml: two rules share a name")
    return found


#: Levels that are tried on another level's stretches.
_TRIED_ON = {"first": "sentence", "last": "context"}


class _Turn(NamedTuple):
    """A rule on one level: rules that are sure have their turns first, level by level."""

    rule: Rule
    level: str
    #: What must stand somewhere in the message besides the deciding word.
    needs: tuple[frozenset[str], ...]

    def may_hold(self, keys: Set[str], words: int) -> bool:
        """Whether the message is worth looking through for it."""
        if self.rule.short and words > _SHORT_WORDS:
            return False
        return not any(need.isdisjoint(keys) for need in self.needs)


@lru_cache(maxsize=1)
def _turns() -> tuple[_Turn, ...]:
    return tuple(
        _Turn(rule, level, tuple(map(frozenset, rule.needs[1:])))
        for sure in (True, False)
        for level in SCOPES
        for rule in rules()
        if level in rule.scopes and rule.sure is sure
    )


@lru_cache(maxsize=1)
def _deciding() -> dict[str, tuple[int, ...]]:
    """Which turns a meaning decides, by their numbers."""
    found: dict[str, list[int]] = {}
    for number, turn in enumerate(_turns()):
        for key in turn.rule.needs[0]:
            found.setdefault(key, []).append(number)
    return {key: tuple(numbers) for key, numbers in found.items()}


def _tried(keys: Set[str], words: int) -> list[_Turn]:
    """The turns that may come to something where these meanings stand, in their order."""
    table, turns = _deciding(), _turns()
    numbers = {number for key in keys if key in table for number in table[key]}
    return [turns[number] for number in sorted(numbers) if turns[number].may_hold(keys, words)]


def apply(scopes: Mapping[str, Sequence[Scope]], words: int) -> list[Finding]:
    """Every rule that holds in a message cut into clauses, sentences and sentences with the one before.

    Rules that are sure go first, level by level; the others only get what those leave.
    """
    found: list[Finding] = []
    used: set[tuple[str, int]] = set()
    places = {level: _places(listed) for level, listed in scopes.items()}
    for turn in _tried(places["sentence"].keys(), words):
        for scope in _stretches(turn.rule, places[_TRIED_ON.get(turn.level, turn.level)]):
            if turn.level == "last" and any(finding.sentence == scope.sentence for finding in found):
                continue
            finding = _try(turn.rule, scope, used)
            if finding:
                found.append(finding)
    return found


def _places(scopes: Sequence[Scope]) -> dict[str, list[tuple[int, Scope]]]:
    """Where each meaning stands, so that a rule only looks where its deciding word is."""
    found: dict[str, list[tuple[int, Scope]]] = {}
    for number, scope in enumerate(scopes):
        for key in scope.hits:
            found.setdefault(key, []).append((number, scope))
    return found


def _stretches(rule: Rule, where: Mapping[str, Sequence[tuple[int, Scope]]]) -> list[Scope]:
    keys = [key for key in rule.needs[0] if key in where]
    if len(keys) == 1:
        return [scope for _, scope in where[keys[0]]]
    numbered = {number: scope for key in keys for number, scope in where[key]}
    return [numbered[number] for number in sorted(numbered)]


def _try(rule: Rule, scope: Scope, used: set[tuple[str, int]]) -> Finding | None:
    hits = scope.hits
    heads = [hit for key in rule.needs[0] for hit in hits.get(key, ()) if not hit.spent_in(used)]
    if not heads or (rule.asks and not scope.asks) or not hits.keys().isdisjoint(rule.without):
        return None
    if (rule.max_words and scope.words > rule.max_words) or (rule.bare and not scope.bare):
        return None
    others: list[Hit] = []
    for need in rule.needs[1:]:
        met = next((hits[key][0] for key in need if key in hits), None)
        if met is None:
            return None
        others.append(met)
    used.update((WORD if hit.polar else hit.key, hit.at) for hit in heads)
    if rule.uses:
        used.update((WORD, hit.at) for hit in (*heads, *others))
    if rule.uses == "scope":
        used.update((WORD, hit.at) for listed in hits.values() for hit in listed if hit.polar)
    return Finding(rule, (heads[0], *others), scope.sentence)
