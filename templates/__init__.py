"""The letters: their wording in Finnish and English, and the strict rendering of it.

One file a letter, `<language>/<face>/<name>.txt`; a face is `chat`, `mail` or `staff`. `letters.toml` lists every
letter with its purpose and variables, `lawful.toml` what the law wants each to say, `sample.toml` has invented data for
each variable, and `<language>/words.toml` the words letters and buttons share. Rendering is deterministic and needs no
clock. What is said when, and to whom, is never decided here, and nothing of ours is imported: languages and names are
plain strings.
"""

from __future__ import annotations

from templates.catalogue import Entry, UnknownLetterError, catalogue, find, names, sample, variables
from templates.letters import Letters, render_chat, render_mail, render_staff
from templates.lint import Missing, Part, UnlawfulLetterError, missing, parts_of, require_lawful
from templates.overrides import LettersRefusedError, problems_in
from templates.rendering import Mail, UnsafeLetterError
from templates.words import FACES, LANGUAGES, Facts, labels

__all__ = [
    "FACES",
    "LANGUAGES",
    "Entry",
    "Facts",
    "Letters",
    "LettersRefusedError",
    "Mail",
    "Missing",
    "Part",
    "UnknownLetterError",
    "UnlawfulLetterError",
    "UnsafeLetterError",
    "catalogue",
    "find",
    "labels",
    "missing",
    "names",
    "parts_of",
    "problems_in",
    "render_chat",
    "render_mail",
    "render_staff",
    "require_lawful",
    "sample",
    "variables",
]
