"""What can go wrong between us and Telegram, as our own exceptions, told apart by Telegram's words.

Messages here never contain a token, a URL, a name or a message's text. What follows from a fault (try again,
give up, tell staff) is decided by whoever caught it.
"""

from __future__ import annotations

from datetime import timedelta

from telegram import error


class TelegramFault(Exception):
    """A call to the Bot API did not succeed. `word` is fixed, for logs and health."""

    word = "telegram"
    #: Whether the same call can never succeed later.
    permanent = False


class Blocked(TelegramFault):
    """The person blocked the bot; they alone can undo it."""

    word = "blocked"
    permanent = True


class ChatGone(TelegramFault):
    """There is no such chat: never started, account deleted, or the bot was removed from the group."""

    word = "chat_gone"
    permanent = True


class Rejected(TelegramFault):
    """Telegram refuses this call as it is; the text is Telegram's own description."""

    word = "rejected"
    permanent = True


class TooFast(TelegramFault):
    """Too many messages; `retry_after` says how many seconds to leave this chat alone."""

    word = "too_fast"

    def __init__(self, retry_after: float) -> None:
        super().__init__(f"again in {retry_after:.1f} s")
        self.retry_after = retry_after


class Unreachable(TelegramFault):
    """No answer, or none that makes sense. Whether the call took effect is not known."""

    word = "unreachable"


class TokenRefused(TelegramFault):
    """Telegram does not know the token, or it was revoked."""

    word = "token_refused"


class Conflict(TelegramFault):
    """Somebody else fetches the same bot's updates, or a webhook is set."""

    word = "conflict"


class UnreadableUpdate(Exception):
    """An update that is not shaped as the Bot API documents; it is to be set aside with its raw content."""


#: Parts of Telegram's descriptions, in lower case; first hit wins. They are stable enough that every client
#: library tells faults apart by them: the error code alone (400 or 403) does not.
_BY_WORDS: tuple[tuple[str, type[TelegramFault]], ...] = (
    ("blocked by the user", Blocked),
    ("user is deactivated", ChatGone),
    ("can't initiate conversation", ChatGone),
    ("was kicked", ChatGone),
    ("is not a member", ChatGone),
    ("group chat was deleted", ChatGone),
    ("chat not found", ChatGone),
    ("peer_id_invalid", ChatGone),
    ("chat_write_forbidden", ChatGone),
)
#: What is left, by the library's class; BadRequest derives from NetworkError, so it stands first.
_BY_CLASS: tuple[tuple[type[error.TelegramError], type[TelegramFault]], ...] = (
    (error.InvalidToken, TokenRefused),
    (error.EndPointNotFound, Rejected),
    (error.Conflict, Conflict),
    (error.ChatMigrated, ChatGone),
    (error.BadRequest, Rejected),
    (error.Forbidden, Rejected),
)
#: Whose Telegram description is worth keeping: it names what is wrong with the call, never its content.
_SAID = (Rejected, Conflict)


def fault_of(caught: error.TelegramError) -> TelegramFault:
    """Our word for what the library raised; what is not known counts as `Unreachable`: try again."""
    if isinstance(caught, error.RetryAfter):
        wait = caught.retry_after
        return TooFast(wait.total_seconds() if isinstance(wait, timedelta) else float(wait))
    if isinstance(caught, error.BadRequest | error.Forbidden):
        words = caught.message.lower()
        for part, fault in _BY_WORDS:
            if part in words:
                return fault(part)
    for seen, fault in _BY_CLASS:
        if isinstance(caught, seen):
            return fault(caught.message if fault in _SAID else "")
    return Unreachable(type(caught).__name__)
