"""Addresses of other machines, as they stand in the settings: mail servers, the database, our own port.

Here a URL becomes fields, or a sentence that says what to write instead. Nothing here opens a connection.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from mailers.servers import BadServer, server_of


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A host and port of our own; port 0 lets the machine choose one."""

    host: str
    port: int


_IMAP, _SMTP = ("imaps", "imap"), ("smtp", "smtps")
_SQLITE, _POSTGRESQL = "sqlite", ("postgresql", "postgres")
_WRITE_IMAP = "write imaps://USER@SERVER:993"
_WRITE_SMTP = "write smtp://USER@SERVER:587 or smtps://USER@SERVER:465"
_WRITE_DATABASE = 'write "sqlite:///pyynto.db" or "postgresql://USER@HOST/NAME"'
_WRITE_ENDPOINT = 'write "127.0.0.1:8480", or leave the key out for no web address'


def read_imap(text: str) -> str:
    """`imaps://user@host:993`; `imap://` on this machine only. Raises ValueError."""
    return _mail_server(text, _IMAP, _WRITE_IMAP)


def read_smtp(text: str) -> str:
    """`smtp://user@host:587` or `smtps://…:465`. Raises ValueError."""
    return _mail_server(text, _SMTP, _WRITE_SMTP)


def login_of(url: str) -> str:
    """The name a mail server address logs in with; empty: the server wants no login."""
    return server_of(url, (*_IMAP, *_SMTP)).login


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
    # Not from the parsed address: a file's name may hold a #, which ends the path of a web address.
    name, question, query = text.strip()[len("sqlite:///") :].partition("?")
    if name in ("", ":memory:"):
        raise ValueError('names no file, and a restart would lose every case: write "sqlite:///pyynto.db"')
    return f"sqlite:///{folder / name}{question}{query}"


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


def _mail_server(text: str, schemes: tuple[str, ...], instead: str) -> str:
    url = text.strip()
    try:
        server_of(url, schemes)
    except BadServer as fault:
        raise ValueError(f"cannot be used: {fault}; {instead}") from None
    parts = urlsplit(url)
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError(f"goes on after the port: {instead}")
    return url


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
