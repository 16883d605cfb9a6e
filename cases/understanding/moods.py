"""Whether a thing is asked, denied, was asked before, is done, or only supposed.

Every word gets one mood; rules look at the mood of words that can be denied (`polar` in the lexicon). The little
words this goes by stand in `data/moods.toml`. Rules and meanings live elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from cases.understanding.lexicon import LANGUAGES, read_data
from cases.understanding.prepare import fold
from cases.understanding.tokens import Sentence, Token

#: How many words a negation reaches.
_REACH = 14
#: How English asks what the shop does, and with which word each goes on.
_SHOP_DOES = {"do": ("you",), "are": ("you",), "does": ("the",)}


class Mood(StrEnum):
    """How a word is meant."""

    PLAIN = "plain"
    DENIED = "denied"
    PAST = "past"
    DONE = "done"
    ASKED = "asked"
    SUPPOSED = "supposed"


class _Words:
    """The tables of `moods.toml`, folded."""

    def __init__(self) -> None:
        data = read_data("moods.toml")
        self.table = {
            (section, key): frozenset(fold(word) for word in words)
            for section, keys in data.items()
            for key, words in keys.items()
        }
        self.endings = {
            key: tuple(fold(word) for word in data["done"][key]) for key in ("fi_endings", "en_endings")
        }
        self.supposed_wishes = tuple(data["condition"]["wishes"])

    def __getitem__(self, key: tuple[str, str]) -> frozenset[str]:
        return self.table[key]

    def negations(self, languages: Set[str]) -> frozenset[str]:
        return frozenset().union(
            *(
                self.table.get(("negation", language), frozenset())
                for language in LANGUAGES
                if language in languages
            )
        )


@lru_cache(maxsize=1)
def _words() -> _Words:
    return _Words()


class _Turning(NamedTuple):
    """How one word can turn what is said around it."""

    negates: bool = False
    ceases: bool = False
    #: "Poistamatta": denied by its own ending.
    lacks: bool = False
    #: May be what was done, after a Finnish or an English "be" or "have".
    done_fi: bool = False
    done_en: bool = False
    #: "Poistatteko": asks what the shop does; "do", "are", "does" may begin to ask it.
    asks: bool = False
    opens_question: bool = False
    supposes: bool = False
    meanwhile: bool = False


_STILL = _Turning()


@lru_cache(maxsize=65_536)
def _turning(word: str, languages: frozenset[str]) -> _Turning:
    """What a folded word can do; most can do nothing."""
    words = _words()
    found = _Turning(
        negates=word in words.negations(languages),
        ceases=word in words["ceasing", "words"],
        lacks=len(word) > 7 and word.endswith(tuple(words["reports", "without"])),
        done_fi=word.endswith(words.endings["fi_endings"]),
        done_en=word.endswith(words.endings["en_endings"]),
        asks=_asks_of_shop(word),
        opens_question=word in _SHOP_DOES,
        supposes=word in words["condition", "words"],
        meanwhile=word in words["meanwhile", "words"],
    )
    return _STILL if found == _STILL else found


def _asks_of_shop(word: str) -> bool:
    polite = word.endswith(("isitteko", "isitteks")) or word.startswith(("voi", "saa", "pysty", "viits"))
    return word.endswith(("tteko", "tteks")) and not polite


def moods(
    sentence: Sentence,
    languages: frozenset[str],
    past_asks: Sequence[int],
    asks_nouns: Set[int],
    personal: bool,
) -> list[Mood]:
    """The mood of every token of a sentence.

    `past_asks` are the places of words like "pyysin" or "lähetin", `asks_nouns` those of words that name a request;
    `personal` that the writer speaks of themselves.
    """
    tokens = sentence.tokens
    found = [Mood.PLAIN] * len(tokens)
    turning = _turns(tokens, languages)
    if not turning and not past_asks:
        return found
    if any(turns.supposes for _, turns in turning):
        _suppose(tokens, found)
    if any(turns.meanwhile for _, turns in turning):
        _mark_meanwhile(sentence, found)
    _mark_done(tokens, turning, found)
    for at in past_asks:
        _mark_past(sentence, at, found, asks_nouns)
    for at, turns in turning:
        if turns.lacks:
            found[at] = Mood.DENIED
        if turns.negates and not _is_answer_no(tokens, at, languages):
            _deny(sentence, at, found)
        if turns.ceases:
            _deny_closely(tokens, at, found)
    if not personal:
        _mark_asked(tokens, turning, found)
    return found


def _turns(tokens: Sequence[Token], languages: frozenset[str]) -> list[tuple[int, _Turning]]:
    """The places of the words that can turn anything."""
    words = [_turning(token.fold, languages) for token in tokens]
    return [(at, word) for at, word in enumerate(words) if word is not _STILL]


def negated_places(tokens: Sequence[Token], languages: frozenset[str]) -> list[int]:
    """Where the negating words stand."""
    return [at for at, turns in _turns(tokens, languages) if turns.negates]


def _is_answer_no(tokens: Sequence[Token], at: int, languages: frozenset[str]) -> bool:
    """ "No, please delete it" and Finnish "no" (well) deny nothing."""
    follows = tokens[at + 1].fold if at + 1 < len(tokens) else ""
    return tokens[at].fold == "no" and (("fi" in languages and "en" not in languages) or follows == ",")


def _is_command(token: Token) -> bool:
    return token.fold.endswith("kaa") and len(token.fold) > 5


def _deny(sentence: Sentence, at: int, found: list[Mood]) -> None:
    words, tokens = _words(), sentence.tokens
    if _is_unable(tokens, at):
        return
    if _is_own_act(tokens, at):
        found[at + 1] = Mood.DONE
        return
    reports = _reports(tokens, at)
    forbids = tokens[at].fold.startswith(("alka", "elka"))
    end = at + 1
    while end < min(len(tokens), at + _REACH) and not _ends_denial(tokens, at, end, forbids):
        if found[end] is Mood.PLAIN:
            found[end] = Mood.DONE if reports else Mood.DENIED
        end += 1
    reached = [token.fold for token in tokens[at + 1 : end]]
    if end - at <= 4 and any(word in words["wish_verbs", "words"] for word in reached):
        for before in range(_clause_start(sentence, at), at):
            if found[before] is Mood.PLAIN:
                found[before] = Mood.DENIED


def _is_own_act(tokens: Sequence[Token], at: int) -> bool:
    words = _words()
    if at + 1 >= len(tokens) or tokens[at + 1].fold not in words["own_acts", "words"]:
        return False
    before = {token.fold for token in tokens[max(0, at - 2) : at]}
    return tokens[at].fold in words["own_acts", "negations"] or bool(before & words["own_acts", "subjects"])


def _reports(tokens: Sequence[Token], at: int) -> bool:
    """ "En saanut", "I haven't received": what did not happen is told, nothing is forbidden."""
    words = _words()
    following = [token.fold for token in tokens[at + 1 : at + 3]]
    ahead = next((word for word in following if word not in words["reports", "be"]), "")
    before = tokens[at - 1].fold if at else ""
    if tokens[at].fold in words["reports", "words"] or (
        tokens[at].fold == "not" and before in ("did", "have", "has")
    ):
        return True
    return ahead in words["reports", "comings"] or (
        len(ahead) > 4 and ahead.endswith(tuple(words["reports", "endings"]))
    )


def _deny_closely(tokens: Sequence[Token], at: int, found: list[Mood]) -> None:
    """ "Stop using my data": the next few words of the clause are denied."""
    for place in range(at + 1, min(len(tokens), at + 6)):
        token = tokens[place]
        if token.sort == "mark" or token.fold in _words()["ends", "joins"] or _is_command(token):
            return
        if found[place] is Mood.PLAIN:
            found[place] = Mood.DENIED


def _clause_start(sentence: Sentence, at: int) -> int:
    return next((start for start, end in sentence.clauses if start <= at < end), 0)


def _is_unable(tokens: Sequence[Token], at: int) -> bool:
    words = _words()
    ahead = [token.fold for token in tokens[at + 1 : at + 4] if token.sort == "word"]
    if ahead and f"{tokens[at].fold} {ahead[0]}" in words["unable", "first_person"]:
        return True
    return bool(ahead) and (ahead[0] in words["unable", "words"] or ahead[0] in ("only", "just"))


def _ends_denial(tokens: Sequence[Token], at: int, here: int, forbids: bool) -> bool:
    words = _words()
    token = tokens[here]
    follows = tokens[here + 1].fold if here + 1 < len(tokens) else ""
    if token.fold in words["ends", "words"]:
        return here - at > 1 or token.fold not in ("vaan", "just", "only")
    if token.sort == "mark":
        return token.fold in words["ends", "marks"] or (
            token.fold in (",", "\n", "-") and follows not in words["ends", "carried"]
        )
    if token.fold in words["ends", "joins"]:
        return follows in words["ends", "wishes"] or follows.endswith("kaa")
    return _is_command(token) and not forbids


def _mark_past(sentence: Sentence, at: int, found: list[Mood], asks_nouns: Set[int]) -> None:
    words, tokens = _words(), sentence.tokens
    first, last = next(clause for clause in sentence.clauses if clause[0] <= at < clause[1])
    asks_noun = any(first <= place < last for place in asks_nouns)
    alone = any(token.fold in words["past", "alone"] for token in tokens[at : at + 3])
    before = {token.fold for token in tokens[max(0, at - 2) : at]}
    if not (alone or asks_noun) or before & words["past", "not_after"]:
        return
    start = at
    while start > 0 and tokens[start - 1].fold not in words["past", "ends"] and tokens[start - 1].fold != ",":
        start -= 1
    end, limit = at, len(tokens) if alone else last
    while end < limit and tokens[end].fold not in words["past", "ends"]:
        end += 1
    for place in range(start, end):
        if found[place] is Mood.PLAIN and not _is_command(tokens[place]):
            found[place] = Mood.PAST


def _mark_done(tokens: Sequence[Token], turning: Sequence[tuple[int, _Turning]], found: list[Mood]) -> None:
    words = _words()
    for at, turns in turning:
        if not (turns.done_fi or turns.done_en):
            continue
        before = {earlier.fold for earlier in tokens[max(0, at - 6) : at]}
        finnish = turns.done_fi and before & words["done", "be"]
        english = turns.done_en and before & words["done", "have"] and not before & words["done", "wants"]
        if finnish or english:
            found[at] = Mood.DONE


def _mark_asked(tokens: Sequence[Token], turning: Sequence[tuple[int, _Turning]], found: list[Mood]) -> None:
    """ "Poistatteko tietoja?" without a word about oneself asks how the shop does things."""
    for at, turns in turning:
        if turns.asks:
            end = at + 1
        elif (
            turns.opens_question
            and at + 1 < len(tokens)
            and tokens[at + 1].fold in _SHOP_DOES[tokens[at].fold]
        ):
            end = len(tokens)
        else:
            continue
        for place in range(at, end):
            if found[place] is Mood.PLAIN:
                found[place] = Mood.ASKED


def _mark_meanwhile(sentence: Sentence, found: list[Mood]) -> None:
    for start, end in sentence.clauses:
        if sentence.tokens[start].fold in _words()["meanwhile", "words"]:
            for place in range(start, end):
                if not _is_command(sentence.tokens[place]):
                    found[place] = Mood.SUPPOSED


def _suppose(tokens: Sequence[Token], found: list[Mood]) -> None:
    words = _words()
    first = [at for at, token in enumerate(tokens[:3]) if token.fold in words["condition", "words"]]
    if not first:
        return
    end = next(
        (at for at in range(first[0], len(tokens)) if tokens[at].fold in (",", "niin", "then")), len(tokens)
    )
    clause = [token.fold for token in tokens[first[0] : end]]
    if any(word.endswith(words.supposed_wishes) for word in clause):
        return
    for at in range(first[0], end):
        if not _is_command(tokens[at]):
            found[at] = Mood.SUPPOSED
