"""Which language a message is in: by its little words, its endings and the lexicon's own hits.

No model and no outside library: three languages told apart by tables. Where a text says nothing ("482107"), the
caller's hint decides.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache

from cases.understanding.lexicon import lexicon, read_data
from cases.understanding.prepare import fold
from cases.understanding.tokens import Token

#: Languages that rules are written for.
SPOKEN = ("fi", "en", "sv")
OTHER, MIXED = "other", "mixed"


@lru_cache(maxsize=1)
def _tables() -> tuple[dict[str, frozenset[str]], dict[str, tuple[str, ...]]]:
    data = read_data("languages.toml")
    words = {language: frozenset(map(fold, listed)) for language, listed in data["words"].items()}
    endings = {language: tuple(map(fold, listed)) for language, listed in data["endings"].items()}
    return words, endings


@lru_cache(maxsize=65_536)
def _hints(word: str, letters: str) -> tuple[tuple[str, float], ...]:
    """What one word says about the language it is in. `letters`: the word with its accents."""
    words, endings = _tables()
    found: defaultdict[str, float] = defaultdict(float)
    for language, listed in words.items():
        if word in listed:
            found[language] += 1.0
    if not found and len(word) >= 5:
        for language, listed_endings in endings.items():
            if word.endswith(listed_endings):
                found[language] += 0.5
    known = lexicon().languages(word) if len(word) >= 4 else frozenset()
    if len(known) == 1:
        found[next(iter(known))] += 1.0
    if "å" in letters:
        found["sv"] += 1.0
    elif len(word) >= 4 and any(pair in letters for pair in ("ää", "öö", "yö", "uo", "kk", "aa", "ii")):
        found["fi"] += 0.5
    return tuple(found.items())


def _is_latin(token: Token) -> bool:
    return token.text.isascii() or max(token.text) < "\u0250"


def detect(tokens: Sequence[Token], hint: str | None = None) -> str:
    """fi, en, sv, mixed (two of them in earnest) or other; `hint` when the text itself says nothing."""
    words = [token for token in tokens if token.sort == "word"]
    foreign = sum(not _is_latin(token) for token in words)
    if foreign > len(words) / 2:
        return OTHER
    score: defaultdict[str, float] = defaultdict(float)
    voices: defaultdict[str, int] = defaultdict(int)
    for token in words:
        hints = _hints(token.fold, token.text.lower())
        for language, weight in hints:
            score[language] += weight
        if len(hints) == 1 and hints[0][1] >= 1:
            voices[hints[0][0]] += 1
    if not score:
        return hint or OTHER
    (best, top), *others = sorted(score.items(), key=lambda entry: -entry[1])
    if best not in SPOKEN:
        return OTHER
    second, runner = next(((name, value) for name, value in others if name in SPOKEN), ("", 0.0))
    if second and {best, second} == {"fi", "en"} and voices[second] >= 3 and runner >= 0.45 * top:
        return MIXED
    return best


def active(language: str) -> frozenset[str]:
    """The languages whose short words count in a text of this language."""
    if language == MIXED:
        return frozenset({"fi", "en"})
    if language == OTHER:
        return frozenset({"de", "et", "ru"})
    return frozenset({language})
