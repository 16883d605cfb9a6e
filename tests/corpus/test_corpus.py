"""Real mails of many makes, collected by others: machines' mail leads to nothing, and bounces say whom they mean."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.deliver import Delivery
from app.handle import Handler
from cases.model import Route
from mailers.bounces import bounced
from mailers.inbox import Cursor, Fetched
from mailers.reading import UnreadableMail, read
from tests.corpus.fetching import NotToBeHad, Sample, flufl_bounce, python_mails
from tests.invariants.acts import table_of
from tests.office import Office, opened

#: What a human wrote among the bounces: an answer that a mail program of the same make sent.
BY_PEOPLE = {"groupwise_03.txt"}
WANTED_SHARE = 0.95


@pytest.fixture(scope="session")
def bounces(tmp_path_factory: pytest.TempPathFactory) -> list[Sample]:
    try:
        return flufl_bounce(tmp_path_factory.mktemp("flufl"))
    except NotToBeHad as reason:
        pytest.skip(str(reason))


@pytest.fixture
async def idle(tmp_path: Path) -> AsyncIterator[Office]:
    """A shop whose service does not run: the tests hand it its mails."""
    async with opened(tmp_path, start=False) as shop:
        yield shop


def automated(raw: bytes) -> str:
    return read(
        raw, key="k", shop="liwigo", own_address="tietosuoja@liwigo.example", internal_date=datetime.now(UTC)
    ).automated


async def outcome_of(office: Office, samples: list[Sample]) -> dict[str, int]:
    """All mails through the handler that serves a shop: how many rows of each sort are left."""
    store = await office.store()
    delivery = Delivery(store, {office.profile: office.house}, office.clock)
    handler = Handler(store, office.house, delivery, office.clock)
    for start in range(0, len(samples), 50):
        some = samples[start : start + 50]
        fetched = [Fetched(start + at + 1, 1, office.clock(), one.raw) for at, one in enumerate(some)]
        await handler.mails(fetched, Cursor(1, start + len(some)))
    counted = {}
    async with store.read() as tx:
        for table in ("cases", "requests", "set_aside", "arrivals"):
            row = await tx.first(select(func.count()).select_from(table_of(table)))
            counted[table] = row[0] if row else 0
        # What staff are told in their own chat answers nobody.
        letters = table_of("letters")
        answers = select(func.count()).select_from(letters).where(letters.c.route != str(Route.STAFF))
        row = await tx.first(answers)
        counted["letters"] = row[0] if row else 0
    return counted


def test_every_bounce_of_the_collection_is_seen_to_be_one(bounces: list[Sample]) -> None:
    missed = [one.name for one in bounces if one.failed and not automated(one.raw)]
    assert missed == []


def test_what_people_wrote_there_stays_a_person_s(bounces: list[Sample]) -> None:
    assert {one.name for one in bounces if one.name in BY_PEOPLE and not automated(one.raw)} == BY_PEOPLE


def test_the_failed_address_is_read_out(bounces: list[Sample]) -> None:
    named = [one for one in bounces if one.failed]
    wrong = {}
    for one in named:
        found = bounced(one.raw)
        said = frozenset(found.recipients) if found else frozenset()
        if said != one.failed:
            wrong[one.name] = (sorted(one.failed), sorted(said))
    assert len(named) > 100
    assert 1 - len(wrong) / len(named) >= WANTED_SHARE, wrong


async def test_bounces_open_nothing_and_are_answered_by_nobody(idle: Office, bounces: list[Sample]) -> None:
    machines = [one for one in bounces if one.name not in BY_PEOPLE]
    left = await outcome_of(idle, machines)
    assert left["arrivals"] >= len(machines)
    assert {name: left[name] for name in ("cases", "requests", "letters", "set_aside")} == {
        "cases": 0, "requests": 0, "letters": 0, "set_aside": 0,
    }  # fmt: skip


async def test_odd_mails_of_the_interpreter_s_own_tests_are_all_taken(idle: Office) -> None:
    samples = python_mails()
    if not samples:
        pytest.skip("this Python was installed without its own tests")
    machines = [one for one in samples if is_machine_s(one.raw)]
    assert len(machines) >= 2
    left = await outcome_of(idle, machines)
    assert (left["cases"], left["letters"]) == (0, 0)
    # What is no mail at all is set aside for a person; nothing is lost.
    left = await outcome_of(idle, samples)
    assert left["arrivals"] >= len(samples)
    assert left["set_aside"] <= 2


def is_machine_s(raw: bytes) -> bool:
    try:
        return bool(automated(raw))
    except UnreadableMail:
        return False
