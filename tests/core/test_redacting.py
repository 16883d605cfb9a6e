"""A message less its writer: what stays, what goes, and that no name, number or address is ever left."""

from __future__ import annotations

import re
from collections.abc import Callable
from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.understanding import understand
from cases.understanding.redacting import Identity, has_words, redact

MATTI = Identity.of(["Matti Tilikainen", "matti.tilikainen@example.com", "Kirjatie 4 A", "Turku"])

ROWS = [
    pytest.param(
        "Hei! En halua poistaa tietojani, haluan vain lopettaa mainokset. Terveisin Aune Salmivirta",
        "Hei! En halua poistaa tietojani, haluan vain lopettaa mainokset. …",
        id="the wish stays, the name goes",
    ),
    pytest.param(
        "asun nyt osoitteessa Koivurinteentie 8 C 21, 99930 Kuvitteenkylä",
        "asun nyt osoitteessa … # … #, # …",
        id="an address",
    ),
    pytest.param("uusi numeroni on 040 123 4567", "uusi numeroni on #", id="a number"),
    pytest.param("numeroni on nolla neljä nolla yksi kaksi", "numeroni on #", id="a number told in words"),
    pytest.param("haluan yhden kopion", "haluan … kopion", id="one such word is no number"),
    pytest.param(
        "poistakaa aune.salmivirta@example.com listalta", "poistakaa @ listalta", id="an e-mail address"
    ),
    pytest.param("poistakaa aune (at) example.com", "poistakaa @", id="an e-mail address as people hide it"),
    pytest.param("olen @aunesalmivirta, poistakaa tilini!", "olen @, poistakaa tilini!", id="a name of a chat"),
    pytest.param("tiedot aune@localhost, kiitos", "tiedot @, kiitos", id="an address without a dot"),
    pytest.param(
        "remove www.aune.example and aune.fi/kuvat and https://a.example/aune from my data",
        "remove and and from my data",
        id="web addresses",
    ),
    pytest.param("poista Rauhan tiedot", "poista … tiedot", id="a capital in the middle of a sentence"),
    pytest.param("POISTAKAA TIETONI, T. KOSKINEN", "POISTAKAA TIETONI, …. …", id="in capitals throughout"),
    pytest.param("koskinen tässä, poistakaa tiedot", "…, poistakaa tiedot", id="a name like a word"),
    pytest.param("asun rauhankadulla", "asun …", id="a street like a word"),
    pytest.param("muutin rauhantielle ja rauhanjarvelle", "muutin … ja …", id="a street without its dots"),
    pytest.param("haluan laskuja postissa", "haluan laskuja …", id="a word that ends like a street"),
    pytest.param("Bill Smith\nstop the marketing", "…\nstop the marketing", id="a line that is a name"),
    pytest.param("tili:Onni tiedot'Aune", "tili tiedot", id="a name hung on a word"),
    pytest.param("I'd like it deleted, GDPR Art. 17", "I'd like it deleted, GDPR …. #", id="capitals of no name"),
    pytest.param("haluan että Te poistatte tietoni", "haluan että Te poistatte tietoni", id="a polite Te"),
    pytest.param("hetuni on [henkilötunnus], poistakaa", "hetuni on #, poistakaa", id="what was masked before"),
    pytest.param("poista²³¹ tietoni １２３", "… tietoni", id="digits that are none of 0 to 9"),
    pytest.param("poistakaa\n\n\n\ntietoni", "poistakaa\ntietoni", id="blank lines"),
    pytest.param("", "", id="nothing"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "left"), ROWS)
def test_what_is_left_of_a_message(text: str, left: str) -> None:
    assert redact(text) == left


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("poistakaa tilikaisen nimi", "poistakaa … nimi"),
        ("kirja tuli osoitteeseen kirjatie", "… tuli osoitteeseen …"),
        ("mattitilikainen on tunnukseni", "… on tunnukseni"),
    ],
)
def test_words_of_the_persons_own_name_and_address_go_in_any_form(text: str, left: str) -> None:
    assert redact(text, MATTI) == left


def test_a_short_name_takes_no_other_words_along() -> None:
    assert redact("mai tässä, main tilille ei mainoksia", Identity.of(["Mai"])) == "…, … tilille ei mainoksia"


def test_a_text_of_names_alone_says_nothing() -> None:
    assert not has_words(redact("Aune Salmivirta, 040 123 4567, aune@example.com"))
    assert has_words(redact("poistakaa Aune"))


@pytest.mark.parametrize(
    "text",
    [
        "Hei, poistakaa kaikki tietoni. Terveisin Aune Salmivirta",
        "moi mitä tietoa teillä on musta? oon Veeti",
        "Lopettakaa mainosten lähettäminen osoitteeseen aune@example.com",
        "Please send me a copy of my data. Emily Watson",
        "I object to the profiling of my purchases, Emily",
    ],
)
def test_what_is_left_is_read_as_the_message_was(text: str) -> None:
    assert understand(text).kinds
    assert understand(redact(text)).kinds == understand(text).kinds


# -- whatever stands around them ------------------------------------------------------------------------------

FIRST_LISTED = """
Anna Maija Matti Pekka Juhani Tuula Kaarina Antti Mikko Mika Siiri Rauha Toivo Taimi Päivi Päivikki Emma
Tiia Eino Aino Helmi Onni Veikko Orvokki Kielo Hilja Lempi Ilma Sisko Armas Oiva Voitto Kerttu Jaakko
Kalle Marjatta Hannele Anneli Tapani Kalevi Johannes Eveliina Sofia Olivia Elias Väinö Eetu Lauri Ville
Jukka Jari Timo Kari Sanna Katja Minna
"""
LAST_LISTED = """
Korhonen Virtanen Mäkinen Nieminen Mäkelä Hämäläinen Laine Heikkinen Koskinen Järvinen Lehtonen Lehtinen
Saarinen Salminen Heinonen Niemi Heikkilä Kinnunen Salonen Turunen Salo Laitinen Tuominen Rantanen
Karjalainen Jokinen Mattila Savolainen Lahtinen Ahonen Koskela Rauhala Varis Vanhanen Vanhala Antikainen
Männistö Rajala Saastamoinen Kuittinen Siirtola Lopponen Kauppinen Kauppila Oksanen Asikainen Tilikainen
Kirjavainen Puhakka Hakala Jakonen Rikkonen
"""
STREETS_LISTED = """
Mannerheimintie Hämeenkatu Rauhankatu Postitie Kauppakatu Puistokatu Puistotie Kirkkotie Vanhatie
Tietokuja Laskutie Siirtolantie Taimistontie Ostoskuja Viestikatu Rekisterikatu Mainostie Osoitepolku
Myllypolku Koivurinteentie Lääkärinkatu Tilusraitti Kuvakuja Numerotie
"""
VOCABULARY_LISTED = """
poistakaa tietoni haluan tilini en ei halua mainoksia uutiskirje lopettakaa osoitteeni nimeni on väärin
koodi hei kiitos terveisin tilaus 20417 040 1234567 12.3.1985 120385-913J 20100 a@b.fi
maija.mallikas@example.com @maija delete my data please stop the newsletter copy account name email
phone is wrong I want nolla neljä nolla www.a.fi
"""
FIRST, LAST, STREETS, VOCABULARY = (
    listed.split() for listed in (FIRST_LISTED, LAST_LISTED, STREETS_LISTED, VOCABULARY_LISTED)
)


def _forms(name: str) -> list[str]:
    """A name as it stands and in a few Finnish cases."""
    if name.endswith("nen"):
        return [name, *(name[:-3] + end for end in ("sen", "selle", "selta", "seen"))]
    if name.endswith("s"):
        return [name, *(name[:-1] + end for end in ("ksen", "kselle"))]
    return [name, *(name + end for end in ("n", "lle", "lta"))]


#: Names that are everyday words in such a form: "I hope", "without", "my sister's".
WORDS = frozenset({"Toivon", "Ilman", "Siskon"})
NAMES = [form for name in (*FIRST, *LAST) for form in _forms(name) if form not in WORDS]
PLACES = [
    form
    for street in STREETS
    for form in (street, f"{street[:-2]}dun" if street.endswith("katu") else street)
]
ALL = frozenset(form.lower() for form in (*NAMES, *PLACES))
STYLES: tuple[Callable[[str], str], ...] = (str, str.lower, str.upper)
GLUE = st.sampled_from(
    [" ", " ", " ", ", ", ". ", "\n", ": ", ":", "/", " - ", "-", "'", '"', "(", ") ", "! ", "…", "_", "\t"]
)
SAID = st.one_of(
    st.sampled_from(VOCABULARY),
    st.tuples(st.sampled_from([*NAMES, *PLACES]), st.sampled_from(STYLES)).map(lambda pair: pair[1](pair[0])),
    st.from_regex(r"\A[0-9٠-٩０-９]{1,12}\Z"),
)
MESSAGES = st.lists(st.tuples(SAID, GLUE), max_size=25).map(
    lambda parts: "".join(word + glue for word, glue in parts)
)


def _left_over(left: str) -> str:
    """What must not be in an example, if it is."""
    if re.search(r"\d{3}", left):
        return "digits"
    if re.search(r"@\s?\w*\.\w|@\w", left):
        return "an address"
    words = {word.lower() for word in re.findall(r"[^\W\d_]+", left)}
    return ", ".join(sorted(words & ALL))


@settings(max_examples=400, deadline=None)
@given(MESSAGES)
def test_no_name_number_or_address_is_left_whatever_stands_around_it(text: str) -> None:
    assert _left_over(redact(text)) == ""


@pytest.mark.parametrize("style", STYLES)
def test_no_name_is_left_alone_or_among_words(style: Callable[[str], str]) -> None:
    for name in (*NAMES, *PLACES):
        for text in ("{}", "haluan että {} saa tietoni", "{} tässä hei, poistakaa tilini", "kiitos\n{}\n"):
            assert style(name).lower() not in re.findall(r"\w+", redact(text.format(style(name))).lower())


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(max_size=200), MESSAGES))
def test_any_text_gives_one_result_and_that_has_nothing_more_to_lose(text: str) -> None:
    once = redact(text)
    assert once == redact(text)
    assert not re.search(r"\d", once)
    assert set(re.findall(r"[^\W\d_]+", redact(once))) <= set(re.findall(r"[^\W\d_]+", once))


@pytest.mark.parametrize(
    "part", ["poistakaa Matin tiedot a@b ", "a", "a.", "fi.fi/", "1 ", "\n", "(", "'a", "@", "a.(at)"]
)
def test_time_grows_with_the_length_alone(part: str) -> None:
    def took(length: int) -> float:
        text = (part * length)[:length]
        began = perf_counter()
        redact(text)
        return perf_counter() - began

    short, long = min(took(12_500) for _ in range(3)), min(took(100_000) for _ in range(2))
    assert long < 30 * short + 0.2
