"""Files that go with letters: they arrive as they are, the same at every try, and lie nowhere in clear."""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import pyzipper
from sqlalchemy import Engine, event, insert, select, text, update

from cases.model import Channel, Customer, Decision, Enclosure, Language, Letter, LetterState, Route
from papers.archive import File, locked, passphrase
from papers.copies import access_copy, portable_files
from storage import enclosures, outbox, saving
from storage.tables import EnclosureRow, LetterRow, table
from tests.invariants.acts import eventually, rows
from tests.office import MAIJA, ONNI, SHOP, Office, opened, text_of
from tests.paper_tools import text_of as words_of_pdf
from tests.paper_tools import unlock
from tests.staff.terminal import Terminal

LETTERS, ENCLOSURES = table(LetterRow), table(EnclosureRow)
WORDS = passphrase(bytes(range(32)))
PERSON = Customer("C-1001", "Maija Mallikas", MAIJA, street="Salakatu 7", held={"hetu": "131052-308T"})
DAY, MADE = date(2026, 11, 23), datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def copy() -> bytes:
    return access_copy(
        controller="Liwigo", customers=[PERSON], orders=[], day=DAY, reference="LIW-2026-0001", language="fi",
        made_at=MADE,
    )  # fmt: skip


def archive() -> bytes:
    files = portable_files(controller="Liwigo", customers=[PERSON], orders=[], day=DAY, language="fi")
    return locked([*files, File("tietosi.pdf", copy())], WORDS)


def mail(key: str = "test:1", **context: Any) -> Letter:
    said = {
        "case": {"id": "LIW-2026-0001", "kind": "access", "status": "open", "due": "2026-12-23"},
        **context,
    }
    return Letter(key, "answer_access", Route.MAIL, "liwigo", MAIJA, Language.FI, said)


def chat(key: str = "test:1") -> Letter:
    said = {"cases": [{"id": "LIW-2026-0001", "kind": "access", "status": "open"}], "enclosed": ["a.pdf"]}
    return Letter(key, "form", Route.CHAT, "liwigo", "1001", Language.FI, said)


async def commit(office: Office, letter: Letter, *files: Enclosure) -> None:
    store = await office.store()
    decision = Decision(letters=(letter,), enclosures=files)
    async with store.write() as tx:
        await saving.save(tx, decision, prefix="LIW", channel=Channel.EMAIL, now=office.clock())


async def send_archive(office: Office) -> bytes:
    content = archive()
    letter = mail(enclosed=["tietosi.pdf", "data.json"])
    await commit(office, letter, Enclosure(letter.key, "LIW-2026-0001.zip", "application/zip", content))
    return content


async def state(office: Office, *wanted: str) -> Any:
    async def there() -> Any:
        (row,) = await rows(office, select(LETTERS).where(LETTERS.c.key == "test:1"))
        return row if row.state in wanted else None

    return await eventually(there)


def attachments(message: EmailMessage) -> list[tuple[str | None, str, bytes]]:
    return [
        (part.get_filename(), part.get_content_type(), part.get_content())
        for part in message.iter_attachments()
    ]


async def test_a_locked_archive_arrives_by_mail_and_opens_with_its_passphrase(
    office: Office, tmp_path: Path
) -> None:
    content = await send_archive(office)
    (message,) = await office.mails(MAIJA)
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/mixed", "text/plain", "application/zip",
    ]  # fmt: skip
    assert attachments(message) == [("LIW-2026-0001.zip", "application/zip", content)]
    assert "tietosi.pdf ja data.json" in text_of(message)
    assert unlock(content, "wrong", tmp_path / "wrong") is None
    files = unlock(content, WORDS, tmp_path / "right")
    assert files is not None
    assert {"tietosi.pdf", "data.json", "customer.csv", "orders.csv", "fields.csv"} == files.keys()
    assert "Salakatu 7" in words_of_pdf(files["tietosi.pdf"])
    assert "131052-308T" in words_of_pdf(files["tietosi.pdf"])


async def test_a_try_whose_answer_was_lost_is_repeated_byte_by_byte(office: Office) -> None:
    """The server kept the mail and its 250 was lost: the second try is the same mail, archive and all."""
    office.mail.cut_next(after=True)
    await send_archive(office)
    await office.mails(MAIJA, 2, 20)
    await state(office, "sent")
    sent = office.mail.sent_to(MAIJA)
    assert len(sent) >= 2
    assert len({one.content for one in sent}) == 1


async def test_a_letter_sent_again_after_a_kill_is_the_same_letter(office: Office) -> None:
    """What a kill between the server's 250 and our own commit leaves: sent, and still queued and claimed."""
    await send_archive(office)
    await office.mails(MAIJA)
    await state(office, "sent")
    await office.stop()
    store = await office.store()
    async with store.write() as tx:
        again = {"state": "queued", "done_at": None, "leased_until": office.clock() + outbox.LEASE}
        await tx.run(update(LETTERS).where(LETTERS.c.key == "test:1").values(again))
    await office.start()
    await office.mails(MAIJA, 2, 20)
    first, second = office.mail.sent_to(MAIJA)
    assert first.content == second.content


async def test_a_database_that_does_not_give_the_file_is_asked_again(office: Office) -> None:
    store = await office.store()
    async with store.write() as tx:
        await tx.run(text("ALTER TABLE enclosures RENAME TO away"))
        letter = mail(enclosed=["a.pdf"])
        decision = Decision(letters=(letter,))
        await saving.save(tx, decision, prefix="LIW", channel=Channel.EMAIL, now=office.clock())

    async def put_off() -> bool:
        (row,) = await rows(office, select(LETTERS))
        return bool(row.fault == "files_unreachable" and row.state == "queued")

    await eventually(put_off)
    async with store.write() as tx:
        await tx.run(text("ALTER TABLE away RENAME TO enclosures"))
        await enclosures.keep(tx, [Enclosure(letter.key, "a.pdf", "application/pdf", b"%PDF")])
    office.clock.pass_time(minutes=5)
    (message,) = await office.mails(MAIJA)
    assert attachments(message) == [("a.pdf", "application/pdf", b"%PDF")]


async def test_a_refusal_for_good_is_visible_and_leaves_the_file_sealed(office: Office) -> None:
    office.mail.refuse_next(552, at="data")
    await send_archive(office)
    assert (await state(office, "failed")).fault == "refused_552"
    assert len(await rows(office, select(ENCLOSURES))) == 1


async def test_a_letter_never_leaves_without_what_it_promises(office: Office) -> None:
    await commit(office, mail(enclosed=["tietosi.pdf"]))
    assert (await state(office, "failed", "sent")).fault == "unwritable"
    assert office.mail.sent_to(MAIJA) == []


async def test_a_pdf_arrives_in_chat_with_its_words_under_it(office: Office) -> None:
    maija = office.person(1001)
    await maija.say("/start")
    await maija.next_message()
    letter = chat()
    await commit(office, letter, Enclosure(letter.key, "pyynto.pdf", "application/pdf", copy()))
    message = await maija.next_message()
    document = message["document"]
    assert (document["file_name"], document["mime_type"]) == ("pyynto.pdf", "application/pdf")
    assert "LIW-2026-0001" in message["caption"]
    assert office.bot.files[document["file_id"]].content == copy()
    await state(office, "sent")


async def test_the_request_to_sign_comes_as_a_pdf_and_is_the_same_at_every_try(office: Office) -> None:
    """Made from the letter when it leaves: case ids and rights, nothing of the person, and nothing stored."""
    maija = office.person(1001)
    await maija.say("/start")
    await maija.next_message()
    office.api.fail_next("sendDocument", 500)
    cases = [{"id": "LIW-2026-0001", "kind": "access"}, {"id": "LIW-2026-0002", "kind": "erasure"}]
    await commit(office, replace(chat(), context={"cases": cases}))
    message = await maija.next_message(timeout=20)
    content = office.bot.files[message["document"]["file_id"]].content
    shown = words_of_pdf(content)
    for part in ("LIW-2026-0001, LIW-2026-0002", "Allekirjoitus", "Pyydän, että poistatte tietoni."):
        assert part in shown
    sent = [call.files["document"].content for call in office.api.calls("sendDocument")]
    assert sent == [content, content]
    assert await rows(office, select(ENCLOSURES)) == []


async def test_from_the_request_by_mail_to_the_copy_on_the_persons_own_screen(
    office: Office, tmp_path: Path
) -> None:
    await office.write(MAIJA, "Hei, haluan nähdä tietoni.")
    (asked,) = await office.mails(MAIJA)
    await office.write(MAIJA, await office.code(MAIJA), answers=asked)
    (case,) = await office.until(lambda found: any(row["status"] == "open" for row in found))
    done = await office.do(f"complete {case['id']}")

    async def answered() -> EmailMessage | None:
        mails = [sent.message for sent in office.mail.sent_to(MAIJA)]
        return next((one for one in mails if case["id"] in one["Subject"] and attachments(one)), None)

    answer = await eventually(answered)
    ((name, content_type, content),) = attachments(answer)
    assert (name, content_type) == (f"{case['id']}.zip", "application/zip")
    assert done.passphrase not in answer.as_string()
    files = unlock(content, done.passphrase, tmp_path / "archive")
    assert files is not None
    ((_, pdf),) = files.items()
    shown = words_of_pdf(pdf)
    for part in ("Maija Mallikas", "Mallitie 1", "120385-913J", "Tilaus 20417", "49.90 EUR", case["id"]):
        assert part in shown
    assert "20418" not in shown, "somebody else's order"


# -- where it may not be read --------------------------------------------------------------------------------


async def test_a_file_lies_nowhere_in_clear(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    """Neither its content nor its name: not in the database, its journal files, a log or a repr."""
    letter = mail(enclosed=["tietosi.pdf"])
    enclosure = Enclosure(letter.key, "salainen-nimi.txt", "text/plain", b"salainen sisus, " * 40)
    with caplog.at_level(logging.DEBUG):
        await commit(office, letter, enclosure)
        await office.mails(MAIJA)
        await state(office, "sent")
    kept = b"".join(path.read_bytes() for path in office.folder.glob("pyynto.db*"))
    ours = "\n".join(
        r.getMessage() for r in caplog.records if not r.name.startswith(("mail.", "pymap", "aiosmtpd"))
    )
    for secret in ("salainen-nimi", "salainen sisus"):
        assert secret.encode() not in kept
        assert secret not in ours
        assert secret not in repr(Decision(enclosures=(enclosure,))).replace("name='salainen-nimi.txt'", "")
    async with (await office.store()).read() as tx:
        assert await enclosures.of_letter(tx, letter.key) == (enclosure,)


async def test_an_archive_in_the_database_is_sealed_once_more(office: Office) -> None:
    content = await send_archive(office)
    await state(office, "sent")
    kept = b"".join(path.read_bytes() for path in office.folder.glob("pyynto.db*"))
    assert content[:200] not in kept
    assert b"data.json" not in kept
    assert WORDS.encode() not in kept


# -- what it costs, and how long it stays --------------------------------------------------------------------


@contextmanager
def statements() -> Iterator[list[str]]:
    """Every statement any connection runs meanwhile."""
    seen: list[str] = []

    def note(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


async def test_a_letter_without_files_costs_no_statement_more(office: Office) -> None:
    with statements() as seen:
        await commit(office, mail())
        await office.mails(MAIJA)
        await state(office, "sent")
    assert any("letters" in statement for statement in seen)
    # The service's own clearing of old files, at its start, is nobody's letter.
    assert not any("enclosures" in one and not one.startswith("DELETE") for one in seen)


async def test_the_same_decision_stored_twice_keeps_its_files_once(office: Office) -> None:
    letter = mail(enclosed=["a.pdf", "b.pdf"])
    files = [Enclosure(letter.key, f"{n}.pdf", "application/pdf", bytes([n]) * 9) for n in (3, 1, 2)]
    await commit(office, letter, *files)
    await commit(office, letter, Enclosure(letter.key, "x.pdf", "application/pdf", b"other"), *files[1:])
    async with (await office.store()).read() as tx:
        assert await enclosures.of_letter(tx, letter.key) == tuple(files)
    (message,) = await office.mails(MAIJA)
    assert [name for name, _, _ in attachments(message)] == ["3.pdf", "1.pdf", "2.pdf"]


@pytest.mark.parametrize("end", [LetterState.SENT, LetterState.FAILED, LetterState.BOUNCED])
async def test_files_go_thirty_days_after_their_letter_left(tmp_path: Path, end: LetterState) -> None:
    async with opened(tmp_path, start=False) as office:
        await send_archive(office)
        store, now = await office.store(), office.clock()
        async with store.write() as tx:
            assert await enclosures.drop_old(tx, now + enclosures.KEPT_FOR * 5) == 0, "still to be sent"
            await outbox.settle(tx, ["test:1"], end, now)
            assert await enclosures.drop_old(tx, now + enclosures.KEPT_FOR) == 0
            assert await enclosures.drop_old(tx, now + enclosures.KEPT_FOR + outbox.LEASE) == 1
        assert await rows(office, select(ENCLOSURES)) == []


async def test_the_service_clears_old_files_by_itself(office: Office) -> None:
    await send_archive(office)
    await state(office, "sent")
    await office.stop()
    office.clock.pass_time(days=31)
    await office.start()

    async def gone() -> bool:
        return not await rows(office, select(ENCLOSURES))

    await eventually(gone)


async def test_a_file_belongs_to_a_letter(office: Office) -> None:
    """The database itself refuses one without."""
    store = await office.store()
    values = {"letter_key": "nothing", "place": 0, "content_type": "a/b", "name": b"", "content": b""}
    with pytest.raises(Exception, match="FOREIGN KEY"):
        async with store.write() as tx:
            await tx.run(insert(ENCLOSURES), values)


async def test_many_mails_with_files_all_arrive(office: Office) -> None:
    """Only a few are on their way at once, and none waits for ever."""
    content = locked([File("a.bin", bytes(200_000))], WORDS)
    for n in range(12):
        letter = mail(f"test:{n}", enclosed=["a.bin"])
        await commit(office, letter, Enclosure(letter.key, "a.zip", "application/zip", content))
    messages = await office.mails(MAIJA, 12, 20)
    assert len({message["Message-ID"] for message in messages}) == 12
    for message in messages:
        ((_, _, found),) = attachments(message)
        with pyzipper.AESZipFile(io.BytesIO(found)) as archive:
            assert archive.read("a.bin", WORDS.encode()) == bytes(200_000)
    assert all(sent.mail_from == SHOP for sent in office.mail.sent_to(MAIJA))


async def test_staff_look_at_the_very_copy_that_goes(office: Office, tmp_path: Path) -> None:
    """`copy` writes what `complete` sends, and an own file of the same name goes beside it, not over it."""
    terminal = Terminal(office)
    words = ("add", "--kind", "access", "--received", "2026-11-20", "--customer", "C-1002", "--json")
    case_id = (await terminal.done(*words)).json["id"]
    await terminal.done("verify", case_id, "--how", "Soitettiin.", "--yes")
    await terminal.done("copy", case_id, "--out", str(tmp_path / "copy"))
    (shown,) = (tmp_path / "copy").iterdir()
    own = tmp_path / shown.name
    own.write_bytes(b"own")
    await terminal.done("complete", case_id, "--attach", str(own), "--yes")
    (message,) = await office.mails(ONNI)
    ((_, _, content),) = attachments(message)
    phrase = next(
        line.split()[-1]
        for line in (await terminal.done("case", case_id)).out.splitlines()
        if re.search(r"[a-z]{6}(-[a-z]{6}){4}$", line.strip())
    )
    files = unlock(content, phrase, tmp_path / "open")
    assert files == {shown.name: shown.read_bytes(), f"{shown.stem}-2{shown.suffix}": b"own"}
    assert f"{shown.stem}-2{shown.suffix}" in text_of(message)


async def test_a_file_is_never_left_out_in_silence(office: Office, tmp_path: Path) -> None:
    """Where the answer goes by post, a file that was to go along refuses the verb."""
    terminal = Terminal(office)
    words = ("add", "--kind", "access", "--received", "2026-11-20", "--json")
    case_id = (await terminal.done(*words)).json["id"]
    await terminal.done("verify", case_id, "--how", "Tuttu asiakas.", "--yes")
    (tmp_path / "lasku.pdf").write_bytes(b"own")
    ran = await terminal("complete", case_id, "--attach", str(tmp_path / "lasku.pdf"), "--yes")
    assert "on paper" in ran.err or "paperilla" in ran.err
    assert (ran.code, (await office.case(case_id))["status"]) == (1, "open")


async def test_a_copy_has_every_record_of_a_person(office: Office, tmp_path: Path) -> None:
    """Records that share address and name are one person; an erasure names the orders of them all."""
    register = office.folder / "register"
    customers, orders = register / "customers.csv", register / "orders.csv"
    twin = "C-1006,Onni  oletus,onni.oletus@example.com,,Toinentie 6,20100,Turku,fi,131052-308T\n"
    customers.write_text(customers.read_text(encoding="utf-8") + twin, encoding="utf-8")
    sold = "20500,C-1006,2026-05-09,19.90,EUR,delivered,yes,1 x frame,\n"
    orders.write_text(orders.read_text(encoding="utf-8") + sold, encoding="utf-8")
    terminal = Terminal(office)
    await terminal.done("register", "import")
    seen = {}
    for kind in ("access", "erasure"):
        words = ("add", "--kind", kind, "--received", "2026-11-20", "--customer", "C-1002", "--json")
        seen[kind] = (await terminal.done(*words)).json["id"]
        await terminal.done("verify", seen[kind], "--how", "Soitettiin.", "--yes")
    await terminal.done("copy", seen["access"], "--out", str(tmp_path / "copy"))
    (copied,) = (tmp_path / "copy").iterdir()
    said = words_of_pdf(copied.read_bytes())
    assert "Mallitie 2" in said
    assert "Toinentie 6" in said
    assert "131052-308T" in said
    assert "20500" in (await terminal.done("case", seen["erasure"])).out
