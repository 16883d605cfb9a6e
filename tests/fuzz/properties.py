"""What holds of the reading of mail, whatever the bytes; used by Hypothesis and by the coverage-guided fuzzer."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default

from cases.addresses import normalise_email
from cases.model import Inbound
from mailers.bodies import MAX_PARTS, MAX_TEXT
from mailers.bounces import bounced
from mailers.headers import is_writable
from mailers.reading import UnreadableMail, read, twin_key
from mailers.writing import Unwritable, write

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
SHOP = "tietosuoja@shop.example"


def read_or_none(raw: bytes) -> Inbound | None:
    """The mail; None for what is no mail. Anything else that is raised is a fault."""
    try:
        return read(
            raw,
            key="k",
            shop="shop",
            own_address=SHOP,
            internal_date=NOW,
            trusted_servers=("mx.shop.example",),
        )
    except UnreadableMail:
        return None


def check(raw: bytes) -> None:
    """Every property of one mail."""
    mail = read_or_none(raw)
    check_bounce(raw)
    twin_key("shop", raw)
    if mail is None:
        return
    assert read_or_none(raw) == mail, "reading is the same twice"
    check_words(mail)
    check_answer(mail)


def check_words(mail: Inbound) -> None:
    """What goes into the database and onto screens is clean and bounded."""
    for words in (mail.text, mail.subject, mail.peer, mail.message_id, *mail.answers):
        words.encode("utf-8")
    assert not _controls(mail.text, keep="\n\t\v\f\r\x85\u2028\u2029")
    assert not _controls(mail.subject)
    assert len(mail.text) <= MAX_TEXT * 2
    assert len(mail.subject) <= 1000
    assert len(mail.attachments) <= MAX_PARTS
    for file in mail.attachments:
        file.name.encode("utf-8")
        assert not _controls(file.name)
        assert "/" not in file.name
        assert len(file.content) == file.size
    assert mail.peer in ("", normalise_email(mail.peer))
    for one in (mail.message_id, *mail.answers):
        assert "\r" not in one
        assert "\n" not in one


def check_bounce(raw: bytes) -> None:
    """A report is read or not; what it names can be compared with what we wrote to."""
    found = bounced(raw)
    if found is not None:
        assert all(normalise_email(one) == one for one in found.recipients)


def check_answer(mail: Inbound) -> None:
    """Whatever stood in the mail, our answer to it is one mail with one of each header."""
    if not is_writable(mail.peer):
        return
    try:
        answer = write(
            from_address=SHOP, to=mail.peer, subject=f"Re: {mail.subject}", text="Hei", message_id="<1@shop.example>",
            language="fi", date=NOW, in_reply_to=mail.message_id, references=mail.answers,
        )  # fmt: skip
    except Unwritable:
        return
    headers = message_from_bytes(answer, policy=default)
    for name in ("From", "To", "Subject", "Message-ID", "Date", "Auto-Submitted"):
        assert len(headers.get_all(name, [])) == 1, name
    assert headers.get_all("Bcc") is None
    assert len(headers.get_all("In-Reply-To", [])) <= 1


def _controls(words: str, keep: str = "") -> set[str]:
    return {c for c in words if unicodedata.category(c) == "Cc" and c not in keep}
