"""The mailbox is watched over real wires: canaries fly and are seen; silence, loss and recovery are told once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app import web
from app.probing import probe
from app.serve import _channels
from storage import outbox
from tests.invariants.acts import eventually
from tests.office import SHOP, STAFF_CHAT, Office, opened

QUICK = """
silence_minutes = 0.02
[shops.mailbox.canary]
every_hours = 24
within_minutes = 0.02
"""


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with opened(tmp_path, extra_mailbox=QUICK) as office:
        office.bot.group(STAFF_CHAT)
        yield office


async def health(office: Office) -> tuple[dict[str, Any], bool]:
    service = office.service
    assert service is not None
    async with (await office.store()).read() as tx:
        letters = await outbox.state_of(tx, office.clock())
        channels = [await _channels(tx, shop) for shop in service._shops]
        if not channels:
            return {"shops": [{"canary": None}]}, False
    return web.health(channels, letters, office.clock(), office.clock())


def heard(office: Office, words: str) -> int:
    """How often the staff chat was told this."""
    return sum(words in str(message.get("text")) for message in office.bot.group(STAFF_CHAT).messages)


async def look_until(office: Office, words: str, times: int = 1) -> None:
    """Look at the mailbox as the service does, only faster."""

    async def told() -> bool:
        if not await _running(office):
            return False
        assert office.service is not None
        watch = office.service._shops[0].watch
        assert watch is not None
        await watch.look()
        return heard(office, words) >= times

    await eventually(told, within=30)


async def canary_is_back(office: Office) -> None:
    async def back() -> bool:
        body, _ = await health(office)
        found = body["shops"][0]["canary"]
        return found is not None and found["last_ok"] is not None

    await eventually(back)


async def test_a_canary_flies_at_the_start_comes_back_and_leaves_evidence(office: Office) -> None:
    await canary_is_back(office)
    (mail,) = [sent.message for sent in office.mail.sent_to(SHOP)]
    assert mail["To"] == SHOP
    assert mail["Auto-Submitted"] == "auto-generated"
    body, well = await health(office)
    assert well
    assert body["shops"][0]["canary"]["ok"]
    # Ours: no case, no answer, nothing to sort.
    assert await office.queue(everything=True) == []
    assert [sent.rcpt_tos for sent in office.mail.outbound] == [(SHOP,)]
    lines = {line.what: line async for line in probe(office.settings)}
    assert lines["liwigo canary"].ok
    assert "last back" in lines["liwigo canary"].say


async def test_a_lost_canary_is_told_once_and_so_is_its_return(office: Office) -> None:
    await canary_is_back(office)
    office.mail.refuse_next(times=2)
    office.clock.pass_time(hours=24)
    await look_until(office, "Koeviesti tietosuojapostilaatikkoon ei tullut perille")
    body, well = await health(office)
    assert not well
    assert body["shops"][0]["canary"]["ok"] is False
    lines = {line.what: line async for line in probe(office.settings)}
    assert not lines["liwigo canary"].ok

    async def fly_again() -> bool:
        office.clock.pass_time(seconds=2)
        assert office.service is not None
        watch = office.service._shops[0].watch
        assert watch is not None
        await watch.look()
        await asyncio.sleep(0.1)
        return heard(office, "Koeviesti tuli taas perille") >= 1

    await eventually(fly_again, within=30)
    await asyncio.sleep(0.3)
    assert heard(office, "ei tullut perille") == 1
    assert heard(office, "tuli taas perille") == 1
    body, _ = await health(office)
    assert body["shops"][0]["canary"]["ok"]


async def test_a_mailbox_that_cannot_be_read_is_told_once_even_over_a_restart(office: Office) -> None:
    await canary_is_back(office)
    await office.mail.down()
    await asyncio.sleep(timedelta(minutes=0.02).total_seconds())
    await look_until(office, "ei ole saatu luettua")
    body, well = await health(office)
    assert not well
    assert body["shops"][0]["mailbox"]["ok"] is False
    await office.stop()
    await office.start()
    await asyncio.sleep(1.5)
    assert office.service is not None
    await eventually(lambda: _running(office))
    watch = office.service._shops[0].watch
    assert watch is not None
    await watch.look()
    assert heard(office, "ei ole saatu luettua") == 1
    await office.mail.up()
    await look_until(office, "luetaan taas")
    await watch.look()
    await asyncio.sleep(0.3)
    assert heard(office, "ei ole saatu luettua") == 1
    assert heard(office, "luetaan taas") == 1


async def _running(office: Office) -> bool:
    return office.service is not None and bool(office.service._shops)


async def test_a_forged_canary_proves_nothing(office: Office) -> None:
    await canary_is_back(office)
    before, _ = await health(office)
    forged = b"From: outo@example.net\r\nMessage-ID: <pyynto.canary.guessed@liwigo.example>\r\n\r\nHei\r\n"
    await office.mail.deliver(forged, SHOP)
    await asyncio.sleep(0.5)
    after, _ = await health(office)
    assert after["shops"][0]["canary"] == before["shops"][0]["canary"]
