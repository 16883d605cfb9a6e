"""Letters to bytes: what another mail program makes of them, and what nobody can smuggle in."""

from __future__ import annotations

import email
import re
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailers.reading import read
from mailers.writing import File, Unwritable, message_id_for, reply_subject, write

OWN, WRITER = "tietosuoja@shop.example", "maija.mallikas@example.com"
WRITTEN = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


def screened(mail: bytes) -> str:
    return read(mail, key="k", shop="liwigo", own_address=OWN, internal_date=WRITTEN).automated


def written(**changed: Any) -> bytes:
    letter: dict[str, Any] = {
        "from_address": OWN, "from_name": "Esimerkkikauppa Oy", "to": WRITER, "subject": "Pyyntönne",
        "text": "Hei!\n\nÄlkää huoliko.\n", "message_id": message_id_for("letter-1", "shop.example", b"salt"),
        "language": "fi", "date": WRITTEN,
    }  # fmt: skip
    return write(**{**letter, **changed})


def opened(mail: bytes) -> EmailMessage:
    found = email.message_from_bytes(mail, policy=default)
    assert isinstance(found, EmailMessage)
    return found


def test_the_same_letter_is_the_same_bytes() -> None:
    files = [File("tiedot.zip", "application/zip", b"PK")]
    assert written(html="<p>ä</p>", attachments=files) == written(html="<p>ä</p>", attachments=files)


def test_what_is_written_is_read_back_by_another_parser() -> None:
    subject, text = "Pyyntönne " + "äö " * 60, "Rivi\n.\nFrom minä\n" + "pitkä " * 300 + "\n-- \nKauppa\n"
    mail = opened(written(subject=subject, text=text, from_name='Kauppa "Ä", Oy'))
    assert mail["subject"] == subject.strip()[:250]
    assert mail.get_content().replace("\r\n", "\n") == text
    assert mail["from"].addresses[0].display_name == 'Kauppa "Ä", Oy'
    assert mail["from"].addresses[0].addr_spec == OWN
    assert [part.defects for part in mail.walk()] == [[]]


def test_html_and_files_travel_as_parts() -> None:
    mail = opened(
        written(html="<p>Hei ä</p>", attachments=[File("tietosi ä.zip", "application/zip", b"PK" * 99)])
    )
    assert [one.get_content_type() for one in mail.walk()] == [
        "multipart/mixed", "multipart/alternative", "text/plain", "text/html", "application/zip",
    ]  # fmt: skip
    file = next(mail.iter_attachments())
    assert (file.get_filename(), file.get_content()) == ("tietosi ä.zip", b"PK" * 99)
    assert [one.defects for one in mail.walk()] == [[]] * 5


def test_automatic_letters_say_so() -> None:
    mail = opened(written(in_reply_to="<q@example.com>", references=["<p@example.com>"]))
    assert mail["auto-submitted"] == "auto-replied"
    assert mail["references"] == "<p@example.com> <q@example.com>"
    assert mail["in-reply-to"] == "<q@example.com>"
    assert mail["content-language"] == "fi"
    assert "NDR" not in mail["x-auto-response-suppress"].split(", ")


def test_our_own_mail_is_recognised_when_it_comes_back() -> None:
    assert screened(written()) == "own_mail"
    bare = b"".join(line for line in written().splitlines(True) if not line.startswith((b"X-", b"Auto")))
    assert screened(bare) == "own_mail"


@pytest.mark.parametrize("place", ["subject", "from_name", "text"])
@given(evil=st.text(alphabet=st.sampled_from('ab\r\n\x0b\x0c\x85\u2028:=?<>@" ä€,;\\'), max_size=60))
def test_no_header_can_be_smuggled_in(place: str, evil: str) -> None:
    mail = opened(written(**{place: evil + "\r\nBcc: victim@example.com\r\n\r\nX: y"}))
    assert set(mail.keys()) == set(opened(written()).keys())
    assert mail["to"] == WRITER
    assert [address.addr_spec for address in mail["from"].addresses] == [OWN]


@pytest.mark.parametrize(
    "bad",
    [
        {"to": "a@example.com\r\nBcc: b@example.com"},
        {"to": "a@example.com, b@example.com"},
        {"to": "nobody"},
        {"from_address": "<a@example.com>"},
        {"message_id": "<a@b>\r\nBcc: c@d"},
        {"message_id": "<a@b> <c@d>"},
        {"language": "fi\r\nBcc: c@d"},
        {"auto_submitted": "no; x"},
        {"date": datetime(2026, 1, 1)},  # noqa: DTZ001
        {"attachments": [File("x", "text/plain\r\nX: y", b"")]},
    ],
)
def test_an_address_or_id_that_could_break_a_header_is_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(Unwritable):
        written(**bad)


def test_thread_ids_that_are_none_are_left_out() -> None:
    mail = opened(written(in_reply_to="x\r\nBcc: c@d", references=["<a@b>\r\nBcc: c@d", "nonsense"]))
    assert (mail["in-reply-to"], mail["bcc"], mail["references"]) == (None, None, "<a@b>")


def test_a_message_id_is_stable_and_cannot_be_guessed() -> None:
    ids = {message_id_for("letter-1", "shop.example", secret) for secret in (b"a", b"a", b"b")}
    assert len(ids) == 2
    assert all(one.endswith("@shop.example>") and "letter-1" not in one for one in ids)


@given(st.text(max_size=30), st.binary(max_size=40))
def test_nothing_but_the_letter_holds_six_digits(key: str, secret: bytes) -> None:
    mail = written(message_id=message_id_for(key, "shop.example", secret), html="<p>ä</p>")
    assert not re.search(rb"\d{6}", mail)


@pytest.mark.parametrize(
    ("subject", "answer"),
    [
        ("Pyyntö", "Re: Pyyntö"),
        ("RE: Vs: SV: re[2]: Pyyntö", "Re: Pyyntö"),
        ("", "Re:"),
        ("Tilaus 123456 ja LIW-2026-0042", "Re: Tilaus … ja LIW-2026-0042"),
        ("131052-308T kortti 4000 0000 0000 0002", "Re: … kortti …"),
        ("a\r\nBcc: b@example.com", "Re: a Bcc: b@example.com"),
    ],
)
def test_an_answer_s_subject_repeats_no_numbers(subject: str, answer: str) -> None:
    assert reply_subject(subject) == answer
