"""What a message asks for, in plain Finnish, English or Swedish: offline, explainable, the same every time.

`understand` reads a whole message; the other names read one thing each. Vocabulary and rules are data
(`data/*.toml`). Here nothing is stored, sent or decided.
"""

from cases.understanding.digits import case_ids, codes
from cases.understanding.prepare import visible
from cases.understanding.reading import understand
from cases.understanding.sensitive import mask
from cases.understanding.slots import identifiers

__all__ = ["case_ids", "codes", "identifiers", "mask", "understand", "visible"]
