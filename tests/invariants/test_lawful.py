"""A letter that lacks what the law wants is never committed, whoever would have sent it."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.house import facts_of
from app.lawful import require_lawful_letters
from cases.faults import TheirFault
from cases.model import Language, Letter, Route
from shops.profile import load_profile
from templates import Letters, LettersRefusedError, UnlawfulLetterError, parts_of
from templates.catalogue import catalogue
from tests.office import MAIJA, Office, opened

CASE = {"id": "LIW-2026-0001", "kind": "erasure", "status": "answered", "due": "2026-12-23"}


async def test_a_refusal_with_an_empty_reason_stores_nothing(office: Office) -> None:
    """GDPR Art. 12(4): the reasons. A verb cannot be typed without one; this goes past the typing."""
    maija = office.person()
    await maija.say("poista tietoni")
    await maija.say(MAIJA)
    await maija.say(await office.code(MAIJA))
    (row,) = await office.until(lambda rows: bool(rows) and rows[0]["status"] == "open")
    from app import desk
    from cases.staff_verbs import Order

    order = Order("refuse", row["id"], options={"ground": "legal_duty", "reason": ""})
    store = await office.store()
    with pytest.raises(TheirFault) as fault:
        async with store.write() as tx:
            await desk.act(
                tx, office.house, order, actor="terminal:test", cause="test", now=office.clock(), commit=True
            )
    assert "12(4)" in fault.value.detail["reason"]
    assert (await office.case(row["id"]))["status"] == "open"
    assert [letter["name"] for letter in (await office.case(row["id"]))["letters"]].count(
        "answer_refused"
    ) == 0


async def test_the_machine_is_held_to_the_same_law(office: Office) -> None:
    """A no-action notice without its cases says nothing the law wants; it cannot be committed."""
    empty = Letter(
        "k",
        "answer_refused",
        Route.MAIL,
        "liwigo",
        MAIJA,
        Language.FI,
        {"case": CASE, "ground": "other", "reason": ""},
    )
    with pytest.raises(UnlawfulLetterError):
        require_lawful_letters(office.house, [empty])


async def test_both_languages_of_a_letter_are_checked(office: Office) -> None:
    said = {"case": CASE, "ground": "other", "reason": "Syy."}
    letter = Letter("k", "answer_refused", Route.MAIL, "liwigo", MAIJA, Language.FI, said, also=Language.EN)
    require_lawful_letters(office.house, [letter])


async def test_a_shops_own_letter_without_the_complaint_is_refused_when_it_is_loaded(tmp_path: Path) -> None:
    own = tmp_path / "letters" / "fi" / "mail"
    own.mkdir(parents=True)
    (own / "answer_refused.txt").write_text(
        'Subject: Vastaus {{ case.id }}\n\nHei!\n\n{{ ground|word("ground") }}\n\n{{ reason }}\n',
        encoding="utf-8",
    )
    facts = facts_of(load_profile("liwigo"))
    with pytest.raises(LettersRefusedError) as refused:
        Letters(tmp_path / "letters", facts)
    assert "77" in str(refused.value)


def test_every_answer_has_parts_the_law_wants() -> None:
    """A new answer letter cannot be forgotten in the table."""
    answers = [e.name for e in catalogue() if e.face == "mail" and e.name.startswith("answer_")]
    assert len(answers) >= 9
    for name in (*answers, "extension", "no_action", "identity_rejected", "refusal_certificate"):
        assert parts_of("mail", name), name


async def test_an_office_serves_with_the_gate_in_place(tmp_path: Path) -> None:
    """An ordinary day passes the gate: a refusal with its reason is sent."""
    async with opened(tmp_path) as office:
        maija = office.person()
        await maija.say("poista tietoni")
        await maija.say(MAIJA)
        await maija.say(await office.code(MAIJA))
        (row,) = await office.until(lambda rows: bool(rows) and rows[0]["status"] == "open")
        await office.do(f"refuse {row['id']} --ground legal_claims --reason Lasku on riitautettu.")
        mails = await office.mails(MAIJA, 2)
        assert "Lasku on riitautettu." in mails[-1].as_string() or "Lasku" in str(mails[-1].get_content())
