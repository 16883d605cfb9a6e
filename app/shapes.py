"""The shapes `--json` prints: stable, since scripts rely on them.

Keys and values only; which rows there are is `desk`'s business, and how a person sees them `commands.tables`'.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from cases.model import Case, Channel, Route, Unsorted
from storage.desk import Dossier

HELSINKI = ZoneInfo("Europe/Helsinki")


_CHANNELS = {Route.MAIL: "email", Route.CHAT: "chat", Route.POST: "letter"}


def row_of(case: Case) -> dict[str, Any]:
    """A case as `queue --json` gives it."""
    return {
        "id": case.id,
        "shop": case.shop,
        "kind": str(case.kind),
        "status": str(case.status),
        "channel": str(case.channel),
        "language": str(case.language),
        "received_at": iso(case.received_at),
        "due": case.due.isoformat(),
        "safe_due": case.safe_due.isoformat(),
        "verified_by": str(case.verified_by) if case.verified_by else None,
        "assignee": case.assignee,
        "extended": case.extended,
        "flags": sorted(str(flag) for flag in case.flags),
    }


def view_of(dossier: Dossier) -> dict[str, Any]:
    """A case as `case ID --json` gives it."""
    request = dossier.request
    chat = request.channel is Channel.CHAT
    return {
        **row_of(dossier.case),
        "request_id": request.id,
        "text": request.text,
        "details": dict(dossier.case.details),
        "requester": {
            "customer_id": request.customer_id,
            "name": request.customer_name,
            "email": request.proof.address or (request.peer if request.channel is Channel.EMAIL else ""),
            "telegram_id": int(request.peer) if chat and request.peer.lstrip("-").isdigit() else None,
            "claimed": request.claim.text,
        },
        "journal": [
            {
                "at": iso(entry.at),
                "event": str(entry.event),
                "actor": entry.actor,
                "note": entry.note or _said(entry.data),
            }
            for entry in dossier.journal
        ],
        "letters": [
            {
                "name": sent.letter.name,
                "to": sent.letter.to,
                "channel": _CHANNELS[sent.letter.route],
                "state": sent.state,
                "at": iso(sent.at),
            }
            for sent in dossier.letters
            if sent.letter.route is not Route.STAFF
        ],
    }


def unsorted_row(number: int, item: Unsorted) -> dict[str, Any]:
    """An unsorted message as `unsorted --json` gives it."""
    return {
        "n": number,
        "shop": item.shop,
        "channel": str(item.channel),
        "received_at": iso(item.received_at),
        "language": str(item.language),
        "reason": item.reason,
        "from": item.peer,
        "subject": item.subject,
        "text": item.text,
    }


def iso(moment: datetime) -> str:
    """ISO 8601 with the offset in Finland at that moment."""
    return moment.astimezone(HELSINKI).isoformat(timespec="seconds")


def _said(data: Mapping[str, Any]) -> str:
    """What an event carries, in a line; names in several languages are for letters and lists."""
    shown = {key: value for key, value in sorted(data.items()) if not isinstance(value, dict)}
    return ", ".join(f"{key}: {_plain(value)}" for key, value in shown.items())


def _plain(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
