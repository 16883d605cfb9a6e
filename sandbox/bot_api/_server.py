"""The HTTP side of the stand-in: addresses, tokens, and things that go wrong on purpose.

What a method does lives in `_methods`. Real HTTP over loopback, so that the bot's own client, its timeouts
and its retries are part of every test.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web

from sandbox.bot_api._account import BotAccount
from sandbox.bot_api._methods import METHODS
from sandbox.bot_api._wire import ApiFault, Call, Json, read_call

_TOKEN = re.compile(r"\d{1,16}:[A-Za-z0-9_-]+")
#: What Telegram says to a status nobody gave words for.
_WORDS = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    409: "Conflict",
    500: "Internal Server Error",
    502: "Bad Gateway",
}


@dataclass(slots=True)
class _Trouble:
    """Something that shall go wrong with the next calls of a method."""

    method: str
    times: int
    fault: ApiFault | None = None
    #: Seconds to wait before the call is handled.
    wait: float = 0.0
    #: Cut the connection: "before" the call has its effect, or "after".
    cut: str = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """One call the server received, for tests that count calls."""

    token: str
    call: Call


class BotApi:
    """A Telegram Bot API for this machine.

    >>> async with BotApi.serve() as api:                       # doctest: +SKIP
    ...     maija = api.bot("1:token").person(1001, "Maija")
    ...     await maija.say("/start")
    ...     print((await maija.next_message())["text"])
    """

    def __init__(self, host: str = "127.0.0.1", port: int = 0, tokens: frozenset[str] | None = None) -> None:
        self.host, self.port = host, port
        self.bots: dict[str, BotAccount] = {}
        #: Every call received, oldest first.
        self.heard: list[Heard] = []
        self._tokens = tokens
        self._troubles: list[_Trouble] = []
        app = web.Application(client_max_size=80_000_000)
        app.router.add_route("*", "/bot{token}/{method}", self._method)
        app.router.add_get("/file/bot{token}/{path:.+}", self._download)
        # A client that hangs up must not keep a long poll waiting here.
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.2, access_log=None)
        self._site: web.TCPSite | None = None

    @classmethod
    @asynccontextmanager
    async def serve(
        cls, host: str = "127.0.0.1", port: int = 0, *, tokens: frozenset[str] | None = None
    ) -> AsyncIterator[BotApi]:
        """Serve until the block ends. Port 0 takes a free one.

        With `tokens`, any other token is answered with 401; without, a bot is made on first use of its token.
        """
        api = cls(host, port, tokens)
        await api._runner.setup()
        try:
            await api.up()
            yield api
        finally:
            await api._close()

    @property
    def base_url(self) -> str:
        """The server's address; clients append `/bot<token>/<method>` and `/file/bot<token>/<path>`."""
        return f"http://{self.host}:{self.port}"

    def bot(self, token: str) -> BotAccount:
        """The bot with this token, made when there is none yet."""
        if token not in self.bots:
            self.bots[token] = BotAccount(token)
        return self.bots[token]

    def calls(self, method: str) -> list[Call]:
        """Every call of one method so far, oldest first."""
        return [heard.call for heard in self.heard if heard.call.method == method.lower()]

    # Things that go wrong on purpose. "*" stands for every method but getUpdates.

    def fail_next(
        self,
        method: str = "*",
        status: int = 429,
        *,
        retry_after: int = 1,
        times: int = 1,
        description: str = "",
    ) -> None:
        """Refuse the next `times` calls of a method; nothing takes effect."""
        if status == 429:
            words, parameters = f"Too Many Requests: retry after {retry_after}", {"retry_after": retry_after}
        else:
            words, parameters = _WORDS.get(status, "Error"), {}
        fault = ApiFault(status, description or words, parameters)
        self._troubles.append(_Trouble(method.lower(), times, fault=fault))

    def slow_next(self, method: str = "*", seconds: float = 1.0, *, times: int = 1) -> None:
        """Let the next `times` calls of a method wait before they are handled."""
        self._troubles.append(_Trouble(method.lower(), times, wait=seconds))

    def cut_next(self, method: str = "*", *, after: bool = False, times: int = 1) -> None:
        """Hang up on the next `times` calls; with `after`, the call has had its effect all the same."""
        self._troubles.append(_Trouble(method.lower(), times, cut="after" if after else "before"))

    def drop_connections(self) -> None:
        """Cut every connection that is open now."""
        server = self._runner.server
        for connection in list(server.connections) if server else []:
            if connection.transport is not None:
                connection.transport.abort()

    async def down(self) -> None:
        """Stop listening and cut every connection, as in an outage; updates are kept."""
        if self._site is not None:
            await self._site.stop()
            self._site = None
        self.drop_connections()

    async def up(self) -> None:
        """Listen again, on the same port."""
        self._site = web.TCPSite(self._runner, self.host, self.port, reuse_address=True)
        await self._site.start()
        server = self._site._server
        if isinstance(server, asyncio.Server):
            self.port = server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        for bot in self.bots.values():
            await bot.close()
        self.drop_connections()
        await self._runner.cleanup()

    # The two addresses.

    async def _method(self, request: web.Request) -> web.StreamResponse:
        try:
            bot = self._authorised(request.match_info["token"])
            call = await read_call(request)
            self.heard.append(Heard(bot.token, call))
            trouble = self._next_trouble(call.method)
            if trouble is not None and trouble.cut == "before":
                return _hang_up(request)
            if trouble is not None:
                await asyncio.sleep(trouble.wait)
                if trouble.fault is not None:
                    raise trouble.fault
            if call.method not in METHODS:
                raise ApiFault(404, "Not Found")
            result = await METHODS[call.method](bot, call)
        except ApiFault as fault:
            return web.json_response(fault.body(), status=fault.code)
        if trouble is not None and trouble.cut == "after":
            return _hang_up(request)
        body: Json = {"ok": True, "result": result}
        return web.json_response(body)

    async def _download(self, request: web.Request) -> web.StreamResponse:
        try:
            bot = self._authorised(request.match_info["token"])
        except ApiFault as fault:
            return web.json_response(fault.body(), status=fault.code)
        path = request.match_info["path"]
        stored = next((one for one in bot.files.values() if one.path == path), None)
        if stored is None:
            return web.json_response(ApiFault(404, "Not Found").body(), status=404)
        return web.Response(body=stored.content, content_type="application/octet-stream")

    def _authorised(self, token: str) -> BotAccount:
        if not _TOKEN.fullmatch(token):
            raise ApiFault(404, "Not Found")
        if self._tokens is not None and token not in self._tokens:
            raise ApiFault(401, "Unauthorized")
        bot = self.bot(token)
        if bot.revoked:
            raise ApiFault(401, "Unauthorized")
        return bot

    def _next_trouble(self, method: str) -> _Trouble | None:
        for trouble in self._troubles:
            if trouble.method == method or (trouble.method == "*" and method != "getupdates"):
                trouble.times -= 1
                if trouble.times < 1:
                    self._troubles.remove(trouble)
                return trouble
        return None


def _hang_up(request: web.Request) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
