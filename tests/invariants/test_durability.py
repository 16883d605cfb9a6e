"""Design 5: what arrived is kept, what must leave leaves, lost lines heal, and poison stops nobody."""

from __future__ import annotations

import asyncio
import json
import socket
import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlalchemy import select

from app.deliver import Delivery
from app.handle import Handler
from mailers.inbox import Cursor, Fetched
from storage.tables import LetterRow, SetAsideRow, table
from tests.invariants.acts import (
    ask,
    code_mails,
    eventually,
    mail_settled,
    proofs,
    rows,
    staff_hear,
    staff_texts,
    start_chat,
    table_of,
)
from tests.office import LISA, MAIJA, SHOP, STAFF_CHAT, Office, code_in, opened

SET_ASIDE, LETTERS = table(SetAsideRow), table(LetterRow)


# -- lost lines --------------------------------------------------------------------------------------------------


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


async def health(port: int) -> tuple[int, dict[str, Any]]:
    url = f"http://127.0.0.1:{port}/healthz"
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return answer.status, json.loads(await answer.text())


async def test_lines_that_are_down_for_five_minutes_show_in_health_and_heal(tmp_path: Path) -> None:
    """200 while young, 503 with the line named after 300 s, 200 again when it is back; nothing is lost."""
    port = free_port()
    async with opened(tmp_path, http=f"127.0.0.1:{port}") as office:
        office.bot.group(STAFF_CHAT)

        async def well() -> bool:
            try:
                status, body = await health(port)
            except aiohttp.ClientError:
                return False
            return status == 200 and all(
                body["shops"][0][line]["last_ok"] for line in ("telegram", "mailbox")
            )

        await eventually(well)
        await office.api.down()
        await office.mail.down()
        assert (await health(port))[0] == 200
        office.clock.pass_time(seconds=301)
        status, body = await health(port)
        assert status == 503
        assert body["status"] != "ok"
        assert [body["shops"][0][line]["ok"] for line in ("telegram", "mailbox")] == [False, False]
        await office.person().say("poista tietoni")
        await office.api.up()
        await office.mail.up()
        office.clock.ahead = timedelta(0)
        await office.write(LISA, "Please delete my data.")
        await office.until(lambda found: len(found) == 2, 30)
        await eventually(well, 20)


async def test_a_letter_that_waits_fifteen_minutes_shows_in_health(tmp_path: Path) -> None:
    port = free_port()
    async with opened(tmp_path, http=f"127.0.0.1:{port}") as office:
        office.mail.refuse_next(451, times=1000)
        chat = office.person()
        await ask(chat, "poista tietoni")
        await ask(chat, MAIJA)
        status, body = await health(port)
        assert (status, body["outbox"]["waiting"] >= 1) == (200, True)
        office.clock.pass_time(minutes=16)
        status, body = await health(port)
        assert (status, body["outbox"]["waiting"] >= 1) == (503, True)


async def test_connections_cut_again_and_again_lose_nothing(office: Office) -> None:
    """IMAP, SMTP and Bot API connections are dropped while ten people write."""

    async def saw() -> None:
        for _ in range(8):
            await asyncio.sleep(0.15)
            office.mail.drop_connections()
            office.api.drop_connections()

    async def write(number: int) -> None:
        await asyncio.sleep(number * 0.1)
        await office.person(2000 + number, f"Person {number}").say("poista tietoni")
        for _ in range(20):
            try:
                await office.write(f"person{number}@example.org", "Haluan nähdä tietoni.")
                return
            except Exception:
                await asyncio.sleep(0.1)

    await asyncio.gather(saw(), *(write(number) for number in range(10)))
    found = await office.until(lambda found: len(found) >= 20, 40)
    for number in range(10):
        await office.person(2000 + number).message_with("sähköposti", 30)
    await asyncio.sleep(0.3)
    assert len(await office.queue(everything=True)) == len(found) == 20


async def test_a_database_that_is_locked_for_a_while_costs_nothing(office: Office) -> None:
    """Another program holds the write lock for longer than we wait: the message is handled later, not set aside."""
    chat = office.person()
    await ask(chat, "/start")
    raw = sqlite3.connect(office.folder / "pyynto.db", isolation_level=None)
    raw.execute("BEGIN IMMEDIATE")
    await chat.say("poista tietoni")
    await office.write(LISA, "Please delete my data.")
    await asyncio.sleep(6.5)
    raw.execute("ROLLBACK")
    raw.close()
    await office.until(lambda found: len(found) == 2, 40)
    await chat.next_message(30)
    assert await rows(office, select(SET_ASIDE)) == []


# -- the outbox --------------------------------------------------------------------------------------------------


async def test_a_mail_whose_acknowledgement_was_lost_goes_again_as_the_same_mail(office: Office) -> None:
    """Same Message-ID, same Date, same code, byte for byte."""
    office.mail.cut_next(2, after=True)
    await start_chat(office, 1001, MAIJA)
    for _ in range(3):
        await asyncio.sleep(0.3)
        office.clock.pass_time(minutes=5)
    await office.mails(MAIJA, 3, 20)
    copies = {sent.content for sent in office.mail.sent_to(MAIJA)}
    assert len(copies) == 1
    await mail_settled(office, 0)
    (row,) = [r for r in await rows(office, select(LETTERS)) if r.route == "mail"]
    assert (row.state, row.tries) == ("sent", 3)


async def test_a_put_off_mail_leaves_with_the_same_content_after_a_restart(office: Office) -> None:
    office.mail.cut_next(1, after=True)
    await start_chat(office, 1001, MAIJA)
    await office.mails(MAIJA, 1)
    await office.stop()
    await office.start()
    office.clock.pass_time(minutes=5)
    await office.mails(MAIJA, 2)
    assert len({sent.content for sent in office.mail.sent_to(MAIJA)}) == 1


async def test_a_chat_answer_refused_for_now_comes_later_and_in_order(office: Office) -> None:
    office.api.fail_next("sendMessage", 429, retry_after=1, times=2)
    office.api.fail_next("sendMessage", 500, times=1)
    chat = office.person()
    await chat.say("poista tietoni")
    await office.bot.all_read()
    await chat.say(MAIJA)
    first, second = (await chat.next_message(30))["text"], (await chat.next_message(30))["text"]
    assert "minuut" not in first
    assert "minuut" in second


async def test_a_letter_given_up_stands_on_the_case_and_staff_hear(office: Office) -> None:
    """Refused for good by the mail server: never silence."""
    office.mail.refuse_next(550, to=MAIJA)
    await start_chat(office, 1001, MAIJA)
    (row,) = await office.until(lambda found: "letter_failed" in found[0]["flags"])
    await staff_hear(office, row["id"])
    case = await office.case(row["id"])
    assert [one["state"] for one in case["letters"] if one["channel"] == "email"] == ["failed"]
    assert "letter_failed" in [entry["event"] for entry in case["journal"]]


async def test_a_letter_nobody_takes_for_days_is_given_up_in_the_end(office: Office) -> None:
    office.mail.refuse_next(451, times=10_000)
    await start_chat(office, 1001, MAIJA)

    async def failed() -> bool:
        office.clock.pass_time(hours=25)
        await asyncio.sleep(0.2)
        return "letter_failed" in (await office.queue())[0]["flags"]

    await eventually(failed, 40)
    (row,) = [r for r in await rows(office, select(LETTERS)) if r.route == "mail"]
    assert (row.state, row.tries > 10) == ("failed", True)


async def test_mail_given_new_uids_is_not_taken_in_twice(office: Office) -> None:
    """The mailbox was restored: everything comes again under another UIDVALIDITY."""
    await office.write(LISA, "Please delete my data.")
    await office.until(lambda found: len(found) == 1)
    await office.mails(LISA)
    await office.mail.renumber(SHOP)
    office.mail.drop_connections()
    await office.write(MAIJA, "Haluan nähdä tietoni.")
    await office.until(lambda found: len(found) == 2, 20)
    await mail_settled(office, 2)
    assert len(office.mail.sent_to(LISA)) == 1


async def test_updates_handed_out_twice_are_handled_once(office: Office) -> None:
    """Telegram's answer to a fetch is lost after the bot had committed nothing yet, and again later."""
    office.api.cut_next("getUpdates", after=True, times=2)
    chat = office.person()
    await chat.say("poista tietoni")
    await chat.next_message(20)
    await asyncio.sleep(0.5)
    assert len(chat.messages) == 1
    assert len(await office.queue(everything=True)) == 1


# -- poison ------------------------------------------------------------------------------------------------------

#: Updates of a shape nobody expects; after each of them the next one is handled.
POISON: dict[str, dict[str, Any]] = {
    "half a surrogate pair": {"text": "poista tietoni \ud83d"},
    "half a pair as a name": {"text": "poista", "from": {"id": 1, "is_bot": False, "first_name": "\ud83d"}},
    "text is a list": {"text": ["poista", "tietoni"]},
    "date is a word": {"text": "poista tietoni", "date": "eilen"},
    "date is beyond time": {"text": "poista tietoni", "date": 10**18},
    "chat is a number": {"text": "poista tietoni", "chat": 5},
    "no chat": {"text": "poista tietoni", "chat": None},
    "entities of nonsense": {"text": "poista tietoni", "entities": [{"type": 5, "offset": "x"}]},
    "deep": {"text": "moi", "reply_to_message": {"reply_to_message": {"reply_to_message": {"text": 5}}}},
    "zero bytes": {"text": "poista\x00 tietoni\x00"},
}


@pytest.mark.parametrize("content", POISON.values(), ids=POISON.keys())
async def test_an_odd_update_stops_nobody(office: Office, content: dict[str, Any]) -> None:
    """Handled or set aside, raw and sealed, with an alarm; whoever writes next is answered."""
    head = {
        "message_id": 5, "date": int(office.clock().timestamp()), "chat": {"id": 66, "type": "private"},
        "from": {"id": 66, "is_bot": False, "first_name": "Outo"},
    }  # fmt: skip
    office.bot.queue("message", {**head, **content})
    chat = office.person(1002)
    await chat.say("poista tietoni")
    await chat.next_message(15)
    kept = await rows(office, select(SET_ASIDE))
    if kept:
        await staff_hear(office, "pyynto check")
        store = await office.store()
        assert json.loads(store.vault.unseal(kept[0].raw))["message"]["message_id"] == 5
        assert b"poista" not in kept[0].raw
    outcomes = {row.key: row.outcome for row in await rows(office, select(table_of("arrivals")))}
    assert len(outcomes) == 2


async def test_half_a_surrogate_pair_is_kept_whole(office: Office) -> None:
    """Telegram may cut a text inside a pair: what cannot be stored as a request is set aside as it came."""
    head = {"message_id": 5, "date": int(office.clock().timestamp()), "chat": {"id": 66, "type": "private"}}
    office.bot.queue("message", {**head, "text": "poista tietoni \ud83d"})

    async def arrived() -> list[Any]:
        return await rows(office, select(table_of("arrivals")))

    await eventually(arrived)
    kept = await rows(office, select(SET_ASIDE))
    cases = await office.queue(everything=True)
    assert len(kept) + len(cases) == 1


POISON_MAILS: dict[str, bytes] = {
    "nothing": b"",
    "no headers": b"\r\n\r\njust words",
    "binary": bytes(range(256)) * 8,
    "unknown charset": b"From: a@example.org\r\nContent-Type: text/plain; charset=x-klingon\r\n\r\npoista \xff\xfe",
    "lying encoding": b"From: a@example.org\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!! poista ====",
    "long header": b"From: a@example.org\r\nSubject: " + b"x" * 200_000 + b"\r\n\r\npoista tietoni",
    "no sender": b"Subject: poista tietoni\r\n\r\npoista tietoni",
    "two hundred senders": b"From: "
    + b", ".join(b"a%d@example.org" % n for n in range(200))
    + b"\r\n\r\npoista",
    "odd sender": 'From: "" <\ud83d@ex ample>\r\n\r\npoista tietoni'.encode("utf-8", "surrogatepass"),
    "odd message id": b"From: a@example.org\r\nMessage-ID: <\x00\xff>\r\nReferences: \xff\r\n\r\npoista tietoni",
}


@pytest.mark.parametrize("raw", POISON_MAILS.values(), ids=POISON_MAILS.keys())
async def test_an_odd_mail_stops_nobody(office: Office, raw: bytes) -> None:
    await office.mail.deliver(raw, SHOP)
    await office.write(LISA, "Please delete my data.")
    await office.until(lambda found: any(row["language"] == "en" for row in found))
    await mail_settled(office, 2)
    kept = await rows(office, select(SET_ASIDE))
    if kept:
        await staff_hear(office, "pyynto check")
        store = await office.store()
        assert store.vault.unseal(kept[0].raw) == raw


#: More than the stand-in's own parser bears, so it is handed over without it.
HOSTILE_MAILS: dict[str, bytes] = {
    "parts in parts": b"From: a@example.org\r\nSubject: x\r\n"
    + b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in range(5000)
    )
    + b"Content-Type: text/plain\r\n\r\npoista tietoni\r\n",
    "mails in mails": b"From: a@example.org\r\n" + b"Content-Type: message/rfc822\r\n\r\n" * 5000 + b"x",
    "comments in comments": b"From: " + b"(" * 20_000 + b"a@example.org\r\n\r\npoista tietoni",
    "tags in tags": b"From: a@example.org\r\nContent-Type: text/html\r\n\r\n"
    + b"<div><p>" * 20_000
    + b"poista",
    "never fetched": b"",
}


@pytest.mark.parametrize("raw", HOSTILE_MAILS.values(), ids=HOSTILE_MAILS.keys())
async def test_a_hostile_mail_neither_kills_nor_holds_up(office: Office, raw: bytes) -> None:
    await office.stop()
    store = await office.store()
    handler = Handler(
        store, office.house, Delivery(store, {"liwigo": office.house}, office.clock), office.clock
    )
    good = b"From: lisa.sample@example.com\r\nMessage-ID: <x@example.com>\r\n\r\nPlease delete my data.\r\n"
    batch = [Fetched(1, 1, office.clock(), raw, truncated=not raw), Fetched(2, 1, office.clock(), good)]
    async with asyncio.timeout(5):
        await handler.mails(batch, Cursor(1, 2))
    assert "en" in [row["language"] for row in await office.queue(everything=True)]
    outcomes = [row.outcome for row in await rows(office, select(table_of("arrivals")))]
    assert "request" in outcomes
    assert len(outcomes) >= 3


async def test_an_arrival_the_store_refuses_is_set_aside_and_its_neighbours_are_kept(office: Office) -> None:
    """One of a batch breaks the statement that stores them all."""
    raw = sqlite3.connect(office.folder / "pyynto.db", isolation_level=None, timeout=10)
    raw.execute(
        "CREATE TRIGGER refuse BEFORE INSERT ON requests WHEN NEW.lang_seen = 'en' "
        "BEGIN SELECT RAISE(ABORT, 'no'); END"
    )
    await office.write(MAIJA, "Haluan nähdä tietoni.")
    await office.write(LISA, "Please delete all my personal data.")
    await office.write("kolmas@example.org", "Haluan poistaa tietoni.")
    await office.until(lambda found: len(found) == 2)
    (kept,) = await eventually(lambda: rows(office, select(SET_ASIDE)))
    store = await office.store()
    assert b"Please delete all my personal data." in store.vault.unseal(kept.raw)
    assert b"Please" not in kept.raw
    alarm = await staff_hear(office, "pyynto check")
    assert "lisa" not in alarm.lower()
    raw.execute("DROP TRIGGER refuse")
    raw.close()
    await mail_settled(office, 3)
    assert len(await proofs(office)) == 2


# -- no loop -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("polite", [True, False], ids=["says it is a robot", "does not say so"])
@pytest.mark.parametrize(
    "says",
    [
        "Poistakaa tietoni!",
        "En ole paikalla, palaan maanantaina.",
        "Mitä asiasi koskee?",
        "Haluan puhua ihmiselle.",
        "koodi 123456",
        "Missä pyyntöni on?",
    ],
)
async def test_two_robots_never_write_to_each_other_for_long(office: Office, says: str, polite: bool) -> None:
    """Whatever a robot answers to our answers, it ends; ours say what they are and never go to the null sender."""
    robot = "robotti@example.org"
    office.mail.add(robot)
    marks = {"Auto_Submitted": "auto-replied"} if polite else {}
    await office.write(robot, "Poistakaa tietoni.")
    answered = 0
    for _ in range(60):
        try:
            mails = await office.mails(robot, answered + 1, 1.0)
        except TimeoutError:
            break
        for mail in mails[answered:]:
            assert mail["Auto-Submitted"] in ("auto-replied", "auto-generated")
            await office.write(robot, says, answers=mail, **marks)
        answered = len(mails)
    assert answered <= (1 if polite else 22)


async def test_our_own_mail_that_comes_back_is_not_answered(office: Office) -> None:
    await office.write(MAIJA, "Haluan nähdä tietoni.")
    (mail,) = await office.mails(MAIJA)
    await office.mail.deliver(office.mail.sent_to(MAIJA)[0].content, SHOP)
    await office.write(SHOP, "Poistakaa tietoni.", answers=mail)
    await mail_settled(office, 3)
    assert len(code_mails(office)) == 1
    assert len(await office.queue(everything=True)) == 1
    assert code_in(mail) not in json.dumps(await office.queue(everything=True))
    assert not [text for text in staff_texts(office) if "@" in text]
