"""E-mail addresses as keys: one spelling for each, so that two can be compared.

Here lives the spelling only. Whether an address may be written to, and whether it proves anything, is decided
elsewhere. Nothing here asks a name server.
"""

from __future__ import annotations

import re
import unicodedata

import idna

#: RFC 5321 4.5.3.1: octets in a local part, and in an address as it travels.
_LONGEST_LOCAL, _LONGEST = 64, 254
#: Left at the ends of an address by copying it from a page or a mail.
_STRAY = " \t\r\n\x0b\x0c\u00a0\u00ad\u200b\u200c\u200d\u2060\ufeff"

#: The usual address, which needs no closer look.
_PLAIN = re.compile(
    r"[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,63}", re.IGNORECASE
)
#: RFC 5322 3.2.3 dot-atom, with the letters beyond ASCII that RFC 6532 adds.
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u00a1-\U0010ffff-]+"
_LOCAL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_TOP_LABEL = re.compile(r"[a-z]{2,63}|xn--[a-z0-9-]{1,59}")


def normalise_email(text: str) -> str:
    """One spelling of an address: trimmed, in lower case, its domain in ASCII (IDNA 2008, UTS 46).

    Lower case, and not `casefold`: folding turns `ß` and `ſ` into plain letters, and so one person's mailbox
    into another's. For the same reason a local part beyond ASCII never becomes an ASCII one. What is no
    address comes back trimmed and in lower case; `is_email` tells the two apart.
    """
    trimmed = text.strip(_STRAY).rstrip("." + _STRAY)
    local, at, domain = trimmed.rpartition("@")
    if trimmed.isascii() or not at:
        return trimmed.lower()
    return _lower_local(local) + at + _ascii_domain(domain)


def is_email(text: str) -> bool:
    """Whether `text` is one deliverable-looking address: a local part, `@`, and a domain with a dot in it.

    Quoted local parts and address literals (`"a b"@…`, `…@[192.0.2.1]`) are refused: nobody who registers
    with a web shop has one, and they break code further on.
    """
    address = normalise_email(text)
    if len(address.encode(errors="replace")) > _LONGEST:
        return False
    local, _, domain = address.rpartition("@")
    if len(local.encode(errors="replace")) > _LONGEST_LOCAL or len(domain) > _LONGEST - 1:
        return False
    labels = domain.split(".")
    if max(map(len, labels)) > 63:
        return False
    if _PLAIN.fullmatch(address):
        return True
    return bool(
        len(labels) > 1
        and _LOCAL.fullmatch(local)
        and _printable(local)
        and all(map(_LABEL.fullmatch, labels))
        and _TOP_LABEL.fullmatch(labels[-1])
    )


def _lower_local(local: str) -> str:
    # Lower case can undo the composed form, so it is composed again.
    lowered = unicodedata.normalize("NFC", unicodedata.normalize("NFC", local).lower())
    return local if lowered.isascii() and not local.isascii() else lowered


def _ascii_domain(domain: str) -> str:
    """The domain as DNS knows it; one that DNS cannot hold stays as written, in lower case."""
    try:
        return idna.encode(domain, uts46=True).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError):
        return domain.lower()


def _printable(text: str) -> bool:
    """No spaces, controls, format marks, surrogates or unassigned characters."""
    return not any(unicodedata.category(character)[0] in "CZ" for character in text)
