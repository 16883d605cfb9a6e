"""HTML of a mail as plain text, the way a person would have typed it.

Here lives the conversion only: block breaks, lists and quotes marked with `> ` so that they can be told from
what the writer wrote. Nothing is ever fetched or rendered. The scanner is our own because the standard one
takes minutes over hostile markup of a few kilobytes; this one reads every character a fixed number of times.
"""

from __future__ import annotations

import re
from html import unescape
from typing import Final

#: Characters of markup that are looked at; a request is never further down.
MAX_MARKUP: Final = 400_000
#: Characters of one tag's attributes that are searched for signs.
MAX_ATTRIBUTES: Final = 1_000

_BLOCKS: Final = frozenset(
    {
        "address", "article", "aside", "blockquote", "center", "dd", "div", "dl", "dt", "fieldset", "figure",
        "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p",
        "pre", "section", "table", "tbody", "tfoot", "thead", "tr", "ul",
    }
)  # fmt: skip
#: Blocks that a reader sees set apart by an empty line.
_PARAGRAPHS: Final = frozenset(
    {"p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "ul", "ol", "table"}
)
_UNSEEN: Final = frozenset(
    {"head", "style", "script", "title", "template", "noscript", "svg", "object", "iframe"}
)
#: Class or id of what mail programs wrap around the mail being answered.
_QUOTE_SIGNS: Final = re.compile(
    r"""\b(?:class|id)\s*=\s*["']?[^"'>]*\b(?:gmail_quote|gmail_attr|yahoo_quoted|moz-cite-prefix|protonmail_quote
    |zmail_extra|hmQuote|tutanota_quote)\b""",
    re.IGNORECASE | re.VERBOSE,
)
#: From such an element on, everything is the mail being answered (Outlook's programs do not close it).
_REST_SIGNS: Final = re.compile(
    r"""\bid\s*=\s*["']?(?:divRplyFwdMsg|appendonsend|OLK_SRC_BODY_SECTION|mail-editor-reference-message-container)\b""",
    re.IGNORECASE,
)
_SIGNATURE_SIGNS: Final = re.compile(
    r"""\b(?:class|id)\s*=\s*["']?[^"'>]*\b(?:gmail_signature|moz-signature)\b""", re.I
)
_HIDDEN: Final = re.compile(r"display\s*:\s*none|mso-hide\s*:\s*all", re.IGNORECASE)
_TAG_NAME = re.compile(r"/?([a-zA-Z][a-zA-Z0-9:-]{0,40})")
_SPACE = re.compile(r"[ \t\r\n\f]+")


class _Lines:
    """Collects words into lines; knows how deep in quotes it is."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.words: list[str] = []
        self.quotes = 0
        self.rest_quoted = False

    def add(self, text: str, *, as_it_is: bool) -> None:
        if not as_it_is:
            self.words.append(_SPACE.sub(" ", text))
            return
        first, *others = text.replace("\r\n", "\n").split("\n")
        self.words.append(first)
        for line in others:
            self.end_line(always=True)
            self.words.append(line)

    def end_line(self, *, always: bool = False) -> None:
        line = "".join(self.words).replace("\xa0", " ").strip(" ")
        self.words.clear()
        if line or always:
            self.lines.append(("> " if self.quotes or self.rest_quoted else "") + line)

    def gap(self) -> None:
        if self.lines and self.lines[-1]:
            self.lines.append("")


def text_of_html(markup: str) -> str:
    """Readable text: one line a block, quoted mail behind `> `, scripts, styles and hidden parts left out."""
    scan = _Scan(markup[:MAX_MARKUP].replace("\x00", ""))
    scan.run()
    return "\n".join(scan.out.lines).strip("\n")


class _Scan:
    """One pass over markup. An element that changes how its content is read is on a stack till it ends."""

    def __init__(self, markup: str) -> None:
        self.markup = markup
        self.out = _Lines()
        #: (element, what it changes: "quote" "unseen" "pre"), with the depth of same-named elements inside.
        self.open: list[tuple[str, str]] = []
        self.depth: list[int] = []
        self.changes = {"quote": 0, "unseen": 0, "pre": 0}
        self._quotes_left = True

    def run(self) -> None:
        at, markup = 0, self.markup
        while True:
            start = markup.find("<", at)
            if start < 0:
                self._text(markup[at:])
                break
            self._text(markup[at:start])
            at = self._element(start)
        self.out.end_line()

    def _text(self, text: str) -> None:
        if text and not self.changes["unseen"]:
            self.out.add(unescape(text) if "&" in text else text, as_it_is=bool(self.changes["pre"]))

    def _element(self, start: int) -> int:
        """Handle what begins with `<`; returns where to go on."""
        markup = self.markup
        if markup.startswith("<!--", start):
            end = markup.find("-->", start + 4)
            return end + 3 if end >= 0 else len(markup)
        match = _TAG_NAME.match(markup, start + 1)
        if match is None and markup[start + 1 : start + 2] not in ("!", "?", "/"):
            self._text("<")
            return start + 1
        end = self._end_of_tag(start)
        if end < 0:
            # A last `<` that nothing closes: the text of somebody who writes "<3".
            self._text(markup[start:] if match is None else "")
            return len(markup)
        if match is not None:
            name, closing = match[1].lower(), markup[start + 1] == "/"
            if closing:
                self._close(name)
            else:
                self._open(name, markup[match.end() : end])
        return end + 1

    def _end_of_tag(self, start: int) -> int:
        end = self.markup.find(">", start)
        # A `>` inside a quoted attribute does not end the tag.
        if end > 0 and self._quotes_left and self.markup.count('"', start, end) % 2:
            quote = self.markup.find('"', end)
            self._quotes_left = quote >= 0
            if quote >= 0:
                end = self.markup.find(">", quote)
        return end

    def _open(self, name: str, attributes: str) -> None:
        out = self.out
        if name == "br":
            out.end_line(always=True)
            return
        attributes = attributes[:MAX_ATTRIBUTES]
        change = self._change(name, attributes)
        if name in _BLOCKS:
            out.end_line()
            if name in _PARAGRAPHS:
                out.gap()
        if not self.changes["unseen"] and not change:
            if name == "li":
                out.words.append("- ")
            elif name in ("td", "th"):
                out.words.append(" ")
        if _REST_SIGNS.search(attributes):
            out.end_line()
            out.rest_quoted = True
        if change and not attributes.rstrip().endswith("/") and len(self.open) < 200:
            self.open.append((name, change))
            self.depth.append(0)
            self._shift(change, 1)
        elif self.open and self.open[-1][0] == name:
            self.depth[-1] += 1

    def _change(self, name: str, attributes: str) -> str:
        if name in _UNSEEN or (attributes and _HIDDEN.search(attributes)):
            return "" if name in ("img", "input", "meta", "link", "hr", "br") else "unseen"
        if name == "blockquote" or (attributes and _QUOTE_SIGNS.search(attributes)):
            return "quote"
        if attributes and _SIGNATURE_SIGNS.search(attributes):
            return "unseen"
        return "pre" if name == "pre" else ""

    def _close(self, name: str) -> None:
        if name in _BLOCKS:
            self.out.end_line()
            if name in _PARAGRAPHS:
                self.out.gap()
        if not self.open:
            return
        if self.open[-1][0] == name:
            if self.depth[-1]:
                self.depth[-1] -= 1
                return
            self._pop()
        elif name in ("body", "html"):
            while self.open:
                self._pop()

    def _pop(self) -> None:
        _, change = self.open.pop()
        self.depth.pop()
        self.out.end_line()
        self._shift(change, -1)

    def _shift(self, change: str, by: int) -> None:
        if change == "quote":
            self.out.end_line()
            self.out.quotes += by
        self.changes[change] += by
