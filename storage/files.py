"""Files that people sent with their requests: stored sealed, listed on the cases, written out by staff."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from cases.model import Received
from storage.store import Transaction
from storage.tables import FileRow, table

FILES = table(FileRow)


async def keep(tx: Transaction, files: Sequence[Received], now: datetime) -> None:
    """Store them; a file that came before with the same request is there already."""
    rows = [
        {
            "request_id": file.request_id,
            "sha256": file.sha256,
            "content_type": file.content_type,
            "at": now,
            "name": tx.vault.seal(file.name.encode("utf-8", "replace")),
            "content": tx.vault.seal(file.content),
        }
        for file in files
    ]
    await tx.upsert(FILES, rows, keys=["request_id", "sha256"])


async def of_request(tx: Transaction, request_id: str) -> list[Received]:
    """What came with a request, in the order it came."""
    query = select(FILES).where(FILES.c.request_id == request_id).order_by(FILES.c.at, FILES.c.sha256)
    vault = tx.vault
    return [
        Received(
            row.request_id,
            row.sha256,
            vault.unseal(row.name).decode(),
            row.content_type,
            vault.unseal(row.content),
        )
        for row in await tx.all(query)
    ]
