"""A database is made and upgraded by whatever meets it first, and is then what the code expects."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlmodel import SQLModel

import storage.tables  # noqa: F401  (fills the metadata)
from storage import migrating
from storage.store import Store
from storage.vault import Vault, WrongSecret
from tests.office import SECRET

ROOT = Path(__file__).parents[2]

OPEN = """
import asyncio, sys
from storage.store import Store
async def main():
    store = await Store.open(sys.argv[1], "a-secret-of-the-tests-and-only-there")
    await store.close()
asyncio.run(main())
"""


def differences(conn: Connection) -> list[object]:
    context = MigrationContext.configure(conn, opts={"compare_type": True, "compare_server_default": True})
    return list(compare_metadata(context, SQLModel.metadata))


async def test_the_migrations_make_exactly_the_tables_of_the_code(tmp_path: Path) -> None:
    store = await Store.open(f"sqlite:///{tmp_path / 'new.db'}", SECRET)
    try:
        async with store.read() as tx:
            assert await tx.conn.run_sync(differences) == []
    finally:
        await store.close()


def test_the_newest_revision_is_the_one_the_code_asks_for() -> None:
    config = Config()
    config.set_main_option("script_location", str(migrating.SCRIPTS))
    assert ScriptDirectory.from_config(config).get_current_head() == migrating.HEAD


async def test_processes_that_open_a_new_database_at_once_all_find_it_ready(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'shared.db'}"
    running = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", OPEN, url, cwd=ROOT, stderr=asyncio.subprocess.PIPE
        )
        for _ in range(4)
    ]
    ended = [await process.communicate() for process in running]
    assert [process.returncode for process in running] == [0, 0, 0, 0], [error for _, error in ended]
    store = await Store.open(url, SECRET)
    try:
        async with store.read() as tx:
            assert (await tx.conn.execute(text("SELECT count(*) FROM alembic_version"))).scalar() == 1
    finally:
        await store.close()


async def test_an_upgrade_that_fails_leaves_nothing_half_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tables and their version stand together or not at all."""
    upgrade = migrating.upgrade

    def broken(conn: Connection) -> None:
        upgrade(conn)
        raise RuntimeError("the power went")

    monkeypatch.setattr(migrating, "upgrade", broken)
    url = f"sqlite:///{tmp_path / 'half.db'}"
    with pytest.raises(RuntimeError):
        await Store.open(url, SECRET)
    monkeypatch.setattr(migrating, "upgrade", upgrade)
    store = await Store.open(url, SECRET)
    await store.close()


def test_what_one_secret_sealed_no_other_opens() -> None:
    sealed = Vault(SECRET).seal(b"words")
    assert Vault(SECRET).unseal(sealed) == b"words"
    with pytest.raises(WrongSecret):
        Vault(SECRET + "x").unseal(sealed)
    with pytest.raises(WrongSecret):
        Vault(SECRET).unseal(sealed[:-1] + bytes([sealed[-1] ^ 1]))
