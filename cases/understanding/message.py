"""A message cut up and given meaning: what rules are tried on.

Here live clauses, inherited verbs and the stretches of text rules look at. What a rule concludes lives in `rules`,
what is made of all conclusions in `reading`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from cases.model import Purpose
from cases.understanding.corrections import FIELDS
from cases.understanding.language import active
from cases.understanding.lexicon import Span, lexicon
from cases.understanding.moods import moods, negated_places
from cases.understanding.rules import MOOD_PREFIX, Finding, Hit, Scope
from cases.understanding.tokens import Sentence, Token, has_digit, sentences, tokenise

#: The articles of the GDPR that give a right: "15 artikla", "Art. 21(1)".
_ARTICLE = re.compile(
    r"\b(?:artikl\w*|article|art|artikel\w*)\.?\s*(15|16|17|18|20|21)\b"
    r"|\b(15|16|17|18|20|21)\.?\s*(?:artikl\w*|art\b)",
    re.IGNORECASE,
)
_PURPOSE_OF = {
    "MARKETING": Purpose.DIRECT_MARKETING, "SALES": Purpose.DISTANCE_SELLING, "SURVEY": Purpose.MARKET_RESEARCH,
    "PUBLISH": Purpose.PUBLICATION, "DISCLOSE": Purpose.DISCLOSURE, "PROFILE": Purpose.PROFILING,
}  # fmt: skip
#: Meanings a Finnish possessive ending makes the writer's own.
_OWNED = frozenset(
    {"DATA", "HISTORY", "ACCOUNT", "ITEM", "REQUEST", "CONSENT", "MARKETING", "ORDER", "DELETE", *FIELDS}
)
#: A sentence that starts with one of these asks, question mark or not.
_ASKING = frozenset(
    {"WHAT_IS", "TO_WHOM", "WHENCE", "HOW_LONG", "WHY", "WHETHER", "HAVE_YOU", "AM_I", "QUESTION"}
)
_JOINS = frozenset({"ja", "seka", "and", "or", "tai", "och", "eller"})
_SUBJECTS = frozenset({"i", "we", "you", "it", "mina", "ma", "me", "jag", "vi", "se"})
#: "Everything (that) you …": between what shall go and the verb that says whose it is.
_RELATIVES = frozenset(
    [
        "that",
        "which",
        "what",
        "you",
        "u",
        "may",
        "might",
        "still",
        "te",
        "minusta",
        "musta",
        "mita",
        "jotka",
        "jota",
        "joita",
        "mitka",
    ]
)
_COPULAS = frozenset({"on", "ovat", "oli", "is", "are", "was", "ar", "var"})
_IDENTIFIERS = frozenset({"NUMBER", "AN_EMAIL"})
_CONTRASTS = frozenset({"mutta", "but", "men", "kunhan", "except", "paitsi", "utom", "vaikka"})


@dataclass(slots=True)
class Part:
    """One sentence with its meanings, and its clauses as scopes."""

    sentence: Sentence
    number: int
    #: Every meaning in it, words and phrases alike.
    spans: Sequence[Span]
    clauses: list[Scope] = field(default_factory=list)
    whole: Scope | None = None


def _possessive(token: Token, concepts: frozenset[str] | set[str], languages: frozenset[str]) -> bool:
    """A Finnish possessive ending on a noun of the lexicon: `tietoni`, `osoitettani`, `tilimme`."""
    if "fi" not in languages or not concepts & _OWNED or len(token.fold) < 5:
        return False
    return token.fold.endswith(("ni", "mme", "nikin", "niki", "mmekin", "nihan"))


def _goes_on(clause: Sequence[Token]) -> bool:
    """A clause without a verb of its own that leans on the one before: "poistakaa tilini [ja kaikki tietoni]"."""
    first = clause[0].fold
    return first in _JOINS or (first == "," and not any(token.fold in _SUBJECTS for token in clause))


def _states(clause: Sequence[Token], hits: Sequence[Hit]) -> bool:
    """A clause that says how something is and needs no verb of another: "poistakaa tilini [ja nimeni on väärin]"."""
    return any(hit.key in ("WRONG", "CHANGED") for hit in hits) and any(
        token.fold in _COPULAS for token in clause
    )


def _without_named_objects(spans: Sequence[Span], tokens: Sequence[Token]) -> list[Span]:
    """Without the "you have on me" of "delete all data you have on me": it names what shall go, and asks nothing."""
    if not any(span.concept == "KNOW" for span in spans):
        return list(spans)
    deleting = [span.start for span in spans if span.concept in ("DELETE", "FORGET")]
    named = {span.end for span in spans if span.concept in ("DATA", "ALL", "EVERYTHING", "HISTORY")}

    def names_object(span: Span) -> bool:
        at = span.start
        while at not in named and at and tokens[at - 1].fold in _RELATIVES:
            at -= 1
        return at in named and any(place < at for place in deleting)

    return [span for span in spans if span.concept != "KNOW" or not names_object(span)]


def _says_who(hits: Sequence[Hit]) -> bool:
    """A clause that only says by which number or address the writer is known: "poistakaa tietoni, tilaus 20417"."""
    keys = {hit.key for hit in hits}
    return bool(keys & _IDENTIFIERS) and keys <= _IDENTIFIERS | {"ORDER", "SUBSCRIPTION", "MY"}


def _text(tokens: Sequence[Token], start: int, end: int) -> str:
    if end == start + 1:
        return tokens[start].text
    return " ".join([token.text for token in tokens[start:end]])


def _by_key(hits: Sequence[Hit]) -> dict[str, list[Hit]]:
    table: dict[str, list[Hit]] = {}
    for hit in hits:
        table.setdefault(hit.key, []).append(hit)
    return table


class Message:
    """The own text of a message, cut up and given meaning."""

    def __init__(self, text: str, language: str) -> None:
        self.text = text
        self.languages = active(language)
        self.tokens = tokenise(text)
        self._is_numbered = has_digit(text)
        self.words = sum(token.sort == "word" for token in self.tokens)
        self.parts: list[Part] = []
        base = 0
        for number, sentence in enumerate(sentences(text, self.tokens)):
            self.parts.append(self._part(sentence, number, base))
            base += len(sentence.tokens)
        self._keys = frozenset(key for part in self.parts if part.whole for key in part.whole.hits)

    def _part(self, sentence: Sentence, number: int, base: int) -> Part:
        part = Part(sentence, number, lexicon().spans(sentence.tokens, self.languages))
        hits = list(self._hits(sentence, part.spans, base))
        asks = sentence.asks or any(hit.at < base + 3 and hit.key in _ASKING for hit in hits)
        inherited: list[Hit] = []
        for start, end in sentence.clauses:
            own = [hit for hit in hits if start <= hit.at - base < end]
            verbs = [hit for hit in own if hit.polar]
            clause = sentence.tokens[start:end]
            if verbs:
                inherited = verbs
            elif inherited and _goes_on(clause) and not _says_who(own) and not _states(clause, own):
                own += inherited
            part.clauses.append(Scope(_by_key(own), number, asks, end - start))
        part.whole = Scope(_by_key(hits), number, asks, len(sentence.tokens), self._is_bare(sentence))
        return part

    def _is_bare(self, sentence: Sentence) -> bool:
        known = lexicon()
        return all(
            token.sort == "mark" or known.meanings(token.fold, self.languages) for token in sentence.tokens
        )

    def _hits(self, sentence: Sentence, meant: Sequence[Span], base: int) -> Iterator[Hit]:
        known, tokens = lexicon(), sentence.tokens
        spans = _without_named_objects(meant, tokens)
        meanings: dict[int, set[str]] = {}
        for span in spans:
            meanings.setdefault(span.start, set()).add(span.concept)
        spans += [
            Span(at, at + 1, "MY")
            for at in sorted(meanings)
            if _possessive(tokens[at], meanings[at], self.languages)
        ]
        names = {span.concept for span in spans}
        past = [span.start for span in spans if span.concept == "PAST_ASK"]
        asks = {span.start for span in spans if span.concept == "ASK_NOUN"}
        found = moods(sentence, self.languages, past, asks, bool(names & {"MY", "ME", "ABOUT_ME"}))
        for start, end, concept in spans:
            polar = known.concepts[concept].polar
            key = MOOD_PREFIX[found[start]] + concept if polar else concept
            yield Hit(key, base + start, _text(tokens, start, end), polar)
        for at in negated_places(tokens, self.languages):
            yield Hit("NEG", base + at, tokens[at].text, False)
        for at, token in enumerate(tokens):
            if token.sort == "email":
                yield Hit("AN_EMAIL", base + at, token.text, False)
            elif token.sort == "number" and len(token.text) >= 3:
                yield Hit("NUMBER", base + at, token.text, False)
        for at, article in self._articles(sentence):
            yield Hit(f"ARTICLE_{article.group(1) or article.group(2)}", base + at, article.group(), False)

    def _articles(self, sentence: Sentence) -> Iterator[tuple[int, re.Match[str]]]:
        """The articles a sentence names, each with the place of its first token."""
        if not self._is_numbered:
            return
        start, end = sentence.tokens[0].start, sentence.tokens[-1].end
        for found in _ARTICLE.finditer(self.text, start, end):
            yield next(i for i, token in enumerate(sentence.tokens) if token.end > found.start()), found

    def scopes(self) -> dict[str, list[Scope]]:
        """What rules are tried on, level by level."""
        wholes = [part.whole for part in self.parts if part.whole is not None]
        return {
            "clause": [scope for part in self.parts for scope in part.clauses],
            "sentence": wholes,
            "context": [self._with_before(wholes, at) for at in range(len(wholes))],
        }

    @staticmethod
    def _with_before(wholes: Sequence[Scope], at: int) -> Scope:
        here = wholes[at]
        if not at:
            return here
        merged = {key: list(hits) for key, hits in here.hits.items()}
        for before in wholes[max(0, at - 2) : at]:
            for key, hits in before.hits.items():
                if not any(hit.polar for hit in hits):
                    merged.setdefault(key, []).extend(hits)
        return Scope(merged, here.sentence, here.asks, here.words, here.bare)

    def has(self, *keys: str) -> bool:
        """Whether any of these meanings stands anywhere."""
        return not self._keys.isdisjoint(keys)

    def only(self, *concepts: str) -> bool:
        """Whether every word is part of something with one of these meanings."""
        return all(self.is_only(part, *concepts) for part in self.parts)

    def is_only(self, part: Part, *concepts: str) -> bool:
        """Whether every word of a sentence is part of something with one of these meanings."""
        tokens = part.sentence.tokens
        covered = {
            place for start, end, concept in part.spans if concept in concepts for place in range(start, end)
        }
        return all(token.sort == "mark" or at in covered for at, token in enumerate(tokens))

    def text_of(self, number: int, following: int = 1) -> str:
        """The text of a sentence and of those that follow it."""
        last = min(len(self.parts) - 1, number + following)
        return self.text[
            self.parts[number].sentence.tokens[0].start : self.parts[last].sentence.tokens[-1].end
        ]

    def purposes(self, finding: Finding) -> set[Purpose]:
        """What a ban names: in its clause and those after it, up to a "but"."""
        part = self.parts[finding.sentence]
        base = sum(len(earlier.sentence.tokens) for earlier in self.parts[: finding.sentence])
        head = min(hit.at for hit in finding.hits) - base
        found: set[Purpose] = set()
        for (start, end), scope in zip(part.sentence.clauses, part.clauses, strict=True):
            if end <= head:
                continue
            if start > head and part.sentence.tokens[start].fold in _CONTRASTS:
                break
            keys = {key.lstrip("-").rpartition(":")[2] for key in scope.hits}
            found |= {purpose for concept, purpose in _PURPOSE_OF.items() if concept in keys}
        return found
