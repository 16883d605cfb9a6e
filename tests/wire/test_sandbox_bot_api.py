"""The Bot API stand-in, used by python-telegram-bot and by a bare HTTP client."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from telegram import BotCommand, BotCommandScopeChat, InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.error import BadRequest, Conflict, Forbidden, InvalidToken, NetworkError, RetryAfter
from telegram.ext import Application, ExtBot

from sandbox.bot_api import BotApi, Chat

pytestmark = pytest.mark.wire

TOKEN = "4:a-token"
ALL_KINDS = ["message", "edited_message", "callback_query", "my_chat_member", "channel_post"]
YES = InlineKeyboardMarkup([[InlineKeyboardButton("Kyllä", callback_data="yes")]])


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    async with BotApi.serve() as running:
        yield running


@pytest.fixture
async def bot(api: BotApi) -> AsyncIterator[ExtBot[None]]:
    builder = Application.builder().token(TOKEN).updater(None)
    urls = builder.base_url(api.base_url + "/bot").base_file_url(api.base_url + "/file/bot")
    application = urls.build()
    async with application:
        yield application.bot


@pytest.fixture
def maija(api: BotApi) -> Chat:
    return api.bot(TOKEN).person(1001, "Maija", "fi")


async def raw(api: BotApi, method: str, token: str = TOKEN, **kinds: Any) -> tuple[int, dict[str, Any]]:
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{api.base_url}/bot{token}/{method}", **kinds) as answer,
    ):
        return answer.status, await answer.json()


async def test_a_text_message_arrives_with_person_date_and_entities(bot: ExtBot[None], maija: Chat) -> None:
    await maija.say("/start hei", at=datetime(2026, 11, 15, 10, tzinfo=UTC))
    [update] = await bot.get_updates(timeout=5)
    message = update.message
    assert message is not None
    assert message.from_user is not None
    assert message.from_user.language_code == "fi"
    assert message.date == datetime(2026, 11, 15, 10, tzinfo=UTC)
    assert message.entities[0].type == "bot_command"
    assert message.entities[0].length == len("/start")


async def test_everything_people_do_becomes_an_update_ptb_can_read(
    api: BotApi, bot: ExtBot[None], maija: Chat
) -> None:
    for act in (
        maija.photo(caption="kuva"),
        maija.voice(),
        maija.video(),
        maija.sticker(),
        maija.document("kortti.pdf"),
        maija.contact(),
        maija.location(),
        maija.say("viesti"),
        maija.edit("korjattu"),
        maija.block(),
        maija.unblock(),
        api.bot(TOKEN).group(-100, member=maija).say("ryhmässä"),
        api.bot(TOKEN).channel(-200).say("kanavalla"),
    ):
        await act
    updates = await bot.get_updates(timeout=5, allowed_updates=ALL_KINDS)
    shapes = " ".join(_shape(update) for update in updates)
    assert shapes == (
        "photo voice video sticker document contact location text edited kicked member group channel"
    )
    ids = [update.update_id for update in updates]
    assert ids == list(range(ids[0], ids[0] + len(ids)))


def _shape(update: Update) -> str:
    if update.my_chat_member:
        return update.my_chat_member.new_chat_member.status
    if update.channel_post:
        return "channel"
    if update.edited_message:
        return "edited"
    assert update.message is not None
    if update.message.chat.type == "supergroup":
        return "group"
    parts = ("photo", "voice", "video", "sticker", "document", "contact", "location", "text")
    return next(part for part in parts if getattr(update.message, part))


async def test_updates_stay_until_the_offset_passes_them(bot: ExtBot[None], maija: Chat) -> None:
    for text in ("yksi", "kaksi", "kolme"):
        await maija.say(text)
    first = await bot.get_updates(timeout=5, limit=2)
    again = await bot.get_updates(timeout=5)
    rest = await bot.get_updates(offset=first[-1].update_id + 1, timeout=5)
    assert (len(first), len(again), len(rest)) == (2, 3, 1)
    assert rest[0].update_id == first[-1].update_id + 1


async def test_a_long_poll_returns_as_soon_as_somebody_writes(bot: ExtBot[None], maija: Chat) -> None:
    poll = asyncio.create_task(bot.get_updates(timeout=20))
    await asyncio.sleep(0.2)
    assert not poll.done()
    await maija.say("hei")
    assert len(await asyncio.wait_for(poll, 2)) == 1


async def test_a_long_poll_without_news_returns_nothing_in_time(bot: ExtBot[None]) -> None:
    assert await asyncio.wait_for(bot.get_updates(timeout=1), 3) == ()


async def test_kinds_not_asked_for_are_not_queued(bot: ExtBot[None], maija: Chat) -> None:
    await bot.get_updates(timeout=0, allowed_updates=["callback_query"])
    await maija.say("hei")
    assert await bot.get_updates(timeout=0) == ()


async def test_the_first_of_two_pollers_gets_a_conflict(api: BotApi, bot: ExtBot[None]) -> None:
    first = asyncio.create_task(bot.get_updates(timeout=20))
    await asyncio.sleep(0.2)
    status, _ = await raw(api, "getUpdates")
    with pytest.raises(Conflict):
        await asyncio.wait_for(first, 5)
    assert status == 200


async def test_a_sent_message_is_seen_with_its_keyboard(bot: ExtBot[None], maija: Chat) -> None:
    sent = await bot.send_message(1001, "Vahvistatko?", reply_markup=YES)
    seen = await maija.next_message()
    assert (seen["text"], seen["message_id"], maija.keyboard) == ("Vahvistatko?", sent.message_id, ["Kyllä"])
    assert sent.reply_markup == YES


async def test_a_pressed_button_can_be_answered_and_its_message_edited(
    bot: ExtBot[None], maija: Chat
) -> None:
    await bot.send_message(1001, "Vahvistatko?", reply_markup=YES)
    await maija.press("Kyllä")
    [update] = await bot.get_updates(timeout=5)
    query = update.callback_query
    assert query is not None
    await query.answer("Selvä")
    await query.edit_message_text("Vahvistettu")
    assert query.data == "yes"
    assert maija.answers[0]["text"] == "Selvä"
    assert [message["text"] for message in maija.messages] == ["Vahvistettu"]
    assert maija.keyboard == []


async def test_an_old_button_press_cannot_be_answered(api: BotApi, bot: ExtBot[None], maija: Chat) -> None:
    await bot.send_message(1001, "Vahvistatko?", reply_markup=YES)
    query = await maija.press("yes")
    api.bot(TOKEN).expire_callbacks()
    with pytest.raises(BadRequest, match="uery is too old"):
        await bot.answer_callback_query(query["id"])


async def test_a_button_that_is_not_there_cannot_be_pressed(maija: Chat) -> None:
    with pytest.raises(LookupError):
        await maija.press("Kyllä")


async def test_editing_to_the_same_is_refused(bot: ExtBot[None], maija: Chat) -> None:
    sent = await bot.send_message(1001, "sama", reply_markup=YES)
    with pytest.raises(BadRequest, match="not modified"):
        await bot.edit_message_text("sama", 1001, sent.message_id, reply_markup=YES)
    await bot.edit_message_reply_markup(1001, sent.message_id)
    assert "reply_markup" not in maija.messages[0]


@pytest.mark.parametrize(
    ("text", "mode", "complaint"),
    [
        ("", None, "empty"),
        ("x" * 4097, None, "too long"),
        ("<b>auki", "HTML", "end tag"),
        ("1 < 2", "HTML", "[Uu]nsupported start tag"),
        ("<b>a</i>", "HTML", "expected"),
        ("a.b", "MarkdownV2", "reserved"),
        ("*auki", "MarkdownV2", "end of bold"),
    ],
)
async def test_bad_text_is_refused_in_telegrams_words(
    bot: ExtBot[None], maija: Chat, text: str, mode: str | None, complaint: str
) -> None:
    with pytest.raises(BadRequest, match=complaint):
        await bot.send_message(1001, text, parse_mode=mode)
    assert maija.messages == []


@pytest.mark.parametrize(
    ("text", "mode"),
    [("<b>Äiti</b> &amp; <i>isä</i>", "HTML"), ("*Äiti* & _isä_", "MarkdownV2")],
)
async def test_markup_becomes_plain_text_and_entities(
    bot: ExtBot[None], maija: Chat, text: str, mode: str
) -> None:
    sent = await bot.send_message(1001, text, parse_mode=mode)
    assert sent.text == maija.messages[0]["text"] == "Äiti & isä"
    assert [(one.type, one.offset, one.length) for one in sent.entities] == [("bold", 0, 4), ("italic", 7, 3)]


async def test_4096_characters_pass(bot: ExtBot[None], maija: Chat) -> None:
    await bot.send_message(1001, "ä" * 4096)
    assert len(maija.messages[0]["text"]) == 4096


async def test_callback_data_over_64_bytes_is_refused(bot: ExtBot[None], maija: Chat) -> None:
    keyboard = InlineKeyboardMarkup([[InlineKeyboardButton("x", callback_data="ä" * 33)]])
    with pytest.raises(BadRequest, match="utton_data_invalid"):
        await bot.send_message(1001, "x", reply_markup=keyboard)


async def test_who_blocks_the_bot_is_out_of_reach_until_unblocking(bot: ExtBot[None], maija: Chat) -> None:
    await maija.block()
    with pytest.raises(Forbidden, match="blocked by the user"):
        await bot.send_message(1001, "hei")
    await maija.unblock()
    await bot.send_message(1001, "hei")


async def test_the_bot_may_not_write_first(api: BotApi, bot: ExtBot[None]) -> None:
    shy = api.bot(TOKEN).person(1002, "Ujo", started=False)
    with pytest.raises(Forbidden, match="initiate"):
        await bot.send_message(1002, "hei")
    await shy.say("/start")
    await bot.send_message(1002, "hei")
    with pytest.raises(BadRequest, match="hat not found"):
        await bot.send_message(999, "hei")


async def test_documents_travel_both_ways(bot: ExtBot[None], maija: Chat) -> None:
    sent = await bot.send_document(1001, document=b"%PDF-x", filename="kirje.pdf", caption="Kirje")
    assert sent.document is not None
    assert maija.messages[0]["document"]["file_name"] == "kirje.pdf"
    await maija.document("kuva.pdf", b"%PDF-y")
    [update] = await bot.get_updates(timeout=5)
    assert update.message is not None
    assert update.message.document is not None
    for document, content in ((sent.document, b"%PDF-x"), (update.message.document, b"%PDF-y")):
        file = await document.get_file()
        assert bytes(await file.download_as_bytearray()) == content


async def test_commands_are_kept_by_scope_and_language(bot: ExtBot[None]) -> None:
    scope = BotCommandScopeChat(4242)
    await bot.set_my_commands([BotCommand("jono", "Avoimet")], scope=scope, language_code="fi")
    assert (await bot.get_my_commands(scope=scope, language_code="fi"))[0].command == "jono"
    assert await bot.get_my_commands(language_code="fi") == ()
    await bot.delete_my_commands(scope=scope, language_code="fi")
    assert await bot.get_my_commands(scope=scope, language_code="fi") == ()


async def test_typing_shows_until_the_bot_writes(bot: ExtBot[None], maija: Chat) -> None:
    await bot.send_chat_action(1001, "typing")
    assert maija.typing
    await bot.send_message(1001, "hei")
    assert not maija.typing


async def test_a_chat_can_be_looked_up_and_a_group_left(api: BotApi, bot: ExtBot[None], maija: Chat) -> None:
    api.bot(TOKEN).group(-100, "Ryhmä", member=maija)
    assert (await bot.get_chat(1001)).first_name == "Maija"
    await bot.leave_chat(-100)
    with pytest.raises(BadRequest):
        await bot.get_chat(-100)


async def test_429_says_how_long_to_wait_and_has_no_effect(
    api: BotApi, bot: ExtBot[None], maija: Chat
) -> None:
    api.fail_next("sendMessage", 429, retry_after=7, times=2)
    for _ in range(2):
        with pytest.raises(RetryAfter) as refused:
            await bot.send_message(1001, "hei")
        assert "7" in str(refused.value)
    await bot.send_message(1001, "hei")
    assert len(maija.messages) == 1


async def test_a_cut_connection_can_hide_a_success(api: BotApi, bot: ExtBot[None], maija: Chat) -> None:
    api.cut_next("sendMessage")
    with pytest.raises(NetworkError):
        await bot.send_message(1001, "ennen")
    api.cut_next("sendMessage", after=True)
    with pytest.raises(NetworkError):
        await bot.send_message(1001, "jälkeen")
    assert [message["text"] for message in maija.messages] == ["jälkeen"]


async def test_a_slow_call_is_only_slow(api: BotApi, bot: ExtBot[None], maija: Chat) -> None:
    api.slow_next("sendMessage", 0.3)
    sending = asyncio.create_task(bot.send_message(1001, "hei"))
    assert await maija.no_message(within=0.1)
    await sending
    assert (await maija.next_message(1))["text"] == "hei"


async def test_an_outage_ends_and_loses_no_update(api: BotApi, bot: ExtBot[None], maija: Chat) -> None:
    poll = asyncio.create_task(bot.get_updates(timeout=20))
    await asyncio.sleep(0.2)
    await api.down()
    with pytest.raises(NetworkError):
        await poll
    with pytest.raises(NetworkError):
        await bot.get_me()
    await maija.say("hei")
    await api.up()
    assert len(await bot.get_updates(timeout=5)) == 1


async def test_tokens_are_checked_as_telegram_does() -> None:
    async with BotApi.serve(tokens=frozenset({TOKEN})) as strict:
        assert (await raw(strict, "getMe"))[0] == 200
        assert (await raw(strict, "getMe", token="5:other"))[1]["error_code"] == 401
        assert (await raw(strict, "getMe", token="nonsense"))[1]["error_code"] == 404
        with pytest.raises(InvalidToken):
            await ExtBot("5:other", base_url=strict.base_url + "/bot").initialize()


async def test_an_unknown_method_is_not_found(api: BotApi) -> None:
    assert await raw(api, "sendNonsense") == (
        404,
        {"ok": False, "error_code": 404, "description": "Not Found"},
    )


async def test_all_forms_of_parameters_are_read(api: BotApi, maija: Chat) -> None:
    keyboard = {"inline_keyboard": [[{"text": "a", "callback_data": "b"}]]}
    fields = {"chat_id": "1001", "text": "moi", "reply_markup": json.dumps(keyboard)}
    multipart = aiohttp.FormData(fields)
    multipart.add_field("ignored", b"x", filename="x.bin")
    for form in (
        {"data": fields},
        {"data": multipart},
        {"json": {"chat_id": 1001, "text": "moi", "reply_markup": keyboard}},
        {"params": fields},
    ):
        status, _ = await raw(api, "SENDMESSAGE", **form)
        assert status == 200
    assert [message["reply_markup"] for message in maija.messages] == [keyboard] * 4
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{api.base_url}/bot{TOKEN}/getMe") as answer,
    ):
        assert (await answer.json())["ok"]


async def test_a_webhook_gets_each_update_with_its_secret_and_again_until_taken(
    api: BotApi, bot: ExtBot[None], maija: Chat
) -> None:
    seen: list[tuple[str, str]] = []

    async def take(request: web.Request) -> web.Response:
        text = (await request.json())["message"]["text"]
        seen.append((text, request.headers["X-Telegram-Bot-Api-Secret-Token"]))
        return web.Response(status=500 if len(seen) == 1 else 200)

    app = web.Application()
    app.router.add_post("/hook", take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    await bot.set_webhook(f"http://127.0.0.1:{port}/hook", secret_token="hush")
    await maija.say("yksi")
    await maija.say("kaksi")
    assert await api.bot(TOKEN).all_read(5)
    assert seen == [("yksi", "hush"), ("yksi", "hush"), ("kaksi", "hush")]
    assert "500" in str((await bot.get_webhook_info()).last_error_message)
    with pytest.raises(Conflict):
        await bot.get_updates()
    await bot.delete_webhook()
    assert await bot.get_updates() == ()
    await runner.cleanup()


async def test_calls_are_remembered(api: BotApi, bot: ExtBot[None], maija: Chat) -> None:
    await bot.send_message(1001, "hei")
    assert [call.text("text") for call in api.calls("sendMessage")] == ["hei"]
