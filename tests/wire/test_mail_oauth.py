"""Signing in with access tokens at real Dovecot and Postfix, and at sign-in servers that refuse or are away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from app.house import connect, furnish, inbox_of
from app.settings import load_settings
from mailers.inbox import Inbox
from mailers.oauth import EARLY, Grant, NoToken, Tokens
from mailers.sending import Postman
from tests.office import SECRET
from tests.wire.mail_reader import Reader, mail
from tests.wire.real_mail import USER, RealMail, free_port, real_mail

pytestmark = pytest.mark.wire

__all__ = ["real_mail"]


class SignIn:
    """A sign-in server: gives tokens for a secret or a refresh token, and tells mail servers whose they are."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/token"
        self.asked: list[dict[str, str]] = []
        self.holds: set[str] = set()
        self.lasts: Any = 3600
        self.refuses: int = 0

    async def token(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.asked.append(form)
        right = form.get("refresh_token", "agreed") == "agreed" and form.get("client_secret") == "geheim"
        if self.refuses or not right:
            return web.json_response({"error": "invalid_grant"}, status=self.refuses or 400)
        token = f"token-{len(self.asked)}"
        self.holds.add(token)
        return web.json_response({"access_token": token, "token_type": "Bearer", "expires_in": self.lasts})

    async def introspect(self, request: web.Request) -> web.Response:
        form = await request.post()
        active = form.get("token") in self.holds
        return web.json_response({"active": active, "username": USER} if active else {"active": False})


@pytest.fixture
async def sign_in(real_mail: RealMail) -> AsyncIterator[SignIn]:
    server = SignIn(real_mail.oauth_port)
    app = web.Application()
    app.add_routes([web.post("/token", server.token), web.post("/introspect", server.introspect)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", real_mail.oauth_port).start()
    real_mail.empty()
    yield server
    await runner.cleanup()


def tokens(sign_in: SignIn, **given: str) -> Tokens:
    return Tokens(Grant(sign_in.url, "client-1", **{"client_secret": "geheim", **given}))


def inbox(box: RealMail, tokens: Tokens) -> Inbox:
    url = f"imaps://localhost:{box.imaps_port}"
    return Inbox(url, tokens=tokens, address=USER, ca_file=box.ca_file, first_wait=0.1, timeout=5.0)


def postman(box: RealMail, tokens: Tokens) -> Postman:
    url = f"smtp://localhost:{box.smtp_port}"
    return Postman(url, tokens=tokens, login=USER, ca_file=box.ca_file, starttls=True)


async def test_mail_is_sent_and_fetched_with_one_token_for_both(real_mail: RealMail, sign_in: SignIn) -> None:
    shared = tokens(sign_in, scope="mail")
    async with postman(real_mail, shared) as sender:
        await sender.send(USER, USER, mail("signed in"))
    reader = Reader()
    async with reader.watching(inbox(real_mail, shared)):
        await reader.until(1)
    assert reader.subjects == ["signed in"]
    assert sign_in.asked == [
        {
            "grant_type": "client_credentials",
            "client_id": "client-1",
            "client_secret": "geheim",
            "scope": "mail",
        }
    ]


async def test_a_person_s_consent_is_renewed(real_mail: RealMail, sign_in: SignIn) -> None:
    assert await inbox(real_mail, tokens(sign_in, refresh_token="agreed")).probe() is None
    assert (sign_in.asked[0]["grant_type"], sign_in.asked[0]["refresh_token"]) == ("refresh_token", "agreed")


async def test_a_token_that_was_taken_back_is_replaced_at_the_next_try(
    real_mail: RealMail, sign_in: SignIn
) -> None:
    shared = tokens(sign_in)
    assert await inbox(real_mail, shared).probe() is None
    sign_in.holds.clear()
    assert "login" in str(await inbox(real_mail, shared).probe())
    assert await inbox(real_mail, shared).probe() is None
    sign_in.holds.clear()
    assert "login" in str(await postman(real_mail, shared).probe())
    assert await postman(real_mail, shared).probe() is None


async def test_a_spent_token_is_renewed_in_time(sign_in: SignIn) -> None:
    shared = tokens(sign_in)
    sign_in.lasts = EARLY - 1
    assert await shared.current() != await shared.current()
    sign_in.lasts = EARLY + 30
    first = await shared.current()
    assert await asyncio.gather(*(shared.current() for _ in range(5))) == [first] * 5


@pytest.mark.parametrize(
    ("status", "says"), [(400, "gives no token"), (401, "gives no token"), (503, "answer")]
)
async def test_a_sign_in_server_that_refuses_is_told_from_one_that_is_ill(
    real_mail: RealMail, sign_in: SignIn, status: int, says: str
) -> None:
    sign_in.refuses = status
    assert says in str(await inbox(real_mail, tokens(sign_in)).probe())
    assert says in str(await postman(real_mail, tokens(sign_in)).probe())


async def test_a_sign_in_server_that_is_away_says_so() -> None:
    with pytest.raises(NoToken, match="token_unreachable"):
        await Tokens(Grant(f"http://127.0.0.1:{free_port()}/token", "client-1", "geheim")).current()


async def test_the_settings_lead_to_a_login(real_mail: RealMail, sign_in: SignIn, tmp_path: Path) -> None:
    (tmp_path / "register").mkdir()
    (tmp_path / "register/customers.csv").write_text("customer_id,email\n")
    (tmp_path / "pyynto.toml").write_text(f"""
[service]
database = "sqlite:///pyynto.db"
secret = "{SECRET}"
[[shops]]
profile = "liwigo"
register = "csv:register/"
[shops.mailbox]
address = "{USER}"
imap = "imaps://localhost:{real_mail.imaps_port}"
smtp = "smtp://localhost:{real_mail.smtp_port}"
ca_file = "{real_mail.ca_file}"
[shops.mailbox.oauth]
token_url = "{sign_in.url}"
client_id = "client-1"
client_secret = "env:MAIL_CLIENT"
""")
    settings = load_settings(tmp_path / "pyynto.toml", {"MAIL_CLIENT": "geheim"})
    assert "geheim" not in repr(settings)
    box = inbox_of(connect(furnish(settings.shop())))
    assert box is not None
    assert await box.probe() is None
