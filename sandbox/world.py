"""The demo's little world: the stand-ins, who is played, and everything the page can see and do there.

The page's addresses live in `web`; starting and stopping lives in `demo`. What a person sees is read from the
stand-ins each time: nothing is kept twice.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime, formataddr, make_msgid, parseaddr
from typing import Any
from zoneinfo import ZoneInfo

import aiosmtplib

from sandbox.bot_api import BotAccount, Chat, Json
from sandbox.mail import Kept, MailServer, Sent
from sandbox.people import STAFF_ID, Person

#: Six digits on their own: the one-time code in a mail (the only such run there).
_CODE = re.compile(r"(?<!\d)\d{6}(?!\d)")
_QUOTE_LIMIT = 4000
#: Where the people of the demo live.
HELSINKI = ZoneInfo("Europe/Helsinki")


@dataclass(slots=True)
class World:
    """Everything the page shows, except what Pyyntö's own command line prints."""

    bot: BotAccount
    mail: MailServer
    shop_address: str
    people: tuple[Person, ...]
    on_change: Callable[[], None] = field(default=lambda: None)

    def person(self, key: str) -> Person:
        """Who has this key.

        Raises:
            LookupError: nobody.
        """
        return next((one for one in self.people if one.key == key), None) or _nobody(key)

    def chat(self, person: Person) -> Chat:
        """This person's chat with the shop's bot."""
        return self.bot.person(
            person.telegram_id, person.first_name, person.language, last_name=person.name.partition(" ")[2]
        )

    @property
    def staff_chat(self) -> Chat:
        """The staff member's chat with the bot."""
        return self.bot.person(STAFF_ID, "Henkilökunta", "fi")

    # What is seen.

    async def seen_by(self, person: Person) -> Json:
        """Chat and mailbox of one person, and the staff's chat."""
        return {
            "chat": seen_chat(self.chat(person)),
            "mail": await self.letters(person),
            "staff_chat": seen_chat(self.staff_chat),
        }

    async def letters(self, person: Person) -> list[Json]:
        """What lies in a person's mailbox and what they sent, newest first."""
        received = [seen_letter(kept) for kept in await self.mail.inbox(person.address)]
        sent = [seen_own_letter(sent) for sent in self.mail.outbound if sent.mail_from == person.address]
        return sorted(received + sent, key=lambda letter: str(letter["at"]), reverse=True)

    # What is done.

    async def write(self, person: Person, subject: str, text: str, answers: int | None = None) -> None:
        """Send a mail to the shop by SMTP; `answers` is the UID of the mail it replies to."""
        message = EmailMessage()
        message["From"] = formataddr((person.name, person.address))
        message["To"] = self.shop_address
        message["Subject"] = subject
        message["Date"] = format_datetime(datetime.now(HELSINKI))
        message["Message-ID"] = make_msgid(domain=person.address.rpartition("@")[2])
        answered = next((kept for kept in await self.mail.inbox(person.address) if kept.uid == answers), None)
        if answered is not None:
            original = answered.message
            thread = [str(original.get("References", "")), str(original.get("Message-ID", ""))]
            message["In-Reply-To"] = str(original.get("Message-ID", ""))
            message["References"] = " ".join(part for part in thread if part)
            text = f"{text}\n\n{_quote(answered)}"
        message.set_content(text)
        await aiosmtplib.send(
            message, hostname=self.mail.host, port=self.mail.smtp_port, start_tls=False, timeout=20
        )
        self.on_change()


def _nobody(key: str) -> Person:
    raise LookupError(f"nobody is called {key!r}")


def seen_chat(chat: Chat) -> Json:
    """A chat as the page draws it."""
    return {
        "typing": chat.typing,
        "keyboard": _reply_keyboard(chat),
        "messages": [
            {
                "id": message["message_id"],
                "mine": message.get("from") != chat.bot.user,
                "text": message.get("text") or message.get("caption") or "",
                "file": (message.get("document") or {}).get("file_name", ""),
                "at": datetime.fromtimestamp(message["date"], UTC).isoformat(),
                "edited": "edit_date" in message,
                "buttons": (message.get("reply_markup") or {}).get("inline_keyboard", []),
            }
            for message in chat.history
        ],
    }


def _reply_keyboard(chat: Chat) -> list[str]:
    """The buttons below the text box, as the bot last set them."""
    for message in reversed(chat.messages):
        markup: dict[str, Any] = message.get("reply_markup") or {}
        if "remove_keyboard" in markup:
            return []
        if "keyboard" in markup:
            return [
                button["text"] if isinstance(button, dict) else str(button)
                for row in markup["keyboard"]
                for button in row
            ]
    return []


def seen_letter(kept: Kept) -> Json:
    """A received mail as the page draws it."""
    message = kept.message
    text = _plain(message)
    code = _CODE.search(f"{message.get('Subject', '')}\n{text}")
    return _letter(message, text, kept.internal_date) | {
        "key": f"in-{kept.uid}",
        "uid": kept.uid,
        "mine": False,
        "code": code.group() if code else "",
        "answers": bool(message.get("In-Reply-To")),
    }


def seen_own_letter(sent: Sent) -> Json:
    """A mail somebody sent, as the page draws it."""
    message = sent.message
    return _letter(message, _plain(message), sent.at) | {
        "key": f"out-{message['Message-ID']}",
        "uid": None,
        "mine": True,
        "code": "",
    }


def _letter(message: EmailMessage, text: str, at: datetime) -> Json:
    name, address = parseaddr(str(message.get("From", "")))
    return {
        "from": name or address,
        "from_address": address,
        "to": parseaddr(str(message.get("To", "")))[1],
        "subject": str(message.get("Subject", "")),
        "text": text,
        "files": [part.get_filename() or "" for part in message.iter_attachments()],
        "at": at.astimezone(UTC).isoformat(),
    }


def _plain(message: EmailMessage) -> str:
    part = message.get_body(preferencelist=("plain", "html"))
    return str(part.get_content()).strip() if part is not None else ""


def _quote(kept: Kept) -> str:
    message = kept.message
    lines = _plain(message)[:_QUOTE_LIMIT].splitlines()
    when = kept.internal_date.astimezone(HELSINKI).strftime("%d.%m.%Y %H.%M")
    return f"{when}, {message['From']}:\n" + "\n".join(f"> {line}" for line in lines)
