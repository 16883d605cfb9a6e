"""`pyynto letters list` and `pyynto letters show`."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.commands.letters import letters as command
from app.house import facts_of
from shops.profile import built_in_profiles, load_profile
from templates import LANGUAGES, Letters, catalogue, parts_of, sample


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
    "arguments",
    [
        ["show", "nothing"],
        ["show", "start", "--lang", "sv"],
        ["show", "x/y"],
        ["show", "start", "--shop", "nobody"],
        ["show", "start", "--shop", "liwigo", "--all-shops"],
    ],
)
def test_wrong_usage_ends_with_two_and_a_reason(arguments: list[str]) -> None:
    result = CliRunner().invoke(command, arguments)
    assert result.exit_code == 2
    assert result.stderr.startswith("pyynto letters: ")


def test_show_renders_a_letter_for_a_built_in_shop_without_settings() -> None:
    result = CliRunner().invoke(
        command, ["show", "answer_access", "--shop", "kruununjalokivi", "--lang", "en"]
    )
    assert result.exit_code == 0
    assert "MailChimp (United States)" in result.stdout


def test_show_renders_a_letter_for_each_shop() -> None:
    result = CliRunner().invoke(command, ["show", "answer_access", "--all-shops", "--json"])
    rows = json.loads(result.stdout)
    assert [row["shop"] for row in rows] == built_in_profiles()
    assert len({row["text"] for row in rows}) == 5


def test_show_with_settings_uses_the_shops_own_wording_and_mailbox(tmp_path: Path) -> None:
    (tmp_path / "letters/fi/mail").mkdir(parents=True)
    (tmp_path / "letters/fi/mail/human.txt").write_text(
        "Subject: Moi\n\nPalaamme pian.\n\n{{ shop.mailbox }}\n", encoding="utf-8"
    )
    (tmp_path / "register").mkdir()
    (tmp_path / "pyynto.toml").write_text(
        f"""
[service]
database = "sqlite:///pyynto.db"
secret = "{"s" * 40}"

[[shops]]
profile = "liwigo"
register = "csv:register/"
letters = "letters/"

[shops.mailbox]
address = "omat@example.com"
imap = "imaps://omat@mail.example.com:993"
smtp = "smtp://omat@mail.example.com:587"
password = "salaisuus"
since = 2026-11-15
""",
        encoding="utf-8",
    )
    result = CliRunner().invoke(command, ["show", "mail/human", "--config", str(tmp_path / "pyynto.toml")])
    assert (result.exit_code, "Palaamme pian.\n\nomat@example.com" in result.stdout) == (0, True), (
        result.stderr
    )


def test_list_with_parts_names_each_with_its_article() -> None:
    shown = CliRunner().invoke(command, ["list", "--parts", "--lang", "en"]).stdout
    for entry in catalogue():
        for part in parts_of(entry.face, entry.name):
            assert re.search(rf"{part.id} +{re.escape(part.article)}: {re.escape(part.plain['en'])}", shown)


def test_list_with_parts_as_json_has_them_beside_each_letter() -> None:
    rows = json.loads(CliRunner().invoke(command, ["list", "--parts", "--json"]).stdout)
    found = next(row for row in rows if (row["face"], row["name"]) == ("mail", "extension"))
    assert {
        "id": "new_date",
        "article": "GDPR Art. 12(3)",
        "says": "mihin päivään mennessä vastataan",
    } in found["parts"]
