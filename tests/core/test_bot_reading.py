"""Every kind of update, as Telegram writes it, and what it reads as."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.faults import UnreadableUpdate
from bot.reading import ADDRESSED, parse, read
from cases.model import Channel, Form, Inbound

# The library announces a change of type that the code already copes with.
pytestmark = pytest.mark.filterwarnings("ignore::telegram.warnings.PTBDeprecationWarning")

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
DATE = 1_795_000_000
SENT = datetime.fromtimestamp(DATE, UTC)
BOT = "liwigo_sample_bot"

MAIJA = {
    "id": 1001,
    "is_bot": False,
    "first_name": "Maija",
    "last_name": "Malliasiakas",
    "username": "maija_malli",
    "language_code": "fi",
}
PRIVATE = {"id": 1001, "first_name": "Maija", "username": "maija_malli", "type": "private"}
GROUP = {"id": -1001234, "title": "Liwigon väki", "type": "supergroup"}
BASIC_GROUP = {"id": -4321, "title": "Vanha ryhmä", "type": "group", "all_members_are_administrators": True}
CHANNEL = {"id": -1009999, "title": "Uutiset", "type": "channel", "username": "liwigo_uutiset"}
BOT_USER = {"id": 4, "is_bot": True, "first_name": "Pyyntö", "username": BOT}
FILE = {"file_id": "AwACAgQAAxkB", "file_unique_id": "AgADxw", "file_size": 4096}
THUMBNAIL = FILE | {"width": 320, "height": 320}


def message(chat: dict[str, Any] = PRIVATE, **content: Any) -> dict[str, Any]:
    return {
        "update_id": 700_000_001,
        "message": {"message_id": 7, "from": MAIJA, "chat": chat, "date": DATE, **content},
    }


def inbound(raw: dict[str, Any]) -> Inbound | None:
    return read(parse(raw), shop="liwigo", bot_username=BOT, now=NOW)


def arrived(raw: dict[str, Any]) -> Inbound:
    found = inbound(raw)
    assert found is not None
    return found


#: One row of docs/reference.md each: what a message holds, and the form it reads as.
ROWS: tuple[tuple[str, dict[str, Any], Form], ...] = (
    ("text", {"text": "Poistakaa tietoni, kiitos"}, Form.TEXT),
    ("photo", {"photo": [THUMBNAIL, THUMBNAIL | {"width": 800, "height": 800}]}, Form.PHOTO),
    ("voice", {"voice": FILE | {"duration": 3, "mime_type": "audio/ogg"}}, Form.VOICE),
    ("audio", {"audio": FILE | {"duration": 3, "mime_type": "audio/mpeg", "title": "x"}}, Form.VOICE),
    ("video", {"video": FILE | {"width": 640, "height": 480, "duration": 5}}, Form.VIDEO),
    ("video_note", {"video_note": FILE | {"length": 384, "duration": 5}}, Form.VIDEO),
    (
        "animation",
        {
            "animation": FILE | {"width": 320, "height": 240, "duration": 2},
            "document": FILE | {"file_name": "hei.mp4", "mime_type": "video/mp4"},
        },
        Form.VIDEO,
    ),
    (
        "sticker",
        {
            "sticker": FILE
            | {
                "width": 512,
                "height": 512,
                "is_animated": False,
                "is_video": False,
                "type": "regular",
                "emoji": "👍",
                "set_name": "Sample",
            }
        },
        Form.STICKER,
    ),
    ("document", {"document": FILE | {"file_name": "id.pdf", "mime_type": "application/pdf"}}, Form.DOCUMENT),
    (
        "contact",
        {"contact": {"phone_number": "+358400000000", "first_name": "Maija", "user_id": 1001}},
        Form.CONTACT,
    ),
    ("location", {"location": {"latitude": 60.17, "longitude": 24.94}}, Form.LOCATION),
    (
        "venue",
        {
            "location": {"latitude": 60.17, "longitude": 24.94},
            "venue": {
                "location": {"latitude": 60.17, "longitude": 24.94},
                "title": "Liwigo",
                "address": "Esimerkkikatu 1",
            },
        },
        Form.LOCATION,
    ),
    (
        "poll",
        {
            "poll": {
                "id": "1",
                "question": "?",
                "options": [{"text": "a", "voter_count": 0, "persistent_id": "0"}],
                "total_voter_count": 0,
                "is_closed": False,
                "is_anonymous": True,
                "type": "regular",
                "allows_multiple_answers": False,
                "allows_revoting": True,
            }
        },
        Form.UNSUPPORTED,
    ),
    ("dice", {"dice": {"emoji": "🎲", "value": 4}}, Form.UNSUPPORTED),
    ("story", {"story": {"chat": PRIVATE, "id": 3}}, Form.UNSUPPORTED),
    ("something of tomorrow", {"hologram": {"file_id": "x"}}, Form.UNSUPPORTED),
)


@pytest.mark.parametrize(("content", "form"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_each_kind_of_message_reads_as_its_form(content: dict[str, Any], form: Form) -> None:
    assert arrived(message(**content)).form is form


def test_a_text_message_is_read_in_full() -> None:
    assert arrived(message(text="Poistakaa tietoni")) == Inbound(
        key="telegram:liwigo:700000001",
        shop="liwigo",
        channel=Channel.CHAT,
        peer="1001",
        received_at=SENT,
        text="Poistakaa tietoni",
        form=Form.TEXT,
        language_hint="fi",
        actor_id=1001,
        edge_ref="7",
    )


def test_the_arrival_is_telegrams_date_in_utc() -> None:
    found = arrived(message(text="hei"))
    assert found.received_at == SENT
    assert found.received_at.utcoffset() is not None


def test_the_person_and_the_text_stay_out_of_repr() -> None:
    shown = repr(arrived(message(text="anna@example.com")))
    assert "anna@example.com" not in shown
    assert "peer" not in shown


def test_a_client_without_a_language_gives_no_hint() -> None:
    raw = message(text="hei")
    raw["message"]["from"] = {"id": 1001, "is_bot": False, "first_name": "Maija"}
    assert arrived(raw).language_hint == ""


@pytest.mark.parametrize("kind", ["photo", "document", "video"])
def test_a_caption_is_the_text_of_what_it_stands_under(kind: str) -> None:
    content = next(row[1] for row in ROWS if row[0] == kind)
    found = arrived(message(**content, caption="poistakaa tietoni"))
    assert (found.form, found.text) == (Form(kind), "poistakaa tietoni")


@pytest.mark.parametrize("kind", ["photo", "voice", "sticker", "document", "contact", "location", "dice"])
def test_content_that_is_not_words_leaves_nothing_in_the_inbound(kind: str) -> None:
    content = next(row[1] for row in ROWS if row[0] == kind)
    found = arrived(message(**content))
    assert (found.text, found.payload) == ("", "")
    assert bool(found.attachments) == (kind in ("photo", "document"))


def test_of_a_picture_or_a_file_only_its_name_sort_and_size_are_kept() -> None:
    photo = [{"file_id": "a", "file_unique_id": "b", "width": 9, "height": 9, "file_size": 1234}]
    (picture,) = arrived(message(photo=photo)).attachments
    assert (picture.name, picture.content_type, picture.size) == ("photo.jpg", "image/jpeg", 1234)
    sent = {"file_id": "a", "file_unique_id": "b", "file_name": "pyyntö.pdf", "mime_type": "application/pdf"}
    (file,) = arrived(message(document=sent)).attachments
    assert (file.name, file.content_type, file.size) == ("pyyntö.pdf", "application/pdf", 0)


def test_a_text_longer_than_telegram_sends_is_read_whole() -> None:
    assert len(arrived(message(text="ä" * 9000)).text) == 9000


def test_names_full_of_markup_signs_change_nothing() -> None:
    raw = message(text="*poistakaa* _tietoni_ <b>[nyt](x)")
    raw["message"]["from"] = MAIJA | {"first_name": "<b>*_[`Maija", "last_name": "]</i>&amp;\\"}
    raw["message"]["chat"] = PRIVATE | {"first_name": "<b>*_[`Maija"}
    found = arrived(raw)
    assert (found.form, found.text) == (Form.TEXT, "*poistakaa* _tietoni_ <b>[nyt](x)")


# -- commands -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "read_as"),
    [
        ("/start", "/start"),
        ("/start liwigo-etusivu", "/start liwigo-etusivu"),
        ("/Help", "/help"),
        (f"/status@{BOT}", "/status"),
        ("/case LIW-2026-0042", "/case LIW-2026-0042"),
        (
            "/reject-identity LIW-2026-0042 --reason ei täsmää",
            "/reject-identity LIW-2026-0042 --reason ei täsmää",
        ),
        ("/reject_identity LIW-2026-0042", "/reject-identity LIW-2026-0042"),
        ("/note LIW-2026-0042\nkaksi riviä", "/note LIW-2026-0042\nkaksi riviä"),
    ],
)
def test_a_command_is_read_in_one_spelling(typed: str, read_as: str) -> None:
    found = arrived(message(text=typed, entities=[{"type": "bot_command", "offset": 0, "length": 6}]))
    assert (found.form, found.text) == (Form.COMMAND, read_as)


@pytest.mark.parametrize("typed", ["poista /start", "/", "/ poista", "/42", "//start", "/etc/passwd", "1/2"])
def test_a_slash_alone_makes_no_command(typed: str) -> None:
    assert arrived(message(text=typed)).form is Form.TEXT


def test_a_command_counts_without_telegrams_own_mark() -> None:
    assert arrived(message(text="/privacy")).form is Form.COMMAND


# -- edits --------------------------------------------------------------------------------------------------


def edited(**content: Any) -> dict[str, Any]:
    raw = message(**content)
    return {"update_id": 700_000_002, "edited_message": raw["message"] | {"edit_date": DATE + 60}}


def test_an_edited_text_is_known_as_such_and_dated_by_the_edit() -> None:
    found = arrived(edited(text="poistakaa kaikki"))
    assert (found.form, found.text) == (Form.EDITED, "poistakaa kaikki")
    assert found.received_at == datetime.fromtimestamp(DATE + 60, UTC)


def test_an_edited_caption_is_an_edit() -> None:
    assert arrived(edited(photo=[THUMBNAIL], caption="uusi teksti")).form is Form.EDITED


def test_an_edited_command_is_an_edit_not_a_command() -> None:
    assert arrived(edited(text="/cancel")).form is Form.EDITED


def test_a_moving_live_location_says_nothing() -> None:
    assert inbound(edited(location={"latitude": 60.2, "longitude": 24.9, "live_period": 900})) is None


def test_an_edit_in_a_group_says_nothing() -> None:
    assert inbound(edited(chat=GROUP, text=f"@{BOT} hei")) is None


# -- buttons ------------------------------------------------------------------------------------------------


def press(**query: Any) -> dict[str, Any]:
    shown = {"message_id": 8, "from": BOT_USER, "chat": PRIVATE, "date": DATE - 86400, "text": "Mitä haluat?"}
    base = {
        "id": "4382bfdwdsb323b2d9",
        "from": MAIJA,
        "message": shown,
        "chat_instance": "-3",
        "data": "erasure",
    }
    return {"update_id": 700_000_003, "callback_query": base | query}


def test_a_button_carries_its_data_its_query_and_the_time_it_was_read() -> None:
    found = arrived(press())
    assert (found.form, found.payload, found.edge_ref) == (Form.BUTTON, "erasure", "4382bfdwdsb323b2d9")
    assert (found.peer, found.actor_id, found.text, found.received_at) == ("1001", 1001, "", NOW)


def test_a_button_under_a_message_too_old_to_see_is_read() -> None:
    found = arrived(press(message={"message_id": 8, "chat": PRIVATE, "date": 0}))
    assert (found.peer, found.payload, found.received_at) == ("1001", "erasure", NOW)


def test_a_button_of_a_message_telegram_no_longer_has_is_answered_in_the_persons_chat() -> None:
    raw = press()
    del raw["callback_query"]["message"]
    assert arrived(raw).peer == "1001"


def test_a_button_in_a_group_answers_in_the_group() -> None:
    shown = {"message_id": 8, "from": BOT_USER, "chat": GROUP, "date": DATE, "text": "?"}
    found = arrived(press(message=shown, data="send:42"))
    assert (found.peer, found.actor_id, found.form) == ("-1001234", 1001, Form.BUTTON)


def test_a_button_without_data_has_an_empty_payload() -> None:
    raw = press(game_short_name="x")
    del raw["callback_query"]["data"]
    assert arrived(raw).payload == ""


# -- groups and channels ------------------------------------------------------------------------------------


@pytest.mark.parametrize("chat", [GROUP, BASIC_GROUP], ids=["supergroup", "group"])
def test_a_message_in_a_group_reads_as_group_whatever_it_holds(chat: dict[str, Any]) -> None:
    assert arrived(message(chat, text="poistakaa tietoni")).form is Form.GROUP
    assert arrived(message(chat, photo=[THUMBNAIL])).form is Form.GROUP


@pytest.mark.parametrize(
    ("text", "payload"),
    [
        ("poistakaa tietoni", ""),
        (f"@{BOT} poista tietoni", ADDRESSED),
        (f"hei @{BOT.upper()}!", ADDRESSED),
        (f"@{BOT}2 hei", ""),
        ("/start", ADDRESSED),
        (f"/help@{BOT}", ADDRESSED),
    ],
)
def test_a_group_message_says_whether_it_speaks_to_the_bot(text: str, payload: str) -> None:
    found = arrived(message(GROUP, text=text))
    assert (found.form, found.payload) == (Form.GROUP, payload)


def test_a_reply_to_the_bot_in_a_group_speaks_to_it() -> None:
    ours = {"message_id": 5, "from": BOT_USER, "chat": GROUP, "date": DATE, "text": "LIW-2026-0042"}
    found = arrived(message(GROUP, text="ok", reply_to_message=ours))
    assert (found.form, found.payload, found.text) == (Form.GROUP, ADDRESSED, "ok")


def test_a_staff_verb_in_a_group_is_a_command_of_whoever_typed_it() -> None:
    found = arrived(message(GROUP, text=f"/queue@{BOT} --overdue"))
    assert (found.form, found.text, found.peer, found.actor_id) == (
        Form.COMMAND,
        "/queue --overdue",
        "-1001234",
        1001,
    )


def test_another_bots_command_in_a_group_says_nothing() -> None:
    assert inbound(message(GROUP, text="/queue@other_sample_bot")) is None


def test_an_anonymous_message_in_a_group_has_no_actor() -> None:
    raw = message(GROUP, text="/queue", sender_chat=GROUP)
    del raw["message"]["from"]
    assert arrived(raw).actor_id is None


@pytest.mark.parametrize("kind", ["channel_post", "edited_channel_post"])
def test_a_channel_post_leaves_only_its_key_chat_and_time(kind: str) -> None:
    post = {"message_id": 9, "sender_chat": CHANNEL, "chat": CHANNEL, "date": DATE, "text": "Ale alkaa!"}
    found = arrived({"update_id": 5, kind: post})
    assert (found.key, found.form, found.peer, found.text) == (
        "telegram:liwigo:5",
        Form.CHANNEL_POST,
        "-1009999",
        "",
    )


# -- coming and going ---------------------------------------------------------------------------------------


def membership(old: str, new: str, chat: dict[str, Any] = PRIVATE) -> dict[str, Any]:
    def member(status: str) -> dict[str, Any]:
        return {"user": BOT_USER, "status": status} | ({"until_date": 0} if status == "kicked" else {})

    change = {"chat": chat, "from": MAIJA, "date": DATE}
    return {
        "update_id": 700_000_004,
        "my_chat_member": change | {"old_chat_member": member(old), "new_chat_member": member(new)},
    }


def test_blocking_the_bot_is_read() -> None:
    found = arrived(membership("member", "kicked"))
    assert (found.form, found.peer, found.received_at) == (Form.BLOCKED, "1001", SENT)


def test_unblocking_the_bot_is_read() -> None:
    assert arrived(membership("kicked", "member")).form is Form.UNBLOCKED


def test_being_added_to_a_group_says_nothing() -> None:
    assert inbound(membership("left", "member", GROUP)) is None


@pytest.mark.parametrize(
    "notice",
    [
        {"pinned_message": {"message_id": 3, "chat": PRIVATE, "date": DATE, "text": "hei"}},
        {"message_auto_delete_timer_changed": {"message_auto_delete_time": 86400}},
        {"new_chat_members": [MAIJA]},
        {"migrate_to_chat_id": -1005555},
    ],
    ids=lambda notice: next(iter(notice)),
)
def test_a_notice_by_telegram_itself_says_nothing(notice: dict[str, Any]) -> None:
    assert inbound(message(**notice)) is None


@pytest.mark.parametrize(
    "kind",
    [
        {"inline_query": {"id": "1", "from": MAIJA, "query": "x", "offset": ""}},
        {"poll_answer": {"poll_id": "1", "user": MAIJA, "option_ids": [0], "option_persistent_ids": ["0"]}},
        {},
        {"something_of_tomorrow": {"x": 1}},
    ],
    ids=["inline_query", "poll_answer", "nothing", "something of tomorrow"],
)
def test_a_kind_of_update_that_was_not_asked_for_says_nothing(kind: dict[str, Any]) -> None:
    assert inbound({"update_id": 6} | kind) is None


# -- poison -------------------------------------------------------------------------------------------------

BROKEN: tuple[tuple[str, Any], ...] = (
    ("no update_id", {"message": message(text="x")["message"]}),
    ("update_id is text", message(text="x") | {"update_id": "7"}),
    ("message is text", {"update_id": 1, "message": "hei"}),
    ("message is a list", {"update_id": 1, "message": [1]}),
    ("no chat", {"update_id": 1, "message": {"message_id": 1, "date": DATE, "text": "x"}}),
    ("no date", {"update_id": 1, "message": {"message_id": 1, "chat": PRIVATE, "text": "x"}}),
    ("date is text", message(text="x", date="eilen")),
    ("date beyond all years", message(text="x", date=10**18)),
    ("text is a number", message(text=42)),
    ("chat id is text", message(PRIVATE | {"id": "abc"}, text="x")),
    ("button without a person", {"update_id": 1, "callback_query": {"id": "1", "chat_instance": "1"}}),
)


@pytest.mark.parametrize("raw", [row[1] for row in BROKEN], ids=[row[0] for row in BROKEN])
def test_a_broken_update_is_called_unreadable_and_nothing_else(raw: dict[str, Any]) -> None:
    with pytest.raises(UnreadableUpdate):
        read(parse(raw), shop="liwigo", bot_username=BOT, now=NOW)


@pytest.mark.parametrize("raw", [None, [], "x", 5])
def test_what_is_no_object_is_unreadable(raw: Any) -> None:
    with pytest.raises(UnreadableUpdate):
        parse(raw)


@pytest.mark.parametrize(
    ("content", "form"),
    [
        ({"photo": 5, "caption": "poistakaa tietoni"}, Form.UNSUPPORTED),
        ({"text": "poistakaa tietoni", "entities": [{"sort": "new"}]}, Form.TEXT),
        ({"text": "poistakaa tietoni", "reply_to_message": {"message_id": 1}}, Form.TEXT),
    ],
)
def test_words_are_read_even_beside_content_nobody_can_parse(content: dict[str, Any], form: Form) -> None:
    found = arrived(message(**content))
    assert (found.form, found.text, found.peer) == (form, "poistakaa tietoni", "1001")


def test_an_unreadable_update_does_not_show_its_content() -> None:
    with pytest.raises(UnreadableUpdate) as caught:
        inbound(message(text="salaisuus", date="anna@example.com"))
    assert "example.com" not in f"{caught.value!r}{caught.value}"
    assert caught.value.__cause__ is None


def test_parsing_leaves_the_raw_update_as_it_was() -> None:
    raw, same = message(text="hei", photo=[THUMBNAIL]), message(text="hei", photo=[THUMBNAIL])
    parse(raw)
    assert raw == same
