"""What the core says and shows exists: each letter it names, each button, each command of the menu."""

import re
from pathlib import Path

import pytest

import app
import cases
from app.house import facts_of
from cases import model
from cases.answers import COMMANDS
from cases.deadline_tally import ExtensionRefusal
from cases.phrases import KIND_BUTTONS, TYPED, WAITING_FOR_CODE, YES_NO
from cases.phrases import LANGUAGES as LANGUAGE_BUTTONS
from cases.staff import VERBS
from cases.standing import MASKED
from cases.understanding import understand
from shops.profile import load_profile
from templates import LANGUAGES, catalogue, labels, names, render_chat, sample

CORE = Path(cases.__file__).parent
APP = Path(app.__file__).parent

NAMED = re.compile(r"work\.(reply|tell|alert|mail)\((?:[^\"()]*, )?\"(\w+)\"")

#: Calls of `Work` and the faces a letter they name needs; `reply` and `tell` go where the person wrote.
CALLS = {"alert": {"staff"}, "mail": {"mail"}}

#: The reasons a refusal gives: `reason="a"`, or `reason="a" if … else "b"`.
REASON = re.compile(r"(?<=reason=\")\w+|(?<=else \")\w+")

#: Told only to who asked in chat; by mail the answer itself goes out.
CHAT_ONLY = {"case_answered", "case_extended", "letter_came_back", "remind_address"}

#: The core's files that speak on one channel only.
ONE_CHANNEL = {
    "dialogue.py": {"chat"}, "wishes.py": {"chat"}, "answers.py": {"chat"}, "correspondence.py": {"mail"},
    "signing.py": {"chat"}, "unlocking.py": {"chat"},
}  # fmt: skip


def named_letters() -> list[tuple[str, str, str]]:
    found = []
    for path in sorted(CORE.rglob("*.py")):
        for call, name in re.findall(
            r"work\.(reply|tell|alert|mail)\((?:[^\"()]*, )?\"(\w+)\"", path.read_text("utf-8")
        ):
            faces = CALLS.get(call) or ONE_CHANNEL.get(path.name, {"chat", "mail"})
            if name in CHAT_ONLY:
                faces = {"chat"}
            found += [(face, name, path.name) for face in sorted(faces)]
    return sorted(set(found))


def test_the_core_names_letters() -> None:
    assert len(named_letters()) > 30


@pytest.mark.parametrize(("face", "name", "file"), named_letters())
def test_letter_the_core_names_exists(face: str, name: str, file: str) -> None:
    assert name in names(face)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_button_of_the_dialogue_has_a_label(lang: str) -> None:
    used = {
        name
        for rows in (KIND_BUTTONS, YES_NO, WAITING_FOR_CODE, LANGUAGE_BUTTONS)
        for row in rows
        for name in row
    }
    assert used | {f"kind:{kind}" for kind in model.Kind} <= set(labels(lang)["button"])


@pytest.mark.parametrize("lang", LANGUAGES)
def test_command_menu_describes_exactly_the_dialogues_commands(lang: str) -> None:
    assert set(labels(lang)["command"]) == set(COMMANDS)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_masked_number_can_be_named(lang: str) -> None:
    assert set(MASKED) <= set(labels(lang)["sensitive"])


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("kind", list(model.Kind))
def test_button_of_a_right_can_be_typed_instead(kind: model.Kind, lang: str) -> None:
    reading = understand(labels(lang)["button"][f"kind:{kind}"], channel="chat", language=lang)
    assert reading.kinds == (kind,)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("kind", list(model.Kind))
def test_sentence_offered_for_a_right_is_read_as_that_right(kind: model.Kind, lang: str) -> None:
    reading = understand(labels(lang)["wish"][kind].partition(" (")[0], channel="email", language=lang)
    assert reading.kinds == (kind,)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_human_button_can_be_typed_instead(lang: str) -> None:
    assert understand(labels(lang)["button"]["human"], channel="chat", language=lang).act is model.Act.HUMAN


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("button", ["resend", "yes", "no"])
def test_plain_button_can_be_typed_instead(button: str, lang: str) -> None:
    assert set(labels(lang)["button"][button].casefold().split()) & TYPED[button]


def shown(name: str, lang: str) -> dict[str, object]:
    return {**sample(name, "chat", lang), "shop": facts_of(load_profile("liwigo"))[lang]}


def suggested(name: str, lang: str) -> set[str]:
    """What a chat letter suggests to write: in quotation marks, or as a list of examples."""
    text = render_chat(name, lang, shown(name, lang))
    examples = re.findall(r"(?m)^– (.+[.?])$", text) if name in ("start", "not_understood") else []
    return {*re.findall(r"[”“](.+?)[”“]", text), *examples}


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", names("chat"))
def test_what_a_chat_letter_suggests_to_write_is_understood(name: str, lang: str) -> None:
    typed = frozenset().union(*TYPED.values())
    for phrase in suggested(name, lang) - {"suomi", "English"}:
        reading = understand(phrase, channel="chat", language=lang)
        assert reading.kinds or reading.act is not model.Act.OTHER or phrase in typed, phrase
        assert reading.sure, phrase


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_refusal_of_a_staff_command_has_its_sentence(lang: str) -> None:
    sources = [path.read_text("utf-8") for folder in (CORE, APP) for path in folder.rglob("*.py")]
    refusals = {str(refusal) for refusal in ExtensionRefusal}
    calls = [call for text in sources for call in re.findall(r"\"not_now\"[^\n]*", text)]
    said = labels(lang)["not_now"]
    assert refusals | {reason for call in calls for reason in REASON.findall(call)} <= set(said)
    assert {reason for reason in said if not any(f'"{reason}"' in text for text in sources)} == set()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_staff_verb_that_does_something_says_so(lang: str) -> None:
    assert {name for name, verb in VERBS.items() if not (verb.looks or verb.switches)} <= set(
        labels(lang)["done"]
    )


@pytest.mark.parametrize("lang", LANGUAGES)
def test_chat_letters_name_only_commands_there_are(lang: str) -> None:
    for entry in catalogue():
        if entry.face == "chat":
            text = render_chat(entry.name, lang, shown(entry.name, lang))
            assert set(re.findall(r"(?<![\w.])/([a-z]+)", text)) <= set(COMMANDS), entry.name
