"""Files that go with letters: stored sealed with the letter, read when it leaves, gone a while after."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select

from cases.model import Enclosure
from storage.store import Transaction
from storage.tables import EnclosureRow, LetterRow, table

ENCLOSURES, LETTERS = table(EnclosureRow), table(LetterRow)

#: How long a file is kept once its letter has left, or was given up (docs/invariants.md 3).
KEPT_FOR: Final = timedelta(days=30)


async def keep(tx: Transaction, enclosures: Sequence[Enclosure]) -> None:
    """Store them; their letters are in the outbox already. What the same cause stored before stays as it was."""
    places: Counter[str] = Counter()
    rows = []
    for one in enclosures:
        rows.append(
            {
                "letter_key": one.letter_key,
                "place": places[one.letter_key],
                "content_type": one.content_type,
                "name": tx.vault.seal(one.name.encode()),
                "content": tx.vault.seal(one.content),
            }
        )
        places[one.letter_key] += 1
    await tx.upsert(ENCLOSURES, rows, keys=["letter_key", "place"])


async def of_letter(tx: Transaction, letter_key: str) -> tuple[Enclosure, ...]:
    """What goes with a letter, in the order it was enclosed."""
    query = select(ENCLOSURES).where(ENCLOSURES.c.letter_key == letter_key).order_by(ENCLOSURES.c.place)
    vault = tx.vault
    return tuple(
        Enclosure(
            row.letter_key, vault.unseal(row.name).decode(), row.content_type, vault.unseal(row.content)
        )
        for row in await tx.all(query)
    )


async def drop_old(tx: Transaction, now: datetime) -> int:
    """Delete what went out, or was given up, longer ago than KEPT_FOR; how many files that were."""
    over = select(LETTERS.c.key).where(LETTERS.c.state != "queued", LETTERS.c.done_at < now - KEPT_FOR)
    return await tx.run(delete(ENCLOSURES).where(ENCLOSURES.c.letter_key.in_(over)))
