"""Papers seen with other people's eyes: poppler reads PDFs, 7-Zip opens archives."""

from __future__ import annotations

import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

import pytest

MM = 25.4 / 72


@dataclass(frozen=True)
class Word:
    """A word and the place of its upper left corner, in mm."""

    text: str
    page: int
    x: float
    y: float


def tool(name: str, package: str) -> str:
    """A program; the test is skipped where it is not installed."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} (Debian: {package}) is not installed")
    return found


def text_of(pdf: bytes) -> str:
    """Its words, in reading order, on one line."""
    return " ".join("\f".join(pages_of(pdf)).split())


def pages_of(pdf: bytes) -> list[str]:
    """Its text, a page each."""
    made = _run([tool("pdftotext", "poppler-utils"), "-layout", "-enc", "UTF-8", "-", "-"], pdf)
    return made.decode().split("\f")[:-1]


def words_of(pdf: bytes) -> list[Word]:
    """Every word and where it stands."""
    made = _run([tool("pdftotext", "poppler-utils"), "-bbox", "-enc", "UTF-8", "-", "-"], pdf).decode()
    root = ET.fromstring(re.sub(r"<!DOCTYPE[^>]*>", "", made))
    space = "{http://www.w3.org/1999/xhtml}"
    return [
        Word(word.text or "", number, float(word.attrib["xMin"]) * MM, float(word.attrib["yMin"]) * MM)
        for number, page in enumerate(root.iter(f"{space}page"), start=1)
        for word in page.iter(f"{space}word")
    ]


def facts_of(pdf: bytes) -> dict[str, str]:
    """What the file says of itself."""
    lines = _run([tool("pdfinfo", "poppler-utils"), "-"], pdf).decode().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def unlock(archive: bytes, passphrase: str, folder: Path) -> dict[str, bytes] | None:
    """The files in it, by 7-Zip; None where the passphrase is wrong."""
    folder.mkdir()
    (folder / "a.zip").write_bytes(archive)
    command = [
        tool("7z", "p7zip-full"),
        "x",
        "-y",
        f"-p{passphrase}",
        f"-o{folder / 'out'}",
        str(folder / "a.zip"),
    ]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        return None
    return {path.name: path.read_bytes() for path in (folder / "out").iterdir()}


def _run(command: list[str], given: bytes) -> bytes:
    return subprocess.run(command, input=given, capture_output=True, check=True).stdout
