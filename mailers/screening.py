"""Mail that no person wrote: one table of rules, the first that hits names the reason.

Here lives what tells machines' mail from people's (RFC 3834, RFC 3464, RFC 5965 and common usage). Machines'
mail opens no case and gets no answer, so a rule must be sure: a person who forwards, answers an automatic
reply or writes through the shop's own group address stays a person. Nothing here reads the text of a mail.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from mailers.headers import Headers, address_of, domain_of, message_id

#: Set on every mail we write; coming back, it ends a loop before it begins.
LOOP_HEADER: Final = "X-Pyynto"
#: Our Message-IDs begin with this (see `writing.message_id_for`).
OWN_ID_PREFIX: Final = "<pyynto."


@dataclass(frozen=True, slots=True)
class Mail:
    """What the rules look at: headers, the sender, and the types of the parts."""

    headers: Headers
    #: From, in lower case; empty when the mail names none.
    sender: str
    #: The mailbox this mail was fetched from.
    own_address: str
    #: (content type, report-type or method) of every part, outermost first.
    shapes: tuple[tuple[str, str], ...] = ()

    @property
    def sender_name(self) -> str:
        """The part of the sender's address before the `@`."""
        return self.sender.rpartition("@")[0]

    @property
    def outer(self) -> tuple[str, str]:
        """Type and detail of the whole mail."""
        return self.shapes[0] if self.shapes else ("", "")


@dataclass(frozen=True, slots=True)
class Screen:
    """One rule: its name goes into the journal and the documentation."""

    name: str
    check: Callable[[Mail], bool]
    #: What the rule recognises, for the documentation.
    meaning: str


def is_own_mail(mail: Mail) -> bool:
    """Something of ours came back: our loop mark, our Message-ID, or our address on an automatic mail."""
    headers = mail.headers
    if LOOP_HEADER.lower() in headers:
        return True
    own_domain = "@" + domain_of(mail.own_address) + ">"
    own_id = message_id(headers).lower()
    if own_id.startswith(OWN_ID_PREFIX) and own_id.endswith(own_domain):
        return True
    return mail.sender == mail.own_address.lower() and is_auto_submitted(mail)


def is_read_receipt(mail: Mail) -> bool:
    """A message disposition notification (RFC 8098)."""
    return mail.outer == ("multipart/report", "disposition-notification") or _has_part(
        mail, "message/disposition-notification"
    )


def is_feedback_report(mail: Mail) -> bool:
    """An abuse report (RFC 5965), a DMARC or a TLS report (RFC 7489, RFC 8460)."""
    kind, detail = mail.outer
    if kind == "multipart/report" and detail in ("feedback-report", "tlsrpt"):
        return True
    if "tls-report-domain" in mail.headers or _has_part(mail, "message/feedback-report"):
        return True
    return bool(_DMARC_SUBJECT.match(mail.headers.text("subject")))


def is_bounce(mail: Mail) -> bool:
    """A delivery status notification (RFC 3464), or a mail server's own words about a failed delivery."""
    kind, detail = mail.outer
    if kind == "multipart/report" and detail in ("delivery-status", ""):
        return True
    if _has_part(mail, "message/delivery-status") or "x-failed-recipients" in mail.headers:
        return True
    return mail.sender_name in MAIL_SYSTEMS


def is_from_nobody(mail: Mail) -> bool:
    """The envelope's sender was empty, so an answer is forbidden (RFC 5321 section 4.5.5)."""
    return mail.headers.raw("return-path").replace(" ", "") == "<>"


def has_no_sender(mail: Mail) -> bool:
    """No address stands anywhere a sender could: there is nobody to answer."""
    return not mail.sender


def is_auto_submitted(mail: Mail) -> bool:
    """`Auto-Submitted` says anything but `no` (RFC 3834 section 5)."""
    return mail.headers.word("auto-submitted") not in ("", "no")


def is_calendar(mail: Mail) -> bool:
    """A meeting request or its answer (RFC 6047): the calendar is the message, not a file sent along."""
    return any(kind == "text/calendar" and bool(method) for kind, method in mail.shapes)


def is_list_mail(mail: Mail) -> bool:
    """A newsletter or mailing list (RFC 2369, RFC 2919), other than a group that is our own address."""
    return any(name in mail.headers for name in LIST_HEADERS) and not _own_group(mail)


def is_bulk(mail: Mail) -> bool:
    """`Precedence` says that nobody waits for an answer (RFC 2076 section 3.9)."""
    word = mail.headers.word("precedence").replace("-", "_")
    return word in BULK_WORDS and not (word == "list" and _own_group(mail))


def suppresses_replies(mail: Mail) -> bool:
    """The sender forbids automatic replies (MS-OXCMAIL 2.2.3.2.14); forbidding receipts alone is no sign."""
    words = mail.headers.raw("x-auto-response-suppress").lower().replace(",", " ").split()
    return any(word in ("all", "oof", "autoreply") for word in words)


def is_marked_automatic(mail: Mail) -> bool:
    """One of the headers that autoresponders of many makes set."""
    return any(name in mail.headers for name in AUTOMATIC_HEADERS)


def is_out_of_office(mail: Mail) -> bool:
    """The subject is the one mail programs give their absence notices, in the languages of our customers."""
    return bool(_ABSENCE_SUBJECT.match(mail.headers.text("subject")))


MAIL_SYSTEMS: Final = frozenset(
    {"mailer-daemon", "postmaster", "mail-daemon", "mailerdaemon", "mail-delivery"}
)
LIST_HEADERS: Final = ("list-id", "list-unsubscribe", "list-post", "list-help", "list-owner", "mailing-list")
BULK_WORDS: Final = frozenset({"bulk", "junk", "list", "auto_reply"})
AUTOMATIC_HEADERS: Final = (
    "x-autoreply",
    "x-autorespond",
    "x-autoresponder",
    "x-auto-reply",
    "x-auto-respond",
    "x-autoreply-from",
    "x-autogenerated",
    "x-mail-autoreply",
    "x-vacation",
    "x-cron-env",
    "x-fc-machinegenerated",
    "x-ms-exchange-inbox-rules-loop",
)
_DMARC_SUBJECT: Final = re.compile(r"\s*report[\s-]+domain\s*:.{0,300}\bsubmitter\s*:", re.IGNORECASE)
# A "Re:" in front makes it a person's answer to such a notice, so the match is from the very start.
_ABSENCE_SUBJECT: Final = re.compile(
    r"""\s*(?:
      automaattinen\s+(?:vastaus|poissaoloviesti|poissaoloilmoitus)\b
    | poissaolo(?:viesti|ilmoitus|vastaus)\b
    | poissa\s+toimistolta\b
    | (?:poissa|lomalla)\s*:
    | (?:automatic|auto)[\s-]?(?:reply|response)\b
    | (?:i\s+am\s+|i'm\s+)?out\s+of\s+(?:the\s+)?office\b
    | (?:vacation|absence)\s+(?:reply|notice|response|message)\b
    | auto(?:matiskt?)?[\s-]?svar\b
    | fr[åa]nvaro(?:meddelande|svar)?\s*[:!]
    | (?:inte|ej)\s+p[åa]\s+kontoret\b
    )""",
    re.IGNORECASE | re.VERBOSE,
)

#: First match wins. The kinds that say most about a mail come first.
SCREENS: Final = (
    Screen("own_mail", is_own_mail, "our own mail came back"),
    Screen("read_receipt", is_read_receipt, "a mail program says that something was read"),
    Screen("feedback_report", is_feedback_report, "an abuse, DMARC or TLS report"),
    Screen("bounce", is_bounce, "a mail server could not deliver something"),
    Screen("null_sender", is_from_nobody, "sent with an empty envelope sender"),
    Screen("no_sender", has_no_sender, "nobody is named as the sender"),
    Screen("auto_submitted", is_auto_submitted, "says itself that a machine sent it"),
    Screen("calendar", is_calendar, "a meeting request or its answer"),
    Screen("list_mail", is_list_mail, "a newsletter or a mailing list"),
    Screen("bulk", is_bulk, "sent in bulk"),
    Screen("replies_suppressed", suppresses_replies, "forbids automatic replies"),
    Screen("marked_automatic", is_marked_automatic, "carries an autoresponder's header"),
    Screen("out_of_office", is_out_of_office, "an absence notice by its subject"),
)


def screen(mail: Mail, screens: Iterable[Screen] = SCREENS) -> str:
    """The name of the first rule that hits; empty for mail a person wrote."""
    return next((rule.name for rule in screens if rule.check(mail)), "")


#: A provider's verdict: header -> what its value looks like when the mail is spam.
SPAM_SIGNS: Final = {
    "x-spam-flag": re.compile(r"yes\b", re.I),
    "x-spam-status": re.compile(r"yes\b", re.I),
    "x-spam": re.compile(r"(?:yes|true)\b", re.I),
    "x-ms-exchange-organization-scl": re.compile(r"[5-9]\b"),
    "x-forefront-antispam-report": re.compile(r"(?:.*;)?\s*SFV:SPM\b", re.I),
    "x-rspamd-action": re.compile(r"(?:add header|rewrite subject|reject|soft reject)\b", re.I),
}


def called_spam(headers: Headers) -> bool:
    """The mail's own provider calls it spam. A sender who sets these headers harms only themselves."""
    return any(sign.match(value) for name, sign in SPAM_SIGNS.items() for value in headers.raw_all(name))


def _has_part(mail: Mail, wanted: str) -> bool:
    """A direct part of a report has this type. A person who forwards a report as a file has none of them."""
    return mail.outer[0] == "multipart/report" and any(kind == wanted for kind, _ in mail.shapes)


def _own_group(mail: Mail) -> bool:
    """The list is the mailbox's own address: a group through which people write to the shop."""
    own = mail.own_address.lower()
    headers = mail.headers
    if any(own in headers.raw(name).lower() for name in ("list-post", "mailing-list")):
        return True
    identity = headers.raw("list-id").lower()
    return bool(identity) and (own.replace("@", ".") in identity or address_of(identity) == own)
