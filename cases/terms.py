"""What a shop's privacy notice says that decisions rest on, as plain data.

The facts stand in `shops/profiles/`; here is only the shape the core reads them in. Names that people read
are kept in both languages, so that a decision need not know who will read it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Purpose(StrEnum):
    """A use of data that can be forbidden on its own."""

    DIRECT_MARKETING = "direct_marketing"
    DISTANCE_SELLING = "distance_selling"
    MARKET_RESEARCH = "market_research"
    PUBLICATION = "publication"
    DISCLOSURE = "disclosure"
    PROFILING = "profiling"


class KeptFor(StrEnum):
    """Why data stay although erasure was asked for (GDPR Art. 17(3)(b) and (e))."""

    ACCOUNTING = "accounting"
    STATUTORY = "statutory"
    OPEN_INVOICE = "open_invoice"
    COLLECTION = "collection"


#: The same words in every language of the letters: {"fi": …, "en": …}.
Said = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Told:
    """Somebody data go to, who must hear of corrections, erasures and restrictions (GDPR Art. 19)."""

    #: A fixed word that tasks are known by, from the profile.
    id: str
    #: The company's own name, or what it is.
    name: Said
    #: What it gets, or does.
    what: Said
    #: Gets data only in some cases: which.
    only_if: Said | None = None
    #: Sends or helps to send marketing: told of opt-outs, too.
    marketing: bool = False


@dataclass(frozen=True, slots=True)
class Period:
    """One rule of the notice on how long data are kept."""

    #: "last_order", "registration" or "end_of_customership".
    since: str
    #: None: until then, and not after.
    years: int | None = None
    only_without_orders: bool = False


@dataclass(frozen=True, slots=True)
class Terms:
    """The notice, as far as decisions need it. The defaults are those of the law alone."""

    recipients: tuple[Told, ...] = ()
    #: Where data came from, if the notice promises that a correction is told there, too.
    sources: tuple[Told, ...] = ()
    #: Accounting law is always among these.
    kept_for: tuple[KeptFor, ...] = (KeptFor.ACCOUNTING,)
    periods: tuple[Period, ...] = ()
    #: Where the notice promises to make data anonymous instead of deleting them, that is done.
    anonymises: bool = False
    public_posts_remain: bool = False
    #: The financial year's last day as (month, day): accounting periods count from its end.
    financial_year_ends: tuple[int, int] = (12, 31)
    #: The uses of data the notice lets people forbid.
    purposes: tuple[Purpose, ...] = (Purpose.DIRECT_MARKETING,)
    #: A refused correction is certified with reasons.
    certifies_refusals: bool = False
    #: A request may come signed; it never has to (docs/law.md 5).
    signature_offered: bool = False

    def financial_year_end(self, day: date) -> date:
        """The last day of the financial year a day belongs to."""
        month, last = self.financial_year_ends
        end = date(day.year, month, _last_of(day.year, month, last))
        return end if day <= end else date(day.year + 1, month, _last_of(day.year + 1, month, last))


def _last_of(year: int, month: int, day: int) -> int:
    """A day that every month has: 31 stands for the month's last."""
    following = date(year + month // 12, month % 12 + 1, 1)
    return min(day, (following - date(year, month, 1)).days)
