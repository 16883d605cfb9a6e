"""Taking in updates so that none is lost: fetched or posted, committed, and only then acknowledged.

The library's own updater acknowledges a batch before it is handled, which loses updates when the program is
killed. Here whoever handles a batch commits it first; a repeat of what was committed is harmless, for every
update has a key. What the updates say is read in `reading`.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from random import SystemRandom
from typing import Any

from aiohttp import web

from bot.faults import Conflict, TelegramFault, TooFast, Unreachable
from bot.telegram import Telegram

Raw = dict[str, Any]
#: Commits every update of the batch in one transaction before it returns; raises when it could not.
Handle = Callable[[Sequence[Raw]], Awaitable[None]]
WebhookHandler = Callable[[web.Request], Awaitable[web.Response]]

#: Seconds a fetch waits for the first update. Telegram allows 50.
POLL_SECONDS = 50
#: Seconds to wait after a failure: first, and at most; doubled from one to the next.
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
#: After a week without updates Telegram may go on from a lower number (core.telegram.org/bots/api#update),
#: which the old offset would hide; what it acknowledged is long gone by then.
OFFSET_GOOD_FOR = 6 * 86400.0
#: The header that proves a post is Telegram's (core.telegram.org/bots/api#setwebhook).
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 (the header's name)

logger = logging.getLogger(__name__)
_random = SystemRandom()


class Intake:
    """Takes in the updates of one bot, by fetching (`poll`) or by being posted to (`webhook_handler`).

    `ok`, `last_ok` (aware, UTC) and `last_error` (a fixed word, empty while all is well) tell its health;
    `on_success` is called whenever Telegram has answered and what it brought is committed.
    """

    def __init__(
        self,
        telegram: Telegram,
        *,
        on_success: Callable[[], None] | None = None,
        poll_seconds: int = POLL_SECONDS,
        first_pause: float = FIRST_PAUSE,
    ) -> None:
        self._telegram = telegram
        self._on_success = on_success
        self._poll_seconds = poll_seconds
        self._first_pause = first_pause
        self._failures = 0
        self._offset = 0
        self._offset_set = time.monotonic()
        self._posting = asyncio.Lock()
        self.ok = False
        self.last_ok: datetime | None = None
        self.last_error = ""

    async def poll(self, handle: Handle) -> None:
        """Fetch and hand on updates until cancelled; survives every failure of Telegram and of `handle`.

        A batch that `handle` did not commit is fetched again after a pause. Updates come in Telegram's order.
        """
        await self._until_done(self._begin)
        while True:
            await self._until_done(lambda: self._fetch(handle))

    async def watch(self, every: float = 60.0) -> None:
        """Where updates are posted: ask Telegram now and then whether the bot is still known, for health."""
        while True:
            await self._until_done(self._introduce)
            await asyncio.sleep(every)

    def webhook_handler(self, secret_token: str, handle: Handle) -> WebhookHandler:
        """An aiohttp handler for Telegram's posts: 200 only once `handle` has committed the update.

        A post without the right secret is answered with 403 and not looked at; one that is not an update
        with 400; one that could not be committed with 503, so that Telegram posts it again.
        """
        secret = secret_token.encode()

        async def receive(request: web.Request) -> web.Response:
            given = request.headers.get(SECRET_HEADER, "").encode(errors="surrogateescape")
            if not secret or not hmac.compare_digest(given, secret):
                return web.Response(status=403)
            raw = await _update_in(request)
            if raw is None:
                return web.Response(status=400)
            async with self._posting:
                return web.Response(status=200 if await self._take_posted(raw, handle) else 503)

        return receive

    async def _begin(self) -> None:
        await self._telegram.introduce()
        await self._telegram.delete_webhook()
        self._succeeded()

    async def _introduce(self) -> None:
        await self._telegram.introduce()
        self._succeeded()

    async def _fetch(self, handle: Handle) -> None:
        if time.monotonic() - self._offset_set > OFFSET_GOOD_FOR:
            self._offset = 0
        # After an outage the first fetch does not wait, so that health shows at once that it is over.
        seconds = 0 if self.last_error == Unreachable.word else self._poll_seconds
        updates = await self._telegram.get_updates(self._offset, seconds)
        if updates:
            last = max(update["update_id"] for update in updates)
            await self._hand_on(updates, handle)
            self._offset, self._offset_set = last + 1, time.monotonic()
        self._succeeded()

    async def _hand_on(self, updates: Sequence[Raw], handle: Handle) -> None:
        try:
            await handle(updates)
        except Exception as fault:
            # Whatever it was, the batch is not committed, so it must come again.
            raise _NotStored(type(fault).__name__) from fault

    async def _take_posted(self, raw: Raw, handle: Handle) -> bool:
        try:
            await self._hand_on([raw], handle)
        except _NotStored as fault:
            self._failed("not_stored", str(fault))
            return False
        self._succeeded()
        return True

    async def _until_done(self, step: Callable[[], Awaitable[None]]) -> None:
        """Run a step; after a failure pause, longer each time, and run it again until it succeeds."""
        while True:
            asked = 0.0
            try:
                return await step()
            except _NotStored as fault:
                self._failed("not_stored", str(fault))
            except TelegramFault as fault:
                self._failed(fault.word, str(fault))
                if isinstance(fault, Conflict) and "webhook" in str(fault):
                    await self._drop_webhook()
                if isinstance(fault, TooFast):
                    asked = fault.retry_after
            await asyncio.sleep(max(self._pause(), asked))

    async def _drop_webhook(self) -> None:
        """A webhook set meanwhile hinders fetching for good; nobody else will take it away."""
        try:
            await self._telegram.delete_webhook()
        except TelegramFault:
            return

    def _pause(self) -> float:
        longest = min(self._first_pause * 2.0 ** (self._failures - 1), LONGEST_PAUSE)
        # Spread, so that many bots on one server do not all come back at the same moment.
        return _random.uniform(longest / 2, longest)

    def _succeeded(self) -> None:
        self.ok, self.last_ok, self.last_error = True, datetime.now(UTC), ""
        self._failures = 0
        if self._on_success:
            self._on_success()

    def _failed(self, word: str, detail: str) -> None:
        self.ok, self.last_error = False, word
        self._failures = min(self._failures + 1, 10)
        logger.warning("telegram_intake_failed word=%s detail=%s tries=%d", word, detail, self._failures)


class _NotStored(Exception):
    """The batch was handed on and not committed."""


async def _update_in(request: web.Request) -> Raw | None:
    """The update in a post's body; None when there is none."""
    try:
        raw = await request.json()
    except ValueError:
        return None
    if not isinstance(raw, dict) or not isinstance(raw.get("update_id"), int):
        return None
    return raw
