"""`make bench`: measure everything, print it, end with 1 when a promise is missed."""

from __future__ import annotations

import argparse
import importlib
import sys

from bench.report import Figure, show

PARTS = ("understanding", "mail", "mailbox", "chat", "memory")


def main() -> int:
    """Measure the parts asked for, or all."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)}; all when none is named")
    wanted = parser.parse_args().parts or PARTS
    figures: list[Figure] = []
    for part in wanted:
        figures += importlib.import_module(f"bench.{part}").measure()
    return 0 if show(figures) else 1


if __name__ == "__main__":
    sys.exit(main())
