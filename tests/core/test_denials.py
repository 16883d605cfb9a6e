"""Words beside a code that say the request is somebody else's, and words that do not."""

from __future__ import annotations

import pytest

from cases.denials import denies

NOT_THEIRS = [
    "I never asked for 123456, who are you",
    "I did not request this code 123456",
    "I didn’t ask for this: 123456",
    "someone else asked for this 123456",
    "This is not mine. 123456",
    "That was not me! The code is 123456",
    "En ole pyytänyt mitään koodia 123456, mikä tämä on?",
    "En ole tehnyt tällaista pyyntöä! koodi 123456",
    "minä en pyytänyt koodia 123456 älkää poistako mitään",
    "Kuka pyysi koodin 123456? En minä.",
    "Sain koodin 123456 vaikka en ole asiakkaanne",
    "koodi 123456 ei ole minun",
    "Onko tämä huijausta? 123456",
    "Jag har inte bett om kod 123456",
]

THEIRS = [
    "123456",
    "Tässä 123456",
    "moi koodi oli 123456 kiitos",
    "hei! sain tämän: 123456. t. Maija",
    "Hei, tässä koodi 123456 ja haluan tietoni pois",
    "123456 - but what happens next?",
    "En löytänyt koodia heti, tässä se on: 123456",
    "en ole saanut vastausta, koodi on 123456",
    "I have not heard from you. My code is 123456",
    "Koodi 123456. En halua enää mainoksia.",
    "the code is 123456, and I do not want any more newsletters",
    "Här är koden 123456",
    "En ole tilannut teiltä vuosiin, koodi 123456",
    "I have not ordered anything for years, here is the code 123456",
]


@pytest.mark.parametrize("text", NOT_THEIRS)
def test_who_says_they_did_not_ask_denies(text: str) -> None:
    assert denies(text)


@pytest.mark.parametrize("text", THEIRS)
def test_who_sends_the_code_denies_nothing(text: str) -> None:
    assert not denies(text)
