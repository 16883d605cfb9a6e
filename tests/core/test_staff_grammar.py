"""Staff verbs as they are typed, on phones too: every line is an order or a fault that says how to write it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.faults import TheirFault
from cases.model import Ground, Kind
from cases.staff import VERBS, Order, Verb, case_id, read_line

ID = "LIW-2026-0001"

READ = [
    ("/queue", Order("queue")),
    ("/QUEUE", Order("queue")),
    ("queue --overdue --kind erasure", Order("queue", options={"overdue": "", "kind": "erasure"})),
    ("/queue@liwigo_bot --all", Order("queue", options={"all": ""})),
    ("/take liw-2026-0001", Order("take", ID)),
    ("/take LIW–2026–0001", Order("take", ID)),
    ("/take LIW-2026-1", Order("take", ID)),
    ("/take #LIW-2026-0001.", Order("take", ID)),
    ("/note LIW-2026-0001 soitti ja kysyi", Order("note", ID, text="soitti ja kysyi")),
    ("/note LIW-2026-0001\nsoitti\n\nja kysyi", Order("note", ID, text="soitti\n\nja kysyi")),
    ("/note LIW-2026-0001 “soitti”", Order("note", ID, text="soitti")),
    ('/note LIW-2026-0001 hän sanoi "ei"', Order("note", ID, text='hän sanoi "ei"')),
    ("/note LIW-2026-0001 hinta --50 — vai?", Order("note", ID, text="hinta --50 — vai?")),
    ("/verify LIW-2026-0001 --how soitin", Order("verify", ID, options={"how": "soitin"})),
    ("/verify LIW-2026-0001 —how soitin", Order("verify", ID, options={"how": "soitin"})),
    ("/verify LIW-2026-0001 –how soitin", Order("verify", ID, options={"how": "soitin"})),
    ("/verify LIW-2026-0001 —-how soitin", Order("verify", ID, options={"how": "soitin"})),
    ("/verify LIW-2026-0001 --HOW=soitin", Order("verify", ID, options={"how": "soitin"})),
    ("/verify LIW-2026-0001 --how a\nb — c —d", Order("verify", ID, options={"how": "a\nb — c —d"})),
    ("/reject_identity LIW-2026-0001 --reason ei", Order("reject-identity", ID, options={"reason": "ei"})),
    ("/sort 3 --kind opt-out", Order("sort", number=3, options={"kind": "opt_out"})),
    ("/sort #3 --kind Opt_Out", Order("sort", number=3, options={"kind": "opt_out"})),
    (
        "/extend LIW-2026-0001 —reason „Monta tilausta — kaksi vuotta” —months 2",
        Order("extend", ID, options={"reason": "Monta tilausta — kaksi vuotta", "months": "2"}),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("line", "order"), READ, ids=[row[0] for row in READ])
def test_a_line_is_read_as_it_was_meant(line: str, order: Order) -> None:
    assert read_line(line) == order


USAGE = [
    "/take",
    "/take LIW-2026-0001 LIW-2026-0002",
    "/note LIW-2026-0001",
    '/note LIW-2026-0001 ""',
    "/verify LIW-2026-0001",
    "/verify LIW-2026-0001 --how",
    "/verify LIW-2026-0001 --who soitin",
    "/extend LIW-2026-0001 --months 3 --reason x",
    "/extend LIW-2026-0001 --months",
    "/refuse LIW-2026-0001 --ground because --reason x",
    "/queue --overdue=yes",
    "/queue yes",
    "/sort ² --kind access",
    "/sort -1 --kind access",
    f"/sort {'9' * 5000} --kind access",
    "/sort 3 --kind everything",
]


@pytest.mark.parametrize("line", USAGE, ids=[line[:60] for line in USAGE])
def test_a_line_that_cannot_be_read_is_answered_with_how_it_is_written(line: str) -> None:
    with pytest.raises(TheirFault) as fault:
        read_line(line)
    assert fault.value.code == "usage"
    name = line.removeprefix("/").split()[0]
    assert fault.value.detail["usage"] == VERBS[name].usage


@pytest.mark.parametrize("line", ["", "/", "//", "  ", "/quue", "/ queue", "hei vaan"])
def test_a_word_that_is_no_verb_is_called_so(line: str) -> None:
    with pytest.raises(TheirFault) as fault:
        read_line(line)
    assert fault.value.code == "unknown_command"


def test_an_unknown_word_is_cut_before_it_is_repeated() -> None:
    with pytest.raises(TheirFault) as fault:
        read_line("/" + "x" * 5000)
    assert len(fault.value.detail["command"]) <= 40


WORDS = st.sampled_from(
    [
        *VERBS,
        *(f"--{o.name}" for v in VERBS.values() for o in v.options),
        *Kind,
        *Ground,
        "—",
        "--",
        "“",
        "LIW-2026-1",
    ]
)


@given(st.one_of(st.text(), st.lists(st.one_of(WORDS, st.text(max_size=8)), max_size=8).map(" ".join)))
def test_whatever_is_typed_is_an_order_or_their_fault(line: str) -> None:
    try:
        order = read_line(line)
    except TheirFault as told:
        code = told.code
    else:
        code = "read"
        verb = VERBS[order.verb]
        assert set(order.options) <= {option.name for option in verb.options} | {
            name.lower() for name in verb.args
        }
        # Nothing that could not be stored or sent.
        "".join([order.text, order.case_id, *order.options.values()]).encode()
    assert code in ("read", "usage", "unknown_command")


@given(st.text())
def test_what_is_said_of_a_case_id_never_grows(typed: str) -> None:
    assert len(case_id(typed)) <= max(40, len(typed) + 3)


@pytest.mark.parametrize("verb", VERBS.values(), ids=lambda verb: verb.name)
def test_every_verb_has_help_in_both_languages_and_a_usage_that_begins_with_its_name(verb: Verb) -> None:
    assert verb.help.endswith(".")
    assert verb.help_fi.endswith(".")
    assert verb.usage.split()[0] == verb.name


def test_orders_keep_free_text_out_of_their_repr() -> None:
    assert "salaista" not in repr(read_line(f"/note {ID} salaista"))
    assert "salaista" not in repr(read_line(f"/verify {ID} --how salaista"))
