"""The store: one database, opened and upgraded by whatever meets it first; read and write transactions.

On SQLite every writer starts with BEGIN IMMEDIATE and waits its turn in this process, so that a transaction
which reads and then writes never finds the file locked half-way. PostgreSQL needs neither.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.sql import Executable

from storage.driver import connector
from storage.types import canonical_json
from storage.vault import Vault

PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
)

#: PostgreSQL takes this advisory lock while migrating; SQLite's write lock does the same.
MIGRATION_LOCK = 7_966_001


class Transaction:
    """One open transaction, and the keys to what it reads."""

    def __init__(self, conn: AsyncConnection, vault: Vault) -> None:
        self.conn = conn
        self.vault = vault

    async def all(self, statement: Executable, values: Mapping[str, Any] | None = None) -> Sequence[Any]:
        """Every row."""
        return (await self.conn.execute(statement, values)).all()

    async def first(self, statement: Executable, values: Mapping[str, Any] | None = None) -> Any | None:
        """The first row or None."""
        return (await self.conn.execute(statement, values)).first()

    async def run(self, statement: Executable, values: Any = None) -> int:
        """Execute; how many rows it touched."""
        result = await self.conn.execute(statement, values)
        return int(result.rowcount)

    async def upsert(
        self,
        table: Table,
        values: Mapping[str, Any] | Sequence[Mapping[str, Any]],
        *,
        keys: Sequence[str],
        update: Sequence[str] | None = None,
    ) -> int:
        """Insert; where the key exists, overwrite the columns in `update` (empty: leave the row as it is)."""
        statement = _upsert(self.conn.dialect.name, table, tuple(keys), tuple(update or ()))
        return await self.run(statement, values)


@cache
def _upsert(dialect: str, table: Table, keys: tuple[str, ...], update: tuple[str, ...]) -> Any:
    """Made once: building a statement takes longer than SQLite takes to run it."""
    statement = (postgresql.insert if dialect == "postgresql" else sqlite.insert)(table)
    if not update:
        return statement.on_conflict_do_nothing(index_elements=list(keys))
    changed = {name: statement.excluded[name] for name in update}
    return statement.on_conflict_do_update(index_elements=list(keys), set_=changed)


class Store:
    """One database."""

    def __init__(self, engine: AsyncEngine, vault: Vault) -> None:
        self._engine = engine
        self.vault = vault
        self._writer: AsyncConnection | None = None
        self._turn = asyncio.Lock() if engine.dialect.name == "sqlite" else None

    @classmethod
    async def open(cls, url: str, secret: str) -> Store:
        """Connect, create what is not there, upgrade what is old. Raises WrongSecret later, on reading."""
        store = cls(_engine(make_url(url)), Vault(secret))
        try:
            await store._upgrade()
        except BaseException:
            await store.close()
            raise
        return store

    async def close(self) -> None:
        """Let go of every connection."""
        if self._writer is not None:
            await self._writer.close()
        await self._engine.dispose()

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Transaction]:
        """A transaction that may write; commits at the end, undoes everything if it fails."""
        if self._turn is None:
            async with self._engine.begin() as conn:
                yield Transaction(conn, self.vault)
            return
        async with self._turn:
            conn = await self._writing()
            try:
                async with conn.begin():
                    yield Transaction(conn, self.vault)
            except BaseException:
                # Whatever went wrong, the next writer starts with a connection that is known to be good.
                self._writer = None
                await conn.close()
                raise

    async def _writing(self) -> AsyncConnection:
        """The one connection that writes: since writers take turns, it is kept between them."""
        if self._writer is None or self._writer.closed:
            conn = await self._engine.connect()
            self._writer = await conn.execution_options(pyynto_write=True)
        return self._writer

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Transaction]:
        """A transaction that only reads, and sees one state of the database."""
        async with self._engine.connect() as conn:
            yield Transaction(conn, self.vault)

    async def _upgrade(self) -> None:
        from storage import migrating

        async with self._engine.connect() as conn:
            if await conn.run_sync(migrating.is_current):
                return
        async with self.write() as transaction:
            await transaction.conn.run_sync(_upgrade_locked)


def _upgrade_locked(conn: Connection) -> None:
    from storage import migrating

    if conn.dialect.name == "postgresql":
        conn.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")
    # Another process may have upgraded while this one waited for the lock.
    if not migrating.is_current(conn):
        migrating.upgrade(conn)


def _engine(url: URL) -> AsyncEngine:
    if url.get_backend_name() == "sqlite":
        if url.database:
            _make_private(Path(url.database))
        engine = create_async_engine(
            url.set(drivername="sqlite+aiosqlite"),
            async_creator=connector(url.database or ""),
            json_serializer=canonical_json,
            hide_parameters=True,
            pool_size=5,
            max_overflow=5,
        )
        event.listen(engine.sync_engine, "connect", _set_up_sqlite)
        event.listen(engine.sync_engine, "begin", _begin_sqlite)
        return engine
    # A fault of the database must not carry what was to be stored into a log.
    return create_async_engine(
        url.set(drivername="postgresql+asyncpg"), json_serializer=canonical_json, hide_parameters=True
    )


def _make_private(file: Path) -> None:
    """The database holds people's data: only its owner may read it. SQLite gives its other files the same mode."""
    file.parent.mkdir(parents=True, exist_ok=True)
    if not file.exists():
        file.touch(mode=0o600)


def _set_up_sqlite(connection: Any, record: Any) -> None:
    # We say BEGIN ourselves: the driver would say it too late for a read-then-write transaction.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _begin_sqlite(conn: Connection) -> None:
    write = conn.get_execution_options().get("pyynto_write")
    conn.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
