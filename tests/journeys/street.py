"""Five shops on loopback, one service: each with its own bot, mailbox and register."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from app import desk
from app.house import House, furnish
from app.serve import Service
from app.settings import Settings, load_settings
from cases.model import Letter, Route
from cases.staff import read_line
from sandbox.bot_api import BotApi, Chat
from sandbox.mail import MailServer
from shops.profile import built_in_profiles
from storage import desk as shelves
from storage.mapping import token_of as letter_token
from storage.store import Store
from tests.office import SECRET, Clock, code_in

HELSINKI = ZoneInfo("Europe/Helsinki")
SHOPS = tuple(built_in_profiles())
STAFF = 4242
PATIENCE = 15.0


def mailbox_of(shop: str) -> str:
    return f"tietosuoja@{shop}.example"


def person_of(shop: str, number: int) -> str:
    """The recorded address of a shop's customer."""
    return f"asiakas{number}.{shop}@example.com"


class Street:
    """All shops at once, seen from outside."""

    def __init__(self, settings: Path, api: BotApi, mail: MailServer, clock: Clock, store: Store) -> None:
        self.api, self.mail, self.clock, self.store = api, mail, clock, store
        self.settings: Settings = load_settings(settings)
        self.houses: dict[str, House] = {s.name: furnish(s) for s in self.settings.shops}

    def at(self, moment: datetime) -> None:
        """It is this moment now."""
        self.clock.ahead = moment - datetime.now(UTC)

    def chat(self, shop: str, number: int, language: str) -> Chat:
        return self.api.bot(token_of(shop)).person(number, "Asiakas", language)

    async def write(self, shop: str, sender: str, text: str, answers: EmailMessage | None = None) -> None:
        """A mail from a person; an answer quotes what it answers, as mail programs do."""
        message = EmailMessage()
        message["From"], message["To"] = f"Asiakas <{sender}>", mailbox_of(shop)
        message["Subject"] = f"Re: {answers['Subject']}" if answers is not None else "Tiedot / my data"
        message["Date"] = format_datetime(self.clock())
        message["Message-ID"] = make_msgid(domain="example.com")
        if answers is not None:
            message["In-Reply-To"] = message["References"] = str(answers["Message-ID"])
            body = answers.get_body(("plain",))
            assert body is not None
            quoted = "\n".join(f"> {line}" for line in str(body.get_content()).splitlines())
            text = f"{text}\n\nti 24.11.2026 klo 9.00 {mailbox_of(shop)} kirjoitti:\n{quoted}"
        message.set_content(text)
        await self.mail.deliver(message.as_bytes(), mailbox_of(shop), internal_date=self.clock())

    async def code(self, address: str) -> tuple[EmailMessage, str]:
        """The newest mail to this address, and the code in it."""
        mail = (await self.mail.wait_for(address, 1, PATIENCE))[-1]
        return mail, code_in(mail)

    async def case(self, shop: str, address: str, status: str) -> dict[str, Any]:
        """The one case of whoever has this recorded address, once it stands as wanted."""
        end = asyncio.get_running_loop().time() + PATIENCE
        while True:
            found = await self._case(shop, address)
            if found is not None and found["status"] == status:
                return found
            if asyncio.get_running_loop().time() > end:
                raise AssertionError(f"{address} never had a case that is {status}, but {found}")
            await asyncio.sleep(0.03)

    async def _case(self, shop: str, address: str) -> dict[str, Any] | None:
        async with self.store.read() as tx:
            cases = await shelves.queue(tx, [shop], everything=True)
            # The newest first: that is the one a journey waits for.
            for case in sorted(cases, key=lambda case: case.received_at, reverse=True):
                view = desk.view_of(await desk.open_case(tx, [shop], case.id))
                if view["requester"]["email"] == address:
                    return view
        return None

    async def do(self, shop: str, line: str) -> desk.Outcome:
        """A staff verb, carried out."""
        async with self.store.write() as tx:
            return await desk.act(
                tx, self.houses[shop], read_line(line), actor="terminal:test",
                cause=f"test:{line}:{self.clock()}", now=self.clock(), commit=True,
            )  # fmt: skip

    async def answer(self, shop: str, case_id: str) -> Letter:
        """The letter that answered a case, as it was committed."""
        async with self.store.read() as tx:
            dossier = await desk.open_case(tx, [shop], case_id)
        (letter,) = [
            sent.letter
            for sent in dossier.letters
            if sent.letter.route is Route.MAIL and sent.letter.name.startswith("answer_")
        ]
        return letter

    async def arrived(self, letter: Letter) -> EmailMessage:
        """The mail a letter became."""
        token = letter_token(self.store.vault, letter.key)
        end = asyncio.get_running_loop().time() + PATIENCE
        while asyncio.get_running_loop().time() < end:
            for mail in (sent.message for sent in self.mail.sent_to(letter.to)):
                if str(mail["Message-ID"]).startswith(f"<{token}@"):
                    return mail
            await asyncio.sleep(0.03)
        raise AssertionError(f"{letter.name} never arrived")


def token_of(shop: str) -> str:
    return f"{7000 + SHOPS.index(shop)}:token-of-{shop}-at-the-stand-in"


def _settings(folder: Path, api: BotApi, mail: MailServer, people: int) -> Path:
    parts = [f'[service]\ndatabase = "sqlite:///pyynto.db"\nsecret = "{SECRET}"\n']
    for shop in SHOPS:
        _register(folder / shop, shop, people)
        user = mailbox_of(shop).replace("@", "%40")
        parts.append(
            f"""
[[shops]]
profile = "{shop}"
register = "csv:{shop}/"

[shops.telegram]
token = "{token_of(shop)}"
base_url = "{api.base_url}"
staff = [{STAFF}]
pace = 0

[shops.mailbox]
address = "{mailbox_of(shop)}"
imap = "imap://{user}@127.0.0.1:{mail.imap_port}"
smtp = "smtp://127.0.0.1:{mail.smtp_port}"
password = "secret"
"""
        )
    path = folder / "pyynto.toml"
    path.write_text("".join(parts), encoding="utf-8")
    return path


def _register(folder: Path, shop: str, people: int) -> None:
    """Customers with a paid order, an unpaid one, marketing permissions and a shop's own column."""
    folder.mkdir()
    customers = [
        "customer_id,name,email,phone,street,postal_code,city,language,birth_date,marketing_email,registered_on,kengännumero"
    ]
    orders = ["order_id,customer_id,ordered_on,total,currency,status,paid,items"]
    for number in range(people):
        customers.append(
            f"A-{number},Asiakas Esimerkki {number},{person_of(shop, number)},040 000 0001,Mallitie {number},20100,"
            f"Turku,fi,1980-01-01,yes,2019-05-04,38"
        )
        orders.append(f"{5000 + number},A-{number},2025-03-02,49.90,EUR,delivered,yes,1 x koru")
        if number % 3 == 0:
            orders.append(f"{6000 + number},A-{number},2025-11-02,19.90,EUR,delivered,no,1 x kehys")
    (folder / "customers.csv").write_text("\n".join(customers) + "\n", encoding="utf-8")
    (folder / "orders.csv").write_text("\n".join(orders) + "\n", encoding="utf-8")


@asynccontextmanager
async def opened(folder: Path, start: datetime, people: int) -> AsyncIterator[Street]:
    """The street, open for business."""
    addresses: Sequence[str] = [
        *(mailbox_of(shop) for shop in SHOPS),
        *(person_of(shop, number) for shop in SHOPS for number in range(people)),
    ]
    async with BotApi.serve() as api, MailServer.serve(addresses, password="secret") as mail:
        path = _settings(folder, api, mail, people)
        clock = Clock()
        store = await Store.open(load_settings(path).service.database, SECRET)
        street = Street(path, api, mail, clock, store)
        street.at(start)
        stop = asyncio.Event()
        running = asyncio.create_task(Service(street.settings, clock).run(stop))
        try:
            yield street
        finally:
            stop.set()
            await asyncio.wait_for(running, 20)
            await store.close()
