"""The demo page's addresses, with the stand-ins behind them and no `serve`."""

from __future__ import annotations

import asyncio
import csv
import os
import re
from collections.abc import AsyncIterator
from email.message import EmailMessage
from importlib.resources import files
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from app.cli import COMMANDS
from sandbox.demo import PortTaken, stage
from sandbox.people import cast, sample_register
from sandbox.verbs import VERBS, Refused
from sandbox.web import Page

pytestmark = pytest.mark.wire

Stage = tuple[Page, str, aiohttp.ClientSession]


@pytest.fixture
async def on_stage() -> AsyncIterator[Stage]:
    async with stage(0, serve=False) as (page, url), aiohttp.ClientSession(url) as session:
        yield page, url, session


async def act(session: aiohttp.ClientSession, name: str, **body: object) -> tuple[int, dict[str, Any]]:
    async with session.post(f"/api/{name}", json=body) as answer:
        return answer.status, await answer.json()


async def seen(session: aiohttp.ClientSession, person: str = "c-1001") -> dict[str, Any]:
    async with session.get(f"/api/state?person={person}") as answer:
        read: dict[str, Any] = await answer.json()
        return read


def letter(text: str, to: str, sender: str) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, "Vahvistuskoodi"
    message["Message-ID"] = "<code-1@shop.example>"
    message.set_content(text)
    return message.as_bytes()


def test_the_sample_register_has_the_agreed_columns_and_plainly_invented_people() -> None:
    folder = sample_register()
    customers = list(csv.DictReader(folder.joinpath("customers.csv").read_text("utf-8").splitlines()))
    orders = list(csv.DictReader(folder.joinpath("orders.csv").read_text("utf-8").splitlines()))
    assert ",".join(customers[0]) == (
        "customer_id,name,email,phone,street,postal_code,city,country,language,birth_date,company,"
        "marketing_email,marketing_phone,marketing_post,registered_on"
    )
    assert ",".join(orders[0]) == "order_id,customer_id,ordered_on,total,currency,status,paid,items,email"
    ends = ("@example.com", "@example.org", "@example.net", ".example")
    assert all(person["email"].endswith(ends) for person in customers)
    known = {person["customer_id"] for person in customers}
    assert all(order["customer_id"] in known or order["email"] for order in orders)


def test_the_cast_has_one_person_the_register_does_not_know() -> None:
    people = cast()
    assert people[0].address == "maija.mallikas@example.com"
    assert [person.known for person in people].count(False) == 1
    assert len({person.telegram_id for person in people}) == len(people)


async def test_the_page_and_its_parts_are_served_and_use_nothing_from_outside(on_stage: Stage) -> None:
    _, _, session = on_stage
    for path in ("/", "/page/app.js", "/page/style.css", "/page/texts.js", "/page/mark.svg"):
        async with session.get(path) as answer:
            assert answer.status == 200
            text = (await answer.text()).replace("http://www.w3.org/", "")
            assert "http://" not in text
            assert "https://" not in text
    async with session.get("/page/..%2f..%2fpyproject.toml") as answer:
        assert answer.status == 404


async def test_other_pages_and_other_hosts_are_refused(on_stage: Stage) -> None:
    _, url, session = on_stage
    for headers in ({"Host": "rebound.example"}, {"Origin": "https://other.example"}):
        async with session.get("/api/cast", headers=headers) as answer:
            assert answer.status == 403
    async with session.post("/api/say", data='{"person": "c-1001", "text": "hei"}') as answer:
        assert answer.status == 415
    async with session.get("/api/cast", headers={"Origin": url.rstrip("/")}) as answer:
        assert answer.status == 200


async def test_what_is_said_reaches_the_bot_and_shows_as_mine(on_stage: Stage) -> None:
    page, _, session = on_stage
    assert (await act(session, "say", person="c-1001", text="poistakaa tietoni"))[0] == 200
    state = await seen(session)
    assert [(one["mine"], one["text"]) for one in state["chat"]["messages"]] == [(True, "poistakaa tietoni")]
    assert page.world.bot.pending[0]["message"]["text"] == "poistakaa tietoni"
    assert (await seen(session, "c-1002"))["chat"]["messages"] == []


async def test_mail_goes_to_the_shop_by_smtp_and_shows_as_sent(on_stage: Stage) -> None:
    page, _, session = on_stage
    await act(session, "mail", person="c-1003", subject="Pyyntö", text="Mitä tietoja teillä on minusta?")
    [kept] = await page.world.mail.inbox(page.world.shop_address)
    assert str(kept.message["From"]) == "Terttu Testaaja <terttu.testaaja@example.org>"
    assert [one["mine"] for one in (await seen(session, "c-1003"))["mail"]] == [True]


async def test_a_code_is_found_in_a_letter_and_a_reply_stays_in_the_thread(on_stage: Stage) -> None:
    page, _, session = on_stage
    person = page.world.person("c-1001")
    raw = letter("Hei,\n\n482913\n\nVoimassa 30 minuuttia.", person.address, page.world.shop_address)
    await page.world.mail.deliver(raw, person.address)
    [shown] = (await seen(session))["mail"]
    assert shown["code"] == "482913"
    await act(session, "mail", person="c-1001", subject="Re: x", text="482913", answers=shown["uid"])
    [reply] = await page.world.mail.inbox(page.world.shop_address)
    assert str(reply.message["In-Reply-To"]) == "<code-1@shop.example>"
    assert "> 482913" in reply.message.get_content()


async def test_the_stream_tells_of_news(on_stage: Stage) -> None:
    _, _, session = on_stage
    async with session.get("/api/stream") as stream:
        first = await asyncio.wait_for(stream.content.readline(), 5)
        await stream.content.readline()
        await act(session, "say", person="c-1001", text="hei")
        second = await asyncio.wait_for(stream.content.readline(), 5)
    assert first.startswith(b"data: ")
    assert int(second.split()[1]) > int(first.split()[1])


@pytest.mark.parametrize(
    "line",
    ["serve", "purge", "init /tmp/x", "", "rm -rf x", "queue --config other.toml", 'note X "open'],
)
async def test_only_staff_verbs_can_be_run(on_stage: Stage, line: str) -> None:
    page, _, session = on_stage
    with pytest.raises(Refused):
        await page.pyynto.run_line(line)
    status, body = await act(session, "verb", line=line)
    assert status == 409
    assert body["error"]


async def test_verbs_run_as_the_command_does_and_keep_their_exit_codes(on_stage: Stage) -> None:
    page, _, _ = on_stage
    wrong, fine = await asyncio.gather(
        page.pyynto.run("queue", "--nonsense"), page.pyynto.run_line("deadline --received 2026-11-15")
    )
    assert (wrong.code, wrong.out) == (2, "")
    assert "--nonsense" in wrong.err
    assert fine.code == 0
    assert "15.12.2026" in fine.out or "2026-12-15" in fine.out


@pytest.mark.parametrize("way", ["_run_warm", "_run_anew"])
async def test_a_verb_speaks_the_language_of_the_page(on_stage: Stage, way: str) -> None:
    page, _, _ = on_stage
    words = ["queue", "--config", "pyynto.toml"]
    spoken = [await getattr(page.pyynto, way)(words, name) for name in ("fi_FI.UTF-8", "en_GB.UTF-8")]
    assert [ran.code for ran in spoken] == [0, 0]
    assert spoken[0].out.startswith("Jono on tyhjä")
    assert spoken[1].out.startswith("The queue is empty")


def test_every_verb_of_the_page_is_one_the_command_has() -> None:
    assert set(COMMANDS) >= VERBS


async def test_a_verb_that_takes_too_long_is_stopped_and_the_next_one_runs(
    on_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, _, _ = on_stage
    await page.pyynto.run("--help")
    monkeypatch.setattr("sandbox.verbs._PATIENCE", 0.001)
    with pytest.raises(TimeoutError):
        await page.pyynto.run("--help")
    monkeypatch.setattr("sandbox.verbs._PATIENCE", 30.0)
    assert (await page.pyynto.run("--help")).code == 0


async def test_an_unknown_person_is_not_found(on_stage: Stage) -> None:
    _, _, session = on_stage
    async with session.get("/api/state?person=nobody") as answer:
        assert answer.status == 404
    assert (await act(session, "say", person="nobody", text="hei"))[0] == 409


async def test_a_taken_port_is_named(on_stage: Stage) -> None:
    _, url, _ = on_stage
    port = int(url.rstrip("/").rpartition(":")[2])
    with pytest.raises(PortTaken) as taken:
        async with stage(port, serve=False):
            pass
    assert taken.value.port == port


async def test_the_folder_is_gone_afterwards() -> None:
    async with stage(0, serve=False) as (page, _):
        folder: Path = page.pyynto.folder
        there = await asyncio.to_thread(os.listdir, folder)
        assert {"pyynto.toml", "register"} <= set(there)
    assert not await asyncio.to_thread(os.path.exists, folder)


def luminance(colour: str) -> float:
    """Relative luminance of `#rrggbb` (WCAG 2.2)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("dark", [False, True])
def test_text_colours_have_contrast_enough_for_wcag_aa(dark: bool) -> None:
    style = files("sandbox").joinpath("page", "style.css").read_text("utf-8")
    light_part, _, dark_part = style.partition("@media (prefers-color-scheme: dark)")
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", light_part))
    if dark:
        colours |= dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", dark_part))
    pairs = [
        *(
            (text, ground)
            for text in ("ink", "muted")
            for ground in ("card", "paper", "sunk", "mine", "theirs")
        ),
        *(("muted", ground) for ground in ("wall", "lake-soft")),
        ("ink", "lake-soft"),
        ("pine-ink", "pine"),
        *(("pine-text", ground) for ground in ("card", "pine-soft", "lake-soft")),
        *(("lake", ground) for ground in ("card", "lake-soft")),
        ("berry", "berry-soft"),
        ("berry", "card"),
        ("amber", "amber-soft"),
        ("amber", "card"),
        ("night-ink", "night"),
    ]
    low = []
    for text, ground in pairs:
        bright, dim = sorted((luminance(colours[text]), luminance(colours[ground])), reverse=True)
        if (ratio := (bright + 0.05) / (dim + 0.05)) < 4.5:
            low.append((text, ground, round(ratio, 2)))
    assert low == []
