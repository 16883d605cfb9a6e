"""What speaks for or against a sender: hints for staff, shown on the case. Nothing is decided by them.

Only the one-time code proves who somebody is; a sender's address and everything in a mail's headers can be forged
(docs/invariants.md 1.1).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from datetime import timedelta
from enum import StrEnum
from typing import Final

from cases.addresses import normalise_email
from cases.model import Channel, Customer, Inbound


class Trust(StrEnum):
    """One hint."""

    #: The receiving server could not confirm that the sender's domain sent it (RFC 7208, 6376, 7489).
    SPF_FAIL = "spf_fail"
    DKIM_FAIL = "dkim_fail"
    DMARC_FAIL = "dmarc_fail"
    #: Written from another address than the one in the register.
    SENDER_NOT_RECORDED = "sender_not_recorded"
    #: … whose domain looks like the recorded one without being it.
    LOOKALIKE_DOMAIN = "lookalike_domain"
    #: The address in the register was changed only lately: whoever changed it gets the code.
    ADDRESS_CHANGED = "address_changed"


#: A change of the recorded address is worth knowing for so long.
LATELY: Final = timedelta(days=30)
#: What looks alike in many typefaces, in lower case; longer ones first.
_ALIKE: Final = (("rn", "m"), ("vv", "w"), ("cl", "d"), ("0", "o"), ("1", "l"), ("i", "l"), ("5", "s"))
#: Letters of other scripts that look Latin (a few of Unicode's confusables).
_LATIN: Final = str.maketrans("аеорсухіјѕԁɡοανρτκι", "aeopcyxijsdgoavptkl")


def trust_of(inbound: Inbound, customer: Customer | None, *, changed: bool) -> list[Trust]:
    """What staff should know of who wrote, in the order of `Trust`; `changed`: the recorded address was, lately."""
    found = set(_hints(inbound, customer, changed=changed))
    return [hint for hint in Trust if hint in found]


def _hints(inbound: Inbound, customer: Customer | None, *, changed: bool) -> Iterable[Trust]:
    yield from (Trust(word) for word in inbound.unconfirmed)
    if customer is None:
        return
    if changed:
        yield Trust.ADDRESS_CHANGED
    recorded = normalise_email(customer.email)
    if inbound.channel is Channel.EMAIL and recorded and inbound.peer != recorded:
        yield Trust.SENDER_NOT_RECORDED
        if looks_like(_domain(inbound.peer), _domain(recorded)):
            yield Trust.LOOKALIKE_DOMAIN


def looks_like(domain: str, other: str) -> bool:
    """Two different domains that a reader may take for one: look-alike letters, or one letter apart."""
    if not domain or not other or domain == other:
        return False
    left, right = _skeleton(domain), _skeleton(other)
    return left == right or (min(len(left), len(right)) >= 6 and _one_apart(left, right))


def _domain(address: str) -> str:
    return address.rpartition("@")[2]


def _skeleton(domain: str) -> str:
    """How a domain looks: without marks, in Latin letters, look-alikes made one."""
    shown = domain
    if "xn--" in domain:
        try:
            shown = domain.encode("ascii").decode("idna")
        except UnicodeError:
            shown = domain
    plain = "".join(c for c in unicodedata.normalize("NFKD", shown.lower()) if not unicodedata.combining(c))
    plain = plain.translate(_LATIN)
    for pair, one in _ALIKE:
        plain = plain.replace(pair, one)
    return plain.replace("-", "")


def _one_apart(left: str, right: str) -> bool:
    """One letter more, fewer, other, or two neighbours swapped."""
    if abs(len(left) - len(right)) > 1:
        return False
    begin = next(
        (n for n, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right))
    )
    rest, other = left[begin:], right[begin:]
    swapped = rest[:2] == other[1::-1] and rest[2:] == other[2:]
    return rest[1:] == other[1:] or rest[1:] == other or rest == other[1:] or swapped
