"""Addresses of other machines, as they stand in the settings: mail servers, the database, our own port.

Here a URL becomes fields, or a sentence that says what to write instead. Nothing here opens a connection.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit


class Tls(StrEnum):
    """How a connection to a mail server is protected."""

    #: From the first byte (imaps, smtps; RFC 8314).
    IMPLICIT = "implicit"
    #: Upgraded before anything is said, and given up if that fails (RFC 3207).
    STARTTLS = "starttls"
    #: Not at all: on this machine only.
    NONE = "none"


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where a mailbox is read or mail is handed over."""

    host: str
    port: int
    tls: Tls
    #: The login name; None: the server wants no login.
    login: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A host and port of our own; port 0 lets the machine choose one."""

    host: str
    port: int


#: Scheme -> (port when none is given, protection, protection on this machine).
_IMAP = {"imaps": (993, Tls.IMPLICIT, Tls.IMPLICIT), "imap": (143, None, Tls.NONE)}
_SMTP = {"smtps": (465, Tls.IMPLICIT, Tls.IMPLICIT), "smtp": (587, Tls.STARTTLS, Tls.NONE)}
_SQLITE, _POSTGRESQL = "sqlite", ("postgresql", "postgres")
_WRITE_IMAP = "write imaps://USER@SERVER:993"
_WRITE_SMTP = "write smtp://USER@SERVER:587 or smtps://USER@SERVER:465"
_WRITE_DATABASE = 'write "sqlite:///pyynto.db" or "postgresql://USER@HOST/NAME"'
_WRITE_ENDPOINT = 'write "127.0.0.1:8480", or leave the key out for no web address'


def read_imap(text: str) -> MailServer:
    """`imaps://user@host:993`; `imap://` on this machine only. Raises ValueError."""
    return _mail_server(text, _IMAP, _WRITE_IMAP)


def read_smtp(text: str) -> MailServer:
    """`smtp://user@host:587` or `smtps://…:465`. Raises ValueError."""
    return _mail_server(text, _SMTP, _WRITE_SMTP)


def read_database(text: str, folder: Path) -> str:
    """The database's URL; a relative SQLite file is looked for in `folder`. Raises ValueError."""
    parts = _split(text, _WRITE_DATABASE)
    if parts.scheme in _POSTGRESQL:
        if parts.path.strip("/") == "":
            raise ValueError(f"names no database: {_WRITE_DATABASE}")
        return "postgresql" + text.strip()[len(parts.scheme) :]
    if parts.scheme != _SQLITE:
        raise ValueError(f"is no database Pyyntö can use: {_WRITE_DATABASE}")
    if parts.netloc:
        raise ValueError('has too few slashes: write "sqlite:///pyynto.db", or four slashes for a full path')
    name = parts.path.removeprefix("/")
    if name in ("", ":memory:"):
        raise ValueError('names no file, and a restart would lose every case: write "sqlite:///pyynto.db"')
    query = f"?{parts.query}" if parts.query else ""
    return f"sqlite:///{folder / name}{query}"


def read_endpoint(text: str) -> Endpoint:
    """`host:port`, an IPv6 host in brackets. Raises ValueError."""
    parts = _split("http://" + text.strip(), _WRITE_ENDPOINT)
    port = _port(parts, _WRITE_ENDPOINT)
    if not parts.hostname or port is None or parts.path or parts.query or "@" in parts.netloc:
        raise ValueError(f"is not a host and a port: {_WRITE_ENDPOINT}")
    return Endpoint(parts.hostname, port)


def read_web(text: str) -> str:
    """An http(s) address without a slash at its end. Raises ValueError."""
    instead = 'write "https://api.telegram.org", or the address of your own Bot API server'
    parts = _split(text, instead)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError(f"is not a web address: {instead}")
    _port(parts, instead)
    return text.strip().rstrip("/")


def is_loopback(host: str) -> bool:
    """Whether what is said to `host` stays on this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _mail_server(
    text: str, schemes: dict[str, tuple[int, Tls | None, Tls]] | dict[str, tuple[int, Tls, Tls]], instead: str
) -> MailServer:
    parts = _split(text, instead)
    if parts.scheme not in schemes or not parts.hostname:
        raise ValueError(f"is not the address of a mail server: {instead}")
    if parts.password is not None:
        raise ValueError("holds a password: take it out of the address and write it under password")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError(f"goes on after the port: {instead}")
    usual_port, far, near = schemes[parts.scheme]
    tls = near if is_loopback(parts.hostname) else far
    if tls is None:
        raise ValueError(f"would send the mailbox's password unprotected over the network: {_WRITE_IMAP}")
    login = unquote(parts.username) if parts.username else None
    return MailServer(parts.hostname, _port(parts, instead) or usual_port, tls, login)


def _split(text: str, instead: str) -> SplitResult:
    try:
        return urlsplit(text.strip())
    except ValueError:
        raise ValueError(f"is not an address: {instead}") from None


def _port(parts: SplitResult, instead: str) -> int | None:
    try:
        return parts.port
    except ValueError:
        raise ValueError(f"has a port that is not a number up to 65535: {instead}") from None
