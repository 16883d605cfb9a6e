"""Access tokens for mail servers that take no passwords (RFC 6749; SASL XOAUTH2 at Microsoft and Google).

Here lives how a token is had and how long it is kept. Nothing of it is stored: after a restart a new one is asked
for. What a sign-in server says in words may name accounts, so only one word of ours leaves this place.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any, Final

import aiohttp

#: Seconds before its end from which a token counts as spent: the login takes a moment, and clocks differ.
EARLY: Final = 60.0
#: How long a token holds whose server does not say (RFC 6749 section 5.1 leaves that open), in seconds.
UNSAID: Final = 300.0
#: Patience with the sign-in server, in seconds.
PATIENCE: Final = 20.0

#: reason -> what to do, for `pyynto check`. The words also stand in logs and in health.
REMEDIES: Final = {
    "token_refused": "the sign-in server gives no token: check client_id, client_secret, refresh_token and scope "
    "under oauth, and whether the consent still stands",
    "token_unreachable": "the sign-in server does not answer: check token_url under oauth",
}


class NoToken(Exception):
    """There is no access token to be had; `reason` is a key of `REMEDIES`."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class Grant:
    """What the sign-in server wants to know of us.

    With a `refresh_token` it stands for a person who agreed once (RFC 6749 section 6), without one the program
    signs in as itself (section 4.4).
    """

    token_url: str
    client_id: str
    client_secret: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)
    scope: str = ""

    def form(self, refresh_token: str) -> dict[str, str]:
        """The body of a token request; fields that are not known are left out."""
        kind = "refresh_token" if refresh_token else "client_credentials"
        asked = {
            "grant_type": kind,
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "refresh_token": refresh_token,
            "scope": self.scope,
        }
        return {name: value for name, value in asked.items() if value}


class Tokens:
    """The access tokens of one mailbox, asked for when they are needed."""

    def __init__(self, grant: Grant) -> None:
        self._grant = grant
        self._refresh_token = grant.refresh_token
        self._token = ""
        self._good_until = 0.0
        self._asking = asyncio.Lock()

    async def current(self) -> str:
        """A token that holds for a while yet. Raises `NoToken`."""
        async with self._asking:
            if not self._token or time.monotonic() >= self._good_until:
                await self._renew()
            return self._token

    def forget(self) -> None:
        """The mail server refused the token: the next login gets a new one."""
        self._token = ""

    async def _renew(self) -> None:
        answer = await self._ask()
        token, lasts = answer.get("access_token"), answer.get("expires_in")
        if not isinstance(token, str) or not token.isascii() or not token.isprintable():
            raise NoToken("token_refused")
        # A number, which some servers write as a text.
        seconds = float(str(lasts)) if str(lasts).replace(".", "", 1).isdigit() else UNSAID
        self._token, self._good_until = token, time.monotonic() + seconds - EARLY
        # Some servers hand out a new one each time; until the next start it is the better one.
        renewed = answer.get("refresh_token")
        if self._refresh_token and isinstance(renewed, str) and renewed:
            self._refresh_token = renewed

    async def _ask(self) -> dict[str, Any]:
        patience = aiohttp.ClientTimeout(total=PATIENCE)
        try:
            async with (
                aiohttp.ClientSession(timeout=patience, trust_env=True) as session,
                session.post(self._grant.token_url, data=self._grant.form(self._refresh_token)) as response,
            ):
                if response.status >= 500:
                    raise NoToken("token_unreachable")
                answer = await response.json(content_type=None)
        except (aiohttp.ClientError, OSError):
            raise NoToken("token_unreachable") from None
        except ValueError:
            raise NoToken("token_refused") from None
        if response.status != 200 or not isinstance(answer, dict):
            raise NoToken("token_refused")
        return answer
