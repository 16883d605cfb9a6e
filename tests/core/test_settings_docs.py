"""`docs/settings.md` has every key there is, and no other."""

import re
import tomllib
from pathlib import Path

import pytest

from app.settings import Settings, load_settings
from cases.model import Customer, Order
from shops.notice import Words
from shops.profile import Profile
from shops.refusals import Table, keys_of

DOCS = Path(__file__).parents[2] / "docs"
SETTINGS, PROFILE = (DOCS / "settings.md").read_text("utf-8").split("# A profile of your own")
REGISTER = SETTINGS.split("# The customer register")[1]
SETTINGS = SETTINGS.split("# The customer register")[0]


def told(text: str) -> set[str]:
    """The paths a text explains: its headings' blocks, and the keys of the tables below them."""
    paths: set[str] = set()
    for section in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        heading, body = section.split("\n", 1)
        blocks = re.findall(r"\[+([a-z_.]+)\]+", heading)
        keys = re.findall(r"^\| `([a-z_]+)` \|", body, flags=re.MULTILINE)
        paths.update(blocks)
        paths.update(f"{block}.{key}" if block else key for block in blocks or [""] for key in keys)
    return paths


def existing(model: type[Table]) -> set[str]:
    """A model's paths; `fi` and `en` are explained once for all, and `rights` by its own blocks."""
    paths = {path.replace("[]", "") for path, _ in keys_of(model)}
    return {path for path in paths if path.rsplit(".")[-1] not in Words.model_fields} - {"rights"}


@pytest.mark.parametrize(
    ("text", "model"), [(SETTINGS, Settings), (PROFILE, Profile)], ids=["settings", "profile"]
)
def test_every_key_is_explained_and_no_other(text: str, model: type[Table]) -> None:
    assert told(text) == existing(model)


@pytest.mark.parametrize(("file", "record"), [("customers.csv", Customer), ("orders.csv", Order)])
def test_every_column_of_the_register_is_named_and_no_other(
    file: str, record: type[Customer | Order]
) -> None:
    row = next(line for line in REGISTER.splitlines() if line.startswith(f"| `{file}` |"))
    columns = set(re.findall(r"`([a-z_]+)`", row))
    assert columns == set(record.__dataclass_fields__) - {"extra", "held"}


@pytest.mark.parametrize(
    ("text", "model"), [(SETTINGS, Settings), (PROFILE, Profile)], ids=["settings", "profile"]
)
def test_every_fixed_word_of_a_key_is_told(text: str, model: type[Table]) -> None:
    """A key that takes one of several words has each of them in its row."""
    for path, info in keys_of(model):
        wanted = re.search(r"(?:one|a list) of ([a-z_]+(?:, [a-z_]+)+)", info.description or "")
        for word in wanted[1].split(", ") if wanted else []:
            assert f'"{word}"' in text, f"{path} takes {word}"


def test_the_howtos_mailbox_is_one_that_loads(tmp_path: Path) -> None:
    howto = (DOCS / "howto" / "first-shop.md").read_text("utf-8")
    block = re.search(r"```toml\n(.*?)```", howto, flags=re.DOTALL)
    assert block is not None
    assert tomllib.loads(block[1])
    head = '[service]\ndatabase = "sqlite:///a.db"\nsecret = "sixteen-letters!"\n'
    head += '[[shops]]\nprofile = "liwigo"\nregister = "csv:register"\n'
    (tmp_path / "pyynto.toml").write_text(head + block[1])
    mailbox = load_settings(tmp_path / "pyynto.toml", {"LIWIGO_MAIL_PASSWORD": "x"}).shop().mailbox
    assert mailbox is not None
    assert mailbox.since is not None
