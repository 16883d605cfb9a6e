"""Who can be played on the demo's page: the persons of the sample register, a stranger, and one of the staff.

All of them are invented. What they do lives in `world`.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

#: The staff member's Telegram id, as the demo's settings name it.
STAFF_ID = 4242


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a Telegram account and a mailbox."""

    key: str
    name: str
    address: str
    language: str
    telegram_id: int
    #: Whether the sample register knows this person.
    known: bool = True

    @property
    def first_name(self) -> str:
        """The name Telegram shows."""
        return self.name.partition(" ")[0]


#: Not in the register: shows that strangers are told nothing.
STRANGER = Person("stranger", "Vilho Vieras", "vilho.vieras@example.net", "fi", 1999, known=False)


def sample_register() -> Traversable:
    """The folder with the invented `customers.csv` and `orders.csv`."""
    return files("sandbox").joinpath("sample_register")


def cast() -> tuple[Person, ...]:
    """Everybody a visitor can play, in the register's order, the stranger last."""
    with sample_register().joinpath("customers.csv").open(encoding="utf-8") as rows:
        known = [
            Person(row["customer_id"].lower(), row["name"], row["email"], row["language"], 1001 + number)
            for number, row in enumerate(csv.DictReader(rows))
        ]
    return (*known, STRANGER)
