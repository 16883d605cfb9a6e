"""The staff verbs in chat: shown first, sent once, and never with a person's data in them."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.bot_api import Chat
from tests.office import LISA, MAIJA, STAFF, STAFF_CHAT, Office, opened, text_of

Row = dict[str, Any]

#: Anything of the people in the sample register.
PERSONAL = re.compile(
    r"maija|mallikas|example\.com|C-1001|poistakaa|040 000|Mallitie|lisa|sample", re.IGNORECASE
)


async def ask(chat: Chat, line: str) -> str:
    """The bot's answer to a line."""
    await chat.say(line)
    return str((await chat.next_message())["text"])


async def heard(chat: Chat) -> None:
    """Let the bot's earlier alarms pass."""
    while not await chat.no_message(0.3):
        await chat.next_message()


@pytest.fixture
async def staff(office: Office, open_case: Row) -> Chat:
    """The shop keeper's own chat with the bot, one case open."""
    return office.staff()


async def test_every_look_answers_without_personal_data(office: Office, staff: Chat, open_case: Row) -> None:
    await office.do(f"note {open_case['id']} Maija Mallikas soitti numerosta 040 000 0001")
    for line in (
        "/queue",
        "/queue --all",
        "/queue --kind erasure",
        f"/case {open_case['id']}",
        "/unsorted",
        "/help",
    ):
        said = await ask(staff, line)
        assert not PERSONAL.search(said), said
    assert open_case["id"] in await ask(staff, "/queue")


async def test_a_case_shows_right_status_and_dates(staff: Chat, open_case: Row) -> None:
    said = await ask(staff, f"/case {open_case['id'].lower()}")
    assert "tietojen poistaminen" in said
    assert "käsiteltävänä" in said


async def test_take_and_note_are_done_at_once(office: Office, staff: Chat, open_case: Row) -> None:
    assert "Otettu" in await ask(staff, f"/take {open_case['id']}")
    assert "Muistiinpano" in await ask(staff, f"/note {open_case['id']} soitan\nhuomenna")
    case = await office.case(open_case["id"])
    assert case["assignee"] == f"staff:{STAFF}"
    assert case["journal"][-1]["note"] == "soitan\nhuomenna"


async def test_a_sending_verb_is_shown_with_letter_and_case_and_the_person_masked(
    office: Office, staff: Chat, open_case: Row
) -> None:
    said = await ask(staff, f"/complete {open_case['id']} --note Kaikki on poistettu.")
    assert open_case["id"] in said
    assert "m•••@e•••.com" in said
    assert not PERSONAL.search(said), said
    assert (await office.case(open_case["id"]))["status"] == "open"
    assert len(await office.mails(MAIJA)) == 1


async def test_a_typed_ok_sends_exactly_that_and_once(office: Office, staff: Chat, open_case: Row) -> None:
    await ask(staff, f"/complete {open_case['id']} --note Kaikki on poistettu.")
    assert "Vastaus lähtee" in await ask(staff, "Ok.")
    mails = await office.mails(MAIJA, 2)
    assert "Kaikki on poistettu." in text_of(mails[-1])
    await staff.say("ok")
    await staff.next_message()
    assert len(await office.mails(MAIJA, 2)) == 2
    events = [entry["event"] for entry in (await office.case(open_case["id"]))["journal"]]
    assert events.count("answered") == 1


async def test_the_button_sends_once(office: Office, staff: Chat, open_case: Row) -> None:
    await ask(staff, f"/complete {open_case['id']}")
    assert staff.keyboard == ["Lähetä", "Peruuta"]
    await staff.press("Lähetä")
    assert "Vastaus lähtee" in (await staff.next_message())["text"]
    await staff.press("Lähetä")
    assert "Mikään ei odota" in (await staff.next_message())["text"]
    assert len(await office.mails(MAIJA, 2)) == 2


@pytest.mark.parametrize("word", ["peruuta", "EI", "cancel"])
async def test_a_typed_no_sends_nothing(office: Office, staff: Chat, open_case: Row, word: str) -> None:
    await ask(staff, f"/complete {open_case['id']}")
    assert "ei lähetetty" in await ask(staff, word)
    assert (await office.case(open_case["id"]))["status"] == "open"


async def test_the_button_of_an_older_preview_sends_nothing(
    office: Office, staff: Chat, open_case: Row
) -> None:
    await staff.say(f"/complete {open_case['id']}")
    older = await staff.next_message()
    await ask(staff, f"/refuse {open_case['id']} --ground other --reason Lasku on maksamatta.")
    await staff.press("Lähetä", older["message_id"])
    assert "Mikään ei odota" in (await staff.next_message())["text"]
    assert (await office.case(open_case["id"]))["status"] == "open"
    assert "Kieltäytyminen lähtee" in await ask(staff, "ok")


async def test_a_preview_is_too_old_after_a_quarter_of_an_hour(
    office: Office, staff: Chat, open_case: Row
) -> None:
    await ask(staff, f"/complete {open_case['id']}")
    office.clock.pass_time(minutes=16)
    await staff.press("Lähetä")
    assert "Mikään ei odota" in (await staff.next_message())["text"]
    assert (await office.case(open_case["id"]))["status"] == "open"


async def test_a_case_changed_in_between_is_shown_anew(office: Office, staff: Chat, open_case: Row) -> None:
    await ask(staff, f"/reopen {open_case['id']}")
    first = await ask(staff, f"/complete {open_case['id']}")
    await office.do(f"extend {open_case['id']} --months 1 --reason Tilauksia on monta.")
    again = await ask(staff, "ok")
    assert again == first
    assert (await office.case(open_case["id"]))["status"] == "open"
    assert "Vastaus lähtee" in await ask(staff, "ok")
    assert (await office.case(open_case["id"]))["status"] == "answered"


async def test_a_case_closed_in_between_is_not_closed_twice(
    office: Office, staff: Chat, open_case: Row
) -> None:
    await ask(staff, f"/complete {open_case['id']}")
    await office.do(f"withdraw {open_case['id']}")
    assert "ei voi nyt tehdä" in await ask(staff, "ok")
    assert (await office.case(open_case["id"]))["status"] == "withdrawn"


async def test_refusals_say_why_in_words(staff: Chat, open_case: Row) -> None:
    case = open_case["id"]
    assert "ei voi nyt tehdä" in await ask(staff, f"/reopen {case}")
    assert "ei voi nyt tehdä" in await ask(
        staff, f"/refuse {case} --ground not_identified --reason Emme tunne."
    )
    assert "ei löydy" in await ask(staff, "/case LIW-2026-9999")
    assert "/extend ID --months N" in await ask(staff, f"/extend {case} --months 5 --reason x")
    assert "/help" in await ask(staff, "/quue")
    assert "tulevaisuudessa" in await ask(staff, "/add --kind access --received 2099-01-01")


async def test_phones_may_change_dashes_and_quotation_marks(
    office: Office, staff: Chat, open_case: Row
) -> None:
    await ask(staff, f"/extend {open_case['id'].lower()} —months 1 —reason “Tilauksia on monta”")
    assert "pidennetty" in await ask(staff, "OK")
    assert "Tilauksia on monta" in text_of((await office.mails(MAIJA, 2))[-1])


async def test_the_menu_spelling_of_a_verb_works(office: Office, waiting_case: Row) -> None:
    staff = office.staff()
    await ask(staff, f"/reject_identity {waiting_case['id']} --reason Tiedot eivät täsmää.")
    await ask(staff, "ok")
    assert (await office.case(waiting_case["id"]))["status"] == "unverified"


async def test_add_and_sort_work_in_chat(office: Office) -> None:
    staff = office.staff()
    assert "Pyyntö kirjattu" in await ask(staff, "/add --kind access --received 2026-11-02 --customer C-1003")
    await office.write("vieras@example.com", "Hei, koska pakettini tulee?")
    said = ""
    for _ in range(100):
        said = await ask(staff, "/unsorted")
        if "Yksi viesti" in said:
            break
    assert "vieras" not in said
    said = await ask(staff, "/sort 1 --kind access")
    assert "v•••@e•••.com" in said
    await ask(staff, "ok")
    await office.code("vieras@example.com")
    assert len(await office.queue()) == 2


async def test_whoever_is_no_staff_gets_the_customer_dialogue_and_learns_nothing(
    office: Office, open_case: Row
) -> None:
    stranger = office.person(2002, "Outo")
    unknown = await ask(stranger, "/nosuchcommand")
    for line in ("/queue", f"/case {open_case['id']}", f"/complete {open_case['id']}", "/unsorted"):
        said = await ask(stranger, line)
        assert said == unknown
    await stranger.say("ok")
    await stranger.next_message()
    case = await office.case(open_case["id"])
    assert case["status"] == "open"


async def test_staff_can_be_customers_too(office: Office) -> None:
    staff = office.staff()
    assert "Hei" in await ask(staff, "/start")
    await staff.say("haluan nähdä tietoni")
    await staff.next_message()
    await staff.say(LISA)
    await staff.next_message()
    await staff.say(await office.code(LISA))
    await staff.next_message()
    rows = await office.queue()
    assert rows[0]["status"] == "open"
    # The yes and no of a customer's dialogue are not taken for staff's.
    await staff.say("haluan perua pyyntöni")
    await staff.next_message()
    await staff.press("no")
    assert "Mikään ei odota" not in (await staff.next_message())["text"]


@pytest.fixture
async def office_of_two(tmp_path: Path) -> AsyncIterator[Office]:
    """A shop with two members of staff."""
    async with opened(tmp_path, start=False) as prepared:
        path = prepared.settings_path
        text = path.read_text(encoding="utf-8").replace("staff = [4242]", "staff = [4242, 4243]")
        path.write_text(text, encoding="utf-8")
        office = Office(tmp_path, prepared.api, prepared.mail, prepared.clock, path)
        await office.start()
        yield office
        await office.close()


async def test_staff_work_in_the_staff_chat_and_cannot_confirm_for_each_other(office_of_two: Office) -> None:
    office = office_of_two
    group = office.bot.group(STAFF_CHAT, member=office.staff())
    first, other = group.who, office.bot.person(4243, "Other", "fi").who
    line = "add --kind erasure --received 2026-11-02 --email maija.mallikas@example.com"
    case = (await office.do(line)).case.id
    await office.do(f"verify {case} --how tuttu")
    await heard(group)
    assert case in await ask(group, f"/complete {case}")
    group.who = other
    await group.press("Lähetä")
    assert "Mikään ei odota" in (await group.next_message())["text"]
    await group.say("ok", reply_to=group.messages[-2])
    assert await group.no_message(1.0) or "Vastaus lähtee" not in (await group.next_message())["text"]
    assert (await office.case(case))["status"] == "open"
    group.who = first
    await group.press("Lähetä")
    assert "Vastaus lähtee" in (await group.next_message())["text"]
    assert (await office.case(case))["status"] == "answered"


async def test_a_stranger_in_the_staff_chat_learns_nothing(office: Office, open_case: Row) -> None:
    group = office.bot.group(STAFF_CHAT, member=office.person(2002, "Outo"))
    await heard(group)
    await group.say("/queue")
    said = "" if await group.no_message(1.0) else str((await group.next_message())["text"])
    assert open_case["id"] not in said
