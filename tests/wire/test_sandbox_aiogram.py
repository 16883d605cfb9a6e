"""The Bot API stand-in before aiogram, which validates every answer against the documented types.

aiogram pins a pydantic older than ours, so it lives in an environment of its own, made once and kept in the
user's cache folder.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import venv
from pathlib import Path

import pytest

from sandbox.bot_api import BotApi

pytestmark = pytest.mark.wire

AIOGRAM = "aiogram==3.31.*"
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "pyynto-tests" / "aiogram-3.31"
SCRIPT = Path(__file__).with_name("aiogram_check.py")


def aiogram_python() -> Path:
    """The interpreter that has aiogram, or a skip that says why there is none."""
    python = CACHE / "bin" / "python"
    if not (CACHE / "ready").exists():
        venv.create(CACHE, with_pip=True, clear=True)
        command = [str(python), "-m", "pip", "install", "--quiet", "--no-input", AIOGRAM]
        done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            pytest.skip(f"pip could not install {AIOGRAM}: {reason}")
        (CACHE / "ready").touch()
    return python


async def test_aiogram_reads_every_answer() -> None:
    try:
        python = await asyncio.to_thread(aiogram_python)
    except (OSError, subprocess.SubprocessError) as fault:
        pytest.skip(f"no environment for {AIOGRAM}: {fault}")
    async with BotApi.serve() as api:
        maija = api.bot("4:a-token").person(1001, "Maija", "fi")
        await maija.say("/start")
        await maija.photo(caption="kuva")
        await maija.voice()
        await maija.document()
        await maija.contact()
        await maija.location()
        await maija.block()
        await maija.unblock()
        api.fail_next("sendChatAction", 429, retry_after=1)
        check = await asyncio.create_subprocess_exec(
            python, SCRIPT, api.base_url, "4:a-token", "1001", stdout=-1, stderr=-1
        )
        await maija.next_message(timeout=30)
        await maija.press("Kyllä")
        out, err = await asyncio.wait_for(check.communicate(), 60)
    assert check.returncode == 0, err.decode()
    assert json.loads(out) == {
        "me": "sandbox_4_bot",
        "kinds": ["text", "photo", "voice", "document", "contact", "location", *["my_chat_member"] * 2],
        "sent": ["Vahvistatko?", "bold", "Kyllä"],
        "pressed": "yes",
        "document": "%PDF-x",
        "commands": ["start"],
        "chat": "Maija",
        "bad": "TelegramBadRequest",
        "slow_down": "TelegramRetryAfter",
    }
    assert maija.answers[0]["text"] == "Selvä"
