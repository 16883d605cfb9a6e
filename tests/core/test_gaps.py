"""Where notices promise less than the law: what is found at each shop, and that every gap can be mended."""

import tomllib
from importlib import resources
from pathlib import Path

import pytest

from cases.model import Language
from shops.gaps import FINDERS, gaps_of
from shops.profile import built_in_profiles, load_profile

ROWS = tomllib.loads((resources.files("shops") / "gaps.toml").read_text("utf-8"))["gap"]

#: Read off the five notices by hand.
AT_THE_SHOPS = {
    "taigakoru": {
        "signed_form", "rights_silent", "withdrawal_silent", "complaint_unnamed",
        "basis_unclear", "repealed_act", "retention_silent", "recipients_unnamed", "automated_silent",
    },
    "kruununjalokivi": {
        "no_way_named", "rights_silent", "opt_out_narrow", "basis_silent", "repealed_act", "retention_vague",
        "accounting_exception", "transfers_silent", "transfers_doubtful",
    },
    "tailorframe": {
        "signed_form", "ground_demanded", "no_way_named", "rights_silent", "complaint_narrow", "basis_silent",
        "repealed_act", "retention_silent", "recipients_unnamed", "safeguards_silent", "automated_silent",
        "published_unless_forbidden", "placeholder",
    },
    "noorakenttamaa": {
        "signed_form", "ground_demanded", "no_way_named", "rights_silent", "complaint_narrow", "basis_silent",
        "repealed_act", "retention_silent", "recipients_unnamed", "transfers_doubtful", "safeguards_silent",
        "automated_silent", "published_unless_forbidden", "placeholder",
    },
    "liwigo": {
        "written_form", "withdrawal_silent", "opt_out_silent", "complaint_silent", "repealed_act",
        "accounting_exception", "recipients_silent", "automated_silent", "identity_code_unfounded",
    },
}  # fmt: skip

#: A notice with nothing to mend.
WHOLE = """
profile = "malli"
prefix = "MAL"
complaint_authority = "ombudsman"
bases = [{ fi = "suostumus", en = "consent", law = "consent" }]
withdrawal_told = true
[controller]
name = "Malli Oy"
street = "Mallikatu 1"
postal_code = "00100"
city = "Helsinki"
email = "tietosuoja@example.com"
[rights.access]
doors = ["email"]
[rights.correction]
doors = ["email"]
[rights.erasure]
doors = ["email"]
[rights.opt_out]
doors = ["email"]
[rights.restriction]
doors = ["email"]
[rights.portability]
doors = ["email"]
[rights.objection]
doors = ["email"]
[[categories]]
name = { fi = "nimi", en = "name" }
[[recipients]]
id = "platform"
name = "Alusta Oy"
what = { fi = "verkkokaupan alusta", en = "shop platform" }
based_in = "SE"
[transfers]
outside_eea = "never"
[[retention]]
since = "last_order"
years = 5
[erasure]
stated_exceptions = ["accounting"]
[opt_out]
purposes = ["direct_marketing"]
[profiling]
targeting = true
automated_decisions = false
"""

#: Gap -> what is taken from the whole notice, and what is put there; the gap must be the only one.
MADE = {
    "signed_form": ("[rights.access]", '[rights.access]\nform = "signed"'),
    "written_form": ("[rights.erasure]", '[rights.erasure]\nform = "written"'),
    "ground_demanded": ("[rights.correction]", '[rights.correction]\nasks_for = ["fields", "ground"]'),
    "no_way_named": ('[rights.access]\ndoors = ["email"]', "[rights.access]"),
    "rights_silent": ('[rights.portability]\ndoors = ["email"]\n', ""),
    "withdrawal_silent": ("withdrawal_told = true\n", ""),
    "opt_out_silent": ('[rights.opt_out]\ndoors = ["email"]\n', ""),
    "opt_out_narrow": (
        '[rights.opt_out]\ndoors = ["email"]',
        '[rights.opt_out]\ndoors = ["unsubscribe_link"]',
    ),
    "complaint_silent": ('complaint_authority = "ombudsman"\n', ""),
    "complaint_unnamed": ('"ombudsman"', '"unnamed"'),
    "complaint_narrow": ('"ombudsman"', '"ombudsman"\ncomplaint_about = ["correction"]'),
    "basis_silent": ('bases = [{ fi = "suostumus", en = "consent", law = "consent" }]\n', ""),
    "basis_unclear": (', law = "consent"', ""),
    "repealed_act": ("withdrawal_told", 'repealed_acts = ["523/1999"]\nwithdrawal_told'),
    "retention_silent": ('[[retention]]\nsince = "last_order"\nyears = 5\n', ""),
    "retention_vague": ("years = 5", "years = 5\nmainly = true"),
    "accounting_exception": ('["accounting"]', '["open_invoice"]'),
    "recipients_silent": (WHOLE[WHOLE.index("[[recipients]]") : WHOLE.index("[transfers]")], ""),
    "recipients_unnamed": ('name = "Alusta Oy"\n', ""),
    "transfers_silent": ('[transfers]\noutside_eea = "never"\n', ""),
    "transfers_doubtful": ('"SE"', '"US"'),
    "safeguards_silent": ('outside_eea = "never"', 'outside_eea = "yes"'),
    "automated_silent": ("automated_decisions = false\n", ""),
    "identity_code_unfounded": ('en = "name" }', 'en = "name" }\nheld = true'),
    "published_unless_forbidden": ("[profiling]", '[publication]\nwhen = "unless_forbidden"\n[profiling]'),
    "placeholder": (
        "withdrawal_told",
        'placeholders = [{ fi = "osoite", en = "an address" }]\nwithdrawal_told',
    ),
}


def found(tmp_path: Path, text: str) -> list[str]:
    (tmp_path / "own.toml").write_text(text)
    return [gap.id for gap in gaps_of(load_profile(tmp_path / "own.toml"))]


@pytest.mark.parametrize("name", built_in_profiles())
def test_each_notice_has_the_gaps_read_off_it_by_hand(name: str) -> None:
    assert {gap.id for gap in gaps_of(load_profile(name))} == AT_THE_SHOPS[name]


def test_a_whole_notice_has_none(tmp_path: Path) -> None:
    assert found(tmp_path, WHOLE) == []


@pytest.mark.parametrize("gap", FINDERS)
def test_a_gap_is_found_where_it_is_made_and_nothing_else_with_it(tmp_path: Path, gap: str) -> None:
    old, new = MADE[gap]
    assert old in WHOLE
    assert found(tmp_path, WHOLE.replace(old, new)) == [gap]


def test_every_gap_has_its_words_and_every_word_its_gap() -> None:
    assert [row["id"] for row in ROWS] == list(FINDERS)


@pytest.mark.parametrize("name", built_in_profiles())
@pytest.mark.parametrize("language", Language)
def test_a_gap_says_what_is_missing_how_to_mend_it_and_by_which_rule(name: str, language: Language) -> None:
    for gap in gaps_of(load_profile(name)):
        line = gap.sentence(language)
        assert line.endswith(f"({gap.article.to(language)})")
        assert gap.missing.to(language) in line
        assert gap.mend.to(language).endswith(".")
        assert "{" not in line
        assert "\n" not in line


def test_a_gap_names_what_it_is_about_and_the_shops_own_address() -> None:
    gaps = {gap.id: gap for gap in gaps_of(load_profile("kruununjalokivi"))}
    assert "MailChimp, Gmail" in gaps["transfers_doubtful"].missing.fi
    assert "info@kruununjalokivi.com" in gaps["no_way_named"].mend.en
    assert "rectification, restriction of processing" in gaps["rights_silent"].missing.en


def test_a_recipient_outside_the_eea_is_no_doubt_once_the_notice_tells_of_it(tmp_path: Path) -> None:
    told = WHOLE.replace('"SE"', '"US"').replace(
        'outside_eea = "never"',
        'outside_eea = "yes"\nnote = { fi = "vakiolausekkeet", en = "standard clauses" }',
    )
    assert found(tmp_path, told) == []
