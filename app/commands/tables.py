"""How cases look in a terminal: the queue with its due dates in colour, one case, unsorted messages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from app.desk import HELSINKI, Going, Outcome
from cases.deadlines import Deadline
from cases.model import Route
from templates import labels

#: (days left at most, colour); the first that fits.
COLOURS = ((-1, "bold red"), (2, "red"), (7, "yellow"), (14, "cyan"))

WORDS = {
    "en": {
        "empty": "The queue is empty.", "id": "Case", "right": "Right", "status": "Status", "due": "Due",
        "left": "Left", "who": "Taken by", "note": "Note", "days": "{n} d", "late": "{n} d late", "today": "today",
        "received": "Received", "identity": "Identity", "unproved": "not yet proved", "claimed": "Claims to be",
        "asked": "What was asked", "dates": "How the due date came about", "journal": "Journal",
        "letters": "Letters", "nobody": "nobody yet", "details": "Details", "safe": "safe date",
        "none": "Nothing is unsorted.", "from": "From", "text": "Text", "channel": "Came by",
        "goes": "This goes out:", "nothing_goes": "Nothing is sent: the person has no mail address here. Post or call.",
        "done": "Done", "to": "To", "customer": "Customer",
    },
    "fi": {
        "empty": "Jono on tyhjä.", "id": "Pyyntö", "right": "Mitä", "status": "Tilanne", "due": "Määräpäivä",
        "left": "Aikaa", "who": "Hoitaja", "note": "Huomaa", "days": "{n} pv", "late": "{n} pv myöhässä",
        "today": "tänään", "received": "Saapui", "identity": "Henkilöllisyys", "unproved": "ei vielä varmistettu",
        "claimed": "Kertoo olevansa", "asked": "Mitä pyydettiin", "dates": "Miten määräpäivä syntyi",
        "journal": "Tapahtumat", "letters": "Viestit", "nobody": "ei vielä kukaan", "details": "Tiedot",
        "safe": "varma päivä", "none": "Lajiteltavaa ei ole.", "from": "Lähettäjä", "text": "Viesti",
        "channel": "Kanava", "goes": "Tämä lähtee:",
        "nothing_goes": "Mitään ei lähetetä: henkilöllä ei ole täällä sähköpostiosoitetta. Lähetä kirje tai soita.",
        "done": "Valmis", "to": "Saaja", "customer": "Asiakas",
    },
}  # fmt: skip


def queue_table(rows: Sequence[dict[str, Any]], language: str, today: date) -> Table | Text:
    """The queue, nearest due date first."""
    words, named = WORDS[language], labels(language)
    if not rows:
        return Text(words["empty"])
    table = Table(box=None, pad_edge=False, header_style="bold")
    for key in ("id", "right", "status", "due", "left", "who", "note"):
        table.add_column(words[key], no_wrap=key in ("id", "due", "left"))
    for row in rows:
        colour = due_colour(row, today)
        table.add_row(
            row["id"],
            named["kind_staff"][row["kind"]],
            named["status_staff"][row["status"]],
            Text(day(row["due"], language), style=colour),
            Text(_left(row, words, today), style=colour),
            (row["assignee"] or "").partition(":")[2],
            "; ".join(named["flag"][flag] for flag in row["flags"]),
        )
    return table


def due_colour(row: dict[str, Any], today: date) -> str:
    """How near the due date is, as a colour; closed cases have none."""
    if row["status"] in ("answered", "withdrawn"):
        return "dim"
    left = (date.fromisoformat(row["due"]) - today).days
    return next((colour for most, colour in COLOURS if left <= most), "green")


def case_view(view: dict[str, Any], dates: Deadline, language: str, today: date) -> Group:
    """One case with everything on it."""
    words, named = WORDS[language], labels(language)
    head = Table.grid(padding=(0, 2))
    status = named["status_staff"][view["status"]]
    head.add_row(words["status"], Text(status, style="bold"))
    due = f"{day(view['due'], language)} ({_left(view, words, today)})"
    safe = f"  {words['safe']} {day(view['safe_due'], language)}" if view["safe_due"] != view["due"] else ""
    head.add_row(words["due"], Text(due + safe, style=due_colour(view, today)))
    head.add_row(words["received"], moment(view["received_at"], language))
    head.add_row(words["channel"], named["channel"][view["channel"]])
    proof = named["verified_by"][view["verified_by"]] if view["verified_by"] else words["unproved"]
    head.add_row(words["identity"], proof)
    requester = view["requester"]
    person = " ".join(filter(None, (requester["customer_id"], requester["name"], requester["email"])))
    head.add_row(words["customer"], person)
    if requester["claimed"]:
        head.add_row(words["claimed"], requester["claimed"])
    head.add_row(words["who"], (view["assignee"] or "").partition(":")[2] or words["nobody"])
    if view["flags"]:
        flags = "; ".join(named["flag"][flag] for flag in view["flags"])
        head.add_row(words["note"], Text(flags, style="yellow"))
    parts: list[Any] = [head]
    if view["text"]:
        parts.append(Panel(Text(view["text"]), title=words["asked"], title_align="left"))
    details = {key: value for key, value in view["details"].items() if value}
    if details:
        grid = Table.grid(padding=(0, 2))
        for key, value in details.items():
            grid.add_row(key, Text(_flat(value)))
        parts.append(Panel(grid, title=words["details"], title_align="left"))
    steps = Table.grid(padding=(0, 2))
    for step in dates.steps:
        steps.add_row(
            day(step.date.isoformat(), language), step.text_in(language), Text(step.source, style="dim")
        )
    parts.append(Panel(steps, title=words["dates"], title_align="left"))
    journal = Table.grid(padding=(0, 2))
    for entry in view["journal"]:
        event = named["event"][entry["event"]]
        journal.add_row(
            moment(entry["at"], language), event, Text(entry["note"]), Text(entry["actor"], style="dim")
        )
    parts.append(Panel(journal, title=words["journal"], title_align="left"))
    if view["letters"]:
        sent = Table.grid(padding=(0, 2))
        for letter in view["letters"]:
            state = named["letter_state"][letter["state"]]
            to = letter["to"] if letter["channel"] == "email" else "Telegram"
            sent.add_row(moment(letter["at"], language), letter["name"], to, state)
        parts.append(Panel(sent, title=words["letters"], title_align="left"))
    return Group(Text(f"{view['id']}  {named['kind_staff'][view['kind']]}", style="bold"), *parts)


def unsorted_table(rows: Sequence[dict[str, Any]], language: str) -> Table | Text:
    """Messages in which no right was recognised."""
    words = WORDS[language]
    if not rows:
        return Text(words["none"])
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("N", words["received"], words["from"], words["text"]):
        table.add_column(title)
    for row in rows:
        said = f"{row['subject']}: {row['text']}" if row["subject"] else row["text"]
        table.add_row(
            str(row["n"]),
            moment(row["received_at"], language),
            row["from"],
            Text(" ".join(said.split())[:300]),
        )
    return table


def show_letters(console: Console, letters: Sequence[Going], language: str) -> None:
    """Exactly what goes out, and to whom."""
    words = WORDS[language]
    if not letters:
        console.print(words["nothing_goes"])
        return
    console.print(words["goes"])
    for letter in letters:
        to = letter.to if letter.route is Route.MAIL else f"Telegram {letter.to}"
        title = f"{words['to']}: {to}" + (f"  |  {letter.subject}" if letter.subject else "")
        console.print(Panel(Text(letter.body), title=Text(title), title_align="left"))


def done_line(outcome: Outcome, verb: str, language: str) -> str:
    """One sentence on what a verb did."""
    named = labels(language)
    case = outcome.case
    return f"{case.id}: {named['done'].get(verb, WORDS[language]['done'])} ({named['status_staff'][str(case.status)]}, {WORDS[language]['due'].lower()} {day(case.due.isoformat(), language)})"


def day(iso: str, language: str) -> str:
    """A date as it is written in this language."""
    value = date.fromisoformat(iso)
    return f"{value.day}.{value.month}.{value.year}" if language == "fi" else value.isoformat()


def moment(iso: str, language: str) -> str:
    """A moment in Finnish time."""
    value = datetime.fromisoformat(iso).astimezone(HELSINKI)
    return f"{day(value.date().isoformat(), language)} {value:%H:%M}"


def _left(row: dict[str, Any], words: dict[str, str], today: date) -> str:
    if row["status"] in ("answered", "withdrawn"):
        return ""
    left = (date.fromisoformat(row["due"]) - today).days
    if left == 0:
        return words["today"]
    return words["days"].format(n=left) if left > 0 else words["late"].format(n=-left)


def _flat(value: Any) -> str:
    if isinstance(value, list):
        return "\n".join(_flat(item) for item in value)
    if isinstance(value, dict):
        return ", ".join(f"{key}: {item}" for key, item in value.items() if item is not None)
    return str(value)
