"""`pyynto demo`: everything a first look needs, on this machine, in a folder that is gone afterwards.

Starts the Bot API stand-in, the mail server and the page, writes a settings file for them, and runs
`pyynto serve` as it ships against them, over the wire. Nothing of this is needed in a real installation.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from importlib.resources import as_file
from pathlib import Path
from typing import NoReturn, TextIO

import typer
from aiohttp import web

from sandbox.bot_api import BotApi
from sandbox.mail import MailServer
from sandbox.people import STAFF_ID, cast, sample_register
from sandbox.verbs import Pyynto, QueueWatch
from sandbox.web import Page
from sandbox.world import World

HOST = "127.0.0.1"
_TOKEN = "4242:demo-on-this-machine-only"  # noqa: S105
_SETTINGS = """\
# Written by `pyynto demo`; gone when it stops.
[service]
database = "sqlite:///pyynto.db"
secret   = "env:PYYNTO_SECRET"
http     = "{host}:{health_port}"

[[shops]]
profile  = "{profile}"
register = "csv:register/"

[shops.telegram]
token    = "env:DEMO_TOKEN"
base_url = "{bot_api}"
staff    = [{staff}]
pace     = 0

[shops.mailbox]
address  = "{address}"
imap     = "imap://{login}@{host}:{imap_port}"
smtp     = "smtp://{host}:{smtp_port}"
password = "env:DEMO_MAIL_PASSWORD"
"""
_WORDS = {
    "fi": {
        "ready": "Pyynnön kokeilu on valmis: {url}\nAvaa osoite selaimessa. Lopeta painamalla Ctrl-C.",
        "gone": "Kokeilu on lopetettu ja sen tiedot poistettu.",
        "taken": "Portti {port} on varattu. Anna toinen, esimerkiksi: pyynto demo --port {other}",
        "died": "pyynto serve lopetti itse (paluukoodi {code}). Sen viimeiset rivit:\n{words}",
    },
    "en": {
        "ready": "The Pyyntö demo is ready: {url}\nOpen it in a browser. Press Ctrl-C to stop.",
        "gone": "The demo has stopped and its data are deleted.",
        "taken": "Port {port} is taken. Give another, for example: pyynto demo --port {other}",
        "died": "pyynto serve ended by itself (exit code {code}). Its last lines:\n{words}",
    },
}


def run(port: int = 8484, lang: str = "fi", profile: str = "liwigo") -> NoReturn:
    """Run the demo until Ctrl-C or SIGTERM; the exit code is 1 when it could not run, 2 for a wrong option.

    Args:
        port: where the page is served; 0 takes a free port.
        lang: the language the page starts in, "fi" or "en".
        profile: the built-in shop profile to play.
    """
    if lang not in _WORDS:
        _say("--lang: fi / en", sys.stderr)
        raise SystemExit(2)
    raise SystemExit(asyncio.run(_demo(port, lang, profile)))


async def _demo(port: int, lang: str, profile: str) -> int:
    words = _WORDS[lang]
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    try:
        async with stage(port, profile) as (page, url):
            _say(words["ready"].format(url=f"{url}?lang={lang}"))
            over = await _until_over(page.pyynto, stop)
            if over:
                _say(words["died"].format(code=over, words=page.pyynto.last_words()), sys.stderr)
                return 1
    except PortTaken as taken:
        _say(words["taken"].format(port=taken.port, other=taken.port + 1), sys.stderr)
        return 1
    _say(words["gone"])
    return 0


def _say(text: str, stream: TextIO | None = None) -> None:
    typer.echo(text, file=stream)


async def _until_over(pyynto: Pyynto, stop: asyncio.Event) -> int:
    """Wait for Ctrl-C, SIGTERM or the end of `serve`; the exit code of a `serve` that ended by itself."""
    waits = [asyncio.create_task(stop.wait()), asyncio.create_task(pyynto.ended())]
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()
    return 0 if stop.is_set() else (await pyynto.ended() or 1)


class PortTaken(Exception):
    """Somebody else listens on the page's port."""

    def __init__(self, port: int) -> None:
        super().__init__(f"port {port} is taken")
        self.port = port


@asynccontextmanager
async def stage(port: int, profile: str = "liwigo", *, serve: bool = True) -> AsyncIterator[tuple[Page, str]]:
    """Everything set up and running: the page's inside, and its address.

    Raises:
        PortTaken: the page's port is not free.
    """
    people = cast()
    address = f"tietosuoja@{profile}.example"
    with _folder() as folder:
        async with (
            BotApi.serve(HOST) as api,
            MailServer.serve([address, *(person.address for person in people)], host=HOST) as mail,
        ):
            health_port = _free_port()
            settings = _SETTINGS.format(
                host=HOST,
                profile=profile,
                health_port=health_port,
                bot_api=api.base_url,
                staff=STAFF_ID,
                address=address,
                login=address.replace("@", "%40"),
                imap_port=mail.imap_port,
                smtp_port=mail.smtp_port,
            )
            (folder / "pyynto.toml").write_text(settings, encoding="utf-8")
            pyynto = Pyynto(folder, _secrets())
            world = World(api.bot(_TOKEN), mail, address, people)
            try:
                health = f"http://{HOST}:{health_port}/healthz"
                async with _page(world, pyynto, health, port) as (page, url):
                    if serve:
                        await pyynto.start()
                    yield page, url
            finally:
                await pyynto.stop()


@asynccontextmanager
async def _page(world: World, pyynto: Pyynto, health_url: str, port: int) -> AsyncIterator[tuple[Page, str]]:
    queue = QueueWatch(pyynto, lambda: page.changed())
    page = Page(world, pyynto, queue, health_url)
    world.on_change = page.changed
    runner = web.AppRunner(
        page.application(), handler_cancellation=True, shutdown_timeout=0.2, access_log=None
    )
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, HOST, port).start()
        except OSError:
            raise PortTaken(port) from None
        watches = [asyncio.create_task(queue.run()), asyncio.create_task(_relay(page, queue))]
        try:
            yield page, f"http://{HOST}:{runner.addresses[0][1]}/"
        finally:
            for watch in watches:
                watch.cancel()
            await asyncio.gather(*watches, return_exceptions=True)
    finally:
        await runner.cleanup()


async def _relay(page: Page, queue: QueueWatch) -> None:
    """Tell the page and the queue of whatever changes in chats and mailboxes."""
    known = None
    while True:
        world = page.world
        now = (sum(chat.revision for chat in world.bot.chats.values()), len(world.mail.outbound))
        if now != known:
            known = now
            page.changed()
            queue.poke()
        await asyncio.sleep(0.1)


def _secrets() -> dict[str, str]:
    return {
        "PYYNTO_SECRET": secrets.token_urlsafe(48),
        "DEMO_TOKEN": _TOKEN,
        "DEMO_MAIL_PASSWORD": secrets.token_urlsafe(12),
    }


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    """A folder of the demo's own with the sample register in it, deleted afterwards."""
    with tempfile.TemporaryDirectory(prefix="pyynto-demo-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        with as_file(sample_register()) as source:
            shutil.copytree(source, folder / "register")
        yield folder


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
