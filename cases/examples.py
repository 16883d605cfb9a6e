"""What staff corrected, as a labelled example without personal data: the message as it came, in common words.

The labels are those of `docs/howto/understanding.md`. Pure; who may read the store is the caller's business.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from cases.model import Act, Case, Channel, Customer, Entry, Request
from cases.understanding import understand, visible
from cases.understanding.redacting import Identity, has_words, redact

#: Only what came this way was read by the machine; the rest staff entered themselves.
READ = frozenset({Channel.CHAT, Channel.EMAIL})
#: What the reasons of a case begin with when staff said what its message asks for.
SORTED = "sorted_by_staff"
#: Values a message may say of its writer that the register need not have.
_TOLD = frozenset({"name", "email", "address", "company"})


def example_of(
    request: Request, cases: Iterable[Case], changes: Sequence[Entry], customer: Customer | None
) -> dict[str, Any] | None:
    """One example of a request of which staff changed a case's kind; `changes` are those entries, oldest first.

    None when there is nothing to learn from it: the text has been erased or says nothing once names are out, no
    machine read it, or the cases that staff changed came with a later message of the same dialogue.
    """
    if request.channel not in READ or not request.text.strip():
        return None
    own = [case for case in cases if case.received_at == request.received_at]
    before = _read_kinds(own, changes)
    after = {str(case.kind) for case in own}
    if before == after:
        return None
    theirs = Identity.of(_identity(request, own, customer))
    text = redact(visible(request.text), theirs)
    if not has_words(text):
        return None
    subject = redact(request.subject, theirs)
    return {
        "channel": str(request.channel),
        **({"subject": subject} if has_words(subject) else {}),
        "text": text,
        "lang": request.lang_seen or str(request.language),
        "read": sorted(before),
        "kinds": sorted(after),
        "act": str(Act.REQUEST),
    }


def _read_kinds(cases: Iterable[Case], changes: Sequence[Entry]) -> set[str]:
    """The kinds of these cases before staff first changed them; none of a message that staff had to sort."""
    cases = tuple(cases)
    if any(str(why).startswith(SORTED) for case in cases for why in case.details.get("why", ())):
        return set()
    first = {change.case_id: str(change.data["from"]) for change in reversed(changes)}
    return {first.get(case.id, str(case.kind)) for case in cases}


def _identity(request: Request, cases: Iterable[Case], customer: Customer | None) -> Iterator[str]:
    """Everything recorded, claimed or told of who asks."""
    claim = request.claim
    yield from (request.customer_name, request.proof.address, claim.email, claim.customer_id, claim.order_id)
    if request.channel is Channel.EMAIL:
        yield request.peer
    if customer is not None:
        yield from (customer.name, customer.email, customer.street, customer.city, customer.company)
    for case in cases:
        yield from (str(c.get("new_value") or "") for c in case.details.get("corrections", ()))
    told = understand(request.text, subject=request.subject, channel=str(request.channel))
    yield told.claimed_email or ""
    yield from (c.new_value or "" for c in told.corrections if c.name in _TOLD)
