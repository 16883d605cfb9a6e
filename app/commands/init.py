"""`pyynto init`: the files a shopkeeper starts from, and a profile of the shop by questions.

The files themselves stand in `app/samples/`, the questions in `app/interview.toml`. Nothing that is there already
is ever written over, and nothing is written before the last answer.
"""

from __future__ import annotations

import shlex
from importlib import resources
from pathlib import Path
from typing import Annotated

import typer

from app.commands.common import is_interactive
from app.interview import interview, is_yes, table, written
from app.words import language as spoken

#: Where it goes -> the sample it is a copy of.
FILES = {
    "pyynto.toml": "pyynto.toml",
    ".env.example": "env.example",
    "register/customers.csv": "customers.csv",
    "register/orders.csv": "orders.csv",
}

#: The profile that questions make, beside pyynto.toml.
PROFILE = "shop.toml"

#: In the sample settings: the profile of the sample shop, with the blanks that keep the comments in line.
_SAMPLE_PROFILE, _OWN_PROFILE = b'profile  = "liwigo"   ', b'profile  = "shop.toml"'

_NEXT = """\
Next:
  1. {cd}cp .env.example .env && chmod 600 .env
     and fill in .env: it says where each value comes from.
  2. Look through pyynto.toml: the profile of your shop, its bot, its mailbox.
  3. Export your customers and orders over the samples in register/.
  4. pyynto check    tells what still has to be done.
  5. pyynto serve    starts it.
docs/howto/first-shop.md goes through all of it."""

_LOOK_THROUGH = """
Read shop.toml through before you start: docs/howto/profile.md tells what the questions left out."""


def init(
    directory: Annotated[
        Path, typer.Argument(metavar="[DIR]", help="The folder to write to; made if it is not there.")
    ] = Path(),
    questions: Annotated[
        bool | None,
        typer.Option(
            "--questions/--no-questions",
            help="Ask for the facts of your privacy notice and write shop.toml; at a terminal this is offered.",
            show_default=False,
        ),
    ] = None,
    config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Accepted as everywhere; nothing is read from it.")
    ] = None,
) -> None:
    """Write pyynto.toml, an .env example and a sample register; by questions, a profile of your shop."""
    del config
    asking = questions is True or (questions is None and is_interactive())
    there = [name for name in (*FILES, *([PROFILE] if asking else [])) if (directory / name).exists()]
    if there:
        typer.echo(f"Nothing was written: {directory} already has {', '.join(there)}.", err=True)
        raise typer.Exit(1)
    profile = _asked(offer=questions is None) if asking else None
    try:
        if profile is not None:
            _write(directory / PROFILE, profile.encode())
        for name, sample in FILES.items():
            content = (resources.files("app") / "samples" / sample).read_bytes()
            own = profile is not None and name == "pyynto.toml"
            _write(directory / name, content.replace(_SAMPLE_PROFILE, _OWN_PROFILE) if own else content)
    except OSError as error:
        typer.echo(f"{error.filename} cannot be written: {error.strerror}.", err=True)
        raise typer.Exit(1) from None
    cd = "" if directory == Path() else f"cd {shlex.quote(str(directory))} && "
    typer.echo(_NEXT.format(cd=cd) + (_LOOK_THROUGH if profile is not None else ""))


def _asked(*, offer: bool) -> str | None:
    """The profile that the answers make; None where it was offered and not wanted."""
    language = spoken()
    try:
        language = _language(language)
        if offer and not _wanted(language):
            return None
        return written(interview(language, _ask, typer.echo), language)
    except typer.Abort:
        typer.echo("\n" + table()[language]["stopped"], err=True)
        raise typer.Exit(1) from None


def _language(default: str) -> str:
    while (said := _ask(f"Kieli – language: fi, en [{default}]").strip().casefold() or default) not in (
        "fi",
        "en",
    ):
        pass
    return said


def _wanted(language: str) -> bool:
    while (answer := is_yes(_ask(table()[language]["offer"]))) is None:
        typer.echo(table()[language]["yes_no"])
    return answer


def _ask(text: str) -> str:
    """What was typed, on one line; the end of input and Ctrl+C are `typer.Abort`."""
    end = "" if text.endswith(" ") else ": "
    typed: str = typer.prompt(text + end, default="", show_default=False, prompt_suffix="")
    return typed


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # "x": a file that has come into being meanwhile is not written over either.
    with path.open("xb") as file:
        file.write(content)
    typer.echo(f"wrote {path}")
