"""Finnish holidays: every day of twenty-one years against rules written down independently, from the law."""

from __future__ import annotations

import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import holidays as library
import pytest

from cases import holidays_fi
from cases.holidays_fi import STATUTORY, WITH_EVES, eve, holidays_of, non_working

ROOT = Path(__file__).parents[2]
DAY = timedelta(days=1)


def easter(year: int) -> date:
    """Easter Sunday by Gauss's rule, with its two exceptions, for 1900 to 2099."""
    a, b, c = year % 19, year % 4, year % 7
    d = (19 * a + 24) % 30
    e = (2 * b + 4 * c + 6 * d + 5) % 7
    days = d + e
    if days == 35 or (d == 28 and e == 6 and a > 10):
        days -= 7
    return date(year, 3, 22) + timedelta(days=days)


def saturday_from(day: date) -> date:
    return day + timedelta(days=(5 - day.weekday()) % 7)


def statutory(year: int) -> set[date]:
    sunday = easter(year)
    moving = {sunday + timedelta(days=days) for days in (-2, 0, 1, 39, 49)}
    fixed = {date(year, *month_day) for month_day in ((1, 1), (1, 6), (5, 1), (12, 6), (12, 25), (12, 26))}
    return moving | fixed | {saturday_from(date(year, 6, 20)), saturday_from(date(year, 10, 31))}


def eves(year: int) -> set[date]:
    return {saturday_from(date(year, 6, 20)) - DAY, date(year, 12, 24)}


@pytest.mark.parametrize(
    ("year", "month", "day"),
    [(2019, 4, 21), (2024, 3, 31), (2025, 4, 20), (2026, 4, 5), (2027, 3, 28), (2038, 4, 25), (2049, 4, 18)],
)
def test_easter_of_these_tests_is_the_almanac_s(year: int, month: int, day: int) -> None:
    assert easter(year) == date(year, month, day)


@pytest.mark.parametrize("year", range(2020, 2041))
def test_statutory_holidays_are_the_law_s(year: int) -> None:
    assert set(holidays_of(year, STATUTORY)) == statutory(year)


@pytest.mark.parametrize("year", range(2020, 2041))
def test_the_other_profile_adds_both_eves_and_nothing_else(year: int) -> None:
    assert set(holidays_of(year, WITH_EVES)) == statutory(year) | eves(year)


@pytest.mark.parametrize("year", range(2020, 2041))
def test_calendar_loaded_alone_is_the_library_s_public_one(year: int) -> None:
    assert set(holidays_of(year, WITH_EVES)) == set(library.country_holidays("FI", years=year))


@pytest.mark.parametrize("year", range(2020, 2041))
def test_every_other_weekday_is_a_working_day(year: int) -> None:
    days = [date(year, 1, 1) + n * DAY for n in range(365)]
    working = {day for day in days if non_working(day) is None}
    assert working == {day for day in days if day.weekday() < 5 and day not in statutory(year)}


@pytest.mark.parametrize("year", range(2020, 2041))
def test_eves_are_known_whatever_the_profile(year: int) -> None:
    days = [date(year, 1, 1) + n * DAY for n in range(365)]
    assert {day for day in days if eve(day)} == eves(year)


def test_two_holidays_on_one_day_are_both_found() -> None:
    """In 2008 Ascension Day fell on May Day."""
    assert date(2008, 5, 1) in holidays_of(2008)


def test_holiday_names_do_not_depend_on_the_language_of_the_machine() -> None:
    asked = (
        "from datetime import date; from cases.holidays_fi import non_working as n; print(n(date(2026,5,1)))"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", asked],
            env={"LANG": lang, "LANGUAGE": lang, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            check=True,
        ).stdout
        for lang in ("C", "en_US.UTF-8", "sv_FI.UTF-8")
    }
    assert len(said) == 1
    assert b"Vappu" in said.pop()


def test_importing_the_rules_does_not_load_the_calendar_library() -> None:
    asked = "import sys, cases.deadlines; sys.exit('holidays' in sys.modules)"
    subprocess.run([sys.executable, "-c", asked], cwd=ROOT, check=True)


def test_counting_does_not_load_the_calendars_of_the_world() -> None:
    asked = (
        "import sys, datetime, cases.deadlines as d; d.derive(datetime.datetime(2026, 3, 5)); "
        "sys.exit('holidays.countries' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", asked], cwd=ROOT, check=True)


def test_a_renamed_holiday_is_an_error_and_not_a_working_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(holidays_fi.COUNTED[STATUTORY], "Uusi pyhä", holidays_fi.Holiday("a", "b", "church"))
    with pytest.raises(RuntimeError, match="Uusi pyhä"):
        holidays_of.__wrapped__(2026, STATUTORY)


def test_calendar_is_found_the_public_way_when_its_file_has_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    class Nowhere:
        @staticmethod
        def find_spec(name: str, path: list[str]) -> None:
            """Find nothing."""

    monkeypatch.setattr(holidays_fi, "PathFinder", Nowhere)
    moved = holidays_fi._finland.__wrapped__()
    assert set(moved(years=2026, language="fi")) == statutory(2026) | eves(2026)
