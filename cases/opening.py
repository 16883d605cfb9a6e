"""A wish becomes a request and its cases: opened at the arrival, joined when asked again, suppressed at once.

One case a right (docs/law.md 6), all with the arrival's time. Who the person is, is `proving`'s business.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from cases.dangers import danger_of
from cases.model import (
    CLOSED,
    Attachment,
    Case,
    Claim,
    Event,
    Flag,
    Inbound,
    Kind,
    Purpose,
    Reading,
    Request,
    Special,
    Status,
    Suppression,
)  # fmt: skip
from cases.tasks import open_tasks
from cases.terms import Terms
from cases.understanding import mask
from cases.understanding.digits import code_places
from cases.work import Work, deadline_of

#: Uses of data that are direct marketing (GDPR Art. 21(2)). A bare "stop marketing" forbids each of them.
MARKETING = frozenset({Purpose.DIRECT_MARKETING, Purpose.DISTANCE_SELLING, Purpose.PROFILING})

#: Asked for somebody else or of somebody else: nothing a code could settle (docs/law.md 9).
FOR_OTHERS = frozenset(Special) - {Special.COMPANY_CONTACT}
FLAGS_FOR_OTHERS = frozenset(Flag(str(special)) for special in FOR_OTHERS)

#: How much of a message is kept with its request, in characters.
TEXT_KEPT = 20_000


def request_id_for(key: str) -> str:
    """The id of the request an arrival makes: the same arrival always makes the same one."""
    return hashlib.blake2b(key.encode(), digest_size=12).hexdigest()


def split_repeats(work: Work, kinds: tuple[Kind, ...]) -> tuple[list[Kind], list[Case]]:
    """Rights asked for the first time, and the open cases that a repeated wish joins.

    What is asked for somebody else never joins the writer's own, nor the other way round.
    """
    own = {request.id for request in work.known.own}
    running = {
        case.kind: case
        for case in work.all_cases()
        if case.request_id in own and case.status not in CLOSED and _for_the_same(work.reading, case)
    }
    return [k for k in kinds if k not in running], [running[k] for k in kinds if k in running]


def held_for(reading: Reading) -> tuple[Special, ...]:
    """What keeps the machine from going on by itself; empty: it is the writer's own request."""
    return tuple(special for special in reading.special if special in FOR_OTHERS)


def _for_the_same(reading: Reading, case: Case) -> bool:
    named = {Flag(str(special)) for special in held_for(reading)}
    told = case.flags & FLAGS_FOR_OTHERS
    if not named or not told:
        return not named and not told
    # "Delete hers" after a guardian's wish speaks of the same person.
    return bool(named & told) or named == {Flag.OTHER_PERSON}


def open_request(
    work: Work, inbound: Inbound, kinds: list[Kind], *, received_at: datetime, text: str, into: Request | None
) -> Request:
    """Open one case for each right, in a new request or in the one this dialogue is still proving."""
    request = into or work.keep(
        Request(
            id=request_id_for(inbound.key),
            shop=work.shop.profile,
            channel=inbound.channel,
            peer=inbound.peer,
            received_at=received_at,
            language=work.language,
            text=text[:TEXT_KEPT],
            message_id=inbound.message_id,
            subject=safe_words(work, inbound.subject),
            lang_seen=work.reading.lang,
        )
    )
    for kind in kinds:
        open_case(
            work,
            request,
            kind,
            received_at=received_at,
            details=details_of(work.reading, kind, inbound, terms=work.shop.terms),
        )
    return request


def open_case(
    work: Work,
    request: Request,
    kind: Kind,
    *,
    received_at: datetime,
    details: dict[str, Any],
    event: Event = Event.RECEIVED,
    note: str = "",
) -> Case:
    """One new case; its first journal entry is its arrival."""
    dates = deadline_of(received_at, (), work.shop)
    case = work.put(
        Case(
            id=work.new_case_id(received_at),
            request_id=request.id,
            shop=request.shop,
            kind=kind,
            status=Status.RECEIVED,
            channel=request.channel,
            language=request.language,
            received_at=received_at,
            due=dates.due,
            safe_due=dates.safe_due,
            flags=frozenset({Flag.SENSITIVE}) if details.get("sensitive") else frozenset(),
            details=details,
        )
    )
    return work.note(case, event, note, received_at=received_at.isoformat())


def details_of(
    reading: Reading, kind: Kind, inbound: Inbound | None = None, *, terms: Terms | None = None
) -> dict[str, Any]:
    """What was said beyond the right itself, as staff see it on the case."""
    details: dict[str, Any] = {"why": list(reading.why)}
    if kind in (Kind.OPT_OUT, Kind.OBJECTION):
        details["purposes"] = [str(purpose) for purpose in _forbidden(reading, kind, terms)]
    if kind is Kind.CORRECTION:
        details["corrections"] = [{"field": c.name, "new_value": c.new_value} for c in reading.corrections]
    if reading.sensitive:
        details["sensitive"] = list(reading.sensitive)
    if inbound is not None and inbound.attachments:
        details["attachments"] = attachment_rows(inbound.attachments)
    return details


def _forbidden(reading: Reading, kind: Kind, terms: Terms | None) -> list[Purpose]:
    """The uses that are forbidden: those named, and with marketing as such every kind of it the shop does."""
    named = list(reading.opt_out_purposes)
    if kind is not Kind.OPT_OUT or named not in ([], [Purpose.DIRECT_MARKETING]):
        return named
    done = frozenset(terms.purposes if terms else ()) | {Purpose.DIRECT_MARKETING}
    return [purpose for purpose in Purpose if purpose in MARKETING & done]


def attachment_rows(files: Iterable[Attachment]) -> list[dict[str, Any]]:
    """Files that came along, as a case lists them."""
    return [_attachment_row(file) for file in files]


def _attachment_row(file: Attachment) -> dict[str, Any]:
    row = {"name": mask(file.name)[0], "type": file.content_type, "size": file.size, "sha256": file.sha256}
    danger = danger_of(file.name, file.content)
    return {**row, "danger": str(danger)} if danger else row


def asks_for_rights(reading: Reading) -> bool:
    """Sure enough to open cases. A correction that does not say the right value is one, too: the value is asked
    for later, and asking which right was meant would lead nowhere. So is a clear wish for somebody else: whose it
    is, staff settle."""
    clear = bool(held_for(reading)) and set(reading.candidates) <= set(reading.kinds)
    return bool(reading.kinds) and (reading.sure or clear or reading.kinds == (Kind.CORRECTION,))


def join(work: Work, case: Case, text: str) -> Case:
    """The same wish again: it is noted on the case that is already running, with what it says anew."""
    case = work.note(case, Event.REPEATED, text[:TEXT_KEPT])
    if case.status is Status.WAITING:
        # They were asked something, and this may well be the answer.
        case = work.note(work.flag(case, Flag.NEW_MESSAGE), Event.PERSON_WROTE)
        work.alert("new_message", case)
    details = {**case.details, **_said_anew(work.reading, case, work.shop.terms)}
    if details == case.details:
        return case
    case = work.put(replace(case, details=details))
    request = work.request(case.request_id)
    if request is not None and case.kind is Kind.OPT_OUT:
        suppress(work, request, request.proof.address, final=request.verified_by is not None)
    return work.case(case.id) or case


def add_to_details(work: Work, case: Case, text: str) -> Case:
    """What a person says later about their case: kept word for word, beside what could be read from it."""
    case = work.note(case, Event.PERSON_WROTE, text[:TEXT_KEPT])
    said = {**case.details, **_said_anew(work.reading, case, work.shop.terms), "said_later": text[:TEXT_KEPT]}
    return work.put(replace(case, details=said))


def _said_anew(reading: Reading, case: Case, terms: Terms) -> dict[str, Any]:
    """Details a later message changes: more purposes of a ban, other or further values of a correction."""
    anew = details_of(reading, case.kind, terms=terms)
    if "purposes" in anew:
        before = case.details.get("purposes", [])
        return {"purposes": [*before, *(p for p in anew["purposes"] if p not in before)]}
    if anew.get("corrections"):
        fields = {c["field"]: c for c in case.details.get("corrections", [])}
        fields |= {c["field"]: c for c in anew["corrections"] if c["new_value"] or c["field"] not in fields}
        return {"corrections": list(fields.values())}
    return {}


def suppress(work: Work, request: Request, address: str, *, final: bool) -> None:
    """Stop marketing to an address: provisionally on receipt, for good when proved (docs/invariants.md 1.7)."""
    if not address:
        return
    for case in work.cases_of(request):
        purposes = tuple(Purpose(p) for p in case.details.get("purposes", ()))
        if case.status in CLOSED or not bans(case):
            continue
        state = "final" if final else "provisional"
        purposes = purposes or (Purpose.DIRECT_MARKETING,)
        work.suppress(
            Suppression(request.shop, address, purposes, state, case.id, work.now, request.customer_id)
        )
        case = work.note(case, Event.SUPPRESSED, state=state, purposes=[str(p) for p in purposes])
        if final or request.customer_id is not None:
            # Marketing that others send for the shop stops by hand, within a working day (docs/law.md 6).
            open_tasks(work, case)


def take_back(work: Work, case: Case) -> Case:
    """The person takes a request back; a ban that was taken back bans no longer (GDPR Art. 7(3) both ways)."""
    case = work.note(case, Event.WITHDRAWN)
    request = work.request(case.request_id)
    if request is not None and bans(case):
        lift_ban(work, request, case, banned_address(request))
    return case


def lift_ban(work: Work, request: Request, case: Case, address: str) -> None:
    """No ban was meant after all: what this case suppressed is let go."""
    if address:
        purposes = (Purpose.DIRECT_MARKETING,)
        work.suppress(
            Suppression(request.shop, address, purposes, "lifted", case.id, work.now, request.customer_id)
        )


def bans(case: Case) -> bool:
    """A ban, or an objection to something that is marketing: neither waits for anybody's decision (Art. 21(3))."""
    purposes = {Purpose(purpose) for purpose in case.details.get("purposes", ())}
    return case.kind is Kind.OPT_OUT or (case.kind is Kind.OBJECTION and bool(purposes & MARKETING))


def banned_address(request: Request) -> str:
    """Where marketing stops: the address on record, or the one claimed while no record is known."""
    return request.proof.address or request.claim.email


def set_claim(work: Work, request: Request, claim: Claim) -> Request:
    """Who the person says they are; kept for staff, never taken as proof."""
    if not claim or claim == request.claim:
        return request
    for case in work.cases_of(request):
        work.note(case, Event.CLAIM_MADE, claim.text)
    return work.keep(replace(request, claim=claim))


def is_correction_without_value(case: Case) -> bool:
    """A correction of which the right value has not been said yet."""
    corrections = case.details.get("corrections", ())
    return case.kind is Kind.CORRECTION and (
        not corrections or any(c.get("new_value") in (None, "") for c in corrections)
    )


def safe_words(work: Work, text: str) -> str:
    """Words beside the message itself, such as a subject, as they may be kept: numbers and our codes masked."""
    text = work.without_codes(mask(text)[0])
    for place in sorted(code_places(text), key=lambda place: place.start(), reverse=True):
        # It may be a code of somebody who is not in sight: whoever got it can write from any address.
        text = f"{text[: place.start()]}******{text[place.end() :]}"
    return text
