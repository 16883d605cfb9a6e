"""The whole service against real Dovecot and Postfix while these are killed, cut off, refuse, or the disk is full.

After each fault the same is asked: every mail has become one case, everybody has got their one letter, and health has
said what was wrong and is well again without a hand.
"""

from __future__ import annotations

import contextlib
import select
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.wire.real_mail import USER
from tests.wire.real_shop import PEOPLE, PYYNTO, WISHES, Shop, servers, shop, until

__all__ = ["servers", "shop"]

pytestmark = [pytest.mark.wire, pytest.mark.xdist_group("real_mail")]


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
