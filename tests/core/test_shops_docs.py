"""What `docs/shops.md` and the how-to on profiles say is held against the profiles."""

import re
from pathlib import Path

import pytest

from cases.model import Kind, Language
from shops.gaps import gaps_of
from shops.profile import built_in_profiles, load_profile
from tests.core.shops_page import made

DOCS = Path(__file__).parents[2] / "docs"
SHOPS = (DOCS / "shops.md").read_text("utf-8")

#: The right as its row calls it.
ROWS = {
    Kind.ACCESS: "Access",
    Kind.CORRECTION: "Rectification",
    Kind.ERASURE: "Erasure",
    Kind.OPT_OUT: "Stopping marketing",
    Kind.RESTRICTION: "Restriction",
    Kind.PORTABILITY: "Portability",
    Kind.OBJECTION: "Objection",
}


def section(name: str) -> str:
    found = re.search(rf"^## [^\n]*\(`{name}`\)\n(.*?)(?=^## |\Z)", SHOPS, re.DOTALL | re.MULTILINE)
    assert found is not None
    return found[1]


def test_every_built_in_profile_has_its_section_and_there_is_no_other() -> None:
    assert sorted(re.findall(r"^## [^\n]*\(`(\w+)`\)$", SHOPS, re.MULTILINE)) == built_in_profiles()


@pytest.mark.parametrize("name", built_in_profiles())
def test_every_right_has_its_row_with_nothing_left_open(name: str) -> None:
    rows = [line.strip("| ").split(" | ") for line in section(name).splitlines() if line.startswith("| ")]
    assert [row[0] for row in rows[1:]] == list(ROWS.values())
    assert {len(row) for row in rows} == {4}
    assert all(cell.strip() for row in rows for cell in row)


@pytest.mark.parametrize("name", built_in_profiles())
def test_a_row_says_nothing_where_the_notice_is_silent_and_only_there(name: str) -> None:
    profile = load_profile(name)
    for kind, heading in ROWS.items():
        row = next(line for line in section(name).splitlines() if line.startswith(f"| {heading} |"))
        said = row.split(" | ")[1]
        silent = said.startswith("Nothing") or "no right is named" in said or "no way of taking" in said
        assert silent == (profile.right(kind) is None), (name, kind)


@pytest.mark.parametrize("name", built_in_profiles())
def test_every_gap_stands_below_the_table_with_its_mending(name: str) -> None:
    told = dict(re.findall(r"^- `(\w+)`: (.*)$", section(name), re.MULTILINE))
    assert told == {gap.id: gap.sentence(Language.EN) for gap in gaps_of(load_profile(name))}, (
        "Run: python -m tests.core.shops_page"
    )


def test_making_the_page_again_changes_nothing_and_mends_a_list_that_is_old() -> None:
    assert made(SHOPS) == SHOPS
    assert made(SHOPS.replace("- `signed_form`: ", "- `old`: ")) == SHOPS
    assert made(re.sub(r"^- `\w+`: .*\n", "", SHOPS, flags=re.MULTILINE)) == SHOPS


@pytest.fixture
def example(tmp_path: Path) -> Path:
    howto = (DOCS / "howto" / "profile.md").read_text("utf-8")
    block = re.search(r"```toml\n(.*?)```", howto, re.DOTALL)
    assert block is not None
    path = tmp_path / "shop.toml"
    path.write_text(block[1], encoding="utf-8")
    return path


def test_the_example_of_the_howto_is_a_profile_that_loads(example: Path) -> None:
    profile = load_profile(example)
    assert (profile.name, profile.prefix) == ("Malli Oy", "MAL")
    assert [told.name["fi"] for told in profile.terms().recipients] == ["Kirjeposti Oy"]


def test_the_example_has_only_the_gap_a_reader_can_find_in_it(example: Path) -> None:
    assert [gap.id for gap in gaps_of(load_profile(example))] == ["rights_silent"]


def test_no_name_of_the_example_is_a_built_in_one(example: Path) -> None:
    profile = load_profile(example)
    assert profile.profile not in built_in_profiles()
    assert profile.prefix not in {load_profile(name).prefix for name in built_in_profiles()}
