"""The request on paper, for shops whose notices ask for a signature: offered, never needed (docs/law.md 5).

A signature proves nothing here, since there is none to compare it with. What comes back signed is noted on the
case, where staff see it, and nothing waits for it.
"""

from __future__ import annotations

from typing import Any

from cases.model import CLOSED, Attachment, Case, Channel, Event, Flag, Form, Inbound
from cases.opening import attachment_rows
from cases.standing import own_cases
from cases.work import Work, summaries

#: What a signed paper comes back as.
_PAPER = ("image/", "application/pdf")


def give_form(work: Work, inbound: Inbound, argument: str) -> None:
    """The form for what runs; where it is not offered, the word that none is needed."""
    cases = own_cases(work)
    if not work.shop.terms.signature_offered or (not cases and inbound.channel is Channel.EMAIL):
        # By mail a request is made by the next mail: there is nothing to wait for.
        work.reply("form_not_needed")
    elif not cases:
        work.reply("form_later")
    else:
        work.reply("form", cases=summaries(cases))


def brings_paper(work: Work, inbound: Inbound) -> bool:
    """A picture or a file, where a signed request is offered and something is asked for already."""
    return inbound.form in (Form.PHOTO, Form.DOCUMENT) and bool(_papers(work, inbound) and own_cases(work))


def take_paper(work: Work, inbound: Inbound) -> None:
    """Note it on every running case of whoever sent it."""
    papers = _papers(work, inbound)
    cases = [
        work.note(_add(work, case, papers), Event.PERSON_WROTE, files=len(papers)) for case in own_cases(work)
    ]
    work.reply("form_received", cases=summaries(cases))


def note_papers(work: Work, inbound: Inbound) -> None:
    """Files of a mail that goes on with what runs: they are listed on its cases. A new case has its own already."""
    if not inbound.attachments or inbound.automated:
        return
    known = work.known
    here = {request.id for request in (*known.threaded, *known.named)} or {
        request.id for request in known.own
    }
    for case in work.all_cases():
        old = case.version > 0 and case.status not in CLOSED
        if old and case.request_id in here:
            _add(work, case, inbound.attachments)


def _papers(work: Work, inbound: Inbound) -> tuple[Attachment, ...]:
    if not work.shop.terms.signature_offered:
        return ()
    return tuple(file for file in inbound.attachments if file.content_type.startswith(_PAPER))


def _add(work: Work, case: Case, files: tuple[Attachment, ...]) -> Case:
    rows: list[dict[str, Any]] = [*case.details.get("attachments", ()), *attachment_rows(files)]
    case = work.add_details(case, attachments=rows)
    signed = work.shop.terms.signature_offered and any(f.content_type.startswith(_PAPER) for f in files)
    if signed:
        case = work.flag(case, Flag.SIGNED)
    return case
