"""The days on which a due date may not fall in Finland, each with its name and the Act that makes it one.

Dates come from the `holidays` library; which of them count is decided here, by name, since the library also
lists both eves. Whether and when a due date moves stands in `deadlines`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from functools import lru_cache, partial
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from holidays import HolidayBase

#: Statutory public holidays only; Midsummer Eve and Christmas Eve are working days.
STATUTORY = "fi_statutory"
#: The same, and both eves are non-working days too.
WITH_EVES = "fi_with_eves"
HOLIDAY_PROFILES = (STATUTORY, WITH_EVES)

#: Years for which the calendar is known: before 1991 two holidays fell on other days.
FIRST_YEAR, LAST_YEAR = 1991, 2100

SATURDAY, SUNDAY = 5, 6


class Holiday(NamedTuple):
    """One holiday's name in both languages, and the key of its Act (`deadline_steps.SOURCES`)."""

    fi: str
    en: str
    act: str


_STATUTORY_DAYS = (
    Holiday("Uudenvuodenpäivä", "New Year's Day", "church"),
    Holiday("Loppiainen", "Epiphany", "church"),
    Holiday("Pitkäperjantai", "Good Friday", "church"),
    Holiday("Pääsiäispäivä", "Easter Sunday", "church"),
    Holiday("Toinen pääsiäispäivä", "Easter Monday", "church"),
    Holiday("Vappu", "May Day", "may_day"),
    Holiday("Helatorstai", "Ascension Day", "church"),
    Holiday("Helluntaipäivä", "Pentecost", "church"),
    Holiday("Juhannuspäivä", "Midsummer Day", "church"),
    Holiday("Pyhäinpäivä", "All Saints' Day", "church"),
    Holiday("Itsenäisyyspäivä", "Independence Day", "independence_day"),
    Holiday("Joulupäivä", "Christmas Day", "church"),
    Holiday("Tapaninpäivä", "Second Day of Christmas", "church"),
)
_EVES = (
    Holiday("Juhannusaatto", "Midsummer Eve", "periods_act"),
    Holiday("Jouluaatto", "Christmas Eve", "periods_act"),
)
_WEEKEND = {SATURDAY: Holiday("lauantai", "Saturday", "roll"), SUNDAY: Holiday("sunnuntai", "Sunday", "roll")}

#: The holidays that count, by profile and by the name the library gives them.
COUNTED: Mapping[str, Mapping[str, Holiday]] = MappingProxyType(
    {
        STATUTORY: {day.fi: day for day in _STATUTORY_DAYS},
        WITH_EVES: {day.fi: day for day in _STATUTORY_DAYS + _EVES},
    }
)


def non_working(day: date, profile: str = STATUTORY) -> Holiday | None:
    """Why nothing can fall due on this day, or None when it is a working day.

    A public holiday is named before the weekend it falls on. Raises ValueError for a year outside
    FIRST_YEAR to LAST_YEAR. Reg. (EEC, Euratom) 1182/71 art. 2(1), 2(2), 3(4).
    """
    return holidays_of(day.year, profile).get(day) or _WEEKEND.get(day.weekday())


def next_working_day(day: date, profile: str = STATUTORY) -> date:
    """The day itself if it is a working day, else the next that is (Reg. 1182/71 art. 3(4))."""
    while non_working(day, profile):
        day += timedelta(days=1)
    return day


def eve(day: date) -> Holiday | None:
    """Midsummer Eve or Christmas Eve, if the day is one of them."""
    if day.month not in (6, 12):
        return None
    found = holidays_of(day.year, WITH_EVES).get(day)
    return found if found in _EVES else None


@lru_cache(maxsize=256)
def holidays_of(year: int, profile: str = STATUTORY) -> Mapping[date, Holiday]:
    """Every holiday of one year that counts under a profile, weekends not included.

    Raises ValueError for an unknown profile or a year outside FIRST_YEAR to LAST_YEAR, and RuntimeError when
    the library's list lacks a holiday the law names: a due date must not be wrong silently.
    """
    if profile not in COUNTED:
        raise ValueError(f"unknown holiday profile {profile!r}; allowed: {', '.join(HOLIDAY_PROFILES)}")
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(f"no holidays known for {year}; years {FIRST_YEAR} to {LAST_YEAR} are")
    counted = COUNTED[profile]
    found: dict[date, Holiday] = {}
    missing = set(counted)
    # Two holidays on one day share an entry, as in 2008: "Helatorstai; Vappu".
    for day, label in _finland()(years=year, language="fi").items():
        names = [name for name in label.split("; ") if name in counted]
        missing.difference_update(names)
        if names:
            found[day] = counted[names[0]]
    if missing:
        raise RuntimeError(f"the holidays library no longer lists {', '.join(sorted(missing))} for {year}")
    return MappingProxyType(found)


@lru_cache(maxsize=1)
def _finland() -> Callable[..., HolidayBase]:
    """The library's Finnish calendar, loaded when first needed and alone.

    The public way imports every country of the world first: 0.35 s and 20 MB more.
    """
    import holidays

    spec = PathFinder.find_spec("finland", [f"{folder}/countries" for folder in holidays.__path__])
    if spec is None or spec.loader is None:
        return partial(holidays.country_holidays, "FI")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    finland: type[HolidayBase] = module.Finland
    return finland
