"""Design 4.3, 4.8 and 6: after a day's work, what of it can be read where it should not be.

One shop lives through everything once, with every logger of ours and of our libraries at DEBUG. Then the
database, its journal files, the log, what was sent and every object's `repr` are searched, first as they are
and then with every sealed column opened.
"""

from __future__ import annotations

import asyncio
import base64
import itertools
import logging
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import LargeBinary, select
from sqlmodel import SQLModel

from cases.verification import one_time_code
from storage import looking
from storage.mapping import letter_from
from tests.invariants.acts import (
    ask,
    code_mails,
    eventually,
    has_code,
    mail_settled,
    play,
    proofs,
    rows,
    staff_texts,
    table_of,
    wrong,
)
from tests.office import LISA, MAIJA, ONNI, SECRET, SHOP, STAFF_CHAT, TOKEN, Office, code_in, opened

#: Loggers of the stand-ins, which run in the same process here and see what a mail server sees.
STAND_INS = (
    "mail.",
    "pymap",
    "aiosmtpd",
    "aiohttp.server",
    "aiohttp.access",
    "proxyprotocol",
    "sandbox",
    "tests",
)

#: Finnish identity codes with every mark between birth date and number; invented, of test persons' numbers.
HETUS = (
    "131052-900W",
    "010190+900P",
    "010100A900F",
    "131052–900W",
    "131052 - 900W",
    "010594Y900Y",
    "010516B900U",
)
CARDS = ("4111 1111 1111 1111", "4111-1111-1111-1111", "4111111111111111", "5500.0000.0000.0004")
PASSPORT = "XP1234567"

NAMES = ("Mallikas", "Oletus", "Maija", "Onni")
WORDS = ("nähdä tietoni", "delete my data", "kissani Misse", "salainen lause")


@dataclass
class Lived:
    """What was left behind by one life of a shop."""

    office: Office
    codes: list[str]
    log: str = field(repr=False)
    folder: Path


def spaced(code: str) -> Iterator[str]:
    """A code in the usual ways of writing it."""
    for mark in ("", " ", "  ", "-", "–", ".", ",", ", ", "\u00a0", "_", "/"):
        yield mark.join(code)
        yield f"{code[:3]}{mark}{code[3:]}"
        yield f"{code[:2]}{mark}{code[2:4]}{mark}{code[4:]}"


def disguises(code: str) -> set[bytes]:
    """A code as it could lie in bytes: plain, spaced, turned, in two encodings, and in base64 at any offset."""
    texts = {*spaced(code), code[::-1]}
    found = {text.encode(encoding) for text in texts for encoding in ("utf-8", "utf-16-le")}
    for text, lead in itertools.product((code, f"{code[:3]} {code[3:]}"), range(3)):
        coded = base64.b64encode(b"x" * lead + text.encode() + b"xx")
        # Only the characters that the code alone decides.
        first, last = -(-lead * 8 // 6), (lead + len(text)) * 8 // 6
        found.add(coded[first:last])
    return found


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Lived:
    """The traces of one life."""
    records: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if not record.name.startswith(STAND_INS):
                records.append(f"{record.name} {self.format(record)}")

    keep, root = Keep(logging.DEBUG), logging.getLogger()
    before = root.level
    root.addHandler(keep)
    root.setLevel(logging.DEBUG)
    folder = tmp_path_factory.mktemp("life")
    try:
        found = asyncio.run(live(folder))
    finally:
        root.removeHandler(keep)
        root.setLevel(before)
    return Lived(found.office, found.codes, "\n".join(records), folder)


async def live(folder: Path) -> Lived:
    async with opened(folder) as office:
        office.bot.group(STAFF_CHAT)
        await chats(office)
        await mails(office)
        await troubles(office)
        await mail_settled(office, len([1 async for _ in arrived(office)]))
        codes = sorted({code_in(sent.message) for sent in code_mails(office)})
        store = await office.store()
        for row in await proofs(office):
            codes += [one_time_code(store.vault.code_key, row.id, n) for n in range(1, row.issue + 1)]
        for path in folder.glob("pyynto.db*"):
            (folder / f"kept-{path.name}").write_bytes(path.read_bytes())
        opened_up = await clear_text(office)
        (folder / "unsealed.txt").write_text("\n".join(opened_up), encoding="utf-8")
        (folder / "reprs.txt").write_text("\n".join(await reprs(office)), encoding="utf-8")
        return Lived(office, sorted(set(codes)), "", folder)


async def arrived(office: Office) -> AsyncIterator[Any]:
    for kept in await office.mail.inbox(SHOP):
        yield kept


async def chats(office: Office) -> None:
    """Codes typed right, wrong, spaced, too late, beside other words, and in somebody else's chat."""
    maija = office.person(1001, "Maija Mallikas")
    await play(maija, "poista tietoni, kissani Misse", MAIJA)
    code = await office.code(MAIJA)
    await mail_settled(office, 0)
    await play(maija, wrong(code), "haluan myös nähdä tietoni, salainen lause")
    await play(maija, f"oliko se {' '.join(code)} vai {wrong(code)}")
    office.clock.pass_time(minutes=31)
    await play(maija, code)
    newer = await office.code(MAIJA, 2)
    await mail_settled(office, 0)
    await play(maija, f"vanha koodi {code} ei toiminut, lopettakaa mainonta")
    await play(
        maija, f"{newer[:3]}-{newer[3:]}", f"kiitos, koodi oli {newer}", "/status", "haluan puhua ihmiselle"
    )
    other = office.person(1002, "Onni Oletus")
    await play(other, f"Hetuni on {HETUS[0]} ja korttini {CARDS[0]}, poista tietoni", ONNI)
    await play(other, f"passini numero on {PASSPORT}", *(f"hetu {hetu}" for hetu in HETUS), "mikä tilanne?")
    await play(other, f"korjaa nimeni, oikea on Onni Oletus-Malli, henkilötunnus {HETUS[1]}")
    for card in CARDS:
        await play(other, f"haluan nähdä tietoni, maksoin kortilla {card}")


async def mails(office: Office) -> None:
    """The same by mail: quoted, in the subject, misspelt, with numbers nobody asked for."""
    await office.write(
        LISA, f"Please delete my data. My ID is {HETUS[0]}, card {CARDS[1]}.", f"Request {HETUS[2]}"
    )
    (mail,) = await office.mails(LISA)
    code = code_in(mail)
    quoted = "\n".join(f"> {line}" for line in mail.get_content().splitlines())
    await office.write(
        LISA, f"What is this?\n\nOn Monday Liwigo wrote:\n{quoted}", f"Re: {code}", answers=mail
    )
    await office.write(LISA, f"The code: {' '.join(code)}", answers=mail)
    await office.until(
        lambda found: any(row["language"] == "en" and row["status"] == "open" for row in found)
    )
    await office.write(LISA, f"Thank you! I used {code}. Also my passport {PASSPORT} is new.", answers=mail)
    stranger = "ulkopuolinen@example.org"
    await office.write(stranger, f"Hei, milloin kauppanne on auki? Hetu {HETUS[3]}", f"Hetu {HETUS[0]}")
    await office.write(stranger, f"Miksi sain koodin {wrong(code)}? Hetu {HETUS[3]}", f"Koodi {code}")
    await office.write(stranger, f"I never asked for {code}, who are you", f"Complaint about {code}")


async def troubles(office: Office) -> None:
    """What cannot be delivered, read or stored."""
    await office.write(ONNI, "Haluan nähdä tietoni.")
    await eventually(lambda: _mailed(office, ONNI))
    sent = [one for one in office.mail.sent_to(ONNI) if has_code(one.message)][-1]
    await office.mail.bounce(sent, ONNI)
    await office.until(lambda found: any("letter_bounced" in row["flags"] for row in found))
    await office.mail.deliver(b"\r\n\r\nsalainen lause without any header", SHOP)
    office.bot.queue(
        "message", {"message_id": 1, "date": "eilen", "text": "salainen lause", "chat": {"id": 7}}
    )
    office.api.fail_next("sendMessage", 500)
    office.mail.drop_connections()
    (first, *_) = await office.queue()
    await office.do(f'note {first["id"]} "soitti Maija Mallikas"')
    await office.do(f"take {first['id']}")
    await ask(office.person(1003, "Kolmas"), "moi")


async def _mailed(office: Office, address: str) -> bool:
    return any(has_code(one.message) for one in office.mail.sent_to(address))


async def clear_text(office: Office) -> list[str]:
    """Every value of every table; sealed ones opened."""
    store, found = await office.store(), []
    for name, table in SQLModel.metadata.tables.items():
        for row in await rows(office, select(table)):
            for column in table.columns:
                value = getattr(row, column.name)
                if isinstance(column.type, LargeBinary) and value is not None:
                    value = store.vault.unseal(value).decode("utf-8", "backslashreplace")
                found.append(f"{name}.{column.name}\t{value}")
    return found


async def reprs(office: Office) -> list[str]:
    """How the objects show themselves in a traceback or a log line."""
    store = await office.store()
    found = [repr(store.vault), repr(office.settings), repr(office.house), repr(office.service)]
    async with store.read() as tx:
        requests = await looking.requests_by_id(tx, [row.id for row in await proofs(office)])
        found += map(repr, requests)
        found += map(repr, await looking.cases_of(tx, [request.id for request in requests]))
        found += [
            repr(letter_from(row, store.vault)) for row in await rows(office, select(table_of("letters")))
        ]
    assert office.service is not None
    for shop in office.service._shops:
        found += [repr(shop), repr(shop.handler), repr(shop.house.telegram), repr(shop.house.postman)]
    return found


def bytes_of(lived: Lived, *patterns: str) -> Iterator[tuple[str, bytes]]:
    for pattern in patterns:
        for path in lived.folder.glob(pattern):
            yield path.name, path.read_bytes()


def test_the_life_was_full_enough_to_leave_traces(lived: Lived) -> None:
    """The search below looks at something: many codes, both journal files, long logs, set-aside arrivals."""
    names = {name for name, _ in bytes_of(lived, "kept-*")}
    assert {"kept-pyynto.db", "kept-pyynto.db-wal", "kept-pyynto.db-shm"} <= names
    assert len(lived.codes) >= 5
    assert len(lived.log) > 5_000
    clear = (lived.folder / "unsealed.txt").read_text(encoding="utf-8")
    for table in ("set_aside.raw", "unsorted.body", "journal.note", "letters.body", "requests.body"):
        assert table in clear
    assert "kissani Misse" in clear


def test_no_code_lies_in_the_database_its_log_or_its_shared_memory(lived: Lived) -> None:
    for code in lived.codes:
        for name, content in bytes_of(lived, "kept-*"):
            for disguise in disguises(code):
                assert disguise not in content or len(disguise) < 7, f"{code} in {name} as {disguise!r}"


def test_no_code_comes_out_when_everything_sealed_is_opened(lived: Lived) -> None:
    clear = (lived.folder / "unsealed.txt").read_text(encoding="utf-8")
    columns = [line.split("\t", 1) for line in clear.splitlines() if "\t" in line]
    for code in lived.codes:
        shown = [f"{where}: {value[:200]}" for where, value in columns if _says(value, code)]
        assert not shown, shown


def _says(value: str, code: str) -> bool:
    pattern = r"(?<!\d)" + r"[\W_]{0,3}".join(code) + r"(?!\d)"
    return bool(re.search(pattern, value)) or base64.b64encode(code.encode())[:8].decode() in value


def test_no_code_stands_in_a_log_or_a_repr(lived: Lived) -> None:
    shown = lived.log.encode() + (lived.folder / "reprs.txt").read_bytes()
    for code in lived.codes:
        assert not _says(shown.decode(), code)
        assert base64.b64encode(code.encode())[:8] not in shown


def test_codes_were_sent_in_code_mails_only(lived: Lived) -> None:
    """Neither the chats, nor the staff chat, nor any other mail or folder has one."""
    office = lived.office
    said = [m["text"] for number in (1001, 1002, 1003) for m in office.person(number).messages]
    said += staff_texts(office)
    said += [
        sent.message.as_string()
        for sent in office.mail.outbound
        if sent.mail_from == SHOP and not has_code(sent.message)
    ]
    for code in lived.codes:
        assert not any(_says(text, code) for text in said)


def test_logs_hold_no_name_address_token_password_or_word(lived: Lived) -> None:
    for secret in (
        *NAMES,
        *WORDS,
        MAIJA,
        ONNI,
        LISA,
        "@example",
        TOKEN,
        TOKEN.partition(":")[2],
        SECRET,
        "Misse",
    ):
        found = [line for line in lived.log.splitlines() if secret.lower() in line.lower()]
        assert not found, found[:3]


def test_reprs_hold_no_name_address_token_or_word(lived: Lived) -> None:
    shown = (lived.folder / "reprs.txt").read_text(encoding="utf-8")
    for secret in (*NAMES, *WORDS, MAIJA, ONNI, LISA, TOKEN.partition(":")[2], SECRET, "Misse"):
        assert secret.lower() not in shown.lower(), secret


def test_no_persons_words_stand_in_clear_in_the_database(lived: Lived) -> None:
    """Requests, notes, subjects, unsorted and set-aside arrivals are sealed; the register alone is the shop's own."""
    for name, content in bytes_of(lived, "kept-*"):
        for words in (*WORDS, "soitti Maija", "Complaint about", "ulkopuolinen@"):
            assert words.encode() not in content, f"{words} in {name}"


@pytest.mark.parametrize("number", [*HETUS, *CARDS, PASSPORT, "120385-913J"])
def test_identity_card_and_passport_numbers_are_masked_everywhere(lived: Lived, number: str) -> None:
    """In the database as it is, in the log and on staff's screens; sealed raw arrivals set aside are no exception."""
    bare = re.sub(r"[\s.\-–+]", "", number)
    for _, content in bytes_of(lived, "kept-*", "reprs.txt"):
        assert number.encode() not in content
    assert number not in lived.log
    clear = (lived.folder / "unsealed.txt").read_text(encoding="utf-8")
    if number != "120385-913J":  # the register's own column, sealed, shown as "held"
        assert number not in clear
        assert bare not in re.sub(r"[\s.\-–+]", "", clear) or (number[0].isdigit() and len(bare) < 8)


def test_the_person_is_told_not_to_send_such_numbers(lived: Lived) -> None:
    said = [m["text"] for m in lived.office.person(1002).messages]
    assert any("henkilötunnu" in text.lower() for text in said)
    assert any("kort" in text.lower() for text in said)


def test_the_staff_chat_hears_no_personal_data(lived: Lived) -> None:
    texts = staff_texts(lived.office)
    assert len(texts) >= 5
    for text in texts:
        assert "@" not in text
        for secret in (*NAMES, *WORDS, "Lisa", "Sample", "C-100"):
            assert secret.lower() not in text.lower(), text


async def test_only_its_owner_may_read_the_database(office: Office) -> None:
    await office.queue()
    modes = {path.name: path.stat().st_mode & 0o777 for path in office.folder.glob("pyynto.db*")}
    assert "pyynto.db" in modes
    assert set(modes.values()) == {0o600}
