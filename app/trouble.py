"""What went wrong with the database, as a sentence with a way out. Faults that are ours get none."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

#: A part of what SQLite or PostgreSQL say, in lower case -> what to tell, and the exit code.
_SAID: tuple[tuple[tuple[str, ...], str, int], ...] = (
    (("locked", "busy"), "The database {place} is busy: another program is writing to it. Try again in a moment.", 1),
    (("readonly", "read-only", "permission denied"),
     "service.database: {place} cannot be written: whoever runs pyynto must own the file and its folder.", 2),
    (("unable to open",), "service.database: {place} cannot be opened: check the path, and who may use its folder.", 2),
    (("not a database", "malformed"), "service.database: {place} is no SQLite database, or is damaged.", 2),
    (("disk is full", "database or disk is full", "disk i/o"), "The disk that holds {place} is full or failing.", 1),
    (("password authentication", "does not exist", "no password supplied"),
     "service.database: {place} does not let this user in: check user, password and the database's name.", 2),
    (("can't locate revision",), "The database {place} was made by a newer Pyyntö: upgrade this one.", 2),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Trouble(Exception):
    """The database cannot be used."""

    sentence: str
    #: 1: as things are now; 2: the settings must be changed.
    code: int


def place_of(url: str) -> str:
    """The database as people know it: a file, or a server without any password."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return parsed.database or "in memory"
    return f"{parsed.host or 'on this machine'}/{parsed.database or ''}"


def trouble_of(fault: BaseException, url: str, *, opening: bool = False) -> Trouble | None:
    """The sentence for a fault of the database; None for any other."""
    place = place_of(url)
    if isinstance(fault, ModuleNotFoundError):
        return Trouble(f"service.database: {place} needs the Python package {fault.name}: install it.", 2)
    text = str(getattr(fault, "orig", None) or fault).lower()
    known = isinstance(fault, DBAPIError) or type(fault).__name__ in ("CommandError", "PostgresError")
    if known or opening:
        for parts, sentence, code in _SAID:
            if any(part in text for part in parts):
                return Trouble(sentence.format(place=place), code)
    if opening and isinstance(fault, OSError):
        why = fault.strerror or type(fault).__name__
        return Trouble(f"service.database: {place} cannot be reached: {why}.", 2)
    if isinstance(fault, DBAPIError):
        return Trouble(f"The database {place} cannot be used now ({type(fault.orig).__name__}).", 1)
    return None
