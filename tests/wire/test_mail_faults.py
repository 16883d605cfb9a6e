"""The whole service against real Dovecot and Postfix while these are killed, cut off, refuse, or the disk is full.

After each fault the same is asked: every mail has become one case, everybody has got their one letter, and health has
said what was wrong and is well again without a hand.
"""

from __future__ import annotations

import contextlib
import json
import select
import socket
import subprocess
import sys
import threading
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

pytestmark = [pytest.mark.wire, pytest.mark.xdist_group("real_mail")]

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
        self, *, imap: int = 0, smtp: int = 0, ca_file: Path | None = None, database: Path | None = None
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


def write_all(shop: Shop, people: list[str]) -> None:
    for number, person in enumerate(people):
        shop.deliver(person, WISHES[number % len(WISHES)])


def test_dovecot_is_killed_while_mail_comes_in(shop: Shop) -> None:
    shop.start()
    until(shop.is_well)
    write_all(shop, PEOPLE[:6])
    shop.mail.kill_dovecot()
    until(lambda: shop.health().get("error"))
    until(lambda: shop.health().get("status") == 503)
    shop.mail.start_dovecot()
    write_all(shop, PEOPLE[6:])
    # Postfix kept the letters that found no Dovecot to lie in.
    shop.mail.flush()
    shop.settle(PEOPLE)


def test_postfix_is_killed_while_letters_go_out(shop: Shop) -> None:
    shop.start()
    until(shop.is_well)
    write_all(shop, PEOPLE[:6])
    shop.mail.kill_postfix()
    write_all(shop, PEOPLE[6:])
    until(lambda: shop.health().get("sending_error") == "refused")
    shop.mail.start_postfix()
    shop.mail.flush()
    shop.settle(PEOPLE)


def test_lines_are_cut_in_the_middle_of_mails(shop: Shop) -> None:
    with Proxy(shop.mail.imaps_port) as imap, Proxy(shop.mail.smtps_port) as smtp:
        shop.configure(imap=imap.port, smtp=smtp.port, ca_file=shop.mail.ca_file)
        shop.start()
        until(shop.is_well)
        for number, person in enumerate(PEOPLE):
            shop.deliver(person, WISHES[number % len(WISHES)])
            # A few hundred bytes on, which is amid a handshake, a command or a mail.
            for proxy in (imap, smtp):
                proxy.cut_after(400 * number)
            time.sleep(0.15)
        for proxy in (imap, smtp):
            proxy.cut_after(None)
        shop.settle(PEOPLE)


def test_a_mailbox_that_was_restored_opens_and_answers_nothing_twice(shop: Shop) -> None:
    shop.start()
    until(shop.is_well)
    write_all(shop, PEOPLE[:4])
    shop.settle(PEOPLE[:4])
    shop.mail.kill_dovecot()
    shop.mail.forget_uids()
    shop.mail.start_dovecot()
    write_all(shop, PEOPLE[4:6])
    shop.settle(PEOPLE[:6])


def test_a_certificate_that_is_not_trusted_lets_nothing_through(shop: Shop) -> None:
    shop.configure()
    shop.start()
    shop.deliver(PEOPLE[0], WISHES[0])
    assert until(lambda: shop.health().get("error")) == "certificate"
    until(lambda: shop.health().get("status") == 503)
    checked = subprocess.run(
        [PYYNTO, "check", "--config", shop.config], capture_output=True, text=True, timeout=60
    )
    assert checked.returncode == 1
    assert checked.stdout.count("certificate is not trusted: check the host name, or set ca_file") == 2
    assert shop.queue() == []
    shop.stop()
    shop.configure(ca_file=shop.mail.ca_file)
    shop.start()
    shop.settle(PEOPLE[:1])


def test_a_password_that_was_changed_shows_and_heals(shop: Shop) -> None:
    shop.start()
    until(shop.is_well)
    shop.mail.let_in(USER, "another")
    shop.mail.kill_dovecot()
    shop.mail.start_dovecot()
    assert until(lambda: shop.health().get("error") == "login")
    shop.deliver(PEOPLE[0], WISHES[0])
    until(lambda: shop.health().get("status") == 503)
    assert shop.queue() == []
    shop.mail.let_in(USER)
    shop.settle(PEOPLE[:1], 90)


def test_mail_that_a_person_takes_away_holds_up_nothing(shop: Shop) -> None:
    write_all(shop, PEOPLE)
    shop.start()
    taken = 0
    for file in shop.mail.files()[::5]:
        with contextlib.suppress(FileNotFoundError):
            file.unlink()
            taken += 1
    until(shop.is_well)
    shop.deliver(PEOPLE[0], "Vastustan tietojeni käsittelyä oikeutetun edun perusteella.")
    rows = until(lambda: [row for row in shop.queue() if row["kind"] == "objection"])
    assert len(rows) == 1
    answered = [person for person in PEOPLE if shop.received(person)]
    assert len(answered) >= len(PEOPLE) - taken
    assert shop.is_well()


# -- the disk -------------------------------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own for the database."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", place], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("no file system may be mounted here")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", place], check=False)


def fill(place: Path) -> Path:
    """Leave no byte."""
    filler = place / "filler"
    with filler.open("wb", buffering=0) as out, contextlib.suppress(OSError):
        while True:
            out.write(bytes(4096))
    return filler


def test_a_full_disk_takes_nothing_and_loses_nothing(shop: Shop, small_disk: Path) -> None:
    shop.configure(ca_file=shop.mail.ca_file, database=small_disk / "pyynto.db")
    shop.start()
    until(shop.is_well)
    write_all(shop, PEOPLE[:2])
    shop.settle(PEOPLE[:2])
    filler = fill(small_disk)
    write_all(shop, PEOPLE[2:5])
    assert until(lambda: shop.health().get("error")) == "handler"
    assert not any(shop.received(person) for person in PEOPLE[2:5])
    filler.unlink()
    shop.settle(PEOPLE[:5])


def test_a_disk_that_is_read_only_at_the_start_is_told(shop: Shop, small_disk: Path) -> None:
    shop.configure(ca_file=shop.mail.ca_file, database=small_disk / "pyynto.db")
    shop.start()
    until(shop.is_well)
    shop.stop()
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    shop.deliver(PEOPLE[0], WISHES[0])
    done = subprocess.run(
        [PYYNTO, "serve", "--config", shop.config], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode in (1, 2)
    assert "Traceback" not in done.stderr
    assert "database" in done.stderr
    subprocess.run(["mount", "-o", "remount,rw", small_disk], check=True)
    shop.start()
    shop.settle(PEOPLE[:1])


# -- a line that can be cut ------------------------------------------------------------------------------------


class Proxy:
    """Passes bytes on to a port of this machine, until it is told to cut each line after so many of them."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._after: int | None = None
        self._lines: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Proxy:
        self._thread.start()
        return self

    def __exit__(self, *fault: object) -> None:
        self._listener.close()
        for line in list(self._lines):
            line.close()

    def cut_after(self, bytes_passed: int | None) -> None:
        """Cut what is open now, and every later line after so many bytes; None: let them live."""
        self._after = bytes_passed
        for line in list(self._lines):
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def _run(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._pass_on, args=(near,), daemon=True).start()

    def _pass_on(self, near: socket.socket) -> None:
        passed = 0
        with contextlib.suppress(OSError), near, socket.create_connection(("127.0.0.1", self._target)) as far:
            self._lines |= {near, far}
            try:
                while True:
                    for ready in select.select([near, far], [], [])[0]:
                        data = ready.recv(256)
                        if not data or (self._after is not None and passed > self._after):
                            return
                        passed += len(data)
                        (far if ready is near else near).sendall(data)
            finally:
                self._lines -= {near, far}
