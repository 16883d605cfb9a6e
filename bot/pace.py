"""When the next message may go: Telegram's limits, kept per chat and in all.

The limits are Telegram's own advice (core.telegram.org/bots/faq, "My bot is hitting limits"): one message a
second in a chat, 20 a minute in a group, about 30 a second in all. The library's rate limiter does not fit:
it paces no private chat, and one chat's "too many requests" halts every other chat with it.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from bot.faults import TooFast

#: (messages, seconds): at most so many in any stretch of so long.
PRIVATE = ((1, 1.0),)
GROUP = ((1, 1.0), (20, 60.0))
#: Above so many remembered chats, those that are at rest are forgotten.
REMEMBERED = 1000


class Window:
    """At most `count` messages in any `seconds`."""

    def __init__(self, count: int, seconds: float) -> None:
        self._seconds = seconds
        self._sent: deque[float] = deque(maxlen=count)

    def free_at(self, now: float) -> float:
        """The earliest moment, from `now` on, at which one more fits."""
        full = len(self._sent) == self._sent.maxlen
        return max(now, self._sent[0] + self._seconds) if full else now

    def take(self, at: float) -> None:
        """One more goes at this moment."""
        self._sent.append(at)


class _Chat:
    """What is remembered of one chat."""

    def __init__(self, limits: tuple[tuple[int, float], ...]) -> None:
        self.line = asyncio.Lock()
        self.windows = [Window(count, seconds) for count, seconds in limits]
        self.paused_until = 0.0

    def free_at(self, now: float) -> float:
        return max(self.paused_until, *(window.free_at(now) for window in self.windows))


class Pace:
    """Hands out turns to send. Messages to one chat go one after the other, chats do not wait for each other.

    `per_second` is the limit over all chats; 0 means no limits at all, for a local server. What Telegram
    itself forbids for a while (`pause`) is always kept.
    """

    def __init__(
        self,
        per_second: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._clock, self._sleep = clock, sleep
        self._all = _overall(per_second) if per_second > 0 else None
        self._chats: dict[int, _Chat] = {}

    def ready_in(self, chat_id: int) -> float:
        """Seconds until this chat may get its next message; 0.0: now."""
        now = self._clock()
        chat = self._chats.get(chat_id)
        return max(chat.free_at(now) - now, 0.0) if chat else 0.0

    def pause(self, chat_id: int, seconds: float) -> None:
        """Telegram said to leave this chat alone for so many seconds."""
        self._chat(chat_id).paused_until = self._clock() + seconds

    @asynccontextmanager
    async def turn(self, chat_id: int) -> AsyncIterator[None]:
        """Wait until a message may go to this chat, and send it inside the block.

        Raises:
            TooFast: the chat is paused; nothing may be sent, and nobody is kept waiting for it.
        """
        if self._all is None and chat_id not in self._chats:
            yield
            return
        chat = self._chat(chat_id)
        async with chat.line:
            if (left := chat.paused_until - self._clock()) > 0:
                raise TooFast(left)
            if self._all is None:
                yield
                return
            await self._until(chat.free_at(self._clock()))
            await self._overall_turn(self._all)
            try:
                yield
            finally:
                # Counted from the answer on, so that the pause at Telegram's end is never the shorter one.
                for window in chat.windows:
                    window.take(self._clock())

    async def _overall_turn(self, window: Window) -> None:
        at = window.free_at(self._clock())
        window.take(at)
        await self._until(at)

    async def _until(self, moment: float) -> None:
        if (wait := moment - self._clock()) > 0:
            await self._sleep(wait)

    def _chat(self, chat_id: int) -> _Chat:
        if chat_id not in self._chats:
            self._forget_idle()
            # Telegram gives groups and channels negative ids.
            self._chats[chat_id] = _Chat(GROUP if chat_id < 0 else PRIVATE)
        return self._chats[chat_id]

    def _forget_idle(self) -> None:
        if len(self._chats) < REMEMBERED:
            return
        now = self._clock()
        at_rest = [
            i for i, chat in self._chats.items() if not chat.line.locked() and chat.free_at(now) <= now
        ]
        for chat_id in at_rest:
            del self._chats[chat_id]


def _overall(per_second: float) -> Window:
    return Window(int(per_second), 1.0) if per_second >= 1 else Window(1, 1 / per_second)
