"""One guarded conversation with an IMAP server.

aioimaplib speaks the protocol; here lives the guard around it: every wait ends when an answer comes, when the
connection is lost, or when our own time is up. A conversation that failed once is over. What is fetched when,
and what becomes of it, stands in `inbox`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import ssl
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, TypeVar

from aioimaplib import aioimaplib

from mailers.imap_answers import Found, found_in, mailbox_name, message_set
from mailers.oauth import NoToken, Tokens
from mailers.servers import Server, reason_of

# The library writes whole mails and addresses to its log.
logging.getLogger("aioimaplib.aioimaplib").setLevel(logging.CRITICAL)

#: Seconds for one command's answer; a fetch may take longer while data keeps coming.
COMMAND_SECONDS: Final = 30.0
FETCH_SECONDS: Final = 900.0

_T = TypeVar("_T")
_VALIDITY = re.compile(rb"\bUIDVALIDITY (\d+)", re.IGNORECASE)


class Trouble(Exception):
    """The conversation failed; `reason` is one word without persons or hosts in it."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class _Protocol(aioimaplib.IMAP4ClientProtocol):  # type: ignore[misc]
    """The library's protocol, made quiet, and attentive to new mail wherever it is announced.

    The library hears of new mail in IDLE only, so that a mail announced with the answer to a SEARCH would
    wait for the next one. It also recurses once a line, which a flood of flag changes turns into a crash.
    """

    incomplete_line: bytes
    current_command: Any

    def __init__(self, loop: asyncio.AbstractEventLoop, lost: Callable[[Exception | None], None]) -> None:
        super().__init__(loop, lost)
        self.arrivals = asyncio.Event()
        self._exists = 0

    def data_received(self, data: bytes) -> None:
        try:
            self._handle_responses(self.incomplete_line + data, self._handle_line, self.current_command)
            self.incomplete_line, self.current_command = b"", None
        except aioimaplib.IncompleteRead as rest:
            self.current_command, self.incomplete_line = rest.cmd, rest.data
        except Exception:
            # Not IMAP, or nothing the library understands; its message may hold parts of a mail.
            self.transport.abort()

    async def welcome(self, line: bytes) -> None:
        try:
            await super().welcome(line)
        except Exception:
            self.transport.abort()

    def _handle_responses(self, data: bytes, handle_line: Any, command: Any = None) -> None:
        while data:
            if command is not None and command.wait_literal_data():
                data = command.append_literal_data(data)
                if command.wait_literal_data():
                    raise aioimaplib.IncompleteRead(command)
            line, end, data = data.partition(b"\r\n")
            if not end:
                raise aioimaplib.IncompleteRead(command, line)
            command = handle_line(line, command)
            literal = aioimaplib.literal_data_re.match(line)
            if literal:
                command = command or aioimaplib.Command("NIL", "unused")
                command.begin_literal_data(int(literal["size"]))
            elif command is not None and not command.wait_data():
                command = None
        if self.pending_sync_command is not None:
            self.pending_sync_command.flush()
        if command is not None and command.wait_data():
            raise aioimaplib.IncompleteRead(command)

    def _continuation(self, line: bytes) -> None:
        command = self.pending_sync_command
        if command is not None and command.name == "AUTHENTICATE":
            # The server says why it refuses, and waits for an empty line before it does (SASL XOAUTH2).
            self.transport.write(b"\r\n")
            return
        super()._continuation(line)

    def _untagged_response(self, line: bytes) -> Any:
        number, _, word = line[2:].partition(b" ")
        if word == b"EXISTS" and number.isdigit():
            if int(number) > self._exists:
                self.arrivals.set()
            self._exists = int(number)
        elif word == b"EXPUNGE":
            self._exists -= 1
        return super()._untagged_response(line)


class _Client(aioimaplib.IMAP4):  # type: ignore[misc]
    def create_client(
        self,
        host: str,
        port: int,
        _loop: asyncio.AbstractEventLoop | None,
        conn_lost_cb: Callable[[Exception | None], None],
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        loop = asyncio.get_running_loop()
        self.protocol = _Protocol(loop, conn_lost_cb)
        self._client_task = loop.create_task(
            loop.create_connection(lambda: self.protocol, host, port, ssl=ssl_context)
        )


class Session:
    """A conversation from greeting to goodbye. Every method may raise `Trouble`."""

    def __init__(self, server: Server, tls: ssl.SSLContext | None, seconds: float = COMMAND_SECONDS) -> None:
        self._seconds = seconds
        self._lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._client = _Client(
            server.host, server.port, None, seconds, self._on_lost, tls if server.implicit_tls else None
        )
        self._well = False
        #: Somebody waits for an answer, or stopped waiting for one.
        self._busy = False

    @property
    def arrivals(self) -> asyncio.Event:
        """Set when the server announced new mail; whoever searches clears it first."""
        arrivals: asyncio.Event = self._client.protocol.arrivals
        return arrivals

    async def greet(
        self, login: str, password: str, fallback_login: str = "", tokens: Tokens | None = None
    ) -> None:
        """Wait for the greeting and log in, with a token where the server takes no passwords.

        Without a login the server is expected to know us (PREAUTH) or not to care; should it insist after
        all, `fallback_login` is tried.
        """
        await self._answer(self._client.wait_hello_from_server())
        protocol = self._client.protocol
        if tokens is not None:
            await self._sign_in(login or fallback_login, tokens)
        elif login:
            await self._log_in(login, password)
        elif protocol.state == aioimaplib.NONAUTH:
            # The library would not even ask; a server without logins answers.
            protocol.state = aioimaplib.AUTH
            status = await self._answer(self._client.status("INBOX", "(UIDVALIDITY)"))
            if status.result != "OK":
                protocol.state = aioimaplib.NONAUTH
                await self._log_in(fallback_login, password)
        self._well = True

    async def _log_in(self, login: str, password: str) -> None:
        if not login:
            raise Trouble("login")
        quoted = '"' + login.replace("\\", "\\\\").replace('"', '\\"') + '"'
        try:
            response = await self._answer(self._client.login(quoted, password))
        except ValueError:
            raise Trouble("login") from None
        await self._logged_in(response)

    async def _sign_in(self, login: str, tokens: Tokens) -> None:
        try:
            token = await tokens.current()
        except NoToken as fault:
            raise Trouble(fault.reason) from None
        try:
            response = await self._answer(self._client.xoauth2(login, token))
        except ValueError:
            raise Trouble("login") from None
        if response.result != "OK":
            tokens.forget()
        await self._logged_in(response)

    async def _logged_in(self, response: Any) -> None:
        if response.result != "OK":
            raise Trouble("login")
        # Servers name IDLE only after a login; the library asks before.
        await self._answer(self._client.protocol.capability())

    async def select(self, folder: str = "INBOX") -> int:
        """Open a folder; returns its UIDVALIDITY."""
        response = await self._answer(self._client.select(_quoted(folder)))
        if response.result != "OK":
            raise Trouble("folder")
        found = _VALIDITY.search(b"\n".join(_lines(response)))
        return int(found[1]) if found else 0

    async def append(self, folder: str, raw: bytes) -> None:
        """Put a mail into a folder, marked as read."""
        response = await self._answer(self._client.append(raw, _quoted(folder), flags=r"\Seen"))
        if response.result != "OK":
            raise Trouble("folder")

    async def uids_above(self, last: int) -> list[int]:
        """UIDs above `last`, in order. (A range that ends in `*` always holds the newest, RFC 3501 6.4.8.)"""
        response = await self._answer(self._client.uid_search(f"UID {last + 1}:*", charset=None))
        self._accepted(response)
        words = [
            word for line in _lines(response) if line.replace(b" ", b"").isdigit() for word in line.split()
        ]
        return sorted({uid for uid in map(int, words) if uid > last})

    async def facts(self, uids: Sequence[int]) -> list[Found]:
        """Size and arrival of each mail that is still there."""
        return await self._fetch(uids, "(UID INTERNALDATE RFC822.SIZE)")

    async def mails(self, uids: Sequence[int], first_bytes: int | None = None) -> list[Found]:
        """The mails themselves, or only their first bytes; nothing is marked as seen."""
        part = "BODY.PEEK[]" if first_bytes is None else f"BODY.PEEK[]<0.{first_bytes}>"
        return await self._fetch(uids, f"(UID INTERNALDATE RFC822.SIZE {part})")

    async def _fetch(self, uids: Sequence[int], what: str) -> list[Found]:
        protocol = self._client.protocol
        # This timeout of the library's starts anew with every piece of data.
        fetch = protocol.fetch(message_set(uids), what, by_uid=True, timeout=self._seconds)
        response = await self._answer(fetch, FETCH_SECONDS)
        self._accepted(response)
        wanted = set(uids)
        found = {one.uid: one for one in found_in(response.lines) if one.uid in wanted}
        return [found[uid] for uid in uids if uid in found]

    @property
    def can_idle(self) -> bool:
        """The server pushes new mail (RFC 2177)."""
        return bool(self._client.has_capability("IDLE"))

    async def idle(self, seconds: float) -> None:
        """Wait until mail is announced, at most `seconds`."""
        if self.arrivals.is_set():
            return
        idle: asyncio.Future[Any] = await self._answer(self._client.idle_start(seconds + 60))
        try:
            await self._rest(seconds)
        finally:
            if not idle.done() and not self._lost.done():
                self._client.idle_done()
        await self._answer(idle)

    async def rest(self, seconds: float) -> None:
        """The same for a server that cannot push: wait, then ask."""
        await self._rest(seconds)
        self._accepted(await self._answer(self._client.noop()))

    async def _rest(self, seconds: float) -> None:
        waiting = asyncio.ensure_future(self.arrivals.wait())
        ends: set[asyncio.Future[Any]] = {waiting, self._lost}
        try:
            await asyncio.wait(ends, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
        if self._lost.done():
            raise Trouble("lost")

    async def close(self) -> None:
        """Say goodbye if the server still listens, and let go of the connection in any case."""
        # A command that was given up half-way would keep the goodbye waiting.
        if self._well and not self._busy and not self._lost.done():
            with contextlib.suppress(Trouble, ValueError):
                await self._answer(self._client.logout(), 2.0)
        self._abort()

    async def _answer(self, asked: Awaitable[_T], seconds: float | None = None) -> _T:
        """What comes first: the answer, the loss of the connection, or the end of our patience."""
        task = asyncio.ensure_future(asked)
        self._busy = True
        ends: set[asyncio.Future[Any]] = {task, self._lost}
        try:
            await asyncio.wait(ends, timeout=seconds or self._seconds, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                self._busy = False
                return task.result()
        except aioimaplib.CommandTimeout:
            raise self._over("timeout") from None
        except (aioimaplib.AioImapException, OSError, EOFError) as fault:
            raise self._over(reason_of(fault)) from None
        finally:
            task.cancel()
        raise self._over("lost" if self._lost.done() else "timeout")

    def _accepted(self, response: Any) -> None:
        if response.result != "OK":
            raise Trouble("server")

    def _over(self, reason: str) -> Trouble:
        self._well = False
        self._abort()
        return Trouble(reason)

    def _on_lost(self, _fault: Exception | None) -> None:
        if not self._lost.done():
            self._lost.set_result(None)

    def _abort(self) -> None:
        # What the library still waits for would wait for ever.
        waiter = self._client._idle_waiter
        if waiter is not None:
            waiter.cancel()
        for task in (self._client._client_task, *self._client.tasks, *self._client.protocol.tasks):
            task.cancel()
        transport = self._client.protocol.transport
        if transport is not None:
            transport.abort()


def _lines(response: Any) -> list[bytes]:
    return [bytes(line) for line in response.lines]


def _quoted(folder: str) -> str:
    """A folder's name as an argument of a command."""
    return '"' + mailbox_name(folder).replace("\\", "\\\\").replace('"', '\\"') + '"'
