"""Arrive -> read -> gather -> decide -> commit, for a chat message and a mail alike.

A batch is one transaction: what arrived, what it caused and how far the source has been read stand together
or not at all. What cannot be handled is set aside with its raw content, and the rest goes on.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from app.deliver import Delivery
from app.house import House
from app.staffchat import StaffChat
from bot.faults import UnreadableUpdate
from bot.reading import parse
from bot.reading import read as read_update
from cases.decide import claim_of, decide, read
from cases.faults import Stale
from cases.model import Channel, Decision, Form, Inbound, Letter, Route
from mailers import bounces
from mailers.inbox import Cursor, Fetched
from mailers.reading import UnreadableMail, key_of, twin_key
from mailers.reading import read as read_mail
from storage import gathering, outbox, saving
from storage.store import Store, Transaction

log = logging.getLogger(__name__)

#: Mail that was there before the first start is answered only when it is younger than this.
SINCE_BEFORE_START = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Arrival:
    """One raw thing as it came from its source."""

    key: str
    channel: Channel
    raw: Any = field(repr=False)
    #: When the shop's server had it; for an update it stands inside.
    at: datetime | None = None
    #: The same mail under another UID has the same twin.
    twin: str = ""
    #: Only the beginning was fetched: too large to be read whole.
    truncated: bool = False

    def as_bytes(self) -> bytes:
        """The raw content, to be set aside."""
        return self.raw if isinstance(self.raw, bytes) else json.dumps(self.raw, ensure_ascii=False).encode()


class Handler:
    """Takes in what arrives for one shop."""

    def __init__(self, store: Store, house: House, delivery: Delivery, now: Callable[[], datetime]) -> None:
        self._store = store
        self._house = house
        self._delivery = delivery
        self._now = now
        self._staff = StaffChat(house, now)
        self._since: datetime | None = None

    # -- sources -----------------------------------------------------------------------------------------

    async def updates(self, batch: Sequence[dict[str, Any]]) -> None:
        """Commit a batch of Telegram updates; returns when all are stored."""
        shop = self._house.shop.profile
        await self._take(
            [Arrival(f"telegram:{shop}:{raw.get('update_id')}", Channel.CHAT, raw) for raw in batch]
        )

    async def mails(self, batch: Sequence[Fetched], cursor: Cursor) -> None:
        """Commit a batch of mails together with the mailbox's new cursor."""
        shop = self._house.shop.profile
        arrivals = [
            Arrival(
                key_of(shop, mail.uidvalidity, mail.uid), Channel.EMAIL, mail.raw, mail.internal_date,
                twin_key(shop, mail.raw), mail.truncated,
            )
            for mail in batch
        ]  # fmt: skip
        await self._take(arrivals, cursor)

    async def cursor(self) -> Cursor | None:
        """How far this shop's mailbox has been read; None before its first start."""
        async with self._store.read() as tx:
            found = await saving.load_cursor(tx, self._source)
        return Cursor(found[0], found[1]) if found else None

    @property
    def _source(self) -> str:
        return f"mailbox:{self._house.shop.profile}"

    # -- one transaction ---------------------------------------------------------------------------------

    async def _take(self, batch: Sequence[Arrival], cursor: Cursor | None = None) -> None:
        try:
            await self._commit(batch, cursor)
        except (Stale, OSError):
            # Somebody else was first, or the database is away: the source hands the same batch in again.
            raise
        except Exception as fault:
            log.warning(
                "batch_failed channel=%s fault=%s", batch[0].channel if batch else "", type(fault).__name__
            )
            await self._one_by_one(batch, cursor)

    async def _one_by_one(self, batch: Sequence[Arrival], cursor: Cursor | None) -> None:
        """A batch failed as a whole: find the one that cannot be stored, set it aside, keep the others."""
        for arrival in batch:
            try:
                await self._commit([arrival], None)
            except OSError:
                raise
            except Exception as fault:
                async with self._store.write() as tx:
                    await self._set_aside(tx, arrival, type(fault).__name__)
        if cursor is not None:
            await self._commit([], cursor)

    async def _commit(self, batch: Sequence[Arrival], cursor: Cursor | None) -> None:
        now = self._now()
        leased_until = now + outbox.LEASE
        letters: list[Letter] = []
        rows: list[dict[str, Any]] = []
        async with self._store.write() as tx:
            since = (
                await self._since_of(tx, cursor, now) if batch and batch[0].channel is Channel.EMAIL else None
            )
            known = (
                await saving.known_keys(tx, [k for a in batch for k in (a.key, a.twin) if k])
                if batch
                else set()
            )
            for arrival in batch:
                if arrival.key in known or (arrival.twin and arrival.twin in known):
                    continue
                known |= {arrival.key, arrival.twin} - {""}
                outcome, received_at, sent = await self._handle(tx, arrival, since, now, leased_until)
                letters += sent
                rows += [
                    {
                        "key": key, "shop": self._house.shop.profile, "channel": str(arrival.channel),
                        "received_at": received_at, "handled_at": now, "outcome": outcome,
                    }
                    for key in (arrival.key, arrival.twin) if key
                ]  # fmt: skip
            await saving.note_arrivals(tx, rows)
            if cursor is not None:
                await saving.move_cursor(tx, self._source, cursor.uidvalidity, cursor.last_uid, now)
        for row in rows:
            log.info("arrival channel=%s outcome=%s", row["channel"], row["outcome"])
        self._delivery.offer([outbox.as_claimed(self._store.vault, letter, now) for letter in letters])

    async def _handle(
        self, tx: Transaction, arrival: Arrival, since: datetime | None, now: datetime, leased_until: datetime
    ) -> tuple[str, datetime, Sequence[Letter]]:
        """One arrival to its outcome, its time and its letters."""
        try:
            inbound = self._read(arrival, since, now)
            if inbound is None:
                return "nothing_said", arrival.at or now, ()
            decision, channel = await self._decide(tx, inbound, now)
        except (UnreadableUpdate, UnreadableMail) as fault:
            await self._set_aside(tx, arrival, type(fault).__name__)
            return "set_aside", arrival.at or now, ()
        except Stale:
            raise
        except Exception as fault:
            # Nothing of this arrival has been stored yet: reading and deciding store nothing.
            if _is_database(fault):
                raise
            await self._set_aside(tx, arrival, type(fault).__name__)
            return "set_aside", arrival.at or now, ()
        if inbound.form is Form.BUTTON and self._house.telegram is not None:
            self._delivery.answer_button(self._house.telegram, inbound.edge_ref)
        if inbound.automated:
            await self._take_bounce(tx, arrival, now)
        letters = await saving.save(
            tx, decision, prefix=self._house.shop.prefix, channel=channel, now=now, leased_until=leased_until
        )
        return decision.outcome, inbound.received_at, letters

    def _read(self, arrival: Arrival, since: datetime | None, now: datetime) -> Inbound | None:
        shop = self._house.shop
        if arrival.channel is Channel.CHAT:
            telegram = self._house.telegram
            update = parse(arrival.raw)
            return read_update(
                update, shop=shop.profile, bot_username=telegram.username if telegram else "", now=now
            )
        if arrival.truncated:
            raise UnreadableMail("too large")
        return read_mail(
            arrival.raw, key=arrival.key, shop=shop.profile, own_address=shop.mailbox,
            internal_date=arrival.at or now, since=since,
        )  # fmt: skip

    async def _decide(self, tx: Transaction, inbound: Inbound, now: datetime) -> tuple[Decision, Channel]:
        shop = self._house.shop
        if inbound.channel is Channel.CHAT and self._house.may_work(inbound.actor_id):
            answered = await self._staff.answer(tx, inbound)
            if answered is not None:
                return answered, inbound.channel
        talk = await gathering.conversation(tx, shop.profile, inbound.channel, inbound.peer)
        reading = read(inbound, talk)
        claim = claim_of(inbound, reading, talk)
        known = await gathering.gather(
            tx, shop=shop, inbound=inbound, reading=reading, talk=talk, claim=claim, now=now
        )
        return decide(inbound, known), inbound.channel

    async def _take_bounce(self, tx: Transaction, arrival: Arrival, now: datetime) -> None:
        bounce = bounces.bounced(arrival.raw) if isinstance(arrival.raw, bytes) else None
        if bounce is not None and bounce.permanent:
            await self._delivery.bounced(tx, self._house, bounce.message_ids, now)

    async def _set_aside(self, tx: Transaction, arrival: Arrival, error: str) -> None:
        """Keep what could not be handled, and tell staff; that letter goes out with the next claim."""
        shop, now = self._house.shop, self._now()
        kept = await saving.set_aside(
            tx, key=arrival.key, shop=shop.profile, channel=arrival.channel, at=arrival.at or now, error=error,
            raw=arrival.as_bytes(),
        )  # fmt: skip
        await saving.note_arrivals(
            tx,
            [
                {
                    "key": arrival.key, "shop": shop.profile, "channel": str(arrival.channel),
                    "received_at": arrival.at or now, "handled_at": now, "outcome": "set_aside",
                }
            ],
        )  # fmt: skip
        log.error("set_aside channel=%s error=%s", arrival.channel, error)
        if not kept or shop.staff_chat is None:
            return
        alarm = Letter(
            key=f"{arrival.key}/set_aside", name="set_aside", route=Route.STAFF, shop=shop.profile,
            to=str(shop.staff_chat), language=shop.languages[0], context={"channel": str(arrival.channel)},
        )  # fmt: skip
        decision = Decision(letters=(alarm,), outcome="set_aside")
        await saving.save(tx, decision, prefix=shop.prefix, channel=arrival.channel, now=now)

    async def _since_of(self, tx: Transaction, cursor: Cursor | None, now: datetime) -> datetime | None:
        if self._since is None:
            mailbox = self._house.settings.mailbox
            if mailbox is not None and mailbox.since is not None:
                self._since = mailbox.since
            else:
                found = await saving.load_cursor(tx, self._source)
                self._since = (found[2] if found else now) - SINCE_BEFORE_START
        return self._since


def _is_database(fault: Exception) -> bool:
    return isinstance(fault, SQLAlchemyError | OSError)
