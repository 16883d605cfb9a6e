"""Reports of failed delivery: which letter they are about, what they may change, who hears of it."""

from __future__ import annotations

import asyncio
from email.message import EmailMessage
from email.utils import make_msgid

from tests.invariants.acts import alike, ask, eventually, proofs, staff_texts, start_chat
from tests.office import MAIJA, SHOP, Office


async def accepted_by_server(office: Office) -> None:
    async def noted() -> bool:
        return all(row.code_state == "accepted" for row in await proofs(office))

    await eventually(noted)


async def test_an_address_whose_mail_keeps_coming_back_gets_no_more_and_chat_sounds_the_same(
    office: Office,
) -> None:
    """Neither the words nor the next question tell that there was an address at all."""
    chat, other = await start_chat(office, 1001, MAIJA), await start_chat(office, 1002, "nobody@example.net")
    for count in (1, 2):
        await office.code(MAIJA, count)
        await accepted_by_server(office)
        await office.mail.bounce(office.mail.sent_to(MAIJA)[-1], MAIJA)
        await eventually(lambda count=count: bounces_of(office, count))  # type: ignore[misc]
        assert alike(await ask(chat, "uudelleen")) == alike(await ask(other, "uudelleen"))
    await asyncio.sleep(0.5)
    assert len(office.mail.sent_to(MAIJA)) == 2


async def bounces_of(office: Office, count: int) -> bool:
    rows = await office.queue(everything=True)
    cases = [await office.case(row["id"]) for row in rows]
    found = [letter for case in cases for letter in case["letters"] if letter["state"] == "bounced"]
    return len(found) >= count


def plain_bounce(to: str, action: str = "", letter: str = "") -> bytes:
    """What a mail server writes that gives nothing of the letter back, or only says that it still tries."""
    text = f"This is the mail system.\n\n<{to}>: host mx.example.net said: 550 5.1.1 User unknown\n"
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "MAILER-DAEMON@mx.example.net", SHOP, "Undelivered Mail"
    mail["Message-ID"] = make_msgid(domain="mx.example.net")
    mail["Auto-Submitted"] = "auto-replied"
    if not action:
        mail.set_content(text)
        return mail.as_bytes()
    mail["MIME-Version"] = "1.0"
    mail["Content-Type"] = 'multipart/report; report-type="delivery-status"; boundary="b"'
    fields = f"Reporting-MTA: dns; mx.example.net\n\nFinal-Recipient: rfc822; {to}\nAction: {action}\nStatus: 4.4.1\n"
    parts = (
        "--b\nContent-Type: text/plain\n\nStill trying.\n"
        f"--b\nContent-Type: message/delivery-status\n\n{fields}\n"
        f"--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: {letter}\nTo: {to}\n\n--b--\n"
    )
    return mail.as_bytes().rstrip(b"\n") + b"\n\n" + parts.encode()


async def test_a_report_that_names_only_an_address_is_a_hint(office: Office) -> None:
    """Anybody could write such a one: staff see it once, and the code stays good."""
    chat = await start_chat(office, 1001, MAIJA)
    code = await office.code(MAIJA)
    await accepted_by_server(office)
    for _ in range(3):
        await office.mail.deliver(plain_bounce(MAIJA), SHOP)
    await office.mail.deliver(plain_bounce("outo@example.net"), SHOP)
    (row,) = await office.until(lambda rows: "letter_bounced" in rows[0]["flags"])
    await asyncio.sleep(0.5)
    case = await office.case(row["id"])
    assert [e["event"] for e in case["journal"]].count("bounce_reported") == 1
    assert MAIJA in next(e["note"] for e in case["journal"] if e["event"] == "bounce_reported")
    assert "code_undelivered" not in case["flags"]
    await ask(chat, code)
    await office.until(lambda rows: rows[0]["status"] == "open")


async def test_a_delay_is_noted_and_changes_nothing(office: Office) -> None:
    chat = await start_chat(office, 1001, MAIJA)
    code = await office.code(MAIJA)
    await accepted_by_server(office)
    letter = str(office.mail.sent_to(MAIJA)[0].message["Message-ID"])
    await office.mail.deliver(plain_bounce(MAIJA, "delayed", letter), SHOP)

    async def noted() -> bool:
        (row,) = await office.queue()
        return "letter_delayed" in [e["event"] for e in (await office.case(row["id"]))["journal"]]

    await eventually(noted)
    (row,) = await office.queue()
    assert row["flags"] == []
    await ask(chat, code)
    await office.until(lambda rows: rows[0]["status"] == "open")


async def test_whoever_is_proved_hears_in_chat_that_mail_came_back(office: Office) -> None:
    chat = await start_chat(office, 1001, MAIJA, wish="Haluan nähdä tietoni.")
    await ask(chat, await office.code(MAIJA))
    (row,) = await office.until(lambda rows: rows[0]["status"] == "open")
    await office.do(f"complete {row['id']}")
    await office.mails(MAIJA, 2)
    await asyncio.sleep(0.3)
    while not await chat.no_message(0.3):
        await chat.next_message()
    await office.mail.bounce(office.mail.sent_to(MAIJA)[-1], MAIJA)
    said = str((await chat.next_message())["text"])
    assert "ei mennyt perille" in said
    assert row["id"] in said
    assert "@" not in said
    assert "Henkilökunta" in await ask(chat, "ihminen")

    async def staff_heard() -> bool:
        return any("ihmise" in text for text in staff_texts(office))

    await eventually(staff_heard)
