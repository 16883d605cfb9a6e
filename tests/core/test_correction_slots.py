"""Corrections: which fields a message puts right, and the value each shall have."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.understanding.corrections import base_name, read_corrections
from cases.understanding.lexicon import LexiconError, read_data
from cases.understanding.tokens import tokenise
from cases.understanding.values import check, values


def _read(text: str, *named: str) -> list[tuple[str, str | None]]:
    return [(one.name, one.new_value) for one in read_corrections(text, tokenise(text), named)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("puhelinnumeroni vaihtui, uusi on 040 000 4411", "040 000 4411"),
        ("Vanha numero oli 040 000 1111 ja uusi on 040 000 2222", "040 000 2222"),
        ("numeroni on nyt 040 000 2222, ei enää 040 000 1111", "040 000 2222"),
        ("ei 040 000 1111 vaan 040 000 2222", "040 000 2222"),
        ("puhelin 040 000 1111 -> 040 000 2222", "040 000 2222"),
        ("Please change my phone from +358 40 000 1111 to +358 40 000 2222.", "+358 40 000 2222"),
        ("my mobile should be 040 000 2222 instead of 040 000 1111", "040 000 2222"),
        ("uusi puhelin on 040 000 1112. eiku 040 000 2222", "040 000 2222"),
        ("040 000 2222 on mun uusi numero", "040 000 2222"),
        ("Puhelin on muuttunut:\n\n040 000 2222\n\nKiitos!", "040 000 2222"),
        ("puhelimeni on nolla neljä nolla yks kaks kolme viisi", "nolla neljä nolla yks kaks kolme viisi"),
    ],
)  # fmt: skip
def test_new_telephone_number_is_told_from_the_old_one(text: str, value: str) -> None:
    assert _read(text) == [("phone", value)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (
            "sähköpostini on nyt uusi.malli@example.com, malli@example.org ei ole käytössä",
            "uusi.malli@example.com",
        ),
        ("vanha: malli@example.org\nuusi: uusi.malli@example.com", "uusi.malli@example.com"),
        ("swap malli@example.org for my email, use uusi.malli@example.com now", "uusi.malli@example.com"),
        ("my email is uusi.malli@example.com not malli@example.org", "uusi.malli@example.com"),
    ],
)
def test_new_mail_address_is_told_from_the_old_one(text: str, value: str) -> None:
    assert _read(text) == [("email", value)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Uusi osoitteeni on Mallinkuja 3 B 21, 99999 Mallila.", "Mallinkuja 3 B 21, 99999 Mallila"),
        ("Uudet tiedot:\nMallinkuja 3 as 5\n99999 Mallila\n", "Mallinkuja 3 as 5, 99999 Mallila"),
        ("Asun nykyään Mallintiellä 14, 99999 Mallila", "Mallintie 14, 99999 Mallila"),
        ("osote muuttu, nyt se on mallinkatu 7 c 12 99999 mallila", "mallinkatu 7 c 12, 99999 mallila"),
        ("Muutin. Osoite ei ole Vanhakuja 1 vaan Uusikuja 2, 99999 Mallila", "Uusikuja 2, 99999 Mallila"),
        ("we now live at 12 Sample Street, 99999 Mallila", "12 Sample Street, 99999 Mallila"),
        ("Osoite: c/o Testinen, Mallinkuja 3, 99999 Mallila", "c/o Testinen, Mallinkuja 3, 99999 Mallila"),
        ("Adressen är nu Exempelvägen 4 A, 99999 Mallby", "Exempelvägen 4 A, 99999 Mallby"),
        ("My address is Rue Modèle 5, 99999 Mallila, Espanja now", "Rue Modèle 5, 99999 Mallila, Espanja"),
        ("postinumero on väärin, oikea on 99998", "99998"),
    ],
)  # fmt: skip
def test_address_is_read_as_it_stands_on_an_envelope(text: str, value: str) -> None:
    assert _read(text) == [("address", value)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Olen syntynyt 4.12.1971 enkä 12.4.1971.", "4.12.1971"),
        ("syntymäaika väärin, pitäisi olla 4.12.-71", "4.12.-71"),
        ("my date of birth is wrong, it is 1971-12-04", "1971-12-04"),
        ("I was born on the 4th of December 1971, not in 1917", "4th of December 1971"),
        ("syntymäpäiväni on 4. joulukuuta 1971", "4. joulukuuta 1971"),
        ("birthday should read 04/12/1971", "04/12/1971"),
    ],
)
def test_birth_date_is_read_in_every_form(text: str, value: str) -> None:
    assert _read(text) == [("birth_date", value)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("sukunimeni on nyt Mallikas", "Mallikas"),
        ("Menin naimisiin ja olen nyt Testi Mallikas-Testinen", "Testi Mallikas-Testinen"),
        ("Nimeni on väärin. Ei Tesdi. Testi.", "Testi"),
        ("nimi on teillä Tesdi Malli, pitäisi olla Testi Malli", "Testi Malli"),
        ("Kirsi eikä Krisi, korjaatteko?", "Kirsi"),
        ("vaihtakaa nimeksi Testi von Malli", "Testi von Malli"),
        ("the surname should read Sampleton and not Simpleton", "Sampleton"),
        ("You have my name as Jon. It's John, please fix", "John"),
        ("my name is spelled T-E-S-T-I", "Testi"),
    ],
)
def test_name_is_read_where_a_name_can_stand(text: str, value: str) -> None:
    assert _read(text) == [("name", value)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Yrityksen uusi nimi on Malli & Pojat Oy.", "Malli & Pojat Oy"),
        ("Yhtiömme nimi ei ole enää Vanha Malli Ky vaan Uusi Malli Oy", "Uusi Malli Oy"),
        ("our company name is now Sample Wheels Ltd", "Sample Wheels Ltd"),
        ("Yhdistyksen nimi muuttui, nyt Mallilan Kotiseutu ry", "Mallilan Kotiseutu ry"),
        ("toiminimi on nykyään Tmi Testi Testinen", "Tmi Testi Testinen"),
    ],
)
def test_company_is_read_with_its_form(text: str, value: str) -> None:
    assert _read(text) == [("company", value)]


def test_several_fields_are_put_right_at_once_in_the_order_of_the_text() -> None:
    text = (
        "Uusi osoite: Mallinkuja 3, 99999 Mallila\nuusi puhelin: 040 000 2222\nuusi sposti: a.b@example.com"
    )
    assert _read(text) == [
        ("address", "Mallinkuja 3, 99999 Mallila"),
        ("phone", "040 000 2222"),
        ("email", "a.b@example.com"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Tunnukseni on malli@example.com ja uusi puhelin on 040 000 2222",
        "I log in with malli@example.com, my new phone is 040 000 2222",
        "uusi puhelin 040 000 2222, sähköposti malli@example.com pysyy samana",
    ],
)
def test_address_that_only_says_who_writes_is_no_new_value(text: str) -> None:
    assert _read(text) == [("phone", "040 000 2222")]


@pytest.mark.parametrize("text", ["Vanha osoite oli Vanhakuja 1", "old email was malli@example.org"])
def test_old_value_alone_is_no_new_one(text: str) -> None:
    assert _read(text) == []


def test_day_of_a_move_is_no_birth_date() -> None:
    assert _read("Muutan 1.9.2031, uusi osoite on Mallinkuja 3, 99999 Mallila") == [
        ("address", "Mallinkuja 3, 99999 Mallila")
    ]


@pytest.mark.parametrize(
    ("written", "base"),
    [("Jariksi", "Jari"), ("Malliseksi", "Mallinen"), ("Aleksi", "Aleksi"), ("Lahdeksi", "Lahdeksi")],
)  # fmt: skip
def test_ending_of_a_name_goes_only_where_it_leaves_no_doubt(written: str, base: str) -> None:
    assert base_name(written) == base


def test_word_list_with_a_missing_or_unknown_section_is_refused_by_name() -> None:
    data = read_data("corrections.toml")
    del data["old"]
    with pytest.raises(LexiconError, match="old"):
        check(data)
    with pytest.raises(LexiconError, match="newer"):
        check({**read_data("corrections.toml"), "newer": {"words": ["uudempi"]}})


def test_empty_word_in_a_list_is_refused() -> None:
    with pytest.raises(LexiconError, match="new"):
        check({**read_data("corrections.toml"), "new": {"words": ["uusi", " "]}})


@given(st.text(alphabet="Aaä 0159+-.,:@/()&\n'\"ÄuOy", max_size=200))
def test_no_text_breaks_the_reading_and_every_value_has_its_place(text: str) -> None:
    tokens = tokenise(text)
    for value in values(text, tokens):
        assert 0 <= value.start < value.end <= len(text)
    for one in read_corrections(text, tokens, ["name", "address", "birth_date", "company"]):
        assert one.new_value


_HARD = [
    "Aa ", "A-", "0 ", "1.1.", "Mallitie 1 ", "a@b.fi ", "uusi ", "nolla ", "Oy ", "A", "(0", "Aa Oy & ", "00100 ",
    "A B C ", "+358 ", "jan 1 ", "\n", "von ", "T-", "Mallitie 1, \n",
]  # fmt: skip


@pytest.mark.parametrize("piece", _HARD)
def test_work_grows_with_the_length_and_no_faster(piece: str) -> None:
    def seconds(chars: int) -> float:
        text = (piece * chars)[:chars]
        tokens = tokenise(text)
        best = 60.0
        for _ in range(2):
            started = time.process_time()
            read_corrections(text, tokens, ["name", "address"])
            best = min(best, time.process_time() - started)
        return best

    assert seconds(100_000) < 12 * seconds(20_000) + 0.2
