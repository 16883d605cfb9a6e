"""What a person gets of their data: nothing left out of the copy, nothing derived in the portable files."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import fields, replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.model import Customer, Order
from papers.archive import File
from papers.copies import access_copy, portable_files
from papers.words import captions, categories, column
from templates import LANGUAGES
from tests.paper_tools import pages_of, text_of

MADE, DAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC), date(2026, 11, 23)
MAIJA = Customer(
    "C-1001", "Maija Mallikas", "maija.mallikas@example.com", "+358 40 000 0001", "Mallikatu 1 A 2", "00990",
    "Helsinki", "FI", "fi", "1984-05-17", "Näyteyritys Oy", "yes", "no", "kyllä", "2021-03-08",
    extra={"sukupuoli": "nainen", "asiakassegmentti": "kanta-asiakas", "lempikivi": "ametisti"},
    held={"henkilotunnus": "131052-308T", "passinumero": "XP1234567"},
)  # fmt: skip
ORDER = Order(
    "T-20417", "C-1001", "2026-03-02", "49.90", "EUR", "delivered", "yes", 'Koru "Lumi", kaiverrus: M',
    extra={"hetu": "[held]", "Toimitustapa": "Posti"},
)  # fmt: skip
GUEST_ORDER = Order("T-20999", "", "2026-05-10", "9.90", "EUR", "sent", "no", "Kortti", "vieras@example.com")
EMPTY = Customer("C-2")
TABLES = {"customer": Customer, "order": Order}


def copy(**changed: Any) -> bytes:
    given: dict[str, Any] = {
        "controller": "Esimerkkikauppa Oy", "customers": [MAIJA], "orders": [ORDER, GUEST_ORDER], "day": DAY,
        "reference": "MAL-2026-0001", "language": "fi", "made_at": MADE,
    }  # fmt: skip
    return access_copy(**{**given, **changed})


def portable(**changed: Any) -> dict[str, bytes]:
    given: dict[str, Any] = {
        "controller": "Esimerkkikauppa Oy", "customers": [MAIJA], "orders": [ORDER, GUEST_ORDER], "day": DAY,
        "language": "fi",
    }  # fmt: skip
    files = portable_files(**{**given, **changed})
    assert all(isinstance(file, File) for file in files)
    return {file.name: file.content for file in files}


def rows(raw: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(raw.decode(), newline="")))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("table", TABLES)
def test_every_column_a_register_can_have_has_a_name_and_a_meaning(table: str, language: str) -> None:
    for one in fields(TABLES[table]):
        if one.name in ("extra", "held"):
            continue
        found = column(table, one.name, language)
        assert found.known
        assert found.name
        assert found.meaning.endswith(".")
        assert found.origin in ("provided", "observed")
        assert found.category in categories(language)


@pytest.mark.parametrize(
    ("title", "category", "origin"),
    [
        ("asiakassegmentti", "derived", "derived"),
        ("Credit score", "derived", "derived"),
        ("profiili", "derived", "derived"),
        ("HETU", "identity", "provided"),
        ("Passport number", "identity", "provided"),
        ("IP-osoite", "use", "observed"),
        ("ip", "use", "observed"),
        ("shipping", "other", ""),
        ("Facebook login", "account", "provided"),
        ("newsletter_optin", "marketing", "provided"),
        ("lempikivi", "other", ""),
    ],
)
def test_a_column_of_the_shops_own_is_recognised_by_its_name(title: str, category: str, origin: str) -> None:
    found = column("customer", title, "fi")
    assert (found.category, found.origin, found.name, found.known) == (category, origin, title, False)
    assert bool(origin) or found.meaning == captions("fi")["from_the_register"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_copy_shows_every_value_sealed_and_derived_ones_too(language: str) -> None:
    shown = text_of(copy(language=language))
    day = {"fi": ("17.5.1984", "8.3.2021", "2.3.2026"), "en": ("17 May 1984", "8 March 2021", "2 March 2026")}
    for value in (
        "Maija Mallikas", "maija.mallikas@example.com", "+358 40 000 0001", "Mallikatu 1 A 2", "00990", "Helsinki",
        "Näyteyritys Oy", "C-1001", "nainen", "kanta-asiakas", "ametisti", "131052-308T", "XP1234567", "T-20417",
        "49.90 EUR", "delivered", 'Koru "Lumi", kaiverrus: M', "Posti", "T-20999", "vieras@example.com", "9.90 EUR",
        *day[language],
    ):  # fmt: skip
        assert value in shown, value


def test_the_copy_tells_of_what_the_shop_holds_and_we_do_not() -> None:
    shown = text_of(copy())
    assert "[held]" not in shown
    assert "Tieto on kaupan rekisterissä." in shown


def test_the_copy_leaves_out_what_is_empty() -> None:
    shown = text_of(copy(customers=[replace(MAIJA, company="", phone="")], orders=[]))
    assert column("customer", "company", "fi").name not in shown.replace("Näyteyritys", "")
    assert "Puhelin" not in shown
    assert captions("fi")["orders"] not in shown


def test_the_copy_has_what_pyynto_holds_as_well() -> None:
    shown = text_of(
        copy(
            suppressions=[
                {"purposes": ["direct_marketing"], "since": "2026-11-20T22:30:00+00:00", "state": "final"}
            ],
            cases=[{"id": "MAL-2026-0001", "kind": "access", "received_at": MADE, "status": "open"}],
        )
    )
    assert "Suoramarkkinointi Voimassa 21.11.2026 alkaen" in shown
    assert "saapunut 23.11.2026: käsittelyssä" in shown


def test_somebody_with_several_records_gets_all_of_them() -> None:
    shown = text_of(copy(customers=[MAIJA, replace(MAIJA, customer_id="C-7", phone="09 123")]))
    assert "Asiakasnumero C-1001" in shown
    assert "Asiakasnumero C-7" in shown
    assert "09 123" in shown


def test_a_guests_number_of_ours_is_no_datum_of_theirs() -> None:
    guest = Customer("guest:T-20999", email="vieras@example.com")
    assert "guest:" not in text_of(copy(customers=[guest], orders=[GUEST_ORDER]))
    assert json.loads(portable(customers=[guest])["data.json"])["customers"] == [
        {"email": "vieras@example.com"}
    ]


def test_nothing_held_is_said_in_so_many_words() -> None:
    assert captions("fi")["nothing_held"] in text_of(copy(customers=[], orders=[]))
    assert captions("fi")["nothing_held"] not in text_of(copy())


def test_a_record_with_sealed_columns_unopened_is_refused() -> None:
    sealed = replace(MAIJA, held={"held": "held"})
    for make in (copy, portable):
        with pytest.raises(ValueError, match="sealed"):
            make(customers=[sealed])


def test_a_copy_says_so_where_it_cannot_show_a_character() -> None:
    """The files show it as it is."""
    note = captions("fi")["character_lacking"]
    assert note not in text_of(copy())
    shown = text_of(copy(customers=[replace(MAIJA, name="真珠 Mallikas")]))
    assert "?? Mallikas" in shown
    assert note in shown
    assert "真珠" in portable(customers=[replace(MAIJA, name="真珠 Mallikas")])["customer.csv"].decode()


def test_the_same_copy_is_the_same_bytes() -> None:
    assert copy() == copy()
    assert portable() == portable()


def test_a_long_copy_goes_over_pages_and_loses_nothing() -> None:
    orders = [replace(ORDER, order_id=f"T-{n:04}", items=f"tuote {n} " * (n % 90)) for n in range(120)]
    pages = pages_of(copy(orders=orders))
    assert len(pages) > 10
    shown = " ".join(" ".join(pages).split())
    assert all(f"Tilaus T-{n:04}" in shown for n in range(120))
    assert shown.count("tuote") == sum(n % 90 for n in range(120))


# -- portable files ----------------------------------------------------------------------------------------


def records(shape: dict[str, Any]) -> tuple[list[Customer], list[Order]]:
    """What another service reads from `data.json`."""

    def read(kind: type[Any], row: dict[str, str]) -> Any:
        known = {one.name for one in fields(kind)} - {"extra", "held"}
        own = {name: value for name, value in row.items() if name not in known}
        return kind(**{name: value for name, value in row.items() if name in known}, extra=own)

    return [read(Customer, row) for row in shape["customers"]], [read(Order, row) for row in shape["orders"]]


def test_the_files_are_read_back_as_the_records_they_were_made_from() -> None:
    shape = json.loads(portable()["data.json"])
    assert (shape["format"], shape["version"], shape["read_on"]) == ("pyynto-portable-data", 1, "2026-11-23")
    ((maija,), orders) = records(shape)
    own = {"sukupuoli": "nainen", "lempikivi": "ametisti", **MAIJA.held}
    assert maija == replace(MAIJA, extra=own, held={})
    assert orders == [replace(ORDER, extra={"Toimitustapa": "Posti"}), GUEST_ORDER]


def test_csv_and_json_say_the_same() -> None:
    files = portable()
    shape = json.loads(files["data.json"])
    for name, part in (("customer.csv", "customers"), ("orders.csv", "orders")):
        filled = [{key: value for key, value in row.items() if value} for row in rows(files[name])]
        assert filled == shape[part]


def test_nothing_derived_is_portable_and_permissions_are() -> None:
    files = portable()
    assert all(
        "segmentti" not in raw.decode() and "kanta-asiakas" not in raw.decode() for raw in files.values()
    )
    assert json.loads(files["data.json"])["customers"][0]["marketing_email"] == "yes"
    assert b"[held]" not in b"".join(files.values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_dictionary_explains_every_column_of_the_files_and_no_other(language: str) -> None:
    files = portable(language=language)
    explained = {(row["file"], row["field"]) for row in rows(files["fields.csv"])}
    there = {(name, column) for name in ("customer.csv", "orders.csv") for column in rows(files[name])[0]}
    assert explained == there
    for row in rows(files["fields.csv"]):
        assert row["name"]
        assert row["meaning"]
        assert row["origin"] in ("provided", "observed", "provided or observed")


def test_somebody_without_a_record_gets_files_of_nothing() -> None:
    files = portable(customers=[], orders=[])
    assert json.loads(files["data.json"])["customers"] == []
    assert rows(files["customer.csv"]) == []


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30)


@given(TEXTS, TEXTS, st.dictionaries(TEXTS.filter(bool), TEXTS, max_size=3))
def test_no_value_is_changed_on_its_way_through_the_files(name: str, items: str, own: dict[str, str]) -> None:
    own = {f"oma {title}": value for title, value in own.items()}
    files = portable(customers=[Customer("C-1", name, extra=own)], orders=[Order("T-1", items=items)])
    shape = json.loads(files["data.json"])
    kept = {t: v for t, v in own.items() if v and column("customer", t, "fi").origin != "derived"}
    wanted = {"customer_id": "C-1", **({"name": name} if name else {}), **kept}
    assert shape["customers"] == [wanted]
    filled = [{key: value for key, value in row.items() if value} for row in rows(files["customer.csv"])]
    assert filled == [wanted]
    assert shape["orders"][0].get("items", "") == items
