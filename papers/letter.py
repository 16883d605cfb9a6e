"""Letters on paper: a business letter as it is posted in Finland, and the request form for who wants to sign.

A letter fits window envelopes: what shows in the window is the recipient and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from papers.words import captions

if TYPE_CHECKING:
    from papers.sheet import Sheet

#: Millimetres from the top. Windows of C5 and E5 envelopes begin between 39 and 44, and are at least 30 high.
_SENDER, _RECIPIENT, _BODY = 14.0, 47.0, 92.0
#: The column of the day and the reference; no window reaches it.
_SIDE: Final = 132.0
#: Words run no wider than is easy to read.
_WIDTH: Final = 158.0
#: Posti asks for no country on letters that stay in Finland.
_HOME: Final = frozenset({"fi", "fin", "finland", "suomi"})
#: From one line of an address to the next.
_LINE: Final = 5.0


def letter_pdf(
    *,
    sender: Sequence[str],
    recipient: Sequence[str],
    subject: str,
    text: str,
    day: str,
    reference: str,
    language: str,
    made_at: datetime,
) -> bytes:
    """A letter on A4, ready to print, fold and post.

    `sender` and `recipient` are the lines of their addresses, names first. `text` is plain: an empty line ends a
    paragraph, a line that begins with "– " is a list item. `day` and `reference` are printed as they are;
    `made_at` (aware) is the file's own date. The same arguments give the same bytes.
    """
    from papers.sheet import Sheet

    mark = f"{captions(language)['reference']} {reference}" if reference else subject
    sheet = Sheet(title=subject, author=next(iter(sender), ""), language=language, made_at=made_at, mark=mark)
    sheet.add_page()
    _head(sheet, sender, recipient, [day, reference])
    _subject(sheet, subject)
    sheet.prose(text, width=_WIDTH)
    return sheet.done()


def form_pdf(
    *,
    recipient: Sequence[str],
    subject: str,
    wishes: Sequence[str],
    reference: str,
    language: str,
    made_at: datetime,
    name: str = "",
) -> bytes:
    """The request as a letter from the person to the shop, with lines for name, place, date and signature.

    `wishes` are whole sentences in the person's own voice. `name` fills the name in where it may be told.
    Nothing ever waits for this paper, and it says so (docs/invariants.md 1.9).
    """
    from papers.sheet import FAINT, LEFT, Sheet

    said = captions(language)
    sheet = Sheet(title=subject, author=name, language=language, made_at=made_at, mark=reference)
    sheet.add_page()
    _head(sheet, (), recipient, ["", reference])
    _subject(sheet, subject)
    sheet.prose("\n".join(wishes if len(wishes) == 1 else [f"– {wish}" for wish in wishes]), width=_WIDTH)
    sheet.need(96)
    sheet.set_y(sheet.get_y() + 16)
    for row in (("place_and_date", "signature"), ("name", "contact")):
        _lines_to_fill(sheet, [said[key] for key in row], [name if key == "name" else "" for key in row])
    sheet.set_y(sheet.get_y() + 8)
    sheet.ink(9.5, shade=FAINT)
    sheet.block(LEFT, sheet.lines(said["form_not_needed"], _WIDTH), 4.6)
    return sheet.done()


def _head(sheet: Sheet, sender: Sequence[str], recipient: Sequence[str], side: Sequence[str]) -> None:
    from papers.sheet import FAINT, LEFT, RIGHT

    # A sixth line would show in the window.
    for number, line in enumerate([*sender[:4], *filter(None, [", ".join(sender[4:])])]):
        sheet.ink(11 if number == 0 else 9, bold=number == 0, shade=25 if number == 0 else FAINT)
        sheet.put(LEFT, _SENDER + (0 if number == 0 else 1.4 + number * 4.1), line)
    sheet.ink(11)
    told = [part for line in filter(None, side) for part in sheet.lines(line, sheet.w - RIGHT - _SIDE)]
    for number, line in enumerate(told):
        sheet.put(_SIDE, _SENDER + number * _LINE, line)
    shown = [line for line in recipient if line.strip()]
    if len(shown) > 1 and shown[-1].strip().casefold() in _HOME:
        shown.pop()
    for number, line in enumerate(shown):
        sheet.put(LEFT, _RECIPIENT + number * _LINE, line, height=_LINE)
    sheet.set_y(max(_BODY, _RECIPIENT + len(shown) * _LINE + 10))


def _subject(sheet: Sheet, subject: str) -> None:
    from papers.sheet import LEFT

    sheet.ink(15, bold=True)
    sheet.block(LEFT, sheet.lines(subject, _WIDTH), 7)
    sheet.set_y(sheet.get_y() + 4)


def _lines_to_fill(sheet: Sheet, names: Sequence[str], filled: Sequence[str]) -> None:
    from papers.sheet import FAINT, LEFT

    width, y = 76.0, sheet.get_y() + 16
    for number, (name, value) in enumerate(zip(names, filled, strict=True)):
        x = LEFT + number * (width + 8)
        sheet.ink(11)
        sheet.put(x, y - 6, value, height=5)
        sheet.rule(x, y, width, shade=FAINT)
        sheet.ink(8.5, shade=FAINT)
        sheet.put(x, y + 1, name)
    sheet.set_y(y + 6)
