"""Reading and screening mixed mails; and 100,000 old mails that wait when the service is started for the first time."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
import time
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

from bench.report import Figure
from bench.shop import SHOP, customer, request_mail, start, stop, wait_for, write_register
from mailers.reading import read
from tests.wire.real_mail import PASSWORD, USER, RealMail, running

MIXED = 1_000
ROUNDS = 5
WAITING = 100_000
#: Of the waiting mails read, when memory is looked at first.
WARM = 10_000
OLD = timedelta(days=60)
PATIENCE = 1_200.0


def measure() -> list[Figure]:
    """Both."""
    return [_reading(), *_backlog()]


def _reading() -> Figure:
    mails = [mixed_mail(number) for number in range(MIXED)]
    rates = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        for raw in mails:
            read(raw, key="k", shop="liwigo", own_address=SHOP, internal_date=datetime.now(UTC))
        rates.append(MIXED / (time.perf_counter() - began))
    return Figure("mixed mails read and screened", "mails/s", rates, 1000, at_least=True)


def _backlog() -> list[Figure]:
    with running() as mail:
        _fill(mail)
        folder = Path(tempfile.mkdtemp(prefix="bench-"))
        try:
            return _catch_up(mail, folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _catch_up(mail: RealMail, folder: Path) -> list[Figure]:
    write_register(folder / "register", 10)
    service = start(_settings(folder, mail), folder / "log")
    try:
        began = wait_for(folder / "log", "serving shops")
        _wait_for_arrivals(folder / "pyynto.db", WARM)
        early = _resident(service.pid)
        _wait_for_arrivals(folder / "pyynto.db", WAITING)
        rate = WAITING / (time.monotonic() - began)
        grown = _resident(service.pid) - early
    finally:
        stop(service)
    with sqlite3.connect(folder / "pyynto.db") as db:
        (answered,) = db.execute("SELECT count(*) FROM letters").fetchone()
    return [
        Figure("100,000 old mails at first start", "mails/s", [rate], 200, at_least=True),
        Figure("memory grown between the first and last of them", "MB", [grown], 20),
        Figure("of them answered", "mails", [answered], 0),
    ]


def _fill(mail: RealMail) -> None:
    """A mailbox of old mails, each with an id of its own."""
    mail.empty()
    new = mail.folder / "mail" / USER / "new"
    for part in ("new", "cur", "tmp"):
        (new.parent / part).mkdir(parents=True, exist_ok=True)
    kinds = [mixed_mail(number) for number in range(200)]
    then = (datetime.now(UTC) - OLD).timestamp()
    for number in range(WAITING):
        path = new / f"{number:07}.bench"
        path.write_bytes(b"Message-ID: <backlog.%d@example.com>\r\n" % number + kinds[number % len(kinds)])
        os.utime(path, (then, then))
    shutil.chown(new.parent, "mail", "mail")
    for path in new.parent.rglob("*"):
        shutil.chown(path, "mail", "mail")


def _wait_for_arrivals(database: Path, count: int) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as db:
            (uid,) = db.execute("SELECT coalesce(max(last_uid), 0) FROM cursors").fetchone()
        if uid >= count:
            return
        time.sleep(0.25)
    raise TimeoutError(f"not even {count} mails were read in {PATIENCE:.0f} s")


def _resident(pid: int) -> float:
    """Megabytes a process holds."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise LookupError(pid)


def _settings(folder: Path, mail: RealMail) -> Path:
    (folder / "password").write_text(PASSWORD)
    (folder / "pyynto.toml").write_text(
        f"""
[service]
database = "sqlite:///pyynto.db"
secret = "only-for-this-measurement"

[[shops]]
profile = "liwigo"
register = "csv:register/"

[shops.mailbox]
address = "{SHOP}"
imap = "{mail.imap_url}"
smtp = "smtp://127.0.0.1:9"
password = "file:password"
"""
    )
    return folder / "pyynto.toml"


# -- what lies in a shop's mailbox -----------------------------------------------------------------------------


def mixed_mail(number: int) -> bytes:
    """A person's request or question, a bounce, an absence notice, a newsletter, an order with a file, in turn."""
    return (_request, _bounce, _absence, _newsletter, _with_file, _request, _question)[number % 7](number)


def _request(number: int) -> bytes:
    return request_mail(number)


def _question(number: int) -> bytes:
    text = "Hei,\n\nmilloin tilaukseni 20417 saapuu? Seuranta ei näytä mitään.\n\nTerveisin\nAsiakas\n"
    return bytes(_mail(number, "Missä paketti on?", text))


def _absence(number: int) -> bytes:
    mail = _mail(number, "Automaattinen vastaus: Pyyntö", "Olen lomalla ja palaan kahden viikon kuluttua.")
    mail["Auto-Submitted"] = "auto-replied"
    return bytes(mail)


def _newsletter(number: int) -> bytes:
    mail = _mail(number, "Syksyn uutuudet", "Uutuudet ovat täällä!\n" * 30)
    mail["List-Unsubscribe"] = "<https://news.example.com/u>"
    mail.add_alternative(
        "<html><body>" + "<p>Uutuudet ovat täällä!</p>" * 100 + "</body></html>", subtype="html"
    )
    return bytes(mail)


def _with_file(number: int) -> bytes:
    mail = _mail(number, "Kuitti", "Hei, tässä on kuitti tilauksesta.\n\n> Pyytäisimme kuittia\n")
    mail.add_attachment(
        b"%PDF-1.4 " + b"x" * 20_000, maintype="application", subtype="pdf", filename="kuitti.pdf"
    )
    return bytes(mail)


def _bounce(number: int) -> bytes:
    mail = _mail(number, "Undelivered Mail Returned to Sender", "")
    mail.replace_header("From", "Mail Delivery System <MAILER-DAEMON@mx.example.com>")
    mail.set_content(
        "This is the mail system at host mx.example.com.\n\nI'm sorry to have to inform you that your message could\n"
        f"not be delivered.\n\n<{customer(number)}>: 550 5.1.1 unknown user\n\n--- Below this line is a copy.\n"
        f"Received: from localhost\nMessage-ID: <x{number}@shop.example>\nTo: {customer(number)}\n"
    )
    return bytes(mail)


def _mail(number: int, subject: str, text: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = customer(number), SHOP, subject
    mail.set_content(text)
    return mail
