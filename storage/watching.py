"""Canaries and alarms of a shop's mailbox."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete, func, insert, select, update

from cases.model import Route
from cases.watching import ANSWERS_WITHIN, Alarm, Canary, Flown
from storage.store import Transaction
from storage.tables import AlarmRow, CanaryRow, LetterRow, table

CANARIES, ALARMS, LETTERS = table(CanaryRow), table(AlarmRow), table(LetterRow)


async def newest(tx: Transaction, shop: str, ways: Iterable[str]) -> dict[str, Canary | None]:
    """The canary that flew last over each way."""
    found: dict[str, Canary | None] = {}
    for way in ways:
        query = select(CANARIES).where(CANARIES.c.shop == shop, CANARIES.c.way == way)
        row = await tx.first(query.order_by(CANARIES.c.sent_at.desc()).limit(1))
        found[way] = Canary(row.token, row.way, row.sent_at, row.seen_at) if row else None
    return found


async def flown(tx: Transaction, shop: str) -> Flown | None:
    """How the shop's canaries fare; None where none has ever flown."""
    query = select(CANARIES).where(CANARIES.c.shop == shop)
    last = await tx.first(query.order_by(CANARIES.c.sent_at.desc()).limit(1))
    if last is None:
        return None
    seen = await tx.first(
        query.where(CANARIES.c.seen_at.is_not(None)).order_by(CANARIES.c.seen_at.desc()).limit(1)
    )
    lost = Alarm.CANARY_LOST in await alarms(tx, shop)
    return Flown(not lost, Canary(seen.token, seen.way, seen.sent_at, seen.seen_at) if seen else None)


async def let_fly(tx: Transaction, shop: str, canary: Canary) -> None:
    """Remember a canary before it leaves."""
    values = {"token": canary.token, "shop": shop, "way": canary.way, "sent_at": canary.sent_at}
    await tx.run(insert(CANARIES), values)


async def seen(tx: Transaction, shop: str, token: str, at: datetime) -> bool:
    """A canary came back; False for one that is not ours, or was seen before."""
    ours = (CANARIES.c.shop == shop) & (CANARIES.c.token == token) & CANARIES.c.seen_at.is_(None)
    return await tx.run(update(CANARIES).where(ours).values(seen_at=at)) == 1


async def alarms(tx: Transaction, shop: str) -> dict[Alarm, datetime]:
    """What staff have been told and is not over, and since when."""
    rows = await tx.all(select(ALARMS).where(ALARMS.c.shop == shop))
    return {Alarm(row.what): row.since for row in rows}


async def raise_alarm(tx: Transaction, shop: str, alarm: Alarm, now: datetime) -> None:
    """Staff are told now."""
    await tx.run(insert(ALARMS), {"shop": shop, "what": str(alarm), "since": now})


async def clear(tx: Transaction, shop: str, alarm: Alarm) -> None:
    """It is over."""
    await tx.run(delete(ALARMS).where(ALARMS.c.shop == shop, ALARMS.c.what == str(alarm)))


async def stopped_shops(tx: Transaction) -> frozenset[str]:
    """Shops whose mail staff have stopped, or that stopped it by themselves."""
    rows = await tx.all(select(ALARMS.c.shop).where(ALARMS.c.what == str(Alarm.MAIL_STOPPED)))
    return frozenset(row.shop for row in rows)


async def answers(tx: Transaction, shop: str, released: datetime | None, now: datetime) -> int:
    """Letters by mail within `ANSWERS_WITHIN`, or since staff let mail go again."""
    since = max(released, now - ANSWERS_WITHIN) if released else now - ANSWERS_WITHIN
    mine = (LETTERS.c.shop == shop) & (LETTERS.c.route == str(Route.MAIL)) & (LETTERS.c.created_at > since)
    row = await tx.first(select(func.count()).select_from(LETTERS).where(mine))
    return int(row[0]) if row else 0


async def waiting_mail(tx: Transaction, shop: str) -> int:
    """Letters by mail that have not left."""
    mine = (LETTERS.c.shop == shop) & (LETTERS.c.route == str(Route.MAIL)) & (LETTERS.c.state == "queued")
    row = await tx.first(select(func.count()).select_from(LETTERS).where(mine))
    return int(row[0]) if row else 0


async def stop_mail(tx: Transaction, shop: str, now: datetime) -> bool:
    """Let nothing leave by mail; False when it was stopped already."""
    if Alarm.MAIL_STOPPED in await alarms(tx, shop):
        return False
    await raise_alarm(tx, shop, Alarm.MAIL_STOPPED, now)
    return True


async def release_mail(tx: Transaction, shop: str, now: datetime) -> bool:
    """Let mail go again; False when it was not stopped."""
    if Alarm.MAIL_STOPPED not in await alarms(tx, shop):
        return False
    await clear(tx, shop, Alarm.MAIL_STOPPED)
    await clear(tx, shop, Alarm.MAIL_RELEASED)
    await raise_alarm(tx, shop, Alarm.MAIL_RELEASED, now)
    return True
