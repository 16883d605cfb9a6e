"""`pyynto understand`: what messages ask for, one JSON line for each, or told in plain words.

Reads lines into `cases.understanding` and prints what comes back; no word is judged here. Stores nothing, and needs
no configuration but for `--examples`, which prints what staff corrected instead.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from cases.model import Channel, Reading
from cases.understanding import understand as read_message

_CHANNELS = tuple(channel.value for channel in Channel)


def understand(
    text: Annotated[str | None, typer.Argument(help="One message; without it, JSON lines are read.")] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Tell each reading in plain words.")] = False,
    subject: Annotated[str, typer.Option(help="Subject of the message given as TEXT.")] = "",
    channel: Annotated[
        str, typer.Option(help="chat or email; of the message given as TEXT.")
    ] = Channel.CHAT.value,
    examples: Annotated[
        bool,
        typer.Option("--examples", help="Print what staff corrected with `rekind`, without personal data."),
    ] = False,
    config: Annotated[
        Path, typer.Option(metavar="FILE", help="The settings file; only `--examples` reads it.")
    ] = Path("pyynto.toml"),
) -> None:
    """Read messages and say which rights they ask for, what else they do, and which rules say so.

    Standard input: JSON lines {id, channel, subject?, text}, each answered at once with one JSON line. A line that
    cannot be read is answered with {id, error}, the rest goes on, and the exit code is 1.

    With --examples: one JSON line {channel, subject?, text, lang, read, kinds, act} for each message of which staff
    said that another right was meant; read is what the machine had understood.
    """
    if examples:
        if text is not None or explain:
            raise typer.BadParameter("stands alone, without TEXT and --explain", param_hint="--examples")
        # Only here: the rest of this command is to answer without a database.
        from app.commands.examples import corrected

        for line in corrected(config):
            typer.echo(_dump(line))
        return
    if text is not None:
        message = {"id": "1", "channel": channel, "subject": subject, "text": text}
        raise typer.Exit(_answer(iter([json.dumps(message).encode()]), explain))
    # Bytes, since a line that is not UTF-8 must not end the run.
    raise typer.Exit(_answer(iter(sys.stdin.buffer.readline, b""), explain))


def _answer(lines: Iterator[bytes], explain: bool) -> int:
    """Answer line by line; 1 when any line was bad, else 0. Blank lines are passed over."""
    worst = 0
    console = Console(soft_wrap=False, highlight=False)
    for raw in lines:
        if not raw.strip():
            continue
        asked_id: object = None
        try:
            message = _message(raw)
            asked_id = message.get("id")
            reading = _read(message)
        except ValueError as wrong:
            asked_id = _id_of(raw) if asked_id is None else asked_id
            typer.echo(_dump({"id": asked_id, "error": str(wrong)}))
            worst = 1
            continue
        if explain:
            _tell(console, message, reading)
        else:
            typer.echo(_dump({"id": asked_id, **_shape(reading)}))
        sys.stdout.flush()
    return worst


def _message(raw: bytes) -> Mapping[str, Any]:
    try:
        message = json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise ValueError("the line is not UTF-8") from None
    except (json.JSONDecodeError, RecursionError):
        raise ValueError("the line is not JSON") from None
    if not isinstance(message, dict):
        raise ValueError("the line is not a JSON object")
    return message


def _id_of(raw: bytes) -> object:
    try:
        return _message(raw).get("id")
    except ValueError:
        return None


def _read(message: Mapping[str, Any]) -> Reading:
    text, subject, channel = message.get("text"), message.get("subject"), message.get("channel", "chat")
    if not isinstance(text, str):
        raise ValueError("text is missing or no string")
    if subject is not None and not isinstance(subject, str):
        raise ValueError("subject is no string")
    if channel not in _CHANNELS:
        raise ValueError(f"channel must be one of {', '.join(_CHANNELS)}")
    return read_message(text, subject or "", channel)


def _shape(reading: Reading) -> dict[str, object]:
    """The stable JSON shape of a reading; kinds in alphabetical order."""
    return {
        "lang": reading.lang,
        "kinds": sorted(reading.kinds),
        "act": reading.act.value,
        "opt_out_purposes": [purpose.value for purpose in reading.opt_out_purposes],
        "corrections": [
            {"field": correction.name, "new_value": correction.new_value}
            for correction in reading.corrections
        ],
        "claimed_email": reading.claimed_email,
        "sensitive": list(reading.sensitive),
        "sure": reading.sure,
        "why": list(reading.why),
    }


def _dump(value: object) -> bytes:
    # A lone surrogate cannot be UTF-8; backslashreplace writes it as the JSON escape it came as.
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "backslashreplace")


def _tell(console: Console, message: Mapping[str, Any], reading: Reading) -> None:
    """One reading in plain words; the message is shown with sensitive numbers and codes masked."""
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    rights = ", ".join(reading.kinds) or "no right recognised"
    rows = {
        "message": reading.safe_text,
        "asks for": rights if reading.sure else f"{rights} (not sure, would ask back)",
        "could be": ", ".join(reading.candidates),
        "act": reading.act.value,
        "language": reading.lang,
        "bans": ", ".join(reading.opt_out_purposes),
        "corrections": "; ".join(f"{c.name}: {c.new_value or '?'}" for c in reading.corrections),
        "says to be": reading.claimed_email or reading.claimed_customer or reading.claimed_order or "",
        "sensitive": ", ".join(reading.sensitive),
        "because": "\n".join(reading.why) or "no rule hit",
    }
    for name, value in rows.items():
        if value:
            table.add_row(name, _plain(value))
    console.print(_plain(f"— {message.get('id')}"))
    console.print(table)


def _plain(text: str) -> str:
    """Text that rich shows as it stands, and that any terminal can encode."""
    return text.replace("[", "\\[").encode("utf-8", "replace").decode("utf-8")
