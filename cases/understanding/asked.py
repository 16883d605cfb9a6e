"""What a request names: the purposes a ban is about, and the fields a correction gives new values for.

Read from the findings of the rules where there are any, else from the whole message.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from cases.model import Correction, Kind, Purpose
from cases.understanding.corrections import FIELDS, named_fields, read_corrections
from cases.understanding.message import Message
from cases.understanding.rules import Finding

#: Bans that an objection in the same message speaks of.
_OBJECTABLE = frozenset({Purpose.PROFILING, Purpose.DISCLOSURE, Purpose.PUBLICATION})
#: Words that name a field the register has; an address that stands there names none.
_WORDS = frozenset(FIELDS) - {"AN_EMAIL", "F_OTHER"}


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
    """Fields with the new values the message gives; without any value, the fields that are said to be wrong.

    `asked`: a correction is asked for although no finding says so.
    """
    asking = [finding for finding in findings if finding.rule.reads is Kind.CORRECTION]
    if not asking and not asked:
        return ()
    return _valued(message) or tuple(Correction(name) for name in _without_value(message, asking))


@lru_cache(maxsize=2)
def _valued(message: Message) -> tuple[Correction, ...]:
    """The new values of a message; several rules ask for them."""
    return tuple(read_corrections(message.text, message.tokens, _named(message)))


def _named(message: Message) -> list[str]:
    return [name for number in range(len(message.parts)) for name in _fields(message, number)]


def _without_value(message: Message, asking: Sequence[Finding]) -> list[str]:
    """Fields the asking sentences name; a mail address there is a claim, no field."""
    named = [FIELDS[hit.key] for finding in asking for hit in finding.hits if hit.key in _WORDS]
    if not named:
        named = ["address" for finding in asking if "MOVED" in _keys(message, finding.sentence)]
    named = named or _named(message) or list(named_fields(message.tokens))
    if "name" in named and "company" in (*_named(message), *named_fields(message.tokens)):
        # "Yrityksen nimi": a company's name is no person's.
        return ["company"]
    return list(dict.fromkeys(named))[:1]


def _keys(message: Message, number: int) -> frozenset[str]:
    whole = message.parts[number].whole
    return frozenset(whole.hits) if whole else frozenset()


def _fields(message: Message, number: int) -> list[str]:
    keys = _keys(message, number)
    named = [FIELDS[key] for key in sorted(keys & _WORDS)]
    return named + (["address"] if "MOVED" in keys else [])
