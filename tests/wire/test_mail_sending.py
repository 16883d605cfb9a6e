"""Handing mail to an SMTP server: kept connections, refusals told apart, lost connections healed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mailers.sending import Outgoing, Postman, Refused, Unreachable
from mailers.servers import BadServer
from sandbox.mail import MailServer, self_signed
from tests.wire.mail_reader import mail, until

pytestmark = pytest.mark.wire

SHOP, MAIJA = "tietosuoja@shop.example", "maija.mallikas@example.com"


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    async with MailServer.serve([SHOP]) as running:
        yield running


@pytest.fixture
async def postman(server: MailServer) -> AsyncIterator[Postman]:
    async with Postman(f"smtp://127.0.0.1:{server.smtp_port}", timeout=5.0) as running:
        yield running


async def test_a_letter_arrives_byte_by_byte_with_its_envelope(server: MailServer, postman: Postman) -> None:
    raw = mail("x", "rivi\r\n.piste\r\n..\r\n")
    await postman.send(SHOP, MAIJA, raw)
    sent = server.outbound[0]
    assert (sent.mail_from, sent.rcpt_tos, sent.content) == (SHOP, (MAIJA,), raw)


async def test_an_empty_envelope_sender_is_possible(server: MailServer, postman: Postman) -> None:
    await postman.send("", MAIJA, mail("x"))
    assert server.outbound[0].mail_from in ("", "<>")


async def test_a_run_of_letters_shares_a_few_connections(server: MailServer, postman: Postman) -> None:
    letters = [Outgoing(SHOP, MAIJA, mail(f"m{n}")) for n in range(60)]
    assert await postman.send_many(letters) == [None] * 60
    assert len(server.outbound) == 60
    assert len(server._postbox.sessions) == 4


async def test_one_letter_after_another_uses_one_connection(server: MailServer, postman: Postman) -> None:
    for n in range(5):
        await postman.send(SHOP, MAIJA, mail(f"m{n}"))
    assert len(server._postbox.sessions) == 1


@pytest.mark.parametrize(("code", "permanent"), [(550, True), (552, True), (451, False), (452, False)])
@pytest.mark.parametrize("at", ["mail", "rcpt", "data"])
async def test_a_refusal_says_whether_it_is_for_good(
    server: MailServer, postman: Postman, code: int, permanent: bool, at: str
) -> None:
    server.refuse_next(code, at=at)
    with pytest.raises(Refused) as refusal:
        await postman.send(SHOP, MAIJA, mail("x"))
    assert (refusal.value.code, refusal.value.permanent) == (code, permanent)
    assert "@" not in str(refusal.value)
    await postman.send(SHOP, MAIJA, mail("next"))
    assert len(server.outbound) == 1


async def test_one_refused_letter_does_not_spoil_the_run(server: MailServer, postman: Postman) -> None:
    server.refuse_next(550, to="gone@example.com")
    people = [MAIJA, "gone@example.com", MAIJA]
    outcomes = await postman.send_many([Outgoing(SHOP, to, mail("x")) for to in people])
    assert [type(outcome) for outcome in outcomes] == [type(None), Refused, type(None)]


async def test_a_connection_cut_while_resting_is_replaced_unseen(
    server: MailServer, postman: Postman
) -> None:
    await postman.send(SHOP, MAIJA, mail("a"))
    server.drop_connections()
    await postman.send(SHOP, MAIJA, mail("b"))
    await asyncio.sleep(0.05)
    assert len(server.outbound) == 2


async def test_a_kept_connection_that_dies_in_use_is_replaced_once(
    server: MailServer, postman: Postman
) -> None:
    await postman.send(SHOP, MAIJA, mail("a"))
    server.cut_next()
    await postman.send(SHOP, MAIJA, mail("b"))
    assert len(server.outbound) == 2


async def test_a_new_connection_that_dies_is_reported(server: MailServer, postman: Postman) -> None:
    server.cut_next()
    with pytest.raises(Unreachable):
        await postman.send(SHOP, MAIJA, mail("a"))
    assert server.outbound == []


async def test_a_server_restart_heals(server: MailServer, postman: Postman) -> None:
    await postman.send(SHOP, MAIJA, mail("a"))
    await server.down()
    with pytest.raises(Unreachable) as fault:
        await postman.send(SHOP, MAIJA, mail("b"))
    assert fault.value.reason in ("refused", "lost")
    await server.up()
    await postman.send(SHOP, MAIJA, mail("b"))
    assert len(server.outbound) == 2


async def test_a_resting_connection_is_closed_after_a_while(server: MailServer) -> None:
    async with Postman(f"smtp://127.0.0.1:{server.smtp_port}", idle_seconds=0.1) as postman:
        await postman.send(SHOP, MAIJA, mail("a"))
        assert len(postman._rest) == 1
        await until(lambda: not postman._rest, 2.0)
        await postman.send(SHOP, MAIJA, mail("b"))
    assert len(server.outbound) == 2


async def test_a_send_that_is_cancelled_leaves_no_half_used_connection(
    server: MailServer, postman: Postman
) -> None:
    server.slow_next(5.0)
    sending = asyncio.create_task(postman.send(SHOP, MAIJA, mail("slow")))
    await asyncio.sleep(0.1)
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    assert postman._rest == []
    await postman.send(SHOP, MAIJA, mail("next"))


async def test_a_silent_server_is_given_up_in_time(server: MailServer) -> None:
    async with Postman(f"smtp://127.0.0.1:{server.smtp_port}", timeout=0.2) as postman:
        server.slow_next(5.0)
        with pytest.raises(Unreachable) as fault:
            await postman.send(SHOP, MAIJA, mail("x"))
    assert fault.value.reason == "timeout"


@pytest.mark.parametrize("to", ["a@example.com\r\nRCPT TO:<b@example.com>", "a b@example.com", ""])
async def test_an_address_that_could_break_the_dialogue_is_refused_for_good(
    server: MailServer, postman: Postman, to: str
) -> None:
    with pytest.raises(Refused) as refusal:
        await postman.send(SHOP, to, mail("x"))
    assert refusal.value.permanent
    assert server.outbound == []


async def test_addresses_beyond_ascii_are_written_to(server: MailServer, postman: Postman) -> None:
    await postman.send(SHOP, "maija@bücher.example", mail("a"))
    await postman.send(SHOP, "päivi@example.com", mail("b"))
    assert [sent.rcpt_tos[0] for sent in server.outbound] == [
        "maija@xn--bcher-kva.example",
        "päivi@example.com",
    ]


async def test_a_login_is_made_when_the_address_names_a_user() -> None:
    async with MailServer.serve([SHOP], password="right") as server:
        url = f"smtp://{SHOP}@127.0.0.1:{server.smtp_port}"
        assert await Postman(url, "right").probe() is None


async def test_starttls_is_verified(tmp_path: Path) -> None:
    context, trust = self_signed(tmp_path)
    async with MailServer.serve([SHOP], tls=context) as server:
        url = f"smtp://localhost:{server.smtp_port}"
        assert await Postman(url, ca_file=trust, starttls=True).probe() is None
        assert "not trusted" in str(await Postman(url, starttls=True).probe())
        assert await Postman(url).probe() is None


async def test_a_server_without_starttls_is_refused_where_it_is_required(server: MailServer) -> None:
    probe = await Postman(f"smtp://127.0.0.1:{server.smtp_port}", starttls=True).probe()
    assert "no STARTTLS" in str(probe)


def test_starttls_is_required_off_loopback_only() -> None:
    required = [
        Postman(f"smtp://{host}")._starttls for host in ("mail.example", "192.0.2.1", "localhost", "[::1]")
    ]
    assert required == [True, True, False, False]


async def test_a_dead_address_is_told_in_words() -> None:
    assert "nothing listens" in str(await Postman("smtp://127.0.0.1:1").probe())
    assert "name is not known" in str(await Postman("smtps://nowhere.invalid").probe())


def test_a_ca_file_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadServer):
        Postman("smtps://mail.example", ca_file=tmp_path / "missing.pem")
