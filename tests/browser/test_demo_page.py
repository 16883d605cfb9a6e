"""`pyynto demo` as a newcomer meets it: in a browser, with the service running as it ships."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, Page, async_playwright, expect

pytestmark = pytest.mark.browser

CHROMIUM = Path("/usr/bin/chromium")
ENTRY = "import sys; from app.cli import main; sys.exit(main())"
#: Milliseconds; the first code mail has to travel through everything.
PATIENCE = 20_000


@dataclass
class Demo:
    """A running demo: its process, and where its page is."""

    process: asyncio.subprocess.Process
    url: str

    async def stop(self) -> tuple[int, str]:
        """End it as Ctrl-C does; its exit code and its last words."""
        self.process.send_signal(signal.SIGINT)
        rest, _ = await asyncio.wait_for(self.process.communicate(), 30)
        return self.process.returncode or 0, rest.decode()


@asynccontextmanager
async def running_demo(tmp_path: Path, lang: str = "fi") -> AsyncIterator[Demo]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        ENTRY,
        "demo",
        "--port",
        "0",
        "--lang",
        lang,
        env=os.environ | {"PYTHONUNBUFFERED": "1", "TMPDIR": str(tmp_path)},
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    line = (await asyncio.wait_for(process.stdout.readline(), 30)).decode()
    found = re.search(r"http://127\.0\.0\.1:\d+/", line)
    assert found, line
    try:
        yield Demo(process, found.group())
    finally:
        if process.returncode is None:
            process.terminate()
            await asyncio.wait_for(process.wait(), 30)


@pytest.fixture
def chromium() -> Path:
    if not CHROMIUM.exists():
        pytest.skip(f"no {CHROMIUM}: install Debian's chromium to run the page")
    return CHROMIUM


@pytest.fixture
async def demo(chromium: Path, tmp_path: Path) -> AsyncIterator[Demo]:
    async with running_demo(tmp_path) as running:
        yield running


@pytest.fixture
async def browser(chromium: Path) -> AsyncIterator[Browser]:
    async with async_playwright() as play:
        started = await play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield started
        await started.close()


@dataclass
class Visit:
    """An open page, with whatever it complained about or asked for elsewhere."""

    page: Page
    complaints: list[str]

    def find(self, selector: str) -> Locator:
        return self.page.locator(selector)


async def visit(browser: Browser, demo: Demo, lang: str = "fi", width: int = 1440) -> Visit:
    page = await browser.new_page(viewport={"width": width, "height": 900})
    page.set_default_timeout(PATIENCE)
    complaints: list[str] = []
    page.on("pageerror", lambda fault: complaints.append(str(fault)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("request", lambda asked: None if asked.url.startswith(demo.url) else complaints.append(asked.url))
    await page.goto(f"{demo.url}?lang={lang}")
    return Visit(page, complaints)


async def shows_open_case(seen: Visit, count: int = 1) -> None:
    await expect(seen.find("#queue .status.open")).to_have_count(count, timeout=PATIENCE)


@pytest.mark.parametrize("lang", ["fi", "en"])
async def test_a_newcomer_opens_a_case_in_the_chat_by_clicking(
    demo: Demo, browser: Browser, lang: str
) -> None:
    seen = await visit(browser, demo, lang)
    await seen.find("#chat-chips .chip").first.click()
    await seen.find("#chat-chips .chip.strong").click()
    await expect(seen.find("#mail-title .badge")).to_have_text("1", timeout=PATIENCE)
    await seen.find("#hint-act").click()
    code = await seen.find("#reading .code").inner_text()
    assert re.fullmatch(r"\d{6}", code)
    await seen.find("#reading .code-card .act").first.click()
    await expect(seen.find("#chat-text")).to_have_value(code)
    await seen.page.keyboard.press("Enter")
    await shows_open_case(seen)
    await expect(seen.find("#steps [aria-current=step]")).to_have_text(
        {"fi": "Asia on avattu", "en": "The case is open"}[lang]
    )
    await seen.find("#chat-text").fill({"fi": "Poistakaa tietoni", "en": "Please delete my account"}[lang])
    await seen.page.keyboard.press("Enter")
    await expect(seen.find("#steps [aria-current=step]")).to_have_text(
        {"fi": "Kerro, kuka olet", "en": "Say who you are"}[lang], timeout=PATIENCE
    )
    assert seen.complaints == []


@pytest.mark.parametrize("lang", ["fi", "en"])
async def test_a_newcomer_opens_a_case_by_mail(demo: Demo, browser: Browser, lang: str) -> None:
    seen = await visit(browser, demo, lang)
    await seen.find("#person").select_option("c-1002" if lang == "fi" else "c-1004")
    await seen.find("#reading .chip").first.click()
    await seen.find("#mail-send").click()
    await expect(seen.find("#mail-title .badge")).to_be_visible(timeout=PATIENCE)
    await seen.find("#hint-act").click()
    await seen.find("#hint-act").click()
    await expect(seen.find("#chat-text")).to_have_value("")
    await seen.find("#mail-send").click()
    await shows_open_case(seen)
    case_id = await seen.find("#queue .case-id").first.inner_text()
    await expect(seen.find("#hint")).to_contain_text(case_id)
    await seen.find("#person").select_option("c-1001")
    await expect(seen.find("#hint")).not_to_contain_text(case_id)
    await expect(seen.find("#steps li").first).to_have_attribute("aria-current", "step")
    assert seen.complaints == []


async def tab_to(seen: Visit, selector: str, limit: int = 80) -> None:
    """Press Tab until what has the focus matches."""
    for _ in range(limit):
        await seen.page.keyboard.press("Tab")
        if await seen.page.evaluate("one => document.activeElement?.matches(one)", selector):
            return
    pytest.fail(f"{selector} cannot be reached with Tab")


async def test_a_case_can_be_opened_with_the_keyboard_alone(demo: Demo, browser: Browser) -> None:
    seen = await visit(browser, demo)
    await expect(seen.find("#chat-chips .chip").first).to_be_visible()
    await tab_to(seen, ".skip", limit=1)
    await seen.page.keyboard.press("Enter")
    await seen.page.keyboard.type("poistakaa kaikki tietoni")
    await seen.page.keyboard.press("Enter")
    await expect(seen.find("#chat-chips .chip.strong")).to_be_visible()
    await seen.page.keyboard.type("maija.mallikas@example.com")
    await seen.page.keyboard.press("Enter")
    await expect(seen.find("#mail-title .badge")).to_be_visible(timeout=PATIENCE)
    await tab_to(seen, ".letter")
    await seen.page.keyboard.press("Enter")
    await tab_to(seen, ".code-card .act")
    await seen.page.keyboard.press("Enter")
    await seen.page.keyboard.press("Enter")
    await shows_open_case(seen)
    await tab_to(seen, ".case-id")
    await seen.page.keyboard.press("Enter")
    await expect(seen.find("#pane-case h3")).to_be_visible(timeout=PATIENCE)
    await tab_to(seen, "[role=tab]")
    await seen.page.keyboard.press("ArrowRight")
    await expect(seen.find("#pane-talk")).to_be_visible()


async def test_staff_work_the_case_in_chat_and_in_the_terminal(demo: Demo, browser: Browser) -> None:
    seen = await visit(browser, demo)
    await seen.find("#chat-chips .chip").first.click()
    case_id = await seen.find("#queue .case-id").first.inner_text(timeout=PATIENCE)
    await seen.find("#tab-talk").click()
    await seen.find("#talk-chips .chip").first.click()
    await expect(seen.find("#talk-log .theirs").last).to_contain_text(case_id, timeout=PATIENCE)
    await seen.find("#tab-line").click()
    await seen.find("#line-text").fill(f"take {case_id}")
    await seen.page.keyboard.press("Enter")
    await expect(seen.find("#runs .typed")).to_have_text(f"$ pyynto take {case_id}")
    await seen.find("#queue tbody td").last.click()
    await expect(seen.find("#pane-case .journal li").last).to_be_visible(timeout=PATIENCE)
    await expect(seen.find("#pane-case .out")).to_contain_text("Pyyntö kirjattu: mikä osoite on rekisterissä")
    await seen.find("#tab-line").click()
    await seen.find("#line-text").fill("purge")
    await seen.page.keyboard.press("Enter")
    await expect(seen.find("#runs .err")).to_be_visible()


async def test_every_control_has_a_name_and_nothing_overflows_on_a_phone(
    demo: Demo, browser: Browser
) -> None:
    seen = await visit(browser, demo, width=390)
    await expect(seen.find("#chat-chips .chip").first).to_be_visible()
    nameless = await seen.page.evaluate(
        """() => [...document.querySelectorAll("button, input, select, textarea, a")].filter((one) => {
            if (!one.checkVisibility()) return false;
            const label = one.labels?.length ? one.labels[0].textContent : "";
            return !(one.getAttribute("aria-label") || label || one.textContent).trim();
        }).map((one) => one.outerHTML)"""
    )
    assert nameless == []
    assert await seen.page.evaluate("document.documentElement.scrollWidth") <= 390


async def test_a_phone_shows_one_panel_at_a_time_and_the_guide_turns_to_it(
    demo: Demo, browser: Browser
) -> None:
    seen = await visit(browser, demo, width=390)
    await expect(seen.find("#chat-text")).to_be_in_viewport()
    await expect(seen.find("#mail")).to_be_hidden()
    await seen.find("#chat-chips .chip").first.click()
    await seen.find("#chat-chips .chip.strong").click()
    await expect(seen.find(".jump .badge")).to_be_visible(timeout=PATIENCE)
    await seen.find("#hint-act").click()
    await expect(seen.find("#reading .code")).to_be_visible()
    await seen.find("#hint-act").click()
    await expect(seen.find("#chat-text")).to_be_visible()
    await expect(seen.find("#mail")).to_be_hidden()


async def test_the_language_can_be_switched_on_the_page(demo: Demo, browser: Browser) -> None:
    seen = await visit(browser, demo)
    await expect(seen.find("#mail-title")).to_contain_text("Postilaatikko")
    await seen.find("[data-lang=en]").click()
    await expect(seen.find("#mail-title")).to_contain_text("Mailbox")
    assert await seen.page.evaluate("document.documentElement.lang") == "en"
    await expect(seen.find("#chat-chips .chip").first).to_have_text("What data do you have about me?")


async def test_ctrl_c_stops_everything_and_leaves_nothing(tmp_path: Path) -> None:
    async with running_demo(tmp_path, "en") as demo:
        assert len(await asyncio.to_thread(os.listdir, tmp_path)) == 1
        code, words = await demo.stop()
    assert code == 0
    assert "deleted" in words
    assert await asyncio.to_thread(os.listdir, tmp_path) == []


async def test_a_wrong_language_is_wrong_usage() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", ENTRY, "demo", "--lang", "tlh", stderr=asyncio.subprocess.PIPE
    )
    _, err = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 2
    assert b"--lang" in err
