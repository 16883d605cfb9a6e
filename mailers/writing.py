"""Letters become mails: the same letter always becomes the same bytes.

Here lives the form of outgoing mail: headers, threading, encodings. The words come from `templates`, and
when and to whom it goes is decided elsewhere. Everything is plain ASCII on the wire (but for an address whose
local part has no other spelling, SMTPUTF8), and no number appears that the letter does not contain: a client
that looks for a code must find nothing else.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from typing import Final
from urllib.parse import quote

import idna

from mailers.headers import ids_in, is_writable
from mailers.screening import CANARY_ID_PREFIX, LOOP_HEADER, OWN_ID_PREFIX

#: Longest header line written, and the longest subject and name kept.
_LINE: Final = 76
_MAX_SUBJECT: Final = 250
#: Only letters, so that no boundary or id can hold a run of digits.
_LETTERS: Final = bytes.maketrans(b"0123456789abcdef", b"ghijklmnopqrstuv")

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+")
_ANSWER_SIGN = re.compile(r"^(?:(?:re|vs|sv|aw|antw|ref)(?:\[\d{1,3}\])?\s*:\s*)+", re.IGNORECASE)
# HETU, card numbers, and any run of digits that could pass for a code. Case ids have shorter runs and stay.
_NUMBERS = re.compile(r"\d{6}[-+A-FU-Ya-fu-y]\d{3}\w|\d(?:[ -]?\d){12,18}|\d{6,}")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9 !#$%&'*+/=?^_`{|}~-]*")


class Unwritable(ValueError):
    """An address or header that must not be put into a mail; the text says which, never its content."""


@dataclass(frozen=True, slots=True)
class File:
    """A file to send along."""

    name: str = field(repr=False)
    content_type: str
    content: bytes = field(repr=False)


def message_id_for(letter_key: str, domain: str, secret: bytes) -> str:
    """The Message-ID of a letter, with its brackets: the same for every try, and not to be guessed.

    A bounce that names it must therefore have seen the letter.
    """
    digest = hmac.digest(secret, b"message-id\0" + letter_key.encode(), "sha256").hex()[:40]
    return f"{OWN_ID_PREFIX}{_lettered(digest)}@{_ascii_domain(domain)}>"


def canary_id(token: str, domain: str) -> str:
    """The Message-ID of a test mail, with its brackets."""
    return f"{CANARY_ID_PREFIX}{token}@{_ascii_domain(domain)}>"


def reply_subject(subject: str) -> str:
    """`Re: ` before what was answered, once. Runs of digits are struck out: they are not ours to repeat."""
    bare = _NUMBERS.sub("…", _ANSWER_SIGN.sub("", _flat(subject)))
    return f"Re: {bare}".strip()[:_MAX_SUBJECT]


def write(
    *,
    from_address: str,
    from_name: str = "",
    to: str,
    subject: str,
    text: str,
    html: str | None = None,
    message_id: str,
    in_reply_to: str = "",
    references: Sequence[str] = (),
    language: str,
    date: datetime,
    auto_submitted: str = "auto-replied",
    attachments: Iterable[File] = (),
) -> bytes:
    """One mail, ready for SMTP, with CRLF line ends.

    `date` is aware. `auto_submitted` is `auto-replied`, `auto-generated`, or `no` for words that staff
    wrote themselves (RFC 3834 section 5). Raises `Unwritable` for an address that could break a header; line
    ends in other headers become spaces.
    """
    if date.tzinfo is None:
        raise Unwritable("the date carries no time zone")
    head = [
        f"From: {_mailbox(from_name, from_address)}",
        f"To: {_mailbox('', to)}",
        f"Subject: {_words(_flat(subject)[:_MAX_SUBJECT], len('Subject: '))}",
        f"Date: {format_datetime(date)}",
        f"Message-ID: {_one_id(message_id)}",
        *_thread(in_reply_to, references),
        f"Auto-Submitted: {_token(auto_submitted)}",
        # Everything but NDR: a letter that cannot be delivered must come back to us (MS-OXCMAIL 2.2.3.2.14).
        "X-Auto-Response-Suppress: DR, RN, NRN, OOF, AutoReply",
        f"{LOOP_HEADER}: letter",
        f"Content-Language: {_token(language)}",
        "MIME-Version: 1.0",
    ]
    seed = hashlib.sha256(message_id.encode()).hexdigest()
    body = _text_part("plain", text)
    if html is not None:
        body = _multipart("alternative", [body, _text_part("html", html)], seed[:24])
    files = [_file_part(file) for file in attachments]
    if files:
        body = _multipart("mixed", [body, *files], seed[24:48])
    return "\r\n".join([*head, body]).encode("utf-8")


def _flat(value: str) -> str:
    """One line: whatever could end a header or turn its direction becomes a space."""
    return " ".join(_CONTROL.sub(" ", value.encode("utf-8", "replace").decode()).split(" ")).strip()


def _lettered(digest: str) -> str:
    return digest.encode().translate(_LETTERS).decode()


def _words(value: str, used: int) -> str:
    """A header's text: as it is when short and ASCII, else in encoded words of whole letters (RFC 2047)."""
    if value.isascii() and used + len(value) <= 900 and "=?" not in value:
        return _folded(value, used)
    return _encoded(value, used)


def _encoded(value: str, used: int) -> str:
    words: list[str] = []
    word = ""
    for char in value:
        piece = _q(char)
        if len(word) + len(piece) > _LINE - 12 - (used if not words else 1):
            words.append(word)
            word = ""
        word += piece
    words.append(word)
    return "\r\n ".join(f"=?utf-8?q?{one}?=" for one in words)


def _q(char: str) -> str:
    if char == " ":
        return "_"
    if char.isascii() and char.isalnum():
        return char
    return "".join(f"={byte:02X}" for byte in char.encode())


def _folded(value: str, used: int) -> str:
    lines, line = [], ""
    for word in value.split(" "):
        if line and used + len(line) + 1 + len(word) > _LINE:
            lines.append(line)
            line, used = word, 1
        else:
            line = f"{line} {word}" if line else word
    return "\r\n ".join([*lines, line])


def _mailbox(name: str, address: str) -> str:
    if not is_writable(address):
        raise Unwritable("not an address that can be written to")
    local, _, domain = address.rpartition("@")
    bare = f"{local}@{_ascii_domain(domain)}"
    name = _flat(name)[:_MAX_SUBJECT]
    if not name:
        return bare
    if _PLAIN_NAME.fullmatch(name) and len(name) < 60 and "=?" not in name:
        return f"{name} <{bare}>"
    return f'"{name}" <{bare}>' if _quotable(name) else f"{_encoded(name, len('From: '))}\r\n <{bare}>"


def _quotable(name: str) -> bool:
    return name.isascii() and len(name) < 60 and not any(sign in name for sign in ('"', "\\", "=?"))


def _ascii_domain(domain: str) -> str:
    if domain.isascii():
        return domain.lower()
    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        raise Unwritable("a domain that DNS cannot hold") from None


def _one_id(value: str) -> str:
    found = ids_in(value)
    if len(found) != 1 or found[0] != value or not value.isascii():
        raise Unwritable("not one message id")
    return value


def _thread(in_reply_to: str, references: Sequence[str]) -> list[str]:
    """In-Reply-To and References (RFC 5322 section 3.6.4); what is no message id is left out."""
    answered = [one for one in ids_in(in_reply_to) if one.isascii()][:1]
    earlier = [one for value in references for one in ids_in(value) if one.isascii()]
    chain = list(dict.fromkeys([*(one for one in earlier if one not in answered), *answered]))[-12:]
    lines = [f"In-Reply-To: {answered[0]}"] if answered else []
    if chain:
        lines.append("References: " + "\r\n ".join(chain))
    return lines


def _token(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9-]{1,40}", value):
        raise Unwritable("not a plain word for a header")
    return value


def _text_part(subtype: str, text: str) -> str:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n") + "\n"
    data = lines.replace("\n", "\r\n").encode("utf-8", "replace")
    encoded = binascii.b2a_qp(data, istext=True)
    return (
        f'Content-Type: text/{subtype}; charset="utf-8"\r\n'
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n" + encoded.decode("ascii")
    )


def _multipart(subtype: str, parts: Sequence[str], seed: str) -> str:
    boundary = f"pyynto-{_lettered(seed)}"
    pieces = "".join(f"--{boundary}\r\n{part.removesuffix(chr(13) + chr(10))}\r\n" for part in parts)
    return f'Content-Type: multipart/{subtype};\r\n boundary="{boundary}"\r\n\r\n{pieces}--{boundary}--\r\n'


def _file_part(file: File) -> str:
    if not re.fullmatch(r"[a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,80}", file.content_type):
        raise Unwritable("not a content type")
    name = _flat(file.name).replace("/", "_").replace("\\", "_")[:120] or "file"
    if name.isascii() and not set(name) & set('"%;\\'):
        shown = f'filename="{name}"'
    else:
        shown = "filename*=utf-8''" + quote(name, safe="")
    data = base64.encodebytes(file.content).decode("ascii").replace("\n", "\r\n")
    return (
        f"Content-Type: {file.content_type}\r\n"
        "Content-Transfer-Encoding: base64\r\n"
        f"Content-Disposition: attachment;\r\n {shown}\r\n\r\n{data}"
    )
