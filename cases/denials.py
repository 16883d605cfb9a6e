"""Whether the words beside a code say that its writer asked for nothing.

Our code mails invite whoever did not ask to write back, and people quote the number when they do. A code in such
an answer proves that the address is theirs and that the request is not, so it must never open one.
"""

from __future__ import annotations

import re

#: Finnish, English, Swedish; matched in lower case, apostrophes made straight.
DENIALS = re.compile(
    r"""
    \b(?:en|emme)\ (?:\w+\ ){0,3}?(?:pyytän\w*|pyyd\w*|lähettän\w*|vaatinu\w*)
  | \b(?:en|emme)\ (?:\w+\ ){0,3}?(?:tehn\w*|teh\w*)\ (?:\w+\ ){0,3}?(?:pyyn\w*|vaatimu\w*)
  | \ben\ (?:ole\ )?(?:\w+\ )?(?:teidän\ )?asiakkaa\w*
  | \b(?:en\ minä|en\ mä|enkä\ ole|ei\ ole\ (?:minun|mun|minulta|multa|meidän)|ei\ kuulu\ minulle|ei\ liity\ minuun)\b
  | \b(?:joku|jokin)\ (?:muu|toinen)\b | \b(?:väärä|väärän|väärälle)\ (?:henkilö\w*|osoit\w*|ihmi\w*)
  | \b(?:kuka|keitä)\ (?:te\ |sinä\ )?(?:olette|olet|on|pyysi)\b | \bhuijau\w* | \bkalastel\w*
  | \b(?:did\ not|didn't|didnt|never|have\ not|haven't)\ (?:\w+\ ){0,3}?
      (?:ask|asked|request|requested|make|made|apply|applied)\b
  | \b(?:not|wasn't|isn't)\ (?:me|mine|my\ request|from\ me|a\ customer)\b | \b(?:someone|somebody)\ else\b
  | \bwho\ (?:are\ you|is\ this|asked|requested)\b | \bwrong\ (?:person|address)\b | \b(?:scam|phishing|fraud)\b
  | \b(?:jag|vi)\ (?:\w+\ ){0,2}?(?:inte|aldrig)\ (?:\w+\ ){0,2}?(?:bett|beställt|begärt|skickat|gjort)\b
  | \b(?:inte\ jag|någon\ annan)\b
    """,
    re.VERBOSE,
)


def denies(text: str) -> bool:
    """The writer says the request is not theirs."""
    plain = " ".join(text.casefold().replace("\u2019", "'").split())
    return DENIALS.search(plain) is not None
