"""Who else must be told of an answer, one task each (GDPR Art. 19), and marketing systems to be stopped (Art. 21).

Tasks stand in the case's journal and nowhere else: what is open is what was opened there and not settled since.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cases.faults import TheirFault
from cases.model import Case, Entry, Event, Kind, Language
from cases.terms import Terms, Told
from cases.work import MACHINE, Work

#: After these rights are carried out every recipient is told (GDPR Art. 19).
TOLD_TO_ALL = frozenset({Kind.CORRECTION, Kind.ERASURE, Kind.RESTRICTION})


@dataclass(frozen=True, slots=True)
class Task:
    """One recipient to be told about one case."""

    case_id: str
    number: int
    recipient: str
    name: Mapping[str, str]
    what: Mapping[str, str]
    only_if: Mapping[str, str]
    opened_at: datetime
    #: "open", "done", or "skipped" (impossible or disproportionate, with the reason).
    state: str = "open"
    settled_at: datetime | None = None
    note: str = field(default="", repr=False)

    def shown(self, language: Language | str) -> dict[str, Any]:
        """As letters and lists show it."""
        said = str(language)
        return {
            "number": self.number,
            "name": self.name[said],
            "what": self.what[said],
            "only_if": self.only_if.get(said, ""),
            "state": self.state,
            "on": self.settled_at.date().isoformat() if self.settled_at else "",
            "why": self.note if self.state == "skipped" else "",
        }


def tasks_of(journal: Iterable[Entry]) -> tuple[Task, ...]:
    """The tasks in a journal, or in the journals of several cases, in the order they were opened."""
    found: dict[tuple[str, int], Task] = {}
    for entry in journal:
        number = int(entry.data.get("task", 0))
        key = (entry.case_id, number)
        if entry.event is Event.TASK_OPENED:
            data = entry.data
            found[key] = Task(
                entry.case_id, number, data["recipient"], data["name"], data["what"], data.get("only_if", {}),
                entry.at,
            )  # fmt: skip
        elif entry.event in (Event.TASK_DONE, Event.TASK_SKIPPED) and key in found:
            was = found[key]
            state = "done" if entry.event is Event.TASK_DONE else "skipped"
            found[key] = Task(
                was.case_id, number, was.recipient, was.name, was.what, was.only_if, was.opened_at, state,
                entry.at, entry.note,
            )  # fmt: skip
    return tuple(found.values())


def recipients_for(case: Case, terms: Terms) -> list[Told]:
    """Who must be told about a case: everyone, those who market, or nobody; of corrections the sources as well."""
    if case.kind in TOLD_TO_ALL:
        return [*terms.recipients, *(terms.sources if case.kind is Kind.CORRECTION else ())]
    marketing = case.kind in (Kind.OPT_OUT, Kind.OBJECTION)
    return [told for told in terms.recipients if marketing and told.marketing]


def open_tasks(work: Work, case: Case, *, again: bool = False) -> Case:
    """Open a task for each recipient that has none yet on this case; `again`: or none that is still open."""
    there = tasks_of(work.derived_from(case))
    known = {task.recipient for task in there if not again or task.state == "open"}
    number = max((task.number for task in there), default=0)
    for told in recipients_for(case, work.shop.terms):
        if told.id in known:
            continue
        number += 1
        case = work.note(
            case, Event.TASK_OPENED, actor=MACHINE, task=number, recipient=told.id, name=dict(told.name),
            what=dict(told.what), only_if=dict(told.only_if or {}) or None,
        )  # fmt: skip
    return case


def settle(work: Work, case: Case, number: int, *, why_not: str, note: str) -> None:
    """Tick one off: told, or not possible and why. Raises TheirFault when there is no such open task."""
    task = next((task for task in tasks_of(work.derived_from(case)) if task.number == number), None)
    if task is None or task.state != "open":
        raise TheirFault("not_now", id=case.id, reason="no_such_task")
    if why_not:
        work.note(case, Event.TASK_SKIPPED, why_not, task=number)
    else:
        work.note(case, Event.TASK_DONE, note, task=number)
    # A task changes no field of the case, but two people must not tick one task unseen of each other.
    work.touch(case)
