"""Every row of "What the bot does with each kind of update" in docs/reference.md, tried over the wire.

A row of the document without a trial here fails, and so does a trial the document does not mention.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import LargeBinary, select
from sqlmodel import SQLModel

from cases.model import Route
from sandbox.bot_api import Chat, Json
from storage.mapping import letter_from
from storage.tables import ArrivalRow, LetterRow, SetAsideRow, table
from templates import names
from tests.office import MAIJA, STAFF, STAFF_CHAT, Office

REFERENCE = Path(__file__).parents[2] / "docs" / "reference.md"
HEADING = "## What the bot does with each kind of update"

#: Stands in whatever is sent, and must be found only where the document says that something is kept.
SECRET = "Salasana-Taikasana"
HETU = "120385-913J"


def rows() -> Iterator[tuple[str, str, str]]:
    """The table of the document: kind, what is told, what is stored."""
    section = REFERENCE.read_text(encoding="utf-8").partition(HEADING)[2].partition("\n## ")[0]
    lines = [line for line in section.partition("\n### ")[0].splitlines() if line.startswith("|")]
    for line in lines[2:]:
        kind, told, stored = (part.strip() for part in line.strip("|").split("|"))
        yield kind, told, stored


class Scene:
    """A shop, one customer, and what came of what was sent."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.chat: Chat = office.person()
        self.staff_chat: Chat = office.bot.group(STAFF_CHAT, member=office.staff())

    async def read(self) -> None:
        """Until the bot has handled everything."""
        assert await self.office.bot.all_read()

    async def letters(self, route: Route = Route.CHAT, to: int | None = None) -> list[str]:
        """Names of the letters so far, to the customer unless told otherwise."""
        await self.read()
        peer = str(to or self.chat.chat_id)
        async with (await self.office.store()).read() as tx:
            found = await tx.all(select(table(LetterRow)).order_by(table(LetterRow).c.id))
            letters = [letter_from(row, tx.vault) for row in found]
        return [letter.name for letter in letters if letter.route is route and letter.to == peer]

    async def arrivals(self) -> list[tuple[str, str]]:
        """Key and outcome of everything that arrived."""
        await self.read()
        arrivals = table(ArrivalRow)
        async with (await self.office.store()).read() as tx:
            found = await tx.all(select(arrivals).order_by(arrivals.c.key))
        assert all(row.received_at.tzinfo is not None for row in found)
        return [(row.key, row.outcome) for row in found]

    async def stored(self) -> str:
        """Every value of every row, sealed ones opened; the sample register left out."""
        await self.read()
        seen: list[str] = []
        async with (await self.office.store()).read() as tx:
            for each in SQLModel.metadata.sorted_tables:
                sealed = {column.name for column in each.columns if isinstance(column.type, LargeBinary)}
                if each.name in ("customers", "orders"):
                    continue
                for row in await tx.all(select(each)):
                    for name, value in row._mapping.items():
                        opened = (
                            tx.vault.unseal(value).decode("utf-8", "replace")
                            if name in sealed and value
                            else value
                        )
                        seen.append(str(opened))
        return "\n".join(seen)

    async def only(self, letter: str, outcome: str) -> None:
        """One letter, one arrival with key, time and kind, and nothing of the content."""
        await self.chat.next_message()
        assert await self.letters() == [letter]
        await self.kept_no_more_than(outcome)

    async def nothing_said(self, outcome: str) -> None:
        """No letter to anyone, and the arrival."""
        assert await self.letters() == []
        assert not self.chat.messages
        await self.kept_no_more_than(outcome)

    async def kept_no_more_than(self, outcome: str) -> None:
        """The arrival's key, time and kind; nothing of its content."""
        ((key, came_of),) = await self.arrivals()
        assert re.fullmatch(r"telegram:liwigo:\d+", key)
        assert came_of == outcome
        assert SECRET not in await self.stored()

    async def ask(self) -> None:
        """A request, as far as the question for the address."""
        await self.chat.say("poista tietoni")
        await self.chat.next_message()

    async def prove(self) -> str:
        """A request to its open case; the case's id."""
        await self.ask()
        await self.chat.say(MAIJA)
        await self.chat.next_message()
        await self.chat.say(await self.office.code(MAIJA))
        await self.chat.next_message()
        await self.read()
        return str((await self.office.queue())[0]["id"])


async def text(scene: Scene) -> None:
    await scene.chat.say(f"poista tietoni {SECRET}, henkilötunnus {HETU}")
    await scene.chat.next_message()
    assert await scene.letters() == ["sensitive_note", "ask_address"]
    ((_, outcome),) = await scene.arrivals()
    assert outcome == "request"
    stored = await scene.stored()
    assert SECRET in stored
    assert HETU not in stored


async def command(scene: Scene) -> None:
    await scene.chat.say(f"/privacy {SECRET}")
    await scene.only("privacy", "command:privacy")


async def button(scene: Scene) -> None:
    await scene.chat.say("/start")
    await scene.chat.next_message()
    await scene.chat.press("kind:access")
    await scene.chat.next_message()
    assert await scene.letters() == ["start", "ask_address"]
    assert [outcome for _, outcome in await scene.arrivals()] == ["command:start", "button:kind"]
    assert [row["kind"] for row in await scene.office.queue()] == ["access"]
    assert len(scene.chat.answers) == 1


async def stale_button(scene: Scene) -> None:
    await scene.ask()
    await scene.chat.say(MAIJA)
    await scene.chat.next_message()
    await scene.chat.say(await scene.office.code(MAIJA))
    await scene.chat.next_message()
    await scene.chat.press("resend")
    await scene.chat.next_message()
    assert (await scene.letters())[-1] == "stale_button"
    assert (await scene.arrivals())[-1][1] == "button:resend"


async def long_text(scene: Scene) -> None:
    await scene.chat.say(f"poista tietoni {SECRET} " + "hyvin pitkä viesti " * 250)
    await scene.chat.next_message()
    assert await scene.letters() == ["too_long", "ask_address"]
    assert SECRET in await scene.stored()


async def edited(scene: Scene) -> None:
    await scene.ask()
    await scene.chat.edit(f"näytä tietoni {SECRET}")
    await scene.chat.next_message()
    assert await scene.letters() == ["ask_address", "edited"]
    assert [outcome for _, outcome in await scene.arrivals()] == ["request", "unreadable:edited"]
    assert SECRET not in await scene.stored()
    assert [row["kind"] for row in await scene.office.queue()] == ["erasure"]


async def photo(scene: Scene) -> None:
    await scene.chat.photo(SECRET.encode())
    await scene.only("photo", "unreadable:photo")


async def voice(scene: Scene) -> None:
    await scene.chat.voice(SECRET.encode())
    await scene.only("voice", "unreadable:voice")
    await scene.chat.send({"audio": {"file_id": SECRET, "file_unique_id": "u", "duration": 3}})
    await scene.chat.next_message()
    assert await scene.letters() == ["voice", "voice"]
    assert SECRET not in await scene.stored()


async def video(scene: Scene) -> None:
    await scene.chat.video(SECRET.encode())
    await scene.only("video", "unreadable:video")
    note = {"file_id": SECRET, "file_unique_id": "u", "length": 240, "duration": 3}
    await scene.chat.send({"video_note": note})
    await scene.chat.next_message()
    assert await scene.letters() == ["video", "video"]


async def sticker(scene: Scene) -> None:
    await scene.chat.sticker("🔑")
    await scene.only("sticker", "unreadable:sticker")
    assert "🔑" not in await scene.stored()


async def document(scene: Scene) -> None:
    await scene.chat.document(f"{SECRET}.pdf", SECRET.encode())
    await scene.only("document", "unreadable:document")


async def with_caption(scene: Scene) -> None:
    await scene.chat.photo(SECRET.encode(), caption="poista tietoni, kuvassa henkilökorttini")
    await scene.chat.next_message()
    assert await scene.letters() == ["ask_address"]
    assert [row["kind"] for row in await scene.office.queue()] == ["erasure"]
    stored = await scene.stored()
    assert "kuvassa henkilökorttini" in stored
    assert SECRET not in stored


async def contact(scene: Scene) -> None:
    await scene.chat.contact(f"+35840{SECRET}")
    await scene.only("contact", "unreadable:contact")


async def location(scene: Scene) -> None:
    await scene.chat.location(60.987654, 24.123456)
    await scene.only("location", "unreadable:location")
    assert "60.98" not in await scene.stored()
    place = {"latitude": 60.987654, "longitude": 24.123456}
    await scene.chat.send(
        {"location": place, "venue": {"location": place, "title": SECRET, "address": SECRET}}
    )
    await scene.chat.next_message()
    assert await scene.letters() == ["location", "location"]
    assert SECRET not in await scene.stored()


async def anything_else(scene: Scene) -> None:
    await scene.chat.send({"dice": {"emoji": "🎲", "value": 3}})
    await scene.only("unsupported", "unreadable:unsupported")
    options = [{"text": SECRET, "voter_count": 0, "persistent_id": "1"}]
    poll = {"id": "1", "question": SECRET, "options": options, "total_voter_count": 0, "is_closed": False}
    poll |= {
        "is_anonymous": True,
        "type": "regular",
        "allows_multiple_answers": False,
        "allows_revoting": False,
    }
    await scene.chat.send({"poll": poll})
    await scene.chat.next_message()
    assert await scene.letters() == ["unsupported", "unsupported"]
    assert SECRET not in await scene.stored()


async def notices(scene: Scene) -> None:
    pinned: Json = {"message_id": 7, "date": 1_790_000_000, "chat": scene.chat.place, "text": SECRET}
    await scene.chat.send({"pinned_message": pinned})
    await scene.nothing_said("nothing_said")
    moved = scene.chat.head() | {"from": scene.chat.who, "edit_date": 1_790_000_001}
    scene.office.bot.queue("edited_message", moved | {"location": {"latitude": 60.5, "longitude": 24.5}})
    assert await scene.letters() == []
    assert [outcome for _, outcome in await scene.arrivals()] == ["nothing_said", "nothing_said"]


async def group_speaking(scene: Scene) -> None:
    group = scene.office.bot.group(-1005555, "Naapurit", member=scene.chat)
    await group.say(f"/start {SECRET}")
    await group.next_message()
    assert await scene.letters(to=-1005555) == ["group"]
    await scene.kept_no_more_than("unreadable:group")
    await group.say(f"@{scene.office.bot.user['username']} poista tietoni {SECRET}")
    await group.next_message()
    assert await scene.letters(to=-1005555) == ["group", "group"]
    assert await scene.office.queue() == []


async def group_talking(scene: Scene) -> None:
    group = scene.office.bot.group(-1005555, "Naapurit", member=scene.chat)
    await group.say(f"poista tietoni {SECRET}")
    assert await scene.letters(to=-1005555) == []
    await scene.nothing_said("unreadable:group")
    assert await scene.office.queue() == []


async def staff_verb(scene: Scene) -> None:
    case_id = await scene.prove()
    await scene.staff_chat.say(f"/note {case_id} {SECRET}")
    await scene.staff_chat.next_message()
    assert SECRET in await scene.stored()
    outsider = scene.office.bot.group(-1005555, "Naapurit", member=scene.chat)
    await outsider.say(f"/note {case_id} ulkopuolinen-merkintä")
    assert STAFF not in (scene.chat.who["id"], -1005555)
    assert "ulkopuolinen-merkintä" not in await scene.stored()


async def channel_post(scene: Scene) -> None:
    await scene.office.bot.channel().say(f"poista tietoni {SECRET}")
    await scene.nothing_said("unreadable:channel_post")


async def markup_names(scene: Scene) -> None:
    scene.chat = scene.office.bot.person(1005, f"<b>*_[{SECRET}](x)`&amp;", "fi")
    await scene.chat.say("poista tietoni")
    message = await scene.chat.next_message()
    assert await scene.letters() == ["ask_address"]
    assert not message.get("parse_mode")
    await scene.kept_no_more_than("request")


async def blocked(scene: Scene) -> None:
    case_id = await scene.prove()
    before = await scene.letters()
    await scene.chat.block()
    assert await scene.letters() == before
    assert (await scene.arrivals())[-1][1] == "blocked"
    assert '"blocked":true' in (await scene.stored()).replace(" ", "")
    await scene.office.do(f"extend {case_id} --months 1 --reason Tiedot ovat monessa järjestelmässä")
    await scene.office.until(lambda queue: "letter_failed" in queue[0]["flags"])
    letters = (await scene.office.case(case_id))["letters"]
    assert ("case_extended", "failed") in [(letter["name"], letter["state"]) for letter in letters]


async def unblocked(scene: Scene) -> None:
    await scene.ask()
    await scene.chat.block()
    await scene.read()
    await scene.chat.unblock()
    assert await scene.letters() == ["ask_address"]
    assert (await scene.arrivals())[-1][1] == "unblocked"
    assert '"blocked":true' not in (await scene.stored()).replace(" ", "")


async def misshapen(scene: Scene) -> None:
    scene.office.bot.queue("message", {"message_id": "no number", "chat": SECRET, "text": 7})
    assert await scene.letters() == []
    assert not scene.chat.messages
    await scene.staff_chat.next_message()
    assert await scene.letters(Route.STAFF, STAFF_CHAT) == ["set_aside"]
    async with (await scene.office.store()).read() as tx:
        (kept,) = await tx.all(select(table(SetAsideRow)))
        assert SECRET.encode() in tx.vault.unseal(kept.raw)
    assert SECRET.encode() not in kept.raw


#: The document's rows, by the start of their first column.
TRIALS: dict[str, Callable[[Scene], Awaitable[None]]] = {
    "text": text,
    "command (`/start`, `/status` …)": command,
    "button": button,
    "stale button (pressed after its question was settled)": stale_button,
    "text over 4,096 characters": long_text,
    "edited text or caption": edited,
    "photo": photo,
    "voice message, sound file": voice,
    "video, video note, animation": video,
    "sticker": sticker,
    "document": document,
    "photo, video or document with a caption": with_caption,
    "contact": contact,
    "location, venue": location,
    "poll, dice, story and anything else a person can send": anything_else,
    "live location that moves, pinned message and other notices by Telegram itself": notices,
    "group chat, speaking to the bot (command, mention, reply)": group_speaking,
    "group chat, anything else": group_talking,
    "staff verb or button in the staff chat": staff_verb,
    "channel post": channel_post,
    "names full of markup signs": markup_names,
    "blocked by the user": blocked,
    "unblocked by the user": unblocked,
    "not shaped as the Bot API documents": misshapen,
}


def test_every_row_of_the_document_is_tried() -> None:
    """The document and this file name the same kinds of update."""
    assert [kind for kind, _, _ in rows()] == list(TRIALS)


@pytest.mark.parametrize("told", [told for _, told, _ in rows()])
def test_letters_the_document_names_exist(told: str) -> None:
    """A name in the second column is a chat letter."""
    assert set(re.findall(r"`(\w+)`", told)) <= set(names("chat"))


@pytest.mark.parametrize("kind", TRIALS)
async def test_update_is_told_and_stored_as_documented(kind: str, office: Office) -> None:
    """What the row says is told and stored; nothing of the content beside it."""
    await TRIALS[kind](Scene(office))


async def test_nothing_a_person_sends_besides_words_is_fetched(office: Office) -> None:
    """The bot never asks Telegram for a file."""
    scene = Scene(office)
    for send in (
        scene.chat.photo,
        scene.chat.voice,
        scene.chat.video,
        scene.chat.sticker,
        scene.chat.document,
    ):
        await send()
    await scene.read()
    assert office.api.calls("sendMessage")
    assert not office.api.calls("getFile")
