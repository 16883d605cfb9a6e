"""Mails no one here wrote, from published packages: fetched when the tests run, never committed."""

from __future__ import annotations

import ast
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path


class NotToBeHad(Exception):
    """A package could not be fetched; the text says why."""


@dataclass(frozen=True)
class Sample:
    """One mail, and the addresses its collectors say could not be reached."""

    name: str
    raw: bytes
    failed: frozenset[str] = frozenset()


def flufl_bounce(folder: Path) -> list[Sample]:
    """The mails in the source package of `flufl.bounce`, with the addresses its own tests expect."""
    if not list(folder.glob("*.tar.gz")):
        _download("flufl.bounce", folder)
    (archive,) = folder.glob("*.tar.gz")
    with tarfile.open(archive) as source:
        source.extractall(folder, filter="data")
    (root,) = (path for path in folder.iterdir() if path.is_dir())
    expected = _expected((root / "tests" / "test_detectors.py").read_text(encoding="utf-8"))
    return [
        Sample(path.name, path.read_bytes(), expected.get(path.name, frozenset()))
        for path in sorted((root / "tests" / "data").glob("*.txt"))
    ]


def python_mails() -> list[Sample]:
    """The mails among the tests of the interpreter itself; empty where it was installed without them."""
    found = find_spec("test")
    if found is None or not found.submodule_search_locations:
        return []
    data = Path(found.submodule_search_locations[0]) / "test_email" / "data"
    return [Sample(path.name, path.read_bytes()) for path in sorted(data.glob("*.txt"))]


def _download(package: str, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    wanted = ["download", "-q", "--no-deps", "--no-binary", package, "-d", str(folder), package]
    for pip in ([sys.executable, "-m", "pip"], ["pip3"]):
        try:
            done = subprocess.run([*pip, *wanted], capture_output=True, text=True, timeout=180, check=False)
        except OSError as fault:
            said = str(fault)
            continue
        if done.returncode == 0:
            return
        said = " ".join(done.stderr.split())[-200:]
    raise NotToBeHad(f"{package} could not be fetched: {said}")


def _expected(tests: str) -> dict[str, frozenset[str]]:
    """Rows such as ('dsn', 'dsn_01.txt', [b'user@example.com'], False), wherever they stand in the tests."""
    found: dict[str, frozenset[str]] = {}
    for node in ast.walk(ast.parse(tests)):
        if not isinstance(node, ast.Tuple):
            continue
        try:
            row = ast.literal_eval(node)
        except ValueError:
            continue
        if len(row) == 4 and str(row[1]).endswith(".txt") and isinstance(row[2], list):
            named = {address.decode("ascii", "ignore").lower() for address in row[2]}
            found[row[1]] = found.get(row[1], frozenset()) | named
    return found
