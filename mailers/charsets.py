"""Bytes to characters, whatever the label says.

Here lives the one place that decides how bytes of a mail are decoded. It never fails: text that fits no
charset keeps what can be read.
"""

from __future__ import annotations

import codecs
from functools import lru_cache
from typing import Final

#: Labels that are believed, by the codec's own name. UTF-7 is left out on purpose: it hides text inside
#: ASCII, and no current program sends it.
BELIEVED: Final = frozenset(
    {
        "utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be",
        *(f"iso8859-{n}" for n in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 14, 15, 16)),
        *(f"cp125{n}" for n in range(9)), "cp437", "cp850", "cp865", "mac-roman", "koi8-r", "koi8-u",
        "gb2312", "gbk", "gb18030", "big5", "shift_jis", "euc_jp", "euc_kr", "iso2022_jp", "tis-620",
    }
)  # fmt: skip
#: What senders call Latin-1 is the Windows code page, which adds the typographic signs (WHATWG Encoding).
_MEANT: Final = {"iso8859-1": "cp1252", "ascii": "utf-8"}
#: Charsets whose bytes may look like UTF-8 without being it.
_NOT_BY_LOOKS: Final = ("utf-16", "utf-32", "iso2022_jp")


@lru_cache(maxsize=256)
def codec_of(label: str) -> str:
    """The codec a label stands for; UTF-8 when the label is unknown, dangerous or missing."""
    try:
        name = codecs.lookup(label.strip(" \"'").lower()).name
    except (LookupError, ValueError):
        return "utf-8"
    name = _MEANT.get(name, name)
    return name if name in BELIEVED else "utf-8"


def decode_bytes(data: bytes, label: str) -> str:
    """Decode by the label where it can be true, else as UTF-8, else as Windows-1252.

    Bytes that are valid UTF-8 are UTF-8 even under a Latin label: the other way round is next to impossible
    in real text.
    """
    if not data:
        return ""
    codec = codec_of(label)
    tries = (codec, "utf-8") if codec.startswith(_NOT_BY_LOOKS) else ("utf-8", codec)
    for name in tries:
        try:
            return data.decode(name)
        except (UnicodeDecodeError, ValueError):
            continue
    if codec == "utf-8":
        # UTF-8 cut or damaged in a few places: keep the rest of it readable.
        text = data.decode("utf-8", "replace")
        strange = sum(not char.isascii() for char in text)
        if text.count("\ufffd") * 2 < strange:
            return text
    return data.decode("cp1252", "replace")
