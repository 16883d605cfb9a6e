"""What every test of staff at work may use."""

from __future__ import annotations

from typing import Any

import pytest

from tests.office import MAIJA, Office
from tests.staff.terminal import Terminal


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    """Terminals speak English here unless a test says otherwise, and are wide enough for tables."""
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setenv("COLUMNS", "120")


@pytest.fixture
def terminal(office: Office) -> Terminal:
    return Terminal(office)


@pytest.fixture
async def open_case(office: Office) -> dict[str, Any]:
    """An erasure asked for in chat and proved with the code."""
    maija = office.person()
    await maija.say("poistakaa tietoni")
    await maija.next_message()
    await maija.say(MAIJA)
    await maija.next_message()
    await maija.say(await office.code(MAIJA))
    await maija.next_message()
    rows = await office.until(lambda rows: bool(rows) and rows[0]["status"] == "open")
    return rows[0]


@pytest.fixture
async def waiting_case(office: Office) -> dict[str, Any]:
    """An erasure asked for in chat, the code not given yet."""
    maija = office.person()
    await maija.say("poistakaa tietoni")
    await maija.next_message()
    await maija.say(MAIJA)
    await maija.next_message()
    await office.mails(MAIJA)
    rows = await office.until(lambda rows: bool(rows) and rows[0]["status"] == "verifying")
    return rows[0]
