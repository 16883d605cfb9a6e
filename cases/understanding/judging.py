"""From likelihoods to a decision: which rights are read, what else a message does, and whether to ask back.

The one place where "sure enough" is decided. Asking back costs little, a wrong case costs much.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping

from cases.model import Act, Kind, Purpose

#: Likelier than this, and a right is read.
LIKELY = 0.5
#: Where no right is that likely, the likeliest is read from here on, if it beats everything else a message may do.
LIKELIEST = 0.3
#: How likely all rights together must be read right, for the machine not to ask back.
SURE = 0.8
#: The same where the rules themselves are in doubt.
VERY_SURE = 0.95
#: From this likelihood on that a careful clerk would ask back, so does the machine.
ASK_BACK = 0.3
AMBIGUOUS = "ambiguous"
#: Where nothing at all is this likely, nothing was understood.
SOMETHING = 0.1
#: A right at least this likely is offered when the machine asks back; at most so many are.
WORTH_OFFERING, MOST_OFFERED = 0.15, 3
#: A purpose likelier than this is read; one that the rules name, unless it is less likely than the second.
NAMED, HARDLY = 0.45, 0.15
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
    best = max(_NON_REQUESTS, key=lambda each: likely[each])
    return best if likely[best] >= SOMETHING else Act.OTHER


def is_sure(likely: Likelihoods, doubted: bool = False) -> bool:
    """Whether what is read can be relied upon without asking; `doubted`: the rules are not sure."""
    if max(likely[each] for each in (*Kind, *_NON_REQUESTS)) < SOMETHING:
        return False
    certainty = math.prod(max(likely[kind], 1 - likely[kind]) for kind in Kind)
    enough = VERY_SURE if doubted else SURE
    return certainty >= enough and likely[AMBIGUOUS] < ASK_BACK


def worth_offering(likely: Likelihoods, named: tuple[Kind, ...]) -> tuple[Kind, ...]:
    """The rights to name when asking back, likeliest first; `named`: those the rules would name."""
    offered = sorted(
        (kind for kind in Kind if likely[kind] >= WORTH_OFFERING), key=lambda kind: -likely[kind]
    )
    return tuple(dict.fromkeys((*offered, *named)))[:MOST_OFFERED]


def purposes(likely: Likelihoods, named: tuple[Purpose, ...], kinds: Collection[Kind]) -> tuple[Purpose, ...]:
    """What a ban is about; `named`: what the rules say it is.

    An opt-out nearly always names something, so the likeliest is taken there; an objection may be to anything else.
    """
    if not {Kind.OPT_OUT, Kind.OBJECTION} & set(kinds):
        return ()
    found = {each for each in Purpose if likely[each] > NAMED or (each in named and likely[each] >= HARDLY)}
    if not found and Kind.OPT_OUT in kinds:
        found = {best for best in [max(Purpose, key=lambda each: likely[each])] if likely[best] >= HARDLY}
    return tuple(each for each in Purpose if each in found)
