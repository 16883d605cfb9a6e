"""What the docs say of commands and verbs is what the program does, no more and no less."""

from __future__ import annotations

import re

import pytest

from app.cli import COMMANDS
from cases.model import Event, Flag, Ground, Kind, LetterState, Status
from cases.staff import VERBS, Verb, read_line
from tests.staff.reference import PAGE, made, page_with
from tests.staff.terminal import run

REFERENCE = PAGE.read_text(encoding="utf-8")
GUIDE = (PAGE.parent / "howto" / "staff.md").read_text(encoding="utf-8")


def test_the_reference_is_what_the_tables_make() -> None:
    """If not, run: python -m tests.staff.reference."""
    assert page_with(made()) == REFERENCE


@pytest.mark.parametrize("verb", VERBS.values(), ids=lambda verb: verb.name)
def test_the_reference_has_every_verb_and_option_with_the_help_the_program_prints(verb: Verb) -> None:
    part = REFERENCE.partition(f"\n### {verb.name}\n")[2].partition("\n### ")[0]
    printed = " ".join(run(verb.name, "--help").out.split())
    assert verb.help in part
    assert verb.help in printed
    for option in verb.options:
        assert f"`--{option.name}" in part
        assert option.help in part
        assert option.help in printed


@pytest.mark.parametrize(
    "words", [Event, Flag, Ground, Kind, LetterState, Status], ids=lambda words: words.__name__
)
def test_the_reference_has_every_fixed_word(words: type[Event]) -> None:
    for word in words:
        assert f"| `{word}` |" in REFERENCE


def test_the_reference_has_every_command_and_none_that_is_not() -> None:
    named = set(re.findall(r"^\| `pyynto ([a-z-]+)` \|", REFERENCE, re.MULTILINE))
    assert named == set(COMMANDS)


def test_the_reference_links_the_settings() -> None:
    assert "(settings.md)" in REFERENCE
    assert (PAGE.parent / "settings.md").exists()


@pytest.mark.parametrize("page", [REFERENCE, GUIDE], ids=["reference", "staff guide"])
def test_every_command_named_in_the_docs_exists(page: str) -> None:
    for name in re.findall(r"`?pyynto ([a-z][a-z-]+)", page):
        assert name in COMMANDS, name


def test_every_verb_typed_in_the_staff_guide_can_be_read() -> None:
    typed = re.findall(r"^(?:\$ pyynto|/)\s?([a-z_-]+ ?.*)$", GUIDE, re.MULTILINE)
    verbs = [line for line in typed if line.split()[0].replace("_", "-") in VERBS]
    assert len(verbs) > 8
    for line in verbs:
        read_line(re.sub(r" --(yes|json)\b", "", line))


def test_the_staff_guide_tells_of_every_verb() -> None:
    for name in VERBS:
        assert re.search(rf"`(/|pyynto )?{name}\b|pyynto {name}\b", GUIDE), name
