"""The watch over each shop's mailbox: canaries sent through it, alarms raised once and ended once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.house import House
from app.settings import CanarySettings, Mailbox
from cases.model import Channel, Decision
from cases.watching import Alarm, Canary, Limits, Line, Verdict, judge, letters_of
from mailers.headers import domain_of
from mailers.inbox import Inbox
from mailers.sending import NotSent, Postman
from mailers.writing import canary_id, write
from storage import saving, watching
from storage.store import Store, Transaction
from templates import labels

log = logging.getLogger(__name__)

#: Seconds between two looks.
LOOK = 5.0
#: The mailbox's own way out, and the one configured beside it.
OWN, SECOND = "own", "second"


@dataclass(frozen=True, slots=True)
class Way:
    """One way a canary takes into the mailbox."""

    name: str
    sender: str
    postman: Postman


class Watch:
    """Looks after one shop's mailbox."""

    def __init__(self, store: Store, house: House, inbox: Inbox, now: Callable[[], datetime]) -> None:
        mailbox = house.settings.mailbox
        assert mailbox is not None
        self._store, self._house, self._inbox, self._now = store, house, inbox, now
        self._limits = limits_of(mailbox)
        self._ways = {way.name: way for way in _ways(house, mailbox)}

    async def look(self) -> Verdict:
        """Judge once, tell staff what is new, and let canaries fly that must."""
        async with self._store.read() as tx:
            verdict = judge(await self._line(tx), self._limits, self._now())
        return await self._act() if verdict else verdict

    async def _act(self) -> Verdict:
        """The same under the lock, with what follows from it."""
        now = self._now()
        async with self._store.write() as tx:
            verdict = judge(await self._line(tx), self._limits, now)
            flying = [self._new(way, now) for way in verdict.send]
            for canary in flying:
                await watching.let_fly(tx, self._house.shop.profile, canary)
            await self._tell(tx, verdict, now)
        for canary in flying:
            await self._send(canary)
        return verdict

    async def close(self) -> None:
        """Let go of the second way's connections."""
        if SECOND in self._ways:
            await self._ways[SECOND].postman.aclose()

    async def _line(self, tx: Transaction) -> Line:
        shop = self._house.shop.profile
        told = await watching.alarms(tx, shop)
        return Line(
            silent_for=self._inbox.silent_for,
            canaries=await watching.newest(tx, shop, self._ways),
            told=frozenset(told),
            answers=await watching.answers(tx, shop, told.get(Alarm.MAIL_RELEASED), self._now()),
        )

    async def _tell(self, tx: Transaction, verdict: Verdict, now: datetime) -> None:
        shop = self._house.shop
        for alarm in verdict.raised:
            await watching.raise_alarm(tx, shop.profile, alarm, now)
            log.error("mailbox_alarm shop=%s what=%s", shop.profile, alarm)
        for alarm in verdict.cleared:
            await watching.clear(tx, shop.profile, alarm)
            log.info("mailbox_well shop=%s what=%s", shop.profile, alarm)
        letters = letters_of(verdict, shop, self._limits, now)
        if letters:
            decision = Decision(letters=letters, outcome="watch")
            await saving.save(tx, decision, prefix=shop.prefix, channel=Channel.EMAIL, now=now)

    def _new(self, way: str, now: datetime) -> Canary:
        token = self._store.vault.index("canary", f"{self._house.shop.profile}:{way}:{now.isoformat()}")
        return Canary(token, way, now)

    async def _send(self, canary: Canary) -> None:
        """Once, and without the outbox: whether it gets through is the question."""
        way, shop = self._ways[canary.way], self._house.shop
        language = str(shop.languages[0])
        words: Mapping[str, Any] = labels(language)["canary"]
        mail = write(
            from_address=way.sender,
            from_name=shop.name,
            to=shop.mailbox,
            subject=words["subject"],
            text=words["text"],
            message_id=canary_id(canary.token, domain_of(shop.mailbox)),
            language=language,
            date=canary.sent_at,
            auto_submitted="auto-generated",
        )
        try:
            await way.postman.send(way.sender, shop.mailbox, mail)
        except NotSent as fault:
            log.warning("canary_not_sent shop=%s way=%s fault=%s", shop.profile, canary.way, fault)


def limits_of(mailbox: Mailbox) -> Limits:
    """How long this shop waits."""
    silence, canary = timedelta(minutes=mailbox.silence_minutes), mailbox.canary
    answers = mailbox.answers_an_hour or None
    if canary is None:
        return Limits(silence, answers=answers)
    every, within = timedelta(hours=canary.every_hours), timedelta(minutes=canary.within_minutes)
    return Limits(silence, every, within, answers)


def _ways(house: House, mailbox: Mailbox) -> list[Way]:
    if mailbox.canary is None or house.postman is None:
        return []
    ways = [Way(OWN, mailbox.address, house.postman)]
    if mailbox.canary.smtp is not None and mailbox.canary.address is not None:
        ways.append(Way(SECOND, mailbox.canary.address, _second(mailbox.canary)))
    return ways


def _second(canary: CanarySettings) -> Postman:
    assert canary.smtp is not None
    return Postman(canary.smtp, canary.password.get_secret_value() if canary.password else "")
