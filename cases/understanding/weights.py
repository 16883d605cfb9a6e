"""The learned weights: how much each feature of a message speaks for each wish, act and purpose.

A linear model, so that every score is a sum that can be shown. The numbers stand in `data/weights.json`, which
`python -m learning` makes from the labelled messages in `learning/`; nothing is learned while the service runs.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from typing import Any

from cases.understanding.features import Look, word_features

#: What one unit of a weight in the file is worth.
UNIT = 0.01


@dataclass(slots=True)
class Weights:
    """The model: labels, where each starts from, and what each feature adds."""

    labels: tuple[str, ...]
    bias: tuple[float, ...]
    table: dict[str, tuple[tuple[int, float], ...]] = field(repr=False)
    _of_word: dict[str, tuple[tuple[int, float], ...]] = field(default_factory=dict, repr=False)

    def score(self, look: Look) -> dict[str, float]:
        """How likely each label is, from 0 to 1."""
        total = list(self.bias)
        table = self.table
        for sign in look.signs:
            for label, weight in table.get(sign, ()):
                total[label] += weight
        for word in look.words:
            for label, weight in self._word(word):
                total[label] += weight
        return {label: likelihood(logit) for label, logit in zip(self.labels, total, strict=True)}

    def _word(self, word: str) -> tuple[tuple[int, float], ...]:
        """All a word adds by itself, remembered."""
        known = self._of_word.get(word)
        if known is None:
            if len(self._of_word) > _WORDS_REMEMBERED:
                self._of_word.clear()
            known = self._of_word[word] = _summed(self.table, word_features(word))
        return known

    def loudest(self, look: Look, label: str, most: int = 4) -> list[str]:
        """The words and meanings that speak most for a label."""
        at = self.labels.index(label)
        loud = {sign.partition(":")[2]: _share(self.table.get(sign, ()), at) for sign in look.signs}
        loud |= {word: _share(self._word(word), at) for word in look.words}
        ranked = sorted(loud, key=lambda name: -loud[name])
        return [name for name in ranked[:most] if loud[name] > 0]


#: Words whose sums are kept; a flood of new ones starts afresh.
_WORDS_REMEMBERED = 50_000


def _share(weights: Iterable[tuple[int, float]], label: int) -> float:
    return next((weight for at, weight in weights if at == label), 0.0)


def _summed(
    table: dict[str, tuple[tuple[int, float], ...]], features: Sequence[str]
) -> tuple[tuple[int, float], ...]:
    total: dict[int, float] = {}
    for feature in features:
        for label, weight in table.get(feature, ()):
            total[label] = total.get(label, 0.0) + weight
    return tuple(total.items())


def likelihood(logit: float) -> float:
    """A logit as a probability."""
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, logit))))


def _pairs(flat: Sequence[int]) -> Iterator[tuple[int, float]]:
    for at in range(0, len(flat), 2):
        yield flat[at], flat[at + 1] * UNIT


@lru_cache(maxsize=1)
def weights() -> Weights:
    """The weights in the package, loaded once."""
    source = files("cases.understanding").joinpath("data", "weights.json")
    data: dict[str, Any] = json.loads(source.read_text(encoding="utf-8"))
    return Weights(
        tuple(data["labels"]),
        tuple(value * UNIT for value in data["bias"]),
        {feature: tuple(_pairs(flat)) for feature, flat in data["weights"].items()},
    )
