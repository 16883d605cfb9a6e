"""Before a letter is committed it must say what the law wants: the one gate for the machine, the staff and the clock.

What must be said stands in `templates/lawful.toml`. Only letters with such parts are written out here.
"""

from __future__ import annotations

from collections.abc import Iterable

from app.house import House
from app.render import face_of, facts_for, said_in
from cases.faults import TheirFault
from cases.model import Case, Letter
from templates import UnlawfulLetterError, parts_of, require_lawful


def require_lawful_letters(house: House, letters: Iterable[Letter]) -> None:
    """Raise UnlawfulLetterError for the first letter that lacks a part, in any language it is said in."""
    for letter in letters:
        face = face_of(letter)
        if not parts_of(face, letter.name):
            continue
        for language in filter(None, dict.fromkeys((letter.language, letter.also))):
            context = {"shop": facts_for(house, language), **said_in(letter)}
            mail = house.letters.render(face, letter.name, str(language), context)
            require_lawful(face, letter.name, str(language), context, mail)


def refuse_unlawful(house: House, case: Case, letters: Iterable[Letter]) -> None:
    """The same for staff, who are told what is missing. Raises TheirFault."""
    try:
        require_lawful_letters(house, letters)
    except UnlawfulLetterError as unlawful:
        parts = "; ".join(f"{one.plain} ({one.article})" for one in unlawful.missing)
        raise TheirFault("not_now", id=case.id, reason=parts) from None
