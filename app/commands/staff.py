"""The terminal face of the staff verbs: each row of the verb table becomes a command.

Arguments and meaning come from `cases.staff`, what happens from `app.desk`; how it looks is `tables`' and
`case_view`'s business.
"""

from __future__ import annotations

import inspect
import secrets
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
    fail,
    house_of,
    is_interactive,
    names_of,
    opened,
    print_json,
    run,
    sentence,
    settings_of,
    write_files,
    write_private,
)
from app.commands.looks import console, plain
from app.enclosing import carries, passphrase_of
from app.house import House, furnish, utc_now
from app.settings import Settings
from app.words import language, words
from cases.faults import Stale, TheirFault
from cases.staff import VERBS, Order, Verb, check
from cases.work import deadline_of
from storage import desk as shelves
from storage import files
from storage.store import Store

#: How often a verb is decided again when somebody else was quicker.
TRIES = 3


def command(name: str) -> Callable[..., None]:
    """A function with the signature the verb's row describes, which is what typer reads."""
    verb = VERBS[name]

    def callback(**given: Any) -> None:
        config, shop = given.pop("config"), given.pop("shop")
        as_json, yes = given.pop("as_json"), given.pop("yes", False)
        order = _order(verb, given)
        settings = settings_of(config)
        look = _LOOKS.get(verb.name)
        if look is not None:
            run(lambda: look(settings, shop, order, as_json))
        elif verb.switches:
            run(lambda: _switch(settings, shop, order, as_json))
        else:
            run(lambda: _act(settings, shop, order, as_json=as_json, yes=yes))

    callback.__signature__ = inspect.Signature(_parameters(verb))  # type: ignore[attr-defined]
    callback.__name__ = verb.name.replace("-", "_")
    callback.__doc__ = verb.help
    return callback


def _parameters(verb: Verb) -> list[inspect.Parameter]:
    found: list[inspect.Parameter] = []

    def add(name: str, kind: Any, default: Any) -> None:
        where = inspect.Parameter.KEYWORD_ONLY
        found.append(inspect.Parameter(name, where, annotation=kind, default=default))

    for name in verb.args:
        add(name.lower(), list[str] if name == "TEXT" else str, typer.Argument(metavar=name))
    for option in verb.options:
        default: Any = None if option.takes else False
        told = f"{option.help}  [required]" if option.required else option.help
        flag = typer.Option(default, f"--{option.name}", metavar=option.takes or None, help=told)
        add(option.name.replace("-", "_"), str | None if option.takes else bool, flag)
    add("config", Path, CONFIG)
    add("shop", str | None, SHOP)
    add("as_json", bool, JSON)
    if verb.sends or verb.sends_with:
        add("yes", bool, typer.Option(False, "--yes", help="Send without asking."))
    return found


def _order(verb: Verb, given: dict[str, Any]) -> Order:
    positional: list[str] = []
    for name in verb.args:
        value = given.pop(name.lower())
        positional += value if isinstance(value, list) else [value]
    options = {
        name.replace("_", "-"): "" if value is True else str(value)
        for name, value in given.items()
        if value is not None and value is not False
    }
    try:
        return check(verb, positional, options)
    except TheirFault as fault:
        return fail(sentence(fault), WRONG_USE)


# -- looking --------------------------------------------------------------------------------------------------


async def _queue(settings: Settings, shop: str | None, order: Order, as_json: bool) -> None:
    now, names = utc_now(), names_of(settings, shop)
    async with opened(settings) as store, store.read() as tx:
        cases = await desk.queue(tx, names, order, actor(), now)
        waiting = [] if as_json else await shelves.unsorted(tx, names)
    rows = [desk.row_of(case) for case in cases]
    if as_json:
        print_json(rows)
        return
    from app.commands.tables import queue_view

    out = console()
    out.print(
        queue_view(
            rows, language(), desk.today(now), out.width, filtered=bool(order.options), unsorted=len(waiting)
        )
    )


async def _case(settings: Settings, shop: str | None, order: Order, as_json: bool) -> None:
    async with opened(settings) as store, store.read() as tx:
        dossier = await desk.open_case(tx, names_of(settings, shop), order.case_id)
        plan = await desk.erasure_plan(tx, dossier, settings, utc_now())
        locked = [sent.letter.key for sent in dossier.letters if carries(sent.letter)]
        phrases = {key: passphrase_of(tx.vault.code_key, key) for key in locked}
    if as_json:
        print_json(desk.view_of(dossier))
        return
    from app.commands.case_view import case_view

    facts = furnish(settings.shop(dossier.case.shop)).shop
    dates = deadline_of(dossier.case.received_at.astimezone(desk.HELSINKI), dossier.journal, facts)
    console().print(case_view(dossier, dates, language(), desk.today(utc_now()), plan=plan, phrases=phrases))


async def _unsorted(settings: Settings, shop: str | None, order: Order, as_json: bool) -> None:
    async with opened(settings) as store, store.read() as tx:
        found = await shelves.unsorted(tx, names_of(settings, shop))
    rows = [desk.unsorted_row(number, item) for number, item in found]
    if as_json:
        print_json(rows)
        return
    from app.commands.tables import unsorted_view

    console().print(unsorted_view(rows, language()))


async def _tasks(settings: Settings, shop: str | None, order: Order, as_json: bool) -> None:
    from app.commands.follow_ups import task_row, tasks_view

    async with opened(settings) as store, store.read() as tx:
        found = await shelves.open_tasks(tx, names_of(settings, shop))
    if as_json:
        print_json([task_row(case, task, language()) for case, task in found])
        return
    console().print(tasks_view(found, language()))


async def _draft(settings: Settings, shop: str | None, order: Order, as_json: bool) -> None:
    """The mail a recipient gets, to be sent by hand: whoever it goes to is not known to the register."""
    async with opened(settings) as store, store.read() as tx:
        dossier = await desk.open_case(tx, names_of(settings, shop), order.case_id)
        house = house_of(settings, dossier.case.shop)
        name, draft = await desk.recipient_notice(tx, house, dossier, order.number)
    if as_json:
        print_json({"to": name, "subject": draft.subject, "text": draft.body})
        return
    said = words(language())
    typer.echo(said["draft"]["to"].format(name=plain(name)))
    typer.echo(f"{said['preview']['subject'].format(subject=plain(draft.subject))}\n\n{plain(draft.body)}")


async def _copy(settings: Settings, shop: str | None, order: Order, as_json: bool) -> None:
    """The files in clear, to be looked at and deleted."""
    async with opened(settings) as store, store.read() as tx:
        dossier = await desk.open_case(tx, names_of(settings, shop), order.case_id)
        house = house_of(settings, dossier.case.shop)
        files = await desk.copy_for(tx, house, dossier, utc_now())
    said = words(language())["done"]
    if not files:
        fail(said["nothing_to_copy"])
    folder = Path(order.get("out") or dossier.case.id)
    write_files(folder, {file.name: file.content for file in files})
    if as_json:
        print_json([str(folder / file.name) for file in files])
        return
    for file in files:
        typer.echo(said["wrote"].format(path=folder / file.name))


async def _files(settings: Settings, shop: str | None, order: Order, as_json: bool) -> None:
    """What the person sent, under names that open nothing by mistake."""
    from app.commands.files import named

    async with opened(settings) as store, store.read() as tx:
        dossier = await desk.open_case(tx, names_of(settings, shop), order.case_id)
        found = await files.of_request(tx, dossier.case.request_id)
    said = words(language())["done"]
    if not found:
        fail(said["no_files"])
    folder = Path(order.get("out") or f"{dossier.case.id}-files")
    written = named(found)
    write_files(folder, written)
    if as_json:
        print_json([str(folder / name) for name in written])
        return
    for name in written:
        typer.echo(said["wrote"].format(path=folder / name))


Look = Callable[[Settings, str | None, Order, bool], Coroutine[Any, Any, None]]

_LOOKS: dict[str, Look] = {
    "queue": _queue,
    "case": _case,
    "unsorted": _unsorted,
    "tasks": _tasks,
    "draft": _draft,
    "copy": _copy,
    "files": _files,
}


# -- the mail as a whole ------------------------------------------------------------------------------------


async def _switch(settings: Settings, shop: str | None, order: Order, as_json: bool) -> None:
    from app import switches

    profile = settings.shop(shop).name
    async with opened(settings) as store, store.write() as tx:
        name, count = await switches.turn(tx, profile, order.verb, utc_now())
    if as_json:
        print_json({"shop": profile, "stopped": order.verb == switches.STOP, "waiting": count})
        return
    typer.echo(words(language())["mail"][name].format(count=count))


# -- acting ---------------------------------------------------------------------------------------------------


async def _act(settings: Settings, shop: str | None, order: Order, *, as_json: bool, yes: bool) -> None:
    """Show what goes, ask, and carry it out; without a terminal and without --yes nothing is done."""
    from app.commands.tables import done_lines

    async with opened(settings) as store:
        house = await _house(settings, shop, order, store)
        if order.verb == "add":
            await _load_register(store, house)
        verb = _Verb(store, house, order)
        if desk.needs_asking(order) and not yes:
            outcome = await verb.do(await verb.ask(as_json))
            while not outcome.committed:
                # Somebody changed the case while the question stood: what was agreed to is not what would go.
                outcome = await verb.do(await verb.ask(as_json, changed=True))
        else:
            outcome = await verb.do("")
        if order.verb == "letter" and not order.has("mail"):
            _write_letter(house, outcome, order, as_json)
    if as_json:
        print_json(desk.row_of(outcome.case))
    else:
        for line in done_lines(outcome, order.verb, language()):
            typer.echo(line)


def _write_letter(house: House, outcome: desk.Outcome, order: Order, as_json: bool) -> None:
    """The letter as a PDF, for the printer."""
    from app.posting import letter_pdf_of

    path = Path(order.get("out") or f"{outcome.case.id}-{order.get('name')}.pdf")
    write_private(path, letter_pdf_of(house, outcome.case, outcome.letters[0], utc_now()))
    typer.echo(words(language())["done"]["wrote"].format(path=path), err=as_json)


class _Verb:
    """One verb at one terminal, shown and then done."""

    def __init__(self, store: Store, house: House, order: Order) -> None:
        self._store, self._house, self._order = store, house, order
        self._cause = f"terminal:{secrets.token_hex(12)}"

    async def ask(self, as_json: bool, *, changed: bool = False) -> str:
        """Show what would go and ask; the seal of what was agreed to, or the end of the command."""
        from app.commands.tables import show_preview

        said = words(language())["preview"]
        async with self._store.read() as tx:
            outcome = await self._decide(tx, commit=False)
        show_preview(console(err=as_json), outcome, self._order, language(), changed=changed)
        if not is_interactive():
            fail(said["refused" if outcome.letters else "refused_nothing"])
        if not typer.confirm(said["question" if outcome.letters else "question_nothing"], err=as_json):
            fail(said["no"])
        return outcome.seal

    async def do(self, shown: str) -> desk.Outcome:
        """Carry it out, unless it is no longer what was shown."""
        for last in (False,) * (TRIES - 1) + (True,):
            try:
                async with self._store.write() as tx:
                    return await self._decide(tx, commit=True, shown=shown)
            except Stale:
                if last:
                    raise TheirFault("not_now", id=self._order.case_id) from None
        raise AssertionError("the last try returns or raises")

    async def _decide(self, tx: Any, *, commit: bool, shown: str = "") -> desk.Outcome:
        return await desk.act(
            tx, self._house, self._order, actor=actor(), cause=self._cause, now=utc_now(), commit=commit,
            shown=shown,
        )  # fmt: skip


async def _house(settings: Settings, shop: str | None, order: Order, store: Store) -> House:
    """The shop a verb is about: named, the only one, or the one whose case or message it is."""
    if shop is not None or len(settings.shops) == 1:
        return house_of(settings, shop)
    names = names_of(settings, None)
    async with store.read() as tx:
        if order.case_id:
            shop = (await desk.open_case(tx, names, order.case_id)).case.shop
        elif order.number:
            item = await shelves.one_unsorted(tx, names, order.number)
            if item is None:
                raise TheirFault("no_such_message", id=str(order.number))
            shop = item.shop
    return house_of(settings, shop)


async def _load_register(store: Store, house: House) -> None:
    """Who called may have become a customer since the register was last read."""
    from app import registers

    try:
        await registers.load_if_changed(store, house.shop.profile, house.settings.source.folder, utc_now())
    except registers.RegisterUnreadable as unreadable:
        typer.echo(str(unreadable), err=True)
