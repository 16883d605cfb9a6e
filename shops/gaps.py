"""Where a shop's notice promises less than the law, and how the shop can mend it.

What is said stands in `gaps.toml`, which can be read without this file; here stands when each line applies. A
gap hinders nothing: the law fills it, whatever the notice says (docs/law.md 8).
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from cases.model import Kind, Language
from cases.terms import KeptFor
from shops.notice import Basis, Door, Form, Right, Transfers, Words
from shops.profile import Profile

#: What a gap is about, or just whether it is there.
Found = Sequence[Words] | bool

#: The rights a notice must tell of (GDPR Art. 13(2)(b)); stopping marketing has a rule of its own.
TOLD_OF = (
    Kind.ACCESS,
    Kind.CORRECTION,
    Kind.ERASURE,
    Kind.RESTRICTION,
    Kind.PORTABILITY,
    Kind.OBJECTION,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Gap:
    """One point where a notice falls short."""

    #: A fixed word, as in gaps.toml and docs/shops.md.
    id: str
    #: The rule of law it falls short of.
    article: Words
    missing: Words
    #: What the shop does about it.
    mend: Words

    def sentence(self, language: Language) -> str:
        """What is missing and how to mend it, on one line."""
        return f"{self.missing.to(language)} {self.mend.to(language)} ({self.article.to(language)})"


def gaps_of(profile: Profile) -> tuple[Gap, ...]:
    """Every gap of a notice, in the order of the table."""
    found: list[Gap] = []
    for row in _table()["gap"]:
        about = FINDERS[row["id"]](profile)
        if about:
            names = [] if isinstance(about, bool) else about
            found.append(
                Gap(
                    row["id"],
                    Words(**row["article"]),
                    _filled(row["missing"], names, profile),
                    _filled(row["mend"], names, profile),
                )
            )
    return tuple(found)


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads((resources.files("shops") / "gaps.toml").read_text("utf-8"))


def _filled(text: Mapping[str, str], names: Sequence[Words], profile: Profile) -> Words:
    def said(language: Language) -> str:
        what = ", ".join(name.to(language) for name in names)
        return text[language].format(what=what, email=profile.controller.email)

    # Longer than a profile's own words may be, so nothing is checked here.
    return Words.model_construct(fi=said(Language.FI), en=said(Language.EN))


# -- when each is found ---------------------------------------------------------------------------------------


def _rights(profile: Profile, fits: Callable[[Right], bool]) -> list[Words]:
    """The rights the notice speaks of in a certain way."""
    rights = ((kind, profile.right(kind)) for kind in Kind)
    return [_name(kind) for kind, right in rights if right and fits(right)]


def _name(kind: Kind) -> Words:
    return Words(**_table()["right"][kind.value])


def _transfers(profile: Profile) -> Transfers:
    return profile.transfers or Transfers()


def _silent_rights(profile: Profile) -> list[Words]:
    return [_name(kind) for kind in TOLD_OF if profile.right(kind) is None]


def _opt_out_ways(profile: Profile) -> list[Door]:
    own = profile.rights.opt_out.doors if profile.rights.opt_out else []
    return [*own, *(door for switch in profile.opt_out.switches for door in switch.doors)]


def _unnamed(profile: Profile) -> list[Words]:
    return [r.what for r in profile.recipients if r.name is None and r.role != "authority"]


def _doubtful(profile: Profile) -> list[Words]:
    """Recipients in countries outside the EEA that what is said of transfers does not cover."""
    if _transfers(profile).outside_eea == "yes":
        return []
    return [
        Words(**recipient.label)
        for recipient in profile.recipients
        if recipient.outside_eea
        or (recipient.based_in and recipient.based_in not in _table()["eea"]["countries"])
    ]


def _no_safeguards(profile: Profile) -> bool:
    transfers = _transfers(profile)
    may_leave = transfers.outside_eea in ("if_necessary", "yes")
    return may_leave and transfers.note is None


def _no_accounting(profile: Profile) -> bool:
    """An exception for what the law orders to be kept covers bookkeeping, too."""
    covering = {KeptFor.ACCOUNTING, KeptFor.STATUTORY}
    return profile.rights.erasure is not None and not covering & set(profile.erasure.stated_exceptions)


#: Id in gaps.toml -> whether a profile has the gap, and what it is about.
FINDERS: Mapping[str, Callable[[Profile], Found]] = {
    "signed_form": lambda p: _rights(p, lambda right: right.form in (Form.SIGNED, Form.HAND_SIGNED)),
    "written_form": lambda p: _rights(p, lambda right: right.form is Form.WRITTEN),
    "ground_demanded": lambda p: _rights(p, lambda right: "ground" in right.asks_for),
    "no_way_named": lambda p: _rights(p, lambda right: not right.doors and right is not p.rights.opt_out),
    "rights_silent": _silent_rights,
    "withdrawal_silent": lambda p: (
        any(basis.law is Basis.CONSENT for basis in p.bases) and not p.withdrawal_told
    ),
    "opt_out_silent": lambda p: not _opt_out_ways(p),
    "opt_out_narrow": lambda p: set(_opt_out_ways(p)) == {Door.UNSUBSCRIBE_LINK},
    "complaint_silent": lambda p: p.complaint_authority is None,
    "complaint_unnamed": lambda p: p.complaint_authority == "unnamed",
    "complaint_narrow": lambda p: [_name(kind) for kind in p.complaint_about],
    "basis_silent": lambda p: not p.bases,
    "basis_unclear": lambda p: [basis for basis in p.bases if basis.law is None],
    "repealed_act": lambda p: [Words(fi=act, en=act) for act in p.repealed_acts],
    "retention_silent": lambda p: not p.retention,
    "retention_vague": lambda p: any(rule.mainly for rule in p.retention),
    "accounting_exception": _no_accounting,
    "recipients_silent": lambda p: all(r.role == "authority" for r in p.recipients),
    "recipients_unnamed": _unnamed,
    "transfers_silent": lambda p: _transfers(p).outside_eea is None,
    "transfers_doubtful": _doubtful,
    "safeguards_silent": _no_safeguards,
    "automated_silent": lambda p: p.profiling.targeting and p.profiling.automated_decisions is None,
    "identity_code_unfounded": lambda p: [c.name for c in p.categories if c.held and c.only_if is None],
    "published_unless_forbidden": lambda p: p.publication is not None and p.publication.when != "as_agreed",
    "placeholder": lambda p: p.placeholders,
}
