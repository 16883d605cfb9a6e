"""`pyynto init`: what it writes can be used, and it never writes over anything."""

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from app.commands.init import FILES, init
from app.servers import login_of
from app.settings import SettingsError, load_settings
from cases.model import Customer, Order
from shops.csv_rows import RowProblem
from shops.register_csv import read_register

APP = typer.Typer()
APP.command()(init)
VALUES = {
    "PYYNTO_SECRET": "made-for-this-test-only",
    "LIWIGO_TOKEN": "123:abc",
    "LIWIGO_MAIL_PASSWORD": "none",
}


def test_the_settings_it_writes_load_once_the_values_are_set(tmp_path: Path) -> None:
    assert CliRunner().invoke(APP, [str(tmp_path / "shop")]).exit_code == 0
    shop = load_settings(tmp_path / "shop" / "pyynto.toml", VALUES).shop()
    assert shop.name == "liwigo"
    assert shop.source.folder == tmp_path / "shop" / "register"
    assert shop.telegram is not None
    assert shop.mailbox is not None
    assert login_of(shop.mailbox.imap) == "tietosuoja@example.com"


def test_the_settings_it_writes_say_which_values_are_missing(tmp_path: Path) -> None:
    CliRunner().invoke(APP, [str(tmp_path)])
    with pytest.raises(SettingsError) as refusal:
        load_settings(tmp_path / "pyynto.toml", {})
    assert [name for name in VALUES if name not in str(refusal.value)] == []
    assert len(refusal.value.problems) == len(VALUES)


def test_the_env_example_names_every_value_the_settings_want(tmp_path: Path) -> None:
    CliRunner().invoke(APP, [str(tmp_path)])
    example = (tmp_path / ".env.example").read_text()
    filled = "".join(line + VALUES.get(line.rstrip("=\n"), "") + "\n" for line in example.splitlines())
    (tmp_path / ".env").write_text(filled)
    assert (
        load_settings(tmp_path / "pyynto.toml", {}).service.secret.get_secret_value()
        == VALUES["PYYNTO_SECRET"]
    )


def test_the_sample_register_has_customers_and_orders_and_no_bad_row(tmp_path: Path) -> None:
    CliRunner().invoke(APP, [str(tmp_path)])
    records = list(read_register(tmp_path / "register"))
    assert [r for r in records if isinstance(r, RowProblem)] == []
    assert {type(r) for r in records} == {Customer, Order}


@pytest.mark.parametrize("name", FILES)
def test_it_writes_nothing_where_one_of_its_files_is(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("mine")
    result = CliRunner().invoke(APP, [str(tmp_path)])
    assert result.exit_code == 1
    assert name in result.stderr
    assert path.read_text() == "mine"
    assert [other for other in FILES if (tmp_path / other).exists()] == [name]


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = CliRunner().invoke(APP, [str(tmp_path / "file" / "shop")])
    assert result.exit_code == 1
    assert "file" in result.stderr
    assert "Traceback" not in result.stderr


def test_it_writes_to_the_working_folder_unless_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(APP, [])
    assert result.exit_code == 0
    assert all((tmp_path / name).exists() for name in FILES)
    assert "pyynto check" in result.stdout
