"""The watcher of one mailbox: every mail there is handed over, whatever happens to the connection.

Here lives when to search, what to fetch together and when to try again. How far it has come is the caller's
to store, together with what the mails caused; nothing is kept in flags, and no mail is ever marked as seen.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cases.correspondence import LARGEST_MAIL
from mailers.imap import COMMAND_SECONDS, Session, Trouble
from mailers.imap_answers import Found
from mailers.oauth import REMEDIES as TOKEN_REMEDIES
from mailers.oauth import Tokens
from mailers.servers import Server, server_of, tls_context

_log = logging.getLogger(__name__)

#: IDLE is left at the latest after this (RFC 2177 asks for less than 29 minutes).
MAX_IDLE_SECONDS: Final = 24 * 60.0
#: IDLE is left so often unless told otherwise.
IDLE_SECONDS: Final = 150.0
#: Back-off after a failure: doubled from the first to the last, in seconds.
FIRST_WAIT: Final = 1.0
LAST_WAIT: Final = 60.0
#: Mails fetched in one go: at most so many, and at most so many bytes.
BATCH: Final = 50
BATCH_BYTES: Final = 8_000_000
#: UIDs whose sizes are asked for in one go.
FACTS: Final = 500
#: Bytes fetched of a mail that is larger than the limit: headers, and the letter before its files.
FIRST_BYTES: Final = 1_000_000
#: After so many failed tries a mail that cannot be fetched is handed over empty, to be set aside.
MAX_STUMBLES: Final = 5

#: reason -> what to do, for `pyynto check`. The words also stand in logs and in health.
REMEDIES: Final = {
    "name": "the mail server's name is not known: check the host in the imap address",
    "refused": "nothing listens at the imap address: check host and port",
    "timeout": "the mail server does not answer in time: check host, port and firewall",
    "certificate": "the mail server's certificate is not trusted: check the host name, or set ca_file",
    "tls": "TLS with the mail server failed: imaps:// is for port 993",
    "login": "the mail server refuses the login: check the user in the imap address and the password",
    "folder": "the login works, but the folder cannot be opened: check its name",
    "server": "the mail server refuses to search the mailbox: ask its provider",
    "lost": "the mail server closed the connection: check that IMAP is enabled for this mailbox",
    **TOKEN_REMEDIES,
}


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a mailbox has been read: UIDs count within one UIDVALIDITY only (RFC 3501 section 2.3.1.1)."""

    uidvalidity: int
    last_uid: int


@dataclass(frozen=True, slots=True)
class Fetched:
    """One mail as it came from the server."""

    uid: int
    uidvalidity: int
    #: When the server received it, in UTC.
    internal_date: datetime
    #: Empty when the server could not give the mail even after several tries.
    raw: bytes = field(repr=False)
    #: Only the beginning was fetched, because the mail is too large or the server failed.
    truncated: bool = False


Load = Callable[[], Awaitable[Cursor | None]]
Handle = Callable[[Sequence[Fetched], Cursor], Awaitable[None]]


class Inbox:
    """Watches one folder. Build it once; `watch` runs until it is cancelled."""

    def __init__(
        self,
        url: str,
        password: str = "",
        *,
        tokens: Tokens | None = None,
        ca_file: str | Path | None = None,
        address: str = "",
        folder: str = "INBOX",
        idle_seconds: float = IDLE_SECONDS,
        poll_seconds: float = 20.0,
        timeout: float = COMMAND_SECONDS,
        max_bytes: int = LARGEST_MAIL,
        first_wait: float = FIRST_WAIT,
        on_success: Callable[[], None] | None = None,
    ) -> None:
        """`address` is the login for a server that wants one although the URL names none.

        IDLE is left every `idle_seconds`, which also proves that the connection lives; a server without IDLE
        is asked every `poll_seconds`. Raises `servers.BadServer` for an address that cannot be used.
        """
        self._server: Server = server_of(url, ("imap", "imaps"))
        self._tls = tls_context(ca_file) if self._server.implicit_tls else None
        self._password, self._address, self._folder = password, address, folder
        self._tokens = tokens
        self._idle_seconds = min(idle_seconds, MAX_IDLE_SECONDS)
        self._poll_seconds, self._timeout, self._max_bytes = poll_seconds, timeout, max_bytes
        self._first_wait = self._wait = first_wait
        self._on_success = on_success
        #: (UIDVALIDITY, uid) -> how often fetching it failed.
        self._stumbles: dict[tuple[int, int], int] = {}
        self._validity = 0
        #: The last contact that worked, in UTC; None before the first.
        self.last_ok: datetime | None = None
        #: The same by a clock nobody sets: the last contact, or when watching began.
        self._worked_at = time.monotonic()
        #: The last try worked.
        self.ok = False
        #: Why the last try failed, one word; empty when it did not.
        self.last_error = ""

    @property
    def silent_for(self) -> timedelta:
        """How long nothing could be fetched."""
        return timedelta(seconds=time.monotonic() - self._worked_at)

    async def watch(self, load: Load, handle: Handle) -> None:
        """Hand every mail over, in order, until cancelled.

        `load` gives the stored cursor. `handle` takes a batch and the cursor behind it, and stores both what
        the mails cause and the cursor in one transaction; when it raises, the same mails come again after a
        pause. Without a cursor, or when UIDVALIDITY has changed, everything in the folder comes: the caller
        knows by its keys what it has seen.
        """
        while True:
            try:
                await self._visit(load, handle)
            except Trouble as trouble:
                self._failed(trouble.reason)
            except Exception as fault:
                # The handler's or the store's own fault; its text may hold a person's words.
                _log.error("mail_batch_failed fault=%s", type(fault).__name__)
                self._failed("handler")
            await asyncio.sleep(self._wait * random.uniform(0.5, 1.0))  # noqa: S311
            self._wait = min(self._wait * 2, LAST_WAIT)

    async def probe(self) -> str | None:
        """Connect, log in and open the folder: None when all is well, else a sentence saying what to do."""
        try:
            session = await self._session()
            try:
                await session.uids_above((1 << 32) - 2)
            finally:
                await session.close()
        except Trouble as trouble:
            return REMEDIES.get(trouble.reason, REMEDIES["lost"])
        return None

    async def _session(self) -> Session:
        session = Session(self._server, self._tls, self._timeout)
        try:
            fallback = self._address if self._server.loopback or self._tokens is not None else ""
            await session.greet(self._server.login, self._password, fallback, self._tokens)
            self._validity = await session.select(self._folder)
        except BaseException:
            await session.close()
            raise
        return session

    async def _visit(self, load: Load, handle: Handle) -> None:
        """One connection, from login until it fails."""
        session = await self._session()
        try:
            cursor = await load()
            if cursor is None or cursor.uidvalidity != self._validity:
                cursor = Cursor(self._validity, 0)
            while True:
                cursor = await self._drain(session, cursor, handle)
                self._succeeded()
                if session.can_idle:
                    await session.idle(self._idle_seconds)
                else:
                    await session.rest(self._poll_seconds)
        finally:
            await session.close()

    async def _drain(self, session: Session, cursor: Cursor, handle: Handle) -> Cursor:
        """Hand over what lies above the cursor; returns the cursor behind it."""
        session.arrivals.clear()
        uids = await session.uids_above(cursor.last_uid)
        for start in range(0, len(uids), FACTS):
            facts = await session.facts(uids[start : start + FACTS])
            for batch in self._batches(facts):
                mails = await self._fetched(session, batch)
                cursor = Cursor(self._validity, batch[-1].uid)
                if mails:
                    await handle(mails, cursor)
                for one in batch:
                    self._stumbles.pop((self._validity, one.uid), None)
                self._succeeded()
        return cursor

    def _batches(self, facts: Sequence[Found]) -> Iterator[list[Found]]:
        """Small mails together; one that is large, or made trouble before, alone."""
        batch: list[Found] = []
        size = 0
        for one in facts:
            alone = one.size > self._max_bytes or (self._validity, one.uid) in self._stumbles
            if batch and (alone or len(batch) == BATCH or size + one.size > BATCH_BYTES):
                yield batch
                batch, size = [], 0
            batch.append(one)
            size += one.size
            if alone:
                yield batch
                batch, size = [], 0
        if batch:
            yield batch

    async def _fetched(self, session: Session, batch: Sequence[Found]) -> list[Fetched]:
        first = batch[0]
        if self._stumbles.get((self._validity, first.uid), 0) >= MAX_STUMBLES:
            _log.error("mail_unfetchable uid=%d", first.uid)
            return [Fetched(first.uid, self._validity, first.internal_date, b"", truncated=True)]
        cut = first.size > self._max_bytes
        try:
            found = await session.mails([one.uid for one in batch], FIRST_BYTES if cut else None)
            given = {one.uid for one in found if one.raw is not None}
            left_out = [one.uid for one in batch if one.uid not in given]
            # Deleted meanwhile is one thing; still there and not given is another.
            if left_out and await session.facts(left_out):
                raise Trouble("server")
        except Trouble:
            for one in batch:
                known = (self._validity, one.uid)
                self._stumbles[known] = self._stumbles.get(known, 0) + 1
            raise
        return [
            Fetched(one.uid, self._validity, one.internal_date, one.raw, truncated=cut)
            for one in found
            if one.raw is not None
        ]

    def _succeeded(self) -> None:
        if not self.ok:
            _log.info("mailbox_reached")
        self.ok, self.last_ok, self.last_error = True, datetime.now(UTC), ""
        self._worked_at = time.monotonic()
        self._wait = self._first_wait
        if self._on_success is not None:
            self._on_success()

    def _failed(self, reason: str) -> None:
        if self.last_error != reason:
            _log.warning("mailbox_lost reason=%s", reason)
        self.ok, self.last_error = False, reason
        # Trying a wrong password every few seconds gets accounts locked.
        if reason == "login":
            self._wait = max(self._wait, LAST_WAIT / 2)
