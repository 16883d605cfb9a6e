"""How every letter reads, kept as files: `python -m tests.golden` writes them anew.

`letters/<language>/<face>/<name>.txt` is a letter with its sample data and everything it can say, as Liwigo sends it.
`.plain` is an answer with nothing but the ordinary, `.paper` a letter that reads otherwise by post, and
`answer_access.<shop>` that of each shop. `both/` has some letters in two languages at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app.house import facts_of
from shops.profile import built_in_profiles, load_profile
from templates import LANGUAGES, Entry, Letters, Mail, catalogue, find, sample

FOLDER = Path(__file__).parent / "letters"
EXAMPLE = "liwigo"
FACTS = {shop: facts_of(load_profile(shop)) for shop in built_in_profiles()}
#: What an ordinary answer goes without.
EXTRAS = frozenset({"anonymised", "disputed", "ground", "note", "old_address", "reason"})
#: What is posted: nothing that is locked goes with it.
ON_PAPER = {"paper": True, "enclosed": ()}
#: Letters kept in two languages, by the language that comes first.
IN_BOTH = (("fi", "mail", "receipt_with_code"), ("en", "mail", "answer_refused"), ("fi", "chat", "receipt"))


def letters() -> dict[Path, str]:
    """Every golden copy, by its file below `letters/`."""
    return dict(_all())


def _all() -> Iterator[tuple[Path, str]]:
    for language in LANGUAGES:
        for entry in catalogue():
            place = Path(language, entry.face)
            yield place / f"{entry.name}.txt", _shown(entry, language, {})
            if _shown(entry, language, ON_PAPER) != _shown(entry, language, {**ON_PAPER, "paper": False}):
                yield place / f"{entry.name}.paper.txt", _shown(entry, language, ON_PAPER)
            if entry.name.startswith("answer_") and entry.takes:
                yield place / f"{entry.name}.plain.txt", _shown(entry, language, {}, EXTRAS)
        for shop in built_in_profiles():
            entry = find("mail", "answer_access")
            text = _shown(entry, language, {"shop": FACTS[shop][language]}, EXTRAS)
            yield Path(language, "mail", f"answer_access.{shop}.txt"), text
    for first, face, name in IN_BOTH:
        second = "en" if first == "fi" else "fi"
        contexts = {one: _context(find(face, name), one) for one in (first, second)}
        mail = Letters().render_in(face, name, contexts)
        yield Path("both", face, f"{name}.{first}-{second}.txt"), _written(mail)


def _shown(entry: Entry, language: str, changed: dict[str, Any], gone: frozenset[str] = frozenset()) -> str:
    context = {**_context(entry, language), **changed}
    kept = {key: value for key, value in context.items() if key not in gone & entry.takes}
    return _written(Letters().render(entry.face, entry.name, language, kept))


def _context(entry: Entry, language: str) -> dict[str, Any]:
    return {**sample(entry.name, entry.face, language), "shop": FACTS[EXAMPLE][language]}


def _written(mail: Mail) -> str:
    return f"Subject: {mail.subject}\n\n{mail.text}\n" if mail.subject else f"{mail.text}\n"
