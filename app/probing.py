"""What `pyynto check` tries: each part for itself, so that one fault does not hide the next."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass

from app import registers
from app.house import connect, furnish, utc_now
from app.settings import Settings, ShopSettings
from mailers.inbox import Inbox
from storage import desk, outbox, register
from storage.store import Store
from storage.vault import WrongSecret
from templates import LettersRefusedError


@dataclass(frozen=True, slots=True)
class Line:
    """One thing tried: well, or what to do."""

    what: str
    ok: bool
    say: str = ""


async def probe(settings: Settings) -> AsyncIterator[Line]:
    """Try everything the settings name."""
    yield Line("settings", True, str(settings.path))
    store: Store | None = None
    try:
        store = await Store.open(settings.service.database, settings.service.secret.get_secret_value())
        yield Line("database", True)
    except Exception as fault:
        yield Line("database", False, f"cannot be opened ({type(fault).__name__}): check service.database")
    try:
        for shop in settings.shops:
            async for line in _shop(shop, store):
                yield line
        if store is not None:
            async for line in _state(store, [shop.name for shop in settings.shops]):
                yield line
    finally:
        if store is not None:
            await store.close()


async def _shop(shop: ShopSettings, store: Store | None) -> AsyncIterator[Line]:
    name = shop.name
    yield Line(f"{name} profile", True)
    try:
        house = connect(furnish(shop))
        yield Line(f"{name} letters", True)
    except LettersRefusedError as refused:
        yield Line(f"{name} letters", False, str(refused))
        return
    if store is not None:
        yield await _register(shop, store)
    if house.telegram is None:
        yield Line(f"{name} telegram", True, "not set up")
    else:
        await house.telegram.initialize()
        say = await house.telegram.probe()
        await house.telegram.shutdown()
        yield Line(f"{name} telegram", say is None, say or "")
    if shop.mailbox is None or house.postman is None:
        yield Line(f"{name} mailbox", True, "not set up")
        return
    password = shop.mailbox.password.get_secret_value() if shop.mailbox.password else ""
    inbox = Inbox(shop.mailbox.imap, password, ca_file=shop.mailbox.ca_file, address=shop.mailbox.address)
    say = await inbox.probe()
    yield Line(f"{name} imap", say is None, say or "")
    say = await house.postman.probe()
    await house.postman.aclose()
    yield Line(f"{name} smtp", say is None, say or "")


async def _register(shop: ShopSettings, store: Store) -> Line:
    try:
        done = await registers.load_if_changed(store, shop.name, shop.source.folder, utc_now())
    except registers.RegisterUnreadable as unreadable:
        return Line(f"{shop.name} register", False, str(unreadable))
    async with store.read() as tx:
        customers = await register.size(tx, shop.name)
    problems = [str(problem) for problem in done.problems] if done else []
    if customers == 0:
        return Line(f"{shop.name} register", False, problems[0] if problems else "holds no customers")
    more = f", {len(problems)} rows with problems, the first: {problems[0]}" if problems else ""
    return Line(f"{shop.name} register", True, f"{customers} customers{more}")


async def _state(store: Store, shops: list[str]) -> AsyncIterator[Line]:
    with suppress(WrongSecret):
        async with store.read() as tx:
            letters = await outbox.state_of(tx, utc_now())
            aside = await desk.set_aside_count(tx, shops)
        yield Line(
            "letters",
            letters["failed"] == 0,
            f"{letters['waiting']} waiting, {letters['failed']} failed today",
        )
        yield Line("set aside", aside == 0, f"{aside} arrivals could not be read" if aside else "")
