"""What the invariant tests do again and again: dialogues, mails, and a look into what was stored."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from email.message import EmailMessage
from typing import Any

from sqlalchemy import select

from sandbox.bot_api import Chat
from sandbox.mail import Sent
from storage.tables import LetterRow, RequestRow, table
from tests.office import CODE, SHOP, STAFF_CHAT, Office, text_of

LETTERS, REQUESTS = table(LetterRow), table(RequestRow)

#: Where nobody is a customer, and no mailbox of the shop's.
STRANGER = "outo@example.net"
#: The key of a mail in a mailbox; the same content under any UID has another.
ARRIVED = re.compile(r"mail:liwigo:\d+:\d+")
CASE_ID = re.compile(r"LIW-\d{4}-\d{4,}")
#: Mails from one person on different days have another date, but nothing else may differ.
DAY = re.compile(r"\d{1,2}\.\d{1,2}\.\d{4}|\d{1,2} \w+ \d{4}")


def wrong(code: str, nth: int = 1) -> str:
    """Six digits that are not the code."""
    return f"{(int(code or '0') + nth) % 1_000_000:06d}"


async def ask(chat: Chat, text: str) -> str:
    """Say something; the bot's next message."""
    await chat.say(text)
    return str((await chat.next_message())["text"])


async def play(chat: Chat, *lines: str) -> list[str]:
    """Say several things; what was answered to each, with case ids made alike."""
    return [alike(await ask(chat, line)) for line in lines]


def alike(text: str) -> str:
    """A text without what differs from case to case."""
    return CASE_ID.sub("LIW-CASE", text)


async def start_chat(office: Office, number: int, address: str, wish: str = "poista tietoni") -> Chat:
    """A chat that has asked for something and named an address."""
    chat = office.person(number, f"Person {number}")
    await ask(chat, wish)
    await ask(chat, address)
    return chat


def code_mails(office: Office) -> list[Sent]:
    """Every mail of the shop's that carries a code."""
    return [sent for sent in office.mail.outbound if sent.mail_from == SHOP and has_code(sent.message)]


def has_code(mail: EmailMessage) -> bool:
    return bool(CODE.search(f"{mail['Subject']}\n{text_of(mail)}"))


def code_recipients(office: Office) -> list[str]:
    """To whom codes went, one entry a mail."""
    return [address for sent in code_mails(office) for address in sent.rcpt_tos]


async def eventually(ready: Callable[[], Awaitable[Any]], within: float = 10.0) -> Any:
    """The first true value of `ready`."""
    deadline = asyncio.get_running_loop().time() + within
    while True:
        found = await ready()
        if found:
            return found
        if asyncio.get_running_loop().time() > deadline:
            raise AssertionError(f"never came true; last: {found!r}")
        await asyncio.sleep(0.03)


async def rows(office: Office, query: Any) -> list[Any]:
    store = await office.store()
    async with store.read() as tx:
        return list(await tx.all(query))


async def proofs(office: Office) -> list[Any]:
    """The requests' rows, oldest first."""
    return await rows(office, select(REQUESTS).order_by(REQUESTS.c.received_at, REQUESTS.c.id))


async def mail_settled(office: Office, count: int) -> None:
    """Every mail handed in so far has been handled, and every letter due is out."""

    async def done() -> bool:
        arrivals = await rows(office, select(table_of("arrivals").c.key))
        seen = sum(ARRIVED.fullmatch(row.key) is not None for row in arrivals)
        waiting = await rows(office, select(LETTERS.c.id).where(LETTERS.c.state == "queued"))
        return seen >= count and not waiting

    await eventually(done)


def table_of(name: str) -> Any:
    from sqlmodel import SQLModel

    return SQLModel.metadata.tables[name]


def staff_texts(office: Office) -> list[str]:
    """What the staff chat was told."""
    return [str(message["text"]) for message in office.bot.group(STAFF_CHAT).messages]


async def staff_hear(office: Office, words: str, within: float = 10.0) -> str:
    """The first message in the staff chat with these words."""
    return str((await office.bot.group(STAFF_CHAT).message_with(words, within))["text"])
