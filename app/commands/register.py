"""`pyynto register` and `pyynto suppressions`: the shop's customers, and who must get no marketing."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Annotated, Any

import typer

from app import registers
from app.commands.common import (
    CONFIG,
    JSON,
    SHOP,
    WRONG_USE,
    fail,
    house_of,
    names_of,
    opened,
    print_json,
    run,
    settings_of,
)
from app.commands.looks import console, plain
from app.house import utc_now
from app.shapes import iso
from cases.addresses import is_email, normalise_email
from cases.model import Claim, Customer
from shops.csv_rows import RowProblem
from shops.register_csv import RegisterRefused
from storage import desk, people
from storage import register as shelves
from storage.store import Transaction

register = typer.Typer(
    name="register", no_args_is_help=True, help="Load the customer register, or look somebody up."
)
suppressions = typer.Typer(name="suppressions", no_args_is_help=True, help="List who must get no marketing.")

#: Bad rows named one by one; the rest are counted.
NAMED = 50


@register.command("import")
def import_register(
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="[DIR]", help="Folder with the CSV files; else the configured one."),
    ] = None,
    config: Path = CONFIG,
    shop: str | None = SHOP,
    strict: Annotated[
        bool, typer.Option("--strict", help="Stop at the first bad row, with nothing changed.")
    ] = False,
    as_json: bool = JSON,
) -> None:
    """Load customers and orders from the CSV files; bad rows are named by file and line."""
    settings = settings_of(config)
    house = house_of(settings, shop)
    configured = house.settings.source.folder
    source = folder or configured
    if not source.is_dir():
        fail(f"{source} is no folder: name the one that holds customers.csv.", WRONG_USE)

    async def work() -> registers.Imported:
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        columns = (TextColumn("{task.completed} rows"), BarColumn(), TimeElapsedColumn())
        async with opened(settings) as store:
            with Progress(*columns, console=console(err=True), transient=True, disable=as_json) as bar:
                task = bar.add_task("rows", total=None)
                return await registers.load(
                    store, house.shop.profile, source, utc_now(), strict=strict,
                    progress=lambda rows: bar.update(task, completed=rows),
                )  # fmt: skip

    try:
        done = run(work)
    except RegisterRefused as refused:
        fail(f"{refused.problem}\nNothing was changed.")
    except registers.RegisterUnreadable as unreadable:
        fail(f"{unreadable}\nNothing was changed.")
    _name(done.problems)
    counts = {
        "customers": done.load.customers,
        "orders": done.load.orders,
        "problems": len(done.problems),
    }
    if as_json:
        print_json(counts)
    else:
        typer.echo("{customers} customers, {orders} orders, {problems} problems.".format(**counts))
    if source.resolve() != configured.resolve():
        typer.echo(f"The settings name {configured}: it is loaded over this when next looked at.", err=True)


def _name(problems: tuple[RowProblem, ...]) -> None:
    for problem in problems[:NAMED]:
        typer.echo(str(problem), err=True)
    if len(problems) > NAMED:
        typer.echo(f"and {len(problems) - NAMED} more.", err=True)


@register.command("find")
def find_person(
    who: Annotated[
        str, typer.Argument(metavar="WHO", help="E-mail address, customer number or order number.")
    ],
    config: Path = CONFIG,
    shop: str | None = SHOP,
    as_json: bool = JSON,
) -> None:
    """Look a person up by address, customer number or order number."""
    settings = settings_of(config)
    house = house_of(settings, shop)
    name = house.shop.profile
    who = who.strip()
    claim = Claim(email=normalise_email(who)) if is_email(who) else Claim(customer_id=who, order_id=who)

    async def work() -> list[dict[str, Any]]:
        async with opened(settings) as store:
            try:
                await registers.load_if_changed(store, name, house.settings.source.folder, utc_now())
            except registers.RegisterUnreadable as unreadable:
                # What was loaded before is still there to be searched.
                typer.echo(str(unreadable), err=True)
            async with store.read() as tx:
                found = await people.find_customers(tx, name, claim)
                return [await _row(tx, name, customer) for customer in found]

    rows = run(work)
    if as_json:
        print_json(rows)
    elif not rows:
        fail("Nobody in the register answers to that.")
    else:
        _show(rows)


async def _row(tx: Transaction, shop: str, customer: Customer) -> dict[str, Any]:
    orders = await shelves.orders_of(tx, shop, customer.customer_id, normalise_email(customer.email))
    return {
        **{name: getattr(customer, name) for name in _SHOWN},
        "extra": dict(customer.extra),
        "held": sorted(customer.held),
        "orders": [{name: getattr(order, name) for name in _SHOWN_OF_ORDER} for order in orders],
    }


_SHOWN = (
    "customer_id", "name", "email", "phone", "street", "postal_code", "city", "country", "language", "birth_date",
    "company", "marketing_email", "marketing_phone", "marketing_post", "registered_on",
)  # fmt: skip
_SHOWN_OF_ORDER = ("order_id", "ordered_on", "total", "currency", "status", "paid")


def _show(rows: list[dict[str, Any]]) -> None:
    """One person after the other; a column that is held is named, its value stays sealed."""
    for number, row in enumerate(rows):
        if number:
            typer.echo("")
        plainly = {**row, **row["extra"], "held": ", ".join(row["held"])}
        for name, value in plainly.items():
            if value and isinstance(value, str):
                typer.echo(f"{name:<16} {plain(value)}")
        for order in row["orders"]:
            typer.echo(f"{'order':<16} {plain('  '.join(filter(None, order.values())))}")


@suppressions.command("export")
def export_suppressions(config: Path = CONFIG, shop: str | None = SHOP, as_json: bool = JSON) -> None:
    """Print who must get no marketing, as CSV for the newsletter tool."""
    settings = settings_of(config)
    names = names_of(settings, shop)

    async def work() -> list[dict[str, Any]]:
        async with opened(settings) as store, store.read() as tx:
            return await desk.suppressions(tx, names)

    rows = [{**row, "since": iso(row["since"])} for row in run(work)]
    if as_json:
        print_json(rows)
        return
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, _COLUMNS)
    writer.writeheader()
    for row in rows:
        writer.writerow(
            {**row, "purposes": " ".join(row["purposes"]), "customer_id": row["customer_id"] or ""}
        )
    # UTF-8 whatever the terminal speaks: a tool reads this.
    typer.echo(text.getvalue().encode(), nl=False)


_COLUMNS = ("email", "purposes", "state", "since", "shop", "customer_id", "case_id")
