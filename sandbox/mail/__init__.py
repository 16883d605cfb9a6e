"""A mail server for this machine: SMTP in, IMAP out, both in one event loop, everything in memory.

For `pyynto demo` and for tests. What a sender hands in by SMTP for a known address lies in that mailbox's
INBOX at once and wakes whoever idles there; what goes to anybody else is kept in `outbound`. It relays
nothing.

    async with MailServer.serve(addresses=["tietosuoja@shop.example"]) as mail:
        await mail.deliver(b"From: …", "tietosuoja@shop.example")
        answers = await mail.wait_for(to="maija.mallikas@example.com", timeout=5)
"""

from __future__ import annotations

from sandbox.mail._certificate import client_context, self_signed
from sandbox.mail._imap import Kept
from sandbox.mail._server import MailServer
from sandbox.mail._smtp import Sent

__all__ = ["Kept", "MailServer", "Sent", "client_context", "self_signed"]
