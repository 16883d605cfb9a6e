"""`pyynto letters`: every letter that can go out, named and shown with invented data.

Reads `templates` and prints it; no wording stands here and nothing is sent. Needs no configuration: with
`--config` a shop's own wording is shown where it has any.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from app.house import facts_of, furnish
from app.settings import SettingsError, load_settings
from shops.profile import ProfileError, built_in_profiles, load_profile
from templates import (
    LANGUAGES,
    Entry,
    Facts,
    Letters,
    LettersRefusedError,
    Mail,
    UnknownLetterError,
    catalogue,
    find,
    parts_of,
    sample,
)

#: The profile letters are shown with when none is named.
EXAMPLE = "liwigo"

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
    parts: Annotated[
        bool, typer.Option("--parts", help="With what the law wants each to say, and where.")
    ] = False,
) -> None:
    """List every letter with what it is for."""
    del config
    _check_language(lang)
    if as_json:
        _print_json(
            [
                {**_row(entry, lang), **({"parts": _parts(entry, lang)} if parts else {})}
                for entry in catalogue()
            ]
        )
        return
    face = ""
    for entry in catalogue():
        if entry.face != face:
            face = entry.face
            typer.echo(f"{'' if face == 'chat' else chr(10)}{face}")
        typer.echo(f"  {entry.name:<18}  {entry.purpose[lang]}")
        for part in _parts(entry, lang) if parts else ():
            typer.echo(f"      {part['id']:<24}  {part['article']}: {part['says']}")


@letters.command("show")
def show_letter(
    name: Annotated[str, typer.Argument(metavar="NAME", help="As in the list; mail/NAME for one face only.")],
    lang: _Lang = "fi",
    as_json: _Json = False,
    config: _Config = None,
    shop: Annotated[
        str | None,
        typer.Option(metavar="PROFILE", help="Whose letter: a profile; with --config a shop of it."),
    ] = None,
    all_shops: Annotated[bool, typer.Option("--all-shops", help="For each shop in turn.")] = False,
) -> None:
    """Show a letter as it is sent, with invented data; every face of it, if chat and mail share the name."""
    _check_language(lang)
    entries = _named(name)
    shown = [
        (wording.shop, entry, wording.render(entry, lang))
        for wording in _wordings(config, shop, all_shops)
        for entry in entries
    ]
    if as_json:
        _print_json([{**_row(entry, lang), "shop": whose, **mail._asdict()} for whose, entry, mail in shown])
        return
    for number, (whose, entry, mail) in enumerate(shown):
        of_shop = f" {whose}" if all_shops else ""
        typer.echo(
            f"{chr(10) if number else ''}--- {entry.face}/{entry.name}{of_shop} ({lang}): {entry.purpose[lang]}"
        )
        if mail.subject:
            typer.echo(f"Subject: {mail.subject}\n")
        typer.echo(mail.text)


@dataclass(frozen=True, slots=True)
class _Wording:
    """The letters of one shop, and what they may say of it."""

    shop: str
    letters: Letters
    facts: Facts

    def render(self, entry: Entry, lang: str) -> Mail:
        context = {**sample(entry.name, entry.face, lang), "shop": self.facts[lang]}
        return self.letters.render(entry.face, entry.name, lang, context)


def _row(entry: Entry, lang: str) -> dict[str, object]:
    return {
        "name": entry.name,
        "face": entry.face,
        "language": lang,
        "purpose": entry.purpose[lang],
        "variables": sorted(entry.variables),
    }


def _parts(entry: Entry, lang: str) -> list[dict[str, str]]:
    """What the law wants the letter to say; a part that stands there on several conditions is told once."""
    told = {part.id: part for part in parts_of(entry.face, entry.name)}
    return [{"id": one.id, "article": one.article, "says": one.plain[lang]} for one in told.values()]


def _named(name: str) -> list[Entry]:
    face, slash, rest = name.partition("/")
    try:
        entries = [find(face, rest)] if slash else [entry for entry in catalogue() if entry.name == name]
    except UnknownLetterError:
        entries = []
    return entries or _refuse(f"no letter is called {name}: `pyynto letters list` names them all")


def _wordings(config: Path | None, shop: str | None, all_shops: bool) -> list[_Wording]:
    """Whose letters to show. Without settings they are those of a profile, by default of the first example."""
    if all_shops and shop is not None:
        _refuse("--shop and --all-shops exclude each other")
    try:
        if config is None:
            profiles = built_in_profiles() if all_shops else [shop or EXAMPLE]
            return [_Wording(one, Letters(), facts_of(load_profile(one))) for one in profiles]
        settings = load_settings(config)
        houses = [furnish(one) for one in (settings.shops if all_shops else [settings.shop(shop)])]
        return [_Wording(house.shop.profile, house.letters, house.facts) for house in houses]
    except (SettingsError, LettersRefusedError, ProfileError) as refused:
        _refuse(str(refused))


def _check_language(lang: str) -> None:
    if lang not in LANGUAGES:
        _refuse(f"--lang: {lang!r} is none of {', '.join(LANGUAGES)}")


def _refuse(reason: str) -> NoReturn:
    typer.echo(f"pyynto letters: {reason}", err=True)
    raise typer.Exit(2)


def _print_json(rows: list[dict[str, object]]) -> None:
    typer.echo(json.dumps(rows, ensure_ascii=False, indent=2))
