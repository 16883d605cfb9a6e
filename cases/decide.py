"""The one way in: an arrival, what was understood and what is known, to a decision."""

from __future__ import annotations

from cases.correspondence import correspond
from cases.dialogue import converse
from cases.model import Asking, Channel, Claim, Conversation, Decision, Inbound, Reading, Shop
from cases.understanding import identifiers, understand
from cases.work import Known, Work


def read(inbound: Inbound, conversation: Conversation) -> Reading:
    """Understand the words of an arrival, in the light of the dialogue's language."""
    return understand(
        inbound.text,
        subject=inbound.subject,
        channel=str(inbound.channel),
        language=str(conversation.language) if conversation.language else None,
    )


def unread(inbound: Inbound, shop: Shop) -> str:
    """The outcome of a machine's mail, which nobody reads or answers; empty for everything else."""
    own = inbound.channel is Channel.EMAIL and inbound.peer == shop.mailbox.casefold()
    if (inbound.automated and not inbound.perhaps_automated) or own:
        return f"automated:{inbound.automated or 'own_address'}"
    return ""


def claim_of(inbound: Inbound, reading: Reading, conversation: Conversation) -> Claim:
    """Who this message says the person is: what to look up in the register.

    By mail it is the sender's own address when nothing else is said. In chat a lone number counts as a customer
    or order number only when the dialogue has asked for one.
    """
    said = Claim(reading.claimed_email or "", reading.claimed_customer or "", reading.claimed_order or "")
    if inbound.channel is not Channel.CHAT:
        return said or Claim(email=inbound.peer)
    if said:
        return said
    if not reading.kinds and conversation.asking in (Asking.ADDRESS, Asking.CODE):
        return identifiers(inbound.text, bare=conversation.asking is Asking.ADDRESS)
    if conversation.draft is not None:
        return conversation.draft.claim
    return said


def decide(inbound: Inbound, known: Known) -> Decision:
    """What one arrival leads to. Pure: the same arguments always give the same decision."""
    work = Work(known, inbound, cause=inbound.key)
    if inbound.channel is Channel.CHAT:
        converse(work, inbound)
    else:
        correspond(work, inbound)
    return work.decision()
