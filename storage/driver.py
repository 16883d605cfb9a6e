"""SQLite for the event loop: a statement runs where it is called, and only what may wait goes to the thread.

`aiosqlite` hands every step (cursor, execute, fetch, close) to its thread. In WAL mode our statements take some
20 µs each while each hand-over takes some 100 µs, so a chat turn spent most of its time changing threads. What
waits for the disk (opening, COMMIT) or for another process (a locked database) still never holds up the loop.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import aiosqlite

T = TypeVar("T")

#: Calls of a connection that wait for the disk.
_SLOW = frozenset({"commit", "backup", "close"})

#: How long the thread waits for another process to finish writing, in milliseconds.
_PATIENCE_MS = 5000

#: The low byte of SQLite's extended error codes: SQLITE_BUSY_RECOVERY and its kin are SQLITE_BUSY.
_PRIMARY_CODE = 0xFF


class Connection(aiosqlite.Connection):
    """One connection, used by one transaction at a time."""

    async def _execute(self, fn: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        if not self._running or self._connection is None:
            raise ValueError("Connection closed")
        call = partial(fn, *args, **kwargs)
        if getattr(fn, "__name__", "") not in _SLOW or getattr(fn, "__self__", None) is not self._connection:
            try:
                return call()
            except sqlite3.OperationalError as fault:
                if fault.sqlite_errorcode & _PRIMARY_CODE != sqlite3.SQLITE_BUSY:
                    raise
            # Another process is writing. Wait for it in the thread, where waiting holds up nobody.
            call = partial(_patiently, self._connection, call)
        return await super()._execute(call)  # type: ignore[no-any-return, no-untyped-call]


def _patiently(connection: sqlite3.Connection, call: Callable[[], T]) -> T:
    connection.execute(f"PRAGMA busy_timeout={_PATIENCE_MS}")
    try:
        return call()
    finally:
        connection.execute("PRAGMA busy_timeout=0")


def connector(path: str) -> Callable[..., Any]:
    """What SQLAlchemy calls for a new connection to the file at `path`."""

    async def connect(*_: Any, **__: Any) -> aiosqlite.Connection:
        def opened() -> sqlite3.Connection:
            if Path(path).exists() and not os.access(path, os.W_OK):
                # SQLite would open it for reading, and stay so in this process when the disk is well again.
                raise sqlite3.OperationalError("the file cannot be written")
            # The thread opens and commits, the loop does the rest, never both at once.
            return sqlite3.connect(path, check_same_thread=False, timeout=0)

        connection = Connection(opened, iter_chunk_size=64)
        connection._thread.daemon = True
        await connection
        return connection

    return connect
