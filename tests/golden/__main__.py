"""`python -m tests.golden`: write the golden copies anew, and remove those of letters there are no more."""

from tests.golden import FOLDER, letters


def main() -> None:
    """Make the files what the letters are now; what changed is then seen by `git diff`."""
    wanted = letters()
    for path in FOLDER.rglob("*.txt"):
        if path.relative_to(FOLDER) not in wanted:
            path.unlink()
    for path, text in wanted.items():
        file = FOLDER / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
