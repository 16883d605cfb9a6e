"""What the receiving mail server found out about the sender (`Authentication-Results`, RFC 8601).

Anybody can write such a header. It counts only with the name of a server from the settings, and of several results
for one method only the topmost: servers put their own above what came along.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Final

from mailers.headers import Headers

#: Methods that are looked at, and the results that mean the sender is not confirmed.
FAILS: Final = {
    "spf": frozenset({"fail", "softfail", "permerror"}),
    "dkim": frozenset({"fail", "permerror", "policy"}),
    "dmarc": frozenset({"fail", "permerror"}),
}
#: Headers of this kind that are read.
MOST: Final = 20

_COMMENT = re.compile(r"\([^()]*\)")
_RESULT = re.compile(r"^\s*([a-z0-9-]{1,30})\s*(?:/\s*\d+\s*)?=\s*([a-z]{1,30})\b", re.IGNORECASE)


def unconfirmed(headers: Headers, trusted: Collection[str]) -> tuple[str, ...]:
    """Which of `FAILS` failed, as `spf_fail` and so on; empty without a trusted server."""
    if not trusted:
        return ()
    found: dict[str, str] = {}
    for value in headers.raw_all("authentication-results")[:MOST]:
        for method, result in _results(value, trusted):
            found.setdefault(method, result)
    # One good signature is enough, however many others are broken.
    return tuple(f"{method}_fail" for method, fails in FAILS.items() if found.get(method) in fails)


def _results(value: str, trusted: Collection[str]) -> Iterable[tuple[str, str]]:
    server, *results = _COMMENT.sub(" ", value).split(";")
    name = (server.split() or [""])[0].rstrip(".").lower()
    if name not in {one.rstrip(".").lower() for one in trusted}:
        return
    here = [(hit[1].lower(), hit[2].lower()) for one in results if (hit := _RESULT.match(one))]
    yield from sorted(here, key=lambda one: one[1] != "pass")
