"""The command line as somebody at a terminal meets it: in this process where that is quicker, else as a program."""

from __future__ import annotations

import asyncio
import io
import json
import os
import sys
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from app.cli import main
from tests.office import Office

PROGRAM = Path(sys.executable).parent / "pyynto"


@dataclass(frozen=True)
class Ran:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def run(*words: str) -> Ran:
    """A command in this process, its standard input no terminal."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    code = 0
    with patch.object(sys, "argv", ["pyynto", *words]), redirect_stdout(out), redirect_stderr(err):
        try:
            main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
    said = [stream.buffer.getvalue().decode() for stream in (out, err)]
    assert "Traceback" not in said[1], said[1]
    return Ran(code, said[0], said[1])


async def beside(*words: str) -> Ran:
    """The same beside a running loop."""
    return await asyncio.to_thread(run, *words)


class Terminal:
    """A terminal in the office of a running shop."""

    def __init__(self, office: Office) -> None:
        self.office = office

    async def __call__(self, *words: str) -> Ran:
        """Run a command beside the service, with the shop's settings."""
        return await beside(*words, "--config", str(self.office.settings_path))

    async def done(self, *words: str) -> Ran:
        """The same, and it must succeed."""
        ran = await self(*words)
        assert ran.code == 0, f"{words}: {ran.code} {ran.out} {ran.err}"
        return ran


async def program(*words: str, cwd: Path, env: Mapping[str, str] | None = None, stdin: bytes = b"") -> Ran:
    """A command as its own process."""
    child = await asyncio.create_subprocess_exec(
        str(PROGRAM), *words, cwd=cwd, env={**os.environ, **(env or {})},
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await asyncio.wait_for(child.communicate(stdin), 60)
    return Ran(child.returncode or 0, out.decode(), err.decode())
