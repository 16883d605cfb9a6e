"""Telegram's limits, under a clock that moves on only when everybody waits."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import Awaitable

import pytest

from bot.faults import TooFast
from bot.pace import REMEMBERED, Pace


class Time:
    """A clock and a `sleep` that goes with it."""

    def __init__(self) -> None:
        self.now = 0.0
        self._order = itertools.count()
        self._waiting: list[tuple[float, int, asyncio.Future[None]]] = []

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        until: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (self.now + seconds, next(self._order), until))
        await until

    async def run(self, *jobs: Awaitable[None]) -> None:
        """Run jobs side by side to their end."""
        done = asyncio.gather(*jobs)
        while not done.done():
            for _ in range(20):
                await asyncio.sleep(0)
            if self._waiting and not done.done():
                self.now, _, until = heapq.heappop(self._waiting)
                until.set_result(None)
        await done


class Sender:
    """Notes when each message went."""

    def __init__(self, per_second: float) -> None:
        self.time = Time()
        self.pace = Pace(per_second, clock=self.time.clock, sleep=self.time.sleep)
        self.sent: list[tuple[int, float]] = []

    async def send(self, chat_id: int) -> None:
        async with self.pace.turn(chat_id):
            self.sent.append((chat_id, round(self.time.now, 3)))


async def test_one_private_chat_gets_one_message_a_second() -> None:
    sender = Sender(25)
    await sender.time.run(*(sender.send(1) for _ in range(4)))
    assert [at for _, at in sender.sent] == [0.0, 1.0, 2.0, 3.0]


async def test_chats_do_not_wait_for_each_other() -> None:
    sender = Sender(25)
    await sender.time.run(*(sender.send(1) for _ in range(3)), sender.send(2))
    assert (2, 0.0) in sender.sent


async def test_all_chats_together_keep_the_pace_in_every_second() -> None:
    sender = Sender(25)
    await sender.time.run(*(sender.send(chat) for chat in range(1, 101)))
    times = sorted(at for _, at in sender.sent)
    assert max(sum(start <= at < start + 1 for at in times) for start in times) == 25
    assert times[-1] == 3.0


async def test_a_group_gets_twenty_messages_a_minute() -> None:
    sender = Sender(25)
    await sender.time.run(*(sender.send(-100) for _ in range(21)))
    assert [at for _, at in sender.sent] == [*map(float, range(20)), 60.0]


async def test_a_pace_below_one_spreads_messages_over_longer_than_a_second() -> None:
    sender = Sender(0.5)
    await sender.time.run(*(sender.send(chat) for chat in (1, 2, 3)))
    assert [at for _, at in sender.sent] == [0.0, 2.0, 4.0]


async def test_pace_zero_waits_for_nothing() -> None:
    sender = Sender(0)
    await sender.time.run(*(sender.send(chat) for chat in (1, 1, 1, -5, *range(50))))
    assert {at for _, at in sender.sent} == {0.0}


@pytest.mark.parametrize("per_second", [25, 0])
async def test_a_paused_chat_is_refused_and_others_go_on(per_second: float) -> None:
    sender = Sender(per_second)
    sender.pace.pause(1, 30)
    with pytest.raises(TooFast) as refused:
        await sender.send(1)
    assert refused.value.retry_after == 30
    await sender.time.run(sender.send(2))
    assert sender.sent == [(2, 0.0)]


@pytest.mark.parametrize("per_second", [25, 0])
async def test_a_pause_ends(per_second: float) -> None:
    sender = Sender(per_second)
    sender.pace.pause(1, 30)
    sender.time.now = 30.0
    await sender.time.run(sender.send(1))
    assert sender.sent == [(1, 30.0)]


async def test_ready_in_says_how_long_a_chat_must_be_left_alone() -> None:
    sender = Sender(25)
    assert sender.pace.ready_in(1) == 0
    await sender.time.run(sender.send(1))
    assert sender.pace.ready_in(1) == 1
    sender.pace.pause(1, 30)
    assert sender.pace.ready_in(1) == 30
    assert sender.pace.ready_in(2) == 0


async def test_a_failed_send_counts_all_the_same() -> None:
    sender = Sender(25)
    with pytest.raises(RuntimeError):
        async with sender.pace.turn(1):
            raise RuntimeError
    assert sender.pace.ready_in(1) == 1


async def test_chats_at_rest_are_forgotten_and_paused_ones_are_not() -> None:
    sender = Sender(0)
    sender.pace.pause(1, 1000)
    for chat in range(2, REMEMBERED + 1):
        sender.pace.pause(chat, 1)
    sender.time.now = 10
    sender.pace.pause(REMEMBERED + 1, 5)
    assert len(sender.pace._chats) == 2
    assert sender.pace.ready_in(1) == 990
