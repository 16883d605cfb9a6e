"""The outbox: letters committed and not yet sent. Claimed by lease, settled in groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, exists, func, or_, select, update

from cases.model import Letter, LetterState
from cases.watching import Alarm
from storage.mapping import lane_of, letter_from, token_of
from storage.store import Transaction
from storage.tables import AlarmRow, LetterRow, table
from storage.vault import Vault

LETTERS, ALARMS = table(LetterRow), table(AlarmRow)

#: A letter on paper waits for staff, not for a wire.
_TO_SEND = and_(LETTERS.c.state == "queued", LETTERS.c.route != "post")

#: How long a claim holds; whoever died with it loses it then.
LEASE = timedelta(seconds=60)
#: Mail servers try for five days (RFC 5321 section 4.5.4.1); a report that comes later is about something else.
REPORTED_WITHIN = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A letter someone has undertaken to send."""

    letter: Letter
    #: Local part of its Message-ID.
    token: str
    #: Tries before this one.
    tries: int
    #: One lane a recipient: within it letters keep their order.
    lane: str = field(repr=False)
    created_at: datetime


def _waiting_ahead() -> Any:
    """An earlier chat letter to the same chat is not out yet: this one must wait for it."""
    ahead = LETTERS.alias("ahead")
    return exists().where(
        ahead.c.to_index == LETTERS.c.to_index, ahead.c.state == "queued", ahead.c.id < LETTERS.c.id
    )


async def claim(tx: Transaction, now: datetime, limit: int = 100) -> list[Claimed]:
    """Letters that are due and nobody's, now ours for LEASE."""
    free = or_(LETTERS.c.leased_until.is_(None), LETTERS.c.leased_until <= now)
    stopped = select(ALARMS.c.shop).where(ALARMS.c.what == str(Alarm.MAIL_STOPPED))
    orderly = or_(and_(LETTERS.c.route == "mail", LETTERS.c.shop.not_in(stopped)),
                  and_(LETTERS.c.route != "mail", ~_waiting_ahead()))  # fmt: skip
    due = (
        select(LETTERS.c.id)
        .where(and_(_TO_SEND, LETTERS.c.next_at <= now, free, orderly))
        .order_by(LETTERS.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    statement = (
        update(LETTERS).where(LETTERS.c.id.in_(due)).values(leased_until=now + LEASE).returning(*LETTERS.c)
    )
    rows = sorted(await tx.all(statement), key=lambda row: row.id)
    return [_claimed(tx, row) for row in rows]


def as_claimed(vault: Vault, letter: Letter, now: datetime) -> Claimed:
    """A letter that its own commit has leased: no round trip is needed to claim it."""
    return Claimed(letter, token_of(vault, letter.key), 0, lane_of(vault, letter), now)


async def release_all(tx: Transaction) -> int:
    """At start: whatever a dead process had claimed is free again."""
    return await tx.run(
        update(LETTERS)
        .where(LETTERS.c.state == "queued", LETTERS.c.leased_until.is_not(None))
        .values(leased_until=None)
    )


async def settle(
    tx: Transaction, keys: Sequence[str], state: LetterState, now: datetime, fault: str = ""
) -> None:
    """These letters are out, or given up."""
    await tx.run(
        update(LETTERS)
        .where(LETTERS.c.key.in_(keys))
        .values(state=str(state), done_at=now, leased_until=None, fault=fault, tries=LETTERS.c.tries + 1)
    )


async def put_off(tx: Transaction, key: str, next_at: datetime, fault: str, *, counts: bool = True) -> None:
    """Try this letter again at `next_at`."""
    await tx.run(
        update(LETTERS)
        .where(LETTERS.c.key == key)
        .values(next_at=next_at, leased_until=None, fault=fault, tries=LETTERS.c.tries + (1 if counts else 0))
    )


async def find_by_tokens(tx: Transaction, shop: str, tokens: Sequence[str]) -> list[Claimed]:
    """Letters by the local part of their Message-ID; for bounces."""
    query = select(LETTERS).where(LETTERS.c.token.in_(tokens), LETTERS.c.shop == shop)
    return [_claimed(tx, row) for row in await tx.all(query)]


async def newest_to(tx: Transaction, shop: str, addresses: Sequence[str], now: datetime) -> list[Letter]:
    """The newest letter that left for each of these addresses within `REPORTED_WITHIN`."""
    lanes = [tx.vault.index("to", shop, "mail", address) for address in addresses]
    found: dict[str, Letter] = {}
    if lanes:
        sent = and_(LETTERS.c.to_index.in_(lanes), LETTERS.c.state == "sent")
        query = (
            select(LETTERS).where(sent, LETTERS.c.created_at > now - REPORTED_WITHIN).order_by(LETTERS.c.id)
        )
        found = {row.to_index: letter_from(row, tx.vault) for row in await tx.all(query)}
    return list(found.values())


async def state_of(tx: Transaction, now: datetime) -> dict[str, int]:
    """How many letters wait, how many failed in the last day, and how long the oldest due one has waited (s)."""
    waiting = await tx.first(select(func.count(), func.min(LETTERS.c.created_at)).where(_TO_SEND))
    failed = await tx.first(
        select(func.count()).where(LETTERS.c.state == "failed", LETTERS.c.done_at > now - timedelta(days=1))
    )
    oldest = waiting[1] if waiting else None
    return {
        "waiting": int(waiting[0]) if waiting else 0,
        "failed": int(failed[0]) if failed else 0,
        "oldest_seconds": int((now - oldest).total_seconds()) if oldest else 0,
    }


def _claimed(tx: Transaction, row: Any) -> Claimed:
    return Claimed(
        letter=letter_from(row, tx.vault),
        token=row.token,
        tries=row.tries,
        lane=row.to_index,
        created_at=row.created_at,
    )
