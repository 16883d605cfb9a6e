"""Politeness, quotes and missing dots never change what is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from cases.model import Reading
from cases.understanding import understand
from cases.understanding.courtesies import without_courtesies
from learning.examples import Example, messages

FROZEN = list(messages(Path(__file__).parents[1] / "understanding" / "frozen.jsonl"))
PLAIN = [one for one in FROZEN if one.lang in ("fi", "en")]
DRESSED = {
    "greeting": ("Hei,\n\n{}", "Hello,\n\n{}"),
    "greeting on the same line": ("Moikka! {}", "Hi there, {}"),
    "thanks": ("{}\n\nKiitos jo etukäteen!", "{}\n\nMany thanks in advance!"),
    "closing and name": ("{}\n\nTerveisin\nTesti Testinen", "{}\n\nKind regards,\nTest Tester"),
    "quote": (
        "{}\n\nma 3.2.2025 klo 9.12 Kauppa <kauppa@example.com> kirjoitti:\n> Poistimme tilisi ja lähetämme tietosi.",
        "{}\n\nOn Mon, 3 Feb 2025, Shop <shop@example.com> wrote:\n> We deleted your account and send your data.",
    ),
    "device": ("{}\n\nLähetetty puhelimestani", "{}\n\nSent from my phone"),
}


def _sure_kinds(text: str, example: Example) -> tuple[tuple[str, ...], bool]:
    reading: Reading = understand(text, example.subject, example.channel)
    return tuple(reading.kinds), reading.sure


@pytest.mark.parametrize("manner", DRESSED)
def test_courtesies_quotes_and_signatures_neither_add_nor_lose_a_sure_right(manner: str) -> None:
    changed = []
    for example in PLAIN:
        pattern = DRESSED[manner][example.lang == "en"]
        bare, dressed = _sure_kinds(example.text, example), _sure_kinds(pattern.format(example.text), example)
        if bare[1] and bare[0] and dressed != bare:
            changed.append((example.id, bare, dressed))
        if dressed[1] and dressed[0] and bare != dressed:
            changed.append((example.id, bare, dressed))
    assert not changed


def test_missing_dots_never_turn_a_sure_right_into_another() -> None:
    turned = []
    for example in FROZEN:
        bare = example.text.translate(str.maketrans("äöåÄÖÅ", "aoaAOA"))
        kinds, sure = _sure_kinds(example.text, example)
        undotted, still_sure = _sure_kinds(bare, example)
        if kinds and sure and still_sure and undotted != kinds:
            turned.append((example.id, kinds, undotted))
    assert not turned


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("Hei taas kaikki, poistakaa tietoni. Kiitos avusta!", "poistakaa tietoni."),
        ("Hyvä asiakaspalvelu,\n\npyydän tietoni.\n\nKiitos jo etukäteen.", "pyydän tietoni."),
        ("moi voitteko poistaa mun tilin kiitti", "voitteko poistaa mun tilin"),
        ("Hei, ei enää mainoksia, ei kiitos", "ei enää mainoksia, ei kiitos"),
        ("Kiitos!", "Kiitos!"),
        ("Hei", "Hei"),
        ("poistakaa kaikki kiitos", "poistakaa kaikki"),
    ],
)
def test_courtesies_are_taken_off_and_nothing_else(text: str, rest: str) -> None:
    assert without_courtesies(text, "fi") == rest
