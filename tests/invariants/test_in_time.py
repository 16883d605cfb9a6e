"""Reminders and notices: in time or as soon as can be, once, whoever else runs, and whatever breaks on the way."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.dialects import sqlite

from storage.passing import coming_due, what_is_due
from storage.store import Store
from storage.tables import LetterRow, table
from tests.invariants.acts import eventually, rows
from tests.office import SECRET, STAFF_CHAT, Office, opened

Row = Mapping[str, Any]

#: A Monday; what is asked then is due on Wednesday 23 December. The reminder goes on the 9th, the notice on the 21st.
MONDAY = datetime(2026, 11, 23, 10, tzinfo=ZoneInfo("Europe/Helsinki"))
UNTIL_REMINDER, UNTIL_NOTICE = 16, 28


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    """A shop on that Monday."""
    async with opened(tmp_path, start=False) as office:
        office.clock.ahead = MONDAY - datetime.now(UTC)
        office.bot.group(STAFF_CHAT)
        await office.store()
        await office.start()
        yield office


async def wish(office: Office, number: int, text: str = "poista tietoni") -> None:
    """Somebody asks for something and says no address."""
    chat = office.person(number, f"Person {number}")
    await chat.say(text, at=office.clock())
    await chat.next_message()


async def journal(office: Office, number: int) -> list[str]:
    """The events of one case, oldest first."""
    everything = await office.queue(everything=True)
    case = await office.case(sorted(row["id"] for row in everything)[number - 1])
    return [entry["event"] for entry in case["journal"]]


def notices(office: Office, number: int) -> list[str]:
    """The no-action notices in one chat."""
    said = [str(message["text"]) for message in office.person(number).messages]
    return [text for text in said if "Emme ole saaneet koodia" in text]


def is_noticed(queue: Sequence[Row]) -> bool:
    return bool(queue) and all(row["status"] == "unverified" for row in queue)


async def test_a_notice_whose_day_passed_while_the_service_was_down_goes_at_its_start(office: Office) -> None:
    """Late rather than never; and a service that is killed and started again says nothing twice."""
    await wish(office, 1001)
    await office.stop()
    office.clock.pass_time(days=60)
    await office.start()
    await office.until(is_noticed)
    await eventually(lambda: _has_notice(office, 1001))
    await office.kill()
    await office.start()
    await _look(office)
    assert len(notices(office, 1001)) == 1
    assert (await journal(office, 1)).count("no_action") == 1


async def test_a_notice_decided_before_a_kill_leaves_after_it(office: Office) -> None:
    """It stands in the outbox with its cause; Telegram is away, the process dies, and it still arrives, once."""
    await wish(office, 1001)
    await office.api.down()
    office.clock.pass_time(days=UNTIL_NOTICE)
    await _look(office)
    await office.until(is_noticed)
    await office.kill()
    await office.api.up()
    await office.start()
    office.clock.pass_time(minutes=1)
    await eventually(lambda: _has_notice(office, 1001))
    assert len(notices(office, 1001)) == 1


async def test_two_processes_that_look_at_once_tell_everybody_once(office: Office) -> None:
    """Both gather and decide on the same cases; whoever is second finds it done."""
    for number in range(1001, 1005):
        await wish(office, number)
    other = await Store.open(office.settings.service.database, SECRET)
    assert office.service is not None
    try:
        for days, event in ((UNTIL_REMINDER, "reminded"), (UNTIL_NOTICE - UNTIL_REMINDER, "no_action")):
            office.clock.pass_time(days=days)
            store = await office.store()
            looks = [office.service.look_at_dates(each) for each in (store, other, store, other)]
            await asyncio.gather(*looks)
            for number in range(1, 5):
                assert (await journal(office, number)).count(event) == 1
    finally:
        await other.close()
    letters = await rows(office, select(table(LetterRow).c.name))
    for name in ("remind_address", "no_action"):
        assert sum(letter.name == name for letter in letters) == 4


async def test_one_request_that_cannot_be_told_keeps_nobody_waiting(office: Office) -> None:
    """What is stored of the most urgent one cannot be read any more; the next is told all the same."""
    await wish(office, 1001)
    await wish(office, 1002)
    with sqlite3.connect(office.folder / "pyynto.db") as db:
        db.execute("UPDATE cases SET details = x'00', due = date(due, '-1 day') WHERE id LIKE '%-0001'")
    office.clock.pass_time(days=UNTIL_NOTICE)
    await _look(office)
    await eventually(lambda: _has_notice(office, 1002))
    assert notices(office, 1001) == []


async def test_the_clock_finds_what_is_due_by_index_and_nothing_where_nothing_is(office: Office) -> None:
    """It looks every few seconds: never through all cases, and never twice at what it cannot change."""
    await wish(office, 1001)
    await wish(office, 1002, "en halua mainoksia")
    query = what_is_due(office.house.shop, MONDAY).compile(
        dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}
    )
    with sqlite3.connect(office.folder / "pyynto.db") as db:
        plan = [str(step[3]) for step in db.execute(f"EXPLAIN QUERY PLAN {query}")]
    assert any("USING INDEX ix_cases_queue (status=? AND due<?)" in step for step in plan), plan
    assert not [step for step in plan if step.startswith("SCAN")], plan
    store = await office.store()
    for days, found in ((0, 0), (UNTIL_REMINDER - 1, 0), (UNTIL_REMINDER, 1), (UNTIL_NOTICE, 2)):
        at = MONDAY + timedelta(days=days, minutes=1)
        async with store.read() as tx:
            assert len(await coming_due(tx, office.house.shop, at)) == found, days
    office.clock.pass_time(days=UNTIL_NOTICE)
    await _look(office)
    async with store.read() as tx:
        assert await coming_due(tx, office.house.shop, office.clock()) == []


async def _look(office: Office) -> None:
    assert office.service is not None
    await office.service.look_at_dates(await office.store())


async def _has_notice(office: Office, number: int) -> bool:
    return bool(notices(office, number))
