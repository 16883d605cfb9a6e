"""How cases look in a terminal: due dates in words as well as colour, whole words on narrow screens."""

from __future__ import annotations

import io
from datetime import date, timedelta
from typing import Any

import pytest
from rich.console import Console

from app.commands.case_view import NEXT_VERBS
from app.commands.looks import due_colour, plain, time_left
from app.commands.tables import queue_view, unsorted_view
from app.words import words
from cases.model import Event, Flag, Ground, Kind, LetterState, Status, VerifiedBy
from cases.rulings import RULINGS
from cases.staff import VERBS
from templates import labels
from tests.staff.terminal import Terminal

TODAY = date(2026, 11, 22)
LANGUAGES = ("fi", "en")


def row(left: int, **other: Any) -> dict[str, Any]:
    return {
        "id": "LIW-2026-0042", "shop": "liwigo", "kind": "erasure", "status": "open", "channel": "chat",
        "language": "fi", "received_at": "2026-11-01T10:00:00+02:00", "due": (TODAY + timedelta(left)).isoformat(),
        "safe_due": "2026-12-01", "verified_by": "code", "assignee": None, "extended": False, "flags": [], **other,
    }  # fmt: skip


def drawn(view: Any, width: int = 100) -> str:
    screen = Console(file=io.StringIO(), width=width, markup=False, highlight=False)
    screen.print(view)
    return screen.file.getvalue()  # type: ignore[attr-defined, no-any-return]


LEFT = [
    (-3, "bold red", "3 days late", "3 päivää myöhässä"),
    (-1, "bold red", "1 day late", "1 päivän myöhässä"),
    (0, "red", "today!", "tänään!"),
    (1, "red", "1 day left", "1 päivä aikaa"),
    (7, "yellow", "7 days left", "7 päivää aikaa"),
    (14, "cyan", "14 days left", "14 päivää aikaa"),
    (30, "green", "30 days left", "30 päivää aikaa"),
]


@pytest.mark.parametrize(("left", "colour", "en", "fi"), LEFT)
def test_how_near_the_due_date_is_stands_in_words_and_in_colour(
    left: int, colour: str, en: str, fi: str
) -> None:
    assert due_colour(row(left), TODAY) == colour
    assert time_left(row(left), "en", TODAY) == en
    assert time_left(row(left), "fi", TODAY) == fi


@pytest.mark.parametrize("status", ["answered", "withdrawn"])
def test_a_closed_case_is_never_late(status: str) -> None:
    assert time_left(row(-9, status=status), "en", TODAY) == ""
    assert due_colour(row(-9, status=status), TODAY) == "dim"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", [40, 60, 80, 100, 140])
def test_the_queue_fits_any_width_with_ids_and_dates_whole(language: str, width: int) -> None:
    rows = [
        row(-2, flags=["new_message", "no_record"], assignee="terminal:veera"),
        row(3, id="LIW-2026-0043"),
    ]
    shown = drawn(queue_view(rows, language, TODAY, width, unsorted=2), width)
    assert max(map(len, shown.splitlines())) <= width
    for wanted in ("LIW-2026-0042", "LIW-2026-0043", "veera", "pyynto unsorted"):
        assert wanted in " ".join(shown.split())
    assert time_left(rows[0], language, TODAY) in " ".join(shown.split())


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_empty_queue_says_so_and_a_filter_without_hits_says_something_else(language: str) -> None:
    empty = drawn(queue_view([], language, TODAY, 100))
    filtered = drawn(queue_view([], language, TODAY, 100, filtered=True))
    assert empty != filtered
    assert len(empty.strip()) > 10


def test_what_people_write_cannot_move_the_cursor_or_be_read_as_markup() -> None:
    nasty = "[red]x[/nope] \x1b[2J\x07\u202eevil\rover\ttab\nline"
    assert plain(nasty) == "[red]x[/nope] [2Jevil\nover\ttab\nline"
    item = {"n": 1, "channel": "email", "received_at": "2026-11-01T10:00:00+02:00", "from": "a@example.com",
            "subject": nasty, "text": nasty}  # fmt: skip
    shown = drawn(unsorted_view([item], "en"))
    assert "\x1b" not in shown
    assert "[red]x[/nope]" in shown


async def test_a_case_reads_from_top_to_bottom_in_both_languages(
    terminal: Terminal, open_case: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    note = "[/b] " + "Tarkistin kirjanpidosta, että lasku on maksamatta. " * 20
    await terminal.done("note", open_case["id"], note)
    for locale, language in (("C.UTF-8", "en"), ("fi_FI.UTF-8", "fi")):
        monkeypatch.setenv("LANG", locale)
        for width in (60, 100):
            monkeypatch.setenv("COLUMNS", str(width))
            shown = (await terminal.done("case", open_case["id"])).out
            assert max(map(len, shown.splitlines())) <= width
            said = words(language)["case"]
            places = [shown.index(said[part]) for part in ("asked", "next", "journal", "letters", "dates")]
            assert places == sorted(places)
            for wanted in ("Maija Mallikas", "[/b]", f"pyynto complete {open_case['id']}"):
                assert wanted in shown
            # Letters go by what they are for, never by their file's name.
            assert "code_on_its_way" not in shown
            assert "receipt" not in shown.partition(said["letters"])[2].partition(said["dates"])[0]


def test_every_status_has_verbs_to_go_on_with_and_they_exist() -> None:
    assert set(NEXT_VERBS) == set(Status)
    for verbs in NEXT_VERBS.values():
        assert set(verbs) <= set(RULINGS) & set(VERBS)


def _keys(value: Any) -> Any:
    return {key: _keys(inner) for key, inner in value.items()} if isinstance(value, dict) else None


def test_both_languages_have_the_same_words() -> None:
    assert _keys(dict(words("fi"))) == _keys(dict(words("en")))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_fixed_word_has_a_name_staff_can_read(language: str) -> None:
    named = labels(language)
    for section, fixed in (
        ("event", Event), ("flag", Flag), ("ground", Ground), ("kind_staff", Kind), ("status_staff", Status),
        ("verified_by", VerifiedBy), ("letter_state", LetterState),
    ):  # fmt: skip
        assert set(fixed) <= set(named[section]), section
    assert set(Status) <= set(words(language)["steps"])
    assert {verb.name for verb in VERBS.values() if not (verb.looks or verb.switches)} <= set(named["done"])
