"""Whole messages and their readings, in many voices: the table is `data/messages.txt`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from cases.model import Act, Correction, Kind, Purpose, Reading
from cases.understanding import understand

_TABLE = Path(__file__).parent / "data" / "messages.txt"


def _rows() -> Iterator[tuple[str, str, str]]:
    """(expected reading, subject, text) for every line of the table."""
    for line in _TABLE.read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        expected, _, message = line.partition(" :: ")
        message = message.replace("\\n", "\n")
        subject = re.match(r"\[([^\]]*)\] ", message)
        yield expected, subject[1] if subject else "", message[subject.end() :] if subject else message


def _shape(reading: Reading) -> str:
    """A reading as the table writes it."""
    bans = "+".join(purpose.value for purpose in reading.opt_out_purposes)
    carrier = Kind.OPT_OUT if Kind.OPT_OUT in reading.kinds else Kind.OBJECTION
    names = [
        f"{kind.value}({bans})" if bans and kind is carrier else kind.value for kind in sorted(reading.kinds)
    ]
    return ("+".join(names) or reading.act.value) + ("" if reading.sure else "?")


@pytest.mark.parametrize(("expected", "subject", "text"), list(_rows()), ids=lambda value: str(value)[:48])
def test_message_is_read_as_the_table_says(expected: str, subject: str, text: str) -> None:
    channel = "email" if subject or "\n" in text else "chat"
    reading = understand(text, subject, channel)
    assert _shape(reading) == expected, reading.why


def test_table_is_large_and_mostly_finnish() -> None:
    rows = list(_rows())
    finnish = sum(understand(text, subject).lang == "fi" for _, subject, text in rows)
    assert len(rows) >= 150
    assert finnish > len(rows) / 2


PLAIN = (
    ("poista tietoni", Kind.ERASURE),
    ("haluan nähdä tietoni", Kind.ACCESS),
    ("lopettakaa mainosten lähettäminen", Kind.OPT_OUT),
    ("korjatkaa osoitteeni: uusi osoite Mallikatu 1 A 2, 20100 Turku", Kind.CORRECTION),
    ("rajoittakaa tietojeni käsittelyä", Kind.RESTRICTION),
    ("haluan tietoni koneluettavassa muodossa", Kind.PORTABILITY),
    ("vastustan tietojeni käsittelyä profilointiin", Kind.OBJECTION),
    ("delete my data", Kind.ERASURE),
    ("I want a copy of my data", Kind.ACCESS),
    ("please stop the marketing", Kind.OPT_OUT),
    ("my address has changed to Mallikatu 1, 20100 Turku", Kind.CORRECTION),
    ("please restrict the processing of my data", Kind.RESTRICTION),
    ("I want my data in a machine-readable format", Kind.PORTABILITY),
    ("I object to profiling", Kind.OBJECTION),
)


@pytest.mark.parametrize(("text", "kind"), PLAIN)
@pytest.mark.parametrize(
    "change", [str, str.upper, lambda text: f"Hei! {text}.", lambda text: f"{text}\n\nt. Testi"]
)
def test_plain_sentence_is_sure_however_it_is_dressed(text: str, kind: Kind, change: object) -> None:
    assert callable(change)
    reading = understand(change(text))
    assert (reading.kinds, reading.sure, reading.act) == ((kind,), True, Act.REQUEST)


@pytest.mark.parametrize(("text", "kind"), PLAIN[:7])
def test_plain_sentence_is_read_without_its_dots(text: str, kind: Kind) -> None:
    bare = text.translate(str.maketrans("äöÄÖ", "aoAO"))
    assert understand(bare).kinds == (kind,)


def test_why_names_the_rule_and_the_words_that_hit() -> None:
    rule, learned = understand("Poistakaa tietoni").why
    assert rule == "deletes_data: Poistakaa … tietoni"
    assert re.fullmatch(r"erasure (100|9[0-9])%: .*poistakaa.*", learned)


def test_unsure_reading_offers_candidates_likeliest_first() -> None:
    reading = understand("poistakaa minut")
    assert not reading.sure
    assert reading.candidates == (Kind.ERASURE, Kind.OPT_OUT)


def test_sure_reading_offers_no_candidates() -> None:
    assert understand("poista tietoni").candidates == ()


def test_unread_privacy_wish_asks_back() -> None:
    reading = understand("tietoni")
    assert not reading.sure
    assert reading.candidates


@pytest.mark.parametrize(
    ("text", "correction"),
    [
        ("uusi numeroni on 040 000 0123", Correction("phone", "040 000 0123")),
        ("osoitteeni muuttui, uusi on Keksitie 4 B, 99999 Malli", Correction("address", "Keksitie 4 B, 99999 Malli")),
        ("Uusi osoitteeni:\nKeksitie 4\n99999 Mallila", Correction("address", "Keksitie 4, 99999 Mallila")),
        ("nimeni on väärin, pitäisi olla Testi Testinen", Correction("name", "Testi Testinen")),
        ("syntymäaikani on väärin, ei 1.2.1980 vaan 2.1.1980", Correction("birth_date", "2.1.1980")),
        ("please change my email to new@example.org", Correction("email", "new@example.org")),
        ("vaihtakaa sähköposti vanha@example.com -> uusi@example.org", Correction("email", "uusi@example.org")),
        ("osoitteeni on väärin", Correction("address", None)),
    ],
)  # fmt: skip
def test_correction_carries_field_and_new_value(text: str, correction: Correction) -> None:
    assert understand(text).corrections == (correction,)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("anna.antinen@example.com", "anna.antinen@example.com"),
        ("poistakaa tilini, sähköposti Anna.Antinen@Example.com.", "anna.antinen@example.com"),
        ("olen tilannut osoitteella testi(at)example.com, poistakaa tietoni", "testi@example.com"),
        ("vaihtakaa sähköpostini, uusi on uusi@example.org", None),
        ("vanha@example.com on vanha osoitteeni, vaihtakaa tilalle uusi@example.org", "vanha@example.com"),
        ("poistakaa tietoni", None),
    ],
)
def test_claimed_address_is_the_recorded_one_never_the_new_one(text: str, address: str | None) -> None:
    assert understand(text).claimed_email == address


def test_address_in_a_mail_signature_is_no_claim() -> None:
    text = "Poistakaa tietoni.\n\nTerveisin\nTesti Testinen\ntesti@example.com"
    assert understand(text, channel="email").claimed_email is None


def test_message_of_an_address_only_asks_for_nothing_and_is_sure() -> None:
    reading = understand("anna.antinen@example.com")
    assert (reading.kinds, reading.act, reading.sure) == ((), Act.OTHER, True)


def test_customer_and_order_numbers_are_claims() -> None:
    reading = understand("poistakaa tietoni, asiakasnumero 10234 ja tilausnumero 55512")
    assert (reading.claimed_customer, reading.claimed_order) == ("10234", "55512")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("poista tietoni", "fi"),
        ("poistakaa mun tiedot kiitos", "fi"),
        ("delete my data", "en"),
        ("what do you know about me", "en"),
        ("radera mina uppgifter", "sv"),
        ("moi can you please poistaa mun tili thanks", "mixed"),
        ("удалите мои данные", "other"),
        ("Bitte löschen Sie meine Daten", "other"),
        ("482107", "other"),
    ],
)
def test_language_is_told_from_the_text(text: str, language: str) -> None:
    assert understand(text).lang == language


def test_language_of_the_conversation_counts_when_the_text_has_none() -> None:
    assert understand("482107", language="en").lang == "en"
    assert understand("poista tietoni", language="en").lang == "fi"


def test_stored_text_carries_no_identity_code_and_no_one_time_code() -> None:
    reading = understand("hetu 010203A945H, koodi on 482107")
    assert reading.sensitive == ("hetu",)
    assert "010203" not in reading.safe_text
    assert "482107" not in reading.safe_text


def test_repr_of_a_reading_shows_no_person() -> None:
    shown = repr(understand("koodi on 482107, osoite anna.antinen@example.com"))
    assert "482107" not in shown
    assert "anna" not in shown


@pytest.mark.parametrize(
    "quote", ["> Poistakaa tilini\n> ja uutiskirje", "Lähettäjä: Kauppa\nAihe: Mainos\nPeruuta uutiskirje"]
)
@pytest.mark.parametrize("text", ["haluan nähdä tietoni", "kiitos avusta", "774 310"])
def test_quoted_mail_changes_nothing(text: str, quote: str) -> None:
    alone, quoting = understand(text, channel="email"), understand(f"{text}\n\n{quote}", channel="email")
    assert (quoting.kinds, quoting.act, quoting.sure) == (alone.kinds, alone.act, alone.sure)


def test_subject_counts_when_the_body_asks_for_nothing() -> None:
    reading = understand("Hei, nimeni on Testi Testinen.", subject="Poistopyyntö", channel="email")
    assert reading.kinds == (Kind.ERASURE,)


def test_subject_of_an_answer_counts_for_nothing() -> None:
    assert understand("Hei, sainkin sen jo.", subject="Re: Poistopyyntö", channel="email").kinds == ()


def test_several_bans_are_named_in_a_fixed_order() -> None:
    reading = understand("Kiellän markkinatutkimukset, suoramarkkinoinnin ja tietojeni luovuttamisen.")
    assert reading.opt_out_purposes == (Purpose.DIRECT_MARKETING, Purpose.MARKET_RESEARCH, Purpose.DISCLOSURE)


def test_code_beside_a_wish_is_kept() -> None:
    reading = understand("poista tietoni, koodi on 482107")
    assert (reading.kinds, reading.codes) == ((Kind.ERASURE,), ("482107",))


def test_another_persons_account_asks_back() -> None:
    assert not understand("poistakaa mieheni tili").sure
