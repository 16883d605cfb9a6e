"""Greetings before and thanks after what is meant: taken off, so that politeness never changes a reading.

"Hei taas, poistakaa tietoni. Kiitos etukäteen!" is read as "poistakaa tietoni." A message of nothing but courtesies
stays as it is.
"""

from __future__ import annotations

from collections.abc import Sequence

from cases.understanding.language import active
from cases.understanding.lexicon import lexicon
from cases.understanding.tokens import Token, sentences, tokenise

#: What stands beside a greeting or thanks without saying anything.
_POLITE = frozenset(
    {"GREETING", "THANKS", "THANKS_CORE", "GRATITUDE", "ADDRESSED", "PLEASE", "ME", "FROM_YOU"}
)
_NOTHING: frozenset[str] = frozenset()
#: "Ei kiitos", "no thanks".
_REFUSING = frozenset({"ei", "en", "no", "nej", "not"})
_CLOSES = frozenset(",.!:\n")
#: Most words of a greeting ("Hyvä verkkokaupan asiakaspalvelu,") and of thanks ("Kiitos jo etukäteen avustanne!").
_GREETING_WORDS, _THANKS_WORDS = 6, 6


def without_courtesies(text: str, lang: str, may_be_all: bool = False) -> str:
    """The text less a greeting it starts with and the thanks it ends with.

    `may_be_all`: where nothing else stands there, nothing is left; else such a text stays as it is.
    """
    languages = active(lang)
    tokens = tokenise(text)
    greeted = _greeting_end(tokens, languages)
    while greeted and (again := _greeting_end(tokens[greeted:], languages)):
        greeted += again
    start = tokens[greeted].start if greeted < len(tokens) else len(text)
    rest = text[start : _thanks_start(text, tokens, languages)]
    return rest.strip() if may_be_all or any(letter.isalnum() for letter in rest) else text


def _says_more(token: Token, languages: frozenset[str]) -> bool:
    """Whether a word means something, and nothing polite."""
    meant = lexicon().meanings(token.fold, languages) if token.sort == "word" else _NOTHING
    return bool(meant) and not meant & _POLITE


def _means(token: Token, concept: str, languages: frozenset[str]) -> bool:
    return token.sort == "word" and concept in lexicon().meanings(token.fold, languages)


def _greeting_end(tokens: Sequence[Token], languages: frozenset[str]) -> int:
    """How many tokens a greeting at the start takes; 0 without one."""
    if not tokens or not _means(tokens[0], "GREETING", languages):
        return 0
    for at, token in enumerate(tokens[: _GREETING_WORDS + 1]):
        if token.fold in _CLOSES:
            marks = (i for i in range(at, len(tokens)) if tokens[i].fold not in _CLOSES)
            return next(marks, len(tokens))
        if token.sort != "word" or _says_more(token, languages):
            # "Hei poistakaa …": the greeting is the words before.
            greets = all(_means(each, "GREETING", languages) for each in tokens[:at])
            return at if greets else 0
    return 0


def _thanks_start(text: str, tokens: Sequence[Token], languages: frozenset[str]) -> int:
    """Where the thanks at the end begin; the text's length without any."""
    end = len(text)
    for sentence in reversed(sentences(text, tokens)):
        words = [token for token in sentence.tokens if token.sort != "mark"]
        if not _is_thanks(words, languages) or sentence.asks:
            return min(end, _trailing_thanks(sentence.tokens, languages) or end)
        end = sentence.tokens[0].start
    return end


def _is_thanks(words: Sequence[Token], languages: frozenset[str]) -> bool:
    """ "Kiitos jo etukäteen avustanne": thanks, and nothing that means more."""
    thanks = any(_means(token, "THANKS_CORE", languages) for token in words)
    return thanks and len(words) <= _THANKS_WORDS and not any(_says_more(token, languages) for token in words)


def _trailing_thanks(tokens: Sequence[Token], languages: frozenset[str]) -> int:
    """Where "(,) kiitos etukäteen" at the end of a sentence begins; 0 without it. "Ei kiitos" is no thanks."""
    at = len(tokens)
    while at and (tokens[at - 1].sort == "mark" or _is_polite(tokens[at - 1], languages)):
        at -= 1
    first = next((i for i in range(at, len(tokens)) if _means(tokens[i], "THANKS_CORE", languages)), 0)
    return 0 if not first or tokens[first - 1].fold in _REFUSING else tokens[first].start


def _is_polite(token: Token, languages: frozenset[str]) -> bool:
    return token.sort == "word" and bool(lexicon().meanings(token.fold, languages) & _POLITE)
