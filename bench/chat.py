"""A chat turn, from the update being there to the answer being sent: ours against a bare echo of the library.

The stand-in for the Bot API runs here, the two bots in processes of their own, one after the other.
"""

from __future__ import annotations

import asyncio
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.report import Figure
from bench.shop import start, stop, write_register
from sandbox.bot_api import BotAccount, BotApi

TOKEN = "4242:only-for-this-measurement"
#: A request, a repeat of it, a question, thanks: each gets one answer and causes no mail.
TURNS = ("Poistakaa tietoni, kiitos", "Hei, poistakaa tietoni", "Mikä on pyyntöni tilanne?", "Kiitos avusta!")
PEOPLE = 40
ROUNDS = 3


def measure() -> list[Figure]:
    """Median turn of both bots, several times, and how they compare."""
    rounds = [asyncio.run(_round()) for _ in range(ROUNDS)]
    bare = [one[0] * 1000 for one in rounds]
    ours = [one[1] * 1000 for one in rounds]
    ratios = [mine / least for least, mine in zip(bare, ours, strict=True)]
    return [
        Figure("bare python-telegram-bot echo, a turn", "ms", bare),
        Figure("Pyyntö, a turn", "ms", ours),
        Figure("Pyyntö's turn over the bare echo's", "x", ratios, 2.0),
    ]


async def _round() -> tuple[float, float]:
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    try:
        async with BotApi.serve() as api:
            command = [sys.executable, "-m", "bench.echo", TOKEN, api.base_url]
            quiet = subprocess.DEVNULL
            echo = await asyncio.to_thread(subprocess.Popen, command, stdout=quiet, stderr=quiet)
            bare = await _turns(api.bot(TOKEN), echo)
        async with BotApi.serve() as api:
            ours = await _turns(api.bot(TOKEN), start(_settings(folder, api.base_url), folder / "log"))
        return bare, ours
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _turns(bot: BotAccount, process: subprocess.Popen[bytes]) -> float:
    """Seconds of the median turn."""
    try:
        warm = bot.person(1, "Malli")
        for text in TURNS:
            await warm.say(text)
            await warm.next_message(30)
        took = []
        for number in range(PEOPLE):
            person = bot.person(1000 + number, "Malli")
            for text in TURNS:
                began = time.perf_counter()
                await person.say(text)
                await person.next_message(10)
                took.append(time.perf_counter() - began)
        return statistics.median(took)
    finally:
        await asyncio.to_thread(stop, process)


def _settings(folder: Path, base_url: str) -> Path:
    write_register(folder / "register", 100)
    (folder / "pyynto.toml").write_text(
        f"""
[service]
database = "sqlite:///pyynto.db"
secret = "only-for-this-measurement"

[[shops]]
profile = "liwigo"
register = "csv:register/"

[shops.telegram]
token = "{TOKEN}"
base_url = "{base_url}"
pace = 0
"""
    )
    return folder / "pyynto.toml"
