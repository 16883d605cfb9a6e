"""Due dates: what must hold whenever a request came, whatever happened then, in whatever order it is told."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from cases.deadlines import (
    CONVENTIONS,
    HELSINKI,
    NO_SUSPENSION,
    DeadlineEvent,
    add_months,
    derive,
    extension_refusal,
    next_working_day,
)
from cases.holidays_fi import HOLIDAY_PROFILES, non_working
from cases.model import Event

DAY = timedelta(days=1)

# The library loads once, before hypothesis looks at the time a first example takes.
non_working(date(2020, 1, 1))

Raw = list[tuple[str, timedelta, int | None]]

receipts = st.integers(0, 20 * 365 * 24 * 60).map(
    lambda n: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=n)
)
KINDS = (Event.IDENTITY_INFO_REQUESTED, Event.IDENTITY_VERIFIED, Event.EXTENDED)
conventions = st.sampled_from(CONVENTIONS)
profiles = st.sampled_from(HOLIDAY_PROFILES)
offsets = st.integers(-3 * 24, 120 * 24).map(lambda hours: timedelta(hours=hours))
raw_events = st.lists(
    st.tuples(st.sampled_from([*KINDS, "noted"]), offsets, st.sampled_from([None, 0, 1, 1, 2, 2, 3])),
    max_size=7,
)


def placed(received: datetime, raw: Raw) -> list[DeadlineEvent]:
    return [DeadlineEvent(kind, received + offset, months) for kind, offset, months in raw]


@given(receipts, raw_events, conventions, profiles)
def test_nothing_falls_due_on_a_non_working_day(
    received: datetime, raw: Raw, convention: str, profile: str
) -> None:
    found = derive(received, placed(received, raw), convention, profile)
    for day in (found.due, found.safe_due, found.first_due):
        assert day.weekday() < 5
        assert non_working(day, profile) is None


@given(receipts, raw_events, conventions, profiles)
def test_due_date_is_never_before_the_safe_date(
    received: datetime, raw: Raw, convention: str, profile: str
) -> None:
    found = derive(received, placed(received, raw), convention, profile)
    assert found.safe_due <= found.due
    assert found.safe_due == derive(received, placed(received, raw), NO_SUSPENSION, profile).due


@given(receipts, raw_events, profiles, st.data())
def test_order_and_repeats_of_events_do_not_matter(
    received: datetime, raw: Raw, profile: str, data: st.DataObject
) -> None:
    events = placed(received, raw)
    shuffled = data.draw(st.permutations(events + events[:2]))
    assert derive(received, shuffled, holiday_profile=profile) == derive(
        received, events, holiday_profile=profile
    )


@given(receipts, raw_events, conventions, profiles)
def test_events_of_other_kinds_change_nothing(
    received: datetime, raw: Raw, convention: str, profile: str
) -> None:
    events = placed(received, raw)
    counted = [event for event in events if event.kind != "noted"]
    assert derive(received, events, convention, profile) == derive(received, counted, convention, profile)


@given(receipts, st.integers(0, 7), st.integers(0, 90), st.integers(0, 30), st.sampled_from([None, 1, 2]))
def test_a_longer_suspension_never_makes_the_due_date_earlier(
    received: datetime, asked: int, waited: int, longer: int, months: int | None
) -> None:
    ask = DeadlineEvent("identity_info_requested", received + asked * DAY)
    extension = [] if months is None else [DeadlineEvent("extended", received + 20 * DAY, months)]

    def due(days: int) -> date:
        return derive(
            received, [ask, DeadlineEvent("identity_verified", ask.at + days * DAY), *extension]
        ).due

    assert due(waited) <= due(waited + longer)


@given(receipts, st.integers(0, 7), st.integers(0, 90))
def test_one_suspension_adds_exactly_its_days_before_rolling(
    received: datetime, asked: int, waited: int
) -> None:
    local = received.astimezone(HELSINKI)
    ask = local + asked * DAY
    found = derive(
        received,
        [
            DeadlineEvent("identity_info_requested", ask),
            DeadlineEvent("identity_verified", ask + waited * DAY),
        ],
    )
    assert found.suspended_days == waited
    assert found.due == next_working_day(add_months(local.date(), 1) + waited * DAY)


@given(receipts, raw_events)
def test_suspension_is_never_longer_than_from_the_first_ask_to_the_last_confirmation(
    received: datetime, raw: Raw
) -> None:
    events = placed(received, raw)
    asks = [event.at for event in events if event.kind == Event.IDENTITY_INFO_REQUESTED]
    confirmations = [event.at for event in events if event.kind == Event.IDENTITY_VERIFIED]
    found = derive(received, events).suspended_days
    if not asks or not confirmations:
        assert found == 0
    else:
        span = max(confirmations).astimezone(HELSINKI).date() - min(asks).astimezone(HELSINKI).date()
        assert 0 <= found <= max(span.days, 0)


@given(st.dates(date(2020, 1, 1), date(2039, 12, 31)), st.integers(1, 3))
def test_months_end_on_the_same_date_or_on_the_last_day(day: date, months: int) -> None:
    end = add_months(day, months)
    assert (end.year * 12 + end.month) - (day.year * 12 + day.month) == months
    if end.day != day.day:
        assert end.day < day.day
        assert (end + DAY).day == 1


@given(receipts, raw_events, conventions, profiles)
def test_due_date_is_never_earlier_than_the_same_date_next_month(
    received: datetime, raw: Raw, convention: str, profile: str
) -> None:
    found = derive(received, placed(received, raw), convention, profile)
    assert found.due >= found.safe_due >= add_months(found.received_on, 1)


@given(receipts, raw_events, conventions, profiles)
def test_extension_never_reaches_beyond_three_months_from_receipt(
    received: datetime, raw: Raw, convention: str, profile: str
) -> None:
    found = derive(received, placed(received, raw), convention, profile)
    three = add_months(found.received_on, 3)
    assert found.due <= next_working_day(three + found.suspended_days * DAY, profile)
    assert found.safe_due <= next_working_day(three, profile)


@given(receipts, raw_events, offsets, st.integers(0, 3), conventions, profiles)
def test_extension_is_refused_exactly_when_it_would_have_no_effect(
    received: datetime, raw: Raw, after: timedelta, months: int, convention: str, profile: str
) -> None:
    at = received + after
    known = [event for event in placed(received, raw) if event.at <= at]
    before = derive(received, known, convention, profile)
    with_it = derive(received, [*known, DeadlineEvent("extended", at, months)], convention, profile)
    refusal = extension_refusal(received, placed(received, raw), at, months, convention, profile)
    if refusal is None:
        assert not before.extended
        assert with_it.months == 1 + months
    else:
        # On one instant the shorter extension comes first, so an equal moment may hold two.
        assert with_it.months == before.months or any(event.at == at for event in known)


@given(receipts, raw_events, conventions, profiles)
def test_every_step_is_told_in_both_languages_with_its_source(
    received: datetime, raw: Raw, convention: str, profile: str
) -> None:
    for step in derive(received, placed(received, raw), convention, profile).steps:
        for language in ("en", "fi"):
            assert step.text_in(language).endswith(".")
            assert "{" not in step.text_in(language)
            assert step.source_in(language)


@given(receipts, raw_events, conventions, profiles)
def test_last_step_is_the_due_date_and_the_first_the_receipt(
    received: datetime, raw: Raw, convention: str, profile: str
) -> None:
    found = derive(received, placed(received, raw), convention, profile)
    assert (found.steps[0].name, found.steps[0].date) == ("received", found.received_on)
    assert (found.steps[-1].name, found.steps[-1].date) == ("due", found.due)
