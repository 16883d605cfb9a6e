"""Mail that no person wrote: one table of rules, the first that hits names the reason.

Here lives what tells machines' mail from people's (RFC 3834, RFC 3464, RFC 5965 and common usage). Machines'
mail opens no case and gets no answer: a person who forwards, answers an automatic reply or writes through the
shop's own group address stays a person. Many machines say nothing of themselves in their headers; what they write
stands in `notices.toml`. A rule that has only words to go by is not `sure`: its mail is answered by nobody either,
but listed for staff to see.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from mailers.headers import Headers, address_of, domain_of, message_id
from mailers.notices import is_passed_on, notices, opening_of

#: Set on every mail we write; coming back, it ends a loop before it begins.
LOOP_HEADER: Final = "X-Pyynto"
#: Our Message-IDs begin with this (see `writing.message_id_for`); those of test mails go on so.
OWN_ID_PREFIX: Final = "<pyynto."
CANARY_ID_PREFIX: Final = OWN_ID_PREFIX + "canary."


@dataclass(frozen=True)
class Mail:
    """What the rules look at: headers, the sender, the types of the parts, and how the text begins."""

    headers: Headers
    #: From, in lower case; empty when the mail names none.
    sender: str
    #: The mailbox this mail was fetched from.
    own_address: str
    #: (content type, report-type or method) of every part, outermost first.
    shapes: tuple[tuple[str, str], ...] = ()
    #: Everything readable in it, quotes included.
    text: str = ""

    @cached_property
    def subject(self) -> str:
        """The subject as a person reads it."""
        return self.headers.text("subject")

    @cached_property
    def opening(self) -> str:
        """How the text begins."""
        return opening_of(self.text)

    @cached_property
    def gives_mail_back(self) -> bool:
        """Another mail is part of it, or its headers stand in the text, or a mail server's answer does."""
        return any(kind in RETURNED for kind, _ in self.shapes) or bool(
            _SERVER_TALK.search(self.text[:20_000])
        )

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
    #: The mail says of itself what it is; False: only its words do.
    sure: bool = True


def canary_token(message_id: str) -> str:
    """The token in the Message-ID of a test mail; empty for every other mail."""
    if not message_id.startswith(CANARY_ID_PREFIX):
        return ""
    return message_id.removeprefix(CANARY_ID_PREFIX).partition("@")[0]


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
    if mail.sender_name in MAIL_SYSTEMS:
        return True
    # Some name themselves without any address; some only send as nobody, or say that a machine does.
    if not mail.sender:
        return bool(_SYSTEM_NAME.search(mail.headers.raw("from")))
    words = notices()["bounce"]
    return (is_from_nobody(mail) or is_auto_submitted(mail)) and (
        words.names(mail.subject) or words.opens(mail.opening)
    )


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
    return notices()["absence"].names(mail.subject)


def is_delay(mail: Mail) -> bool:
    """A mail server still tries to deliver something (RFC 3464 section 2.3.3, "delayed")."""
    delay = notices()["delay"]
    if not (delay.names(mail.subject) or delay.opens(mail.opening)):
        return False
    return (
        is_bounce(mail) or is_from_nobody(mail) or (delay.names(mail.subject) and delay.opens(mail.opening))
    )


def is_bounce_in_words(mail: Mail) -> bool:
    """A mail server that marks nothing: its subject and its words, or its words over what it gives back."""
    bounce = notices()["bounce"]
    names, opens = bounce.names(mail.subject), bounce.opens(mail.opening)
    if mail.sender_name in SYSTEM_LIKE and (names or opens):
        return True
    if names and (opens or _SYSTEM_NAME.search(mail.headers.raw("from"))):
        return True
    return opens and mail.gives_mail_back and not _is_forwarded(mail)


def is_challenge(mail: Mail) -> bool:
    """A challenge to prove that a person wrote to it; answering it would feed a loop."""
    return _says_and_opens("challenge", mail)


def is_report_in_words(mail: Mail) -> bool:
    """An abuse report that does not say so in its structure."""
    return _says_and_opens("feedback", mail) or (
        notices()["feedback"].names(mail.subject) and mail.gives_mail_back
    )


def is_absence_in_words(mail: Mail) -> bool:
    """The text itself says that it answers everybody."""
    return notices()["absence"].opens(mail.opening)


def is_acknowledgement(mail: Mail) -> bool:
    """A helpdesk has received our letter and says so to everybody."""
    return _says_and_opens("acknowledgement", mail)


def is_from_no_reply(mail: Mail) -> bool:
    """The sender says in the address that nobody reads answers; a contact form may write so too."""
    return bool(_NO_REPLY.match(mail.sender_name))


def _says_and_opens(name: str, mail: Mail) -> bool:
    """Subject and text both; or one of them from an address nobody reads."""
    words = notices()[name]
    said = (words.names(mail.subject), words.opens(mail.opening))
    return all(said) or (any(said) and is_from_no_reply(mail))


def _is_forwarded(mail: Mail) -> bool:
    """A person sends it on: such mail begins with their words, or with the line their program puts there."""
    return is_passed_on(mail.subject) and bool(_FORWARDED.search(mail.text[:600]))


MAIL_SYSTEMS: Final = frozenset(
    {
        "mailer-daemon",
        "postmaster",
        "mail-daemon",
        "mailerdaemon",
        "mail-delivery",
        "mailer_daemon",
        "maildaemon",
    }
)
#: Names that mail servers write under and people may, too.
SYSTEM_LIKE: Final = MAIL_SYSTEMS | {
    "post_master",
    "ndr",
    "mailer",
    "bounce",
    "bounces",
    "mailadmin",
    "smtp",
    "imss",
}
#: Parts that hold another mail, or its headers.
RETURNED: Final = frozenset({"message/rfc822", "text/rfc822-headers", "message/global", "message/partial"})
LIST_HEADERS: Final = (
    "list-id", "list-unsubscribe", "list-post", "list-help", "list-owner", "mailing-list", "x-mailing-list",
    "x-mailman-version", "x-beenthere", "x-ml-name",
)  # fmt: skip
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
_NO_REPLY: Final = re.compile(r"(?:no|do[\W_]?not|dont|ala|älä|ei)[\W_]?(?:reply|vastaa|svar)", re.IGNORECASE)
_SYSTEM_NAME: Final = re.compile(
    r"mail(?:er)?[\W_]?(?:delivery|daemon)|delivery\s+(?:sub)?system|postmaster", re.IGNORECASE
)
_SERVER_TALK: Final = re.compile(
    r"""^[ \t>]*(?:received|return-path|message-id|final-recipient|diagnostic-code)[ \t]*:
    | \b[45]\d\d[ -][45]\.\d{1,3}\.\d{1,3}\b | \b55\d[ -]\S | \brcpt\s+to\s*:""",
    re.IGNORECASE | re.MULTILINE | re.VERBOSE,
)
_FORWARDED: Final = re.compile(
    r"forwarded message|edelleenlähetet|välitetty viesti|alkuperäinen viesti|vidarebefordrat|^\s*>",
    re.IGNORECASE | re.MULTILINE,
)

#: The rules whose mail may tell of a letter of ours that did not arrive.
REPORTS: Final = frozenset({"bounce", "bounce_in_words", "delayed"})

#: First match wins. The kinds that say most about a mail come first.
SCREENS: Final = (
    Screen("own_mail", is_own_mail, "our own mail came back"),
    Screen("read_receipt", is_read_receipt, "a mail program says that something was read"),
    Screen("feedback_report", is_feedback_report, "an abuse, DMARC or TLS report"),
    Screen("delayed", is_delay, "a mail server has not delivered something yet"),
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
    Screen(
        "bounce_in_words", is_bounce_in_words, "words of a mail server that could not deliver", sure=False
    ),
    Screen("challenge", is_challenge, "wants the sender to prove to be a person", sure=False),
    Screen("report_in_words", is_report_in_words, "words of an abuse report", sure=False),
    Screen("automatic_words", is_absence_in_words, "says in its text that a machine answers", sure=False),
    Screen("acknowledgement", is_acknowledgement, "a helpdesk confirms that it has our letter", sure=False),
    Screen("no_reply", is_from_no_reply, "from an address that nobody reads", sure=False),
)


def screen(mail: Mail, screens: Iterable[Screen] = SCREENS) -> Screen | None:
    """The first rule that hits; None for mail a person wrote."""
    return next((rule for rule in screens if rule.check(mail)), None)


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
