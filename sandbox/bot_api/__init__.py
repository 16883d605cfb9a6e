"""A Telegram Bot API stand-in, served over real HTTP on this machine.

For `pyynto demo` and for tests: a bot talks to it as it talks to Telegram, while the tester plays the
people. It keeps everything in memory and knows only the methods this project's bot may call. It never
leaves the machine.

    async with BotApi.serve() as api:
        maija = api.bot("4:token").person(user_id=1001, first_name="Maija", language_code="fi")
        await maija.say("poistakaa tietoni")
        answer = await maija.next_message(timeout=5)
"""

from __future__ import annotations

from sandbox.bot_api._account import BotAccount
from sandbox.bot_api._chats import Chat, buttons
from sandbox.bot_api._server import BotApi
from sandbox.bot_api._wire import Call, Json

__all__ = ["BotAccount", "BotApi", "Call", "Chat", "Json", "buttons"]
