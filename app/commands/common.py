"""What every command shares: settings, the store for one piece of work, and faults turned into plain words."""

from __future__ import annotations

import asyncio
import getpass
import json
import locale
import os
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NoReturn

import typer
from rich.console import Console

from app.house import House, furnish
from app.settings import Settings, SettingsError, load_settings
from cases.faults import TheirFault
from storage.store import Store
from storage.vault import WrongSecret
from templates import LettersRefusedError

#: Exit codes of the contract.
REFUSED, WRONG_USE = 1, 2

CONFIG = typer.Option(Path("pyynto.toml"), "--config", metavar="FILE", help="The settings file.")
SHOP = typer.Option(None, "--shop", metavar="PROFILE", help="Which shop, where several are set up.")
JSON = typer.Option(False, "--json", help="Print JSON.")

#: What a refused verb says in the terminal, by the fault's fixed word.
REFUSALS = {
    "no_such_case": "There is no case {id}. `pyynto queue` lists the open ones.",
    "no_such_message": "There is no unsorted message {id}. `pyynto unsorted` lists them.",
    "not_now": "This cannot be done with {id} now{why}. `pyynto case {id}` shows how it stands.",
    "usage": "This is not how the verb is used{why}. Write: pyynto {usage}",
    "unknown_command": "There is no verb {command}.",
}

#: Reasons inside a refusal, by their fixed word.
REASONS = {
    "too_late": "the due date has passed, and an extension must go out before it",
    "already_extended": "it has been extended once, and once is all there is",
    "bad_months": "an extension is 1 or 2 months",
    "before_receipt": "that is before the request arrived",
    "opt_out_cannot_be_refused": "a ban on direct marketing cannot be refused",
}


def console(*, err: bool = False) -> Console:
    """Where tables and sentences go; no colour where it would not be understood."""
    return Console(stderr=err, highlight=False, soft_wrap=True)


def fail(message: str, code: int = REFUSED) -> NoReturn:
    """Say why, and end."""
    typer.echo(message, err=True)
    raise typer.Exit(code)


def print_json(value: Any) -> None:
    """A stable shape in UTF-8."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))


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


def run(work: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    """Run one command's work; what went wrong becomes a sentence and an exit code."""
    try:
        return asyncio.run(work())
    except TheirFault as fault:
        fail(sentence(fault))
    except WrongSecret:
        fail("The database was made with another secret: set service.secret to that one again.", WRONG_USE)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def sentence(fault: TheirFault) -> str:
    """A refusal in words."""
    reason = fault.detail.get("reason", "")
    why = f": {REASONS.get(reason, reason)}" if reason else ""
    return REFUSALS[fault.code].format(**{"id": "", "usage": "", "command": "", **fault.detail, "why": why})


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Store]:
    """The database, created and upgraded if need be."""
    service = settings.service
    store = await Store.open(service.database, service.secret.get_secret_value())
    try:
        yield store
    finally:
        await store.close()


def actor() -> str:
    """Who works at this terminal, as the journal names them."""
    try:
        return f"terminal:{getpass.getuser()}"
    except (OSError, KeyError):
        return "terminal:unknown"


def language() -> str:
    """The terminal's language: Finnish where the machine speaks it, else English."""
    spoken = os.environ.get("LC_ALL") or os.environ.get("LANG") or (locale.getlocale()[0] or "")
    return "fi" if spoken.lower().startswith("fi") else "en"
