"""What the core says and shows exists: each letter it names, each button, each command of the menu."""

import re
from pathlib import Path

import pytest

import cases
from cases import model
from cases.dialogue import COMMANDS, KIND_BUTTONS, MASKED, WAITING_FOR_CODE, YES_NO
from cases.dialogue import LANGUAGES as LANGUAGE_BUTTONS
from templates import LANGUAGES, labels, names

CORE = Path(cases.__file__).parent

NAMED = re.compile(r"work\.(reply|tell|alert|mail)\((?:[^\"()]*, )?\"(\w+)\"")

#: Calls of `Work` and the faces a letter they name needs; `reply` and `tell` go where the person wrote.
CALLS = {"alert": {"staff"}, "mail": {"mail"}}

#: The core's files that speak on one channel only.
ONE_CHANNEL = {"dialogue.py": {"chat"}, "correspondence.py": {"mail"}}


def named_letters() -> list[tuple[str, str, str]]:
    found = []
    for path in sorted(CORE.rglob("*.py")):
        for call, name in re.findall(
            r"work\.(reply|tell|alert|mail)\((?:[^\"()]*, )?\"(\w+)\"", path.read_text("utf-8")
        ):
            faces = CALLS.get(call) or ONE_CHANNEL.get(path.name, {"chat", "mail"})
            found += [(face, name, path.name) for face in sorted(faces)]
    return sorted(set(found))


def test_the_core_names_letters() -> None:
    assert len(named_letters()) > 30


@pytest.mark.parametrize(("face", "name", "file"), named_letters())
def test_letter_the_core_names_exists(face: str, name: str, file: str) -> None:
    assert name in names(face)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_button_of_the_dialogue_has_a_label(lang: str) -> None:
    used = {
        name
        for rows in (KIND_BUTTONS, YES_NO, WAITING_FOR_CODE, LANGUAGE_BUTTONS)
        for row in rows
        for name in row
    }
    assert used | {f"kind:{kind}" for kind in model.Kind} <= set(labels(lang)["button"])


@pytest.mark.parametrize("lang", LANGUAGES)
def test_command_menu_describes_exactly_the_dialogues_commands(lang: str) -> None:
    assert set(labels(lang)["command"]) == set(COMMANDS)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_masked_number_can_be_named(lang: str) -> None:
    assert set(MASKED) <= set(labels(lang)["sensitive"])
