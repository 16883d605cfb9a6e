"""The mail edge against real Dovecot and Postfix."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from imap_tools import MailBoxUnencrypted

from mailers.bounces import bounced
from mailers.inbox import Inbox
from mailers.reading import read, twin_key
from mailers.sending import Outgoing, Postman, Refused
from mailers.writing import message_id_for, write
from tests.wire.mail_reader import Reader, mail, until
from tests.wire.real_mail import PASSWORD, USER, RealMail, real_mail

pytestmark = pytest.mark.wire

__all__ = ["real_mail"]


@pytest.fixture
def box(real_mail: RealMail) -> Iterator[RealMail]:
    """The servers, with an empty mailbox."""
    real_mail.empty()
    yield real_mail
    real_mail.empty()


def inbox(box: RealMail) -> Inbox:
    return Inbox(box.imap_url, PASSWORD, first_wait=0.1)


async def post(box: RealMail, subjects: list[str], to: str = USER) -> None:
    async with Postman(f"smtp://127.0.0.1:{box.smtp_port}") as postman:
        outcomes = await postman.send_many([Outgoing(USER, to, mail(subject)) for subject in subjects])
    assert set(outcomes) == {None}


async def test_three_hundred_mails_are_caught_up_with_quickly(box: RealMail) -> None:
    await post(box, [f"m{n}" for n in range(300)])
    await until(lambda: len(box.files()) >= 300, 60)
    reader = Reader()
    started = time.perf_counter()
    async with reader.watching(inbox(box)):
        await reader.until(300)
    assert Counter(reader.subjects) == Counter(f"m{n}" for n in range(300))
    assert [one.uid for one in reader.mails] == sorted(one.uid for one in reader.mails)
    assert time.perf_counter() - started < 5.0


async def test_idle_pushes(box: RealMail) -> None:
    reader = Reader()
    async with reader.watching(watched := inbox(box)):
        await until(lambda: watched.ok)
        await asyncio.sleep(0.3)
        await post(box, ["pushed"])
        await reader.until(1, seconds=5.0)
    assert reader.subjects == ["pushed"]


async def test_a_kill_amid_mails_loses_nothing_and_doubles_nothing(box: RealMail) -> None:
    reader = Reader()
    async with reader.watching(watched := inbox(box)):
        await until(lambda: watched.ok)
        sending = asyncio.create_task(post(box, [f"k{n}" for n in range(40)]))
        await asyncio.sleep(0.15)
        box.kill_dovecot()
        await sending
        await until(lambda: not watched.ok, 10)
        await asyncio.to_thread(box.start_dovecot)
        # Postfix kept what it could not deliver; it tries again when told to.
        await asyncio.to_thread(box.flush)
        await reader.until(40, seconds=60)
        await asyncio.sleep(1.0)
    assert set(reader.subjects) == {f"k{n}" for n in range(40)}
    assert len({one.uid for one in reader.mails}) == len(reader.mails)
    # Postfix itself delivers again what Dovecot took and could not confirm; the twin key knows such a mail.
    assert len(reader.mails) == len(box.files())
    assert len({twin_key("s", one.raw) for one in reader.mails}) == 40


async def test_a_restored_mailbox_is_read_again_from_its_start(box: RealMail) -> None:
    await post(box, ["a", "b"])
    reader = Reader()
    async with reader.watching(inbox(box)):
        await reader.until(2)
        box.kill_dovecot()
        await asyncio.to_thread(box.forget_uids)
        await asyncio.to_thread(box.start_dovecot)
        await reader.until(4)
    assert Counter(reader.subjects) == Counter(["a", "b"] * 2)
    assert len({one.uidvalidity for one in reader.mails}) == 2


async def test_another_reader_finds_every_mail_unseen(box: RealMail) -> None:
    await post(box, ["a", "b", "c"])
    reader = Reader()
    async with reader.watching(inbox(box)):
        await reader.until(3)

    def look() -> list[tuple[str | None, tuple[str, ...], bytes]]:
        with MailBoxUnencrypted("127.0.0.1", box.imap_port).login(USER, PASSWORD) as other:
            return [(one.uid, one.flags, one.obj.as_bytes()) for one in other.fetch(mark_seen=False)]

    seen = await asyncio.to_thread(look)
    assert [uid for uid, _, _ in seen] == [str(one.uid) for one in reader.mails]
    assert not [flag for _, flags, _ in seen for flag in flags if "Seen" in flag]


async def test_marking_a_whole_mailbox_does_not_disturb_the_watcher(box: RealMail) -> None:
    await post(box, [f"m{n}" for n in range(100)])
    reader = Reader()
    async with reader.watching(watched := inbox(box)):
        await reader.until(100)

        def mark() -> None:
            with MailBoxUnencrypted("127.0.0.1", box.imap_port).login(USER, PASSWORD) as other:
                other.flag(other.uids(), "\\Flagged", True)

        await asyncio.to_thread(mark)
        await post(box, ["after"])
        await reader.until(101)
        assert watched.ok
    assert reader.subjects[-1] == "after"


async def test_imaps_trusts_the_named_authority(box: RealMail) -> None:
    url = f"imaps://{USER}@localhost:{box.imaps_port}"
    assert await Inbox(url, PASSWORD, ca_file=box.ca_file).probe() is None
    assert "not trusted" in str(await Inbox(url, PASSWORD).probe())
    assert "login" in str(await Inbox(url, "wrong", ca_file=box.ca_file).probe())


async def test_imaps_fetches(box: RealMail) -> None:
    await post(box, ["tls"])
    reader = Reader()
    url = f"imaps://{USER.replace('@', '%40')}@localhost:{box.imaps_port}"
    async with reader.watching(Inbox(url, PASSWORD, ca_file=box.ca_file)):
        await reader.until(1)
    assert reader.subjects == ["tls"]


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
async def test_smtp_logs_in_over_tls(box: RealMail, scheme: str) -> None:
    port = box.smtps_port if scheme == "smtps" else box.smtp_port
    url = f"{scheme}://{USER}@localhost:{port}"
    assert await Postman(url, PASSWORD, ca_file=box.ca_file, starttls=True).probe() is None
    assert "not trusted" in str(await Postman(url, PASSWORD, starttls=True).probe())
    assert "login" in str(await Postman(url, "wrong", ca_file=box.ca_file, starttls=True).probe())


@pytest.mark.parametrize(
    ("to", "code", "permanent"), [("full@shop.example", 552, True), ("later@shop.example", 450, False)]
)
async def test_postfix_s_refusals_are_told_apart(box: RealMail, to: str, code: int, permanent: bool) -> None:
    async with Postman(f"smtp://127.0.0.1:{box.smtp_port}") as postman:
        with pytest.raises(Refused) as refusal:
            await postman.send(USER, to, mail("x"))
        assert (refusal.value.code, refusal.value.permanent) == (code, permanent)
        await postman.send(USER, USER, mail("same connection"))


async def test_a_real_bounce_names_our_letter(box: RealMail) -> None:
    message_id = message_id_for("letter-1", "shop.example", b"salt")
    now = time.time()
    letter = write(
        from_address=USER, to="nobody@shop.example", subject="Koodi", text="Hei ä", message_id=message_id,
        language="fi", date=datetime.fromtimestamp(now, UTC),
    )  # fmt: skip
    reader = Reader()
    async with Postman(f"smtp://127.0.0.1:{box.smtp_port}") as postman:
        await postman.send(USER, "nobody@shop.example", letter)
    async with reader.watching(inbox(box)):
        await until(lambda: any(bounced(one.raw) for one in reader.mails), 10)
    report = next(one for one in reader.mails if bounced(one.raw))
    found = bounced(report.raw)
    assert found is not None
    assert (found.message_ids, found.recipients, found.permanent) == (
        (message_id,),
        ("nobody@shop.example",),
        True,
    )
    arrived = report.internal_date
    inbound = read(report.raw, key="k", shop="s", own_address=USER, internal_date=arrived)
    assert inbound.automated == "bounce"
    assert abs(arrived.timestamp() - now) < 60
