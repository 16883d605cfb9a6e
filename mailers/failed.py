"""Whom a report of failed delivery is about: the addresses that could not be reached.

Here lives what mail servers write: fields (RFC 3464), and plain words with the returned mail below them. The ways of
finding an address stand in one table, the surest first; the first that finds any is believed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser
from email.policy import compat32
from functools import cached_property
from typing import Final

from cases.addresses import normalise_email
from mailers.bodies import body_of
from mailers.charsets import decode_bytes
from mailers.headers import Headers

#: Characters of a report that are read, and addresses that are kept of it.
MAX_READ: Final = 100_000
MAX_ADDRESSES: Final = 50
#: Actions of a field block that are no failure (RFC 3464 section 2.3.3).
SUCCESS: Final = frozenset({"delivered", "relayed", "expanded"})
STATUS_PARTS: Final = frozenset(
    {"message/delivery-status", "message/xdelivery-status", "message/global-delivery-status"}
)

_EDGES = r"\s<>()\[\],;:\"'`=|\\/{}"
# Dots end an address: "<somebody@example.org>... Service unavailable".
_ADDRESS = re.compile(rf"[^{_EDGES}@]+@[^{_EDGES}@.!?]+(?:\.[^{_EDGES}@.!?]+)*")
_FIELD = re.compile(
    r"^[ \t]*(original-recipient|final-recipient|x-actual-recipient|action|status)[ \t]*:[ \t]*(.*)$",
    re.IGNORECASE | re.MULTILINE,
)
_BLANK = re.compile(r"\r?\n[ \t]*\r?\n")
#: From here on the returned mail speaks, no longer the mail server.
_RETURNED = re.compile(
    r"""^[ \t>*\#]*(?:
      [-=_*+\#]{2,}[^\n]{0,60}?\b(?:original|returned|undelivered|unsent|body|copy|headers?|forwarded|begin)\b
    | [-=_*+\#]{2,}[^\n]{0,60}?\bbelow\ this\ line\b
    | [^\n]{0,40}\b(?:a\ )?copy\ of\ (?:the|your)\b
    | [^\n]{0,40}\b(?:original|rejected|returned|undelivered)\ (?:message|mail)\ (?:follows|headers?|text|is|was)\b
    | [^\n]{0,40}\b(?:message\ )?(?:headers?|texts?)\ (?:follows?|of|from)\b
    | [^\n]{0,40}\b(?:alkuperäinen|palautettu)\ viesti\b
    | (?:received|return-path|message-id|x-originating-ip|delivered-to|mime-version):
    )""",
    re.IGNORECASE | re.MULTILINE | re.VERBOSE,
)
#: A line of the server's that says why.
_REASON = re.compile(
    r"""\b[45]\d\d[ -] | \b[45]\.\d{1,3}\.\d{1,3}\b | \brcpt\b | unknown | no\ such
    | \bnot\ (?:found|exist|known|local|listed|deliver|be\ deliver|a\ valid) | does(?:n't|\ not) | fail | reject
    | undeliver | unable | could(?:\ not|n't) | invalid | bad\ address | recipient | full | quota | inactive | disabled
    | refused | denied | unreachable | user: | ei\ voi | tuntematon | epäonnistu | vastaanottaja""",
    re.IGNORECASE | re.VERBOSE,
)
_TO_LINE = re.compile(
    rf"^[ \t>]*(?:to|rcpt[ ]to|recipient|vastaanottaja)[ \t]*:[ \t]*<?({_ADDRESS.pattern})",
    re.IGNORECASE | re.MULTILINE,
)
#: Header lines in a text whose addresses are nobody's, or the sender's.
_NO_RECIPIENT = re.compile(
    r"[ \t>*-]*(?:message-id|references|in-reply-to|from|sender|return-path)[ \t]*:", re.IGNORECASE
)
#: Whoever keeps the mail server, and what only looks like an address: a Message-ID.
_KEEPERS = re.compile(
    r"(?:mailer-daemon|postmaster|mail-daemon|abuse|helpdesk|support|hostmaster|webmaster|no-?reply)@",
    re.IGNORECASE,
)
_LIKE_AN_ID = re.compile(r"[0-9a-f.$_-]{16,}@|[0-9]{9,}[.0-9a-z_-]*@", re.IGNORECASE)
#: What a line is worth: each address has 1, these come on top.
_STANDS_FIRST, _SAYS_WHY, _ENOUGH = 2, 2, 3


@dataclass(frozen=True)
class Report:
    """A report, and what is looked up in it more than once."""

    message: Message
    headers: Headers
    raw: bytes

    @cached_property
    def text(self) -> str:
        """All that can be read in it; of a broken structure, everything below the headers."""
        text = body_of(self.message).text
        return (text if text.strip() else self.below)[:MAX_READ]

    @cached_property
    def below(self) -> str:
        """What follows the headers, as it stands."""
        body = re.split(rb"\r?\n\r?\n", self.raw[: 2 * MAX_READ], maxsplit=1)
        return decode_bytes(body[1] if len(body) > 1 else b"", "")[:MAX_READ]

    @cached_property
    def returned(self) -> Headers | None:
        """The headers of the mail that comes back."""
        for part in self.message.walk():
            kind = part.get_content_type()
            if part is not self.message and kind in ("message/rfc822", "message/global"):
                below = part.get_payload()
                if isinstance(below, list) and below and isinstance(below[0], Message):
                    return Headers.of(below[0])
            if kind == "text/rfc822-headers":
                return Headers.of(HeaderParser(policy=compat32).parsestr(flat(part)))
        return None

    @cached_property
    def not_meant(self) -> frozenset[str]:
        """Addresses of the report itself and of whoever wrote the returned mail."""
        named = [value for name in _OF_REPORT for value in self.headers.raw_all(name)]
        if self.returned is not None:
            named += [value for name in _OF_WRITER for value in self.returned.raw_all(name)]
        return frozenset(one for value in named for one in addresses_in(value))


_OF_REPORT: Final = (
    "from", "to", "reply-to", "cc", "sender", "return-path", "errors-to", "delivered-to", "x-envelope-to",
)  # fmt: skip
_OF_WRITER: Final = ("from", "reply-to", "sender", "return-path", "message-id", "references")


def failed_addresses(report: Report) -> tuple[str, ...]:
    """The addresses a report says could not be reached, normalised, each once; empty when it names none."""
    for _, way in WAYS:
        found = [address for address in way(report) if address]
        if found:
            return tuple(dict.fromkeys(found))[:MAX_ADDRESSES]
    return ()


def addresses_in(text: str) -> list[str]:
    """Every address in a text, normalised, in order."""
    return [normalise_email(found.strip(".")) for found in _ADDRESS.findall(text)]


def status_blocks(report: Report) -> Iterator[dict[str, str]]:
    """The fields of each recipient, names in lower case; also where no structure marks them."""
    for text in _status_texts(report):
        for block in _BLANK.split(text):
            fields: dict[str, str] = {}
            for name, value in _FIELD.findall(block):
                fields.setdefault(name.lower(), value.strip())
            if any(name.endswith("recipient") for name in fields):
                yield fields


def is_failure(fields: dict[str, str]) -> bool:
    """A block of fields speaks of a failure, or of a delay."""
    return fields.get("action", "failed").split(None, 1)[:1] not in ([one] for one in SUCCESS)


def flat(part: Message) -> str:
    """A part's content as text, also where the parser has taken it for mails of its own."""
    below = part.get_payload()
    if isinstance(below, list):
        return "\n\n".join(_flat_mail(one) for one in below if isinstance(one, Message))
    content = part.get_payload(decode=True)
    return decode_bytes(content, "")[:MAX_READ] if isinstance(content, bytes) else ""


def _flat_mail(mail: Message) -> str:
    below = mail.get_payload()
    fields = "\n".join(f"{name}: {value}" for name, value in mail.raw_items())
    return f"{fields}\n\n{below}" if isinstance(below, str) else fields


def _status_texts(report: Report) -> Iterator[str]:
    marked = [part for part in report.message.walk() if part.get_content_type() in STATUS_PARTS]
    if marked:
        yield from map(flat, marked)
    elif "ecipient:" in report.below:
        yield report.below


# -- ways of finding an address --------------------------------------------------------------------------------


def _by_header(report: Report) -> list[str]:
    return [one for value in report.headers.raw_all("x-failed-recipients") for one in addresses_in(value)]


def _by_fields(report: Report) -> list[str]:
    """The address we wrote to, where the report has kept it; else the one it was changed to on the way."""
    return [_recipient(fields) for fields in status_blocks(report) if is_failure(fields)]


def _recipient(fields: dict[str, str]) -> str:
    for name in ("original-recipient", "final-recipient", "x-actual-recipient"):
        kind, _, value = fields.get(name, "").rpartition(";")
        found = addresses_in(value)
        if found and kind.strip().lower() != "x400":
            return found[0]
    return ""


def _by_words(report: Report) -> list[str]:
    """What stands in the server's own words: at the head of a line, or beside a reason."""
    start = _RETURNED.search(report.text)
    for text in (report.text[: start.start()] if start else report.text, report.text):
        worth: dict[str, int] = {}
        for line in text.splitlines():
            for address, points in _weighed(line, report.not_meant):
                worth[address] = max(points, worth.get(address, 0))
        if worth:
            enough = min(_ENOUGH, max(worth.values()))
            return [address for address, points in worth.items() if points >= enough]
    return []


def _weighed(line: str, not_meant: frozenset[str]) -> Iterator[tuple[str, int]]:
    if _NO_RECIPIENT.match(line):
        return
    bare = line.strip(" \t>*<\"'(-:;")
    says_why = _SAYS_WHY if _REASON.search(line[:1000]) else 0
    for found in _ADDRESS.findall(line[:1000]):
        address = normalise_email(found.strip("."))
        if (
            address
            and address not in not_meant
            and not _KEEPERS.match(address)
            and not _LIKE_AN_ID.match(address)
        ):
            yield address, 1 + says_why + (_STANDS_FIRST if bare.startswith(found) else 0)


def _by_returned_mail(report: Report) -> list[str]:
    """Whom the returned mail was written to."""
    return addresses_in(report.returned.raw("to")) if report.returned is not None else []


def _by_to_line(report: Report) -> list[str]:
    """The same where the returned headers are mere text."""
    found = _TO_LINE.search(report.text) or _TO_LINE.search(report.below)
    return [normalise_email(found[1])] if found else []


def _by_broken_words(report: Report) -> list[str]:
    """A structure so broken that its parts hide the words."""
    return _by_words(Report(Message(), report.headers, report.raw)) if report.text != report.below else []


#: Name and way; the first that finds an address is believed.
WAYS: Final[tuple[tuple[str, Callable[[Report], list[str]]], ...]] = (
    ("header", _by_header),
    ("fields", _by_fields),
    ("words", _by_words),
    ("returned_mail", _by_returned_mail),
    ("to_line", _by_to_line),
    ("broken_words", _by_broken_words),
)
