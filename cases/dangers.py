"""Files that may hurt whoever opens them, told by their name and their first bytes. A hint for staff, no verdict.

A file without a mark is not thereby safe: looking for known malware is the mail provider's affair.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Danger(StrEnum):
    """What may happen to whoever opens a file."""

    #: It runs.
    PROGRAM = "program"
    #: An office document that may bring a program along.
    MACROS = "macros"
    #: It opens like a disk, past the marks that downloads get.
    DISK_IMAGE = "disk_image"
    #: It opens in the browser, and may ask for passwords there.
    WEB_PAGE = "web_page"
    #: A PDF that does something when it is opened.
    ACTIVE_PDF = "active_pdf"
    #: What is in it cannot be seen from outside.
    ARCHIVE = "archive"


#: What the last part of a name says.
BY_ENDING: Final = {
    ending: danger
    for danger, endings in {
        Danger.PROGRAM: "exe com scr pif msi msp msix appx bat cmd ps1 psm1 vbs vbe js jse mjs wsf wsh hta jar cpl "
        "dll lnk reg scf url inf chm apk dmg pkg app command sh bash py pyw pl rb desktop gadget ws sct "
        "application one xll",
        Danger.MACROS: "docm dotm xlsm xltm xlam xlsb pptm potm ppam ppsm sldm doc "
        "dot xls xlt ppt pps pub mdb accdb slk",
        Danger.DISK_IMAGE: "iso img vhd vhdx udf wim",
        Danger.WEB_PAGE: "html htm xhtml xht shtml mht mhtml svg",
        Danger.ARCHIVE: "zip rar 7z gz tgz tar bz2 xz zst cab arj ace lzh z",
    }.items()
    for ending in endings.split()
}
#: What the first bytes say, whatever the name does.
BY_BEGINNING: Final = (
    (b"MZ", Danger.PROGRAM),
    (b"\x7fELF", Danger.PROGRAM),
    (b"\xcf\xfa\xed\xfe", Danger.PROGRAM),
    (b"#!", Danger.PROGRAM),
    (b"L\0\0\0\x01\x14\x02\0", Danger.PROGRAM),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Danger.MACROS),
    (b"Rar!", Danger.ARCHIVE),
    (b"7z\xbc\xaf", Danger.ARCHIVE),
    (b"\x1f\x8b", Danger.ARCHIVE),
)
#: Bytes of a file that are looked at.
LOOKED_AT: Final = 4096
_WEB: Final = (b"<!doctype html", b"<html", b"<script", b"<svg")
#: What makes a PDF act (ISO 32000-1 section 12.6).
_ACTIVE_PDF: Final = (b"/JavaScript", b"/JS ", b"/JS(", b"/Launch", b"/EmbeddedFile")


def danger_of(name: str, content: bytes) -> Danger | None:
    """What may be dangerous about a file; None when nothing is seen."""
    begins = content[:LOOKED_AT]
    for mark, danger in BY_BEGINNING:
        if begins.startswith(mark):
            return danger
    if begins.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_WEB):
        return Danger.WEB_PAGE
    if begins.lstrip().startswith(b"%PDF") and any(word in content for word in _ACTIVE_PDF):
        return Danger.ACTIVE_PDF
    # Windows drops dots and blanks at the end of a name.
    return BY_ENDING.get(name.rstrip(". ").rpartition(".")[2].lower())
