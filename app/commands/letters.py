"""`pyynto letters`: every letter that can go out, named and shown with invented data.

Reads `templates` and prints it; no wording stands here and nothing is sent. Needs no configuration: with
`--config` a shop's own wording is shown where it has any.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from app.settings import SettingsError, load_settings
from templates import (
    LANGUAGES,
    Entry,
    Letters,
    LettersRefusedError,
    UnknownLetterError,
    catalogue,
    find,
    sample,
)

letters = typer.Typer(name="letters", no_args_is_help=True, help="Every letter, and how it reads.")

_Lang = Annotated[str, typer.Option("--lang", help="fi or en.")]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_Config = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Settings that name a shop's own letters; not needed.")
]


@letters.command("list")
def list_letters(
    lang: _Lang = "fi",
    as_json: _Json = False,
    config: _Config = None,
) -> None:
    """List every letter with what it is for."""
    del config
    _check_language(lang)
    if as_json:
        _print_json([_row(entry, lang) for entry in catalogue()])
        return
    face = ""
    for entry in catalogue():
        if entry.face != face:
            face = entry.face
            typer.echo(f"{'' if face == 'chat' else chr(10)}{face}")
        typer.echo(f"  {entry.name:<18}  {entry.purpose[lang]}")


@letters.command("show")
def show_letter(
    name: Annotated[str, typer.Argument(metavar="NAME", help="As in the list; mail/NAME for one face only.")],
    lang: _Lang = "fi",
    as_json: _Json = False,
    config: _Config = None,
    shop: Annotated[str | None, typer.Option(metavar="PROFILE", help="Whose wording, with --config.")] = None,
) -> None:
    """Show a letter as it is sent, with invented data; every face of it, if chat and mail share the name."""
    _check_language(lang)
    wording = _wording(config, shop)
    shown = [
        (entry, wording.render(entry.face, entry.name, lang, _data(entry, lang))) for entry in _named(name)
    ]
    if as_json:
        _print_json([{**_row(entry, lang), **mail._asdict()} for entry, mail in shown])
        return
    for number, (entry, mail) in enumerate(shown):
        typer.echo(
            f"{chr(10) if number else ''}--- {entry.face}/{entry.name} ({lang}): {entry.purpose[lang]}"
        )
        if mail.subject:
            typer.echo(f"Subject: {mail.subject}\n")
        typer.echo(mail.text)


def _row(entry: Entry, lang: str) -> dict[str, object]:
    return {
        "name": entry.name,
        "face": entry.face,
        "language": lang,
        "purpose": entry.purpose[lang],
        "variables": sorted(entry.variables),
    }


def _data(entry: Entry, lang: str) -> dict[str, object]:
    return sample(entry.name, entry.face, lang)


def _named(name: str) -> list[Entry]:
    face, slash, rest = name.partition("/")
    try:
        entries = [find(face, rest)] if slash else [entry for entry in catalogue() if entry.name == name]
    except UnknownLetterError:
        entries = []
    return entries or _refuse(f"no letter is called {name}: `pyynto letters list` names them all")


def _wording(config: Path | None, shop: str | None) -> Letters:
    if config is None:
        if shop is not None:
            _refuse("--shop needs --config FILE")
        return Letters()
    try:
        return Letters(load_settings(config).shop(shop).letters)
    except (SettingsError, LettersRefusedError) as refused:
        _refuse(str(refused))


def _check_language(lang: str) -> None:
    if lang not in LANGUAGES:
        _refuse(f"--lang: {lang!r} is none of {', '.join(LANGUAGES)}")


def _refuse(reason: str) -> NoReturn:
    typer.echo(f"pyynto letters: {reason}", err=True)
    raise typer.Exit(2)


def _print_json(rows: list[dict[str, object]]) -> None:
    typer.echo(json.dumps(rows, ensure_ascii=False, indent=2))
