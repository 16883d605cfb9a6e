"""What an answer leaves to be done by hand, in the terminal: whom to tell, what to erase and what to keep."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from app.commands.looks import day, plain
from app.shapes import iso
from app.words import words
from cases.erasure import Kept, Plan
from cases.model import Case
from cases.tasks import Task
from templates import labels


def task_row(case: Case, task: Task, language: str) -> dict[str, Any]:
    """A task as `tasks --json` gives it."""
    shown = task.shown(language)
    return {
        "case": case.id,
        "shop": case.shop,
        "kind": str(case.kind),
        "n": task.number,
        "recipient": task.recipient,
        "name": shown["name"],
        "what": shown["what"],
        "only_if": shown["only_if"],
        "state": task.state,
        "opened_at": iso(task.opened_at),
    }


def tasks_view(found: Sequence[tuple[Case, Task]], language: str) -> Group:
    """Case by case, whom staff must still tell."""
    said, named = words(language)["tasks"], labels(language)
    if not found:
        return Group(Text(said["none"]))
    parts: list[RenderableType] = []
    for case in {case.id: case for case, _ in found}.values():
        head = said["head"].format(id=case.id, right=named["kind_staff"][str(case.kind)])
        parts.append(Text(head, style="bold"))
        parts.append(task_list([task for owner, task in found if owner.id == case.id], language))
    parts.append(Text(f"\n{said['how']}", style="dim"))
    return Group(*parts)


def task_list(tasks: Iterable[Task], language: str) -> Table:
    """The tasks of one case, a line each, with what became of them."""
    said = words(language)["tasks"]
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True, style="cyan", justify="right")
    grid.add_column(overflow="fold", ratio=1)
    grid.add_column(no_wrap=True)
    for task in tasks:
        shown = task.shown(language)
        only_if = f" ({said['only_if'].format(what=shown['only_if'])})" if shown["only_if"] else ""
        what = f"{shown['name']}: {shown['what']}" if shown["what"] != shown["name"] else shown["name"]
        on = day(shown["on"], language) if shown["on"] else ""
        state = said[task.state].format(day=on, why=plain(shown["why"]))
        grid.add_row(
            str(task.number),
            plain(what + only_if),
            Text(state, style="yellow" if task.state == "open" else "dim"),
        )
    return grid


def plan_view(plan: Plan, language: str) -> Group:
    """What an erasure erases, item by item, and what stays until when by which rule."""
    said, item, rule = words(language)["plan"], labels(language)["item"], labels(language)["kept_rule"]
    lines = [Text(said["erase"].format(what=item[name])) for name in plan.erased]
    lines += [Text(said["anonymise"].format(what=item[name])) for name in plan.anonymised]
    for kept in plan.kept:
        lines.append(Text(_kept(kept, item[kept.item], language), style="yellow"))
        lines.append(Text(f"  {rule[str(kept.rule)]}", style="dim"))
    if plan.public_posts:
        lines.append(Text(said["posts"], style="dim"))
    return Group(*(lines or [Text(said["nothing"])]))


def _kept(kept: Kept, what: str, language: str) -> str:
    said = words(language)["plan"]
    if kept.until is not None:
        until = said["until"].format(day=day(kept.until.isoformat(), language))
    elif kept.at_latest is not None:
        until = said["at_latest"].format(day=day(kept.at_latest.isoformat(), language))
    else:
        until = said["settled"]
    key = "keep_orders" if kept.orders else "keep"
    return said[key].format(what=what, orders=plain(", ".join(kept.orders)), until=until)
