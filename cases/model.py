"""The nouns: everything the core reads and returns, as frozen data.

Here live names and shapes only. What may follow what stands in `transitions`, what a message leads to in
`decide`, how long it may take in `deadlines`. Fields that hold a person or a secret are kept out of `repr`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from cases.terms import Purpose as Purpose
from cases.terms import Terms


class Kind(StrEnum):
    """A right that can be asked for (GDPR Art. 15-18, 20, 21)."""

    ACCESS = "access"
    CORRECTION = "correction"
    ERASURE = "erasure"
    OPT_OUT = "opt_out"
    RESTRICTION = "restriction"
    PORTABILITY = "portability"
    OBJECTION = "objection"


class Act(StrEnum):
    """What a message does, whatever it is about."""

    REQUEST = "request"
    STATUS = "status"
    WITHDRAW = "withdraw"
    CODE = "code"
    HUMAN = "human"
    COMPLAINT = "complaint"
    THANKS = "thanks"
    OTHER = "other"


class Channel(StrEnum):
    """How a request reached the shop."""

    CHAT = "chat"
    EMAIL = "email"
    PHONE = "phone"
    LETTER = "letter"


class Language(StrEnum):
    """A language letters are written in."""

    FI = "fi"
    EN = "en"


class Status(StrEnum):
    """Where a case stands; `transitions` says how it gets there."""

    RECEIVED = "received"
    VERIFYING = "verifying"
    HELD = "held"
    OPEN = "open"
    WAITING = "waiting"
    ANSWERED = "answered"
    UNVERIFIED = "unverified"
    WITHDRAWN = "withdrawn"


#: A case in one of these needs nothing more, unless something reopens it.
CLOSED = frozenset({Status.ANSWERED, Status.WITHDRAWN})


class VerifiedBy(StrEnum):
    """Who or what settled that the person is who they say."""

    CODE = "code"
    STAFF = "staff"
    WAIVED = "waived"


class Event(StrEnum):
    """A fact about a case, as it stands in the journal."""

    RECEIVED = "received"
    REPEATED = "repeated"
    PERSON_WROTE = "person_wrote"
    CLAIM_MADE = "claim_made"
    CODE_ISSUED = "code_issued"
    CODE_MAILED = "code_mailed"
    CODE_WITHHELD = "code_withheld"
    CODE_UNDELIVERED = "code_undelivered"
    CODE_REFUSED = "code_refused"
    CODE_ACCEPTED = "code_accepted"
    CODE_EXPIRED = "code_expired"
    CODE_EXHAUSTED = "code_exhausted"
    IDENTITY_INFO_REQUESTED = "identity_info_requested"
    IDENTITY_VERIFIED = "identity_verified"
    IDENTITY_REJECTED = "identity_rejected"
    VERIFICATION_WAIVED = "verification_waived"
    SUPPRESSED = "suppressed"
    LINKED = "linked"
    TAKEN = "taken"
    NOTED = "noted"
    ASKED = "asked"
    EXTENDED = "extended"
    ANSWERED = "answered"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    WITHDRAWAL_ASKED = "withdrawal_asked"
    REOPENED = "reopened"
    REOPENED_UNVERIFIED = "reopened_unverified"
    HELD = "held"
    HUMAN_WANTED = "human_wanted"
    LETTER_FAILED = "letter_failed"
    LETTER_BOUNCED = "letter_bounced"
    LETTER_DELAYED = "letter_delayed"
    BOUNCE_REPORTED = "bounce_reported"
    ENTERED = "entered"
    SORTED = "sorted"
    REKINDED = "rekinded"
    REMINDED = "reminded"
    DUE_SOON = "due_soon"
    NO_ACTION = "no_action"
    SEEN = "seen"
    CORRECTED = "corrected"
    TASK_OPENED = "task_opened"
    TASK_DONE = "task_done"
    TASK_SKIPPED = "task_skipped"
    PRINTED = "printed"
    PASSPHRASE_TOLD = "passphrase_told"  # noqa: S105 - a word


class Flag(StrEnum):
    """Something staff should see on a case at first glance."""

    NO_RECORD = "no_record"
    NAMES_DIFFER = "names_differ"
    TRIES_SPENT = "tries_spent"
    CODE_LAPSED = "code_lapsed"
    CODE_UNDELIVERED = "code_undelivered"
    WITHDRAWAL_ASKED = "withdrawal_asked"
    HUMAN_WANTED = "human_wanted"
    SENSITIVE = "sensitive"
    DUPLICATE = "duplicate"
    LETTER_FAILED = "letter_failed"
    LETTER_BOUNCED = "letter_bounced"
    SPAM = "spam"
    NEW_MESSAGE = "new_message"
    #: The no-action notice went out by itself; staff have not seen it yet.
    NO_ACTION_SENT = "no_action_sent"
    #: A signed request came along. Never needed (docs/invariants.md 1.9).
    SIGNED = "signed"
    GUARDIAN = "guardian"
    AGENT = "agent"
    DECEASED = "deceased"
    OTHER_CONTROLLER = "other_controller"
    COMPANY_CONTACT = "company_contact"
    OTHER_PERSON = "other_person"


#: What keeps a case that nobody proved in the queue: staff have not looked at it since.
UNSEEN = frozenset(
    {
        Flag.NO_ACTION_SENT, Flag.NEW_MESSAGE, Flag.HUMAN_WANTED, Flag.WITHDRAWAL_ASKED, Flag.LETTER_FAILED,
        Flag.LETTER_BOUNCED,
    }
)  # fmt: skip


class Special(StrEnum):
    """Somebody who writes in another's place, or about what is not theirs or not ours (docs/law.md 9).

    Each is a flag of the same name.
    """

    #: For a child or ward.
    GUARDIAN = "guardian"
    #: For somebody who asked them to.
    AGENT = "agent"
    #: About somebody who has died: outside the GDPR (recital 27).
    DECEASED = "deceased"
    #: About data that another company holds.
    OTHER_CONTROLLER = "other_controller"
    #: As the contact of a company: the same rights.
    COMPANY_CONTACT = "company_contact"
    #: About somebody else's data, with no word of being allowed to.
    OTHER_PERSON = "other_person"


class Ground(StrEnum):
    """Why a request is refused, in part or whole."""

    MANIFESTLY_UNFOUNDED = "manifestly_unfounded"
    EXCESSIVE = "excessive"
    LEGAL_DUTY = "legal_duty"
    LEGAL_CLAIMS = "legal_claims"
    RIGHTS_OF_OTHERS = "rights_of_others"
    RESTRICTED_BY_LAW = "restricted_by_law"
    DATA_ACCURATE = "data_accurate"
    RIGHT_NOT_APPLICABLE = "right_not_applicable"
    NOT_IDENTIFIED = "not_identified"
    OTHER = "other"


class LetterState(StrEnum):
    """How far a letter has come."""

    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"
    BOUNCED = "bounced"


class Route(StrEnum):
    """The wire a letter leaves by."""

    CHAT = "chat"
    MAIL = "mail"
    STAFF = "staff"
    #: Printed and posted by staff: nothing else reaches the person.
    POST = "post"


class Asking(StrEnum):
    """The question a dialogue is waiting to have answered. Names, not step numbers, are stored."""

    KIND = "kind"
    ADDRESS = "address"
    CODE = "code"
    CASE_ID = "case_id"
    DETAILS = "details"
    PASSPHRASE = "passphrase"  # noqa: S105 - a word
    CONFIRM_WITHDRAWAL = "confirm_withdrawal"


class Form(StrEnum):
    """What sort of thing arrived."""

    TEXT = "text"
    COMMAND = "command"
    BUTTON = "button"
    EDITED = "edited"
    PHOTO = "photo"
    VOICE = "voice"
    VIDEO = "video"
    STICKER = "sticker"
    DOCUMENT = "document"
    CONTACT = "contact"
    LOCATION = "location"
    UNSUPPORTED = "unsupported"
    GROUP = "group"
    CHANNEL_POST = "channel_post"
    BLOCKED = "blocked"
    UNBLOCKED = "unblocked"


@dataclass(frozen=True, slots=True)
class Correction:
    """One field that is wrong, and what should stand there (None: not said)."""

    #: name, email, phone, address, birth_date or company.
    name: str
    new_value: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Reading:
    """What the core understood from one message, and why."""

    lang: str
    kinds: tuple[Kind, ...] = ()
    act: Act = Act.OTHER
    opt_out_purposes: tuple[Purpose, ...] = ()
    corrections: tuple[Correction, ...] = ()
    claimed_email: str | None = field(default=None, repr=False)
    claimed_customer: str | None = field(default=None, repr=False)
    claimed_order: str | None = field(default=None, repr=False)
    codes: tuple[str, ...] = field(default=(), repr=False)
    case_ids: tuple[str, ...] = ()
    sensitive: tuple[str, ...] = ()
    #: In whose place, or about whose data, somebody writes; empty: for themselves.
    special: tuple[Special, ...] = ()
    sure: bool = True
    #: When not sure: the readings to offer, likeliest first.
    candidates: tuple[Kind, ...] = ()
    why: tuple[str, ...] = ()
    #: The message as it may be stored: HETU, card and passport numbers and codes masked.
    safe_text: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came along."""

    name: str = field(repr=False)
    content_type: str
    size: int
    sha256: str
    #: Empty when it was not fetched, or only in part.
    content: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Inbound:
    """One thing a person sent: read, not yet understood, never trusted."""

    #: Unique for ever: a repeat of the same arrival has the same key.
    key: str
    shop: str
    channel: Channel
    #: The Telegram chat id, or the sender's address in lower case.
    peer: str = field(repr=False)
    #: Aware; the server's INTERNALDATE or Telegram's `message.date`.
    received_at: datetime
    #: The part the person wrote: no quotes, no signature. Never stored as it is.
    text: str = field(repr=False)
    subject: str = field(default="", repr=False)
    form: Form = Form.TEXT
    #: Callback data of a button.
    payload: str = ""
    #: The Telegram client's language, for example "fi"; empty when not known.
    language_hint: str = ""
    #: Telegram user id of whoever acts; for staff rights.
    actor_id: int | None = None
    #: Mail only: this mail's Message-ID, and those it answers (In-Reply-To, References).
    message_id: str = ""
    answers: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    #: The name of the screening rule that says no person wrote this; empty for human mail.
    automated: str = ""
    #: That rule goes by the words alone: nobody is answered, but staff get to see the mail.
    perhaps_automated: bool = False
    #: What the receiving server could not confirm of the sender: words of `cases.trust.Trust`.
    unconfirmed: tuple[str, ...] = ()
    #: The mail provider calls it spam.
    spam: bool = False
    #: Mail older than the mailbox's `since`: listed, never answered.
    before_since: bool = False
    #: Only the beginning of the mail was fetched: its files were too large.
    cut_short: bool = False
    #: Callback query id or message id the chat edge needs for its answer.
    edge_ref: str = ""


@dataclass(frozen=True, slots=True)
class Customer:
    """One person in the shop's customer register."""

    customer_id: str
    name: str = field(default="", repr=False)
    #: The recorded address, as it stands in the register.
    email: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)
    street: str = field(default="", repr=False)
    postal_code: str = field(default="", repr=False)
    city: str = field(default="", repr=False)
    country: str = field(default="", repr=False)
    language: str = field(default="", repr=False)
    birth_date: str = field(default="", repr=False)
    company: str = field(default="", repr=False)
    marketing_email: str = field(default="", repr=False)
    marketing_phone: str = field(default="", repr=False)
    marketing_post: str = field(default="", repr=False)
    registered_on: str = field(default="", repr=False)
    #: Columns the register has beyond these, kept and shown.
    extra: Mapping[str, str] = field(default_factory=dict, repr=False)
    #: HETU and passport columns: stored encrypted, shown as "held".
    held: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Order:
    """One order in the shop's register."""

    order_id: str
    customer_id: str = field(default="", repr=False)
    ordered_on: str = ""
    total: str = field(default="", repr=False)
    currency: str = ""
    status: str = ""
    paid: str = ""
    items: str = field(default="", repr=False)
    #: Guest orders carry the address themselves.
    email: str = field(default="", repr=False)
    extra: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Shop:
    """What the core must know of a controller."""

    profile: str
    name: str
    prefix: str
    email: str
    phone: str = ""
    languages: tuple[Language, ...] = (Language.FI, Language.EN)
    holiday_profile: str = "fi_statutory"
    convention: str = "stop_clock_v1"
    #: Telegram chat for alarms; None: none set.
    staff_chat: int | None = None
    #: The privacy notice's address of the mailbox Pyyntö answers from; empty: no mailbox.
    mailbox: str = ""
    #: What the notice says that decisions rest on.
    terms: Terms = field(default_factory=Terms)


@dataclass(frozen=True, slots=True)
class Claim:
    """Who the person says they are: words from the request, never proof."""

    email: str = field(default="", repr=False)
    customer_id: str = field(default="", repr=False)
    order_id: str = field(default="", repr=False)

    def __bool__(self) -> bool:
        return bool(self.email or self.customer_id or self.order_id)

    @property
    def text(self) -> str:
        """The claim as staff see it."""
        return self.email or self.customer_id or self.order_id


@dataclass(frozen=True, slots=True)
class Proof:
    """The state of one request's one-time code. The code itself is computed when needed and stored never."""

    #: Running number of the code; 0: none issued yet.
    issue: int = 0
    #: Where the code goes: the recorded address (or, by e-mail, the sender's own). Empty: nowhere.
    address: str = field(default="", repr=False)
    #: When the mail server accepted it; a claim that matches nothing has this set just the same.
    accepted_at: datetime | None = None
    expires_at: datetime | None = None
    #: "": none, "queued": committed, "accepted": the server took it, "undelivered": given up or bounced.
    state: str = ""
    tries: int = 0
    #: Tries made from the recorded address itself, counted apart so that nobody else can spend them.
    own_tries: int = 0
    used: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """One arrival that asks for one or more rights, and what is known of who asks."""

    id: str
    shop: str
    channel: Channel
    peer: str = field(repr=False)
    received_at: datetime
    language: Language
    text: str = field(default="", repr=False)
    claim: Claim = field(default_factory=Claim)
    #: The register record claimed; None: no match (or not looked up yet).
    customer_id: str | None = field(default=None, repr=False)
    customer_name: str = field(default="", repr=False)
    proof: Proof = field(default_factory=Proof)
    verified_by: VerifiedBy | None = None
    verified_at: datetime | None = None
    #: The mail that asked, so that answers land in its thread.
    message_id: str = ""
    subject: str = field(default="", repr=False)
    lang_seen: str = ""
    version: int = 0


@dataclass(frozen=True, slots=True)
class Case:
    """Our handling of one right of one request: one due date, one outcome."""

    id: str
    request_id: str
    shop: str
    kind: Kind
    status: Status
    channel: Channel
    language: Language
    received_at: datetime
    due: date
    safe_due: date
    verified_by: VerifiedBy | None = None
    assignee: str | None = None
    extended: bool = False
    flags: frozenset[Flag] = frozenset()
    #: What was asked in detail: purposes, corrections, attachments, the rules that hit.
    details: Mapping[str, Any] = field(default_factory=dict, repr=False)
    version: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a case's journal. Append-only; deadlines are derived from these."""

    case_id: str
    at: datetime
    event: Event
    #: "machine", "person", or a staff member as "staff:4242" / "terminal:name".
    actor: str
    note: str = field(default="", repr=False)
    data: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Letter:
    """One message to go: its name and context; the text is made when it leaves."""

    #: Unique: the same cause can only ever queue the same letter. The Message-ID is made from it.
    key: str
    name: str
    route: Route
    shop: str
    #: A Telegram chat id or a mail address.
    to: str = field(repr=False)
    language: Language
    context: Mapping[str, Any] = field(default_factory=dict, repr=False)
    request_id: str = ""
    case_id: str = ""
    #: Rows of button names; each has a label in words.toml and a typed equivalent.
    keyboard: tuple[tuple[str, ...], ...] = ()
    #: For a mail in a thread: the Message-ID it answers.
    in_reply_to: str = ""
    #: By mail: an index of the thread that caused it, so that one thread gets only so many.
    thread: str = field(default="", repr=False)
    #: Set on letters that carry a code: which issue of the request's code.
    code_issue: int = 0
    #: Said in this language as well: the person wrote in one that letters are not written in.
    also: Language | None = None


@dataclass(frozen=True, slots=True)
class Received:
    """A file a person sent, kept for the cases of a request."""

    request_id: str
    sha256: str
    name: str = field(repr=False)
    content_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A file that goes with a letter. What holds personal data is locked before it comes here."""

    letter_key: str
    name: str
    content_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Suppression:
    """Who must get no marketing, and how final that is."""

    shop: str
    address: str = field(repr=False)
    purposes: tuple[Purpose, ...]
    #: "provisional" from receipt, "final" from proof on.
    state: str
    case_id: str
    since: datetime
    customer_id: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Draft:
    """A message whose wish was not clear: kept with its arrival until it is."""

    text: str = field(repr=False)
    received_at: datetime
    claim: Claim = field(default_factory=Claim)
    candidates: tuple[Kind, ...] = ()
    key: str = ""


@dataclass(frozen=True, slots=True)
class Conversation:
    """What a dialogue remembers of one peer between two messages."""

    shop: str
    channel: Channel
    peer: str = field(repr=False)
    #: Chosen with /language, or the language of the last clear message.
    language: Language | None = None
    language_chosen: bool = False
    asking: Asking | None = None
    #: The request in progress, not yet verified.
    request_id: str = ""
    #: Case ids a yes/no question is about.
    about: tuple[str, ...] = ()
    draft: Draft | None = None
    blocked: bool = False


@dataclass(frozen=True, slots=True)
class Unsorted:
    """Human mail in which no right was recognised, kept with its arrival time."""

    key: str
    shop: str
    channel: Channel
    peer: str = field(repr=False)
    received_at: datetime
    language: Language
    text: str = field(repr=False)
    subject: str = field(default="", repr=False)
    message_id: str = ""
    reason: str = "no_right_recognised"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One code mail or one try, counted for the limits of docs/invariants.md 1.3."""

    #: "mail" or "try".
    what: str
    shop: str
    requester: str = field(repr=False)
    address: str = field(repr=False)
    at: datetime
    #: The requester is the recorded address itself.
    own: bool = False


@dataclass(frozen=True, slots=True)
class Applied:
    """One column of one record, put right."""

    shop: str
    customer_id: str
    column: str
    old: str = field(repr=False)
    new: str = field(repr=False)
    case_id: str
    at: datetime
    #: What the same case had put there before, and what it found: the shop's files may still have either.
    before: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Decision:
    """Exactly what one transaction stores. Nothing leaves before it is committed."""

    requests: tuple[Request, ...] = ()
    cases: tuple[Case, ...] = ()
    entries: tuple[Entry, ...] = ()
    letters: tuple[Letter, ...] = ()
    conversation: Conversation | None = None
    suppressions: tuple[Suppression, ...] = ()
    unsorted: tuple[Unsorted, ...] = ()
    #: Keys of unsorted items that are settled by this decision.
    sorted_keys: tuple[str, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    corrections: tuple[Applied, ...] = ()
    enclosures: tuple[Enclosure, ...] = ()
    files: tuple[Received, ...] = ()
    #: Letters staff have on paper now.
    printed: tuple[Letter, ...] = ()
    #: One word for the log and the arrival's row: what was decided.
    outcome: str = ""
