"""How a due date came about, told on the case itself: every step in its place, with where the rule comes from."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.words import words
from tests.office import Office, opened
from tests.staff.terminal import Terminal
from tests.transcripts import runner

#: Doubted on the second day, extended on the eleventh, proved on the fourteenth with a code sent anew.
STORY = """at 2026-06-01 10:00
mail> Hei, haluan nähdä kaikki tiedot, joita teillä on minusta.
@ smtp maija.mallikas@example.com receipt_with_code
+ 2 days
staff> ask {case} Kumpi osoitteista on sinun?
@ smtp maija.mallikas@example.com ask
+ 9 days
staff> extend {case} --months 1 --reason Tilauksia on hyvin paljon.
@ smtp maija.mallikas@example.com extension
+ 3 days
reply> {code}
@ smtp maija.mallikas@example.com code
@ smtp maija.mallikas@example.com code_expired
reply> {code}
@ smtp maija.mallikas@example.com verified
! case extended=True due=2026-08-13 safe_due=2026-08-03
"""

#: What is told of it: two months from 1 June are 1 August, twelve days more the 13th, a Thursday; and without those
#: days the Monday after that Saturday.
TOLD = {
    "en": (
        ("2026-06-01", "so the count starts from 1 June 2026", "GDPR Art. 12(3)"),
        ("2026-07-01", "1 month from 1 June 2026", "Regulation 1182/71 art. 3(2)(c)"),
        ("2026-06-12", "Extended Friday 12 June 2026 by 1 month", "EDPB Guidelines 01/2022 paras 162-164"),
        ("2026-08-01", "2 months from 1 June 2026", "Regulation 1182/71 art. 3(2)(c)"),
        ("2026-06-15", "12 days of suspension", "EDPB Guidelines 01/2022 para. 159"),
        ("2026-08-13", "12 days of suspension added", "EDPB Guidelines 01/2022 para. 159"),
        ("2026-08-03", "2 August 2026 (Sunday)", "Regulation 1182/71 art. 3(4)"),
        ("2026-08-03", "Monday 3 August 2026: aim for this date", "EDPB Guidelines 01/2022 para. 159"),
        ("2026-08-13", "Due by the end of Thursday 13 August 2026", "GDPR Art. 12(3)"),
    ),
    "fi": (
        ("1.6.2026", "lasketaan päivästä 1.6.2026", "tietosuoja-asetus 12 art."),
        ("1.7.2026", "1 kuukausi 1.6.2026 lukien", "asetus 1182/71"),
        ("12.6.2026", "lisäaikaa 1 kuukausi", "EDPB:n ohjeet 01/2022, 162-164 kohta"),
        ("1.8.2026", "2 kuukautta 1.6.2026 lukien", "asetus 1182/71"),
        ("15.6.2026", "keskeytys 12 päivää", "EDPB:n ohjeet 01/2022, 159 kohta"),
        ("13.8.2026", "12 päivää", "EDPB:n ohjeet 01/2022, 159 kohta"),
        ("3.8.2026", "2.8.2026 (sunnuntai)", "asetus 1182/71, 3 art. 4 kohta"),
        ("3.8.2026", "3.8.2026", "EDPB:n ohjeet 01/2022, 159 kohta"),
        ("13.8.2026", "torstai", "tietosuoja-asetus 12 art."),
    ),
}
LOCALES = {"en": "C.UTF-8", "fi": "fi_FI.UTF-8"}


@pytest.fixture
async def played(tmp_path: Path) -> AsyncIterator[Office]:
    """An office in which the story has happened."""
    transcript = tmp_path / "story.txt"
    transcript.write_text(STORY, encoding="utf-8")
    async with opened(tmp_path / "shop", start=False) as office:
        office.clock.ahead = runner.start_of(transcript) - datetime.now(UTC)
        await office.start()
        await runner.play(office, transcript)
        yield office


async def test_a_case_tells_every_step_to_its_due_date_in_order_with_its_source(
    played: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Receipt, suspension, extension, a proof that came late and the roll: all of it, in both languages."""
    terminal = Terminal(played)
    (row,) = await played.queue()
    monkeypatch.setenv("COLUMNS", "300")
    for language, told in TOLD.items():
        monkeypatch.setenv("LANG", LOCALES[language])
        shown = (await terminal.done("case", row["id"])).out
        steps = shown.partition(words(language)["case"]["dates"])[2].strip().splitlines()[1:]
        assert len(steps) == len(told), steps
        for step, (date, words_of_it, source) in zip(steps, told, strict=True):
            assert step.strip().startswith(date), (step, date)
            assert words_of_it in step, (step, words_of_it)
            assert step.find(source) > step.find(words_of_it), (step, source)
