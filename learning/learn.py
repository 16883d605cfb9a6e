"""Learning the weights: one logistic regression a label, over the features of whole messages.

Everything is deterministic: the same examples give the same file.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from cases.understanding.features import Look, word_features
from cases.understanding.judging import AMBIGUOUS
from cases.understanding.reading import shown
from cases.understanding.weights import UNIT, calm
from learning.examples import Example, digest

RIGHTS = ("access", "correction", "erasure", "objection", "opt_out", "portability", "restriction")
ACTS = ("status", "withdraw", "human", "complaint", "thanks", "other")
PURPOSES = (
    "direct_marketing", "distance_selling", "market_research", "publication", "disclosure", "profiling",
)  # fmt: skip
LABELS = (*RIGHTS, *ACTS, *PURPOSES, AMBIGUOUS)
#: Rights of which a purpose is read.
BANS = frozenset({"opt_out", "objection"})

#: Inverse strength of the penalty on large weights.
LOOSENESS = 2.0
#: How much features of a sort count beside meanings, so that spelling never shouts down what words mean.
SCALE = {"word": 0.6, "start": 0.5, "two": 0.5, "pair": 0.7, "then": 0.7, "verdict": 2.0, "names": 2.0}
#: Plain everyday sentences stand for far more of what is really written than their number among the examples.
PLAIN_COUNTS = 4.0
#: A feature that fewer messages show teaches nothing.
SEEN_AT_LEAST = 2
#: Smaller weights are left out of the file, in units of the file.
SMALLEST = 3

Array = Any


def told(example: Example) -> frozenset[str]:
    """The labels of an example."""
    doubt = (AMBIGUOUS,) if example.ambiguous else ()
    return frozenset((*(example.kinds or (example.act,)), *example.purposes, *doubt))


def counts(look: Look) -> Counter[str]:
    """How often each feature stands in a message."""
    found = Counter(look.signs)
    for word in look.words:
        found.update(word_features(word))
    return found


class Table:
    """Messages as rows, features as columns."""

    def __init__(self, examples: Sequence[Example]) -> None:
        seen_in = [shown(example.text, example.subject, example.channel) for example in examples]
        counted = [counts(look) for look in seen_in]
        seen = Counter(feature for row in counted for feature in row)
        self.features = sorted(feature for feature, times in seen.items() if times >= SEEN_AT_LEAST)
        self.scale = np.array([SCALE.get(feature.partition(":")[0], 1.0) for feature in self.features])
        column = {feature: at for at, feature in enumerate(self.features)}
        indptr, indices, values = [0], [], []
        for row in counted:
            for feature, times in sorted(row.items()):
                if feature in column:
                    indices.append(column[feature])
                    values.append(times)
            indptr.append(len(indices))
        shape = (len(counted), len(self.features))
        plain = sparse.csr_matrix((values, indices, indptr), shape=shape)
        calmed = sparse.diags([calm(look.size) for look in seen_in])
        self.rows = (calmed @ plain @ sparse.diags(self.scale)).tocsr()


class Model:
    """Weights a label, over the table's columns."""

    def __init__(self, bias: Array, weights: Array) -> None:
        self.bias = bias
        self.weights = weights

    def likelihoods(self, table: Table, chosen: Array) -> Array:
        """Messages by labels."""
        return 1 / (1 + np.exp(-(table.rows[chosen] @ self.weights.T + self.bias)))


def fit(table: Table, examples: Sequence[Example], chosen: Array, looseness: float = LOOSENESS) -> Model:
    """Learn from the chosen examples."""
    known = [told(examples[number]) for number in chosen]
    bans = np.array([bool(labels & BANS) for labels in known])
    trust = np.array([PLAIN_COUNTS if examples[number].is_plain else 1.0 for number in chosen])
    bias, weights = [], []
    for label in LABELS:
        # What is forbidden is learned where something is.
        among = bans if label in PURPOSES else np.ones(len(chosen), bool)
        truth = np.array([label in labels for labels in known])[among]
        found = LogisticRegression(C=looseness, solver="liblinear", max_iter=500, random_state=0)
        found.fit(table.rows[chosen[among]], truth, sample_weight=trust[among])
        bias.append(float(found.intercept_[0]))
        weights.append(found.coef_[0])
    return Model(np.array(bias), np.array(weights))


def packed(table: Table, model: Model) -> dict[str, Any]:
    """The model as the file says it: readable features, whole numbers of `UNIT`."""
    whole = np.rint(model.weights * table.scale / UNIT).astype(int)
    weights = {}
    for at, feature in enumerate(table.features):
        flat: list[int] = []
        for label in np.flatnonzero(np.abs(whole[:, at]) >= SMALLEST):
            flat += [int(label), int(whole[label, at])]
        if flat:
            weights[feature] = flat
    return {
        "learned_from": digest(),
        "labels": list(LABELS),
        "bias": np.rint(model.bias / UNIT).astype(int).tolist(),
        "weights": weights,
    }


def write(path: Path, data: dict[str, Any]) -> None:
    """The file, one feature a line, so that a change can be read."""
    head = "".join(f'"{key}":{json.dumps(data[key])},\n' for key in ("learned_from", "labels", "bias"))
    rows = ",\n".join(
        f"{json.dumps(feature, ensure_ascii=False)}:{json.dumps(flat, separators=(',', ':'))}"
        for feature, flat in data["weights"].items()
    )
    path.write_text(f'{{{head}"weights":{{\n{rows}\n}}}}\n', encoding="utf-8")
