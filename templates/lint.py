"""The law as a lint: does a letter, as it is about to go, say what the law wants it to say?

What each letter must say is data, `lawful.toml`, with the article beside each part; how that table is read stands
here. Pure: a context and a text go in, the missing parts come out.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from templates.catalogue import find
from templates.rendering import Mail
from templates.words import FACES, FOLDER, Forms

Context = Mapping[str, Any]


class UnlawfulLetterError(ValueError):
    """A letter lacks what the law wants it to say; `missing` names each part and its article."""

    def __init__(self, face: str, name: str, missing: Sequence[Missing]) -> None:
        parts = "; ".join(f"{one.id} ({one.article})" for one in missing)
        super().__init__(f"{face}/{name} does not say: {parts}")
        self.letter = name
        self.missing = tuple(missing)


@dataclass(frozen=True, slots=True)
class Part:
    """Something a letter must say. How it is seen is told at the head of `lawful.toml`."""

    id: str
    article: str
    #: In plain words, by language.
    plain: Mapping[str, str]
    when: tuple[str, ...] = ()
    says: tuple[str, ...] = ()
    each: str = ""
    of: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Missing:
    """A part that is not in the letter."""

    id: str
    article: str
    #: What should be said, in the letter's language.
    plain: str


@dataclass(frozen=True, slots=True)
class Sign:
    """Something to be seen in a text."""

    #: One of these is enough.
    texts: tuple[str, ...] = field(repr=False)
    #: As a whole word; else the beginning of one is enough.
    whole: bool = True


#: Signs that stand together in one paragraph.
Passage = tuple[Sign, ...]


@dataclass(frozen=True, slots=True)
class Sought:
    """What one part comes to in one letter."""

    part: Part
    passages: tuple[Passage, ...] = ()
    #: Something that must be said has no value at all.
    empty: bool = False


def missing(face: str, name: str, language: str, context: Context, mail: Mail) -> tuple[Missing, ...]:
    """What the law wants this letter to say and it does not, in the order of the table."""
    paragraphs = [_plain(part) for part in (mail.subject, *_paragraphs(mail.text))]
    lacking = (
        Missing(one.part.id, one.part.article, one.part.plain[language])
        for one in sought(face, name, language, context)
        if one.empty or not all(_stands(passage, paragraphs) for passage in one.passages)
    )
    return tuple(dict.fromkeys(lacking))


def require_lawful(face: str, name: str, language: str, context: Context, mail: Mail) -> None:
    """Raise `UnlawfulLetterError` if the law wants more than the letter says."""
    lacking = missing(face, name, language, context, mail)
    if lacking:
        raise UnlawfulLetterError(face, name, lacking)


def parts_of(face: str, name: str) -> tuple[Part, ...]:
    """Everything the law wants a letter to say, whether or not it applies to each one."""
    return _table().get((face, name), ())


def sought(face: str, name: str, language: str, context: Context) -> tuple[Sought, ...]:
    """What is looked for in a letter with this context: the parts that apply, and how each is seen."""
    parts = parts_of(face, name)
    if not parts:
        return ()
    context = {**find(face, name).defaults, **context}
    reader = _reader(language)
    return tuple(reader.seek(part, context) for part in parts if _holds(part.when, context))


# -- how a part is seen ---------------------------------------------------------------------------------------


class _Reader:
    """Turns the table's entries into texts of one language."""

    def __init__(self, language: str) -> None:
        self._forms = Forms(language).filters()
        self._sections = Forms(language).sections

    def seek(self, part: Part, context: Context) -> Sought:
        """One part, in one letter."""
        said = {value: self._text(value, context) for value in part.says}
        # What staff wrote in several paragraphs is looked for one by one.
        passages: list[Passage] = [
            (Sign((text,)),) for value in said.values() for text in _paragraphs(value) if text
        ]
        if part.words:
            passages.append(tuple(Sign(tuple(self._word(w).split("|")), whole=False) for w in part.words))
        empty = any(not text for value, text in said.items() if not value.endswith("?"))
        if part.each:
            items = list(_items(part.each, context))
            rows = [{value: self._text(value, item) for value in part.of} for item in items]
            passages += [tuple(Sign((text,)) for text in row.values() if text) for row in rows]
            # A list that is filtered may come out empty; one that must be told may not.
            empty = empty or not (items or " where " in part.each)
            empty = empty or any(not t for row in rows for value, t in row.items() if not value.endswith("?"))
        return Sought(part, tuple(filter(None, passages)), empty)

    def _text(self, value: str, context: Any) -> str:
        """The text of a value such as `reason`, `new_due as day`, or `old?`; "" if there is none."""
        path, _, form = value.removesuffix("?").partition(" as ")
        found = _at(path, context)
        return "" if found in (None, "") else str(self._shown(found, form) if form else found)

    def _shown(self, value: Any, form: str) -> str:
        """A value in one of the letters' forms, or by its word in a section of `words.toml`."""
        if form in self._sections and isinstance(value, str):
            return self._sections[form][value]
        return str(self._forms[form](value))

    def _word(self, word: str) -> str:
        section, _, key = word.partition(".")
        return self._sections[section][key]


@cache
def _reader(language: str) -> _Reader:
    return _Reader(language)


def _items(each: str, context: Context) -> Iterator[Any]:
    """The items of `kept`, or of `kept where not until`; several conditions are set apart by commas."""
    path, _, conditions = each.partition(" where ")
    return (item for item in _at(path, context) or () if _holds(conditions.split(", "), item))


def _holds(conditions: Iterable[str], context: Any) -> bool:
    """`reason`: it is there; `not told`: it is not; `shop.outside_eea = never`: it is that word.

    `kept where until`: there is such an item.
    """
    return all(_is(condition, context) for condition in conditions if condition)


def _is(condition: str, context: Any) -> bool:
    if " where " in condition:
        return any(True for _ in _items(condition, context))
    if condition.startswith("not "):
        return not _is(condition.removeprefix("not "), context)
    path, equals, word = condition.partition(" = ")
    return str(_at(path, context)) == word if equals else bool(_at(path, context))


def _at(path: str, context: Any) -> Any:
    """A value by its path, `.` for the thing itself; None where there is none."""
    for step in path.split(".") if path != "." else ():
        context = context.get(step) if isinstance(context, Mapping) else None
    return context


def _stands(passage: Passage, paragraphs: Iterable[str]) -> bool:
    """One paragraph has all of it."""
    patterns = [_pattern(sign) for sign in passage]
    return any(all(pattern.search(one) for pattern in patterns) for one in paragraphs)


def _pattern(sign: Sign) -> re.Pattern[str]:
    """`poist` is in "poistamme" if a beginning is enough; `5` is never in "15", nor, as a whole word, in "50"."""
    texts = "|".join(re.escape(_plain(text)) for text in sign.texts)
    return re.compile(rf"(?<!\w)(?:{texts})" + (r"(?!\w)" if sign.whole else ""))


def _paragraphs(text: str) -> list[str]:
    return re.split(r"\n\s*\n", text)


def _plain(text: str) -> str:
    """Small letters and single spaces: how a text is wrapped, and what is written large, makes no difference."""
    return " ".join(text.split()).casefold()


# -- the table ------------------------------------------------------------------------------------------------


@cache
def _table() -> Mapping[tuple[str, str], tuple[Part, ...]]:
    rows = tomllib.loads((FOLDER / "lawful.toml").read_text(encoding="utf-8"))
    shared = {key: _part(key, row) for key, row in rows["part"].items()}
    return {
        (face, name): tuple(_parts(row, shared)) for face in FACES for name, row in rows.get(face, {}).items()
    }


def _parts(row: Mapping[str, Any], shared: Mapping[str, Part]) -> Iterator[Part]:
    """A letter's own parts, then those it shares with others, some of them on a condition."""
    yield from (_part(key, own) for key, own in row.items() if isinstance(own, dict))
    for entry in row.get("shared", ()):
        key, _, condition = entry.partition(" when ")
        one = shared[key]
        conditions = (*one.when, *filter(None, condition.split(", ")))
        yield Part(one.id, one.article, one.plain, conditions, one.says, one.each, one.of, one.words)


def _part(key: str, row: Mapping[str, Any]) -> Part:
    return Part(
        id=key,
        article=row["article"],
        plain={"fi": row["fi"], "en": row["en"]},
        when=tuple(row.get("when", ())),
        says=tuple(row.get("says", ())),
        each=row.get("each", ""),
        of=tuple(row.get("of", (".",) if "each" in row else ())),
        words=tuple(row.get("words", ())),
    )
