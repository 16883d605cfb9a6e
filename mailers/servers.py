"""Where a mail server is and how it may be spoken to: addresses from the settings, TLS rules.

Here lives what IMAP and SMTP share before the first byte. No connection is opened here.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

#: scheme -> (default port, TLS from the first byte).
SCHEMES = {
    "imaps": (993, True),
    "imap": (143, False),
    "smtps": (465, True),
    "smtp": (587, False),
}


class BadServer(ValueError):
    """An address in the settings that cannot be used; the text says what to change."""


@dataclass(frozen=True, slots=True)
class Server:
    """One mail server, as the settings name it."""

    scheme: str
    host: str
    port: int
    #: The name to log in with; empty: no login.
    login: str = ""

    @property
    def implicit_tls(self) -> bool:
        """TLS from the first byte on (RFC 8314 section 3)."""
        return SCHEMES[self.scheme][1]

    @property
    def loopback(self) -> bool:
        """The server is this very machine, so nothing crosses a network."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


def server_of(url: str, allowed: tuple[str, ...]) -> Server:
    """Read `scheme://[login@]host[:port]`; an `@` in the login may stand as `%40` or as itself.

    Raises `BadServer` with a sentence for whoever wrote the settings.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise BadServer("the port of a mail server address must be a number up to 65535") from None
    wanted = " or ".join(f"{scheme}://" for scheme in allowed)
    if parts.scheme not in allowed:
        raise BadServer(f"a mail server address must begin with {wanted}")
    if not parts.hostname:
        raise BadServer(f"a mail server address needs a host name after {parts.scheme}://")
    if parts.password is not None:
        raise BadServer("put the password under `password`, not into the mail server's address")
    login = unquote(parts.username or "")
    if any(ord(char) < 32 or ord(char) == 127 for char in login):
        raise BadServer("the login name in a mail server address holds a control character")
    server = Server(parts.scheme, parts.hostname, port or SCHEMES[parts.scheme][0], login)
    if server.scheme == "imap" and not server.loopback:
        raise BadServer("imap:// carries passwords in clear and is for this machine only: use imaps://")
    return server


def tls_context(ca_file: str | Path | None = None) -> ssl.SSLContext:
    """Verify against the system's authorities and, when given, a private one.

    Raises `BadServer` when the file cannot be read as certificates.
    """
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file:
        try:
            context.load_verify_locations(cafile=str(ca_file))
        except (OSError, ssl.SSLError):
            raise BadServer("`ca_file` cannot be read as a file of PEM certificates") from None
    return context


#: What a failed connection is called, in logs and in health; the first kind found names it.
REASONS: Final[tuple[tuple[type[BaseException], str], ...]] = (
    (ssl.SSLCertVerificationError, "certificate"),
    (ssl.SSLError, "tls"),
    (socket.gaierror, "name"),
    (ConnectionRefusedError, "refused"),
    (TimeoutError, "timeout"),
)


def reason_of(fault: BaseException, more: tuple[tuple[type[BaseException], str], ...] = ()) -> str:
    """One word for a failed connection, looking through wrapped faults; "lost" when nothing fits.

    Only the word leaves this place: the texts of such faults name hosts and persons.
    """
    chain: list[BaseException] = []
    at: BaseException | None = fault
    while at is not None and at not in chain:
        chain.append(at)
        at = at.__cause__ or at.__context__
    kinds = (*REASONS, *more)
    return next((word for kind, word in kinds if any(isinstance(one, kind) for one in chain)), "lost")
