"""`pyynto serve`, `check`, `demo`, `register` and `suppressions`: running the service and what it rests on."""

from __future__ import annotations

import csv
import logging
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from app import registers
from app.commands.common import (
    CONFIG,
    JSON,
    SHOP,
    WRONG_USE,
    console,
    fail,
    house_of,
    opened,
    print_json,
    run,
    settings_of,
)
from app.desk import iso
from app.house import utc_now
from app.probing import probe
from app.serve import serve as serve_until_stopped
from cases.addresses import is_email, normalise_email
from cases.model import Claim
from shops.register_csv import RegisterRefused
from storage import desk, gathering
from storage import register as shelves

register = typer.Typer(name="register", no_args_is_help=True, help="The shop's customer register.")
suppressions = typer.Typer(name="suppressions", no_args_is_help=True, help="Who must get no marketing.")


def serve(config: Path = CONFIG) -> None:
    """Run the bots, the mailbox watchers and the outbox of every configured shop until stopped."""
    settings = settings_of(config)
    for shop in settings.shops:
        house_of(settings, shop.name)
    logging.basicConfig(
        level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    run(lambda: serve_until_stopped(settings))


def check(config: Path = CONFIG) -> None:
    """Test settings, database, registers, Telegram and mail: one line each, ok or what to do."""
    settings = settings_of(config)
    out = console()
    well = True

    async def work() -> None:
        nonlocal well
        async for line in probe(settings):
            well = well and line.ok
            mark = "[green]ok[/green]  " if line.ok else "[red]fix[/red] "
            out.print(f"{mark} {line.what}" + ("" if line.ok and not line.say else f": {line.say}"))

    run(work)
    if not well:
        raise typer.Exit(1)


def demo(
    port: Annotated[int, typer.Option(help="Port of the demo page; 0 takes a free one.")] = 8484,
    lang: Annotated[str, typer.Option("--lang", help="Language the page starts in: fi or en.")] = "fi",
) -> None:
    """Try everything on this machine: a web page to play the customer and the staff."""
    found = entry_points(group="pyynto.demo", name="demo")
    if not found:
        fail("The demo is not installed: install pyynto[demo].", WRONG_USE)
    try:
        play = next(iter(found)).load()
    except ModuleNotFoundError as missing:
        fail(f"The demo needs {missing.name}: install pyynto[demo].", WRONG_USE)
    play(port=port, lang=lang)


@register.command("import")
def import_register(
    folder: Annotated[Path | None, typer.Argument(metavar="[DIR]", help="Folder with the CSV files.")] = None,
    config: Path = CONFIG,
    shop: str | None = SHOP,
    strict: Annotated[bool, typer.Option(help="Stop at the first bad row, with nothing changed.")] = False,
    as_json: bool = JSON,
) -> None:
    """Load customers and orders from the CSV files; bad rows are named by file and line."""
    settings = settings_of(config)
    house = house_of(settings, shop)
    source = folder or house.settings.source.folder

    async def work() -> registers.Imported:
        async with opened(settings) as store:
            with Progress(console=console(err=True), transient=True, disable=as_json) as bar:
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
    for problem in done.problems:
        typer.echo(str(problem), err=True)
    if as_json:
        counts = {
            "customers": done.load.customers,
            "orders": done.load.orders,
            "problems": len(done.problems),
        }
        print_json(counts)
    else:
        typer.echo(
            f"{done.load.customers} customers, {done.load.orders} orders, {len(done.problems)} problems."
        )


@register.command("find")
def find_person(
    text: Annotated[
        str, typer.Argument(metavar="WHO", help="E-mail address, customer number or order number.")
    ],
    config: Path = CONFIG,
    shop: str | None = SHOP,
    as_json: bool = JSON,
) -> None:
    """Look a person up by address, customer number or order number."""
    settings = settings_of(config)
    house = house_of(settings, shop)

    async def work() -> list[dict[str, object]]:
        async with opened(settings) as store:
            await registers.load_if_changed(
                store, house.shop.profile, house.settings.source.folder, utc_now()
            )
            async with store.read() as tx:
                claim = (
                    Claim(email=normalise_email(text))
                    if is_email(text)
                    else Claim(customer_id=text, order_id=text)
                )
                found = await gathering.find_customers(tx, house.shop.profile, claim)
                return [
                    {
                        **{name: getattr(c, name) for name in _SHOWN},
                        "extra": dict(c.extra),
                        "held": sorted(c.held),
                        "orders": [
                            {
                                "order_id": o.order_id,
                                "ordered_on": o.ordered_on,
                                "total": o.total,
                                "status": o.status,
                            }
                            for o in await shelves.orders_of(
                                tx, house.shop.profile, c.customer_id, normalise_email(c.email)
                            )
                        ],
                    }
                    for c in found
                ]

    rows = run(work)
    if as_json:
        print_json(rows)
        return
    if not rows:
        fail("Nobody in the register answers to that.")
    for row in rows:
        for name, value in row.items():
            if value:
                typer.echo(f"{name}: {value}")
        typer.echo("")


_SHOWN = (
    "customer_id", "name", "email", "phone", "street", "postal_code", "city", "country", "language", "birth_date",
    "company", "marketing_email", "marketing_phone", "marketing_post", "registered_on",
)  # fmt: skip


@suppressions.command("export")
def export_suppressions(config: Path = CONFIG, shop: str | None = SHOP, as_json: bool = JSON) -> None:
    """Who must get no marketing, as CSV for the newsletter tool."""
    settings = settings_of(config)
    names = [house_of(settings, shop).shop.profile] if shop else [one.name for one in settings.shops]

    async def work() -> list[dict[str, object]]:
        async with opened(settings) as store, store.read() as tx:
            return await desk.suppressions(tx, names)

    rows = [{**row, "since": iso(row["since"])} for row in run(work)]
    if as_json:
        print_json(rows)
        return
    writer = csv.writer(sys.stdout)
    writer.writerow(["email", "purposes", "state", "since", "shop", "customer_id", "case_id"])
    for row in rows:
        purposes = " ".join(row["purposes"])
        writer.writerow(
            [
                row["email"],
                purposes,
                row["state"],
                row["since"],
                row["shop"],
                row["customer_id"] or "",
                row["case_id"],
            ]
        )
