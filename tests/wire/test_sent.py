"""Copies in the Sent folder: of every letter but those with a code, and never in a letter's way."""

from __future__ import annotations

import subprocess
from email import message_from_bytes
from imaplib import IMAP4

import pytest

from mailers.sent import SentFolder
from tests.wire.real_mail import PASSWORD, USER
from tests.wire.real_shop import PEOPLE, PYYNTO, WISHES, Shop, servers, shop, until

pytestmark = [pytest.mark.wire, pytest.mark.xdist_group("real_mail")]

__all__ = ["servers", "shop"]


def copies(shop: Shop, folder: str = "Sent") -> list[str]:
    """To whom the letters in the folder went; made where it is not there yet."""
    with IMAP4("127.0.0.1", shop.mail.imap_port) as line:
        line.login(USER, PASSWORD)
        if line.select(f'"{folder}"', readonly=True)[0] != "OK":
            line.create(folder)
            return []
        numbers = line.search(None, "ALL")[1][0].split()
        found = [line.fetch(number.decode(), "(FLAGS BODY.PEEK[])")[1][0] for number in numbers]
        assert all(b"\\Seen" in one[0] for one in found if isinstance(one, tuple))
        return [str(message_from_bytes(one[1])["To"]) for one in found if isinstance(one, tuple)]


def test_what_carries_a_code_is_not_copied_and_the_rest_is(shop: Shop) -> None:
    before = copies(shop)
    shop.configure(ca_file=shop.mail.ca_file, extra='sent = "Sent"')
    shop.start()
    until(shop.is_well)
    shop.deliver(PEOPLE[0], WISHES[0])
    until(lambda: shop.received(PEOPLE[0]))
    # What becomes of my request: this answer has no code.
    shop.deliver(PEOPLE[1], "Mikä on pyyntöni tilanne?")
    until(lambda: shop.received(PEOPLE[1]))
    new = until(lambda: len(found := copies(shop)) > len(before) and found[len(before) :])
    assert new == [PEOPLE[1]]
    # A connection that died meanwhile is replaced.
    shop.mail.kill_dovecot()
    shop.mail.start_dovecot()
    shop.deliver(PEOPLE[2], "Mikä on pyyntöni tilanne?")
    until(lambda: PEOPLE[2] in copies(shop))


def test_a_folder_that_is_not_there_is_told_and_holds_up_no_letter(shop: Shop) -> None:
    shop.configure(ca_file=shop.mail.ca_file, extra='sent = "Nirgends"')
    checked = subprocess.run(
        [PYYNTO, "check", "--config", shop.config], capture_output=True, text=True, check=False
    )
    assert "liwigo sent: the login works, but the folder cannot be opened" in checked.stdout
    shop.start()
    shop.deliver(PEOPLE[0], "Mikä on pyyntöni tilanne?")
    until(lambda: shop.received(PEOPLE[0]))
    until(lambda: "sent_copy_not_kept reason=folder" in shop.config.with_suffix(".log").read_text())
    assert shop.is_well()


async def test_a_server_that_is_away_costs_only_the_copy() -> None:
    folder = SentFolder("imap://127.0.0.1:1", folder="Sent")
    assert await folder.keep(b"From: a@example.com\r\n\r\nHei") is False
    assert await folder.probe() == "refused"
