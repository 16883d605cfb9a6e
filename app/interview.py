"""A profile by questions: what `pyynto init` asks, how answers are checked, and the file they become.

Questions and choices stand in `interview.toml`; what counts as an answer is what the profile's own keys allow.
Nothing is read or written here: whoever asks is handed in.
"""

from __future__ import annotations

import json
import re
import tomllib
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import TypeAdapter, ValidationError

from shops.profile import Profile
from shops.refusals import keys_of

#: Asks a question with an example or default in it, and gives what was typed.
Ask = Callable[[str], str]
Say = Callable[[str], None]
Answers = dict[str, Any]

YES, NO = frozenset({"k", "kyllä", "y", "yes"}), frozenset({"e", "ei", "n", "no"})

#: The language of the answers comes first: it is used where a person's is not known.
LANGUAGES = {"fi": ["fi", "en"], "en": ["en", "fi"]}

#: What a company's name ends in and customers do not say.
_FORMS = re.compile(r"[\s,]+(oyj|oy|ab|ky|ay|tmi|osk)\b\.?", re.IGNORECASE)
_FINNISH_DAY = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_FINNISH_DAY_OF_YEAR = re.compile(r"(\d{1,2})\.(\d{1,2})\.?")


@cache
def table() -> dict[str, Any]:
    """The questions, what can be chosen, and the words around them."""
    return tomllib.loads(Path(__file__).with_name("interview.toml").read_text(encoding="utf-8"))


def interview(language: str, ask: Ask, say: Say) -> Answers:
    """Ask everything; an answer that cannot be used is refused with the reason and asked for again."""
    answers: Answers = {}
    say(table()[language]["intro"])
    for question in table()["question"]:
        key = question["key"]
        if key == "prefix":
            question = {**question, "default": prefix_for(answers)}
        answers[key] = KINDS[question["kind"]](question, language, ask, say)
        if key == "recipients":
            answers[key] = [_named(one, language, ask, say) for one in answers[key]]
    return answers


def is_yes(text: str) -> bool | None:
    """Yes or no in either language; None: neither."""
    word = text.strip().casefold()
    return True if word in YES else False if word in NO else None


def prefix_for(answers: Answers) -> str:
    """The first three letters of the name."""
    return (re.sub("[^a-z]", "", slug_of(_name(answers))) + "shp")[:3].upper()


def slug_of(name: str) -> str:
    """The profile's own name, from the shop's."""
    plain = unicodedata.normalize("NFKD", _FORMS.sub("", name)).encode("ascii", "ignore").decode().casefold()
    slug = re.sub(r"[^a-z0-9]", "", plain).lstrip("0123456789")[:40]
    return slug if len(slug) > 1 else "shop"


# -- asking ---------------------------------------------------------------------------------------------------


def _text(question: Mapping[str, Any], language: str, ask: Ask, say: Say) -> Any:
    default = question.get("default", "")
    shown = f" [{default}]" if question["key"] == "prefix" else ""
    while True:
        typed = _clean(ask(question[language] + shown)) or default
        if not typed:
            if question.get("optional"):
                return None
            say(table()[language]["needed"])
            continue
        try:
            return _checked(question["key"], typed)
        except ValidationError:
            say(question["wrong"][language])


def _some(question: Mapping[str, Any], language: str, ask: Ask, say: Say) -> list[dict[str, Any]]:
    choices = table()["choices"][question["key"]]
    text = _numbered(question[language], choices, language)
    while True:
        numbers = re.split(r"[\s,;]+", _clean(ask(text)).strip(" ,;"))
        if numbers == [""] and question.get("optional"):
            return []
        if all(
            number.isascii() and number.isdigit() and 1 <= int(number) <= len(choices) for number in numbers
        ):
            return [choices[n] for n in sorted({int(number) - 1 for number in numbers})]
        say(table()[language]["choose"].format(last=len(choices)))


def _one(question: Mapping[str, Any], language: str, ask: Ask, say: Say) -> str | None:
    choices = table()["choices"][question["key"]]
    while True:
        typed = _clean(ask(_numbered(question[language], choices, language)))
        if not typed:
            return None
        if typed.isascii() and typed.isdigit() and 1 <= int(typed) <= len(choices):
            return str(choices[int(typed) - 1]["id"])
        say(table()[language]["choose_one"].format(last=len(choices)))


def _yes_no(question: Mapping[str, Any], language: str, ask: Ask, say: Say) -> bool:
    while (answer := is_yes(ask(question[language]))) is None:
        say(table()[language]["yes_no"])
    return answer


KINDS: Mapping[str, Callable[[Mapping[str, Any], str, Ask, Say], Any]] = {
    "text": _text,
    "some": _some,
    "one": _one,
    "yes_no": _yes_no,
}


def _named(recipient: Mapping[str, Any], language: str, ask: Ask, say: Say) -> dict[str, Any]:
    """A kind of recipient with the company's name, where the shop knows it."""
    words = table()[language]
    question = {
        "key": "recipients[].name",
        "optional": True,
        language: words["company"].format(what=recipient[language]),
        "wrong": {language: words["company_wrong"]},
    }
    return {**recipient, "name": _text(question, language, ask, say)}


def _numbered(text: str, choices: Sequence[Mapping[str, Any]], language: str) -> str:
    rows = [f"  {number}. {choice[language]}" for number, choice in enumerate(choices, 1)]
    return "\n".join([text, *rows, "  "])


@cache
def _adapter(key: str) -> TypeAdapter[Any]:
    """What the profile's own key allows."""
    info = dict(keys_of(Profile))[key]
    kind: Any = info.annotation
    for more in info.metadata:
        kind = Annotated[kind, more]
    return TypeAdapter(kind)


def _checked(key: str, typed: str) -> Any:
    if key == "notice_dated" and (found := _FINNISH_DAY.fullmatch(typed)):
        typed = f"{found[3]}-{int(found[2]):02}-{int(found[1]):02}"
    if key == "erasure.financial_year_ends" and (found := _FINNISH_DAY_OF_YEAR.fullmatch(typed)):
        typed = f"{int(found[2]):02}-{int(found[1]):02}"
    return _adapter(key).validate_python(typed)


def _clean(typed: str) -> str:
    """Without what no file of text should hold: controls, and halves of characters."""
    kept = "".join(char for char in typed if unicodedata.category(char) not in ("Cc", "Cs"))
    return kept.strip()


# -- writing --------------------------------------------------------------------------------------------------


def written(answers: Answers, language: str) -> str:
    """The profile as a TOML file with comments."""
    comment = table()["comment"][language]
    name = _name(answers)
    head = comment["head"].format(name=name.replace("\n", " "))
    # From a table header on, plain keys would belong to the table: so the top comes first.
    blocks = [f"# {head}", *_top(answers, language, comment), *_tables(answers, comment)]
    return "\n\n".join(blocks) + "\n"


def _top(answers: Answers, language: str, comment: Mapping[str, str]) -> Iterator[str]:
    facts: dict[str, Any] = {
        "profile": slug_of(_name(answers)),
        "prefix": answers["prefix"],
        "languages": LANGUAGES[language],
        "signature_policy": "offer" if answers["signature_policy"] else "not_required",
        "complaint_authority": "ombudsman" if answers["complaint_authority"] else None,
    }
    lines = [f"{key} = {_toml(value)}  # {comment[key]}" for key, value in facts.items() if value]
    if answers["notice_dated"]:
        lines.append(f"notice_dated = {answers['notice_dated'].isoformat()}  # {comment['notice_dated']}")
    yield "\n".join(lines)
    customer = {"fi": "asiakas itse", "en": "the customer"}
    for key, rows in (
        ("purposes", answers["purposes"]),
        ("bases", answers["bases"]),
        ("sources", [customer]),
    ):
        if rows:
            yield "\n".join(
                [f"# {comment[key]}", f"{key} = [", *(f"    {_inline(row)}," for row in rows), "]"]
            )


def _tables(answers: Answers, comment: Mapping[str, str]) -> Iterator[str]:
    for block in ("controller", "contact"):
        facts = {
            key.removeprefix(f"{block}."): value
            for key, value in answers.items()
            if key.startswith(f"{block}.")
        }
        if any(facts.values()):
            yield _block(f"[{block}]", facts, comment[block])
    ways = {"doors": ["email"]}
    rights = [_block(f"[rights.{right['id']}]", ways) for right in answers["rights"]]
    yield from _headed(comment["rights"], rights)
    yield from _headed(comment["categories"], [_category(row) for row in answers["categories"]])
    yield from _headed(comment["recipients"], [_recipient(row) for row in answers["recipients"]])
    if answers["transfers.outside_eea"]:
        yield _block("[transfers]", {"outside_eea": answers["transfers.outside_eea"]}, comment["transfers"])
    if years := answers["retention[].years"]:
        yield _block("[[retention]]", {"since": "last_order", "years": years}, comment["retention"])
    ends = {"financial_year_ends": answers["erasure.financial_year_ends"]}
    yield _block("[erasure]", ends, comment["erasure"])
    # Nobody can be kept from forbidding direct marketing (GDPR Art. 21(2)).
    purposes = dict.fromkeys(["direct_marketing", *(row["id"] for row in answers["opt_out.purposes"])])
    yield _block("[opt_out]", {"purposes": [*purposes]}, comment["opt_out"])
    yield _block("[profiling]", {"targeting": answers["profiling.targeting"]}, comment["profiling"])


def _category(row: Mapping[str, Any]) -> str:
    return _block(
        "[[categories]]", {"name": _words(row), "columns": row.get("columns"), "held": row.get("held")}
    )


def _recipient(row: Mapping[str, Any]) -> str:
    facts = {"id": row["id"], "name": row["name"], "what": _words(row), "role": row["role"]}
    return _block("[[recipients]]", {**facts, "marketing": row.get("marketing")})


def _headed(comment: str, blocks: Sequence[str]) -> Iterator[str]:
    if blocks:
        yield f"# {comment}\n{blocks[0]}"
        yield from blocks[1:]


def _block(header: str, facts: Mapping[str, Any], comment: str = "") -> str:
    lines = [f"{key} = {_toml(value)}" for key, value in facts.items() if value is not None]
    return "\n".join([*([f"# {comment}"] if comment else []), header, *lines])


def _words(row: Mapping[str, Any]) -> dict[str, str]:
    return {"fi": row["fi"], "en": row["en"]}


def _inline(row: Mapping[str, Any]) -> str:
    return "{ " + ", ".join(f"{key} = {_toml(value)}" for key, value in row.items()) + " }"


def _toml(value: Any) -> str:
    """A value as TOML writes it; its strings, numbers, truths and lists are those of JSON."""
    return _inline(value) if isinstance(value, Mapping) else json.dumps(value, ensure_ascii=False)


def _name(answers: Answers) -> str:
    return str(answers["controller.trade_name"] or answers["controller.name"])
