"""A sheet of A4: typeface, margins, running head, paragraphs that break where a reader would break them.

The one module that loads the PDF library at import; import it inside the function that draws.
"""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from fpdf import FPDF, ViewerPreferences
from fpdf.enums import Align, MethodReturnValue
from fpdf.fonts import TTFFont

FONTS: Final = Path(__file__).parent / "fonts"
FACE: Final = "sourcesans"

#: Millimetres.
LEFT: Final = 20.0
RIGHT: Final = 22.0
TOP: Final = 26.0
BOTTOM: Final = 20.0

#: Shades of the one ink.
INK: Final = 25
FAINT: Final = 105
HAIR: Final = 205

#: How far the words of a list item stand from its dash.
_INDENT: Final = 4.5
_DASHES: Final = ("– ", "- ", "• ")
#: What the typeface lacks and something it has says as well.
_SAME: Final = str.maketrans(
    {"\u2011": "-", "\u00ad": None, "\u200b": None, "\ufeff": None, "\t": " ", "\u2212": "–"}
)
#: Stands for a character the typeface lacks.
UNKNOWN: Final = "?"

# These libraries log which characters a text has and lacks; what a letter says belongs in no log.
for _name in ("fpdf", "fontTools"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)


class Sheet(FPDF):
    """One document. The same calls give the same bytes."""

    def __init__(self, *, title: str, author: str, language: str, made_at: datetime, mark: str = "") -> None:
        """`made_at` is aware and becomes the file's creation date; `mark` stands at the head of later pages."""
        if made_at.tzinfo is None:
            raise ValueError("the moment a paper is made needs a time zone")
        super().__init__(unit="mm", format="A4")
        self.add_font(FACE, "", FONTS / "SourceSansPro-Regular.ttf")
        self.add_font(FACE, "B", FONTS / "SourceSansPro-Bold.ttf")
        self.set_margins(LEFT, TOP, RIGHT)
        self.c_margin = 0.0
        self.set_auto_page_break(False)
        self.set_lang(language)
        self.set_title(title)
        self.set_author(author)
        self.set_creator("Pyyntö")
        self.set_creation_date(made_at)
        self.viewer_preferences = ViewerPreferences(display_doc_title=True)
        self._mark = mark
        self._glyphs: frozenset[int] = frozenset()
        #: Whether some character had to be shown as UNKNOWN.
        self.lacking = False

    # -- pages -------------------------------------------------------------------------------------------

    def header(self) -> None:
        """From the second page on: what this is, and which page of how many."""
        if self.page_no() == 1:
            return
        self.ink(9, shade=FAINT)
        self.put(LEFT, 12, self._mark)
        # The count is filled in when all is drawn; at the left of its box its length shifts nothing.
        self.set_xy(self.w - RIGHT - 12, 12)
        self.cell(12, 4, f"{self.page_no()} ({{nb}})")
        self.set_y(TOP)

    @property
    def floor(self) -> float:
        """Where the part of a page that may be written on ends."""
        return float(self.h - BOTTOM)

    def need(self, height: float) -> bool:
        """Begin a page unless so much room is left; True when it did."""
        if self.get_y() + height <= self.floor:
            return False
        self.add_page()
        return True

    # -- words -------------------------------------------------------------------------------------------

    def ink(self, size: float, *, bold: bool = False, shade: int = INK) -> None:
        """The type for what follows: size in points, 0 black to 255 white."""
        self.set_font(FACE, "B" if bold else "", size)
        self.set_text_color(shade)

    def fit(self, text: str) -> str:
        """The text in characters the typeface has."""
        text = unicodedata.normalize("NFC", text).translate(_SAME)
        if not self._glyphs:
            face = self.fonts[FACE]
            assert isinstance(face, TTFFont)
            self._glyphs = frozenset(face.cmap)
        return "".join(
            char if ord(char) in self._glyphs or char == "\n" else self._near(char) for char in text
        )

    def _near(self, char: str) -> str:
        bare = "".join(one for one in unicodedata.normalize("NFKD", char) if not unicodedata.combining(one))
        if bare and all(ord(one) in self._glyphs for one in bare):
            return bare
        self.lacking = True
        return UNKNOWN

    def put(self, x: float, y: float, text: str, *, height: float = 4) -> None:
        """One line at a place, whatever stands around it."""
        self.set_xy(x, y)
        self.cell(0, height, self.fit(text))

    def lines(self, text: str, width: float) -> list[str]:
        """The text as the lines it takes at this width, in the type that is set."""
        if not text:
            return [""]
        found = self.multi_cell(
            width, 5, self.fit(text), align=Align.L, dry_run=True, output=MethodReturnValue.LINES
        )
        assert isinstance(found, list)
        return [str(line) for line in found] or [""]

    def block(self, x: float, lines: Sequence[str], height: float) -> None:
        """Lines one below the other; never a first or a last line alone on a page."""
        left = len(lines)
        for line in lines:
            fits = int((self.floor - self.get_y() + 0.01) // height)
            alone = left == len(lines) and left > 1 and fits < 2
            widow = left == 2 and len(lines) > 2 and fits == 1
            if fits < 1 or alone or widow:
                self.add_page()
            y = self.get_y()
            self.set_xy(x, y)
            self.cell(0, height, line)
            self.set_y(y + height)
            left -= 1

    def prose(self, text: str, *, width: float, size: float = 11, height: float = 5.4) -> None:
        """Paragraphs, list items and headings of a letter written as plain text."""
        paragraphs = list(_paragraphs(text))
        for number, lines in enumerate(paragraphs):
            heads = _is_heading(paragraphs, number)
            if heads:
                # A heading keeps two lines of what it heads.
                self.need(height * 3 + 2)
                self.set_y(self.get_y() + (1.5 if number else 0))
            self.ink(size, bold=heads)
            for line in lines:
                self._line_of_prose(line, width, height)
            self.set_y(self.get_y() + (0.8 if heads else height * 0.52))

    def _line_of_prose(self, line: str, width: float, height: float) -> None:
        dash = next((sign for sign in _DASHES if line.startswith(sign)), "")
        if not dash:
            self.block(LEFT, self.lines(line, width), height)
            return
        words = self.lines(line.removeprefix(dash), width - _INDENT)
        if self.get_y() + height * min(len(words), 2) > self.floor:
            self.add_page()
        y = self.get_y()
        self.put(LEFT, y, "–", height=height)
        self.set_y(y)
        self.block(LEFT + _INDENT, words, height)

    def rule(self, x: float, y: float, width: float, *, shade: int = HAIR) -> None:
        """A thin line across."""
        self.set_draw_color(shade)
        self.set_line_width(0.2)
        self.line(x, y, x + width, y)

    def done(self) -> bytes:
        """The finished file."""
        return bytes(self.output())


def _paragraphs(text: str) -> Iterator[list[str]]:
    lines: list[str] = []
    for line in [*text.replace("\r\n", "\n").split("\n"), ""]:
        if line.strip():
            lines.append(line.strip())
        elif lines:
            yield lines
            lines = []


def _is_heading(paragraphs: Sequence[Sequence[str]], number: int) -> bool:
    """One short line without a stop at its end, with more text to come."""
    lines = paragraphs[number]
    if len(lines) != 1 or number + 1 == len(paragraphs) or number == 0:
        return False
    line = lines[0]
    return len(line) <= 60 and line[-1].isalnum() and line[:1].isupper() and not line.startswith(_DASHES)
