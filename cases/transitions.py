"""The life of a case, as one table of (status, event) -> status. No status changes anywhere else.

`drawing` makes the picture in docs/architecture.md from the table.
"""

from __future__ import annotations

from cases.model import Event, Status

E, S = Event, Status

#: What moves a case, from where to where.
NEXT: dict[Status, dict[Event, Status]] = {
    S.RECEIVED: {
        E.CODE_ISSUED: S.VERIFYING,
        E.CODE_EXHAUSTED: S.HELD,
        E.IDENTITY_VERIFIED: S.OPEN,
        E.VERIFICATION_WAIVED: S.OPEN,
        E.IDENTITY_REJECTED: S.UNVERIFIED,
        E.NO_ACTION: S.UNVERIFIED,
        E.HELD: S.HELD,
        E.REFUSED: S.ANSWERED,
        E.WITHDRAWN: S.WITHDRAWN,
    },
    S.VERIFYING: {
        E.CODE_UNDELIVERED: S.RECEIVED,
        E.CODE_EXPIRED: S.RECEIVED,
        E.CODE_EXHAUSTED: S.HELD,
        E.IDENTITY_VERIFIED: S.OPEN,
        E.VERIFICATION_WAIVED: S.OPEN,
        E.IDENTITY_REJECTED: S.UNVERIFIED,
        E.NO_ACTION: S.UNVERIFIED,
        E.HELD: S.HELD,
        E.REFUSED: S.ANSWERED,
        E.WITHDRAWN: S.WITHDRAWN,
    },
    S.HELD: {
        E.IDENTITY_VERIFIED: S.OPEN,
        E.VERIFICATION_WAIVED: S.OPEN,
        E.IDENTITY_REJECTED: S.UNVERIFIED,
        E.REFUSED: S.ANSWERED,
        E.WITHDRAWN: S.WITHDRAWN,
    },
    S.OPEN: {
        E.ASKED: S.WAITING,
        E.HELD: S.HELD,
        E.ANSWERED: S.ANSWERED,
        E.REFUSED: S.ANSWERED,
        E.WITHDRAWN: S.WITHDRAWN,
    },
    S.WAITING: {
        E.ASKED: S.WAITING,
        E.PERSON_WROTE: S.OPEN,
        E.ANSWERED: S.ANSWERED,
        E.REFUSED: S.ANSWERED,
        E.WITHDRAWN: S.WITHDRAWN,
    },
    S.UNVERIFIED: {
        E.IDENTITY_VERIFIED: S.OPEN,
        E.VERIFICATION_WAIVED: S.OPEN,
        E.REOPENED_UNVERIFIED: S.RECEIVED,
        E.WITHDRAWN: S.WITHDRAWN,
    },
    S.ANSWERED: {E.REOPENED: S.OPEN, E.REOPENED_UNVERIFIED: S.RECEIVED},
    S.WITHDRAWN: {E.REOPENED: S.OPEN, E.REOPENED_UNVERIFIED: S.RECEIVED},
}

#: Facts that may be noted while a case is in any status, and move nothing unless NEXT says so.
FACTS = frozenset(
    {
        E.RECEIVED, E.REPEATED, E.PERSON_WROTE, E.CLAIM_MADE, E.CODE_MAILED, E.CODE_WITHHELD, E.CODE_REFUSED,
        E.CODE_ACCEPTED, E.IDENTITY_INFO_REQUESTED, E.SUPPRESSED, E.LINKED, E.TAKEN, E.NOTED,
        E.WITHDRAWAL_ASKED, E.HUMAN_WANTED, E.LETTER_FAILED, E.LETTER_BOUNCED, E.LETTER_DELAYED,
        E.BOUNCE_REPORTED, E.ENTERED, E.SORTED, E.HELD,
        E.CODE_ISSUED, E.CODE_UNDELIVERED, E.CODE_EXPIRED, E.CODE_EXHAUSTED, E.REKINDED, E.REMINDED, E.DUE_SOON, E.SEEN,
        E.CORRECTED, E.TASK_OPENED, E.TASK_DONE, E.TASK_SKIPPED, E.PRINTED, E.PASSPHRASE_TOLD,
    }
)  # fmt: skip

#: An extension moves no status, but only a case that still needs an answer can have one (Art. 12(3)).
EXTENDABLE = frozenset({S.RECEIVED, S.VERIFYING, S.HELD, S.OPEN, S.WAITING})


class NotAllowedNow(Exception):
    """This event cannot happen while the case has this status."""

    def __init__(self, event: Event, status: Status) -> None:
        super().__init__(f"{event} while {status}")
        self.event = event
        self.status = status


def advance(status: Status, event: Event) -> Status:
    """The status after `event`; raises NotAllowedNow when the table has no place for it."""
    target = NEXT[status].get(event)
    if target is not None:
        return target
    if event in FACTS or (event is E.EXTENDED and status in EXTENDABLE):
        return status
    raise NotAllowedNow(event, status)


def drawing() -> str:
    """The table as a Mermaid state diagram."""
    lines = ["stateDiagram-v2", f"    [*] --> {S.RECEIVED}"]
    for status, moves in NEXT.items():
        by_target: dict[Status, list[str]] = {}
        for event, target in moves.items():
            by_target.setdefault(target, []).append(event)
        lines += [f"    {status} --> {target}: {', '.join(events)}" for target, events in by_target.items()]
    return "\n".join(lines) + "\n"
