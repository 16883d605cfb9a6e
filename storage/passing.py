"""Whose time has come: requests with a case of which a reminder or the no-action notice is due.

The clock asks often and there is nearly always nothing. So the dates are worked out first, and only cases that stand
before proof or with staff, up to those dates, are looked at: the queue's index has them in that order.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, and_, exists, or_, select

from cases.model import Channel, Claim, Event, Kind, Shop
from cases.passing import (
    FOR_STAFF,
    NOTICED,
    REMIND_AFTER_ARRIVAL,
    REMINDED,
    WAITING_FOR_PROOF,
    WRITTEN,
    Passing,
    last_noticed,
    last_reminded,
)
from storage import gathering, looking
from storage.people import find_customers
from storage.store import Transaction
from storage.tables import CaseRow, EntryRow, table

CASES, ENTRIES = table(CaseRow), table(EntryRow)


def _words(some: Collection[StrEnum]) -> list[str]:
    return sorted(map(str, some))


_IS_WRITTEN = CASES.c.channel.in_(_words(WRITTEN))
_IS_WAITING = CASES.c.status.in_(_words(WAITING_FOR_PROOF))
_IS_HELD = CASES.c.status.in_(_words(FOR_STAFF))


async def coming_due(tx: Transaction, shop: Shop, now: datetime, limit: int = 100) -> list[str]:
    """Ids of requests of which something is due by now, the most urgent first."""
    rows = await tx.all(what_is_due(shop, now).limit(limit))
    return list(dict.fromkeys(row.request_id for row in rows))


def what_is_due(shop: Shop, now: datetime) -> Select[Any]:
    """The query behind it. Until somebody is proved nothing is suspended, so the due date is the safe one."""
    notice = and_(
        _IS_WAITING,
        CASES.c.due <= last_noticed(now, shop.holiday_profile),
        _IS_WRITTEN,
        ~_noted(NOTICED),
    )
    reminder = and_(
        or_(_IS_HELD, and_(_IS_WAITING, or_(CASES.c.kind != str(Kind.OPT_OUT), ~_IS_WRITTEN))),
        CASES.c.received_at <= now - REMIND_AFTER_ARRIVAL,
        ~_noted(REMINDED),
    )
    return (
        select(CASES.c.request_id)
        .where(
            CASES.c.status.in_(_words(WAITING_FOR_PROOF | FOR_STAFF)),
            CASES.c.due <= last_reminded(now),
            CASES.c.shop == shop.profile,
            or_(notice, reminder),
        )
        .order_by(CASES.c.due, CASES.c.id)
    )


def _noted(events: Collection[Event]) -> Any:
    return exists().where(ENTRIES.c.case_id == CASES.c.id, ENTRIES.c.event.in_(_words(events)))


async def gather(tx: Transaction, shop: Shop, request_id: str, now: datetime) -> Passing | None:
    """What is known of one of them now; None if it is gone."""
    found = await looking.requests_by_id(tx, [request_id])
    if not found:
        return None
    request = found[0]
    unsaid = request.channel is Channel.EMAIL and not request.claim
    cases = await looking.cases_of(tx, [request.id])
    talk = await gathering.conversation(tx, request.shop, request.channel, request.peer)
    noted = await looking.entries_of(tx, [case.id for case in cases], REMINDED | looking.DERIVED_FROM)
    attempts = await gathering.attempts_of(tx, request, now)
    match = await find_customers(tx, shop.profile, Claim(email=request.peer)) if unsaid else ()
    return Passing(request, cases, talk, attempts, noted, match)
