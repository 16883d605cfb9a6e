"""`pyynto register`, `suppressions`, `check` and `serve`: each broken thing is one line that says what to do."""

from __future__ import annotations

import asyncio
import csv
import io
import signal
import socket
from pathlib import Path

import pytest

from tests.office import LISA, MAIJA, ONNI, Office
from tests.staff.terminal import PROGRAM, Ran, Terminal, beside, run

SETTINGS = """
[service]
database = "sqlite:///pyynto.db"
secret = "a-secret-of-the-tests-and-only-there"

[[shops]]
profile = "liwigo"
register = "csv:register/"
"""
GOOD = f"customer_id,name,email,hetu,shoe_size\nC-1,Maija Mallikas,{MAIJA},120385-913J,38\nC-2,Onni Oletus,{ONNI},,\n"
BAD = GOOD + "C-3,Lisa Sample,not an address,,\n,,,,\nC-1,Toinen,,,\n"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "pyynto.toml").write_text(SETTINGS, encoding="utf-8")
    (tmp_path / "register").mkdir()
    (tmp_path / "register" / "customers.csv").write_text(GOOD, encoding="utf-8")
    (tmp_path / "register" / "orders.csv").write_text(
        f"order_id,customer_id,ordered_on,total,email\n9001,C-1,2026-01-02,9.90,\n9002,,2026-02-02,5.00,{LISA}\n",
        encoding="utf-8",
    )
    return tmp_path


def pyynto(shop: Path, *words: str) -> Ran:
    return run(*words, "--config", str(shop / "pyynto.toml"))


# -- register -------------------------------------------------------------------------------------------------


def test_import_counts_what_came_in(shop: Path) -> None:
    ran = pyynto(shop, "register", "import")
    assert (ran.code, ran.out) == (0, "2 customers, 2 orders, 0 problems.\n")
    assert pyynto(shop, "register", "import", "--json").json == {"customers": 2, "orders": 2, "problems": 0}


def test_bad_rows_are_named_by_line_without_their_values_and_the_rest_goes_in(shop: Path) -> None:
    (shop / "register" / "customers.csv").write_text(BAD, encoding="utf-8")
    ran = pyynto(shop, "register", "import")
    assert ran.code == 0
    assert "customers.csv line 4" in ran.err
    assert "not an address" not in ran.err
    assert "Toinen" not in ran.err
    assert pyynto(shop, "register", "find", MAIJA).code == 0


def test_strict_stops_at_a_bad_row_and_changes_nothing(shop: Path) -> None:
    pyynto(shop, "register", "import")
    other = shop / "other"
    other.mkdir()
    (other / "customers.csv").write_text(
        "customer_id,name,email\nC-9,Uusi,uusi@example.com\n,,\n,Nimi,x@y\n", "utf-8"
    )
    ran = pyynto(shop, "register", "import", str(other), "--strict")
    assert ran.code == 1
    assert "customers.csv line" in ran.err
    assert "Nothing was changed." in ran.err
    assert pyynto(shop, "register", "find", "C-9").code == 1
    assert pyynto(shop, "register", "find", "C-1").code == 0


def test_a_file_that_cannot_be_read_keeps_what_was_there(shop: Path) -> None:
    pyynto(shop, "register", "import")
    (shop / "register" / "customers.csv").write_bytes(b"customer_id,name\n\xff\xfe\x00")
    ran = pyynto(shop, "register", "import")
    assert (ran.code, "Nothing was changed." in ran.err) == (1, True)
    found = pyynto(shop, "register", "find", MAIJA)
    assert found.code == 0
    assert "customers.csv" in found.err


def test_a_folder_that_is_not_there_is_named(shop: Path) -> None:
    ran = pyynto(shop, "register", "import", str(shop / "nowhere"))
    assert (ran.code, "nowhere" in ran.err, ran.err.count("\n")) == (2, True, 1)


@pytest.mark.parametrize("who", [MAIJA, MAIJA.upper(), "C-1", "9001"])
def test_find_knows_a_person_by_address_number_and_order(shop: Path, who: str) -> None:
    (row,) = pyynto(shop, "register", "find", who, "--json").json
    assert (row["customer_id"], row["name"], row["extra"]) == ("C-1", "Maija Mallikas", {"shoe_size": "38"})
    assert row["held"]
    assert "913J" not in str(row)
    assert [order["order_id"] for order in row["orders"]] == ["9001"]


def test_find_shows_a_guest_and_never_a_held_value(shop: Path) -> None:
    assert "9002" in pyynto(shop, "register", "find", LISA).out
    shown = pyynto(shop, "register", "find", "C-1").out
    assert "held" in shown
    assert "913J" not in shown
    nobody = pyynto(shop, "register", "find", "C-77")
    assert (nobody.code, nobody.out, nobody.err.count("\n")) == (1, "", 1)


# -- suppressions ---------------------------------------------------------------------------------------------


def test_suppressions_are_exported_as_csv(shop: Path) -> None:
    assert pyynto(shop, "suppressions", "export").out == (
        "email,purposes,state,since,shop,customer_id,case_id\r\n"
    )
    pyynto(shop, "add", "--kind", "opt_out", "--received", "2026-01-05", "--email", ONNI)
    (row,) = csv.DictReader(io.StringIO(pyynto(shop, "suppressions", "export").out, newline=""))
    assert (row["email"], row["purposes"], row["state"], row["customer_id"]) == (
        ONNI, "direct_marketing profiling", "provisional", "C-2",
    )  # fmt: skip
    pyynto(shop, "verify", row["case_id"], "--how", "tuttu", "--yes")
    (row,) = pyynto(shop, "suppressions", "export", "--json").json
    assert row["state"] == "final"
    # It survives a reload of the register, and the answer to the case.
    pyynto(shop, "register", "import")
    pyynto(shop, "complete", row["case_id"], "--yes")
    assert len(pyynto(shop, "suppressions", "export", "--json").json) == 1


def test_a_correction_survives_a_reload_until_the_shops_file_is_newer(shop: Path) -> None:
    case = pyynto(
        shop, "add", "--kind", "correction", "--received", "2026-01-05", "--email", ONNI, "--json"
    ).json
    pyynto(shop, "verify", case["id"], "--how", "tuttu", "--yes")
    done = pyynto(
        shop, "complete", case["id"], "--set", "name=Onni Uusi; email=onni.uusi@example.com", "--yes"
    )
    assert done.code == 0, done.err
    pyynto(shop, "register", "import")
    for who in ("C-2", "onni.uusi@example.com"):
        (row,) = pyynto(shop, "register", "find", who, "--json").json
        assert (row["name"], row["email"]) == ("Onni Uusi", "onni.uusi@example.com")
    assert pyynto(shop, "register", "find", ONNI).code == 1

    customers = shop / "register" / "customers.csv"
    newer = customers.read_text(encoding="utf-8").replace("Onni Oletus", "Onni Kolmas")
    customers.write_text(newer, encoding="utf-8")
    pyynto(shop, "register", "import")
    (row,) = pyynto(shop, "register", "find", "C-2", "--json").json
    assert (row["name"], row["email"]) == ("Onni Kolmas", "onni.uusi@example.com")
    # What is over stays over, even if an old file comes back.
    customers.write_text(newer.replace("Onni Kolmas", "Onni Oletus"), encoding="utf-8")
    pyynto(shop, "register", "import")
    (row,) = pyynto(shop, "register", "find", "C-2", "--json").json
    assert row["name"] == "Onni Oletus"


def test_a_case_corrected_twice_keeps_the_second_value_over_the_oldest_files(shop: Path) -> None:
    case = pyynto(
        shop, "add", "--kind", "correction", "--received", "2026-01-05", "--email", ONNI, "--json"
    ).json
    pyynto(shop, "verify", case["id"], "--how", "tuttu", "--yes")
    for name in ("Onni Uusi", "Onni Uusin"):
        pyynto(shop, "complete", case["id"], "--set", f"name={name}", "--yes")
        pyynto(shop, "reopen", case["id"])
    pyynto(shop, "register", "import")
    (row,) = pyynto(shop, "register", "find", ONNI, "--json").json
    assert row["name"] == "Onni Uusin"


def test_an_identity_code_is_no_value_of_a_correction(shop: Path) -> None:
    case = pyynto(
        shop, "add", "--kind", "correction", "--received", "2026-01-05", "--email", ONNI, "--json"
    ).json
    pyynto(shop, "verify", case["id"], "--how", "tuttu", "--yes")
    ran = pyynto(shop, "complete", case["id"], "--set", "name=120385-913J", "--yes")
    assert ran.code == 1
    (row,) = pyynto(shop, "register", "find", ONNI, "--json").json
    assert row["name"] == "Onni Oletus"


def test_a_record_the_shop_erased_stays_until_the_case_is_answered(shop: Path) -> None:
    case = pyynto(
        shop, "add", "--kind", "erasure", "--received", "2026-01-05", "--email", ONNI, "--json"
    ).json
    pyynto(shop, "verify", case["id"], "--how", "tuttu", "--yes")
    customers = shop / "register" / "customers.csv"
    rows = customers.read_text(encoding="utf-8").splitlines(keepends=True)
    customers.write_text("".join(row for row in rows if "C-2" not in row), encoding="utf-8")
    pyynto(shop, "register", "import")
    assert pyynto(shop, "register", "find", "C-2").code == 0
    pyynto(shop, "complete", case["id"], "--yes")
    pyynto(shop, "register", "import")
    assert pyynto(shop, "register", "find", "C-2").code == 1


# -- check ----------------------------------------------------------------------------------------------------


def lines(ran: Ran) -> dict[str, tuple[str, str]]:
    """What was tried -> ok or fix, and what was said."""
    found = {}
    for line in ran.out.splitlines():
        mark, _, rest = line.partition("  ") if line.startswith("ok") else line.partition(" ")
        what, _, say = rest.strip().partition(": ")
        if mark in ("ok", "fix"):
            found[what] = (mark, say)
    return found


async def test_check_of_a_running_shop_is_well(terminal: Terminal) -> None:
    ran = await terminal("check")
    assert ran.code == 0, ran.out
    assert {
        "settings",
        "database",
        "liwigo register",
        "liwigo telegram",
        "liwigo imap",
        "liwigo smtp",
    } <= set(lines(ran))
    assert {mark for mark, _ in lines(ran).values()} == {"ok"}
    assert "Everything is well." in ran.out


#: What is broken -> the key that names its wire.
BROKEN = {"liwigo telegram": "base_url", "liwigo imap": "imap =", "liwigo smtp": "smtp ="}


def _port_of(office: Office, key: str) -> None:
    """Point one wire at a port where nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    path = office.settings_path
    out = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith(key):
            head, _, _ = line.rpartition(":")
            line = f'{head}:{port}"'
        out.append(line)
    path.write_text("\n".join(out), encoding="utf-8")


@pytest.mark.parametrize("part", BROKEN)
async def test_a_broken_wire_is_one_line_and_hides_nothing_else(terminal: Terminal, part: str) -> None:
    _port_of(terminal.office, BROKEN[part])
    ran = await terminal("check")
    assert ran.code == 1
    found = lines(ran)
    assert [name for name, (mark, _) in found.items() if mark == "fix"] == [part]
    assert len(found[part][1]) > 20
    assert ran.err == "1 thing to fix.\n"


async def test_a_wrong_mail_password_is_told(terminal: Terminal) -> None:
    path = terminal.office.settings_path
    path.write_text(
        path.read_text(encoding="utf-8").replace('password = "secret"', 'password = "wrong"'), "utf-8"
    )
    found = lines(await terminal("check"))
    assert found["liwigo imap"][0] == "fix"
    assert "password" in found["liwigo imap"][1]


def test_a_register_without_customers_and_one_with_bad_rows(shop: Path) -> None:
    (shop / "register" / "customers.csv").write_text(BAD, encoding="utf-8")
    mark, say = lines(pyynto(shop, "check"))["liwigo register"]
    assert (mark, "line 4" in say) == ("ok", True)
    (shop / "register" / "customers.csv").unlink()
    (shop / "pyynto.db").unlink()
    mark, say = lines(pyynto(shop, "check"))["liwigo register"]
    assert (mark, "customers.csv" in say) == ("fix", True)


def test_a_broken_database_and_another_secret_are_told_and_the_rest_is_tried(shop: Path) -> None:
    pyynto(shop, "add", "--kind", "access", "--received", "2026-01-05")
    (shop / "pyynto.toml").write_text(SETTINGS.replace("a-secret-of", "another-secret-of"), encoding="utf-8")
    found = lines(pyynto(shop, "check"))
    assert (found["database"][0], "secret" in found["database"][1]) == ("fix", True)
    assert found["liwigo letters"][0] == "ok"
    (shop / "pyynto.db").write_bytes(b"no database at all" * 100)
    found = lines(pyynto(shop, "check"))
    assert (found["database"][0], "pyynto.db" in found["database"][1]) == ("fix", True)


def test_faulty_letters_are_told_on_one_line(shop: Path) -> None:
    (shop / "letters" / "fi" / "mail").mkdir(parents=True)
    (shop / "letters" / "fi" / "mail" / "receipt.txt").write_text(
        "Subject: x\n\n{{ nope }}", encoding="utf-8"
    )
    (shop / "pyynto.toml").write_text(SETTINGS + 'letters = "letters/"\n', encoding="utf-8")
    mark, say = lines(pyynto(shop, "check"))["liwigo letters"]
    assert (mark, "receipt.txt" in say, "nope" in say) == ("fix", True, True)


# -- serve ----------------------------------------------------------------------------------------------------


async def test_serve_ends_in_good_order_on_sigterm(shop: Path) -> None:
    child = await asyncio.create_subprocess_exec(
        str(PROGRAM), "serve", cwd=shop, stderr=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert child.stderr is not None
    said = b""
    while b"serving" not in said:
        line = await asyncio.wait_for(child.stderr.readline(), 30)
        assert line, said
        said += line
    child.send_signal(signal.SIGTERM)
    out, err = await asyncio.wait_for(child.communicate(), 30)
    assert (child.returncode, out) == (0, b"")
    assert b"Traceback" not in said + err


async def test_serve_names_a_port_that_is_taken(shop: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        text = SETTINGS.replace("[[shops]]", f'http = "127.0.0.1:{port}"\n\n[[shops]]', 1)
        (shop / "pyynto.toml").write_text(text, encoding="utf-8")
        child = await asyncio.create_subprocess_exec(
            str(PROGRAM), "serve", cwd=shop, stderr=asyncio.subprocess.PIPE
        )
        _, err = await asyncio.wait_for(child.communicate(), 30)
    assert child.returncode == 2
    assert f"127.0.0.1:{port}" in err.decode()
    assert "Traceback" not in err.decode()


# -- init -----------------------------------------------------------------------------------------------------


async def test_what_init_writes_needs_only_what_its_env_example_asks_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await beside("init", str(tmp_path / "shop"))).code == 0
    assert (await beside("init", str(tmp_path / "shop"))).code == 1
    config = ["--config", str(tmp_path / "shop" / "pyynto.toml")]
    ran = await beside("queue", *config)
    assert (ran.code, "PYYNTO_SECRET" in ran.err) == (2, True)
    example = (tmp_path / "shop" / ".env.example").read_text(encoding="utf-8")
    for line in example.splitlines():
        name, equals, _ = line.partition("=")
        if equals and not line.startswith("#"):
            monkeypatch.setenv(name, "4242:a-value-long-enough-for-a-secret")
    ran = await beside("queue", *config)
    assert (ran.code, ran.err) == (0, "")
