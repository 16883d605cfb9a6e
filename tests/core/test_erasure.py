"""What an erasure erases, what stays, until when and by which rule: rows by hand, and what always holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.erasure import Kept, Plan, day_of, is_open_invoice, plan, shop_limit, voucher_until
from cases.model import Customer, Order
from cases.terms import KeptFor, Period, Terms

TODAY = date(2026, 11, 23)
LAW = Terms()
FIVE_YEARS = Terms(periods=(Period("last_order", 5), Period("registration", 5, only_without_orders=True)))
ANONYMISES = Terms(anonymises=True)
PRIZES = Terms(kept_for=(KeptFor.ACCOUNTING, KeptFor.STATUTORY))
SPRING_END = Terms(financial_year_ends=(3, 31))

MAIJA = Customer(
    "C-1", "Maija Mallikas", "maija.mallikas@example.com", phone="040 000 0001", street="Mallitie 1",
    postal_code="20100", city="Turku", birth_date="1985-03-12", marketing_email="yes",
    registered_on="2019-05-04", extra={"lempikivi": "ametisti"}, held={"hetu": "held"},
)  # fmt: skip


def order(number: str, day: str, paid: str = "yes", status: str = "delivered") -> Order:
    return Order(number, "C-1", day, "49.90", "EUR", status, paid, "1 x koru")


# order day, terms -> the last day its voucher is kept (Accounting Act 1336/1997 ch. 2 s. 10)
VOUCHERS = [
    ("2024-03-31", SPRING_END, "2030-12-31"),
    ("2024-04-01", SPRING_END, "2031-12-31"),
    ("2024-01-01", LAW, "2030-12-31"),
    ("2024-12-31", LAW, "2030-12-31"),
    ("2020-02-29", Terms(financial_year_ends=(2, 29)), "2026-12-31"),
    ("2021-02-28", Terms(financial_year_ends=(2, 29)), "2027-12-31"),
    ("2021-03-01", Terms(financial_year_ends=(2, 29)), "2028-12-31"),
    ("2026-06-30", Terms(financial_year_ends=(6, 30)), "2032-12-31"),
]


@pytest.mark.parametrize(("day", "terms", "until"), VOUCHERS)
def test_a_voucher_stays_till_the_end_of_the_sixth_year_after_its_financial_year(
    day: str, terms: Terms, until: str
) -> None:
    assert voucher_until(date.fromisoformat(day), terms).isoformat() == until


def test_a_paid_order_leaves_its_voucher_and_nothing_else() -> None:
    got = plan(MAIJA, [order("1", "2026-03-02")], LAW, TODAY)
    assert got.kept == (Kept("vouchers", KeptFor.ACCOUNTING, date(2032, 12, 31), orders=("1",)),)
    assert got.erased == ("contact", "login", "profile", "identity", "marketing", "delivery")
    assert got.anonymised == ()


def test_marketing_and_profile_go_whatever_else_stays() -> None:
    stuck = [order("1", "2026-03-02", paid="no"), order("2", "2026-03-02", status="collection")]
    for terms in (LAW, FIVE_YEARS, ANONYMISES, PRIZES):
        assert {"marketing", "profile"} <= set(plan(MAIJA, stuck, terms, TODAY).erased)


def test_an_unpaid_order_stays_as_a_voucher_and_until_it_is_paid() -> None:
    got = plan(MAIJA, [order("7", "2026-10-01", paid="no", status="sent")], LAW, TODAY)
    assert [(k.item, k.rule, k.until, k.orders) for k in got.kept] == [
        ("vouchers", KeptFor.ACCOUNTING, date(2032, 12, 31), ("7",)),
        ("open_invoices", KeptFor.OPEN_INVOICE, None, ("7",)),
    ]


def test_what_is_with_a_collection_agency_is_no_open_invoice_besides() -> None:
    got = plan(MAIJA, [order("7", "2026-01-01", paid="no", status="Perinnässä")], LAW, TODAY)
    assert [k.item for k in got.kept] == ["vouchers", "collection"]


def test_a_cancelled_order_that_nobody_paid_was_no_sale() -> None:
    assert plan(MAIJA, [order("7", "2026-10-01", paid="no", status="cancelled")], LAW, TODAY).kept == ()
    refunded = plan(MAIJA, [order("8", "2026-10-01", paid="yes", status="refunded")], LAW, TODAY)
    assert [k.item for k in refunded.kept] == ["vouchers"]


def test_a_voucher_whose_time_is_over_is_erased_with_the_order() -> None:
    got = plan(MAIJA, [order("1", "2018-06-01")], LAW, TODAY)
    assert got.kept == ()
    assert "orders" in got.erased
    last_day = plan(MAIJA, [order("1", "2020-06-01")], LAW, date(2026, 12, 31))
    assert [k.until for k in last_day.kept] == [date(2026, 12, 31)]


def test_an_order_without_a_readable_date_stays_until_somebody_has_looked() -> None:
    (kept,) = plan(MAIJA, [order("1", "viime kesänä")], LAW, TODAY).kept
    assert (kept.item, kept.until) == ("vouchers", None)


def test_a_notice_that_promises_anonymity_gets_it_for_old_orders_only() -> None:
    got = plan(MAIJA, [order("1", "2015-06-01"), order("2", "2026-06-01")], ANONYMISES, TODAY)
    assert got.anonymised == ("orders",)
    assert "orders" not in got.erased
    assert [k.orders for k in got.kept] == [("2",)]


def test_the_shops_own_rule_ends_what_has_no_date_and_shortens_no_legal_duty() -> None:
    orders = [order("1", "2024-02-29", paid="no"), order("2", "2021-01-01")]
    assert shop_limit(MAIJA, orders, FIVE_YEARS) == date(2029, 3, 1)
    vouchers, older, open_invoice = plan(MAIJA, orders, FIVE_YEARS, TODAY).kept
    assert (open_invoice.item, open_invoice.until, open_invoice.at_latest) == (
        "open_invoices", None, date(2029, 3, 1),
    )  # fmt: skip
    assert {vouchers.until, older.until} == {date(2027, 12, 31), date(2030, 12, 31)}


def test_without_orders_the_shops_rule_counts_from_registration() -> None:
    assert shop_limit(MAIJA, [], FIVE_YEARS) == date(2024, 5, 4)
    assert shop_limit(MAIJA, [], LAW) is None


def test_a_prize_is_kept_only_where_the_notice_says_so_and_there_was_one() -> None:
    winner = Customer("C-2", "Onni Oletus", extra={"palkinto": "sormus 2025"})
    assert [k.item for k in plan(winner, [], PRIZES, TODAY).kept] == ["statutory"]
    assert plan(winner, [], LAW, TODAY).kept == ()
    assert plan(MAIJA, [], PRIZES, TODAY).kept == ()


def test_a_guest_has_only_the_order() -> None:
    guest = Customer("guest:9", email="vieras@example.com")
    got = plan(guest, [Order("9", ordered_on="2026-05-10", paid="yes")], LAW, TODAY)
    assert (got.erased, [k.item for k in got.kept]) == (("contact", "delivery"), ["vouchers"])


def test_nobody_on_record_has_nothing_to_erase() -> None:
    assert plan(None, [], LAW, TODAY) == Plan()


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-03-02", date(2026, 3, 2)), ("2026-03-02T10:15:00+02:00", date(2026, 3, 2)),
        ("2.3.2026", date(2026, 3, 2)), ("02.03.2026 10.15", date(2026, 3, 2)), (" 2026-03-02 ", date(2026, 3, 2)),
        ("31.2.2026", None), ("", None), ("maaliskuu 2026", None),
    ],
)  # fmt: skip
def test_a_register_writes_dates_in_several_ways(text: str, day: date | None) -> None:
    assert day_of(text) == day


DAYS = st.dates(date(2005, 1, 1), date(2026, 11, 22))
ORDERS = st.lists(
    st.builds(
        Order,
        order_id=st.integers(1, 10**6).map(str),
        ordered_on=DAYS.map(date.isoformat),
        status=st.sampled_from(["delivered", "sent", "cancelled", "collection", "refunded", ""]),
        paid=st.sampled_from(["yes", "no", "", "ei", "kyllä"]),
    ),
    max_size=8,
    unique_by=lambda one: one.order_id,
)
TERMS = st.sampled_from([LAW, FIVE_YEARS, ANONYMISES, PRIZES, SPRING_END])


@given(ORDERS, TERMS)
def test_every_order_is_kept_or_goes_and_never_both(orders: list[Order], terms: Terms) -> None:
    got = plan(MAIJA, orders, terms, TODAY)
    kept = {number for one in got.kept for number in one.orders}
    free = {one.order_id for one in orders} - kept
    assert bool(free) == ("orders" in (*got.erased, *got.anonymised))
    assert not set(got.erased) & set(got.anonymised)
    for one in got.kept:
        assert one.until is None or one.until >= TODAY


@given(ORDERS, TERMS, st.integers(0, 4000))
def test_time_only_ever_frees_data(orders: list[Order], terms: Terms, days: int) -> None:
    now = {n for one in plan(MAIJA, orders, terms, TODAY).kept for n in one.orders}
    later = {n for one in plan(MAIJA, orders, terms, TODAY + timedelta(days)).kept for n in one.orders}
    assert later <= now


@given(ORDERS)
def test_every_open_invoice_is_kept(orders: list[Order]) -> None:
    """GDPR Art. 17(3)(e)."""
    kept = {
        n for one in plan(MAIJA, orders, LAW, TODAY).kept if one.item == "open_invoices" for n in one.orders
    }
    assert kept == {one.order_id for one in orders if is_open_invoice(one)}


@pytest.mark.parametrize(
    ("paid", "status"),
    [
        ("n", "delivered"), ("Not paid", "sent"), ("Osittain", "delivered"), ("", "Odottaa maksua"),
        ("", "maksamatta"), ("erääntynyt", "toimitettu"),
    ],
)  # fmt: skip
def test_what_is_owed_stays_however_the_register_writes_it(paid: str, status: str) -> None:
    """An old debt is kept although its voucher is not (GDPR Art. 17(3)(e))."""
    got = plan(MAIJA, [order("7", "2015-10-01", paid=paid, status=status)], LAW, TODAY)
    assert [(k.item, k.orders) for k in got.kept] == [("open_invoices", ("7",))]


def test_what_was_paid_in_part_and_cancelled_leaves_a_voucher() -> None:
    got = plan(MAIJA, [order("7", "2026-10-01", paid="osittain", status="peruttu")], LAW, TODAY)
    assert [k.item for k in got.kept] == ["vouchers"]


def test_what_any_record_of_a_person_holds_is_theirs() -> None:
    bare = Customer("C-1", "Maija Mallikas", "maija.mallikas@example.com")
    twin = replace(MAIJA, customer_id="C-2")
    assert plan(bare, [], LAW, TODAY, twins=[twin]) == plan(MAIJA, [], LAW, TODAY)
    later = replace(bare, registered_on="2024-05-04")
    debt = [order("1", "", paid="no")]
    (limit,) = {k.at_latest for k in plan(later, debt, FIVE_YEARS, TODAY, twins=[twin]).kept if k.at_latest}
    assert limit == date(2029, 5, 4)
