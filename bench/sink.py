"""An SMTP server in a process of its own that takes every mail and says when the N-th one came.

`python -m bench.sink N` prints its port, then one line with the monotonic time of the first and the N-th mail
and how many different recipients there were.
"""

from __future__ import annotations

import asyncio
import sys
import time

from aiosmtpd.smtp import SMTP, Envelope, Session


class Sink:
    """Counts."""

    def __init__(self, wanted: int) -> None:
        self.wanted = wanted
        self.first = 0.0
        self.recipients: set[str] = set()
        self.count = 0

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take it."""
        self.first = self.first or time.monotonic()
        self.count += 1
        self.recipients |= set(envelope.rcpt_tos)
        if self.count == self.wanted:
            print(self.first, time.monotonic(), len(self.recipients), flush=True)
        return "250 OK"


async def serve(wanted: int) -> None:
    """Until killed."""
    sink, loop = Sink(wanted), asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(sink, loop=loop, enable_SMTPUTF8=True), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
