"""`pyynto serve`, `check` and `demo`: running the service, and what it rests on."""

from __future__ import annotations

import logging
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated

import typer

from app.commands.common import CONFIG, WRONG_USE, fail, house_of, opened, run, settings_of
from app.settings import Settings

#: What `check` begins a line with, and its colour. A note is no fault: the shop mends it in its own time.
MARKS = {"ok": ("ok  ", "green"), "fix": ("fix ", "bold red"), "note": ("note ", "yellow")}
NOTED = " The notes tell where a privacy notice says less than the law; they hinder nothing."

_IGNORED = typer.Option(
    None, "--config", metavar="FILE", help="Accepted as everywhere; nothing is read from it."
)


def serve(config: Path = CONFIG) -> None:
    """Run the bots, the mailbox watchers and the outbox of every configured shop until stopped."""
    settings = settings_of(config)
    for shop in settings.shops:
        house_of(settings, shop.name)
    logging.basicConfig(
        level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    run(lambda: _serve(settings))


async def _serve(settings: Settings) -> None:
    from app.serve import serve as serve_until_stopped

    async with opened(settings):
        # A database that cannot be used is told before anybody is answered.
        pass
    endpoint = settings.service.http
    try:
        await serve_until_stopped(settings)
    except OSError as fault:
        if endpoint is None or fault.errno is None:
            raise
        why = (fault.strerror or str(fault)).lower()
        fail(
            f"service.http: {endpoint.host}:{endpoint.port} cannot be used ({why}): choose another port.",
            WRONG_USE,
        )


def check(config: Path = CONFIG) -> None:
    """Test settings, database, registers, Telegram and mail: ok or what to do. Notes tell what a notice leaves out."""
    from app.commands.looks import console, plain
    from app.probing import probe

    settings = settings_of(config)
    out = console()
    bad = notes = 0

    async def work() -> None:
        nonlocal bad, notes
        async for line in probe(settings):
            bad += not line.ok
            notes += line.note
            say = f": {plain(line.say)}" if line.say else ""
            mark, colour = MARKS["note" if line.note else "ok" if line.ok else "fix"]
            out.print(mark, style=colour, end="")
            # One line each, however narrow the terminal: it is for reading and for grep.
            out.print(" ".join(f" {line.what}{say}".split()), soft_wrap=True)

    run(work)
    if bad:
        fail("1 thing to fix." if bad == 1 else f"{bad} things to fix.")
    typer.echo("Everything is well." + (NOTED if notes else ""))


def demo(
    port: Annotated[int, typer.Option(metavar="N", help="Port of the demo page; 0 takes a free one.")] = 8484,
    lang: Annotated[str, typer.Option("--lang", help="Language the page starts in: fi or en.")] = "fi",
    config: Path | None = _IGNORED,
) -> None:
    """Try everything on this machine: a web page to play the customer and the staff."""
    del config
    found = entry_points(group="pyynto.demo", name="demo")
    if not found:
        fail("The demo is not installed: install pyynto[demo].", WRONG_USE)
    try:
        play = next(iter(found)).load()
    except ModuleNotFoundError as missing:
        fail(f"The demo needs {missing.name}: install pyynto[demo].", WRONG_USE)
    play(port=port, lang=lang)
