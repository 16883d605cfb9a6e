"""What a request names: the purposes a ban is about, and the fields a correction gives new values for.

Read from the findings of the rules where there are any, else from the whole message.
"""

from __future__ import annotations

from collections.abc import Sequence

from cases.model import Correction, Kind, Purpose
from cases.understanding.corrections import FIELDS, read_correction
from cases.understanding.message import Message
from cases.understanding.rules import Finding

#: Bans that an objection in the same message speaks of.
_OBJECTABLE = frozenset({Purpose.PROFILING, Purpose.DISCLOSURE, Purpose.PUBLICATION})


def is_objected(message: Message, finding: Finding) -> bool:
    """A ban beside an objection that only says the same: "vastustan … eikä minua saa profiloida"."""
    return finding.rule.reads is Kind.OPT_OUT and purposes_of(message, finding) <= _OBJECTABLE


def purposes_of(message: Message, finding: Finding) -> set[Purpose]:
    """The purposes one finding names."""
    if finding.rule.reads not in (Kind.OPT_OUT, Kind.OBJECTION):
        return set()
    named = message.purposes(finding) if finding.rule.names else set()
    if finding.rule.reads is Kind.OBJECTION:
        named &= _OBJECTABLE
    return (set(finding.rule.purposes) | named) or set(finding.rule.otherwise)


def corrections(message: Message, findings: Sequence[Finding], asked: bool = False) -> tuple[Correction, ...]:
    """Fields the correcting sentences name, with their new values; else those the message names at all.

    `asked`: a correction is asked for although no finding says so.
    """
    found: dict[str, Correction] = {}
    asking = [finding for finding in findings if finding.rule.reads is Kind.CORRECTION]
    for finding in asking:
        named = [FIELDS[hit.key] for hit in finding.hits if hit.key in FIELDS]
        for name in named or (["address"] if "MOVED" in _keys(message, finding.sentence) else []):
            _note(found, name, message.text_of(finding.sentence, 2))
        for number in (finding.sentence, finding.sentence + 1):
            for name in _fields(message, number):
                _note(found, name, message.text_of(number, 0), only_valued=True)
    if (asking or asked) and not found:
        _look_everywhere(message, found)
    return tuple(found.values())


def _look_everywhere(message: Message, found: dict[str, Correction]) -> None:
    for number in range(len(message.parts)):
        names = _fields(message, number) + (["address"] if "MOVED" in _keys(message, number) else [])
        for name in names:
            _note(found, name, message.text_of(number, 3), only_valued=True)


def _keys(message: Message, number: int) -> frozenset[str]:
    if number >= len(message.parts):
        return frozenset()
    whole = message.parts[number].whole
    return frozenset(whole.hits) if whole else frozenset()


def _fields(message: Message, number: int) -> list[str]:
    return [FIELDS[key] for key in sorted(_keys(message, number)) if key in FIELDS]


def _note(found: dict[str, Correction], name: str, text: str, only_valued: bool = False) -> None:
    if name in found and found[name].new_value is not None:
        return
    correction = read_correction(name, text)
    if name == "address" and correction.new_value is None and "@" in text:
        # "Osoitteeni on …" followed by an e-mail address speaks of that.
        name, correction = "email", read_correction("email", text)
    if correction.new_value is not None or not (only_valued or name in found):
        found[name] = correction
