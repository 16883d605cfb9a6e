"""Dialogues as people have them, played over the real wires: every file in tests/transcripts is one.

How they are written stands in `tests/transcripts/runner.py`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.office import MAIJA, Office, opened
from tests.transcripts import runner

FOLDER = Path(runner.__file__).parent
TRANSCRIPTS = sorted(FOLDER.glob("*.txt"))


@pytest.mark.parametrize("transcript", TRANSCRIPTS, ids=lambda path: path.stem)
async def test_the_dialogue_goes_as_written(transcript: Path, tmp_path: Path) -> None:
    """What the transcript says is what happens, and nothing else is told to anyone."""
    async with opened(tmp_path, start=False, profile=runner.shop_of(transcript)) as office:
        office.clock.ahead = runner.start_of(transcript) - datetime.now(UTC)
        await office.start()
        await runner.play(office, transcript)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("< not_understood", "came instead of"),
        ("< ask_address kind=access", "kind is"),
        ("< ask_address\n< ask_address", "did not come"),
        ("+ 1 minutes", "not in the transcript"),
        ("< ask_address\n! case kind=access", "0 cases are like"),
        ("< ask_address\n! cases 2", "there are 1 cases"),
        ("", "at the end"),
        ("nonsense", "no such line"),
    ],
)
async def test_a_wrong_transcript_fails(
    line: str, complaint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A transcript that says what did not happen, or leaves out what did, is no pass."""
    monkeypatch.setattr(runner, "PATIENCE", 2.0)
    transcript = tmp_path / "wrong.txt"
    transcript.write_text(f"> poista tietoni\n{line}\n", encoding="utf-8")
    async with opened(tmp_path / "shop") as office:
        with pytest.raises(runner.Unlike, match=complaint):
            await runner.play(office, transcript)


async def test_messages_sent_at_once_are_taken_in_their_order(office: Office) -> None:
    """An impatient person writes wish and address before any answer: one case, one code."""
    maija = office.person()
    for text in ("hei", "poista tietoni", MAIJA, "ja pian!"):
        await maija.say(text)
    code = await office.code(MAIJA)
    assert await office.bot.all_read()
    await maija.say(code)
    rows = await office.until(lambda rows: bool(rows) and rows[0]["status"] == "open")
    assert [row["kind"] for row in rows] == ["erasure"]
    assert len(office.mail.sent_to(MAIJA)) == 1
