"""How a staff verb is typed: `/extend LIW-2026-0001 --months 1 --reason Monta tilausta`, on a phone as well.

Here live reading and checking of words against the verb table (`staff_verbs`). Whatever is typed, the answer is
an order or a `TheirFault` that says how it is written. Which case it is about is looked up elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from cases.faults import TheirFault
from cases.staff_verbs import GROUNDS, KINDS, VERBS, Option, Order, Verb

__all__ = ["GROUNDS", "KINDS", "VERBS", "Option", "Order", "Verb", "case_id", "check", "read_line"]

#: What phones make of "--": one long dash, or two, or a mixture.
_DASHES = re.compile(r"^[-—–−]{2,3}(?=[^\W\d_])|^[—–](?=[^\W\d_])")
#: A case id with whatever dashes a phone put in it, and perhaps without its leading zeros.
_CASE_ID = re.compile(r"([A-Z0-9]{1,12})[-—–−]([0-9]{4})[-—–−]([0-9]{1,9})[.,;:]?")
_OPENING, _CLOSING = "\"'“”„”‘’»«", "\"'“””‘’»«"
#: Digits in the longest number that is read.
_LONGEST_NUMBER = 9


def read_line(line: str) -> Order:
    """An order as typed in chat; raises TheirFault.

    A value runs to the next option, so nothing needs quotation marks, and keeps its line breaks.
    """
    words = list(_words(line))
    name = words[0][0].lstrip("/").partition("@")[0].lower().replace("_", "-") if words else ""
    verb = VERBS.get(name)
    if verb is None:
        raise TheirFault("unknown_command", command=name[:40])
    positional, options = _arguments(verb, line, words[1:])
    return check(verb, positional, options)


def _words(line: str) -> Iterator[tuple[str, int, int]]:
    """Each word with where it begins and ends."""
    for found in re.finditer(r"\S+", line.replace("\0", " ")):
        yield found[0], found.start(), found.end()


def _arguments(
    verb: Verb, line: str, words: Sequence[tuple[str, int, int]]
) -> tuple[list[str], dict[str, str]]:
    """What stands for itself, and the options with their values as they were typed."""
    positional: list[str] = []
    options: dict[str, str] = {}
    current: Option | None = None
    began, text_at = 0, len(verb.args) - 1 if "TEXT" in verb.args else None
    for word, start, end in words:
        option, rest = _option_in(verb, word, in_value=current is not None)
        if option is not None:
            current, began = option, end - len(rest)
            options[current.name] = rest
        elif current is not None and current.takes:
            options[current.name] = line[began:end]
        elif text_at is not None and len(positional) > text_at:
            positional[text_at] = line[began:end]
        else:
            positional.append(word)
            began = start
    return positional, options


def _option_in(verb: Verb, word: str, *, in_value: bool) -> tuple[Option | None, str]:
    """The option a word names, and what follows an equals sign in it; None when it is just a word."""
    dashes = _DASHES.match(word)
    if dashes is None or not verb.options:
        return None, ""
    name, _, rest = word[dashes.end() :].partition("=")
    name = name.lower().replace("_", "-").rstrip(":")
    for option in verb.options:
        if option.name == name:
            return option, rest
    if in_value and not dashes[0].startswith("--"):
        # A dash in somebody's sentence.
        return None, ""
    raise _usage(verb, f"--{name[:40]}?")


def check(verb: Verb, positional: Sequence[str], options: Mapping[str, str]) -> Order:
    """Arguments against the table; raises TheirFault("usage") that says how the verb is typed."""
    wanted = list(verb.args)
    if len(positional) < len(wanted) or (len(positional) > len(wanted) and "TEXT" not in wanted):
        raise _usage(verb)
    values = dict(zip(wanted, map(_clean, positional), strict=False))
    if "TEXT" in wanted:
        values["TEXT"] = _clean(" ".join(positional[len(wanted) - 1 :]))
    if any(not value for value in values.values()):
        raise _usage(verb)
    named = {"kind": _kind(verb, values["KIND"])} if "KIND" in values else {}
    if "NAME" in values:
        named["name"] = values["NAME"].lower().replace("-", "_")[:40]
    return Order(
        verb=verb.name,
        case_id=case_id(values.get("ID", "")),
        number=_number(verb, values["N"]) if "N" in values else 0,
        text=values.get("TEXT", ""),
        options=_checked_options(verb, options) | named,
    )


def case_id(typed: str) -> str:
    """A case id as it is written in the queue, however it was typed."""
    upper = typed.strip().strip("#").upper()
    found = _CASE_ID.fullmatch(upper)
    return f"{found[1]}-{found[2]}-{int(found[3]):04d}" if found else upper[:40]


def _checked_options(verb: Verb, options: Mapping[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for option in verb.options:
        value = options.get(option.name)
        if value is None:
            if option.required:
                raise _usage(verb, f"--{option.name} {option.takes}")
            continue
        value = _clean(value)
        if bool(option.takes) != bool(value):
            raise _usage(verb, f"--{option.name} {option.takes}".strip())
        if option.choices:
            value = value.lower().replace("-", "_").strip(".,;")
            if value not in option.choices:
                raise _usage(verb, f"--{option.name}: {', '.join(option.choices)}")
        found[option.name] = value
    return found


def _clean(value: str) -> str:
    """What was meant: without the quotation marks around all of it, and with nothing that cannot be stored."""
    value = value.encode("utf-8", "replace").decode("utf-8").replace("\0", " ").strip()
    if len(value) > 1 and value[0] in _OPENING and value[-1] in _CLOSING:
        inner = value[1:-1]
        if not any(mark in inner for mark in '"“”„»«'):
            return inner.strip()
    return value


def _kind(verb: Verb, typed: str) -> str:
    kind = typed.lower().replace("-", "_").strip(".,;")
    if kind not in KINDS:
        raise _usage(verb, f"KIND: {', '.join(KINDS)}")
    return kind


def _number(verb: Verb, typed: str) -> int:
    digits = typed.strip("#.")
    if not (digits.isascii() and digits.isdigit()) or len(digits) > _LONGEST_NUMBER:
        raise _usage(verb, "N")
    return int(digits)


def _usage(verb: Verb, reason: str = "") -> TheirFault:
    return TheirFault("usage", usage=verb.usage, reason=reason)
