"""Labelled examples: whole messages (`messages/*.jsonl`) and short lines (`lines/*.tsv`).

A message is one JSON object a line, labelled as `docs/howto/understanding.md` tells. A line is `CODE<TAB>text`:
capital letters for rights, a small one for everything else, the purposes of a ban after a colon, `?` when a careful
clerk would have to ask back.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

HERE = Path(__file__).parent

RIGHTS = {
    "A": "access", "P": "portability", "C": "correction", "E": "erasure", "R": "restriction", "B": "objection",
    "M": "opt_out",
}  # fmt: skip
ACTS = {
    "s": "status", "w": "withdraw", "h": "human", "k": "complaint", "t": "thanks", "c": "code", "o": "other",
}  # fmt: skip
PURPOSES = {
    "d": "direct_marketing", "v": "distance_selling", "s": "market_research", "j": "publication",
    "l": "disclosure", "p": "profiling",
}  # fmt: skip
PLAIN = ("plain:", "for_others:")
#: Mails that leave the wish to their subject.
BARE_MAILS = (
    "Hei,\n\nks. otsikko.\n\nTerveisin\nTesti Testinen",
    "Hei, nimeni on Testi Testinen.",
    "Hei! Asia selviää otsikosta. Kiitos jo etukäteen.",
    "Hi,\n\nplease see the subject.\n\nBest regards,\nTest Tester",
    "Subject says it all. Thanks!",
    "Asiakasnumeroni on 10234.",
)
_SUBJECT_CHARS = 60
#: So many lines of one file are taken for one writer's when voices are kept apart.
_LINES_A_VOICE = 100


class BadExample(ValueError):
    """A labelled line cannot be read; the text says where."""


@dataclass(frozen=True, slots=True)
class Example:
    """One labelled message."""

    id: str
    #: Who writes: examples of one voice are never learned from and measured on at once.
    voice: str
    channel: str
    subject: str
    text: str
    lang: str
    kinds: tuple[str, ...]
    act: str
    purposes: tuple[str, ...]
    corrections: tuple[tuple[str, str | None], ...]
    claimed_email: str | None
    sensitive: tuple[str, ...]
    ambiguous: bool

    @property
    def is_plain(self) -> bool:
        """Whether it comes from the file of plain everyday sentences."""
        return self.voice.startswith(PLAIN)


def messages(path: Path) -> Iterator[Example]:
    """Whole messages of one file."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            row = json.loads(line)
            yield Example(
                id=row["id"],
                voice=f"{path.stem}: {row.get('voice', '')}",
                channel=row["channel"],
                subject=row.get("subject") or "",
                text=row["text"],
                lang=row["lang"],
                kinds=tuple(sorted(row["kinds"])),
                act=row["act"],
                purposes=tuple(row["opt_out_purposes"]),
                corrections=tuple((item["field"], item["new_value"]) for item in row["corrections"]),
                claimed_email=row["claimed_email"],
                sensitive=tuple(row["sensitive"]),
                ambiguous=row["ambiguous"],
            )
        except (KeyError, ValueError) as error:
            raise BadExample(f"{path.name}:{number}: {error}") from error


def lines(path: Path) -> Iterator[Example]:
    """Short lines of one file."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        code, tab, text = line.partition("\t")
        letters, _, purposes = code.rstrip("?").partition(":")
        try:
            if not tab:
                raise BadExample("no tab")
            rights = letters.isupper()
            yield Example(
                id=f"{path.stem}-{number}",
                voice=f"{path.stem}: {number // _LINES_A_VOICE}",
                channel="chat",
                subject="",
                text=text,
                lang="",
                kinds=tuple(sorted({RIGHTS[letter] for letter in letters})) if rights else (),
                act="request" if rights else ACTS[letters],
                purposes=tuple(PURPOSES[letter] for letter in purposes.rstrip("?")),
                corrections=(),
                claimed_email=None,
                sensitive=(),
                ambiguous="?" in code,
            )
        except (KeyError, BadExample) as error:
            raise BadExample(f"{path.name}:{number}: {error}") from error


def as_subject(example: Example) -> Example:
    """The same wish as a mail's subject line, above a text that only greets."""
    text = BARE_MAILS[len(example.text) % len(BARE_MAILS)]
    return replace(example, id=f"{example.id} subject", channel="email", subject=example.text, text=text)


def examples() -> list[Example]:
    """Everything there is to learn from; short plain lines once more as subjects of mails."""
    found = [one for path in sorted((HERE / "messages").glob("*.jsonl")) for one in messages(path)]
    found += [one for path in sorted((HERE / "lines").glob("*.tsv")) for one in lines(path)]
    return found + [as_subject(one) for one in found if one.is_plain and len(one.text) <= _SUBJECT_CHARS]


def digest() -> str:
    """Tells whether the weights were learned from the examples as they are now."""
    found = hashlib.sha256()
    for path in sorted((*HERE.glob("messages/*.jsonl"), *HERE.glob("lines/*.tsv"))):
        found.update(path.name.encode() + b"\0" + path.read_bytes())
    return found.hexdigest()[:16]
