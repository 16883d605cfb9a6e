"""A letter's name, language and context become the text that is sent.

Each wording is compiled once and kept. The same name, language and context always give the same text, so a
preview shows what will be sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Template

from templates.catalogue import Entry, UnknownLetterError, find
from templates.overrides import refuse_faults
from templates.rendering import LettersEnvironment, Mail, joined, require_sole_code, split_mail
from templates.words import LANGUAGES, Facts, labels


class Letters:
    """The letters of one shop: Pyyntö's own, or the shop's where its folder has a file of that name.

    `overrides` is laid out as this package: `fi/mail/receipt.txt`. It is checked here and now: raises
    `LettersRefusedError` with every file that uses what its letter has not, that cannot be read, or that leaves out
    what the law wants. `shop` is what letters may say of this shop, by language; the check needs it.
    """

    def __init__(self, overrides: Path | None = None, shop: Facts | None = None) -> None:
        if overrides is not None:
            refuse_faults(overrides, shop or {})
        self._environments = {language: LettersEnvironment(language, overrides) for language in LANGUAGES}
        self._compiled: dict[tuple[str, str, str], tuple[Template, Entry, dict[str, Any]]] = {}

    def render_chat(self, name: str, language: str, context: Mapping[str, Any]) -> str:
        """The text of a chat message."""
        return self._text("chat", name, language, context)

    def render_staff(self, name: str, language: str, context: Mapping[str, Any]) -> str:
        """The text of a message to the staff chat."""
        return self._text("staff", name, language, context)

    def render_mail(self, name: str, language: str, context: Mapping[str, Any]) -> Mail:
        """Subject and text of a mail; a mail with a code is checked to hold no other six digits."""
        return self.render("mail", name, language, context)

    def render(self, face: str, name: str, language: str, context: Mapping[str, Any]) -> Mail:
        """Any letter; chat and staff messages have an empty subject."""
        return self.render_in(face, name, {language: context})

    def render_in(self, face: str, name: str, contexts: Mapping[str, Mapping[str, Any]]) -> Mail:
        """A letter in one language, or in two for somebody who wrote in neither: one message, first language first.

        `contexts` has a context for each language. A code stands in the first text only; the second points to it.
        """
        coded = "code" in find(face, name).needs
        parts: list[Mail] = []
        for language, context in contexts.items():
            above = {"code": labels(language)["form"]["code_above"]} if coded and parts else {}
            parts.append(self._mail(face, name, language, {**context, **above}))
        mail = joined(parts)
        if coded:
            require_sole_code(mail, next(iter(contexts.values()))["code"])
        return mail

    def _mail(self, face: str, name: str, language: str, context: Mapping[str, Any]) -> Mail:
        text = self._text(face, name, language, context)
        return split_mail(text) if face == "mail" else Mail("", text)

    def _text(self, face: str, name: str, language: str, context: Mapping[str, Any]) -> str:
        key = (face, name, language)
        if key not in self._compiled:
            self._compiled[key] = self._compile(*key)
        template, _, defaults = self._compiled[key]
        return _without_gaps(template.render({**defaults, **context}))

    def _compile(self, face: str, name: str, language: str) -> tuple[Template, Entry, dict[str, Any]]:
        entry = find(face, name)
        if language not in self._environments:
            raise UnknownLetterError(f"no letters are written in {language!r}")
        template = self._environments[language].get_template(f"{face}/{name}.txt")
        return template, entry, entry.defaults


def _without_gaps(text: str) -> str:
    """At most one blank line in a row: what is left out leaves no hole."""
    while "\n\n\n" in text:
        text = text.replace("\n\n\n", "\n\n")
    return text.strip()


@cache
def _own() -> Letters:
    return Letters()


def render_chat(name: str, language: str, context: Mapping[str, Any]) -> str:
    """`Letters.render_chat` in Pyyntö's own wording."""
    return _own().render_chat(name, language, context)


def render_mail(name: str, language: str, context: Mapping[str, Any]) -> Mail:
    """`Letters.render_mail` in Pyyntö's own wording."""
    return _own().render_mail(name, language, context)


def render_staff(name: str, language: str, context: Mapping[str, Any]) -> str:
    """`Letters.render_staff` in Pyyntö's own wording."""
    return _own().render_staff(name, language, context)
