"""`make fuzz`: bytes that reach new places in the code that reads mail, for as long as one likes.

What breaks a property is printed as a Python literal, to become a test. Needs `atheris`.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.fuzz.seeds import seeds


def main() -> int:
    """Search; 0 when nothing was found, 1 with the bytes otherwise, 2 without the fuzzer."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.mail", description=__doc__)
    parser.add_argument("--seconds", type=int, default=60)
    seconds = parser.parse_args().seconds
    try:
        import atheris
    except ImportError:
        print("The fuzzer is not installed: make fuzz installs it.", file=sys.stderr)
        return 2
    with atheris.instrument_imports(
        include=["mailers", "cases.understanding.prepare", "cases.addresses", "email"]
    ):
        from tests.fuzz.properties import check

    def tried(raw: bytes) -> None:
        try:
            check(raw)
        except BaseException:
            print(f"This mail breaks a property:\n{raw!r}", file=sys.stderr, flush=True)
            raise

    with tempfile.TemporaryDirectory(prefix="mails-") as folder:
        for number, raw in enumerate(_distinct(seeds())):
            Path(folder, str(number)).write_bytes(raw)
        options = [
            f"-max_total_time={seconds}",
            "-max_len=20000",
            "-timeout=20",
            "-rss_limit_mb=2000",
            f"-artifact_prefix={folder}/",
        ]
        atheris.Setup([sys.argv[0], folder, *options, "-print_final_stats=1"], tried)
        atheris.Fuzz()
    return 0


def _distinct(mails: Iterator[bytes]) -> Iterator[bytes]:
    yield from dict.fromkeys(mails)


if __name__ == "__main__":
    sys.exit(main())
