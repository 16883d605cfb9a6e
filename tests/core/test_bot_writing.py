"""Keyboards, menus and long texts, as Telegram wants them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.writing import STAFF_COMMANDS, TEXT_LIMIT, keyboard, menu, split, units

LABELS = {"erasure": "Poista tietoni", "access": "Lähettäkää tietoni", "send": "Lähetä"}


def test_a_button_shows_its_label_and_sends_its_name() -> None:
    made = keyboard((("erasure", "access"), ("send:42",)), LABELS)
    assert made is not None
    shown = [[(button.text, button.callback_data) for button in row] for row in made.inline_keyboard]
    assert shown == [
        [("Poista tietoni", "erasure"), ("Lähettäkää tietoni", "access")],
        [("Lähetä", "send:42")],
    ]


@pytest.mark.parametrize("rows", [(), ((),)])
def test_no_buttons_make_no_keyboard(rows: tuple[tuple[str, ...], ...]) -> None:
    assert keyboard(rows, LABELS) is None


def test_a_button_without_a_label_is_an_error() -> None:
    with pytest.raises(KeyError):
        keyboard((("portability",),), LABELS)


@pytest.mark.parametrize("name", ["", "ä" * 33])
def test_a_name_that_cannot_travel_is_an_error(name: str) -> None:
    with pytest.raises(ValueError, match="64 bytes"):
        keyboard(((name,),), {name: "x"})


def test_a_menu_keeps_its_order_and_spells_verbs_as_telegram_allows() -> None:
    made = menu({"start": "Aloita", "reject-identity": "Hylkää todennus", "stats": ""})
    assert [(one.command, one.description) for one in made] == [
        ("start", "Aloita"),
        ("reject_identity", "Hylkää todennus"),
    ]


def test_every_staff_verb_can_stand_in_a_menu() -> None:
    for one in menu(dict.fromkeys(STAFF_COMMANDS, "x")):
        assert re.fullmatch(r"[a-z][a-z0-9_]{0,31}", one.command)


def test_a_long_description_is_cut_to_what_telegram_takes() -> None:
    assert len(menu({"help": "x" * 300})[0].description) == 256


def test_a_text_that_fits_stays_whole() -> None:
    assert split("x" * TEXT_LIMIT) == ["x" * TEXT_LIMIT]


@pytest.mark.parametrize("between", ["\n\n", "\n", ". ", " "])
def test_a_long_text_is_cut_where_it_hurts_least(between: str) -> None:
    first, second = "a" * 3000, "b" * 3000
    assert split(f"{first}{between}{second}") == [f"{first}{between}".rstrip(), second]


def test_a_paragraph_border_is_preferred_to_a_later_line() -> None:
    head = "a" * 2500 + "\n\n" + "b" * 500
    assert split(head + "\n" + "c" * 3000) == ["a" * 2500, "b" * 500 + "\n" + "c" * 3000]


def test_signs_outside_the_basic_plane_count_twice() -> None:
    assert units("😀") == 2
    assert [units(part) for part in split("😀" * 3000)] == [4096, 1904]


@given(st.text(alphabet=st.sampled_from("ab😀ä \n.!"), max_size=400), st.integers(2, 40))
def test_a_split_text_fits_and_loses_nothing_but_white_space(text: str, limit: int) -> None:
    parts = split(text, limit)
    assert re.sub(r"\s", "", "".join(parts)) == re.sub(r"\s", "", text)
    assert all(units(part) <= limit for part in parts)
    assert all(parts) or parts == [""]
