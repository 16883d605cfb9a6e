"""The lists of gaps in docs/shops.md, made from the profiles.

`python -m tests.core.shops_page` writes them; a test says when that has to be done.
"""

from __future__ import annotations

import re
from pathlib import Path

from cases.model import Language
from shops.gaps import gaps_of
from shops.profile import load_profile

PAGE = Path(__file__).parents[2] / "docs" / "shops.md"

_SECTION = re.compile(
    r"(^## [^\n]*\(`(?P<name>\w+)`\)\n.*?^Gaps, and how to mend them:\n\n)(?:- [^\n]*\n)*",
    re.DOTALL | re.MULTILINE,
)


def made(page: str) -> str:
    """The page with each shop's gaps as they are now; the rest of it is written by hand."""
    return _SECTION.sub(lambda found: found[1] + _gaps(found["name"]), page)


def _gaps(name: str) -> str:
    gaps = gaps_of(load_profile(name))
    return "".join(f"- `{gap.id}`: {gap.sentence(Language.EN)}\n" for gap in gaps)


if __name__ == "__main__":
    PAGE.write_text(made(PAGE.read_text("utf-8")), encoding="utf-8")
