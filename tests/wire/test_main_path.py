"""The main job over real wires: asked, proved with a code, a case in the queue."""

from __future__ import annotations

from tests.office import MAIJA, Office


async def test_chat_request_address_code_opens_a_case(office: Office) -> None:
    maija = office.person()
    await maija.say("poista tietoni")
    print((await maija.next_message())["text"])
    await maija.say(MAIJA)
    print((await maija.next_message())["text"])
    code = await office.code(MAIJA)
    await maija.say(code)
    print((await maija.next_message())["text"])
    (row,) = await office.queue()
    assert (row["kind"], row["status"], row["verified_by"]) == ("erasure", "open", "code")
    print(await office.case(row["id"]))


async def test_mail_request_and_reply_with_code_opens_a_case(office: Office) -> None:
    await office.write(
        MAIJA, "Hei, haluaisin nähdä kaikki tiedot, joita teillä on minusta.\n\nTerveisin Maija"
    )
    (mail,) = await office.mails(MAIJA)
    code = await office.code(MAIJA)
    await office.write(MAIJA, f"Tässä koodi: {code}\n\n> {mail['Subject']}\n> vanhaa", answers=mail)
    rows = await office.until(lambda rows: bool(rows) and rows[0]["status"] == "open")
    assert [(row["kind"], row["verified_by"]) for row in rows] == [("access", "code")]
