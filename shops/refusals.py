"""Turns what pydantic finds wrong with a TOML file into sentences a shopkeeper can act on.

A sentence names the key as it is reached in the file and what to write instead, taken from the key's own
description. It never quotes a value: the value may be a password. Profiles and settings both refuse this way.
"""

from __future__ import annotations

import difflib
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.fields import FieldInfo


class Table(BaseModel):
    """A table of a TOML file: unknown keys are refused, and nothing is changed once it is read."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def sentences(error: ValidationError, model: type[BaseModel]) -> list[str]:
    """One sentence for each thing wrong, in the file's order of tables; `model` is what was validated."""
    found = [
        _sentence(problem["type"], _known_part(problem["loc"], model), problem, model)
        for problem in error.errors(include_url=False, include_input=False)
    ]
    return list(dict.fromkeys(found))


def dotted(location: tuple[int | str, ...]) -> str:
    """A place in the file as one writes it: `shops[0].mailbox.imap`."""
    text = ""
    for step in location:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def path_in(folder: Path, text: str) -> Path:
    """A path as a file gives it: relative to `folder`, or with `~` for a home. Raises ValueError."""
    try:
        return folder / Path(text.strip()).expanduser()
    except RuntimeError:
        raise ValueError("names a home folder that is not there: write the whole path") from None


def keys_of(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Every key a file may hold, with its path (`shops[].mailbox.imap`), tables before their keys."""
    for name, info in _keys(model).items():
        path = f"{prefix}.{name}" if prefix else name
        yield path, info
        inner, is_list = _table_in(info.annotation)
        if inner is not None:
            yield from keys_of(inner, path + "[]" * is_list)


def _sentence(kind: str, location: tuple[int | str, ...], problem: Any, model: type[BaseModel]) -> str:
    path = dotted(location)
    if kind == "extra_forbidden":
        return _unknown_key(location, model)
    info = _field_at(location, model)
    wanted = (info.description if info else None) or "what docs/settings.md shows"
    if kind == "missing":
        return f"{path} is missing: write {wanted}."
    if kind in ("value_error", "assertion_error"):
        reason = str(problem["ctx"]["error"]).rstrip(".")
        return f"{path} {reason}." if path else f"{reason[0].upper()}{reason[1:]}."
    return f"{path} cannot be read: write {wanted}."


def _unknown_key(location: tuple[int | str, ...], model: type[BaseModel]) -> str:
    table = _table_at(location[:-1], model)
    keys = sorted(_keys(table)) if table else []
    near = difflib.get_close_matches(str(location[-1]), keys, n=1)
    where = dotted(location[:-1]) or "the top of the file"
    if near:
        return f"{dotted(location)} is not a key: did you mean {near[0]}?"
    return f"{dotted(location)} is not a key: take it out; {where} knows {', '.join(keys)}."


def _known_part(location: tuple[int | str, ...], model: type[BaseModel]) -> tuple[int | str, ...]:
    """The location without what pydantic adds for unions and validators, which no file contains."""
    part: list[int | str] = []
    table: type[BaseModel] | None = model
    for step in location:
        if isinstance(step, int):
            part.append(step)
            continue
        if table is None:
            break
        part.append(step)
        info = _keys(table).get(step)
        table = _table_in(info.annotation)[0] if info else None
    return tuple(part)


def _field_at(location: tuple[int | str, ...], model: type[BaseModel]) -> FieldInfo | None:
    names = [step for step in location if isinstance(step, str)]
    table = _table_at(tuple(names[:-1]), model)
    return _keys(table).get(names[-1]) if table and names else None


def _table_at(location: tuple[int | str, ...], model: type[BaseModel]) -> type[BaseModel] | None:
    table: type[BaseModel] | None = model
    for step in location:
        if isinstance(step, str) and table is not None:
            info = _keys(table).get(step)
            table = _table_in(info.annotation)[0] if info else None
    return table


def _keys(table: type[BaseModel]) -> dict[str, FieldInfo]:
    """A table's keys as the file spells them."""
    return {info.alias or name: info for name, info in table.model_fields.items()}


def _table_in(annotation: Any) -> tuple[type[BaseModel] | None, bool]:
    """The table an annotation holds, if any, and whether it is a list of them."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, False
    origin = typing.get_origin(annotation)
    for inner in typing.get_args(annotation):
        table, is_list = _table_in(inner)
        if table is not None:
            return table, is_list or origin not in (typing.Union, types.UnionType, typing.Annotated)
    return None, False
