"""The mail server as tests and the demo hold it: start, stop, put in, look, and let things go wrong."""

# A `timeout` here says how patient a test is; the caller has no task to cancel.
# ruff: noqa: ASYNC109

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP

from sandbox.mail._bounce import report
from sandbox.mail._imap import Boxes, Kept
from sandbox.mail._smtp import Postbox, Sent, delay, hang_up, refusal

#: Bytes of the largest mail taken; what larger providers take, too.
_SIZE_LIMIT = 60_000_000


class MailServer:
    """SMTP and IMAP over the same mailboxes.

    Each address is an IMAP account: the login is the address, the password any, or the one given to `serve`.
    """

    def __init__(
        self,
        addresses: Sequence[str],
        *,
        host: str = "127.0.0.1",
        password: str | None = None,
        refuse_unknown: bool = False,
        preauth: str | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.host = host
        self.imap_port = 0
        self.smtp_port = 0
        #: Addresses that take mail and send a delivery report a moment later.
        self.bouncing: set[str] = set()
        self._boxes = Boxes(addresses, password, preauth)
        self._postbox = Postbox(self._accept, self._store, password)
        self._refuse_unknown = refuse_unknown
        self._tls = tls
        self._servers: list[asyncio.Server] = []
        self._changed = asyncio.Event()

    @classmethod
    @asynccontextmanager
    async def serve(
        cls,
        addresses: Sequence[str],
        *,
        host: str = "127.0.0.1",
        imap_port: int = 0,
        smtp_port: int = 0,
        password: str | None = None,
        refuse_unknown: bool = False,
        preauth: str | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> AsyncIterator[MailServer]:
        """Serve until the block ends. Port 0 takes a free one.

        Args:
            addresses: the mailboxes there are.
            host: where to listen.
            imap_port: for IMAP.
            smtp_port: for SMTP.
            password: what IMAP and SMTP logins must give; None takes any.
            refuse_unknown: answer 550 to an unknown address in a domain that has mailboxes; else such mail,
                like all mail to other domains, is taken and stays in `outbound`.
            preauth: this mailbox needs no login: IMAP greets with PREAUTH and opens it.
            tls: a server context; IMAP is then TLS from the first byte, and SMTP offers STARTTLS.
        """
        mail = cls(
            addresses,
            host=host,
            password=password,
            refuse_unknown=refuse_unknown,
            preauth=preauth,
            tls=tls,
        )
        mail.imap_port, mail.smtp_port = imap_port, smtp_port
        await mail.up()
        try:
            yield mail
        finally:
            await mail.down()

    # Looking.

    @property
    def outbound(self) -> list[Sent]:
        """Every mail handed in by SMTP, oldest first, whoever it was for."""
        return self._postbox.outbound

    @property
    def readers(self) -> int:
        """How many IMAP connections are open."""
        return self._boxes.readers

    def sent_to(self, address: str) -> list[Sent]:
        """Every mail handed in for this address, oldest first."""
        wanted = address.lower()
        return [sent for sent in self.outbound if wanted in map(str.lower, sent.rcpt_tos)]

    async def wait_for(self, to: str, count: int = 1, timeout: float = 10.0) -> list[EmailMessage]:
        """The mails handed in for `to`, once there are at least `count`.

        Raises:
            TimeoutError: there were fewer after `timeout` seconds.
        """
        end = time.monotonic() + timeout
        while len(found := self.sent_to(to)) < count:
            changed, left = self._changed, end - time.monotonic()
            try:
                await asyncio.wait_for(changed.wait(), max(left, 0.0))
            except TimeoutError:
                raise TimeoutError(f"{len(found)} of {count} mails came within {timeout} s") from None
        return [sent.message for sent in found]

    async def inbox(self, address: str, folder: str = "INBOX") -> list[Kept]:
        """What lies in a mailbox, oldest first."""
        return await self._boxes.list(address, folder)

    # Putting in.

    def add(self, address: str) -> None:
        """Open one more mailbox."""
        self._boxes.add(address)

    async def deliver(
        self, content: bytes, to: str, *, internal_date: datetime | None = None, folder: str = "INBOX"
    ) -> int:
        """Put a mail into a mailbox without SMTP; returns its UID. `internal_date` backdates its arrival."""
        return await self._boxes.append(to, content, internal_date, folder)

    async def bounce(self, sent: Sent, address: str, status: str = "5.1.1") -> None:
        """Send a delivery report on one recipient of a mail to its envelope sender, if it has a mailbox."""
        if sent.mail_from in self._boxes:
            await self.deliver(report(sent, address, status), sent.mail_from)

    async def renumber(self, address: str) -> None:
        """Give an INBOX a new UIDVALIDITY; readers must reconnect to see it."""
        await self._boxes.renumber(address)

    # Letting things go wrong.

    def refuse_next(
        self, code: int = 451, times: int = 1, *, at: str = "rcpt", to: str = "", text: str = ""
    ) -> None:
        """Refuse with this reply, at "mail", "rcpt" or "data"; `to` limits it to one address."""
        self._postbox.plan(refusal(code, times, at, to, text))

    def cut_next(self, times: int = 1, *, after: bool = False) -> None:
        """Hang up on the next mails; with `after`, they are kept all the same and only the 250 is lost."""
        self._postbox.plan(hang_up(times, after=after))

    def slow_next(self, seconds: float, times: int = 1) -> None:
        """Let the next mails wait before they are taken."""
        self._postbox.plan(delay(seconds, times))

    def drop_connections(self) -> None:
        """Cut every IMAP and SMTP connection that is open now."""
        self._boxes.cut()
        self._postbox.cut()

    def freeze(self, *, frozen: bool = True) -> None:
        """Keep IMAP connections open but hear nothing from them, as behind a dead router; or thaw them."""
        self._boxes.freeze(frozen=frozen)

    async def down(self) -> None:
        """Stop listening and cut every connection, as in an outage; mail is kept."""
        for server in self._servers:
            server.close()
        self.drop_connections()
        self._servers.clear()
        # One turn of the loop lets the cut conversations end.
        await asyncio.sleep(0)

    async def up(self) -> None:
        """Listen, on the same ports as before."""
        loop = asyncio.get_running_loop()
        imap = await asyncio.start_server(self._boxes.talk, self.host, self.imap_port, ssl=self._tls)
        smtp = await loop.create_server(self._protocol, self.host, self.smtp_port)
        self._servers = [imap, smtp]
        self.imap_port = imap.sockets[0].getsockname()[1]
        self.smtp_port = smtp.sockets[0].getsockname()[1]

    def _protocol(self) -> SMTP:
        return SMTP(
            self._postbox,
            enable_SMTPUTF8=True,
            data_size_limit=_SIZE_LIMIT,
            hostname="localhost",
            ident="Pyyntö sandbox",
            tls_context=self._tls,
            auth_require_tls=self._tls is not None,
            authenticator=self._postbox.authenticate,
            loop=asyncio.get_running_loop(),
        )

    def _accept(self, address: str) -> bool:
        local = address.rpartition("@")[2].lower() in self._boxes.domains
        return address in self._boxes or not (self._refuse_unknown and local)

    async def _store(self, sent: Sent) -> None:
        for address in sent.rcpt_tos:
            if address.lower() in self.bouncing:
                await self.bounce(sent, address)
            elif address in self._boxes:
                await self.deliver(sent.content, address)
        self._changed.set()
        self._changed = asyncio.Event()
