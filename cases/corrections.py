"""Corrections carried out: which field of the register had what, and has what now (GDPR Art. 16).

What is applied here stays in force over the shop's register files until those hold something newer: a reload
neither undoes a correction nor overwrites what the shop has changed since.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from cases.addresses import is_email
from cases.faults import TheirFault
from cases.model import Applied, Case, Customer
from cases.understanding.sensitive import MASKS

#: What can be corrected, and the register columns it stands in.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "name": ("name",),
    "email": ("email",),
    "phone": ("phone",),
    "address": ("street", "postal_code", "city"),
    "birth_date": ("birth_date",),
    "company": ("company",),
}

#: `Mallitie 5 A 3, 20100 Turku`, on one line or several.
_ADDRESS = re.compile(r"(?P<street>.+?)[,\s]+(?P<postal_code>\d{5})[,\s]+(?P<city>\D+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Change:
    """One field of what was asked, as a letter tells it."""

    name: str
    old: str = field(repr=False)
    new: str = field(repr=False)


def wanted(case: Case, typed: str) -> dict[str, str]:
    """The values to put in place: as the person gave them, and over those as staff typed them with `--set`.

    `typed` is `field=value`, several set apart by `;`. Raises TheirFault where a field is unknown, and where a
    value is missing.
    """
    values = {c["field"]: c.get("new_value") or "" for c in case.details.get("corrections", ())}
    for part in filter(None, (piece.strip() for piece in typed.split(";"))):
        name, equals, value = part.partition("=")
        name = name.strip().lower().replace("-", "_")
        if not equals or name not in COLUMNS:
            raise TheirFault("not_now", id=case.id, reason="unknown_field")
        values[name] = value.strip()
    if any(not value for value in values.values()):
        raise TheirFault("not_now", id=case.id, reason="no_value")
    if any(mask_word in value for value in values.values() for mask_word in MASKS.values()):
        # What was masked on its way here is no value (docs/invariants.md 1.8).
        raise TheirFault("not_now", id=case.id, reason="masked_value")
    if values.get("email") and not is_email(values["email"]):
        raise TheirFault("not_now", id=case.id, reason="no_value")
    return {name: value for name, value in values.items() if name in COLUMNS}


def changes(customer: Customer | None, values: Mapping[str, str], *, proved: str = "") -> list[Change]:
    """What each field was and becomes; unknown before where no record is at hand.

    A shop may have put its own register right already: what was there is unknown then as well, but for the mail
    address, which is the one that was `proved`.
    """
    found = []
    for name, value in values.items():
        old = _joined(customer, COLUMNS[name]) if customer else ""
        if customer is not None and _same(old, value):
            old = proved if name == "email" and not _same(proved, value) else ""
        found.append(Change(name, old, value))
    return found


def _same(one: str, other: str) -> bool:
    """The same but for spaces and commas, as an address may be joined."""
    plain = [re.sub(r"[\s,]+", " ", text).strip().casefold() for text in (one, other)]
    return plain[0] == plain[1]


def applied(
    customer: Customer, values: Mapping[str, str], shop: str, case_id: str, at: datetime
) -> list[Applied]:
    """The same, column by column; a column that has the value already is left out."""
    found = []
    for name, value in values.items():
        for column, new in _columns(name, value).items():
            old = str(getattr(customer, column))
            if old != new:
                found.append(Applied(shop, customer.customer_id, column, old, new, case_id, at))
    return found


def corrected(customer: Customer, corrections: Iterable[Applied]) -> tuple[Customer, list[Applied]]:
    """A record as the register's files hold it, with what was corrected; and the corrections that are over.

    A correction stands while the files still have the old value, or the new one by now. Anything else is newer
    than the correction: the shop's own register wins, and the correction is over.
    """
    over = []
    for one in corrections:
        held = str(getattr(customer, one.column))
        if held in (one.old, *one.before) and held != one.new:
            changed: dict[str, Any] = {one.column: one.new}
            customer = replace(customer, **changed)
        elif held != one.new:
            over.append(one)
    return customer, over


def _columns(name: str, value: str) -> dict[str, str]:
    if name != "address":
        return {COLUMNS[name][0]: value}
    found = _ADDRESS.fullmatch(value.strip())
    if found is None:
        # Not written as a Finnish address: kept whole in the first line, the rest is for staff.
        return {"street": value}
    return {column: " ".join(part.split()).strip(" ,") for column, part in found.groupdict().items()}


def _joined(customer: Customer, columns: Iterable[str]) -> str:
    street, *town = [str(getattr(customer, column)) for column in columns]
    return ", ".join(filter(None, (street, " ".join(filter(None, town)))))
