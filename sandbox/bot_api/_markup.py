"""Formatted text as Telegram reads it: HTML and MarkdownV2 to plain text and entities.

Broken markup is answered with the same complaint as Telegram's own, for a bot that forgets to escape a name
must fail here and not first at the customer's. Offsets and lengths count UTF-16 units; offsets in
complaints count UTF-8 bytes.
"""

from __future__ import annotations

import html
import re

from sandbox.bot_api._wire import ApiFault, Json, bad_request

_TAGS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "a": "text_link",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
}
#: Longest first, so that "__" is not read as two "_".
_MARKS = {
    "```": "pre",
    "__": "underline",
    "||": "spoiler",
    "*": "bold",
    "_": "italic",
    "~": "strikethrough",
    "`": "code",
    "[": "text_link",
}
_RESERVED = "_*[]()~`>#+-=|{}.!"
_TAG = re.compile(r"<(/?)([a-zA-Z0-9-]*)((?:\s[^<>]*)?)(/?)>")
_HREF = re.compile(r"""href\s*=\s*(?:"([^"]*)"|'([^']*)'|(\S+))""", re.IGNORECASE)
_PLAIN = (
    ("bot_command", re.compile(r"(?<![\w/])/[A-Za-z0-9_]{1,32}(?:@\w+)?")),
    ("email", re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")),
    ("url", re.compile(r"https?://[^\s<>]+")),
)


def units(text: str) -> int:
    """How long Telegram says a text is: its UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2


def format_text(text: str, parse_mode: str) -> tuple[str, list[Json]]:
    """The plain text and the entities of what a bot sends.

    Raises:
        ApiFault: 400 "can't parse entities: …", in Telegram's words.
    """
    mode = parse_mode.lower()
    if mode == "html":
        plain, entities = _from_html(text)
    elif mode in {"markdownv2", "markdown"}:
        plain, entities = _from_markdown(text, strict=mode == "markdownv2")
    elif mode:
        raise bad_request("unsupported parse_mode")
    else:
        plain, entities = text, []
    return plain, sorted(entities + find_entities(plain), key=lambda entity: entity["offset"])


def find_entities(text: str) -> list[Json]:
    """What Telegram marks by itself in plain text: commands, e-mail addresses and links."""
    found = [
        {"type": kind, "offset": units(text[: hit.start()]), "length": units(hit.group())}
        for kind, pattern in _PLAIN
        for hit in pattern.finditer(text)
    ]
    return sorted(found, key=lambda entity: entity["offset"])


def _broken(what: str) -> ApiFault:
    return bad_request(f"can't parse entities: {what}")


def _entity(kind: str, start: int, end: int, url: str = "") -> Json:
    entity: Json = {"type": kind, "offset": start, "length": end - start}
    return entity | {"url": url} if url else entity


def _from_html(text: str) -> tuple[str, list[Json]]:
    plain, at = "", 0
    stack: list[tuple[str, int, str]] = []
    entities: list[Json] = []
    while at < len(text):
        if text[at] != "<":
            stop = text.find("<", at)
            stop = len(text) if stop < 0 else stop
            plain += html.unescape(text[at:stop])
            at = stop
            continue
        offset = len(text[:at].encode())
        tag = _TAG.match(text, at)
        name = tag[2].lower() if tag else ""
        if tag is None or name not in _TAGS:
            raise _broken(f'Unsupported start tag "{name}" at byte offset {offset}')
        if tag[1]:
            expected = stack[-1][0] if stack else ""
            if name != expected:
                wanted = f', expected "</{expected}>", found "</{name}>"' if expected else ""
                raise _broken(f"Unmatched end tag at byte offset {offset}{wanted}")
            _, start, url = stack.pop()
            if units(plain) > start:
                entities.append(_entity(_TAGS[name], start, units(plain), url))
        else:
            href = _HREF.search(tag[3]) if name == "a" else None
            stack.append((name, units(plain), next(filter(None, href.groups()), "") if href else ""))
        at = tag.end()
    if stack:
        raise _broken(f'Can\'t find end tag corresponding to start tag "{stack[-1][0]}"')
    return plain, entities


def _from_markdown(text: str, *, strict: bool) -> tuple[str, list[Json]]:
    plain, at = "", 0
    stack: list[tuple[str, int, int]] = []
    entities: list[Json] = []
    while at < len(text):
        inside = stack[-1][0] if stack else ""
        verbatim = inside in {"`", "```"}
        if text[at] == "\\" and at + 1 < len(text) and ord(text[at + 1]) < 127:
            plain += text[at + 1]
            at += 2
            continue
        if inside == "[" and text[at] == "]":
            _, start, _ = stack.pop()
            url, at = _link_target(text, at + 1)
            entities.append(_entity("text_link", start, units(plain), url))
            continue
        mark = next((mark for mark in _MARKS if text.startswith(mark, at)), "")
        if mark and (not verbatim or mark == inside):
            if mark == inside:
                _, start, _ = stack.pop()
                entities.append(_entity(_MARKS[mark], start, units(plain)))
            else:
                stack.append((mark, units(plain), len(text[:at].encode())))
            at += len(mark)
            continue
        starts_line = at == 0 or text[at - 1] == "\n"
        quote = text[at] == ">" and starts_line
        if strict and not verbatim and text[at] in _RESERVED and not quote:
            raise _broken(f"Character '{text[at]}' is reserved and must be escaped with the preceding '\\'")
        plain += "" if quote else text[at]
        at += 1
    if stack:
        kind = "".join(word.capitalize() for word in _MARKS[stack[-1][0]].split("_"))
        raise _broken(f"Can't find end of {kind} entity at byte offset {stack[-1][2]}")
    return plain, entities


def _link_target(text: str, at: int) -> tuple[str, int]:
    if not text.startswith("(", at):
        return "", at
    end = text.find(")", at)
    if end < 0:
        raise _broken("Can't find end of a URL at byte offset " + str(len(text[:at].encode())))
    return text[at + 1 : end], end + 1
