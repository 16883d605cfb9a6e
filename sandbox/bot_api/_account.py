"""One bot as Telegram sees it: its updates, its chats, its files and its settings.

Updates wait here until they are acknowledged: by a later `getUpdates` offset, or by a 2xx from the webhook.
What single methods do lives in `_methods`, what people in a chat do in `_chats`.
"""

# A `timeout` here says how patient a test is; the caller has no task to cancel.
# ruff: noqa: ASYNC109

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import aiohttp

from sandbox.bot_api._chats import Chat
from sandbox.bot_api._wire import ApiFault, Json

#: What a bot does not get unless it asks for it by name.
_ONLY_ON_DEMAND = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
#: Seconds between two tries of a webhook: first, and at most.
_WEBHOOK_PAUSE = (0.1, 2.0)
_CONFLICT = (
    "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
)


class Signal:
    """Wakes everybody who waits for a change."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def fire(self) -> None:
        """Something changed."""
        self._event.set()
        self._event = asyncio.Event()

    async def until(self, ready: Callable[[], bool], timeout: float) -> bool:
        """Wait until `ready()`; False when `timeout` seconds passed without it."""
        end = time.monotonic() + timeout
        while not ready():
            event, left = self._event, end - time.monotonic()
            if left <= 0:
                return False
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(event.wait(), left)
        return True


@dataclass(slots=True)
class Webhook:
    """Where updates are posted to; an empty address means long polling."""

    url: str = ""
    secret: str = field(default="", repr=False)
    last_error: str = ""
    last_error_at: int = 0


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file a person or a bot sent."""

    file_id: str
    path: str
    content: bytes = field(repr=False)


class BotAccount:
    """A bot, made on first use of its token. The tester's way in is `person`, `group` and `channel`."""

    def __init__(self, token: str, *, name: str = "Pyyntö") -> None:
        self.token = token
        self.user_id = int(token.partition(":")[0])
        self.user: Json = {
            "id": self.user_id,
            "is_bot": True,
            "first_name": name,
            "username": f"sandbox_{self.user_id}_bot",
        }
        self.revoked = False
        self.chats: dict[int, Chat] = {}
        self.files: dict[str, StoredFile] = {}
        #: Per (setting, scope, language): commands, name, description.
        self.profile: dict[tuple[str, str, str], object] = {}
        #: Callback query id -> the chat and message it was pressed in.
        self.callbacks: dict[str, Chat] = {}
        self.webhook = Webhook()
        self.changed = Signal()
        self.pending: list[Json] = []
        self._allowed: frozenset[str] | None = None
        self._update_ids = itertools.count(700_000_001)
        self._message_ids = itertools.count(1)
        self._names = itertools.count(1)
        self._poll = 0
        self._pusher: asyncio.Task[None] | None = None

    # The tester's way in.

    def person(
        self,
        user_id: int = 1001,
        first_name: str = "Maija",
        language_code: str = "fi",
        *,
        last_name: str = "",
        username: str = "",
        started: bool = True,
    ) -> Chat:
        """A private chat with this person; the same one whenever the id is the same.

        With `started=False` the person has not pressed Start yet: the bot may not write first.
        """
        if user_id not in self.chats:
            who: Json = {"id": user_id, "is_bot": False, "first_name": first_name}
            who |= {key: value for key, value in (("last_name", last_name), ("username", username)) if value}
            place = {key: value for key, value in who.items() if key != "is_bot"} | {"type": "private"}
            if language_code:
                who["language_code"] = language_code
            self.chats[user_id] = Chat(self, place, who, started=started)
        return self.chats[user_id]

    def group(self, chat_id: int = -1001234, title: str = "Group", *, member: Chat | None = None) -> Chat:
        """A supergroup the bot is in; `member` is who writes there unless told otherwise."""
        if chat_id not in self.chats:
            place: Json = {"id": chat_id, "title": title, "type": "supergroup"}
            self.chats[chat_id] = Chat(self, place, (member or self.person()).who)
        return self.chats[chat_id]

    def channel(self, chat_id: int = -1009999, title: str = "Channel") -> Chat:
        """A channel the bot administers; posts there have no sender."""
        if chat_id not in self.chats:
            place: Json = {"id": chat_id, "title": title, "type": "channel"}
            self.chats[chat_id] = Chat(self, place, None)
        return self.chats[chat_id]

    def expire_callbacks(self) -> None:
        """Make every button press too old to be answered."""
        self.callbacks.clear()

    # What chats and methods build on.

    def next_message_id(self) -> int:
        """The next message id of this bot; grows over all its chats."""
        return next(self._message_ids)

    def next_name(self, prefix: str) -> str:
        """A name not used before, for file and callback ids."""
        return f"{prefix}{next(self._names)}-{self.user_id}"

    def keep_file(self, content: bytes, folder: str, suffix: str) -> StoredFile:
        """Keep a file and give it an id and a download path."""
        file_id = self.next_name("file")
        stored = StoredFile(file_id, f"{folder}/{file_id}{suffix}", content)
        self.files[file_id] = stored
        return stored

    def queue(self, kind: str, content: Json) -> int | None:
        """Queue an update for the bot; None when the bot did not ask for this kind."""
        wanted = kind not in _ONLY_ON_DEMAND if self._allowed is None else kind in self._allowed
        if not wanted:
            return None
        update_id = next(self._update_ids)
        self.pending.append({"update_id": update_id, kind: content})
        self.changed.fire()
        return update_id

    def allow(self, kinds: object) -> None:
        """Remember which kinds of update are wanted from now on; an empty list is the default set."""
        if isinstance(kinds, list):
            self._allowed = frozenset(map(str, kinds)) or None

    async def updates(self, offset: int, limit: int, timeout: float) -> list[Json]:
        """Acknowledge what is below `offset`, then wait up to `timeout` seconds for updates.

        Raises:
            ApiFault: 409, when a webhook is set or another poll takes over.
        """
        if self.webhook.url:
            raise ApiFault(
                409,
                "Conflict: can't use getUpdates method while webhook is active; "
                "use deleteWebhook to delete the webhook first",
            )
        self._poll += 1
        mine = self._poll
        self.changed.fire()
        if offset < 0:
            del self.pending[:offset]
        else:
            self.pending[:] = [update for update in self.pending if update["update_id"] >= offset]
        await self.changed.until(lambda: bool(self.pending) or self._poll != mine, timeout)
        if self._poll != mine:
            raise ApiFault(409, _CONFLICT)
        return self.pending[:limit]

    async def all_read(self, timeout: float = 10.0) -> bool:
        """Wait until the bot has acknowledged every update; False when it did not in time."""
        return await self.changed.until(lambda: not self.pending, timeout)

    def set_webhook(self, url: str, secret: str) -> None:
        """Post updates to `url` from now on; an empty one goes back to long polling."""
        self.webhook = Webhook(url, secret)
        if self._pusher is not None:
            self._pusher.cancel()
            self._pusher = None
        if url:
            self._pusher = asyncio.get_running_loop().create_task(self._push(self.webhook))
        self._poll += 1
        self.changed.fire()

    async def close(self) -> None:
        """Stop posting updates."""
        if self._pusher is not None:
            self._pusher.cancel()
            await asyncio.gather(self._pusher, return_exceptions=True)

    async def _push(self, hook: Webhook) -> None:
        """Post one update after the other; one that is not taken is tried again, and later ones wait."""
        headers = {"X-Telegram-Bot-Api-Secret-Token": hook.secret} if hook.secret else {}
        pause, longest = _WEBHOOK_PAUSE
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as session:
            while True:
                await self.changed.until(lambda: bool(self.pending), 3600)
                if not self.pending:
                    continue
                update = self.pending[0]
                if error := await _post(session, hook.url, update, headers):
                    hook.last_error, hook.last_error_at = error, int(time.time())
                    await asyncio.sleep(pause)
                    pause = min(pause * 2, longest)
                    continue
                pause = _WEBHOOK_PAUSE[0]
                if update in self.pending:
                    self.pending.remove(update)
                self.changed.fire()


async def _post(session: aiohttp.ClientSession, url: str, update: Json, headers: dict[str, str]) -> str:
    """Why an update was not taken; empty when it was."""
    try:
        # Telegram accepts a self-signed certificate that was uploaded with the webhook.
        async with session.post(url, json=update, headers=headers, ssl=False) as answer:
            if answer.ok:
                return ""
            return f"Wrong response from the webhook: {answer.status} {answer.reason}"
    except (aiohttp.ClientError, TimeoutError) as fault:
        return f"Connection failed: {type(fault).__name__}"


def stamp(at: datetime | None = None) -> int:
    """Seconds since 1970, as Telegram writes dates; now unless told otherwise."""
    return int(time.time() if at is None else at.timestamp())
