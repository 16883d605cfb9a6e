"""SQLite for the event loop: a statement runs where it is called, and only what may wait goes to the thread.

`aiosqlite` hands every step (cursor, execute, fetch, close) to its thread. In WAL mode our statements take some
20 µs each while each hand-over takes some 100 µs, so a chat turn spent most of its time changing threads. What
can wait for a lock or for the disk (opening, BEGIN, COMMIT) still never holds up the loop.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any, TypeVar

import aiosqlite

T = TypeVar("T")

#: Statements that may have to wait for another process, or for the disk; and the same as calls of a connection.
_WAITING = ("BEGIN IMMEDIATE", "PRAGMA")
_WAITING_CALLS = frozenset({"commit", "backup", "close"})


class Connection(aiosqlite.Connection):
    """One connection, used by one transaction at a time."""

    async def _execute(self, fn: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        if not self._running or self._connection is None:
            raise ValueError("Connection closed")
        if getattr(fn, "__self__", None) is self._connection:
            waits = getattr(fn, "__name__", "") in _WAITING_CALLS
        else:
            waits = bool(args) and isinstance(args[0], str) and args[0].startswith(_WAITING)
        if waits:
            return await super()._execute(fn, *args, **kwargs)  # type: ignore[no-any-return, no-untyped-call]
        return fn(*args, **kwargs)


def connector(path: str) -> Callable[..., Any]:
    """What SQLAlchemy calls for a new connection to the file at `path`."""

    async def connect(*_: Any, **__: Any) -> aiosqlite.Connection:
        def opened() -> sqlite3.Connection:
            # The thread opens and commits, the loop does the rest, never both at once.
            return sqlite3.connect(path, check_same_thread=False)

        connection = Connection(opened, iter_chunk_size=64)
        connection._thread.daemon = True
        await connection
        return connection

    return connect
