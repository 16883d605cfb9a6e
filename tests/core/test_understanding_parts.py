"""The small readers: the visible part, masking, codes, identifiers, case ids, vocabulary files."""

from __future__ import annotations

import pytest

from cases.model import Claim
from cases.understanding import case_ids, codes, identifiers, mask, visible
from cases.understanding.lexicon import Lexicon, LexiconError, lexicon
from cases.understanding.rules import rules
from cases.understanding.sensitive import is_hetu

OWN = "Poistakaa tietoni.\n\nTerveisin\nTesti"


@pytest.mark.parametrize(
    "tail",
    [
        "> vanha viesti\n> jatkuu",
        "On Mon, 3 Feb 2025 at 10:15, Shop <info@example.org> wrote:\n> old text",
        "On Mon, 3 Feb 2025 at 10:15, Shop\n<info@example.org> wrote:\n\n> old text",
        "ma 3. helmik. 2025 klo 10.15 Kauppa (info@example.org) kirjoitti:\n> vanha",
        "Kauppa kirjoitti 3.2.2025 kello 10.15:\n> vanha",
        "Den mån 3 feb. 2025 kl 10:15 skrev Butiken <info@example.org>:\n> gammal",
        "-----Alkuperäinen viesti-----\nLähettäjä: Kauppa\nAihe: Vanha",
        "-----Original Message-----\nFrom: Shop\nSubject: Old",
        "-----Ursprungligt meddelande-----\nFrån: Butik",
        "Lähettäjä: Kauppa <info@example.org>\nLähetetty: maanantai 3. helmikuuta\nAihe: Tarjous\n\nVanha teksti",
        "From: Shop <info@example.org>\nSent: Monday\nTo: me\nSubject: Sale\n\nold text",
        "Från: Butik <info@example.org>\nSkickat: den 3 februari\nTill: mig\nÄmne: Rea\n\ngammal",
        "---------- Forwarded message ---------\nFrom: Shop\nold",
        "Begin forwarded message:\n\nFrom: Shop",
        "-- \nTesti Testinen\nMalli Oy",
        "Lähetetty iPhonesta",
        "Sent from my iPhone",
        "Hanki Outlook for Android",
        "Skickat från min iPhone",
    ],
)
def test_visible_leaves_only_what_the_writer_wrote(tail: str) -> None:
    assert visible(f"{OWN}\n\n{tail}") == OWN


def test_visible_keeps_an_answer_below_the_quote() -> None:
    text = "On Mon, 3 Feb 2025, Shop <info@example.org> wrote:\n> Which address?\n\nanna@example.com"
    assert visible(text) == "anna@example.com"


@pytest.mark.parametrize(
    "text", ["Hei,\n\n1. poistakaa tietoni\n2. kiitos", "From: tässä vain sana", "a -- b"]
)
def test_visible_leaves_ordinary_text_alone(text: str) -> None:
    assert visible(text) == text


@pytest.mark.parametrize("code", ["010203A945H", "050579-925F", "120385-913J", "010203a945h", "120385–913J"])
def test_identity_code_is_masked(code: str) -> None:
    masked, labels = mask(f"hetuni on {code}.")
    assert code not in masked
    assert labels == ("hetu",)


@pytest.mark.parametrize("code", ["010203A945X", "010203-9451", "320203A945H", "tilaus 120385-9137"])
def test_what_only_looks_like_an_identity_code_stays(code: str) -> None:
    assert mask(code) == (code, ())


def test_identity_code_is_recognised_alone() -> None:
    assert is_hetu("010203A945H")
    assert not is_hetu("010203A945H ja muuta")


@pytest.mark.parametrize("number", ["4111 1111 1111 1111", "5555-5555-5555-4444", "378282246310005"])
def test_card_number_is_masked(number: str) -> None:
    masked, labels = mask(f"kortti {number} pois")
    assert number not in masked
    assert labels == ("payment_card",)


@pytest.mark.parametrize(
    "text", ["kortti, joka päättyy 4242", "4111 1111 1111 1112", "FI21 1234 5600 0007 85", "040 000 0123"]
)
def test_other_numbers_are_no_card(text: str) -> None:
    assert "payment_card" not in mask(text)[1]


def test_passport_number_needs_its_word_near() -> None:
    assert mask("passin numero on XX0000012")[1] == ("passport",)
    assert mask("my passport no. XX0000034")[1] == ("passport",)
    assert mask("tilaus XX0000012")[1] == ()
    assert mask("onko passini kopio teillä")[1] == ()


def test_health_is_reported_and_not_masked() -> None:
    assert mask("sairastan diabetesta") == ("sairastan diabetesta", ("health",))
    assert mask("my mother has dementia")[1] == ("health",)
    assert mask("terveisin, tervetuloa")[1] == ()


def test_labels_come_in_their_order() -> None:
    assert mask("allergia, passi XX0000012, 4111111111111111, 010203A945H")[1] == (
        "hetu",
        "payment_card",
        "passport",
        "health",
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("482107", ("482107",)),
        (" 482107. ", ("482107",)),
        ("48 21 07", ("482107",)),
        ("482-107", ("482107",)),
        ("482 107", ("482107",)),
        ("4 8 2 1 0 7", ("482107",)),
        ("4-8-2-1-0-7", ("482107",)),
        ("koodi on 482107", ("482107",)),
        ("Vahvistuskoodisi on 482107. Älä jaa koodia muille.", ("482107",)),
        ("neljä kahdeksan kaksi yksi nolla seitsemän", ("482107",)),
        ("nelj kaheksan kaks yks nolla seittemän", ("482107",)),
        ("yks kaks kolme nelj viis kuus", ("123456",)),
        ("four eight two one zero seven", ("482107",)),
        ("four eight two one oh seven", ("482107",)),
        ("neljäkymmentäkahdeksan 21 nolla seitsemän", ("482107",)),
        ("forty-eight twenty-one zero seven", ("482107",)),
        ("482107 vai 482108?", ("482107", "482108")),
        ("482107 482107", ("482107",)),
        ("koden är 482107", ("482107",)),
        ("koodi on 48210", ("48210",)),
        ("tuli koodi 482107 tilauksesta 55123", ("482107",)),
    ],
)
def test_code_is_read_as_people_type_and_say_it(text: str, expected: tuple[str, ...]) -> None:
    assert codes(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "040 000 0123",
        "0400 000 321",
        "+358 40 000 000",
        "soittakaa 045 123456",
        "tilaus 482107",
        "tilausnumero on 482107",
        "order no. 482107",
        "asiakasnumero 482107",
        "postinumeroni on 99998",
        "20100 Turku",
        "3.5.1979",
        "12.10.2024",
        "LIW-2026-0042",
        "LIW-2026-482107",
        "seurantakoodi JJFI00000000001",
        "postikoodi 482107",
        "maksoin 482107 euroa",
        "summa oli 482107 €",
        "viite 482107",
        "yksi kaksi",
        "hei",
        "",
    ],
)
def test_other_numbers_are_no_codes(text: str) -> None:
    assert codes(text) == ()


@pytest.mark.parametrize(
    ("text", "claim"),
    [
        ("anna.antinen@example.com", Claim(email="anna.antinen@example.com")),
        ("osoite on <Anna.Antinen@Example.COM>.", Claim(email="anna.antinen@example.com")),
        ("anna.antinen (at) example.com", Claim(email="anna.antinen@example.com")),
        ("asiakasnumero 10234", Claim(customer_id="10234")),
        ("asiakasnro: C-1001", Claim(customer_id="C-1001")),
        ("my customer number is A10234", Claim(customer_id="A10234")),
        ("tilausnumero 55512", Claim(order_id="55512")),
        ("tilaus 55512", Claim(order_id="55512")),
        ("order #55512", Claim(order_id="55512")),
        ("10234", Claim()),
        ("hei", Claim()),
    ],
)
def test_identifiers_are_read_from_text(text: str, claim: Claim) -> None:
    assert identifiers(text) == claim


@pytest.mark.parametrize("text", ["C-1001", "A10234", "20417", "c-1001."])
def test_lone_number_counts_when_one_was_asked_for(text: str) -> None:
    value = text.strip(".").upper()
    assert identifiers(text, bare=True) == Claim(customer_id=value, order_id=value)


@pytest.mark.parametrize("text", ["hei", "en muista", "040 000 0123", "poista tietoni"])
def test_lone_words_are_no_identifier(text: str) -> None:
    assert not identifiers(text, bare=True)


def test_case_ids_are_read_in_capitals_and_once() -> None:
    assert case_ids("asia liw-2026-0042, LIW-2026-0042 ja TAI-2025-12345") == (
        "LIW-2026-0042",
        "TAI-2025-12345",
    )
    assert case_ids("A-2026-0042 LIW-1999-0042 LIW-2026-42") == ()


def test_every_rule_and_word_list_loads() -> None:
    assert len(rules()) > 50
    assert all(concept.meaning for concept in lexicon().concepts.values())


def test_unknown_key_in_a_word_list_is_refused_by_name() -> None:
    with pytest.raises(LexiconError, match="swedish"):
        Lexicon({"DELETE": {"meaning": "x", "swedish": ["radera"]}}, [])


def test_empty_pattern_in_a_word_list_is_refused() -> None:
    with pytest.raises(LexiconError, match="no pattern"):
        Lexicon({"DELETE": {"meaning": "x", "fi": ["*"]}}, [])


def test_word_one_letter_off_is_known_and_an_everyday_word_is_not_mistaken() -> None:
    known = lexicon()
    assert "MARKETING" in known.meanings("uutiskrije", frozenset({"fi"}))
    assert "MARKETING" not in known.meanings("korvakorut", frozenset({"fi"}))
