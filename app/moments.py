"""Dates and times as people here type them: ISO 8601, or Finnish as in 31.8.2026 klo 14.30.

Words into a `datetime` and nothing else: what an offset left out means is the caller's to say.
"""

from __future__ import annotations

import re
from datetime import datetime

#: Both forms, to be shown where something else was typed.
FORMS = "2026-08-31T14:30 or 31.8.2026 klo 14.30"

_FINNISH = re.compile(
    r"(?P<day>\d{1,2})\. ?(?P<month>\d{1,2})\. ?(?P<year>\d{4})"
    r"(?:,? (?:klo |kello )?(?P<hour>\d{1,2})(?:[.:](?P<minute>\d{2}))?)?",
    re.ASCII | re.IGNORECASE,
)


def moment_from(typed: str) -> datetime:
    """The moment that was typed, naive where no offset was. Raises ValueError for what is in neither form."""
    text = " ".join(typed.split())
    found = _FINNISH.fullmatch(text)
    if found is None:
        return datetime.fromisoformat(text)
    named = {name: int(number or 0) for name, number in found.groupdict().items()}
    return datetime.fromisoformat("{year}-{month:02}-{day:02}T{hour:02}:{minute:02}".format(**named))
