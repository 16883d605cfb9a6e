"""What staff look at: the queue, one case with everything on it, unsorted messages, what was set aside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import String, cast, delete, func, or_, select

from cases.model import CLOSED, UNSEEN, Case, Entry, Event, Kind, Letter, Request, Status, Unsorted
from cases.tasks import Task, tasks_of
from storage.looking import requests_by_id
from storage.mapping import case_from, entry_from, letter_from, unsorted_from
from storage.store import Transaction
from storage.tables import (
    CaseRow,
    EntryRow,
    LetterRow,
    PreviewRow,
    RequestRow,
    SetAsideRow,
    SuppressionRow,
    UnsortedRow,
    table,
)  # fmt: skip

CASES, ENTRIES, LETTERS, REQUESTS = table(CaseRow), table(EntryRow), table(LetterRow), table(RequestRow)
PREVIEWS, SET_ASIDE = table(PreviewRow), table(SetAsideRow)
SUPPRESSIONS, UNSORTED = table(SuppressionRow), table(UnsortedRow)

_CLOSED = [str(status) for status in CLOSED]
_UNVERIFIED = str(Status.UNVERIFIED)


@dataclass(frozen=True, slots=True)
class SentLetter:
    """A letter as a case shows it."""

    letter: Letter
    state: str
    at: datetime
    fault: str


@dataclass(frozen=True, slots=True)
class Dossier:
    """One case and everything on it."""

    case: Case
    request: Request
    journal: tuple[Entry, ...]
    letters: tuple[SentLetter, ...]
    #: Every case of the same request.
    siblings: tuple[Case, ...] = field(default=())


async def queue(
    tx: Transaction,
    shops: Sequence[str],
    *,
    everything: bool = False,
    overdue_on: date | None = None,
    assignee: str | None = None,
    kind: Kind | None = None,
    limit: int | None = None,
) -> list[Case]:
    """Cases of these shops, nearest due date first; closed ones only with `everything`.

    A case that was never proved is closed once staff have seen the notice that said so; what comes later brings it
    back.
    """
    query = select(CASES).where(CASES.c.shop.in_(shops)).order_by(CASES.c.due, CASES.c.id)
    if not everything:
        flags = cast(CASES.c.flags, String)
        unseen = or_(*(flags.contains(f'"{flag}"') for flag in sorted(UNSEEN)))
        query = query.where(CASES.c.status.not_in(_CLOSED), or_(CASES.c.status != _UNVERIFIED, unseen))
    if overdue_on is not None:
        query = query.where(CASES.c.due < overdue_on)
    if assignee is not None:
        query = query.where(CASES.c.assignee == assignee)
    if kind is not None:
        query = query.where(CASES.c.kind == str(kind))
    return [case_from(row, tx.vault) for row in await tx.all(query.limit(limit) if limit else query)]


async def dossier(tx: Transaction, shops: Sequence[str], case_id: str) -> Dossier | None:
    """One case with its request, journal and letters; None if these shops have no such case."""
    row = await tx.first(select(CASES).where(CASES.c.id == case_id.upper(), CASES.c.shop.in_(shops)))
    if row is None:
        return None
    case = case_from(row, tx.vault)
    (request,) = await requests_by_id(tx, [case.request_id])
    journal = await tx.all(select(ENTRIES).where(ENTRIES.c.case_id == case.id).order_by(ENTRIES.c.id))
    mine = (LETTERS.c.case_id == case.id) | ((LETTERS.c.request_id == request.id) & (LETTERS.c.case_id == ""))
    letters = await tx.all(select(LETTERS).where(mine).order_by(LETTERS.c.id))
    siblings = await tx.all(select(CASES).where(CASES.c.request_id == request.id).order_by(CASES.c.id))
    return Dossier(
        case,
        request,
        tuple(entry_from(entry, tx.vault) for entry in journal),
        tuple(
            SentLetter(
                letter_from(letter, tx.vault), letter.state, letter.done_at or letter.created_at, letter.fault
            )
            for letter in letters
        ),
        tuple(case_from(sibling, tx.vault) for sibling in siblings),
    )


async def unsorted(tx: Transaction, shops: Sequence[str]) -> list[tuple[int, Unsorted]]:
    """Human messages no case was made of, oldest first."""
    query = (
        select(UNSORTED)
        .where(UNSORTED.c.shop.in_(shops), UNSORTED.c.sorted_at.is_(None))
        .order_by(UNSORTED.c.received_at, UNSORTED.c.number)
    )
    return [(row.number, unsorted_from(row, tx.vault)) for row in await tx.all(query)]


async def one_unsorted(tx: Transaction, shops: Sequence[str], number: int) -> Unsorted | None:
    """One unsorted message by its number."""
    query = select(UNSORTED).where(
        UNSORTED.c.number == number, UNSORTED.c.shop.in_(shops), UNSORTED.c.sorted_at.is_(None)
    )
    row = await tx.first(query)
    return unsorted_from(row, tx.vault) if row else None


async def suppressions(tx: Transaction, shops: Sequence[str]) -> list[dict[str, Any]]:
    """Who must get no marketing, oldest first."""
    query = (
        select(SUPPRESSIONS)
        .where(SUPPRESSIONS.c.shop.in_(shops), SUPPRESSIONS.c.state != "lifted")
        .order_by(SUPPRESSIONS.c.id)
    )
    return [
        {
            "shop": row.shop,
            "email": tx.vault.unseal(row.address).decode(),
            "customer_id": row.customer_id,
            "purposes": row.purposes,
            "state": row.state,
            "case_id": row.case_id,
            "since": row.since,
        }
        for row in await tx.all(query)
    ]


async def open_tasks(tx: Transaction, shops: Sequence[str]) -> list[tuple[Case, Task]]:
    """Who must still be told of what, oldest first."""
    events = [str(Event.TASK_OPENED), str(Event.TASK_DONE), str(Event.TASK_SKIPPED)]
    with_tasks = select(ENTRIES.c.case_id).where(ENTRIES.c.event == str(Event.TASK_OPENED))
    query = (
        select(ENTRIES)
        .join(CASES, CASES.c.id == ENTRIES.c.case_id)
        .where(CASES.c.shop.in_(shops), ENTRIES.c.event.in_(events))
        .order_by(ENTRIES.c.id)
    )
    tasks = [
        t for t in tasks_of(entry_from(row, tx.vault) for row in await tx.all(query)) if t.state == "open"
    ]
    rows = await tx.all(select(CASES).where(CASES.c.shop.in_(shops), CASES.c.id.in_(with_tasks)))
    cases = {row.id: case_from(row, tx.vault) for row in rows}
    return [(cases[task.case_id], task) for task in tasks]


async def set_aside_count(tx: Transaction, shops: Sequence[str]) -> int:
    """How many arrivals could not be handled."""
    row = await tx.first(select(func.count()).select_from(SET_ASIDE).where(SET_ASIDE.c.shop.in_(shops)))
    return int(row[0]) if row else 0


async def lapsed(tx: Transaction, now: datetime, limit: int = 200) -> tuple[Request, ...]:
    """Requests whose code has run out and who have not been proved since."""
    query = (
        select(REQUESTS.c.id)
        .where(
            REQUESTS.c.expires_at <= now,
            REQUESTS.c.verified_by.is_(None),
            REQUESTS.c.code_state.in_(("accepted", "withheld", "undelivered")),
        )
        .limit(limit)
    )
    return await requests_by_id(tx, [row.id for row in await tx.all(query)])


async def keep_preview(tx: Transaction, chat: str, preview: dict[str, Any], now: datetime) -> None:
    """Remember the staff verb a chat is about to confirm; the last one counts."""
    row = {"chat": tx.vault.index("preview", chat), "body": tx.vault.seal_json(preview), "at": now}
    await tx.upsert(PREVIEWS, row, keys=["chat"], update=["body", "at"])


async def take_preview(tx: Transaction, chat: str, now: datetime, valid: timedelta) -> dict[str, Any] | None:
    """The staff verb this chat was shown, once; None if there is none or it is too old."""
    index = tx.vault.index("preview", chat)
    row = await tx.first(select(PREVIEWS).where(PREVIEWS.c.chat == index))
    if row is None:
        return None
    await tx.run(delete(PREVIEWS).where(PREVIEWS.c.chat == index))
    preview: dict[str, Any] = tx.vault.unseal_json(row.body)
    return preview if now - row.at <= valid else None
