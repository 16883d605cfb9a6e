"""Codes and their limits (docs/invariants.md 1.3): what holds for every history of tries, mails and times."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from cases.model import Attempt, Channel, Event, Proof
from cases.verification import (
    LIFETIME,
    MAILS_AN_HOUR,
    MAILS_AN_HOUR_TO_ONE_ADDRESS,
    TRIES_A_DAY,
    TRIES_A_REQUEST,
    accepted,
    alarm_is_new,
    is_live,
    judge,
    may_repeat,
    next_issue,
    one_time_code,
    spend_try,
    tries_left,
    withhold_mail,
)

NOW = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
KEY = b"k" * 32
HOME = "maija.mallikas@example.com"
CODE = one_time_code(KEY, "r1", 1)

seconds = st.integers(min_value=0, max_value=3 * 86400)
channels = st.sampled_from([Channel.CHAT, Channel.EMAIL])
codes = st.one_of(st.just(CODE), st.from_regex(r"[0-9]{6}", fullmatch=True), st.text(max_size=12))


def mailed(channel: Channel = Channel.CHAT, at: datetime = NOW) -> Proof:
    return accepted(Proof(issue=1, address=HOME), channel, at)


def attempts_of(what: str, requester: str, ages: list[int], address: str = HOME) -> list[Attempt]:
    return [
        Attempt(what, "liwigo", requester, address, NOW - timedelta(seconds=age), requester == address)
        for age in ages
    ]


@given(st.binary(min_size=16, max_size=32), st.text(min_size=1, max_size=24), st.integers(1, 10_000))
def test_a_code_is_six_digits_and_the_same_for_the_same_request_and_issue(
    key: bytes, request_id: str, issue: int
) -> None:
    code = one_time_code(key, request_id, issue)
    assert len(code) == 6
    assert code.isascii()
    assert code.isdigit()
    assert code == one_time_code(key, request_id, issue)


def test_codes_of_other_requests_issues_and_keys_are_other_codes() -> None:
    made = {
        one_time_code(key, request, issue) for key in (KEY, b"x" * 32) for request in "ab" for issue in (1, 2)
    }
    assert len(made) == 8


def test_codes_spread_over_the_whole_range() -> None:
    made = [int(one_time_code(KEY, f"r{number}", 1)) for number in range(4000)]
    per_tenth = [sum(low <= code < low + 100_000 for code in made) for low in range(0, 1_000_000, 100_000)]
    assert min(per_tenth) > 300


@given(channels, seconds)
def test_the_right_code_counts_until_its_lifetime_is_over_and_not_a_second_longer(
    channel: Channel, later: int
) -> None:
    event = judge(mailed(channel), CODE, CODE, [], "1001", HOME, NOW + timedelta(seconds=later))
    in_time = timedelta(seconds=later) < LIFETIME[channel]
    assert event is (Event.CODE_ACCEPTED if in_time else Event.CODE_EXPIRED)


@given(codes, seconds, st.integers(0, 6), st.integers(0, 6), st.booleans())
def test_only_the_code_itself_is_ever_accepted(
    typed: str, later: int, tries: int, own_tries: int, own: bool
) -> None:
    proof = replace(mailed(), tries=tries, own_tries=own_tries)
    requester = HOME if own else "1001"
    event = judge(proof, typed, CODE, [], requester, HOME, NOW + timedelta(seconds=later))
    if event is Event.CODE_ACCEPTED:
        assert typed == CODE
        assert later < 1800
        assert (own_tries if own else tries) < TRIES_A_REQUEST


@given(codes, seconds, st.integers(0, 5))
def test_a_claim_without_record_is_judged_in_the_words_of_one_with_record_and_never_accepted(
    typed: str, later: int, tries: int
) -> None:
    at = NOW + timedelta(seconds=later)
    known = replace(mailed(), tries=tries)
    nowhere = replace(accepted(Proof(issue=1), Channel.CHAT, NOW), tries=tries)
    wrong = typed if typed != CODE else "000000" if CODE != "000000" else "111111"
    assert judge(nowhere, typed, CODE, [], "1001", HOME, at) is not Event.CODE_ACCEPTED
    assert judge(nowhere, wrong, CODE, [], "1001", HOME, at) is judge(
        known, wrong, CODE, [], "1001", HOME, at
    )


@given(st.sampled_from(["queued", "accepted", "undelivered", "withheld"]), seconds, st.integers(0, 5))
def test_how_far_the_mail_came_changes_nothing_for_a_wrong_code(state: str, later: int, tries: int) -> None:
    at = NOW + timedelta(seconds=later)
    proof = replace(mailed(), state=state, tries=tries)
    nowhere = replace(accepted(Proof(issue=1), Channel.CHAT, NOW), tries=tries)
    assert judge(proof, "x", CODE, [], "1001", HOME, at) is judge(nowhere, "x", CODE, [], "1001", HOME, at)


@given(seconds)
def test_a_code_still_on_its_way_has_not_begun_to_run_out(later: int) -> None:
    proof = next_issue(Proof(address=HOME), Channel.CHAT, NOW)
    at = NOW + timedelta(seconds=later)
    assert judge(proof, CODE, CODE, [], "1001", HOME, at) is Event.CODE_ACCEPTED


def test_a_code_given_up_or_bounced_is_void() -> None:
    proof = replace(mailed(), state="undelivered")
    assert judge(proof, CODE, CODE, [], "1001", HOME, NOW) is Event.CODE_EXPIRED
    assert next_issue(proof, Channel.CHAT, NOW).issue == proof.issue + 1


def test_a_code_works_once() -> None:
    assert judge(replace(mailed(), used=True), CODE, CODE, [], "1001", HOME, NOW) is Event.CODE_EXPIRED


@given(st.lists(st.booleans(), max_size=20))
def test_five_wrong_tries_are_the_end_and_own_mail_has_five_of_its_own(owns: list[bool]) -> None:
    proof = mailed()
    for own in owns:
        event = judge(proof, "x", CODE, [], HOME if own else "1001", HOME, NOW)
        left = tries_left(proof, own=own)
        assert event is (Event.CODE_REFUSED if left > 1 else Event.CODE_EXHAUSTED)
        proof = spend_try(proof, own=own) if left > 0 else proof
    for requester, spent in ((HOME, proof.own_tries), ("1001", proof.tries)):
        right = judge(proof, CODE, CODE, [], requester, HOME, NOW)
        assert (right is Event.CODE_ACCEPTED) == (spent < TRIES_A_REQUEST)


@given(st.lists(st.integers(0, 2 * 86400), max_size=15), st.booleans())
def test_ten_tries_a_day_lock_this_requester_and_address_only(ages: list[int], other_address: bool) -> None:
    counted = attempts_of("try", "1001", ages, "onni.oletus@example.com" if other_address else HOME)
    locked = sum(age < 86400 for age in ages) >= TRIES_A_DAY and not other_address
    event = judge(mailed(), CODE, CODE, counted, "1001", HOME, NOW)
    assert event is (Event.CODE_EXHAUSTED if locked else Event.CODE_ACCEPTED)
    assert judge(mailed(), CODE, CODE, counted, "1002", HOME, NOW) is Event.CODE_ACCEPTED


@given(st.lists(st.integers(0, 7200), max_size=8), st.lists(st.integers(0, 7200), max_size=14))
def test_code_mails_stop_at_three_an_hour_a_requester_and_eight_an_hour_an_address(
    mine: list[int], others: list[int]
) -> None:
    counted = attempts_of("mail", "1001", mine)
    for number, age in enumerate(others):
        counted += attempts_of("mail", f"other{number}", [age])
    recent_mine = sum(age < 3600 for age in mine)
    recent = recent_mine + sum(age < 3600 for age in others)
    reason = withhold_mail(counted, "1001", HOME, NOW)
    if recent_mine >= MAILS_AN_HOUR:
        assert reason == "requester_limit"
    elif recent >= MAILS_AN_HOUR_TO_ONE_ADDRESS:
        assert reason == "address_limit"
    else:
        assert reason is None


@given(st.integers(0, 200))
def test_no_number_of_other_peoples_mails_holds_back_the_address_itself(others: int) -> None:
    counted = [a for number in range(others) for a in attempts_of("mail", f"other{number}", [1])]
    assert withhold_mail(counted, HOME, HOME, NOW) is None


@given(channels, seconds)
def test_the_same_code_goes_out_again_only_within_its_first_time(channel: Channel, later: int) -> None:
    at = NOW + timedelta(seconds=later)
    assert may_repeat(mailed(channel), channel, at) == (timedelta(seconds=later) < LIFETIME[channel])


@given(channels, st.lists(st.integers(1, 86400), min_size=1, max_size=30))
def test_repeated_mails_never_keep_one_code_alive_beyond_twice_its_time(
    channel: Channel, gaps: list[int]
) -> None:
    proof, at = mailed(channel), NOW
    for gap in gaps:
        at += timedelta(seconds=gap)
        if may_repeat(proof, channel, at):
            proof = accepted(proof, channel, at)
    assert proof.expires_at is not None
    assert proof.expires_at <= NOW + 2 * LIFETIME[channel]


def test_only_a_mailed_unused_code_is_live() -> None:
    assert is_live(mailed(), NOW)
    assert not is_live(replace(mailed(), used=True), NOW)
    assert not is_live(next_issue(Proof(address=HOME), Channel.CHAT, NOW), NOW)
    assert not is_live(mailed(), NOW + LIFETIME[Channel.CHAT])


def test_staff_hear_once_an_hour_of_one_flooded_address() -> None:
    said = "flood_alarm"
    assert alarm_is_new([], said, HOME, NOW)
    assert not alarm_is_new(attempts_of(said, "1001", [3599]), said, HOME, NOW)
    assert alarm_is_new(attempts_of(said, "1001", [3600]), said, HOME, NOW)
    assert alarm_is_new(attempts_of(said, "1001", [1], "onni.oletus@example.com"), said, HOME, NOW)


def test_what_holds_a_code_or_an_address_shows_neither() -> None:
    shown = repr(mailed()) + repr(attempts_of("try", HOME, [1]))
    assert CODE not in shown
    assert HOME not in shown
