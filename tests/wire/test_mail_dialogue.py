"""The customer's dialogue by mail, as people write it: with quotes below, in HTML, from the wrong address, twice.

What a mail is screened for stands in `test_screening`; here is what people get and what staff see.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from pathlib import Path

import pytest
from sqlalchemy import select

from app import desk as verbs
from cases.correspondence import REPLIES_A_DAY_IN_A_THREAD, REPLIES_AN_HOUR
from cases.model import Letter, Route
from storage import desk
from storage.mapping import letter_from
from storage.saving import load_cursor
from storage.tables import LetterRow, table
from tests.office import LISA, MAIJA, ONNI, SHOP, STAFF_CHAT, Office, code_in, opened, text_of

STRANGER = "outo@example.net"
MONDAY = datetime(2026, 11, 23, 8, tzinfo=UTC)

REQUESTS = {
    ("access", "fi"): "Hyvä vastaanottaja,\n\nhaluaisin tietää, mitä tietoja teillä on minusta.\n\nMaija",
    ("access", "en"): "Dear shop,\n\nplease send me a copy of all the data you hold about me.\n\nLisa Sample",
    (
        "erasure",
        "fi",
    ): "Hei!\n\nPyydän, että poistatte kaikki tietoni rekisteristänne.\n\nTerveisin Maija Mallikas",
    ("erasure", "en"): "Hello,\n\nplease delete my account and all my personal data.\n\nLisa",
    (
        "correction",
        "fi",
    ): "Hei,\n\npuhelinnumeroni on väärin, oikea on 040 000 0099. Korjaatteko sen?\n\nMaija",
    ("correction", "en"): "Hello,\n\nmy phone number is wrong, please change it to 040 000 0099.\n\nLisa",
    ("opt_out", "fi"): "Hei,\n\nen halua enää mainoksianne.\n\nMaija",
    ("opt_out", "en"): "Hello,\n\nplease stop sending me your newsletter.\n\nLisa",
    ("restriction", "fi"): "Hei,\n\nvaadin, että rajoitatte tietojeni käsittelyä.\n\nMaija",
    ("restriction", "en"): "Hello,\n\nplease restrict the processing of my data.\n\nLisa",
    ("portability", "fi"): "Hei,\n\nhaluan tietoni siirrettävässä, koneluettavassa muodossa.\n\nMaija",
    ("portability", "en"): "Hello,\n\nI want my data in a machine-readable format for another shop.\n\nLisa",
    ("objection", "fi"): "Hei,\n\nvastustan tietojeni käsittelyä oikeutetun edun perusteella.\n\nMaija",
    ("objection", "en"): "Hello,\n\nI object to you building a profile of me.\n\nLisa",
}


class Post:
    """A shop and the people who write to it."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.last_uid = 0

    async def write(self, sender: str, text: str, subject: str = "Viesti", **more: str) -> None:
        """A plain mail; `more` are headers."""
        mail = envelope(sender, subject, **more)
        mail.set_content(text)
        await self.deliver(mail)

    async def answer(self, sender: str, mail: EmailMessage, text: str, *, quoted: bool = True) -> None:
        """A reply in the thread, with the answered mail quoted below as programs do."""
        subject, answered = f"Re: {mail['Subject']}", str(mail["Message-ID"])
        below = "\n".join(f"> {line}" for line in text_of(mail).splitlines())
        quote = f"\n\nOn Mon, 23 Nov 2026 at 10:05, Liwigo <{SHOP}> wrote:\n{below}\n" if quoted else ""
        await self.write(sender, text + quote, subject, In_Reply_To=answered, References=answered)

    async def deliver(self, mail: EmailMessage, *, at: datetime | None = None) -> None:
        """Put it into the shop's mailbox and wait until it has been dealt with."""
        at = at or self.office.clock()
        self.last_uid = await self.office.mail.deliver(mail.as_bytes(), SHOP, internal_date=at)
        async with asyncio.timeout(10):
            while not await self._dealt_with():
                await asyncio.sleep(0.02)

    async def _dealt_with(self) -> bool:
        letters = table(LetterRow)
        async with (await self.office.store()).read() as tx:
            cursor = await load_cursor(tx, "mailbox:liwigo")
            waiting = await tx.first(
                select(letters.c.id).where(letters.c.state == "queued", letters.c.tries == 0)
            )
        return cursor is not None and cursor[1] >= self.last_uid and waiting is None

    async def letters(self, to: str, route: Route = Route.MAIL) -> list[Letter]:
        """Every letter to somebody, oldest first."""
        async with (await self.office.store()).read() as tx:
            rows = await tx.all(select(table(LetterRow)).order_by(table(LetterRow).c.id))
            return [one for row in rows if ((one := letter_from(row, tx.vault)).route, one.to) == (route, to)]

    async def got(self, to: str) -> list[str]:
        """Names of the letters somebody got by mail; as many mails really arrived."""
        names = [letter.name for letter in await self.letters(to)]
        assert len(self.office.mail.sent_to(to)) == len(names)
        return names

    async def newest(self, to: str) -> EmailMessage:
        """The newest mail to somebody."""
        return (await self.office.mails(to))[-1]

    async def alarms(self) -> list[str]:
        """What staff were alarmed by."""
        return [letter.name for letter in await self.letters(str(STAFF_CHAT), Route.STAFF)]

    async def unsorted(self) -> list[dict[str, object]]:
        """What waits for a reader."""
        async with (await self.office.store()).read() as tx:
            return [verbs.unsorted_row(n, item) for n, item in await desk.unsorted(tx, ["liwigo"])]

    async def suppressed(self) -> list[tuple[str, str]]:
        """Who gets no marketing, and how final that is."""
        async with (await self.office.store()).read() as tx:
            return [(item["email"], item["state"]) for item in await desk.suppressions(tx, ["liwigo"])]

    async def case(self) -> dict[str, object]:
        """The only case there is."""
        (row,) = await self.office.queue(everything=True)
        return row


def envelope(sender: str, subject: str, **more: str) -> EmailMessage:
    """A mail without its text."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, SHOP, subject
    mail["Date"], mail["Message-ID"] = format_datetime(MONDAY), make_msgid(domain="example.com")
    for name, value in more.items():
        mail[name.replace("_", "-")] = value
    return mail


@pytest.fixture
async def post(tmp_path: Path) -> AsyncIterator[Post]:
    """A shop on a Monday morning."""
    async with opened(tmp_path, start=False) as office:
        office.clock.ahead = MONDAY - datetime.now(UTC)
        office.bot.group(STAFF_CHAT)
        await office.start()
        yield Post(office)


# -- the main path --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "language"), REQUESTS)
async def test_one_mail_and_one_reply_open_a_case(post: Post, kind: str, language: str) -> None:
    """Every right, in both languages: a mail with the request, a reply with the code."""
    sender = MAIJA if language == "fi" else LISA
    await post.write(sender, REQUESTS[kind, language])
    assert await post.got(sender) == ["receipt_with_code"]
    mail = await post.newest(sender)
    await post.answer(sender, mail, code_in(mail))
    row = await post.case()
    said = (row["kind"], row["status"], row["verified_by"], row["language"], row["channel"])
    assert said == (kind, "open", "code", language, "email")
    assert (await post.got(sender))[1:] == ["verified"]
    assert {letter.language for letter in await post.letters(sender)} == {language}


async def test_answer_lands_in_the_senders_thread(post: Post) -> None:
    mail = envelope(MAIJA, "Tietopyyntö")
    mail.set_content("Poistakaa tietoni.")
    await post.deliver(mail)
    answer = await post.newest(MAIJA)
    assert answer["In-Reply-To"] == mail["Message-ID"]
    assert answer["Auto-Submitted"] == "auto-replied"


async def test_html_mail_is_read(post: Post) -> None:
    """Written in a program that sends no plain text, answered by such a program with the quote inside."""
    mail = envelope(MAIJA, "Pyyntö")
    mail.set_content("<html><body><p>Hei,</p><p>poistakaa <b>tietoni</b>.</p></body></html>", subtype="html")
    await post.deliver(mail)
    asked = await post.newest(MAIJA)
    reply = envelope(MAIJA, f"Re: {asked['Subject']}", In_Reply_To=str(asked["Message-ID"]))
    reply.set_content(
        f"<div>Koodi on <b>{code_in(asked)}</b></div><div class='gmail_quote'><blockquote>vanhaa: 999999"
        "</blockquote></div>",
        subtype="html",
    )
    await post.deliver(reply)
    assert (await post.case())["status"] == "open"


async def test_code_counts_only_in_what_the_person_wrote(post: Post) -> None:
    """A reply of thanks quotes the mail that holds the code: that is no proof."""
    await post.write(MAIJA, "Poistakaa tietoni.")
    mail = await post.newest(MAIJA)
    await post.answer(MAIJA, mail, "Kiitos viestistä!")
    row = await post.case()
    assert (row["status"], row["verified_by"], row["flags"]) == ("verifying", None, [])
    assert await post.got(MAIJA) == ["receipt_with_code"]


async def test_code_counts_although_the_wish_is_repeated_beside_it(post: Post) -> None:
    """As a careful person writes: the request again, and the code."""
    await post.write(MAIJA, "Poistakaa tietoni.")
    mail = await post.newest(MAIJA)
    await post.answer(
        MAIJA, mail, f"Hyvä vastaanottaja, pyysin että poistatte tietoni. Koodi on {code_in(mail)}."
    )
    assert (await post.case())["status"] == "open"
    assert await post.got(MAIJA) == ["receipt_with_code", "verified"]


async def test_code_among_many_words_of_a_reply_counts(post: Post) -> None:
    """As an older person writes: kindly, at length, and with the number somewhere in it."""
    await post.write(MAIJA, "Poistakaa tietoni.")
    mail = await post.newest(MAIJA)
    text = f"Hyvä tietosuojavastaava,\n\nviestissänne luki {code_in(mail)} ja tässä se nyt tulee takaisin."
    await post.answer(
        MAIJA, mail, f"{text} Oikein hyvää joulun odotusta teille kaikille!\n\nMaija Mallikas, 83 v."
    )
    assert (await post.case())["status"] == "open"


async def test_code_that_is_only_spoken_of_proves_nothing(post: Post) -> None:
    """Whoever got a code without asking protests and quotes it: that is no consent."""
    await post.write(STRANGER, f"Poistakaa tietoni, osoitteeni teillä on {MAIJA}.")
    mail = await post.newest(MAIJA)
    await post.answer(MAIJA, mail, f"I never asked for {code_in(mail)}, who are you?")
    row = await post.case()
    assert (row["status"], row["verified_by"], row["flags"]) == ("verifying", None, ["new_message"])


async def test_further_right_in_the_reply_is_proved_by_the_same_code(post: Post) -> None:
    await post.write(MAIJA, "Poistakaa tietoni.")
    mail = await post.newest(MAIJA)
    await post.answer(MAIJA, mail, f"Koodi on {code_in(mail)}. En myöskään halua enää mainoksia.")
    rows = await post.office.queue()
    assert {(row["kind"], row["status"]) for row in rows} == {("erasure", "open"), ("opt_out", "open")}
    assert await post.suppressed() == [(MAIJA, "final")]


# -- who is asking --------------------------------------------------------------------------------------------


async def test_claimed_other_address_gets_the_code_and_the_sender_a_neutral_receipt(post: Post) -> None:
    await post.write(STRANGER, f"Poistakaa tietoni, osoitteeni teillä on {MAIJA}.")
    assert await post.got(STRANGER) == ["receipt"]
    assert await post.got(MAIJA) == ["code"]
    assert MAIJA not in text_of(await post.newest(STRANGER))
    mail = await post.newest(MAIJA)
    await post.answer(STRANGER, await post.newest(STRANGER), code_in(mail))
    assert (await post.case())["status"] == "open"


async def test_receipt_says_the_same_for_an_address_nobody_has(post: Post) -> None:
    """Word for word, but for the case id: who is a customer cannot be told from it."""
    await post.write(STRANGER, f"Poistakaa tietoni, osoitteeni teillä on {MAIJA}.")
    known = text_of(await post.newest(STRANGER))
    await post.write(STRANGER, "Haluan nähdä tietoni, osoitteeni teillä on ei.ketaan@example.org.")
    unknown = text_of(await post.newest(STRANGER))
    assert unknown.replace("-0002", "-0001").split("\n\n")[2:] == known.split("\n\n")[2:]
    assert await post.got("ei.ketaan@example.org") == []


async def test_unknown_sender_proves_their_own_address(post: Post) -> None:
    """Who is on no record gets the same code mail; staff see that there is no record."""
    await post.write(STRANGER, "What data do you have about me?")
    assert await post.got(STRANGER) == ["receipt_with_code"]
    mail = await post.newest(STRANGER)
    await post.answer(STRANGER, mail, f"my code: {code_in(mail)}")
    row = await post.case()
    assert (row["status"], row["flags"]) == ("open", ["no_record"])


async def test_reply_into_a_thread_by_a_stranger_tells_and_changes_nothing(post: Post) -> None:
    """Status, withdrawal and more words count only from whoever asked."""
    await post.write(MAIJA, "Poistakaa tietoni.")
    mail = await post.newest(MAIJA)
    case_id = (await post.case())["id"]
    before = (await post.case(), await post.got(MAIJA))
    for text in (
        "Mikä on pyyntöni tilanne?",
        "Perun pyyntöni.",
        "Minulla olisi vielä asiaa.",
        f"Missä menee {case_id}?",
    ):
        await post.answer(STRANGER, mail, text)
    assert (await post.case(), await post.got(MAIJA)) == before
    assert all(str(case_id) not in text_of(sent.message) for sent in post.office.mail.sent_to(STRANGER))


async def test_wrong_codes_by_mail_end_with_staff(post: Post) -> None:
    await post.write(MAIJA, "Poistakaa tietoni.")
    mail = await post.newest(MAIJA)
    wrong = f"{(int(code_in(mail)) + 1) % 10**6:06d}"
    for _ in range(5):
        await post.answer(MAIJA, mail, f"Koodi on {wrong}")
    assert await post.got(MAIJA) == ["receipt_with_code", *["code_refused"] * 4, "tries_spent"]
    row = await post.case()
    assert (row["status"], row["flags"]) == ("held", ["tries_spent"])


async def test_expired_code_brings_a_new_one(post: Post) -> None:
    await post.write(MAIJA, "Poistakaa tietoni.")
    mail = await post.newest(MAIJA)
    post.office.clock.pass_time(hours=25)
    await post.answer(MAIJA, mail, code_in(mail))
    assert sorted((await post.got(MAIJA))[1:]) == ["code", "code_expired"]
    fresh = next(mail for mail in reversed(await post.office.mails(MAIJA)) if carries_code(mail))
    await post.answer(MAIJA, fresh, code_in(fresh))
    assert (await post.case())["status"] == "open"


def carries_code(mail: EmailMessage) -> bool:
    """The mail carries a code."""
    try:
        return bool(code_in(mail))
    except AssertionError:
        return False


# -- asked for and in between ---------------------------------------------------------------------------------


async def test_repeat_by_mail_joins_the_case_and_sends_the_same_code(post: Post) -> None:
    await post.write(MAIJA, "Poistakaa tietoni.")
    await post.write(MAIJA, "Olen jo kerran pyytänyt: poistakaa tietoni!")
    first, second = await post.office.mails(MAIJA, 2)
    assert code_in(first) == code_in(second)
    assert len(await post.office.queue()) == 1


async def test_status_by_mail_is_coarse_before_the_code_and_true_after_it(post: Post) -> None:
    await post.write(MAIJA, "Poistakaa tietoni.")
    mail = await post.newest(MAIJA)
    await post.write(MAIJA, "Mikä on pyyntöni tilanne?")
    await post.answer(MAIJA, mail, code_in(mail))
    await post.write(MAIJA, "Mikä on pyyntöni tilanne?")
    assert await post.got(MAIJA) == ["receipt_with_code", "status_unverified", "verified", "status"]


async def test_status_of_an_answered_request_is_answered(post: Post) -> None:
    await post.write(MAIJA, "Poistakaa tietoni.")
    mail = await post.newest(MAIJA)
    await post.answer(MAIJA, mail, code_in(mail))
    await post.office.do(f"complete {(await post.case())['id']}")
    await post.write(MAIJA, "Mikä on pyyntöni tilanne?")
    status = (await post.letters(MAIJA))[-1]
    assert (status.name, status.context["cases"][0]["status"]) == ("status", "answered")


async def test_a_new_mail_finds_its_case_without_thread_or_subject(post: Post) -> None:
    """A phone that writes anew instead of answering: the sender's one open request is meant."""
    await post.write(MAIJA, "Poistakaa tietoni.", "Tietojen poisto")
    code = code_in(await post.newest(MAIJA))
    await post.write(MAIJA, f"Tässä se koodi: {code}", "Ihan muuta")
    assert (await post.case())["status"] == "open"
    await post.write(MAIJA, "Tein muuten tilauksen myös sukulaisen nimellä viime jouluna.", "")
    case = await post.office.case(str((await post.case())["id"]))
    assert "new_message" in case["flags"]
    assert "sukulaisen" in " ".join(entry["note"] for entry in case["journal"])


async def test_a_stranger_who_answers_in_a_thread_does_not_join_the_case(post: Post) -> None:
    await post.write(MAIJA, "Poistakaa tietoni.")
    mail = await post.newest(MAIJA)
    await post.answer(STRANGER, mail, "Lisään vielä, että haluan ne toiseen osoitteeseen.", quoted=False)
    case = await post.office.case(str((await post.case())["id"]))
    assert "toiseen osoitteeseen" not in json.dumps(case)
    assert not [letter for letter in await post.letters(STRANGER) if letter.case_id or letter.request_id]


async def test_an_encrypted_mail_is_listed_with_its_arrival(post: Post) -> None:
    mail = envelope(MAIJA, "Salattu")
    mail["MIME-Version"] = "1.0"
    mail["Content-Type"] = 'multipart/encrypted; protocol="application/pgp-encrypted"; boundary="b"'
    parts = (
        "--b\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n"
        "--b\r\nContent-Type: application/octet-stream; name=encrypted.asc\r\n\r\n"
        "-----BEGIN PGP MESSAGE-----\r\n\r\nhQEMA\r\n-----END PGP MESSAGE-----\r\n--b--\r\n"
    )
    mail.set_payload(parts)
    await post.deliver(mail)
    (item,) = await post.unsorted()
    assert (item["from"], item["reason"]) == (MAIJA, "no_right_recognised")
    assert await post.office.queue() == []


async def test_withdrawal_by_mail_is_noted_for_staff(post: Post) -> None:
    """A sender can be forged: the mail alone withdraws nothing."""
    await post.write(MAIJA, "Poistakaa tietoni.")
    await post.write(MAIJA, "Peruutan pyyntöni, asia hoitui jo.")
    row = await post.case()
    assert (row["status"], row["flags"]) == ("verifying", ["withdrawal_asked"])
    assert (await post.got(MAIJA))[-1] == "withdrawal_noted"
    assert "withdrawal_asked" in await post.alarms()


async def test_unclear_mail_is_asked_about_once_and_then_read_by_a_person(post: Post) -> None:
    await post.write(MAIJA, "Hei,\n\npoistakaa ne.\n\nMaija")
    assert await post.got(MAIJA) == ["clarify"]
    await post.write(MAIJA, "Siis poistakaa ne.")
    assert await post.got(MAIJA) == ["clarify", "human"]
    assert await post.office.queue() == []
    assert [item["reason"] for item in await post.unsorted()] == ["asked_back", "asked_back"]
    assert "unsorted" in await post.alarms()


async def test_answer_to_the_question_counts_from_the_unclear_mail(post: Post) -> None:
    await post.write(MAIJA, "Hei,\n\npoistakaa ne.\n\nMaija")
    asked = await post.newest(MAIJA)
    post.office.clock.pass_time(days=3)
    await post.answer(MAIJA, asked, "Poistakaa tietoni.")
    row = await post.case()
    assert (row["kind"], row["due"]) == ("erasure", "2026-12-23")
    assert await post.unsorted() == []


async def test_correction_without_its_value_is_asked_for_it_after_the_code(post: Post) -> None:
    await post.write(MAIJA, "Hei,\n\nkorjatkaa tietoni.\n\nMaija")
    mail = await post.newest(MAIJA)
    await post.answer(MAIJA, mail, code_in(mail))
    assert await post.got(MAIJA) == ["receipt_with_code", "verified", "receipt_details"]
    await post.answer(MAIJA, await post.newest(MAIJA), "Katuosoite: Mallitie 7")
    case = await post.office.case(str((await post.case())["id"]))
    assert "Mallitie 7" in str(case["details"])
    assert (await post.got(MAIJA))[-1] == "details_added"


async def test_more_words_are_put_on_the_case_and_not_answered(post: Post) -> None:
    await post.write(MAIJA, "Poistakaa tietoni.")
    mail = await post.newest(MAIJA)
    await post.answer(MAIJA, mail, "En ole pyytänyt tätä, joku muu käyttää osoitettani.")
    assert (await post.case())["flags"] == ["new_message"]
    assert await post.got(MAIJA) == ["receipt_with_code"]
    assert "new_message" in await post.alarms()


async def test_human_is_called_by_mail(post: Post) -> None:
    await post.write(ONNI, "Haluaisin puhua ihmiselle, soittakaa minulle.")
    assert await post.got(ONNI) == ["human"]
    assert [item["reason"] for item in await post.unsorted()] == ["human_wanted"]
    assert "human_wanted" in await post.alarms()


async def test_identity_code_is_masked_and_the_writer_told(post: Post) -> None:
    await post.write(MAIJA, "Poistakaa tietoni. Henkilötunnukseni on 120385-913J.", "Hetu 120385-913J")
    (letter,) = await post.letters(MAIJA)
    assert letter.context["sensitive"] == ["hetu"]
    case = await post.office.case(str((await post.case())["id"]))
    assert "120385-913J" not in str(case)


# -- opt-out --------------------------------------------------------------------------------------------------


async def test_opt_out_stops_marketing_on_receipt_and_stays_when_the_code_lapses(post: Post) -> None:
    """Provisional at once; without the code it stays and staff decide; never `unverified`."""
    await post.write(MAIJA, "En halua enää mainoksianne.")
    assert await post.suppressed() == [(MAIJA, "provisional")]
    post.office.clock.pass_time(hours=25)
    rows = await post.office.until(lambda rows: rows[0]["status"] == "held")
    assert rows[0]["flags"] == ["code_lapsed"]
    assert await post.suppressed() == [(MAIJA, "provisional")]


async def test_opt_out_is_final_with_the_code(post: Post) -> None:
    await post.write(MAIJA, "En halua enää mainoksianne.")
    mail = await post.newest(MAIJA)
    await post.answer(MAIJA, mail, code_in(mail))
    assert await post.suppressed() == [(MAIJA, "final")]


# -- what is not a request ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"List_Id": "<uutiset.example.org>"},
        {"Precedence": "bulk"},
        {"X_Autoreply": "yes"},
    ],
    ids=lambda headers: next(iter(headers)),
)
async def test_automated_mail_opens_nothing_and_gets_no_answer(post: Post, headers: dict[str, str]) -> None:
    await post.write(MAIJA, "Poistakaa tietoni.", **headers)
    assert await post.got(MAIJA) == []
    assert await post.office.queue() == []
    assert await post.unsorted() == []


async def test_mail_from_our_own_address_is_not_answered(post: Post) -> None:
    await post.write(SHOP, "Poistakaa tietoni.")
    assert await post.got(SHOP) == []
    assert await post.office.queue() == []


async def test_mail_the_provider_calls_spam_is_held_and_not_answered(post: Post) -> None:
    await post.write(MAIJA, "Poistakaa tietoni.", X_Spam_Flag="YES")
    row = await post.case()
    assert (row["status"], row["flags"]) == ("held", ["spam"])
    assert await post.got(MAIJA) == []


async def test_mail_without_a_right_is_listed_and_can_be_sorted(post: Post) -> None:
    """Sorting opens the case with the mail's own arrival, and goes on as if it had been understood."""
    await post.write(MAIJA, "Hei, näin ilmoituksenne ja jäin miettimään asiaa.", "Ilmoituksenne")
    assert await post.got(MAIJA) == []
    (item,) = await post.unsorted()
    assert item["reason"] == "no_right_recognised"
    post.office.clock.pass_time(days=2)
    await post.office.do(f"sort {item['n']} --kind access")
    row = await post.case()
    assert (row["kind"], row["due"]) == ("access", "2026-12-23")
    assert [letter.name for letter in await post.letters(MAIJA)] == ["receipt_with_code"]
    assert await post.unsorted() == []
    mail = (await post.office.mails(MAIJA))[0]
    await post.answer(MAIJA, mail, code_in(mail))
    assert (await post.case())["status"] == "open"


async def test_old_mail_is_listed_and_not_answered(post: Post) -> None:
    """What lay in the mailbox before `since` is for staff."""
    await post.write(LISA, "Hello")
    mail = envelope(MAIJA, "Vanha")
    mail.set_content("Poistakaa tietoni.")
    await post.deliver(mail, at=MONDAY - timedelta(days=30))
    assert await post.got(MAIJA) == []
    assert await post.office.queue() == []
    assert "older_than_since" in [item["reason"] for item in await post.unsorted()]


async def test_correspondent_beyond_the_budget_is_kept_and_not_answered(post: Post) -> None:
    """Someone's machine may be talking to ours: everything is kept, staff are told, nothing goes out."""
    for number in range(REPLIES_AN_HOUR + 3):
        await post.write(MAIJA, "Mikä on pyyntöni tilanne?", f"Kysymys {number}")
    assert len(await post.got(MAIJA)) == REPLIES_AN_HOUR
    assert (await post.alarms()).count("reply_budget") == 1
    await post.write(MAIJA, "Poistakaa tietoni.")
    assert [row["kind"] for row in await post.office.queue()] == ["erasure"]
    assert len(await post.got(MAIJA)) <= REPLIES_AN_HOUR + 1


async def test_a_thread_has_a_budget_whoever_writes_in_it(post: Post) -> None:
    """A machine that answers under ever new addresses is one correspondence."""
    await post.write("robotti0@example.org", "Mikä on pyyntöni tilanne?")
    newest, answered = await post.newest("robotti0@example.org"), 1
    for number in range(1, REPLIES_A_DAY_IN_A_THREAD + 3):
        await post.answer(f"robotti{number}@example.org", newest, "Mikä on pyyntöni tilanne?", quoted=False)
        got = await post.got(f"robotti{number}@example.org")
        answered += len(got)
        if got:
            newest = await post.newest(f"robotti{number}@example.org")
    assert answered == REPLIES_A_DAY_IN_A_THREAD
    assert "reply_budget" in await post.alarms()
    await post.write(MAIJA, "Mikä on pyyntöni tilanne?")
    assert await post.got(MAIJA) == ["status_none"]


async def test_case_id_tells_two_waiting_requests_apart(post: Post) -> None:
    await post.write(MAIJA, "Poistakaa tietoni.")
    await post.write(MAIJA, "En halua enää mainoksianne.")
    newest = await post.newest(MAIJA)
    await post.write(MAIJA, f"Koodi on {code_in(newest)}")
    assert (await post.got(MAIJA))[-1] == "ask_case_id"
    await post.answer(MAIJA, newest, code_in(newest))
    rows = {row["kind"]: row["status"] for row in await post.office.queue()}
    assert rows == {"erasure": "verifying", "opt_out": "open"}
