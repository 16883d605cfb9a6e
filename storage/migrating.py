"""Bringing a database to today's tables with Alembic, on a connection that is already open."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect

#: The newest revision under migrations/versions; a test compares it with what Alembic finds there.
HEAD = "0007"

SCRIPTS = Path(__file__).parent / "migrations"


def is_current(conn: Connection) -> bool:
    """The database stands at HEAD; asked without importing Alembic, since every command asks."""
    if not inspect(conn).has_table("alembic_version"):
        return False
    return conn.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() == HEAD


def upgrade(conn: Connection) -> None:
    """Run every migration that is missing, inside the caller's transaction."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.attributes["connection"] = conn
    command.upgrade(config, "head")
