"""The staff verbs: one table of names, arguments and help, and the grammar they are typed in.

Chat and terminal read the same table, so a verb works alike in both. What a verb does stands in `rulings`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from cases.faults import TheirFault
from cases.model import Ground, Kind

KINDS = tuple(str(kind) for kind in Kind)
GROUNDS = tuple(str(ground) for ground in Ground)


@dataclass(frozen=True, slots=True)
class Option:
    """A named argument. With `takes` empty it is a switch."""

    name: str
    takes: str = ""
    choices: tuple[str, ...] = ()
    required: bool = False
    help: str = ""


@dataclass(frozen=True, slots=True)
class Verb:
    """One staff command."""

    name: str
    #: Positional arguments: ID, N and TEXT (all the rest of the line).
    args: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()
    #: It sends letters, so it is shown and confirmed first.
    sends: bool = False
    #: It changes nothing.
    looks: bool = False
    help: str = ""
    help_fi: str = ""

    @property
    def usage(self) -> str:
        """How it is typed."""
        parts = [self.name, *self.args]
        for option in self.options:
            word = f"--{option.name}" + (f" {option.takes}" if option.takes else "")
            parts.append(word if option.required else f"[{word}]")
        return " ".join(parts)


_KIND = Option("kind", "K", KINDS, required=True, help="Which right: " + ", ".join(KINDS) + ".")
_REASON = Option("reason", "TEXT", required=True, help="Why, in words the customer will read.")

#: Every staff verb, in the order help shows them.
VERBS: dict[str, Verb] = {
    verb.name: verb
    for verb in (
        Verb(
            "queue",
            options=(
                Option("overdue", help="Only cases whose due date has passed."),
                Option("mine", help="Only cases I have taken."),
                Option("kind", "K", KINDS, help="Only this right: " + ", ".join(KINDS) + "."),
                Option("all", help="Closed cases too."),
            ),
            looks=True,
            help="Show the open cases, nearest due date first.",
            help_fi="Näytä avoimet pyynnöt, kiireisin ensin.",
        ),
        Verb(
            "case", ("ID",), looks=True,
            help="Show one case: what was asked, its dates and its journal.",
            help_fi="Näytä yksi pyyntö: mitä pyydettiin, päivät ja tapahtumat.",
        ),
        Verb(
            "take", ("ID",),
            help="Take a case: it is shown as yours.",
            help_fi="Ota pyyntö hoitaaksesi.",
        ),
        Verb(
            "note", ("ID", "TEXT"),
            help="Write a note on a case. The customer does not see it.",
            help_fi="Kirjoita muistiinpano. Asiakas ei näe sitä.",
        ),
        Verb(
            "verify", ("ID",), (Option("how", "TEXT", required=True, help="How you made sure, for the journal."),),
            sends=True,
            help="Record that you made sure who asks. Counts for the whole request.",
            help_fi="Kirjaa, että varmistit henkilöllisyyden. Koskee koko yhteydenottoa.",
        ),
        Verb(
            "reject-identity", ("ID",), (_REASON,), sends=True,
            help="Tell the person that you could not make sure who they are, and how to go on.",
            help_fi="Kerro, ettei henkilöllisyyttä voitu varmistaa, ja miten jatketaan.",
        ),
        Verb(
            "extend", ("ID",),
            (Option("months", "N", ("1", "2"), required=True, help="By how many months, counted from receipt."), _REASON),
            sends=True,
            help="Take more time for a complex request. Must go out before the due date.",
            help_fi="Pidennä määräaikaa, jos pyyntö on monimutkainen. Tehtävä ennen määräpäivää.",
        ),
        Verb(
            "complete", ("ID",), (Option("note", "TEXT", help="Your own words in the answer."),), sends=True,
            help="Answer the request and close the case.",
            help_fi="Vastaa pyyntöön ja päätä se.",
        ),
        Verb(
            "refuse", ("ID",),
            (Option("ground", "G", GROUNDS, required=True, help="One of " + ", ".join(GROUNDS) + "."), _REASON),
            sends=True,
            help="Refuse the request with reasons, and close the case.",
            help_fi="Kieltäydy pyynnöstä, kerro syyt ja päätä se.",
        ),
        Verb(
            "withdraw", ("ID",), sends=True,
            help="Close a case because the person took the request back.",
            help_fi="Päätä pyyntö, koska asiakas perui sen.",
        ),
        Verb(
            "reopen", ("ID",),
            help="Open a closed case again.",
            help_fi="Avaa päätetty pyyntö uudelleen.",
        ),
        Verb(
            "add",
            options=(
                _KIND,
                Option("received", "T", required=True, help="When it reached the shop: 2026-11-20 or 2026-11-20T14:30."),
                Option("channel", "C", ("phone", "letter"), help="How it came: phone (default) or letter."),
                Option("email", "ADDRESS", help="The person's address in the customer register."),
                Option("customer", "NUMBER", help="The person's customer number."),
                Option("note", "TEXT", help="What the person said."),
            ),
            help="Record a request that came by phone or letter.",
            help_fi="Kirjaa puhelimitse tai kirjeenä tullut pyyntö.",
        ),
        Verb(
            "unsorted", looks=True,
            help="Show messages in which no request was recognised.",
            help_fi="Näytä viestit, joista ei tunnistettu pyyntöä.",
        ),
        Verb(
            "sort", ("N",), (_KIND,), sends=True,
            help="Make a case of an unsorted message; its arrival time stays.",
            help_fi="Tee lajittelemattomasta viestistä pyyntö; saapumisaika säilyy.",
        ),
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Order:
    """A staff verb with its arguments, read and checked."""

    verb: str
    case_id: str = ""
    number: int = 0
    text: str = field(default="", repr=False)
    options: dict[str, str] = field(default_factory=dict, repr=False)

    def has(self, switch: str) -> bool:
        """A switch was given."""
        return switch in self.options

    def get(self, option: str) -> str:
        """An option's value, empty when not given."""
        return self.options.get(option, "")


#: What phones make of "--": one long dash, or two.
_DASHES = re.compile(r"^(?:--|—|–|––|——)(?=[A-Za-z])")
_QUOTES = "\"'“”„”‘’»«"


def read_line(line: str) -> Order:
    """An order as typed in chat: `/extend LIW-2026-0001 --months 1 --reason Monta tilausta`.

    Values run to the next option, so nothing needs quotation marks. Raises TheirFault.
    """
    words = line.strip().lstrip("/").split()
    if not words:
        raise TheirFault("unknown_command", command="")
    name = words[0].partition("@")[0].lower().replace("_", "-")
    verb = VERBS.get(name)
    if verb is None:
        raise TheirFault("unknown_command", command=name)
    positional: list[str] = []
    options: dict[str, str] = {}
    current: Option | None = None
    for word in words[1:]:
        if _DASHES.match(word):
            current = _option(verb, _DASHES.sub("", word).lower())
            options[current.name] = ""
        elif current is not None and current.takes:
            options[current.name] = f"{options[current.name]} {word}".strip()
        else:
            positional.append(word)
    return check(verb, positional, {name: value.strip(_QUOTES + " ") for name, value in options.items()})


def check(verb: Verb, positional: list[str], options: dict[str, str]) -> Order:
    """Arguments against the table; raises TheirFault("usage") that says how it is typed."""
    wanted = list(verb.args)
    if len(positional) < len(wanted) or (len(positional) > len(wanted) and "TEXT" not in wanted):
        raise _usage(verb)
    values = dict(zip(wanted, positional, strict=False))
    if "TEXT" in wanted:
        values["TEXT"] = " ".join(positional[len(wanted) - 1 :]).strip(_QUOTES + " ")
    if "N" in values and not values["N"].isdigit():
        raise _usage(verb)
    for option in verb.options:
        value = options.get(option.name)
        if option.required and not value:
            raise _usage(verb, f"--{option.name}")
        if value is not None and option.takes and not value:
            raise _usage(verb, f"--{option.name}")
        if value and option.choices and value not in option.choices:
            raise _usage(verb, f"--{option.name}: {', '.join(option.choices)}")
    return Order(
        verb=verb.name,
        case_id=values.get("ID", "").upper(),
        number=int(values.get("N", 0)),
        text=values.get("TEXT", ""),
        options=options,
    )


def _option(verb: Verb, name: str) -> Option:
    for option in verb.options:
        if option.name == name:
            return option
    raise _usage(verb, f"--{name}?")


def _usage(verb: Verb, reason: str = "") -> TheirFault:
    return TheirFault("usage", usage=verb.usage, reason=reason)
