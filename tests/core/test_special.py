"""What is asked for somebody else, decided without a database: opened, held, answered the same for everybody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cases.correspondence import REPLIES_AN_HOUR
from cases.decide import claim_of, decide, read
from cases.desk import Desk
from cases.model import (
    Asking,
    Case,
    Channel,
    Conversation,
    Customer,
    Decision,
    Draft,
    Event,
    Flag,
    Inbound,
    Kind,
    Language,
    Reading,
    Route,
    Shop,
    Special,
    Status,
    VerifiedBy,
)  # fmt: skip
from cases.rulings import rule
from cases.staff import read_line
from cases.work import Known

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
SHOP = Shop(
    "liwigo", "Liwigo", "LIW", "tietosuoja@liwigo.example", mailbox="tietosuoja@liwigo.example", staff_chat=-7
)
MAIJA = Customer("C-1", "Maija Mallikas", "maija.mallikas@example.com")
WRITER = {Channel.CHAT: "1001", Channel.EMAIL: "outo@example.net"}
FACES = list(WRITER)

#: One sentence of each, in two languages.
SAID = {
    Special.GUARDIAN: (
        "Olen Matin huoltaja. Poistakaa hänen tilinsä.",
        "My son is 9, please delete his account.",
    ),
    Special.AGENT: (
        "Asiamiehenä pyydän: poistakaa päämieheni tiedot.",
        "On behalf of my client: delete her data.",
    ),
    Special.DECEASED: (
        "Isäni kuoli. Poistakaa hänen tietonsa.",
        "My mother passed away, delete her account.",
    ),
    Special.OTHER_CONTROLLER: (
        "Pyytäkää Postia poistamaan tietoni.",
        "Please ask Facebook to delete my data.",
    ),
    Special.OTHER_PERSON: ("Poistakaa vaimoni tiedot.", "Please delete my wife's data."),
}
CONTACT = "Olen yrityksemme yhteyshenkilö. Poistakaa tietoni."


def arrival(text: str, channel: Channel, key: str = "a1", **other: Any) -> Inbound:
    return Inbound(key, "liwigo", channel, WRITER[channel], NOW, text, **other)


def decided(
    text: str,
    channel: Channel = Channel.CHAT,
    *,
    match: tuple[Customer, ...] = (),
    talk: Conversation | None = None,
    before: Decision | None = None,
    replies: int = 0,
    **other: Any,
) -> Decision:
    """One message to its decision; `before` is what an earlier one stored."""
    inbound = arrival(text, channel, "a2" if before else "a1", **other)
    talk = (
        talk or (before.conversation if before else None) or Conversation("liwigo", channel, WRITER[channel])
    )
    reading = read(inbound, talk)
    known = Known(
        shop=SHOP,
        now=NOW,
        code_key=b"key",
        conversation=talk,
        reading=reading,
        own=before.requests if before else (),
        cases=before.cases if before else (),
        claim=claim_of(inbound, reading, talk),
        match=match,
        next_numbers={2026: 1 + len(before.cases if before else ())},
        replies_this_hour=replies,
    )
    return decide(inbound, known)


def named(decision: Decision) -> list[str]:
    """The letters to people, in their order."""
    return [letter.name for letter in decision.letters if letter.route is not Route.STAFF]


def alarms(decision: Decision) -> list[tuple[str, Any]]:
    return [(m.name, m.context.get("reason")) for m in decision.letters if m.route is Route.STAFF]


def only_case(decision: Decision) -> Case:
    (case,) = decision.cases
    return case


@pytest.mark.parametrize("channel", FACES)
@pytest.mark.parametrize("language", [0, 1])
@pytest.mark.parametrize("special", SAID)
def test_case_is_opened_held_and_answered_with_its_own_letter(
    special: Special, language: int, channel: Channel
) -> None:
    decision = decided(SAID[special][language], channel)
    case = only_case(decision)
    assert (case.kind, case.status) == (Kind.ERASURE, Status.HELD)
    assert case.flags == {Flag(str(special))}
    assert case.received_at == NOW
    assert case.verified_by is None
    assert named(decision) == [f"special_{special}"]
    assert alarms(decision) == [("case_held", str(special))]
    held = [entry for entry in decision.entries if entry.event is Event.HELD]
    assert [entry.data["reason"] for entry in held] == [str(special)]
    assert decision.letters[-1].language is (Language.FI, Language.EN)[language]


@pytest.mark.parametrize("channel", FACES)
@pytest.mark.parametrize("special", SAID)
def test_answer_is_the_same_whether_or_not_the_named_person_is_in_the_register(
    special: Special, channel: Channel
) -> None:
    text = f"{SAID[special][0]} Osoite on maija.mallikas@example.com."
    known, unknown = decided(text, channel, match=(MAIJA,)), decided(text, channel)

    def said(decision: Decision) -> list[Any]:
        people = [letter for letter in decision.letters if letter.route is not Route.STAFF]
        return [(x.name, x.to, x.language, dict(x.context), x.keyboard, x.code_issue) for x in people]

    assert said(known) == said(unknown)
    assert known.conversation == unknown.conversation
    assert not [attempt for decision in (known, unknown) for attempt in decision.attempts]


@pytest.mark.parametrize("channel", FACES)
def test_named_address_shows_staff_the_record_and_stops_marketing_there(channel: Channel) -> None:
    text = "Äitini puolesta: lopettakaa mainosten lähettäminen, osoite maija.mallikas@example.com"
    decision = decided(text, channel, match=(MAIJA,))
    (request,) = decision.requests
    assert (request.customer_id, request.proof.address) == ("C-1", MAIJA.email)
    assert [(s.address, s.state) for s in decision.suppressions] == [(MAIJA.email, "provisional")]


def test_senders_own_address_is_no_word_of_whom_the_request_is_about() -> None:
    own = Customer("C-9", "Outi Outo", WRITER[Channel.EMAIL])
    decision = decided("Äitini puolesta: lopettakaa mainosten lähettäminen.", Channel.EMAIL, match=(own,))
    assert decision.requests[0].customer_id is None
    assert decision.suppressions == ()


def test_named_address_that_leads_nowhere_is_flagged_for_staff_and_suppresses_nothing() -> None:
    decision = decided(
        "Äitini puolesta: lopettakaa mainosten lähettäminen, osoite ei@example.org", Channel.EMAIL
    )
    assert only_case(decision).flags == {Flag.AGENT, Flag.NO_RECORD}
    assert decision.suppressions == ()


def test_nothing_is_ever_sent_to_the_dead() -> None:
    text = "Isäni kuoli. Lopettakaa mainosten lähettäminen, osoite maija.mallikas@example.com"
    decision = decided(text, Channel.EMAIL, match=(MAIJA,))
    verified = ruled("verify LIW-2026-0001 --how tarkistettu", decision, MAIJA)
    answered = ruled("complete LIW-2026-0001 --note valmis", verified, MAIJA)
    letters = (*decision.letters, *verified.letters, *answered.letters)
    assert MAIJA.email not in {letter.to for letter in letters}
    assert [s.address for s in decision.suppressions] == [MAIJA.email]
    assert [letter.to for letter in answered.letters if letter.route is Route.MAIL] == [WRITER[Channel.EMAIL]]


def ruled(line: str, before: Decision, customer: Customer | None = None) -> Decision:
    """A staff verb a day later; `customer` is the record the request points to."""
    case, request = before.cases[-1], before.requests[-1]
    known = Known(
        shop=SHOP,
        now=NOW + timedelta(days=1),
        code_key=b"key",
        conversation=Conversation("liwigo", request.channel, request.peer),
        reading=Reading(lang="fi"),
        own=(request,),
        cases=(case,),
    )
    desk = Desk(known, read_line(line), "terminal:testi", "v1", case, request, customer=customer)
    return rule(desk)


@pytest.mark.parametrize("channel", FACES)
def test_plain_wish_afterwards_opens_a_request_of_the_writers_own(channel: Channel) -> None:
    first = decided("Poistakaa vaimoni tiedot.", channel)
    second = decided("Poistakaa tietoni.", channel, before=first)
    case = only_case(second)
    assert (case.id, case.flags - {Flag.NO_RECORD}) == ("LIW-2026-0002", frozenset())
    assert case.request_id != only_case(first).request_id
    assert named(second)[-1] in ("ask_address", "receipt_with_code")


@pytest.mark.parametrize("channel", FACES)
def test_same_wish_again_goes_to_the_held_case(channel: Channel) -> None:
    first = decided("Olen Matin huoltaja. Poistakaa hänen tilinsä.", channel)
    second = decided("Poistakaa hänen tietonsa mahdollisimman pian.", channel, before=first)
    case = only_case(second)
    assert (case.id, case.status) == (only_case(first).id, Status.HELD)
    assert case.flags == {Flag.GUARDIAN, Flag.NEW_MESSAGE}
    assert named(second) == ["details_added"]
    assert alarms(second) == [("new_message", None)]


def test_wish_for_another_does_not_join_the_writers_own() -> None:
    first = decided("Poistakaa tietoni.")
    second = decided("Poistakaa vaimoni tiedot.", before=first)
    assert only_case(second).request_id != only_case(first).request_id
    assert (second.conversation or first.conversation) == first.conversation


@pytest.mark.parametrize("channel", FACES)
def test_whose_wish_it_was_may_be_said_later(channel: Channel) -> None:
    first = decided("Poistakaa tili.", channel)
    second = decided("Olen siis hänen huoltajansa.", channel, before=first)
    case = only_case(second)
    assert (case.status, Flag.GUARDIAN in case.flags) == (Status.HELD, True)
    assert named(second) == ["special_guardian"]


def test_what_an_unclear_message_said_of_whom_it_is_for_holds_for_its_answer() -> None:
    draft = Draft(
        "Olen Matin huoltaja. Poistakaa hänet.", NOW - timedelta(days=2), candidates=(Kind.ERASURE,), key="a0"
    )
    talk = Conversation("liwigo", Channel.CHAT, "1001", asking=Asking.KIND, draft=draft)
    decision = decided("poistakaa tiedot", talk=talk)
    case = only_case(decision)
    assert (case.status, case.received_at) == (Status.HELD, draft.received_at)
    assert case.flags == {Flag.GUARDIAN}
    assert decision.sorted_keys == ("a0",)
    assert decision.conversation is not None
    assert (decision.conversation.draft, decision.conversation.asking) == (None, None)


def test_spam_for_another_is_held_without_a_word() -> None:
    decision = decided("Poistakaa vaimoni tiedot.", Channel.EMAIL, spam=True)
    assert only_case(decision).flags == {Flag.SPAM, Flag.OTHER_PERSON}
    assert named(decision) == []


def test_correspondent_over_budget_is_held_without_a_word() -> None:
    decision = decided("Poistakaa vaimoni tiedot.", Channel.EMAIL, replies=REPLIES_AN_HOUR)
    assert (only_case(decision).status, named(decision)) == (Status.HELD, [])
    assert ("case_held", "other_person") in alarms(decision)


@pytest.mark.parametrize("channel", FACES)
def test_company_contact_goes_on_like_anybody_and_is_told_so_once(channel: Channel) -> None:
    first = decided(CONTACT, channel)
    case = only_case(first)
    assert case.status is not Status.HELD
    assert Flag.COMPANY_CONTACT in case.flags
    assert named(first)[0] == "special_company_contact"
    assert len(named(first)) == 2
    second = decided("Yhteyshenkilönä haluan myös nähdä tietoni.", channel, before=first)
    assert "special_company_contact" not in named(second)


def test_each_thing_that_keeps_us_has_its_letter() -> None:
    decision = decided("Isäni kuoli. Pyytäkää Facebookia poistamaan hänen tilinsä.")
    assert only_case(decision).flags == {Flag.DECEASED, Flag.OTHER_CONTROLLER}
    assert named(decision) == ["special_deceased", "special_other_controller"]
    assert len(alarms(decision)) == 1


def test_staff_verify_a_held_case_as_any_other() -> None:
    first = decided("Asiamiehenä pyydän: poistakaa päämieheni tiedot.", Channel.EMAIL)
    verified = ruled("verify LIW-2026-0001 --how valtakirja", first)
    case = verified.cases[-1]
    assert (case.status, case.verified_by) == (Status.OPEN, VerifiedBy.STAFF)
    assert case.flags == {Flag.AGENT}


def test_no_code_can_be_typed_for_somebody_else() -> None:
    first = decided("Poistakaa vaimoni tiedot, maija.mallikas@example.com", match=(MAIJA,))
    second = decided("123456", before=first)
    assert (first.requests[0].proof.issue, second.cases, named(second)) == (0, (), ["nothing_waiting"])


@pytest.mark.parametrize("channel", FACES)
def test_role_told_after_the_letter_stands_on_the_held_case(channel: Channel) -> None:
    first = decided("Poistakaa lapseni tili.", channel)
    second = decided("Olen hänen huoltajansa.", channel, before=first)
    case = only_case(second)
    assert case.id == only_case(first).id
    assert case.flags == {Flag.OTHER_PERSON, Flag.GUARDIAN, Flag.NEW_MESSAGE}
    assert ("new_message", None) in alarms(second)
