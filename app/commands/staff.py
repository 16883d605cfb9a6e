"""The terminal face of the staff verbs: each row of the verb table becomes a command.

Arguments and meaning come from `cases.staff`, what happens from `app.desk`; only the looks are decided here.
"""

from __future__ import annotations

import inspect
import secrets
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import typer

from app import desk
from app.commands.common import (
    CONFIG,
    JSON,
    SHOP,
    WRONG_USE,
    actor,
    console,
    fail,
    house_of,
    language,
    opened,
    print_json,
    run,
    sentence,
    settings_of,
)
from app.commands.tables import case_view, done_line, queue_table, show_letters, unsorted_table
from app.house import House, furnish, utc_now
from app.settings import Settings
from cases.faults import TheirFault
from cases.staff import VERBS, Order, Verb, check
from cases.work import deadline_of
from storage import desk as shelves
from storage.store import Store


def register(app: typer.Typer) -> None:
    """Add one command for each staff verb."""
    for verb in VERBS.values():
        app.command(verb.name, help=verb.help)(_command(verb))


def _command(verb: Verb) -> Callable[..., None]:
    """A function with the signature the verb's row describes, which is what typer reads."""

    def callback(**given: Any) -> None:
        settings = settings_of(given.pop("config"))
        shop, as_json, yes = given.pop("shop"), given.pop("as_json"), given.pop("yes", False)
        order = _order(verb, given)
        look = _LOOKS.get(verb.name)
        if look is not None:
            run(lambda: look(settings, shop, order, as_json))
        else:
            run(lambda: _act(settings, shop, order, as_json=as_json, yes=yes))

    callback.__signature__ = inspect.Signature(_parameters(verb))  # type: ignore[attr-defined]
    callback.__name__ = verb.name.replace("-", "_")
    return callback


def _parameters(verb: Verb) -> list[inspect.Parameter]:
    found: list[inspect.Parameter] = []

    def add(name: str, kind: Any, default: Any) -> None:
        where = inspect.Parameter.KEYWORD_ONLY
        found.append(inspect.Parameter(name, where, annotation=kind, default=default))

    for name in verb.args:
        add(name.lower(), list[str] if name == "TEXT" else str, typer.Argument(metavar=name))
    for option in verb.options:
        default: Any = "" if option.takes else False
        flag = typer.Option(default, f"--{option.name}", metavar=option.takes or None, help=option.help)
        add(option.name.replace("-", "_"), str if option.takes else bool, flag)
    add("config", Path, CONFIG)
    add("shop", str | None, SHOP)
    add("as_json", bool, JSON)
    if verb.sends:
        add("yes", bool, typer.Option(False, "--yes", help="Send without asking."))
    return found


def _order(verb: Verb, given: dict[str, Any]) -> Order:
    positional: list[str] = []
    for name in verb.args:
        value = given.pop(name.lower())
        positional += value if isinstance(value, list) else [value]
    options = {
        name.replace("_", "-"): "" if value is True else str(value) for name, value in given.items() if value
    }
    try:
        return check(verb, positional, options)
    except TheirFault as fault:
        return fail(sentence(fault), WRONG_USE)


# -- looking --------------------------------------------------------------------------------------------------


def _shops(settings: Settings, shop: str | None) -> list[str]:
    """A look goes over every shop unless one is named."""
    return [house_of(settings, shop).shop.profile] if shop else [one.name for one in settings.shops]


async def _queue(settings: Settings, shop: str | None, order: Order, as_json: bool) -> None:
    now = utc_now()
    async with opened(settings) as store, store.read() as tx:
        cases = await desk.queue(tx, _shops(settings, shop), order, actor(), now)
    rows = [desk.row_of(case) for case in cases]
    if as_json:
        print_json(rows)
    else:
        console().print(queue_table(rows, language(), desk.today(now)))


async def _case(settings: Settings, shop: str | None, order: Order, as_json: bool) -> None:
    async with opened(settings) as store, store.read() as tx:
        dossier = await desk.open_case(tx, _shops(settings, shop), order.case_id)
    view = desk.view_of(dossier)
    if as_json:
        print_json(view)
        return
    facts = furnish(settings.shop(dossier.case.shop)).shop
    dates = deadline_of(dossier.case.received_at, dossier.journal, facts)
    console().print(case_view(view, dates, language(), desk.today(utc_now())))


async def _unsorted(settings: Settings, shop: str | None, order: Order, as_json: bool) -> None:
    async with opened(settings) as store, store.read() as tx:
        found = await shelves.unsorted(tx, _shops(settings, shop))
    rows = [desk.unsorted_row(number, item) for number, item in found]
    if as_json:
        print_json(rows)
    else:
        console().print(unsorted_table(rows, language()))


Look = Callable[[Settings, str | None, Order, bool], Coroutine[Any, Any, None]]

_LOOKS: dict[str, Look] = {"queue": _queue, "case": _case, "unsorted": _unsorted}


# -- acting ---------------------------------------------------------------------------------------------------


async def _act(settings: Settings, shop: str | None, order: Order, *, as_json: bool, yes: bool) -> None:
    """Show what goes, ask, and carry it out; without a terminal and without --yes nothing is done."""
    cause = f"terminal:{secrets.token_hex(12)}"
    async with opened(settings) as store:
        house = await _house(settings, shop, order, store)
        if desk.needs_asking(order) and not yes:
            await _ask(store, house, order, cause)
        async with store.write() as tx:
            outcome = await desk.act(tx, house, order, actor=actor(), cause=cause, now=utc_now(), commit=True)
    if as_json:
        print_json(desk.row_of(outcome.case))
    else:
        console().print(done_line(outcome, order.verb, language()))


async def _ask(store: Store, house: House, order: Order, cause: str) -> None:
    async with store.read() as tx:
        outcome = await desk.act(tx, house, order, actor=actor(), cause=cause, now=utc_now(), commit=False)
    show_letters(console(), outcome.letters, language())
    if not sys.stdin.isatty():
        fail("Nothing was sent. Add --yes to send it without being asked.")
    question = "Lähetetäänkö?" if language() == "fi" else "Send?"
    if not typer.confirm(question):
        fail("Mitään ei lähetetty." if language() == "fi" else "Nothing was sent.")


async def _house(settings: Settings, shop: str | None, order: Order, store: Store) -> House:
    """The shop a verb is about: named, the only one, or the one whose case it is."""
    if shop is None and len(settings.shops) > 1 and order.case_id:
        async with store.read() as tx:
            names = [one.name for one in settings.shops]
            dossier = await desk.open_case(tx, names, order.case_id)
        shop = dossier.case.shop
    return house_of(settings, shop)
