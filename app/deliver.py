"""Claim -> render -> send: letters leave here, at least once, and what became of them is stored in groups.

Letters to one chat keep their order and never hold up another chat; mails go over the shop's kept
connections. A letter that cannot leave is put off with growing waits and in the end fails visibly.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from app.enclosing import encloses
from app.house import House
from app.posting import MADE
from app.render import buttons, mail_bytes, words
from bot.faults import TelegramFault, TooFast
from bot.telegram import Telegram
from cases.delivery import on_delayed, on_lost, on_reported, on_sent, retry_in
from cases.model import Case, Channel, Decision, Enclosure, Letter, LetterState, Request, Route, Shop
from mailers.bounces import Bounce
from mailers.sending import Refused, Unreachable
from mailers.sent import SentFolder
from storage import enclosures, looking, outbox, saving, watching
from storage.outbox import Claimed
from storage.store import Store, Transaction

log = logging.getLogger(__name__)

#: Seconds between looks into the outbox for letters that others committed, or whose wait is over.
LOOK_EVERY = 1.0
#: Seconds that outcomes are gathered before they are stored: one commit for many, and none in a chat turn's way.
SETTLE_AFTER = 0.05
#: Letters claimed at one look.
CLAIM = 200
#: Mails with files on their way at once: each is in memory as a whole.
HEAVY = 2
#: Seconds that letters on their way may take when the program stops.
FAREWELL = 10.0


#: What a report of a mail server leads to, beyond the loss of a letter.
Note = Callable[[Shop, Letter, tuple[Case, ...], datetime, Iterable[str]], Decision]


@dataclass(frozen=True, slots=True)
class Failed:
    """Why a letter did not leave."""

    word: str
    permanent: bool
    #: Wait named by the other side; such a try does not count.
    wait: timedelta | None = None


class FilesUnreachable(Exception):
    """The database did not give what goes with a letter; another try may find it."""


class Delivery:
    """Sends the letters of every shop of this process."""

    def __init__(self, store: Store, houses: Mapping[str, House], now: Callable[[], datetime]) -> None:
        self._store = store
        self._houses = houses
        self._now = now
        self._lanes: dict[str, deque[Claimed]] = {}
        self._flying: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._done: list[tuple[Claimed, Failed | None]] = []
        self._news = asyncio.Event()
        self._open = True
        #: Shops whose mail is stopped: what is committed for them waits in the outbox.
        self._stopped: frozenset[str] = frozenset()
        self._heavy = asyncio.Semaphore(HEAVY)

    # -- in ----------------------------------------------------------------------------------------------

    def offer(self, claimed: Iterable[Claimed]) -> None:
        """Take letters that are already claimed for this process."""
        for letter in claimed:
            if letter.letter.key in self._flying or not self._open:
                continue
            mail = letter.letter.route is Route.MAIL
            if mail and letter.letter.shop in self._stopped:
                self._report(letter, Failed("mail_stopped", False, timedelta(0)))
                continue
            self._flying.add(letter.letter.key)
            if mail:
                self._spawn(self._mail(letter))
            elif letter.lane in self._lanes:
                self._lanes[letter.lane].append(letter)
            else:
                self._lanes[letter.lane] = deque([letter])
                self._spawn(self._walk(letter.lane))

    def answer_button(self, telegram: Telegram, reference: str) -> None:
        """Stop the mark on a pressed button; nothing rests on it."""
        if reference and self._open:
            self._spawn(self._answer(telegram, reference))

    async def run(self) -> None:
        """Look for due letters and store outcomes until cancelled."""
        async with self._store.write() as tx:
            await outbox.release_all(tx)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._look())
            group.create_task(self._settle_forever())

    async def close(self) -> None:
        """Let what is on its way arrive, and store it."""
        self._open = False
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=FAREWELL)
        for task in self._tasks:
            task.cancel()
        await self._settle()

    # -- out ---------------------------------------------------------------------------------------------

    async def _look(self) -> None:
        while True:
            try:
                async with self._store.write() as tx:
                    self._stopped = await watching.stopped_shops(tx)
                    claimed = await outbox.claim(tx, self._now(), CLAIM)
                self.offer(claimed)
                full = len(claimed) == CLAIM
            except Exception as fault:
                log.warning("outbox_unreachable fault=%s", type(fault).__name__)
                full = False
            await asyncio.sleep(0 if full else LOOK_EVERY)

    async def _walk(self, lane: str) -> None:
        """One recipient's letters, one after the other."""
        waiting = self._lanes[lane]
        try:
            while waiting:
                claimed = waiting[0]
                failed = await self._chat(claimed)
                waiting.popleft()
                self._report(claimed, failed)
                if failed is not None and not failed.permanent:
                    # What comes after it has to wait as well; the outbox keeps the order.
                    for later in waiting:
                        self._report(later, Failed("behind_another", False, timedelta(0)))
                    waiting.clear()
        finally:
            del self._lanes[lane]

    async def _chat(self, claimed: Claimed) -> Failed | None:
        letter = claimed.letter
        house = self._houses.get(letter.shop)
        if house is None or house.telegram is None:
            return Failed("no_channel", True)
        try:
            text = words(house, letter, self._store.vault.code_key)
            files = await self._files(letter) or await _made(house, claimed)
            await _say(house.telegram, int(letter.to), text.body, buttons(letter), files)
        except FilesUnreachable:
            return Failed("files_unreachable", False)
        except TooFast as fault:
            return Failed(fault.word, False, timedelta(seconds=fault.retry_after))
        except TelegramFault as fault:
            return Failed(fault.word, fault.permanent)
        except Exception as fault:
            return _unwritable(claimed, fault)
        return None

    async def _mail(self, claimed: Claimed) -> None:
        self._report(claimed, await self._post(claimed))

    async def _post(self, claimed: Claimed) -> Failed | None:
        letter = claimed.letter
        house = self._houses.get(letter.shop)
        if house is None or house.postman is None:
            return Failed("no_channel", True)
        key = self._store.vault.code_key
        try:
            async with self._heavy if encloses(letter) else nullcontext():
                files = await self._files(letter) or await _made(house, claimed)
                raw = mail_bytes(house, letter, claimed.token, claimed.created_at, key, files)
                await house.postman.send(house.shop.mailbox, letter.to, raw)
                if house.sent is not None and not letter.code_issue:
                    self._spawn(_keep_copy(house.sent, raw))
        except FilesUnreachable:
            return Failed("files_unreachable", False)
        except Refused as fault:
            return Failed(f"refused_{fault.code}", fault.permanent)
        except Unreachable as fault:
            return Failed(f"unreachable_{fault.reason}", False)
        except Exception as fault:
            return _unwritable(claimed, fault)
        return None

    async def _files(self, letter: Letter) -> tuple[Enclosure, ...]:
        """What goes with a letter. Without what it promises it does not leave."""
        if not encloses(letter):
            return ()
        try:
            async with self._store.read() as tx:
                found = await enclosures.of_letter(tx, letter.key)
        except (SQLAlchemyError, OSError) as fault:
            raise FilesUnreachable(type(fault).__name__) from None
        if not found:
            raise LookupError("what the letter promises is not there")
        return found

    async def _answer(self, telegram: Telegram, reference: str) -> None:
        await telegram.answer_button(reference)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # -- what became of them -----------------------------------------------------------------------------

    def _report(self, claimed: Claimed, failed: Failed | None) -> None:
        self._done.append((claimed, failed))
        self._news.set()

    async def _settle_forever(self) -> None:
        while True:
            await self._news.wait()
            await asyncio.sleep(SETTLE_AFTER)
            self._news.clear()
            try:
                await self._settle()
            except Exception as fault:
                log.warning("outcomes_not_stored fault=%s", type(fault).__name__)
                await asyncio.sleep(LOOK_EVERY)
                self._news.set()

    async def _settle(self) -> None:
        """Store every outcome there is, in one transaction."""
        done = self._done[:]
        if not done:
            return
        async with self._store.write() as tx:
            await self._store_outcomes(tx, done)
        del self._done[: len(done)]
        for claimed, failed in done:
            self._flying.discard(claimed.letter.key)
            word = "sent" if failed is None else failed.word
            log.info("letter name=%s case=%s outcome=%s", claimed.letter.name, claimed.letter.case_id, word)

    async def _store_outcomes(self, tx: Transaction, done: Sequence[tuple[Claimed, Failed | None]]) -> None:
        now = self._now()
        sent = [claimed for claimed, failed in done if failed is None]
        if sent:
            await outbox.settle(tx, [c.letter.key for c in sent], LetterState.SENT, now)
        await self._codes_sent(tx, [c for c in sent if c.letter.code_issue], now)
        for claimed, failed in done:
            if failed is not None:
                await self._not_sent(tx, claimed, failed, now)

    async def _codes_sent(self, tx: Transaction, claimed: Sequence[Claimed], now: datetime) -> None:
        # Two code mails of one request in the same group carry the same code: one of them settles it.
        newest = {one.letter.request_id: one for one in claimed}
        requests = await looking.requests_by_id(tx, newest)
        cases = await looking.cases_of(tx, [request.id for request in requests])
        for request in requests:
            letter = newest[request.id].letter
            shop = self._houses[letter.shop].shop
            mine = tuple(case for case in cases if case.request_id == request.id)
            decision = on_sent(shop, letter, request, mine, now)
            await saving.save(tx, decision, prefix=shop.prefix, channel=request.channel, now=now)

    async def _not_sent(self, tx: Transaction, claimed: Claimed, failed: Failed, now: datetime) -> None:
        if failed.wait is not None:
            await outbox.put_off(tx, claimed.letter.key, now + failed.wait, failed.word, counts=False)
            return
        wait = retry_in(claimed.tries + 1, permanent=failed.permanent)
        if wait is not None:
            await outbox.put_off(tx, claimed.letter.key, now + wait, failed.word)
            return
        await self._lose(tx, claimed, now, bounced=False, fault=failed.word)

    async def reported(self, tx: Transaction, house: House, bounce: Bounce, now: datetime) -> None:
        """A mail server reports that letters did not arrive, or not yet.

        It counts through our Message-IDs, which cannot be guessed; one that names only an address is a hint.
        """
        tokens = [message_id.strip("<>").partition("@")[0] for message_id in bounce.message_ids]
        letters = await outbox.find_by_tokens(tx, house.shop.profile, tokens) if tokens else []
        for claimed in letters:
            if bounce.permanent:
                await self._lose(tx, claimed, now, bounced=True, fault="bounced", failed=bounce.recipients)
            else:
                await self._note(tx, house, claimed.letter, now, on_delayed, bounce.recipients)
        if not letters and bounce.permanent:
            for letter in await outbox.newest_to(tx, house.shop.profile, bounce.recipients, now):
                await self._note(tx, house, letter, now, on_reported, [letter.to])

    async def _note(
        self,
        tx: Transaction,
        house: House,
        letter: Letter,
        now: datetime,
        decide: Note,
        failed: Iterable[str],
    ) -> None:
        cases = await looking.cases_of(tx, [letter.request_id] if letter.request_id else [])
        decision = decide(house.shop, letter, cases, now, failed)
        await saving.save(tx, decision, prefix=house.shop.prefix, channel=Channel.EMAIL, now=now)

    async def _lose(
        self,
        tx: Transaction,
        claimed: Claimed,
        now: datetime,
        *,
        bounced: bool,
        fault: str,
        failed: Iterable[str] = (),
    ) -> None:
        letter = claimed.letter
        house = self._houses.get(letter.shop)
        state = LetterState.BOUNCED if bounced else LetterState.FAILED
        await outbox.settle(tx, [letter.key], state, now, fault)
        if house is None:
            return
        found = await looking.requests_by_id(tx, [letter.request_id] if letter.request_id else [])
        request: Request | None = found[0] if found else None
        cases = await looking.cases_of(tx, [request.id] if request else [])
        decision = on_lost(
            house.shop, letter, request, cases, now, bounced=bounced, fault=fault, failed=failed
        )
        channel = request.channel if request else Channel.EMAIL
        await saving.save(tx, decision, prefix=house.shop.prefix, channel=channel, now=now)


async def _keep_copy(folder: SentFolder, raw: bytes) -> None:
    await folder.keep(raw)


async def _made(house: House, claimed: Claimed) -> tuple[Enclosure, ...]:
    letter = claimed.letter
    if letter.name not in MADE:
        return ()
    # The first paper loads what makes papers, which takes a second: nobody else waits for it.
    return await asyncio.to_thread(MADE[letter.name], house, letter, claimed.created_at)


async def _say(
    telegram: Telegram, chat_id: int, text: str, keyboard: Any, files: Sequence[Enclosure]
) -> None:
    """A text, under the last of its files where it has some."""
    if not files:
        await telegram.send(chat_id, text, keyboard)
        return
    *others, last = files
    for file in others:
        await telegram.send_file(chat_id, file.name, file.content)
    await telegram.send_file(chat_id, last.name, last.content, text, keyboard)


def _unwritable(claimed: Claimed, fault: Exception) -> Failed:
    log.error("letter_unwritable name=%s fault=%s", claimed.letter.name, type(fault).__name__)
    return Failed("unwritable", True)
