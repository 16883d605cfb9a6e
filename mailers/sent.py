"""Copies of what was sent, put into the mailbox's own Sent folder (IMAP APPEND, RFC 3501 section 6.3.11).

A courtesy to people who read the mailbox: a copy that cannot be kept is reported and forgotten, the letter has left
all the same. What carries a code is never handed over here (docs/invariants.md 1.3).
"""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from mailers.imap import COMMAND_SECONDS, Session, Trouble
from mailers.oauth import Tokens
from mailers.servers import Server, server_of, tls_context

_log = logging.getLogger(__name__)


class SentFolder:
    """One folder, over one connection that is kept while it lives."""

    def __init__(
        self,
        url: str,
        password: str = "",
        *,
        folder: str,
        tokens: Tokens | None = None,
        ca_file: str | Path | None = None,
        address: str = "",
        timeout: float = COMMAND_SECONDS,
    ) -> None:
        """`address` is the login where the URL names none. Raises `servers.BadServer`."""
        self._server: Server = server_of(url, ("imap", "imaps"))
        self._tls = tls_context(ca_file) if self._server.implicit_tls else None
        self._password, self._tokens, self._address = password, tokens, address
        self._folder, self._timeout = folder, timeout
        self._session: Session | None = None
        self._turn = asyncio.Lock()

    async def keep(self, raw: bytes) -> bool:
        """Put one letter there, on a new connection if the kept one has died; False when it could not be."""
        async with self._turn:
            for kept in (self._session is not None, False):
                try:
                    session = self._session or await self._connected()
                    await session.append(self._folder, raw)
                    self._session = session
                    return True
                except Trouble as trouble:
                    await self._let_go()
                    reason = trouble.reason
                if not kept:
                    break
            _log.warning("sent_copy_not_kept reason=%s", reason)
            return False

    async def probe(self) -> str | None:
        """Whether the folder is there: None, or one word for what is wrong."""
        try:
            session = await self._connected()
            try:
                await session.select(self._folder)
            finally:
                await session.close()
        except Trouble as trouble:
            return trouble.reason
        return None

    async def aclose(self) -> None:
        """Say goodbye."""
        await self._let_go()

    async def _connected(self) -> Session:
        session = Session(self._server, self._tls, self._timeout)
        try:
            await session.greet(self._server.login, self._password, self._address, self._tokens)
        except BaseException:
            await session.close()
            raise
        return session

    async def _let_go(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()
