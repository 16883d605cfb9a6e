"""Design 4.4 to 4.7: which request a code belongs to, and what follows for cases, dates and marketing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

import pytest

from storage import desk
from tests.invariants.acts import (
    STRANGER,
    ask,
    eventually,
    mail_settled,
    play,
    proofs,
    staff_hear,
    start_chat,
    wrong,
)
from tests.office import CODE, LISA, MAIJA, ONNI, SHOP, Office, code_in, text_of


async def suppressed(office: Office) -> dict[str, str]:
    store = await office.store()
    async with store.read() as tx:
        return {row["email"]: row["state"] for row in await desk.suppressions(tx, ["liwigo"])}


def quoted(mail: EmailMessage) -> str:
    lines = "\n".join(f"> {line}" for line in text_of(mail).splitlines())
    return f"ma 23.11.2026 klo 10.05 Liwigo <{SHOP}> kirjoitti:\n{lines}\n"


# -- 4.4: which request ------------------------------------------------------------------------------------------


async def test_a_code_counts_by_its_thread_from_any_sender(office: Office) -> None:
    """Somebody at another address answers the code mail, as people do from a second account."""
    await start_chat(office, 1001, MAIJA)
    (mail,) = await office.mails(MAIJA)
    await office.write(STRANGER, f"Tässä koodi: {code_in(mail)}", answers=mail)
    await office.until(lambda rows: rows[0]["status"] == "open")
    await office.mails(STRANGER)


async def test_a_code_counts_by_case_id_from_another_chat(office: Office) -> None:
    await start_chat(office, 1001, MAIJA)
    code = await office.code(MAIJA)
    (row,) = await office.queue()
    assert row["id"] in await ask(office.person(1002, "Toinen"), f"{row['id']} koodi {code}")
    (row,) = await office.queue()
    assert row["status"] == "open"


async def test_a_code_counts_from_a_sender_who_has_one_waiting(office: Office) -> None:
    """Asked in chat, the code comes back in a fresh mail from the recorded address."""
    await start_chat(office, 1001, MAIJA)
    await office.write(MAIJA, f"koodi {await office.code(MAIJA)}", subject="Koodi")
    await office.until(lambda rows: rows[0]["status"] == "open")


async def test_where_two_wait_the_case_id_is_asked_for_and_no_try_is_used(office: Office) -> None:
    await start_chat(office, 1001, MAIJA)
    await start_chat(office, 1002, MAIJA, "haluan nähdä tietoni")
    mails = await office.mails(MAIJA, 2)
    for mail in mails:
        await office.write(MAIJA, f"Koodi {code_in(mail)}")
    await office.write(MAIJA, "Koodi 100000")
    await mail_settled(office, 3)
    assert {(row.tries, row.own_tries, row.verified_by) for row in await proofs(office)} == {(0, 0, None)}
    row = next(row for row in await office.queue() if row["kind"] == "access")
    access = next(mail for mail in mails if row["id"] in str(mail["Subject"]))
    await office.write(MAIJA, f"{row['id']}: {code_in(access)}")
    rows = await office.until(lambda rows: any(one["status"] == "open" for one in rows))
    assert {one["kind"]: one["status"] for one in rows} == {"access": "open", "erasure": "verifying"}


async def test_two_codes_in_one_message_use_no_try(office: Office) -> None:
    chat = await start_chat(office, 1001, MAIJA)
    code = await office.code(MAIJA)
    await ask(chat, f"koodi {wrong(code)} tai koodi {code}")
    (row,) = await proofs(office)
    assert (row.tries, row.verified_by) == (0, None)


async def test_a_code_that_is_only_quoted_does_not_count(office: Office) -> None:
    await office.write(MAIJA, "Haluan nähdä tietoni.")
    (mail,) = await office.mails(MAIJA)
    await office.write(MAIJA, f"En ymmärrä, mitä tämä on?\n\n{quoted(mail)}", answers=mail)
    await mail_settled(office, 2)
    (row,) = await proofs(office)
    assert (row.tries, row.own_tries, row.verified_by) == (0, 0, None)


async def test_the_written_code_counts_and_the_quoted_one_does_not_make_it_two(office: Office) -> None:
    await office.write(MAIJA, "Haluan nähdä tietoni.")
    (mail,) = await office.mails(MAIJA)
    await office.write(MAIJA, f"{code_in(mail)}\n\n{quoted(mail)}", answers=mail)
    await office.until(lambda rows: rows[0]["status"] == "open")


async def test_a_robot_that_sends_the_code_back_proves_nothing(office: Office) -> None:
    """An autoresponder that repeats our mail is no person."""
    await office.write(MAIJA, "Haluan nähdä tietoni.")
    (mail,) = await office.mails(MAIJA)
    await office.write(MAIJA, f"Koodi {code_in(mail)}", answers=mail, Auto_Submitted="auto-replied")
    await mail_settled(office, 2)
    (row,) = await proofs(office)
    assert row.verified_by is None


async def test_a_code_with_nothing_waiting_opens_nothing(office: Office) -> None:
    told = await ask(office.person(1001), "123456")
    assert told
    assert await office.queue(everything=True) == []


@pytest.mark.parametrize("sender", [MAIJA, STRANGER])
async def test_who_answers_the_code_mail_that_they_did_not_ask_opens_nothing(
    office: Office, sender: str
) -> None:
    """Our mail says "tell us if it was not you"; whoever does, and names the number, has proved nothing."""
    chat = await start_chat(office, 6666, MAIJA)
    (mail,) = await office.mails(MAIJA)
    words = f"En ole pyytänyt tällaista koodia {code_in(mail)}, älkää poistako mitään!"
    await office.write(sender, words, answers=mail)
    (row,) = await office.until(lambda rows: rows[0]["status"] == "held")
    assert (row["verified_by"], "human_wanted" in row["flags"]) == (None, True)
    await staff_hear(office, row["id"])
    (proof,) = await proofs(office)
    assert (proof.tries, proof.own_tries) == (0, 0)
    if sender == MAIJA:
        await ask(chat, code_in(mail))
        (row,) = await office.queue()
        assert row["verified_by"] is None


# -- 4.5: the due date ---------------------------------------------------------------------------------------------


async def test_no_code_event_moves_a_due_date(office: Office) -> None:
    """Issued, repeated, refused, expired, bounced, exhausted and accepted: the date stays."""
    chat = await start_chat(office, 1001, MAIJA)
    (first,) = await office.queue()
    code = await office.code(MAIJA)
    await mail_settled(office, 0)
    await play(chat, "uudelleen", wrong(code))
    await mail_settled(office, 0)
    office.clock.pass_time(minutes=45)
    await play(chat, code, wrong(code, 3), wrong(code, 4), wrong(code, 5), wrong(code, 6))
    (held,) = await office.queue()
    assert held["status"] == "held"
    office.clock.pass_time(days=3)
    await office.write(MAIJA, f"Haluan nähdä tietoni. {held['id']}")
    await office.do(f'verify {held["id"]} --how "tuntee tilauksen"')
    (last,) = [row for row in await office.queue() if row["id"] == first["id"]]
    assert last["status"] == "open"
    assert (last["due"], last["safe_due"]) == (first["due"], first["safe_due"])


# -- 4.6: the whole request, and the earliest receipt ---------------------------------------------------------------


async def test_one_code_opens_every_right_of_the_request(office: Office) -> None:
    chat = await start_chat(
        office, 1001, MAIJA, "poista tietoni, kerro mitä tiedätte minusta ja lopeta mainonta"
    )
    await ask(chat, await office.code(MAIJA))
    rows = await office.queue()
    assert {row["kind"] for row in rows} == {"erasure", "access", "opt_out"}
    assert {(row["status"], row["verified_by"]) for row in rows} == {("open", "code")}


async def test_reject_identity_acts_on_the_whole_request_and_a_later_code_reopens_it(office: Office) -> None:
    await start_chat(office, 1001, MAIJA, "poista tietoni ja kerro mitä tiedätte minusta")
    one = (await office.queue())[0]
    await office.do(f'reject-identity {one["id"]} --reason "ei vastannut"')
    # Staff did it, so it needs no second look.
    assert await office.queue() == []
    assert {row["status"] for row in await office.queue(everything=True)} == {"unverified"}
    await office.write(MAIJA, f"koodi {await office.code(MAIJA)}")
    *_, fresh = [one for one in await office.mails(MAIJA, 3, 30) if CODE.search(text_of(one))]
    await office.write(MAIJA, f"koodi {code_in(fresh)}", answers=fresh)
    rows = await office.until(lambda rows: {row["status"] for row in rows} == {"open"}, 30)
    assert len(rows) == 2


async def test_cases_of_one_person_and_right_are_linked_and_the_earliest_receipt_decides(
    office: Office,
) -> None:
    """A mail that lay in the mailbox for five days, and a chat request of today."""
    chat = await start_chat(office, 1001, MAIJA)
    await ask(chat, await office.code(MAIJA))
    (chat_case,) = await office.queue()
    earlier = datetime.now(UTC) - timedelta(days=5)
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = MAIJA, SHOP, "Poisto"
    message["Date"], message["Message-ID"] = format_datetime(earlier), make_msgid(domain="example.com")
    message.set_content("Haluan, että poistatte tietoni.")
    await office.mail.deliver(message.as_bytes(), SHOP, internal_date=earlier)
    (_, mail) = await office.mails(MAIJA, 2)
    await office.write(MAIJA, f"koodi {code_in(mail)}", answers=mail)
    rows = await office.until(lambda rows: [row["status"] for row in rows] == ["open", "open"])
    assert len({row["due"] for row in rows}) == 1
    assert len({row["received_at"] for row in rows}) == 1
    assert any("duplicate" in row["flags"] for row in rows)
    now_due = next(row for row in rows if row["id"] == chat_case["id"])
    assert now_due["safe_due"] < chat_case["safe_due"]
    assert "linked" in [entry["event"] for entry in (await office.case(chat_case["id"]))["journal"]]


async def test_cases_of_different_people_are_never_linked(office: Office) -> None:
    for number, address in ((1001, MAIJA), (1002, ONNI)):
        chat = await start_chat(office, number, address)
        await ask(chat, await office.code(address))
    rows = await office.queue()
    assert not any("duplicate" in row["flags"] for row in rows)


# -- 4.7: opt-out -------------------------------------------------------------------------------------------------

BAN = "älkää lähettäkö minulle enää mainoksia"


async def test_an_opt_out_holds_from_the_claim_on_and_the_code_makes_it_final(office: Office) -> None:
    chat = await start_chat(office, 1001, MAIJA, BAN)
    assert await suppressed(office) == {MAIJA: "provisional"}
    await ask(chat, await office.code(MAIJA))
    assert await suppressed(office) == {MAIJA: "final"}


async def test_an_opt_out_added_while_the_code_is_on_its_way_holds_at_once(office: Office) -> None:
    chat = await start_chat(office, 1001, MAIJA, "poista tietoni")
    await ask(chat, BAN)
    assert await suppressed(office) == {MAIJA: "provisional"}
    await ask(chat, await office.code(MAIJA))
    assert await suppressed(office) == {MAIJA: "final"}
    assert {row["status"] for row in await office.queue()} == {"open"}


async def test_an_opt_out_for_an_address_nobody_has_suppresses_nobody_in_chat(office: Office) -> None:
    await start_chat(office, 1001, STRANGER, BAN)
    assert await suppressed(office) == {}


async def test_a_mailed_opt_out_holds_before_any_code_came_back(office: Office) -> None:
    await office.write(MAIJA, "Lopettakaa mainonta.")
    await office.mails(MAIJA)
    assert await suppressed(office) == {MAIJA: "provisional"}


@pytest.mark.parametrize("fate", ["lapses", "bounces", "is spent"])
async def test_an_opt_out_whose_code_comes_to_nothing_stays_and_is_held(office: Office, fate: str) -> None:
    chat = await start_chat(office, 1001, MAIJA, BAN)
    code = await office.code(MAIJA)
    if fate == "bounces":
        await office.mail.bounce(office.mail.sent_to(MAIJA)[0], MAIJA)
        await office.until(lambda rows: "letter_bounced" in rows[0]["flags"])
    if fate == "is spent":
        await play(chat, *(wrong(code, n) for n in range(1, 6)))
    await mail_settled(office, 0)
    office.clock.pass_time(minutes=31)
    (row,) = await office.until(lambda rows: rows[0]["status"] == "held", 15)
    await staff_hear(office, row["id"])
    assert await suppressed(office) == {MAIJA: "provisional"}


async def test_an_opt_out_is_never_reported_unverified_by_the_clock(office: Office) -> None:
    await start_chat(office, 1001, LISA, "please stop sending me newsletters")
    await office.mails(LISA)
    await mail_settled(office, 0)
    for _ in range(3):
        office.clock.pass_time(days=20)
        await office.until(lambda rows: rows[0]["status"] == "held", 15)


async def test_other_rights_wait_on_when_their_code_lapses(office: Office) -> None:
    chat = await start_chat(office, 1001, MAIJA)
    await office.mails(MAIJA)
    await mail_settled(office, 0)
    office.clock.pass_time(minutes=31)

    async def lapsed() -> bool:
        return bool((await proofs(office))[0].code_state == "expired")

    await eventually(lapsed, 15)
    (row,) = await office.queue()
    assert row["status"] == "received"
    await ask(chat, "uudelleen")
    await ask(chat, await office.code(MAIJA, 2))
    assert [row["status"] for row in await office.queue()] == ["open"]
