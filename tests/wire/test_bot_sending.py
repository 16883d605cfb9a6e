"""Sending over real HTTP: what arrives, what is refused, and what never shows."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.faults import Blocked, ChatGone, Rejected, TelegramFault, TokenRefused, TooFast, Unreachable
from bot.telegram import Telegram
from bot.writing import keyboard, units
from sandbox.bot_api import BotAccount, BotApi

pytestmark = [
    pytest.mark.wire,
    # The library announces a change of type that the code already copes with.
    pytest.mark.filterwarnings("ignore::telegram.warnings.PTBDeprecationWarning"),
]
TOKEN = "4:sample-token-never-logged"


@asynccontextmanager
async def line(api: BotApi, *, pace: float = 0, token: str = TOKEN) -> AsyncIterator[Telegram]:
    telegram = Telegram(token, api.base_url, pace)
    await telegram.initialize()
    try:
        yield telegram
    finally:
        await telegram.shutdown()


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    async with BotApi.serve() as served:
        yield served


@pytest.fixture
def account(api: BotApi) -> BotAccount:
    return api.bot(TOKEN)


async def test_a_message_arrives_as_it_was_written(api: BotApi, account: BotAccount) -> None:
    maija = account.person()
    text = "Hei <b>*Maija_ [x](y) & \\ `koodi`! 👋"
    async with line(api) as telegram:
        sent = await telegram.send(maija.chat_id, text)
    message = await maija.next_message()
    assert (message["text"], message["message_id"]) == (text, sent)
    assert "parse_mode" not in api.calls("sendMessage")[0].fields


async def test_buttons_arrive_below_the_message(api: BotApi, account: BotAccount) -> None:
    maija = account.person()
    async with line(api) as telegram:
        await telegram.send(maija.chat_id, "Mitä?", keyboard((("erasure",),), {"erasure": "Poista"}))
    markup = (await maija.next_message())["reply_markup"]
    assert markup["inline_keyboard"] == [[{"text": "Poista", "callback_data": "erasure"}]]


async def test_a_long_text_arrives_in_order_with_the_buttons_last(api: BotApi, account: BotAccount) -> None:
    maija = account.person()
    text = "\n\n".join(f"{number}. " + "😀ä " * 300 for number in range(12))
    async with line(api) as telegram:
        last = await telegram.send(maija.chat_id, text, keyboard((("ok",),), {"ok": "OK"}))
    assert [units(message["text"]) <= 4096 for message in maija.messages] == [True] * len(maija.messages)
    assert "".join("".join(m["text"].split()) for m in maija.messages) == "".join(text.split())
    assert ["reply_markup" in message for message in maija.messages].index(True) == len(maija.messages) - 1
    assert maija.messages[-1]["message_id"] == last


async def test_a_chat_turn_takes_one_call(api: BotApi, account: BotAccount) -> None:
    async with line(api) as telegram:
        await telegram.send(account.person().chat_id, "hei")
    assert [heard.call.method for heard in api.heard] == ["sendmessage"]


async def test_a_file_arrives_with_its_text_and_buttons_in_one_call(api: BotApi, account: BotAccount) -> None:
    maija = account.person()
    content = bytes(range(256)) * 300
    async with line(api) as telegram:
        sent = await telegram.send_file(
            maija.chat_id, "pyyntö.pdf", content, "Tässä <b>lomake</b>.", keyboard((("ok",),), {"ok": "OK"})
        )
    message = await maija.next_message()
    assert (message["message_id"], message["caption"]) == (sent, "Tässä <b>lomake</b>.")
    assert message["document"]["file_name"] == "pyyntö.pdf"
    assert message["document"]["mime_type"] == "application/pdf"
    assert message["reply_markup"]["inline_keyboard"][0][0]["text"] == "OK"
    assert account.files[message["document"]["file_id"]].content == content
    assert [heard.call.method for heard in api.heard] == ["senddocument"]


async def test_a_text_too_long_for_a_caption_goes_before_its_file(api: BotApi, account: BotAccount) -> None:
    maija = account.person()
    async with line(api) as telegram:
        await telegram.send_file(maija.chat_id, "a.pdf", b"%PDF", "sana " * 400)
    assert ["text" in message for message in maija.messages] == [True, False]
    assert "caption" not in maija.messages[1]


@pytest.mark.parametrize("size", [0, 50_000_001])
async def test_a_file_telegram_would_not_take_is_not_sent(
    api: BotApi, account: BotAccount, size: int
) -> None:
    async with line(api) as telegram:
        with pytest.raises(Rejected):
            await telegram.send_file(account.person().chat_id, "a.pdf", bytes(size), "Tässä")
    assert api.heard == []


async def test_files_keep_the_pace_of_their_chat(api: BotApi, account: BotAccount) -> None:
    maija = account.person()
    async with line(api, pace=25) as telegram:
        await telegram.send_file(maija.chat_id, "a.pdf", b"%PDF", "yksi")
        assert 0.8 < telegram.ready_in(maija.chat_id) <= 1.0
        begun = time.monotonic()
        await telegram.send(maija.chat_id, "kaksi")
    assert time.monotonic() - begun > 0.8


async def test_a_file_to_somebody_who_blocked_the_bot_is_told_apart(api: BotApi, account: BotAccount) -> None:
    maija = account.person()
    await maija.block()
    async with line(api) as telegram:
        with pytest.raises(Blocked):
            await telegram.send_file(maija.chat_id, "a.pdf", b"%PDF")


# -- what goes wrong ----------------------------------------------------------------------------------------


async def test_a_person_who_blocked_the_bot_is_told_apart(api: BotApi, account: BotAccount) -> None:
    maija = account.person()
    await maija.block()
    async with line(api) as telegram:
        with pytest.raises(Blocked) as fault:
            await telegram.send(maija.chat_id, "hei")
    assert fault.value.permanent


@pytest.mark.parametrize("chat_id", [1002, 999, -100555])
async def test_a_chat_that_never_was_is_gone(api: BotApi, account: BotAccount, chat_id: int) -> None:
    account.person(1002, started=False)
    async with line(api) as telegram:
        with pytest.raises(ChatGone):
            await telegram.send(chat_id, "hei")


@pytest.mark.parametrize(
    ("status", "description", "fault"),
    [
        (403, "Forbidden: user is deactivated", ChatGone),
        (403, "Forbidden: bot was kicked from the supergroup chat", ChatGone),
        (400, "Bad Request: PEER_ID_INVALID", ChatGone),
        (400, "Bad Request: message is too long", Rejected),
        (403, "Forbidden: something new", Rejected),
        (404, "Not Found", TokenRefused),
        (500, "Internal Server Error", Unreachable),
        (502, "Bad Gateway", Unreachable),
    ],
)
async def test_each_refusal_becomes_the_fault_that_says_what_follows(
    api: BotApi, account: BotAccount, status: int, description: str, fault: type[TelegramFault]
) -> None:
    maija = account.person()
    api.fail_next("sendMessage", status, description=description)
    async with line(api) as telegram:
        with pytest.raises(fault) as caught:
            await telegram.send(maija.chat_id, "hei")
    assert type(caught.value) is fault


@pytest.mark.parametrize(
    ("status", "body", "fault"),
    [
        (200, "<html>a portal, not Telegram</html>", Unreachable),
        (200, "[]", Unreachable),
        (200, "{}", Unreachable),
        (502, "<html>Bad Gateway</html>", Unreachable),
        (429, '{"ok": false, "parameters": {"retry_after": 7}}', TooFast),
        (302, "", Unreachable),
    ],
)
async def test_an_answer_that_makes_no_sense_is_a_fault_like_any_other(
    status: int, body: str, fault: type[TelegramFault], caplog: pytest.LogCaptureFixture
) -> None:
    async def odd(request: web.Request) -> web.Response:
        return web.Response(status=status, text=body, headers={"Location": "/elsewhere"})

    app = web.Application()
    app.router.add_post("/{path:.*}", odd)
    async with TestServer(app) as server:
        telegram = Telegram(TOKEN, str(server.make_url("")), 0)
        await telegram.initialize()
        with pytest.raises(fault):
            await telegram.send(1001, "hei")
        with pytest.raises(fault):
            await telegram.get_updates(0, 0)
        await telegram.shutdown()
    assert caplog.text == ""


async def test_a_refused_token_is_told_as_such(api: BotApi, account: BotAccount) -> None:
    account.revoked = True
    async with line(api) as telegram:
        with pytest.raises(TokenRefused):
            await telegram.send(1001, "hei")


async def test_an_empty_token_is_refused_before_anything_is_called() -> None:
    with pytest.raises(TokenRefused):
        Telegram("")


@pytest.mark.parametrize("pace", [0, 25])
async def test_a_chat_told_to_wait_does_not_block_another(
    api: BotApi, account: BotAccount, pace: float
) -> None:
    maija, pekka = account.person(1001), account.person(1002, "Pekka")
    api.fail_next("sendMessage", 429, retry_after=30)
    async with line(api, pace=pace) as telegram:
        with pytest.raises(TooFast) as fault:
            await telegram.send(maija.chat_id, "hei")
        began = time.monotonic()
        await telegram.send(pekka.chat_id, "hei")
        assert time.monotonic() - began < 1
        assert fault.value.retry_after == 30
        assert 29 < telegram.ready_in(maija.chat_id) <= 30


async def test_a_chat_told_to_wait_is_left_alone_until_then(api: BotApi, account: BotAccount) -> None:
    maija = account.person()
    api.fail_next("sendMessage", 429, retry_after=1)
    async with line(api) as telegram:
        for _ in range(2):
            with pytest.raises(TooFast):
                await telegram.send(maija.chat_id, "hei")
        assert len(api.calls("sendMessage")) == 1
        await asyncio.sleep(telegram.ready_in(maija.chat_id))
        await telegram.send(maija.chat_id, "hei")
    assert len(maija.messages) == 1


async def test_one_chat_gets_one_message_a_second_in_order(api: BotApi, account: BotAccount) -> None:
    maija = account.person()
    async with line(api, pace=25) as telegram:
        began = time.monotonic()
        await asyncio.gather(*(telegram.send(maija.chat_id, str(number)) for number in range(3)))
        assert 2 <= time.monotonic() - began < 3
    assert [message["text"] for message in maija.messages] == ["0", "1", "2"]


async def test_a_dropped_connection_is_unreachable_and_the_next_call_works(
    api: BotApi, account: BotAccount
) -> None:
    maija = account.person()
    async with line(api) as telegram:
        await telegram.send(maija.chat_id, "1")
        api.cut_next("sendMessage")
        with pytest.raises(Unreachable):
            await telegram.send(maija.chat_id, "2")
        await telegram.send(maija.chat_id, "3")
    assert [message["text"] for message in maija.messages] == ["1", "3"]


async def test_connections_cut_while_idle_are_not_noticed(api: BotApi, account: BotAccount) -> None:
    maija = account.person()
    async with line(api) as telegram:
        await telegram.send(maija.chat_id, "1")
        api.drop_connections()
        await asyncio.sleep(0.05)
        await telegram.send(maija.chat_id, "2")
    assert len(maija.messages) == 2


async def test_a_server_that_is_away_is_unreachable_and_comes_back(api: BotApi, account: BotAccount) -> None:
    maija = account.person()
    await api.down()
    async with line(api) as telegram:
        with pytest.raises(Unreachable):
            await telegram.send(maija.chat_id, "hei")
        await api.up()
        await telegram.send(maija.chat_id, "hei")
    assert len(maija.messages) == 1


async def test_a_group_that_moved_is_followed(api: BotApi, account: BotAccount) -> None:
    old, new = account.group(-4321), account.group(-1004321)
    moved = {"migrate_to_chat_id": new.chat_id}
    api.fail_next("sendMessage", 400, description="Bad Request: group chat was upgraded to a supergroup chat")
    fault = api._troubles[-1].fault
    assert fault is not None
    fault.parameters = moved
    async with line(api) as telegram:
        await telegram.send(old.chat_id, "hälytys")
        await telegram.send(old.chat_id, "toinen")
    assert [message["text"] for message in new.messages] == ["hälytys", "toinen"]


# -- buttons, menus, probe ----------------------------------------------------------------------------------


async def test_a_press_is_answered(api: BotApi, account: BotAccount) -> None:
    maija = account.person()
    async with line(api) as telegram:
        await telegram.send(maija.chat_id, "Mitä?", keyboard((("erasure",),), {"erasure": "Poista"}))
        query = await maija.press("erasure")
        assert await telegram.answer_button(query["id"])
    assert [answer["id"] for answer in maija.answers] == [query["id"]]


async def test_a_press_too_old_to_answer_hurts_nobody(api: BotApi) -> None:
    async with line(api) as telegram:
        assert not await telegram.answer_button("long-gone")


async def test_a_press_is_no_trouble_while_telegram_is_away(api: BotApi) -> None:
    await api.down()
    async with line(api) as telegram:
        assert not await telegram.answer_button("1")


async def test_menus_are_set_for_each_language_and_staff_chat(api: BotApi, account: BotAccount) -> None:
    account.person(4242)
    customer = {"fi": {"start": "Aloita", "privacy": "Tietosuoja"}, "en": {"start": "Start"}}
    async with line(api) as telegram:
        missed = await telegram.set_menus(customer, {"queue": "Jono", "reject-identity": "Hylkää"}, [4242, 7])
    calls = api.calls("setMyCommands")
    seen = {
        (call.nested("scope")["type"], call.nested("scope").get("chat_id"), call.text("language_code")): [
            (one["command"], one["description"]) for one in call.nested("commands")
        ]
        for call in calls
    }
    finnish = [("start", "Aloita"), ("privacy", "Tietosuoja")]
    staff = [("queue", "Jono"), ("reject_identity", "Hylkää")]
    assert seen == {
        ("all_private_chats", None, ""): finnish,
        ("all_private_chats", None, "fi"): finnish,
        ("all_private_chats", None, "en"): [("start", "Start")],
        ("chat", 4242, ""): staff,
        ("chat", 7, ""): staff,
    }
    assert set(missed) <= {7}


async def test_a_staff_chat_that_cannot_have_a_menu_is_reported(api: BotApi) -> None:
    api.fail_next("setMyCommands", 400, description="Bad Request: chat not found")
    async with line(api) as telegram:
        assert await telegram.set_menus({}, {"queue": "Jono"}, [4242]) == [4242]


async def test_menus_that_could_not_be_set_are_a_fault(api: BotApi) -> None:
    api.fail_next("setMyCommands", 502)
    async with line(api) as telegram:
        with pytest.raises(Unreachable):
            await telegram.set_menus({"fi": {"start": "Aloita"}})


async def test_the_probe_is_silent_where_all_is_well(api: BotApi) -> None:
    async with line(api) as telegram:
        assert await telegram.probe() is None
        assert telegram.username == "sandbox_4_bot"


@pytest.mark.parametrize(("token", "advice"), [(TOKEN, "BotFather"), ("not a token", "BotFather")])
async def test_the_probe_says_what_to_do_about_a_refused_token(token: str, advice: str) -> None:
    async with BotApi.serve(tokens=frozenset({"5:other"})) as api, line(api, token=token) as telegram:
        told = await telegram.probe()
    assert told is not None
    assert advice in told
    assert token not in told


async def test_the_probe_says_what_to_do_about_a_silent_server(api: BotApi) -> None:
    await api.down()
    async with line(api) as telegram:
        told = await telegram.probe()
    assert told is not None
    assert api.base_url in told


# -- secrets ------------------------------------------------------------------------------------------------


async def test_neither_token_nor_text_is_ever_logged_or_shown(
    api: BotApi, account: BotAccount, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    maija = account.person()
    shown = []
    async with line(api) as telegram:
        await telegram.introduce()
        await telegram.send(maija.chat_id, "salainen viesti")
        for break_it in (
            partial(api.fail_next, "sendMessage", 502),
            partial(api.fail_next, "sendMessage", 401),
            partial(api.cut_next, "sendMessage"),
        ):
            break_it()
            with pytest.raises(TelegramFault) as caught:
                await telegram.send(maija.chat_id, "salainen viesti")
            assert caught.value.__cause__ is None
            assert caught.value.__suppress_context__
            shown.append(f"{caught.value!r} {caught.value}")
        await maija.say("toinen salaisuus")
        await telegram.get_updates(0, 0)
        shown.append(f"{telegram!r} {telegram}")
    everything = caplog.text + " ".join(shown)
    for secret in (TOKEN, "never-logged", "salainen", "salaisuus"):
        assert secret not in everything
