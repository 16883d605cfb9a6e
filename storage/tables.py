"""The rows. Personal data that staff must see again stand sealed; what is looked up by them is an index.

The customer register (`customers`, `orders`) is the shop's own and stands in clear, but for HETU and passport
columns. Whatever arrives or leaves has a unique key, so a repeat is harmless.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, Index, LargeBinary, String, Table, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from storage.types import UtcDateTime, json_type


def _moment(*, index: bool = False, nullable: bool = False) -> Any:
    return Column(UtcDateTime(), nullable=nullable, index=index)


class ArrivalRow(SQLModel, table=True):
    """One thing that arrived and was handled: its key and what came of it, nothing of its content."""

    __tablename__ = "arrivals"

    key: str = Field(primary_key=True)
    shop: str
    channel: str
    received_at: datetime = Field(sa_column=_moment())
    handled_at: datetime = Field(sa_column=_moment())
    outcome: str


class SetAsideRow(SQLModel, table=True):
    """Something that could not be handled, with its raw content sealed."""

    __tablename__ = "set_aside"

    key: str = Field(primary_key=True)
    shop: str = Field(index=True)
    channel: str
    at: datetime = Field(sa_column=_moment())
    error: str
    raw: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class CursorRow(SQLModel, table=True):
    """How far a mailbox has been read."""

    __tablename__ = "cursors"

    source: str = Field(primary_key=True)
    uidvalidity: int
    last_uid: int
    #: First start of this mailbox; what `since` defaults to is counted from it.
    started_at: datetime = Field(sa_column=_moment())


class ConversationRow(SQLModel, table=True):
    """What a dialogue remembers; the peer is an index, the rest sealed."""

    __tablename__ = "conversations"

    peer_index: str = Field(primary_key=True)
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    updated_at: datetime = Field(sa_column=_moment())


class RequestRow(SQLModel, table=True):
    """One arrival that asks for one or more rights."""

    __tablename__ = "requests"
    __table_args__ = (
        Index("ix_requests_peer", "peer_index", "verified_at"),
        Index("ix_requests_expiry", "expires_at", "verified_at"),
    )

    id: str = Field(primary_key=True)
    shop: str
    channel: str
    peer_index: str
    #: Index of the address the code goes to.
    address_index: str = Field(default="", index=True)
    received_at: datetime = Field(sa_column=_moment())
    language: str
    lang_seen: str = ""
    customer_id: str | None = Field(default=None, index=True)
    issue: int = 0
    accepted_at: datetime | None = Field(default=None, sa_column=_moment(nullable=True))
    expires_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime(), nullable=True))
    code_state: str = ""
    tries: int = 0
    own_tries: int = 0
    used: bool = False
    verified_by: str | None = None
    verified_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime(), nullable=True))
    message_id: str = ""
    #: Sealed: peer, text, claim, customer_name, address, subject.
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    version: int = 0


class CaseRow(SQLModel, table=True):
    """Our handling of one right."""

    __tablename__ = "cases"
    __table_args__ = (Index("ix_cases_queue", "status", "due", "id"),)

    id: str = Field(primary_key=True)
    request_id: str = Field(index=True, foreign_key="requests.id")
    shop: str
    kind: str
    status: str
    channel: str
    language: str
    received_at: datetime = Field(sa_column=_moment())
    due: date
    safe_due: date
    verified_by: str | None = None
    assignee: str | None = None
    extended: bool = False
    flags: list[str] = Field(default_factory=list, sa_column=Column(json_type(), nullable=False))
    #: Sealed.
    details: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    version: int = 0


class EntryRow(SQLModel, table=True):
    """One line of a journal. Rows are only ever added: the migration forbids the rest by trigger."""

    __tablename__ = "journal"

    id: int | None = Field(default=None, primary_key=True)
    case_id: str = Field(index=True, foreign_key="cases.id")
    at: datetime = Field(sa_column=_moment())
    event: str
    actor: str
    data: dict[str, Any] = Field(default_factory=dict, sa_column=Column(json_type(), nullable=False))
    #: Sealed; null when there is none.
    note: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))


class LetterRow(SQLModel, table=True):
    """One message to go, or gone. Queued rows are the outbox."""

    __tablename__ = "letters"
    __table_args__ = (
        Index("ix_letters_outbox", "state", "next_at"),
        Index("ix_letters_lane", "to_index", "state"),
        Index("ix_letters_lately", "shop", "route", "created_at"),
        Index("ix_letters_thread", "thread", "created_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    #: Local part of our Message-ID, made from the key: unguessable, and the same at each try.
    token: str = Field(unique=True)
    name: str
    route: str
    shop: str
    language: str
    request_id: str = Field(default="", index=True)
    case_id: str = Field(default="", index=True)
    code_issue: int = 0
    keyboard: list[list[str]] = Field(default_factory=list, sa_column=Column(json_type(), nullable=False))
    in_reply_to: str = Field(default="", sa_column=Column(Text, nullable=False))
    #: Index of the first mail of the thread it belongs to; empty for what answers no mail.
    thread: str = Field(default="", sa_column=Column(String, nullable=False, server_default=text("''")))
    #: Index of the recipient, so that one chat's letters keep their order.
    to_index: str
    #: Sealed: to, context.
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    state: str
    tries: int = 0
    created_at: datetime = Field(sa_column=_moment())
    next_at: datetime = Field(sa_column=_moment())
    leased_until: datetime | None = Field(default=None, sa_column=Column(UtcDateTime(), nullable=True))
    done_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime(), nullable=True))
    #: A fixed word for the last fault; never an address or a server's text.
    fault: str = ""


class FileRow(SQLModel, table=True):
    """A file a person sent with a request, sealed; listed by the request's cases under its hash."""

    __tablename__ = "files"

    request_id: str = Field(primary_key=True, foreign_key="requests.id")
    sha256: str = Field(primary_key=True)
    content_type: str
    at: datetime = Field(sa_column=_moment())
    #: Sealed, both.
    name: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class EnclosureRow(SQLModel, table=True):
    """A file that goes with a letter; a while after the letter has left, the row is gone."""

    __tablename__ = "enclosures"

    letter_key: str = Field(primary_key=True, foreign_key="letters.key")
    place: int = Field(primary_key=True)
    content_type: str
    #: Sealed, both.
    name: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class SuppressionRow(SQLModel, table=True):
    """Who must get no marketing. Survives a reload of the register, and erasure."""

    __tablename__ = "suppressions"
    __table_args__ = (UniqueConstraint("shop", "address_index", "case_id"),)

    id: int | None = Field(default=None, primary_key=True)
    shop: str
    address_index: str
    #: Sealed address, for the export to the newsletter tool.
    address: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    customer_id: str | None = None
    purposes: list[str] = Field(default_factory=list, sa_column=Column(json_type(), nullable=False))
    state: str
    case_id: str = Field(index=True)
    since: datetime = Field(sa_column=_moment())


class UnsortedRow(SQLModel, table=True):
    """Human mail in which no right was recognised."""

    __tablename__ = "unsorted"

    number: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    shop: str = Field(index=True)
    channel: str
    received_at: datetime = Field(sa_column=_moment())
    language: str
    reason: str
    #: Sealed: peer, text, subject, message_id.
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    sorted_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime(), nullable=True))


class AttemptRow(SQLModel, table=True):
    """One code mail, try or reply, counted for the limits."""

    __tablename__ = "attempts"
    __table_args__ = (Index("ix_attempts_address", "address_index", "at"),)

    id: int | None = Field(default=None, primary_key=True)
    what: str
    shop: str
    requester_index: str
    address_index: str
    at: datetime = Field(sa_column=_moment())
    own: bool = False


class CounterRow(SQLModel, table=True):
    """The last case number given out, a shop and year."""

    __tablename__ = "counters"

    prefix: str = Field(primary_key=True)
    year: int = Field(primary_key=True)
    last: int


class PreviewRow(SQLModel, table=True):
    """A staff verb shown in chat and waiting for its "ok"."""

    __tablename__ = "previews"

    chat: str = Field(primary_key=True)
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    at: datetime = Field(sa_column=_moment())


class CustomerRow(SQLModel, table=True):
    """A record of the shop's customer register."""

    __tablename__ = "customers"
    __table_args__ = (Index("ix_customers_address", "shop", "address"),)

    shop: str = Field(primary_key=True)
    customer_id: str = Field(primary_key=True)
    #: Normalised e-mail, for look-up; `record` has it as written.
    address: str = ""
    name: str = ""
    record: dict[str, Any] = Field(default_factory=dict, sa_column=Column(json_type(), nullable=False))
    #: HETU and passport columns, sealed.
    held: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    #: Number of the load that saw this row last; rows no load saw are gone.
    load: int = 0
    #: When the address was last seen to change.
    address_since: datetime | None = Field(default=None, sa_column=Column(UtcDateTime(), nullable=True))


class OrderRow(SQLModel, table=True):
    """An order of the shop's register."""

    __tablename__ = "orders"
    __table_args__ = (
        Index("ix_orders_customer", "shop", "customer_id"),
        Index("ix_orders_address", "shop", "address"),
    )

    shop: str = Field(primary_key=True)
    order_id: str = Field(primary_key=True)
    customer_id: str = ""
    address: str = ""
    record: dict[str, Any] = Field(default_factory=dict, sa_column=Column(json_type(), nullable=False))
    load: int = 0


class CorrectionRow(SQLModel, table=True):
    """A column of the register put right; stands over the shop's files until those are newer."""

    __tablename__ = "corrections"
    __table_args__ = (UniqueConstraint("case_id", "column"),)

    id: int | None = Field(default=None, primary_key=True)
    shop: str = Field(index=True)
    customer_id: str
    column: str
    case_id: str = Field(foreign_key="cases.id")
    at: datetime = Field(sa_column=_moment())
    #: Sealed: old and new value.
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    #: The shop's files hold something newer: no longer in force.
    over: bool = False


class RegisterLoadRow(SQLModel, table=True):
    """The last load of a shop's register, and the fingerprint of the files it read."""

    __tablename__ = "register_loads"

    shop: str = Field(primary_key=True)
    load: int
    fingerprint: str
    at: datetime = Field(sa_column=_moment())
    customers: int
    orders: int
    problems: int


class CanaryRow(SQLModel, table=True):
    """One test mail through a shop's mailbox: when it left, and when it was seen; kept as evidence."""

    __tablename__ = "canaries"
    __table_args__ = (Index("ix_canaries_newest", "shop", "way", "sent_at"),)

    token: str = Field(primary_key=True)
    shop: str
    way: str
    sent_at: datetime = Field(sa_column=_moment())
    seen_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime(), nullable=True))


class AlarmRow(SQLModel, table=True):
    """Something wrong with a shop as a whole that staff have been told of; gone when it is over."""

    __tablename__ = "alarms"

    shop: str = Field(primary_key=True)
    what: str = Field(primary_key=True)
    since: datetime = Field(sa_column=_moment())


def table(row: type[SQLModel]) -> Table:
    """The Core table behind a row class; statements are made from it."""
    return SQLModel.metadata.tables[str(row.__tablename__)]
