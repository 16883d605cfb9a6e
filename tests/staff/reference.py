"""The parts of docs/reference.md that are made from the program's own tables.

`python -m tests.staff.reference` writes them; a test says when that has to be done.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from app.cli import COMMANDS, load
from cases.model import Channel, Event, Flag, Ground, Kind, LetterState, Status, VerifiedBy
from cases.staff import VERBS, Verb
from templates import labels

PAGE = Path(__file__).parents[2] / "docs" / "reference.md"
BEGIN = "<!-- made by tests/staff/reference.py: begin -->"
END = "<!-- made by tests/staff/reference.py: end -->"

#: The fixed words of `--json`, section by section: heading, the words, where their meaning stands, a remark.
FIXED: tuple[tuple[str, Iterable[str], str, str], ...] = (
    ("Kinds", Kind, "kind_staff", "The right that is asked for."),
    ("Channels", Channel, "channel", "How a request came."),
    (
        "Statuses",
        Status,
        "status_staff",
        "Where a case stands. `docs/architecture.md` draws how it gets there.",
    ),
    ("Verified by", VerifiedBy, "verified_by", "Who settled that the person is who they say; else `null`."),
    ("Letter states", LetterState, "letter_state", "How far a letter has come."),
    ("Flags", Flag, "flag", "What staff should see at first glance."),
    ("Events", Event, "event", "Lines of a case's journal."),
    ("Refusal grounds", Ground, "ground", "For `refuse --ground`; the sentence stands in the letter."),
)


def made() -> str:
    """Everything between the marks."""
    return "\n".join([BEGIN, "", *_commands(), *_verbs(), *_words(), END])


def _commands() -> Iterator[str]:
    yield from ("## Commands", "")
    yield from _block(
        "Every command has `--help` and takes `--config FILE`; what stands in that file is told in",
        "[settings.md](settings.md). `deadline`, `letters`, `init` and `demo` need none, nor does `understand` without",
        "`--examples`.",
    )
    yield from _table(("Command", "What it does"), ((f"`pyynto {n}`", c.help) for n, c in COMMANDS.items()))
    yield from ("### Exit codes", "")
    yield from _table(
        ("Code", "Meaning"),
        (
            ("0", "done"),
            ("1", "refused, or shown and not sent; the reason stands on standard error"),
            ("2", "wrong usage or configuration; one line on standard error names it"),
        ),
    )
    for name in COMMANDS:
        if name in VERBS:
            continue
        command = load(name)
        for sub, inner in getattr(command, "commands", {"": command}).items():
            yield from _command(f"{name} {sub}".strip(), inner)


def _command(name: str, command: Any) -> Iterator[str]:
    yield from (f"### pyynto {name}", "")
    yield from _block(" ".join((command.help or "").split("\n\n")[0].split()))
    rows = []
    for param in command.params:
        if param.param_type_name == "argument":
            rows.append((f"`{(param.metavar or param.name.upper()).strip('[]')}`", param.help or ""))
        elif "--help" not in param.opts:
            takes = "" if param.is_flag else f" {param.metavar or 'TEXT'}"
            rows.append((f"`{param.opts[0]}{takes}`", param.help or ""))
    yield from _table(("Argument", "Meaning"), rows)


def _verbs() -> Iterator[str]:
    yield from ("## Staff verbs", "")
    yield from _block(
        "The same words in a terminal (`pyynto queue`) and, for Telegram users listed under `staff` in the settings,",
        "in chat (`/queue`). A working day with them is told in [howto/staff.md](howto/staff.md).",
    )
    yield from _block(
        "In a terminal each also takes `--config FILE`, `--shop PROFILE` and `--json`. With several shops, a case id",
        "or a message's number finds its own shop; `add` needs `--shop`. Times without an offset are Finnish time.",
    )
    yield from _block(
        "A verb that sends something shows exactly what will go out, and to whom, and asks. In a terminal `--yes`",
        "skips the question; without a terminal and without `--yes` it is shown, not sent, and the exit code is 1.",
        "In chat the person is masked, and a button or a typed `ok` within 15 minutes sends. If the case has changed",
        "meanwhile, it is shown anew. Answers in chat never hold personal data.",
    )
    yield from _block(
        "In chat, a value runs to the next option and needs no quotation marks; a long dash counts as `--`, case ids",
        "may be in small letters, and `/reject_identity` is `/reject-identity`.",
    )
    for verb in VERBS.values():
        yield from _verb(verb)


def _verb(verb: Verb) -> Iterator[str]:
    yield from (f"### {verb.name}", "", f"`{verb.usage}`", "")
    sends = " Shown before it is sent." if verb.sends else ""
    yield from _block(f"{verb.help}{sends}")
    rows = [
        (f"`--{option.name}{' ' + option.takes if option.takes else ''}`", option.help)
        for option in verb.options
    ]
    yield from _table(("Option", "Meaning"), rows)


def _words() -> Iterator[str]:
    yield from ("## Fixed words", "")
    yield from _block("These stand in `--json` and never change their meaning; new ones may be added.")
    named: Mapping[str, Mapping[str, str]] = labels("en")
    for heading, words, section, remark in FIXED:
        yield from (f"### {heading}", "")
        yield from _block(remark)
        yield from _table(("Word", "Meaning"), ((f"`{word}`", named[section][word]) for word in words))


def _block(*lines: str) -> Iterator[str]:
    yield from (*lines, "")


def _table(head: tuple[str, str], rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    found = [f"| {left} | {right} |" for left, right in rows]
    if found:
        yield from (f"| {head[0]} | {head[1]} |", "|---|---|", *found, "")


def page_with(made_now: str) -> str:
    """The page with these parts in their place, at its end the first time."""
    page = PAGE.read_text(encoding="utf-8")
    if BEGIN not in page:
        return f"{page.rstrip()}\n\n{made_now}\n"
    head, _, rest = page.partition(BEGIN)
    return f"{head}{made_now}{rest.partition(END)[2]}"


if __name__ == "__main__":
    PAGE.write_text(page_with(made()), encoding="utf-8")
