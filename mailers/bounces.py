"""Reports of failed delivery: which of our letters did not arrive, and for whom.

Here lives the reading of such reports (RFC 3464, and the plain words of mail servers that know no other way).
A report is a claim like any other mail: it counts only through a Message-ID that cannot be guessed, and what
it leads to is decided elsewhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from mailers.bodies import PARSER_FAULTS
from mailers.failed import Report, failed_addresses, is_failure, status_blocks
from mailers.headers import Headers, answered_ids, message_id
from mailers.notices import notices, opening_of
from mailers.reading import UnreadableMail, parsed

#: Bytes of a report searched for Message-IDs.
_SEARCHED: Final = 500_000
_MAX_IDS: Final = 20
_RETURNED_ID = re.compile(rb"^[ \t>]*message-id[ \t]*:\s*(<[^<>\s]{3,900}>)", re.IGNORECASE | re.MULTILINE)
#: A status or reply code in the words of a mail server: only a plain 4.x.x means that it still tries.
_TEMPORARY = re.compile(
    r"\b4\.\d{1,3}\.\d{1,3}\b|\b4[25][0-9][ -]|\b(?:delayed|will retry|still being retried)\b", re.I
)
_PERMANENT = re.compile(r"\b5\.\d{1,3}\.\d{1,3}\b|\b55[0-9][ -]")


@dataclass(frozen=True, slots=True)
class Bounce:
    """One report of failed delivery."""

    #: Message-IDs the report is about, with their brackets; those of the returned mail first.
    message_ids: tuple[str, ...]
    #: Addresses that could not be reached, normalised; may be empty.
    recipients: tuple[str, ...] = field(default=(), repr=False)
    #: False: the mail server still tries (RFC 3464 section 2.3.3, "delayed").
    permanent: bool = True


def bounced(raw: bytes) -> Bounce | None:
    """Read a report of failed delivery; None when it names neither a letter nor an address, or tells of success.

    Whether a mail is such a report at all is for `screening` to say.
    """
    try:
        message = parsed(raw)
        return _read(Report(message, Headers.of(message), raw))
    except (UnreadableMail, *PARSER_FAULTS):
        return None


def _read(report: Report) -> Bounce | None:
    blocks = list(status_blocks(report))
    failures = [fields for fields in blocks if is_failure(fields)]
    if blocks and not failures:
        return None
    ids, recipients = _ids(report), failed_addresses(report)
    if not ids and not recipients:
        return None
    return Bounce(ids, recipients, _is_permanent(report, failures))


def _is_permanent(report: Report, failures: list[dict[str, str]]) -> bool:
    told = [fields for fields in failures if fields.get("action")]
    if told:
        return any(
            fields["action"].lower().startswith("failed") and not fields.get("status", "").startswith("4")
            for fields in told
        )
    if notices()["delay"].names(report.headers.text("subject")) or notices()["delay"].opens(
        opening_of(report.text)
    ):
        return False
    return bool(_PERMANENT.search(report.text)) or not _TEMPORARY.search(report.text)


def _ids(report: Report) -> tuple[str, ...]:
    """Message-IDs of the returned mail, then those the report says it answers; never the report's own."""
    found = [one.decode("ascii", "ignore") for one in _RETURNED_ID.findall(report.raw[:_SEARCHED])]
    own = message_id(report.headers)
    ids = [one for one in (*found, *answered_ids(report.headers)) if one != own]
    return tuple(dict.fromkeys(ids))[:_MAX_IDS]
