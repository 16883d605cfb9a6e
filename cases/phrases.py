"""Short words of the dialogue: what may be typed instead of pressing a button, and what greets or chooses.

These answer a question that was just asked, so they are matched word for word. What a message means that stands
on its own is `understanding`'s business.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from cases.model import Kind

KIND_BUTTONS: tuple[tuple[str, ...], ...] = (
    ("kind:access", "kind:erasure"),
    ("kind:correction", "kind:opt_out"),
    ("kind:restriction", "kind:objection"),
    ("kind:portability", "human"),
)
YES_NO = (("yes", "no"),)
WAITING_FOR_CODE = (("resend",),)
LANGUAGES = (("lang:fi", "lang:en"),)

#: What may be typed instead of pressing a button.
TYPED: dict[str, frozenset[str]] = {
    "yes": frozenset(
        {"kyllä", "kylla", "joo", "juu", "ok", "okei", "yes", "yep", "yeah", "sure", "peru", "peruuta", "vahvistan"}
    ),
    "no": frozenset({"ei", "en", "älä", "ala", "no", "nope", "not", "don't", "dont", "keep", "pidä"}),
    "resend": frozenset(
        {"uudelleen", "uusi", "uuden", "uudestaan", "koodi", "koodia", "koodin", "again", "resend", "code"}
    ),
    "lang:fi": frozenset({"suomi", "suomeksi", "suomea", "suomen", "finnish", "finska", "fi"}),
    "lang:en": frozenset({"english", "englanti", "englanniksi", "englantia", "engelska", "en"}),
}  # fmt: skip

#: What is a command without the slash when it is the whole message.
COMMAND_WORDS: dict[str, frozenset[str]] = {
    "start": frozenset({"start", "aloita"}),
    "help": frozenset({"help", "apua", "ohje", "ohjeet"}),
    "privacy": frozenset({"privacy", "tietosuoja"}),
    "language": frozenset({"language", "kieli"}),
    "status": frozenset({"status", "tilanne"}),
    "password": frozenset({"password", "passphrase", "salasana", "salalause", "salasanan", "the password"}),
    "form": frozenset({"form", "lomake", "lomakkeen", "lomaketta", "the form", "a form"}),
    "cancel": frozenset(
        {"cancel", "peruuta", "peru", "keskeytä", "antaa olla", "never mind", "nevermind", "forget it"}
    ),
}

GREETINGS = frozenset(
    {
        "hei", "heippa", "moi", "moikka", "moro", "terve", "tervehdys", "päivää", "huomenta", "iltaa", "hyvää",
        "morjens", "hello", "hi", "hey", "good", "morning", "afternoon", "evening", "day", "hej", "there", "all",
    }
)  # fmt: skip

#: Of words that begin so, one right can be told when the question was which right is meant.
KIND_STEMS: dict[Kind, tuple[str, ...]] = {
    Kind.ACCESS: ("näht", "nähd", "näyt", "näkis", "katso", "kopio", "show", "see", "access", "copy"),
    Kind.CORRECTION: ("korja", "oikai", "muuttak", "muuttaa", "muuttu", "correct", "fix", "change", "update"),
    Kind.ERASURE: ("poist", "unoht", "tuho", "delet", "eras", "remov", "forget"),
    Kind.OPT_OUT: ("mainok", "mainon", "markkino", "uutiskir", "marketing", "ads", "advert", "newsletter"),
    Kind.RESTRICTION: ("rajoit", "restrict", "limit"),
    Kind.PORTABILITY: ("siir", "tiedosto", "portab", "export", "file", "transfer"),
    Kind.OBJECTION: ("vastust", "object"),
}

#: One of the offered things by its place.
PLACES: tuple[frozenset[str], ...] = (
    frozenset({"1", "eka", "ensimmäinen", "ensimmäistä", "first"}),
    frozenset({"2", "toka", "toinen", "toista", "second"}),
    frozenset({"3", "kolmas", "kolmatta", "third"}),
    frozenset({"4", "neljäs", "neljättä", "fourth"}),
)
ALL_OF_THEM = frozenset({"kaikki", "kaikkia", "molemmat", "molempia", "all", "both"})
_DENIALS = frozenset({"en", "ei", "älä", "not", "don't"})
_NOTHING = frozenset(
    {"eikä", "no", "nothing", "never", "didn't", "hasn't", "haven't", "doesn't", "missä", "where"}
)
_CAME = frozenset(
    {
        "tullut", "tuu", "tule", "saanut", "saapunut", "saapunu", "tullu", "saanu", "näy", "löydy",
        "get", "got", "gotten", "received", "receive", "arrived", "arrive", "come", "came",
    }
)  # fmt: skip

#: An answer to a question of ours is not longer; what is longer says something of its own.
SHORT = 6

_WORD = re.compile(r"[\w'’]+")


def words_of(text: str) -> list[str]:
    """The words of a message, in small letters."""
    return [word.replace("’", "'") for word in _WORD.findall(text.casefold())]


def typed(text: str, *buttons: str) -> str | None:
    """The button a short message stands for; where two are named, the one given first."""
    words = words_of(text)
    if not 0 < len(words) <= SHORT:
        return None
    return next((button for button in buttons if not TYPED[button].isdisjoint(words)), None)


def typed_language(text: str) -> str | None:
    """`fi` or `en`, where a few words ask for that language. Finnish "en" is no wish for English."""
    words = words_of(text)
    codes = {"fi", "en"} if len(words) > 1 else set()
    if not 0 < len(words) <= SHORT:
        return None
    buttons = ("lang:fi", "lang:en")
    return next((b.partition(":")[2] for b in buttons if not (TYPED[b] - codes).isdisjoint(words)), None)


def typed_command(text: str) -> str | None:
    """The command that a message of a word or two means."""
    said = " ".join(words_of(text))
    return next((name for name, spelled in COMMAND_WORDS.items() if said in spelled), None)


def says_nothing_came(text: str) -> bool:
    """The mail that was promised is missed: "ei tullut mitään sähköpostia", "I haven't got the code"."""
    words = set(words_of(text))
    return (
        len(words) <= 2 * SHORT and not words.isdisjoint(_DENIALS | _NOTHING) and not words.isdisjoint(_CAME)
    )


def is_greeting(text: str) -> bool:
    """Nothing but a greeting."""
    words = words_of(text)
    return 0 < len(words) <= 3 and GREETINGS.issuperset(words)


def is_question(text: str) -> bool:
    """It asks something back."""
    words = words_of(text)
    return text.rstrip().endswith("?") or bool(
        words and words[0] in ("miksi", "why", "mitä", "what", "mihin")
    )


def chosen(text: str, offered: Sequence[Kind]) -> tuple[Kind, ...]:
    """Which of the offered rights a short answer picks; empty when that cannot be told."""
    words = words_of(text)
    if not 0 < len(words) <= SHORT:
        return ()
    if len(words) == 1 and words[0] in ALL_OF_THEM and len(offered) < len(Kind):
        return tuple(offered)
    if len(offered) == 1 and typed(text, "no", "yes") == "yes":
        return tuple(offered)
    if len(words) <= 3:
        for kind, spelled in zip(offered, PLACES, strict=False):
            if not spelled.isdisjoint(words):
                return (kind,)
    named = [kind for kind, stems in KIND_STEMS.items() if any(word.startswith(stems) for word in words)]
    if len(named) != 1 or (named[0] is not Kind.OPT_OUT and not _DENIALS.isdisjoint(words)):
        return ()
    return tuple(named)
