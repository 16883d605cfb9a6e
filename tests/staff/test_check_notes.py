"""`pyynto check` on privacy notices: a note for each point where one says less than the law."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import pytest

from cases.model import Language
from shops.gaps import gaps_of
from shops.profile import built_in_profiles, load_profile
from tests.staff.terminal import Ran, run

SETTINGS = """
[service]
database = "sqlite:///pyynto.db"
secret = "a-secret-of-the-tests-and-only-there"

[[shops]]
profile = "liwigo"
register = "csv:register/"
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "pyynto.toml").write_text(SETTINGS, encoding="utf-8")
    (tmp_path / "register").mkdir()
    (tmp_path / "register" / "customers.csv").write_text(
        "customer_id,name,email\nC-1,Maija Mallikas,maija.mallikas@example.com\n", encoding="utf-8"
    )
    return tmp_path


def pyynto(shop: Path, *words: str) -> Ran:
    return run(*words, "--config", str(shop / "pyynto.toml"))


def notes(ran: Ran) -> list[str]:
    """What `check` says of a privacy notice."""
    return [line.removeprefix("note ") for line in ran.out.splitlines() if line.startswith("note ")]


@pytest.mark.parametrize("name", built_in_profiles())
def test_gaps_of_the_notice_are_notes_in_the_shops_language_and_no_failure(shop: Path, name: str) -> None:
    (shop / "pyynto.toml").write_text(SETTINGS.replace("liwigo", name), encoding="utf-8")
    ran = pyynto(shop, "check")
    gaps = gaps_of(load_profile(name))
    assert notes(ran) == [f"{name} notice: {gap.sentence(Language.FI)}" for gap in gaps]
    assert ran.code == 0
    assert "Everything is well. The notes tell" in ran.out


def test_a_shop_whose_first_language_is_english_gets_its_notes_in_english(shop: Path) -> None:
    profile = (resources.files("shops") / "profiles" / "liwigo.toml").read_text("utf-8")
    (shop / "own.toml").write_text(profile.replace('["fi", "en"]', '["en", "fi"]'), encoding="utf-8")
    (shop / "pyynto.toml").write_text(SETTINGS.replace('"liwigo"', '"own.toml"'), encoding="utf-8")
    assert "The notice demands a request in writing" in notes(pyynto(shop, "check"))[0]


def test_a_profile_that_requires_a_signature_is_refused_with_the_reason(shop: Path) -> None:
    profile = (resources.files("shops") / "profiles" / "tailorframe.toml").read_text("utf-8")
    (shop / "own.toml").write_text(profile.replace('"offer"', '"required"'), encoding="utf-8")
    (shop / "pyynto.toml").write_text(SETTINGS.replace('"liwigo"', '"own.toml"'), encoding="utf-8")
    ran = pyynto(shop, "check")
    assert ran.code == 2
    assert "signature_policy cannot be required: the GDPR knows no signature" in ran.err
