"""A shop at run time: its facts, its letters, and its lines to the outside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from app.settings import OAuth, ShopSettings
from cases.model import Language, Shop
from shops.profile import Profile
from templates import Letters

if TYPE_CHECKING:
    from bot.telegram import Telegram
    from mailers.inbox import Inbox
    from mailers.oauth import Tokens
    from mailers.sending import Postman
    from mailers.sent import SentFolder


def utc_now() -> datetime:
    """The one clock of the program; everything below takes the time as an argument."""
    return datetime.now(UTC)


@dataclass(slots=True)
class House:
    """One configured shop."""

    settings: ShopSettings
    shop: Shop
    letters: Letters
    #: What letters may say of the shop, by language. Made once: every letter needs it.
    facts: Mapping[str, Mapping[str, Any]]
    telegram: Telegram | None = None
    postman: Postman | None = None
    #: Where copies of letters are kept, if anywhere.
    sent: SentFolder | None = None
    #: What signs in to the mailbox where its provider takes no passwords; in both directions the same.
    tokens: Tokens | None = None
    #: Telegram user ids that may use staff commands.
    staff: frozenset[int] = field(default=frozenset(), repr=False)

    def may_work(self, actor_id: int | None) -> bool:
        """This Telegram user is staff of the shop."""
        return actor_id is not None and actor_id in self.staff


def facts_of(profile: Profile, mailbox: str = "") -> dict[str, dict[str, Any]]:
    """What letters may say of a shop, by language: its profile's facts, and the mailbox answers come from."""
    return {
        str(language): {**profile.facts(language), "mailbox": mailbox or profile.controller.email}
        for language in Language
    }


def furnish(settings: ShopSettings) -> House:
    """A shop with its letters checked, its lines not yet open. Raises templates.LettersRefusedError."""
    telegram, mailbox = settings.telegram, settings.mailbox
    shop = settings.facts.to_shop(
        mailbox=mailbox.address if mailbox else "", staff_chat=telegram.staff_chat if telegram else None
    )
    facts = facts_of(settings.facts, mailbox=shop.mailbox)
    return House(
        settings=settings,
        shop=shop,
        letters=Letters(settings.letters, facts),
        facts=facts,
        staff=frozenset(telegram.staff if telegram else ()),
    )


def connect(house: House) -> House:
    """Give a shop its lines: the bot and the way out for mail. Nothing is contacted yet."""
    # Loaded here, since most commands need no line: it halves their start.
    from bot.telegram import Telegram
    from mailers.sending import Postman
    from mailers.sent import SentFolder

    telegram, mailbox = house.settings.telegram, house.settings.mailbox
    if telegram is not None:
        house.telegram = Telegram(telegram.token.get_secret_value(), telegram.base_url, telegram.pace)
    if mailbox is not None:
        house.tokens = tokens_of(mailbox.oauth)
        password = mailbox.password.get_secret_value() if mailbox.password else ""
        house.postman = Postman(
            mailbox.smtp, password, tokens=house.tokens, login=mailbox.address, ca_file=mailbox.ca_file
        )
        if mailbox.sent is not None:
            house.sent = SentFolder(
                mailbox.imap, password, folder=mailbox.sent, tokens=house.tokens, ca_file=mailbox.ca_file,
                address=mailbox.address,
            )  # fmt: skip
    return house


def inbox_of(house: House, **more: Any) -> Inbox | None:
    """The watcher of a connected shop's mailbox; None where it has none."""
    from mailers.inbox import Inbox

    mailbox = house.settings.mailbox
    if mailbox is None:
        return None
    password = mailbox.password.get_secret_value() if mailbox.password else ""
    return Inbox(
        mailbox.imap,
        password,
        tokens=house.tokens,
        ca_file=mailbox.ca_file,
        address=mailbox.address,
        **more,
    )


def tokens_of(oauth: OAuth | None) -> Tokens | None:
    """The access tokens of a mailbox; None where a password is used."""
    from mailers.oauth import Grant, Tokens

    if oauth is None:
        return None
    secret, refresh = (
        one.get_secret_value() if one else "" for one in (oauth.client_secret, oauth.refresh_token)
    )
    return Tokens(Grant(oauth.token_url, oauth.client_id, secret, refresh, oauth.scope))
