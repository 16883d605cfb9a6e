"""One case in the terminal, from top to bottom: how urgent, who, what, what next, what happened, what was sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from app.commands.follow_ups import plan_view, task_list
from app.commands.looks import day, due_text, moment, person, plain
from app.shapes import iso, view_of
from app.words import words
from cases.answering import is_absolute
from cases.deadlines import Deadline
from cases.erasure import Plan
from cases.model import UNSEEN, Case, Channel, Entry, Request, Route, Status
from cases.staff import VERBS
from cases.tasks import tasks_of
from storage.desk import Dossier, SentLetter
from templates import UnknownLetterError, find, labels

#: What staff can do, by status; the first is the likeliest.
NEXT_VERBS: Mapping[Status, tuple[str, ...]] = {
    Status.RECEIVED: ("verify", "reject-identity"),
    Status.VERIFYING: ("verify", "reject-identity"),
    Status.HELD: ("verify", "reject-identity"),
    Status.OPEN: ("complete", "extend", "refuse"),
    Status.WAITING: ("complete", "extend", "refuse"),
    Status.ANSWERED: ("reopen",),
    Status.UNVERIFIED: ("verify", "reopen", "withdraw"),
    Status.WITHDRAWN: ("reopen",),
}


def case_view(
    dossier: Dossier,
    dates: Deadline,
    language: str,
    today: date,
    *,
    plan: Plan | None = None,
    phrases: Mapping[str, str] | None = None,
) -> Group:
    """One case with everything on it."""
    case = dossier.case
    named, said = labels(language), words(language)["case"]
    title = f"{case.id}  {named['kind_staff'][str(case.kind)]}: {named['status_staff'][str(case.status)]}"
    parts: list[RenderableType] = [Text(title, style="bold"), _head(dossier, language, today)]

    def section(name: str, content: RenderableType) -> None:
        heading = words(language)[name]["title"] if name in _TITLED else said[name]
        parts.extend((Text(""), Rule(Text(heading, style="bold"), align="left", style="dim")))
        parts.append(Padding(content, (0, 0, 0, 2)))

    section("asked", _asked(dossier.request, said))
    details = _details(case, language)
    if details.row_count:
        section("details", details)
    if plan is not None:
        section("plan", plan_view(plan, language))
    tasks = tasks_of(dossier.journal)
    if tasks:
        section("tasks", task_list(tasks, language))
    section("next", _next(case, language, today))
    section("journal", _journal(dossier.journal, language))
    if any(sent.letter.route is not Route.STAFF for sent in dossier.letters):
        section("letters", _letters(dossier.letters, language, phrases or {}))
    section("dates", _dates(dates, language))
    return Group(*parts)


#: Sections with words of their own.
_TITLED = frozenset({"plan", "tasks"})


def _grid() -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True, style="dim")
    grid.add_column(overflow="fold", ratio=1)
    return grid


def _head(dossier: Dossier, language: str, today: date) -> Table:
    case, request = dossier.case, dossier.request
    named, said = labels(language), words(language)["case"]
    view = view_of(dossier)
    grid = _grid()
    due = due_text(view, language, today)
    if case.safe_due != case.due:
        key = "safe" if today <= case.safe_due else "safe_past"
        due.append(f" ({said[key].format(day=day(view['safe_due'], language))})", style="default")
    grid.add_row(said["due"], due)
    came = (
        moment(view["received_at"], language),
        named["channel"][view["channel"]],
        named["language"][view["language"]],
    )
    grid.add_row(said["received"], Text(", ".join(came)))
    proof = Text(named["verified_by"][view["verified_by"]]) if view["verified_by"] else None
    grid.add_row(said["identity"], proof or Text(said["unproved"], style="yellow"))
    grid.add_row(said["customer"], Text(_customer(view["requester"], request, said)))
    if request.claim and request.claim.text != view["requester"]["email"]:
        grid.add_row(said["claimed"], Text(plain(request.claim.text)))
    taker = person(case.assignee, language) if case.assignee else said["nobody"].format(id=case.id)
    grid.add_row(said["who"], Text(taker))
    for number, flag in enumerate(view["flags"]):
        grid.add_row(
            "" if number else said["note"], Text(f"! {named['flag'].get(flag, flag)}", style="yellow")
        )
    return grid


def _customer(requester: Mapping[str, Any], request: Request, said: Mapping[str, str]) -> str:
    known = [requester["name"], requester["customer_id"]] if request.customer_id else [said["unknown"]]
    chat = said["chat_peer"].format(id=request.peer) if request.channel is Channel.CHAT else ""
    return ", ".join(plain(part) for part in (*known, requester["email"], chat) if part)


def _asked(request: Request, said: Mapping[str, str]) -> Text:
    written = "\n".join(filter(None, (plain(request.subject), plain(request.text).strip())))
    return Text(written) if written else Text(said["no_text"], style="dim")


def _details(case: Case, language: str) -> Table:
    """What was said beyond the right itself; a field this does not know is shown as it is."""
    named, said, details = labels(language), words(language)["case"], case.details
    grid = _grid()
    rows = {
        "purposes": ", ".join(named["purpose"].get(p, p) for p in details.get("purposes", ())),
        "corrections": "\n".join(
            f"{named['field'].get(c['field'], c['field'])}: {c.get('new_value') or said['no_value']}"
            for c in details.get("corrections", ())
        ),
        "attachments": "\n".join(_file(row, language) for row in details.get("attachments", ())),
        "sensitive": ", ".join(named["sensitive"].get(s, s) for s in details.get("sensitive", ())),
        "trust": "\n".join(words(language)["trust"].get(hint, hint) for hint in details.get("trust", ())),
        **{key: str(value) for key, value in details.items() if key not in _SHOWN},
        "why": ", ".join(map(str, details.get("why", ()))),
    }
    for key, value in rows.items():
        if value:
            grid.add_row(said.get(key, key), Text(plain(value), style="dim" if key == "why" else ""))
    return grid


def _file(row: Mapping[str, Any], language: str) -> str:
    """A file as a line: name, size in kB, type, and a warning where one is due."""
    told = f"{row['name'] or '–'} ({-(-row['size'] // 1000)} kB, {row['type']})"
    danger = words(language)["danger"].get(row.get("danger", ""))
    return f"{told}: {danger}" if danger else told


_SHOWN = frozenset({"locked", "purposes", "corrections", "attachments", "sensitive", "trust", "why"})


def _next(case: Case, language: str, today: date) -> Group:
    """Commands to copy, each on a line of its own with its meaning below it."""
    by_hand = case.channel in (Channel.PHONE, Channel.LETTER) and case.status is Status.RECEIVED
    lines = [Text(words(language)["steps"]["by_hand" if by_hand else str(case.status)])]
    for name in next_verbs(case, today):
        verb = VERBS[name]
        typed = f"pyynto {verb.usage}".replace(" ID", f" {case.id}", 1)
        lines.append(Text(typed, style="cyan"))
        lines.append(Text(f"  {verb.help_fi if language == 'fi' else verb.help}", style="dim"))
    return Group(*lines)


def next_verbs(case: Case, today: date) -> tuple[str, ...]:
    """The verbs that make sense for a case as it stands."""
    useless = set()
    if case.extended or today > case.due:
        useless.add("extend")
    if is_absolute(case):
        useless |= {"refuse", "extend"}
    seen = ("seen",) if case.status is Status.UNVERIFIED and case.flags & UNSEEN else ()
    return (*seen, *(name for name in NEXT_VERBS[case.status] if name not in useless))


def _journal(journal: Iterable[Entry], language: str) -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True, style="dim")
    grid.add_column(overflow="fold", ratio=1)
    grid.add_column(overflow="fold", style="dim")
    events = labels(language)["event"]
    for entry in journal:
        happened = Text(events.get(str(entry.event), str(entry.event)))
        told = _told(entry, language)
        if told:
            happened.append(f"\n{told}", style="italic")
        grid.add_row(moment(iso(entry.at), language), happened, person(entry.actor, language))
    return grid


def _told(entry: Entry, language: str) -> str:
    """What stands beside an event: its note, and of its data what staff can use."""
    named, said = labels(language), words(language)["data"]
    facts = {
        "months": str(entry.data.get("months", "")),
        "ground": named["ground"].get(str(entry.data.get("ground", "")), ""),
        "to": ", ".join(entry.data.get("to", ())),
        "reason": named["flag"].get(str(entry.data.get("reason", "")), ""),
    }
    shown = [said.get(key, "{}").format(value) for key, value in facts.items() if value]
    return "\n".join(filter(None, (*shown, plain(entry.note).strip())))


def _letters(letters: Iterable[SentLetter], language: str, phrases: Mapping[str, str]) -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True, style="dim")
    grid.add_column(overflow="fold", ratio=1)
    grid.add_column(overflow="fold")
    states = labels(language)["letter_state"]
    for sent in letters:
        letter = sent.letter
        if letter.route is Route.STAFF:
            continue
        to = "Telegram" if letter.route is Route.CHAT else plain(", ".join(letter.to.splitlines()))
        what = Text(f"{purpose_of(letter.name, letter.route, language)}")
        what.append(f"\n{to}" if to else "", style="dim")
        if letter.key in phrases:
            said = words(language)["done"]["passphrase"].format(phrase=phrases[letter.key])
            what.append(f"\n{said}", style="yellow")
        lost = sent.state in ("failed", "bounced")
        state = Text(states[sent.state], style="bold red" if lost else "")
        grid.add_row(moment(iso(sent.at), language), what, state)
    return grid


def purpose_of(name: str, route: Route, language: str) -> str:
    """What a letter is for, in words."""
    try:
        return find("chat" if route is Route.CHAT else "mail", name).purpose[language]
    except UnknownLetterError:
        return name


def _dates(dates: Deadline, language: str) -> Table:
    grid = _grid()
    for step in dates.steps:
        told = Text(step.text_in(language))
        told.append(f"  {step.source_in(language)}", style="dim")
        grid.add_row(day(step.date.isoformat(), language), told)
    return grid
