"""A figure, its spread and its target, printed so that two runs can be compared."""

from __future__ import annotations

import os
import platform
import sqlite3
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured thing over several rounds."""

    name: str
    unit: str
    values: Sequence[float]
    #: None: shown for comparison only.
    target: float | None = None
    #: True: at least the target; False: at most.
    at_least: bool = False

    @property
    def median(self) -> float:
        """The middle one."""
        return statistics.median(self.values)

    @property
    def met(self) -> bool:
        """The median keeps the promise."""
        if self.target is None:
            return True
        return self.median >= self.target if self.at_least else self.median <= self.target

    def line(self) -> str:
        """For the table."""
        spread = f"{min(self.values):.4g} – {max(self.values):.4g}"
        if self.target is None:
            return f"{self.name:<46} {self.median:>9.4g} {self.unit:<8} {spread:>19}"
        verdict = "ok" if self.met else "MISSED"
        target = f"{'≥' if self.at_least else '≤'} {self.target:g} {self.unit}"
        return f"{self.name:<46} {self.median:>9.4g} {self.unit:<8} {spread:>19}  {target:<14} {verdict}"


def machine() -> str:
    """What it was measured on."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return (
        f"{os.cpu_count()} cores ({model}), Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, "
        f"{platform.system()} {platform.release()}, load {load}"
    )


def show(figures: Sequence[Figure]) -> bool:
    """Print the table; whether every promise is kept."""
    print(machine())
    print(f"{'':<46} {'median':>9} {'':<8} {'spread':>19}  target")
    for figure in figures:
        print(figure.line())
    return all(figure.met for figure in figures)
