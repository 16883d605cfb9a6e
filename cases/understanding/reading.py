"""From a message to a `Reading`: the steps in their order, and what is done when rules disagree.

prepare -> tokens -> language -> meanings and moods -> rules -> kinds, act, slots. Nothing here knows a word.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from cases.model import Act, Correction, Kind, Purpose, Reading, Special
from cases.understanding import digits
from cases.understanding.corrections import FIELDS, read_correction
from cases.understanding.language import detect
from cases.understanding.message import Message
from cases.understanding.prepare import excerpt, visible, without_signature
from cases.understanding.rules import Finding, apply
from cases.understanding.sensitive import MASKS, mask
from cases.understanding.slots import claimed_email, identifiers, labelled_email
from cases.understanding.special import Recognised, is_telling, recognise
from cases.understanding.tokens import tokenise, words_of

#: Bans that an objection in the same message speaks of.
_OBJECTABLE = frozenset({Purpose.PROFILING, Purpose.DISCLOSURE, Purpose.PUBLICATION})
_REPLY_SUBJECT = re.compile(r"^\s*(?:re|vs|sv|fw|fwd|vl|lv|aw|vb)\s*:", re.IGNORECASE)
#: Words for any number, that name a telephone's only where no code is meant.
_NUMBER_WORDS = frozenset({"numero", "numeron", "numeroa", "number", "nummer", "numret"})
#: Most words beside a code for it to be what the message is about; more where it says what was read or came.
_FEW_WORDS, _TELLING_WORDS = 6, 12
#: Acts in the order in which one wins over another, when no right is asked for.
_ACTS = (Act.WITHDRAW, Act.STATUS, Act.HUMAN, Act.COMPLAINT)


def understand(text: str, subject: str = "", channel: str = "chat", language: str | None = None) -> Reading:
    """What a message asks for and does.

    `text` may carry quotes and signatures; only the writer's own part counts. `subject` is a mail's subject line,
    `language` the conversation's, used when the text itself shows none. Pure, and linear in the text's length.
    """
    own = visible(text)
    safe, _ = mask(own)
    _, sensitive = mask(f"{subject}\n{text}")
    body = excerpt(without_signature(safe) if channel == "email" else safe)
    heading = "" if _REPLY_SUBJECT.match(subject) else excerpt(mask(subject)[0])
    lang = detect(tokenise(body if len(body) > 20 else f"{heading} {body}"), language)
    return _Reader(body, heading, own, lang).read(safe, sensitive)


class _Reader:
    """Puts findings together into one reading."""

    def __init__(self, body: str, heading: str, own: str, lang: str) -> None:
        self.lang = lang
        self.own = own
        self.heading = heading
        self.message = Message(body, lang)
        self.findings = apply(self.message.scopes(), self.message.words)
        if not self.findings and heading:
            # A body that asks for nothing ("Hei, nimeni on …") leans on its subject.
            self.heading = ""
            self.message = Message(f"{heading}\n\n{body}", lang)
            self.findings = apply(self.message.scopes(), self.message.words)

    def read(self, safe: str, sensitive: tuple[str, ...]) -> Reading:
        """The reading."""
        found_codes = digits.codes(safe)
        asked = [finding for finding in self.findings if isinstance(finding.rule.reads, Kind)]
        silenced = next((finding for finding in self.findings if finding.rule.silences), None)
        if silenced:
            return self._reading(Act.OTHER, [silenced], safe, sensitive)
        act = self._other_act(found_codes)
        asked = self._counting(asked, act)
        sure = [finding for finding in asked if finding.rule.sure]
        if asked and not (act is Act.CODE and not sure):
            return self._request(asked, sure, safe, sensitive, found_codes)
        used = [finding for finding in self.findings if finding.rule.reads is act]
        offered = dict.fromkeys(
            kind for finding in used if not finding.rule.sure for kind in finding.rule.also
        )
        return self._reading(act, used, safe, sensitive, found_codes, candidates=tuple(offered))

    def _counting(self, asked: Sequence[Finding], act: Act) -> list[Finding]:
        """The findings that count: with a new value where one is needed, and few when a request is taken back."""
        kept = []
        for finding in asked:
            needs_value = finding.rule.value or (
                act is Act.WITHDRAW and finding.rule.reads is Kind.CORRECTION
            )
            if finding.rule.yields_to in {other.rule.reads for other in asked} and not self._purposes_of(
                finding
            ):
                continue
            if needs_value and not any(correction.new_value for correction in self._corrections([finding])):
                continue
            if act is Act.WITHDRAW and not finding.rule.sure:
                continue
            if act is Act.CODE and self._calls_code_a_number(finding):
                continue
            kept.append(finding)
        return kept

    def _calls_code_a_number(self, finding: Finding) -> bool:
        """ "Siinä luki numero 482107, toivottavasti oikea": the number is the code, no telephone's."""
        if finding.rule.reads is not Kind.CORRECTION:
            return False
        fields = [hit.words.casefold() for hit in finding.hits if hit.key in FIELDS]
        valued = any(correction.new_value for correction in self._corrections([finding]))
        return not valued and bool(fields) and all(word in _NUMBER_WORDS for word in fields)

    def _other_act(self, found_codes: tuple[str, ...]) -> Act:
        message = self.message
        reads = {finding.rule.reads for finding in self.findings}
        if Act.WITHDRAW in reads:
            # Who takes a request back does not prove it, although the code stands beside it.
            return Act.WITHDRAW
        telling = message.has("READS", "RECEIVED") and not message.has("ORDER", "PARCEL", "ORDER_Q")
        few = _TELLING_WORDS if telling else _FEW_WORDS
        if found_codes and (message.words <= few or message.has("CODE_WORD") or digits.spoken_code(self.own)):
            return Act.CODE
        if digits.letter_code(self.own) and (message.words <= 5 or message.has("CODE_WORD")):
            return Act.CODE
        for act in _ACTS:
            if act in reads:
                return act
        if self._only_thanks():
            return Act.THANKS
        return Act.OTHER

    def _only_thanks(self) -> bool:
        if not self.message.has("THANKS_CORE", "THANKS"):
            return False
        if any(part.sentence.asks for part in self.message.parts):
            return False
        if any(finding.rule.reads is Act.OTHER for finding in self.findings) and not self.message.has(
            "RECEIVED"
        ):
            return False
        if self.message.has("THANKS_CORE"):
            return not self.message.has("ORDER", "PARCEL", "PASSWORD", "POLICY") or self.message.words <= 8
        return self.message.only("THANKS", "GREETING")

    def _request(
        self,
        asked: Sequence[Finding],
        sure: Sequence[Finding],
        safe: str,
        sensitive: tuple[str, ...],
        found_codes: tuple[str, ...],
    ) -> Reading:
        chosen = list(sure) or list(asked)
        unsure = not sure
        if any(finding.rule.reads is Kind.OBJECTION for finding in chosen):
            chosen = [finding for finding in chosen if not self._objected(finding)]
        kinds = {finding.rule.reads for finding in chosen}
        corrections = self._corrections(chosen) if Kind.CORRECTION in kinds else ()
        doubts: set[Kind] = set()
        if kinds == {Kind.CORRECTION} and not any(correction.new_value for correction in corrections):
            # Beside another right it leaves no doubt about what is asked: only the value is.
            doubts.add(Kind.CORRECTION)
        elif unsure and kinds == {Kind.CORRECTION}:
            unsure = False
        if self.message.has("OTHER_PERSON"):
            unsure = True
        candidates: dict[Kind, None] = {}
        for finding in chosen:
            if isinstance(finding.rule.reads, Kind):
                candidates[finding.rule.reads] = None
                candidates.update(dict.fromkeys(finding.rule.also))
        doubtful = unsure or bool(doubts)
        purposes = self._purposes(chosen, asked)
        return self._reading(
            Act.REQUEST, chosen, safe, sensitive, found_codes, tuple(sorted(k for k in kinds if isinstance(k, Kind))),
            purposes, corrections, not doubtful, tuple(candidates) if doubtful else (),
        )  # fmt: skip

    def _objected(self, finding: Finding) -> bool:
        """A ban beside an objection that only says the same: "vastustan … eikä minua saa profiloida"."""
        return finding.rule.reads is Kind.OPT_OUT and self._purposes_of(finding) <= _OBJECTABLE

    def _purposes_of(self, finding: Finding) -> set[Purpose]:
        if finding.rule.reads not in (Kind.OPT_OUT, Kind.OBJECTION):
            return set()
        named = self.message.purposes(finding) if finding.rule.names else set()
        if finding.rule.reads is Kind.OBJECTION:
            named &= _OBJECTABLE
        return (set(finding.rule.purposes) | named) or set(finding.rule.otherwise)

    def _purposes(self, chosen: Sequence[Finding], asked: Sequence[Finding]) -> tuple[Purpose, ...]:
        spoken_of = [finding for finding in asked if finding in chosen or self._objected(finding)]
        found: set[Purpose] = set()
        for finding in spoken_of:
            found |= self._purposes_of(finding)
        return tuple(purpose for purpose in Purpose if purpose in found)

    def _corrections(self, chosen: Sequence[Finding]) -> tuple[Correction, ...]:
        """Fields the correcting sentences name, with their new values; else those the message names at all."""
        found: dict[str, Correction] = {}
        asking = [finding for finding in chosen if finding.rule.reads is Kind.CORRECTION]
        for finding in asking:
            named = [FIELDS[hit.key] for hit in finding.hits if hit.key in FIELDS]
            for name in named or (["address"] if "MOVED" in self._keys(finding.sentence) else []):
                self._note(found, name, self.message.text_of(finding.sentence, 2))
            for number in (finding.sentence, finding.sentence + 1):
                for name in self._fields(number):
                    self._note(found, name, self.message.text_of(number, 0), only_valued=True)
        if asking and not found:
            self._look_everywhere(found)
        return tuple(found.values())

    def _look_everywhere(self, found: dict[str, Correction]) -> None:
        for number in range(len(self.message.parts)):
            names = self._fields(number) + (["address"] if "MOVED" in self._keys(number) else [])
            for name in names:
                self._note(found, name, self.message.text_of(number, 3), only_valued=True)

    def _keys(self, number: int) -> frozenset[str]:
        if number >= len(self.message.parts):
            return frozenset()
        whole = self.message.parts[number].whole
        return frozenset(whole.hits) if whole else frozenset()

    def _fields(self, number: int) -> list[str]:
        return [FIELDS[key] for key in sorted(self._keys(number)) if key in FIELDS]

    @staticmethod
    def _note(found: dict[str, Correction], name: str, text: str, only_valued: bool = False) -> None:
        if name in found and found[name].new_value is not None:
            return
        correction = read_correction(name, text)
        if name == "address" and correction.new_value is None and "@" in text:
            # "Osoitteeni on …" followed by an e-mail address speaks of that.
            name, correction = "email", read_correction("email", text)
        if correction.new_value is not None or not (only_valued or name in found):
            found[name] = correction

    def _reading(
        self,
        act: Act,
        used: Sequence[Finding],
        safe: str,
        sensitive: tuple[str, ...],
        found_codes: tuple[str, ...] = (),
        kinds: tuple[Kind, ...] = (),
        purposes: tuple[Purpose, ...] = (),
        corrections: tuple[Correction, ...] = (),
        sure: bool = True,
        candidates: tuple[Kind, ...] = (),
    ) -> Reading:
        new = frozenset(c.new_value for c in corrections if c.name == "email" and c.new_value)
        spoken = self._recognised(bool(kinds or candidates))
        if kinds and sure and set(spoken.special) - {Special.COMPANY_CONTACT}:
            # Whoever it is for, the right asked for stays clear; a person settles the rest.
            sure, candidates = False, kinds
        claim = identifiers(self.message.text)
        return Reading(
            lang=self.lang,
            kinds=kinds,
            act=act,
            opt_out_purposes=purposes,
            corrections=corrections,
            claimed_email=claimed_email(self.message.text, new) or labelled_email(self.own, new),
            claimed_customer=claim.customer_id or None,
            claimed_order=claim.order_id or None,
            codes=found_codes,
            case_ids=digits.case_ids(self.own),
            sensitive=sensitive,
            special=spoken.special,
            sure=(sure and all(finding.rule.sure for finding in used)) or bool(kinds and sure),
            candidates=candidates,
            why=(*dict.fromkeys(finding.why for finding in used), *spoken.why),
            safe_text=_without_codes(safe),
        )

    def _recognised(self, asks: bool) -> Recognised:
        """For whom it is written; a subject of the writer's own says it as well as the text."""
        found = recognise(self.message, asks)
        if found.special or not any(
            is_telling(word, self.message.languages) for word in words_of(self.heading)
        ):
            return found
        return recognise(Message(self.heading, self.lang), asks)


def _without_codes(text: str) -> str:
    for match in sorted(digits.code_places(text), key=lambda match: match.start(), reverse=True):
        text = f"{text[: match.start()]}{MASKS['code']}{text[match.end() :]}"
    return text
