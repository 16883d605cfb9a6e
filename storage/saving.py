"""Store exactly what a decision says, in the caller's transaction; and what arrived beside it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Table, bindparam, insert, select, update

from cases.faults import Stale
from cases.model import Case, Channel, Conversation, Decision
from storage import corrections, enclosures, files
from storage.mapping import (
    attempt_values,
    case_values,
    conversation_body,
    entry_values,
    letter_values,
    peer_index,
    request_values,
    suppression_values,
    unsorted_values,
)  # fmt: skip
from storage.store import Transaction
from storage.tables import (
    ArrivalRow,
    AttemptRow,
    CaseRow,
    ConversationRow,
    CounterRow,
    CursorRow,
    EntryRow,
    LetterRow,
    RequestRow,
    SetAsideRow,
    SuppressionRow,
    UnsortedRow,
    table,
)  # fmt: skip
from storage.vault import Vault

ARRIVALS, ATTEMPTS, CASES, CONVERSATIONS = (
    table(ArrivalRow),
    table(AttemptRow),
    table(CaseRow),
    table(ConversationRow),
)
COUNTERS, CURSORS, ENTRIES, LETTERS = table(CounterRow), table(CursorRow), table(EntryRow), table(LetterRow)
REQUESTS, SET_ASIDE, SUPPRESSIONS = table(RequestRow), table(SetAsideRow), table(SuppressionRow)
UNSORTED = table(UnsortedRow)

#: Waits to be printed; what went by mail keeps its own state.
_ON_PAPER = (LETTERS.c.route == "post") & (LETTERS.c.state == "queued")


async def known_keys(tx: Transaction, keys: Sequence[str]) -> set[str]:
    """Which of these arrivals have been handled before."""
    rows = await tx.all(select(ARRIVALS.c.key).where(ARRIVALS.c.key.in_(keys)))
    return {row.key for row in rows}


async def note_arrivals(tx: Transaction, rows: Sequence[dict[str, object]]) -> bool:
    """What arrived and what came of it; False when one of them was there before."""
    return not rows or await tx.upsert(ARRIVALS, rows, keys=["key"]) == len(rows)


async def set_aside(
    tx: Transaction, *, key: str, shop: str, channel: Channel, at: datetime, error: str, raw: bytes
) -> bool:
    """Keep what could not be handled, sealed; False when it was kept before."""
    values = {
        "key": key, "shop": shop, "channel": str(channel), "at": at, "error": error, "raw": tx.vault.seal(raw),
    }  # fmt: skip
    return await tx.upsert(SET_ASIDE, values, keys=["key"]) == 1


async def save(
    tx: Transaction,
    decision: Decision,
    *,
    prefix: str,
    channel: Channel,
    now: datetime,
    leased_until: datetime | None = None,
) -> None:
    """Everything a decision changed. Raises Stale when someone else changed a row first.

    `channel` is the arrival's, under which its tries are counted. With `leased_until` its letters are claimed
    by the caller at once, which spares a round trip.
    """
    await save_many(tx, [decision], prefix=prefix, channel=channel, now=now, leased_until=leased_until)


async def save_many(
    tx: Transaction,
    decisions: Sequence[Decision],
    *,
    prefix: str,
    channel: Channel,
    now: datetime,
    leased_until: datetime | None = None,
) -> None:
    """`save` for decisions that do not touch each other's rows, a statement a table."""
    vault = tx.vault
    requests = [request for d in decisions for request in d.requests]
    cases = [case for d in decisions for case in d.cases]
    entries = [entry_values(entry, vault) for d in decisions for entry in d.entries]
    attempts = [attempt_values(a, vault, channel) for d in decisions for a in d.attempts]
    letters = [letter_values(letter, vault, now, leased_until) for d in decisions for letter in d.letters]
    suppressions = [suppression_values(s, vault) for d in decisions for s in d.suppressions]
    unsorted = [unsorted_values(item, vault) for d in decisions for item in d.unsorted]
    fixes = [correction for d in decisions for correction in d.corrections]
    printed = [letter.key for d in decisions for letter in d.printed]
    settled = [key for d in decisions for key in d.sorted_keys]
    enclosed = [enclosure for d in decisions for enclosure in d.enclosures]
    received = [file for d in decisions for file in d.files]
    talks = [_talk_values(d.conversation, vault, now) for d in decisions if d.conversation is not None]
    await _save_versioned(tx, REQUESTS, [request_values(request, vault) for request in requests])
    await _save_versioned(tx, CASES, [case_values(case, vault) for case in cases])
    await _count(tx, prefix, [case for case in cases if case.version == 0])
    if entries:
        await tx.run(insert(ENTRIES), entries)
    if attempts:
        await tx.run(insert(ATTEMPTS), attempts)
    if letters:
        await tx.upsert(LETTERS, letters, keys=["key"])
    if enclosed:
        await enclosures.keep(tx, enclosed)
    if received:
        await files.keep(tx, received, now)
    if printed:
        await tx.run(
            update(LETTERS).where(_ON_PAPER, LETTERS.c.key.in_(printed)).values(state="sent", done_at=now)
        )
    if suppressions:
        update_columns = ["state", "purposes", "customer_id"]
        await tx.upsert(
            SUPPRESSIONS, suppressions, keys=["shop", "address_index", "case_id"], update=update_columns
        )
    if fixes:
        await corrections.apply(tx, fixes)
    if unsorted:
        await tx.upsert(UNSORTED, unsorted, keys=["key"])
    if settled:
        await tx.run(update(UNSORTED).where(UNSORTED.c.key.in_(settled)).values(sorted_at=now))
    if talks:
        await tx.upsert(CONVERSATIONS, talks, keys=["peer_index"], update=["body", "updated_at"])


def _talk_values(talk: Conversation, vault: Vault, now: datetime) -> dict[str, Any]:
    return {
        "peer_index": peer_index(vault, talk.shop, talk.channel, talk.peer),
        "body": conversation_body(talk, vault),
        "updated_at": now,
    }


async def load_cursor(tx: Transaction, source: str) -> tuple[int, int, datetime] | None:
    """(uidvalidity, last uid, first start) of a mailbox, or None before its first start."""
    row = await tx.first(select(CURSORS).where(CURSORS.c.source == source))
    return (row.uidvalidity, row.last_uid, row.started_at) if row else None


async def move_cursor(
    tx: Transaction, source: str, uidvalidity: int, last_uid: int, started_at: datetime
) -> None:
    """Remember how far a mailbox has been read."""
    values = {"source": source, "uidvalidity": uidvalidity, "last_uid": last_uid, "started_at": started_at}
    await tx.upsert(CURSORS, values, keys=["source"], update=["uidvalidity", "last_uid"])


async def _save_versioned(tx: Transaction, rows: Table, values: Sequence[dict[str, Any]]) -> None:
    """New rows are inserted; a changed one only replaces the version it was decided on, or Stale is raised."""
    fresh = [value for value in values if value["version"] == 1]
    changed = [value for value in values if value["version"] > 1]
    if fresh:
        await tx.run(insert(rows), fresh)
    if not changed:
        return
    was = (rows.c.id == bindparam("was_id")) & (rows.c.version == bindparam("was_version"))
    columns: dict[str, Any] = {name: bindparam(f"new_{name}") for name in changed[0]}
    bound = [
        {
            "was_id": value["id"],
            "was_version": value["version"] - 1,
            **{f"new_{name}": column for name, column in value.items()},
        }
        for value in changed
    ]
    if await tx.run(update(rows).where(was).values(columns), bound) != len(changed):
        raise Stale(str(rows.name))


async def _count(tx: Transaction, prefix: str, fresh: Sequence[Case]) -> None:
    last: dict[int, int] = {}
    for case in fresh:
        # The year in the id is that of the arrival; linking may have moved `received_at` since.
        _, year, number = (int(part) if part.isdigit() else 0 for part in case.id.rsplit("-", 2))
        last[year] = max(last.get(year, 0), number)
    for year, number in last.items():
        await tx.upsert(
            COUNTERS,
            {"prefix": prefix, "year": year, "last": number},
            keys=["prefix", "year"],
            update=["last"],
        )
