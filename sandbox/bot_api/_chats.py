"""What people do in a chat, and what they see there: the tester's side of the stand-in.

A `Chat` is a private chat with one person, a group or a channel. Whatever a person does becomes an update
of the shape the Bot API documents (https://core.telegram.org/bots/api#update). The bot's own methods live
in `_methods`.
"""

# A `timeout` here says how patient a test is; the caller has no task to cancel.
# ruff: noqa: ASYNC109

from __future__ import annotations

import time
from copy import deepcopy
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sandbox.bot_api._markup import find_entities, units
from sandbox.bot_api._wire import Json

if TYPE_CHECKING:
    from sandbox.bot_api._account import BotAccount

#: A one-pixel picture, enough to be a photo.
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f64540"
    "0000000049454e44ae426082"
)


class Chat:
    """One chat of one bot, as its people see it."""

    def __init__(self, bot: BotAccount, place: Json, who: Json | None, *, started: bool = True) -> None:
        self.bot = bot
        self.place = place
        self.who: Json = who or {}
        self.started = started
        self.blocked = False
        #: Everything said in this chat, by both sides, oldest first; edits show in place.
        self.history: list[Json] = []
        #: What the bot answered to button presses: `{id, text, show_alert}`.
        self.answers: list[Json] = []
        #: Until when (seconds since 1970) the bot shows as typing.
        self.typing_until = 0.0
        #: Grows with every change, so that a page can ask what is new.
        self.revision = 0
        self._read = 0

    @property
    def chat_id(self) -> int:
        """The Telegram chat id; in a private chat the person's own id."""
        return int(self.place["id"])

    # What the person sees.

    @property
    def messages(self) -> list[Json]:
        """What the bot sent here, oldest first, with `text` and, where there is one, `reply_markup`."""
        return [message for message in self.history if message.get("from") == self.bot.user]

    @property
    def keyboard(self) -> list[str]:
        """The labels of the buttons under the newest message that has any."""
        for message in reversed(self.messages):
            labels = [str(button["text"]) for button in buttons(message)]
            if labels:
                return labels
        return []

    @property
    def typing(self) -> bool:
        """Whether the bot shows as typing."""
        return time.time() < self.typing_until

    async def next_message(self, timeout: float = 10.0) -> Json:
        """The oldest message of the bot not yet returned by this method.

        Raises:
            TimeoutError: none came within `timeout` seconds.
        """
        if not await self.bot.changed.until(lambda: len(self.messages) > self._read, timeout):
            raise TimeoutError(f"the bot wrote nothing in chat {self.chat_id} within {timeout} s")
        self._read += 1
        return self.messages[self._read - 1]

    async def no_message(self, within: float = 0.5) -> bool:
        """True when the bot stays silent for this many seconds."""
        return not await self.bot.changed.until(lambda: len(self.messages) > self._read, within)

    async def message_with(self, text: str, timeout: float = 10.0) -> Json:
        """The first message of the bot that contains `text`, waiting for it if need be.

        Raises:
            TimeoutError: none came within `timeout` seconds.
        """

        def hits() -> list[Json]:
            return [message for message in self.messages if text in shown_text(message)]

        if not await self.bot.changed.until(lambda: bool(hits()), timeout):
            raise TimeoutError(f"no message with {text!r} in chat {self.chat_id} within {timeout} s")
        return hits()[0]

    # What the person does.

    async def say(self, text: str, *, at: datetime | None = None, reply_to: Json | None = None) -> Json:
        """Write a text message; `at` backdates it."""
        extra: Json = {"reply_to_message": reply_to} if reply_to else {}
        return self._arrive(_text(text) | extra, at)

    async def edit(self, text: str, message: Json | None = None) -> Json:
        """Change one of the person's own messages, the newest unless told otherwise."""
        own = [one for one in self.history if one.get("from") != self.bot.user]
        changed = message or own[-1]
        for part in ("text", "entities"):
            changed.pop(part, None)
        changed |= _text(text) | {"edit_date": int(time.time())}
        self.touch()
        self.bot.queue("edited_channel_post" if self._is_channel else "edited_message", deepcopy(changed))
        return changed

    async def press(self, button: str, message_id: int | None = None) -> Json:
        """Press the newest button with this label or callback data; below the text box it sends its text.

        With `message_id`, only that message's buttons are looked at.

        Raises:
            LookupError: no message has such a button.
        """
        for message in reversed(self.messages):
            if message_id not in {None, message["message_id"]}:
                continue
            for found in buttons(message):
                if button in {found.get("text"), found.get("callback_data")}:
                    return await self._press(message, found)
        raise LookupError(f"no button {button!r} in chat {self.chat_id}; there are {self.keyboard}")

    async def photo(self, content: bytes = PIXEL, caption: str = "") -> Json:
        """Send a picture."""
        size = {"width": 90, "height": 90}
        return self._arrive({"photo": [self._file(content, "photos", ".jpg") | size]} | _caption(caption))

    async def voice(self, content: bytes = b"OggS", seconds: int = 3) -> Json:
        """Send a voice message."""
        part = self._file(content, "voice", ".oga") | {"duration": seconds, "mime_type": "audio/ogg"}
        return self._arrive({"voice": part})

    async def video(self, content: bytes = b"\0\0\0\x18ftyp", caption: str = "") -> Json:
        """Send a video."""
        shape = {"width": 320, "height": 240, "duration": 3, "mime_type": "video/mp4"}
        return self._arrive({"video": self._file(content, "videos", ".mp4") | shape} | _caption(caption))

    async def sticker(self, emoji: str = "👍") -> Json:
        """Send a sticker."""
        shape = {"width": 512, "height": 512, "is_animated": False, "is_video": False, "type": "regular"}
        return self._arrive({"sticker": self._file(b"RIFF", "stickers", ".webp") | shape | {"emoji": emoji}})

    async def document(
        self, name: str = "id.pdf", content: bytes = b"%PDF-1.7\n", mime_type: str = "application/pdf"
    ) -> Json:
        """Send a file."""
        suffix = name[name.rfind(".") :] if "." in name else ""
        part = self._file(content, "documents", suffix) | {"file_name": name, "mime_type": mime_type}
        return self._arrive({"document": part})

    async def contact(self, phone_number: str = "+358400000000") -> Json:
        """Share the person's own contact."""
        who = {"first_name": self.who.get("first_name", ""), "user_id": self.who.get("id", 0)}
        return self._arrive({"contact": {"phone_number": phone_number} | who})

    async def location(self, latitude: float = 60.17, longitude: float = 24.94) -> Json:
        """Share a place."""
        return self._arrive({"location": {"latitude": latitude, "longitude": longitude}})

    async def send(self, content: Json, kind: str = "message") -> Json:
        """Send anything else, given as the Bot API writes it, for example `{"dice": {…}}`."""
        return self._arrive(content, kind=kind)

    async def block(self) -> None:
        """Stop the bot: whatever it sends from now on is answered with 403."""
        self.blocked = True
        self._membership("member", "kicked")

    async def unblock(self) -> None:
        """Start the bot again."""
        self.blocked = False
        self._membership("kicked", "member")

    # What the rest of the stand-in builds on.

    def touch(self) -> None:
        """Tell everybody who waits that something changed here."""
        self.revision += 1
        self.bot.changed.fire()

    def add(self, message: Json) -> Json:
        """Put a message at the end of the history."""
        self.history.append(message)
        self.touch()
        return message

    def find(self, message_id: int | None) -> Json | None:
        """The message with this id."""
        return next((one for one in self.history if one["message_id"] == message_id), None)

    def head(self, at: datetime | None = None) -> Json:
        """What every message has: its id, date and chat."""
        date = int(time.time() if at is None else at.timestamp())
        return {"message_id": self.bot.next_message_id(), "date": date, "chat": self.place}

    @property
    def _is_channel(self) -> bool:
        return str(self.place["type"]) == "channel"

    def _arrive(self, content: Json, at: datetime | None = None, kind: str = "") -> Json:
        sender: Json = {"sender_chat": self.place} if self._is_channel else {"from": self.who}
        message = self.add(self.head(at) | sender | content)
        self.started = True
        self.bot.queue(kind or ("channel_post" if self._is_channel else "message"), deepcopy(message))
        return message

    async def _press(self, message: Json, button: Json) -> Json:
        if "callback_data" not in button:
            if button.get("request_contact"):
                return await self.contact()
            return await self.say(str(button["text"]))
        callback_id = self.bot.next_name("callback")
        self.bot.callbacks[callback_id] = self
        query: Json = {
            "id": callback_id,
            "from": self.who,
            "message": public(message),
            "chat_instance": str(self.chat_id),
            "data": button["callback_data"],
        }
        self.touch()
        self.bot.queue("callback_query", query)
        return query

    def _file(self, content: bytes, folder: str, suffix: str) -> Json:
        stored = self.bot.keep_file(content, folder, suffix)
        return {
            "file_id": stored.file_id,
            "file_unique_id": f"unique-{stored.file_id}",
            "file_size": len(content),
        }

    def _membership(self, before: str, after: str) -> None:
        def member(status: str) -> Json:
            return {"user": self.bot.user, "status": status} | (
                {"until_date": 0} if status == "kicked" else {}
            )

        change: Json = {
            "chat": self.place,
            "from": self.who,
            "date": int(time.time()),
            "old_chat_member": member(before),
            "new_chat_member": member(after),
        }
        self.touch()
        self.bot.queue("my_chat_member", change)


def buttons(message: Json) -> list[Json]:
    """All buttons of a message, row by row: inline ones, or those below the text box."""
    markup: Json = message.get("reply_markup") or {}
    rows: list[list[Any]] = markup.get("inline_keyboard") or markup.get("keyboard") or []
    return [button if isinstance(button, dict) else {"text": button} for row in rows for button in row]


def shown_text(message: Json) -> str:
    """The text or the caption of a message."""
    return str(message.get("text") or message.get("caption") or "")


def public(message: Json) -> Json:
    """A message as the API returns it: only inline keyboards travel back."""
    copy = deepcopy(message)
    if "inline_keyboard" not in (copy.get("reply_markup") or {}):
        copy.pop("reply_markup", None)
    return copy


def _text(text: str) -> Json:
    entities = find_entities(text)
    return {"text": text} | ({"entities": entities} if entities else {})


def _caption(caption: str) -> Json:
    return {"caption": caption} if caption and units(caption) else {}
