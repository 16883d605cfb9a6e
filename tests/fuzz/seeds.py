"""Mails to begin from: one of each shape that the reading knows of, written here."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from email.message import EmailMessage

SHAPES = (
    ("text/plain; charset=utf-8", "8bit", "Hei, poistakaa tietoni. Terveisin Äiti".encode()),
    ("text/plain; charset=iso-8859-15", "8bit", "Hyvää päivää, 5 €".encode("iso-8859-15")),
    ("text/plain; charset=windows-1252", "quoted-printable", b"Hyv=E4=E4 p=E4iv=E4=E4 =\r\n=80"),
    ("text/plain; charset=utf-7", "7bit", b"+AOQA9g- poistakaa"),
    ("text/plain; charset=utf-16", "base64", base64.b64encode("Hei ä".encode("utf-16"))),
    ("text/plain; charset=unknown-8bit", "8bit", b"\xff\xfe\xe4\xf6"),
    ("text/html; charset=utf-8", "8bit", b"<p>Hei<br>poistakaa <b>tietoni<blockquote>vanhaa"),
    ("application/ms-tnef; name=winmail.dat", "base64", base64.b64encode(b"\x78\x9f\x3e\x22" + bytes(60))),
    ("application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m", "base64", base64.b64encode(bytes(99))),
    ("text/calendar; method=REPLY", "7bit", b"BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nEND:VCALENDAR"),
    ("message/rfc822", "7bit", b"From: a@example.com\r\nSubject: sis\xc3\xa4\r\n\r\nteksti"),
    ("message/delivery-status", "7bit", b"Reporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; a@example.com\n"
     b"Action: failed\nStatus: 5.1.1\n"),
    ("text/rfc822-headers", "7bit", b"Message-ID: <pyynto.abc@shop.example>\r\nTo: a@example.com\r\n"),
)  # fmt: skip

MULTIPARTS = (
    "multipart/mixed",
    "multipart/alternative",
    "multipart/related",
    'multipart/report; report-type="delivery-status"',
    'multipart/report; report-type="disposition-notification"',
    'multipart/encrypted; protocol="application/pgp-encrypted"',
    "multipart/signed",
    "multipart/digest",
)

HEADERS = (
    b"Subject: =?utf-8?q?P=C3=A4iv=C3=A4=C3=A4?= =?iso-8859-1?B?5A==?=",
    b"Subject: Undelivered Mail Returned to Sender",
    b"Subject: Automaattinen vastaus: Poissa",
    b"Auto-Submitted: auto-replied",
    b"References: <a@example.com>\r\n <b@example.com> <pyynto.abc@shop.example>",
    b"In-Reply-To: <pyynto.abc@shop.example>",
    b"Return-Path: <>",
    b"List-Id: Uutiset <uutiset.example.com>",
    b"Authentication-Results: mx.shop.example; spf=fail (x) a=b; dkim=pass; dmarc=fail",
    b"X-Failed-Recipients: a@example.com, b@example.com",
    b'From: "Mallikas, Maija" <maija@example.com>',
    b"From: =?utf-8?q?M?= <maija@xn--pivn-loa.example> (kommentti)",
    b"Content-Disposition: attachment; filename*=utf-8''n%C3%A4.pdf",
)


def seeds() -> Iterator[bytes]:
    """Every shape alone, in every multipart, with every header."""
    for kind, encoding, body in SHAPES:
        yield mail(part(kind, encoding, body))
        for multipart in MULTIPARTS:
            yield mail(whole(multipart, [part(*SHAPES[0]), part(kind, encoding, body)]))
    for header in HEADERS:
        yield header + b"\r\n" + mail(part(*SHAPES[0]))
    modern = EmailMessage()
    modern["From"], modern["To"], modern["Subject"] = "a@example.com", "b@example.com", "Päivää"
    modern.set_content("Hei\n> vanhaa\n-- \nMaija")
    modern.add_alternative("<p>Hei</p>", subtype="html")
    modern.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="näkymä.pdf")
    yield modern.as_bytes()


def mail(entity: bytes) -> bytes:
    """A whole mail around a part."""
    head = (
        b"From: Maija <maija@example.com>\r\nTo: tietosuoja@shop.example\r\nMessage-ID: <1@example.com>\r\n"
    )
    return head + b"MIME-Version: 1.0\r\n" + entity


def part(kind: str, encoding: str, body: bytes) -> bytes:
    """One part with its own headers."""
    return f"Content-Type: {kind}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n".encode() + body


def whole(kind: str, parts: list[bytes], boundary: str = "raja") -> bytes:
    """Several parts as one."""
    mark = f"\r\n--{boundary}".encode()
    inside = b"".join(mark + b"\r\n" + one for one in parts)
    return f'Content-Type: {kind}; boundary="{boundary}"\r\n\r\n'.encode() + inside + mark + b"--\r\n"
