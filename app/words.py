"""The words staff read that are not part of a letter: `words.toml`, by language, section and key."""

from __future__ import annotations

import locale
import os
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

#: By section and key.
Words = Mapping[str, Mapping[str, str]]


@cache
def words(language: str) -> Words:
    """Every word of a language."""
    found: Words = tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))[language]
    return found


def counted(section: Mapping[str, str], key: str, n: int) -> str:
    """A phrase with a number in it, with its own form for one."""
    return section.get(f"{key}_one" if n == 1 else key, section[key]).format(n=n)


def language() -> str:
    """The terminal's language: Finnish where the machine speaks it, else English."""
    said = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    spoken = next((value for value in said if value), "") or (locale.getlocale()[0] or "")
    return "fi" if spoken.lower().startswith("fi") else "en"
