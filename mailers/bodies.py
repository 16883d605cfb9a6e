"""The parts of a mail: which of them is the letter, which are files that came along.

Here lives the walk over MIME parts, with its limits. Nothing here looks at who sent the mail or why.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.errors import MessageError
from email.message import Message
from email.policy import Compat32
from typing import Final

from cases.model import Attachment
from mailers.charsets import decode_bytes
from mailers.headers import decode_words, unfold
from mailers.markup import text_of_html

#: Characters of text kept of one mail.
MAX_TEXT: Final = 200_000
#: Parts looked at and files listed; what comes after is left in the raw mail.
MAX_PARTS: Final = 200
MAX_DEPTH: Final = 30

#: What the standard parser is known to raise over damaged mail, whatever its documentation says.
PARSER_FAULTS: Final = (ValueError, LookupError, TypeError, AttributeError, RecursionError, MessageError)

_UNPRINTED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_UNSAFE_IN_NAME = re.compile(r"[\x00-\x1f\x7f-\x9f/\\\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@dataclass(slots=True)
class Body:
    """What a mail's parts amount to."""

    #: Everything readable, quotes included.
    text: str = field(default="", repr=False)
    attachments: list[Attachment] = field(default_factory=list)
    #: Content types of all parts with the parameters that tell machines' mail: (type, method or report-type).
    shapes: list[tuple[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class _Found:
    plain: list[str] = field(default_factory=list)
    html: list[str] = field(default_factory=list)


def body_of(message: Message) -> Body:
    """Read all parts of a parsed mail."""
    body = Body()
    budget = iter(range(MAX_PARTS))
    texts = _walk(message, body, budget, 0, needed=True)
    body.text = "\n\n".join(filter(None, texts))[:MAX_TEXT]
    return body


def _walk(part: Message, body: Body, budget: Iterator[int], depth: int, *, needed: bool) -> list[str]:
    """Texts of one part and all below it, in order; where no text is `needed`, only files are listed."""
    if next(budget, None) is None or depth > MAX_DEPTH:
        return []
    kind = part.get_content_type()
    body.shapes.append((kind, _detail(part, kind)))
    # Asked of a text, this decodes with whatever its label holds, and fails on some.
    below = part.get_payload() if part.is_multipart() else None
    if kind == "message/rfc822" or kind == "message/global" or not isinstance(below, list):
        return _leaf(part, kind, body, needed=needed)
    if kind in ("message/delivery-status", "message/disposition-notification"):
        return []
    parts = [one for one in below if isinstance(one, Message)]
    if kind == "multipart/alternative":
        return _best(parts, body, budget, depth, needed=needed)
    return [text for one in parts for text in _walk(one, body, budget, depth + 1, needed=needed)]


def _best(parts: list[Message], body: Body, budget: Iterator[int], depth: int, *, needed: bool) -> list[str]:
    """Of several forms of one text the plain one, unless it says nothing (RFC 2046 section 5.1.4)."""
    chosen: list[str] = []
    for one in sorted(parts, key=lambda one: one.get_content_type() != "text/plain"):
        still = needed and not any(text.strip() for text in chosen)
        texts = _walk(one, body, budget, depth + 1, needed=still)
        chosen = texts if still else chosen
    return chosen


def _leaf(part: Message, kind: str, body: Body, *, needed: bool) -> list[str]:
    name = _file_name(part)
    disposition = _first_word(part, "content-disposition")
    readable = kind in ("text/plain", "text/html") and disposition != "attachment"
    # A text with a file name is a file, unless it is shown inside the letter.
    if readable and (not name or disposition == "inline"):
        if not needed:
            return []
        text = decode_bytes(_content(part), _param(part, "charset"))
        text = text_of_html(text) if kind == "text/html" else text
        return [_UNPRINTED.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))[:MAX_TEXT]]
    if kind != "multipart/mixed" and (name or disposition or kind not in ("text/plain", "text/html")):
        body.attachments.append(_attachment(part, kind, name))
    return []


def _attachment(part: Message, kind: str, name: str) -> Attachment:
    content = _content(part)
    safe_name = _UNSAFE_IN_NAME.sub("_", name)[:200]
    return Attachment(safe_name, kind, len(content), hashlib.sha256(content).hexdigest(), content)


def _content(part: Message) -> bytes:
    """A part's bytes with the transfer encoding undone; damaged encodings give what can be had."""
    below = part.get_payload() if part.is_multipart() else None
    if isinstance(below, list):
        return b"\n".join(_flat(one) for one in below if isinstance(one, Message))
    try:
        content = part.get_payload(decode=True)
    except PARSER_FAULTS:
        content = None
    return content if isinstance(content, bytes) else b""


class _AsItStood(Compat32):
    """Headers as they came: folding them anew costs more than all the rest."""

    def fold_binary(self, name: str, value: str) -> bytes:
        """One header with its line end."""
        return f"{name}: {value}\n".encode("ascii", "surrogateescape")


_AS_IT_STOOD: Final = _AsItStood()


def _flat(message: Message) -> bytes:
    try:
        return message.as_bytes(policy=_AS_IT_STOOD)
    except PARSER_FAULTS:
        return b""


def _param(part: Message, name: str, header: str = "content-type") -> str:
    try:
        value = part.get_param(name, "", header)
    except PARSER_FAULTS:
        return ""
    if isinstance(value, tuple):
        charset, _, text = value
        return decode_bytes(text.encode("latin-1", "replace"), charset or "")
    return decode_words(unfold(str(value or "")))


def _detail(part: Message, kind: str) -> str:
    if kind == "text/calendar":
        return _param(part, "method").lower()
    return _param(part, "report-type").lower() if kind == "multipart/report" else ""


def _file_name(part: Message) -> str:
    # Most texts have neither; asking for parameters costs more than looking.
    named = _param(part, "filename", "content-disposition") if "content-disposition" in part else ""
    return named or (_param(part, "name") if "name" in str(part.get("content-type", "")).lower() else "")


def _first_word(part: Message, header: str) -> str:
    return str(part.get(header, "")).partition(";")[0].strip().lower()
