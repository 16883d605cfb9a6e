"""Every staff verb in the terminal, against a running shop."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cases.model import Ground
from tests.office import LISA, MAIJA, ONNI, text_of
from tests.staff.terminal import Terminal

HELSINKI = ZoneInfo("Europe/Helsinki")
Row = dict[str, Any]

ROW_KEYS = {
    "id", "shop", "kind", "status", "channel", "language", "received_at", "due", "safe_due", "verified_by",
    "assignee", "extended", "flags",
}  # fmt: skip


def days_ago(days: int) -> str:
    return (datetime.now(HELSINKI) - timedelta(days=days)).date().isoformat()


async def by_phone(terminal: Terminal, kind: str, *more: str, days: int = 3) -> str:
    """A request that came by phone; its case id."""
    ran = await terminal.done("add", "--kind", kind, "--received", days_ago(days), *more, "--json")
    return str(ran.json["id"])


# -- looking --------------------------------------------------------------------------------------------------


async def test_queue_json_has_exactly_the_shape_of_the_contract(terminal: Terminal, open_case: Row) -> None:
    (row,) = (await terminal.done("queue", "--json")).json
    assert row == open_case
    assert set(row) == ROW_KEYS
    assert row["received_at"][-6:] in ("+02:00", "+03:00")
    assert len(row["due"]) == len("2026-12-22")


async def test_case_json_has_exactly_the_shape_of_the_contract(terminal: Terminal, open_case: Row) -> None:
    view = (await terminal.done("case", open_case["id"].lower(), "--json")).json
    assert set(view) == ROW_KEYS | {"request_id", "text", "details", "requester", "journal", "letters"}
    assert set(view["requester"]) == {"customer_id", "name", "email", "telegram_id", "claimed"}
    assert view["requester"]["telegram_id"] == 1001
    assert all(set(entry) == {"at", "event", "actor", "note"} for entry in view["journal"])
    assert all(set(letter) == {"name", "to", "channel", "state", "at"} for letter in view["letters"])
    assert {letter["channel"] for letter in view["letters"]} == {"chat", "email"}


async def test_queue_lists_the_nearest_due_date_first_and_hides_what_is_closed(terminal: Terminal) -> None:
    late = await by_phone(terminal, "access", "--email", MAIJA, days=50)
    soon = await by_phone(terminal, "erasure", days=20)
    fresh = await by_phone(terminal, "objection", days=1)
    await terminal.done("withdraw", fresh, "--yes")
    assert [row["id"] for row in (await terminal.done("queue", "--json")).json] == [late, soon]
    assert [row["id"] for row in (await terminal.done("queue", "--all", "--json")).json] == [
        late,
        soon,
        fresh,
    ]


async def test_queue_filters_by_overdue_mine_and_kind(terminal: Terminal) -> None:
    late = await by_phone(terminal, "access", days=50)
    mine = await by_phone(terminal, "erasure", days=5)
    await terminal.done("take", mine)
    for words, wanted in (
        (["--overdue"], [late]),
        (["--mine"], [mine]),
        (["--kind", "erasure"], [mine]),
        (["--kind", "portability"], []),
        (["--overdue", "--mine"], []),
    ):
        assert [row["id"] for row in (await terminal.done("queue", *words, "--json")).json] == wanted


async def test_a_kind_that_is_none_is_wrong_usage_and_names_them(terminal: Terminal) -> None:
    ran = await terminal("queue", "--kind", "everything")
    assert ran.code == 2
    assert "portability" in ran.err
    assert ran.err.count("\n") == 1


async def test_an_unknown_case_is_refused_in_one_line(terminal: Terminal) -> None:
    for words in (["case"], ["take"], ["complete", "--yes"], ["withdraw"]):
        ran = await terminal(words[0], "LIW-2026-9999", *words[1:])
        assert (ran.code, ran.out) == (1, "")
        assert ran.err == "There is no case LIW-2026-9999. `pyynto queue` lists the open ones.\n"


# -- small verbs ----------------------------------------------------------------------------------------------


async def test_take_makes_the_case_mine(terminal: Terminal, open_case: Row) -> None:
    ran = await terminal.done("take", open_case["id"], "--json")
    assert ran.json["assignee"].startswith("terminal:")
    journal = (await terminal.office.case(open_case["id"]))["journal"]
    assert [entry["event"] for entry in journal][-1] == "taken"


async def test_a_note_keeps_its_words_and_masks_numbers_nobody_may_keep(
    terminal: Terminal, open_case: Row
) -> None:
    await terminal.done("note", open_case["id"], "Soitti", "uudelleen,", "hetu 120385-913J")
    journal = (await terminal.office.case(open_case["id"]))["journal"]
    (note,) = [entry for entry in journal if entry["event"] == "noted"]
    assert note["note"].startswith("Soitti uudelleen")
    assert "120385-913J" not in note["note"]


async def test_verify_opens_every_case_of_the_request_and_writes_to_the_person(
    terminal: Terminal, waiting_case: Row
) -> None:
    await terminal.done("verify", waiting_case["id"], "--how", "soitin rekisterin numeroon", "--yes")
    case = await terminal.office.case(waiting_case["id"])
    assert (case["status"], case["verified_by"]) == ("open", "staff")
    assert any(e["event"] == "identity_verified" and "soitin" in e["note"] for e in case["journal"])
    message = await terminal.office.person().next_message()
    assert waiting_case["id"] in message["text"]


async def test_verify_twice_is_refused(terminal: Terminal, open_case: Row) -> None:
    ran = await terminal("verify", open_case["id"], "--how", "x", "--yes")
    assert ran.code == 1
    assert open_case["id"] in ran.err


async def test_reject_identity_tells_how_to_complain_and_to_go_on(
    terminal: Terminal, waiting_case: Row
) -> None:
    await terminal.done("reject-identity", waiting_case["id"], "--reason", "Tiedot eivät täsmää.", "--yes")
    case = await terminal.office.case(waiting_case["id"])
    assert case["status"] == "unverified"
    events = [entry["event"] for entry in case["journal"]]
    assert "identity_rejected" in events
    assert "identity_info_requested" in events
    text = (await terminal.office.person().next_message())["text"]
    assert "Tietosuojavaltuutetun toimisto" in text
    assert "käräjäoikeu" in text
    again = await terminal("reject-identity", waiting_case["id"], "--reason", "x", "--yes")
    assert again.code == 1


async def test_who_rejects_has_seen_the_case_and_only_a_new_message_brings_it_back(
    terminal: Terminal, waiting_case: Row
) -> None:
    async def queued(*words: str) -> list[str]:
        return [row["id"] for row in (await terminal.done("queue", *words, "--json")).json]

    await terminal.done("reject-identity", waiting_case["id"], "--reason", "x", "--yes")
    assert await queued() == []
    assert await queued("--all") == [waiting_case["id"]]
    await terminal.office.person().say("haluan puhua ihmiselle")
    await terminal.office.until(lambda rows: rows[0]["flags"] == ["human_wanted"])
    assert await queued() == [waiting_case["id"]]
    shown = (await terminal.done("case", waiting_case["id"])).out
    assert f"pyynto seen {waiting_case['id']}" in shown
    await terminal.done("seen", waiting_case["id"])
    assert await queued() == []
    again = await terminal("seen", waiting_case["id"])
    assert again.code == 1


# -- extend ---------------------------------------------------------------------------------------------------


async def test_extend_in_time_moves_the_due_date_and_gives_reasons_and_the_new_date(
    terminal: Terminal, open_case: Row
) -> None:
    ran = await terminal.done(
        "extend", open_case["id"], "--months", "2", "--reason", "Tilauksia on monta.", "--yes", "--json"
    )
    assert ran.json["extended"] is True
    assert ran.json["due"] > open_case["due"]
    mail = (await terminal.office.mails(MAIJA, 2))[-1]
    day = datetime.fromisoformat(ran.json["due"])
    assert "Tilauksia on monta." in text_of(mail)
    assert f"{day.day}.{day.month}.{day.year}" in text_of(mail)


async def test_extend_twice_too_late_or_by_odd_months_is_refused_with_its_reason(
    terminal: Terminal, open_case: Row
) -> None:
    extend = ["extend", open_case["id"], "--reason", "x", "--yes", "--months"]
    await terminal.done(*extend, "1")
    twice = await terminal(*extend, "1")
    assert (twice.code, "once" in twice.err) == (1, True)
    bad = await terminal(*extend, "3")
    assert (bad.code, "--months" in bad.err) == (2, True)
    late = await by_phone(terminal, "access", "--email", LISA, days=60)
    await terminal.done("verify", late, "--how", "x", "--yes")
    too_late = await terminal("extend", late, "--reason", "x", "--yes", "--months", "1")
    assert (too_late.code, "due date has passed" in too_late.err) == (1, True)


# -- closing --------------------------------------------------------------------------------------------------


async def test_complete_answers_by_mail_and_says_so_in_chat(terminal: Terminal, open_case: Row) -> None:
    await terminal.done("complete", open_case["id"], "--note", "Poistimme myös tykkäykset.", "--yes")
    mail = (await terminal.office.mails(MAIJA, 2))[-1]
    assert "Poistimme myös tykkäykset." in text_of(mail)
    told = (await terminal.office.person().next_message())["text"]
    assert open_case["id"] in told
    assert "tykkäykset" not in told
    assert (await terminal.office.case(open_case["id"]))["status"] == "answered"


async def test_complete_needs_a_proved_identity(terminal: Terminal, waiting_case: Row) -> None:
    ran = await terminal("complete", waiting_case["id"], "--yes")
    assert ran.code == 1
    assert (await terminal.office.case(waiting_case["id"]))["status"] == "verifying"


@pytest.mark.parametrize("ground", [ground for ground in Ground if ground is not Ground.NOT_IDENTIFIED])
async def test_refuse_on_each_ground_names_reason_complaint_and_court(
    terminal: Terminal, open_case: Row, ground: Ground
) -> None:
    refuse = ["refuse", open_case["id"], "--ground", ground, "--reason", "Lasku on maksamatta.", "--yes"]
    await terminal.done(*refuse)
    text = text_of((await terminal.office.mails(MAIJA, 2))[-1])
    for part in ("Lasku on maksamatta.", "Tietosuojavaltuutetun toimisto", "tietosuoja.fi", "käräjäoikeu"):
        assert part in text
    assert (await terminal.office.case(open_case["id"]))["status"] == "answered"


async def test_a_proved_person_is_not_refused_as_unidentified(terminal: Terminal, open_case: Row) -> None:
    ran = await terminal("refuse", open_case["id"], "--ground", "not_identified", "--reason", "x", "--yes")
    assert (ran.code, "identity is proved" in ran.err) == (1, True)


async def test_an_opt_out_cannot_be_refused(terminal: Terminal) -> None:
    case = await by_phone(terminal, "opt_out", "--email", ONNI)
    for ground in Ground:
        if ground is not Ground.NOT_IDENTIFIED:
            ran = await terminal("refuse", case, "--ground", ground, "--reason", "x", "--yes")
            assert (ran.code, "Art. 21(3)" in ran.err) == (1, True)


async def test_nobody_unproved_in_chat_is_refused_without_the_letter_the_law_wants(
    terminal: Terminal, waiting_case: Row
) -> None:
    ran = await terminal("refuse", waiting_case["id"], "--ground", "other", "--reason", "x", "--yes")
    assert (ran.code, "reject-identity" in ran.err) == (1, True)


async def test_withdraw_and_reopen(terminal: Terminal, open_case: Row) -> None:
    await terminal.done("withdraw", open_case["id"], "--yes")
    assert (await terminal.office.case(open_case["id"]))["status"] == "withdrawn"
    assert (await terminal("withdraw", open_case["id"], "--yes")).code == 1
    await terminal.done("reopen", open_case["id"])
    assert (await terminal.office.case(open_case["id"]))["status"] == "open"
    assert (await terminal("reopen", open_case["id"])).code == 1


async def test_a_refused_and_unproved_case_reopens_unproved(terminal: Terminal) -> None:
    case = await by_phone(terminal, "erasure")
    await terminal.done("refuse", case, "--ground", "not_identified", "--reason", "x", "--yes")
    await terminal.done("reopen", case)
    assert (await terminal.office.case(case))["status"] == "received"


# -- add ------------------------------------------------------------------------------------------------------


async def test_add_opens_a_case_whose_clock_starts_when_it_came(terminal: Terminal) -> None:
    ran = await terminal.done(
        "add", "--kind", "access", "--received", "2026-01-05T10:00", "--channel", "letter", "--customer",
        "C-1003", "--note", "Kirje tiskille", "--json",
    )  # fmt: skip
    row = ran.json
    assert row["received_at"] == "2026-01-05T10:00:00+02:00"
    assert (row["due"], row["channel"], row["language"]) == ("2026-02-05", "letter", "en")
    assert row["id"].startswith("LIW-2026-")
    case = await terminal.office.case(row["id"])
    assert (case["requester"]["customer_id"], case["requester"]["email"]) == ("C-1003", LISA)
    assert case["text"] == "Kirje tiskille"


@pytest.mark.parametrize(
    "written", ["5.1.2026", "5.1.2026 klo 10.00", "2026-01-05 10:00", "2026-01-05T08:00Z"]
)
async def test_add_reads_days_as_finns_write_them(terminal: Terminal, written: str) -> None:
    ran = await terminal.done("add", "--kind", "access", "--received", written, "--json")
    assert ran.json["received_at"][:10] == "2026-01-05"


@pytest.mark.parametrize(
    "written", ["2099-01-01", "1999-01-01", "0001-01-01T00:00+14:00", "31.2.2026", "eilen"]
)
async def test_add_refuses_a_day_that_cannot_be(terminal: Terminal, written: str) -> None:
    ran = await terminal("add", "--kind", "access", "--received", written)
    assert ran.code == 1
    assert "--received" in ran.err
    assert await terminal.office.queue() == []


async def test_add_for_an_address_not_on_record_is_flagged(terminal: Terminal) -> None:
    case = await by_phone(terminal, "access", "--email", "outo@example.net")
    assert (await terminal.office.case(case))["flags"] == ["no_record"]


async def test_add_for_an_address_of_two_people_is_held_with_both_named(terminal: Terminal) -> None:
    case = await terminal.office.case(await by_phone(terminal, "access", "--email", "tupla@example.com"))
    assert (case["status"], case["flags"]) == ("held", ["names_differ"])
    assert "C-1004" in case["journal"][-1]["note"]
    assert "C-1005" in case["journal"][-1]["note"]


async def test_an_opt_out_by_phone_takes_effect_at_once(terminal: Terminal) -> None:
    case = await by_phone(terminal, "opt_out", "--email", ONNI)
    (row,) = (await terminal.done("suppressions", "export", "--json")).json
    assert (row["email"], row["state"], row["case_id"]) == (ONNI, "provisional", case)


async def test_a_phone_request_is_answered_to_the_recorded_address(terminal: Terminal) -> None:
    case = await by_phone(terminal, "erasure", "--email", LISA)
    shown = await terminal("verify", case, "--how", "tuttu ääni")
    assert shown.code == 1
    assert "Nothing goes out" in shown.out
    await terminal.done("verify", case, "--how", "tuttu ääni", "--yes")
    await terminal.done("complete", case, "--yes")
    assert case in str((await terminal.office.mails(LISA))[-1]["Subject"])


# -- unsorted -------------------------------------------------------------------------------------------------


async def unsorted(terminal: Terminal) -> list[Row]:
    rows: list[Row] = []
    for _ in range(100):
        rows = (await terminal.done("unsorted", "--json")).json
        if rows:
            break
    return rows


async def test_a_mail_is_sorted_into_a_case_and_keeps_its_arrival_time(terminal: Terminal) -> None:
    await terminal.office.write(LISA, "Hello, when is my parcel coming?", "Parcel")
    (row,) = await unsorted(terminal)
    assert set(row) == {
        "n",
        "shop",
        "channel",
        "received_at",
        "language",
        "reason",
        "from",
        "subject",
        "text",
    }
    assert (row["from"], row["subject"]) == (LISA, "Parcel")
    shown = await terminal("sort", str(row["n"]), "--kind", "access")
    assert shown.code == 1
    assert LISA in shown.out
    assert "••••••" in shown.out
    assert await terminal.office.queue() == []
    ran = await terminal.done("sort", str(row["n"]), "--kind", "access", "--yes", "--json")
    assert (ran.json["kind"], ran.json["received_at"]) == ("access", row["received_at"])
    await terminal.office.code(LISA)
    assert (await terminal.done("unsorted", "--json")).json == []
    gone = await terminal("sort", str(row["n"]), "--kind", "access", "--yes")
    assert (gone.code, "no unsorted message" in gone.err) == (1, True)


async def test_sorting_a_repeat_joins_the_open_case(terminal: Terminal) -> None:
    office = terminal.office
    await office.write(LISA, "Hello, when is my parcel coming?", "Parcel")
    (row,) = await unsorted(terminal)
    await office.write(LISA, "Please delete all my data.")
    rows = await office.until(lambda rows: bool(rows) and rows[0]["status"] == "verifying")
    ran = await terminal.done("sort", str(row["n"]), "--kind", "erasure", "--yes", "--json")
    assert ran.json["id"] == rows[0]["id"]
    assert len(await office.queue(everything=True)) == 1
    assert (await terminal.done("unsorted", "--json")).json == []
