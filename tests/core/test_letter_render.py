"""A committed letter becomes words: in one language or in two, with the facts of its shop."""

from pathlib import Path

import pytest

from app.house import House, furnish
from app.render import facts_for, words
from app.settings import load_settings
from cases.model import Language, Letter, Route
from cases.verification import one_time_code
from templates.rendering import BETWEEN

KEY = b"k" * 32
CASE = {"id": "KRU-2026-0042", "kind": "erasure", "status": "open", "due": "2026-12-22"}


@pytest.fixture
def house(tmp_path: Path) -> House:
    (tmp_path / "register").mkdir()
    (tmp_path / "pyynto.toml").write_text(
        f"""
[service]
database = "sqlite:///pyynto.db"
secret = "{"s" * 40}"

[[shops]]
profile = "kruununjalokivi"
register = "csv:register/"
""",
        encoding="utf-8",
    )
    return furnish(load_settings(tmp_path / "pyynto.toml").shop(None))


def letter(name: str, route: Route = Route.MAIL, *, also: Language | None = None, issue: int = 0) -> Letter:
    context = {"cases": [CASE], "hours": 24} if issue else {"case": CASE}
    return Letter(
        key="k", name=name, route=route, shop="kruununjalokivi", to="anna@example.com", language=Language.FI,
        context=context, request_id="r", code_issue=issue, also=also,
    )  # fmt: skip


def test_each_language_has_the_facts_in_it(house: House) -> None:
    assert facts_for(house, Language.FI)["authority"]["name"] == "Tietosuojavaltuutetun toimisto"
    assert facts_for(house, Language.EN)["authority"]["name"] == "Office of the Data Protection Ombudsman"


def test_facts_are_made_once(house: House) -> None:
    assert facts_for(house, Language.FI) is facts_for(house, Language.FI)


def test_shop_without_a_mailbox_is_written_to_at_its_own_address(house: House) -> None:
    assert facts_for(house, Language.FI)["mailbox"] == "info@kruununjalokivi.com"


def test_letter_says_what_its_shops_notice_says(house: House) -> None:
    assert "– Finqu: verkkokaupan alusta" in words(house, letter("answer_access"), KEY).body


def test_letter_to_somebody_who_wrote_in_neither_language_is_in_both(house: House) -> None:
    text = words(house, letter("answer_access", also=Language.EN), KEY)
    finnish, english = text.body.split(BETWEEN)
    assert finnish == words(house, letter("answer_access"), KEY).body
    assert "– Finqu: web shop platform" in english
    assert text.subject.count(" / ") == 1


def test_code_stands_once_in_a_mail_in_two_languages(house: House) -> None:
    code = one_time_code(KEY, "r", 1)
    text = words(house, letter("remind_code", also=Language.EN, issue=1), KEY)
    finnish, english = text.body.split(BETWEEN)
    assert finnish.count(code) == 1
    assert code not in english + text.subject


def test_chat_message_in_two_languages_has_no_subject(house: House) -> None:
    text = words(house, letter("case_answered", Route.CHAT, also=Language.EN), KEY)
    assert text.subject == ""
    assert len(text.body.split(BETWEEN)) == 2


def test_letter_to_be_posted_reads_like_the_mail_but_asks_for_no_reply(house: House) -> None:
    paper, mail = (words(house, letter("answer_restriction", *route), KEY) for route in ((Route.POST,), ()))
    assert paper.subject == mail.subject
    assert "vastaa tähän viestiin" in mail.body
    assert paper.body == mail.body.replace("vastaa tähän viestiin", "ota meihin yhteyttä")
