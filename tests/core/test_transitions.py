"""The life of a case: what the table allows, for every status and every history."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.model import CLOSED, Event, Status
from cases.transitions import EXTENDABLE, FACTS, NEXT, NotAllowedNow, advance, drawing

EVERY = list(itertools.product(Status, Event))
#: What the machine or a person outside can cause without anybody's identity being settled.
UNSETTLED = [
    event
    for event in Event
    if event
    not in (
        Event.IDENTITY_VERIFIED, Event.VERIFICATION_WAIVED, Event.REOPENED, Event.ANSWERED, Event.REFUSED,
        Event.WITHDRAWN,
    )
]  # fmt: skip
NEEDS_PROOF = {Status.OPEN, Status.WAITING}


def step(status: Status, event: Event) -> Status:
    try:
        return advance(status, event)
    except NotAllowedNow:
        return status


@pytest.mark.parametrize(("status", "event"), EVERY)
def test_every_pair_has_an_answer(status: Status, event: Event) -> None:
    """A status that follows, or a refusal that names both."""
    if event in NEXT[status] or event in FACTS or (event is Event.EXTENDED and status in EXTENDABLE):
        assert advance(status, event) in Status
        return
    with pytest.raises(NotAllowedNow) as refused:
        advance(status, event)
    assert (refused.value.status, refused.value.event) == (status, event)


def test_the_table_knows_every_status() -> None:
    assert set(NEXT) == set(Status)


def test_every_status_can_be_reached_and_left() -> None:
    reached = {Status.RECEIVED}
    for _ in Status:
        reached |= {target for status in reached for target in NEXT[status].values()}
    assert reached == set(Status)
    assert all(NEXT[status] for status in Status)


@given(st.lists(st.sampled_from(UNSETTLED), max_size=30))
def test_no_history_without_proof_opens_or_closes_a_case(history: list[Event]) -> None:
    status = Status.RECEIVED
    for event in history:
        status = step(status, event)
        assert status not in NEEDS_PROOF
        assert status not in CLOSED


@given(st.lists(st.sampled_from(list(Event)), max_size=30))
def test_work_begins_only_after_proof_or_by_staff_reopening(history: list[Event]) -> None:
    status, settled = Status.RECEIVED, False
    for event in history:
        status = step(status, event)
        settled |= event in (Event.IDENTITY_VERIFIED, Event.VERIFICATION_WAIVED, Event.REOPENED)
        assert settled or status not in NEEDS_PROOF


@pytest.mark.parametrize("status", list(Status))
def test_an_extension_moves_no_status_and_only_what_runs_has_one(status: Status) -> None:
    if status in EXTENDABLE:
        assert advance(status, Event.EXTENDED) is status
    else:
        with pytest.raises(NotAllowedNow):
            advance(status, Event.EXTENDED)


@pytest.mark.parametrize("status", sorted(CLOSED))
def test_a_closed_case_moves_only_when_staff_reopen_it(status: Status) -> None:
    moves = {event for event in Event if step(status, event) is not status}
    assert moves == {Event.REOPENED, Event.REOPENED_UNVERIFIED}


@pytest.mark.parametrize("status", list(Status))
def test_a_code_event_never_closes_and_never_opens(status: Status) -> None:
    for event in Event:
        if str(event).startswith("code_"):
            assert step(status, event) not in (NEEDS_PROOF | CLOSED) - {status}


def test_a_later_proof_reopens_an_unverified_case() -> None:
    assert advance(Status.UNVERIFIED, Event.IDENTITY_VERIFIED) is Status.OPEN


@pytest.mark.parametrize("event", sorted(FACTS))
def test_a_fact_can_be_noted_at_any_time(event: Event) -> None:
    for status in Status:
        advance(status, event)


def test_the_drawing_shows_every_move() -> None:
    shown = drawing()
    for status, moves in NEXT.items():
        for event, target in moves.items():
            (line,) = [one for one in shown.splitlines() if one.strip().startswith(f"{status} --> {target}:")]
            assert str(event) in line
