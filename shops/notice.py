"""What a shop's privacy notice can say, as tables: the shape of a profile's TOML file.

Here lives the shape only; the facts stand in `profiles/`, one file a shop. Where a notice is silent, the
key is left out, and the law fills the gap (`profile.py`). Names of things stand here, sentences never.
"""

from __future__ import annotations

from dataclasses import fields
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints
from stdnum.fi import ytunnus

from cases.addresses import is_email
from cases.model import Customer, Language, Order, Purpose
from cases.terms import KeptFor
from shops.refusals import Table

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=400)]

#: Columns of the register that a category of data can be found in.
COLUMNS = frozenset(
    column.name
    for record in (Customer, Order)
    for column in fields(record)
    if column.name not in ("extra", "held")
)


class Door(StrEnum):
    """Where a notice tells people to turn with a request."""

    EMAIL = "email"
    POST = "post"
    PHONE = "phone"
    CUSTOMER_SERVICE = "customer_service"
    CONTACT_PERSON = "contact_person"
    UNSUBSCRIBE_LINK = "unsubscribe_link"


class Form(StrEnum):
    """The form a notice asks for. Known, told to staff, and never a condition (docs/law.md 5)."""

    FREE = "free"
    WRITTEN = "written"
    SIGNED = "signed"
    HAND_SIGNED = "hand_signed"


class Promise(StrEnum):
    """What a notice promises beyond the law's minimum when it handles a request."""

    WITHOUT_DELAY = "without_delay"
    WRITTEN_REPLY = "written_reply"
    TO_RECORDED_ADDRESS = "to_recorded_address"
    IDENTITY_IF_NEEDED = "identity_if_needed"
    SOURCE_TOLD = "source_told"
    RECIPIENTS_TOLD = "recipients_told"
    REFUSAL_CERTIFICATE = "refusal_certificate"
    ANONYMISATION = "anonymisation"


class Since(StrEnum):
    """What a retention time counts from."""

    LAST_ORDER = "last_order"
    REGISTRATION = "registration"
    END_OF_CUSTOMERSHIP = "end_of_customership"


def _check_business_id(text: str) -> str:
    if not ytunnus.is_valid(text):
        raise ValueError("is no Finnish business id, its check digit is wrong: write it as 1234567-1")
    return text


def _check_email(text: str) -> str:
    if not is_email(text):
        raise ValueError('is not an e-mail address: write one such as "tietosuoja@example.com"')
    return text


def _check_column(text: str) -> str:
    if text not in COLUMNS:
        raise ValueError(f"is not a column of the register: choose from {', '.join(sorted(COLUMNS))}")
    return text


Email = Annotated[Line, AfterValidator(_check_email)]
_EMAIL = 'an address such as "tietosuoja@example.com"'
_WORDS = 'the same in both languages: { fi = "…", en = "…" }'
_DOORS = f"a list of {', '.join(Door)}"
_YES_NO = "true or false, without quotation marks"


class Words(Table):
    """A name or phrase in the languages letters are written in."""

    fi: Line = Field(description="the Finnish words between quotation marks")
    en: Line = Field(description="the English words between quotation marks")

    def to(self, language: Language) -> str:
        """The words in one language."""
        return self.fi if language is Language.FI else self.en


class Controller(Table):
    """The shop itself, as controller (GDPR Art. 4(7))."""

    name: Line = Field(description="the shop's registered name between quotation marks")
    trade_name: Line | None = Field(default=None, description="the name customers know, or leave the key out")
    business_id: Annotated[Line, AfterValidator(_check_business_id)] | None = Field(
        default=None, description='a business id such as "1234567-1", or leave the key out'
    )
    street: Line = Field(description="street and house number between quotation marks")
    po_box: Line | None = Field(default=None, description='a PO box such as "PL 12", or leave the key out')
    postal_code: Annotated[str, StringConstraints(pattern=r"^\d{5}$")] = Field(
        description='five digits between quotation marks, such as "20780"'
    )
    city: Line = Field(description="the post town between quotation marks")
    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")] = Field(
        default="FI", description='two capital letters such as "FI"'
    )
    email: Email = Field(description=_EMAIL)
    phone: Line | None = Field(default=None, description="a phone number between quotation marks")


class Contact(Table):
    """The person a notice names for questions about the register."""

    name: Line = Field(description="the person's name between quotation marks")
    title: Words | None = Field(default=None, description=_WORDS)
    email: Email | None = Field(default=None, description=_EMAIL)
    phone: Line | None = Field(default=None, description="a phone number between quotation marks")


class Right(Table):
    """How a notice says one right is used."""

    doors: list[Door] = Field(default=[], description=_DOORS)
    form: Form = Field(default=Form.FREE, description=f"one of {', '.join(Form)}")
    promises: list[Promise] = Field(default=[], description=f"a list of {', '.join(Promise)}")


class Rights(Table):
    """The rights a notice speaks of. One it is silent on exists all the same (GDPR Art. 15-21)."""

    access: Right | None = Field(default=None, description="a block headed [rights.access]")
    correction: Right | None = Field(default=None, description="a block headed [rights.correction]")
    erasure: Right | None = Field(default=None, description="a block headed [rights.erasure]")
    opt_out: Right | None = Field(default=None, description="a block headed [rights.opt_out]")
    restriction: Right | None = Field(default=None, description="a block headed [rights.restriction]")
    portability: Right | None = Field(default=None, description="a block headed [rights.portability]")
    objection: Right | None = Field(default=None, description="a block headed [rights.objection]")


class Category(Table):
    """A category of personal data (GDPR Art. 15(1)(b)) and the register columns it stands in."""

    name: Words = Field(description=_WORDS)
    columns: list[Annotated[str, AfterValidator(_check_column)]] = Field(
        default=[], description="a list of register columns, or leave the key out"
    )
    #: Told of, never shown: HETU, passport.
    held: bool = Field(default=False, description=_YES_NO)


class Recipient(Table):
    """Someone data go to (GDPR Art. 15(1)(c)), processors included (Art. 4(9))."""

    #: The company's own name where it is known (CJEU C-154/21), else its kind in both languages.
    name: Line | None = Field(default=None, description="the company's name between quotation marks")
    what: Words = Field(description=_WORDS)
    role: Literal["processor", "recipient", "authority"] = Field(
        default="recipient", description="one of processor, recipient, authority"
    )
    #: Told of opt-outs too, beside what Art. 19 asks.
    marketing: bool = Field(default=False, description=_YES_NO)
    only_if: Words | None = Field(default=None, description=_WORDS)
    outside_eea: bool = Field(default=False, description=_YES_NO)


class Transfers(Table):
    """Whether data leave the EU and EEA (GDPR Art. 15(2))."""

    outside_eea: Literal["never", "if_necessary", "yes"] = Field(
        description="one of never, if_necessary, yes"
    )
    note: Words | None = Field(default=None, description=_WORDS)


class Retention(Table):
    """One rule on how long data are kept (GDPR Art. 15(1)(d))."""

    since: Since = Field(description=f"one of {', '.join(Since)}")
    #: None: until then, and not after.
    years: int | None = Field(
        default=None, ge=1, le=100, description="a number such as 5, or leave the key out"
    )
    only_without_orders: bool = Field(default=False, description=_YES_NO)


class Erasure(Table):
    """What a notice says of erasure. Accounting law is added to its exceptions whatever it says."""

    stated_exceptions: list[KeptFor] = Field(default=[], description=f"a list of {', '.join(KeptFor)}")
    public_posts_remain: bool = Field(default=False, description=_YES_NO)


class OptOut(Table):
    """The uses of data that a person can forbid at this shop (GDPR Art. 21; Act 917/2014 s. 200-202)."""

    purposes: list[Purpose] = Field(min_length=1, description=f"a list of {', '.join(Purpose)}")


class Profiling(Table):
    """What is done with data to foresee or steer behaviour (GDPR Art. 4(4), 15(1)(h))."""

    targeting: bool = Field(default=False, description=_YES_NO)
    #: None: the notice does not say.
    automated_decisions: bool | None = Field(default=None, description=_YES_NO)
    note: Words | None = Field(default=None, description=_WORDS)
