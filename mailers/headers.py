"""Header values as senders really write them: decoded, split into addresses and message ids.

Here lives what turns one raw header line into text we can trust the shape of (never the content). Nothing
here looks at bodies or decides what a mail is.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterable
from email.message import Message
from typing import Final

from mailers.charsets import decode_bytes

#: Longer values are cut: no honest header needs more, and everything below stays quick.
MAX_VALUE: Final = 20_000
#: References kept of one mail; the newest stand last (RFC 5322 section 3.6.4).
MAX_REFERENCES: Final = 60

_ENCODED_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?]*)\?=")
# Between two encoded words white space is dropped (RFC 2047 section 6.2).
_BETWEEN_WORDS = re.compile(r"(\?=)\s+(=\?[^?\s]{1,60}\?[bBqQ]\?)")
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,900}>")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
# Quoted strings, comments and the bracketed address: what a From line is made of.
_FROM_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|\((?:[^()\\]|\\.)*\)|<([^<>]*)>|,|[^"(<,]+|.', re.DOTALL)
_ADDRESS = re.compile(r'(?:[^\s@<>()\[\]\\,;:"]+|"[^"\r\n]+")@[^\s@<>()\\,;:"]+')

_WRITABLE = re.compile(r"[^\s@<>()\[\]\\,;:\"\x00-\x1f\x7f]{1,256}@[^\s@<>()\[\]\\,;:\"\x00-\x1f\x7f]{1,255}")


class Headers:
    """The headers of one mail: names in lower case, values decoded when asked for."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._raw: dict[str, list[str]] = {}
        self._decoded: dict[str, str] = {}
        for name, value in pairs:
            self._raw.setdefault(name.lower(), []).append(value)

    @classmethod
    def of(cls, message: Message) -> Headers:
        """The headers of a parsed mail, still as they stood on the wire."""
        return cls(message.raw_items())

    def __contains__(self, name: str) -> bool:
        return name in self._raw

    def raw(self, name: str) -> str:
        """The first value under a name, unfolded but not decoded; empty when there is none."""
        values = self._raw.get(name)
        return unfold(values[0]) if values else ""

    def raw_all(self, name: str) -> list[str]:
        """Every value under a name, unfolded but not decoded."""
        return [unfold(value) for value in self._raw.get(name, ())]

    def text(self, name: str) -> str:
        """The first value under a name, as a person would read it."""
        known = self._decoded.get(name)
        if known is None:
            known = self._decoded[name] = decode_words(self.raw(name))
        return known

    def word(self, name: str) -> str:
        """The first value's first word in lower case, without parameters: what keyword headers say."""
        value = self.raw(name).partition(";")[0].strip().lower()
        return value.split(None, 1)[0] if value else ""


def unfold(value: str) -> str:
    """One line out of a folded header; raw bytes that a sender left unencoded become characters."""
    value = value[:MAX_VALUE]
    if not value.isascii():
        value = decode_bytes(value.encode("utf-8", "surrogateescape"), "")
    return _CONTROL.sub(" ", value.replace("\r", "").replace("\n", "")).strip()


def decode_words(value: str) -> str:
    """Encoded words (RFC 2047) as text; a broken one stays as it was written."""
    if "=?" not in value:
        return value
    value = _BETWEEN_WORDS.sub(r"\1\2", value)
    pieces: list[str] = []
    # Neighbours of one charset are joined before decoding: some senders cut inside a character.
    waiting, label, end = b"", "", 0
    for match in _ENCODED_WORD.finditer(value):
        data = _word_bytes(match[2], match[3])
        charset = match[1].partition("*")[0]
        if data is None:
            continue
        if match.start() != end or (waiting and charset.lower() != label.lower()):
            pieces += [decode_bytes(waiting, label), value[end : match.start()]]
            waiting = b""
        waiting, label, end = waiting + data, charset, match.end()
    pieces += [decode_bytes(waiting, label), value[end:]]
    return _CONTROL.sub(" ", "".join(pieces)).strip()


def _word_bytes(encoding: str, text: str) -> bytes | None:
    data = text.encode("ascii", "replace")
    try:
        if encoding in "qQ":
            return binascii.a2b_qp(data, header=True)
        return binascii.a2b_base64(data + b"=" * (-len(data) % 4))
    except (binascii.Error, ValueError):
        return None


def address_of(raw: str) -> str:
    """The first address of a raw From-like value, trimmed and in lower case; empty when there is none.

    Encoded words are not decoded first, and what stands in quotes or comments is a name, so a display name
    can never pose as the address.
    """
    bare = ""
    for match in _FROM_TOKEN.finditer(raw[:MAX_VALUE] + ","):
        piece = match[0]
        if match[1] is not None:
            found = match[1].strip()
            bare = ""
        elif piece == ",":
            found, bare = bare.strip(), ""
        else:
            # A quoted local part ("a b"@example.org) belongs to the address it touches.
            bare += "" if piece.startswith("(") else piece
            continue
        if _ADDRESS.fullmatch(found) and len(found) <= 320:
            return found.lower()
    return ""


def is_writable(address: str) -> bool:
    """Whether an address can stand in a header and an SMTP command as it is, and nothing else with it."""
    return bool(_WRITABLE.fullmatch(address))


def domain_of(address: str) -> str:
    """What follows the last `@`, in lower case."""
    return address.rpartition("@")[2].lower()


def message_id(headers: Headers) -> str:
    """The mail's own Message-ID with its brackets; empty when it has none."""
    found = _MESSAGE_ID.search(headers.raw("message-id"))
    return found[0] if found else ""


def ids_in(value: str) -> list[str]:
    """Every message id in a text, with its brackets, in order."""
    return _MESSAGE_ID.findall(value)


def answered_ids(headers: Headers) -> tuple[str, ...]:
    """The mails this one answers: In-Reply-To first, then References, newest first, no id twice."""
    replied = [found for value in headers.raw_all("in-reply-to") for found in ids_in(value)]
    thread = [found for value in headers.raw_all("references") for found in ids_in(value)]
    return tuple(dict.fromkeys([*replied, *reversed(thread)]))[:MAX_REFERENCES]
