"""Store exactly what a decision says, in the caller's transaction; and what arrived beside it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert, select, update

from cases.faults import Stale
from cases.model import Case, Channel, Decision, Letter, Request
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

ARRIVALS, ATTEMPTS, CASES, CONVERSATIONS = (
    table(ArrivalRow),
    table(AttemptRow),
    table(CaseRow),
    table(ConversationRow),
)
COUNTERS, CURSORS, ENTRIES, LETTERS = table(CounterRow), table(CursorRow), table(EntryRow), table(LetterRow)
REQUESTS, SET_ASIDE, SUPPRESSIONS = table(RequestRow), table(SetAsideRow), table(SuppressionRow)
UNSORTED = table(UnsortedRow)


async def known_keys(tx: Transaction, keys: Sequence[str]) -> set[str]:
    """Which of these arrivals have been handled before."""
    rows = await tx.all(select(ARRIVALS.c.key).where(ARRIVALS.c.key.in_(keys)))
    return {row.key for row in rows}


async def note_arrivals(tx: Transaction, rows: Sequence[dict[str, object]]) -> None:
    """What arrived and what came of it; a repeat is harmless."""
    if rows:
        await tx.upsert(ARRIVALS, rows, keys=["key"])


async def set_aside(
    tx: Transaction, *, key: str, shop: str, channel: Channel, at: datetime, error: str, raw: bytes
) -> bool:
    """Keep what could not be handled, sealed; False when it was kept before."""
    values = {
        "key": key, "shop": shop, "channel": str(channel), "at": at, "error": error, "raw": tx.vault.seal(raw),
    }  # fmt: skip
    return await tx.upsert(SET_ASIDE, values, keys=["key"]) == 1


async def save(
    tx: Transaction, decision: Decision, *, prefix: str, channel: Channel, now: datetime,
    leased_until: datetime | None = None,
) -> tuple[Letter, ...]:  # fmt: skip
    """Everything a decision changed. Raises Stale when someone else changed a row first.

    `channel` is the arrival's, under which its tries are counted. With `leased_until` the letters are claimed by
    the caller at once, which spares a round trip. Returns the letters that are new.
    """
    vault = tx.vault
    for request in decision.requests:
        await _save_request(tx, request)
    for case in decision.cases:
        await _save_case(tx, case)
    await _count(tx, prefix, [case for case in decision.cases if case.version == 0])
    if decision.entries:
        await tx.run(insert(ENTRIES), [entry_values(entry, vault) for entry in decision.entries])
    if decision.attempts:
        await tx.run(insert(ATTEMPTS), [attempt_values(a, vault, channel) for a in decision.attempts])
    if decision.letters:
        rows = [letter_values(letter, vault, now, leased_until) for letter in decision.letters]
        await tx.upsert(LETTERS, rows, keys=["key"])
    for suppression in decision.suppressions:
        values = suppression_values(suppression, vault)
        await tx.upsert(
            SUPPRESSIONS,
            values,
            keys=["shop", "address_index", "case_id"],
            update=["state", "purposes", "customer_id"],
        )
    if decision.unsorted:
        await tx.upsert(UNSORTED, [unsorted_values(item, vault) for item in decision.unsorted], keys=["key"])
    if decision.sorted_keys:
        await tx.run(update(UNSORTED).where(UNSORTED.c.key.in_(decision.sorted_keys)).values(sorted_at=now))
    if decision.conversation is not None:
        talk = decision.conversation
        row = {
            "peer_index": peer_index(vault, talk.shop, talk.channel, talk.peer),
            "body": conversation_body(talk, vault),
            "updated_at": now,
        }
        await tx.upsert(CONVERSATIONS, row, keys=["peer_index"], update=["body", "updated_at"])
    return decision.letters


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


async def _save_request(tx: Transaction, request: Request) -> None:
    values = request_values(request, tx.vault)
    if request.version == 0:
        await tx.run(insert(REQUESTS), values)
        return
    where = (REQUESTS.c.id == request.id) & (REQUESTS.c.version == request.version)
    if await tx.run(update(REQUESTS).where(where).values(**values)) != 1:
        raise Stale(request.id)


async def _save_case(tx: Transaction, case: Case) -> None:
    values = case_values(case, tx.vault)
    if case.version == 0:
        await tx.run(insert(CASES), values)
        return
    where = (CASES.c.id == case.id) & (CASES.c.version == case.version)
    if await tx.run(update(CASES).where(where).values(**values)) != 1:
        raise Stale(case.id)


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
