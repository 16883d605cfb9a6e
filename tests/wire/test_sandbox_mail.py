"""The stand-in mail server, read and written by clients this project did not write."""

from __future__ import annotations

import asyncio
import imaplib
import smtplib
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import aioimaplib
import aiosmtplib
import pytest
from imap_tools import MailBoxUnencrypted

from sandbox.mail import MailServer, client_context, self_signed

pytestmark = pytest.mark.wire

SHOP, MAIJA = "tietosuoja@shop.example", "maija.mallikas@example.com"


def mail(text: str = "Hei, poistakaa tietoni.", to: str = SHOP, sender: str = MAIJA) -> EmailMessage:
    """A small mail."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, "Pyyntö"
    message.set_content(text)
    return message


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    async with MailServer.serve([SHOP, MAIJA], password="right", refuse_unknown=True) as running:
        yield running


async def send(server: MailServer, message: EmailMessage) -> None:
    await aiosmtplib.send(message, hostname=server.host, port=server.smtp_port, start_tls=False)


async def idle_client(server: MailServer) -> aioimaplib.IMAP4:
    client = aioimaplib.IMAP4(server.host, server.imap_port, timeout=5)
    await client.wait_hello_from_server()
    await client.login(SHOP, "right")
    await client.select("INBOX")
    return client


async def test_mail_by_smtp_lies_in_the_mailbox_for_imap_tools(server: MailServer) -> None:
    await send(server, mail("Äiti pyytää tietojaan."))

    def read() -> list[str]:
        with MailBoxUnencrypted(server.host, server.imap_port).login(SHOP, "right") as box:
            return [found.subject + "|" + found.text.strip() for found in box.fetch()]

    assert await asyncio.to_thread(read) == ["Pyyntö|Äiti pyytää tietojaan."]


async def test_mail_is_kept_byte_by_byte(server: MailServer) -> None:
    raw = b"From: a@example.com\r\nSubject: =?utf-8?q?=C3=A4?=\r\n\r\nraw \xe4 \xff\r\n.dot\r\n"
    await server.deliver(raw, SHOP)
    assert [kept.content for kept in await server.inbox(SHOP)] == [raw]


async def test_idle_is_woken_by_smtp(server: MailServer) -> None:
    client = await idle_client(server)
    idle = await client.idle_start(timeout=10)
    await send(server, mail())
    pushed = await client.wait_server_push(timeout=5)
    client.idle_done()
    await asyncio.wait_for(idle, 5)
    await client.logout()
    assert b"1 EXISTS" in pushed


async def test_internal_date_is_what_the_deliverer_says(server: MailServer) -> None:
    when = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
    await server.deliver(mail().as_bytes(), SHOP, internal_date=when)
    client = await idle_client(server)
    answer = await client.uid("fetch", "1:*", "(INTERNALDATE)")
    await client.logout()
    assert b"04-Mar-2026 05:06:07 +0000" in answer.lines[0]


async def test_wrong_password_and_unknown_login_are_refused(server: MailServer) -> None:
    def attempt(login: str, password: str) -> None:
        imaplib.IMAP4(server.host, server.imap_port).login(login, password)

    for login, password in ((SHOP, "wrong"), ("nobody@shop.example", "right")):
        with pytest.raises(imaplib.IMAP4.error):
            await asyncio.to_thread(attempt, login, password)


async def test_any_password_opens_a_server_without_one() -> None:
    async with MailServer.serve([SHOP]) as open_server:

        def attempt() -> str:
            return imaplib.IMAP4(open_server.host, open_server.imap_port).login(SHOP.upper(), "x")[0]

        assert await asyncio.to_thread(attempt) == "OK"


async def test_a_preauthenticated_mailbox_needs_no_login() -> None:
    async with MailServer.serve([SHOP, MAIJA], preauth=SHOP) as open_server:
        await open_server.deliver(mail().as_bytes(), SHOP)

        def read() -> tuple[str, bytes, bool]:
            client = imaplib.IMAP4(open_server.host, open_server.imap_port)
            _, count = client.select()
            return client.state, count[0] or b"", "IDLE" in client.capabilities

        assert await asyncio.to_thread(read) == ("SELECTED", b"1", True)


async def test_unknown_local_address_is_refused_and_other_domains_are_kept(server: MailServer) -> None:
    with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as refused:
        await send(server, mail(to="nobody@shop.example"))
    assert refused.value.recipients[0].code == 550
    await send(server, mail(to="someone@far.example"))
    assert [sent.rcpt_tos for sent in server.outbound] == [("someone@far.example",)]


async def test_wait_for_returns_parsed_mail_and_gives_up_in_time(server: MailServer) -> None:
    waiting = asyncio.create_task(server.wait_for(to=MAIJA, count=2, timeout=5))
    await send(server, mail("yksi", to=MAIJA, sender=SHOP))
    await send(server, mail("kaksi", to=MAIJA.upper(), sender=SHOP))
    assert [found.get_content().strip() for found in await waiting] == ["yksi", "kaksi"]
    with pytest.raises(TimeoutError, match="2 of 3"):
        await server.wait_for(to=MAIJA, count=3, timeout=0.1)


@pytest.mark.parametrize("at", ["mail", "rcpt", "data"])
async def test_refuse_next_refuses_that_often_at_that_step(server: MailServer, at: str) -> None:
    server.refuse_next(code=451, times=2, at=at)
    for _ in range(2):
        with pytest.raises(aiosmtplib.SMTPException):
            await send(server, mail())
    await send(server, mail())
    assert len(server.outbound) == len(await server.inbox(SHOP)) == 1


async def test_refuse_next_can_mean_one_address_only(server: MailServer) -> None:
    server.refuse_next(code=550, to=MAIJA)
    await send(server, mail(to=SHOP))
    with pytest.raises(aiosmtplib.SMTPRecipientsRefused):
        await send(server, mail(to=MAIJA))


async def test_hanging_up_after_data_keeps_the_mail_and_loses_the_answer(server: MailServer) -> None:
    server.cut_next()
    with pytest.raises(aiosmtplib.SMTPException):
        await send(server, mail("ennen"))
    server.cut_next(after=True)
    with pytest.raises(aiosmtplib.SMTPException):
        await send(server, mail("jälkeen"))
    assert [sent.message.get_content().strip() for sent in server.outbound] == ["jälkeen"]


async def test_bounced_mail_comes_back_as_a_delivery_report(server: MailServer) -> None:
    server.bouncing.add("gone@far.example")
    await send(server, mail(to="gone@far.example", sender=SHOP))
    [kept] = await server.inbox(SHOP)
    report = kept.message
    kinds = [part.get_content_type() for part in report.iter_parts()]
    assert report.get_content_type() == "multipart/report"
    assert kinds == ["text/plain", "message/delivery-status", "message/rfc822"]
    assert "Final-Recipient: rfc822; gone@far.example" in report.as_string()


async def test_an_outage_cuts_readers_and_keeps_mail(server: MailServer) -> None:
    await server.deliver(mail().as_bytes(), SHOP)
    lost = asyncio.Event()
    client = aioimaplib.IMAP4(server.host, server.imap_port, timeout=5, conn_lost_cb=lambda _: lost.set())
    await client.wait_hello_from_server()
    ports = (server.imap_port, server.smtp_port)
    await server.down()
    await asyncio.wait_for(lost.wait(), 5)
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(server.host, server.imap_port)
    await server.up()
    assert (server.imap_port, server.smtp_port) == ports
    client = await idle_client(server)
    answer = await client.uid_search("ALL")
    await client.logout()
    assert answer.lines[0] == b"101"


async def test_dropped_connections_leave_no_reader(server: MailServer) -> None:
    await idle_client(server)
    assert server.readers == 1
    server.drop_connections()
    for _ in range(100):
        await asyncio.sleep(0.01)
        if not server.readers:
            break
    assert server.readers == 0


async def test_a_frozen_connection_stays_open_and_silent_until_thawed(server: MailServer) -> None:
    client = await idle_client(server)
    server.freeze()
    noop = asyncio.create_task(client.noop())
    await asyncio.sleep(0.2)
    assert not noop.done()
    server.freeze(frozen=False)
    answer = await asyncio.wait_for(noop, 5)
    await client.logout()
    assert answer.result == "OK"


async def test_renumber_changes_uidvalidity(server: MailServer) -> None:
    async def validity() -> list[bytes]:
        client = await idle_client(server)
        answer = await client.status("INBOX", "(UIDVALIDITY)")
        await client.logout()
        return [line for line in answer.lines if b"UIDVALIDITY" in line]

    before = await validity()
    await server.renumber(SHOP)
    assert await validity() != before


async def test_mail_can_lie_in_the_spam_folder(server: MailServer) -> None:
    await server.deliver(mail().as_bytes(), SHOP, folder="Junk")
    assert len(await server.inbox(SHOP, "Junk")) == 1
    assert await server.inbox(SHOP) == []


async def test_tls_is_spoken_with_a_trusted_certificate_only(tmp_path: Path) -> None:
    context, trust = self_signed(tmp_path)
    async with MailServer.serve([SHOP], tls=context) as secure:
        trusting = client_context(trust)
        client = aioimaplib.IMAP4_SSL("localhost", secure.imap_port, timeout=5, ssl_context=trusting)
        await client.wait_hello_from_server()
        assert (await client.login(SHOP, "x")).result == "OK"
        await client.logout()
        smtp = aiosmtplib.SMTP(
            hostname="localhost", port=secure.smtp_port, start_tls=True, tls_context=trusting
        )
        async with smtp:
            await smtp.login(SHOP, "x")
            await smtp.send_message(mail())
        with pytest.raises(ssl.SSLError):
            await asyncio.open_connection("localhost", secure.imap_port, ssl=ssl.create_default_context())
        assert len(await secure.inbox(SHOP)) == 1


async def test_smtp_takes_utf8_addresses(server: MailServer) -> None:
    def attempt() -> None:
        with smtplib.SMTP(server.host, server.smtp_port) as client:
            client.send_message(mail(to="äiti@far.example"))

    await asyncio.to_thread(attempt)
    assert server.outbound[0].rcpt_tos == ("äiti@far.example",)
