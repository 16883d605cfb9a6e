"""Due dates: a table worked out by hand from the law, the steps that are told, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import permutations
from pathlib import Path

import pytest

from cases.deadline_steps import SOURCES, WORDINGS
from cases.deadlines import NO_SUSPENSION, STOP_CLOCK, Deadline, DeadlineEvent, derive, extension_refusal
from cases.holidays_fi import HOLIDAY_PROFILES, STATUTORY, WITH_EVES, holidays_of
from cases.model import Event

GOLDEN = Path(__file__).parent / "golden" / "deadlines.txt"
KINDS = {"ask": "identity_info_requested", "ver": "identity_verified", "ext": "extended"}

#: A request of Monday 1 June 2026; its month ends on Wednesday 1 July.
JUNE = datetime.fromisoformat("2026-06-01")


# -- the table ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    number: int
    received: datetime
    events: tuple[DeadlineEvent, ...]
    convention: str
    profile: str
    due: date
    safe_due: date
    why: str


def event(words: str) -> DeadlineEvent:
    verb, at = words.split()
    kind, _, months = verb.partition("+")
    return DeadlineEvent(KINDS[kind], datetime.fromisoformat(at), int(months) if months else None)


def rows() -> Iterator[Row]:
    for number, line in enumerate(GOLDEN.read_text("utf-8").splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        received, events, due, safe, why = (cell.strip() for cell in line.split("|"))
        yield Row(
            number,
            datetime.fromisoformat(received),
            tuple(event(words) for words in events.split("; ") if words),
            NO_SUSPENSION if "[no_suspension]" in why else STOP_CLOCK,
            WITH_EVES if "[eves]" in why else STATUTORY,
            date.fromisoformat(due),
            date.fromisoformat(due if safe == "=" else safe),
            why,
        )


@pytest.mark.parametrize("row", list(rows()), ids=lambda row: f"line {row.number}: {row.why}")
def test_due_date_is_the_one_worked_out_by_hand(row: Row) -> None:
    found = derive(row.received, row.events, row.convention, row.profile)
    assert (found.due, found.safe_due) == (row.due, row.safe_due)


@pytest.mark.parametrize("row", list(rows()), ids=lambda row: f"line {row.number}")
def test_safe_date_is_the_due_date_without_suspension(row: Row) -> None:
    found = derive(row.received, row.events, row.convention, row.profile)
    assert found.safe_due == derive(row.received, row.events, NO_SUSPENSION, row.profile).due


def test_table_is_long_enough_to_be_worth_something() -> None:
    assert len(list(rows())) >= 60


# -- steps --------------------------------------------------------------------------------------------


def told(received: str, *events: str, convention: str = STOP_CLOCK, profile: str = STATUTORY) -> list[str]:
    return [step.name for step in found(received, *events, convention=convention, profile=profile).steps]


def found(received: str, *events: str, convention: str = STOP_CLOCK, profile: str = STATUTORY) -> Deadline:
    return derive(datetime.fromisoformat(received), [event(words) for words in events], convention, profile)


STEPS = [
    (("2026-06-01",), ["received", "month", "due"]),
    (("2026-08-31",), ["received", "month_end", "due"]),
    (("2026-03-05",), ["received", "month", "rolled", "due"]),
    (("2026-05-19",), ["received", "month", "eve_stays", "due"]),
    (
        ("2026-06-01", "ask 2026-06-02", "ver 2026-06-05"),
        ["received", "month", "suspension", "suspended", "rolled", "safe_due", "due"],
    ),
    (("2026-06-01", "ask 2026-06-02"), ["received", "month", "unconfirmed", "due"]),
    (
        ("2026-06-01", "ask 2026-06-02", "ask 2026-06-03"),
        ["received", "month", "reminder", "unconfirmed", "due"],
    ),
    (("2026-06-01", "ask 2026-06-09"), ["received", "month", "ask_too_late", "due"]),
    (("2026-06-01", "ask 2026-05-30"), ["received", "month", "ask_before_receipt", "due"]),
    (("2026-06-01", "ver 2026-06-09"), ["received", "month", "confirmed_unasked", "due"]),
    (("2026-06-01", "ext+2 2026-06-09"), ["received", "month", "extended", "month", "due"]),
    (("2026-06-01", "ext+2 2026-07-02"), ["received", "month", "extended_too_late", "due"]),
    (("2026-06-01", "ext+2 2026-05-02"), ["received", "month", "extended_before_receipt", "due"]),
    (("2026-06-01", "ext+4 2026-06-02"), ["received", "month", "bad_months", "due"]),
    (
        ("2026-06-01", "ext+2 2026-06-02", "ext+1 2026-06-03"),
        ["received", "month", "extended", "month", "already_extended", "due"],
    ),
    (
        ("2026-06-04", "ask 2026-06-05", "ver 2026-06-08", "ext+1 2026-07-07"),
        [
            *("received", "month", "suspension", "extended", "month", "suspended"),
            *("safe_extension", "safe_rolled", "safe_due", "due"),
        ],
    ),
]


@pytest.mark.parametrize(("given_words", "names"), STEPS, ids=lambda value: " ".join(value)[:60])
def test_steps_name_all_that_was_done_and_nothing_else(
    given_words: tuple[str, ...], names: list[str]
) -> None:
    assert told(*given_words) == names


def test_under_the_other_convention_an_ask_is_told_to_change_nothing() -> None:
    names = told("2026-06-01", "ask 2026-06-02", "ver 2026-06-05", convention=NO_SUSPENSION)
    assert names == ["received", "month", "not_suspended", "due"]


def test_every_wording_is_used_by_some_derivation() -> None:
    used = {name for words, _ in STEPS for name in told(*words)}
    used.update(told("2026-06-01", "ask 2026-06-02", convention=NO_SUSPENSION))
    assert used == set(WORDINGS)


def test_every_source_stands_behind_some_step() -> None:
    cited = {key for wording in WORDINGS.values() for key in wording.sources}
    cited |= {day.act for profile in HOLIDAY_PROFILES for day in holidays_of(2026, profile).values()}
    assert cited | {WITH_EVES} == set(SOURCES)


def test_rolling_names_each_day_passed_over_and_the_act_behind_it() -> None:
    rolled = found("2026-04-01").steps[2]
    assert "1 May 2026 (May Day), 2 May 2026 (Saturday), 3 May 2026 (Sunday)" in rolled.text
    assert rolled.text.endswith("Monday 4 May 2026.")
    assert rolled.source.startswith("Regulation 1182/71 art. 3(4)")
    assert rolled.source.endswith("Act 272/1944")


def test_rolling_over_an_eve_names_the_profile_that_makes_it_so() -> None:
    rolled = found("2026-05-19", profile=WITH_EVES).steps[2]
    assert "fi_with_eves" in rolled.source
    assert "Act 150/1930" in rolled.source


def test_finnish_steps_decline_their_dates() -> None:
    *_, due = found("2026-06-01").steps
    assert due.text_in("fi").startswith("Vastaus on annettava viimeistään keskiviikkona 1.7.2026")


def test_a_step_in_an_unknown_language_is_refused() -> None:
    with pytest.raises(ValueError, match="allowed: en, fi"):
        found("2026-06-01").steps[0].text_in("sv")


def test_period_ends_at_the_next_midnight_in_helsinki() -> None:
    assert found("2026-06-01").ends_at == datetime(2026, 7, 1, 21, tzinfo=UTC)
    assert found("2026-01-12").ends_at == datetime(2026, 2, 12, 22, tzinfo=UTC)


# -- extensions asked about beforehand ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("events", "at", "months", "refusal"),
    [
        ([], "2026-06-20", 1, None),
        ([], "2026-07-01T23:59:59", 2, None),
        ([], "2026-07-02", 2, "too_late"),
        ([], "2026-06-20", 3, "bad_months"),
        ([], "2026-06-20", 0, "bad_months"),
        ([], "2026-05-31", 1, "before_receipt"),
        (["ext+1 2026-06-10"], "2026-06-20", 1, "already_extended"),
        (["ext+1 2026-07-05"], "2026-07-06", 1, "too_late"),
        (["ext+3 2026-06-10"], "2026-06-20", 1, None),
        (["ask 2026-06-02", "ver 2026-06-05"], "2026-07-06T12:00", 1, None),
        (["ask 2026-06-02", "ver 2026-07-10"], "2026-07-02", 1, "too_late"),
        (["ask 2026-06-02", "ver 2026-07-10"], "2026-07-10T00:00", 1, None),
    ],
)
def test_extension_is_refused_for_a_named_reason(
    events: list[str], at: str, months: int, refusal: str | None
) -> None:
    known = [event(words) for words in events]
    assert extension_refusal(JUNE, known, datetime.fromisoformat(at), months) == refusal


# -- input --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("convention", "profile", "named"),
    [
        ("stop", STATUTORY, "stop_clock_v1, no_suspension"),
        (NO_SUSPENSION, "fi", "fi_statutory, fi_with_eves"),
    ],
)
def test_unknown_convention_or_profile_is_refused_with_the_allowed_ones(
    convention: str, profile: str, named: str
) -> None:
    with pytest.raises(ValueError, match=named):
        derive(JUNE, [], convention, profile)
    with pytest.raises(ValueError, match=named):
        extension_refusal(JUNE, [], JUNE, 1, convention, profile)


@pytest.mark.parametrize(
    "received", ["0001-01-01", "0001-01-01T00:00+14:00", "1990-12-31", "9999-12-31T23:00-12:00"]
)
def test_years_without_a_known_calendar_are_refused(received: str) -> None:
    with pytest.raises(ValueError, match="outside the years 1991 to 2098"):
        derive(datetime.fromisoformat(received))


def test_latest_times_that_can_be_given_are_counted() -> None:
    last = datetime(2098, 12, 31, 23, 59, tzinfo=UTC)
    events = [DeadlineEvent("identity_info_requested", last), DeadlineEvent("identity_verified", last)]
    assert derive(last, [*events, DeadlineEvent("extended", last, 2)]).due == date(2099, 4, 1)


def test_events_may_be_any_iterable_and_journal_events() -> None:
    asked = (DeadlineEvent(kind, JUNE) for kind in Event)
    assert derive(JUNE, asked).due == date(2026, 7, 1)


def test_mixed_offsets_are_ordered_by_instant() -> None:
    """Written later by the wall clock, but earlier in time."""
    ask = DeadlineEvent("identity_info_requested", datetime.fromisoformat("2026-06-03T01:00:00+03:00"))
    confirmed = DeadlineEvent("identity_verified", datetime.fromisoformat("2026-06-02T23:00:00+00:00"))
    for events in permutations([ask, confirmed]):
        assert [step.name for step in derive(JUNE, events).steps][2] == "suspension"
