"""From a message to a `Reading`: the steps in their order, and how sure is sure enough.

prepare -> tokens -> language -> meanings and moods -> rules -> verdict -> learned weights -> kinds, act, slots.
Nothing here knows a word.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from cases.model import Act, Correction, Kind, Purpose, Reading, Special
from cases.understanding import digits, judging
from cases.understanding.asked import corrections
from cases.understanding.courtesies import without_courtesies
from cases.understanding.features import Look, Page, look_at
from cases.understanding.language import detect
from cases.understanding.message import Message
from cases.understanding.prepare import excerpt, visible, without_signature
from cases.understanding.rules import apply
from cases.understanding.sensitive import MASKS, mask, mask_numbers
from cases.understanding.slots import claimed_email, identifiers, labelled_email
from cases.understanding.special import Recognised, is_telling, recognise
from cases.understanding.tokens import tokenise, words_of
from cases.understanding.verdict import verdict
from cases.understanding.weights import weights

_REPLY_SUBJECT = re.compile(r"^\s*(?:re|vs|sv|fw|fwd|vl|lv|aw|vb)\s*:", re.IGNORECASE)

#: What alone asks for nothing: an address, a number.
_NAMES_NOBODY = frozenset({"here:AN_EMAIL", "here:NUMBER", "here:NEG"})
_FEW_WORDS = 3


def understand(text: str, subject: str = "", channel: str = "chat", language: str | None = None) -> Reading:
    """What a message asks for and does.

    `text` may carry quotes and signatures; only the writer's own part counts. `subject` is a mail's subject line,
    `language` the conversation's, used when the text itself shows none. Pure, and linear in the text's length.
    """
    _, sensitive = mask(f"{subject}\n{text}")
    read = _Read(_own(text, subject, channel, language))
    return _reading(read, _judge(read), sensitive)


def shown(text: str, subject: str = "", channel: str = "chat") -> Look:
    """What a message shows: what weights are learned from."""
    return _Read(_own(text, subject, channel, None)).look


@dataclass(frozen=True, slots=True)
class _Own:
    """What the writer wrote, prepared."""

    #: Without quotes; and with what is sensitive masked.
    visible: str
    safe: str
    #: What is read: without the signature, cut to a length.
    body: str
    heading: str
    #: How the writer is answered, and what the words are read in.
    lang: str
    spoken: str


def _own(text: str, subject: str, channel: str, language: str | None) -> _Own:
    own = visible(text)
    safe, _ = mask_numbers(own)
    heading = "" if _REPLY_SUBJECT.match(subject) else excerpt(mask_numbers(subject)[0])
    body = excerpt(without_signature(safe, may_be_all=bool(heading)))
    lang = detect(tokenise(body if len(body) > 20 else f"{heading} {body}"), language)
    # Thanks may stand below a name and telephone number, and those above a closing.
    alone = bool(heading)
    body = without_signature(without_courtesies(body, lang, may_be_all=alone), may_be_all=alone)
    # A greeting may be in another language than what follows ("Hei, please delete…"): it tells how to answer.
    spoken = detect(tokenise(body if len(body) > 20 else f"{heading} {body}"), lang)
    return _Own(own, safe, body, heading, lang, spoken)


class _Read:
    """A message cut up, with what the rules say and what the weights look at."""

    def __init__(self, own: _Own) -> None:
        self.own = own
        self.heading = own.heading
        self.message = Message(own.body, own.spoken)
        self.findings = apply(self.message.scopes(), self.message.words)
        pages = [Page(self.message, self.findings)]
        if own.heading:
            subject = Message(own.heading, own.spoken)
            pages.insert(0, Page(subject, apply(subject.scopes(), subject.words), is_subject=True))
        if not self.findings and own.heading:
            # A body that asks for nothing ("Hei, nimeni on …") leans on its subject.
            self.heading = ""
            self.message = Message(f"{own.heading}\n\n{own.body}", own.spoken)
            self.findings = apply(self.message.scopes(), self.message.words)
        self.codes = digits.codes(own.safe)
        self.verdict = verdict(self.message, self.findings, own.visible, self.codes)
        self.look = look_at(pages, self.verdict.signs)

    @property
    def says_nothing(self) -> bool:
        """A few words that no list knows, or only a number or an address: there is nothing to weigh."""
        known = [sign for sign in self.look.signs if sign.startswith("here:") and sign not in _NAMES_NOBODY]
        return not known and self.message.words <= _FEW_WORDS


@dataclass(frozen=True, slots=True)
class _Judgement:
    """What is read, after rules and weights."""

    act: Act
    kinds: tuple[Kind, ...] = ()
    purposes: tuple[Purpose, ...] = ()
    corrections: tuple[Correction, ...] = ()
    sure: bool = True
    candidates: tuple[Kind, ...] = ()
    why: tuple[str, ...] = ()


def _judge(read: _Read) -> _Judgement:
    said = read.verdict
    why = tuple(finding.why for finding in said.used)
    if said.is_silenced or read.says_nothing:
        return _Judgement(said.act, why=why)
    likely = weights().score(read.look)
    kinds, sure = judging.rights(likely), judging.is_sure(likely, doubted=not said.sure)
    if said.act is Act.CODE and (not kinds or not said.kinds):
        # What a code looks like is known for certain; the weights only know words.
        return _Judgement(said.act, why=why)
    candidates = () if sure else judging.worth_offering(likely, (*said.kinds, *said.candidates))
    if not kinds:
        act = judging.act(likely)
        return _Judgement(act, sure=sure, candidates=candidates, why=(*why, *_reasons(read, likely, [act])))
    fixed = corrections(read.message, said.used, asked=True) if Kind.CORRECTION in kinds else ()
    if kinds == (Kind.CORRECTION,) and not any(correction.new_value for correction in fixed):
        sure, candidates = False, candidates or kinds
    purposes = judging.purposes(likely, said.purposes, kinds)
    return _Judgement(
        Act.REQUEST, kinds, purposes, fixed, sure, candidates, (*why, *_reasons(read, likely, kinds))
    )


def _reasons(read: _Read, likely: Mapping[str, float], labels: tuple[Kind, ...] | list[Act]) -> list[str]:
    """What the weights say of each label, with the words that speak loudest."""
    return [
        f"{label} {likely[label]:.0%}: {', '.join(weights().loudest(read.look, label))}" for label in labels
    ]


def _reading(read: _Read, found: _Judgement, sensitive: tuple[str, ...]) -> Reading:
    own, text = read.own, read.message.text
    spoken = _recognised(read, bool(found.kinds or found.candidates))
    sure, candidates = found.sure, found.candidates
    if spoken.special and not found.kinds and not read.verdict.kinds:
        # Who only says for whom they write asks for nothing yet.
        sure, candidates = True, ()
    if found.kinds and sure and set(spoken.special) - {Special.COMPANY_CONTACT}:
        # Whoever it is for, the right asked for stays clear; a person settles the rest.
        sure, candidates = False, found.kinds
    new = frozenset(one.new_value for one in found.corrections if one.name == "email" and one.new_value)
    claim = identifiers(text)
    return Reading(
        lang=own.lang,
        kinds=found.kinds,
        act=found.act,
        opt_out_purposes=found.purposes,
        corrections=found.corrections,
        claimed_email=claimed_email(text, new) or labelled_email(own.visible, new),
        claimed_customer=claim.customer_id or None,
        claimed_order=claim.order_id or None,
        codes=read.codes,
        case_ids=digits.case_ids(own.visible),
        sensitive=sensitive,
        special=spoken.special,
        sure=sure,
        candidates=candidates,
        why=(*dict.fromkeys(found.why), *spoken.why),
        safe_text=_without_codes(own.safe),
    )


def _recognised(read: _Read, asks: bool) -> Recognised:
    """For whom it is written; a subject of the writer's own says it as well as the text."""
    found = recognise(read.message, asks)
    if found.special or not any(is_telling(word, read.message.languages) for word in words_of(read.heading)):
        return found
    return recognise(Message(read.heading, read.own.spoken), asks)


def _without_codes(text: str) -> str:
    for match in sorted(digits.code_places(text), key=lambda match: match.start(), reverse=True):
        text = f"{text[: match.start()]}{MASKS['code']}{text[match.end() :]}"
    return text
