"""Reports of failed delivery: which of our letters did not arrive, and for whom.

Here lives the reading of such reports (RFC 3464, and the plain words of mail servers that know no other way).
A report is a claim like any other mail: it counts only through a Message-ID that cannot be guessed, and what
it leads to is decided elsewhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from email.message import Message
from typing import Final

from cases.addresses import normalise_email
from mailers.bodies import PARSER_FAULTS, body_of
from mailers.headers import Headers, answered_ids, ids_in
from mailers.reading import UnreadableMail, parsed, sender_of
from mailers.screening import MAIL_SYSTEMS

#: Bytes of a report searched for Message-IDs when its structure names none.
_SEARCHED: Final = 500_000
_MAX_IDS: Final = 20
_RETURNED_ID = re.compile(rb"^[ \t>]*message-id[ \t]*:\s*(<[^<>\s]{3,900}>)", re.IGNORECASE | re.MULTILINE)
#: A status or reply code in the words of a mail server: only a plain 4.x.x means that it still tries.
_TEMPORARY = re.compile(
    r"\b4\.\d{1,3}\.\d{1,3}\b|\b4[25][0-9][ -]|\b(?:delayed|will retry|still being retried)\b", re.I
)
_PERMANENT = re.compile(r"\b5\.\d{1,3}\.\d{1,3}\b|\b55[0-9][ -]")
_ADDRESS = re.compile(r"[^\s<>(),;:\"]+@[^\s<>(),;:\"]+\.[a-z]{2,}", re.I)
#: Recipients kept of one report.
_MAX_RECIPIENTS: Final = 50


@dataclass(frozen=True, slots=True)
class Bounce:
    """One report of failed delivery."""

    #: Message-IDs the report is about, with their brackets.
    message_ids: tuple[str, ...]
    #: Addresses that could not be reached, normalised; may be empty.
    recipients: tuple[str, ...] = field(default=(), repr=False)
    #: False: the mail server still tries (RFC 3464 section 2.3.3, "delayed").
    permanent: bool = True


def bounced(raw: bytes) -> Bounce | None:
    """Read a report of failed delivery; None for any other mail, and for reports of success."""
    try:
        message = parsed(raw)
        return _read(message, raw)
    except (UnreadableMail, *PARSER_FAULTS):
        return None


def _read(message: Message, raw: bytes) -> Bounce | None:
    headers = Headers.of(message)
    status = [part for part in message.walk() if part.get_content_type() == "message/delivery-status"]
    report = message.get_content_type() == "multipart/report" and bool(status)
    if report:
        return _from_report(message, status[0], headers)
    if "x-failed-recipients" in headers or sender_of(headers).rpartition("@")[0] in MAIL_SYSTEMS:
        return _from_words(message, headers, raw)
    return None


def _from_report(message: Message, status: Message, headers: Headers) -> Bounce | None:
    """The structured form: one block of fields for each recipient."""
    blocks = status.get_payload()
    fields = (
        [Headers.of(block) for block in blocks if isinstance(block, Message)]
        if isinstance(blocks, list)
        else []
    )
    failed = [block for block in fields if block.word("action") in ("failed", "delayed")]
    if not failed:
        return None
    permanent = any(
        block.word("action") == "failed" and not block.raw("status").startswith("4") for block in failed
    )
    recipients = [
        normalise_email(block.raw(name).partition(";")[2])
        for block in failed[:_MAX_RECIPIENTS]
        for name in ("original-recipient", "final-recipient")
        if "@" in block.raw(name)
    ]
    return Bounce(_ids(message, headers), tuple(dict.fromkeys(recipients)), permanent)


def _from_words(message: Message, headers: Headers, raw: bytes) -> Bounce | None:
    """The old form: a mail server writes in its own words and puts the returned mail below."""
    text = body_of(message).text[:20_000]
    named = [normalise_email(one) for one in _ADDRESS.findall(headers.raw("x-failed-recipients"))]
    found = list(dict.fromkeys(_RETURNED_ID.findall(raw[:_SEARCHED])))
    ids = [
        one.decode("ascii", "ignore")
        for one in found
        if one.decode("ascii", "ignore") != headers.raw("message-id")
    ]
    ids = list(dict.fromkeys([*ids, *answered_ids(headers)]))[:_MAX_IDS]
    if not named and not ids:
        return None
    permanent = bool(_PERMANENT.search(text)) or not _TEMPORARY.search(text)
    return Bounce(tuple(ids), tuple(dict.fromkeys(named))[:_MAX_RECIPIENTS], permanent)


def _ids(message: Message, headers: Headers) -> tuple[str, ...]:
    """Message-IDs of the returned mail, or of its headers alone; else those the report says it answers."""
    found: list[str] = []
    for part in message.walk():
        if part is message:
            continue
        if part.get_content_type() == "text/rfc822-headers":
            content = part.get_payload(decode=True)
            if isinstance(content, bytes):
                found += [one.decode("ascii", "ignore") for one in _RETURNED_ID.findall(content)]
        else:
            found += ids_in(Headers.of(part).raw("message-id"))
    return tuple(dict.fromkeys([*found, *answered_ids(headers)]))[:_MAX_IDS]
