"""One mail as it lay in the mailbox becomes one `Inbound`.

Here lives the order of reading and its limits. It translates and decides nothing: who is believed, what is
asked and who is answered is the core's affair. No odd mail makes it fail; what is no mail at all raises
`UnreadableMail`, and the caller sets it aside.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from typing import Final

from cases.addresses import normalise_email
from cases.model import Channel, Inbound
from cases.understanding.prepare import visible
from mailers.authentication import unconfirmed
from mailers.bodies import PARSER_FAULTS, body_of
from mailers.headers import Headers, address_of, answered_ids, message_id
from mailers.screening import Mail, called_spam, screen

#: Bytes of a mail that are parsed; a larger one loses its tail, so the last file may come out short.
MAX_BYTES: Final = 30_000_000
#: Bytes of headers that are kept; real mails have 2 to 20 kB.
MAX_HEADER_BYTES: Final = 200_000
#: A mail that opens more multiparts than this was built to hurt.
MAX_MULTIPARTS: Final = 100

_HEADERS_END = re.compile(rb"\r?\n\r?\n")
_HEADER_LINE = re.compile(rb"[!-9;-~]{1,200}[ \t]*:")
_MULTIPART = re.compile(rb"^content-type\s*:\s*(?:multipart/|message/rfc822)", re.IGNORECASE | re.MULTILINE)
# compat32 parses five times faster than email.policy.default, which validates what we decode ourselves.
_PARSER: Final = BytesParser(policy=compat32)


class UnreadableMail(ValueError):
    """This is no mail: it begins with no header, or its structure is hostile. The text says which."""


def read(
    raw: bytes,
    *,
    key: str,
    shop: str,
    own_address: str,
    internal_date: datetime,
    since: datetime | None = None,
    truncated: bool = False,
    trusted_servers: Collection[str] = (),
) -> Inbound:
    """Translate one mail. `internal_date` (aware) is the server's and becomes `received_at` in UTC.

    A mail older than `since` is marked `before_since`. Of a `truncated` one no file is whole.
    `trusted_servers` are names whose word about the sender counts. Raises `UnreadableMail`; `ValueError` for naive
    times.
    """
    if internal_date.tzinfo is None or (since is not None and since.tzinfo is None):
        raise ValueError("mail times must carry a time zone")
    message = parsed(raw)
    headers = Headers.of(message)
    try:
        body = body_of(message)
    except PARSER_FAULTS as fault:
        raise UnreadableMail(type(fault).__name__) from None
    sender = sender_of(headers)
    screened = screen(Mail(headers, sender, own_address, tuple(body.shapes), body.text))
    return Inbound(
        key=key,
        shop=shop,
        channel=Channel.EMAIL,
        peer=sender,
        received_at=internal_date.astimezone(UTC),
        # Machines quote without end, and nobody reads them.
        text=body.text if screened is not None and screened.sure else visible(body.text),
        subject=headers.text("subject")[:1000],
        language_hint=_language_hint(headers),
        message_id=message_id(headers),
        answers=answered_ids(headers),
        attachments=tuple(replace(file, content=b"") if truncated else file for file in body.attachments),
        automated=screened.name if screened else "",
        perhaps_automated=screened is not None and not screened.sure,
        unconfirmed=unconfirmed(headers, trusted_servers),
        spam=called_spam(headers),
        before_since=since is not None and internal_date < since,
        cut_short=truncated,
    )


def parsed(raw: bytes) -> Message:
    """Parse within the limits. Raises `UnreadableMail` for what is no mail or nests without end."""
    raw = _within_limits(raw)
    if not _HEADER_LINE.match(raw):
        raise UnreadableMail("no headers")
    if sum(1 for _ in _MULTIPART.finditer(raw)) > MAX_MULTIPARTS:
        raise UnreadableMail("too many multiparts")
    try:
        return _PARSER.parsebytes(raw)
    except PARSER_FAULTS as fault:
        raise UnreadableMail(type(fault).__name__) from None


def sender_of(headers: Headers) -> str:
    """Who wrote: From, and only without one Sender or Return-Path. Reply-To is never looked at.

    Reply-To is free text of the sender's that no server checks, while answers carry codes.
    """
    for name in ("from", "sender", "return-path"):
        address = normalise_email(address_of(headers.raw(name)))
        if address:
            return address
    return ""


def key_of(shop: str, uidvalidity: int, uid: int, folder: str = "") -> str:
    """The key of one mail in one mailbox; the same mail fetched again has the same key. No `folder`: the inbox."""
    return f"mail:{shop}:{f'{folder}:' if folder else ''}{uidvalidity}:{uid}"


def twin_key(shop: str, raw: bytes) -> str:
    """The key of a mail's content, which stays when the mail gets another UID: Message-ID and body.

    Headers that servers add or change on the way (Received, flags) play no part. A mail without Message-ID
    is known by its Date and From instead. The same Message-ID over other content is another mail.
    """
    headers, body = _split(raw)
    identity = b"\n".join(_raw_header(headers, name) for name in (b"message-id", b"date", b"from"))
    digest = hashlib.sha256(identity + b"\0" + body.replace(b"\r\n", b"\n").rstrip()).hexdigest()
    return f"mail:{shop}:{digest}"


def _within_limits(raw: bytes) -> bytes:
    raw = raw[:MAX_BYTES].lstrip(b"\r\n")
    if b"\n" not in raw[:MAX_HEADER_BYTES] and b"\r" in raw[:MAX_HEADER_BYTES]:
        # Files of old Macintosh programs end their lines so.
        raw = raw.replace(b"\r", b"\n")
    # mbox files and some gateways put an envelope line first.
    if raw.startswith((b"From ", b">From ")):
        raw = raw.partition(b"\n")[2]
    headers, body = _split(raw)
    if len(headers) <= MAX_HEADER_BYTES:
        return raw
    kept = headers[:MAX_HEADER_BYTES].rpartition(b"\n")[0]
    return kept + b"\r\n\r\n" + body


def _split(raw: bytes) -> tuple[bytes, bytes]:
    end = _HEADERS_END.search(raw)
    return (raw, b"") if end is None else (raw[: end.start()], raw[end.end() :])


def _raw_header(headers: bytes, name: bytes) -> bytes:
    found = re.search(rb"^" + name + rb"[ \t]*:(.*(?:\r?\n[ \t].*)*)", headers, re.IGNORECASE | re.MULTILINE)
    return b" ".join(found[1].split()) if found else b""


def _language_hint(headers: Headers) -> str:
    """The language the writer's program is set to, for example "fi"; a hint for texts too short to tell."""
    for name in ("accept-language", "content-language"):
        language = headers.raw(name)[:2].lower()
        if language in ("fi", "sv", "en"):
            return language
    return ""
