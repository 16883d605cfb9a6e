"""What every command shares: settings, the store for one piece of work, and faults turned into plain words."""

from __future__ import annotations

import asyncio
import getpass
import json
import os
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NoReturn

import typer

from app.house import House, furnish
from app.settings import Settings, SettingsError, load_settings
from app.trouble import Trouble, trouble_of
from app.words import language, words
from cases.faults import TheirFault
from storage import desk
from storage.store import Store
from storage.vault import WrongSecret
from templates import LettersRefusedError, labels

#: Exit codes: refused, and wrong usage or configuration.
REFUSED, WRONG_USE = 1, 2

CONFIG = typer.Option(Path("pyynto.toml"), "--config", metavar="FILE", help="The settings file.")
SHOP = typer.Option(None, "--shop", metavar="PROFILE", help="Which shop, where several are set up.")
JSON = typer.Option(False, "--json", help="Print JSON.")

OTHER_KEY = (
    "service.secret is not the one this database was made with: set it to that one again. "
    "Without it nobody can read what is stored."
)


def fail(message: str, code: int = REFUSED) -> NoReturn:
    """Say why, and end."""
    typer.echo(message, err=True)
    raise typer.Exit(code)


def print_json(value: Any) -> None:
    """A stable shape, in UTF-8 whatever the terminal speaks."""
    text = json.dumps(value, ensure_ascii=False, indent=2) + "\n"
    typer.echo(text.encode("utf-8", "backslashreplace"), nl=False)


def settings_of(config: Path) -> Settings:
    """The settings, or every reason they cannot be used, and exit 2."""
    try:
        return load_settings(config)
    except SettingsError as refused:
        fail("\n".join(refused.problems), WRONG_USE)


def house_of(settings: Settings, shop: str | None) -> House:
    """The shop a verb is about; exit 2 where it is not clear."""
    try:
        return furnish(settings.shop(shop))
    except (SettingsError, LettersRefusedError) as refused:
        fail(str(refused), WRONG_USE)


def names_of(settings: Settings, shop: str | None) -> list[str]:
    """A look goes over every shop unless one is named; exit 2 for one that is not set up."""
    if shop is None:
        return [one.name for one in settings.shops]
    try:
        return [settings.shop(shop).name]
    except SettingsError as refused:
        fail(str(refused), WRONG_USE)


def run(work: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    """Run one command's work; what went wrong becomes a sentence and an exit code."""
    try:
        return asyncio.run(work())
    except TheirFault as fault:
        fail(sentence(fault))
    except Trouble as trouble:
        fail(trouble.sentence, trouble.code)
    except WrongSecret:
        fail(OTHER_KEY, WRONG_USE)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def sentence(fault: TheirFault) -> str:
    """A refusal in words, on one line."""
    said, detail = words(language()), dict(fault.detail)
    reason, status = detail.pop("reason", ""), detail.pop("status", "")
    if status and not reason:
        reason = said["reason"]["status"].format(status=labels(language())["status_staff"][status])
    why = f": {said['reason'].get(reason, reason)}" if reason else ""
    return said["refusal"][fault.code].format(**{"id": "", "usage": "", "command": "", **detail, "why": why})


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Store]:
    """The database, created and upgraded if need be. Raises Trouble, and WrongSecret before anything is written."""
    url = settings.service.database
    try:
        store = await Store.open(url, settings.service.secret.get_secret_value())
    except Exception as fault:
        trouble = trouble_of(fault, url, opening=True)
        if trouble is None:
            raise
        raise trouble from None
    try:
        async with store.read() as tx:
            # Whatever is stored first tells whether the secret fits.
            await desk.queue(tx, names_of(settings, None), everything=True, limit=1)
        yield store
    except Exception as fault:
        trouble = trouble_of(fault, url)
        if trouble is None:
            raise
        raise trouble from None
    finally:
        await store.close()


def actor() -> str:
    """Who works at this terminal, as the journal names them."""
    try:
        return f"terminal:{getpass.getuser()}"
    except (OSError, KeyError):
        return "terminal:unknown"


def is_interactive() -> bool:
    """Somebody can be asked."""
    return sys.stdin is not None and sys.stdin.isatty()


def write_private(path: Path, content: bytes) -> None:
    """A file with somebody's data: only its owner may read it. What is there already is written over."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Several of them, in a folder of their owner's own."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, content in files.items():
        write_private(folder / name, content)
