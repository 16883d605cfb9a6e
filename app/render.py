"""A committed letter becomes what is sent: its text by the templates, its code computed here and kept nowhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.enclosing import passphrase_of
from app.house import House
from cases.model import Enclosure, Language, Letter, Route
from cases.verification import one_time_code
from templates import labels

#: What is printed reads like a mail.
FACES = {Route.MAIL: "mail", Route.POST: "mail", Route.STAFF: "staff", Route.CHAT: "chat"}


@dataclass(frozen=True, slots=True)
class Text:
    """A letter in words, as a preview shows it and as it is sent."""

    subject: str
    body: str = field(repr=False)


def facts_for(house: House, language: Language) -> Mapping[str, Any]:
    """What letters in a language may say of the shop."""
    return house.facts[language]


def said_in(letter: Letter) -> dict[str, Any]:
    """What a letter says beside the shop's facts, and whether it is read on paper."""
    return {**letter.context, "paper": letter.route is Route.POST}


def words(house: House, letter: Letter, code_key: bytes) -> Text:
    """The wording of a letter. The same letter always gives the same words."""
    said = said_in(letter)
    if letter.code_issue:
        said["code"] = one_time_code(code_key, letter.request_id, letter.code_issue)
    if letter.name == "passphrase":
        # Like a code, it is made when it is said and stands nowhere.
        said["passphrase"] = passphrase_of(code_key, said["letter"])
    languages = filter(None, dict.fromkeys((letter.language, letter.also)))
    contexts = {str(one): {"shop": facts_for(house, one), **said} for one in languages}
    mail = house.letters.render_in(face_of(letter), letter.name, contexts)
    return Text(mail.subject, mail.text)


def face_of(letter: Letter) -> str:
    """Where a letter is read: as mail, in the person's chat, or in the staff chat."""
    return FACES[letter.route]


def buttons(letter: Letter) -> Any:
    """The keyboard under a chat message, labelled in its language; None for none."""
    # The edges load only where something is sent: staff verbs need the words alone.
    from bot.writing import keyboard

    return keyboard(letter.keyboard, labels(str(letter.language))["button"])


def mail_bytes(
    house: House,
    letter: Letter,
    token: str,
    written_at: datetime,
    code_key: bytes,
    enclosures: Sequence[Enclosure] = (),
) -> bytes:
    """A letter as one mail. Date and Message-ID are the letter's, so every try is the same mail."""
    from mailers.headers import domain_of
    from mailers.writing import File, write

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
        attachments=[File(one.name, one.content_type, one.content) for one in enclosures],
    )
