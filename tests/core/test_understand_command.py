"""`pyynto understand`: JSON lines in, JSON lines out, and the readable form."""

from __future__ import annotations

import json

import pytest
import typer
from typer.testing import CliRunner

from app.commands.understand import understand

app = typer.Typer()
app.command()(understand)


def _lines(text: str) -> tuple[list[dict[str, object]], int]:
    result = CliRunner().invoke(app, [], input=text)
    return [json.loads(line) for line in result.stdout.splitlines()], result.exit_code


def test_each_line_is_answered_with_the_fixed_shape() -> None:
    answers, code = _lines('{"id": "a", "channel": "chat", "text": "poista tietoni"}\n')
    assert code == 0
    assert list(answers[0]) == [
        "id", "lang", "kinds", "act", "opt_out_purposes", "corrections", "claimed_email", "sensitive", "sure", "why",
    ]  # fmt: skip
    assert (answers[0]["id"], answers[0]["kinds"], answers[0]["act"]) == ("a", ["erasure"], "request")


def test_corrections_are_written_as_field_and_new_value() -> None:
    answers, _ = _lines('{"id": 1, "channel": "chat", "text": "uusi numeroni on 040 000 0123"}\n')
    assert answers[0]["corrections"] == [{"field": "phone", "new_value": "040 000 0123"}]


@pytest.mark.parametrize(
    "bad",
    [
        "no json",
        "[1]",
        '{"id": "b"}',
        '{"id": "b", "text": 5}',
        '{"id": "b", "channel": "owl", "text": "x"}',
        "[" * 5000,
    ],
)
def test_bad_line_is_answered_and_the_rest_goes_on(bad: str) -> None:
    answers, code = _lines(f'{bad}\n\n{{"id": "c", "channel": "email", "subject": null, "text": "kiitos"}}\n')
    assert code == 1
    assert set(answers[0]) == {"id", "error"}
    assert (answers[1]["id"], answers[1]["act"]) == ("c", "thanks")


def test_bad_line_keeps_the_id_it_has() -> None:
    assert _lines('{"id": "b", "text": 5}\n')[0][0]["id"] == "b"


def test_explain_tells_one_message_in_words_without_its_secrets() -> None:
    result = CliRunner().invoke(app, ["--explain", "Poistakaa tietoni [nyt], hetu 010203A945H"])
    assert result.exit_code == 0
    assert "erasure" in result.stdout
    assert "deletes_data" in result.stdout
    assert "[nyt]" in result.stdout
    assert "010203" not in result.stdout
