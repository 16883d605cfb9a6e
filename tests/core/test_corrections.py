"""Corrections: what was wrong and what stands there now, and how they last over the shop's own files."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.corrections import applied, changes, corrected, wanted
from cases.faults import TheirFault
from cases.model import Applied, Customer, Kind
from tests.core.test_rulings import a_case

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
MAIJA = Customer(
    "C-1", "Maija Mallikas", "maija@example.com", street="Mallitie 1", postal_code="20100", city="Turku"
)


def asked(**fields: str | None) -> object:
    return [{"field": name, "new_value": value} for name, value in fields.items()]


# what the person said, what staff typed -> the values
WANTED = [
    ({"phone": "040 000 0002"}, "", {"phone": "040 000 0002"}),
    ({"phone": None}, "phone=040 000 0002", {"phone": "040 000 0002"}),
    ({}, "name=Maija Uusi; email=uusi@example.com", {"name": "Maija Uusi", "email": "uusi@example.com"}),
    ({"phone": "1"}, "Phone = 2", {"phone": "2"}),
    ({}, "birth-date=1985-03-12", {"birth_date": "1985-03-12"}),
    ({"address": "Uusitie 2, 33100 Tampere"}, "", {"address": "Uusitie 2, 33100 Tampere"}),
]


@pytest.mark.parametrize(("said", "typed", "values"), WANTED)
def test_staff_may_fill_in_or_overrule_what_was_said(
    said: dict[str, str | None], typed: str, values: dict[str, str]
) -> None:
    case = a_case(kind=Kind.CORRECTION, details={"corrections": asked(**said)})
    assert wanted(case, typed) == values


@pytest.mark.parametrize(
    ("said", "typed", "reason"),
    [
        ({"phone": None}, "", "no_value"),
        ({}, "phone=", "no_value"),
        ({}, "email=ei osoite", "no_value"),
        ({}, "kengännumero=42", "unknown_field"),
        ({}, "name=[henkilötunnus]", "masked_value"),
        ({}, "040 000 0002", "unknown_field"),
    ],
)
def test_a_correction_without_a_right_value_is_refused(
    said: dict[str, str | None], typed: str, reason: str
) -> None:
    case = a_case(kind=Kind.CORRECTION, details={"corrections": asked(**said)})
    with pytest.raises(TheirFault) as fault:
        wanted(case, typed)
    assert fault.value.detail["reason"] == reason


ADDRESSES = [
    ("Uusitie 2, 33100 Tampere", ("Uusitie 2", "33100", "Tampere")),
    ("Uusitie 2 B 14\n33100 Tampere", ("Uusitie 2 B 14", "33100", "Tampere")),
    ("Isokatu 1 A 2 90100 Oulu", ("Isokatu 1 A 2", "90100", "Oulu")),
    ("PL 12, 00531 Helsinki", ("PL 12", "00531", "Helsinki")),
]


@pytest.mark.parametrize(("text", "parts"), ADDRESSES)
def test_a_finnish_address_is_put_into_its_columns(text: str, parts: tuple[str, str, str]) -> None:
    fixes = applied(Customer("C-1"), {"address": text}, "liwigo", "LIW-2026-0001", NOW)
    assert {one.column: one.new for one in fixes} == dict(
        zip(("street", "postal_code", "city"), parts, strict=True)
    )


def test_an_address_of_another_kind_stays_whole() -> None:
    (fix,) = applied(Customer("C-1"), {"address": "12 High St, London"}, "liwigo", "LIW-2026-0001", NOW)
    assert (fix.column, fix.new) == ("street", "12 High St, London")


def test_old_and_new_stand_side_by_side_as_a_person_writes_them() -> None:
    (change,) = changes(MAIJA, {"address": "Uusitie 2, 33100 Tampere"})
    assert (change.old, change.new) == ("Mallitie 1, 20100 Turku", "Uusitie 2, 33100 Tampere")
    assert changes(None, {"phone": "1"})[0].old == ""


def test_what_is_right_already_is_not_applied() -> None:
    assert applied(MAIJA, {"name": "Maija Mallikas"}, "liwigo", "LIW-2026-0001", NOW) == []


def fix(old: str, new: str, case: str = "1") -> Applied:
    return Applied("liwigo", "C-1", "name", old, new, case, NOW)


def test_a_correction_stands_over_files_that_still_have_the_old_value() -> None:
    assert corrected(MAIJA, [fix("Maija Mallikas", "Maija Uusi")])[0].name == "Maija Uusi"


def test_a_correction_is_over_once_the_shop_wrote_something_newer() -> None:
    newer = replace(MAIJA, name="Maija Kolmas")
    customer, over = corrected(newer, [fix("Maija Mallikas", "Maija Uusi")])
    assert (customer.name, len(over)) == ("Maija Kolmas", 1)


@given(st.lists(st.sampled_from("ABCDE"), min_size=2, max_size=6), st.data())
def test_a_chain_of_corrections_ends_at_the_last_whichever_the_files_have(
    names: list[str], data: st.DataObject
) -> None:
    names = [name for i, name in enumerate(names) if name not in names[:i]]
    chain = [fix(old, new, str(i)) for i, (old, new) in enumerate(itertools.pairwise(names))]
    files = replace(MAIJA, name=data.draw(st.sampled_from(names)))
    assert corrected(files, chain)[0].name == names[-1]


def test_a_second_answer_to_a_case_stands_over_files_of_any_age() -> None:
    """The files may hold what was there at first, what the first answer put there, or the newest value."""
    again = replace(fix("Maija Uusi", "Maija Kolmas"), before=("Maija Mallikas", "Maija Uusi"))
    for held in ("Maija Mallikas", "Maija Uusi", "Maija Kolmas"):
        customer, over = corrected(replace(MAIJA, name=held), [again])
        assert (customer.name, over) == ("Maija Kolmas", [])
