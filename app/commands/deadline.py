"""`pyynto deadline`: a due date and how it came about, for one request or for JSON lines.

Reads words into `cases.deadlines` and prints what comes back; no date is counted here. Needs no configuration
and stores nothing.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from app.moments import FORMS, moment_from
from cases.deadline_steps import LANGUAGES, named_date
from cases.deadlines import CONVENTIONS, EXTENSION_MONTHS, STOP_CLOCK, Deadline, DeadlineEvent, derive
from cases.holidays_fi import HOLIDAY_PROFILES, STATUTORY
from cases.model import Event

_KINDS = frozenset({Event.IDENTITY_INFO_REQUESTED, Event.IDENTITY_VERIFIED, Event.EXTENDED})

_HEADINGS = {
    "en": ("Due date", "Safe date", "Date", "Step", "Source", "without suspension"),
    "fi": ("Määräpäivä", "Varma päivä", "Päivä", "Vaihe", "Peruste", "ilman keskeytyksiä"),
}


def deadline(
    received: Annotated[str | None, typer.Option(metavar="T", help="When the request arrived.")] = None,
    asked: Annotated[
        list[str] | None, typer.Option(metavar="T", help="Staff doubted and asked for identity; repeatable.")
    ] = None,
    verified: Annotated[
        list[str] | None, typer.Option(metavar="T", help="The identity was confirmed; repeatable.")
    ] = None,
    extended: Annotated[
        str | None, typer.Option(metavar="T", help="When the person was told of an extension.")
    ] = None,
    months: Annotated[int | None, typer.Option(metavar="N", help="Length of the extension: 1 or 2.")] = None,
    convention: Annotated[str, typer.Option(help=f"One of: {', '.join(CONVENTIONS)}.")] = STOP_CLOCK,
    holiday_profile: Annotated[str, typer.Option(help=f"One of: {', '.join(HOLIDAY_PROFILES)}.")] = STATUTORY,
    lang: Annotated[str, typer.Option(help="Language of the steps: en or fi.")] = "en",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    jsonl: Annotated[
        bool, typer.Option("--jsonl", help="Read JSON lines on standard input, answer each at once.")
    ] = False,
    config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Accepted as everywhere; nothing is read from it.")
    ] = None,
) -> None:
    """Print a request's due date, its safe (unsuspended) date and every step with its source.

    T is ISO 8601, as 2026-08-31 or 2026-08-31T14:30, or Finnish, as 31.8.2026 or "31.8.2026 klo 14.30"; without an
    offset it is Europe/Helsinki.
    """
    del config
    _check_choice("--convention", convention, CONVENTIONS)
    _check_choice("--holiday-profile", holiday_profile, HOLIDAY_PROFILES)
    _check_choice("--lang", lang, LANGUAGES)
    if jsonl:
        if asked or verified or any(given is not None for given in (received, extended, months)):
            _refuse("--jsonl reads requests from standard input; leave the options for a single one out")
        raise typer.Exit(_answer_lines(convention, holiday_profile, lang))
    if received is None:
        _refuse("--received is missing (or --jsonl, to read many)")
    try:
        events = _events_of_options(asked or [], verified or [], extended, months)
        found = derive(_time(received, "--received"), events, convention, holiday_profile)
    except ValueError as wrong:
        _refuse(str(wrong))
    if as_json:
        typer.echo(_dump(_shape(found, lang)))
    else:
        _show(found, lang)


def _refuse(reason: str) -> NoReturn:
    typer.echo(f"pyynto deadline: {reason}", err=True)
    raise typer.Exit(2)


def _check_choice(option: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        _refuse(f"{option}: {value!r} is none of {', '.join(allowed)}")


def _events_of_options(
    asked: list[str], verified: list[str], extended: str | None, months: int | None
) -> Iterator[DeadlineEvent]:
    for given in asked:
        yield DeadlineEvent(Event.IDENTITY_INFO_REQUESTED, _time(given, "--asked"))
    for given in verified:
        yield DeadlineEvent(Event.IDENTITY_VERIFIED, _time(given, "--verified"))
    if extended is not None:
        at = _time(extended, "--extended")
        yield DeadlineEvent(Event.EXTENDED, at, _months(months, "--months, needed with --extended,"))
    elif months is not None:
        raise ValueError("--months needs --extended")


def _time(given: object, name: str) -> datetime:
    """A time in either form; without an offset, or a bare date, it stays naive and means Europe/Helsinki."""
    if not isinstance(given, str):
        raise ValueError(f"{name} must be a date or time like {FORMS}")
    try:
        return moment_from(given)
    except ValueError:
        raise ValueError(f"{name}: {given[:40]!r} is not a date or time like {FORMS}") from None


def _months(given: object, name: str) -> int:
    # True == 1 in Python, and no length of time in JSON.
    if isinstance(given, bool) or not isinstance(given, int) or given not in EXTENSION_MONTHS:
        raise ValueError(f"{name} must be 1 or 2")
    return given


def _shape(found: Deadline, lang: str) -> dict[str, object]:
    """The stable JSON shape of `--json` and `--jsonl`."""
    steps = [
        {
            "name": step.name,
            "date": step.date.isoformat(),
            "source": step.source_in(lang),
            "text": step.text_in(lang),
        }
        for step in found.steps
    ]
    return {"due": found.due.isoformat(), "safe_due": found.safe_due.isoformat(), "steps": steps}


def _dump(value: object) -> bytes:
    # A lone surrogate in an id cannot be UTF-8; backslashreplace writes it as the JSON escape it came as.
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "backslashreplace")


def _answer_lines(convention: str, holiday_profile: str, lang: str) -> int:
    """Answer standard input line by line; 1 when any line was bad, else 0. Blank lines are passed over."""
    worst = 0
    # Bytes, since a line that is not UTF-8 must not end the run.
    for raw in iter(sys.stdin.buffer.readline, b""):
        if not raw.strip():
            continue
        answer = _answer_line(raw, convention, holiday_profile, lang)
        typer.echo(_dump(answer))
        worst = worst or int("error" in answer)
    return worst


def _answer_line(raw: bytes, convention: str, holiday_profile: str, lang: str) -> dict[str, object]:
    line_id: object = None
    try:
        line = _object(json.loads(raw.decode("utf-8-sig"), parse_constant=_no_constant), "a line")
        line_id = line.get("id")
        found = derive(
            _time(line.get("received"), "received"),
            list(_events_of_line(line.get("events"))),
            _word(line.get("convention"), convention, "convention"),
            _word(line.get("holiday_profile"), holiday_profile, "holiday_profile"),
        )
    except json.JSONDecodeError as wrong:
        return {"id": None, "error": f"not JSON: {wrong.msg} at column {wrong.colno}"}
    except UnicodeDecodeError:
        return {"id": None, "error": "not UTF-8"}
    except RecursionError:
        return {"id": None, "error": "nested too deeply"}
    except ValueError as wrong:
        return {"id": line_id, "error": str(wrong)}
    return {"id": line_id, **_shape(found, lang)}


def _events_of_line(given: object) -> Iterator[DeadlineEvent]:
    if given is None:
        return
    if not isinstance(given, list):
        raise ValueError("events must be a list")
    for number, item in enumerate(given):
        name = f"events[{number}]"
        event = _object(item, name)
        kind = event.get("kind")
        if not isinstance(kind, str):
            raise ValueError(f"{name}.kind must be a string")
        # A journal has many other facts in it, whose shape is none of ours.
        if kind in _KINDS:
            at = _time(event.get("at"), f"{name}.at")
            extends = kind == Event.EXTENDED
            yield DeadlineEvent(kind, at, _months(event.get("months"), f"{name}.months") if extends else None)


def _object(value: Any, name: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise ValueError(f"{name} must be a JSON object")
    return value


def _word(value: object, default: str, name: str) -> str:
    if value is None:
        return default
    if not isinstance(value, str):
        raise ValueError(f"{name} must be a string")
    return value


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _show(found: Deadline, lang: str) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    due, safe, *columns, without = _HEADINGS[lang]
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for heading, style in zip(columns, ("bold", "", "dim"), strict=True):
        table.add_column(heading, style=style, no_wrap=heading == columns[0])
    for step in found.steps:
        table.add_row(step.date.isoformat(), Text(step.text_in(lang)), Text(step.source_in(lang)))
    console = Console(highlight=False)
    width = max(len(due), len(safe))
    console.print(_headline(due.ljust(width), found.due, lang, ""), style="bold")
    console.print(_headline(safe.ljust(width), found.safe_due, lang, without))
    console.print()
    console.print(table)


def _headline(label: str, day: date, lang: str, remark: str) -> str:
    said = f"{label}  {day.isoformat()}  {named_date(day, lang)}"
    return f"{said} ({remark})" if remark else said
