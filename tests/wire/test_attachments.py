"""Files that come with mail: kept sealed, listed, written out as they came; too large ones are told of."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import AsyncIterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.office import MAIJA, SHOP, Office, code_in, opened, text_of
from tests.staff.terminal import beside

PDF = b"%PDF-1.4 " + bytes(range(256)) * 40
PROGRAM = b"MZ" + b"\0" * 60


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with opened(tmp_path) as office:
        yield office


def letter(text: str, *files: tuple[str, bytes], **headers: str) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = MAIJA, SHOP, "Pyyntö"
    mail["Message-ID"] = f"<{hashlib.sha256(text.encode()).hexdigest()[:20]}@example.com>"
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    for name, content in files:
        mail.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return mail.as_bytes()


async def test_files_are_kept_sealed_listed_and_written_out(office: Office, tmp_path: Path) -> None:
    await office.mail.deliver(
        letter("Poistakaa tietoni.", ("näkymä.pdf", PDF), ("lasku.pdf.exe", PROGRAM)), SHOP
    )
    (mail,) = await office.mails(MAIJA)
    (row,) = await office.until(lambda rows: len(rows) == 1)
    listed = (await office.case(row["id"]))["details"]["attachments"]
    assert [(one["name"], one["size"], one["sha256"], one.get("danger")) for one in listed] == [
        ("näkymä.pdf", len(PDF), hashlib.sha256(PDF).hexdigest(), None),
        ("lasku.pdf.exe", len(PROGRAM), hashlib.sha256(PROGRAM).hexdigest(), "program"),
    ]
    # More comes with the reply, and one file again.
    more = letter(
        f"{code_in(mail)}",
        ("lisää.txt", b"ks. liite"),
        ("taas.pdf", PDF),
        In_Reply_To=str(mail["Message-ID"]),
    )
    await office.mail.deliver(more, SHOP)
    await office.until(lambda rows: rows[0]["status"] == "open")
    config = ("--config", str(office.settings.path))
    shown = await beside("case", row["id"], *config)
    assert "lasku.pdf.exe (1 kB, application/octet-stream): careful: a program" in " ".join(shown.out.split())
    out = tmp_path / "out"
    ran = await beside("files", row["id"], "--out", str(out), "--json", *config)
    assert ran.code == 0, ran.err
    written = {Path(path).name[3:]: Path(path).read_bytes() for path in ran.json}
    assert written == {"näkymä.pdf": PDF, "lasku.pdf.exe.careful": PROGRAM, "lisää.txt": b"ks. liite"}
    assert out.stat().st_mode & 0o077 == 0
    with sqlite3.connect(tmp_path / "pyynto.db") as database:
        contents = database.execute("select name, content from files").fetchall()
    assert len(contents) == 3
    assert not [one for name, one in contents if PDF[:40] in one or PROGRAM[:20] in one or b"pdf" in name]


async def test_a_case_without_files_says_so(office: Office) -> None:
    await office.write(MAIJA, "Poistakaa tietoni.")
    (row,) = await office.until(lambda rows: len(rows) == 1)
    ran = await beside("files", row["id"], "--config", str(office.settings.path))
    assert (ran.code, ran.out) == (1, "")
    assert "No files came with this request." in ran.err


async def test_a_mail_that_is_too_large_counts_and_its_writer_hears_of_it(office: Office) -> None:
    await office.mail.deliver(letter("Poistakaa tietoni.", ("video.mp4", b"\1" * 21_000_000)), SHOP)
    mails = await office.mails(MAIJA, 2, 30)
    (row,) = await office.until(lambda rows: len(rows) == 1)
    assert row["kind"] == "erasure"
    (told,) = [text_of(mail) for mail in mails if "25 megatavua" in text_of(mail)]
    assert "perille" in told
    ran = await beside("files", row["id"], "--config", str(office.settings.path))
    assert ran.code == 1
