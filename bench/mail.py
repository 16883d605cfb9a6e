"""300 request mails waiting in Dovecot -> 300 code mails handed to SMTP, by `pyynto serve` as it ships."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.report import Figure
from bench.shop import SHOP, request_mail, shuffled, start, stop, wait_for, write_register
from tests.wire.real_mail import PASSWORD, USER, RealMail, running

MAILS = 300
ROUNDS = 5


def measure() -> list[Figure]:
    """Several rounds, each with a fresh database and a mailbox filled anew."""
    with running() as mail:
        rates = [_round(mail, number) for number in range(ROUNDS)]
    return [Figure("300 mails in IMAP -> 300 code mails in SMTP", "mails/s", rates, 100, at_least=True)]


def _round(mail: RealMail, number: int) -> float:
    mail.empty()
    new = mail.folder / "mail" / USER / "new"
    for part in ("new", "cur", "tmp"):
        (new.parent / part).mkdir(parents=True, exist_ok=True)
    for n in shuffled(MAILS, number):
        (new / f"{number}{n:05}.bench").write_bytes(request_mail(n))
    for path in (new.parent, *new.parent.rglob("*")):
        shutil.chown(path, "mail", "mail")
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    sink = subprocess.Popen(
        [sys.executable, "-m", "bench.sink", str(MAILS)], stdout=subprocess.PIPE, text=True
    )
    assert sink.stdout is not None
    try:
        port = int(sink.stdout.readline())
        write_register(folder / "register", MAILS)
        config = _settings(folder, mail, port)
        service = start(config, folder / "log")
        try:
            began = wait_for(folder / "log", "serving shops")
            _, ended, recipients = sink.stdout.readline().split()
        finally:
            stop(service)
        assert int(recipients) == MAILS, f"{recipients} of {MAILS} people got a code"
        return MAILS / (float(ended) - began)
    finally:
        sink.kill()
        sink.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _settings(folder: Path, mail: RealMail, smtp_port: int) -> Path:
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
smtp = "smtp://127.0.0.1:{smtp_port}"
password = "file:password"
"""
    )
    return folder / "pyynto.toml"
