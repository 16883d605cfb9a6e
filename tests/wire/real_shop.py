"""`pyynto serve` as a program of its own between real Dovecot and Postfix, seen from outside."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.utils import make_msgid
from pathlib import Path
from smtplib import LMTP
from typing import Any

import pytest

from tests.office import SECRET
from tests.wire.real_mail import PASSWORD, USER, RealMail, free_port, missing, running

PYYNTO = Path(sys.executable).with_name("pyynto")
PEOPLE = [f"asiakas{n}@shop.example" for n in range(12)]
WISHES = (
    "Poistakaa tietoni.",
    "Haluan nähdä tietoni.",
    "En halua enää mainoksianne.",
    "Rajoittakaa tietojeni käsittelyä.",
)


@pytest.fixture(scope="module")
def servers() -> Iterator[RealMail]:
    if reason := missing():
        pytest.skip(reason)
    with running() as mail:
        for person in PEOPLE:
            mail.let_in(person)
        yield mail


@dataclass
class Shop:
    """The service as a program of its own, seen from outside."""

    mail: RealMail
    folder: Path
    http: str
    process: subprocess.Popen[bytes] | None = None

    @property
    def config(self) -> Path:
        return self.folder / "pyynto.toml"

    def configure(
        self,
        *,
        imap: int = 0,
        smtp: int = 0,
        ca_file: Path | None = None,
        database: Path | None = None,
        extra: str = "",
    ) -> None:
        """Settings, perhaps by other ports than the servers' own, or with the database elsewhere."""
        (self.folder / "register").mkdir(exist_ok=True)
        (self.folder / "register/customers.csv").write_text("customer_id,email\n", encoding="utf-8")
        (self.folder / "password").write_text(PASSWORD, encoding="utf-8")
        user = USER.replace("@", "%40")
        database = database or self.folder / "pyynto.db"
        self.config.write_text(
            f"""
[service]
database = "sqlite:///{database}"
secret = "{SECRET}"
http = "{self.http}"

[[shops]]
profile = "liwigo"
register = "csv:register/"

[shops.mailbox]
address = "{USER}"
imap = "imaps://{user}@localhost:{imap or self.mail.imaps_port}"
smtp = "smtps://{user}@localhost:{smtp or self.mail.smtps_port}"
password = "file:password"
silence_minutes = 0.05
{f'ca_file = "{ca_file}"' if ca_file else ""}
{extra}
""",
            encoding="utf-8",
        )

    def start(self) -> None:
        with self.config.with_suffix(".log").open("ab") as out:
            self.process = subprocess.Popen(
                [PYYNTO, "serve", "--config", self.config], stdout=out, stderr=out
            )

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def health(self) -> dict[str, Any]:
        """What `/healthz` says of the mailbox, with its status; empty while the service starts."""
        try:
            with urllib.request.urlopen(f"http://{self.http}/healthz", timeout=5) as answer:
                status, body = answer.status, json.load(answer)
        except urllib.error.HTTPError as refused:
            status, body = refused.code, json.load(refused)
        except OSError:
            return {}
        return {"status": status, **body["shops"][0]["mailbox"]}

    def is_well(self) -> bool:
        return {"error", "sending_error"}.isdisjoint(found := self.health()) and found.get("status") == 200

    def queue(self) -> list[dict[str, Any]]:
        done = subprocess.run(
            [PYYNTO, "queue", "--all", "--json", "--config", self.config],
            capture_output=True,
            check=True,
            timeout=60,
        )
        found: list[dict[str, Any]] = json.loads(done.stdout)
        return found

    def deliver(self, person: str, text: str) -> None:
        """A mail arrives at Dovecot, whether Postfix lives or not."""
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = person, USER, "Pyyntö"
        message["Message-ID"] = make_msgid(domain="shop.example")
        message.set_content(text)
        with LMTP("127.0.0.1", self.mail.ports["lmtp"]) as server:
            server.sendmail(person, [USER], message.as_bytes())

    def received(self, person: str) -> set[str]:
        """Message-IDs of the letters that lie in somebody's mailbox."""
        box = self.mail.folder / "mail" / person
        files = [one for name in ("new", "cur") for one in box.glob(f"{name}/*")]
        return {str(message_from_bytes(one.read_bytes())["Message-ID"]) for one in files}

    def settle(self, people: list[str], seconds: float = 60.0) -> None:
        """Everybody has got their one letter; every mail is one case; health is good."""
        before = time.monotonic()
        until(lambda: all(self.received(person) for person in people), seconds)
        until(self.is_well, max(10.0, seconds - (time.monotonic() - before)))
        assert {person: len(self.received(person)) for person in people} == dict.fromkeys(people, 1)
        rows = self.queue()
        assert len(rows) == len(people)
        assert {row["status"] for row in rows} == {"verifying"}


@pytest.fixture
def shop(servers: RealMail, tmp_path: Path) -> Iterator[Shop]:
    """A shop that is not started yet, at empty mailboxes."""
    servers.empty()
    for person in PEOPLE:
        for one in (servers.folder / "mail" / person).glob("*/*"):
            if one.is_file() and one.parent.name in ("new", "cur"):
                one.unlink()
    found = Shop(servers, tmp_path, f"127.0.0.1:{free_port()}")
    found.configure(ca_file=servers.ca_file)
    try:
        yield found
    finally:
        found.stop()


def until(found: Callable[[], Any], seconds: float = 30.0) -> Any:
    """The first thing found that is true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if result := found():
            return result
        time.sleep(0.1)
    raise AssertionError("it never came")
