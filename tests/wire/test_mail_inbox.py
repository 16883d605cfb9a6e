"""The mailbox watcher against a mail server in the same event loop, and against servers that misbehave."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mailers.imap_answers import found_in
from mailers.inbox import MAX_STUMBLES, Cursor, Inbox
from mailers.servers import BadServer
from sandbox.mail import MailServer, self_signed
from tests.wire.mail_reader import Reader, mail, until

pytestmark = pytest.mark.wire

SHOP, PASSWORD = "tietosuoja@shop.example", 'sala "sana" \\ {5}'


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    async with MailServer.serve([SHOP]) as running:
        yield running


@pytest.fixture
def reader() -> Reader:
    return Reader()


def inbox(server: MailServer, **options: Any) -> Inbox:
    given: dict[str, Any] = {"first_wait": 0.05, "timeout": 5.0}
    return Inbox(f"imap://{SHOP}@127.0.0.1:{server.imap_port}", "any", **{**given, **options})


async def test_what_lies_there_comes_in_order_and_in_batches(server: MailServer, reader: Reader) -> None:
    for n in range(120):
        await server.deliver(mail(f"m{n}"), SHOP)
    async with reader.watching(inbox(server)):
        await reader.until(120)
    assert reader.subjects == [f"m{n}" for n in range(120)]
    assert reader.batches == [50, 50, 20]


async def test_new_mail_is_pushed_within_a_moment(server: MailServer, reader: Reader) -> None:
    async with reader.watching(box := inbox(server)):
        await until(lambda: box.ok)
        await asyncio.sleep(0.1)
        await server.deliver(mail("pushed"), SHOP)
        await reader.until(1, seconds=1.0)
    assert reader.subjects == ["pushed"]


async def test_a_mail_arriving_at_any_moment_of_a_search_is_not_left_lying(
    server: MailServer, reader: Reader
) -> None:
    async with reader.watching(inbox(server)):
        for n in range(200):
            await server.deliver(mail(f"m{n}"), SHOP)
            await asyncio.sleep(0.001 * (n % 4))
        await reader.until(200, seconds=10.0)
    assert sorted(reader.subjects) == sorted(f"m{n}" for n in range(200))


async def test_bytes_and_times_are_the_server_s(server: MailServer, reader: Reader) -> None:
    raw = b"Subject: x\r\n\r\n\xff\xe4 (unbalanced\r\n* 5 EXISTS\r\nA1 OK {7}\r\n"
    await server.deliver(raw, SHOP, internal_date=datetime(2026, 3, 29, 2, 30, tzinfo=UTC))
    async with reader.watching(inbox(server)):
        await reader.until(1)
    assert reader.mails[0].raw == raw
    assert reader.mails[0].internal_date == datetime(2026, 3, 29, 2, 30, tzinfo=UTC)


async def test_nothing_is_marked_as_seen(server: MailServer, reader: Reader) -> None:
    await server.deliver(mail("m"), SHOP)
    async with reader.watching(inbox(server)):
        await reader.until(1)
    folder = await server._boxes.folder(SHOP)
    flags = [message.permanent_flags async for message in folder.messages()]
    assert flags == [frozenset()]


async def test_a_stored_cursor_is_where_reading_goes_on(server: MailServer, reader: Reader) -> None:
    for n in range(3):
        await server.deliver(mail(f"m{n}"), SHOP)
    async with reader.watching(inbox(server)):
        await reader.until(3)
    stored = reader.cursor
    assert stored is not None
    again = Reader()
    again.cursor = Cursor(stored.uidvalidity, reader.mails[1].uid)
    async with again.watching(inbox(server)):
        await again.until(1)
        await asyncio.sleep(0.2)
    assert again.subjects == ["m2"]


async def test_a_cut_connection_heals_and_nothing_is_lost_or_doubled(
    server: MailServer, reader: Reader
) -> None:
    async with reader.watching(box := inbox(server)):
        for n in range(30):
            await server.deliver(mail(f"m{n}"), SHOP)
            if n % 7 == 3:
                server.drop_connections()
            await asyncio.sleep(0.02)
        await reader.until(30)
        await until(lambda: box.ok)
    assert reader.subjects == [f"m{n}" for n in range(30)]


async def test_an_outage_is_caught_up_with(server: MailServer, reader: Reader) -> None:
    async with reader.watching(box := inbox(server)):
        await until(lambda: box.ok)
        await server.down()
        await until(lambda: not box.ok)
        await server.deliver(mail("meanwhile"), SHOP)
        assert box.last_error in ("lost", "refused")
        await server.up()
        await reader.until(1)
    assert (reader.subjects, box.ok, box.last_error) == (["meanwhile"], True, "")


async def test_a_server_that_falls_silent_is_given_up_and_tried_again(
    server: MailServer, reader: Reader
) -> None:
    async with reader.watching(box := inbox(server, idle_seconds=0.2, timeout=0.4)):
        await until(lambda: box.ok)
        server.freeze()
        await until(lambda: not box.ok, seconds=5.0)
        assert box.last_error == "timeout"
        await server.deliver(mail("after"), SHOP)
        server.freeze(frozen=False)
        await reader.until(1)
    assert reader.subjects == ["after"]


async def test_another_uidvalidity_brings_everything_again(server: MailServer, reader: Reader) -> None:
    await server.deliver(mail("m"), SHOP)
    async with reader.watching(inbox(server)):
        await reader.until(1)
        await server.renumber(SHOP)
        server.drop_connections()
        await reader.until(2)
    assert reader.subjects == ["m", "m"]
    assert reader.mails[0].uidvalidity != reader.mails[1].uidvalidity


async def test_a_batch_that_could_not_be_stored_comes_again(
    server: MailServer, reader: Reader, caplog: pytest.LogCaptureFixture
) -> None:
    reader.failures = 3
    await server.deliver(mail("m"), SHOP)
    with caplog.at_level(logging.DEBUG):
        async with reader.watching(box := inbox(server)):
            await until(lambda: box.last_error == "handler")
            await reader.until(1)
    assert reader.subjects == ["m"]
    ours = [
        record.getMessage() for record in caplog.records if record.name.startswith(("mailers", "aioimaplib"))
    ]
    assert ours
    assert not [line for line in ours if "example" in line or "tietoni" in line or "database is away" in line]


async def test_only_the_beginning_of_a_huge_mail_is_fetched(server: MailServer, reader: Reader) -> None:
    for subject, size in (("a", 10), ("huge", 3_000_000), ("b", 10)):
        await server.deliver(mail(subject, "x" * size), SHOP)
    async with reader.watching(inbox(server, max_bytes=2_000_000)):
        await reader.until(3)
    assert reader.subjects == ["a", "huge", "b"]
    assert [(one.truncated, len(one.raw) <= 1_000_000) for one in reader.mails] == [
        (False, True), (True, True), (False, True),
    ]  # fmt: skip


async def test_success_is_told_at_every_contact(server: MailServer, reader: Reader) -> None:
    contacts = 0

    def count() -> None:
        nonlocal contacts
        contacts += 1

    async with reader.watching(box := inbox(server, idle_seconds=0.05, on_success=count)):
        await until(lambda: contacts >= 3)
    assert box.last_ok is not None
    assert (datetime.now(UTC) - box.last_ok).total_seconds() < 5


async def test_stopping_says_goodbye_and_leaves_no_connection(server: MailServer, reader: Reader) -> None:
    async with reader.watching(box := inbox(server)):
        await until(lambda: box.ok)
    await until(lambda: server.readers == 0, seconds=2.0)
    leftovers = {task for task in asyncio.all_tasks() if "aioimaplib" in repr(task)}
    await asyncio.sleep(0.05)
    assert not {task for task in leftovers if not task.done()}


async def test_a_password_may_hold_any_printable_character(reader: Reader) -> None:
    async with MailServer.serve([SHOP], password=PASSWORD) as server:
        url = f"imap://{SHOP}@127.0.0.1:{server.imap_port}"
        assert await Inbox(url, PASSWORD).probe() is None
        refused = await Inbox(url, PASSWORD + "x").probe()
    assert refused is not None
    assert "login" in refused


async def test_a_server_that_knows_us_needs_no_login() -> None:
    async with MailServer.serve([SHOP], preauth=SHOP) as server:
        assert await Inbox(f"imap://127.0.0.1:{server.imap_port}").probe() is None


async def test_without_a_user_the_mailbox_s_address_is_tried_where_a_login_is_wanted(
    server: MailServer,
) -> None:
    url = f"imap://127.0.0.1:{server.imap_port}"
    assert await Inbox(url, address=SHOP).probe() is None
    assert "login" in str(await Inbox(url).probe())


async def test_tls_is_verified_against_the_private_authority_only_when_it_is_named(tmp_path: Path) -> None:
    context, trust = self_signed(tmp_path)
    async with MailServer.serve([SHOP], tls=context) as server:
        url = f"imaps://{SHOP}@localhost:{server.imap_port}"
        assert await Inbox(url, ca_file=trust).probe() is None
        assert "not trusted" in str(await Inbox(url).probe())


async def test_a_dead_address_is_told_in_words() -> None:
    assert "nothing listens" in str(await Inbox("imap://127.0.0.1:1").probe())
    assert "name is not known" in str(await Inbox("imaps://nowhere.invalid").probe())


@pytest.mark.parametrize(
    "url",
    [
        "imap://mail.example", "http://localhost", "imaps://", "imaps://user:secret@mail.example", "smtp://localhost",
        "imaps://mail.example:port", "imaps://a%0d%0ab@mail.example",
    ],
)  # fmt: skip
def test_an_address_that_cannot_be_used_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(BadServer) as refusal:
        Inbox(url)
    assert "secret" not in str(refusal.value)


# -- servers that misbehave ------------------------------------------------------------------------------


class Script:
    """A server that answers each command as told; `{tag}` is filled in."""

    def __init__(self, answers: Callable[[str, int], str]) -> None:
        self.answers = answers
        self.commands: list[str] = []
        self.connections = 0

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        writer.write(b"* PREAUTH ready\r\n")
        while line := await reader.readline():
            tag, _, command = line.decode().strip().partition(" ")
            self.commands.append(command or tag)
            writer.write(self.answers(command or tag, self.connections).replace("{tag}", tag).encode())
            await writer.drain()
        writer.close()


def ordinary(command: str, uids: str = "1") -> str:
    """What a plain server with one mail and no IDLE says."""
    if command.startswith("CAPABILITY"):
        return "* CAPABILITY IMAP4rev1\r\n{tag} OK done\r\n"
    if command.startswith("SELECT"):
        return "* 1 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n{tag} OK [READ-WRITE] done\r\n"
    if command.startswith("UID SEARCH"):
        return f"* SEARCH {uids}\r\n{{tag}} OK done\r\n"
    facts = 'UID 1 RFC822.SIZE 20 INTERNALDATE " 1-Mar-2026 12:00:00 +0200"'
    if "BODY.PEEK" in command:
        return f"* 1 FETCH ({facts} BODY[] {{18}}\r\nSubject: s\r\n\r\nhei\r\n)\r\n{{tag}} OK done\r\n"
    if command.startswith("UID FETCH"):
        return f"* 1 FETCH ({facts})\r\n{{tag}} OK done\r\n"
    return "{tag} OK done\r\n"


async def scripted(script: Script, reader: Reader, seconds: float, enough: Callable[[], bool]) -> Inbox:
    server = await asyncio.start_server(script.talk, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    box = Inbox(f"imap://127.0.0.1:{port}", first_wait=0.01, timeout=1.0, poll_seconds=0.05)
    async with reader.watching(box):
        await until(enough, seconds)
    server.close()
    return box


async def test_a_server_without_idle_is_asked_again_and_again(reader: Reader) -> None:
    script = Script(lambda command, _: ordinary(command))
    await scripted(script, reader, 5, lambda: script.commands.count("NOOP") >= 3)
    assert reader.subjects == ["s"]
    assert "IDLE" not in script.commands
    assert reader.mails[0].internal_date == datetime(2026, 3, 1, 10, 0, tzinfo=UTC)


async def test_a_range_that_only_holds_the_last_mail_again_brings_nothing(reader: Reader) -> None:
    reader.cursor = Cursor(7, 1)
    script = Script(lambda command, _: ordinary(command))
    await scripted(script, reader, 5, lambda: script.commands.count("NOOP") >= 3)
    assert reader.mails == []


async def test_a_mail_the_server_cannot_give_does_not_stop_those_behind_it(reader: Reader) -> None:
    def answers(command: str, _: int) -> str:
        if command.startswith("UID SEARCH"):
            return "* SEARCH 1 2\r\n{tag} OK done\r\n"
        if "BODY.PEEK" in command:
            if command.startswith("UID FETCH 2 "):
                return (
                    "* 2 FETCH (UID 2 RFC822.SIZE 9 BODY[] {14}\r\nSubject: b\r\n\r\n)\r\n{tag} OK done\r\n"
                )
            return "{tag} NO [SERVERBUG] cannot read\r\n"
        if command.startswith("UID FETCH"):
            return "* 1 FETCH (UID 1 RFC822.SIZE 9)\r\n* 2 FETCH (UID 2 RFC822.SIZE 9)\r\n{tag} OK done\r\n"
        return ordinary(command)

    script = Script(answers)
    await scripted(script, reader, 10, lambda: len(reader.mails) >= 2)
    assert [(one.uid, one.raw, one.truncated) for one in reader.mails] == [
        (1, b"", True), (2, b"Subject: b\r\n\r\n", False),
    ]  # fmt: skip
    assert script.connections >= MAX_STUMBLES


@pytest.mark.parametrize(
    "nonsense",
    [
        "* BYE go away\r\n",
        "{tag} BAD what\r\n",
        "\x00\xff garbage\r\n" * 50,
        "* SEARCH x\r\nA9 OK\r\n",
    ],
)
async def test_nonsense_from_the_server_is_survived(reader: Reader, nonsense: str) -> None:
    def answers(command: str, connection: int) -> str:
        return nonsense if connection < 3 and command.startswith("UID SEARCH") else ordinary(command)

    await scripted(Script(answers), reader, 10, lambda: bool(reader.mails))
    assert reader.subjects == ["s"]


async def test_a_mail_left_out_of_an_answer_is_asked_for_again(reader: Reader) -> None:
    def answers(command: str, connection: int) -> str:
        return "{tag} OK x\r\n" if connection < 3 and "BODY.PEEK" in command else ordinary(command)

    await scripted(Script(answers), reader, 10, lambda: bool(reader.mails))
    assert reader.subjects == ["s"]


async def test_a_flood_of_flag_changes_is_survived_on_one_connection(reader: Reader) -> None:
    flood = "".join(f"* {n} FETCH (FLAGS (\\Seen))\r\n" for n in range(1, 20_000))

    def answers(command: str, _: int) -> str:
        return (flood if command == "NOOP" else "") + ordinary(command)

    script = Script(answers)
    await scripted(script, reader, 20, lambda: script.commands.count("NOOP") >= 3)
    assert (reader.subjects, script.connections) == (["s"], 1)


def test_fetch_answers_are_read_in_any_order_and_form() -> None:
    lines: list[bytes | bytearray] = [
        b"3 FETCH (FLAGS (\\Seen))",
        b"4 FETCH (BODY[] {5}",
        bytearray(b"a (b)"),
        b' UID 9 RFC822.SIZE 5 INTERNALDATE "01-Jan-2026 00:00:00 +0000")',
        b'5 FETCH (UID 10 RFC822.SIZE 6 BODY[] "q \\"x\\"")',
        b"6 FETCH (UID 11 RFC822.SIZE 0 BODY[] NIL)",
        b"Fetch completed.",
    ]
    assert [(one.uid, one.raw) for one in found_in(lines)] == [(9, b"a (b)"), (10, b'q "x"'), (11, None)]
