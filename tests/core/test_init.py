"""`pyynto init`: what it writes can be used, and it never writes over anything."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from app.commands.init import FILES, PROFILE, init
from app.interview import interview, prefix_for, slug_of, table, written
from app.servers import login_of
from app.settings import SettingsError, load_settings
from cases.model import Customer, Kind, Language, Order, Purpose
from shops.csv_rows import RowProblem
from shops.profile import load_profile
from shops.register_csv import read_register

APP = typer.Typer()
APP.command()(init)
VALUES = {
    "PYYNTO_SECRET": "made-for-this-test-only",
    "LIWIGO_TOKEN": "123:abc",
    "LIWIGO_MAIL_PASSWORD": "none",
}


def test_the_settings_it_writes_load_once_the_values_are_set(tmp_path: Path) -> None:
    assert CliRunner().invoke(APP, [str(tmp_path / "shop")]).exit_code == 0
    shop = load_settings(tmp_path / "shop" / "pyynto.toml", VALUES).shop()
    assert shop.name == "liwigo"
    assert shop.source.folder == tmp_path / "shop" / "register"
    assert shop.telegram is not None
    assert shop.mailbox is not None
    assert login_of(shop.mailbox.imap) == "tietosuoja@example.com"


def test_the_settings_it_writes_say_which_values_are_missing(tmp_path: Path) -> None:
    CliRunner().invoke(APP, [str(tmp_path)])
    with pytest.raises(SettingsError) as refusal:
        load_settings(tmp_path / "pyynto.toml", {})
    assert [name for name in VALUES if name not in str(refusal.value)] == []
    assert len(refusal.value.problems) == len(VALUES)


def test_the_env_example_names_every_value_the_settings_want(tmp_path: Path) -> None:
    CliRunner().invoke(APP, [str(tmp_path)])
    example = (tmp_path / ".env.example").read_text()
    filled = "".join(line + VALUES.get(line.rstrip("=\n"), "") + "\n" for line in example.splitlines())
    (tmp_path / ".env").write_text(filled)
    assert (
        load_settings(tmp_path / "pyynto.toml", {}).service.secret.get_secret_value()
        == VALUES["PYYNTO_SECRET"]
    )


def test_the_sample_register_has_customers_and_orders_and_no_bad_row(tmp_path: Path) -> None:
    CliRunner().invoke(APP, [str(tmp_path)])
    records = list(read_register(tmp_path / "register"))
    assert [r for r in records if isinstance(r, RowProblem)] == []
    assert {type(r) for r in records} == {Customer, Order}


@pytest.mark.parametrize("name", FILES)
def test_it_writes_nothing_where_one_of_its_files_is(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("mine")
    result = CliRunner().invoke(APP, [str(tmp_path)])
    assert result.exit_code == 1
    assert name in result.stderr
    assert path.read_text() == "mine"
    assert [other for other in FILES if (tmp_path / other).exists()] == [name]


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = CliRunner().invoke(APP, [str(tmp_path / "file" / "shop")])
    assert result.exit_code == 1
    assert "file" in result.stderr
    assert "Traceback" not in result.stderr


def test_it_writes_to_the_working_folder_unless_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(APP, [])
    assert result.exit_code == 0
    assert all((tmp_path / name).exists() for name in FILES)
    assert "pyynto check" in result.stdout


# -- a profile by questions -----------------------------------------------------------------------------------

#: What a shopkeeper types, question by question; the language is asked first.
ANSWERS = {
    "language": "fi",
    "controller.name": "Mallin Pöytä Oy",
    "controller.trade_name": "",
    "controller.business_id": "1516697-8",
    "controller.street": "Mallikatu 1",
    "controller.postal_code": "00100",
    "controller.city": "Helsinki",
    "controller.email": "tietosuoja@example.com",
    "controller.phone": "040 000 0000",
    "contact.name": 'Malli "M" Mallinen',
    "prefix": "",
    "notice_dated": "8.9.2023",
    "purposes": "1, 3",
    "bases": "1 2",
    "categories": "1,2,8",
    "recipients": "3,4",
    "newsletter": "Kirjeposti Oy",
    "carrier": "",
    "retention[].years": "5",
    "erasure.financial_year_ends": "30.6.",
    "transfers.outside_eea": "1",
    "rights": "1,2,3,7",
    "opt_out.purposes": "6",
    "profiling.targeting": "k",
    "signature_policy": "k",
    "complaint_authority": "e",
}

#: Key -> an answer that is refused, and how the refusal begins in each language.
REFUSED = {
    "controller.name": ("", "Tähän tarvitaan vastaus.", "This needs an answer."),
    "controller.business_id": ("1516697-9", "Tämä ei ole Y-tunnus", "This is not a Finnish business ID"),
    "controller.street": ("x" * 401, "Kirjoita katu ja numero", "Write street and number"),
    "controller.postal_code": ("0100", "Postinumerossa on viisi numeroa", "A postal code has five digits"),
    "controller.email": (
        "tietosuoja(at)example",
        "Tämä ei ole sähköpostiosoite",
        "This is not an e-mail address",
    ),
    "prefix": ("mal", "Kirjoita 2–5 isoa kirjainta", "Write 2 to 5 capital letters"),
    "notice_dated": ("30.2.2023", "Tämä ei ole päivämäärä", "This is not a date"),
    "purposes": ("6", "Kirjoita numeroita väliltä 1–5", "Write numbers from 1 to 5"),
    "categories": ("", "Kirjoita numeroita väliltä 1–9", "Write numbers from 1 to 9"),
    "recipients": ("posti", "Kirjoita numeroita väliltä 1–9", "Write numbers from 1 to 9"),
    "newsletter": ("x" * 401, "Kirjoita yrityksen nimi", "Write the company's name"),
    "retention[].years": ("kauan", "Kirjoita vuodet kokonaislukuna", "Write the years as a whole number"),
    "erasure.financial_year_ends": ("31.13.", "Tämä ei ole päivä.", "This is not a date."),
    "transfers.outside_eea": ("4", "Kirjoita yksi numero väliltä 1–3", "Write one number from 1 to 3"),
    "profiling.targeting": ("ehkä", "Vastaa k tai e.", "Answer y or n."),
}


#: Not asked in an interview of one's own: the language, and companies of recipients nobody chose.
NOT_ASKED = {"language", "newsletter", "carrier"}
TYPED = "\n".join(ANSWERS.values()) + "\n"


def test_the_answers_become_a_profile_that_loads_and_is_named_in_the_settings(tmp_path: Path) -> None:
    result = CliRunner().invoke(APP, [str(tmp_path), "--questions"], input=TYPED)
    assert result.exit_code == 0, result.output
    profile = load_settings(tmp_path / "pyynto.toml", VALUES).shop().facts
    assert profile == load_profile(tmp_path / PROFILE)
    assert (profile.profile, profile.prefix, profile.name) == ("mallinpoyta", "MAL", "Mallin Pöytä Oy")
    facts = profile.facts(Language.FI)
    assert (facts["business_id"], facts["address"]) == ("1516697-8", "Mallikatu 1, 00100 Helsinki")
    assert (facts["contact"], facts["phone"]) == ('Malli "M" Mallinen', "040 000 0000")
    assert str(profile.notice_dated) == "2023-09-08"
    assert facts["purposes"] == ["tilausten käsittely ja toimitus", "markkinointi"]
    assert [category["held"] for category in facts["categories"]] == [False, False, True]
    assert [(r["name"], r["what"], r["marketing"]) for r in facts["recipients"]] == [
        ("Kirjeposti Oy", "uutiskirjeiden lähetyspalvelu", True),
        ("", "kuljetusyritys", False),
    ]
    assert [(rule["since"], rule["years"]) for rule in facts["retention"]] == [("last_order", 5)]
    assert (facts["outside_eea"], facts["targeting"]) == ("never", True)
    assert [kind for kind in Kind if profile.right(kind)] == [
        Kind.ACCESS, Kind.CORRECTION, Kind.ERASURE, Kind.OPT_OUT,
    ]  # fmt: skip
    terms = profile.terms()
    assert terms.purposes == (Purpose.DIRECT_MARKETING, Purpose.PROFILING)
    assert (terms.financial_year_ends, terms.signature_offered) == ((6, 30), True)


@pytest.mark.parametrize("key", REFUSED)
@pytest.mark.parametrize("language", ["fi", "en"])
def test_an_answer_that_cannot_be_used_is_refused_at_once_and_asked_for_again(
    tmp_path: Path, key: str, language: str
) -> None:
    answers = {**ANSWERS, "language": language}
    wrong, *told = REFUSED[key]
    lines = [line for name, right in answers.items() for line in ([wrong, right] if name == key else [right])]
    result = CliRunner().invoke(APP, [str(tmp_path), "--questions"], input="\n".join(lines) + "\n")
    assert result.exit_code == 0, result.output
    assert told[language == "en"] in result.output
    assert load_profile(tmp_path / PROFILE).controller.name == "Mallin Pöytä Oy"


@pytest.mark.parametrize("language", ["fi", "en"])
def test_the_file_speaks_the_language_of_the_questions_and_letters_speak_both(language: str) -> None:
    answers = iter([*ANSWERS.values()][1:])
    text = written(interview(language, lambda _: next(answers), lambda _: None), language)
    assert ("docs/howto/profile.md neuvoo" in text) == (language == "fi")
    assert ("docs/howto/profile.md goes on" in text) == (language == "en")
    assert f'languages = ["{language}"' in text


def test_where_everything_that_may_be_is_left_empty_the_profile_loads(tmp_path: Path) -> None:
    needed = {
        "language", "controller.name", "controller.street", "controller.postal_code", "controller.city",
        "controller.email", "categories", "opt_out.purposes", "profiling.targeting", "signature_policy",
        "complaint_authority",
    }  # fmt: skip
    skipped = {"newsletter", "carrier"}
    lines = [value if key in needed else "" for key, value in ANSWERS.items() if key not in skipped]
    result = CliRunner().invoke(APP, [str(tmp_path), "--questions"], input="\n".join(lines) + "\n")
    assert result.exit_code == 0, result.output
    profile = load_profile(tmp_path / PROFILE)
    assert (profile.recipients, profile.retention, profile.transfers, profile.contact) == ([], [], None, None)
    assert profile.erasure.financial_year_ends == "12-31"


def test_every_choice_there_is_can_be_made(tmp_path: Path) -> None:
    """All of them at once: the file still loads, with a row for each."""
    choices = table()["choices"]
    every = {key: ",".join(str(n) for n in range(1, len(rows) + 1)) for key, rows in choices.items()}
    answers = iter({**ANSWERS, **every, "transfers.outside_eea": "3"}.items())

    def ask(text: str) -> str:
        return "" if "yrityksen nimi" in text else next(a for k, a in answers if k not in NOT_ASKED)

    (tmp_path / PROFILE).write_text(written(interview("fi", ask, lambda _: None), "fi"), encoding="utf-8")
    profile = load_profile(tmp_path / PROFILE)
    for key in ("purposes", "bases", "categories", "recipients"):
        assert len(getattr(profile, key)) == len(choices[key])
    assert all(profile.right(kind) for kind in Kind)
    assert set(profile.opt_out.purposes) == set(Purpose)


def test_nothing_is_written_when_the_answers_end_too_soon(tmp_path: Path) -> None:
    result = CliRunner().invoke(APP, [str(tmp_path / "shop"), "--questions"], input="fi\nMalli Oy\n")
    assert result.exit_code == 1
    assert "Lopetettiin, mitään ei kirjoitettu." in result.stderr
    assert not (tmp_path / "shop").exists()


def test_a_profile_that_is_there_stops_it_before_the_first_question(tmp_path: Path) -> None:
    (tmp_path / PROFILE).write_text("mine")
    result = CliRunner().invoke(APP, [str(tmp_path), "--questions"], input=TYPED)
    assert result.exit_code == 1
    assert PROFILE in result.stderr
    assert (tmp_path / PROFILE).read_text() == "mine"
    assert not (tmp_path / "pyynto.toml").exists()


@pytest.mark.parametrize("words", [[], ["--no-questions"]])
def test_without_a_terminal_nothing_is_asked(tmp_path: Path, words: list[str]) -> None:
    result = CliRunner().invoke(APP, [str(tmp_path), *words], input="")
    assert result.exit_code == 0
    assert not (tmp_path / PROFILE).exists()
    assert 'profile  = "liwigo"' in (tmp_path / "pyynto.toml").read_text()


@pytest.mark.parametrize(("wanted", "made"), [("e", False), ("k", True)])
def test_at_a_terminal_a_profile_is_offered(tmp_path: Path, wanted: str, made: bool) -> None:
    language, *answers = ANSWERS.values()
    ours, theirs = os.openpty()
    program = Path(sys.executable).parent / "pyynto"
    with subprocess.Popen(
        [program, "init", tmp_path], stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as child:
        os.write(ours, "\n".join([language, wanted, *(answers if made else []), ""]).encode())
        out, _ = child.communicate(timeout=60)
    os.close(ours)
    os.close(theirs)
    assert child.returncode == 0, out.decode()
    assert "Tehdäänkö kaupallesi profiili" in out.decode()
    assert (tmp_path / PROFILE).exists() == made
    assert (tmp_path / "pyynto.toml").exists()


@pytest.mark.parametrize(
    ("name", "slug", "prefix"),
    [
        ("Taigakoru Oy", "taigakoru", "TAI"),
        ("Liwigo Ecommerce Tmi", "liwigoecommerce", "LIW"),
        ("Äitien Åkerö", "aitienakero", "AIT"),
        ("24/7 Koru Ky", "koru", "KOR"),
        ("Ö", "shop", "SHO"),
        ("X2", "x2", "XSH"),
    ],
)
def test_a_shops_name_makes_its_short_names(name: str, slug: str, prefix: str) -> None:
    assert slug_of(name) == slug
    assert prefix_for({"controller.name": name, "controller.trade_name": None}) == prefix


def test_both_languages_have_every_question_and_word() -> None:
    both = table()
    assert both["fi"].keys() == both["en"].keys()
    assert both["comment"]["fi"].keys() == both["comment"]["en"].keys()
    assert [q["key"] for q in both["question"] if not (q["fi"] and q["en"])] == []
    assert [
        q["key"] for q in both["question"] if q["kind"] == "text" and q["wrong"].keys() != {"fi", "en"}
    ] == []
