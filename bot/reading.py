"""What an update says, in the core's words: translate, decide nothing.

One update becomes one `Inbound`, or None where nobody said anything (service notices, kinds of update that
were not asked for). Content that cannot be read (pictures, voices, files) is never fetched. Storing,
answering and the rights of whoever wrote are no concern of this module.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from telegram import Bot, CallbackQuery, ChatMemberUpdated, Message, Update
from telegram.constants import ChatMemberStatus, ChatType

from bot.faults import UnreadableUpdate
from bot.writing import STAFF_COMMANDS, menu_name
from cases.model import Attachment, Channel, Form, Inbound

#: `Inbound.payload` of a group message that speaks to the bot: by command, by mention, or as a reply to it.
ADDRESSED = "addressed"

#: What a message holds, and what we call it; the first that is there wins. An animation also comes as a
#: document, and a venue also as a location. Sound alone is told like a voice message.
_CONTENT: tuple[tuple[str, Form], ...] = (
    ("text", Form.TEXT),
    ("animation", Form.VIDEO),
    ("video", Form.VIDEO),
    ("video_note", Form.VIDEO),
    ("live_photo", Form.PHOTO),
    ("photo", Form.PHOTO),
    ("voice", Form.VOICE),
    ("audio", Form.VOICE),
    ("sticker", Form.STICKER),
    ("document", Form.DOCUMENT),
    ("contact", Form.CONTACT),
    ("venue", Form.LOCATION),
    ("location", Form.LOCATION),
)

#: Notices Telegram puts into a chat by itself: nobody wrote anything, so there is nothing to answer.
_NOTICES = (
    "boost_added",
    "channel_chat_created",
    "chat_background_set",
    "chat_owner_changed",
    "chat_owner_left",
    "connected_website",
    "delete_chat_photo",
    "forum_topic_closed",
    "forum_topic_created",
    "forum_topic_edited",
    "forum_topic_reopened",
    "general_forum_topic_hidden",
    "general_forum_topic_unhidden",
    "giveaway_completed",
    "giveaway_created",
    "group_chat_created",
    "left_chat_member",
    "message_auto_delete_timer_changed",
    "migrate_from_chat_id",
    "migrate_to_chat_id",
    "new_chat_members",
    "new_chat_photo",
    "new_chat_title",
    "pinned_message",
    "proximity_alert_triggered",
    "supergroup_chat_created",
    "video_chat_ended",
    "video_chat_participants_invited",
    "video_chat_scheduled",
    "video_chat_started",
    "write_access_allowed",
)

#: The kinds of update that are a message, and what of a message cannot be done without.
_MESSAGES = frozenset({"message", "edited_message", "channel_post", "edited_channel_post"})
_ESSENTIAL = frozenset({"message_id", "date", "edit_date", "chat", "from", "sender_chat", "text", "caption"})

#: A command as people type it. Telegram marks only a-z, 0-9 and _, which would cut `/reject-identity` short.
_COMMAND = re.compile(r"/([A-Za-z][A-Za-z0-9_-]{0,31})(?:@([A-Za-z0-9_]{3,}))?(?=\s|$)")
_VERBS = {menu_name(verb): verb for verb in STAFF_COMMANDS}
_MEMBERSHIP: dict[str, Form] = {
    ChatMemberStatus.BANNED: Form.BLOCKED,
    ChatMemberStatus.MEMBER: Form.UNBLOCKED,
}


@dataclass(frozen=True, slots=True)
class _At:
    """What reading needs beside the update itself."""

    shop: str
    bot_username: str
    now: datetime
    update_id: int


def parse(raw: Mapping[str, Any], bot: Bot | None = None) -> Update:
    """The update in the library's types.

    Where the library stumbles over content (Telegram adds fields faster than libraries learn them), what
    was written and who wrote it is still read, and the rest is left out.

    Raises:
        UnreadableUpdate: not even that is shaped as the Bot API documents.
    """
    fault = ""
    for shape in (dict, _essentials):
        try:
            update = Update.de_json(shape(raw), bot)
        except Exception as broken:  # the library raises whatever its own code stumbles over
            fault = fault or type(broken).__name__
        else:
            if isinstance(update.update_id, int):
                return update
    raise UnreadableUpdate(fault or "no update_id")


def _essentials(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The update with nothing in its messages but what `read` cannot do without."""
    return {
        kind: {name: part for name, part in content.items() if name in _ESSENTIAL}
        if isinstance(content, Mapping) and kind in _MESSAGES
        else content
        for kind, content in raw.items()
    }


def read(update: Update, *, shop: str, bot_username: str, now: datetime) -> Inbound | None:
    """Translate one update; None when nobody said anything.

    `now` (aware) stands in for the arrival of a button press, which carries no time of its own.
    `bot_username` is without the leading @.

    Raises:
        UnreadableUpdate: a part of it is not of the documented type.
    """
    at = _At(shop, bot_username, now, update.update_id)
    try:
        return _read(update, at)
    except (AttributeError, TypeError, ValueError, KeyError) as broken:
        raise UnreadableUpdate(type(broken).__name__) from None


def _read(update: Update, at: _At) -> Inbound | None:
    if update.message:
        return _message(update.message, at)
    if update.edited_message:
        return _edited(update.edited_message, at)
    if post := update.channel_post or update.edited_channel_post:
        return _inbound(at, post.chat.id, post.date, Form.CHANNEL_POST)
    if update.callback_query:
        return _button(update.callback_query, at)
    if update.my_chat_member:
        return _membership(update.my_chat_member, at)
    return None


def _message(message: Message, at: _At) -> Inbound | None:
    if any(getattr(message, notice, None) for notice in _NOTICES):
        return None
    if message.chat.type != ChatType.PRIVATE:
        return _group(message, at)
    form, text = _content(message), _text(message)
    if form is Form.TEXT and (command := _COMMAND.match(text)):
        form, text = Form.COMMAND, _plain_command(text, command)
    return _from_message(message, at, form, text)


def _edited(message: Message, at: _At) -> Inbound | None:
    # A live location "edits" its message every few seconds, and Telegram also reports changes nobody sees.
    if message.chat.type != ChatType.PRIVATE or not _text(message):
        return None
    return _from_message(message, at, Form.EDITED, _text(message))


def _group(message: Message, at: _At) -> Inbound | None:
    text = _text(message)
    command = _COMMAND.match(text)
    if command and command[2] and command[2].lower() != at.bot_username.lower():
        return None
    if command:
        text = _plain_command(text, command)
        if text.split(maxsplit=1)[0][1:] in STAFF_COMMANDS:
            return _from_message(message, at, Form.COMMAND, text)
    spoken_to = bool(command) or _speaks_to(message, text, at.bot_username)
    return _from_message(message, at, Form.GROUP, text, payload=ADDRESSED if spoken_to else "")


def _speaks_to(message: Message, text: str, bot_username: str) -> bool:
    answered = message.reply_to_message
    if not bot_username:
        return False
    if answered and answered.from_user and answered.from_user.username == bot_username:
        return True
    return re.search(rf"@{re.escape(bot_username)}\b", text, re.IGNORECASE) is not None


def _button(query: CallbackQuery, at: _At) -> Inbound:
    chat_id = query.message.chat.id if query.message else query.from_user.id
    return _inbound(
        at,
        chat_id,
        at.now,
        Form.BUTTON,
        payload=query.data or "",
        language_hint=query.from_user.language_code or "",
        actor_id=query.from_user.id,
        edge_ref=query.id,
    )


def _membership(change: ChatMemberUpdated, at: _At) -> Inbound | None:
    form = _MEMBERSHIP.get(change.new_chat_member.status)
    if form is None or change.chat.type != ChatType.PRIVATE:
        return None
    who = change.from_user
    return _inbound(
        at, change.chat.id, change.date, form, language_hint=who.language_code or "", actor_id=who.id
    )


def _content(message: Message) -> Form:
    found = (form for name, form in _CONTENT if getattr(message, name, None))
    return next(found, Form.UNSUPPORTED)


def _text(message: Message) -> str:
    return (message.text or message.caption or "").strip()


def _plain_command(text: str, command: re.Match[str]) -> str:
    """The command without the bot's name, and a verb that a menu could not spell in its own spelling."""
    return f"/{_VERBS.get(command[1].lower(), command[1].lower())}{text[command.end() :]}"


def _from_message(message: Message, at: _At, form: Form, text: str, *, payload: str = "") -> Inbound:
    who = message.from_user
    return _inbound(
        at,
        message.chat.id,
        message.edit_date or message.date if form is Form.EDITED else message.date,
        form,
        text=text,
        payload=payload,
        language_hint=(who.language_code or "") if who else "",
        actor_id=who.id if who else None,
        edge_ref=str(message.message_id),
        attachments=_files(message),
    )


def _files(message: Message) -> tuple[Attachment, ...]:
    """What came along, by what Telegram says of it; nothing is fetched."""
    if message.document:
        one = message.document
        name, sort = one.file_name or "document", one.mime_type or "application/octet-stream"
        return (Attachment(name, sort, one.file_size or 0, ""),)
    if message.photo:
        largest = message.photo[-1]
        return (Attachment("photo.jpg", "image/jpeg", largest.file_size or 0, ""),)
    return ()


def _inbound(at: _At, chat_id: int, arrived: datetime, form: Form, *, text: str = "", **more: Any) -> Inbound:
    if not isinstance(chat_id, int) or not isinstance(arrived, datetime):
        raise TypeError("no chat or no date")
    return Inbound(
        key=f"telegram:{at.shop}:{at.update_id}",
        shop=at.shop,
        channel=Channel.CHAT,
        peer=str(chat_id),
        received_at=arrived,
        text=text,
        form=form,
        **more,
    )
