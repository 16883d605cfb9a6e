"""`pyynto init`: the files a shopkeeper starts from.

The files themselves stand in `app/samples/`. Nothing that is there already is ever written over.
"""

from __future__ import annotations

import shlex
from importlib import resources
from pathlib import Path
from typing import Annotated

import typer

#: Where it goes -> the sample it is a copy of.
FILES = {
    "pyynto.toml": "pyynto.toml",
    ".env.example": "env.example",
    "register/customers.csv": "customers.csv",
    "register/orders.csv": "orders.csv",
}

_NEXT = """\
Next:
  1. {cd}cp .env.example .env && chmod 600 .env
     and fill in .env: it says where each value comes from.
  2. Look through pyynto.toml: the profile of your shop, its bot, its mailbox.
  3. Export your customers and orders over the samples in register/.
  4. pyynto check    tells what still has to be done.
  5. pyynto serve    starts it.
docs/howto/first-shop.md goes through all of it."""


def init(
    directory: Annotated[
        Path, typer.Argument(metavar="[DIR]", help="The folder to write to; made if it is not there.")
    ] = Path(),
    config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Accepted as everywhere; nothing is read from it.")
    ] = None,
) -> None:
    """Write a commented pyynto.toml, an .env example and sample register files."""
    del config
    there = [name for name in FILES if (directory / name).exists()]
    if there:
        typer.echo(f"Nothing was written: {directory} already has {', '.join(there)}.", err=True)
        raise typer.Exit(1)
    try:
        for name, sample in FILES.items():
            _write(directory / name, sample)
    except OSError as error:
        typer.echo(f"{error.filename} cannot be written: {error.strerror}.", err=True)
        raise typer.Exit(1) from None
    cd = "" if directory == Path() else f"cd {shlex.quote(str(directory))} && "
    typer.echo(_NEXT.format(cd=cd))


def _write(path: Path, sample: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    content = (resources.files("app") / "samples" / sample).read_bytes()
    # "x": a file that has come into being meanwhile is not written over either.
    with path.open("xb") as file:
        file.write(content)
    typer.echo(f"wrote {path}")
