"""Identity: the one-time code, how it is judged, and how often it may be tried or mailed.

The code is computed from a key, the request and a running number, so it is stored nowhere. The limits stand in
docs/invariants.md 1.3; why a code goes to the recorded address only, in docs/law.md 5 (EDPB Guidelines 01/2022,
65 and 70-73). Who is asked what, and in which words, is decided elsewhere.
"""

from __future__ import annotations

import hmac
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from cases.model import Attempt, Channel, Event, Proof

TRIES_A_REQUEST = 5
TRIES_A_DAY = 10
MAILS_AN_HOUR = 3
MAILS_AN_HOUR_TO_ONE_ADDRESS = 8
#: After so many code mails that came back within a day, an address gets no more, unless it writes itself.
BOUNCES_A_DAY = 2

#: How long a code is good, counted from the moment the mail server took it.
LIFETIME = {Channel.CHAT: timedelta(minutes=30), Channel.EMAIL: timedelta(hours=24)}

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def one_time_code(key: bytes, request_id: str, issue: int) -> str:
    """Six digits; the same for the same request and issue, and not to be guessed without the key."""
    digest = hmac.digest(key, f"{request_id}:{issue}".encode(), "sha256")
    return f"{int.from_bytes(digest[:8], 'big') % 10**6:06d}"


def lifetime(channel: Channel) -> timedelta:
    """How long a code for a request that came by this channel is valid."""
    return LIFETIME.get(channel, LIFETIME[Channel.EMAIL])


def is_live(proof: Proof, now: datetime) -> bool:
    """The code has been accepted by the mail server, is not used, and has time left."""
    return (
        proof.state == "accepted"
        and not proof.used
        and proof.expires_at is not None
        and now < proof.expires_at
    )


def may_repeat(proof: Proof, channel: Channel, now: datetime) -> bool:
    """The same code goes out again: only within one lifetime of the first mail, so that no code lives for ever."""
    first = proof.accepted_at
    return is_live(proof, now) and first is not None and now < first + lifetime(channel)


def next_issue(proof: Proof, channel: Channel, now: datetime) -> Proof:
    """A code never mailed before, waiting for the mail server.

    `expires_at` is provisional until then. It only keeps the words in step with those for an address that is on
    no record: a code that is on its way is judged by itself.
    """
    issue = proof.issue if proof.state == "" and proof.issue > 0 else proof.issue + 1
    return replace(proof, issue=issue, state="queued", accepted_at=None, expires_at=now + lifetime(channel))


def accepted(proof: Proof, channel: Channel, now: datetime) -> Proof:
    """The proof after the mail server took the code mail, or a copy of it, at `now`."""
    first = proof.accepted_at or now
    return replace(proof, state="accepted", accepted_at=first, expires_at=now + lifetime(channel))


def tries_left(proof: Proof, *, own: bool) -> int:
    """How many tries remain; those from the recorded address itself are counted apart."""
    return TRIES_A_REQUEST - (proof.own_tries if own else proof.tries)


def judge(
    proof: Proof,
    typed: str,
    code: str,
    attempts: Iterable[Attempt],
    requester: str,
    target: str,
    now: datetime,
) -> Event:
    """What a typed code leads to. `code` is what was mailed; for a claim that matches nothing, nothing equals it.

    `target` is what tries are counted against: the recorded address, or the claim where nothing matched.
    The comparison is made in every case and in constant time, so that its length tells nothing. What a wrong code
    leads to depends on nothing but tries and time, which run alike for every claim (docs/invariants.md 1.2).
    """
    own = bool(proof.address) and requester == proof.address
    right = hmac.compare_digest(code.encode(), typed.encode("utf-8", "replace")) and bool(proof.address)
    if tries_left(proof, own=own) < 1 or _tries_today(attempts, requester, target, now) >= TRIES_A_DAY:
        return Event.CODE_EXHAUSTED
    if proof.used or proof.issue == 0:
        return Event.CODE_EXPIRED
    if right and proof.state == "queued":
        # The mail may be read before our own note that the server took it is stored.
        return Event.CODE_ACCEPTED
    if proof.expires_at is not None and now >= proof.expires_at:
        return Event.CODE_EXPIRED
    if right and proof.state == "accepted":
        return Event.CODE_ACCEPTED
    if right and proof.state == "undelivered":
        return Event.CODE_EXPIRED
    return Event.CODE_REFUSED if tries_left(proof, own=own) > 1 else Event.CODE_EXHAUSTED


def spend_try(proof: Proof, *, own: bool) -> Proof:
    """The proof after one wrong try."""
    return replace(proof, own_tries=proof.own_tries + 1) if own else replace(proof, tries=proof.tries + 1)


def withhold_mail(attempts: Collection[Attempt], requester: str, address: str, now: datetime) -> str | None:
    """Why no further code mail may go to this address now, or None when it may.

    Mail that comes from the recorded address itself is held back only by its own number.
    """
    recent = mails_lately(attempts, address, now)
    if sum(a.requester == requester for a in recent) >= MAILS_AN_HOUR:
        return "requester_limit"
    if requester != address and len(recent) >= MAILS_AN_HOUR_TO_ONE_ADDRESS:
        return "address_limit"
    bounces = [a for a in attempts if a.what == "bounce" and a.address == address and a.at > now - DAY]
    if requester != address and len(bounces) >= BOUNCES_A_DAY:
        return "address_bounced"
    return None


def mails_lately(attempts: Iterable[Attempt], address: str, now: datetime) -> list[Attempt]:
    """Code mails to one address within the hour, whoever asked for them."""
    return [a for a in attempts if a.what == "mail" and a.address == address and a.at > now - HOUR]


def alarm_is_new(attempts: Iterable[Attempt], what: str, address: str, now: datetime) -> bool:
    """Staff have not been told this of the address within the hour."""
    return not any(a.what == what and a.address == address and a.at > now - HOUR for a in attempts)


def _tries_today(attempts: Iterable[Attempt], requester: str, target: str, now: datetime) -> int:
    return sum(
        a.what == "try" and a.requester == requester and a.address == target and a.at > now - DAY
        for a in attempts
    )
