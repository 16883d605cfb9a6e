"""`pyynto deadline`: what it prints, in which form, and how it refuses."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from app.commands.deadline import deadline

ROOT = Path(__file__).parents[2]
PROGRAM = "import typer; from app.commands.deadline import deadline; typer.run(deadline)"

command = typer.Typer()
command.command()(deadline)


def run(*words: str, stdin: str | bytes | None = None) -> Any:
    return CliRunner().invoke(command, words, input=stdin)


def answers(stdin: str | bytes, *words: str) -> tuple[int, list[dict[str, Any]]]:
    outcome = run("--jsonl", *words, stdin=stdin)
    return outcome.exit_code, [json.loads(line) for line in outcome.stdout.splitlines()]


def line(**fields: Any) -> str:
    return json.dumps(fields) + "\n"


# -- for people ---------------------------------------------------------------------------------------------


def test_both_dates_and_every_step_are_printed() -> None:
    said = run("--received", "2026-06-01", "--asked", "2026-06-02", "--verified", "2026-06-05")
    assert said.exit_code == 0
    assert "Due date   2026-07-06  Monday 6 July 2026\n" in said.stdout
    assert "Safe date  2026-07-01  Wednesday 1 July 2026 (without suspension)\n" in said.stdout
    words = " ".join(said.stdout.split())
    assert "Step Source" in words
    for word in ("suspension.", "Regulation 1182/71", "stop_clock_v1", "(Saturday)"):
        assert word in words


def test_finnish_is_printed_on_request() -> None:
    said = run("--received", "2026-06-01", "--lang", "fi")
    assert "Määräpäivä   2026-07-01  keskiviikko 1.7.2026\n" in said.stdout
    assert "Vastaus on annettava" in said.stdout


def test_output_that_is_no_terminal_has_no_colour() -> None:
    assert "\x1b" not in run("--received", "2026-06-01").stdout


def test_help_says_how_a_time_is_read() -> None:
    assert "Europe/Helsinki" in run("--help").stdout


# -- for programs -------------------------------------------------------------------------------------------


def as_json(*words: str) -> dict[str, Any]:
    outcome = run("--json", *words)
    assert outcome.exit_code == 0
    found: dict[str, Any] = json.loads(outcome.stdout)
    return found


def test_json_has_a_fixed_shape() -> None:
    found = as_json("--received", "2026-03-05")
    assert list(found) == ["due", "safe_due", "steps"]
    assert (found["due"], found["safe_due"]) == ("2026-04-07", "2026-04-07")
    assert [step["name"] for step in found["steps"]] == ["received", "month", "rolled", "due"]
    for step in found["steps"]:
        assert list(step) == ["name", "date", "source", "text"]
    assert found["steps"][1]["date"] == "2026-04-05"


def test_json_speaks_finnish_unescaped_when_asked() -> None:
    said = run("--received", "2026-05-19", "--lang", "fi", "--json").stdout
    assert "lakisääteinen pyhäpäivä" in said


DOUBT = ("--received", "2026-06-01", "--asked", "2026-06-02", "--verified", "2026-06-04")


@pytest.mark.parametrize(
    ("words", "due"),
    [
        (("--received", "2026-05-10T23:59:00Z"), "2026-06-11"),
        (("--received", "2026-05-10T23:59:00"), "2026-06-10"),
        (("--received", "2026-05-10 23:59"), "2026-06-10"),
        (("--received", "2026-05-10T23:59:00+03:00"), "2026-06-10"),
        (("--received", "2026-01-31", "--extended", "2026-02-10", "--months", "2"), "2026-04-30"),
        (("--received", "2026-05-19", "--holiday-profile", "fi_with_eves"), "2026-06-22"),
        (("--received", "2026-06-01", "--asked", "2026-06-02"), "2026-07-01"),
        (("--received", "2026-06-01", "--verified", "2026-06-02"), "2026-07-01"),
        (DOUBT, "2026-07-03"),
        ((*DOUBT, "--convention", "no_suspension"), "2026-07-01"),
        ((*DOUBT, "--asked", "2026-06-06", "--verified", "2026-06-09"), "2026-07-06"),
        (("--received", "2026-06-01", "--config", "nowhere.toml"), "2026-07-01"),
        (("--received", "31.8.2026"), "2026-09-30"),
        (("--received", "10.5.2026 klo 23.59"), "2026-06-10"),
        (("--received", "10.05.2026 23:59"), "2026-06-10"),
        (("--received", " 10. 5. 2026 klo 9 "), "2026-06-10"),
        (("--received", "1.6.2026", "--asked", "2.6.2026", "--verified", "4.6.2026 klo 8.05"), "2026-07-03"),
        (("--received", "31.1.2026", "--extended", "10.2.2026", "--months", "2"), "2026-04-30"),
    ],
)
def test_options_say_what_happened(words: tuple[str, ...], due: str) -> None:
    assert as_json(*words)["due"] == due


# -- wrong usage --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ((), "--received is missing"),
        (("--received", "yesterday"), "'yesterday' is not a date or time like 2026-08-31T14:30 or 31.8.2026"),
        (("--received", "2026-02-30"), "--received: '2026-02-30' is not"),
        (("--received", "31.9.2026"), "--received: '31.9.2026' is not"),
        (("--received", "1.9.2026 klo 24.00"), "--received: '1.9.2026 klo 24.00' is not"),
        (("--received", "1.9.26"), "--received: '1.9.26' is not"),
        (("--received", "2026-06-01", "--asked", "5.6."), "--asked: '5.6.' is not"),
        (("--received", "2026-06-01", "--verified", "x" * 500), "--verified: 'xxx"),
        (("--received", ""), "--received: '' is not"),
        (("--received", "2026-06-01", "--extended", "", "--months", "1"), "--extended: '' is not"),
        (("--received", "2026-06-01", "--months", "2"), "--months needs --extended"),
        (("--received", "2026-06-01", "--extended", "2026-06-02"), "--months"),
        (("--received", "2026-06-01", "--extended", "2026-06-02", "--months", "3"), "must be 1 or 2"),
        (("--received", "2026-06-01", "--extended", "2026-06-02", "--months", "0"), "must be 1 or 2"),
        (("--received", "2026-06-01", "--convention", "stop"), "stop_clock_v1, no_suspension"),
        (("--received", "2026-06-01", "--holiday-profile", "fi"), "fi_statutory, fi_with_eves"),
        (("--received", "2026-06-01", "--lang", "sv"), "en, fi"),
        (("--received", "9999-12-31"), "outside the years 1991 to 2098"),
        (("--received", "0001-01-01T00:00:00+14:00"), "outside the years 1991 to 2098"),
        (("--jsonl", "--received", "2026-06-01"), "--jsonl reads requests from standard input"),
        (("--jsonl", "--months", "1"), "--jsonl reads requests from standard input"),
    ],
)
def test_wrong_usage_ends_with_2_and_one_line_saying_why(words: tuple[str, ...], reason: str) -> None:
    outcome = run(*words)
    assert outcome.exit_code == 2
    assert outcome.stdout == ""
    assert outcome.stderr.startswith("pyynto deadline: ")
    assert reason in outcome.stderr
    assert outcome.stderr.count("\n") == 1
    assert len(outcome.stderr) < 150


# -- JSON lines ---------------------------------------------------------------------------------------------


def test_each_line_is_answered_in_order_under_its_id() -> None:
    code, found = answers(
        line(id="a", received="2026-03-05")
        + line(id=7, received="2026-01-31", events=[{"kind": "extended", "at": "2026-02-10", "months": 2}])
    )
    assert code == 0
    assert [(one["id"], one["due"]) for one in found] == [("a", "2026-04-07"), (7, "2026-04-30")]
    assert list(found[0]) == ["id", "due", "safe_due", "steps"]
    assert list(found[0]["steps"][0]) == ["name", "date", "source", "text"]


def test_a_line_may_have_its_times_in_finnish() -> None:
    told = [{"kind": "extended", "at": "10.2.2026 klo 9.00", "months": 2}]
    _, found = answers(line(id=1, received="31.1.2026", events=told))
    assert found[0]["due"] == "2026-04-30"


def test_line_has_its_own_convention_and_holiday_profile() -> None:
    doubt = [
        {"kind": "identity_info_requested", "at": "2026-06-02T10:00:00Z"},
        {"kind": "identity_verified", "at": "2026-06-05T10:00:00Z"},
    ]
    _, found = answers(
        line(id=1, received="2026-06-01", events=doubt)
        + line(id=2, received="2026-06-01", events=doubt, convention="no_suspension")
        + line(id=3, received="2026-05-19", holiday_profile="fi_with_eves")
        + line(id=4, received="2026-05-19", events=None, convention=None, holiday_profile=None)
    )
    assert [one["due"] for one in found] == ["2026-07-06", "2026-07-01", "2026-06-22", "2026-06-19"]
    assert found[0]["safe_due"] == "2026-07-01"


def test_options_are_the_default_for_lines_that_name_none() -> None:
    _, found = answers(
        line(id=1, received="2026-05-19") + line(id=2, received="2026-05-19", holiday_profile="fi_statutory"),
        "--holiday-profile",
        "fi_with_eves",
    )
    assert [one["due"] for one in found] == ["2026-06-22", "2026-06-19"]


def test_events_of_other_kinds_are_ignored_whatever_their_shape() -> None:
    events = [{"kind": "noted"}, {"kind": "code_mailed", "at": 5}, {"kind": "extend", "months": "many"}]
    code, found = answers(line(id=1, received="2026-06-01", events=events))
    assert (code, found[0]["due"]) == (0, "2026-07-01")


BAD = [
    ("{", None, "not JSON"),
    ("[1]", None, "a line must be a JSON object"),
    ('"x"', None, "a line must be a JSON object"),
    ('{"id": NaN, "received": "2026-06-01"}', None, "NaN is not JSON"),
    ("[" * 100_000, None, "nested too deeply"),
    ('{"id": ' + "9" * 5000 + "}", None, "digits"),
    ('{"id": "a"}', "a", "received must be"),
    ('{"id": "a", "received": 5}', "a", "received must be"),
    ('{"id": "a", "received": "soon"}', "a", "received: 'soon' is not"),
    ('{"id": "a", "received": "9999-12-31"}', "a", "outside the years"),
    ('{"id": "a", "received": "2026-06-01", "convention": "x"}', "a", "stop_clock_v1, no_suspension"),
    ('{"id": "a", "received": "2026-06-01", "convention": 1}', "a", "convention must be a string"),
    ('{"id": "a", "received": "2026-06-01", "holiday_profile": "x"}', "a", "fi_statutory, fi_with_eves"),
    ('{"id": "a", "received": "2026-06-01", "events": {}}', "a", "events must be a list"),
    ('{"id": "a", "received": "2026-06-01", "events": [1]}', "a", "events[0] must be a JSON object"),
    ('{"id": "a", "received": "2026-06-01", "events": [{}]}', "a", "events[0].kind must be a string"),
]
BAD_EVENTS = [
    ('{"kind": "extended"}', "events[0].at must be"),
    ('{"kind": "extended", "at": "2026-06-02"}', "events[0].months must be 1 or 2"),
    ('{"kind": "extended", "at": "2026-06-02", "months": 3}', "events[0].months must be 1 or 2"),
    ('{"kind": "extended", "at": "2026-06-02", "months": true}', "events[0].months must be 1 or 2"),
    ('{"kind": "extended", "at": "2026-06-02", "months": 1.0}', "events[0].months must be 1 or 2"),
    ('{"kind": "identity_verified", "at": "then"}', "events[0].at: 'then' is not"),
    ('{"kind": "identity_verified", "at": "1066-10-14"}', "outside the years"),
]
BAD += [(f'{{"id": "a", "received": "2026-06-01", "events": [{one}]}}', "a", why) for one, why in BAD_EVENTS]


@pytest.mark.parametrize(("bad", "line_id", "reason"), BAD, ids=lambda value: str(value)[:60])
def test_bad_line_is_named_and_the_rest_goes_on(bad: str, line_id: str | None, reason: str) -> None:
    good = line(id="good", received="2026-06-01")
    code, found = answers(good + bad + "\n" + good)
    assert code == 1
    assert [one["id"] for one in found] == ["good", line_id, "good"]
    assert list(found[1]) == ["id", "error"]
    assert reason in found[1]["error"]
    assert found[2]["due"] == "2026-07-01"


def test_line_that_is_not_utf8_is_a_bad_line() -> None:
    code, found = answers(b'{"id": "\xe4"}\n' + line(id=1, received="2026-06-01").encode())
    assert code == 1
    assert found[0] == {"id": None, "error": "not UTF-8"}
    assert found[1]["due"] == "2026-07-01"


def test_blank_lines_and_a_byte_order_mark_are_passed_over() -> None:
    code, found = answers("\ufeff" + line(id=1, received="2026-06-01") + "\n  \n")
    assert (code, [one["id"] for one in found]) == (0, [1])


def test_last_line_needs_no_newline() -> None:
    _, found = answers(line(id=1, received="2026-06-01").rstrip())
    assert found[0]["due"] == "2026-07-01"


def test_id_comes_back_as_it_was() -> None:
    _, found = answers(
        '{"id": "\\ud800 \\u00e4", "received": "2026-06-01"}\n' + '{"received": "2026-06-01"}\n'
    )
    assert [one["id"] for one in found] == ["\ud800 ä", None]


def test_line_is_answered_while_the_next_is_still_to_come() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "--jsonl"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        for number in range(3):
            child.stdin.write(line(id=number, received="2026-06-01"))
            child.stdin.flush()
            assert json.loads(child.stdout.readline())["id"] == number
        child.stdin.close()
        assert child.wait(10) == 0


def test_a_mistake_shows_no_traceback() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, "--received", "never"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
