"""The staff verbs about a shop's mail as a whole: stopping it, and letting it go again."""

from __future__ import annotations

import logging
from datetime import datetime

from storage import watching
from storage.store import Transaction

log = logging.getLogger(__name__)

STOP, GO = "mail-stop", "mail-go"

#: (verb, was it new) -> the words staff get, in chat and in the terminal.
TOLD = {
    (STOP, True): "mail_stopped_now",
    (STOP, False): "mail_stopped_now",
    (GO, True): "mail_released",
    (GO, False): "mail_not_stopped",
}


async def turn(tx: Transaction, shop: str, verb: str, now: datetime) -> tuple[str, int]:
    """Stop the shop's mail, or let it go; the name of what staff are told, and how many letters wait."""
    new = await (watching.stop_mail if verb == STOP else watching.release_mail)(tx, shop, now)
    if new:
        log.warning("%s shop=%s", verb.replace("-", "_"), shop)
    return TOLD[verb, new], await watching.waiting_mail(tx, shop)
