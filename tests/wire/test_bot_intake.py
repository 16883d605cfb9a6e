"""Taking updates in over real HTTP: nothing is acknowledged before it is kept, and everything heals."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bot.intake import SECRET_HEADER, Handle, Intake
from bot.reading import parse, read
from bot.telegram import Telegram
from sandbox.bot_api import BotAccount, BotApi

pytestmark = [
    pytest.mark.wire,
    # The library announces a change of type that the code already copes with.
    pytest.mark.filterwarnings("ignore::telegram.warnings.PTBDeprecationWarning"),
]
TOKEN = "4:sample-token-never-logged"
SECRET = "sample_Secret-1"


class Kept:
    """What was committed; `trouble` says how often committing shall fail first."""

    def __init__(self, trouble: int = 0) -> None:
        self.updates: list[dict[str, Any]] = []
        self.tries: list[list[int]] = []
        self.trouble = trouble
        self.grown = asyncio.Event()

    async def __call__(self, batch: Sequence[dict[str, Any]]) -> None:
        self.tries.append([update["update_id"] for update in batch])
        if self.trouble:
            self.trouble -= 1
            raise RuntimeError("the database is away")
        self.updates += batch
        self.grown.set()

    @property
    def texts(self) -> list[str]:
        return [update["message"]["text"] for update in self.updates if "message" in update]

    async def until(self, count: int, seconds: float = 5) -> None:
        async with asyncio.timeout(seconds):
            while len(self.updates) < count:
                self.grown.clear()
                await self.grown.wait()


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    async with BotApi.serve() as served:
        yield served


@pytest.fixture
def account(api: BotApi) -> BotAccount:
    return api.bot(TOKEN)


@asynccontextmanager
async def taking_in(api: BotApi, handle: Handle, *, first_pause: float = 0.05) -> AsyncIterator[Intake]:
    telegram = Telegram(TOKEN, api.base_url, 0)
    await telegram.initialize()
    intake = Intake(telegram, poll_seconds=5, first_pause=first_pause)
    polling = asyncio.create_task(intake.poll(handle))
    try:
        yield intake
    finally:
        polling.cancel()
        with suppress(asyncio.CancelledError):
            await polling
        await telegram.shutdown()


async def until(fact: Any, seconds: float = 5) -> None:
    async with asyncio.timeout(seconds):
        while not fact():
            await asyncio.sleep(0.01)


async def test_updates_come_raw_in_order_and_are_then_acknowledged(api: BotApi, account: BotAccount) -> None:
    maija, kept = account.person(), Kept()
    for number in range(5):
        await maija.say(str(number))
    async with taking_in(api, kept):
        await kept.until(5)
        assert await account.all_read(5)
    assert kept.texts == ["0", "1", "2", "3", "4"]


async def test_an_update_is_handed_on_the_moment_it_arrives(api: BotApi, account: BotAccount) -> None:
    maija, kept = account.person(), Kept()
    async with taking_in(api, kept):
        await until(lambda: api.calls("getUpdates"))
        await maija.say("hei")
        await kept.until(1, seconds=1)


async def test_more_than_a_hundred_waiting_updates_come_in_batches(api: BotApi, account: BotAccount) -> None:
    maija, kept = account.person(), Kept()
    for number in range(250):
        await maija.say(str(number))
    async with taking_in(api, kept):
        await kept.until(250)
    assert [len(batch) for batch in kept.tries] == [100, 100, 50]
    assert kept.texts == [str(number) for number in range(250)]


async def test_a_batch_that_was_not_committed_comes_again(api: BotApi, account: BotAccount) -> None:
    maija, kept = account.person(), Kept(trouble=2)
    await maija.say("yksi")
    await maija.say("kaksi")
    async with taking_in(api, kept):
        await kept.until(2)
        assert await account.all_read(5)
    assert kept.texts == ["yksi", "kaksi"]
    assert len(kept.tries) == 3
    assert kept.tries[0] == kept.tries[1] == kept.tries[2]


async def test_nothing_is_acknowledged_while_committing_fails(api: BotApi, account: BotAccount) -> None:
    maija, kept = account.person(), Kept(trouble=10**6)
    await maija.say("hei")
    async with taking_in(api, kept, first_pause=0.01) as intake:
        await until(lambda: len(kept.tries) >= 3)
        assert (intake.ok, intake.last_error) == (False, "not_stored")
    assert len(account.pending) == 1


async def test_being_killed_while_handling_loses_nothing(api: BotApi, account: BotAccount) -> None:
    maija, begun, kept = account.person(), asyncio.Event(), Kept()
    for number in range(10):
        await maija.say(str(number))

    async def never_done(batch: Sequence[dict[str, Any]]) -> None:
        begun.set()
        await asyncio.Event().wait()

    async with taking_in(api, never_done):
        await begun.wait()
    async with taking_in(api, kept):
        await kept.until(10)
    assert kept.texts == [str(number) for number in range(10)]


async def test_being_killed_between_commit_and_acknowledgement_repeats_and_loses_nothing(
    api: BotApi, account: BotAccount
) -> None:
    maija, kept = account.person(), Kept()
    await maija.say("hei")

    async def commit_and_die(batch: Sequence[dict[str, Any]]) -> None:
        await kept(batch)
        raise asyncio.CancelledError

    async with taking_in(api, commit_and_die):
        await kept.until(1)
    async with taking_in(api, kept):
        await kept.until(2)
    assert kept.tries[0] == kept.tries[1]


async def test_a_cut_connection_heals_without_loss(api: BotApi, account: BotAccount) -> None:
    maija, kept = account.person(), Kept()
    async with taking_in(api, kept) as intake:
        await maija.say("ennen")
        await kept.until(1)
        api.drop_connections()
        await maija.say("jälkeen")
        await kept.until(2)
        await until(lambda: intake.ok)
    assert kept.texts == ["ennen", "jälkeen"]


async def test_an_answer_lost_on_its_way_comes_again(api: BotApi, account: BotAccount) -> None:
    maija, kept = account.person(), Kept()
    api.cut_next("getUpdates", after=True)
    await maija.say("hei")
    async with taking_in(api, kept):
        await kept.until(1)
    assert kept.texts == ["hei"]


async def test_an_outage_shows_in_health_and_heals(api: BotApi, account: BotAccount) -> None:
    maija, kept = account.person(), Kept()
    async with taking_in(api, kept) as intake:
        await until(lambda: intake.ok)
        before = intake.last_ok
        await api.down()
        await until(lambda: not intake.ok)
        assert intake.last_error == "unreachable"
        await api.up()
        await until(lambda: intake.ok)
        assert intake.last_error == ""
        assert before is not None
        assert intake.last_ok is not None
        assert intake.last_ok > before
        await maija.say("hei")
        await kept.until(1)


async def test_starting_while_telegram_is_away_waits_for_it(api: BotApi, account: BotAccount) -> None:
    kept = Kept()
    await api.down()
    async with taking_in(api, kept) as intake:
        await until(lambda: intake.last_error == "unreachable")
        await api.up()
        await account.person().say("hei")
        await kept.until(1)


async def test_health_is_good_soon_after_the_start_of_a_quiet_bot(api: BotApi, account: BotAccount) -> None:
    async with taking_in(api, Kept()) as intake:
        await until(lambda: intake.ok, seconds=1)
        assert intake.last_ok is not None
        assert abs(datetime.now(UTC) - intake.last_ok).total_seconds() < 5


async def test_a_refused_token_is_told_and_tried_again(api: BotApi, account: BotAccount) -> None:
    account.revoked = True
    async with taking_in(api, Kept()) as intake:
        await until(lambda: intake.last_error == "token_refused")
        account.revoked = False
        await until(lambda: intake.ok)


async def test_another_fetcher_is_told_as_a_conflict_and_outlived(api: BotApi, account: BotAccount) -> None:
    maija, kept = account.person(), Kept()
    async with taking_in(api, kept) as intake:
        await until(lambda: api.calls("getUpdates"))
        async with aiohttp.ClientSession() as other:
            await other.post(f"{api.base_url}/bot{TOKEN}/getUpdates", data={"timeout": "0"})
        await until(lambda: intake.last_error == "conflict")
        await maija.say("hei")
        await kept.until(1)


async def test_a_webhook_left_behind_is_taken_away_first(api: BotApi, account: BotAccount) -> None:
    maija, kept = account.person(), Kept()
    account.set_webhook("http://127.0.0.1:9/nobody", "")
    await maija.say("hei")
    async with taking_in(api, kept):
        await kept.until(1)
    assert [heard.call.method for heard in api.heard][:3] == ["getme", "deletewebhook", "getupdates"]
    assert not api.calls("deleteWebhook")[0].flag("drop_pending_updates")


async def test_a_webhook_set_meanwhile_is_taken_away(api: BotApi, account: BotAccount) -> None:
    maija, kept = account.person(), Kept()
    async with taking_in(api, kept):
        await until(lambda: api.calls("getUpdates"))
        account.set_webhook("http://127.0.0.1:9/nobody", "")
        await maija.say("hei")
        await kept.until(1)


async def test_too_many_requests_are_answered_with_the_pause_asked_for(
    api: BotApi, account: BotAccount
) -> None:
    api.fail_next("getUpdates", 429, retry_after=1)
    kept = Kept()
    await account.person().say("hei")
    async with taking_in(api, kept, first_pause=0.01) as intake:
        await until(lambda: intake.last_error == "too_fast")
        await asyncio.sleep(0.5)
        assert kept.updates == []
        await kept.until(1)


async def test_only_the_kinds_that_are_read_are_asked_for(api: BotApi, account: BotAccount) -> None:
    async with taking_in(api, Kept()):
        await until(lambda: api.calls("getUpdates"))
    assert api.calls("getUpdates")[0].nested("allowed_updates") == [
        "message",
        "edited_message",
        "channel_post",
        "edited_channel_post",
        "callback_query",
        "my_chat_member",
    ]


async def test_an_update_nobody_can_parse_does_not_hold_up_the_next(api: BotApi, account: BotAccount) -> None:
    maija, kept = account.person(), Kept()
    account.queue("message", {"message_id": "?", "chat": 5})
    await maija.say("hei")
    async with taking_in(api, kept):
        await kept.until(2)
        assert await account.all_read(5)


async def test_success_is_reported_to_whoever_wants_to_know(api: BotApi, account: BotAccount) -> None:
    telegram, seen = Telegram(TOKEN, api.base_url, 0), asyncio.Event()
    await telegram.initialize()
    watching = asyncio.create_task(Intake(telegram, on_success=seen.set).watch(every=30))
    await asyncio.wait_for(seen.wait(), 5)
    watching.cancel()
    await telegram.shutdown()


async def test_every_update_of_the_stand_in_can_be_read(api: BotApi, account: BotAccount) -> None:
    maija, kept = account.person(first_name="<b>*Maija_", last_name="[&]"), Kept()
    await maija.say("x" * 5000)
    await maija.edit("toinen")
    await maija.photo(caption="poista")
    for send in (maija.voice, maija.video, maija.sticker, maija.document, maija.contact, maija.location):
        await send()
    await account.group().say("hei")
    await account.channel().say("uutinen")
    await maija.block()
    async with taking_in(api, kept):
        await kept.until(12)
    forms = []
    for raw in kept.updates:
        found = read(parse(raw), shop="liwigo", bot_username="sandbox_4_bot", now=datetime.now(UTC))
        forms.append(found.form.value if found else None)
    assert forms == [
        "text",
        "edited",
        "photo",
        "voice",
        "video",
        "sticker",
        "document",
        "contact",
        "location",
        "group",
        "channel_post",
        "blocked",
    ]


async def test_neither_token_nor_text_is_logged_while_fetching(
    api: BotApi, account: BotAccount, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    kept = Kept(trouble=1)
    await account.person().say("salaisuus anna@example.com")
    async with taking_in(api, kept) as intake:
        await kept.until(1)
        api.drop_connections()
        await until(lambda: not intake.ok)
        await until(lambda: intake.ok)
    assert "telegram_intake_failed" in caplog.text
    for secret in (TOKEN, "never-logged", "salaisuus", "anna@", "the database is away"):
        assert secret not in caplog.text


# -- posted updates -----------------------------------------------------------------------------------------


@asynccontextmanager
async def posted_to(api: BotApi, handle: Handle, secret: str = SECRET) -> AsyncIterator[str]:
    """Serve the webhook; gives its address."""
    telegram = Telegram(TOKEN, api.base_url, 0)
    await telegram.initialize()
    app = web.Application()
    app.router.add_post("/telegram", Intake(telegram).webhook_handler(secret, handle))
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/telegram"
    try:
        await telegram.set_webhook(url, SECRET)
        yield url
    finally:
        await runner.cleanup()
        await telegram.shutdown()


async def post(url: str, secret: str | None, body: str = '{"update_id": 1}') -> int:
    headers = {"Content-Type": "application/json"} | ({SECRET_HEADER: secret} if secret is not None else {})
    async with aiohttp.ClientSession() as session, session.post(url, data=body, headers=headers) as answer:
        return answer.status


async def test_posted_updates_are_kept_in_order(api: BotApi, account: BotAccount) -> None:
    maija, kept = account.person(), Kept()
    async with posted_to(api, kept):
        for number in range(20):
            await maija.say(str(number))
        await kept.until(20)
    assert kept.texts == [str(number) for number in range(20)]
    asked = api.calls("setWebhook")[0]
    assert (asked.text("secret_token"), asked.number("max_connections")) == (SECRET, 1)


async def test_a_posted_update_that_was_not_committed_is_posted_again(
    api: BotApi, account: BotAccount
) -> None:
    kept = Kept(trouble=1)
    async with posted_to(api, kept):
        await account.person().say("hei")
        await kept.until(1)
    assert len(kept.tries) == 2


@pytest.mark.parametrize("secret", [None, "", "wrong", SECRET + "x", "ä"])
async def test_a_post_without_the_secret_is_refused_unread(api: BotApi, secret: str | None) -> None:
    kept = Kept()
    async with posted_to(api, kept) as url:
        assert await post(url, secret) == 403
    assert kept.tries == []


async def test_an_empty_secret_opens_nothing(api: BotApi) -> None:
    kept = Kept()
    async with posted_to(api, kept, secret="") as url:
        assert await post(url, "") == 403


@pytest.mark.parametrize("body", ["", "hei", "[]", "{}", '{"update_id": "1"}', '{"update_id":'])
async def test_a_post_that_is_no_update_is_refused(api: BotApi, body: str) -> None:
    kept = Kept()
    async with posted_to(api, kept) as url:
        assert await post(url, SECRET, body) == 400
        assert await post(url, SECRET) == 200
    assert kept.tries == [[1]]
