"""Words and forms of one language: labels from `words.toml`, dates, lists, telephone numbers.

Here live the filters letters are written with. Whole sentences never: they stand in the letters' files.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

#: Languages letters are written in; the first is what a shop gets unless it says otherwise.
LANGUAGES = ("fi", "en")

#: Where a letter is read: in the customer's chat, as mail, or in the staff chat.
FACES = ("chat", "mail", "staff")

#: What letters may say of a shop, by language.
Facts = Mapping[str, Mapping[str, Any]]

#: The wording that comes with Pyyntö.
FOLDER = Path(__file__).parent

HELSINKI = ZoneInfo("Europe/Helsinki")

#: More case ids than this in a subject line are counted instead of named.
IDS_SHOWN = 2

#: A ban on more purposes than this is called by its general name.
PURPOSES_SHOWN = 2


@cache
def labels(language: str) -> Mapping[str, Mapping[str, str]]:
    """Every shared word of a language, by section and key: `labels("fi")["button"]["yes"]`."""
    return tomllib.loads((FOLDER / language / "words.toml").read_text(encoding="utf-8"))


class Forms:
    """The filters of one language."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.sections = labels(language)
        self._months = self.sections["form"]["months"].split()
        self._and = f" {self.sections['form']['and']} "
        self.day = lru_cache(maxsize=512)(self._day)

    def filters(self) -> dict[str, Any]:
        """By the names letters use."""
        return {
            "day": self.day,
            "moment": self.moment,
            "listed": self.listed,
            "word": self.word,
            "words": self.words,
            "right": self.right,
            "ids": self.ids,
            "phone": phone,
            "party": self.party,
            "seat": self.seat,
            "kept": self.kept,
            "held_back": self.held_back,
        }

    def word(self, key: str, section: str) -> str:
        """One word of `words.toml`; a key that is not there is an error."""
        return self.sections[section][key]

    def words(self, keys: Iterable[str], section: str) -> list[str]:
        """`word` for each key."""
        return [self.sections[section][key] for key in keys]

    def listed(self, items: Iterable[str]) -> str:
        """`a, b ja c`, or `a, b and c`."""
        *head, last = items
        return f"{', '.join(head)}{self._and}{last}" if head else last

    def ids(self, cases: Sequence[Mapping[str, Any]]) -> str:
        """Case ids for a subject line: two are named, the rest counted."""
        if len(cases) <= IDS_SHOWN:
            return self.listed(case["id"] for case in cases)
        return self.sections["form"]["ids_more"].format(first=cases[0]["id"], more=len(cases) - 1)

    def right(self, case: Mapping[str, Any]) -> str:
        """What a case is about, as a noun; a ban names its purposes where it has few."""
        purposes = case.get("purposes") or ()
        if case["kind"] != "opt_out" or not 0 < len(purposes) <= PURPOSES_SHOWN:
            return self.sections["kind"][case["kind"]]
        named = self.listed(self.words(purposes, "ban"))
        return self.sections["form"]["ban"].format(purposes=named)

    def party(self, one: Mapping[str, Any]) -> str:
        """Somebody data go to, as a line: its name, what it is, what it gets, and when."""
        named = self.sections["party"]
        line: str = one.get("name") or one["what"]
        if one["what"] != line:
            # A task knows only what a recipient gets; the notice also says what it is.
            line = named["what" if one.get("gets") else "gets"].format(
                name=line, what=one["what"], gets=one["what"]
            )
        for key in ("gets", "only_if"):
            if one.get(key):
                line = named[key].format(name=line, **{key: one[key]})
        return line

    def seat(self, one: Mapping[str, Any]) -> str:
        """Somebody data go to, with the country of their seat where it is known."""
        name = one.get("name") or one["what"]
        if not one.get("based_in"):
            return str(name)
        country = self.sections["country"].get(one["based_in"], one["based_in"])
        return self.sections["party"]["seat"].format(name=name, country=country)

    def kept(self, rule: Mapping[str, Any]) -> str:
        """How long data stay by one rule of the shop's own."""
        named, since = self.sections["retention"], rule["since"]
        if rule["years"]:
            years = "one_year" if rule["years"] == 1 else "years"
            time = named[years].format(years=rule["years"], since=self.sections["since"][since])
        else:
            time = self.sections["while"][since]
        if rule["only_without_orders"]:
            time = named["without_orders"].format(time=time)
        return named["mainly"].format(time=time) if rule.get("mainly") else time

    def held_back(self, one: Mapping[str, Any]) -> str:
        """What stays after an erasure, as a line: what, of which orders, until when, and why."""
        named, ids = self.sections["held_back"], one.get("orders") or ()
        which = named["order" if len(ids) == 1 else "orders"].format(ids=self.listed(ids)) if ids else ""
        until = self.sections["kept_until"][one["rule"]]
        if one.get("until"):
            until = named["until"].format(day=self.day(one["until"]))
        elif one.get("at_latest"):
            until = named["at_latest"].format(until=until, day=self.day(one["at_latest"]))
        rule = self.sections["kept_rule"][one["rule"]]
        item = self.sections["item"][one["item"]]
        return named["line"].format(item=item, orders=which, until=until, rule=rule)

    def _day(self, value: str | date) -> str:
        """A date, or its ISO text, as written here: `22.12.2026`, `22 December 2026`."""
        day = date.fromisoformat(value[:10]) if isinstance(value, str) else value
        return self.sections["form"]["day"].format(
            day=day.day, month=day.month, year=day.year, name=self._months[day.month - 1]
        )

    def moment(self, value: str | datetime) -> str:
        """Day and time of day in Finland. Takes an aware datetime or ISO text with an offset."""
        at = datetime.fromisoformat(value) if isinstance(value, str) else value
        at = at.astimezone(HELSINKI)
        return self.sections["form"]["moment"].format(
            day=self._day(at.date()), hour=at.hour, minute=at.minute
        )


@lru_cache(maxsize=64)
def phone(number: str) -> str:
    """A telephone number in groups of two to four digits: easier to read, and never mistaken for a code."""
    number = re.sub(r"^\+358(?=\d)", "+358 ", number.strip())
    return re.sub(r"\d{5,}", lambda run: _grouped(run[0]), number)


def _grouped(digits: str) -> str:
    heads = []
    while len(digits) > 4:
        heads.append(digits[:3])
        digits = digits[3:]
    return " ".join((*heads, digits))
