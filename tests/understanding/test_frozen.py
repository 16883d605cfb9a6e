"""Messages that nothing was learned from: how well they are understood may not get worse unnoticed.

The floors are a little below what was measured (`make eval`); they are no targets.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from learning.examples import examples, messages
from learning.scoring import Read, figures, read_all

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def read() -> list[Read]:
    return read_all(messages(HERE / "frozen.jsonl"))


def test_frozen_messages_are_many_and_mostly_finnish(read: list[Read]) -> None:
    finnish = sum(one.example.lang == "fi" for one in read)
    assert len(read) >= 400
    assert finnish > len(read) / 2
    assert len({one.example.voice for one in read}) >= 10


@pytest.mark.parametrize(
    ("figure", "floor"),
    [
        ("rights right, asked back or not", 0.77),
        ("acts", 0.84),
        ("language", 0.98),
        ("purposes", 0.65),
        ("claimed address", 0.90),
        ("sensitive data", 0.98),
    ],
)
def test_share_stays_above_its_floor(read: list[Read], figure: str, floor: float) -> None:
    assert figures(read)[figure].value >= floor


def test_few_are_surely_misread(read: list[Read]) -> None:
    assert figures(read)["sure and wrong (all)"].value <= 0.11


def test_nothing_frozen_is_learned_from() -> None:
    learned = {" ".join(one.text.split()).casefold() for one in examples()}
    frozen = [one for path in HERE.glob("*.jsonl") for one in messages(path) if len(one.text.split()) > 4]
    assert [one.id for one in frozen if " ".join(one.text.split()).casefold() in learned] == []
