"""How well and how fast messages are understood: the frozen messages of the tests, which nothing was learned from."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from bench.report import Figure
from learning.examples import Example, messages
from learning.scoring import Share, confusion, figures, read_all, told_wrong

ROOT = Path(__file__).parents[1]
FROZEN = (
    ROOT / "tests" / "understanding" / "frozen.jsonl",
    ROOT / "tests" / "understanding" / "second.jsonl",
)
#: Shares to reach, in percent: (at least or at most, so many).
_TARGETS = {
    "rights right (fi)": 95.0, "rights right (en)": 95.0, "acts": 95.0, "language": 98.0, "purposes": 92.0,
    "corrections": 90.0,
}  # fmt: skip
_LIMITS = {"sure and wrong (all)": 1.0, "asked back (all)": 8.0}
ROUNDS = 5
#: Loads the understanding in a process of its own: seconds until the first answer, megabytes added.
_LOADING = """
import sys, time
import cases.model
def resident():
    lines = open("/proc/self/status").read().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1])
before = resident()
began = time.perf_counter()
from cases.understanding import understand
understand("Poistakaa tietoni")
ready = time.perf_counter() - began
for line in sys.stdin:
    understand(line)
print(ready, (resident() - before) / 1024)
"""


def measure() -> list[Figure]:
    """Print how each frozen set was understood; its shares, the pace and the memory as figures."""
    found: list[Figure] = []
    everything: list[Example] = []
    for path in FROZEN:
        if path.exists():
            examples = list(messages(path))
            everything += examples
            found += _understood(path.stem, examples)
    found.append(_pace(everything))
    ready, memory = zip(*(_loaded(everything) for _ in range(ROUNDS)), strict=True)
    found.append(Figure("understanding: ready after", "s", ready, 1))
    found.append(Figure("understanding: memory added", "MB", memory, 80))
    return found


def _understood(name: str, examples: list[Example]) -> list[Figure]:
    read = read_all(examples)
    shares = figures(read)
    print(f"\n{name}: {len(examples)} messages")
    for figure, share in shares.items():
        print(f"  {figure:34}{share}")
    print("\n  meant (rows) and read (columns)")
    for line in (*confusion(read), "", *told_wrong(read)):
        print(f"  {line}")
    print()
    return [_figure(f"{name}: {figure}", figure, share) for figure, share in shares.items()]


def _figure(name: str, figure: str, share: Share) -> Figure:
    if figure in _LIMITS:
        return Figure(name, "%", [share.value * 100], _LIMITS[figure])
    return Figure(name, "%", [share.value * 100], _TARGETS.get(figure), at_least=True)


def _pace(examples: list[Example]) -> Figure:
    read_all(examples)
    rates = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        read_all(examples)
        rates.append(len(examples) / (time.perf_counter() - began))
    return Figure("understanding: pace", "msg/s", rates, 2000, at_least=True)


def _loaded(examples: list[Example]) -> tuple[float, float]:
    """Seconds until the first message is understood, and megabytes that all of them add."""
    fed = "\n".join(" ".join(example.text.split()) for example in examples)
    ended = subprocess.run(
        [sys.executable, "-c", _LOADING], input=fed, capture_output=True, text=True, check=True, cwd=ROOT
    )
    ready, memory = ended.stdout.split()
    return float(ready), float(memory)
