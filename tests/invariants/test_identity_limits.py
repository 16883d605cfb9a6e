"""Design 4.3: how long a code is good, how often it may be tried and mailed, and who counts against whom."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cases.model import Channel
from cases.verification import LIFETIME, MAILS_AN_HOUR_TO_ONE_ADDRESS, TRIES_A_REQUEST
from sandbox.bot_api import Chat
from tests.invariants.acts import (
    ask,
    code_recipients,
    eventually,
    mail_settled,
    play,
    proofs,
    staff_hear,
    staff_texts,
    start_chat,
    wrong,
)
from tests.office import LISA, MAIJA, ONNI, Office, code_in


async def opened(office: Office) -> bool:
    (row,) = await office.queue(everything=True)
    return bool(row["status"] == "open" and row["verified_by"] == "code")


async def accepted_by_server(office: Office) -> None:
    async def noted() -> bool:
        return all(row.code_state == "accepted" for row in await proofs(office))

    await eventually(noted)


@pytest.mark.parametrize(("before_end", "opens"), [(5, True), (-1, False)])
async def test_a_code_by_chat_is_good_for_thirty_minutes(
    office: Office, before_end: int, opens: bool
) -> None:
    chat = await start_chat(office, 1001, MAIJA)
    code = await office.code(MAIJA)
    await accepted_by_server(office)
    office.clock.pass_time(seconds=LIFETIME[Channel.CHAT].total_seconds() - before_end)
    await ask(chat, code)
    assert await opened(office) == opens


@pytest.mark.parametrize(("before_end", "opens"), [(30, True), (-1, False)])
async def test_a_code_by_mail_is_good_for_a_day(office: Office, before_end: int, opens: bool) -> None:
    await office.write(MAIJA, "Haluan nähdä tietoni.")
    code = await office.code(MAIJA)
    await accepted_by_server(office)
    office.clock.pass_time(seconds=LIFETIME[Channel.EMAIL].total_seconds() - before_end)
    await office.write(MAIJA, f"Koodi on {code}")
    await mail_settled(office, 2)
    assert await opened(office) == opens


async def test_the_time_of_a_code_begins_when_the_mail_server_takes_it(office: Office) -> None:
    """Asked while the mail server is down for two hours: 29 minutes after it took the mail the code still works."""
    await office.mail.down()
    chat = await start_chat(office, 1001, MAIJA)
    office.clock.pass_time(hours=2)
    await office.mail.up()
    code = await office.code(MAIJA)
    await accepted_by_server(office)
    office.clock.pass_time(minutes=29)
    await ask(chat, code)
    assert await opened(office)


async def test_a_code_that_came_late_runs_out_thirty_minutes_after_it_came(office: Office) -> None:
    await office.mail.down()
    chat = await start_chat(office, 1001, MAIJA)
    office.clock.pass_time(hours=2)
    await office.mail.up()
    code = await office.code(MAIJA)
    await accepted_by_server(office)
    office.clock.pass_time(minutes=31)
    await ask(chat, code)
    assert not await opened(office)


async def test_sending_again_in_time_repeats_the_code_and_later_brings_another(office: Office) -> None:
    chat = await start_chat(office, 1001, MAIJA)
    first = await office.code(MAIJA)
    await accepted_by_server(office)
    await ask(chat, "uudelleen")
    assert await office.code(MAIJA, 2) == first
    office.clock.pass_time(minutes=31)
    await ask(chat, "uudelleen")
    assert await office.code(MAIJA, 3) != first


async def test_no_code_can_be_kept_alive_by_asking_for_it_again(office: Office) -> None:
    chat = await start_chat(office, 1001, MAIJA)
    first = await office.code(MAIJA)
    for count in (2, 3):
        await accepted_by_server(office)
        office.clock.pass_time(minutes=20)
        await ask(chat, "uudelleen")
        await office.mails(MAIJA, count)
    assert await office.code(MAIJA, 3) != first


async def test_a_code_that_could_not_be_delivered_is_issued_anew(office: Office) -> None:
    office.mail.refuse_next(550, to=MAIJA)
    chat = await start_chat(office, 1001, MAIJA)

    async def given_up() -> bool:
        return bool((await proofs(office))[0].code_state == "undelivered")

    await eventually(given_up)
    (row,) = await office.queue()
    assert "code_undelivered" in row["flags"]
    assert row["status"] == "received"
    await staff_hear(office, row["id"])
    await ask(chat, "uudelleen")
    await ask(chat, await office.code(MAIJA))
    assert (await proofs(office))[0].issue == 2
    assert await opened(office)


async def test_a_bounced_code_is_void_flagged_and_told_to_staff(office: Office) -> None:
    """Matched by its Message-ID to request, case and letter."""
    chat = await start_chat(office, 1001, MAIJA)
    code = await office.code(MAIJA)
    await accepted_by_server(office)
    (sent,) = office.mail.sent_to(MAIJA)
    await office.mail.bounce(sent, MAIJA)
    (row,) = await office.until(lambda rows: "letter_bounced" in rows[0]["flags"])
    assert "code_undelivered" in row["flags"]
    assert [
        one["state"] for one in (await office.case(row["id"]))["letters"] if one["channel"] == "email"
    ] == ["bounced"]
    await staff_hear(office, row["id"])
    assert len(await office.queue(everything=True)) == 1
    await ask(chat, code)
    assert not await opened(office)


async def five_wrong(chat: Chat, code: str) -> list[str]:
    return await play(chat, *(wrong(code, n) for n in range(1, TRIES_A_REQUEST + 1)))


async def test_five_wrong_codes_hold_the_request_and_alarm_staff(office: Office) -> None:
    chat = await start_chat(office, 1001, MAIJA, "poista tietoni ja kerro mitä tietoja minusta on")
    code = await office.code(MAIJA)
    await five_wrong(chat, code)
    rows = await office.queue()
    assert {(row["status"], tuple(row["flags"])) for row in rows} == {("held", ("tries_spent",))}
    for row in rows:
        await staff_hear(office, row["id"])
    await ask(chat, code)
    assert all(row["verified_by"] is None for row in await office.queue())


async def test_asking_again_brings_no_new_tries(office: Office) -> None:
    """Neither a re-send, nor the same wish again, nor another claim and back."""
    chat = await start_chat(office, 1001, MAIJA)
    code = await office.code(MAIJA)
    await accepted_by_server(office)
    await play(chat, wrong(code), wrong(code, 2), "uudelleen", wrong(code, 3), "poista tietoni", LISA, MAIJA)
    newest = await office.code(MAIJA, 3)
    await play(chat, wrong(newest), wrong(newest, 2))
    await ask(chat, newest)
    (row,) = await office.queue()
    assert (row["status"], row["verified_by"]) == ("held", None)


async def test_other_peoples_wrong_codes_take_no_try_from_the_recorded_address(office: Office) -> None:
    """A stranger in chat spends all tries; a mail from the address itself still proves the request."""
    chat = await start_chat(office, 6666, MAIJA)
    code = await office.code(MAIJA)
    await five_wrong(chat, code)
    await office.write(MAIJA, f"Koodi {code}")
    (row,) = await office.until(lambda rows: rows[0]["status"] == "open")
    assert row["verified_by"] == "code"


async def test_at_most_three_code_mails_an_hour_go_out_for_one_requester(office: Office) -> None:
    chat = await start_chat(office, 1001, MAIJA)
    for count in (2, 3):
        await accepted_by_server(office)
        await ask(chat, "uudelleen")
        await office.mails(MAIJA, count)
    await play(chat, "uudelleen", "uudelleen", "haluan nähdä tietoni", MAIJA)
    await mail_settled(office, 0)
    assert len(office.mail.sent_to(MAIJA)) == 3
    office.clock.pass_time(minutes=61)
    await ask(chat, "uudelleen")
    await office.mails(MAIJA, 4)


async def test_the_third_mail_is_the_last_also_after_a_restart(office: Office) -> None:
    """Limits are counted in the database, not in memory."""
    chat = await start_chat(office, 1001, MAIJA)
    code = await office.code(MAIJA)
    await accepted_by_server(office)
    await play(chat, "uudelleen", "uudelleen", wrong(code), wrong(code, 2))
    await office.mails(MAIJA, 3)
    await mail_settled(office, 0)
    await office.stop()
    await office.start()
    told = await play(chat, "uudelleen", wrong(code, 3))
    assert "2" in told[1]
    await play(chat, wrong(code, 4), wrong(code, 5))
    await mail_settled(office, 0)
    assert len(office.mail.sent_to(MAIJA)) == 3
    assert [row["status"] for row in await office.queue()] == ["held"]


async def test_eight_code_mails_an_hour_to_one_address_and_one_alarm(office: Office) -> None:
    for number in range(12):
        await start_chat(office, 7000 + number, MAIJA)
    await mail_settled(office, 0)
    assert code_recipients(office).count(MAIJA) == MAILS_AN_HOUR_TO_ONE_ADDRESS
    alarm = await staff_hear(office, "8")
    assert "@" not in alarm
    floods = [text for text in staff_texts(office) if text == alarm]
    assert len(floods) == 1


async def test_re_sends_asked_for_at_the_same_moment_do_not_slip_past_the_limit(office: Office) -> None:
    """Seven chats ask again in one batch: the eighth mail is the last."""
    chats = [await start_chat(office, 7100 + number, MAIJA) for number in range(7)]
    await accepted_by_server(office)
    await office.bot.all_read()
    office.api.slow_next("getupdates", 0.5)
    for chat in chats:
        await chat.say("uudelleen")
    for chat in chats:
        await chat.next_message()
    await mail_settled(office, 0)
    assert code_recipients(office).count(MAIJA) == MAILS_AN_HOUR_TO_ONE_ADDRESS


async def test_a_flood_by_others_never_blocks_mail_from_the_address_itself(office: Office) -> None:
    for number in range(9):
        await start_chat(office, 7200 + number, MAIJA)
    await office.write(MAIJA, "Hei, haluan nähdä tietoni.")
    mails = await office.mails(MAIJA, MAILS_AN_HOUR_TO_ONE_ADDRESS + 1)
    await office.write(MAIJA, f"Tässä: {code_in(mails[-1])}", answers=mails[-1])
    rows = await office.until(lambda rows: any(row["status"] == "open" for row in rows))
    assert [row["kind"] for row in rows if row["status"] == "open"] == ["access"]


async def test_ten_tries_a_day_then_even_the_right_code_is_refused_and_held(office: Office) -> None:
    chat = await start_chat(office, 1001, MAIJA)
    await five_wrong(chat, await office.code(MAIJA))
    await play(chat, "haluan nähdä tietoni", MAIJA)
    await five_wrong(chat, await office.code(MAIJA, 2))
    await play(chat, "haluan tietoni siirrettävässä muodossa", MAIJA)
    await ask(chat, await office.code(MAIJA, 3))
    rows = await office.queue()
    assert len(rows) == 3
    assert {(row["status"], row["verified_by"]) for row in rows} == {("held", None)}


async def test_ten_tries_a_day_lock_neither_others_nor_another_address(office: Office) -> None:
    chat = await start_chat(office, 1001, MAIJA)
    await five_wrong(chat, await office.code(MAIJA))
    await play(chat, "haluan nähdä tietoni", MAIJA)
    await five_wrong(chat, await office.code(MAIJA, 2))
    other = await start_chat(office, 1002, MAIJA)
    await ask(other, await office.code(MAIJA, 3))
    await play(chat, "haluan tietoni siirrettävässä muodossa", ONNI)
    await ask(chat, await office.code(ONNI))
    rows = await office.queue()
    assert sorted(row["status"] for row in rows) == ["held", "held", "open", "open"]


async def test_a_day_later_tries_count_anew(office: Office) -> None:
    chat = await start_chat(office, 1001, MAIJA)
    await five_wrong(chat, await office.code(MAIJA))
    await play(chat, "haluan nähdä tietoni", MAIJA)
    await five_wrong(chat, await office.code(MAIJA, 2))
    office.clock.ahead += timedelta(days=1, minutes=1)
    await play(chat, "haluan tietoni siirrettävässä muodossa", MAIJA)
    await ask(chat, await office.code(MAIJA, 3))
    assert any(row["status"] == "open" for row in await office.queue())


async def test_a_code_works_once(office: Office) -> None:
    chat = await start_chat(office, 1001, MAIJA)
    code = await office.code(MAIJA)
    await ask(chat, code)
    await play(chat, "haluan nähdä tietoni", MAIJA, code)
    rows = await office.queue()
    assert sorted((row["kind"], row["status"]) for row in rows) == [
        ("access", "verifying"),
        ("erasure", "open"),
    ]


async def test_a_mail_correspondent_over_budget_can_still_prove_themselves(office: Office) -> None:
    """Somebody forges Maija's address all hour long; her own code still counts."""
    await office.write(MAIJA, "Haluan nähdä tietoni.")
    code = await office.code(MAIJA)
    await accepted_by_server(office)
    for number in range(24):
        await office.write(MAIJA, f"Mikä on pyyntöni tilanne? ({number})")
    await mail_settled(office, 25)
    told = len(office.mail.sent_to(MAIJA))
    await office.write(MAIJA, f"Koodi on {code}")
    await office.until(lambda rows: rows[0]["status"] == "open")
    assert told <= 21
    alarms = [text for text in staff_texts(office) if "20 vastausta" in text]
    assert len(alarms) == 1
