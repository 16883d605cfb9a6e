"""Who writes for whom, or about whose data: the table is `data/special.txt`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from cases.model import Special
from cases.understanding import understand
from cases.understanding.lexicon import read_data

_TABLE = Path(__file__).parent / "data" / "special.txt"


def _rows() -> Iterator[tuple[str, str, str, str]]:
    """(special persons, rights, subject, text) for every line of the table."""
    for line in _TABLE.read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        expected, kinds, message = line.split(" :: ", 2)
        message = message.replace("\\n", "\n")
        subject = re.match(r"\[([^\]]*)\] ", message)
        yield expected, kinds, subject[1] if subject else "", message[subject.end() :] if subject else message


@pytest.mark.parametrize(
    ("expected", "kinds", "subject", "text"), list(_rows()), ids=lambda value: str(value)[:48]
)
def test_special_person_is_recognised_only_where_one_is_said(
    expected: str, kinds: str, subject: str, text: str
) -> None:
    reading = understand(text, subject, "email" if subject or "\n" in text else "chat")
    if expected != "-":
        # For whomever it is asked, the right is the one that was said.
        assert (",".join(reading.kinds) or "-") == kinds, reading.why
    assert (",".join(reading.special) or "-") == expected, reading.why


def test_table_has_every_special_person_and_as_many_traps() -> None:
    named = [expected for expected, _, _, _ in _rows()]
    assert {name for name in named if name != "-"} == {str(special) for special in Special}
    assert named.count("-") >= 70
    assert len(named) - named.count("-") >= 70


@pytest.mark.parametrize(
    "text",
    [
        "Olen Matin huoltaja, poistakaa hänen tietonsa.",
        "Isäni kuoli, poistakaa hänen tietonsa.",
        "delete my wife's data",
    ],
)
def test_right_stays_clear_and_the_reading_unsure_when_asked_for_somebody_else(text: str) -> None:
    reading = understand(text)
    assert (reading.kinds, reading.candidates, reading.sure) == (("erasure",), ("erasure",), False)


def test_company_contact_is_as_sure_as_anybody() -> None:
    reading = understand("Olen yrityksemme yhteyshenkilö. Poistakaa tietoni.")
    assert (reading.special, reading.sure) == ((Special.COMPANY_CONTACT,), True)


def test_reason_names_the_rule_and_the_words_that_hit() -> None:
    reading = understand("Olen Matin huoltaja. Poistakaa hänen tilinsä.")
    assert "special: guardian_by_role (Olen … huoltaja)" in reading.why


def test_subject_says_it_as_well_as_the_text() -> None:
    reading = understand("Poistakaa tiedot rekisteristänne.", "Edesmenneen äitini tili", "email")
    assert reading.special == (Special.DECEASED,)


def test_role_is_heard_without_a_wish() -> None:
    assert understand("Olen siis hänen huoltajansa.").special == (Special.GUARDIAN,)


def test_mention_without_a_wish_says_nothing() -> None:
    assert understand("Isäni kuoli viime viikolla.").special == ()


def test_every_list_of_the_data_is_used_and_every_rule_has_its_own_name() -> None:
    data = read_data("special.toml")
    named = {word for row in data["rule"] for said in row["says"] for word in said.split()}
    named |= {word for row in data["rule"] for word in row.get("without", ())}
    read_by_the_code = {"NOT", "UNDER", "YEARS", "PERSONAL", "IS", "OWN_DATA"}
    assert data["words"].keys() <= named | read_by_the_code
    assert set(data["common"]) <= data["words"].keys()
    names = [row["name"] for row in data["rule"]]
    assert len(names) == len(set(names))
    assert all(row["name"].startswith(row["reads"]) for row in data["rule"])
