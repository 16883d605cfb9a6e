"""Letters on paper: a rendered letter becomes a PDF with the shop's and the person's addresses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from app.desk import Going
from app.house import House
from cases.model import Case, Enclosure, Language, Letter
from papers.letter import form_pdf, letter_pdf
from templates import labels

HELSINKI = ZoneInfo("Europe/Helsinki")


def letter_pdf_of(house: House, case: Case, letter: Going, now: datetime) -> bytes:
    """One letter, ready to print; a request to sign is a letter to the shop."""
    if letter.name == SIGNED:
        return request_to_sign(house, [(case.id, str(case.kind))], case.language, now)
    language = str(case.language)
    today = now.astimezone(HELSINKI)
    return letter_pdf(
        sender=_shop(house),
        recipient=letter.to.splitlines() if "@" not in letter.to else [letter.to],
        subject=letter.subject,
        text=letter.body,
        day=_day(today, language),
        reference=case.id,
        language=language,
        made_at=_start_of_day(now),
    )


#: Begun by staff, to be printed.
SIGNED = "signed_request"


def request_to_sign(
    house: House, asked: Sequence[tuple[str, str]], language: Language, now: datetime
) -> bytes:
    """What somebody asked for, case ids and rights, to be printed and signed by those who want to."""
    said = labels(str(language))
    return form_pdf(
        recipient=_shop(house),
        subject=said["form_to_sign"]["subject"],
        wishes=[said["signed"][kind] for _, kind in asked],
        reference=", ".join(case_id for case_id, _ in asked),
        language=str(language),
        made_at=_start_of_day(now),
    )


def form_for(house: House, letter: Letter, written_at: datetime) -> tuple[Enclosure, ...]:
    """The request to sign, for the letter that hands it over; the same at every try.

    It tells case ids and rights, so it may go through Telegram (docs/invariants.md 3).
    """
    asked = [(case["id"], case["kind"]) for case in letter.context["cases"]]
    name = labels(str(letter.language))["form_to_sign"]["file"]
    content = request_to_sign(house, asked, letter.language, written_at)
    return (Enclosure(letter.key, name, "application/pdf", content),)


def _shop(house: House) -> list[str]:
    controller = house.settings.facts.controller
    town = f"{controller.postal_code} {controller.city}"
    return [line for line in (controller.name, controller.po_box or controller.street, town) if line]


def _day(moment: datetime, language: str) -> str:
    return f"{moment.day}.{moment.month}.{moment.year}" if language == "fi" else f"{moment:%-d %B %Y}"


def _start_of_day(now: datetime) -> datetime:
    day = now.astimezone(HELSINKI)
    return datetime(day.year, day.month, day.day, tzinfo=HELSINKI)


#: Letters with a file that is made from the letter when it leaves, and stored nowhere.
MADE: Mapping[str, Callable[[House, Letter, datetime], tuple[Enclosure, ...]]] = {"form": form_for}
