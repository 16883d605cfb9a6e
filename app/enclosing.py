"""What goes along with an answer: the copy of a person's data, portable files, and files of the staff's own.

Whatever holds personal data travels in one archive, locked with a passphrase that is made from the letter's key
whenever it is needed and kept nowhere (docs/invariants.md 3).
"""

from __future__ import annotations

import hmac
import itertools
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from app.house import House
from cases.faults import TheirFault
from cases.model import Case, Customer, Decision, Enclosure, Kind, Letter, Order, Request, Route
from papers.archive import File, locked, passphrase

HELSINKI = ZoneInfo("Europe/Helsinki")
#: Bytes of files in all: what most mail servers still take, once it is locked and written for the mail.
LARGEST = 15_000_000
_COPY = {"fi": "tietosi.pdf", "en": "your-data.pdf"}


@dataclass(frozen=True, slots=True)
class Holdings:
    """Everything the shop and Pyyntö hold of one person."""

    #: The record asked about, and further records of the same person.
    customers: tuple[Customer, ...] = field(repr=False)
    orders: tuple[Order, ...] = field(repr=False)
    #: As `suppressions export` and `case --json` have them.
    suppressions: Sequence[dict[str, Any]] = field(default=(), repr=False)
    cases: Sequence[dict[str, Any]] = field(default=(), repr=False)


def copy_of(house: House, case: Case, request: Request, held: Holdings, now: datetime) -> tuple[File, ...]:
    """The files an answer to this case has by itself: a copy to read, or files to carry elsewhere."""
    # Only answers need what makes PDFs: everything else starts without it.
    from papers.copies import access_copy, portable_files

    if not held.customers or case.kind not in (Kind.ACCESS, Kind.PORTABILITY):
        return ()
    language, day = str(request.language), now.astimezone(HELSINKI).date()
    controller = house.settings.facts.controller.name
    if case.kind is Kind.PORTABILITY:
        return portable_files(
            controller=controller, customers=held.customers, orders=held.orders, day=day, language=language
        )
    pdf = access_copy(
        controller=controller, customers=held.customers, orders=held.orders, suppressions=held.suppressions,
        cases=held.cases, day=day, reference=case.id, language=language,
        # The day, not the moment: what is shown and what is sent a minute later is one and the same file.
        made_at=datetime(day.year, day.month, day.day, tzinfo=HELSINKI),
    )  # fmt: skip
    return (File(_COPY[language], pdf),)


def attached(path: str, case: Case, *, beside: Sequence[File] = ()) -> tuple[File, ...]:
    """A file of the staff's own, to go beside others under a name of its own.

    Raises TheirFault where it cannot be read, or where all together is too large to be mailed.
    """
    if not path:
        return ()
    try:
        content = Path(path).expanduser().read_bytes()
    except (OSError, RuntimeError, ValueError):
        raise TheirFault("not_now", id=case.id, reason="no_file") from None
    if len(content) + sum(len(file.content) for file in beside) > LARGEST:
        raise TheirFault("not_now", id=case.id, reason="file_too_large")
    return (File(_free_name(plain_name(Path(path).name), beside), content),)


def _free_name(name: str, beside: Sequence[File]) -> str:
    """The name, with a number before its ending where another file has it: programs tell no capitals apart."""
    taken = {file.name.lower() for file in beside}
    stem, ending = Path(name).stem, Path(name).suffix
    names = (f"{stem}-{number}{ending}" for number in itertools.count(2))
    return next(one for one in itertools.chain((name,), names) if one.lower() not in taken)


def plain_name(name: str) -> str:
    """A file's name in letters that every archive program reads: `Lasku Ääkköset.pdf` -> `Lasku-Aakkoset.pdf`."""
    ascii_only = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9._-]+", "-", ascii_only).strip("-.")[:80] or "file"


def enclose(decision: Decision, files: Sequence[File], code_key: bytes) -> tuple[Enclosure, ...]:
    """The files, locked, on the mail that answers; none where nothing is mailed."""
    carriers = [one for one in decision.letters if carries(one)]
    if not files or not carriers:
        return ()
    letter = carriers[0]
    archive = locked(files, passphrase_of(code_key, letter.key))
    return (Enclosure(letter.key, f"{letter.case_id}.zip", "application/zip", archive),)


def carries(letter: Letter) -> bool:
    """A mail with files."""
    return letter.route is Route.MAIL and encloses(letter)


def encloses(letter: Letter) -> bool:
    """Files go with it: its words say so, by name."""
    return bool(letter.context.get("enclosed"))


def passphrase_of(code_key: bytes, letter_key: str) -> str:
    """What opens the archive of a letter; the same whenever it is asked for."""
    return passphrase(hmac.digest(code_key, f"archive:{letter_key}".encode(), "sha256"))
