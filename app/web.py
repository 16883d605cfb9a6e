"""The service's own HTTP port: `/healthz` for whoever watches it, and Telegram's webhook where one is set."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from aiohttp import web

from app.servers import Endpoint
from cases.watching import Flown

#: A configured channel that has had no success for so long is ill.
CHANNEL_SILENT_SECONDS = 300
#: A due letter that has waited so long is one too many.
LETTER_WAITING_SECONDS = 15 * 60

#: What is looked at of each shop.
LINES = ("telegram", "mailbox", "canary")

Hook = Callable[[web.Request], Awaitable[web.Response]]


class Line(Protocol):
    """A channel that knows when it last worked."""

    @property
    def last_ok(self) -> datetime | None: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Channels:
    """The lines of one shop; None: not configured."""

    profile: str
    telegram: Line | None
    mailbox: Line | None
    #: How its test mails fare; None: none has flown.
    canary: Flown | None = None
    #: Staff have been told that the mailbox is silent, and it still is.
    silent: bool = False
    #: Why the mailbox could not be read, or a mail not be handed over, at the last try; a word of `REMEDIES`.
    reading_fault: str = ""
    sending_fault: str = ""


def health(
    channels: list[Channels], outbox: dict[str, int], started: datetime, now: datetime
) -> tuple[dict[str, Any], bool]:
    """The body of `/healthz`, and whether all is well."""
    shops: list[dict[str, Any]] = [
        {
            "profile": shop.profile,
            "telegram": _line(shop.telegram, started, now),
            "mailbox": _mailbox(shop, started, now),
            "canary": _canary(shop.canary),
        }
        for shop in channels
    ]
    lines = [shop[name] for shop in shops for name in LINES]
    lines = [line for line in lines if isinstance(line, dict)]
    well = all(line["ok"] for line in lines) and outbox["oldest_seconds"] < LETTER_WAITING_SECONDS
    body = {
        "status": "ok" if well else "failing",
        "shops": shops,
        "outbox": {"waiting": outbox["waiting"], "failed": outbox["failed"]},
    }
    return body, well


def _line(
    line: Line | None, started: datetime, now: datetime, *, silent: bool = False
) -> dict[str, Any] | None:
    if line is None:
        return None
    since = line.last_ok or started
    ok = not silent and (now - since).total_seconds() < CHANNEL_SILENT_SECONDS
    return {"ok": ok, "last_ok": line.last_ok.isoformat(timespec="seconds") if line.last_ok else None}


def _mailbox(shop: Channels, started: datetime, now: datetime) -> dict[str, Any] | None:
    """The line, and in one word what is wrong with it, reading (`error`) or sending (`sending_error`)."""
    line = _line(shop.mailbox, started, now, silent=shop.silent)
    if line is None:
        return None
    faults = {"error": shop.reading_fault, "sending_error": shop.sending_fault}
    return line | {name: fault for name, fault in faults.items() if fault}


def _canary(flown: Flown | None) -> dict[str, Any] | None:
    if flown is None:
        return None
    seen_at = flown.last.seen_at if flown.last else None
    return {"ok": flown.ok, "last_ok": seen_at.isoformat(timespec="seconds") if seen_at else None}


async def open_port(
    stack: AsyncExitStack,
    endpoint: Endpoint,
    healthz: Callable[[], Awaitable[tuple[dict[str, Any], bool]]],
    hooks: Mapping[str, Hook],
) -> None:
    """Listen until the stack closes. `hooks` are the webhooks, by path."""

    async def answer(request: web.Request) -> web.Response:
        body, well = await healthz()
        return web.json_response(body, status=200 if well else 503)

    async def metrics(request: web.Request) -> web.Response:
        body, well = await healthz()
        return web.Response(text=_metrics(body, well=well), content_type="text/plain")

    app = web.Application()
    app.add_routes([web.get("/healthz", answer), web.get("/metrics", metrics)])
    app.add_routes([web.post(path, hook) for path, hook in hooks.items()])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, endpoint.host, endpoint.port).start()


def _metrics(body: dict[str, Any], *, well: bool) -> str:
    """The same facts for a metrics collector (Prometheus text format 0.0.4)."""
    lines = [f"pyynto_healthy {int(well)}"]
    lines += [f"pyynto_letters_{name} {count}" for name, count in body["outbox"].items()]
    for shop in body["shops"]:
        for channel in LINES:
            if shop[channel] is not None:
                labels = f'shop="{shop["profile"]}",channel="{channel}"'
                lines.append(f"pyynto_channel_ok{{{labels}}} {int(shop[channel]['ok'])}")
    return "\n".join(lines) + "\n"
