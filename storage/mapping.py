"""Rows to nouns and back. Personal parts are sealed on the way in and opened on the way out."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from cases.model import (
    Asking,
    Attempt,
    Case,
    Channel,
    Claim,
    Conversation,
    Customer,
    Draft,
    Entry,
    Event,
    Flag,
    Kind,
    Language,
    Letter,
    Order,
    Proof,
    Request,
    Route,
    Status,
    Suppression,
    Unsorted,
    VerifiedBy,
)  # fmt: skip
from storage.vault import Vault


def peer_index(vault: Vault, shop: str, channel: Channel | str, peer: str) -> str:
    """How a peer of one channel is found."""
    return vault.index("peer", shop, str(channel), peer)


def address_index(vault: Vault, shop: str, address: str) -> str:
    """How an address is found; empty stays empty."""
    return vault.index("address", shop, address) if address else ""


def request_values(request: Request, vault: Vault) -> dict[str, Any]:
    """A request as a row."""
    proof = request.proof
    return {
        "id": request.id,
        "shop": request.shop,
        "channel": str(request.channel),
        "peer_index": peer_index(vault, request.shop, request.channel, request.peer),
        "address_index": address_index(vault, request.shop, proof.address),
        "received_at": request.received_at,
        "language": str(request.language),
        "lang_seen": request.lang_seen,
        "customer_id": request.customer_id,
        "issue": proof.issue,
        "accepted_at": proof.accepted_at,
        "expires_at": proof.expires_at,
        "code_state": proof.state,
        "tries": proof.tries,
        "own_tries": proof.own_tries,
        "used": proof.used,
        "verified_by": str(request.verified_by) if request.verified_by else None,
        "verified_at": request.verified_at,
        "message_id": request.message_id,
        "body": vault.seal_json(
            {
                "peer": request.peer,
                "text": request.text,
                "claim": asdict(request.claim),
                "name": request.customer_name,
                "address": proof.address,
                "subject": request.subject,
            }
        ),
        "version": request.version + 1,
    }


def request_from(row: Any, vault: Vault) -> Request:
    """A row as a request."""
    body = vault.unseal_json(row.body)
    return Request(
        id=row.id,
        shop=row.shop,
        channel=Channel(row.channel),
        peer=body["peer"],
        received_at=row.received_at,
        language=Language(row.language),
        text=body["text"],
        claim=Claim(**body["claim"]),
        customer_id=row.customer_id,
        customer_name=body["name"],
        proof=Proof(
            issue=row.issue,
            address=body["address"],
            accepted_at=row.accepted_at,
            expires_at=row.expires_at,
            state=row.code_state,
            tries=row.tries,
            own_tries=row.own_tries,
            used=row.used,
        ),
        verified_by=VerifiedBy(row.verified_by) if row.verified_by else None,
        verified_at=row.verified_at,
        message_id=row.message_id,
        subject=body["subject"],
        lang_seen=row.lang_seen,
        version=row.version,
    )


def case_values(case: Case, vault: Vault) -> dict[str, Any]:
    """A case as a row."""
    return {
        "id": case.id,
        "request_id": case.request_id,
        "shop": case.shop,
        "kind": str(case.kind),
        "status": str(case.status),
        "channel": str(case.channel),
        "language": str(case.language),
        "received_at": case.received_at,
        "due": case.due,
        "safe_due": case.safe_due,
        "verified_by": str(case.verified_by) if case.verified_by else None,
        "assignee": case.assignee,
        "extended": case.extended,
        "flags": sorted(str(flag) for flag in case.flags),
        "details": vault.seal_json(dict(case.details)),
        "version": case.version + 1,
    }


def case_from(row: Any, vault: Vault) -> Case:
    """A row as a case."""
    return Case(
        id=row.id,
        request_id=row.request_id,
        shop=row.shop,
        kind=Kind(row.kind),
        status=Status(row.status),
        channel=Channel(row.channel),
        language=Language(row.language),
        received_at=row.received_at,
        due=row.due,
        safe_due=row.safe_due,
        verified_by=VerifiedBy(row.verified_by) if row.verified_by else None,
        assignee=row.assignee,
        extended=row.extended,
        flags=frozenset(Flag(flag) for flag in row.flags),
        details=vault.unseal_json(row.details),
        version=row.version,
    )


def entry_values(entry: Entry, vault: Vault) -> dict[str, Any]:
    """A journal entry as a row."""
    return {
        "case_id": entry.case_id,
        "at": entry.at,
        "event": str(entry.event),
        "actor": entry.actor,
        "data": dict(entry.data),
        "note": vault.seal(entry.note.encode()) if entry.note else None,
    }


def entry_from(row: Any, vault: Vault) -> Entry:
    """A row as a journal entry."""
    note = vault.unseal(row.note).decode() if row.note else ""
    return Entry(row.case_id, row.at, Event(row.event), row.actor, note, row.data)


def token_of(vault: Vault, key: str) -> str:
    """The local part of a letter's Message-ID: the same at every try, and not to be guessed."""
    return "pyynto." + vault.index("message-id", key)


def lane_of(vault: Vault, letter: Letter) -> str:
    """What letters to the same recipient by the same wire have in common."""
    return vault.index("to", letter.shop, str(letter.route), letter.to)


def letter_values(
    letter: Letter, vault: Vault, now: datetime, leased_until: datetime | None
) -> dict[str, Any]:
    """A letter as a row of the outbox."""
    return {
        "key": letter.key,
        "token": token_of(vault, letter.key),
        "name": letter.name,
        "route": str(letter.route),
        "shop": letter.shop,
        "language": "+".join(map(str, filter(None, (letter.language, letter.also)))),
        "request_id": letter.request_id,
        "case_id": letter.case_id,
        "code_issue": letter.code_issue,
        "keyboard": [list(row) for row in letter.keyboard],
        "in_reply_to": letter.in_reply_to,
        "thread": letter.thread,
        "to_index": lane_of(vault, letter),
        "body": vault.seal_json({"to": letter.to, "context": dict(letter.context)}),
        "state": "queued",
        "tries": 0,
        "created_at": now,
        "next_at": now,
        "leased_until": leased_until,
        "done_at": None,
        "fault": "",
    }


def letter_from(row: Any, vault: Vault) -> Letter:
    """A row of the outbox as a letter."""
    body = vault.unseal_json(row.body)
    language, _, also = row.language.partition("+")
    return Letter(
        key=row.key,
        name=row.name,
        route=Route(row.route),
        shop=row.shop,
        to=body["to"],
        language=Language(language),
        also=Language(also) if also else None,
        context=body["context"],
        request_id=row.request_id,
        case_id=row.case_id,
        keyboard=tuple(tuple(buttons) for buttons in row.keyboard),
        in_reply_to=row.in_reply_to,
        thread=row.thread,
        code_issue=row.code_issue,
    )


def conversation_body(conversation: Conversation, vault: Vault) -> bytes:
    """What a dialogue remembers, sealed."""
    draft = conversation.draft
    return vault.seal_json(
        {
            "language": conversation.language,
            "chosen": conversation.language_chosen,
            "asking": conversation.asking,
            "request_id": conversation.request_id,
            "about": list(conversation.about),
            "blocked": conversation.blocked,
            "draft": None
            if draft is None
            else {
                "text": draft.text,
                "received_at": draft.received_at.isoformat(),
                "claim": asdict(draft.claim),
                "candidates": list(draft.candidates),
                "key": draft.key,
            },
        }
    )


def conversation_from(sealed: bytes, vault: Vault, shop: str, channel: Channel, peer: str) -> Conversation:
    """Undo `conversation_body`."""
    body = vault.unseal_json(sealed)
    draft = body["draft"]
    return Conversation(
        shop=shop,
        channel=channel,
        peer=peer,
        language=Language(body["language"]) if body["language"] else None,
        language_chosen=body["chosen"],
        asking=Asking(body["asking"]) if body["asking"] else None,
        request_id=body["request_id"],
        about=tuple(body["about"]),
        blocked=body["blocked"],
        draft=None
        if draft is None
        else Draft(
            text=draft["text"],
            received_at=datetime.fromisoformat(draft["received_at"]),
            claim=Claim(**draft["claim"]),
            candidates=tuple(Kind(kind) for kind in draft["candidates"]),
            key=draft["key"],
        ),
    )


def unsorted_values(item: Unsorted, vault: Vault) -> dict[str, Any]:
    """An unsorted message as a row."""
    return {
        "key": item.key,
        "shop": item.shop,
        "channel": str(item.channel),
        "received_at": item.received_at,
        "language": str(item.language),
        "reason": item.reason,
        "body": vault.seal_json(
            {"peer": item.peer, "text": item.text, "subject": item.subject, "message_id": item.message_id}
        ),
        "sorted_at": None,
    }


def unsorted_from(row: Any, vault: Vault) -> Unsorted:
    """A row as an unsorted message."""
    body = vault.unseal_json(row.body)
    return Unsorted(
        key=row.key,
        shop=row.shop,
        channel=Channel(row.channel),
        peer=body["peer"],
        received_at=row.received_at,
        language=Language(row.language),
        text=body["text"],
        subject=body["subject"],
        message_id=body["message_id"],
        reason=row.reason,
    )


def attempt_values(attempt: Attempt, vault: Vault, channel: Channel | str) -> dict[str, Any]:
    """A counted try or mail as a row; both sides are indexes."""
    return {
        "what": attempt.what,
        "shop": attempt.shop,
        "requester_index": peer_index(vault, attempt.shop, channel, attempt.requester),
        "address_index": address_index(vault, attempt.shop, attempt.address),
        "at": attempt.at,
        "own": attempt.own,
    }


def suppression_values(item: Suppression, vault: Vault) -> dict[str, Any]:
    """A suppression as a row."""
    return {
        "shop": item.shop,
        "address_index": address_index(vault, item.shop, item.address),
        "address": vault.seal(item.address.encode()),
        "customer_id": item.customer_id,
        "purposes": [str(purpose) for purpose in item.purposes],
        "state": item.state,
        "case_id": item.case_id,
        "since": item.since,
    }


#: Columns of `customers` that stand outside its `record`.
_CUSTOMER_COLUMNS = frozenset({"customer_id", "held", "extra"})


def customer_values(customer: Customer, shop: str, address: str, vault: Vault, load: int) -> dict[str, Any]:
    """A register record as a row; `address` is its normalised e-mail."""
    record: dict[str, Any] = {k: v for k, v in asdict(customer).items() if k not in _CUSTOMER_COLUMNS and v}
    if customer.extra:
        record["extra"] = dict(customer.extra)
    return {
        "shop": shop,
        "customer_id": customer.customer_id,
        "address": address,
        "name": customer.name,
        "record": record,
        "held": vault.seal_json(dict(customer.held)) if customer.held else None,
        "load": load,
    }


def customer_from(row: Any) -> Customer:
    """A row as a register record; of held columns it only says that there are some, the values stay sealed."""
    record = dict(row.record)
    return Customer(customer_id=row.customer_id, held={"held": "held"} if row.held else {}, **record)


def order_values(order: Order, shop: str, address: str, load: int) -> dict[str, Any]:
    """An order as a row."""
    record = {k: v for k, v in asdict(order).items() if k not in ("order_id", "customer_id") and v}
    return {
        "shop": shop,
        "order_id": order.order_id,
        "customer_id": order.customer_id,
        "address": address,
        "record": record,
        "load": load,
    }


def order_from(row: Any) -> Order:
    """A row as an order."""
    return Order(order_id=row.order_id, customer_id=row.customer_id, **dict(row.record))
