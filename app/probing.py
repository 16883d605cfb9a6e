"""What `pyynto check` tries: each part for itself, so that one fault does not hide the next."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

from app import registers
from app.house import connect, furnish, inbox_of, utc_now
from app.settings import Settings, ShopSettings
from app.trouble import place_of, trouble_of
from mailers.inbox import REMEDIES
from shops.gaps import gaps_of
from storage import desk, outbox, register, watching
from storage.store import Store
from storage.vault import WrongSecret
from templates import LettersRefusedError


@dataclass(frozen=True, slots=True)
class Line:
    """One thing tried: well, or what to do; or a note on what the shop should mend in its own time."""

    what: str
    ok: bool
    say: str = ""
    #: Nothing is broken, but somebody should know.
    note: bool = False


async def probe(settings: Settings) -> AsyncIterator[Line]:
    """Try everything the settings name."""
    yield Line("settings", True, str(settings.path))
    store, line = await _database(settings)
    yield line
    try:
        for shop in settings.shops:
            async for line in _shop(shop, store):
                yield line
        if store is not None:
            async for line in _state(store, [shop.name for shop in settings.shops]):
                yield line
        # Last, so that they bury no fault.
        for line in _notes(settings):
            yield line
    finally:
        if store is not None:
            await store.close()


def _notes(settings: Settings) -> Iterator[Line]:
    """Where a shop's notice says less than the law, in the shop's first language."""
    for shop in settings.shops:
        for gap in gaps_of(shop.facts):
            yield Line(f"{shop.name} notice", True, gap.sentence(shop.facts.languages[0]), note=True)


async def _database(settings: Settings) -> tuple[Store | None, Line]:
    """Open, written to once and undone; a store only where all of it went well."""
    url = settings.service.database
    store: Store | None = None
    try:
        store = await Store.open(url, settings.service.secret.get_secret_value())
        async with store.write() as tx:
            # Whatever is stored first tells whether the secret fits, and a write whether the file lets us.
            await desk.queue(tx, [shop.name for shop in settings.shops], everything=True, limit=1)
        return store, Line("database", True, place_of(url))
    except WrongSecret:
        said = "was made with another service.secret: set it to that one again"
    except Exception as fault:
        trouble = trouble_of(fault, url, opening=True)
        said = (
            trouble.sentence
            if trouble
            else f"cannot be used ({type(fault).__name__}): check service.database"
        )
    if store is not None:
        await store.close()
    return None, Line("database", False, said)


async def _shop(shop: ShopSettings, store: Store | None) -> AsyncIterator[Line]:
    name = shop.name
    yield Line(f"{name} profile", True)
    try:
        house = connect(furnish(shop))
        yield Line(f"{name} letters", True)
    except LettersRefusedError as refused:
        yield Line(f"{name} letters", False, "; ".join(refused.problems))
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
    inbox = inbox_of(house)
    assert inbox is not None
    say = await inbox.probe()
    yield Line(f"{name} imap", say is None, say or "")
    if shop.mailbox.junk is not None:
        junk = inbox_of(house, folder=shop.mailbox.junk)
        assert junk is not None
        say = await junk.probe()
        yield Line(f"{name} junk", say is None, say or "")
    if house.sent is not None:
        reason = await house.sent.probe()
        yield Line(f"{name} sent", reason is None, REMEDIES.get(reason or "", ""))
    say = await house.postman.probe()
    await house.postman.aclose()
    yield Line(f"{name} smtp", say is None, say or "")
    if store is not None:
        yield await _mail(shop, store)
        yield await _canary(shop, store)


async def _mail(shop: ShopSettings, store: Store) -> Line:
    """Whether letters by mail may leave."""
    async with store.read() as tx:
        stopped = shop.name in await watching.stopped_shops(tx)
    say = "letters by mail are stopped: pyynto mail-go lets them leave again" if stopped else ""
    return Line(f"{shop.name} outgoing mail", not stopped, say)


async def _canary(shop: ShopSettings, store: Store) -> Line:
    """The evidence the service has kept: when a test mail last came through."""
    what = f"{shop.name} canary"
    if shop.mailbox is None or shop.mailbox.canary is None:
        return Line(
            what,
            True,
            "not set up: [shops.mailbox.canary] would prove every day that mail arrives",
            note=True,
        )
    async with store.read() as tx:
        flown = await watching.flown(tx, shop.name)
    if flown is None:
        return Line(what, True, "none has been sent yet: `pyynto serve` sends one at its start")
    last = flown.last
    seen = (
        f"last back {last.seen_at:%Y-%m-%d %H:%M} UTC" if last and last.seen_at else "none has come back yet"
    )
    took = f", after {last.took.total_seconds():.0f} s" if last and last.took else ""
    advice = (
        ""
        if flown.ok
        else ". The newest did not come: look at the junk folder and at how full the mailbox is"
    )
    return Line(what, flown.ok, seen + took + advice)


async def _register(shop: ShopSettings, store: Store) -> Line:
    try:
        done = await registers.load_if_changed(store, shop.name, shop.source.folder, utc_now())
    except registers.RegisterUnreadable as unreadable:
        return Line(f"{shop.name} register", False, str(unreadable))
    async with store.read() as tx:
        customers = await register.size(tx, shop.name)
    problems = [str(problem) for problem in done.problems] if done else []
    if customers == 0:
        empty = f"holds no customers: put customers.csv into {shop.source.folder}"
        return Line(f"{shop.name} register", False, problems[0] if problems else empty)
    more = ""
    if problems:
        rows = (
            "1 row has a problem" if len(problems) == 1 else f"{len(problems)} rows have problems, the first"
        )
        more = f", {rows}: {problems[0]}. `pyynto register import` names all"
    return Line(f"{shop.name} register", True, f"{customers} customers{more}")


async def _state(store: Store, shops: list[str]) -> AsyncIterator[Line]:
    async with store.read() as tx:
        letters = await outbox.state_of(tx, utc_now())
        aside = await desk.set_aside_count(tx, shops)
    said = f"{letters['waiting']} waiting, {letters['failed']} failed today"
    advice = ". `pyynto queue` marks their cases" if letters["failed"] else ""
    yield Line("letters", letters["failed"] == 0, said + advice)
    kept = f"{aside} arrivals could not be read; they are kept with their raw content. Tell whoever maintains Pyyntö"
    yield Line("set aside", aside == 0, kept if aside else "nothing")
