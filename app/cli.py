"""The command line: every command in one place, and no traceback for a mistake that is not ours."""

from __future__ import annotations

import sys

import typer

from app.commands import service, staff
from app.commands.deadline import deadline
from app.commands.init import init
from app.commands.letters import letters
from app.commands.understand import understand

app = typer.Typer(
    name="pyynto",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    help="Takes data-protection requests for small web shops and answers them in time.",
)
app.command("demo")(service.demo)
app.command("init")(init)
app.command("check")(service.check)
app.command("serve")(service.serve)
app.add_typer(service.register)
app.add_typer(service.suppressions)
app.command("understand")(understand)
app.command("deadline")(deadline)
app.add_typer(letters)
staff.register(app)


def main() -> None:
    """Entry point of `pyynto`."""
    try:
        app()
    except BrokenPipeError:
        # Whoever read our output has gone; there is nobody left to tell.
        sys.stderr.close()
