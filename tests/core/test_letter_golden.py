"""A letter that changes shows how it changed, line by line."""

from difflib import unified_diff
from pathlib import Path

import pytest

from tests.golden import FOLDER, letters

LETTERS = letters()
REWRITE = "If this is how it should read now, run `python -m tests.golden` and look at `git diff`."


@pytest.mark.parametrize("path", sorted(LETTERS), ids=str)
def test_letter_reads_as_it_did(path: Path) -> None:
    file = FOLDER / path
    assert file.exists(), f"{path} has no golden copy yet. {REWRITE}"
    was, now = file.read_text(encoding="utf-8"), LETTERS[path]
    if was != now:
        lines = unified_diff(
            was.splitlines(), now.splitlines(), f"{path} (kept)", f"{path} (now)", lineterm=""
        )
        pytest.fail("\n".join([f"{path} reads differently.", *lines, REWRITE]), pytrace=False)


def test_no_golden_copy_is_left_of_a_letter_that_is_gone() -> None:
    assert {path.relative_to(FOLDER) for path in FOLDER.rglob("*") if path.is_file()} == set(LETTERS), REWRITE
