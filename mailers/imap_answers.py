"""What an IMAP server says about mails, read from the pieces its answer arrives in.

Here lives the form of FETCH commands and answers (RFC 3501 sections 6.4.5 and 7.4.2), and no connection.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_RECORD = re.compile(rb"\d+ FETCH \(", re.IGNORECASE)
_UID = re.compile(rb"\bUID (\d+)", re.IGNORECASE)
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)", re.IGNORECASE)
_DATE = re.compile(
    rb'\bINTERNALDATE "\s?(\d{1,2})-([A-Za-z]{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)"',
    re.IGNORECASE,
)
#: A short body may come as a quoted string instead of a literal (RFC 3501 section 4.3).
_QUOTED_BODY = re.compile(rb'BODY\[[^\]]*\](?:<\d+>)? "((?:[^"\\]|\\.)*)"', re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Found:
    """What the server says of one mail; `raw` is None when the content was not asked for."""

    uid: int
    internal_date: datetime
    size: int
    raw: bytes | None = field(default=None, repr=False)


def message_set(uids: Iterable[int]) -> str:
    """A message set, runs written short: 4,7:9."""
    runs: list[list[int]] = []
    for uid in uids:
        if runs and uid == runs[-1][1] + 1:
            runs[-1][1] = uid
        else:
            runs.append([uid, uid])
    return ",".join(str(low) if low == high else f"{low}:{high}" for low, high in runs)


def found_in(lines: Sequence[bytes | bytearray]) -> list[Found]:
    """The FETCH answers in what the library collected: text as bytes, literals as bytearray.

    Answers without a UID, such as flag changes that others made, are passed over.
    """
    records: list[tuple[bytes, bytes | None]] = []
    for line in lines:
        if isinstance(line, bytearray):
            if records:
                records[-1] = (records[-1][0], bytes(line))
        elif _RECORD.match(line):
            records.append((line, None))
        elif records:
            records[-1] = (records[-1][0] + b" " + line, records[-1][1])
    return [found for found in map(_record, records) if found is not None]


def _record(record: tuple[bytes, bytes | None]) -> Found | None:
    text, raw = record
    uid, size = _UID.search(text), _SIZE.search(text)
    if uid is None or size is None:
        return None
    quoted = _QUOTED_BODY.search(text) if raw is None else None
    if quoted is not None:
        raw = re.sub(rb"\\(.)", rb"\1", quoted[1])
    return Found(int(uid[1]), _date(text), int(size[1]), raw)


def _date(text: bytes) -> datetime:
    """INTERNALDATE in UTC; a server that names none leaves us the present."""
    match = _DATE.search(text)
    if match is None or match[2].decode().title() not in _MONTHS:
        return datetime.now(UTC)
    day, year, hour, minute, second = (int(match[n]) for n in (1, 3, 4, 5, 6))
    month = _MONTHS.index(match[2].decode().title()) + 1
    offset = timedelta(hours=int(match[8]), minutes=int(match[9])) * (-1 if match[7] == b"-" else 1)
    try:
        local = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=timezone(offset))
    except ValueError:
        return datetime.now(UTC)
    return local.astimezone(UTC)


def mailbox_name(name: str) -> str:
    """A folder's name as IMAP writes it: modified UTF-7 (RFC 3501 section 5.1.3)."""
    return "".join(
        piece.replace("&", "&-") if piece.isascii() else f"&{_base64(piece)}-"
        for piece in re.split(r"([^\x20-\x7e]+)", name)
    )


def _base64(piece: str) -> str:
    encoded = base64.b64encode(piece.encode("utf-16-be")).decode("ascii")
    return encoded.rstrip("=").replace("/", ",")
