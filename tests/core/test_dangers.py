"""Files that may hurt whoever opens them are marked, and written under names that open nothing."""

from __future__ import annotations

import pytest

from app.commands.files import CAREFUL, named
from cases.dangers import Danger, danger_of
from cases.model import Received


@pytest.mark.parametrize(
    ("name", "content", "danger"),
    [
        ("lasku.pdf", b"%PDF-1.7 plain", None),
        ("kuva.jpg", b"\xff\xd8\xff\xe0", None),
        ("", b"", None),
        ("tiedot.xlsx", b"PK\x03\x04", None),
        ("lasku.pdf.exe", b"x", Danger.PROGRAM),
        ("lasku.pdf", b"MZ\x90\0", Danger.PROGRAM),
        ("LASKU.SCR", b"x", Danger.PROGRAM),
        ("lasku.exe. .", b"x", Danger.PROGRAM),
        ("aja", b"#!/bin/sh\n", Danger.PROGRAM),
        ("lasku.pdf", b"%PDF-1.7 /OpenAction << /S /JavaScript /JS (x) >>", Danger.ACTIVE_PDF),
        ("lomake.docm", b"PK", Danger.MACROS),
        ("vanha.bin", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Danger.MACROS),
        ("lasku", b"\xef\xbb\xbf\n <!DOCTYPE HTML><title>", Danger.WEB_PAGE),
        ("kuva.svg", b"<?xml", Danger.WEB_PAGE),
        ("levy.iso", b"x", Danger.DISK_IMAGE),
        ("kuvat.zip", b"PK", Danger.ARCHIVE),
        ("kuvat.jpg", b"Rar!\x1a", Danger.ARCHIVE),
    ],
)
def test_name_and_first_bytes_tell(name: str, content: bytes, danger: Danger | None) -> None:
    assert danger_of(name, content) is danger


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("lasku 1.pdf", "01-lasku_1.pdf"),
        ("../../etc/passwd", "01-etc_passwd"),
        ("-rf", "01--rf"),
        (".bashrc", "01-bashrc"),
        ("", "01-file"),
        ("näkymä.PDF", "01-näkymä.PDF"),
        ("a" * 500 + ".pdf", "01-" + "a" * 100 + ".pdf"),
        ("lasku.pdf.exe", "01-lasku.pdf.exe" + CAREFUL),
        ("con\nfusing.js", "01-con_fusing.js" + CAREFUL),
    ],
)
def test_names_are_safe_to_lie_on_a_disk(name: str, written: str) -> None:
    assert list(named([Received("r", "h", name, "x/y", b"1")])) == [written]


def test_two_files_of_one_name_are_two_files() -> None:
    files = [Received("r", str(n), "lasku.pdf", "application/pdf", bytes([n])) for n in range(2)]
    assert named(files) == {"01-lasku.pdf": b"\0", "02-lasku.pdf": b"\1"}
