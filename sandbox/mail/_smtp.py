"""What the mail server answers to a sender, and what it keeps.

The protocol itself is aiosmtpd's; here is only the policy: which addresses are known, what is refused on
purpose, and the copy of every mail that came in. Enhanced status codes are those of RFC 3463.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from weakref import WeakSet

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from sandbox.mail._imap import parse

_WORDS = {
    421: "4.3.2 Service shutting down",
    450: "4.2.0 Mailbox unavailable",
    451: "4.7.1 Try again later",
    452: "4.2.2 Mailbox full",
    550: "5.1.1 No such mailbox",
    552: "5.2.2 Mailbox full",
    554: "5.7.1 Rejected",
}


@dataclass(frozen=True, slots=True)
class Sent:
    """One mail as a sender handed it in."""

    mail_from: str
    rcpt_tos: tuple[str, ...]
    content: bytes = field(repr=False)
    at: datetime

    @property
    def message(self) -> EmailMessage:
        """The mail, parsed."""
        return parse(self.content)


@dataclass(slots=True)
class _Trouble:
    """Something that shall go wrong on purpose: at "mail", "rcpt" or "data", for one address or for all."""

    at: str
    times: int
    to: str = ""
    reply: str = ""
    #: Hang up: "before" the mail is taken, or "after", so that the sender cannot know.
    cut: str = ""
    wait: float = 0.0


class Postbox:
    """aiosmtpd's handler: answers with values, keeps what it accepts."""

    def __init__(
        self,
        accept: Callable[[str], bool],
        store: Callable[[Sent], Awaitable[None]],
        password: str | None,
    ) -> None:
        self.outbound: list[Sent] = []
        #: Weak, so that a conversation that ended is forgotten.
        self.sessions: WeakSet[SMTP] = WeakSet()
        self._accept = accept
        self._store = store
        self._password = password
        self._troubles: list[_Trouble] = []

    def plan(self, trouble: _Trouble) -> None:
        """Let something go wrong."""
        self._troubles.append(trouble)

    def cut(self) -> None:
        """Cut every connection without a word."""
        for server in list(self.sessions):
            _abort(server)
        self.sessions.clear()

    def authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, login: object
    ) -> AuthResult:
        """Whether this login is right; without a password set, any is."""
        right = isinstance(login, LoginPassword) and (
            self._password is None or login.password.decode() == self._password
        )
        return AuthResult(success=right)

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take the sender's address."""
        self.sessions.add(server)
        if refusal := await self._trouble(server, "mail", [address]):
            return refusal
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take one recipient, or refuse an address nobody has."""
        if refusal := await self._trouble(server, "rcpt", [address]):
            return refusal
        if not self._accept(address):
            return f"550 {_WORDS[550]}"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take the mail itself."""
        if refusal := await self._trouble(server, "data", envelope.rcpt_tos):
            return refusal
        content = envelope.original_content or b""
        sent = Sent(envelope.mail_from or "", tuple(envelope.rcpt_tos), content, datetime.now(UTC))
        self.outbound.append(sent)
        await self._store(sent)
        await self._trouble(server, "taken", envelope.rcpt_tos)
        return "250 2.0.0 OK: kept"

    async def _trouble(self, server: SMTP, at: str, addresses: list[str]) -> str:
        for trouble in self._troubles:
            if trouble.at != at or (trouble.to and trouble.to.lower() not in map(str.lower, addresses)):
                continue
            trouble.times -= 1
            if trouble.times < 1:
                self._troubles.remove(trouble)
            await asyncio.sleep(trouble.wait)
            if trouble.cut:
                _abort(server)
            return trouble.reply
        return ""


def refusal(code: int, times: int, at: str, to: str, text: str) -> _Trouble:
    """A planned answer other than yes."""
    return _Trouble(at, times, to, f"{code} {text or _WORDS.get(code, '5.0.0 Refused')}")


def hang_up(times: int, *, after: bool) -> _Trouble:
    """A planned loss of the connection, before or after the mail was taken."""
    return _Trouble(
        "taken" if after else "data", times, cut="after" if after else "before", reply="421 4.4.2 Bye"
    )


def delay(seconds: float, times: int) -> _Trouble:
    """A planned slow answer."""
    return _Trouble("data", times, wait=seconds)


def _abort(server: SMTP) -> None:
    transport = server.transport
    if isinstance(transport, asyncio.WriteTransport):
        transport.abort()
