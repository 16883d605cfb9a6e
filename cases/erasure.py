"""What an erasure erases, and what stays until when and why: item by item, from the record and its orders.

Only what the record and the orders really hold is named. What must stay is decided by the law first and the
shop's notice second: a notice cannot promise away a legal duty (docs/law.md 6). Nothing is deleted here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from cases.model import Customer, Order
from cases.terms import KeptFor, Terms

#: Years that vouchers are kept after the end of the year their financial year ended in
#: (Accounting Act 1336/1997 ch. 2 s. 10).
VOUCHER_YEARS = 6

#: How registers write that an order is not paid, that it is with a collection agency, that it came to nothing.
UNPAID = frozenset(
    {
        "no", "n", "false", "0", "ei", "unpaid", "not_paid", "open", "avoin", "maksamatta", "pending", "overdue",
        "pending_payment", "awaiting_payment", "odottaa", "odottaa_maksua", "erääntynyt", "eraantynyt",
    }
)  # fmt: skip
#: … or not all of it.
PARTLY_PAID = frozenset(
    {
        "partial",
        "partially",
        "partly",
        "partially_paid",
        "partly_paid",
        "osittain",
        "osittain_maksettu",
        "osin",
    }
)
IN_COLLECTION = frozenset({"collection", "in_collection", "perintä", "perinta", "perinnässä", "perinnassa"})
CANCELLED = frozenset({"cancelled", "canceled", "peruttu", "peruutettu", "refunded", "hyvitetty"})

#: Columns of a shop's own whose content tax law may want kept: prizes and donations handed out.
_TAXED = re.compile(r"palkin|prize|lahjoi|donat|arvon|award", re.IGNORECASE)

_FINNISH_DAY = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")

_CONTACT = ("name", "email", "phone", "street", "postal_code", "city", "country", "company", "language")
_MARKETING = ("marketing_email", "marketing_phone", "marketing_post")
_LOGIN = ("registered_on",)
_PROFILE = ("birth_date",)


@dataclass(frozen=True, slots=True)
class Kept:
    """Something that stays, and the rule it stays by."""

    #: A fixed word: vouchers, open_invoices, collection or statutory.
    item: str
    rule: KeptFor
    #: The last day it is kept; None: until what the rule speaks of is settled.
    until: date | None = None
    #: Where that has no date: the day the shop's own rule ends it at the latest.
    at_latest: date | None = None
    orders: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Plan:
    """What becomes of a person's data when they are erased; items are fixed words with a label each."""

    erased: tuple[str, ...] = ()
    anonymised: tuple[str, ...] = ()
    kept: tuple[Kept, ...] = ()
    #: What the person published elsewhere may remain to be seen.
    public_posts: bool = False


def plan(
    customer: Customer | None,
    orders: Iterable[Order],
    terms: Terms,
    today: date,
    *,
    twins: Iterable[Customer] = (),
) -> Plan:
    """The plan for one person on a given day (GDPR Art. 17(1) and (3)(b), (e); Accounting Act ch. 2 s. 10).

    `twins` are further records of the same person: what any of them holds is theirs.
    """
    orders = tuple(orders)
    customer = _as_one(customer, twins) if customer is not None else None
    limit = shop_limit(customer, orders, terms)
    kept = [
        *_vouchers(orders, terms, today),
        *_claims(orders, "collection", KeptFor.COLLECTION, is_in_collection, limit),
        *_claims(orders, "open_invoices", KeptFor.OPEN_INVOICE, is_open_invoice, limit),
        *_taxed(customer, terms, limit),
    ]
    held_orders = {order for one in kept for order in one.orders}
    free = [order for order in orders if order.order_id not in held_orders]
    items = _items(customer, orders, free)
    made_anonymous = tuple(i for i in items if terms.anonymises and i == "orders")
    return Plan(
        erased=tuple(item for item in items if item not in made_anonymous),
        anonymised=made_anonymous,
        kept=tuple(kept),
        public_posts=terms.public_posts_remain,
    )


def _as_one(customer: Customer, twins: Iterable[Customer]) -> Customer:
    """Everything that any record of a person holds, as if it stood in one."""
    for twin in twins:
        columns = (*_CONTACT, *_MARKETING, *_PROFILE)
        filled: dict[str, Any] = {name: getattr(customer, name) or getattr(twin, name) for name in columns}
        # A period that runs from the registration runs from the latest.
        days = (customer.registered_on, twin.registered_on)
        filled["registered_on"] = max(days, key=lambda day: day_of(day) or date.min)
        filled["held"] = {**twin.held, **customer.held}
        filled["extra"] = {**twin.extra, **{name: value for name, value in customer.extra.items() if value}}
        customer = replace(customer, **filled)
    return customer


def voucher_until(ordered_on: date, terms: Terms) -> date:
    """The last day the voucher of an order must be kept."""
    return date(terms.financial_year_end(ordered_on).year + VOUCHER_YEARS, 12, 31)


def shop_limit(customer: Customer | None, orders: Iterable[Order], terms: Terms) -> date | None:
    """The day the notice's own periods end at the latest; None where it names none in years.

    It never shortens a legal duty; it ends what would otherwise stay until somebody settles something.
    """
    days = [day for order in orders if (day := day_of(order.ordered_on))]
    registered = day_of(customer.registered_on) if customer else None
    since = {"last_order": max(days, default=None), "registration": None if days else registered}
    limits = [
        _years_after(start, period.years)
        for period in terms.periods
        if period.years and (start := since.get(period.since))
    ]
    return max(limits, default=None)


def is_open_invoice(order: Order) -> bool:
    """Delivered or ordered, and not paid; shops that have no column for that say it in the status."""
    status = _word(order.status)
    return (
        _word(order.paid or order.status) in UNPAID | PARTLY_PAID and status not in CANCELLED | IN_COLLECTION
    )


def is_in_collection(order: Order) -> bool:
    """With a collection agency."""
    return _word(order.status) in IN_COLLECTION


def day_of(text: str) -> date | None:
    """A register's date, ISO or Finnish, with or without a time; None if it is none."""
    found = _FINNISH_DAY.match(text.strip())
    try:
        if found:
            return date(int(found[3]), int(found[2]), int(found[1]))
        return date.fromisoformat(text.strip()[:10].replace("/", "-"))
    except ValueError:
        return None


def _vouchers(orders: Iterable[Order], terms: Terms, today: date) -> list[Kept]:
    """One line for each day something may go at last; an order without a date stays until somebody looks."""
    by_day: dict[date | None, list[str]] = {}
    for order in orders:
        if _word(order.status) in CANCELLED and _word(order.paid) in UNPAID | {""}:
            # Nothing was sold, so there is no voucher.
            continue
        ordered_on = day_of(order.ordered_on)
        until = voucher_until(ordered_on, terms) if ordered_on else None
        if until is None or until >= today:
            by_day.setdefault(until, []).append(order.order_id)
    return [
        Kept("vouchers", KeptFor.ACCOUNTING, until, orders=tuple(sorted(ids)))
        for until, ids in sorted(by_day.items(), key=lambda pair: pair[0] or date.max)
    ]


def _claims(
    orders: Iterable[Order], item: str, rule: KeptFor, fits: object, limit: date | None
) -> list[Kept]:
    assert callable(fits)
    ids = tuple(sorted(order.order_id for order in orders if fits(order)))
    return [Kept(item, rule, None, limit, ids)] if ids else []


def _taxed(customer: Customer | None, terms: Terms, limit: date | None) -> list[Kept]:
    if customer is None or KeptFor.STATUTORY not in terms.kept_for:
        return []
    columns = [name for name, value in customer.extra.items() if value and _TAXED.search(name)]
    return [Kept("statutory", KeptFor.STATUTORY, None, limit)] if columns else []


def _items(customer: Customer | None, orders: tuple[Order, ...], free: list[Order]) -> list[str]:
    """What there is to erase, in the order people think of it."""
    held = {
        "contact": customer is not None and _any(customer, _CONTACT),
        "login": customer is not None and _any(customer, _LOGIN),
        "profile": customer is not None
        and (_any(customer, _PROFILE) or any(v and not _TAXED.search(k) for k, v in customer.extra.items())),
        "identity": customer is not None and any(customer.held.values()),
        "marketing": customer is not None and _any(customer, _MARKETING),
        "delivery": bool(orders),
        "orders": bool(free),
    }
    return [item for item, there in held.items() if there]


def _any(customer: Customer, columns: Iterable[str]) -> bool:
    return any(getattr(customer, column) for column in columns)


def _word(text: str) -> str:
    return text.strip().casefold().replace(" ", "_").replace("-", "_")


def _years_after(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        # 29 February: the day after the last of that month's days.
        return date(day.year + years, 3, 1)
