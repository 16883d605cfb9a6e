"""What rendering is made of: one strict environment a language, and the two parts of a mail.

A variable that is missing is an error, never a gap in a letter. Which wording wins is `letters`' business.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from templates.catalogue import catalogue
from templates.words import FOLDER, Forms

#: How a mail's file begins.
SUBJECT = "Subject: "

_SIX_DIGITS = re.compile(r"(?<!\d)\d{6}(?!\d)")


class Mail(NamedTuple):
    """The words of a mail: a subject of one line, and plain text."""

    subject: str
    text: str


class UnsafeLetterError(ValueError):
    """A mail with a code lacks it, or has another run of six digits: it could mislead, so it is not sent."""


class LettersEnvironment(Environment):
    """Letters of one language; what a letter includes stands in the letter's own folder."""

    def __init__(self, language: str, overrides: Path | None = None) -> None:
        folders = [FOLDER / language] if overrides is None else [overrides / language, FOLDER / language]
        super().__init__(
            loader=FileSystemLoader(folders),
            undefined=StrictUndefined,
            # Plain text only: nothing to escape.
            autoescape=select_autoescape(enabled_extensions=(), default_for_string=False),
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            cache_size=-1,
        )
        self.filters.update(Forms(language).filters())
        #: What a letter is for, by its name, as staff read it; a customer's mail before a chat message.
        self.filters["purpose"] = {
            e.name: e.purpose[language] for e in catalogue() if e.face != "staff"
        }.__getitem__

    def join_path(self, template: str, parent: str) -> str:
        """Where an included file stands."""
        return f"{parent.rpartition('/')[0]}/{template}"


def split_mail(text: str) -> Mail:
    """The rendered file of a mail: its subject line, and the text after the blank line."""
    head, _, body = text.partition("\n\n")
    return Mail(" ".join(head.removeprefix(SUBJECT).split()), body.strip())


def require_sole_code(mail: Mail, code: str) -> None:
    """The code is the only run of exactly six digits in subject and text (design.md 2)."""
    if _SIX_DIGITS.findall(f"{mail.subject}\n{mail.text}") != [code]:
        raise UnsafeLetterError("the code must stand in its mail once, as the only run of six digits")
