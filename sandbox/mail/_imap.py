"""The mailboxes: pymap's in-memory backend, with an account for each address.

Only what pymap leaves open is here: who may log in, and putting mail in from the same event loop, which is
what makes IDLE push at once. How mail gets here lives in `_smtp`.
"""

from __future__ import annotations

import asyncio
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser

from proxyprotocol.result import ProxyResultLocal
from proxyprotocol.sock import SocketInfo
from pymap.backend.dict import Config, Identity, Login
from pymap.backend.dict.filter import FilterSet
from pymap.backend.dict.mailbox import MailboxData, MailboxSet
from pymap.concurrent import Event
from pymap.exceptions import InvalidAuth
from pymap.imap import IMAPServer
from pymap.interfaces.login import IdentityInterface
from pymap.parsing.message import AppendMessage
from pymap.parsing.specials.fetchattr import FetchRequirement
from pymap.parsing.specials.flag import Flag
from pymap.selected import SelectedMailbox
from pymap.user import UserMetadata
from pysasl.creds.plain import PlainCredentials
from pysasl.creds.server import ServerCredentials
from pysasl.hashing import Cleartext


@dataclass(frozen=True, slots=True)
class Kept:
    """One mail as it lies in a mailbox."""

    uid: int
    #: The server's INTERNALDATE, aware.
    internal_date: datetime
    content: bytes = field(repr=False)

    @property
    def message(self) -> EmailMessage:
        """The mail, parsed."""
        return parse(self.content)


async def _tell_at_once(
    self: MailboxData, selected: SelectedMailbox, *, wait_on: Event | None = None
) -> SelectedMailbox:
    """What changed since the reader's last command, or the next change.

    pymap waits for the next change in any case, so a mail that came just before IDLE would lie there unannounced.
    """
    seen = selected.mod_sequence
    behind = seen is not None and seen < self._mod_sequences.highest
    return await _wait_for_change(self, selected, wait_on=None if behind else wait_on)


_wait_for_change = MailboxData.update_selected
MailboxData.update_selected = _tell_at_once  # type: ignore[method-assign]


def parse(content: bytes) -> EmailMessage:
    """A mail as the standard library's modern policy reads it."""
    return BytesParser(policy=policy.default).parsebytes(content)


class _Accounts(Login):
    """Who may log in: every address, with its password, or with any when none is set."""

    def __init__(self, config: Config, password: str | None) -> None:
        super().__init__(config)
        self._password = password

    async def authenticate(self, credentials: ServerCredentials) -> Identity:
        name = credentials.authcid.lower()
        account = self.users_dict.get(name)
        if account is None or (self._password is not None and not credentials.verify(account)):
            raise InvalidAuth()
        return Identity(name, self, None, frozenset())

    async def authorize(self, authenticated: IdentityInterface, authzid: str) -> Identity:
        return await super().authorize(authenticated, authzid.lower())


class _Settings(Config):
    @property
    def initial_capability(self) -> Sequence[bytes]:
        # pymap names these only after a login; with PREAUTH there is none.
        extra = self.login_capability if self.preauth_credentials else ()
        return [*super().initial_capability, *extra]


class Boxes:
    """All mailboxes, and the IMAP conversations with their readers."""

    def __init__(self, addresses: Sequence[str], password: str | None, preauth: str | None) -> None:
        first = (preauth or addresses[0]).lower()
        self._config = _Settings(
            Namespace(passlib_cfg=None, proxy_protocol=None),
            host="127.0.0.1",
            port=0,
            demo_data=False,
            demo_user=first,
            demo_password="",
            tls_enabled=False,
            hash_context=Cleartext(),
            invalid_user_sleep=0.0,
            preauth_credentials=PlainCredentials(first, password or "") if preauth else None,
        )
        self._config.apply_context()
        self._accounts = _Accounts(self._config, password)
        self._password = password
        self._imap = IMAPServer(self._accounts, self._config)
        self._talks: dict[asyncio.StreamWriter, asyncio.Task[None] | None] = {}
        self._frozen = False
        for address in addresses:
            self.add(address)

    def __contains__(self, address: str) -> bool:
        return address.lower() in self._accounts.users_dict

    def add(self, address: str) -> None:
        """Open a mailbox for this address."""
        name = address.lower()
        self._accounts.users_dict[name] = UserMetadata(self._config, name, password=self._password or "")
        self._config.set_cache[name] = (MailboxSet(), FilterSet())

    @property
    def domains(self) -> set[str]:
        """The domains of all addresses."""
        return {address.rpartition("@")[2] for address in self._accounts.users_dict}

    async def folder(self, address: str, name: str = "INBOX") -> MailboxData:
        """One folder of a mailbox, made if it is not there."""
        folders, _ = self._config.set_cache[address.lower()]
        try:
            return await folders.get_mailbox(name)
        except KeyError:
            await folders.add_mailbox(name)
            return await folders.get_mailbox(name)

    async def append(self, address: str, content: bytes, when: datetime | None, folder: str = "INBOX") -> int:
        """Put a mail into a folder and wake whoever idles there; returns its UID."""
        box = await self.folder(address, folder)
        stored = await box.append(
            AppendMessage(content, when or datetime.now(UTC), frozenset[Flag]()), recent=True
        )
        return int(stored.uid)

    async def list(self, address: str, folder: str = "INBOX") -> list[Kept]:
        """Everything in a folder, oldest first."""
        box = await self.folder(address, folder)
        found = []
        async for message in box.messages():
            loaded = await message.load_content(FetchRequirement.CONTENT)
            found.append(Kept(int(message.uid), message.internal_date, bytes(loaded.get_body(None))))
        return found

    async def renumber(self, address: str) -> None:
        """Give the INBOX a new UIDVALIDITY, as a server does that was restored from a backup."""
        box = await self.folder(address)
        box._uid_validity += 1

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one IMAP connection until it ends."""
        self._talks[writer] = asyncio.current_task()
        if self._frozen:
            _pause(writer)
        try:
            await self._imap(reader, writer, SocketInfo.get(writer, ProxyResultLocal()))
        except (ConnectionError, asyncio.CancelledError):
            # The reader hung up, or the server goes down.
            return
        finally:
            self._talks.pop(writer, None)

    @property
    def readers(self) -> int:
        """How many IMAP connections are open."""
        return len(self._talks)

    def freeze(self, *, frozen: bool = True) -> None:
        """Leave every connection open and hear nothing more, as behind a dead router."""
        self._frozen = frozen
        for writer in self._talks:
            _pause(writer, paused=frozen)

    def cut(self) -> None:
        """Cut every connection without a word."""
        for writer, task in list(self._talks.items()):
            writer.transport.abort()
            if task is not None:
                task.cancel()


def _pause(writer: asyncio.StreamWriter, *, paused: bool = True) -> None:
    transport = writer.transport
    if isinstance(transport, asyncio.ReadTransport) and not transport.is_closing():
        (transport.pause_reading if paused else transport.resume_reading)()
