"""Design 5.3: `kill -9` in the middle of fifty mixed requests, several times; nothing is lost and nothing doubled."""

from __future__ import annotations

import asyncio
import os
import random
import re
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select

from storage.tables import CaseRow, RequestRow, table
from tests.invariants.acts import ask, eventually, has_code, rows
from tests.office import SHOP, STAFF_CHAT, Office, code_in, opened

ROOT = Path(__file__).parents[2]
CASES, REQUESTS = table(CaseRow), table(RequestRow)

WISHES = {
    "chat": ("poista tietoni, sähköpostini on {}", "please delete my data, my e-mail is {}"),
    "mail": (
        "Hei, haluan nähdä tietoni. Terveisin asiakas",
        "Hello, I would like a copy of my data. Regards",
    ),
}
PEOPLE = [f"asiakas{number}@example.com" for number in range(50)]
KILLS = 5


class Served:
    """`pyynto serve` as it ships, in a process of its own that can be killed."""

    def __init__(self, settings: Path) -> None:
        self._settings = settings
        self._process: asyncio.subprocess.Process | None = None
        self.said = b""

    async def start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            str(Path(sys.executable).with_name("pyynto")), "serve", "--config", str(self._settings),
            cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip

    async def end(self, how: signal.Signals) -> int:
        assert self._process is not None
        self._process.send_signal(how)
        _, said = await asyncio.wait_for(self._process.communicate(), 20)
        self.said += said
        return self._process.returncode or 0


@pytest.fixture
async def stopped(tmp_path: Path) -> AsyncIterator[Office]:
    """A shop with fifty customers; its service is not running."""
    async with opened(tmp_path, start=False) as office:
        rows_of = [f"K-{n},Asiakas {n},{address},fi" for n, address in enumerate(PEOPLE)]
        register = "\n".join(["customer_id,name,email,language", *rows_of])
        (tmp_path / "register" / "customers.csv").write_text(register, encoding="utf-8")
        for address in PEOPLE:
            office.mail.add(address)
        office.bot.group(STAFF_CHAT)
        yield office


async def write_all(office: Office, chance: random.Random) -> None:
    """Fifty people, half in chat and half by mail, half in Finnish and half in English, one after the other."""
    for number, address in enumerate(PEOPLE):
        language = (number // 2) % 2
        if number % 2:
            await office.write(address, WISHES["mail"][language])
        else:
            chat = office.person(9000 + number, f"Asiakas {number}", ("fi", "en")[language])
            await chat.say(WISHES["chat"][language].format(address))
        await asyncio.sleep(chance.uniform(0.0, 0.12))


async def test_every_request_has_one_case_and_its_code_after_any_kill(stopped: Office) -> None:
    """Copies of a mail that a kill caused are the same mail: Message-ID, code and every byte."""
    office, seed = stopped, random.SystemRandom().randrange(10**6)
    print(f"seed {seed}")
    chance, served = random.Random(seed), Served(stopped.settings_path)
    writing = asyncio.create_task(write_all(office, chance))
    for _ in range(KILLS):
        await served.start()
        await asyncio.sleep(chance.uniform(0.9, 2.2))
        await served.end(signal.SIGKILL)
    await writing
    await served.start()

    async def all_told() -> bool:
        return all(any(has_code(s.message) for s in office.mail.sent_to(address)) for address in PEOPLE)

    await eventually(all_told, 60)
    await prove_some(office)
    assert await served.end(signal.SIGTERM) == 0
    found = await rows(office, select(CASES.c.id, CASES.c.request_id, CASES.c.kind))
    requests = await rows(office, select(REQUESTS.c.id, REQUESTS.c.peer_index))
    assert len(found) == len(requests) == len({row.peer_index for row in requests}) == 50
    assert len({row.request_id for row in found}) == 50
    assert sorted(int(row.id.rsplit("-", 1)[1]) for row in found) == list(range(1, 51))
    for address in PEOPLE:
        mails = [sent for sent in office.mail.sent_to(address) if has_code(sent.message)]
        assert len({sent.content for sent in mails}) == 1
        assert len({sent.message["Message-ID"] for sent in mails}) == 1
        assert len({code_in(sent.message) for sent in mails}) == 1
    for number in range(0, 50, 2):
        texts = [message["text"] for message in office.person(9000 + number).messages]
        assert texts
        assert len(set(texts)) <= 2, "only the same answer may come twice"
    log = served.said.decode()
    assert not re.search(r"asiakas\d|@example|Traceback", log, re.IGNORECASE), log[-2000:]
    assert not any(
        code_in(s.message) in log for a in PEOPLE for s in office.mail.sent_to(a) if has_code(s.message)
    )


async def prove_some(office: Office) -> None:
    """One of each kind goes on as if nothing had happened."""
    for number in (0, 2):
        (mail, *_) = office.mail.sent_to(PEOPLE[number])
        await office.person(9000 + number).say(code_in(mail.message))
    for number in (1, 3):
        (mail, *_) = office.mail.sent_to(PEOPLE[number])
        await office.write(PEOPLE[number], code_in(mail.message), answers=mail.message)
    await office.until(lambda found: sum(row["status"] == "open" for row in found) == 4, 20)


async def test_a_stop_by_signal_leaves_nothing_on_the_way(stopped: Office) -> None:
    """SIGTERM in the middle: the process ends by itself with 0, and the next one finds nothing claimed."""
    office, served = stopped, Served(stopped.settings_path)
    await served.start()
    for number, address in enumerate(PEOPLE[:10]):
        await office.person(9000 + 2 * number, f"Asiakas {number}").say(WISHES["chat"][0].format(address))
    await office.mails(PEOPLE[0], 1, 20)
    assert await served.end(signal.SIGTERM) == 0
    await served.start()
    for address in PEOPLE[:10]:
        await office.mails(address, 1, 20)
    await ask(office.person(8000, "Kysyjä"), "/start")
    assert await served.end(signal.SIGTERM) == 0
    assert all(len(office.mail.sent_to(address)) == 1 for address in PEOPLE[:10])
    assert all(sent.mail_from == SHOP for sent in office.mail.outbound)
