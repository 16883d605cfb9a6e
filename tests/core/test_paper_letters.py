"""Letters on paper: the same bytes each time, the recipient in the window, pages that read well."""

from __future__ import annotations

import logging
import re
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import pytest

from papers.letter import form_pdf, letter_pdf
from papers.words import captions
from tests.paper_tools import facts_of, pages_of, text_of, words_of

MADE = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
SENDER = (
    "Esimerkkikauppa Oy",
    "Mallikatu 1",
    "00100 Helsinki",
    "tietosuoja@example.com",
    "puhelin 09 000 0000",
)
RECIPIENT = ("Maija Mallikas", "c/o Onni Oletus", "Mallitie 1 A 2", "20100 Turku")


def letter(**changed: Any) -> bytes:
    given: dict[str, Any] = {
        "sender": SENDER, "recipient": RECIPIENT, "subject": "Vastaus pyyntöösi", "text": "Hei!\n\nTässä vastaus.",
        "day": "23.11.2026", "reference": "MAL-2026-0001", "language": "fi", "made_at": MADE,
    }  # fmt: skip
    return letter_pdf(**{**given, **changed})


def form(**changed: Any) -> bytes:
    given: dict[str, Any] = {
        "recipient": SENDER[:3], "subject": "Tietosuojapyyntö", "wishes": ["Poistakaa tietoni."],
        "reference": "MAL-2026-0001", "language": "fi", "made_at": MADE,
    }  # fmt: skip
    return form_pdf(**{**given, **changed})


def test_the_same_letter_is_the_same_bytes() -> None:
    assert letter() == letter()
    assert form() == form()
    assert letter() != letter(text="Hei!")


def test_a_letter_says_its_title_its_language_and_when_it_was_made() -> None:
    facts = facts_of(letter())
    assert (facts["Title"], facts["Author"]) == ("Vastaus pyyntöösi", "Esimerkkikauppa Oy")
    assert facts["Page size"].endswith("(A4)")
    assert "Nov 23 08:00:00 2026" in facts["CreationDate"]
    assert b"/Lang (fi)" in letter()
    assert b"/DisplayDocTitle true" in letter()


@pytest.mark.parametrize("lines", [1, 4, 6])
def test_a_window_shows_the_recipient_and_nothing_else(lines: int) -> None:
    """Windows begin 39 to 44 mm from the top and 15 to 20 from the left, are 95 to 105 wide and at least 30 high."""
    recipient = [*RECIPIENT, "Osasto", "Kerros"][:lines]
    found = words_of(letter(recipient=recipient, text="Pitkä teksti. " * 400))
    near = [word for word in found if word.page == 1 and word.x < 125 and 37 < word.y < 84]
    assert [word.text for word in near] == " ".join(recipient).split()
    assert all(word.x > 19.9 and word.y > 45 for word in near)
    assert lines > 4 or all(word.y < 66 for word in near)


def test_long_senders_and_many_references_stay_clear_of_the_window_and_the_edge() -> None:
    sender = [f"Rivi {n}" for n in range(9)]
    reference = ", ".join(f"MAL-2026-{n:04}" for n in range(7))
    found = words_of(letter(sender=sender, reference=reference))
    near = [word.text for word in found if word.x < 125 and 36 < word.y < 84]
    assert near == " ".join(RECIPIENT).split()
    references = [word for word in found if word.text.startswith("MAL-") and word.page == 1]
    assert len(references) == 7
    assert all(132 <= round(word.x, 2) < 170 for word in references)
    assert "Rivi 8" in text_of(letter(sender=sender))


@pytest.mark.parametrize("country", ["FI", "Suomi", "finland"])
def test_a_letter_that_stays_in_finland_names_no_country(country: str) -> None:
    assert letter(recipient=[*RECIPIENT, country]) == letter()
    assert "Sverige" in text_of(letter(recipient=[*RECIPIENT, "Sverige"]))


def test_every_word_is_there_in_the_letters_it_was_written_with() -> None:
    text = "Åke Öhman ja café: 12,50 € – ”lainaus” §\u00a015, Žižek, Ђорђе.\n\n– kohta yksi\n– kohta kaksi\n\nTerveisin"
    shown = text_of(letter(text=text))
    assert " ".join(text.split()) in shown


def test_pages_are_numbered_from_the_second_on() -> None:
    first, *rest = pages_of(
        letter(text="Pitkä kappale, joka jatkuu. " * 60 + "\n\n" + "Toinen kappale. " * 300)
    )
    assert len(rest) >= 1
    assert not re.search(r"\d \(\d\)", first)
    for number, page in enumerate(rest, start=2):
        head = page.strip().splitlines()[0]
        assert re.fullmatch(rf"Viite MAL-2026-0001 +{number} \({len(rest) + 1}\)", head)


@pytest.mark.parametrize("fill", range(24, 36))
def test_no_page_begins_or_ends_with_one_line_of_a_paragraph(fill: int) -> None:
    text = "\n".join(["rivi"] * fill) + "\n\n" + "sana " * 80 + "\n\nloppu."
    pages = pages_of(letter(text=text))
    shown = [sum("sana" in line for line in page.splitlines()) for page in pages]
    assert 1 not in shown
    assert sum(page.count("sana") for page in pages) == 80


def test_a_paragraph_longer_than_a_page_goes_on_over_pages() -> None:
    pages = pages_of(letter(text="sana " * 1500))
    assert len(pages) == 3
    assert sum(page.count("sana") for page in pages) == 1500


def test_a_heading_stays_with_what_it_heads() -> None:
    for fill in range(28, 34):
        pages = pages_of(
            letter(text="\n".join(["rivi"] * fill) + "\n\nJos olet eri mieltä\n\nKysy meiltä.\n\nLoppu.")
        )
        (with_heading,) = [page for page in pages if "Jos olet" in page]
        assert "Kysy meiltä" in with_heading


def test_a_character_the_typeface_lacks_is_marked_and_told_to_no_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.DEBUG):
        shown = text_of(letter(recipient=["真珠 Mallikas", "Mallitie 1"]))
    assert "?? Mallikas" in shown
    assert "Mallikas" not in caplog.text
    assert "真" not in caplog.text
    assert "U+" not in caplog.text


def test_a_moment_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        letter(made_at=datetime(2026, 1, 1))  # noqa: DTZ001


@pytest.mark.parametrize("language", ["fi", "en"])
def test_the_form_has_lines_to_fill_in_and_says_that_nobody_needs_it(language: str) -> None:
    shown = text_of(form(language=language))
    said = captions(language)
    for key in ("place_and_date", "signature", "name", "contact", "form_not_needed"):
        assert said[key] in shown
    assert "Poistakaa tietoni." in shown


def test_the_form_has_the_name_where_it_is_given() -> None:
    assert "Maija Mallikas" in text_of(form(name="Maija Mallikas"))


def test_every_caption_is_in_every_language() -> None:
    assert captions("fi").keys() == captions("en").keys()
    assert all(captions("fi").values())
    assert all(captions("en").values())


LOOK = """
import sys
import app.cli, app.serve, app.deliver, papers.archive, papers.copies, papers.letter
heavy = {"fpdf", "fontTools", "PIL", "pyzipper", "Cryptodome"} & {name.partition(".")[0] for name in sys.modules}
sys.exit(", ".join(sorted(heavy)) or 0)
"""


def test_what_serves_loads_no_pdf_or_archive_library() -> None:
    done = subprocess.run([sys.executable, "-c", LOOK], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
