"""What the rules alone make of a message: the rights they find, or what else it does.

Findings are weighed against one another here. The learned weights have the last word (`reading`); what the rules
say is the strongest thing they go by.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cases.model import Act, Kind, Purpose
from cases.understanding import digits
from cases.understanding.asked import corrections, is_objected, purposes_of
from cases.understanding.corrections import FIELDS
from cases.understanding.message import Message
from cases.understanding.rules import Finding

#: Words for any number, that name a telephone's only where no code is meant.
_NUMBER_WORDS = frozenset({"numero", "numeron", "numeroa", "number", "nummer", "numret"})
#: Most words beside a code for it to be what the message is about; more where it says what was read or came.
_FEW_WORDS, _TELLING_WORDS = 6, 12
#: Acts in the order in which one wins over another, when no right is asked for.
_ACTS = (Act.WITHDRAW, Act.STATUS, Act.HUMAN, Act.COMPLAINT)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rules say."""

    act: Act
    #: The findings it rests on.
    used: tuple[Finding, ...] = ()
    kinds: tuple[Kind, ...] = ()
    sure: bool = True
    candidates: tuple[Kind, ...] = ()
    purposes: tuple[Purpose, ...] = ()
    #: Somebody who writes to sell: nothing else in the message counts.
    is_silenced: bool = False

    @property
    def signs(self) -> list[str]:
        """In short words, for the weights."""
        doubt = "" if self.sure else "?"
        said = [f"verdict:{kind}{doubt}" for kind in self.kinds]
        return [*said, f"verdict:{self.act}{doubt}", *(f"names:{purpose}" for purpose in self.purposes)]


def verdict(message: Message, findings: Sequence[Finding], own: str, found_codes: tuple[str, ...]) -> Verdict:
    """What the rules make of a message. `own`: its visible text; `found_codes`: the codes in it."""
    silenced = next((finding for finding in findings if finding.rule.silences), None)
    if silenced:
        return Verdict(Act.OTHER, (silenced,), is_silenced=True)
    act = _other_act(message, findings, own, found_codes)
    asked = _counting(message, [one for one in findings if isinstance(one.rule.reads, Kind)], act)
    sure = [finding for finding in asked if finding.rule.sure]
    if asked and not (act is Act.CODE and not sure):
        return _request(message, asked, sure)
    used = [finding for finding in findings if finding.rule.reads is act]
    offered = dict.fromkeys(kind for finding in used if not finding.rule.sure for kind in finding.rule.also)
    return Verdict(
        act, tuple(used), sure=all(finding.rule.sure for finding in used), candidates=tuple(offered)
    )


def _counting(message: Message, asked: Sequence[Finding], act: Act) -> list[Finding]:
    """The findings that count: with a new value where one is needed, and few when a request is taken back."""
    kept = []
    reads = {finding.rule.reads for finding in asked}
    for finding in asked:
        needs_value = finding.rule.value or (act is Act.WITHDRAW and finding.rule.reads is Kind.CORRECTION)
        yields = finding.rule.yields_to in reads and not purposes_of(message, finding)
        if yields or (needs_value and not _has_value(message, finding)):
            continue
        if act is Act.WITHDRAW and not finding.rule.sure:
            continue
        if act is Act.CODE and _calls_code_a_number(message, finding):
            continue
        kept.append(finding)
    return kept


def _has_value(message: Message, finding: Finding) -> bool:
    return any(correction.new_value for correction in corrections(message, [finding]))


def _calls_code_a_number(message: Message, finding: Finding) -> bool:
    """ "Siinä luki numero 482107, toivottavasti oikea": the number is the code, no telephone's."""
    if finding.rule.reads is not Kind.CORRECTION:
        return False
    fields = [hit.words.casefold() for hit in finding.hits if hit.key in FIELDS]
    named_so = bool(fields) and all(word in _NUMBER_WORDS for word in fields)
    return named_so and not _has_value(message, finding)


def _other_act(message: Message, findings: Sequence[Finding], own: str, found_codes: tuple[str, ...]) -> Act:
    reads = {finding.rule.reads for finding in findings}
    if Act.WITHDRAW in reads:
        # Who takes a request back does not prove it, although the code stands beside it.
        return Act.WITHDRAW
    telling = message.has("READS", "RECEIVED") and not message.has("ORDER", "PARCEL", "ORDER_Q")
    few = _TELLING_WORDS if telling else _FEW_WORDS
    if found_codes and (message.words <= few or message.has("CODE_WORD") or digits.spoken_code(own)):
        return Act.CODE
    if digits.letter_code(own) and (message.words <= 5 or message.has("CODE_WORD")):
        return Act.CODE
    for act in _ACTS:
        if act in reads:
            return act
    return Act.THANKS if _only_thanks(message, findings) else Act.OTHER


def _only_thanks(message: Message, findings: Sequence[Finding]) -> bool:
    if not message.has("THANKS_CORE", "THANKS"):
        return False
    if any(part.sentence.asks for part in message.parts):
        return False
    if any(finding.rule.reads is Act.OTHER for finding in findings) and not message.has("RECEIVED"):
        return False
    if message.has("THANKS_CORE"):
        return not message.has("ORDER", "PARCEL", "PASSWORD", "POLICY") or message.words <= 8
    return message.only("THANKS", "GREETING")


def _request(message: Message, asked: Sequence[Finding], sure: Sequence[Finding]) -> Verdict:
    chosen = list(sure) or list(asked)
    objects = any(finding.rule.reads is Kind.OBJECTION for finding in chosen)
    counted = [finding for finding in chosen if not (objects and is_objected(message, finding))]
    kinds = {finding.rule.reads for finding in counted if isinstance(finding.rule.reads, Kind)}
    corrects = kinds == {Kind.CORRECTION}
    valued = corrects and any(one.new_value for one in corrections(message, counted))
    # Beside another right a missing value leaves no doubt about what is asked: only the value is.
    doubtful = not valued if corrects else not sure
    if message.has("OTHER_PERSON"):
        doubtful = True
    candidates: dict[Kind, None] = {}
    for finding in counted:
        if isinstance(finding.rule.reads, Kind):
            candidates[finding.rule.reads] = None
            candidates.update(dict.fromkeys(finding.rule.also))
    named: set[Purpose] = set()
    for finding in asked:
        if finding in counted or is_objected(message, finding):
            named |= purposes_of(message, finding)
    return Verdict(
        Act.REQUEST,
        tuple(counted),
        tuple(sorted(kinds)),
        not doubtful,
        tuple(candidates) if doubtful else (),
        tuple(purpose for purpose in Purpose if purpose in named),
    )
