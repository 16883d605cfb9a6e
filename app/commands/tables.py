"""Lists in the terminal: the queue with its due dates, unsorted messages, letters about to go, what was done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from app.commands.looks import (
    NARROW,
    due_colour,
    due_text,
    moment,
    person,
    plain,
    time_left,
)  # fmt: skip
from app.commands.looks import day as written_day
from app.desk import Going, Outcome
from app.words import counted, words
from cases.model import Route
from cases.staff import KINDS, VERBS, Order
from templates import labels

Row = Mapping[str, Any]


# -- the queue ------------------------------------------------------------------------------------------------


def queue_view(
    rows: Sequence[Row], language: str, today: date, width: int, *, filtered: bool = False, unsorted: int = 0
) -> Group:
    """The queue, nearest due date first, with a line that sums it up; a list where a table would not fit."""
    said = words(language)["queue"]
    parts: list[RenderableType] = []
    if not rows:
        parts.append(Text(said["nothing_such" if filtered else "empty"]))
    else:
        parts.append((_list if width < NARROW else _table)(rows, language, today))
        late = sum(due_colour(row, today) == "bold red" for row in rows)
        sums = [counted(said, "sum", len(rows)), said["overdue"].format(n=late) if late else ""]
        opened = said["open_one"].format(id=rows[0]["id"])
        parts.append(Text(f"\n{', '.join(filter(None, sums))}. {opened}", style="dim"))
    if unsorted:
        parts.append(Text(counted(said, "unsorted", unsorted), style="yellow"))
    return Group(*parts)


def _table(rows: Sequence[Row], language: str, today: date) -> Table:
    said, named = words(language)["queue"], labels(language)
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for key in ("id", "due", "right", "status", "who", "note"):
        table.add_column(said[key], no_wrap=key in ("id", "due"), overflow="fold")
    for row in rows:
        table.add_row(
            Text(row["id"], style="bold"),
            due_text(row, language, today),
            Text(named["kind_staff"][row["kind"]]),
            Text(named["status_staff"][row["status"]]),
            _taker(row, language),
            Text(_flags(row, language), style="yellow"),
        )
    return table


def _list(rows: Sequence[Row], language: str, today: date) -> Group:
    named = labels(language)
    parts: list[RenderableType] = []
    for row in rows:
        parts.append(Text.assemble((row["id"], "bold"), "  ", due_text(row, language, today)))
        status = f"{named['kind_staff'][row['kind']]}, {named['status_staff'][row['status']]}"
        taker = [person(row["assignee"], language)] if row["assignee"] else []
        parts.append(Padding(Text(", ".join([status, *taker])), (0, 0, 0, 2)))
        if row["flags"]:
            parts.append(Padding(Text(f"! {_flags(row, language)}", style="yellow"), (0, 0, 0, 2)))
    return Group(*parts)


def _taker(row: Row, language: str) -> Text:
    if row["assignee"]:
        return Text(person(row["assignee"], language))
    return Text(words(language)["queue"]["nobody"] if time_left(row, language, date.min) else "", style="dim")


def _flags(row: Row, language: str) -> str:
    named = labels(language)["flag"]
    return "; ".join(named.get(flag, flag) for flag in row["flags"])


# -- unsorted messages ----------------------------------------------------------------------------------------


def unsorted_view(rows: Sequence[Row], language: str) -> Group:
    """Messages in which no right was recognised, each whole, with what can be done about it."""
    said, channels = words(language)["unsorted"], labels(language)["channel"]
    if not rows:
        return Group(Text(said["none"]))
    parts: list[RenderableType] = []
    for row in rows:
        when, how = moment(row["received_at"], language), channels[row["channel"]]
        head = said["head"].format(n=row["n"], moment=when, channel=how, peer=plain(row["from"]))
        parts.append(Text(head, style="bold"))
        written = "\n".join(filter(None, (plain(row["subject"]), plain(row["text"]).strip())))
        parts.append(Padding(Text(written), (0, 0, 0, 2)))
        parts.append(Text(said["make"].format(n=row["n"], kinds=", ".join(KINDS)), style="cyan"))
        parts.append(Text(""))
    parts.append(Text(said["reply"], style="dim"))
    return Group(*parts)


# -- acting ---------------------------------------------------------------------------------------------------


def show_preview(
    to: Console, outcome: Outcome, order: Order, language: str, *, changed: bool = False
) -> None:
    """Exactly what goes out, and to whom."""
    said, verb = words(language)["preview"], VERBS[order.verb]
    doing = verb.help_fi if language == "fi" else verb.help
    if not changed:
        to.print(Text(said["verb"].format(id=outcome.case.id, help=doing), style="bold"))
    if not outcome.letters:
        to.print(Text(said["nothing"], style="yellow"))
        return
    to.print(Text(said["changed" if changed else "goes"]))
    for letter in outcome.letters:
        to.print(_letter(letter, said))
    if outcome.files:
        names = ", ".join(file.name for file in outcome.files)
        to.print(Text(said["files"].format(names=plain(names))))
        to.print(Text(said["look"].format(id=outcome.case.id), style="dim"))


def _letter(letter: Going, said: Mapping[str, str]) -> Panel:
    to = {Route.CHAT: f"Telegram {letter.to}", Route.POST: ", ".join(letter.to.splitlines())}.get(
        letter.route, letter.to
    )
    head = f" {said['to'].format(to=plain(to))} "
    lines = [said["subject"].format(subject=plain(letter.subject)), ""] if letter.subject else []
    text = Text("\n".join([*lines, plain(letter.body)]))
    return Panel(text, title=Text(head, style="bold"), title_align="left", padding=(0, 1))


def done_lines(outcome: Outcome, verb: str, language: str) -> list[str]:
    """What a verb did, in one sentence or two."""
    said, named, case = words(language)["done"], labels(language), outcome.case
    lines = [
        said["line"].format(
            id=case.id,
            done=named["done"].get(verb, said["other"]),
            status=named["status_staff"][str(case.status)],
            day=written_day(case.due.isoformat(), language),
        )
    ]
    going = [letter for letter in outcome.letters if letter.route is not Route.POST]
    if going:
        lines.append(counted(said, "queued", len(going)))
    lines += [
        said["post"].format(id=case.id, name=letter.name)
        for letter in outcome.letters
        # What `letter` has just printed needs no printing.
        if letter.route is Route.POST and verb != "letter"
    ]
    if outcome.passphrase:
        lines.append(said["passphrase"].format(phrase=outcome.passphrase))
    return lines
