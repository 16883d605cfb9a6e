"""Whose time has come: requests with a case that is due for a reminder or the no-action notice."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import and_, exists, or_, select

from cases.model import Event, Kind, Request, Shop
from cases.passing import FOR_STAFF, NOTICE_BEFORE, REMIND_BEFORE, WAITING_FOR_PROOF, Passing
from cases.work import HELSINKI
from storage import gathering, looking
from storage.store import Transaction
from storage.tables import CaseRow, EntryRow, RequestRow, table

CASES, ENTRIES, REQUESTS = table(CaseRow), table(EntryRow), table(RequestRow)

#: A notice moves back over weekends and holidays; no row of them is longer in Finland.
LONGEST_HOLIDAY = timedelta(days=6)
_UNPROVED = [str(status) for status in (*WAITING_FOR_PROOF, *FOR_STAFF)]
_WAITING = [str(status) for status in WAITING_FOR_PROOF]


async def coming_due(tx: Transaction, shop: Shop, now: datetime, limit: int = 100) -> tuple[Request, ...]:
    """Requests nobody proved, whose cases come near their date and were not reminded of, or need the notice.

    Found by status and due date, which the queue's index has; until somebody is proved the due date is the safe one.
    """
    today = now.astimezone(HELSINKI).date()
    reminded = exists().where(ENTRIES.c.case_id == CASES.c.id, ENTRIES.c.event == str(Event.REMINDED))
    near = and_(CASES.c.due <= today + REMIND_BEFORE, ~reminded)
    notice = and_(
        CASES.c.due <= today + NOTICE_BEFORE + LONGEST_HOLIDAY,
        CASES.c.status.in_(_WAITING),
        CASES.c.kind != str(Kind.OPT_OUT),
        CASES.c.channel.in_(("chat", "email")),
    )
    query = (
        select(CASES.c.request_id)
        .where(
            CASES.c.shop == shop.profile,
            CASES.c.status.in_(_UNPROVED),
            CASES.c.due <= today + REMIND_BEFORE,
            CASES.c.verified_by.is_(None),
            or_(near, notice),
        )
        .order_by(CASES.c.due, CASES.c.id)
        .limit(limit)
    )
    return await looking.requests_by_id(tx, {row.request_id for row in await tx.all(query)})


async def gather(tx: Transaction, request: Request, now: datetime) -> Passing:
    """What is known of one of them."""
    cases = await looking.cases_of(tx, [request.id])
    talk = await gathering.conversation(tx, request.shop, request.channel, request.peer)
    noted = await looking.entries_of(tx, [case.id for case in cases], {Event.REMINDED, *looking.DERIVED_FROM})
    attempts = await gathering.attempts_of(tx, request, now)
    return Passing(request, cases, talk, attempts, noted)
