"""The command line: one table of commands, loaded when called, and no traceback for a mistake that is not ours."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from typing import Annotated, Any, NoReturn, cast

import typer
from typer.core import TyperGroup
from typer.main import get_command, get_group

from cases.staff_verbs import VERBS

#: Exit codes: refused, and wrong usage or configuration.
REFUSED, WRONG_USE = 1, 2


@dataclass(frozen=True, slots=True)
class Command:
    """One command: where it stands, its help in one line, and the part of the help it is listed under."""

    place: str
    help: str
    part: str


START, QUEUE, FACTS = "Setting up and running", "Working on cases", "Looking things up"

#: Every command, in the order help lists them. A place that ends in `()` is asked for the command by its name.
COMMANDS: Mapping[str, Command] = {
    "demo": Command(
        "app.commands.service:demo",
        "Try everything on this machine: a web page to play the customer and the staff.",
        START,
    ),
    "init": Command(
        "app.commands.init:init",
        "Write pyynto.toml, an .env example and a sample register; by questions, a profile of your shop.",
        START,
    ),
    "check": Command(
        "app.commands.service:check",
        "Test settings, database, registers, Telegram and mail: ok or what to do. Notes tell what a notice leaves out.",
        START,
    ),
    "serve": Command(
        "app.commands.service:serve",
        "Run the bots, the mailbox watchers and the outbox of every configured shop until stopped.",
        START,
    ),
    **{verb.name: Command("app.commands.staff:command()", verb.help, QUEUE) for verb in VERBS.values()},
    "register": Command(
        "app.commands.register:register", "Load the customer register, or look somebody up.", FACTS
    ),
    "suppressions": Command("app.commands.register:suppressions", "List who must get no marketing.", FACTS),
    "understand": Command(
        "app.commands.understand:understand",
        "Read messages and say which rights they ask for, what else they do, and which rules say so.",
        FACTS,
    ),
    "deadline": Command(
        "app.commands.deadline:deadline",
        "Print a request's due date, its safe (unsuspended) date and every step with its source.",
        FACTS,
    ),
    "letters": Command("app.commands.letters:letters", "Every letter, and how it reads.", FACTS),
}


class Commands(TyperGroup):
    """Knows every command's name and help from the table, and loads only the one that is called."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        # For "did you mean": the names alone.
        self.commands = cast(Any, dict.fromkeys(COMMANDS))

    def list_commands(self, ctx: Any) -> list[str]:
        """Names in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command itself, or None."""
        return load(cmd_name) if cmd_name in COMMANDS else None

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """The table, part by part."""
        for part in dict.fromkeys(command.part for command in COMMANDS.values()):
            with formatter.section(part):
                formatter.write_dl([(name, c.help) for name, c in COMMANDS.items() if c.part == part])


def load(name: str) -> Any:
    """Import a command and make it what typer runs."""
    module, _, attribute = COMMANDS[name].place.partition(":")
    thing = getattr(import_module(module), attribute.removesuffix("()"))
    if attribute.endswith("()"):
        thing = thing(name)
    if isinstance(thing, typer.Typer):
        thing.rich_markup_mode = None
        return get_group(thing)
    alone = typer.Typer(rich_markup_mode=None, add_completion=False, pretty_exceptions_enable=False)
    alone.command(name)(thing)
    return get_command(alone)


program = typer.Typer(
    cls=Commands,
    name="pyynto",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(version("pyynto"))
        raise typer.Exit


@program.callback()
def _root(
    wanted: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Print the version.")
    ] = False,
) -> None:
    """Takes data-protection requests for small web shops and answers them in time."""


def main() -> NoReturn:
    """Entry point of `pyynto`."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError):
            # A letter the terminal cannot show must not end a command.
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        code = _run()
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read our output has gone; there is nobody left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = REFUSED
    sys.exit(code)


def _run() -> int:
    try:
        ended = get_command(program).main(prog_name="pyynto", standalone_mode=False)
    except typer.TyperException as wrong:
        return _explain(wrong)
    except typer.Abort:
        typer.echo("", err=True)
        return REFUSED
    except BrokenPipeError:
        raise
    except OSError as fault:
        what = ": ".join(str(part) for part in (fault.filename, fault.strerror) if part)
        typer.echo(f"pyynto: {what or type(fault).__name__}", err=True)
        return REFUSED
    return ended if isinstance(ended, int) else 0


def _explain(wrong: typer.TyperException) -> int:
    """Wrong usage, on one line; asked for nothing at all, a group prints its help."""
    message, context = wrong.format_message(), getattr(wrong, "ctx", None)
    if message.startswith("Usage:"):
        typer.echo(message, err=True)
        return WRONG_USE
    path = context.command_path if context is not None else "pyynto"
    said = " ".join(message.split()).rstrip(".")
    typer.echo(f"{path}: {said}. See: {path} --help", err=True)
    return WRONG_USE
