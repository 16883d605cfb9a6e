"""5 shops x 7 rights x 2 channels x 2 languages, over the real wires: open in time, answered lawfully."""

from __future__ import annotations

import tomllib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from app.render import facts_for
from cases.model import Channel, Kind, Language
from cases.tasks import TOLD_TO_ALL
from storage import desk as shelves
from templates.lint import missing
from templates.rendering import Mail
from tests.journeys.street import HELSINKI, SHOPS, Street, opened, person_of
from tests.office import text_of

HERE = Path(__file__).parent
REQUESTS = tomllib.loads((HERE / "requests.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Journey:
    number: int
    received: datetime
    due: date
    kind: Kind
    language: Language
    channel: Channel

    @property
    def text(self) -> str:
        return str(REQUESTS[str(self.kind)][str(self.language)][str(self.channel)])


def _journeys() -> list[Journey]:
    lines = (HERE / "due_dates.txt").read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip() for cell in line.split("|")] for line in lines if line and not line.startswith("#")]
    found = []
    for number, (received, due, _, which) in enumerate(rows):
        kind, language, channel = which.split()
        moment = datetime.fromisoformat(received).replace(tzinfo=HELSINKI)
        found.append(
            Journey(number, moment, date.fromisoformat(due), Kind(kind), Language(language), Channel(channel))
        )
    return found


JOURNEYS = _journeys()
pytestmark = pytest.mark.xdist_group("journeys")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def street(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Street]:
    folder = tmp_path_factory.mktemp("street")
    async with opened(folder, JOURNEYS[0].received, len(JOURNEYS)) as running:
        yield running


def test_the_table_holds_every_right_channel_and_language_once() -> None:
    which = {(one.kind, one.channel, one.language) for one in JOURNEYS}
    assert len(which) == len(JOURNEYS) == 7 * 2 * 2
    assert len(SHOPS) == 5
    assert [one.received for one in JOURNEYS] == sorted(one.received for one in JOURNEYS)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("shop", SHOPS)
@pytest.mark.parametrize("journey", JOURNEYS, ids=lambda j: f"{j.kind}-{j.language}-{j.channel}")
async def test_a_request_is_opened_in_time_and_answered_lawfully(
    street: Street, journey: Journey, shop: str
) -> None:
    """Words, address, code: an open case with its due date; the staff's answer reaches the recorded address."""
    street.at(journey.received)
    address = person_of(shop, journey.number)
    await (_by_chat if journey.channel is Channel.CHAT else _by_mail)(street, journey, shop, address)

    case = await street.case(shop, address, "open")
    assert (case["kind"], case["verified_by"], case["channel"]) == (journey.kind, "code", journey.channel)
    assert (case["due"], case["safe_due"]) == (journey.due.isoformat(),) * 2
    assert case["language"] == journey.language

    outcome = await street.do(shop, f"complete {case['id']}")
    assert outcome.case.status == "answered"
    letter = await street.answer(shop, case["id"])
    assert letter.name == f"answer_{journey.kind}"
    assert letter.to == address
    mail = await street.arrived(letter)
    facts = facts_for(street.houses[shop], journey.language)
    sent = Mail(str(mail["Subject"]), text_of(mail))
    assert missing("mail", letter.name, str(journey.language), {"shop": facts, **letter.context}, sent) == ()
    await _check_what_follows(street, journey, shop, case["id"], address)


async def _by_chat(street: Street, journey: Journey, shop: str, address: str) -> None:
    chat = street.chat(shop, 10_000 + journey.number, str(journey.language))
    await chat.say(journey.text, at=street.clock())
    await chat.say(address, at=street.clock())
    _, code = await street.code(address)
    await chat.say(code, at=street.clock())


async def _by_mail(street: Street, journey: Journey, shop: str, address: str) -> None:
    await street.write(shop, address, journey.text)
    mail, code = await street.code(address)
    await street.write(shop, address, code, mail)


async def _check_what_follows(
    street: Street, journey: Journey, shop: str, case_id: str, address: str
) -> None:
    """Recipients get a task each (GDPR Art. 19), a ban and an erasure keep marketing away."""
    terms = street.houses[shop].shop.terms
    recipients = (*terms.recipients, *(terms.sources if journey.kind is Kind.CORRECTION else ()))
    told = [
        r.id
        for r in recipients
        if journey.kind in TOLD_TO_ALL or (journey.kind is Kind.OPT_OUT and r.marketing)
    ]
    async with street.store.read() as tx:
        tasks = [task.recipient for case, task in await shelves.open_tasks(tx, [shop]) if case.id == case_id]
        bans: list[dict[str, Any]] = await shelves.suppressions(tx, [shop])
    assert tasks == told
    mine = [ban for ban in bans if ban["email"] == address]
    assert [ban["state"] for ban in mine] == (
        ["final"] if journey.kind in (Kind.OPT_OUT, Kind.ERASURE) else []
    )
