"""What holds for any text at all."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.model import Act, Kind
from cases.understanding import case_ids, codes, identifiers, mask, understand, visible
from cases.understanding.sensitive import is_hetu

# One string, for it reads better than forty quoted ones.
_WORDS = st.sampled_from(
    (  # noqa: SIM905
        "poistakaa tietoni en halua älkää uutiskirje koodi 482107 010203A945H , . ? \n > - -- mutta ja my data delete "
        "not On 3.2.2025 wrote: Lähettäjä: Aihe: tilaus 4111 1111 1111 1111 passi XX0000012 anna@example.com (at) — "
        "--- : ; ("
    ).split(" ")
)
_MESSAGES = st.one_of(
    st.text(max_size=300),
    st.lists(_WORDS, max_size=60).map(" ".join),
    st.lists(_WORDS, max_size=40).map("\n".join),
)
_HETU_LIKE = re.compile(r"[0-9]{6}[+\-A-FU-Y][0-9]{3}[0-9A-Y]", re.IGNORECASE)


@given(text=_MESSAGES, subject=st.text(max_size=40), channel=st.sampled_from(["chat", "email"]))
@settings(deadline=None, max_examples=300)
def test_any_text_is_read_without_a_fault(text: str, subject: str, channel: str) -> None:
    reading = understand(text, subject, channel)
    assert (reading.act is Act.REQUEST) == bool(reading.kinds)
    assert reading.kinds == tuple(sorted(reading.kinds))
    assert reading.sure or not reading.kinds or reading.candidates
    assert set(reading.candidates) <= set(Kind)


@given(text=_MESSAGES)
@settings(deadline=None, max_examples=100)
def test_reading_twice_gives_the_same(text: str) -> None:
    assert understand(text) == understand(text)


@given(text=_MESSAGES)
@settings(deadline=None, max_examples=300)
def test_visible_twice_is_visible_once(text: str) -> None:
    assert visible(visible(text)) == visible(text)


@given(text=_MESSAGES)
@settings(deadline=None, max_examples=300)
def test_no_identity_code_survives_masking(text: str) -> None:
    masked, _ = mask(text)
    for found in _HETU_LIKE.finditer(masked):
        alone = (masked[found.start() - 1 : found.start()] + masked[found.end() : found.end() + 1]).strip()
        assert alone.isalnum() or not is_hetu(found.group())


@given(text=_MESSAGES)
@settings(deadline=None, max_examples=150)
def test_small_readers_take_any_text(text: str) -> None:
    assert all(code.isdigit() for code in codes(text))
    assert all(case_id == case_id.upper() for case_id in case_ids(text))
    identifiers(text, bare=True)


@given(
    lines=st.lists(
        st.text(st.characters(exclude_characters="\n\r", exclude_categories=["Cs", "Cc"]), max_size=40),
        max_size=6,
    )
)
@settings(deadline=None, max_examples=100)
@pytest.mark.parametrize("text", ["poista tietoni", "haluan nähdä tietoni", "en halua mainoksia"])
def test_quotes_never_change_a_sure_reading(text: str, lines: list[str]) -> None:
    quoting = text + "\n\n" + "\n".join(f"> {line}" for line in lines)
    alone, read = understand(text, channel="email"), understand(quoting, channel="email")
    assert (read.kinds, read.act, read.sure) == (alone.kinds, alone.act, alone.sure)


@pytest.mark.parametrize(
    "piece", ["poista tietoni ", "a.a", "1 1 ", "> x\n", "-----\n", "@", "On 1 ", "äÄ", "((((", "4111 "]
)
def test_a_long_message_takes_no_more_than_its_length(piece: str) -> None:
    def seconds(size: int) -> float:
        text = (piece * (size // len(piece) + 1))[:size]
        start = time.perf_counter()
        understand(text, channel="email")
        return time.perf_counter() - start

    seconds(1_000)
    assert min(seconds(100_000) for _ in range(2)) < 1.5
