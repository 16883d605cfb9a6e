"""Verbs without the wait: one process that has Pyyntö loaded, and forks for each verb it is asked for.

Loading everything takes a second or more, and the demo's page runs a verb after every message. The forked child
runs the same entry point with the same arguments as the installed command; only the loading is shared. Where
there is no fork (Windows), `verbs` starts the command anew each time.

Orders come as JSON lines on standard input, `{"words": […], "locale": "fi_FI.UTF-8"}`; each is answered with one
line on standard output, `{"code", "out", "err"}`, before the next is read.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable
from typing import BinaryIO, TypedDict

Entry = Callable[[], object]


class Order(TypedDict):
    """One line of standard input."""

    words: list[str]
    #: The terminal's language, as `LC_ALL` has it.
    locale: str


def main() -> None:
    """Answer orders until standard input ends."""
    from app.cli import COMMANDS, load
    from app.cli import main as entry

    for name in COMMANDS:
        load(name)
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    answers.write("ready\n")
    answers.flush()
    for line in sys.stdin:
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            code = _run(entry, json.loads(line), out, err)
            answers.write(json.dumps({"code": code, "out": _text(out), "err": _text(err)}) + "\n")
        answers.flush()


def _run(entry: Entry, order: Order, out: BinaryIO, err: BinaryIO) -> int:
    """Run one verb in a forked child; its exit code."""
    child = os.fork()
    if not child:
        _be_the_verb(entry, order, out, err)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def _be_the_verb(entry: Entry, order: Order, out: BinaryIO, err: BinaryIO) -> None:
    """The child's whole life. It must never return into the parent's loop."""
    code = 1
    try:
        with open(os.devnull, "rb") as nothing:  # noqa: PTH123 (a file descriptor is wanted)
            os.dup2(nothing.fileno(), 0)
        os.dup2(out.fileno(), 1)
        os.dup2(err.fileno(), 2)
        os.environ["LC_ALL"] = order["locale"]
        sys.argv = ["pyynto", *order["words"]]
        entry()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _text(file: BinaryIO) -> str:
    file.seek(0)
    return file.read().decode("utf-8", "replace")
