"""The learned weights: how much each feature of a message speaks for each wish, act and purpose.

A linear model, so that every score is a sum that can be shown. The numbers stand in `data/weights.json`, which
`python -m learning` makes from the labelled messages in `learning/`; nothing is learned while the service runs.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from itertools import repeat
from typing import Any

from cases.understanding.features import Look, word_features

#: What one unit of a weight in the file is worth.
UNIT = 0.01
#: Features of a message of ordinary length: one of this size counts in full.
TYPICAL_SIZE = 60
#: Words whose sums are kept.
_WORDS_REMEMBERED = 50_000
#: All weights of a feature are one long number, so many bits a label: one addition adds them all. No sum comes near
#: the most that fits.
_BITS = 32
_HALF, _MASK = 1 << (_BITS - 1), (1 << _BITS) - 1


def _packed(weights: Iterable[tuple[int, int]]) -> int:
    """(label, units) pairs as one number."""
    return sum(units << (_BITS * label) for label, units in weights)


class Weights:
    """The model: labels, where each starts from, and what each feature adds."""

    def __init__(self, labels: Sequence[str], bias: Sequence[int], rows: Mapping[str, Sequence[int]]) -> None:
        self.labels = tuple(labels)
        self._bias = tuple(bias)
        self._added: dict[str, int] = {}
        #: For each label the features that speak for it, and how loud.
        self._loud: tuple[dict[str, float], ...] = tuple({} for _ in labels)
        for feature, flat in rows.items():
            units = list(zip(flat[::2], flat[1::2], strict=True))
            self._added[feature] = _packed(units)
            for label, weight in units:
                self._loud[label][feature] = weight * UNIT
        # What is below nothing borrows from the label above; lifted by half, no label is.
        self._lift = _packed(enumerate(repeat(_HALF, len(labels))))
        self._word = lru_cache(maxsize=_WORDS_REMEMBERED)(self._sum_word)
        self._loud_word = lru_cache(maxsize=_WORDS_REMEMBERED)(self._weigh_word)

    def score(self, look: Look) -> dict[str, float]:
        """How likely each label is, from 0 to 1."""
        lifted = self._lift + self._sum(look.signs) + sum(map(self._word, look.words))
        unit = UNIT * calm(look.size)
        return {
            label: likelihood(bias * UNIT + ((lifted >> (_BITS * at) & _MASK) - _HALF) * unit)
            for at, (label, bias) in enumerate(zip(self.labels, self._bias, strict=True))
        }

    def loudest(self, look: Look, label: str, most: int = 4) -> list[str]:
        """The words and meanings that speak most for a label."""
        at = self.labels.index(label)
        found = zip(look.signs, map(self._loud[at].get, look.signs, repeat(0.0)), strict=True)
        # What a feature speaks of: "DELETE ACCOUNT" of `pair:DELETE ACCOUNT`.
        loud = {sign.partition(":")[2]: weight for sign, weight in found}
        loud |= zip(look.words, map(self._loud_word, look.words, repeat(at)), strict=False)
        speaking = {name: weight for name, weight in loud.items() if weight > 0}
        return sorted(speaking, key=speaking.__getitem__, reverse=True)[:most]

    def _sum(self, features: Iterable[str]) -> int:
        return sum(map(self._added.get, features, repeat(0)))

    def _sum_word(self, word: str) -> int:
        """All a word adds by itself."""
        return self._sum(word_features(word))

    def _weigh_word(self, word: str, label: int) -> float:
        """What a word adds to one label."""
        return sum(map(self._loud[label].get, word_features(word), repeat(0.0)))


def calm(size: int) -> float:
    """By how much each feature of a message of this size counts: the less, the more there are.

    A long story shows many features that each say a little by chance; counted in full they make the sum too sure.
    """
    return float((TYPICAL_SIZE / max(1, size)) ** 0.25)


def likelihood(logit: float) -> float:
    """A logit as a probability."""
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, logit))))


@lru_cache(maxsize=1)
def weights() -> Weights:
    """The weights in the package, loaded once."""
    source = files("cases.understanding").joinpath("data", "weights.json")
    data: dict[str, Any] = json.loads(source.read_text(encoding="utf-8"))
    return Weights(data["labels"], data["bias"], data["weights"])
