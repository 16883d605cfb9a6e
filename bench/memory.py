"""What five shops cost: seconds until the service answers, and its memory once it has worked a little."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from bench.report import Figure
from bench.shop import start, stop, write_register
from sandbox.bot_api import BotApi
from sandbox.mail import MailServer
from shops.profile import built_in_profiles
from tests.wire.real_mail import free_port

#: The built-in shops.
PROFILES = built_in_profiles()
SHOPS = len(PROFILES)
ROUNDS = 3


def measure() -> list[Figure]:
    """Start it a few times."""
    rounds = [asyncio.run(_round()) for _ in range(ROUNDS)]
    return [
        Figure("five shops: ready after", "s", [one[0] for one in rounds], 3),
        Figure("five shops: memory of serve", "MB", [one[1] for one in rounds], 200),
    ]


async def _round() -> tuple[float, float]:
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    addresses = [f"tietosuoja@shop{n}.example" for n in range(SHOPS)]
    try:
        async with BotApi.serve() as api, MailServer.serve(addresses, password="x") as mail:
            port = free_port()
            config = _settings(folder, api.base_url, mail, addresses, port)
            began = time.monotonic()
            process = start(config, folder / "log")
            try:
                await _answers(f"http://127.0.0.1:{port}/healthz", mail)
                ready = time.monotonic() - began
                for number in range(SHOPS):
                    person = api.bot(f"{4242 + number}:measure").person(1000, "Malli")
                    for text in ("Poistakaa tietoni", "asiakas1@example.com", "Mikä on tilanne?"):
                        await person.say(text)
                        await person.next_message(20)
                return ready, _memory(process.pid)
            finally:
                await asyncio.to_thread(stop, process)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _answers(url: str, mail: MailServer) -> None:
    """Ready: the port answers that all is well, and every mailbox is being read."""

    def well() -> bool:
        try:
            with urllib.request.urlopen(url, timeout=1) as answer:
                return int(answer.status) == 200
        except (urllib.error.URLError, OSError):
            return False

    until = time.monotonic() + 60
    while time.monotonic() < until:
        if mail.readers >= SHOPS and await asyncio.to_thread(well):
            return
        await asyncio.sleep(0.02)
    raise TimeoutError("the service did not get ready")


def _memory(pid: int) -> float:
    """Resident memory in MB."""
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def _settings(folder: Path, base_url: str, mail: MailServer, addresses: list[str], port: int) -> Path:
    write_register(folder / "register", 1000)
    text = f"""
[service]
database = "sqlite:///pyynto.db"
secret = "only-for-this-measurement"
http = "127.0.0.1:{port}"
"""
    for number, (profile, address) in enumerate(zip(PROFILES, addresses, strict=True)):
        text += f"""
[[shops]]
profile = "{profile}"
register = "csv:register/"

[shops.telegram]
token = "{4242 + number}:measure"
base_url = "{base_url}"
pace = 0

[shops.mailbox]
address = "{address}"
imap = "imap://{address.replace("@", "%40")}@127.0.0.1:{mail.imap_port}"
smtp = "smtp://127.0.0.1:{mail.smtp_port}"
password = "x"
"""
    (folder / "pyynto.toml").write_text(text, encoding="utf-8")
    return folder / "pyynto.toml"
