"""How single values of the settings are read: what is accepted, and what is said when it is not.

Here live readers of one value each. Which key uses which stands in `settings.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, PlainValidator, SecretStr, ValidationInfo

from cases.addresses import is_email
from shops.refusals import path_in

#: What to type for a good service secret.
MAKE_SECRET = "python3 -c 'import secrets; print(secrets.token_urlsafe(32))'"  # noqa: S105 (a command)
_SHORTEST_SECRET = 16
_HELSINKI = ZoneInfo("Europe/Helsinki")


@dataclass(frozen=True, slots=True)
class CsvRegister:
    """The shop's register as a folder with `customers.csv` and `orders.csv`."""

    folder: Path


def text(read: Callable[[str], Any]) -> PlainValidator:
    """A key whose string `read` turns into a value, or refuses with a ValueError."""

    def validate(value: object) -> Any:
        if not isinstance(value, str):
            raise ValueError("is not text: put the value between quotation marks")
        return read(value)

    return PlainValidator(validate)


def in_folder(read: Callable[[str, Path], Any]) -> PlainValidator:
    """The same, for values that name a file: relative to the folder of the settings file."""

    def validate(value: object, info: ValidationInfo) -> Any:
        if not isinstance(value, str):
            raise ValueError("is not text: put the value between quotation marks")
        folder: Path = info.context["folder"] if info.context else Path.cwd()
        return read(value, folder)

    return PlainValidator(validate)


def read_folder(text: str, folder: Path) -> Path:
    """A path, relative to the settings file. Raises ValueError."""
    return path_in(folder, text)


def read_register_place(text: str, folder: Path) -> CsvRegister:
    """Where the shop's register is. Raises ValueError."""
    scheme, colon, place = text.strip().partition(":")
    if not colon or scheme != "csv" or not place.strip():
        raise ValueError('cannot be read: write "csv:FOLDER", the folder that holds customers.csv')
    return CsvRegister(read_folder(place, folder))


def read_certificate(text: str, folder: Path) -> Path:
    """A PEM file that is there. Raises ValueError."""
    path = read_folder(text, folder)
    if not path.is_file():
        raise ValueError("names a file that is not there: give the path of a PEM file, or leave the key out")
    return path


def read_address(text: str) -> str:
    """The mailbox's own address. Raises ValueError."""
    if not is_email(text):
        raise ValueError('is not an e-mail address: write one such as "tietosuoja@example.com"')
    return text.strip()


def check_secret(secret: SecretStr) -> SecretStr:
    """Long enough not to be guessed, or ValueError."""
    if len(secret.get_secret_value()) < _SHORTEST_SECRET:
        raise ValueError(f"is shorter than {_SHORTEST_SECRET} characters: make one with {MAKE_SECRET}")
    return secret


def check_token(token: SecretStr) -> SecretStr:
    """Shaped like a bot token, or ValueError; test servers take `123:abc`."""
    before, colon, after = token.get_secret_value().partition(":")
    whole = before + after
    if not (before and colon and after) or "/" in whole or any(map(str.isspace, whole)):
        raise ValueError("is not a bot token: copy the whole line with a colon in it that BotFather sent you")
    return token


def check_person(person: int) -> int:
    """A person's Telegram id, or ValueError; groups have negative ones."""
    if person < 1:
        raise ValueError("is the id of a group, not of a person: write it under staff_chat")
    return person


def _not_bool(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("is true or false: write a number")
    return value


def read_since(value: object) -> object:
    """A day begins in Helsinki, and a time without an offset is Helsinki's."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        moment = None
    if isinstance(moment, datetime):
        return moment if moment.tzinfo else moment.replace(tzinfo=_HELSINKI)
    if isinstance(moment, date):
        return datetime(moment.year, moment.month, moment.day, tzinfo=_HELSINKI)
    raise ValueError("is not a day: write one such as 2026-11-15, without quotation marks")


Number = BeforeValidator(_not_bool)
