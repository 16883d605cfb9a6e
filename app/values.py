"""Values that stand elsewhere: `env:NAME` and `file:PATH` in the settings, and the `.env` file.

Here they are fetched, before the settings are checked. Values that stand elsewhere are mostly secrets, so no
message quotes one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shops.refusals import dotted, path_in

_LINE = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)", re.DOTALL)


def resolve(document: Any, folder: Path, environ: Mapping[str, str]) -> tuple[Any, list[str]]:
    """`document` with its `env:` and `file:` values fetched, and a sentence for each that could not be.

    What could not be fetched stays as it is. A variable missing in `environ` is looked for in `folder/.env`.
    """
    own, problems = _dotenv(folder / ".env")
    fetched = _Fetch(folder, {**own, **environ}, problems)
    return fetched.walk(document, ()), problems


class _Fetch:
    def __init__(self, folder: Path, environ: Mapping[str, str], problems: list[str]) -> None:
        self.folder, self.environ, self.problems = folder, environ, problems

    def walk(self, value: Any, location: tuple[int | str, ...]) -> Any:
        if isinstance(value, dict):
            return {key: self.walk(inner, (*location, key)) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.walk(inner, (*location, number)) for number, inner in enumerate(value)]
        if isinstance(value, str):
            for scheme, fetch in (("env:", self._variable), ("file:", self._file)):
                if value.startswith(scheme):
                    return fetch(value.removeprefix(scheme).strip(), value, dotted(location))
        return value

    def _variable(self, name: str, unresolved: str, path: str) -> str:
        value = self.environ.get(name, "").strip()
        if value:
            return value
        state = "is empty" if name in self.environ else "is not set"
        self.problems.append(
            f"{path} is read from the environment variable {name}, which {state}: "
            f"set it, or write {name}=… into the file .env beside the settings."
        )
        return unresolved

    def _file(self, name: str, unresolved: str, path: str) -> str:
        place = self.folder / name
        try:
            place = path_in(self.folder, name)
            value = place.read_text(encoding="utf-8-sig").strip()
        except OSError as error:
            self.problems.append(f"{path} is read from {place}, which cannot be read: {error.strerror}.")
        except ValueError:
            self.problems.append(f"{path} is read from {place}, which is no file of UTF-8 text.")
        else:
            if value:
                return value
            self.problems.append(f"{path} is read from {place}, which is empty: put the value there.")
        return unresolved


def _dotenv(path: Path) -> tuple[dict[str, str], list[str]]:
    """The variables of a `.env` file: `NAME=value` lines, as systemd's EnvironmentFile reads them."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError:
        return {}, []
    except (OSError, UnicodeDecodeError):
        return {}, [f"The file {path} cannot be read: make it UTF-8 text that you may read, or remove it."]
    values: dict[str, str] = {}
    problems = []
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        if not text or text[0] in "#;":
            continue
        match = _LINE.fullmatch(text)
        if match is None:
            problems.append(f"The file {path} cannot be read at line {number}: write NAME=value.")
            continue
        name, value = match.groups()
        quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
        values[name] = value[1:-1] if quoted else value
    return values, problems
