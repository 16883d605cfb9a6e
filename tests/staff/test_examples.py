"""What staff correct becomes an example for the understanding, and nobody can be known from it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from storage.tables import RequestRow, table
from tests.office import MAIJA, ONNI, Office
from tests.staff.terminal import Terminal, run

REQUESTS = table(RequestRow)

FINNISH = (
    "Hei, poistakaa kaikki tietoni. Olen Maija Mallikas, Mallitie 1, 20100 Turku, "
    "puh. 040 000 0001, maija.mallikas@example.com. Kiitos!"
)
ENGLISH = "Hello, please delete my account and all my data. Regards, Onni Oletus"


async def examples(terminal: Terminal) -> list[dict[str, Any]]:
    ran = await terminal.done("understand", "--examples")
    return [json.loads(line) for line in ran.out.splitlines()]


async def opened_by_mail(office: Office, sender: str, text: str, subject: str) -> dict[str, Any]:
    await office.write(sender, text, subject)
    (row,) = await office.until(bool)
    return row


async def test_a_corrected_mail_is_exported_without_anything_that_tells_who_wrote(terminal: Terminal) -> None:
    case = await opened_by_mail(terminal.office, MAIJA, FINNISH, "Tietojen poisto, Maija Mallikas 1001")
    assert await examples(terminal) == []
    await terminal.done("rekind", case["id"], "objection")
    (example,) = await examples(terminal)
    assert list(example) == ["channel", "subject", "text", "lang", "read", "kinds", "act"]
    assert example == {
        "channel": "email",
        "subject": "Tietojen poisto, … #",
        "text": "Hei, poistakaa kaikki tietoni. Olen …, … #, # …, puh. #, @. Kiitos!",
        "lang": "fi",
        "read": [case["kind"]],
        "kinds": ["objection"],
        "act": "request",
    }


async def test_a_corrected_chat_message_is_exported_without_a_subject(
    terminal: Terminal, waiting_case: dict[str, Any]
) -> None:
    await terminal.done("rekind", waiting_case["id"], "access")
    assert await examples(terminal) == [
        {
            "channel": "chat",
            "text": "poistakaa tietoni",
            "lang": "fi",
            "read": ["erasure"],
            "kinds": ["access"],
            "act": "request",
        }
    ]


async def test_the_last_word_counts_and_what_is_taken_back_teaches_nothing(
    terminal: Terminal, waiting_case: dict[str, Any]
) -> None:
    for kind, left in (("access", ["access"]), ("portability", ["portability"]), ("erasure", None)):
        await terminal.done("rekind", waiting_case["id"], kind)
        assert [example["kinds"] for example in await examples(terminal)] == ([left] if left else [])


async def test_the_rights_that_were_understood_stay_beside_the_one_that_was_not(terminal: Terminal) -> None:
    await terminal.office.write(ONNI, "Please send me a copy of my data and delete my account.", "Hello")
    rows = await terminal.office.until(lambda rows: len(rows) == 2)
    wrong = next(row for row in rows if row["kind"] == "erasure")
    await terminal.done("rekind", wrong["id"], "restriction")
    (example,) = await examples(terminal)
    assert (example["read"], example["kinds"]) == (["access", "erasure"], ["access", "restriction"])


async def test_a_request_whose_text_has_been_erased_is_left_out(terminal: Terminal) -> None:
    case = await opened_by_mail(terminal.office, ONNI, ENGLISH, "Account")
    await terminal.done("rekind", case["id"], "restriction")
    assert [example["lang"] for example in await examples(terminal)] == ["en"]
    store = await terminal.office.store()
    async with store.write() as tx:
        (row,) = await tx.all(REQUESTS.select())
        body = {**tx.vault.unseal_json(row.body), "text": "", "subject": ""}
        await tx.run(REQUESTS.update().values(body=tx.vault.seal_json(body)))
    assert await examples(terminal) == []


async def test_what_staff_entered_themselves_was_misread_by_nobody(terminal: Terminal) -> None:
    added = await terminal.done(
        "add", "--kind", "erasure", "--received", "2026-05-04T10:00", "--channel", "phone", "--email", MAIJA,
        "--note", "Soitti ja pyysi poistamaan tietonsa.", "--json",
    )  # fmt: skip
    await terminal.done("rekind", added.json["id"], "access")
    assert await examples(terminal) == []


async def test_exporting_changes_nothing_that_is_stored(
    terminal: Terminal, waiting_case: dict[str, Any]
) -> None:
    await terminal.done("rekind", waiting_case["id"], "access")
    await terminal.office.stop()

    async def stored() -> str:
        store = await terminal.office.store()
        async with store.read() as tx:
            raw = await tx.conn.get_raw_connection()
            assert raw.driver_connection is not None
            return "\n".join([line async for line in raw.driver_connection.iterdump()])

    before = hashlib.sha256((await stored()).encode()).hexdigest()
    first, second = await examples(terminal), await examples(terminal)
    assert first == second != []
    assert hashlib.sha256((await stored()).encode()).hexdigest() == before


def test_without_settings_it_says_that_there_are_none(tmp_path: Path) -> None:
    ran = run("understand", "--examples", "--config", str(tmp_path / "pyynto.toml"))
    assert (ran.code, ran.out) == (2, "")
    assert "There is no settings file" in ran.err


def test_without_a_database_it_names_the_file_and_makes_none(tmp_path: Path) -> None:
    (tmp_path / "register").mkdir()
    config = tmp_path / "pyynto.toml"
    config.write_text(
        '[service]\ndatabase = "sqlite:///pyynto.db"\nsecret = "a-secret-of-the-tests-and-only-there"\n'
        '[[shops]]\nprofile = "liwigo"\nregister = "csv:register/"\n',
        encoding="utf-8",
    )
    ran = run("understand", "--examples", "--config", str(config))
    assert (ran.code, ran.out) == (2, "")
    assert f"service.database: {tmp_path / 'pyynto.db'} is not there yet" in ran.err
    assert not (tmp_path / "pyynto.db").exists()


@pytest.mark.parametrize("words", [["poista tietoni"], ["--explain"]])
def test_it_stands_alone(words: list[str]) -> None:
    ran = run("understand", "--examples", *words)
    assert ran.code == 2
    assert "--examples" in ran.err
