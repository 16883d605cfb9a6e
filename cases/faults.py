"""Whose fault it is: theirs is told with a next step, ours is set aside and staff are told."""

from __future__ import annotations


class TheirFault(Exception):
    """What was asked cannot be done; `code` is a fixed word, `detail` the sentence's missing part."""

    def __init__(self, code: str, **detail: str) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


class Stale(Exception):
    """Someone else changed the same row first; decide again."""
