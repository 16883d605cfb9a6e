"""How well messages are understood: shares with their 95 % intervals, a confusion table, and which are wrong."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from cases.model import Reading
from cases.understanding import understand
from learning.examples import Example

#: Two-sided 95 % of the normal distribution.
_Z = 1.959964


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    part: int
    whole: int

    @property
    def value(self) -> float:
        """From 0 to 1; of nothing: 1."""
        return self.part / self.whole if self.whole else 1.0

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval, after Wilson."""
        if not self.whole:
            return 0.0, 1.0
        share, n, square = self.value, self.whole, _Z * _Z
        middle = (share + square / (2 * n)) / (1 + square / n)
        reach = _Z * math.sqrt(share * (1 - share) / n + square / (4 * n * n)) / (1 + square / n)
        return max(0.0, middle - reach), min(1.0, middle + reach)

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.value:6.1%}  [{low:.1%}, {high:.1%}]  {self.part} of {self.whole}"


@dataclass(frozen=True, slots=True)
class Read:
    """An example and what was made of it."""

    example: Example
    reading: Reading

    @property
    def kinds(self) -> tuple[str, ...]:
        """The rights read."""
        return tuple(sorted(kind.value for kind in self.reading.kinds))

    @property
    def is_right(self) -> bool:
        """Exactly the rights meant, whether sure or not."""
        return self.kinds == self.example.kinds

    @property
    def outcome(self) -> str:
        """right, wrong (sure and wrong) or asked (not sure)."""
        if not self.reading.sure:
            return "asked"
        return "right" if self.is_right else "wrong"


def read_all(examples: Iterable[Example]) -> list[Read]:
    """Every example, read as the program reads it."""
    return [Read(one, understand(one.text, one.subject, one.channel)) for one in examples]


def _share(read: Sequence[Read], holds: Callable[[Read], bool]) -> Share:
    return Share(sum(holds(one) for one in read), len(read))


def _corrections(pairs: Iterable[tuple[str, str | None]]) -> Counter[tuple[str, str]]:
    """Fields with their values; capitals, spaces and a last full stop make no difference."""
    return Counter((field, " ".join((value or "").casefold().split()).rstrip(".")) for field, value in pairs)


def _corrected(one: Read) -> bool:
    found = ((fixed.name, fixed.new_value) for fixed in one.reading.corrections)
    return _corrections(found) == _corrections(one.example.corrections)


def _named(one: Read) -> bool:
    return {purpose.value for purpose in one.reading.opt_out_purposes} == set(one.example.purposes)


def figures(read: Sequence[Read]) -> dict[str, Share]:
    """The shares that count, by name."""
    clear = [one for one in read if not one.example.ambiguous]
    found: dict[str, Share] = {}
    for name, language in (("fi", "fi"), ("en", "en"), ("all", "")):
        spoken = [one for one in clear if one.example.lang.startswith(language)]
        found[f"rights right ({name})"] = _share(spoken, lambda one: one.outcome == "right")
        found[f"sure and wrong ({name})"] = _share(spoken, lambda one: one.outcome == "wrong")
        found[f"asked back ({name})"] = _share(spoken, lambda one: one.outcome == "asked")
    found["rights right, asked back or not"] = _share(clear, lambda one: one.is_right)
    unclear = [one for one in read if one.example.ambiguous]
    found["asked back where a clerk would"] = _share(unclear, lambda one: one.outcome == "asked")
    found["acts"] = _share(read, lambda one: one.reading.act.value == one.example.act)
    found["language"] = _share(read, lambda one: one.reading.lang == one.example.lang)
    bans = [one for one in clear if {"opt_out", "objection"} & set(one.example.kinds)]
    found["purposes"] = _share(bans, _named)
    found["corrections"] = _share([one for one in clear if one.example.corrections], _corrected)
    claimed = [one for one in read if one.example.claimed_email]
    found["claimed address"] = _share(
        claimed,
        lambda one: (
            (one.reading.claimed_email or "").casefold() == (one.example.claimed_email or "").casefold()
        ),
    )
    found["sensitive data"] = _share(
        read, lambda one: set(one.reading.sensitive) == set(one.example.sensitive)
    )
    return found


#: Rows and columns of the confusion table.
_SINGLE = ("access", "correction", "erasure", "objection", "opt_out", "portability", "restriction")


def confusion(read: Sequence[Read]) -> list[str]:
    """What was meant (rows) and what was read (columns), for messages of one right or none; as lines of text."""
    counted: Counter[tuple[str, str]] = Counter()
    for one in read:
        if not one.example.ambiguous:
            counted[_column(one.example.kinds), _column(one.kinds)] += 1
    names = [*_SINGLE, "several", "none"]
    lines = [" " * 13 + "".join(f"{name[:9]:>10}" for name in names)]
    for meant in names:
        cells = "".join(f"{counted[meant, said] or '.':>10}" for said in names)
        lines.append(f"{meant:13}{cells}")
    return lines


def _column(kinds: Sequence[str]) -> str:
    return "none" if not kinds else kinds[0] if len(kinds) == 1 else "several"


def told_wrong(read: Sequence[Read]) -> list[str]:
    """One line for each message read wrong or asked back about, the sure ones first."""
    lines = []
    for outcome in ("wrong", "asked"):
        for one in read:
            if one.outcome == outcome and not one.example.ambiguous:
                meant = "+".join(one.example.kinds) or one.example.act
                said = "+".join(one.kinds) or one.reading.act.value
                text = " ".join(f"{one.example.subject} {one.example.text}".split())[:90]
                lines.append(f"{outcome:6}{one.example.id:8}{meant} -> {said}: {text}")
    return lines
