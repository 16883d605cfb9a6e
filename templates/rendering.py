"""What rendering is made of: one strict environment a language, and the two parts of a mail.

A variable that is missing is an error, never a gap in a letter. Which wording wins is `letters`' business.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from templates.catalogue import catalogue
from templates.words import FOLDER, Forms

#: How a mail's file begins.
SUBJECT = "Subject: "

#: Stands between the two languages of a message that is in both.
BETWEEN = "\n\n––––––––––\n\n"

#: Digits of a one-time code.
CODE_LENGTH = 6

_PART = re.compile(r'\{% include "(_\w+\.txt)" %\}')
_LONG_NUMBER = re.compile(r"\d{6,}")


class Mail(NamedTuple):
    """The words of a mail: a subject of one line, and plain text."""

    subject: str
    text: str


class UnsafeLetterError(ValueError):
    """A mail with a code lacks it, or has another run of six digits: it could mislead, so it is not sent."""


class WithParts(FileSystemLoader):
    """Reads a letter with the parts it includes written out: quicker than including them each time.

    A part stands in its letter's folder, begins with an underscore and includes no other.
    """

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        """The wording of a letter, parts and all."""
        source, path, is_fresh = super().get_source(environment, template)
        folder = template.rpartition("/")[0]
        written_out = _PART.sub(lambda part: self._part(environment, f"{folder}/{part[1]}"), source)
        return written_out, path, is_fresh

    def _part(self, environment: Environment, template: str) -> str:
        return super().get_source(environment, template)[0].removesuffix("\n")


class LettersEnvironment(Environment):
    """The letters of one language, and of one shop where `overrides` has its own wording."""

    def __init__(self, language: str, overrides: Path | None = None) -> None:
        folders = [FOLDER / language] if overrides is None else [overrides / language, FOLDER / language]
        super().__init__(
            loader=WithParts(folders),
            undefined=StrictUndefined,
            # Plain text only: nothing to escape.
            autoescape=select_autoescape(enabled_extensions=(), default_for_string=False),
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            cache_size=-1,
        )
        self.filters.update(Forms(language).filters())
        purposes = {entry.name: entry.purpose[language] for entry in catalogue() if entry.face != "staff"}
        #: What a letter is for, by its name, as staff read it.
        self.filters["purpose"] = purposes.__getitem__


def split_mail(text: str) -> Mail:
    """The rendered file of a mail: its subject line, and the text after the blank line."""
    head, _, body = text.partition("\n\n")
    return Mail(" ".join(head.removeprefix(SUBJECT).split()), body.strip())


def joined(parts: Sequence[Mail]) -> Mail:
    """The same letter in several languages, as one message; one that says the same in each is said once."""
    once: dict[frozenset[str], Mail] = {}
    for one in parts:
        once.setdefault(frozenset(one.text.split("\n\n")), one)
    subjects = filter(None, (one.subject for one in once.values()))
    return Mail(" / ".join(subjects), BETWEEN.join(one.text for one in once.values()))


def require_sole_code(mail: Mail, code: str) -> None:
    """The code is the only run of exactly six digits in subject and text."""
    numbers = _LONG_NUMBER.findall(f"{mail.subject}\n{mail.text}")
    if [number for number in numbers if len(number) == CODE_LENGTH] != [code]:
        raise UnsafeLetterError("the code must stand in its mail once, as the only run of six digits")
