"""Shop profiles: who the controller is and what its notice says, with the law where the notice is silent.

Here a TOML file becomes a `Profile`, or is refused with every reason. What the core and the letters need of
it is handed out as plain data. No sentence of a letter stands here.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Sequence
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from cases.model import Kind, Language, Purpose, Shop
from cases.terms import KeptFor, Period, Terms, Told
from shops.notice import (
    Category,
    Contact,
    Controller,
    Erasure,
    LegalBasis,
    Line,
    OptOut,
    Profiling,
    Promise,
    Publication,
    Recipient,
    Retention,
    Right,
    Rights,
    Source,
    Transfers,
    Words,
    in_both,
)
from shops.refusals import Table, path_in, sentences

#: GDPR Art. 12(3): the time to reply when a notice names none, and the most it can name.
_MONTHS_BY_LAW = 1
_WORDS_LIST = 'a list of { fi = "…", en = "…" }'

#: The supervisory authority every reply names (GDPR Art. 77), as on tietosuoja.fi.
_OMBUDSMAN = {
    "name": Words(fi="Tietosuojavaltuutetun toimisto", en="Office of the Data Protection Ombudsman"),
    "address": "PL 800, 00531 Helsinki",
    "phone": "029 566 6700",
    "web": "tietosuoja.fi",
}


#: What a source is to whoever is told of a correction, and when it is told.
_SOURCE = Words(fi="tietojen lähde", en="source of the data")
_FROM_THERE = Words(fi="virheellinen tieto on saatu sieltä", en="the wrong data came from there")


class ProfileError(Exception):
    """A profile cannot be used; each problem is a sentence that names a key and what to write."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def _refuse_required(value: object) -> object:
    if value == "required":
        raise ValueError(
            "cannot be required: the GDPR knows no signature, and the Ombudsman found signed forms unlawful "
            "as proof of identity (6097/161/21); write not_required, or offer"
        )
    return value


def _distinct(languages: list[Language]) -> list[Language]:
    if len(set(languages)) < len(languages):
        raise ValueError("names a language twice: write each once")
    return languages


class Profile(Table):
    """One shop, from its privacy notice."""

    #: The name rows of the database carry; never change it once cases are open.
    profile: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{1,39}$")] = Field(
        description='a name in small letters such as "liwigo"'
    )
    #: The first part of case ids.
    prefix: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2,5}$")] = Field(
        description='two to five capital letters such as "LIW"'
    )
    languages: Annotated[list[Language], AfterValidator(_distinct)] = Field(
        default=[Language.FI, Language.EN], min_length=1, description='a list such as ["fi", "en"]'
    )
    notice_dated: date | None = Field(default=None, description="a day such as 2023-09-08, or leave it out")
    register_name: Words | None = Field(default=None, description='{ fi = "…", en = "…" }')
    controller: Controller = Field(description="a block headed [controller]")
    contact: Contact | None = Field(default=None, description="a block headed [contact]")
    reply_months: int | None = Field(
        default=None, ge=1, le=_MONTHS_BY_LAW, description="1, or leave the key out; the law allows no more"
    )
    signature_policy: Annotated[Literal["not_required", "offer"], BeforeValidator(_refuse_required)] = Field(
        default="not_required", description="one of not_required, offer"
    )
    holiday_profile: Literal["fi_statutory", "fi_with_eves"] = Field(
        default="fi_statutory", description="one of fi_statutory, fi_with_eves"
    )
    convention: Literal["stop_clock_v1", "no_suspension"] = Field(
        default="stop_clock_v1", description="one of stop_clock_v1, no_suspension"
    )
    #: None: the notice does not speak of complaints. "unnamed": it does, and not of whom they go to.
    complaint_authority: Literal["ombudsman", "unnamed"] | None = Field(
        default=None, description="one of ombudsman, unnamed; or leave the key out"
    )
    #: Empty: of anything. Else the notice speaks of complaints about answers to these requests only.
    complaint_about: list[Kind] = Field(default=[], description=f"a list of {', '.join(Kind)}")
    #: Acts the notice rests on that are no longer in force, by number.
    repealed_acts: list[Line] = Field(default=[], description='a list such as ["523/1999"]')
    #: What should stand where the notice was left unfinished.
    placeholders: list[Words] = Field(default=[], description=_WORDS_LIST)
    purposes: list[Words] = Field(default=[], description=_WORDS_LIST)
    bases: list[LegalBasis] = Field(default=[], description=_WORDS_LIST)
    #: The notice says that consent can be withdrawn (GDPR Art. 13(2)(c)).
    withdrawal_told: bool = Field(default=False, description="true or false, without quotation marks")
    sources: list[Source] = Field(default=[], description=_WORDS_LIST)
    rights: Rights = Field(default=Rights(), description="blocks such as [rights.access]")
    categories: list[Category] = Field(min_length=1, description="a block headed [[categories]] for each")
    recipients: list[Recipient] = Field(default=[], description="a block headed [[recipients]] for each")
    transfers: Transfers | None = Field(default=None, description="a block headed [transfers]")
    keeps_until_asked: bool = Field(default=False, description="true or false")
    retention: list[Retention] = Field(default=[], description="a block headed [[retention]] for each rule")
    erasure: Erasure = Field(default=Erasure(), description="a block headed [erasure]")
    opt_out: OptOut = Field(description="a block headed [opt_out]")
    profiling: Profiling = Field(default=Profiling(), description="a block headed [profiling]")
    publication: Publication | None = Field(default=None, description="a block headed [publication]")

    @model_validator(mode="after")
    def _distinct_ids(self) -> Profile:
        """Tasks are known by these ids, so that one twice would be told once."""
        seen: set[str] = set()
        ids: list[tuple[str, str | None]] = [
            *((f"recipients[{number}]", one.id) for number, one in enumerate(self.recipients)),
            *((f"sources[{number}]", one.id) for number, one in enumerate(self.sources)),
        ]
        for where, one in ids:
            if one in seen:
                raise ValueError(f"{where}.id is used before: give each one an id of its own")
            seen |= {one} if one else set()
        return self

    @property
    def name(self) -> str:
        """The shop's name as customers know it."""
        return self.controller.trade_name or self.controller.name

    def right(self, kind: Kind) -> Right | None:
        """What the notice says of a right; None where it is silent and only the law speaks."""
        right: Right | None = getattr(self.rights, kind.value)
        return right

    def exceptions(self) -> tuple[KeptFor, ...]:
        """Why data may stay after an erasure: accounting law always, then what the notice states."""
        return tuple(dict.fromkeys((KeptFor.ACCOUNTING, *self.erasure.stated_exceptions)))

    def to_shop(self, mailbox: str = "", staff_chat: int | None = None) -> Shop:
        """What the core must know of this shop."""
        return Shop(
            profile=self.profile,
            name=self.name,
            prefix=self.prefix,
            email=self.controller.email,
            phone=self._phone(),
            languages=tuple(self.languages),
            holiday_profile=self.holiday_profile,
            convention=self.convention,
            staff_chat=staff_chat,
            mailbox=mailbox,
            terms=self.terms(),
        )

    def terms(self) -> Terms:
        """The notice as far as decisions rest on it, with the law where it is silent."""
        correction = self.rights.correction
        promised = correction.promises if correction else []
        month, day = self.erasure.financial_year_ends.split("-")
        return Terms(
            recipients=tuple(
                Told(
                    id=recipient.id,
                    name=recipient.label,
                    what=in_both(recipient.gets or recipient.what),
                    only_if=in_both(recipient.only_if) if recipient.only_if else None,
                    marketing=recipient.marketing,
                )
                for recipient in self.recipients
                if recipient.told
            ),
            sources=tuple(
                Told(source.id, in_both(source), in_both(_SOURCE), in_both(_FROM_THERE))
                for source in self.sources
                if source.id and Promise.SOURCE_TOLD in promised
            ),
            kept_for=self.exceptions(),
            periods=tuple(
                Period(rule.since.value, rule.years, rule.only_without_orders) for rule in self.retention
            ),
            anonymises=self.erasure.anonymises,
            public_posts_remain=self.erasure.public_posts_remain,
            financial_year_ends=(int(month), int(day)),
            purposes=tuple(purpose for purpose in Purpose if purpose in self.opt_out.purposes),
            certifies_refusals=Promise.REFUSAL_CERTIFICATE in promised,
            signature_offered=self.signature_policy == "offer",
        )

    def facts(self, language: Language) -> dict[str, Any]:
        """What letters may say of the shop: JSON-ready, in one language, gaps filled by law.

        Fixed words (`since`, `kept_for`, `role`, `outside_eea`, `opt_out_purposes`, `promises` and the like)
        stay words: letters turn them into sentences. `outside_eea` is "" and `automated_decisions` None where
        the notice is silent; so is any text.
        """

        def said(words: Words | None) -> str:
            return words.to(language) if words else ""

        def all_said(several: Sequence[Words]) -> list[str]:
            return [words.to(language) for words in several]

        return {
            **self._who(language),
            "reply_months": self.reply_months or _MONTHS_BY_LAW,
            "signature_offered": self.signature_policy == "offer",
            "rights": self._rights(),
            "purposes": all_said(self.purposes),
            "bases": all_said(self.bases),
            "sources": all_said(self.sources),
            "categories": [
                {
                    "name": said(category.name),
                    "columns": category.columns,
                    "held": category.held,
                    "only_if": said(category.only_if),
                }
                for category in self.categories
            ],
            "recipients": [
                {
                    "id": recipient.id,
                    "name": recipient.name or "",
                    "what": said(recipient.what),
                    "gets": said(recipient.gets),
                    "role": recipient.role,
                    "only_if": said(recipient.only_if),
                    "marketing": recipient.marketing,
                    "outside_eea": recipient.outside_eea,
                    "based_in": recipient.based_in or "",
                }
                for recipient in self.recipients
            ],
            **self._whereabouts(said),
            "keeps_until_asked": self.keeps_until_asked,
            "retention": [rule.model_dump(mode="json") for rule in self.retention],
            "kept_for": [reason.value for reason in self.exceptions()],
            "public_posts_remain": self.erasure.public_posts_remain,
            "anonymises": self.erasure.anonymises,
            "opt_out_purposes": [purpose.value for purpose in self.opt_out.purposes],
            "opt_out_switches": [
                {"name": said(switch.name), "purpose": switch.purpose.value, "doors": [*switch.doors]}
                for switch in self.opt_out.switches
            ],
            "targeting": self.profiling.targeting,
            "automated_decisions": self.profiling.automated_decisions,
            "profiling_note": said(self.profiling.note),
            "authority": {
                key: value.to(language) if isinstance(value, Words) else value
                for key, value in _OMBUDSMAN.items()
            },
        }

    def _who(self, language: Language) -> dict[str, Any]:
        controller, contact = self.controller, self.contact
        return {
            "name": self.name,
            "controller": controller.name,
            "business_id": controller.business_id or "",
            "address": ", ".join(self._address()),
            "email": controller.email,
            "phone": self._phone(),
            "contact": contact.name if contact else "",
            "contact_title": contact.title.to(language) if contact and contact.title else "",
            "register_name": self.register_name.to(language) if self.register_name else "",
        }

    def _rights(self) -> dict[str, dict[str, list[str] | str]]:
        """What the notice says of each right it speaks of."""
        said = {kind: self.right(kind) for kind in Kind}
        return {
            kind.value: {
                "doors": [door.value for door in right.doors],
                "form": right.form.value,
                "promises": [promise.value for promise in right.promises],
            }
            for kind, right in said.items()
            if right
        }

    def _whereabouts(self, said: Callable[[Words | None], str]) -> dict[str, Any]:
        """Where data are, where they may go, and what of them is published."""
        transfers, publication = self.transfers or Transfers(), self.publication
        return {
            "outside_eea": transfers.outside_eea or "",
            "transfer_only_if": said(transfers.only_if),
            "transfer_note": said(transfers.note),
            "stored_in": said(transfers.stored_in),
            "publication": publication.when if publication else "",
            "published_as_list": publication.as_list if publication else False,
            "published": said(publication.what) if publication else "",
        }

    def _phone(self) -> str:
        return self.controller.phone or (self.contact.phone if self.contact else None) or ""

    def _address(self) -> list[str]:
        controller = self.controller
        town = f"{controller.postal_code} {controller.city}"
        return [part for part in (controller.po_box, controller.street, town) if part]


def built_in_profiles() -> list[str]:
    """The names of the profiles that come with Pyyntö, in alphabetical order."""
    folder = resources.files("shops") / "profiles"
    return sorted(file.name.removesuffix(".toml") for file in folder.iterdir() if file.name.endswith(".toml"))


def load_profile(name_or_path: str | Path, folder: Path | None = None) -> Profile:
    """A built-in profile by its name, or one read from a TOML file.

    What contains a slash or ends in `.toml` is a path, relative to `folder` (default: the working directory).
    Raises ProfileError with every problem found.
    """
    name = str(name_or_path)
    if isinstance(name_or_path, Path) or name.endswith(".toml") or "/" in name:
        try:
            path = path_in(folder or Path.cwd(), name)
            content = path.read_bytes()
        except OSError as error:
            raise ProfileError([f"The profile {name} cannot be read: {error.strerror}."]) from None
        except ValueError as error:
            raise ProfileError([f"The profile {name} cannot be read: it {error}."]) from None
        return _read(content, str(path))
    if name not in built_in_profiles():
        known = ", ".join(built_in_profiles())
        raise ProfileError(
            [f"There is no profile named {name}: write one of {known}, or the path of a file of your own."]
        )
    return _read((resources.files("shops") / "profiles" / f"{name}.toml").read_bytes(), f"profile {name}")


def _read(content: bytes, where: str) -> Profile:
    try:
        return Profile.model_validate(tomllib.loads(content.decode("utf-8-sig")))
    except UnicodeDecodeError:
        raise ProfileError([f"In {where}: the file is not UTF-8 text: save it as UTF-8."]) from None
    except tomllib.TOMLDecodeError as error:
        raise ProfileError([f"In {where}: the file is not valid TOML: {error}."]) from None
    except ValidationError as error:
        raise ProfileError([f"In {where}: {line}" for line in sentences(error, Profile)]) from None
