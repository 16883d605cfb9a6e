"""The demo page's addresses: static files, what is seen, what is done, and a stream that says "look again".

Only for the person at this machine: requests with a foreign Host or Origin are refused, so that no other
page in their browser can play along.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from importlib.resources import files
from typing import Any

import aiohttp
from aiohttp import web

from sandbox.bot_api import Chat, Json
from sandbox.verbs import Pyynto, QueueWatch, Ran, Refused
from sandbox.world import World
from templates.catalogue import catalogue
from templates.words import LANGUAGES, labels

_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_LONGEST_TEXT = 20_000
#: Sections of the shared words the page shows cases with.
_WORDS = ("kind_staff", "status_staff", "flag", "event", "channel", "verified_by", "letter_state")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Page:
    """What the addresses work with."""

    world: World
    pyynto: Pyynto
    queue: QueueWatch
    health_url: str
    #: The newest of the state's numbers; the stream tells it to every open page.
    number: int = 0
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def changed(self) -> None:
        """Something on the page may look different now."""
        self.number += 1
        self._news.set()
        self._news = asyncio.Event()

    async def news(self, known: int) -> int:
        """Wait until there is a number other than `known`."""
        while self.number == known:
            await self._news.wait()
        return self.number

    def application(self) -> web.Application:
        """All addresses."""
        app = web.Application(middlewares=[_only_this_machine], client_max_size=1_000_000)
        app.router.add_get("/", self._file)
        app.router.add_get("/page/{name}", self._file)
        app.router.add_get("/api/cast", self._cast)
        app.router.add_get("/api/state", self._state)
        app.router.add_get("/api/stream", self._stream)
        app.router.add_get("/api/health", self._health)
        for path, act in (
            ("say", self._say),
            ("press", self._press),
            ("mail", self._mail),
            ("verb", self._verb),
            ("case", self._case),
        ):
            app.router.add_post(f"/api/{path}", _doing(act))
        return app

    # What is seen.

    async def _file(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info.get("name", "index.html")
        source = files("sandbox").joinpath("page", name)
        kind = _TYPES.get(name[name.rfind(".") :])
        if kind is None or not source.is_file():
            raise web.HTTPNotFound
        headers = {"Content-Security-Policy": _POLICY, "Cache-Control": "no-cache"}
        return web.Response(body=source.read_bytes(), content_type=kind, charset="utf-8", headers=headers)

    async def _cast(self, _request: web.Request) -> web.StreamResponse:
        people = [asdict(person) for person in self.world.people]
        # The same words as in letters and in the staff's chat.
        words = {
            lang: {name: labels(lang)[name] for name in _WORDS} | {"letter": _purposes(lang)}
            for lang in LANGUAGES
        }
        return web.json_response({"people": people, "shop_address": self.world.shop_address, "words": words})

    async def _state(self, request: web.Request) -> web.StreamResponse:
        number = self.number
        try:
            person = self.world.person(request.query.get("person", ""))
        except LookupError:
            raise web.HTTPNotFound from None
        seen = await self.world.seen_by(person)
        queue: Json = {"rows": self.queue.rows, "trouble": self.queue.trouble}
        service: Json = {"serving": self.pyynto.serving}
        return web.json_response(seen | service | {"queue": queue, "number": number, "person": person.key})

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
        )
        await response.prepare(request)
        known = -1
        while True:
            known = await self.news(known)
            await response.write(f"data: {known}\n\n".encode())

    async def _health(self, _request: web.Request) -> web.StreamResponse:
        try:
            patience = aiohttp.ClientTimeout(total=3)
            async with (
                aiohttp.ClientSession(timeout=patience) as session,
                session.get(self.health_url) as answer,
            ):
                return web.json_response(await answer.json())
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return web.json_response({"status": "unreachable"})

    # What is done.

    def _chat(self, body: Json) -> Chat:
        who = str(body.get("person", ""))
        return self.world.staff_chat if who == "staff" else self.world.chat(self.world.person(who))

    async def _say(self, body: Json) -> Json:
        await self._chat(body).say(_text(body, "text"))
        return {}

    async def _press(self, body: Json) -> Json:
        message = body.get("message")
        await self._chat(body).press(_text(body, "label"), message if isinstance(message, int) else None)
        return {}

    async def _mail(self, body: Json) -> Json:
        answers = body.get("answers")
        person = self.world.person(str(body.get("person", "")))
        await self.world.write(
            person,
            str(body.get("subject", ""))[:300],
            _text(body, "text"),
            answers if isinstance(answers, int) else None,
        )
        return {}

    async def _verb(self, body: Json) -> Json:
        ran = await self.pyynto.run_line(_text(body, "line"), yes=body.get("yes") is True, lang=_lang(body))
        self.queue.poke()
        return asdict(ran)

    async def _case(self, body: Json) -> Json:
        ran: Ran = await self.pyynto.run("case", _text(body, "id"), "--json", lang=_lang(body))
        if ran.code:
            raise Refused(ran.err.strip())
        read: Json = json.loads(ran.out)
        return read


def _purposes(lang: str) -> dict[str, str]:
    """What each letter is for, by the way it goes and its name: "mail.receipt"."""
    return {f"{entry.face}.{entry.name}": entry.purpose[lang] for entry in catalogue()}


def _text(body: Json, name: str) -> str:
    text = body.get(name)
    if not isinstance(text, str) or not text.strip() or len(text) > _LONGEST_TEXT:
        raise Refused("text_missing")
    return text.strip()


def _lang(body: Json) -> str:
    """The page's language."""
    return "fi" if body.get("lang") == "fi" else "en"


def _doing(act: Callable[[Json], Awaitable[Json]]) -> Handler:
    """An address that does something: JSON in, JSON out, and a reason when it cannot be done."""

    async def handle(request: web.Request) -> web.StreamResponse:
        if request.content_type != "application/json":
            raise web.HTTPUnsupportedMediaType
        try:
            body: Any = await request.json()
            return web.json_response(await act(body if isinstance(body, dict) else {}))
        except (Refused, LookupError) as refused:
            return web.json_response({"error": str(refused)}, status=409)
        except (ValueError, TimeoutError, OSError) as fault:
            return web.json_response({"error": type(fault).__name__}, status=500)

    return handle


@web.middleware
async def _only_this_machine(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse other pages: a Host that is not this machine's, or an Origin that is not this page's."""
    host = request.host.rpartition(":")[0] if ":" in request.host else request.host
    origin = request.headers.get("Origin")
    if host not in {"127.0.0.1", "localhost"} or (origin and origin != f"http://{request.host}"):
        raise web.HTTPForbidden
    response = await handler(request)
    if not response.prepared:
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
    return response
