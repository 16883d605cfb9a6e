"""What machines write: subjects and opening words of bounces, absence notices and their kin, from `notices.toml`.

Here lives only how the words are looked up. Which of them suffice to call a mail a machine's stands in `screening`.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Final

#: An opening phrase begins within so many characters of the text.
OPENING_CHARS: Final = 240
#: What stands in front of the subject of a mail that a person answers or passes on.
_BY_A_PERSON = re.compile(r"\s*(?:re|vs|sv|aw|antw|fwd?|vl|lv|wg|tr|rv)\s*(?:\[\d+\])?\s*:", re.IGNORECASE)
# Lines of stars and dashes stand above such texts; quotes and brackets around their subjects.
_DECORATION = re.compile(r"[\s*=_#|~-]+")


class BadNotices(ValueError):
    """The file of words cannot be used; the text says where."""


@dataclass(frozen=True, slots=True)
class Notice:
    """The words of one sort of notice."""

    _subject: re.Pattern[str]
    _anywhere: re.Pattern[str]
    _opening: re.Pattern[str]

    def names(self, subject: str) -> bool:
        """The subject is one such notices have; not with "Re:" or "Fwd:" in front."""
        return self.names_somewhere(subject) or (
            not _BY_A_PERSON.match(subject) and bool(self._subject.match(subject))
        )

    def names_somewhere(self, subject: str) -> bool:
        """The subject has words in it that only such notices have, whatever stands in front."""
        return bool(self._anywhere.search(subject))

    def opens(self, opening: str) -> bool:
        """The text begins as such notices do; `opening` comes from `opening_of`."""
        return bool(self._opening.search(opening))


def is_passed_on(subject: str) -> bool:
    """A person answers or forwards: "Re:", "Vs:", "Fwd:"."""
    return bool(_BY_A_PERSON.match(subject))


def opening_of(text: str) -> str:
    """The beginning of a text as the phrases are written: small letters, single spaces, no decoration."""
    return _DECORATION.sub(" ", text[: 4 * OPENING_CHARS].casefold()).strip()[: 2 * OPENING_CHARS]


@lru_cache(maxsize=1)
def notices() -> dict[str, Notice]:
    """Every sort of notice by its name in the file. Raises `BadNotices`."""
    with files("mailers").joinpath("notices.toml").open("rb") as source:
        data = tomllib.load(source)
    return {name: _notice(name, words) for name, words in data.items()}


def _notice(name: str, words: dict[str, list[str]]) -> Notice:
    if set(words) != {"subject", "anywhere", "opening"}:
        raise BadNotices(f"[{name}] has {', '.join(sorted(words))}")
    for phrase in (phrase for listed in words.values() for phrase in listed):
        if phrase != phrase.casefold() or phrase != " ".join(phrase.split()) or not phrase:
            raise BadNotices(f"[{name}] {phrase!r}: small letters and single spaces")
    opening = [_DECORATION.sub(" ", phrase).strip() for phrase in words["opening"]]
    return Notice(
        re.compile(rf"\s*[\[\"'<(]*\s*(?:{_any(words['subject'])})", re.IGNORECASE),
        re.compile(_any(words["anywhere"]) or r"(?!)", re.IGNORECASE),
        # Only what begins within the opening counts; the rest of the phrase may reach beyond it.
        re.compile(rf"^.{{0,{OPENING_CHARS}}}?(?:{_any(opening)})", re.DOTALL),
    )


def _any(phrases: list[str]) -> str:
    """One pattern for all phrases. A space of theirs is any white space."""
    return "|".join(
        re.escape(phrase).replace(r"\ ", r"\s+") for phrase in sorted(phrases, key=len, reverse=True)
    )
