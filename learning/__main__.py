"""`python -m learning`: learn the weights from the examples and write them; `--cross` measures without writing.

Measured by voices: nobody's messages are learned from and measured on at once.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

import numpy as np
from sklearn.model_selection import GroupKFold

from cases.understanding.judging import is_sure, rights
from learning.examples import Example, examples
from learning.learn import LABELS, Array, Table, fit, packed, write

FOLDS = 5


def main() -> None:
    """Learn, or measure."""
    parser = argparse.ArgumentParser(prog="python -m learning", description=__doc__)
    parser.add_argument("--cross", action="store_true", help="cross-validate by voice; nothing is written")
    known = examples()
    table = Table(known)
    if parser.parse_args().cross:
        cross(known, table)
        return
    model = fit(table, known, np.arange(len(known)))
    path = Path(str(files("cases.understanding").joinpath("data", "weights.json")))
    data = packed(table, model)
    write(path, data)
    print(
        f"{len(known)} examples, {len(data['weights'])} features, {path.stat().st_size / 1e6:.1f} MB: {path.name}"
    )


def cross(known: Sequence[Example], table: Table) -> None:
    """Print how well rights are read in messages of voices that were not learned from, by file."""
    likely = np.zeros((len(known), len(LABELS)))
    voices = [example.voice for example in known]
    for learned, left in GroupKFold(FOLDS).split(known, groups=voices):
        likely[left] = fit(table, known, learned).likelihoods(table, left)
    counted: dict[str, Counter[str]] = {}
    for example, row in zip(known, likely, strict=True):
        if not example.ambiguous and example.act != "code":
            counted.setdefault(example.voice.split(":")[0], Counter())[_outcome(example, row)] += 1
    counted["all"] = sum(counted.values(), Counter())
    print(f"{'file':12}{'n':>6}{'right':>8}{'wrong':>8}{'asked':>8}")
    for name, found in counted.items():
        total = found.total()
        shares = "".join(f"{found[outcome] / total:8.1%}" for outcome in ("right", "wrong", "asked"))
        print(f"{name:12}{total:6}{shares}")


def _outcome(example: Example, row: Array) -> str:
    likely = dict(zip(LABELS, row, strict=True))
    if not is_sure(likely):
        return "asked"
    return "right" if rights(likely) == example.kinds else "wrong"


if __name__ == "__main__":
    main()
