"""`pyynto serve` as it ships, in a process of its own: real mail servers, the webhook, a clean stop."""

from __future__ import annotations

import asyncio
import contextlib
import email
import email.policy
import json
import os
import signal
import subprocess
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from email.utils import make_msgid
from pathlib import Path
from smtplib import SMTP
from typing import Any

import pytest

from tests.office import CUSTOMERS, MAIJA, SECRET, Office, code_in, opened
from tests.wire.real_mail import PASSWORD, USER, RealMail, free_port, missing, running
from tests.wire.real_shop import PYYNTO, until

#: A customer whose mailbox lies on the real server.
CUSTOMER = "maija.mallikas@shop.example"


@contextlib.contextmanager
def served(config: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The service, until the block ends."""
    log = config.with_suffix(".log")
    with log.open("wb") as out:
        process = subprocess.Popen([PYYNTO, "serve", "--config", config], stdout=out, stderr=out)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def pyynto(config: Path, *words: str) -> Any:
    """What a command prints as JSON."""
    done = subprocess.run(
        [PYYNTO, *words, "--json", "--config", config], capture_output=True, check=True, timeout=60
    )
    return json.loads(done.stdout)


# -- Dovecot and Postfix --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def mail() -> Iterator[RealMail]:
    if reason := missing():
        pytest.skip(reason)
    with running() as servers:
        with (servers.folder / "users").open("a") as users:
            users.write(f"{CUSTOMER}:{PASSWORD}\n")
        yield servers


def configured(folder: Path, mail: RealMail) -> Path:
    (folder / "register").mkdir()
    customers = CUSTOMERS.replace(MAIJA, CUSTOMER)
    (folder / "register/customers.csv").write_text(customers, encoding="utf-8")
    (folder / "register/orders.csv").write_text("order_id,customer_id\n", encoding="utf-8")
    (folder / "password").write_text(PASSWORD, encoding="utf-8")
    (folder / "pyynto.toml").write_text(
        f"""
[service]
database = "sqlite:///pyynto.db"
secret = "{SECRET}"

[[shops]]
profile = "liwigo"
register = "csv:register/"

[shops.mailbox]
address = "{USER}"
imap = "imaps://{USER.replace("@", "%40")}@localhost:{mail.imaps_port}"
smtp = "smtps://localhost:{mail.smtps_port}"
password = "file:password"
ca_file = "{mail.ca_file}"
""",
        encoding="utf-8",
    )
    return folder / "pyynto.toml"


def send(mail: RealMail, text: str, **headers: str) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = CUSTOMER, USER, "Pyyntö"
    message["Message-ID"] = make_msgid(domain="shop.example")
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    with SMTP("127.0.0.1", mail.smtp_port) as server:
        server.send_message(message)


def received(mail: RealMail) -> list[EmailMessage]:
    box = mail.folder / "mail" / CUSTOMER
    files = sorted(box.glob("new/*"), key=lambda path: path.stat().st_mtime) if box.exists() else []
    return [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in files]


def test_a_mail_and_a_reply_open_a_case_over_dovecot_and_postfix(tmp_path: Path, mail: RealMail) -> None:
    config = configured(tmp_path, mail)
    with served(config):
        send(mail, "Hei!\n\nPoistakaa kaikki tietoni asiakasrekisteristänne.\n\nTerveisin Maija")
        (first,) = until(lambda: received(mail))
        assert first["Auto-Submitted"] == "auto-replied"
        send(mail, f"koodi on {code_in(first)}\n\n> {first['Subject']}", In_Reply_To=str(first["Message-ID"]))
        rows = until(lambda: [row for row in pyynto(config, "queue") if row["status"] == "open"])
    assert [(row["kind"], row["verified_by"]) for row in rows] == [("erasure", "code")]
    assert len(received(mail)) == 2


def test_mail_that_came_while_dovecot_was_dead_is_found_once_it_is_back(
    tmp_path: Path, mail: RealMail
) -> None:
    mail.empty()
    config = configured(tmp_path, mail)
    with served(config):
        until(lambda: "serving" in config.with_suffix(".log").read_text())
        mail.kill_dovecot()
        mail.start_dovecot()
        send(mail, "Lopettakaa mainosten lähettäminen minulle.")
        mail.flush()
        (row,) = until(lambda: [one for one in pyynto(config, "queue") if one["status"] == "verifying"], 60)
    assert row["kind"] == "opt_out"


# -- the webhook, health, and the end -------------------------------------------------------------------------


@asynccontextmanager
async def posted(folder: Path) -> AsyncIterator[tuple[Office, str]]:
    """An office whose updates are posted to it."""
    url = f"http://127.0.0.1:{free_port()}"
    http = url.removeprefix("http://")
    async with opened(folder, extra_telegram=f'webhook = "{url}"', http=http) as office:
        yield office, url


async def test_updates_that_telegram_posts_are_answered(tmp_path: Path) -> None:
    async with posted(tmp_path) as (office, _):
        for _ in range(100):
            if office.bot.webhook is not None:
                break
            await asyncio.sleep(0.05)
        maija = office.person()
        await maija.say("poista tietoni")
        assert "LIW-" in (await maija.next_message())["text"]
        assert not office.api.calls("getUpdates")


async def test_a_post_without_the_secret_opens_nothing(tmp_path: Path) -> None:
    async with posted(tmp_path) as (office, url):
        update = {"update_id": 1, "message": {"message_id": 1, "date": 1, "text": "poista tietoni"}}

        def post() -> int:
            request = urllib.request.Request(
                f"{url}/telegram/liwigo",
                json.dumps(update).encode(),
                {"Content-Type": "application/json", "X-Telegram-Bot-Api-Secret-Token": "guessed"},
            )
            try:
                with urllib.request.urlopen(request, timeout=5) as answer:
                    return int(answer.status)
            except urllib.error.HTTPError as refused:
                return refused.code
            except urllib.error.URLError:
                return 0

        while (status := await asyncio.to_thread(post)) == 0:
            await asyncio.sleep(0.05)
        assert status == 403
        assert await office.queue(everything=True) == []


def healthz(url: str) -> tuple[int, Any]:
    try:
        with urllib.request.urlopen(f"{url}/healthz", timeout=5) as answer:
            return int(answer.status), json.load(answer)
    except urllib.error.HTTPError as refused:
        return refused.code, json.load(refused)


async def test_health_has_the_shape_of_the_contract_and_turns_503_when_a_channel_is_silent(
    tmp_path: Path,
) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    async with opened(tmp_path, http=url.removeprefix("http://")) as office:
        while office.mail.readers == 0 or not office.api.calls("getUpdates"):
            await asyncio.sleep(0.05)
        status, body = await asyncio.to_thread(healthz, url)
        assert status == 200
        assert body["status"] == "ok"
        (shop,) = body["shops"]
        assert shop["profile"] == "liwigo"
        assert shop["telegram"].keys() == shop["mailbox"].keys() == {"ok", "last_ok"}
        assert body["outbox"] == {"waiting": 0, "failed": 0}
        office.clock.pass_time(seconds=301)
        status, body = await asyncio.to_thread(healthz, url)
        assert (status, body["status"]) == (503, "failing")


async def test_sigterm_ends_the_service_cleanly(tmp_path: Path) -> None:
    async with opened(tmp_path, start=False) as office:
        process = await asyncio.create_subprocess_exec(
            PYYNTO, "serve", "--config", office.settings_path, stderr=asyncio.subprocess.PIPE
        )
        while not office.api.calls("getUpdates"):
            await asyncio.sleep(0.05)
        maija = office.person()
        await maija.say("poista tietoni")
        await maija.next_message(20)
        process.send_signal(signal.SIGTERM)
        _, said = await asyncio.wait_for(process.communicate(), 20)
        assert process.returncode == 0
        assert b"Traceback" not in said
        assert b"poista" not in said


def test_a_wrong_setting_is_named_and_nothing_starts(tmp_path: Path) -> None:
    config = tmp_path / "pyynto.toml"
    config.write_text('[service]\ndatabase = "sqlite:///x.db"\nsecret = "env:NOT_SET_ANYWHERE"\ncolour = 1\n')
    environment = {name: value for name, value in os.environ.items() if name != "NOT_SET_ANYWHERE"}
    done = subprocess.run(
        [PYYNTO, "serve", "--config", config], capture_output=True, text=True, env=environment, timeout=60
    )
    assert done.returncode == 2
    assert "service.colour" in done.stderr
    assert "NOT_SET_ANYWHERE" in done.stderr
    assert "Traceback" not in done.stderr
