"""The report a mail server sends when it could not deliver after all (RFC 3464)."""

from __future__ import annotations

from email.utils import formatdate, make_msgid

from sandbox.mail._smtp import Sent

_HOST = "sandbox.example"
#: A report with its three parts: for people, for machines, and the mail that came back.
_REPORT = """\
From: Mail Delivery System <mailer-daemon@{host}>
To: {sender}
Subject: Undelivered Mail Returned to Sender
Date: {date}
Message-ID: {message_id}
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="{boundary}"

--{boundary}
Content-Type: text/plain; charset=utf-8

The mail to <{address}> could not be delivered: there is no such mailbox.

--{boundary}
Content-Type: message/delivery-status

Reporting-MTA: dns; {host}

Final-Recipient: rfc822; {address}
Action: failed
Status: {status}
Diagnostic-Code: smtp; 550 {status} No such mailbox

--{boundary}
Content-Type: message/rfc822

{original}
--{boundary}--
"""


def report(sent: Sent, address: str, status: str = "5.1.1") -> bytes:
    """A delivery report on `address`, to whoever the envelope names as sender. Lines end in CRLF."""
    text = _REPORT.format(
        host=_HOST,
        sender=sent.mail_from,
        date=formatdate(localtime=True),
        message_id=make_msgid(domain=_HOST),
        boundary="report-8d1f",
        address=address,
        status=status,
        original=sent.content.decode("utf-8", "surrogateescape"),
    )
    return "\r\n".join(text.splitlines()).encode("utf-8", "surrogateescape") + b"\r\n"
