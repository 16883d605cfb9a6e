"""Arrive -> read -> gather -> decide -> commit, for a chat message and a mail alike.

A batch is one transaction: what arrived, what it caused and how far the source has been read stand together
or not at all. What cannot be handled is set aside with its raw content, and the rest goes on.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as SqlTimeout

from app.deliver import Delivery
from app.house import House
from app.lawful import require_lawful_letters
from app.staffchat import StaffChat
from bot.reading import parse
from bot.reading import read as read_update
from cases.decide import claim_of, decide, read, unread
from cases.faults import Stale
from cases.model import Channel, Claim, Conversation, Decision, Form, Inbound, Letter, Route
from cases.work import Known
from mailers import bounces
from mailers.inbox import Cursor, Fetched
from mailers.reading import UnreadableMail, key_of, twin_key
from mailers.reading import read as read_mail
from mailers.screening import REPORTS, canary_token
from storage import gathering, outbox, saving, watching
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
    #: It lay in the folder the provider puts spam into.
    junk: bool = False

    @property
    def keys(self) -> tuple[str, ...]:
        """What it is known by ever after."""
        return (self.key, self.twin) if self.twin else (self.key,)

    def as_bytes(self) -> bytes:
        """The raw content, to be set aside."""
        if isinstance(self.raw, bytes):
            return self.raw
        # In ASCII: half a surrogate pair, which Telegram may cut a text at, has no other bytes.
        return json.dumps(self.raw).encode()


#: A source and how far it has been read.
Place = tuple[str, Cursor]


class _Repeated(Exception):
    """Something in the batch had been handled before."""


@dataclass(slots=True)
class _Done:
    """What one transaction has done so far."""

    tx: Transaction
    now: datetime
    leased_until: datetime
    arrivals: list[tuple[Arrival, str, datetime]] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)
    buttons: list[str] = field(default_factory=list)

    def add(
        self, arrival: Arrival, outcome: str, received_at: datetime, letters: Sequence[Letter] = ()
    ) -> None:
        """One more arrival has its outcome."""
        self.arrivals.append((arrival, outcome, received_at))
        self.letters += letters

    def rows(self, shop: str) -> list[dict[str, Any]]:
        """The arrivals as rows: key, time and outcome, nothing of their content."""
        return [
            {
                "key": key, "shop": shop, "channel": str(arrival.channel), "received_at": received_at,
                "handled_at": self.now, "outcome": outcome,
            }
            for arrival, outcome, received_at in self.arrivals
            for key in arrival.keys
        ]  # fmt: skip


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

    async def mails(self, batch: Sequence[Fetched], cursor: Cursor, folder: str = "") -> None:
        """Commit a batch of mails together with the folder's new cursor. No `folder`: the inbox; else spam."""
        shop = self._house.shop.profile
        arrivals = [
            Arrival(
                key_of(shop, mail.uidvalidity, mail.uid, folder), Channel.EMAIL, mail.raw, mail.internal_date,
                twin_key(shop, mail.raw), mail.truncated, junk=bool(folder),
            )
            for mail in batch
        ]  # fmt: skip
        await self._take(arrivals, (self._source(folder), cursor))

    async def cursor(self, folder: str = "") -> Cursor | None:
        """How far this shop's mailbox has been read; None before its first start."""
        async with self._store.read() as tx:
            found = await saving.load_cursor(tx, self._source(folder))
        return Cursor(found[0], found[1]) if found else None

    def _source(self, folder: str = "") -> str:
        return f"mailbox:{self._house.shop.profile}{f':{folder}' if folder else ''}"

    # -- one transaction ---------------------------------------------------------------------------------

    async def _take(self, batch: Sequence[Arrival], cursor: Place | None = None) -> None:
        try:
            await self._commit(batch, cursor)
        except Exception as fault:
            if _is_passing(fault):
                raise
            log.warning("batch_failed fault=%s", type(fault).__name__)
            await self._one_by_one(batch, cursor)

    async def _one_by_one(self, batch: Sequence[Arrival], cursor: Place | None) -> None:
        """A batch failed as a whole: find the one that cannot be stored, set it aside, keep the others."""
        for arrival in batch:
            try:
                await self._commit([arrival], None)
            except Exception as fault:
                if isinstance(fault, Stale) or _is_passing(fault):
                    # Somebody else was first: handed in again, it is decided again.
                    raise
                async with self._store.write() as tx:
                    await self._set_aside(tx, arrival, type(fault).__name__)
        if cursor is not None:
            await self._commit([], cursor)

    async def _commit(
        self, batch: Sequence[Arrival], cursor: Place | None, *, filtered: bool = False
    ) -> None:
        """Everything a batch causes, and the cursor behind it, in one transaction.

        Repeats are rare, so they are not looked for: they show when the arrivals are noted, and then the batch
        is done once more without them.
        """
        now = self._now()
        try:
            done = await self._transact(batch, cursor, now, filtered=filtered)
        except _Repeated:
            await self._commit(batch, cursor, filtered=True)
            return
        for arrival, outcome, _ in done.arrivals:
            log.info("arrival channel=%s outcome=%s", arrival.channel, outcome)
        self._delivery.offer([outbox.as_claimed(self._store.vault, letter, now) for letter in done.letters])
        for reference in done.buttons:
            if self._house.telegram is not None:
                self._delivery.answer_button(self._house.telegram, reference)

    async def _transact(
        self, batch: Sequence[Arrival], cursor: Place | None, now: datetime, *, filtered: bool
    ) -> _Done:
        async with self._store.write() as tx:
            done = _Done(tx, now, now + outbox.LEASE)
            fresh = await self._unseen(tx, batch) if filtered else batch
            if fresh:
                await self._read_all(done, fresh)
            if not await saving.note_arrivals(tx, done.rows(self._house.shop.profile)):
                raise _Repeated
            if cursor is not None:
                source, read_up_to = cursor
                await saving.move_cursor(tx, source, read_up_to.uidvalidity, read_up_to.last_uid, now)
        return done

    async def _unseen(self, tx: Transaction, batch: Sequence[Arrival]) -> list[Arrival]:
        """What has not been handled before, each once."""
        known = await saving.known_keys(tx, [k for a in batch for k in a.keys]) if batch else set()
        fresh = []
        for arrival in batch:
            if known.isdisjoint(arrival.keys):
                fresh.append(arrival)
                known |= set(arrival.keys)
        return fresh

    async def _read_all(self, done: _Done, batch: Sequence[Arrival]) -> None:
        """Read in order; arrivals that cannot touch each other are decided and stored together."""
        since = await self._since_of(done.tx, done.now) if batch[0].channel is Channel.EMAIL else None
        read_ones = [
            (arrival, inbound)
            for arrival in batch
            if (inbound := await self._read(done, arrival, since)) is not None
            and self._is_for_reading(done, arrival, inbound)
        ]
        people = [inbound for _, inbound in read_ones]
        talks = await self._talks(done.tx, people)
        together: dict[str, tuple[Arrival, gathering.Turn]] = {}
        for arrival, inbound in read_ones:
            if inbound.peer in together:
                await self._decide(done, together)
                together = {}
            if inbound.peer not in talks:
                talks |= await self._talks(done.tx, [inbound])
            turn = _turn(inbound, talks.pop(inbound.peer))
            if _stands_alone(turn, staff=self._house.may_work(inbound.actor_id)):
                await self._decide(done, together)
                together = {}
                await self._decide(done, {inbound.peer: (arrival, turn)})
            else:
                together[inbound.peer] = (arrival, turn)
        await self._decide(done, together)

    def _is_for_reading(self, done: _Done, arrival: Arrival, inbound: Inbound) -> bool:
        """Whether a person may have written it; of anything else only the outcome is kept."""
        outcome = unread(inbound, self._house.shop)
        if outcome:
            done.add(arrival, outcome, inbound.received_at)
        return not outcome

    async def _talks(self, tx: Transaction, people: Sequence[Inbound]) -> dict[str, Conversation]:
        shop = self._house.shop.profile
        if not people:
            return {}
        return await gathering.conversations(tx, shop, people[0].channel, {one.peer for one in people})

    async def _read(self, done: _Done, arrival: Arrival, since: datetime | None) -> Inbound | None:
        """One arrival in the core's words; None when nobody said anything, or it had to be set aside."""
        try:
            inbound = self._words_of(arrival, since, done.now)
        except Exception as fault:
            # Reading stores nothing, so whatever it stumbled over concerns this one alone.
            await self._set_aside(done.tx, arrival, type(fault).__name__)
            return None
        if inbound is None:
            done.add(arrival, "nothing_said", arrival.at or done.now)
        elif inbound.automated in REPORTS:
            await self._take_bounce(done.tx, arrival, done.now)
        elif canary_token(inbound.message_id):
            await watching.seen(done.tx, self._house.shop.profile, canary_token(inbound.message_id), done.now)
        return inbound

    async def _decide(self, done: _Done, together: Mapping[str, tuple[Arrival, gathering.Turn]]) -> None:
        """Gather, decide and store arrivals that do not touch each other."""
        if not together:
            return
        shop = self._house.shop
        turns = [turn for _, turn in together.values()]
        knowns = await gathering.gather_many(done.tx, shop, turns, done.now)
        numbers = dict(knowns[0].next_numbers)
        decisions: list[Decision] = []
        for (arrival, turn), known in zip(together.values(), knowns, strict=True):
            try:
                decision = await self._answer(done.tx, turn.inbound, replace(known, next_numbers=numbers))
                require_lawful_letters(self._house, decision.letters)
            except Exception as fault:
                # Deciding stores nothing either.
                if _is_database(fault) or isinstance(fault, Stale):
                    raise
                await self._set_aside(done.tx, arrival, type(fault).__name__)
                continue
            numbers = _used(numbers, decision)
            decisions.append(decision)
            done.add(arrival, decision.outcome, turn.inbound.received_at, decision.letters)
            if turn.inbound.form is Form.BUTTON:
                done.buttons.append(turn.inbound.edge_ref)
        channel = turns[0].inbound.channel
        await saving.save_many(
            done.tx,
            decisions,
            prefix=shop.prefix,
            channel=channel,
            now=done.now,
            leased_until=done.leased_until,
        )

    async def _answer(self, tx: Transaction, inbound: Inbound, known: Known) -> Decision:
        if inbound.channel is Channel.CHAT and self._house.may_work(inbound.actor_id):
            answered = await self._staff.answer(tx, inbound)
            if answered is not None:
                return answered
        return decide(inbound, known)

    def _words_of(self, arrival: Arrival, since: datetime | None, now: datetime) -> Inbound | None:
        shop = self._house.shop
        if arrival.channel is Channel.CHAT:
            telegram = self._house.telegram
            update = parse(arrival.raw)
            return read_update(
                update, shop=shop.profile, bot_username=telegram.username if telegram else "", now=now
            )
        mailbox = self._house.settings.mailbox
        if arrival.truncated and not arrival.raw:
            raise UnreadableMail("the server could not give it")
        inbound = read_mail(
            arrival.raw, key=arrival.key, shop=shop.profile, own_address=shop.mailbox,
            internal_date=arrival.at or now, since=since, truncated=arrival.truncated,
            trusted_servers=mailbox.trusted_servers if mailbox else (),
        )  # fmt: skip
        # What lay among the spam before anybody watched it stays there.
        forgotten = arrival.junk and inbound.before_since
        return None if forgotten else replace(inbound, spam=inbound.spam or arrival.junk)

    async def _take_bounce(self, tx: Transaction, arrival: Arrival, now: datetime) -> None:
        bounce = bounces.bounced(arrival.raw) if isinstance(arrival.raw, bytes) else None
        if bounce is not None:
            await self._delivery.reported(tx, self._house, bounce, now)

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

    async def _since_of(self, tx: Transaction, now: datetime) -> datetime | None:
        if self._since is None:
            mailbox = self._house.settings.mailbox
            if mailbox is not None and mailbox.since is not None:
                self._since = mailbox.since
            else:
                found = await saving.load_cursor(tx, self._source())
                self._since = (found[2] if found else now) - SINCE_BEFORE_START
        return self._since


def _turn(inbound: Inbound, talk: Conversation) -> gathering.Turn:
    reading = read(inbound, talk)
    return gathering.Turn(inbound, reading, talk, claim_of(inbound, reading, talk))


def _stands_alone(turn: gathering.Turn, *, staff: bool) -> bool:
    """It may touch what another arrival of the same batch touches: a code, a thread, someone else's address."""
    inbound, reading, claim = turn.inbound, turn.reading, turn.claim
    elsewhere = bool(claim) and claim != Claim(email=inbound.peer)
    # Whoever is being proved in chat may ask for the code again, which counts towards an address's limit.
    proving = bool(turn.talk.request_id)
    return staff or proving or bool(reading.codes or reading.case_ids or inbound.answers) or elsewhere


def _used(numbers: Mapping[int, int], decision: Decision) -> dict[int, int]:
    """The next free case numbers after a decision that is not stored yet."""
    used = dict(numbers)
    for case in decision.cases:
        if case.version == 0:
            _, year, number = case.id.rsplit("-", 2)
            used[int(year)] = max(used.get(int(year), 0), int(number) + 1)
    return used


def _is_passing(fault: Exception) -> bool:
    """The database is away, locked or full: no fault of what arrived. The source hands it in again."""
    return isinstance(fault, OSError | OperationalError | InterfaceError | SqlTimeout) or (
        isinstance(fault, DBAPIError) and fault.connection_invalidated
    )


def _is_database(fault: Exception) -> bool:
    return isinstance(fault, SQLAlchemyError | OSError)
