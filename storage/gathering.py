"""Gather: everything one decision needs to know, in as few queries as it takes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, func, or_, select

from cases.addresses import normalise_email
from cases.model import (
    Attempt,
    Case,
    Channel,
    Claim,
    Conversation,
    Customer,
    Entry,
    Inbound,
    Kind,
    Reading,
    Request,
    Shop,
)  # fmt: skip
from cases.trust import LATELY
from cases.work import Known, local_year
from storage.looking import (
    REQUESTS_IN_SIGHT,
    cases_of,
    dated_entries,
    next_numbers,
    proved_by_customer,
    requests_by_id,
)  # fmt: skip
from storage.mapping import (
    address_index,
    conversation_from,
    peer_index,
    request_from,
)  # fmt: skip
from storage.people import by_addresses, changed_lately, find_customers
from storage.store import Transaction
from storage.tables import (
    AttemptRow,
    CaseRow,
    ConversationRow,
    LetterRow,
    RequestRow,
    table,
)  # fmt: skip

ATTEMPTS, CASES, CONVERSATIONS = table(AttemptRow), table(CaseRow), table(ConversationRow)
LETTERS, REQUESTS = table(LetterRow), table(RequestRow)

# The queries of every turn, made once: building one takes longer than SQLite takes to run it.
_TALKS = select(CONVERSATIONS).where(CONVERSATIONS.c.peer_index.in_(bindparam("peers", expanding=True)))
_NEWEST = REQUESTS.c.received_at.desc()
_OWN = REQUESTS.c.peer_index.in_(bindparam("peers", expanding=True))
_ADDRESSED = REQUESTS.c.address_index.in_(bindparam("addresses", expanding=True))
_OWN_REQUESTS = select(REQUESTS).where(_OWN).order_by(_NEWEST).limit(bindparam("most"))
_MAIL_REQUESTS = select(REQUESTS).where(or_(_OWN, _ADDRESSED)).order_by(_NEWEST).limit(bindparam("most"))


@dataclass(frozen=True, slots=True)
class Turn:
    """One arrival, read: what a decision is to be gathered for."""

    inbound: Inbound
    reading: Reading
    talk: Conversation
    #: Who it says the person is; by mail the sender's own address when nothing else is said.
    claim: Claim


async def conversation(tx: Transaction, shop: str, channel: Channel, peer: str) -> Conversation:
    """What the dialogue with this peer remembers; a new one if there is none."""
    return (await conversations(tx, shop, channel, [peer]))[peer]


async def conversations(
    tx: Transaction, shop: str, channel: Channel, peers: Iterable[str]
) -> dict[str, Conversation]:
    """`conversation` for several peers at once."""
    by_index = {peer_index(tx.vault, shop, channel, peer): peer for peer in peers}
    found = {peer: Conversation(shop, channel, peer) for peer in by_index.values()}
    for row in await tx.all(_TALKS, {"peers": list(by_index)}):
        peer = by_index[row.peer_index]
        found[peer] = conversation_from(row.body, tx.vault, shop, channel, peer)
    return found


async def gather(tx: Transaction, shop: Shop, turn: Turn, now: datetime) -> Known:
    """Everything `cases.decide.decide` wants to know about one arrival."""
    (known,) = await gather_many(tx, shop, [turn], now)
    return known


async def gather_many(tx: Transaction, shop: Shop, turns: Sequence[Turn], now: datetime) -> list[Known]:
    """`gather` for arrivals that do not touch each other, in as many queries as for one."""
    turns = await _with_claims_that_lead_somewhere(tx, shop.profile, turns)
    sight = await _Sight.of(tx, shop, turns)
    targets = {turn.inbound.key: sight.targets(turn) for turn in turns}
    attempts = await _attempts(tx, shop.profile, turns, set().union(*targets.values()), now)
    years = set().union(*(_years(turn) for turn in turns if _may_open(turn)), ())
    numbers = await next_numbers(tx, shop.prefix, years) if years else {}
    matched = {customer.customer_id for found in sight.match.values() for customer in found[:1]}
    changed = frozenset(await changed_lately(tx, shop.profile, matched, now - LATELY) if matched else ())
    # Whose first request this is gets an answer in any case; whoever has asked for no right yet is counted.
    counted = [turn.inbound for turn in turns if sight.own[turn.inbound.key] or not _opens(turn)]
    replies = await _replies(tx, counted, now)
    # The first mail of a thread has had no answer yet.
    going_on = {sight.threads[turn.inbound.key] for turn in turns if turn.inbound.answers}
    in_threads = await _replies_in(tx, going_on, now)
    return [
        Known(
            shop=shop,
            now=now,
            code_key=tx.vault.code_key,
            conversation=turn.talk,
            reading=turn.reading,
            own=sight.own[turn.inbound.key],
            addressed=sight.addressed[turn.inbound.key],
            threaded=sight.threaded[turn.inbound.key],
            named=sight.named[turn.inbound.key],
            related=sight.related(turn),
            cases=sight.cases(turn),
            dated=sight.dated,
            claim=turn.claim,
            match=sight.match[turn.inbound.key],
            address_changed=changed,
            attempts=_as_seen_by(tx, turn.inbound, attempts, targets[turn.inbound.key]),
            next_numbers=numbers,
            replies_this_hour=replies.get(turn.inbound.peer, 0),
            thread=sight.threads.get(turn.inbound.key, ""),
            replies_in_thread=in_threads.get(sight.threads.get(turn.inbound.key, ""), 0),
        )
        for turn in turns
    ]


class _Sight:
    """Requests, cases and register records around some arrivals, by the arrival's key."""

    def __init__(self) -> None:
        self.own: dict[str, tuple[Request, ...]] = {}
        self.addressed: dict[str, tuple[Request, ...]] = {}
        self.threaded: dict[str, tuple[Request, ...]] = {}
        self.threads: dict[str, str] = {}
        self.named: dict[str, tuple[Request, ...]] = {}
        self.match: dict[str, tuple[Customer, ...]] = {}
        self.dated: dict[str, tuple[Entry, ...]] = {}
        self._by_customer: dict[str, tuple[Request, ...]] = {}
        self._cases: dict[str, tuple[Case, ...]] = {}

    @classmethod
    async def of(cls, tx: Transaction, shop: Shop, turns: Sequence[Turn]) -> _Sight:
        """Look everything up; a query that nobody needs is not made."""
        sight = cls()
        requests = await _requests_of(tx, [turn.inbound for turn in turns])
        sight.match = await _matches(tx, shop.profile, turns)
        for turn in turns:
            inbound = turn.inbound
            sight.own[inbound.key], sight.addressed[inbound.key] = requests[inbound.key]
            sight.threaded[inbound.key] = ()
            if inbound.answers:
                sight.threaded[inbound.key], sight.threads[inbound.key] = await _threaded(tx, inbound)
            elif inbound.message_id:
                sight.threads[inbound.key] = tx.vault.index("thread", inbound.message_id)
            ids = turn.reading.case_ids
            sight.named[inbound.key] = await _named(tx, shop.profile, ids) if ids else ()
        customers = set().union(*(sight._customers(turn) for turn in turns))
        if customers:
            sight._by_customer = await proved_by_customer(tx, shop.profile, customers)
        every = {r.id for turn in turns for r in (*sight._direct(turn), *sight.related(turn))}
        cases = await cases_of(tx, sorted(every))
        for case in cases:
            sight._cases[case.request_id] = (*sight._cases.get(case.request_id, ()), case)
        # Only a proof can move a due date here, and only a ban opens tasks; staff's verbs gather their own.
        proving = any(turn.reading.codes for turn in turns)
        wanted = [case.id for case in cases if proving or case.kind in (Kind.OPT_OUT, Kind.OBJECTION)]
        if wanted:
            sight.dated = await dated_entries(tx, wanted)
        return sight

    def related(self, turn: Turn) -> tuple[Request, ...]:
        """Proved requests of the same register records that are not in sight otherwise."""
        seen = {request.id for request in self._direct(turn)}
        found = {
            r.id: r for c in self._customers(turn) for r in self._by_customer.get(c, ()) if r.id not in seen
        }
        return tuple(found.values())

    def cases(self, turn: Turn) -> tuple[Case, ...]:
        """Every case of every request in sight."""
        ids = dict.fromkeys(r.id for r in (*self._direct(turn), *self.related(turn)))
        return tuple(case for request_id in ids for case in self._cases.get(request_id, ()))

    def targets(self, turn: Turn) -> set[str]:
        """What tries and code mails may be counted against."""
        found = {turn.claim.text, *(normalise_email(c.email) for c in self.match[turn.inbound.key][:1])}
        if turn.inbound.channel is Channel.EMAIL:
            found.add(turn.inbound.peer)
        for request in self._direct(turn):
            found |= {request.proof.address, request.claim.text}
        return found - {""}

    def _direct(self, turn: Turn) -> tuple[Request, ...]:
        key = turn.inbound.key
        return (*self.own[key], *self.addressed[key], *self.threaded[key], *self.named[key])

    def _customers(self, turn: Turn) -> set[str]:
        known = {r.customer_id for r in self._direct(turn) if r.customer_id}
        return known | {c.customer_id for c in self.match[turn.inbound.key][:1]}


async def _with_claims_that_lead_somewhere(
    tx: Transaction, shop: str, turns: Sequence[Turn]
) -> Sequence[Turn]:
    """A mail that names a number we do not have is its sender's own: only another address would say otherwise."""
    return [
        replace(turn, claim=replace(turn.claim, email=turn.inbound.peer))
        if turn.inbound.channel is Channel.EMAIL
        and not turn.claim.email
        and not await find_customers(tx, shop, turn.claim)
        else turn
        for turn in turns
    ]


def _opens(turn: Turn) -> bool:
    return bool(turn.reading.kinds) and turn.reading.sure


def _may_open(turn: Turn) -> bool:
    # The answer to "which of these" may name no right by itself ("the first one").
    return bool(turn.reading.kinds or turn.reading.candidates or turn.inbound.payload or turn.talk.draft)


def _years(turn: Turn) -> set[int]:
    years = {local_year(turn.inbound.received_at)}
    return years | {local_year(turn.talk.draft.received_at)} if turn.talk.draft else years


async def _requests_of(
    tx: Transaction, inbounds: Sequence[Inbound]
) -> dict[str, tuple[tuple[Request, ...], tuple[Request, ...]]]:
    """Per arrival: the peer's own requests, and by mail those whose code went to the sender's address."""
    peers = {i.key: peer_index(tx.vault, i.shop, i.channel, i.peer) for i in inbounds}
    addresses = {
        i.key: address_index(tx.vault, i.shop, i.peer) for i in inbounds if i.channel is Channel.EMAIL
    }
    found: dict[str, Any] = {"peers": list(peers.values()), "most": REQUESTS_IN_SIGHT * len(inbounds)}
    if addresses:
        rows = await tx.all(_MAIL_REQUESTS, {**found, "addresses": list(addresses.values())})
    else:
        rows = await tx.all(_OWN_REQUESTS, found)
    return {
        i.key: (
            tuple(request_from(row, tx.vault) for row in rows if row.peer_index == peers[i.key]),
            tuple(
                request_from(row, tx.vault)
                for row in rows
                if row.peer_index != peers[i.key] and row.address_index == addresses.get(i.key, "-")
            ),
        )
        for i in inbounds
    }


async def _matches(tx: Transaction, shop: str, turns: Sequence[Turn]) -> dict[str, tuple[Customer, ...]]:
    """Register records by claim. Addresses, which nearly every mail has, are looked up together."""
    addresses = {normalise_email(turn.claim.email) for turn in turns if turn.claim.email}
    by_address = await by_addresses(tx, shop, addresses) if addresses else {}
    found: dict[str, tuple[Customer, ...]] = {}
    for turn in turns:
        claim = turn.claim
        if claim.email:
            found[turn.inbound.key] = by_address.get(normalise_email(claim.email), ())
        else:
            found[turn.inbound.key] = await find_customers(tx, shop, claim) if claim else ()
    return found


async def _threaded(tx: Transaction, inbound: Inbound) -> tuple[tuple[Request, ...], str]:
    """Requests an answer is about, and its thread: that of the letter it answers, else of its first mail."""
    tokens = [answer.strip("<> ").partition("@")[0] for answer in inbound.answers]
    answered = LETTERS.c.token.in_(tokens) & (LETTERS.c.shop == inbound.shop)
    query = select(LETTERS.c.request_id, LETTERS.c.thread).where(answered).order_by(LETTERS.c.id)
    letters = await tx.all(query)
    ids = {row.request_id for row in letters if row.request_id}
    thread = next((row.thread for row in letters if row.thread), "")
    by_own_mail = select(REQUESTS.c.id).where(
        REQUESTS.c.message_id.in_(inbound.answers), REQUESTS.c.shop == inbound.shop
    )
    requests = await requests_by_id(tx, ids | {row.id for row in await tx.all(by_own_mail)})
    return requests, thread or tx.vault.index("thread", inbound.answers[-1])


async def _named(tx: Transaction, shop: str, case_ids: Sequence[str]) -> tuple[Request, ...]:
    query = select(CASES.c.request_id).where(CASES.c.id.in_(case_ids), CASES.c.shop == shop)
    return await requests_by_id(tx, {row.request_id for row in await tx.all(query)})


async def _attempts(
    tx: Transaction, shop: str, turns: Sequence[Turn], targets: set[str], now: datetime
) -> dict[str, tuple[Any, ...]]:
    """Rows of the last day, by what they are counted against."""
    by_index = {address_index(tx.vault, shop, target): target for target in targets}
    found: dict[str, tuple[Any, ...]] = {}
    if not by_index:
        return found
    since = now - timedelta(days=1)
    query = select(ATTEMPTS).where(ATTEMPTS.c.address_index.in_(list(by_index)), ATTEMPTS.c.at > since)
    for row in await tx.all(query):
        target = by_index[row.address_index]
        found[target] = (*found.get(target, ()), row)
    return found


def _as_seen_by(
    tx: Transaction, inbound: Inbound, rows: dict[str, tuple[Any, ...]], targets: set[str]
) -> tuple[Attempt, ...]:
    """Attempts with this arrival's own told apart; everyone else is an index alone."""
    if not rows:
        return ()
    me = peer_index(tx.vault, inbound.shop, inbound.channel, inbound.peer)
    return tuple(
        _attempt(row, target, me, inbound.peer) for target in sorted(targets) for row in rows.get(target, ())
    )


def _attempt(row: Any, target: str, me: str, peer: str) -> Attempt:
    """A row as an attempt; `me` is the index of `peer`, everyone else stays an index."""
    return Attempt(
        row.what,
        row.shop,
        peer if row.requester_index == me else row.requester_index,
        target,
        row.at,
        row.own,
    )


async def attempts_of(tx: Transaction, request: Request, now: datetime) -> tuple[Attempt, ...]:
    """Tries and code mails of the last day that count for a request, its own peer told apart."""
    targets = {request.proof.address, request.claim.text, request.peer} - {""}
    by_index = {address_index(tx.vault, request.shop, target): target for target in targets}
    since = now - timedelta(days=1)
    query = select(ATTEMPTS).where(ATTEMPTS.c.address_index.in_(list(by_index)), ATTEMPTS.c.at > since)
    me = peer_index(tx.vault, request.shop, request.channel, request.peer)
    return tuple(_attempt(row, by_index[row.address_index], me, request.peer) for row in await tx.all(query))


async def _replies(tx: Transaction, inbounds: Sequence[Inbound], now: datetime) -> dict[str, int]:
    """Letters to these mail peers within the hour."""
    lanes = {
        tx.vault.index("to", i.shop, "mail", i.peer): i.peer for i in inbounds if i.channel is Channel.EMAIL
    }
    if not lanes:
        return {}
    query = (
        select(LETTERS.c.to_index, func.count())
        .where(LETTERS.c.to_index.in_(list(lanes)), LETTERS.c.created_at > now - timedelta(hours=1))
        .group_by(LETTERS.c.to_index)
    )
    return {lanes[row[0]]: int(row[1]) for row in await tx.all(query)}


async def _replies_in(tx: Transaction, threads: set[str], now: datetime) -> dict[str, int]:
    """Letters in these threads within the day."""
    if not threads:
        return {}
    query = (
        select(LETTERS.c.thread, func.count())
        .where(LETTERS.c.thread.in_(sorted(threads)), LETTERS.c.created_at > now - timedelta(days=1))
        .group_by(LETTERS.c.thread)
    )
    return {row[0]: int(row[1]) for row in await tx.all(query)}
