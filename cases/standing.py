"""Where a dialogue stands: what is in progress, what is still missing, which cases are the writer's.

Here is only looked; what is done about it stands in `wishes` and `answers`.
"""

from __future__ import annotations

from cases.model import CLOSED, Asking, Case, Draft, Request
from cases.opening import FLAGS_FOR_OTHERS
from cases.verification import tries_left
from cases.work import Work

#: Only these are worth a note to the customer: health words are no numbers to be masked.
MASKED = ("hetu", "payment_card", "passport")


def in_progress(work: Work) -> Request | None:
    """The request this dialogue is still proving."""
    request = work.request(work.conversation.request_id)
    if request is None or request.verified_by is not None or tries_left(request.proof, own=False) < 1:
        return None
    return request if any(c.status not in CLOSED for c in work.cases_of(request)) else None


def draft_of(work: Work) -> Draft | None:
    """The unclear wish that was asked back about."""
    draft = work.conversation.draft
    return draft if draft is not None and draft.text and work.conversation.asking is Asking.KIND else None


def says_who(work: Work) -> bool:
    """This message itself says who the person is; a claim may also stand in the draft."""
    reading, draft = work.reading, work.conversation.draft
    if reading.claimed_email or reading.claimed_customer or reading.claimed_order:
        return True
    return bool(work.known.claim) and (draft is None or work.known.claim != draft.claim)


def own_cases(work: Work) -> list[Case]:
    """The running cases of whoever is writing."""
    own = {request.id for request in work.known.own}
    return [c for c in work.all_cases() if c.request_id in own and c.status not in CLOSED]


def lately_closed(work: Work) -> list[Case]:
    """When nothing runs: the cases of the newest request that was proved, so that "answered" can be told."""
    proved = [request for request in work.known.own if request.verified_by is not None]
    return work.cases_of(proved[0]) if proved else []


def proved_cases(work: Work) -> list[Case]:
    """The running cases of whoever is writing, as far as they have proved who they are."""
    return [case for case in own_cases(work) if case.verified_by is not None]


def cases_for_others(work: Work) -> list[Case]:
    """The running cases the writer asked for somebody else; no code will ever prove them."""
    return [c for c in own_cases(work) if c.flags & FLAGS_FOR_OTHERS and c.verified_by is None]


def asked_about(work: Work) -> list[Case]:
    """The running cases the last question was about."""
    return [c for i in work.conversation.about if (c := work.case(i)) and c.status not in CLOSED]


def missing(work: Work) -> Asking | None:
    """What the dialogue still needs to go on."""
    asking, request = work.conversation.asking, in_progress(work)
    if asking is Asking.CONFIRM_WITHDRAWAL and asked_about(work):
        return asking
    if draft_of(work) is not None:
        return Asking.KIND
    if request is not None:
        return Asking.CODE if request.claim else Asking.ADDRESS
    return asking if asking is Asking.DETAILS and asked_about(work) else None
