"""What a staff verb is decided on."""

from __future__ import annotations

from dataclasses import dataclass, field

from cases.model import Case, Customer, Letter, Order, Request
from cases.staff_verbs import Order as StaffOrder
from cases.work import Known


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything in front of whoever rules. `known` has the request as `own`, and the cases of its record."""

    known: Known
    order: StaffOrder
    #: "staff:4242" or "terminal:name".
    actor: str
    #: Unique for this act.
    cause: str
    case: Case | None = None
    request: Request | None = None
    #: Letters written about the case so far, newest last; staff alarms are not among them.
    letters: tuple[Letter, ...] = field(default=(), repr=False)
    #: The register record the request is about, and its orders, as they stand now.
    customer: Customer | None = field(default=None, repr=False)
    orders: tuple[Order, ...] = field(default=(), repr=False)
    #: Further records of the same person, which share address and name; their orders are among `orders`.
    twins: tuple[Customer, ...] = field(default=(), repr=False)
    #: Names of the files that go with the answer.
    enclosed: tuple[str, ...] = field(default=(), repr=False)
