"""The spam folder, watched on request: nobody there is answered, no request there is lost."""

from __future__ import annotations

import contextlib
import subprocess
import time
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import make_msgid
from imaplib import IMAP4

import pytest

from mailers.imap_answers import mailbox_name
from tests.wire.real_mail import PASSWORD, USER
from tests.wire.real_shop import PEOPLE, PYYNTO, Shop, servers, shop, until

pytestmark = [pytest.mark.wire, pytest.mark.xdist_group("real_mail")]

__all__ = ["servers", "shop"]

FOLDER = "Skräppost & muu"


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Junk", "Junk"),
        ("Skräppost", "Skr&AOQ-ppost"),
        ("A & B", "A &- B"),
        ("台北", "&U,BTFw-"),
        ("日本語", "&ZeVnLIqe-"),
        ("INBOX/ä ö", "INBOX/&AOQ- &APY-"),
    ],
)
def test_names_are_written_as_imap_wants_them(name: str, written: str) -> None:
    assert mailbox_name(name) == written


def put(shop: Shop, person: str, text: str, *, days_ago: int = 0) -> None:
    """A mail the provider has sorted out."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = person, USER, "Viesti"
    message["Message-ID"] = make_msgid(domain="shop.example")
    message.set_content(text)
    with IMAP4("127.0.0.1", shop.mail.imap_port) as line:
        line.login(USER, PASSWORD)
        folder = f'"{mailbox_name(FOLDER)}"'
        with contextlib.suppress(IMAP4.error):
            line.create(folder)
        at = (datetime.now(UTC) - timedelta(days=days_ago)).strftime('"%d-%b-%Y %H:%M:%S +0000"')
        answer, _ = line.append(folder, "", at, message.as_bytes())
        assert answer == "OK"


def test_a_request_among_the_spam_is_held_and_nobody_is_answered(shop: Shop) -> None:
    put(shop, PEOPLE[0], "Poistakaa tietoni.", days_ago=30)
    put(shop, PEOPLE[1], "Haluan nähdä tietoni.")
    shop.configure(ca_file=shop.mail.ca_file, extra=f'junk = "{FOLDER}"')
    checked = subprocess.run(
        [PYYNTO, "check", "--config", shop.config], capture_output=True, text=True, check=False
    )
    assert "ok  liwigo junk\n" in checked.stdout
    shop.start()
    until(lambda: len(shop.queue()) == 1)
    put(shop, PEOPLE[2], "En halua enää mainoksianne.")
    put(shop, PEOPLE[3], "BUY CHEAP WATCHES NOW")
    shop.deliver(PEOPLE[4], "Poistakaa tietoni.")
    rows = until(lambda: len(found := shop.queue()) == 3 and found)
    until(lambda: shop.received(PEOPLE[4]))
    time.sleep(1.0)
    held = {row["kind"]: (row["status"], row["flags"]) for row in rows if "spam" in row["flags"]}
    assert held == {"access": ("held", ["spam"]), "opt_out": ("held", ["spam"])}
    assert [person for person in PEOPLE if shop.received(person)] == [PEOPLE[4]]


def test_a_spam_folder_that_is_not_there_is_told(shop: Shop) -> None:
    shop.configure(ca_file=shop.mail.ca_file, extra='junk = "Nirgends"')
    checked = subprocess.run(
        [PYYNTO, "check", "--config", shop.config], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 1
    assert "liwigo junk: the login works, but the folder cannot be opened" in checked.stdout
