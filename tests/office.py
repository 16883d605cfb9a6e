"""A whole shop on loopback for tests: the stand-ins, and Pyyntö's service as it ships, in one loop."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from pathlib import Path
from typing import Any

import aiosmtplib

from app import desk
from app.house import furnish
from app.serve import Service
from app.settings import Settings, load_settings
from cases.staff import read_line
from sandbox.bot_api import BotAccount, BotApi, Chat
from sandbox.mail import MailServer
from storage.store import Store

SHOP = "tietosuoja@liwigo.example"
TOKEN = "4242:test-token-of-the-stand-in"
SECRET = "a-secret-of-the-tests-and-only-there"
MAIJA, ONNI, LISA = "maija.mallikas@example.com", "onni.oletus@example.com", "lisa.sample@example.com"
STAFF = 4242
STAFF_CHAT = -1001234

CUSTOMERS = """customer_id,name,email,phone,street,postal_code,city,language,hetu
C-1001,Maija Mallikas,maija.mallikas@example.com,040 000 0001,Mallitie 1,20100,Turku,fi,120385-913J
C-1002,Onni Oletus,onni.oletus@example.com,040 000 0002,Mallitie 2,20100,Turku,fi,
C-1003,Lisa Sample,lisa.sample@example.com,040 000 0003,Sample Street 3,20100,Turku,en,
C-1004,Taru Tuplanen,tupla@example.com,,,,,fi,
C-1005,Teppo Tuplanen,tupla@example.com,,,,,fi,
"""
ORDERS = """order_id,customer_id,ordered_on,total,currency,status,paid,items,email
20417,C-1001,2026-03-02,49.90,EUR,delivered,yes,1 x koru,
20418,C-1003,2026-05-09,19.90,EUR,delivered,yes,1 x frame,
20419,,2026-05-10,9.90,EUR,delivered,yes,1 x card,vieras@example.com
"""

CODE = re.compile(r"(?<!\d)(\d{6})(?!\d)")


@dataclass
class Clock:
    """Time as the service sees it: the real one, moved on at will."""

    ahead: timedelta = field(default_factory=timedelta)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def pass_time(self, **by: float) -> None:
        self.ahead += timedelta(**by)


def write_settings(
    folder: Path,
    mail: MailServer,
    api: BotApi,
    *,
    extra_mailbox: str = "",
    extra_telegram: str = "",
    http: str = "",
    profile: str = "liwigo",
) -> Path:
    """The settings file of a shop on the stand-ins, and its register."""
    (folder / "register").mkdir(parents=True, exist_ok=True)
    (folder / "register" / "customers.csv").write_text(CUSTOMERS, encoding="utf-8")
    (folder / "register" / "orders.csv").write_text(ORDERS, encoding="utf-8")
    user = SHOP.replace("@", "%40")
    path = folder / "pyynto.toml"
    path.write_text(
        f"""
[service]
database = "sqlite:///pyynto.db"
secret = "{SECRET}"
{f'http = "{http}"' if http else ""}

[[shops]]
profile = "{profile}"
register = "csv:register/"

[shops.telegram]
token = "{TOKEN}"
base_url = "{api.base_url}"
staff = [{STAFF}]
staff_chat = {STAFF_CHAT}
pace = 0
{extra_telegram}

[shops.mailbox]
address = "{SHOP}"
imap = "imap://{user}@127.0.0.1:{mail.imap_port}"
smtp = "smtp://127.0.0.1:{mail.smtp_port}"
password = "secret"
{extra_mailbox}
""",
        encoding="utf-8",
    )
    return path


class Office:
    """A running shop, seen from outside."""

    def __init__(self, folder: Path, api: BotApi, mail: MailServer, clock: Clock, settings: Path) -> None:
        self.folder, self.api, self.mail, self.clock = folder, api, mail, clock
        self.settings_path = settings
        self.settings: Settings = load_settings(settings)
        self.house = furnish(self.settings.shops[0])
        self.profile = self.house.shop.profile
        self.service: Service | None = None
        self._stop = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._store: Store | None = None

    # -- the service -------------------------------------------------------------------------------------

    async def start(self) -> None:
        self._stop = asyncio.Event()
        self.service = Service(self.settings, self.clock)
        self._task = asyncio.create_task(self.service.run(self._stop))

    async def stop(self) -> None:
        self._stop.set()
        if self._task is not None:
            await asyncio.wait_for(self._task, 20)
            self._task = None

    async def kill(self) -> None:
        """End without a goodbye, as far as one process can."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    @property
    def bot(self) -> BotAccount:
        return self.api.bot(TOKEN)

    def person(self, number: int = 1001, name: str = "Maija", language: str = "fi") -> Chat:
        return self.bot.person(number, name, language)

    def staff(self) -> Chat:
        return self.bot.person(STAFF, "Staff", "fi")

    # -- mail --------------------------------------------------------------------------------------------

    async def write(
        self,
        sender: str,
        text: str,
        subject: str = "Pyyntö",
        *,
        answers: EmailMessage | None = None,
        **headers: str,
    ) -> str:
        """A mail from a person to the shop, by SMTP; its Message-ID."""
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = sender, SHOP, subject
        message["Date"] = format_datetime(datetime.now(UTC))
        message["Message-ID"] = make_msgid(domain="example.com")
        if answers is not None:
            message["In-Reply-To"] = str(answers["Message-ID"])
            message["References"] = str(answers["Message-ID"])
        for name, value in headers.items():
            message[name.replace("_", "-")] = value
        message.set_content(text)
        await aiosmtplib.send(
            message,
            hostname="127.0.0.1",
            port=self.mail.smtp_port,
            start_tls=False,
            sender=sender,
            recipients=[SHOP],
        )
        return str(message["Message-ID"])

    async def mails(self, to: str, count: int = 1, timeout: float = 10.0) -> list[EmailMessage]:
        """Mails from the shop to this address, once there are so many."""
        return await self.mail.wait_for(to, count, timeout)

    async def code(self, to: str, count: int = 1) -> str:
        """The one-time code in the newest mail to this address."""
        return code_in((await self.mails(to, count))[-1])

    # -- staff -------------------------------------------------------------------------------------------

    async def store(self) -> Store:
        if self._store is None:
            self._store = await Store.open(self.settings.service.database, SECRET)
        return self._store

    async def queue(self, *, everything: bool = False) -> list[dict[str, Any]]:
        store = await self.store()
        async with store.read() as tx:
            order = read_line("queue --all" if everything else "queue")
            return [desk.row_of(c) for c in await desk.queue(tx, [self.profile], order, "test", self.clock())]

    async def case(self, case_id: str) -> dict[str, Any]:
        store = await self.store()
        async with store.read() as tx:
            return desk.view_of(await desk.open_case(tx, [self.profile], case_id))

    async def do(self, line: str) -> desk.Outcome:
        """A staff verb, carried out."""
        store = await self.store()
        async with store.write() as tx:
            return await desk.act(
                tx, self.house, read_line(line), actor="terminal:test", cause=f"test:{line}:{self.clock()}",
                now=self.clock(), commit=True,
            )  # fmt: skip

    async def until(
        self, ready: Callable[[list[dict[str, Any]]], bool], timeout: float = 10.0
    ) -> list[dict[str, Any]]:
        """The whole queue, once it is as wanted."""
        deadline = asyncio.get_running_loop().time() + timeout
        while True:
            rows = await self.queue(everything=True)
            if ready(rows):
                return rows
            if asyncio.get_running_loop().time() > deadline:
                raise AssertionError(f"the queue never became as wanted: {rows}")
            await asyncio.sleep(0.05)

    async def close(self) -> None:
        await self.stop()
        if self._store is not None:
            await self._store.close()


def code_in(mail: EmailMessage) -> str:
    """The only run of exactly six digits in a mail's subject and text."""
    body = mail.get_body(("plain",))
    assert body is not None
    found = CODE.findall(f"{mail['Subject']}\n{body.get_content()}")
    assert len(found) == 1, f"{len(found)} runs of six digits"
    return str(found[0])


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


@asynccontextmanager
async def opened(folder: Path, *, start: bool = True, **settings: Any) -> AsyncIterator[Office]:
    """An office, running unless told otherwise."""
    addresses = [SHOP, MAIJA, ONNI, LISA, "vieras@example.com", "tupla@example.com", "outo@example.net"]
    async with BotApi.serve() as api, MailServer.serve(addresses, password="secret") as mail:
        path = write_settings(folder, mail, api, **settings)
        office = Office(folder, api, mail, Clock(), path)
        try:
            if start:
                await office.start()
            yield office
        finally:
            await office.close()
