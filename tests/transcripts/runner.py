"""Plays a transcript against a running shop: one line, one thing a person does or gets, over the real wires.

    # a comment
    at 2026-12-31 10:00               the office clock (Helsinki), before anything else
    shop taigakoru                    whose profile it is (default: liwigo), before anything else
    chat 1002 en                      who writes from now on: Telegram user id and the client's language
    > poista tietoni                  the person writes in the chat; `\\n` is a line break
    photo                             … or sends a picture
    press kind:erasure                … or presses a button
    mail onni.oletus@example.com> …   a mail from this address (default: Maija's)
    reply maija.mallikas@example.com> an answer to the newest mail to that address, quoting it below
    reply STRANGER to ADDRESS> …      … written by somebody else
    staff> extend {case} --months 1   a staff verb
    + 31 minutes                      time passes
    < ask_address cases=0001          a letter in the chat: its name, and values of its context
    @ smtp ADDRESS code               a mail: the same
    ! case kind=erasure status=open   exactly one case is like this
    ! cases 2                         … so many in all
    ! queue {case}                    … and these are in the queue (`! queue none`)
    ! unsorted reason=asked_back      … and what waits unsorted (`! unsorted none`)
    ! suppressed ADDRESS state=final  … and who gets no marketing (`! suppressed none`)
    ! alert case_held                 the newest alarm to staff since the last such line

`{code}` is the code of the newest code mail, `{code ADDRESS}` of the newest to that address, `{wrong}` another
one, `{case}` the newest case's id, `{case 1}` the first one's. Whatever a person is told and the transcript does
not mention fails it. Letters are known by name, so wording may change; that the words of the letter really
arrived is checked each time.
"""

from __future__ import annotations

import asyncio
import re
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from app import desk as verbs
from app.render import words
from cases.model import Language, Letter, Route
from sandbox.bot_api import Chat
from storage import desk
from storage.mapping import letter_from
from storage.saving import load_cursor
from storage.tables import LetterRow, table
from tests.office import MAIJA, SHOP, STAFF_CHAT, Office, code_in, text_of

HELSINKI = ZoneInfo("Europe/Helsinki")
LETTERS = table(LetterRow)

#: Seconds a thing may take that needs no passing of time.
PATIENCE = 10.0

#: When a transcript plays unless it says otherwise: a Monday morning.
START = "2026-11-23 10:00"


class Unlike(AssertionError):
    """What happened is not what the transcript says."""


@dataclass(frozen=True, slots=True)
class Told:
    """A letter that left."""

    letter: Letter
    token: str

    def __str__(self) -> str:
        said = {
            k: v for k, v in facts(self.letter).items() if k in ("cases", "kinds", "tries_left", "status")
        }
        return " ".join([self.letter.name, *(f"{k}={v}" for k, v in said.items())])


@dataclass
class Stage:
    """One play of one transcript."""

    office: Office
    chat: Chat = field(init=False)
    told: list[Told] = field(default_factory=list)
    #: Keys of letters the transcript has mentioned.
    heard: set[str] = field(default_factory=set)
    #: Of the newest mail put into the shop's mailbox.
    last_uid: int = 0
    #: How many chat letters each chat has got that were compared with what arrived.
    compared: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    alarms_seen: int = 0

    def __post_init__(self) -> None:
        self.chat = self.office.person()
        self.office.bot.group(STAFF_CHAT)

    # -- what people do ----------------------------------------------------------------------------------

    async def become(self, number: str, language: str) -> None:
        """Another person has the phone."""
        self.chat = self.office.person(int(number), f"Person {number}", language or "fi")

    async def say(self, text: str) -> None:
        """Write in the chat."""
        await self._do(self.chat.say(await self._filled(text), at=self.office.clock()))

    async def press(self, button: str) -> None:
        """Press a button."""
        await self._do(self.chat.press(button))

    async def photo(self) -> None:
        """Send a picture without a word."""
        await self._do(self.chat.photo())

    async def mail(self, sender: str, text: str) -> None:
        """Write a mail; `Subject | text` gives it a subject."""
        subject, _, body = text.rpartition(" | ")
        await self._post(sender or MAIJA, subject or "Viesti", await self._filled(body), None)

    async def reply(self, sender: str, to: str, text: str) -> None:
        """Answer the newest mail to an address, quoting it as mail programs do."""
        sender = sender or MAIJA
        answered = (await self.office.mails(to or sender))[-1]
        quoted = "\n".join(f"> {line}" for line in text_of(answered).splitlines())
        body = f"{await self._filled(text)}\n\nma 23.11.2026 klo 10.05 {SHOP} kirjoitti:\n{quoted}\n"
        await self._post(sender, f"Re: {answered['Subject']}", body, answered)

    async def staff(self, line: str) -> None:
        """A staff verb."""
        await self._quiet()
        await self.office.do(await self._filled(line))
        await self._settled()

    async def wait(self, amount: str, unit: str) -> None:
        """Time passes, and the service's clock looks at once what that brings."""
        await self._quiet()
        self.office.clock.ahead += timedelta(**{unit.rstrip("s") + "s": float(amount)})
        store, service = await self.office.store(), self.office.service
        assert service is not None
        await service.look_at_codes(store)
        await service.look_at_dates(store)
        await self._settled()

    async def _post(self, sender: str, subject: str, body: str, answered: EmailMessage | None) -> None:
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = sender, SHOP, subject
        message["Date"] = format_datetime(self.office.clock())
        message["Message-ID"] = make_msgid(domain="example.com")
        if answered is not None:
            message["In-Reply-To"] = message["References"] = str(answered["Message-ID"])
        message.set_content(body)
        await self._do(self._deliver(message))

    async def _deliver(self, message: EmailMessage) -> None:
        clock = self.office.clock
        self.last_uid = await self.office.mail.deliver(message.as_bytes(), SHOP, internal_date=clock())

    async def _do(self, act: Awaitable[Any]) -> None:
        await self._quiet()
        await act
        await self._settled()

    # -- what people get ---------------------------------------------------------------------------------

    async def hears(self, line: str) -> None:
        """The next letter in this chat."""
        await self._next(Route.CHAT, str(self.chat.chat_id), line)

    async def gets_mail(self, address: str, line: str) -> None:
        """The next mail to this address."""
        await self._next(Route.MAIL, address, line)

    async def _next(self, route: Route, to: str, line: str) -> None:
        name, wanted = _parts(await self._filled(line))

        def waiting() -> list[Told]:
            return [t for t in self._unheard() if (t.letter.route, t.letter.to) == (route, to)]

        async def came() -> bool:
            """At once after what people do; after a while where only time has passed."""
            if not waiting():
                await self._look()
            return bool(waiting()) and await self._all_handled()

        def missing() -> str:
            others = "; ".join(f"{t} to {t.letter.to}" for t in self._unheard()) or "nothing"
            return f"{name} did not come; what came: {others}"

        await self._until(came, missing)
        found = waiting()[0]
        self.heard.add(found.letter.key)
        if found.letter.name != name:
            raise Unlike(f"{found} came instead of {name}")
        _compare(facts(found.letter), wanted)
        await self._arrived(found)

    async def _arrived(self, told: Told) -> None:
        """The words that came over the wire are the letter's."""
        letter, store = told.letter, await self.office.store()
        body = words(self.office.house, letter, store.vault.code_key).body
        if letter.route is Route.CHAT:
            messages = self.office.bot.chats[int(letter.to)].messages
            said = messages[self.compared[letter.to]]
            text = str(said.get("text") or said["caption"])
            self.compared[letter.to] += 1
        else:
            mails = await self.office.mails(letter.to)
            text = next(text_of(m) for m in mails if str(m["Message-ID"]).startswith(f"<{told.token}@"))
        if text.split() != body.split():
            raise Unlike(f"the words of {letter.name} did not arrive as written")

    def _unheard(self) -> list[Told]:
        return [t for t in self.told if t.letter.key not in self.heard and t.letter.route is not Route.STAFF]

    async def _quiet(self) -> None:
        """Nothing was said that the transcript leaves out."""
        if self._unheard():
            raise Unlike(
                "not in the transcript: " + "; ".join(f"{t} to {t.letter.to}" for t in self._unheard())
            )

    async def _settled(self) -> None:
        """Wait until everything written is handled, and every letter has left or is put off."""
        if not await self.office.bot.all_read(PATIENCE):
            raise Unlike("the bot did not read on")
        await self._until(self._all_handled, "something is still on its way")
        await self._look()

    async def _all_handled(self) -> bool:
        async with (await self.office.store()).read() as tx:
            cursor = await load_cursor(tx, f"mailbox:{self.office.profile}")
            query = select(func.count()).where(LETTERS.c.state == "queued", LETTERS.c.tries == 0)
            queued = await tx.first(query)
        return (cursor[1] if cursor else 0) >= self.last_uid and queued is not None and queued[0] == 0

    async def _look(self) -> None:
        async with (await self.office.store()).read() as tx:
            rows = await tx.all(select(LETTERS).order_by(LETTERS.c.id))
            self.told = [Told(letter_from(row, tx.vault), row.token) for row in rows]

    # -- what staff see ----------------------------------------------------------------------------------

    async def check(self, line: str) -> None:
        """A look at the queue and what lies beside it."""
        what, _, rest = (await self._filled(line)).partition(" ")
        checks: dict[str, Callable[[str], Awaitable[str]]] = {
            "case": self._case, "cases": self._count, "unsorted": self._unsorted,
            "suppressed": self._suppressed, "alert": self._alert, "queue": self._queue,
        }  # fmt: skip
        fault = ""

        async def right() -> bool:
            nonlocal fault
            fault = await checks[what](rest)
            return not fault

        await self._until(right, lambda: fault)
        await self._look()

    async def _case(self, rest: str) -> str:
        _, wanted = _parts(f"case {rest}")
        rows = await self.office.queue(everything=True)
        fitting = [row for row in rows if not _differences(row, wanted)]
        if len(fitting) == 1:
            return ""
        shown = [{key: row.get(key) for key in ("id", *wanted)} for row in rows]
        return f"{len(fitting)} cases are like {wanted}; there are {shown}"

    async def _count(self, rest: str) -> str:
        rows = await self.office.queue(everything=True)
        return "" if len(rows) == int(rest) else f"there are {len(rows)} cases"

    async def _queue(self, rest: str) -> str:
        ids = " ".join(row["id"] for row in await self.office.queue()) or "none"
        return "" if ids == rest else f"in the queue are {ids}"

    async def _unsorted(self, rest: str) -> str:
        async with (await self.office.store()).read() as tx:
            items = [
                verbs.unsorted_row(n, item) for n, item in await desk.unsorted(tx, [self.office.profile])
            ]
        return _one_of(items, rest)

    async def _suppressed(self, rest: str) -> str:
        async with (await self.office.store()).read() as tx:
            items = await desk.suppressions(tx, [self.office.profile])
        if rest == "none":
            return _one_of(items, rest)
        address, _, wanted = rest.partition(" ")
        return _one_of([item for item in items if item["email"] == address], wanted)

    async def _alert(self, name: str) -> str:
        await self._look()
        alarms = [t.letter.name for t in self.told if t.letter.route is Route.STAFF]
        new, self.alarms_seen = alarms[self.alarms_seen :], len(alarms)
        return "" if name in new else f"staff were alarmed by {new or 'nothing'}"

    async def _until(self, ready: Callable[[], Awaitable[bool]], fault: str | Callable[[], str]) -> None:
        end = asyncio.get_running_loop().time() + PATIENCE
        while not await ready():
            if asyncio.get_running_loop().time() > end:
                raise Unlike(fault if isinstance(fault, str) else fault())
            await asyncio.sleep(0.02)

    # -- words in braces ---------------------------------------------------------------------------------

    async def _filled(self, text: str) -> str:
        text = text.replace("\\n", "\n")
        for place in re.findall(r"\{([^}]*)\}", text):
            name, _, which = place.partition(" ")
            text = text.replace(f"{{{place}}}", await self._value(name, which))
        return text

    async def _value(self, name: str, which: str) -> str:
        if name in ("code", "wrong"):
            code = await self._code(which)
            return code if name == "code" else f"{(int(code) + 1) % 10**6:06d}"
        cases = sorted(row["id"] for row in await self.office.queue(everything=True))
        return str(cases[int(which or 0) - 1])

    async def _code(self, address: str) -> str:
        carriers = [t for t in self.told if t.letter.code_issue and address in ("", t.letter.to)]
        newest = carriers[-1]
        mails = await self.office.mails(newest.letter.to)
        return code_in(next(m for m in mails if str(m["Message-ID"]).startswith(f"<{newest.token}@")))


#: How each line is written, and what it does.
LINES: tuple[tuple[str, Callable[..., Awaitable[None]]], ...] = (
    (r"> (.*)", Stage.say),
    (r"press (.+)", Stage.press),
    (r"photo", Stage.photo),
    (r"mail(?: (\S+))?> (.*)", Stage.mail),
    (r"reply(?: (\S+))?(?: to (\S+))?> (.*)", Stage.reply),
    (r"staff> (.*)", Stage.staff),
    (r"chat (\d+)(?: (\w+))?", Stage.become),
    (r"\+ (\d+) (minutes?|hours?|days?)", Stage.wait),
    (r"< (.*)", Stage.hears),
    (r"@ smtp (\S+) (.*)", Stage.gets_mail),
    (r"! (.*)", Stage.check),
)


def start_of(transcript: Path) -> datetime:
    """When the play begins."""
    found = re.search(r"^at (.+)$", transcript.read_text(encoding="utf-8"), re.MULTILINE)
    return datetime.fromisoformat(found[1] if found else START).replace(tzinfo=HELSINKI)


def shop_of(transcript: Path) -> str:
    """Whose customers play."""
    found = re.search(r"^shop (\w+)$", transcript.read_text(encoding="utf-8"), re.MULTILINE)
    return found[1] if found else "liwigo"


async def play(office: Office, transcript: Path) -> None:
    """Play every line; raises Unlike with file and line where it goes another way."""
    stage = Stage(office)
    lines = transcript.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith(("#", "at ", "shop ")):
            continue
        try:
            await _step(stage, line.rstrip())
        except (Unlike, LookupError, TimeoutError) as fault:
            raise Unlike(f"{transcript.name}:{number}: {line}\n  {fault}") from None
    try:
        await stage._quiet()
    except Unlike as fault:
        raise Unlike(f"{transcript.name}: at the end: {fault}") from None


async def _step(stage: Stage, line: str) -> None:
    for pattern, act in LINES:
        found = re.fullmatch(pattern, line)
        if found:
            await act(stage, *(group or "" for group in found.groups()))
            return
    raise Unlike("no such line")


def facts(letter: Letter) -> dict[str, Any]:
    """What a transcript may ask of a letter."""
    said: dict[str, Any] = dict(letter.context)
    cases = said.get("cases") or ([said["case"]] if "case" in said else [])
    if cases:
        said["cases"] = [str(case["id"]).rpartition("-")[2] for case in cases]
        said |= {key: [str(case[key]) for case in cases] for key in ("kind", "status", "due")}
    buttons = [button for row in letter.keyboard for button in row]
    return {**said, "buttons": buttons, "lang": str(Language(letter.language))}


def _parts(line: str) -> tuple[str, dict[str, str]]:
    name, *rest = line.split()
    return name, dict(part.split("=", 1) for part in rest)


def _compare(got: Mapping[str, Any], wanted: Mapping[str, str]) -> None:
    differences = _differences(got, wanted)
    if differences:
        raise Unlike("; ".join(differences))


def _differences(got: Mapping[str, Any], wanted: Mapping[str, str]) -> list[str]:
    shown = {key: _text(got.get(key)) for key in wanted}
    return [f"{key} is {shown[key]!r}" for key, value in wanted.items() if shown[key] != value]


def _text(value: Any) -> str:
    if value is None:
        return "none"
    return ",".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value).replace(" ", "_")


def _one_of(items: list[dict[str, Any]], rest: str) -> str:
    if rest == "none":
        return "" if not items else f"there is {items}"
    _, wanted = _parts(f"item {rest}")
    fitting = [item for item in items if not _differences(item, wanted)]
    return "" if len(fitting) == 1 else f"{len(fitting)} are like {wanted}; there is {items}"
