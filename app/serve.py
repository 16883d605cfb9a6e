"""`pyynto serve`: every configured shop in one process, until it is told to stop.

One task a line (bot, mailbox), one for delivery, one for the clock. A line that breaks heals by itself and
shows in `/healthz`; a stop first lets go of what comes in, then lets what is on its way arrive.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from app import registers, web
from app.deliver import Delivery
from app.handle import Handler
from app.house import House, connect, furnish, inbox_of, utc_now
from app.lawful import require_lawful_letters
from app.settings import Settings
from app.watch import LOOK, Watch
from bot.faults import TelegramFault
from bot.intake import Intake
from bot.writing import CUSTOMER_COMMANDS
from cases.delivery import on_lapse
from cases.faults import Stale
from cases.passing import on_time
from cases.staff import VERBS
from cases.watching import Alarm
from mailers.inbox import IDLE_SECONDS, Inbox
from storage import desk, enclosures, looking, outbox, passing, saving, watching
from storage.store import Store, Transaction
from templates import LANGUAGES, labels

log = logging.getLogger(__name__)

#: Seconds between looks at what time brings (codes that run out, dates that come near), and at the register files.
TICK, REGISTER_TICK = 5.0, 10.0
#: Seconds between two clearings of old files.
TIDY = 3600.0
#: Seconds before a line that broke starts again: first, and at most.
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0


@dataclass(slots=True)
class Running:
    """One shop and the lines that bring in what arrives."""

    house: House
    handler: Handler
    intake: Intake | None
    inbox: Inbox | None
    watch: Watch | None = None
    #: The folder the provider puts spam into, where it is watched.
    junk: Inbox | None = None


class Service:
    """All shops of one installation."""

    def __init__(self, settings: Settings, now: Callable[[], datetime] = utc_now) -> None:
        self._settings = settings
        self._now = now
        self._started = now()
        self._shops: list[Running] = []
        #: The last fault told, so that it is told once.
        self._register_fault = ""
        #: Requests whose reminder or notice could not be made, each told once.
        self._untold: set[str] = set()

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until `stop` is set."""
        service = self._settings.service
        async with AsyncExitStack() as stack:
            store = await Store.open(service.database, service.secret.get_secret_value())
            stack.push_async_callback(store.close)
            houses = {shop.name: connect(furnish(shop)) for shop in self._settings.shops}
            for house in houses.values():
                await self._open(stack, house)
            delivery = Delivery(store, houses, self._now)
            self._shops = [self._running(store, house, delivery) for house in houses.values()]
            for shop in self._shops:
                await self._load_register(store, shop.house)
            if service.http is not None:
                await self._listen(stack, store)
            await self._work(store, delivery, stop)

    async def _open(self, stack: AsyncExitStack, house: House) -> None:
        if house.telegram is not None:
            await house.telegram.initialize()
            stack.push_async_callback(house.telegram.shutdown)
        if house.postman is not None:
            stack.push_async_callback(house.postman.aclose)
        if house.sent is not None:
            stack.push_async_callback(house.sent.aclose)

    def _running(self, store: Store, house: House, delivery: Delivery) -> Running:
        mailbox = house.settings.mailbox
        # An idle line must prove that it lives well before its silence is an alarm.
        idle_seconds = min(IDLE_SECONDS, 20.0 * mailbox.silence_minutes) if mailbox else IDLE_SECONDS
        inbox = inbox_of(house, idle_seconds=idle_seconds)
        intake = Intake(house.telegram) if house.telegram is not None else None
        watch = Watch(store, house, inbox, self._now) if inbox is not None else None
        junk = (
            inbox_of(house, folder=mailbox.junk, idle_seconds=idle_seconds)
            if mailbox and mailbox.junk
            else None
        )
        return Running(house, Handler(store, house, delivery, self._now), intake, inbox, watch, junk)

    async def _listen(self, stack: AsyncExitStack, store: Store) -> None:
        async def healthz() -> tuple[dict[str, Any], bool]:
            async with store.read() as tx:
                letters = await outbox.state_of(tx, self._now())
                channels = [await _channels(tx, shop) for shop in self._shops]
            return web.health(channels, letters, self._started, self._now())

        endpoint = self._settings.service.http
        assert endpoint is not None
        hooks = {
            f"/telegram/{shop.house.shop.profile}": shop.intake.webhook_handler(
                webhook_secret(store, shop.house), shop.handler.updates
            )
            for shop in self._shops
            if shop.intake is not None
            and shop.house.settings.telegram
            and shop.house.settings.telegram.webhook
        }
        await web.open_port(stack, endpoint, healthz, hooks)

    async def _work(self, store: Store, delivery: Delivery, stop: asyncio.Event) -> None:
        sources = [self._keep(partial(self._source, store, shop)) for shop in self._shops]
        sources += [self._keep(partial(shop.inbox.watch, shop.handler.cursor, shop.handler.mails))
                    for shop in self._shops if shop.inbox is not None]  # fmt: skip
        sources += [self._keep(partial(_watch_junk, shop)) for shop in self._shops if shop.junk is not None]
        sources += [self._keep(partial(self._look_after, shop.watch)) for shop in self._shops if shop.watch]
        rounds = (self._clock, self._calendar, self._registers, self._tidy)
        sources += [self._keep(partial(round_, store)) for round_ in rounds]
        sending = self._keep(delivery.run)
        log.info("serving shops=%d", len(self._shops))
        await stop.wait()
        log.info("stopping")
        await _end(sources)
        await delivery.close()
        await _end([sending])

    async def _source(self, store: Store, shop: Running) -> None:
        """Take in a bot's updates, and set its menus once Telegram answers."""
        telegram, settings = shop.house.telegram, shop.house.settings.telegram
        if telegram is None or settings is None or shop.intake is None:
            return
        menus = asyncio.create_task(_set_menus(shop.house))
        try:
            if settings.webhook:
                url = f"{settings.webhook.rstrip('/')}/telegram/{shop.house.shop.profile}"
                await _until_done(lambda: telegram.set_webhook(url, webhook_secret(store, shop.house)))
                await shop.intake.watch()
            else:
                await shop.intake.poll(shop.handler.updates)
        finally:
            menus.cancel()

    async def _look_after(self, watch: Watch) -> None:
        """Whether the mailbox still works: canaries, and alarms."""
        try:
            while True:
                await watch.look()
                await asyncio.sleep(LOOK)
        finally:
            await watch.close()

    async def _clock(self, store: Store) -> None:
        """What happens because minutes pass: codes run out."""
        while True:
            await self.look_at_codes(store)
            await asyncio.sleep(TICK)

    async def _calendar(self, store: Store) -> None:
        """What happens because days pass: reminders, and the notice to whoever never proved who they are."""
        while True:
            await self.look_at_dates(store)
            await asyncio.sleep(TICK)

    async def look_at_codes(self, store: Store) -> None:
        """Note every code that has run out by now."""
        now = self._now()
        async with store.read() as tx:
            lapsed = await desk.lapsed(tx, now)
        if lapsed:
            await self._lapse(store, now)

    async def look_at_dates(self, store: Store) -> None:
        """Tell everybody what is due to be told by now, each request in a transaction of its own."""
        for shop in self._shops:
            async with store.read() as tx:
                due = await passing.coming_due(tx, shop.house.shop, self._now())
            for request_id in due:
                try:
                    await self._tell_in_time(store, shop.house, request_id)
                except (SQLAlchemyError, OSError):
                    raise
                except Stale:
                    # Somebody was faster; the next look decides on what there is then.
                    continue
                except Exception as fault:
                    # One request that cannot be told must not keep the others waiting; each look tries it again.
                    if request_id not in self._untold:
                        log.error("not_told shop=%s fault=%s", shop.house.shop.profile, type(fault).__name__)
                    self._untold.add(request_id)

    async def _tell_in_time(self, store: Store, house: House, request_id: str) -> None:
        """What is due of one request, gathered under the lock: somebody may have been faster."""
        async with store.write() as tx:
            now = self._now()
            found = await passing.gather(tx, house.shop, request_id, now)
            if found is None:
                return
            decision = on_time(house.shop, found, now, tx.vault.code_key)
            require_lawful_letters(house, decision.letters)
            channel = found.request.channel
            await saving.save(tx, decision, prefix=house.shop.prefix, channel=channel, now=now)

    async def _tidy(self, store: Store) -> None:
        """Files whose letters left long ago go too."""
        while True:
            async with store.write() as tx:
                gone = await enclosures.drop_old(tx, self._now())
            if gone:
                log.info("enclosures_dropped count=%d", gone)
            await asyncio.sleep(TIDY)

    async def _lapse(self, store: Store, now: datetime) -> None:
        shops = {shop.house.shop.profile: shop.house.shop for shop in self._shops}
        async with store.write() as tx:
            for request in await desk.lapsed(tx, now):
                shop = shops.get(request.shop)
                if shop is None:
                    continue
                cases = await looking.cases_of(tx, [request.id])
                decision = on_lapse(shop, request, cases, now)
                await saving.save(tx, decision, prefix=shop.prefix, channel=request.channel, now=now)

    async def _registers(self, store: Store) -> None:
        while True:
            await asyncio.sleep(REGISTER_TICK)
            for shop in self._shops:
                await self._load_register(store, shop.house)

    async def _load_register(self, store: Store, house: House) -> None:
        folder: Path = house.settings.source.folder
        try:
            done = await registers.load_if_changed(store, house.shop.profile, folder, self._now())
        except registers.RegisterUnreadable as unreadable:
            if str(unreadable) != self._register_fault:
                log.error("register_unreadable shop=%s %s", house.shop.profile, unreadable)
            self._register_fault = str(unreadable)
            return
        if done is not None:
            log.info(
                "register_loaded shop=%s customers=%d orders=%d problems=%d",
                house.shop.profile, done.load.customers, done.load.orders, len(done.problems),
            )  # fmt: skip

    def _keep(self, work: Callable[[], Coroutine[Any, Any, None]]) -> asyncio.Task[None]:
        return asyncio.create_task(_forever(work))


async def _channels(tx: Transaction, shop: Running) -> web.Channels:
    profile = shop.house.shop.profile
    silent = Alarm.MAILBOX_SILENT in await watching.alarms(tx, profile)
    return web.Channels(
        profile, shop.intake, shop.inbox, await watching.flown(tx, profile), silent,
        reading_fault=shop.inbox.last_error if shop.inbox else "",
        sending_fault=shop.house.postman.last_error if shop.house.postman else "",
    )  # fmt: skip


async def _watch_junk(shop: Running) -> None:
    """The spam folder, read beside the inbox with a place of its own."""
    mailbox = shop.house.settings.mailbox
    assert mailbox is not None
    assert mailbox.junk is not None
    assert shop.junk is not None
    folder = mailbox.junk
    await shop.junk.watch(
        partial(shop.handler.cursor, folder), lambda batch, cursor: shop.handler.mails(batch, cursor, folder)
    )


def webhook_secret(store: Store, house: House) -> str:
    """What Telegram must send along with each posted update."""
    return store.vault.index("webhook", house.shop.profile)


def menus() -> tuple[dict[str, dict[str, str]], dict[str, str]]:
    """The command menus: customers' by language, and the staff verbs."""
    customer = {
        language: {name: labels(language)["command"][name] for name in CUSTOMER_COMMANDS}
        for language in LANGUAGES
    }
    return customer, {verb.name: verb.help for verb in VERBS.values()}


async def _set_menus(house: House) -> None:
    telegram, settings = house.telegram, house.settings.telegram
    assert telegram is not None
    assert settings is not None
    customer, staff = menus()
    if house.shop.languages[0] == "fi":
        staff = {verb.name: verb.help_fi for verb in VERBS.values()}
    chats = [*settings.staff, *([settings.staff_chat] if settings.staff_chat is not None else [])]

    async def set_them() -> None:
        await telegram.set_menus(customer, staff, chats)

    await _until_done(set_them)


async def _until_done(step: Callable[[], Coroutine[Any, Any, None]]) -> None:
    pause = 1.0
    while True:
        try:
            await step()
            return
        except TelegramFault as fault:
            log.warning("telegram_not_ready fault=%s", fault.word)
        await asyncio.sleep(pause)
        pause = min(pause * 2, 60.0)


async def _forever(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """A line that ends with a fault of ours is reported, the others go on, and after a pause it starts again."""
    pause = FIRST_PAUSE
    while True:
        began = asyncio.get_running_loop().time()
        try:
            await work()
            return
        except Exception as fault:
            # The fault's own text may hold what was being stored: only its name goes into the log.
            log.error("task_failed fault=%s", type(fault).__name__)
        if asyncio.get_running_loop().time() - began > LONGEST_PAUSE:
            pause = FIRST_PAUSE
        await asyncio.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE)


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    for task in tasks:
        with suppress(asyncio.CancelledError):
            await task


async def serve(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    await Service(settings).run(stop)
