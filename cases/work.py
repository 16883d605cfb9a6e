"""One decision in the making: what is known, and what is to be stored because of it.

`Known` is everything that was gathered; `Work` collects the outcome, keeps each case in step with the
transition table and its journal, and counts its due date anew whenever a fact touches it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from cases.deadlines import DeadlineEvent, derive
from cases.model import (
    Applied,
    Attempt,
    Case,
    Channel,
    Claim,
    Conversation,
    Customer,
    Decision,
    Entry,
    Event,
    Flag,
    Inbound,
    Language,
    Letter,
    Reading,
    Received,
    Request,
    Route,
    Shop,
    Suppression,
    Unsorted,
)  # fmt: skip
from cases.transitions import advance
from cases.verification import one_time_code

#: Events of the journal that a due date is derived from (docs/law.md 2 and 3).
DEADLINE_EVENTS = frozenset({Event.IDENTITY_INFO_REQUESTED, Event.IDENTITY_VERIFIED, Event.EXTENDED})
#: Events that say who else must be told, and who has been (GDPR Art. 19).
TASK_EVENTS = frozenset({Event.TASK_OPENED, Event.TASK_DONE, Event.TASK_SKIPPED})

HELSINKI = ZoneInfo("Europe/Helsinki")

#: Languages of a message that letters are not written in: it is answered in both that there are.
FOREIGN = frozenset({"sv", "other"})
#: Words of a message before its language is believed.
WORDS_TO_TELL = 3

SIX_DIGITS = 100_000

MACHINE, PERSON = "machine", "person"


@dataclass(frozen=True, slots=True)
class Known:
    """Everything gathered for one decision. `now` is aware."""

    shop: Shop
    now: datetime
    code_key: bytes = field(repr=False)
    conversation: Conversation
    #: What was understood; None for what carries no words.
    reading: Reading
    #: This peer's requests that have a case not closed, newest first.
    own: tuple[Request, ...] = ()
    #: By mail: requests whose code was mailed to this sender's address.
    addressed: tuple[Request, ...] = ()
    #: Requests named by thread or by a case id in the text.
    threaded: tuple[Request, ...] = ()
    named: tuple[Request, ...] = ()
    #: Other requests of the same register record.
    related: tuple[Request, ...] = ()
    #: Every case of those requests, and the not closed cases of their register records.
    cases: tuple[Case, ...] = ()
    #: Per case: the entries its due date and its tasks are derived from.
    dated: Mapping[str, tuple[Entry, ...]] = field(default_factory=dict)
    #: The claim looked up, and the register records it names.
    claim: Claim = field(default_factory=Claim)
    match: tuple[Customer, ...] = ()
    #: Those of them whose recorded address was changed lately (`trust.LATELY`).
    address_changed: frozenset[str] = frozenset()
    attempts: tuple[Attempt, ...] = field(default=(), repr=False)
    #: Next free case number, by local year of arrival.
    next_numbers: Mapping[int, int] = field(default_factory=dict)
    #: Letters sent to this mail peer within the hour.
    replies_this_hour: int = 0
    #: By mail: an index of the thread this arrival belongs to, and our letters in it within the day.
    thread: str = ""
    replies_in_thread: int = 0


class Work:
    """Collects one decision. Nothing is stored until `decision` is handed over."""

    def __init__(
        self, known: Known, inbound: Inbound | None = None, *, cause: str, actor: str = PERSON
    ) -> None:
        self.known = known
        self.inbound = inbound
        self.shop = known.shop
        self.now = known.now
        self.reading = known.reading
        self.actor = actor
        self.cause = cause
        self.conversation = known.conversation
        self.outcome = ""
        #: Decide as ever, and answer nothing: this correspondent has had enough letters.
        self.silent = False
        self._requests: dict[str, Request] = {}
        self._cases: dict[str, Case] = {case.id: case for case in known.cases}
        self._changed: dict[str, None] = {}
        self._entries: list[Entry] = []
        self._letters: list[Letter] = []
        self._suppressions: list[Suppression] = []
        self._unsorted: list[Unsorted] = []
        self._sorted: list[str] = []
        self._attempts: list[Attempt] = []
        self._corrections: list[Applied] = []
        self._printed: list[Letter] = []
        self._numbers = dict(known.next_numbers)

    # -- what is known, with what this decision changed -------------------------------------------------

    def request(self, request_id: str) -> Request | None:
        """The request as this decision has it so far."""
        if request_id in self._requests:
            return self._requests[request_id]
        every = (*self.known.own, *self.known.addressed, *self.known.threaded, *self.known.named)
        every = (*every, *self.known.related)
        return next((r for r in every if r.id == request_id), None)

    def cases_of(self, request: Request) -> list[Case]:
        """The cases of a request, in the order of their ids."""
        return sorted((c for c in self._cases.values() if c.request_id == request.id), key=lambda c: c.id)

    def case(self, case_id: str) -> Case | None:
        """A case as this decision has it so far."""
        return self._cases.get(case_id)

    def all_cases(self) -> list[Case]:
        """Every case in sight."""
        return list(self._cases.values())

    def without_codes(self, text: str) -> str:
        """The text without any code the people in sight were ever sent, however it is spaced."""
        if not re.search(r"\d", text):
            return text
        known = self.known
        for request in (*known.own, *known.addressed, *known.threaded, *known.named):
            for issue in range(1, request.proof.issue + 1):
                code = one_time_code(known.code_key, request.id, issue)
                text = re.sub(r"[\W_]{0,3}".join(code), "******", text)
        return text

    # -- changes -----------------------------------------------------------------------------------------

    def keep(self, request: Request) -> Request:
        """Store this state of a request."""
        self._requests[request.id] = request
        return request

    def put(self, case: Case) -> Case:
        """Store this state of a case."""
        self._cases[case.id] = case
        self._changed[case.id] = None
        return case

    def new_case_id(self, received_at: datetime) -> str:
        """The next free id of this shop and year; the year is the local one of the arrival."""
        year = local_year(received_at)
        number = self._numbers.get(year, 1)
        if number == SIX_DIGITS:
            # A code must be the only run of exactly six digits in its mail.
            number = SIX_DIGITS * 10
        self._numbers[year] = number + 1
        return f"{self.shop.prefix}-{year}-{number:04d}"

    def note(self, case: Case, event: Event, note: str = "", *, actor: str = "", **data: Any) -> Case:
        """Add a journal entry, move the case as the table says, and count its due date anew if need be."""
        self._entries.append(
            Entry(
                case.id,
                self.now,
                event,
                actor or self.actor,
                note,
                {k: v for k, v in data.items() if v is not None},
            )
        )
        status = advance(case.status, event)
        if status is not case.status:
            case = self.put(replace(case, status=status))
        return self.redate(case) if event in DEADLINE_EVENTS else case

    def redate(self, case: Case) -> Case:
        """Derive both dates from the journal; store the case if they moved."""
        dates = deadline_of(case.received_at, self.derived_from(case), self.shop)
        if (dates.due, dates.safe_due) == (case.due, case.safe_due):
            return case
        return self.put(replace(case, due=dates.due, safe_due=dates.safe_due))

    def flag(self, case: Case, *flags: Flag) -> Case:
        """Put flags on a case."""
        if case.flags >= frozenset(flags):
            return case
        return self.put(replace(case, flags=case.flags | frozenset(flags)))

    def unflag(self, case: Case, *flags: Flag) -> Case:
        """Take flags off a case."""
        if not case.flags & frozenset(flags):
            return case
        return self.put(replace(case, flags=case.flags - frozenset(flags)))

    def add_details(self, case: Case, **details: Any) -> Case:
        """Put details on a case, over those of the same name."""
        return self.put(replace(case, details={**case.details, **details}))

    def count(self, what: str, requester: str, address: str) -> None:
        """Count a code mail or a try towards the limits."""
        self._attempts.append(
            Attempt(what, self.shop.profile, requester, address, self.now, own=requester == address)
        )

    def suppress(self, suppression: Suppression) -> None:
        """Keep marketing from an address."""
        self._suppressions.append(suppression)

    def correct(self, correction: Applied) -> None:
        """Put a column of the register right."""
        self._corrections.append(correction)

    def derived_from(self, case: Case) -> tuple[Entry, ...]:
        """The journal entries that a case's dates and tasks rest on, this decision's own included."""
        noted = (entry for entry in self._entries if entry.case_id == case.id)
        return (*self.known.dated.get(case.id, ()), *noted)

    def list_unsorted(self, item: Unsorted) -> None:
        """Show staff a message in which no right was recognised."""
        self._unsorted.append(item)

    def settle(self, key: str) -> None:
        """An unsorted message has found its case."""
        if key:
            self._sorted.append(key)

    def attempts(self) -> list[Attempt]:
        """Everything counted, this decision's own included."""
        return [*self.known.attempts, *self._attempts]

    # -- letters -----------------------------------------------------------------------------------------

    @property
    def language(self) -> Language:
        """The language this dialogue is answered in."""
        return self.conversation.language or self.shop.languages[0]

    def _also(self, request: Request | None) -> Language | None:
        """The other language, for somebody who wrote in neither (docs/law.md 7) and chose none since."""
        request = request or self.request(self.conversation.request_id)
        seen = request.lang_seen if request is not None else self.reading.lang
        if seen not in FOREIGN or self.conversation.language_chosen:
            return None
        if request is None and (self.inbound is None or len(self.inbound.text.split()) < WORDS_TO_TELL):
            # A number, a name or a smile is in no language.
            return None
        first = request.language if request is not None else self.language
        return Language.EN if first is Language.FI else Language.FI

    def reply(
        self,
        name: str,
        *,
        keyboard: tuple[tuple[str, ...], ...] = (),
        request: Request | None = None,
        **context: Any,
    ) -> None:
        """Answer whoever wrote, on the channel they wrote on and in its thread."""
        assert self.inbound is not None, "only an arrival can be replied to"
        if self.silent:
            return
        mail = self.inbound.channel is Channel.EMAIL
        self.send(
            Letter(
                key=self._key(name),
                name=name,
                route=Route.MAIL if mail else Route.CHAT,
                shop=self.shop.profile,
                to=self.inbound.peer,
                language=self.language,
                context=context,
                request_id=request.id if request else "",
                keyboard=() if mail else keyboard,
                in_reply_to=self.inbound.message_id if mail else "",
                also=self._also(request),
            )
        )

    def touch(self, case: Case) -> None:
        """Keep a case among what is written, as it stands by now, so that its version moves on."""
        self.put(self.case(case.id) or case)

    def tell(self, request: Request, name: str, *, case: Case | None = None, **context: Any) -> None:
        """Write to whoever made a request, on the channel it came by. A post or phone request has none."""
        if request.channel not in (Channel.CHAT, Channel.EMAIL):
            return
        route = Route.MAIL if request.channel is Channel.EMAIL else Route.CHAT
        self._write(request, route, request.peer, name, case, context)

    def mail(
        self,
        request: Request,
        to: str,
        name: str,
        *,
        case: Case | None = None,
        issue: int = 0,
        **context: Any,
    ) -> None:
        """Write to a mail address about a request; in its thread only if that is where it came from."""
        self._write(request, Route.MAIL, to, name, case, context, issue)

    def post(self, request: Request, to: str, name: str, *, case: Case, **context: Any) -> None:
        """A letter on paper, which waits for staff to print it: nothing else reaches the person."""
        self._write(request, Route.POST, to, name, case, context)

    def _write(
        self,
        request: Request,
        route: Route,
        to: str,
        name: str,
        case: Case | None,
        context: dict[str, Any],
        issue: int = 0,
    ) -> None:
        in_thread = route is Route.MAIL and request.channel is Channel.EMAIL and request.peer == to
        self.send(
            Letter(
                key=self._key(f"{name}:{case.id if case else request.id}"),
                name=name,
                route=route,
                shop=self.shop.profile,
                to=to,
                language=request.language,
                context=context if case is None else {"case": summary(case), **context},
                request_id=request.id,
                case_id=case.id if case else "",
                in_reply_to=request.message_id if in_thread else "",
                code_issue=issue,
                also=self._also(request),
            )
        )

    def alert(self, name: str, case: Case | None = None, **context: Any) -> None:
        """Tell the staff chat, if the shop has one. Case ids, kinds and dates only."""
        if self.shop.staff_chat is None:
            return
        self.send(
            Letter(
                key=self._key(f"{name}:{case.id if case else ''}"),
                name=name,
                route=Route.STAFF,
                shop=self.shop.profile,
                to=str(self.shop.staff_chat),
                language=self.shop.languages[0],
                context=context if case is None else {"case": summary(case), **context},
                case_id=case.id if case else "",
            )
        )

    def print(self, letter: Letter) -> None:
        """A letter is on paper now."""
        self._printed.append(letter)

    @property
    def newest_letter(self) -> Letter:
        """The letter this decision put in the outbox last."""
        return self._letters[-1]

    @property
    def letters_so_far(self) -> int:
        """How many letters this decision has put in the outbox."""
        return len(self._letters)

    def send(self, letter: Letter) -> None:
        """Put a letter in the outbox."""
        if letter.route is Route.MAIL and self.known.thread:
            letter = replace(letter, thread=self.known.thread)
        self._letters.append(letter)

    def _key(self, what: str) -> str:
        """Unique and repeatable: the cause, what it caused, and a number where it caused several."""
        key = f"{self.cause}/{what}"
        same = sum(letter.key == key or letter.key.startswith(key + "#") for letter in self._letters)
        return f"{key}#{same}" if same else key

    # -- the end -----------------------------------------------------------------------------------------

    def decision(self) -> Decision:
        """What one transaction stores."""
        moved = self.conversation != self.known.conversation
        return Decision(
            requests=tuple(self._requests.values()),
            cases=tuple(self._cases[case_id] for case_id in self._changed),
            entries=tuple(self._entries),
            letters=tuple(self._letters),
            conversation=self.conversation if moved else None,
            suppressions=tuple(self._suppressions),
            unsorted=tuple(self._unsorted),
            sorted_keys=tuple(self._sorted),
            attempts=tuple(self._attempts),
            corrections=tuple(self._corrections),
            printed=tuple(self._printed),
            files=tuple(self._files()),
            outcome=self.outcome,
        )

    def _files(self) -> Iterable[Received]:
        """Files this arrival brought that a case lists now."""
        brought = (
            {file.sha256: file for file in self.inbound.attachments if file.content} if self.inbound else {}
        )
        if not brought:
            return
        cases = [self._cases[case_id] for case_id in self._changed]
        listed = {
            (case.request_id, row["sha256"]) for case in cases for row in case.details.get("attachments", ())
        }
        for request_id, sha256 in sorted(listed):
            if file := brought.get(sha256):
                yield Received(request_id, sha256, file.name, file.content_type, file.content)


def deadline_of(received_at: datetime, entries: Iterable[Entry], shop: Shop) -> Any:
    """Due date, safe date and every step, derived from a case's journal."""
    events = [
        DeadlineEvent(str(e.event), e.at, e.data.get("months")) for e in entries if e.event in DEADLINE_EVENTS
    ]
    return derive(received_at, events, convention=shop.convention, holiday_profile=shop.holiday_profile)


def summary(case: Case) -> dict[str, Any]:
    """What a letter may say of a case on any channel: id, right, status, date."""
    said = {"id": case.id, "kind": str(case.kind), "status": str(case.status), "due": case.due.isoformat()}
    return {**said, "purposes": list(case.details["purposes"])} if case.details.get("purposes") else said


def summaries(cases: Iterable[Case]) -> list[dict[str, Any]]:
    """`summary` of several cases."""
    return [summary(case) for case in cases]


def local_year(moment: datetime) -> int:
    """The year in Finland at that moment."""
    return moment.astimezone(HELSINKI).year
