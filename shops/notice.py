"""What a shop's privacy notice can say, as tables: the shape of a profile's TOML file.

Here lives the shape only; the facts stand in `profiles/`, one file a shop. Where a notice is silent, the
key is left out, and the law fills the gap (`profile.py`). Names of things stand here, sentences never.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import fields
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints, model_validator
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


class Since(StrEnum):
    """What a retention time counts from."""

    LAST_ORDER = "last_order"
    REGISTRATION = "registration"
    END_OF_CUSTOMERSHIP = "end_of_customership"


class Basis(StrEnum):
    """The legal bases of GDPR Art. 6(1), points (a) to (f)."""

    CONSENT = "consent"
    CONTRACT = "contract"
    LEGAL_DUTY = "legal_duty"
    VITAL_INTEREST = "vital_interest"
    PUBLIC_TASK = "public_task"
    LEGITIMATE_INTEREST = "legitimate_interest"


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


def _check_day_of_year(text: str) -> str:
    month, day = int(text[:2]), int(text[3:])
    # 2023: no leap year, since a financial year ends on the same date every year.
    if not (1 <= month <= 12 and 1 <= day <= monthrange(2023, month)[1]):
        raise ValueError('is no day of the year: write month and day such as "12-31"')
    return text


Email = Annotated[Line, AfterValidator(_check_email)]
#: What tasks and letters know an entry by; it outlives a change of words.
Id = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,39}$")]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
_ID = 'a short name of small letters, digits and _ such as "mailing_house"'
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


class LegalBasis(Words):
    """A legal basis as the notice words it, and the one of the law it comes to (GDPR Art. 6(1))."""

    #: None: none of the law's bases is meant clearly.
    law: Basis | None = Field(default=None, description=f"one of {', '.join(Basis)}; or leave the key out")


class Source(Words):
    """Where data come from (GDPR Art. 15(1)(g))."""

    #: For a source other than the person: it hears of corrections where the notice promises that.
    id: Id | None = Field(default=None, description=f"{_ID}, or leave the key out")


def in_both(words: Words) -> dict[str, str]:
    """Words as the core keeps them: by language."""
    return {"fi": words.fi, "en": words.en}


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
    country: Country = Field(default="FI", description='two capital letters such as "FI"')
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
    #: What the notice wants a request to say; never a condition (docs/law.md 5).
    asks_for: list[Literal["fields", "ground"]] = Field(
        default=[], description="a list of fields, ground; or leave the key out"
    )


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
    only_if: Words | None = Field(default=None, description=_WORDS)


class Recipient(Table):
    """Someone data go to (GDPR Art. 15(1)(c)), processors included (Art. 4(9))."""

    id: Id = Field(description=_ID)
    #: The company's own name where it is known (CJEU C-154/21); letters say `what` it is where it is not.
    name: Line | None = Field(default=None, description="the company's name between quotation marks")
    what: Words = Field(description=_WORDS)
    #: Which data, or what for.
    gets: Words | None = Field(default=None, description=_WORDS)
    role: Literal["processor", "recipient", "authority"] = Field(
        default="recipient", description="one of processor, recipient, authority"
    )
    #: Told of opt-outs too, beside what Art. 19 asks.
    marketing: bool = Field(default=False, description=_YES_NO)
    only_if: Words | None = Field(default=None, description=_WORDS)
    outside_eea: bool = Field(default=False, description=_YES_NO)
    #: Where the company has its seat, if the notice leaves open whether data go there.
    based_in: Country | None = Field(
        default=None, description='two capital letters such as "US", or leave the key out'
    )
    #: Not for an authority that asks in a single inquiry, which is no recipient (GDPR Art. 4(9)).
    told: bool = Field(default=True, description=_YES_NO)

    @property
    def label(self) -> dict[str, str]:
        """The name to call it by, in each language: its own, or what it is."""
        return {"fi": self.name, "en": self.name} if self.name else in_both(self.what)


class Transfers(Table):
    """Whether data leave the EU and EEA (GDPR Art. 15(2))."""

    #: None: the notice does not say.
    outside_eea: Literal["never", "if_necessary", "yes"] | None = Field(
        default=None, description="one of never, if_necessary, yes; or leave the key out"
    )
    #: When, and on what footing (GDPR Art. 46-49).
    only_if: Words | None = Field(default=None, description=_WORDS)
    note: Words | None = Field(default=None, description=_WORDS)
    stored_in: Words | None = Field(default=None, description=_WORDS)


class Retention(Table):
    """One rule on how long data are kept (GDPR Art. 15(1)(d))."""

    since: Since = Field(description=f"one of {', '.join(Since)}")
    #: None: until then, and not after.
    years: int | None = Field(
        default=None, ge=1, le=100, description="a number such as 5, or leave the key out"
    )
    only_without_orders: bool = Field(default=False, description=_YES_NO)
    #: The notice says "mainly", and not what the rest is.
    mainly: bool = Field(default=False, description=_YES_NO)


class Erasure(Table):
    """What a notice says of erasure. Accounting law is added to its exceptions whatever it says."""

    stated_exceptions: list[KeptFor] = Field(default=[], description=f"a list of {', '.join(KeptFor)}")
    public_posts_remain: bool = Field(default=False, description=_YES_NO)
    #: The notice offers to make data anonymous; what no law keeps is then made so.
    anonymises: bool = Field(default=False, description=_YES_NO)
    #: Month and day the financial year ends on: accounting periods count from it.
    financial_year_ends: Annotated[
        str, StringConstraints(pattern=r"^\d{2}-\d{2}$"), AfterValidator(_check_day_of_year)
    ] = Field(default="12-31", description='month and day between quotation marks such as "12-31"')


class Switch(Table):
    """One use of data as the notice itself names it, with a way of its own to forbid it."""

    name: Words = Field(description=_WORDS)
    purpose: Purpose = Field(description=f"one of {', '.join(Purpose)}")
    #: Empty: as [rights.opt_out] says.
    doors: list[Door] = Field(default=[], description=_DOORS)


class OptOut(Table):
    """The uses of data that a person can forbid at this shop (GDPR Art. 21; Act 917/2014 s. 200-202)."""

    purposes: list[Purpose] = Field(min_length=1, description=f"a list of {', '.join(Purpose)}")
    switches: list[Switch] = Field(default=[], description="a block headed [[opt_out.switches]] for each")

    @model_validator(mode="after")
    def _switches_have_purposes(self) -> OptOut:
        for number, switch in enumerate(self.switches):
            if switch.purpose not in self.purposes:
                raise ValueError(
                    f"has a switch {number} for {switch.purpose}, which its purposes do not name: add it there"
                )
        return self


class Publication(Table):
    """Whether the shop publishes what stands in its register."""

    when: Literal["as_agreed", "unless_forbidden"] = Field(description="one of as_agreed, unless_forbidden")
    #: The register itself may come out as a list, for instance as address labels.
    as_list: bool = Field(default=False, description=_YES_NO)
    what: Words | None = Field(default=None, description=_WORDS)


class Profiling(Table):
    """What is done with data to foresee or steer behaviour (GDPR Art. 4(4), 15(1)(h))."""

    targeting: bool = Field(default=False, description=_YES_NO)
    #: None: the notice does not say.
    automated_decisions: bool | None = Field(default=None, description=_YES_NO)
    note: Words | None = Field(default=None, description=_WORDS)
