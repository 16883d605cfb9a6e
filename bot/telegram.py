"""One bot's line to Telegram: sending, menus, button answers and the probe of `pyynto check`.

Nothing is decided or stored here; fetching updates lives in `intake`, texts and keyboards in `writing`. The
token stays inside this object: it stands in no `repr`, no exception and no log line.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from telegram import (
    Bot,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
    InlineKeyboardMarkup,
    InputFile,
    LinkPreviewOptions,
    Message,
)
from telegram.error import ChatMigrated, InvalidToken, TelegramError

from bot.faults import ChatGone, Rejected, TelegramFault, TokenRefused, TooFast, Unreachable, fault_of
from bot.pace import Pace
from bot.wire import Wire
from bot.writing import CAPTION_LIMIT, UPLOAD_LIMIT, menu, split, units

#: Telegram's own Bot API.
OFFICIAL = "https://api.telegram.org"
#: Every kind of update the bot reads; others are never sent to it.
WANTED = (
    "message",
    "edited_message",
    "channel_post",
    "edited_channel_post",
    "callback_query",
    "my_chat_member",
)
#: Menus are set for many scopes; so many calls at once.
_AT_ONCE = 8
#: What `pyynto check` says, by fault.
_ADVICE: tuple[tuple[type[TelegramFault], str], ...] = (
    (TokenRefused, "Telegram does not accept the token: copy it again from @BotFather into `token`"),
    (TooFast, "Telegram asks for a pause: wait a minute and check again"),
    (Unreachable, "no answer from {base_url}: check the network, and `base_url` if you set it"),
)

logger = logging.getLogger(__name__)


class Telegram:
    """A bot, by its token. Open it with `initialize` before use and close it with `shutdown`.

    `pace` is the number of messages a second over all chats; 0 keeps no limits, for a local server.
    """

    def __init__(self, token: str, base_url: str = OFFICIAL, pace: float = 25) -> None:
        hush()
        self._base_url = base_url.rstrip("/").removesuffix("/bot")
        self._wire = Wire()
        self._pace = Pace(pace)
        self._moved: dict[int, int] = {}
        #: Without the leading @; empty until `introduce` has succeeded once.
        self.username = ""
        try:
            self._bot = Bot(
                token,
                base_url=f"{self._base_url}/bot",
                base_file_url=f"{self._base_url}/file/bot",
                request=self._wire,
                get_updates_request=self._wire,
            )
        except InvalidToken:
            raise TokenRefused("no token given") from None

    def __repr__(self) -> str:
        return f"Telegram({self._base_url!r}, username={self.username!r})"

    async def initialize(self) -> None:
        """Make ready to call; asks Telegram nothing, so it works while Telegram is away."""
        await self._wire.initialize()

    async def shutdown(self) -> None:
        """Close all connections."""
        await self._wire.shutdown()

    async def introduce(self) -> str:
        """Ask Telegram who this bot is; returns its name without the leading @.

        Raises:
            TelegramFault: as for every call.
        """
        async with _faults():
            me = await self._bot.get_me()
        self.username = me.username or ""
        return self.username

    async def probe(self) -> str | None:
        """None when Telegram knows this bot, else a sentence that says what to do."""
        try:
            await self.introduce()
        except TelegramFault as fault:
            for kind, advice in _ADVICE:
                if isinstance(fault, kind):
                    return advice.format(base_url=self._base_url)
            return f"Telegram answers: {fault}"
        return None

    async def send(self, chat_id: int, text: str, keyboard: InlineKeyboardMarkup | None = None) -> int:
        """Send a text as it is, without markup; returns the message id.

        A text too long for one message goes in several, the keyboard under the last, whose id is returned.
        A group that became a supergroup is followed to its new id.

        Raises:
            Blocked, ChatGone, Rejected: it can never succeed.
            TooFast: leave this chat alone for `retry_after` seconds; other chats are not concerned. Raised
                without asking Telegram while that time lasts.
            Unreachable, TokenRefused: try again later; it may have been sent.
        """
        parts = split(text)
        for part in parts[:-1]:
            await self._send_part(chat_id, part, None)
        return await self._send_part(chat_id, parts[-1], keyboard)

    async def send_file(
        self,
        chat_id: int,
        name: str,
        content: bytes,
        text: str = "",
        keyboard: InlineKeyboardMarkup | None = None,
    ) -> int:
        """Send a file as a document, with a text and a keyboard under it; returns the message id.

        The text is a caption where it fits one, so that both arrive at once or not at all; a longer text goes
        before the file.

        Raises:
            Rejected: the file is empty or larger than UPLOAD_LIMIT, or Telegram will not have it.
            TelegramFault: as for `send`.
        """
        if not 0 < len(content) <= UPLOAD_LIMIT:
            raise Rejected("the file is empty or too large")
        if units(text) > CAPTION_LIMIT:
            await self.send(chat_id, text)
            text = ""

        def send(target: int) -> Awaitable[Message]:
            document = InputFile(content, filename=name)
            return self._bot.send_document(
                target, document, caption=text or None, reply_markup=keyboard,
                disable_content_type_detection=True,
            )  # fmt: skip

        return await self._in_turn(chat_id, send)

    def ready_in(self, chat_id: int) -> float:
        """Seconds until this chat may get its next message: 0.0 means `send` will not wait for it."""
        return self._pace.ready_in(self._moved.get(chat_id, chat_id))

    async def answer_button(self, callback_id: str) -> bool:
        """Stop the progress mark on a pressed button. It matters to nothing else, so no fault is raised.

        Returns False when Telegram did not take it: commonly "query is too old", some time after the press.
        """
        try:
            return await self._bot.answer_callback_query(callback_id)
        except TelegramError:
            return False

    async def set_menus(
        self,
        customer: Mapping[str, Mapping[str, str]],
        staff: Mapping[str, str] | None = None,
        staff_chats: Iterable[int] = (),
    ) -> list[int]:
        """Set the command menus: for customers by language, and for each staff chat its own.

        `customer` maps a language code to command names and descriptions; its first language is also what
        people with any other language see. Returns the staff chats that could not be reached, as happens
        while a staff member has not yet started the bot.

        Raises:
            TelegramFault: the customers' menus could not be set.
        """
        everyone = BotCommandScopeAllPrivateChats()
        otherwise = [("", texts) for texts in list(customer.values())[:1]]
        async with _faults():
            for language, texts in [*otherwise, *customer.items()]:
                await self._bot.set_my_commands(menu(texts), scope=everyone, language_code=language or None)
        if not staff:
            return []
        return await self._set_staff_menus(menu(staff), list(staff_chats))

    async def get_updates(self, offset: int, seconds: int, limit: int = 100) -> list[dict[str, Any]]:
        """Fetch waiting updates as Telegram wrote them, or wait up to `seconds` for the first one.

        Everything below `offset` is thereby acknowledged, and gone.

        Every one has a whole number as its `update_id`; nothing else about them is checked.

        Raises:
            TelegramFault: as for every call; `Conflict` when somebody else fetches too.
        """
        asked = {"offset": offset, "timeout": seconds, "limit": limit, "allowed_updates": list(WANTED)}
        async with _faults():
            # `Bot.get_updates` parses at once and fails as a whole where one update cannot be parsed. The
            # library's way to a raw answer warns when it knows the method by the given name; it joins words
            # at underscores, so two of them spell a name it does not know and yet calls getUpdates.
            found = await self._bot.do_api_request("get__updates", asked, read_timeout=seconds + 10)
        if not isinstance(found, list) or not all(map(_is_numbered, found)):
            raise Unreachable("not a list of updates")
        return found

    async def delete_webhook(self) -> None:
        """Go over to fetching; what waits stays waiting."""
        async with _faults():
            await self._bot.delete_webhook(drop_pending_updates=False)

    async def set_webhook(self, url: str, secret: str) -> None:
        """Have updates posted to `url`, one at a time so that they keep their order.

        `secret` comes back in a header of every post: 1-256 of A-Z a-z 0-9 _ and -.
        """
        async with _faults():
            await self._bot.set_webhook(url, secret_token=secret, allowed_updates=WANTED, max_connections=1)

    async def _send_part(self, chat_id: int, text: str, keyboard: InlineKeyboardMarkup | None) -> int:
        def send(target: int) -> Awaitable[Message]:
            return self._bot.send_message(
                target, text, reply_markup=keyboard, link_preview_options=_NO_PREVIEW
            )

        return await self._in_turn(chat_id, send)

    async def _in_turn(self, chat_id: int, send: Callable[[int], Awaitable[Message]]) -> int:
        target = self._moved.get(chat_id, chat_id)
        async with self._pace.turn(target):
            try:
                sent = await send(target)
            except ChatMigrated as moved:
                new = moved.new_chat_id
            except TelegramError as caught:
                fault = fault_of(caught)
                if isinstance(fault, TooFast):
                    self._pace.pause(target, fault.retry_after)
                raise fault from None
            else:
                return sent.message_id
        if chat_id in self._moved:
            raise ChatGone("moved twice")
        logger.warning("chat_moved from=%d to=%d", chat_id, new)
        self._moved[chat_id] = new
        return await self._in_turn(chat_id, send)

    async def _set_staff_menus(self, commands: Sequence[Any], chats: Sequence[int]) -> list[int]:
        gate = asyncio.Semaphore(_AT_ONCE)

        async def set_one(chat_id: int) -> bool:
            async with gate:
                try:
                    return await self._bot.set_my_commands(commands, scope=BotCommandScopeChat(chat_id))
                except TelegramError:
                    return False

        done = await asyncio.gather(*map(set_one, chats))
        return [chat_id for chat_id, ok in zip(chats, done, strict=True) if not ok]


_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


@asynccontextmanager
async def _faults() -> AsyncIterator[None]:
    """Turn what the library raises into our own faults, without the chain that may show a URL."""
    try:
        yield
    except TelegramError as caught:
        raise fault_of(caught) from None


def _is_numbered(update: object) -> bool:
    return isinstance(update, dict) and isinstance(update.get("update_id"), int)


def hush() -> None:
    """Keep the libraries' own log lines out: they hold URLs with the token, and people's messages."""
    for name in ("httpx", "httpcore", "telegram"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
