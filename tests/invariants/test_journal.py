"""The journal is only ever added to, and nobody writes over what somebody else has written since."""

from __future__ import annotations

import asyncio
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from app.deliver import Delivery
from app.handle import Handler
from cases.faults import Stale
from cases.model import Channel, Decision
from storage import looking, saving
from storage.store import Store
from storage.tables import CaseRow, RequestRow, table
from tests.invariants.acts import ask, mail_settled, proofs, rows, start_chat, table_of, wrong
from tests.office import MAIJA, SECRET, Office

TAMPERING = [
    "UPDATE journal SET actor = 'nobody'",
    "UPDATE journal SET event = 'withdrawn' WHERE id = 1",
    "DELETE FROM journal",
    "DELETE FROM journal WHERE id = (SELECT max(id) FROM journal)",
    "INSERT OR REPLACE INTO journal (id, case_id, at, event, actor, data) "
    "SELECT id, case_id, at, 'withdrawn', 'nobody', data FROM journal WHERE id = 1",
    "REPLACE INTO journal SELECT * FROM journal",
    "INSERT INTO journal SELECT * FROM journal WHERE id = 1 ON CONFLICT (id) DO UPDATE SET actor = 'nobody'",
]


@pytest.mark.parametrize("statement", TAMPERING)
async def test_the_database_refuses_to_change_or_remove_an_entry(office: Office, statement: str) -> None:
    await start_chat(office, 1001, MAIJA)
    await mail_settled(office, 0)
    before = await rows(office, select(table_of("journal")))
    assert before
    with sqlite3.connect(office.folder / "pyynto.db", timeout=10) as raw, pytest.raises(sqlite3.Error):
        raw.execute(statement)
    assert await rows(office, select(table_of("journal"))) == before


async def test_a_writer_who_decided_on_an_old_version_is_refused(office: Office) -> None:
    """For requests and cases alike, and nothing of the decision is stored."""
    await start_chat(office, 1001, MAIJA)
    await mail_settled(office, 0)
    store = await office.store()
    async with store.read() as tx:
        (request,) = await looking.requests_by_id(tx, [(await proofs(office))[0].id])
        (case,) = await looking.cases_of(tx, [request.id])
    for decision in (
        Decision(requests=(request,)),
        Decision(cases=(case,)),
        Decision(requests=(request,), cases=(case,)),
    ):
        async with store.write() as tx:
            await saving.save(tx, Decision(requests=(request,), cases=(case,)), prefix="LIW", channel=Channel.CHAT,
                              now=office.clock())  # fmt: skip
        with pytest.raises(Stale):
            async with store.write() as tx:
                await saving.save(tx, decision, prefix="LIW", channel=Channel.CHAT, now=office.clock())
        async with store.read() as tx:
            (request,) = await looking.requests_by_id(tx, [request.id])
            (case,) = await looking.cases_of(tx, [request.id])


async def test_versions_only_ever_grow(office: Office) -> None:
    await start_chat(office, 1001, MAIJA)
    await mail_settled(office, 0)
    store = await office.store()
    async with store.read() as tx:
        (request,) = await looking.requests_by_id(tx, [(await proofs(office))[0].id])
    seen = [request.version]
    for _ in range(3):
        async with store.write() as tx:
            await saving.save(tx, Decision(requests=(replace(request, version=seen[-1]),)), prefix="LIW",
                              channel=Channel.CHAT, now=office.clock())  # fmt: skip
        seen.append((await proofs(office))[0].version)
    assert seen == [seen[0] + n for n in range(4)]


async def test_two_processes_that_judge_wrong_codes_at_once_count_every_try(office: Office) -> None:
    """Each decides on what the other has stored, so five tries are five tries, however many take them in."""
    chat = await start_chat(office, 1001, MAIJA)
    code = await office.code(MAIJA)
    await mail_settled(office, 0)
    updates = []
    for nth in range(1, 5):
        await chat.say(wrong(code, nth))
        await chat.next_message()
    assert (await proofs(office))[0].tries == 4
    await office.stop()
    for nth in range(5, 9):
        message = {
            "message_id": 900 + nth, "date": int(office.clock().timestamp()), "text": wrong(code, nth),
            "chat": {"id": 1001, "type": "private"}, "from": {"id": 1001, "is_bot": False, "first_name": "M"},
        }  # fmt: skip
        updates.append({"update_id": 10_000 + nth, "message": message})
    stores = [await Store.open(office.settings.service.database, SECRET) for _ in range(4)]
    try:
        handlers = [
            Handler(
                store, office.house, Delivery(store, {"liwigo": office.house}, office.clock), office.clock
            )
            for store in stores
        ]
        await asyncio.gather(*(h.updates([update]) for h, update in zip(handlers, updates, strict=True)))
    finally:
        for store in stores:
            await store.close()
    (row,) = await proofs(office)
    assert row.tries == 5
    (case,) = await rows(office, select(table(CaseRow)))
    assert case.status == "held"


async def test_the_same_update_taken_in_by_two_processes_opens_one_case(office: Office) -> None:
    await office.stop()
    message = {
        "message_id": 1, "date": int(office.clock().timestamp()), "text": "poista tietoni",
        "chat": {"id": 1001, "type": "private"}, "from": {"id": 1001, "is_bot": False, "first_name": "M"},
    }  # fmt: skip
    stores = [await Store.open(office.settings.service.database, SECRET) for _ in range(3)]
    try:
        handlers = [
            Handler(
                store, office.house, Delivery(store, {"liwigo": office.house}, office.clock), office.clock
            )
            for store in stores
        ]
        await asyncio.gather(*(h.updates([{"update_id": 77, "message": message}]) for h in handlers))
    finally:
        for store in stores:
            await store.close()
    assert len(await rows(office, select(table(CaseRow)))) == 1
    assert len(await rows(office, select(table(RequestRow)))) == 1


async def test_a_staff_verb_and_a_code_at_the_same_moment_leave_one_truth(office: Office) -> None:
    """Staff verify while the person types the code: the case is open, with every step in its journal."""
    chat = await start_chat(office, 1001, MAIJA)
    code = await office.code(MAIJA)
    (row,) = await office.queue()
    await asyncio.gather(ask(chat, code), office.do(f"take {row['id']}"))
    (row,) = await office.queue()
    assert (row["status"], row["assignee"] is not None) == ("open", True)
    events = [entry["event"] for entry in (await office.case(row["id"]))["journal"]]
    assert {"code_accepted", "taken"} <= set(events)


def test_the_database_survives_a_kill_by_its_settings(tmp_path: Path) -> None:
    """A commit is on the disk before it counts (WAL, synchronous=FULL)."""

    async def look() -> dict[str, str]:
        store = await Store.open(f"sqlite:///{tmp_path / 'x.db'}", SECRET)
        try:
            async with store.write() as tx:
                names = ("journal_mode", "synchronous", "foreign_keys")
                return {
                    name: str((await tx.conn.exec_driver_sql(f"PRAGMA {name}")).scalar()) for name in names
                }
        finally:
            await store.close()

    assert asyncio.run(look()) == {"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1"}
