"""From likelihoods to a decision: which rights are read, what else a message does, and whether to ask back.

The one place where "sure enough" is decided. Asking back costs little, a wrong case costs much.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from cases.model import Act, Kind, Purpose

#: Likelier than this, and a right or a purpose is read.
LIKELY = 0.5
#: Where no right is that likely, the likeliest is read from here on, if it beats everything else a message may do.
LIKELIEST = 0.3
#: How likely all rights together must be read right, for the machine not to ask back.
SURE = 0.8
#: From this likelihood on that a careful clerk would ask back, so does the machine.
ASK_BACK = 0.3
AMBIGUOUS = "ambiguous"
#: A right at least this likely is offered when the machine asks back; at most so many are.
WORTH_OFFERING, MOST_OFFERED = 0.15, 3
#: A purpose that the rules name is believed unless it is less likely than this.
HARDLY = 0.15
_NON_REQUESTS = (Act.STATUS, Act.WITHDRAW, Act.HUMAN, Act.COMPLAINT, Act.THANKS, Act.OTHER)

Likelihoods = Mapping[str, float]


def rights(likely: Likelihoods) -> tuple[Kind, ...]:
    """The rights asked for, in their fixed order."""
    found = tuple(kind for kind in sorted(Kind) if likely[kind] > LIKELY)
    if found:
        return found
    best = max(Kind, key=lambda kind: likely[kind])
    return (best,) if likely[best] > max(LIKELIEST, likely[act(likely)]) else ()


def act(likely: Likelihoods) -> Act:
    """What a message does that asks for no right."""
    return max(_NON_REQUESTS, key=lambda each: likely[each])


def is_sure(likely: Likelihoods) -> bool:
    """Whether the rights read can be relied upon without asking."""
    certainty = math.prod(max(likely[kind], 1 - likely[kind]) for kind in Kind)
    return certainty >= SURE and likely[AMBIGUOUS] < ASK_BACK


def worth_offering(likely: Likelihoods, named: tuple[Kind, ...]) -> tuple[Kind, ...]:
    """The rights to name when asking back, likeliest first; `named`: those the rules would name."""
    offered = sorted(
        (kind for kind in Kind if likely[kind] >= WORTH_OFFERING), key=lambda kind: -likely[kind]
    )
    return tuple(dict.fromkeys((*offered, *named)))[:MOST_OFFERED]


def purposes(likely: Likelihoods, named: tuple[Purpose, ...]) -> tuple[Purpose, ...]:
    """What a ban is about; `named`: what the rules say it is."""
    return tuple(
        purpose
        for purpose in Purpose
        if likely[purpose] > LIKELY or (purpose in named and likely[purpose] >= HARDLY)
    )
