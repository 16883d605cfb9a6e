"""Design 4.1 and 4.2: where codes go, and that no word tells who is a customer."""

from __future__ import annotations

import asyncio

import pytest

from tests.invariants.acts import (
    STRANGER,
    alike,
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
from tests.office import LISA, MAIJA, ONNI, Office, code_in, text_of

#: What somebody may type to have Maija's code sent elsewhere.
LURES = {
    "another address": STRANGER,
    "cyrillic a": "maija.mallikas@ex\u0430mple.com",
    "cyrillic a in the name": "m\u0430ija.mallikas@example.com",
    "dotless i": "ma\u0131ja.mallikas@example.com",
    "long s": "maija.mallika\u017f@example.com",
    "fullwidth": "maija.mallikas@ｅxample.com",
    "plus tag": "maija.mallikas+outo@example.com",
    "subdomain": "maija.mallikas@example.com.outo.example",
    "two at signs": "maija.mallikas@example.com@outo.example",
    "two addresses": f"{MAIJA}, {STRANGER}",
    "two addresses, turned": f"{STRANGER} {MAIJA}",
    "new address": f"osoitteeni oli {MAIJA} mutta lähetä koodi uuteen osoitteeseen {STRANGER}",
    "new address, English": f"my address is {MAIJA}, please send the code to my new address {STRANGER}",
    "a name in front": f"{STRANGER} <{MAIJA}>",
    "header smuggling": f"{MAIJA}\r\nBcc: {STRANGER}",
    "percent route": "maija.mallikas%example.com@outo.example",
}

SPELLINGS = [
    "MAIJA.MALLIKAS@EXAMPLE.COM",
    "  maija.mallikas@example.com  ",
    "<maija.mallikas@example.com>",
    "mailto:Maija.Mallikas@example.com",
    "maija.mallikas@example.com.",
    "Osoitteeni on maija.mallikas@example.com, kiitos!",
    "C-1001",
    "tilausnumeroni on 20417",
]


async def test_in_chat_no_spelling_of_a_claim_brings_a_code_anywhere_but_to_the_record(
    office: Office,
) -> None:
    for number, lure in enumerate(LURES.values(), 2000):
        chat = office.person(number, "Nimetön")
        await ask(chat, "poista tietoni")
        await ask(chat, lure)
    await mail_settled(office, 0)
    assert set(code_recipients(office)) <= {MAIJA}


@pytest.mark.parametrize("spelling", SPELLINGS)
async def test_in_chat_every_usual_spelling_finds_the_record(office: Office, spelling: str) -> None:
    await start_chat(office, 1001, spelling)
    await office.code(MAIJA)
    assert code_recipients(office) == [MAIJA]


async def test_by_mail_headers_and_words_never_bring_a_code_of_a_record_elsewhere(office: Office) -> None:
    """From, Reply-To, Cc and "my new address" are words; only the record's address gets the record's code."""
    lures = list(LURES.values())
    for lure in lures:
        text = f"Poistakaa kaikki tietoni. Asiakkaan sähköposti: {lure}"
        await office.write(STRANGER, text, Reply_To="toinen@outo.example", Cc="kolmas@outo.example")
    await mail_settled(office, len(lures))
    recipients = set(code_recipients(office))
    # The sender's own address may be proved, as the sender's own address and nobody else's.
    assert recipients <= {MAIJA, STRANGER}
    for row in await proofs(office):
        if row.customer_id == "C-1001":
            request = (await office.case(await _case_of(office, row.id)))["requester"]
            assert request["email"] in ("", MAIJA)
    for sent in office.mail.sent_to(STRANGER):
        assert "C-1001" not in text_of(sent.message)


async def _case_of(office: Office, request_id: str) -> str:
    for row in await office.queue(everything=True):
        if (await office.case(row["id"]))["request_id"] == request_id:
            return str(row["id"])
    raise AssertionError("no case")


async def test_a_forged_sender_sends_the_code_to_whom_it_names_not_to_whom_wrote(office: Office) -> None:
    """From says Maija, Reply-To and Sender say somebody else: the code goes to Maija."""
    await office.write(
        MAIJA, "Haluan poistaa tietoni.", Reply_To=STRANGER, Sender=STRANGER, Return_Path=STRANGER
    )
    await office.code(MAIJA)
    await mail_settled(office, 1)
    assert code_recipients(office) == [MAIJA]
    assert not office.mail.sent_to(STRANGER)


async def test_the_code_mailed_to_a_strangers_own_address_opens_nothing_of_the_records(
    office: Office,
) -> None:
    """A stranger proves only their own address, whatever register number they named before."""
    await office.write(STRANGER, "Haluan poistaa tietoni.")
    code = await office.code(STRANGER)
    await office.write(STRANGER, f"Koodi: {code}")
    (row,) = await office.until(lambda rows: bool(rows) and rows[0]["verified_by"] == "code")
    assert "no_record" in row["flags"]
    assert (await office.case(row["id"]))["requester"]["customer_id"] in (None, "")


async def test_a_claim_changed_after_the_code_left_makes_that_code_void(office: Office) -> None:
    """The code Onni got cannot verify a request that was moved to Lisa's record meanwhile."""
    chat = await start_chat(office, 1001, ONNI)
    code = await office.code(ONNI)
    await ask(chat, LISA)
    await office.code(LISA)
    await ask(chat, code)
    (row,) = await office.queue(everything=True)
    assert row["verified_by"] is None


# -- the same words for everybody ------------------------------------------------------------------------------

#: After the claim: resends up to the limit, wrong codes, status, expiry, more wrong codes up to the end.
SCRIPT = ("uudelleen", "uudelleen", "uudelleen", "uudelleen", "/status", "{1}", "hmm, ei tullut mitään", "{2}",
          "+31", "{3}", "{4}", "uudelleen", "/status", "{5}", "{6}", "{7}", "{8}", "/status")  # fmt: skip

CLAIMS = {
    "known": MAIJA,
    "unknown": STRANGER,
    "known number": "C-1003",
    "unknown number": "C-9999",
    "known order": "20418",
    "unknown order": "29999",
    "guest order": "vieras@example.com",
    "two people at one address": "tupla@example.com",
    "refused by its server": ONNI,
}


async def test_in_chat_every_claim_hears_the_same_words_at_every_turn(office: Office) -> None:
    """Known, unknown, guests, undeliverable: from the claim over wrong codes, re-sends and expiry to the end."""
    office.mail.refuse_next(550, times=1000, to=ONNI)
    chats = {name: office.person(3000 + n, "Nimetön") for n, name in enumerate(CLAIMS)}
    for chat in chats.values():
        await ask(chat, "Haluan että poistatte tietoni, ja lopettakaa mainonta")
    told = {name: await play(chats[name], claim) for name, claim in CLAIMS.items()}
    for line in SCRIPT:
        await mail_settled(office, 0)
        if line.startswith("+"):
            office.clock.pass_time(minutes=int(line[1:]))
            continue
        for name, chat in chats.items():
            told[name] += await play(chat, line.format(*(f"{n}00000" for n in range(9))))
    for name, texts in told.items():
        assert texts == told["known"], f"{name} is told something else"
    counts = {name: len(chat.messages) for name, chat in chats.items()}
    assert len(set(counts.values())) == 1, counts


async def test_in_chat_a_flooded_address_sounds_like_any_other(office: Office) -> None:
    """Eight others have used up the address's mails: neither its claim nor its wrong codes sound different."""
    for number in range(8):
        await start_chat(office, 4000 + number, MAIJA)
        await start_chat(office, 4100 + number, STRANGER)
    await mail_settled(office, 0)
    before = len(code_recipients(office))
    chats = [await start_chat(office, 4200 + n, claim) for n, claim in enumerate((MAIJA, STRANGER, ONNI))]
    lines = ("uudelleen", "100000", "/status", "200000")
    told = [await play(chat, *lines) for chat in chats]
    await mail_settled(office, 0)
    office.clock.pass_time(minutes=31)
    for number, chat in enumerate(chats):
        told[number] += await play(chat, "300000", "400000", "uudelleen", "500000", "600000", "/status")
    await mail_settled(office, 0)
    assert code_recipients(office)[before:].count(MAIJA) == 0
    assert told[0] == told[1] == told[2]


async def test_in_chat_whoever_used_up_a_days_tries_hears_the_same_for_any_claim(office: Office) -> None:
    told = []
    for number, claim in ((4301, MAIJA), (4302, STRANGER)):
        chat = await start_chat(office, number, claim)
        heard = await play(chat, *(f"{n}00000" for n in range(1, 6)))
        heard += await play(chat, "haluan nähdä tietoni", claim, *(f"{n}00000" for n in range(1, 6)))
        heard += await play(
            chat, "haluan tietoni siirrettävässä muodossa", claim, "100000", "200000", "/status"
        )
        told.append(heard)
    assert told[0] == told[1]


async def test_no_answer_in_chat_names_an_address(office: Office) -> None:
    chat = await start_chat(office, 1001, "C-1001")
    await play(chat, "uudelleen", "100000", "/status")
    for message in chat.messages:
        assert "@" not in message["text"].replace("tietosuoja@liwigo.example", "").replace("@liwigo", "")
        assert "mallikas" not in message["text"].lower()


@pytest.mark.parametrize(
    "wish",
    [
        "Hei, haluan nähdä tietoni.",
        "Lopettakaa mainonta minulle, kiitos.",
        "Please delete all my data.",
        "Please stop sending me your newsletter.",
        "Poistakaa tietoni. Henkilötunnukseni on 131052-308T.",
    ],
)
async def test_by_mail_known_and_unknown_senders_get_the_same_mails(office: Office, wish: str) -> None:
    """The request, a wrong code and the right one: three mails each, and the words are the same."""
    told = []
    for sender in (MAIJA, STRANGER):
        await office.write(sender, wish)
        code = await office.code(sender)
        await office.write(sender, f"Koodi: {wrong(code)}")
        await office.mails(sender, 2)
        await office.write(sender, f"Koodi: {code}")
        mails = await office.mails(sender, 3)
        told.append([alike(f"{m['Subject']}\n{text_of(m)}").replace(code, "CODE") for m in mails])
    await mail_settled(office, 6)
    assert told[0] == told[1]
    assert len(office.mail.sent_to(MAIJA)) == len(office.mail.sent_to(STRANGER)) == 3


async def test_by_mail_the_receipt_for_somebody_elses_address_says_the_same_for_every_claim(
    office: Office,
) -> None:
    told = []
    claims = (MAIJA, "ei.asiakas@example.org", "tupla@example.com")
    office.mail.refuse_next(550, times=1000, to="tupla@example.com")
    for number, claim in enumerate(claims):
        sender = f"kirjoittaja{number}@example.net"
        office.mail.add(sender)
        await office.write(sender, f"Poistakaa tietoni ja lopettakaa mainonta. Osoitteeni teillä on {claim}.")
        await office.mails(sender)
        await office.write(sender, "Koodi: 100000")
        mails = await office.mails(sender, 2)
        told.append([alike(f"{m['Subject']}\n{text_of(m)}") for m in mails])
    await mail_settled(office, 6)
    assert told[0] == told[1] == told[2]
    assert {len(office.mail.sent_to(f"kirjoittaja{n}@example.net")) for n in range(3)} == {2}


async def test_status_says_one_word_until_somebody_is_verified(office: Office) -> None:
    """Received, verifying, held for spent tries and held for two names: one coarse status."""
    chats = [
        await start_chat(office, 5000 + n, claim)
        for n, claim in enumerate((MAIJA, STRANGER, "tupla@example.com"))
    ]
    await play(chats[0], *(f"{n}00000" for n in range(1, 6)))
    fresh = office.person(5100, "Nimetön")
    await ask(fresh, "poista tietoni")
    told = {(await play(chat, "/status"))[0] for chat in (*chats, fresh)}
    assert len(told) == 1
    statuses = {row["status"] for row in await office.queue()}
    assert len(statuses) > 1


async def test_staff_see_the_difference_that_the_customer_does_not(office: Office) -> None:
    await start_chat(office, 1001, STRANGER)
    (row,) = await office.queue()
    assert row["flags"] == ["no_record"]
    await start_chat(office, 1002, "tupla@example.com")
    rows = await office.until(lambda rows: len(rows) == 2)
    assert [r["status"] for r in rows if "names_differ" in r["flags"]] == ["held"]
    await staff_hear(office, rows[-1]["id"])
    assert not any("Tuplanen" in text or "@" in text for text in staff_texts(office))


async def test_a_chat_is_answered_as_fast_for_unknown_as_for_known(office: Office) -> None:
    """The same timing class: no claim waits for a mail server."""
    office.mail.slow_next(3.0, times=50)
    loop = asyncio.get_running_loop()
    for number, claim in ((1001, MAIJA), (1002, STRANGER)):
        chat = office.person(number, "Nimetön")
        await ask(chat, "poista tietoni")
        began = loop.time()
        await ask(chat, claim)
        assert loop.time() - began < 1.5


@pytest.mark.parametrize("number", ["tilausnumero 99999", "asiakasnumeroni on C-7777", "order number 31337"])
async def test_a_mail_that_names_a_number_nobody_has_is_its_senders_own(office: Office, number: str) -> None:
    """It claims no other address, so its sender gets the code mail, customer or not."""
    for sender in (MAIJA, STRANGER):
        await office.write(sender, f"Hei, haluan poistaa tietoni, {number}.")
        await office.code(sender)
    assert code_recipients(office) == [MAIJA, STRANGER]


async def test_a_mail_that_names_somebody_elses_order_sends_the_code_to_them(office: Office) -> None:
    await office.write(MAIJA, "Hei, haluan poistaa tietoni, tilausnumero 20418.")
    await office.code(LISA)
    await office.mails(MAIJA)
    assert code_recipients(office) == [LISA]


async def test_a_mailed_code_is_the_only_run_of_six_digits_in_its_mail(office: Office) -> None:
    await office.write(MAIJA, "Haluan poistaa tietoni. Tilausnumero 204170, puh 040 123 456.")

    async def mailed() -> bool:
        return bool(code_recipients(office))

    await eventually(mailed)
    for sent in office.mail.outbound:
        if sent.rcpt_tos == (MAIJA,):
            code_in(sent.message)
