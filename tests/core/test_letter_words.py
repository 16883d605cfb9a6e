"""Words, dates, lists and telephone numbers as letters write them."""

from enum import StrEnum

import pytest

from cases import model
from cases.terms import KeptFor
from shops.notice import Since
from templates import LANGUAGES, labels
from templates.words import Forms, phone

PLAIN_ENUMS: list[tuple[str, type[StrEnum]]] = [
    ("kind", model.Kind),
    ("kind_request", model.Kind),
    ("kind_staff", model.Kind),
    ("signed", model.Kind),
    ("status", model.Status),
    ("status_staff", model.Status),
    ("purpose", model.Purpose),
    ("ban", model.Purpose),
    ("ground", model.Ground),
    ("channel", model.Channel),
    ("verified_by", model.VerifiedBy),
    ("letter_state", model.LetterState),
    ("flag", model.Flag),
    ("event", model.Event),
    ("language", model.Language),
]

ONE_BAN = {"id": "LIW-2026-0042", "kind": "opt_out", "status": "open", "due": "2026-12-22"}


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(
    ("section", "enum"), PLAIN_ENUMS, ids=lambda v: v if isinstance(v, str) else v.__name__
)
def test_every_value_has_a_word(section: str, enum: type[StrEnum], lang: str) -> None:
    assert set(labels(lang)[section]) == {str(member) for member in enum}


def test_both_languages_have_the_same_words() -> None:
    fi, en = ({section: set(words) for section, words in labels(lang).items()} for lang in LANGUAGES)
    assert fi == en


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_word_is_empty(lang: str) -> None:
    assert all(word.strip() for words in labels(lang).values() for word in words.values())


@pytest.mark.parametrize(
    ("lang", "expected"), [("fi", ["a", "a ja b", "a, b ja c"]), ("en", ["a", "a and b", "a, b and c"])]
)
def test_lists_are_joined_as_people_write_them(lang: str, expected: list[str]) -> None:
    forms = Forms(lang)
    assert [forms.listed("abc"[:length]) for length in (1, 2, 3)] == expected


@pytest.mark.parametrize(("lang", "expected"), [("fi", "2.1.2027"), ("en", "2 January 2027")])
def test_dates_are_written_as_people_write_them(lang: str, expected: str) -> None:
    assert Forms(lang).day("2027-01-02") == expected


@pytest.mark.parametrize(("lang", "expected"), [("fi", "1.7.2026 klo 1.05"), ("en", "1 July 2026, 1:05")])
def test_moments_are_told_in_finnish_time(lang: str, expected: str) -> None:
    assert Forms(lang).moment("2026-06-30T22:05:00+00:00") == expected


@pytest.mark.parametrize(
    ("number", "spoken"),
    [
        ("+358 16 313070", "+358 16 313 070"),
        ("0449985780", "044 998 5780"),
        ("040 328 1986", "040 328 1986"),
        ("+358449985780", "+358 449 985 780"),
        ("", ""),
    ],
)
def test_phone_numbers_are_grouped_so_that_none_looks_like_a_code(number: str, spoken: str) -> None:
    assert phone(number) == spoken


def test_ban_on_one_purpose_is_called_by_it() -> None:
    case = {**ONE_BAN, "purposes": ["publication"]}
    assert Forms("fi").right(case) == "tietojesi julkaisemisen kieltäminen"


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("section", ["kept_rule", "kept_until", "kept_for"])
def test_every_reason_to_keep_data_has_its_words(section: str, lang: str) -> None:
    assert set(labels(lang)[section]) == set(KeptFor)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("section", ["since", "while"])
def test_every_beginning_of_a_period_has_its_words(section: str, lang: str) -> None:
    assert set(labels(lang)[section]) == set(Since)


@pytest.mark.parametrize(
    ("one", "line"),
    [
        ({"name": "", "what": "kuljetusyritys"}, "kuljetusyritys"),
        ({"name": "Finqu", "what": "alusta"}, "Finqu: alusta"),
        ({"name": "Finqu", "what": "alusta", "gets": "tilaukset"}, "Finqu, alusta: tilaukset"),
        ({"name": "", "what": "luotonantaja", "gets": "tilaus", "only_if": "ostat laskulla"},
         "luotonantaja: tilaus, jos ostat laskulla"),
    ],
)  # fmt: skip
def test_somebody_data_go_to_is_one_line(one: dict[str, str], line: str) -> None:
    assert Forms("fi").party(one) == line


@pytest.mark.parametrize(
    ("rule", "line"),
    [
        ({"since": "last_order", "years": 5, "only_without_orders": False}, "5 vuotta viimeisestä tilauksestasi"),
        ({"since": "registration", "years": 1, "only_without_orders": True},
         "vuoden rekisteröitymisestäsi, jos et ole tilannut mitään"),
        ({"since": "end_of_customership", "years": None, "only_without_orders": False, "mainly": True},
         "pääasiassa niin kauan kuin olet asiakkaamme"),
    ],
)  # fmt: skip
def test_period_of_the_notice_is_one_line(rule: dict[str, object], line: str) -> None:
    assert Forms("fi").kept(rule) == line


@pytest.mark.parametrize(
    ("one", "begins"),
    [
        ({"until": "2032-12-31", "orders": ["1"]}, "tilausten tositteet (tilaus 1): 31.12.2032 asti. "),
        ({"until": "", "orders": ["1", "2"]}, "tilausten tositteet (tilaukset 1 ja 2): niin kauan kuin laki vaatii. "),
        ({"at_latest": "2031-01-02"},
         "tilausten tositteet: niin kauan kuin laki vaatii, kuitenkin enintään 2.1.2031 asti. "),
    ],
)  # fmt: skip
def test_what_stays_is_one_line_with_its_rule(one: dict[str, object], begins: str) -> None:
    line = Forms("fi").held_back({"item": "vouchers", "rule": "accounting", **one})
    assert line == begins + labels("fi")["kept_rule"]["accounting"]


def test_country_without_a_name_is_shown_by_its_letters() -> None:
    assert Forms("fi").seat({"name": "X", "what": "y", "based_in": "BR"}) == "X (BR)"
