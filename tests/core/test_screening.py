"""Machines' mail is told from people's, each rule by a mail that hits it and one that just does not."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mailers.bounces import Bounce, bounced
from mailers.reading import read
from mailers.screening import SCREENS

OWN = "tietosuoja@shop.example"
HUMAN = "From: Maija <maija@example.com>"
MULTI = 'Content-Type: multipart/{}; boundary="b"'


def screened(*headers: str, body: str = "Poistakaa tietoni.") -> str:
    """The rule that hits a mail; a From is added where the headers name none."""
    lines = list(headers)
    if not any(line.lower().startswith("from:") for line in lines):
        lines.append(HUMAN)
    raw = ("\r\n".join(lines) + "\r\n\r\n" + body.replace("\n", "\r\n")).encode()
    return read(raw, key="k", shop="s", own_address=OWN, internal_date=datetime.now(UTC)).automated


def parts(*kinds: str) -> str:
    return "".join(f"--b\nContent-Type: {kind}\n\nx\n" for kind in kinds) + "--b--\n"


MACHINES: list[tuple[str, tuple[str, ...], str]] = [
    ("own_mail", ("X-Pyynto: letter",), ""),
    ("own_mail", ("Message-ID: <pyynto.abc@shop.example>",), ""),
    ("own_mail", (f"From: {OWN}", "Auto-Submitted: auto-replied"), ""),
    ("read_receipt", (MULTI.format("report; report-type=disposition-notification"),), ""),
    ("read_receipt", (MULTI.format("report"),), parts("text/plain", "message/disposition-notification")),
    ("feedback_report", (MULTI.format("report; report-type=feedback-report"),), ""),
    ("feedback_report", ("Subject: Report Domain: shop.example Submitter: mx.example Report-ID: <1>",), ""),
    ("feedback_report", ("TLS-Report-Domain: shop.example", MULTI.format("report; report-type=tlsrpt")), ""),
    ("bounce", (MULTI.format("report; report-type=delivery-status"),), ""),
    ("bounce", (MULTI.format("report"),), parts("text/plain", "message/delivery-status")),
    ("bounce", ("From: MAILER-DAEMON@mx.example",), ""),
    ("bounce", ("From: Mail Delivery <postmaster@mx.example>",), ""),
    ("bounce", ("X-Failed-Recipients: maija@example.com",), ""),
    ("null_sender", ("Return-Path: <>",), ""),
    ("null_sender", ("Return-Path: < >",), ""),
    ("no_sender", ("From: undisclosed",), ""),
    ("auto_submitted", ("Auto-Submitted: auto-replied",), ""),
    ("auto_submitted", ("Auto-Submitted: auto-generated; type=x",), ""),
    ("auto_submitted", ("auto-submitted: Auto-Notified",), ""),
    ("calendar", ("Content-Type: text/calendar; method=REPLY",), ""),
    ("calendar", (MULTI.format("alternative"),), parts("text/plain", "text/calendar; method=REQUEST")),
    ("list_mail", ("List-Id: <news.example.org>",), ""),
    ("list_mail", ("List-Unsubscribe: <https://news.example.org/u>",), ""),
    ("list_mail", ("List-Post: <mailto:list@example.org>",), ""),
    ("bulk", ("Precedence: bulk",), ""),
    ("bulk", ("Precedence: JUNK",), ""),
    ("bulk", ("Precedence: list",), ""),
    ("bulk", ("Precedence: auto_reply",), ""),
    ("replies_suppressed", ("X-Auto-Response-Suppress: All",), ""),
    ("replies_suppressed", ("X-Auto-Response-Suppress: DR, OOF, AutoReply",), ""),
    ("marked_automatic", ("X-Autoreply: yes",), ""),
    ("marked_automatic", ("X-Autorespond: anything",), ""),
    ("out_of_office", ("Subject: Automaattinen vastaus: Pyyntö",), ""),
    ("out_of_office", ("Subject: =?utf-8?q?Poissaoloilmoitus?=",), ""),
    ("out_of_office", ("Subject: Poissa: lomalla 1.12. asti",), ""),
    ("out_of_office", ("Subject: Automatic reply: Re: Your request",), ""),
    ("out_of_office", ("Subject: Out of office",), ""),
    ("out_of_office", ("Subject: Auto-Reply: thanks",), ""),
    ("out_of_office", ("Subject: Autosvar: Tack",), ""),
    ("out_of_office", ("Subject: Automatiskt svar: Hej",), ""),
    ("out_of_office", ("Subject: Frånvaro: semester",), ""),
    ("list_mail", ("X-Mailman-Version: 2.1",), ""),
    ("bounce", ("From: Mail Delivery Subsystem <MAILER-DAEMON>",), ""),
    ("bounce", ("Return-Path: <>", "Subject: Viestiä ei voitu toimittaa"), ""),
    ("bounce", ("Auto-Submitted: auto-replied",), "Your message wasn't delivered to maija@example.com"),
    ("delayed", ("From: MAILER-DAEMON@mx.example", "Subject: Delivery Status Notification (Delay)"), ""),
    ("delayed", ("Return-Path: <>", "Subject: Viestin toimitus viivästyy"), ""),
    (
        "bounce_in_words",
        ("Subject: Undeliverable: Koodi",),
        "Your message could not be delivered to\nmaija@example.com",
    ),
    ("bounce_in_words", ("Subject: Palautettu viesti",), "Viestiäsi ei voitu toimittaa vastaanottajalle."),
    (
        "bounce_in_words",
        ("Subject: VS: Pyyntö",),
        "*** Viestiä ei voitu toimittaa ***\n550 5.1.1 tuntematon\n",
    ),
    ("bounce_in_words", ("From: ndr@mx.example", "Subject: Delivery failed"), "x"),
    ("challenge", ("Subject: Vahvista viestisi",), "Viestisi odottaa vahvistusta, paina linkkiä."),
    (
        "challenge",
        ("Subject: [SpamArrest] please confirm your message",),
        "To complete this verification, click.",
    ),
    ("report_in_words", ("Subject: Abuse report",), "This is an email abuse report for an email you sent"),
    ("automatic_words", ("Subject: Re: Pyyntö",), "Hei!\n\nTämä on automaattinen vastaus. Olen lomalla."),
    ("automatic_words", ("Subject: Re: Your data",), "This is an automated response, we read it tomorrow."),
    (
        "acknowledgement",
        ("Subject: Kiitos viestistäsi",),
        "Olemme vastaanottaneet viestisi ja palaamme asiaan.",
    ),
    ("acknowledgement", ("From: no-reply@desk.example",), "Your request has been received (1234)."),
    ("no_reply", ("From: no-reply@form.example",), ""),
    ("no_reply", ("From: Lomake <alavastaa@form.example>",), ""),
]

PEOPLE: list[tuple[str, tuple[str, ...], str]] = [
    ("plain", (), ""),
    ("says no", ("Auto-Submitted: no",), ""),
    (
        "asks for a receipt",
        ("Disposition-Notification-To: maija@example.com", "Return-Receipt-To: x@example.com"),
        "",
    ),
    ("a real return path", ("Return-Path: <maija@example.com>",), ""),
    ("forbids receipts only", ("X-Auto-Response-Suppress: DR, RN, NRN",), ""),
    ("answers an absence notice", ("Subject: Re: Automaattinen vastaus: Pyyntö",), ""),
    ("forwards an absence notice", ("Subject: Fwd: Out of office",), ""),
    ("speaks of an office", ("Subject: Poissaoloni ja tietoni",), ""),
    ("speaks of automation", ("Subject: Automaattinen päätöksenteko, vastustan",), ""),
    ("forwards", ("Subject: Fwd: Undelivered Mail Returned to Sender",), "Miksi tämä tuli?"),
    ("sends a calendar file", (MULTI.format("mixed"),), parts("text/plain", "text/calendar; name=a.ics")),
    ("forwards a bounce as a file", (MULTI.format("mixed"),), parts("text/plain", "message/rfc822")),
    ("writes through the shop's own group", ("List-Id: <tietosuoja.shop.example>", "Precedence: list"), ""),
    ("writes through the group's address", (f"List-Post: <mailto:{OWN}>", "List-Unsubscribe: <x>"), ""),
    ("is of high importance", ("Precedence: first-class", "Importance: high"), ""),
    ("the shop's own staff", (f"From: {OWN}",), ""),
    ("a postmaster by name only", ('From: "postmaster" <maija@example.com>',), ""),
    ("another's message id", ("Message-ID: <pyynto.abc@elsewhere.example>",), ""),
    (
        "tells of a bounce",
        ("Subject: Sähköpostini",),
        "Hei, sain tämän: Your message could not be delivered. Miksi?",
    ),
    (
        "forwards one inline",
        ("Subject: Fwd: failure notice",),
        "Mikä tämä on?\n> Hi. This is the qmail-send program",
    ),
    ("is away and says so", ("Subject: Pyyntö",), "Olen lomalla 5.7. asti, lähettäkää tietoni vasta sitten."),
    ("thanks", ("Subject: Kiitos viestistäsi",), "Kiitos paljon, asia on minun puolestani selvä."),
    ("quotes an acknowledgement", ("Subject: Re: Kiitos yhteydenotostasi",), "Haluan silti nähdä tietoni."),
    ("answers us", ("In-Reply-To: <pyynto.abc@shop.example>", "Subject: Re: Pyyntö"), ""),
]


@pytest.mark.parametrize(("rule", "headers", "body"), MACHINES)
def test_machines_mail_is_named_by_its_rule(rule: str, headers: tuple[str, ...], body: str) -> None:
    assert screened(*headers, body=body or "x") == rule


@pytest.mark.parametrize(("who", "headers", "body"), PEOPLE, ids=[row[0] for row in PEOPLE])
def test_a_person_s_mail_passes(who: str, headers: tuple[str, ...], body: str) -> None:
    assert screened(*headers, body=body or "x") == ""


def test_every_rule_is_shown_by_a_row_and_says_what_it_means() -> None:
    assert {rule for rule, _, _ in MACHINES} == {screen.name for screen in SCREENS}
    assert all(screen.meaning for screen in SCREENS)


def test_the_first_rule_that_hits_names_the_mail() -> None:
    assert screened("Return-Path: <>", "Auto-Submitted: auto-replied", "Precedence: bulk") == "null_sender"


# -- bounces ---------------------------------------------------------------------------------------------

REPORT = """\
From: Mail Delivery System <MAILER-DAEMON@mx.example>
Message-ID: <report@mx.example>
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I am sorry to have to inform you.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; Maija@Example.com
Action: {action}
Status: {status}

--b
Content-Type: {kind}

From: tietosuoja@shop.example
Message-ID: <pyynto.abc@shop.example>
Subject: Koodi

x
--b--
"""


def report(action: str = "failed", status: str = "5.1.1", kind: str = "message/rfc822") -> bytes:
    return REPORT.format(action=action, status=status, kind=kind).replace("\n", "\r\n").encode()


@pytest.mark.parametrize("kind", ["message/rfc822", "text/rfc822-headers"])
def test_a_report_names_the_letter_and_who_missed_it(kind: str) -> None:
    expected = Bounce(("<pyynto.abc@shop.example>",), ("maija@example.com",), permanent=True)
    assert bounced(report(kind=kind)) == expected


@pytest.mark.parametrize(
    ("action", "status", "permanent"),
    [("delayed", "4.4.1", False), ("failed", "4.4.7", False), ("failed", "5.2.2", True)],
)
def test_a_delay_is_not_a_failure(action: str, status: str, permanent: bool) -> None:
    found = bounced(report(action, status))
    assert found is not None
    assert found.permanent is permanent


@pytest.mark.parametrize("action", ["delivered", "relayed", "expanded"])
def test_a_report_of_success_is_no_bounce(action: str) -> None:
    assert bounced(report(action, "2.0.0")) is None


def test_a_report_without_its_letter_names_what_it_answers() -> None:
    raw = report().replace(b"Message-ID: <pyynto.abc@shop.example>\r\n", b"")
    raw = raw.replace(
        b"Message-ID: <report@", b"In-Reply-To: <pyynto.abc@shop.example>\r\nMessage-ID: <report@"
    )
    found = bounced(raw)
    assert found is not None
    assert found.message_ids == ("<pyynto.abc@shop.example>",)


def test_a_mail_server_s_own_words_are_understood() -> None:
    raw = (
        b"From: MAILER-DAEMON@mx.example\r\nMessage-ID: <report@mx.example>\r\n"
        b"X-Failed-Recipients: maija@example.com\r\n\r\nThis is a permanent error. 550 unknown\r\n\r\n"
        b"------ This is a copy of the message ------\r\n\r\nMessage-Id: <pyynto.abc@shop.example>\r\n"
    )
    assert bounced(raw) == Bounce(("<pyynto.abc@shop.example>",), ("maija@example.com",), permanent=True)


def test_a_mail_server_that_still_tries_is_believed() -> None:
    raw = (
        b"From: MAILER-DAEMON@mx.example\r\n\r\nNot delivered yet, 4.4.1, will retry\r\n\r\n"
        b"> Message-ID: <pyynto.abc@shop.example>\r\n"
    )
    assert bounced(raw) == Bounce(("<pyynto.abc@shop.example>",), (), permanent=False)


@pytest.mark.parametrize("raw", [b"", b"\xff\x00", b"From: maija@example.com\r\n\r\nNothing to tell.\r\n"])
def test_what_is_no_report_is_no_bounce(raw: bytes) -> None:
    assert bounced(raw) is None
