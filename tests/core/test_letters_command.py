"""`pyynto letters list` and `pyynto letters show`."""

import json

import pytest
from typer.testing import CliRunner

from app.commands.letters import letters as command
from app.house import facts_of
from shops.profile import load_profile
from templates import LANGUAGES, Letters, catalogue, sample


def test_list_names_every_letter() -> None:
    rows = json.loads(CliRunner().invoke(command, ["list", "--json"]).stdout)
    assert [(row["face"], row["name"]) for row in rows] == [(e.face, e.name) for e in catalogue()]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_show_prints_each_letter(lang: str) -> None:
    for entry in catalogue():
        result = CliRunner().invoke(command, ["show", entry.name, "--lang", lang])
        context = {**sample(entry.name, entry.face, lang), "shop": facts_of(load_profile("liwigo"))[lang]}
        text = Letters().render(entry.face, entry.name, lang, context).text
        assert (result.exit_code, text in result.stdout) == (0, True), entry.name


def test_show_as_json_gives_each_face_of_a_name() -> None:
    rows = json.loads(CliRunner().invoke(command, ["show", "receipt", "--lang", "en", "--json"]).stdout)
    assert [(row["face"], bool(row["subject"])) for row in rows] == [("chat", False), ("mail", True)]


def test_show_of_one_face_is_asked_with_its_folder() -> None:
    rows = json.loads(CliRunner().invoke(command, ["show", "mail/receipt", "--json"]).stdout)
    assert [row["face"] for row in rows] == ["mail"]


@pytest.mark.parametrize(
    "arguments", [["show", "nothing"], ["show", "start", "--lang", "sv"], ["show", "x/y"]]
)
def test_wrong_usage_ends_with_two_and_a_reason(arguments: list[str]) -> None:
    result = CliRunner().invoke(command, arguments)
    assert result.exit_code == 2
    assert result.stderr.startswith("pyynto letters: ")
