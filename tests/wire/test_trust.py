"""Hints about a sender stand on the case, and change nothing of what happens."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app import registers
from tests.office import MAIJA, Office, code_in, opened
from tests.staff.terminal import beside

TRUSTED = 'trusted_servers = ["mx.liwigo.example"]\n'
FAILED = "mx.liwigo.example; spf=fail smtp.mailfrom=exarnple.com; dmarc=fail header.from=exarnple.com"


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with opened(tmp_path, extra_mailbox=TRUSTED) as office:
        yield office


async def test_a_look_alike_is_pointed_out_and_the_code_goes_where_it_always_goes(
    office: Office, tmp_path: Path
) -> None:
    await office.write(
        "maija.mallikas@exarnple.com",
        f"Poistakaa tietoni. Rekisterissä osoitteeni on {MAIJA}.",
        Authentication_Results=FAILED,
    )
    mail = (await office.mails(MAIJA))[0]
    (row,) = await office.until(lambda rows: len(rows) == 1)
    assert (await office.case(row["id"]))["details"]["trust"] == [
        "spf_fail", "dmarc_fail", "sender_not_recorded", "lookalike_domain",
    ]  # fmt: skip
    shown = await beside("case", row["id"], "--config", str(office.settings.path))
    assert "looks like the recorded one, but is another" in " ".join(shown.out.split())
    await office.write("maija.mallikas@exarnple.com", code_in(mail))
    await office.until(lambda rows: rows[0]["status"] == "open")


async def test_an_address_that_was_changed_lately_is_pointed_out(office: Office, tmp_path: Path) -> None:
    customers = tmp_path / "register/customers.csv"
    await registers.load_if_changed(await office.store(), "liwigo", customers.parent, office.clock())
    customers.write_text(customers.read_text().replace(MAIJA, "uusi@example.com"))
    store = await office.store()
    await registers.load_if_changed(store, "liwigo", customers.parent, office.clock())
    await office.write("uusi@example.com", "Poistakaa tietoni.")
    (row,) = await office.until(lambda rows: len(rows) == 1)
    assert (await office.case(row["id"]))["details"]["trust"] == ["address_changed"]
    office.clock.pass_time(days=31)
    customers.write_text(customers.read_text() + "\n")
    await registers.load_if_changed(store, "liwigo", customers.parent, office.clock())
    await office.write("uusi@example.com", "Haluan nähdä tietoni.")
    rows = await office.until(lambda rows: len(rows) == 2)
    cases = {one["kind"]: await office.case(one["id"]) for one in rows}
    assert "trust" not in cases["access"]["details"]
