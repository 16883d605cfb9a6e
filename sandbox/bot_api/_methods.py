"""What each Bot API method does: one table, one short function a method.

Wordings of refusals are Telegram's own, since clients tell errors apart by them. Only what a bot of this
project may call is here; anything else is answered with 404, as Telegram answers an unknown method.
"""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

from sandbox.bot_api._account import BotAccount
from sandbox.bot_api._chats import Chat, public
from sandbox.bot_api._markup import format_text, units
from sandbox.bot_api._wire import ApiFault, Call, Json, bad_request

#: Characters in a message and in a caption, after entities are parsed.
TEXT_LIMIT, CAPTION_LIMIT = 4096, 1024
#: Bytes a bot may download (20 MB) and upload (50 MB).
DOWNLOAD_LIMIT, UPLOAD_LIMIT = 20_000_000, 50_000_000
#: Bytes of callback data.
CALLBACK_LIMIT = 64
_LONGEST_POLL = 50
_ACTIONS = frozenset(
    {
        "typing",
        "upload_photo",
        "record_video",
        "upload_video",
        "record_voice",
        "upload_voice",
        "upload_document",
        "choose_sticker",
        "find_location",
        "record_video_note",
        "upload_video_note",
    }
)
_QUERY_TOO_OLD = "query is too old and response timeout expired or query ID is invalid"
_NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same "
    "as a current content and reply markup of the message"
)


async def _get_updates(bot: BotAccount, call: Call) -> list[Json]:
    bot.allow(call.nested("allowed_updates"))
    limit = min(max(call.number("limit") or 100, 1), 100)
    timeout = min(call.number("timeout") or 0, _LONGEST_POLL)
    return await bot.updates(call.number("offset") or 0, limit, timeout)


async def _get_me(bot: BotAccount, _call: Call) -> Json:
    abilities = ("supports_inline_queries", "can_connect_to_business", "has_main_web_app")
    reads = {"can_join_groups": True, "can_read_all_group_messages": False}
    return bot.user | reads | dict.fromkeys(abilities, False)


async def _set_webhook(bot: BotAccount, call: Call) -> bool:
    bot.allow(call.nested("allowed_updates"))
    if call.flag("drop_pending_updates"):
        bot.pending.clear()
    bot.set_webhook(call.text("url"), call.text("secret_token"))
    return True


async def _delete_webhook(bot: BotAccount, call: Call) -> bool:
    if call.flag("drop_pending_updates"):
        bot.pending.clear()
    bot.set_webhook("", "")
    return True


async def _get_webhook_info(bot: BotAccount, _call: Call) -> Json:
    hook = bot.webhook
    info: Json = {"url": hook.url, "has_custom_certificate": False, "pending_update_count": len(bot.pending)}
    if hook.last_error:
        info |= {"last_error_date": hook.last_error_at, "last_error_message": hook.last_error}
    return info


async def _send_message(bot: BotAccount, call: Call) -> Json:
    chat = _chat(bot, call)
    return public(chat.add(_from_bot(bot, chat, call) | _body(call, "text", TEXT_LIMIT)))


async def _send_document(bot: BotAccount, call: Call) -> Json:
    chat = _chat(bot, call)
    upload = call.upload("document")
    if upload is None:
        known = bot.files.get(call.text("document"))
        if known is None:
            raise bad_request("wrong file identifier/HTTP URL specified")
        name, kind, stored = known.path, "application/octet-stream", known
    else:
        if len(upload.content) > UPLOAD_LIMIT:
            raise ApiFault(413, "Request Entity Too Large")
        if not upload.content:
            raise bad_request("file must be non-empty")
        name, kind = upload.name, upload.content_type
        stored = bot.keep_file(upload.content, "documents", name[name.rfind(".") :] if "." in name else "")
    document = {
        "file_id": stored.file_id,
        "file_unique_id": f"unique-{stored.file_id}",
        "file_name": name,
        "mime_type": kind,
        "file_size": len(stored.content),
    }
    caption = _body(call, "caption", CAPTION_LIMIT) if call.text("caption") else {}
    return public(chat.add(_from_bot(bot, chat, call) | {"document": document} | caption))


async def _edit_text(bot: BotAccount, call: Call) -> Json:
    chat, message = _own_message(bot, call)
    return _change(chat, message, _body(call, "text", TEXT_LIMIT), _markup(call))


async def _edit_markup(bot: BotAccount, call: Call) -> Json:
    chat, message = _own_message(bot, call)
    return _change(chat, message, {}, _markup(call))


async def _delete_message(bot: BotAccount, call: Call) -> bool:
    chat = _chat(bot, call)
    message = chat.find(call.number("message_id"))
    if message is None:
        raise bad_request("message to delete not found")
    chat.history.remove(message)
    chat.touch()
    return True


async def _answer_callback(bot: BotAccount, call: Call) -> bool:
    query_id = call.text("callback_query_id")
    chat = bot.callbacks.get(query_id)
    if chat is None:
        raise bad_request(_QUERY_TOO_OLD)
    answer = {"id": query_id, "text": call.text("text"), "show_alert": call.flag("show_alert")}
    chat.answers.append(answer)
    chat.touch()
    return True


async def _send_action(bot: BotAccount, call: Call) -> bool:
    chat = _chat(bot, call)
    if call.text("action") not in _ACTIONS:
        raise bad_request("wrong parameter action in request")
    chat.typing_until = time.time() + 5
    chat.touch()
    return True


async def _set_commands(bot: BotAccount, call: Call) -> bool:
    commands = call.nested("commands")
    if not isinstance(commands, list):
        raise bad_request("can't parse list of commands")
    for one in commands:
        name, text = str(one.get("command", "")), str(one.get("description", ""))
        if not 1 <= len(name) <= 32 or name != name.lower() or not name.replace("_", "").isalnum():
            raise bad_request("BOT_COMMAND_INVALID")
        if not 1 <= len(text) <= 256:
            raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    bot.profile[_place(call, "commands")] = commands
    return True


async def _get_commands(bot: BotAccount, call: Call) -> object:
    return bot.profile.get(_place(call, "commands"), [])


async def _delete_commands(bot: BotAccount, call: Call) -> bool:
    bot.profile.pop(_place(call, "commands"), None)
    return True


async def _get_file(bot: BotAccount, call: Call) -> Json:
    stored = bot.files.get(call.text("file_id"))
    if stored is None:
        raise bad_request("wrong file_id or the file is temporarily unavailable")
    if len(stored.content) > DOWNLOAD_LIMIT:
        raise bad_request("file is too big")
    return {
        "file_id": stored.file_id,
        "file_unique_id": f"unique-{stored.file_id}",
        "file_size": len(stored.content),
        "file_path": stored.path,
    }


async def _get_chat(bot: BotAccount, call: Call) -> Json:
    gifts = (
        "unlimited_gifts",
        "limited_gifts",
        "unique_gifts",
        "premium_subscription",
        "gifts_from_channels",
    )
    return _chat(bot, call, to_write=False).place | {
        "accent_color_id": 0,
        "max_reaction_count": 11,
        "accepted_gift_types": dict.fromkeys(gifts, False),
    }


async def _leave_chat(bot: BotAccount, call: Call) -> bool:
    chat = _chat(bot, call, to_write=False)
    if chat.place["type"] == "private":
        raise bad_request("chat member status can't be changed in private chats")
    del bot.chats[chat.chat_id]
    return True


async def _yes(_bot: BotAccount, _call: Call) -> bool:
    return True


def _setter(what: str) -> Callable[[BotAccount, Call], Awaitable[bool]]:
    async def set_it(bot: BotAccount, call: Call) -> bool:
        bot.profile[_place(call, what)] = call.text(what)
        return True

    return set_it


def _getter(what: str) -> Callable[[BotAccount, Call], Awaitable[Json]]:
    async def get_it(bot: BotAccount, call: Call) -> Json:
        return {what: bot.profile.get(_place(call, what), "")}

    return get_it


Method = Callable[[BotAccount, Call], Awaitable[Any]]
#: Method names in lower case: Telegram does not mind their case.
METHODS: dict[str, Method] = {
    "getme": _get_me,
    "getupdates": _get_updates,
    "setwebhook": _set_webhook,
    "deletewebhook": _delete_webhook,
    "getwebhookinfo": _get_webhook_info,
    "sendmessage": _send_message,
    "senddocument": _send_document,
    "editmessagetext": _edit_text,
    "editmessagereplymarkup": _edit_markup,
    "deletemessage": _delete_message,
    "answercallbackquery": _answer_callback,
    "sendchataction": _send_action,
    "setmycommands": _set_commands,
    "getmycommands": _get_commands,
    "deletemycommands": _delete_commands,
    "setmyname": _setter("name"),
    "getmyname": _getter("name"),
    "setmydescription": _setter("description"),
    "getmydescription": _getter("description"),
    "setmyshortdescription": _setter("short_description"),
    "getmyshortdescription": _getter("short_description"),
    "setchatmenubutton": _yes,
    "getfile": _get_file,
    "getchat": _get_chat,
    "leavechat": _leave_chat,
    "logout": _yes,
    "close": _yes,
}


def _chat(bot: BotAccount, call: Call, *, to_write: bool = True) -> Chat:
    if "chat_id" not in call.fields:
        raise bad_request("chat_id is empty")
    chat = bot.chats.get(call.number("chat_id") or 0)
    if chat is None:
        raise bad_request("chat not found")
    if to_write and chat.blocked:
        raise ApiFault(403, "Forbidden: bot was blocked by the user")
    if to_write and not chat.started:
        raise ApiFault(403, "Forbidden: bot can't initiate conversation with a user")
    return chat


def _own_message(bot: BotAccount, call: Call) -> tuple[Chat, Json]:
    chat = _chat(bot, call)
    message = chat.find(call.number("message_id"))
    if message is None:
        raise bad_request("message to edit not found")
    if message.get("from") != bot.user:
        raise bad_request("message can't be edited")
    return chat, message


def _change(chat: Chat, message: Json, body: Json, markup: Json | None) -> Json:
    same_body = all(message.get(part) == body.get(part) for part in ("text", "entities")) if body else True
    if same_body and (message.get("reply_markup") or None) == markup:
        raise bad_request(_NOT_MODIFIED)
    for part in ("reply_markup", *(("entities",) if body else ())):
        message.pop(part, None)
    message |= body | {"edit_date": int(time.time())} | ({"reply_markup": markup} if markup else {})
    chat.touch()
    return public(message)


def _from_bot(bot: BotAccount, chat: Chat, call: Call) -> Json:
    message = chat.head() | {"from": bot.user}
    if markup := _markup(call):
        message["reply_markup"] = markup
    answered = (call.nested("reply_parameters") or {}).get("message_id")
    if answered and (original := chat.find(int(answered))):
        message["reply_to_message"] = public(original)
    chat.typing_until = 0.0
    return message


def _body(call: Call, part: str, limit: int) -> Json:
    plain, entities = format_text(call.text(part), call.text("parse_mode"))
    plain = plain.rstrip()
    if not plain.strip():
        raise bad_request("message text is empty")
    if units(plain) > limit:
        raise bad_request("message is too long" if part == "text" else "message caption is too long")
    given = call.nested("entities" if part == "text" else "caption_entities")
    entities = given if isinstance(given, list) else entities
    name = "entities" if part == "text" else "caption_entities"
    return {part: plain} | ({name: entities} if entities else {})


def _markup(call: Call) -> Json | None:
    markup = call.nested("reply_markup")
    if not markup:
        return None
    if not isinstance(markup, dict):
        raise bad_request("object expected as reply markup")
    if "inline_keyboard" not in markup:
        return markup
    rows = [row for row in markup["inline_keyboard"] if row]
    for button in (button for row in rows for button in row):
        _check_button(button)
    return markup | {"inline_keyboard": rows} if rows else None


def _check_button(button: Json) -> None:
    if not button.get("text"):
        raise bad_request('can\'t parse inline keyboard button: Field "text" must be of type String')
    if set(button) <= {"text"}:
        raise bad_request(
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
        )
    if "callback_data" in button and not 1 <= len(str(button["callback_data"]).encode()) <= CALLBACK_LIMIT:
        raise bad_request("BUTTON_DATA_INVALID")


def _place(call: Call, what: str) -> tuple[str, str, str]:
    """Where a setting is kept: per scope and language."""
    scope = call.nested("scope") or {"type": "default"}
    return what, json.dumps(scope, sort_keys=True), call.text("language_code")
