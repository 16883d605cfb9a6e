"""What the learned weights look at in a message: meanings with their moods, pairs of them, words, what rules said.

Every feature is a short readable text (`pair:DELETE ACCOUNT`), so that a weight can be looked up and shown. Here
nothing is weighed; `weights` does that, and `learning/` finds the weights.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, pairwise

from cases.understanding.message import Message, Part
from cases.understanding.rules import Finding
from cases.understanding.tokens import Token

#: Lengths of the word beginnings that are looked at.
_BEGINNINGS = (4, 6)
_PAIRED_LETTERS = 5
#: A sentence of nothing but these says nothing about what is asked.
_COURTESIES = ("GREETING", "THANKS", "THANKS_CORE")


@dataclass(frozen=True, slots=True)
class Look:
    """What one message shows; every feature once."""

    #: Meanings, pairs of meanings, rules and circumstances, and neighbouring words.
    signs: tuple[str, ...]
    #: Its words, folded; numbers and addresses by their kind.
    words: tuple[str, ...]

    @property
    def size(self) -> int:
        """How much it shows."""
        return len(self.signs) + len(self.words)


@dataclass(frozen=True, slots=True)
class Page:
    """A subject line or a text, with the rules that held on it."""

    message: Message
    findings: Sequence[Finding]
    is_subject: bool = False


def look_at(pages: Sequence[Page], verdict: Sequence[str]) -> Look:
    """What a message shows: `pages` in their order, `verdict` what the rules made of it."""
    sentences = [(page, part) for page in pages for part in _telling(page.message)]
    keys = [_keys(part) for _, part in sentences]
    said = [_rules(part, page.findings) for page, part in sentences]
    told = [[*dict.fromkeys(keys[at]), *reads] for at, (_, reads) in enumerate(said)]
    signs: dict[str, None] = dict.fromkeys(verdict)
    words: dict[str, None] = {}
    for at, (page, part) in enumerate(sentences):
        signs.update(dict.fromkeys(_of_meanings(part, keys[at])))
        signs.update(dict.fromkeys(said[at][0]))
        signs.update(dict.fromkeys(_around(told, at)))
        if part.sentence.asks:
            signs["asks"] = None
        if page.is_subject:
            signs.update((f"subject:here:{key}", None) for key in keys[at])
        shapes = [_shape(token) for token in part.sentence.tokens]
        words.update(dict.fromkeys(shapes))
        signs.update(dict.fromkeys(_word_pairs(shapes)))
    return Look(tuple(signs), tuple(words))


def _telling(message: Message) -> list[Part]:
    """The sentences that are more than a greeting or thanks; all, where there is nothing else."""
    telling = [part for part in message.parts if not message.is_only(part, *_COURTESIES)]
    return telling or message.parts


def _keys(part: Part) -> list[str]:
    """What is meant in a sentence, in the order it stands."""
    if part.whole is None:
        return []
    places = sorted([(hit.at, key) for key, listed in part.whole.hits.items() for hit in listed])
    return [key for _, key in places]


def _of_meanings(part: Part, keys: Sequence[str]) -> list[str]:
    signs = [f"here:{key}" for key in dict.fromkeys(keys)]
    signs += [f"then:{first} {second}" for first, second in pairwise(keys)]
    for clause in part.clauses:
        signs += [f"pair:{first} {second}" for first, second in combinations(sorted(clause.hits), 2)]
    return signs


def _rules(part: Part, findings: Sequence[Finding]) -> tuple[list[str], list[str]]:
    """What the rules say of a sentence, and of that what they read it as."""
    signs: list[str] = []
    reads: list[str] = []
    for finding in findings:
        if finding.sentence == part.number:
            read = f"{finding.rule.reads}{'' if finding.rule.sure else '?'}"
            signs += (f"rule:{finding.rule.name}", f"reads:{read}")
            reads.append(read)
    return signs, reads


def _around(told: Sequence[Sequence[str]], at: int) -> list[str]:
    """What stands beside each meaning of a sentence in the sentences before and after, in a few words."""
    signs = [f"before:{one}" for one in told[at - 1]] if at else []
    if at + 1 < len(told):
        signs += [f"after:{one}" for one in told[at + 1]]
    return signs


def _shape(token: Token) -> str:
    if token.sort == "number":
        return f"#number{min(len(token.text), 9)}"
    return token.fold if token.sort in ("word", "mark") else f"#{token.sort}"


def _word_pairs(shapes: Sequence[str]) -> Iterator[str]:
    """Neighbouring words by their beginnings, the sentence's start included."""
    before = "^"
    for shape in shapes:
        start = shape[:_PAIRED_LETTERS]
        yield f"two:{before} {start}"
        before = start


@lru_cache(maxsize=65_536)
def word_features(word: str) -> tuple[str, ...]:
    """A word and its beginnings."""
    return (f"word:{word}", *(f"start:{word[:size]}" for size in _BEGINNINGS if word.isalpha()))
