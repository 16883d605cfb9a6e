"""A consumer for the mailbox watcher: keeps mails and cursor together, as the application's database does."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence

from mailers.inbox import Cursor, Fetched, Inbox


class Reader:
    """Stores what is handed over; can fail on purpose before storing."""

    def __init__(self) -> None:
        self.cursor: Cursor | None = None
        self.mails: list[Fetched] = []
        self.batches: list[int] = []
        #: How many times the next hand-overs fail.
        self.failures = 0

    async def load(self) -> Cursor | None:
        return self.cursor

    async def handle(self, batch: Sequence[Fetched], cursor: Cursor) -> None:
        if self.failures:
            self.failures -= 1
            raise RuntimeError("the database is away")
        await asyncio.sleep(0)
        self.mails += batch
        self.batches.append(len(batch))
        self.cursor = cursor

    @property
    def subjects(self) -> list[str]:
        """Subjects in order of arrival here."""
        return [mail.raw.partition(b"Subject: ")[2].partition(b"\r\n")[0].decode() for mail in self.mails]

    async def until(self, count: int, seconds: float = 20.0) -> None:
        """Wait until so many mails are here."""
        await until(lambda: len(self.mails) >= count, seconds)

    @contextlib.asynccontextmanager
    async def watching(self, inbox: Inbox) -> AsyncIterator[None]:
        """Let the inbox run until the block ends."""
        task = asyncio.create_task(inbox.watch(self.load, self.handle))
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


async def until(true: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(seconds):
        # Many different things are waited for; a tick is short enough for a test.
        while not true():
            await asyncio.sleep(0.01)


def mail(subject: str, body: str = "Poistakaa tietoni (kaikki).", sender: str = "maija@example.com") -> bytes:
    """A small mail."""
    headers = f"From: {sender}\r\nSubject: {subject}\r\nMessage-ID: <{subject}@example.com>\r\n"
    return f"{headers}\r\n{body}\r\n".encode()
