"""Stopping all mail: by a word of staff or by itself when it floods, over restarts, until staff let it go again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.probing import probe
from sandbox.bot_api import Chat
from storage import outbox
from tests.invariants.acts import eventually
from tests.office import LISA, MAIJA, ONNI, STAFF_CHAT, Office, code_in, opened
from tests.staff.terminal import beside

FEW = "answers_an_hour = 3\n"


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with opened(tmp_path, extra_mailbox=FEW) as office:
        office.bot.group(STAFF_CHAT)
        yield office


async def said_to(chat: Chat, line: str) -> str:
    """What the bot answers staff."""
    await chat.say(line)
    return str((await chat.next_message())["text"])


async def wait_for_letters(office: Office, count: int) -> None:
    """So many letters are in the outbox and stay there."""

    async def so_many() -> bool:
        async with (await office.store()).read() as tx:
            return (await outbox.state_of(tx, office.clock()))["waiting"] == count

    await eventually(so_many)


async def stopped_by_itself(office: Office) -> bool:
    """Look after the mailbox as the service does, only faster; whether staff have been told."""
    service = office.service
    if service is None or not service._shops:
        return False
    watch = service._shops[0].watch
    assert watch is not None
    await watch.look()
    return heard(office) > 0


def heard(office: Office) -> int:
    messages = office.bot.group(STAFF_CHAT).messages
    return sum("Sähköpostin lähetys on pysäytetty: tunnin aikana" in str(one.get("text")) for one in messages)


async def test_stopped_mail_waits_and_leaves_when_staff_let_it_go(office: Office) -> None:
    staff = office.staff()
    assert "pysäytetty" in await said_to(staff, "/mail_stop")
    await asyncio.sleep(1.2)
    await office.write(MAIJA, "Poistakaa tietoni.")
    await wait_for_letters(office, 1)
    (case,) = await office.queue()
    assert case["kind"] == "erasure"
    await office.stop()
    await office.start()
    await asyncio.sleep(1.5)
    assert office.mail.sent_to(MAIJA) == []
    lines = {line.what: line async for line in probe(office.settings)}
    assert not lines["liwigo outgoing mail"].ok
    assert "pyynto mail-go" in lines["liwigo outgoing mail"].say
    assert "Odottaneita kirjeitä: 1" in await said_to(staff, "/mail_go")
    (mail,) = await office.mails(MAIJA)
    await office.write(MAIJA, f"Koodi on {code_in(mail)}", answers=mail)
    await office.until(lambda rows: rows[0]["status"] == "open")
    lines = {line.what: line async for line in probe(office.settings)}
    assert lines["liwigo outgoing mail"].ok


async def test_a_flood_stops_the_mail_once_and_letting_go_counts_anew(office: Office) -> None:
    for address in (MAIJA, LISA, ONNI, "uusi@example.net"):
        await office.write(address, "Poistakaa tietoni.")
        await office.mails(address)
    await eventually(lambda: stopped_by_itself(office))
    await asyncio.sleep(1.2)
    await office.write("viides@example.net", "Poistakaa tietoni.")
    await wait_for_letters(office, 1)
    ran = await beside("mail-go", "--config", str(office.settings.path))
    assert ran.code == 0, ran.err
    await office.mails("viides@example.net")
    await stopped_by_itself(office)
    await asyncio.sleep(0.3)
    assert heard(office) == 1


async def test_stopping_twice_or_letting_go_of_nothing_says_so(office: Office) -> None:
    config = ("--config", str(office.settings.path))
    assert (await beside("mail-go", "--json", *config)).json == {
        "shop": "liwigo", "stopped": False, "waiting": 0,
    }  # fmt: skip
    assert "not stopped" in (await beside("mail-go", *config)).out
    for _ in range(2):
        assert (await beside("mail-stop", "--json", *config)).json["stopped"] is True
