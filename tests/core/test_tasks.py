"""Who is told of what was done about a case (GDPR Art. 19, 21)."""

import pytest

from cases.model import Kind
from cases.tasks import recipients_for
from cases.terms import Terms, Told
from tests.core.test_rulings import a_case


def told(name: str, *, marketing: bool = False) -> Told:
    return Told(name, {"fi": name, "en": name}, {"fi": name, "en": name}, marketing=marketing)


TERMS = Terms(recipients=(told("carrier"), told("mailing", marketing=True)), sources=(told("reseller"),))


@pytest.mark.parametrize(
    ("kind", "ids"),
    [
        (Kind.CORRECTION, ["carrier", "mailing", "reseller"]),
        (Kind.ERASURE, ["carrier", "mailing"]),
        (Kind.RESTRICTION, ["carrier", "mailing"]),
        (Kind.OPT_OUT, ["mailing"]),
        (Kind.OBJECTION, ["mailing"]),
        (Kind.ACCESS, []),
        (Kind.PORTABILITY, []),
    ],
)
def test_each_right_has_its_own_circle_of_those_told(kind: Kind, ids: list[str]) -> None:
    assert [one.id for one in recipients_for(a_case(kind=kind), TERMS)] == ids
