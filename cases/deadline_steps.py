"""How a due date came about, told one step at a time in English and Finnish, each with its source.

Words and sources only: the counting itself is in `deadlines`. The names of steps and sources are kept stable,
since scripts read them; sentences may change.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from cases.holidays_fi import Holiday


class Count(NamedTuple):
    """A number of days or months, put into words by language."""

    number: int
    #: "day" or "month".
    unit: str


#: The non-working days a due date moved over, each with its reason.
Skipped = tuple[tuple[date, Holiday], ...]
Fact = str | Count | date | datetime | Holiday | Skipped


class Wording(NamedTuple):
    """One step's sentence in both languages, and the keys of its sources."""

    en: str
    fi: str
    sources: tuple[str, ...]


#: Where rules come from. Those of the product (conventions, holiday profiles) say so.
SOURCES: dict[str, tuple[str, str]] = {
    "receipt": ("GDPR Art. 12(3)", "tietosuoja-asetus 12 art. 3 kohta"),
    "starts": ("EDPB Guidelines 01/2022 para. 159", "EDPB:n ohjeet 01/2022, 159 kohta"),
    "month": ("Regulation 1182/71 art. 3(2)(c)", "asetus 1182/71, 3 art. 2 kohdan c alakohta"),
    "roll": ("Regulation 1182/71 art. 3(4)", "asetus 1182/71, 3 art. 4 kohta"),
    "rolls": ("EDPB Guidelines 01/2022 para. 161", "EDPB:n ohjeet 01/2022, 161 kohta"),
    "extension": ("EDPB Guidelines 01/2022 paras 162-164", "EDPB:n ohjeet 01/2022, 162-164 kohta"),
    "stop_clock_v1": ("Pyyntö convention stop_clock_v1", "Pyynnön laskutapa stop_clock_v1"),
    "no_suspension": ("Pyyntö convention no_suspension", "Pyynnön laskutapa no_suspension"),
    "fi_statutory": ("Pyyntö holiday profile fi_statutory", "Pyynnön pyhäpäiväprofiili fi_statutory"),
    "fi_with_eves": ("Pyyntö holiday profile fi_with_eves", "Pyynnön pyhäpäiväprofiili fi_with_eves"),
    "one_extension": ("Pyyntö rule: one extension a period", "Pyynnön sääntö: yksi pidennys"),
    "church": ("Church Act 652/2023 ch. 1 s. 6", "kirkkolaki 652/2023, 1 luvun 6 §"),
    "may_day": ("Act 272/1944", "laki 272/1944"),
    "independence_day": ("Act 388/1937", "laki 388/1937"),
    "periods_act": ("Act 150/1930 s. 5 by analogy", "laki 150/1930, 5 § soveltaen"),
}

#: Every step there is, by name, in about the order they are printed. A date, say `start`, fills `{start}`
#: with its weekday ("Friday 3 April 2026", "perjantaina 3.4.2026") and `{start_date}` without.
WORDINGS: dict[str, Wording] = {
    "received": Wording(
        "Arrived {given}; in Helsinki that is {at}, so the count starts from {day_date}.",
        "Saapui {given}, Helsingin aikaa {at}: määräaika lasketaan päivästä {day_date}.",
        ("receipt", "starts"),
    ),
    "month": Wording(
        "{span} from {start_date} ends on the same date of its last month, {day}.",
        "{span} {start_date} lukien päättyy viimeisen kuukauden samana päivänä, {day}.",
        ("month", "receipt"),
    ),
    "month_end": Wording(
        "{span} from {start_date} ends in a month without that date, so on its last day, {day}.",
        "{span} {start_date} lukien päättyy kuukauteen, jossa sitä päivää ei ole, siis sen lopussa, {day}.",
        ("month", "receipt"),
    ),
    "suspension": Wording(
        "Identity asked {asked} and confirmed {day}: {span} of suspension.",
        "Henkilöllisyyttä kysyttiin {asked} ja se varmistui {day}: keskeytys {span}.",
        ("starts", "stop_clock_v1"),
    ),
    "unconfirmed": Wording(
        "Identity asked {day} and not confirmed so far: nothing is suspended yet.",
        "Henkilöllisyyttä kysyttiin {day} eikä se ole varmistunut: keskeytystä ei toistaiseksi ole.",
        ("stop_clock_v1",),
    ),
    "reminder": Wording(
        "Asked again {day} while the question was open: a reminder restarts nothing.",
        "Kysyttiin uudelleen {day} kysymyksen ollessa auki: muistutus ei aloita mitään alusta.",
        ("stop_clock_v1",),
    ),
    "ask_too_late": Wording(
        "Identity asked {day}, more than 7 days after receipt: no effect.",
        "Henkilöllisyyttä kysyttiin {day}, yli 7 päivää saapumisesta: ei vaikutusta.",
        ("starts", "stop_clock_v1"),
    ),
    "ask_before_receipt": Wording(
        "Identity asked {day}, before this request arrived: no effect.",
        "Henkilöllisyyttä kysyttiin {day}, ennen pyynnön saapumista: ei vaikutusta.",
        ("stop_clock_v1",),
    ),
    "confirmed_unasked": Wording(
        "Identity confirmed {day} with no question open that counts: nothing is suspended.",
        "Henkilöllisyys varmistui {day}, eikä laskettavaa kysymystä ollut auki: keskeytystä ei ole.",
        ("stop_clock_v1",),
    ),
    "not_suspended": Wording(
        "Identity asked {day}: under this convention nothing suspends the period.",
        "Henkilöllisyyttä kysyttiin {day}: tässä laskutavassa mikään ei keskeytä määräaikaa.",
        ("no_suspension",),
    ),
    "extended": Wording(
        "Extended {day} by {span}, in time: the first due date then stood at {limit_date}.",
        "Pidennettiin {day}, lisäaikaa {span}, ajoissa: ensimmäinen määräpäivä oli silloin {limit_date}.",
        ("receipt", "extension"),
    ),
    "extended_too_late": Wording(
        "Extended {day}, after the first due date as it then stood, {limit_date}: no effect.",
        "Pidennettiin {day}, silloisen ensimmäisen määräpäivän {limit_date} jälkeen: ei vaikutusta.",
        ("receipt", "extension"),
    ),
    "already_extended": Wording(
        "Extended once more {day}: no effect, a period is extended once.",
        "Pidennettiin uudelleen {day}: ei vaikutusta, määräaikaa pidennetään vain kerran.",
        ("receipt", "one_extension"),
    ),
    "bad_months": Wording(
        "Extended {day} by something else than 1 or 2 months: no effect.",
        "Pidennettiin {day} muulla kuin 1 tai 2 kuukaudella: ei vaikutusta.",
        ("receipt",),
    ),
    "extended_before_receipt": Wording(
        "Extended {day}, before this request arrived: no effect.",
        "Pidennettiin {day}, ennen pyynnön saapumista: ei vaikutusta.",
        ("receipt",),
    ),
    "suspended": Wording(
        "{span} of suspension added: the period ends {day}.",
        "Keskeytystä lisätään {span}: määräaika päättyy {day}.",
        ("starts", "stop_clock_v1"),
    ),
    "rolled": Wording(
        "Not working days: {skipped}. The period ends on the next working day, {day}.",
        "Ei työpäiviä: {skipped}. Määräaika päättyy seuraavana työpäivänä, {day}.",
        ("roll", "rolls"),
    ),
    "eve_stays": Wording(
        "{eve}, {day_date}, is not a statutory public holiday: it counts as a working day.",
        "{eve} {day_date} ei ole lakisääteinen pyhäpäivä: se on tässä työpäivä.",
        ("roll", "fi_statutory"),
    ),
    "safe_extension": Wording(
        "Without the suspension the extension would have come after {limit_date}, too late to count.",
        "Ilman keskeytystä pidennys olisi tullut määräpäivän {limit_date} jälkeen, siis liian myöhään.",
        ("receipt", "no_suspension"),
    ),
    "safe_rolled": Wording(
        "Without suspension the end would not be a working day: {skipped}; the next is {day}.",
        "Ilman keskeytystä loppu ei olisi työpäivä: {skipped}; määräaika päättyisi {day}.",
        ("roll", "rolls", "no_suspension"),
    ),
    "safe_due": Wording(
        "Counted without any suspension the period ends {day}: aim for this date.",
        "Ilman keskeytyksiä määräaika päättyy {day}: tavoittele tätä päivää.",
        ("starts", "no_suspension"),
    ),
    "due": Wording(
        "Due by the end of {day}, Helsinki time.",
        "Vastaus on annettava viimeistään {day}, ennen vuorokauden loppua Helsingin aikaa.",
        ("month", "receipt"),
    ),
}

_WEEKDAYS = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "fi": ("maanantai", "tiistai", "keskiviikko", "torstai", "perjantai", "lauantai", "sunnuntai"),
}
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_COUNTED = {
    ("month", "en"): ("month", "months"),
    ("month", "fi"): ("kuukausi", "kuukautta"),
    ("day", "en"): ("day", "days"),
    ("day", "fi"): ("päivä", "päivää"),
}
LANGUAGES = ("en", "fi")


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a derivation. `date` is the local day (Europe/Helsinki) it reached or speaks of."""

    #: A key of WORDINGS.
    name: str
    date: date
    #: What the sentence is filled with, beside `day`, which is `date`.
    facts: tuple[tuple[str, Fact], ...] = ()
    #: Keys of SOURCES this one step has beyond those of its wording.
    more_sources: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """What was done, as one English sentence or two."""
        return self.text_in("en")

    @property
    def source(self) -> str:
        """The provisions and product rules behind the step, in English, with `; ` between."""
        return self.source_in("en")

    def text_in(self, language: str) -> str:
        """What was done, in "en" or "fi"; ValueError for another language."""
        _check(language)
        wording = WORDINGS[self.name]
        facts: dict[str, str] = {}
        for name, fact in (("day", self.date), *self.facts):
            facts[name] = _say(fact, language)
            if isinstance(fact, date):
                facts[f"{name}_date"] = plain_date(fact, language)
        return (wording.fi if language == "fi" else wording.en).format(**facts)

    def source_in(self, language: str) -> str:
        """The provisions and product rules behind the step, in "en" or "fi"."""
        _check(language)
        keys = dict.fromkeys(WORDINGS[self.name].sources + self.more_sources)
        return "; ".join(SOURCES[key][LANGUAGES.index(language)] for key in keys)


def plain_date(day: date, language: str) -> str:
    """A date without its weekday: "3 April 2026", "3.4.2026". Independent of the locale."""
    if language == "fi":
        return f"{day.day}.{day.month}.{day.year}"
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def named_date(day: date, language: str) -> str:
    """A date that stands alone: "Friday 3 April 2026", "perjantai 3.4.2026"."""
    return f"{_WEEKDAYS[language][day.weekday()]} {plain_date(day, language)}"


def dated(day: date, language: str) -> str:
    """A date as it stands after a verb: "Friday 3 April 2026", "perjantaina 3.4.2026"."""
    ending = "na" if language == "fi" else ""
    return f"{_WEEKDAYS[language][day.weekday()]}{ending} {plain_date(day, language)}"


def _check(language: str) -> None:
    if language not in LANGUAGES:
        raise ValueError(f"unknown language {language!r}; allowed: {', '.join(LANGUAGES)}")


def _say(fact: Fact, language: str) -> str:
    if isinstance(fact, str):
        return fact
    if isinstance(fact, Count):
        one, many = _COUNTED[fact.unit, language]
        return f"{fact.number} {one if fact.number == 1 else many}"
    if isinstance(fact, Holiday):
        return fact.fi if language == "fi" else fact.en
    if isinstance(fact, datetime):
        return f"{dated(fact, language)} " + (f"klo {fact:%H.%M}" if language == "fi" else f"at {fact:%H:%M}")
    if isinstance(fact, date):
        return dated(fact, language)
    return ", ".join(f"{plain_date(day, language)} ({_reason(why, language)})" for day, why in fact)


def _reason(holiday: Holiday, language: str) -> str:
    # English writes the names of days with a capital, Finnish does not.
    return holiday.fi.lower() if language == "fi" else holiday.en
