"""The command line's manners: previews, questions, exit codes, one line on stderr, and never a traceback."""

from __future__ import annotations

import asyncio
import os
import pty
import sqlite3
import stat
from pathlib import Path
from typing import Any

import pytest

import shops
from app.cli import COMMANDS
from cases.staff import VERBS
from tests.office import MAIJA, Office, text_of
from tests.staff.terminal import PROGRAM, Ran, Terminal, beside, program, run

Row = dict[str, Any]
ONE_SHOP = """
[service]
database = "sqlite:///pyynto.db"
secret = "a-secret-of-the-tests-and-only-there"

[[shops]]
profile = "liwigo"
register = "csv:register/"
"""
TWO_SHOPS = (
    ONE_SHOP
    + """
[[shops]]
profile = "toinen.toml"
register = "csv:register2/"
"""
)


PROFILES = Path(shops.__file__).parent / "profiles"


def one_line(ran: Ran) -> bool:
    return ran.err.count("\n") == 1 and ran.err.endswith("\n")


def shop(folder: Path, settings: str = ONE_SHOP) -> str:
    """The settings file of a shop without any wires."""
    path = folder / "pyynto.toml"
    path.write_text(settings, encoding="utf-8")
    profile = (PROFILES / "liwigo.toml").read_text(encoding="utf-8")
    profile = profile.replace('"liwigo"', '"toinen"').replace('"LIW"', '"TOI"')
    (folder / "toinen.toml").write_text(profile, encoding="utf-8")
    for name in ("register", "register2"):
        (folder / name).mkdir(exist_ok=True)
        (folder / name / "customers.csv").write_text(
            "customer_id,name,email\nC-1,Maija Mallikas,maija.mallikas@example.com\n", encoding="utf-8"
        )
    return str(path)


# -- previews -------------------------------------------------------------------------------------------------

SENDING = {
    "verify": ["--how", "x"],
    "reject-identity": ["--reason", "Tiedot eivät täsmää."],
    "extend": ["--months", "1", "--reason", "Tilauksia on monta."],
    "complete": ["--note", "Kaikki on poistettu."],
    "refuse": ["--ground", "other", "--reason", "Lasku on maksamatta."],
    "withdraw": [],
    "ask": ["Mitä tilausta tarkoitat?"],
}


def test_the_table_of_sending_verbs_is_whole() -> None:
    assert set(SENDING) | {"sort"} == {verb.name for verb in VERBS.values() if verb.sends}


@pytest.mark.parametrize("verb", ["extend", "complete", "refuse", "withdraw"])
async def test_without_a_terminal_and_without_yes_it_is_shown_and_not_done(
    terminal: Terminal, open_case: Row, verb: str
) -> None:
    ran = await terminal(verb, open_case["id"], *SENDING[verb])
    assert ran.code == 1
    assert "Add --yes" in ran.err
    assert one_line(ran)
    case = await terminal.office.case(open_case["id"])
    assert (case["status"], case["due"]) == ("open", open_case["due"])
    assert (MAIJA in ran.out) == (verb != "withdraw")


async def test_the_preview_is_what_is_sent_word_for_word(terminal: Terminal, open_case: Row) -> None:
    words = ["refuse", open_case["id"], *SENDING["refuse"]]
    shown = await terminal(*words)
    await terminal.done(*words, "--yes")
    mail = (await terminal.office.mails(MAIJA, 2))[-1]
    assert f"To: {MAIJA}" in shown.out
    assert f"Subject: {mail['Subject']}" in " ".join(shown.out.replace("│", " ").split())
    boxed = " ".join(shown.out.replace("│", " ").split())
    assert " ".join(text_of(mail).split()) in boxed


async def test_json_keeps_the_preview_off_standard_output(terminal: Terminal, open_case: Row) -> None:
    ran = await terminal("complete", open_case["id"], "--json")
    assert (ran.code, ran.out) == (1, "")
    assert MAIJA in ran.err


async def at_a_tty(office: Office, answer: str, *words: str) -> tuple[int, str]:
    """A command on a real terminal, answered once it asks; exit code and everything on the screen."""
    leader, follower = pty.openpty()
    child = await asyncio.create_subprocess_exec(
        str(PROGRAM), *words, "--config", str(office.settings_path),
        stdin=follower, stdout=follower, stderr=follower, start_new_session=True,
    )  # fmt: skip
    os.close(follower)
    screen = ""

    def read() -> str:
        try:
            return os.read(leader, 65536).decode(errors="replace")
        except OSError:
            return ""

    while "[y/N]" not in screen and (part := await asyncio.to_thread(read)):
        screen += part
    os.write(leader, f"{answer}\n".encode())
    while part := await asyncio.to_thread(read):
        screen += part
    code = await asyncio.wait_for(child.wait(), 30)
    os.close(leader)
    return code, screen


async def test_at_a_terminal_it_asks_and_a_yes_sends(office: Office, open_case: Row) -> None:
    code, screen = await at_a_tty(office, "y", "complete", open_case["id"])
    assert code == 0, screen
    assert MAIJA in screen
    assert (await office.case(open_case["id"]))["status"] == "answered"


async def test_at_a_terminal_a_no_sends_nothing(office: Office, open_case: Row) -> None:
    code, screen = await at_a_tty(office, "n", "complete", open_case["id"])
    assert (code, "Nothing was sent" in screen) == (1, True)
    assert (await office.case(open_case["id"]))["status"] == "open"


async def test_what_changed_while_the_question_stood_is_shown_anew(
    office: Office, open_case: Row, monkeypatch: pytest.MonkeyPatch
) -> None:
    import typer

    from app.commands import staff

    asked: list[str] = []

    def confirm(question: str, **_: object) -> bool:
        if not asked:
            late = f"extend {open_case['id']} --months 1 --reason Tilauksia on monta."
            asyncio.run_coroutine_threadsafe(office.do(late), loop).result(20)
        asked.append(question)
        return True

    loop = asyncio.get_running_loop()
    monkeypatch.setattr(staff, "is_interactive", lambda: True)
    monkeypatch.setattr(typer, "confirm", confirm)
    ran = await Terminal(office)("complete", open_case["id"])
    assert ran.code == 0
    assert len(asked) == 2
    assert "changed meanwhile" in ran.out


# -- exit codes -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [["quue"], ["case"], ["queue", "--nope"], ["note", "LIW-2026-0001"], ["sort", "x", "--kind", "access"],
     ["extend", "LIW-2026-0001", "--months", "9", "--reason", "x"], ["queue", "extra"], ["register", "export"],
     ["letters", "show"], ["demo", "--port", "many"], ["verify", "LIW-2026-0001"], ["--nope"]],
    ids=" ".join,
)  # fmt: skip
def test_wrong_usage_is_one_line_and_exit_2(tmp_path: Path, words: list[str]) -> None:
    config = ["--config", shop(tmp_path)] if words[0] in VERBS else []
    ran = run(*words, *config)
    assert (ran.code, ran.out) == (2, "")
    assert one_line(ran), ran.err


@pytest.mark.parametrize("words", [[], ["register"], ["letters"]], ids=["nothing", "register", "letters"])
def test_a_group_alone_prints_its_help_and_ends_with_2(words: list[str]) -> None:
    ran = run(*words)
    assert ran.code == 2
    assert ran.err.startswith("Usage: ")


COMMANDS_WITH_SETTINGS = [
    ["queue"], ["case", "LIW-2026-0001"], ["take", "LIW-2026-0001"], ["unsorted"], ["check"], ["serve"],
    ["register", "import"], ["register", "find", "x"], ["suppressions", "export"],
    ["add", "--kind", "access", "--received", "2026-01-05"],
]  # fmt: skip


@pytest.mark.parametrize("words", COMMANDS_WITH_SETTINGS, ids=" ".join)
def test_a_settings_file_that_is_not_there_is_named_and_exit_2(tmp_path: Path, words: list[str]) -> None:
    ran = run(*words, "--config", str(tmp_path / "none.toml"))
    assert (ran.code, ran.out) == (2, "")
    assert "none.toml" in ran.err
    assert one_line(ran)


@pytest.mark.parametrize("command", ["serve", "check", "queue"])
def test_wrong_settings_are_named_by_key_and_exit_2(tmp_path: Path, command: str) -> None:
    config = shop(tmp_path, ONE_SHOP.replace("secret =", "sekret ="))
    ran = run(command, "--config", config)
    assert ran.code == 2
    assert "sekret" in ran.err
    missing = shop(
        tmp_path, ONE_SHOP.replace('"a-secret-of-the-tests-and-only-there"', '"env:NOT_SET_ANYWHERE"')
    )
    ran = run(command, "--config", missing)
    assert ran.code == 2
    assert "NOT_SET_ANYWHERE" in ran.err


@pytest.mark.parametrize(
    "words", [["init", "new"], ["deadline", "--received", "2026-01-05"], ["letters", "list"]]
)
def test_commands_without_settings_take_config_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(*words, "--config", "not-there.toml").code == 0


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_and_takes_config(name: str) -> None:
    ran = run(name, "--help")
    assert ran.code == 0
    if name in ("register", "suppressions", "letters"):
        for sub in {"register": ["import", "find"], "suppressions": ["export"], "letters": ["list", "show"]}[
            name
        ]:
            assert "--config" in run(name, sub, "--help").out
    else:
        assert "--config" in ran.out


def test_the_listed_help_is_the_commands_own_first_line(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, command in COMMANDS.items():
        said = " ".join(run(name, "--help").out.split())
        assert command.help in said, name


# -- the database ---------------------------------------------------------------------------------------------


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_database_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    config = shop(tmp_path)
    assert run("queue", "--config", config).code == 0
    for file in tmp_path.glob("pyynto.db*"):
        file.chmod(stat.S_IREAD)
    tmp_path.chmod(stat.S_IREAD | stat.S_IEXEC)
    try:
        ran = run("add", "--kind", "access", "--received", "2026-01-05", "--config", config)
    finally:
        tmp_path.chmod(stat.S_IRWXU)
    assert (ran.code, "pyynto.db" in ran.err) == (2, True)


def test_a_database_in_a_place_that_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    config = shop(tmp_path, ONE_SHOP.replace("sqlite:///pyynto.db", "sqlite:///file/pyynto.db"))
    ran = run("queue", "--config", config)
    assert (ran.code, "pyynto.db" in ran.err, one_line(ran)) == (2, True, True)
    (tmp_path / "pyynto.db").mkdir()
    ran = run("queue", "--config", shop(tmp_path))
    assert (ran.code, "pyynto.db" in ran.err, one_line(ran)) == (2, True, True)


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "pyynto.db").write_bytes(b"no database at all, " * 100)
    ran = run("queue", "--config", shop(tmp_path))
    assert (ran.code, "no SQLite database" in ran.err, one_line(ran)) == (2, True, True)


def test_another_secret_is_told_before_anything_is_written(tmp_path: Path) -> None:
    config = shop(tmp_path)
    assert run("add", "--kind", "access", "--received", "2026-01-05", "--config", config).code == 0
    shop(tmp_path, ONE_SHOP.replace("a-secret-of", "another-secret-of"))
    for words in (["queue"], ["add", "--kind", "access", "--received", "2026-01-06"], ["serve"]):
        ran = run(*words, "--config", config)
        assert (ran.code, "service.secret" in ran.err, one_line(ran)) == (2, True, True)
    shop(tmp_path)
    assert len(run("queue", "--json", "--config", config).json) == 1


def test_a_locked_database_is_called_busy(tmp_path: Path) -> None:
    config = shop(tmp_path)
    assert run("queue", "--config", config).code == 0
    with sqlite3.connect(tmp_path / "pyynto.db", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        ran = run("add", "--kind", "access", "--received", "2026-01-05", "--config", config)
        other.execute("ROLLBACK")
    assert (ran.code, "busy" in ran.err, one_line(ran)) == (1, True, True)


def test_a_newer_database_asks_for_an_upgrade_of_the_program(tmp_path: Path) -> None:
    config = shop(tmp_path)
    assert run("queue", "--config", config).code == 0
    with sqlite3.connect(tmp_path / "pyynto.db") as other:
        other.execute("UPDATE alembic_version SET version_num = '9999'")
    ran = run("queue", "--config", config)
    assert (ran.code, "newer" in ran.err, one_line(ran)) == (2, True, True)


# -- pipes, signs, languages ----------------------------------------------------------------------------------


async def test_a_reader_that_goes_away_ends_it_quietly(tmp_path: Path) -> None:
    config = shop(tmp_path)
    for _ in range(3):
        await beside("add", "--kind", "access", "--received", "2026-01-05", "--config", config)
    child = await asyncio.create_subprocess_shell(
        f"'{PROGRAM}' queue --json --config '{config}' | true; exit ${{PIPESTATUS[0]}}",
        stderr=asyncio.subprocess.PIPE, executable="/bin/bash",
    )  # fmt: skip
    _, err = await asyncio.wait_for(child.communicate(), 60)
    assert err == b""
    assert child.returncode in (0, 1)


async def test_json_is_utf_8_and_views_never_fail_whatever_the_terminal_speaks(tmp_path: Path) -> None:
    config = shop(tmp_path)
    note = "Äiti soitti: ”poistakaa” 🎁"
    await beside("add", "--kind", "access", "--received", "2026-01-05", "--note", note, "--config", config)
    latin = {"PYTHONIOENCODING": "ascii", "LC_ALL": "C", "PYTHONUTF8": "0"}
    case = ["case", "LIW-2026-0001", "--config", config]
    ran = await program(*case, "--json", cwd=tmp_path, env=latin)
    assert (ran.code, ran.json["text"]) == (0, note)
    ran = await program(*case, cwd=tmp_path, env=latin)
    assert (ran.code, ran.err) == (0, "")


async def test_bytes_that_are_no_text_are_kept_harmless(tmp_path: Path) -> None:
    config = shop(tmp_path)
    await beside("add", "--kind", "access", "--received", "2026-01-05", "--config", config)
    child = await asyncio.create_subprocess_exec(
        os.fsencode(PROGRAM), b"note", b"LIW-2026-0001", b"soitti \xff", b"--config", os.fsencode(config),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    _, err = await asyncio.wait_for(child.communicate(), 60)
    assert (child.returncode, err) == (0, b"")


def test_refusals_speak_finnish_on_a_finnish_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "fi_FI.UTF-8")
    ran = run("case", "LIW-2026-0001", "--config", shop(tmp_path))
    assert (ran.code, ran.err) == (1, "Pyyntöä LIW-2026-0001 ei ole. `pyynto queue` näyttää avoimet.\n")


# -- several shops --------------------------------------------------------------------------------------------


def test_with_several_shops_add_needs_one_named_and_case_ids_find_their_own(tmp_path: Path) -> None:
    config = ["--config", shop(tmp_path, TWO_SHOPS)]
    add = ["add", "--kind", "access", "--received", "2026-01-05", *config]
    ran = run(*add)
    assert (ran.code, "--shop" in ran.err, "toinen" in ran.err) == (2, True, True)
    first = run(*add, "--shop", "liwigo", "--json").json
    second = run(*add, "--shop", "toinen", "--json").json
    assert first["shop"] != second["shop"]
    assert run("take", second["id"], *config).code == 0
    assert run("case", second["id"], *config).code == 0
    assert [row["shop"] for row in run("queue", "--json", *config).json] == ["liwigo", "toinen"]
    assert [row["id"] for row in run("queue", "--json", "--shop", "toinen", *config).json] == [second["id"]]
    assert run("case", second["id"], "--shop", "liwigo", *config).code == 1
    unknown = run("queue", "--shop", "nowhere", *config)
    assert (unknown.code, one_line(unknown)) == (2, True)


# -- quick to start -------------------------------------------------------------------------------------------

HEAVY = ("telegram", "aiohttp", "aioimaplib", "aiosmtplib", "alembic", "sandbox")


@pytest.mark.parametrize(
    ("words", "never"),
    [(["--help"], (*HEAVY, "sqlalchemy", "pydantic", "rich")),
     (["deadline", "--received", "2026-01-05"], (*HEAVY, "sqlalchemy", "jinja2")),
     (["understand", "poistakaa tietoni"], (*HEAVY, "sqlalchemy", "holidays")),
     (["queue"], (*HEAVY, "holidays"))],
    ids=["help", "deadline", "understand", "queue"],
)  # fmt: skip
async def test_a_command_loads_only_what_it_needs(
    tmp_path: Path, words: list[str], never: tuple[str, ...]
) -> None:
    config = ["--config", shop(tmp_path)] if words == ["queue"] else []
    await beside(*words, *config)
    code = (
        "import sys, app.cli\n"
        f"sys.argv = {['pyynto', *words, *config]!r}\n"
        "try: app.cli.main()\n"
        f"finally: print('LOADED', *[m for m in {never!r} if m in sys.modules], file=sys.stderr)\n"
    )
    child = await asyncio.create_subprocess_exec(
        str(PROGRAM.parent / "python"), "-c", code, cwd=Path(__file__).parents[2],
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    _, err = await asyncio.wait_for(child.communicate(), 60)
    assert err.decode().strip() == "LOADED"
