"""A committed letter becomes what is sent: its text by the templates, its code computed here and kept nowhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.house import House
from cases.model import Letter, Route
from cases.verification import one_time_code
from templates import labels


@dataclass(frozen=True, slots=True)
class Text:
    """A letter in words, as a preview shows it and as it is sent."""

    subject: str
    body: str = field(repr=False)


def words(house: House, letter: Letter, code_key: bytes) -> Text:
    """The wording of a letter. The same letter always gives the same words."""
    context: dict[str, Any] = {"shop": house.facts, **letter.context}
    if letter.code_issue:
        context["code"] = one_time_code(code_key, letter.request_id, letter.code_issue)
    language = str(letter.language)
    if letter.route in (Route.MAIL, Route.POST):
        mail = house.letters.render_mail(letter.name, language, context)
        return Text(mail.subject, mail.text)
    if letter.route is Route.STAFF:
        return Text("", house.letters.render_staff(letter.name, language, context))
    return Text("", house.letters.render_chat(letter.name, language, context))


def buttons(letter: Letter) -> Any:
    """The keyboard under a chat message, labelled in its language; None for none."""
    # The edges load only where something is sent: staff verbs need the words alone.
    from bot.writing import keyboard

    return keyboard(letter.keyboard, labels(str(letter.language))["button"])


def mail_bytes(house: House, letter: Letter, token: str, written_at: datetime, code_key: bytes) -> bytes:
    """A letter as one mail. Date and Message-ID are the letter's, so every try is the same mail."""
    from mailers.headers import domain_of
    from mailers.writing import write

    text = words(house, letter, code_key)
    sender = house.shop.mailbox
    return write(
        from_address=sender,
        from_name=house.shop.name,
        to=letter.to,
        subject=text.subject,
        text=text.body,
        message_id=f"<{token}@{domain_of(sender)}>",
        in_reply_to=letter.in_reply_to,
        language=str(letter.language),
        date=written_at,
        auto_submitted="auto-replied" if letter.in_reply_to else "auto-generated",
    )
