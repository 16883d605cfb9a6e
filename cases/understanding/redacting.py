"""A message less whoever wrote it: only words that everybody uses stay, so that it can serve as an example.

A word stays if the vocabulary has it as it is spelled, or if it is one of the little words of `data/languages.toml`
and `data/moods.toml`. What could be a name goes: a capital in the middle of a sentence, the names and places of
`data/names.toml`, whatever is recorded or claimed of the person. Words that go become `…`, numbers `#`, addresses
of mail and chat `@`; web addresses go without a trace. The same text always gives the same result.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from cases.understanding.digits import SPOKEN
from cases.understanding.lexicon import LexiconError, lexicon, read_data
from cases.understanding.prepare import fold
from cases.understanding.sensitive import MASKS
from cases.understanding.tokens import EMAIL, Sentence, Token, sentences, tokenise

WORD, NUMBER, ADDRESS = "…", "#", "@"
_PLACEHOLDERS = frozenset({WORD, NUMBER, ADDRESS})

#: Entries of `moods.toml` that are ends of words, or marks.
_NO_WORDS = frozenset({"fi_endings", "en_endings", "endings", "without", "marks"})
_CHUNK = re.compile(r"\S+")
#: A web address without its "https://".
_SITE = re.compile(r"[\w-]+\.(?:fi|com|net|org|eu|se|info|io|example|test)(?:[/:?#]\S*)?\W*", re.IGNORECASE)
#: "aune (at) example.com".
_HIDDEN = re.compile(r"[(\[](?:at|a|ät|@)[)\]]", re.IGNORECASE)
_SOME_ADDRESS = "a@a.aa"
_TAIL = re.compile(r"[:'’´]")
_NAME_ENTRY = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*\*?")
#: No word of the vocabulary is longer; what is has been run together with something else.
_LONGEST = 34
#: In a row, digits told as words are a number.
_DIGITS_IN_A_ROW = 2
#: From so many letters on, the beginning of a name tells it in whatever form it stands.
_NAME_LETTERS = 4
_CASE_ENDS = frozenset({"n", "a", "lla", "lle", "lta", "ssa", "sta", "in", "an", "s", "ta", "na"})
#: Most words of a line that is a name and nothing else.
_NAME_WORDS = 4
_CLINGS = frozenset(".,:;!?)”")


@dataclass(frozen=True, slots=True)
class _Names:
    """The tables of `names.toml`."""

    whole: frozenset[str]
    beginnings: tuple[str, ...]
    ends: tuple[str, ...]
    but: tuple[str, ...]
    never: frozenset[str]

    def has(self, word: str) -> bool:
        """Whether a word in small letters is a name, or ends like a place."""
        if word in self.whole or word.startswith(self.beginnings):
            return True
        bare = fold(word)
        return bare.endswith(self.ends) and bare not in self.ends and not bare.endswith(self.but)


@lru_cache(maxsize=1)
def _names() -> _Names:
    data = read_data("names.toml")
    for section, lists in data.items():
        for entry in (entry for listed in lists.values() for entry in listed):
            if not _NAME_ENTRY.fullmatch(entry) or entry != entry.lower():
                raise LexiconError(f"names.toml: {section}: {entry!r} is no name in small letters")
    people = [name for listed in data["people"].values() for name in listed]
    return _Names(
        whole=frozenset(name for name in people if not name.endswith("*")),
        beginnings=tuple(name.rstrip("*") for name in people if name.endswith("*")),
        ends=tuple(fold(end) for kind in ("streets", "farms") for end in data["places"][kind]),
        but=tuple(data["places"]["but"]),
        never=frozenset(data["never"]["words"]),
    )


@lru_cache(maxsize=1)
def _little_words() -> frozenset[str]:
    listed = [word for words in read_data("languages.toml")["words"].values() for word in words]
    for section in read_data("moods.toml").values():
        listed += [word for key, words in section.items() if key not in _NO_WORDS for word in words]
    return frozenset(fold(word) for entry in listed for word in entry.split())


@dataclass(frozen=True, slots=True)
class Identity:
    """Words by which one person could be known, folded."""

    words: frozenset[str] = frozenset()

    @classmethod
    def of(cls, values: Iterable[str]) -> Identity:
        """From names, addresses and whatever else is recorded or claimed."""
        found = (part for value in values for part in re.findall(r"[^\W\d_]+", value))
        return cls(frozenset(fold(part) for part in found))

    def has(self, word: str) -> bool:
        """Whether a folded word is one of theirs: as it is, inflected, or run together with another."""
        return word in self.words or any(_is_of(word, theirs) for theirs in self.words)


def _is_of(word: str, theirs: str) -> bool:
    if len(theirs) < _NAME_LETTERS:
        # "Arin", "Pialle"; a name this short begins too many words to look for more.
        return len(theirs) > 2 and word.startswith(theirs) and word[len(theirs) :] in _CASE_ENDS
    if len(word) >= _NAME_LETTERS and word in theirs:
        return True
    # "Virtanen" is also in "Virtaselta", and in "osoitevirtanen".
    stem = theirs[: max(_NAME_LETTERS, len(theirs) - 3)]
    return word.startswith(stem) or (len(stem) > _NAME_LETTERS and stem in word)


def redact(text: str, identity: Identity | None = None) -> str:
    """The text in words that tell nothing about a person. Takes time in proportion to its length."""
    theirs = identity or Identity()
    text = unicodedata.normalize("NFC", text)
    for mask in MASKS.values():
        text = text.replace(mask, " 0 ")
    text = _without_addresses(text)
    tokens = tokenise(text)
    pieces: list[str] = []
    for sentence in sentences(text, tokens):
        pieces += _pieces(sentence, theirs)
    return _joined(pieces)


def has_words(redacted: str) -> bool:
    """Whether anything is left that says something."""
    return any(letter.isalpha() for letter in redacted)


def _without_addresses(text: str) -> str:
    """Web addresses go; whatever has an @ in it becomes one that stands alone."""
    if _HIDDEN.search(text):
        text = EMAIL.sub(_SOME_ADDRESS, text)
    parts, end = [], 0
    for chunk in _CHUNK.finditer(text):
        written = chunk.group()
        if "@" in written:
            parts += [text[end : chunk.start()], _SOME_ADDRESS]
            end = chunk.start() + len(written.rstrip(".,:;!?"))
        elif _SITE.fullmatch(written.lstrip("(<[\"'”“")):
            parts.append(text[end : chunk.start()])
            end = chunk.end()
    return "".join((*parts, text[end:]))


def _pieces(sentence: Sentence, theirs: Identity) -> Iterator[str]:
    said = [token for token in sentence.tokens if token.sort != "mark"]
    mixed = any(letter.islower() for token in said if token.sort == "word" for letter in token.text)
    first = next((token for token in said if token.sort == "word"), None)
    numbers = _told_digits(said)
    named = _is_name_alone(said)
    for token in sentence.tokens:
        if token.sort == "mark":
            yield WORD if token.text.startswith("..") else token.text
        elif token.sort == "email":
            yield ADDRESS
        elif token.sort == "number" or token.start in numbers:
            yield NUMBER
        elif token.sort == "word":
            inside = mixed and token is not first
            yield WORD if named else _kept(token, inside, theirs) or WORD


def _told_digits(said: Sequence[Token]) -> frozenset[int]:
    """Where "nolla neljä nolla", a number told in words, stands."""
    found: set[int] = set()
    row: list[int] = []
    for token in (*said, None):
        if token is not None and (token.fold in SPOKEN or token.sort == "number"):
            row.append(token.start)
            continue
        if len(row) >= _DIGITS_IN_A_ROW:
            found.update(row)
        row = []
    return frozenset(found)


def _is_name_alone(said: Sequence[Token]) -> bool:
    """A line such as "Bill Smith": a few capitals, and the vocabulary knows none but the first."""
    if not 2 <= len(said) <= _NAME_WORDS or not all(token.text[:1].isupper() for token in said):
        return False
    return not any(_is_known(token.fold) for token in said[1:])


def _is_known(word: str) -> bool:
    return word in _little_words() or lexicon().is_written(word)


def _kept(token: Token, inside: bool, theirs: Identity) -> str:
    """What stays of a word; empty: nothing."""
    written = token.text
    if fold(written) not in _little_words():
        # Behind a colon or an apostrophe a name can hang on: "tili:Onni".
        written = _TAIL.split(written, maxsplit=1)[0]
    small, word = written.lower(), fold(written)
    if len(written) > _LONGEST or not written[:1].isalpha() or not fold(_TAIL.sub("", written)).isalpha():
        return ""
    if inside and written[:1].isupper() and small not in _names().never:
        return ""
    if _names().has(small) or theirs.has(word) or not (_is_known(word) or small in _names().never):
        return ""
    return written


def _joined(pieces: Sequence[str]) -> str:
    """The pieces as a text: runs of one sign become one, blank lines go."""
    parts: list[str] = []
    last = "\n"
    for piece in pieces:
        if piece == last and (piece in _PLACEHOLDERS or piece == "\n"):
            continue
        close = piece in _CLINGS or piece == "\n" or last in ("\n", "(")
        parts.append(piece if close else f" {piece}")
        last = piece
    return "".join(parts).strip()
