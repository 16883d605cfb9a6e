"""Handing finished mails to the shop's SMTP server over a few kept connections.

Here lives the wire only: which letter goes, when it is tried again and when it is given up are the caller's.
Answers of the server are reduced to their number, for their text may hold addresses.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final

import aiosmtplib
from aiosmtplib import SMTP

from cases.addresses import normalise_email
from mailers.headers import domain_of, is_writable
from mailers.oauth import REMEDIES as TOKEN_REMEDIES
from mailers.oauth import NoToken, Tokens
from mailers.servers import Server, reason_of, server_of, tls_context

#: A kept connection that rested longer is asked whether it still lives before a letter is trusted to it.
CHECK_AFTER_SECONDS: Final = 2.0
#: The server closes the connection with this answer (RFC 5321 section 3.8).
CLOSING: Final = 421
#: What we answer ourselves when an address cannot be put on the wire at all (RFC 5321, RFC 6531).
BAD_ADDRESS: Final = 553

#: reason -> what to do, for `pyynto check`. The words also stand in logs and in health.
REMEDIES: Final = {
    "name": "the mail server's name is not known: check the host in the smtp address",
    "refused": "nothing listens at the smtp address: check host and port",
    "timeout": "the mail server does not answer in time: check host, port and firewall",
    "certificate": "the mail server's certificate is not trusted: check the host name, or set ca_file",
    "tls": "TLS with the mail server failed: smtps:// is for port 465, smtp:// for port 587",
    "no_starttls": "the mail server offers no STARTTLS: use smtps://, or another port",
    "login": "the mail server refuses the login: check the user in the smtp address and the password",
    "later": "the mail server cannot check logins just now: try again in a while",
    "greeting": "the mail server refuses to talk to this machine",
    "lost": "the mail server closed the connection",
    **TOKEN_REMEDIES,
}


class NotSent(Exception):
    """A letter was not accepted."""


class Refused(NotSent):
    """The server refused this letter; `permanent` says that trying again is of no use."""

    def __init__(self, permanent: bool, code: int) -> None:
        self.permanent = permanent
        #: SMTP reply code, for example 550.
        self.code = code
        super().__init__(f"refused with {code}")


class Unreachable(NotSent):
    """No server to speak to just now; the letter itself may be fine. `reason` is a key of `REMEDIES`."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"unreachable: {reason}")


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A finished mail with its envelope."""

    #: Where a bounce goes. Empty: nowhere (RFC 5321 section 4.5.5).
    envelope_from: str = field(repr=False)
    to: str = field(repr=False)
    message: bytes = field(repr=False)


@dataclass(slots=True)
class _Kept:
    client: SMTP
    since: float


class Postman:
    """Keeps up to `connections` open to one server; a connection resting `idle_seconds` is closed."""

    def __init__(
        self,
        url: str,
        password: str = "",
        *,
        tokens: Tokens | None = None,
        login: str = "",
        ca_file: str | Path | None = None,
        connections: int = 4,
        idle_seconds: float = 20.0,
        timeout: float = 30.0,
        starttls: bool | None = None,
    ) -> None:
        """`tokens` are signed in with instead of a password, as `login` where the address names no user.

        `starttls` None: required except on loopback. Raises `servers.BadServer` for a bad address."""
        self._server: Server = server_of(url, ("smtp", "smtps"))
        self._password, self._tokens = password, tokens
        self._login = self._server.login or (login if tokens is not None else "")
        self._starttls = not self._server.implicit_tls and (
            not self._server.loopback if starttls is None else starttls
        )
        needs_tls = self._starttls or self._server.implicit_tls
        self._tls = tls_context(ca_file) if needs_tls else None
        self._idle_seconds, self._timeout = idle_seconds, timeout
        self._slots = asyncio.Semaphore(connections)
        self._rest: list[_Kept] = []
        self._sweeper: asyncio.TimerHandle | None = None
        self._farewells: set[asyncio.Task[None]] = set()
        self._closed = False
        #: Why no server could be spoken to at the last try, one word; empty when one could.
        self.last_error = ""

    async def __aenter__(self) -> Postman:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def send(self, envelope_from: str, to: str, message: bytes) -> None:
        """Returns when the server has taken the letter over. Raises `Refused` or `Unreachable`.

        A kept connection that turns out dead is replaced once. Should it die between the last byte and the
        server's answer, the letter may arrive twice, with the same Message-ID.
        """
        letter = Outgoing(envelope_from, normalise_email(to), message)
        if not is_writable(letter.to) or not (envelope_from == "" or is_writable(envelope_from)):
            raise _refused(BAD_ADDRESS)
        async with self._slots:
            while True:
                client, kept = await self._reached(domain_of(envelope_from))
                try:
                    await self._hand_over(client, letter)
                except Refused as refusal:
                    self._put_back(client)
                    if not (kept and refusal.code == CLOSING):
                        raise
                except Unreachable as fault:
                    client.close()
                    if not kept:
                        self.last_error = fault.reason
                        raise
                except BaseException:
                    client.close()
                    raise
                else:
                    self._put_back(client)
                    return

    async def send_many(self, letters: Iterable[Outgoing]) -> list[NotSent | None]:
        """Send a run of letters over all connections at once; one outcome each, in order, None when sent."""

        async def outcome(letter: Outgoing) -> NotSent | None:
            try:
                await self.send(letter.envelope_from, letter.to, letter.message)
            except NotSent as fault:
                return fault
            return None

        return list(await asyncio.gather(*map(outcome, letters)))

    async def probe(self, domain: str = "") -> str | None:
        """Connect and log in, send nothing: None when all is well, else a sentence saying what to do."""
        try:
            client = await self._connected(domain)
        except Unreachable as fault:
            return REMEDIES[fault.reason]
        await self._farewell(client)
        return None

    async def aclose(self) -> None:
        """Say goodbye on every kept connection."""
        self._closed = True
        if self._sweeper is not None:
            self._sweeper.cancel()
        rest, self._rest = self._rest, []
        await asyncio.gather(*(self._farewell(kept.client) for kept in rest), *self._farewells)

    async def _reached(self, domain: str) -> tuple[SMTP, bool]:
        try:
            found = await self._take(domain)
        except Unreachable as fault:
            self.last_error = fault.reason
            raise
        self.last_error = ""
        return found

    async def _take(self, domain: str) -> tuple[SMTP, bool]:
        """A connection, and whether it was kept from before."""
        while self._rest:
            kept = self._rest.pop()
            if not kept.client.is_connected:
                kept.client.close()
                continue
            if asyncio.get_running_loop().time() - kept.since < CHECK_AFTER_SECONDS:
                return kept.client, True
            try:
                await kept.client.noop(timeout=min(5.0, self._timeout))
            except BaseException as fault:
                kept.client.close()
                if not isinstance(fault, (aiosmtplib.SMTPException, OSError)):
                    raise
            else:
                return kept.client, True
        return await self._connected(domain), False

    def _put_back(self, client: SMTP) -> None:
        if self._closed or not client.is_connected:
            client.close()
            return
        loop = asyncio.get_running_loop()
        self._rest.append(_Kept(client, loop.time()))
        if self._sweeper is None:
            self._sweeper = loop.call_later(self._idle_seconds, self._sweep)

    def _sweep(self) -> None:
        loop = asyncio.get_running_loop()
        self._sweeper = None
        tired = [kept for kept in self._rest if loop.time() - kept.since >= self._idle_seconds * 0.99]
        self._rest = [kept for kept in self._rest if kept not in tired]
        for kept in tired:
            task = loop.create_task(self._farewell(kept.client))
            self._farewells.add(task)
            task.add_done_callback(self._farewells.discard)
        if self._rest:
            wait = self._rest[0].since + self._idle_seconds - loop.time()
            self._sweeper = loop.call_later(max(wait, 0.1), self._sweep)

    @staticmethod
    async def _farewell(client: SMTP) -> None:
        with contextlib.suppress(aiosmtplib.SMTPException, OSError):
            await client.quit(timeout=2.0)
        client.close()

    async def _connected(self, domain: str) -> SMTP:
        """A new connection, encrypted and logged in as the settings want. Raises `Unreachable`."""
        server = self._server
        client = SMTP(
            hostname=server.host,
            port=server.port,
            local_hostname=domain if domain and domain.isascii() else "localhost",
            timeout=self._timeout,
            use_tls=server.implicit_tls,
            start_tls=False,
            tls_context=self._tls,
        )
        try:
            await client.connect()
            if self._starttls:
                await self._encrypt(client)
            if self._login:
                await self._log_in(client)
        except (aiosmtplib.SMTPException, OSError) as fault:
            client.close()
            raise Unreachable(_reason(fault)) from None
        except BaseException:
            client.close()
            raise
        return client

    async def _encrypt(self, client: SMTP) -> None:
        await client.ehlo()
        if not client.supports_extension("starttls"):
            raise Unreachable("no_starttls")
        try:
            await client.starttls(tls_context=self._tls)
        except aiosmtplib.SMTPResponseException:
            raise Unreachable("no_starttls") from None

    async def _log_in(self, client: SMTP) -> None:
        try:
            if self._tokens is None:
                await client.login(self._login, self._password)
            else:
                await client.auth_xoauth2(self._login, await self._tokens.current())
        except NoToken as fault:
            raise Unreachable(fault.reason) from None
        except (aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPTimeoutError):
            raise
        except aiosmtplib.SMTPAuthenticationError as fault:
            # RFC 4954 section 6: a 4xx says nothing about the password.
            if self._tokens is not None:
                self._tokens.forget()
            raise Unreachable("login" if fault.code >= 500 else "later") from None
        except aiosmtplib.SMTPException:
            raise Unreachable("login") from None

    async def _hand_over(self, client: SMTP, letter: Outgoing) -> None:
        options = [] if (letter.to + letter.envelope_from).isascii() else ["SMTPUTF8", "BODY=8BITMIME"]
        try:
            await client.sendmail(letter.envelope_from, letter.to, letter.message, mail_options=options)
        except aiosmtplib.SMTPRecipientsRefused as fault:
            raise _refused(fault.recipients[0].code) from None
        except aiosmtplib.SMTPConnectError as fault:
            raise Unreachable(_reason(fault)) from None
        except aiosmtplib.SMTPResponseException as fault:
            raise _refused(fault.code) from None
        except (aiosmtplib.SMTPNotSupported, ValueError):
            raise _refused(BAD_ADDRESS) from None
        except (aiosmtplib.SMTPException, OSError) as fault:
            raise Unreachable(_reason(fault)) from None


def _refused(code: int) -> Refused:
    return Refused(500 <= code < 600, code)


def _reason(fault: BaseException) -> str:
    return reason_of(fault, _GREETINGS)


_GREETINGS: Final[tuple[tuple[type[BaseException], str], ...]] = (
    (aiosmtplib.SMTPConnectResponseError, "greeting"),
    (aiosmtplib.SMTPHeloError, "greeting"),
)
