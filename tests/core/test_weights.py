"""The learned weights in the package, and what is decided from likelihoods."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

import pytest

from cases.model import Act, Kind, Purpose
from cases.understanding import judging, understand
from cases.understanding.reading import shown
from cases.understanding.weights import weights
from learning.examples import ACTS, BadExample, digest, examples, lines

NOTHING: Mapping[str, float] = {
    **dict.fromkeys(Kind, 0.01), **dict.fromkeys(Act, 0.01), **dict.fromkeys(Purpose, 0.01), "ambiguous": 0.01,
}  # fmt: skip


def likely(**shares: float) -> dict[str, float]:
    return {**NOTHING, **shares}


def test_the_weights_were_learned_from_the_examples_as_they_are() -> None:
    data = json.loads(
        files("cases.understanding").joinpath("data", "weights.json").read_text(encoding="utf-8")
    )
    assert data["learned_from"] == digest()


def test_every_right_act_and_purpose_has_its_weights() -> None:
    learned = set(weights().labels)
    assert {*Kind, *Purpose, "ambiguous"} <= learned
    assert set(ACTS.values()) - {"code"} <= learned


def test_examples_hold_every_right_in_every_kind_of_file() -> None:
    found = examples()
    assert len(found) >= 3000
    for kind in Kind:
        assert sum(kind in one.kinds for one in found) >= 100


@pytest.mark.parametrize(
    ("shares", "rights", "act", "sure"),
    [
        ({"erasure": 0.97}, (Kind.ERASURE,), Act.STATUS, True),
        ({"erasure": 0.97, "access": 0.9}, (Kind.ACCESS, Kind.ERASURE), Act.STATUS, True),
        ({"erasure": 0.6}, (Kind.ERASURE,), Act.STATUS, False),
        ({"erasure": 0.4, "other": 0.2}, (Kind.ERASURE,), Act.OTHER, False),
        ({"erasure": 0.4, "other": 0.5}, (), Act.OTHER, False),
        ({"thanks": 0.9}, (), Act.THANKS, True),
        ({"erasure": 0.97, "ambiguous": 0.5}, (Kind.ERASURE,), Act.STATUS, False),
        ({}, (), Act.STATUS, False),
    ],
)
def test_likelihoods_are_judged(
    shares: dict[str, float], rights: tuple[Kind, ...], act: Act, sure: bool
) -> None:
    found = likely(**shares)
    assert (judging.rights(found), judging.is_sure(found)) == (rights, sure)
    if not rights and shares:
        assert judging.act(found) is act


def test_offered_rights_are_likeliest_first_and_few() -> None:
    found = likely(access=0.3, erasure=0.4, correction=0.2, opt_out=0.16)
    assert judging.worth_offering(found, ()) == (Kind.ERASURE, Kind.ACCESS, Kind.CORRECTION)
    assert judging.worth_offering(likely(access=0.3), (Kind.OPT_OUT,)) == (Kind.ACCESS, Kind.OPT_OUT)


def test_opt_out_names_its_likeliest_purpose_and_an_objection_may_name_none() -> None:
    found = likely(profiling=0.3)
    assert judging.purposes(found, (), (Kind.OPT_OUT,)) == (Purpose.PROFILING,)
    assert judging.purposes(found, (), (Kind.OBJECTION,)) == ()
    assert judging.purposes(found, (Purpose.PROFILING,), (Kind.OBJECTION,)) == (Purpose.PROFILING,)
    assert judging.purposes(likely(profiling=0.9), (), (Kind.ACCESS,)) == ()


def test_why_shows_what_spoke_for_a_right() -> None:
    look = shown("Poistakaa asiakastilini")
    assert "poistakaa" in weights().loudest(look, "erasure", 12)
    assert any(line.startswith("erasure ") for line in understand("Poistakaa asiakastilini").why)


def test_a_line_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    path = tmp_path / "bad.tsv"
    path.write_text("E\tpoistakaa tietoni\nX\tmitä\n", encoding="utf-8")
    with pytest.raises(BadExample, match=r"bad\.tsv:2"):
        list(lines(path))
