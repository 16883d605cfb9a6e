"""Pyyntö itself, run as it ships: `pyynto serve` as a child process, and single verbs one at a time.

The page never reaches into the application; whatever it shows of cases is what the command line prints.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shlex
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: What the page's command line may run. Verbs that would never end, or change the installation, are not here.
VERBS = frozenset(
    {
        "add",
        "case",
        "check",
        "complete",
        "deadline",
        "extend",
        "letters",
        "note",
        "queue",
        "refuse",
        "register",
        "reject-identity",
        "reopen",
        "sort",
        "suppressions",
        "take",
        "unsorted",
        "verify",
        "withdraw",
    }
)
#: Verbs that take no --config.
_WITHOUT_CONFIG = frozenset({"--help", "deadline", "letters"})
#: Verbs that may stop at a preview and ask for --yes.
_SENDING = frozenset({"complete", "extend", "refuse", "reject-identity", "verify", "withdraw"})
#: What the environment says of a language. Words follow it even where the system has no such locale.
_LOCALES = {"fi": "fi_FI.UTF-8", "en": "en_GB.UTF-8"}
_ENTRY = "import sys; from app.cli import main; sys.exit(main())"
#: Before `serve` starts: stop it when standard input ends, that is, when the demo was killed.
_TETHER = """\
import os, signal, threading
tether = lambda: (os.read(0, 1), os.kill(os.getpid(), signal.SIGTERM))
threading.Thread(target=tether, daemon=True).start()
"""
_LOADED = "from sandbox.warm import main; main()"
#: Seconds a verb may take, and `serve` to stop.
_PATIENCE, _STOP_PATIENCE = 60.0, 15.0
#: Bytes of the longest output of a verb.
_LONGEST_ANSWER = 16_000_000
#: Seconds between two readings of the queue: at least, and at most.
_PAUSE, _QUIET = 0.4, 20.0


@dataclass(frozen=True, slots=True)
class Ran:
    """What a verb printed, and its exit code (0 done, 1 refused, 2 wrong usage)."""

    line: str
    code: int
    out: str
    err: str
    #: It showed what would be sent, and waits for a yes.
    asks: bool = False


class Refused(Exception):
    """The page may not run this line; the text says why, as a key into the page's texts."""


class Pyynto:
    """One installation in a folder: its settings file, its environment, its running `serve`."""

    def __init__(self, folder: Path, secrets: dict[str, str]) -> None:
        self.folder = folder
        self.log = folder / "serve.log"
        self._env = {
            **os.environ,
            **secrets,
            "PYTHONUNBUFFERED": "1",
            "NO_COLOR": "1",
            "COLUMNS": "62",
            "PYTHONUTF8": "1",
        }
        self._serve: asyncio.subprocess.Process | None = None
        self._warm: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()

    @property
    def serving(self) -> bool:
        """Whether `serve` is up."""
        return self._serve is not None and self._serve.returncode is None

    async def start(self) -> None:
        """Start `serve`; what it logs goes to a file beside the settings."""
        with self.log.open("ab") as log:
            self._serve = await asyncio.create_subprocess_exec(
                *(sys.executable, "-c", _TETHER + _ENTRY, "serve", "--config", "pyynto.toml"),
                cwd=self.folder,
                env=self._env,
                stdin=asyncio.subprocess.PIPE,
                stdout=log,
                stderr=log,
                # Ctrl-C is for the demo, which then stops `serve` in good order.
                start_new_session=True,
            )

    async def ended(self) -> int:
        """Wait until `serve` ends; its exit code."""
        return await self._serve.wait() if self._serve else 0

    async def stop(self) -> None:
        """Ask `serve` to stop, and insist when it does not."""
        await self._cool()
        if self._serve is None or self._serve.returncode is not None:
            return
        self._serve.terminate()
        try:
            await asyncio.wait_for(self._serve.wait(), _STOP_PATIENCE)
        except TimeoutError:
            self._serve.kill()
            await self._serve.wait()

    def last_words(self, lines: int = 15) -> str:
        """The end of `serve`'s log."""
        text = self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])

    async def run_line(self, line: str, *, yes: bool = False, lang: str = "en") -> Ran:
        """Run what somebody typed into the page's command line; it answers in `lang`, "fi" or "en".

        Raises:
            Refused: the verb is not one for the page, or the line cannot be read.
        """
        words = _read_line(line)
        if yes and "--yes" not in words:
            words.append("--yes")
        ran = await self.run(*words, lang=lang)
        asks = ran.code == 1 and words[0] in _SENDING and "--yes" not in words and bool(ran.out.strip())
        return Ran(shlex.join(["pyynto", *words]), ran.code, ran.out, ran.err, asks)

    async def run(self, *words: str, lang: str = "en") -> Ran:
        """Run one verb to its end, in a terminal that speaks `lang`.

        Raises:
            TimeoutError: it took longer than a minute, and was stopped.
        """
        config = () if words[0] in _WITHOUT_CONFIG else ("--config", "pyynto.toml")
        return await (self._run_warm if hasattr(os, "fork") else self._run_anew)(
            [*words, *config], _LOCALES.get(lang, "C")
        )

    async def _run_warm(self, words: list[str], spoken: str) -> Ran:
        """Have it run by the process that has everything loaded; one verb at a time."""
        async with self._turn:
            try:
                async with asyncio.timeout(_PATIENCE):
                    answer = await self._order(words, spoken)
            except BaseException:
                # What it would still answer belongs to an order nobody waits for.
                await self._cool()
                raise
        return Ran(shlex.join(words), answer["code"], answer["out"], answer["err"])

    async def _order(self, words: list[str], spoken: str) -> dict[str, Any]:
        if self._warm is None:
            self._warm = await asyncio.create_subprocess_exec(
                *(sys.executable, "-c", _LOADED),
                cwd=self.folder,
                env=self._env,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                start_new_session=True,
                limit=_LONGEST_ANSWER,
            )
            assert self._warm.stdout is not None
            await self._warm.stdout.readline()
        assert self._warm.stdin is not None
        assert self._warm.stdout is not None
        self._warm.stdin.write(json.dumps({"words": words, "locale": spoken}).encode() + b"\n")
        read: dict[str, Any] = json.loads(await self._warm.stdout.readline() or "null") or {
            "code": 1,
            "out": "",
            "err": "pyynto could not be started",
        }
        return read

    async def _cool(self) -> None:
        """Stop the loaded process; the next verb starts a new one."""
        warm, self._warm = self._warm, None
        if warm is not None:
            with contextlib.suppress(ProcessLookupError):
                warm.kill()
            await warm.wait()

    async def _run_anew(self, words: list[str], spoken: str) -> Ran:
        child = await asyncio.create_subprocess_exec(
            *self._command(*words),
            cwd=self.folder,
            env=self._env | {"LC_ALL": spoken},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            out, err = await asyncio.wait_for(child.communicate(), _PATIENCE)
        except BaseException:
            with contextlib.suppress(ProcessLookupError):
                child.kill()
            await child.communicate()
            raise
        return Ran(shlex.join(words), child.returncode or 0, out.decode(), err.decode())

    def _command(self, *words: str) -> list[str]:
        return [sys.executable, "-c", _ENTRY, *words]


def _read_line(line: str) -> list[str]:
    try:
        words = shlex.split(line)
    except ValueError:
        raise Refused("line_unreadable") from None
    if words and words[0] == "pyynto":
        words = words[1:]
    if not words or words[0] not in VERBS:
        raise Refused("verb_unknown")
    if any(word.split("=")[0] == "--config" for word in words):
        raise Refused("config_is_set")
    return words


class QueueWatch:
    """Reads `pyynto queue --all --json` again whenever something happened, and now and then besides."""

    def __init__(self, pyynto: Pyynto, changed: Callable[[], None]) -> None:
        self.rows: list[dict[str, Any]] = []
        #: Why the queue could not be read; empty when it could.
        self.trouble = ""
        self._pyynto = pyynto
        self._changed = changed
        self._poke = asyncio.Event()

    def poke(self) -> None:
        """Something happened: the queue may have changed."""
        self._poke.set()

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            await self._read()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._poke.wait(), _QUIET)
            # What happens in these moments is read together.
            await asyncio.sleep(_PAUSE)
            self._poke.clear()

    async def _read(self) -> None:
        try:
            ran = await self._pyynto.run("queue", "--all", "--json")
            rows, trouble = json.loads(ran.out) if ran.code == 0 else self.rows, ran.err.strip()
        except (OSError, ValueError, TimeoutError) as fault:
            rows, trouble = self.rows, type(fault).__name__
        if (rows, trouble) != (self.rows, self.trouble):
            self.rows, self.trouble = rows, trouble
            self._changed()
