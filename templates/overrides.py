"""A shop's own wording is checked before it is used, file by file, so that no letter fails when it is due.

Here live the checks and their words for whoever runs the shop. Which wording wins is `rendering`'s business.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import TemplateError, TemplateSyntaxError, meta

from templates.catalogue import Entry, UnknownLetterError, catalogue, find, sample
from templates.lint import Missing, missing, parts_of
from templates.rendering import (
    SUBJECT,
    LettersEnvironment,
    Mail,
    UnsafeLetterError,
    require_sole_code,
    split_mail,
)
from templates.words import FACES, FOLDER, LANGUAGES, Facts


class LettersRefusedError(ValueError):
    """The shop's wording has faults; `problems` names each file and what is wrong with it."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Wording:
    """The letters of one language to be checked, and what they may say of the shop."""

    language: str
    environment: LettersEnvironment
    shop: Mapping[str, Any]


def refuse_faults(folder: Path, shop: Facts) -> None:
    """Raise `LettersRefusedError` if the shop's folder has any fault."""
    problems = problems_in(folder, shop)
    if problems:
        raise LettersRefusedError(problems)


def problems_in(folder: Path, shop: Facts) -> list[str]:
    """Every fault of a shop's folder of letters, one line each: the file, and what to do about it.

    `shop` is what letters may say of the shop, by language.
    """
    if not folder.is_dir():
        return [f"{folder}: there is no such folder"]
    wordings = {
        language: Wording(language, LettersEnvironment(language, folder), shop.get(language, {}))
        for language in LANGUAGES
    }
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    return [f"{path}: {fault}" for path in files for fault in _faults(path.relative_to(folder), wordings)]


def used_variables(environment: LettersEnvironment, name: str) -> set[str]:
    """Variables a file and its parts use; raises `TemplateError` if they cannot be read."""
    assert environment.loader is not None
    source, _, _ = environment.loader.get_source(environment, name)
    return meta.find_undeclared_variables(environment.parse(source, name))


def _faults(path: Path, wordings: Mapping[str, Wording]) -> list[str]:
    if (
        len(path.parts) != 3
        or path.parts[0] not in LANGUAGES
        or path.parts[1] not in FACES
        or path.suffix != ".txt"
    ):
        return ["not in its place: letters stand as fi/mail/NAME.txt, with fi or en, and chat, mail or staff"]
    language, face, name = path.parts[0], path.parts[1], path.stem
    wording = wordings[language]
    if name.startswith("_"):
        return _part_faults(wording, face, path.name)
    try:
        entry = find(face, name)
    except UnknownLetterError as unknown:
        return [f"{unknown}; `pyynto letters list` names them all"]
    return _letter_faults(wording, entry)


def _part_faults(wording: Wording, face: str, file: str) -> list[str]:
    """A part is checked by way of the letters that include it."""
    if not (FOLDER / wording.language / face / file).exists():
        return ["no letter includes a part of this name"]
    for entry in catalogue():
        if entry.face == face:
            faults = _letter_faults(wording, entry)
            if faults:
                return [f"{fault} (seen in {entry.face}/{entry.name})" for fault in faults]
    return []


def _letter_faults(wording: Wording, entry: Entry) -> list[str]:
    name, environment = f"{entry.face}/{entry.name}.txt", wording.environment
    try:
        unknown = sorted(used_variables(environment, name) - entry.variables)
        if unknown:
            return [
                f"unknown variable {', '.join(unknown)}; this letter has {', '.join(sorted(entry.variables))}"
            ]
        contexts = _examples(wording, entry)
        texts = [environment.get_template(name).render(context).strip() for context in contexts]
    except TemplateSyntaxError as fault:
        return [f"line {fault.lineno}: {fault.message}"]
    except (TemplateError, LookupError, TypeError, ValueError) as fault:
        return [f"cannot be rendered: {fault}"]
    return [
        *_legal_faults(wording, entry, contexts, texts),
        *(_mail_faults(texts[0], entry) if entry.face == "mail" else []),
    ]


def _examples(wording: Wording, entry: Entry) -> list[dict[str, Any]]:
    """The letter with all it can say, and with each thing left out that it may do without."""
    full = {**sample(entry.name, entry.face, wording.language), "shop": wording.shop, "paper": False}
    # One of the two is always there.
    spare = entry.defaults.items() if not {"case", "cases"} <= entry.takes else ()
    posted = [{**full, "paper": True}] if entry.face == "mail" else []
    return [full, *posted, *({**full, name: default} for name, default in sorted(spare))]


def _legal_faults(
    wording: Wording, entry: Entry, contexts: Sequence[Mapping[str, Any]], texts: Sequence[str]
) -> list[str]:
    """What the law wants in a letter cannot be edited away. An example that ours could not say either is no fault."""
    if not parts_of(entry.face, entry.name):
        return []
    ours = LettersEnvironment(wording.language).get_template(f"{entry.face}/{entry.name}.txt")
    lacking: dict[Missing, None] = {}
    for context, text in zip(contexts, texts, strict=True):
        excused = _missing(wording, entry, context, ours.render(context).strip())
        lacking |= dict.fromkeys(one for one in _missing(wording, entry, context, text) if one not in excused)
    parts = "; ".join(f"{one.plain} ({one.article})" for one in lacking)
    return [f"the law wants this letter to say: {parts}"] if lacking else []


def _missing(wording: Wording, entry: Entry, context: Mapping[str, Any], text: str) -> tuple[Missing, ...]:
    mail = split_mail(text) if entry.face == "mail" else Mail("", text)
    return missing(entry.face, entry.name, wording.language, context, mail)


def _mail_faults(text: str, entry: Entry) -> list[str]:
    head, blank, body = text.partition("\n\n")
    if (
        not head.startswith(SUBJECT)
        or "\n" in head
        or not head.removeprefix(SUBJECT).strip()
        or not blank
        or not body
    ):
        return [f"must begin with a line `{SUBJECT}…`, then a blank line, then the text"]
    if "code" in entry.needs:
        try:
            require_sole_code(split_mail(text), sample(entry.name, entry.face)["code"])
        except UnsafeLetterError as unsafe:
            return [str(unsafe)]
    return []
