"""Run by test_sandbox_aiogram in an environment of its own: aiogram checks every answer of the stand-in.

Usage: aiogram_check.py BASE_URL TOKEN CHAT_ID. Prints one line of JSON: what it read.
"""

from __future__ import annotations

import asyncio
import json
import sys

from aiogram import Bot  # type: ignore[import-not-found]
from aiogram.client.session.aiohttp import AiohttpSession  # type: ignore[import-not-found]
from aiogram.client.telegram import TelegramAPIServer  # type: ignore[import-not-found]
from aiogram.exceptions import TelegramBadRequest, TelegramRetryAfter  # type: ignore[import-not-found]
from aiogram.types import (  # type: ignore[import-not-found]
    BotCommand,
    BufferedInputFile,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
)


async def main(base_url: str, token: str, chat_id: int) -> dict[str, object]:
    """Do what a bot does; return what was seen on the way."""
    session = AiohttpSession(api=TelegramAPIServer.from_base(base_url))
    async with Bot(token, session=session) as bot:
        seen: dict[str, object] = {"me": (await bot.get_me()).username}
        updates = await bot.get_updates(
            timeout=5, allowed_updates=["message", "callback_query", "my_chat_member"]
        )
        seen["kinds"] = [
            update.message.content_type.value if update.message else update.event_type for update in updates
        ]
        keyboard = InlineKeyboardMarkup(
            inline_keyboard=[[InlineKeyboardButton(text="Kyllä", callback_data="yes")]]
        )
        sent = await bot.send_message(
            chat_id, "<b>Vahvistatko?</b>", parse_mode="HTML", reply_markup=keyboard
        )
        seen["sent"] = [sent.text, sent.entities[0].type, sent.reply_markup.inline_keyboard[0][0].text]
        pressed = await bot.get_updates(offset=updates[-1].update_id + 1, timeout=10)
        query = pressed[0].callback_query
        seen["pressed"] = query.data
        await bot.answer_callback_query(query.id, text="Selvä")
        await bot.edit_message_text("Vahvistettu", chat_id=chat_id, message_id=sent.message_id)
        document = await bot.send_document(
            chat_id, BufferedInputFile(b"%PDF-x", "kirje.pdf"), caption="Kirje"
        )
        content = await bot.download(document.document.file_id)
        seen["document"] = content.read().decode()
        await bot.set_my_commands([BotCommand(command="start", description="Aloita")], language_code="fi")
        seen["commands"] = [one.command for one in await bot.get_my_commands(language_code="fi")]
        seen["chat"] = (await bot.get_chat(chat_id)).first_name
        for name, call in (
            ("bad", bot.send_message(chat_id, "<b>x", parse_mode="HTML")),
            ("slow_down", bot.send_chat_action(chat_id, "typing")),
        ):
            try:
                await call
            except (TelegramBadRequest, TelegramRetryAfter) as refused:
                seen[name] = type(refused).__name__
        return seen


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))))
