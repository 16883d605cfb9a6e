"""Every letter in both languages, rendered with its sample data and looked at."""

import re

import pytest

from app.house import facts_of
from cases import model
from shops.profile import load_profile
from templates import (
    FACES,
    LANGUAGES,
    Entry,
    Letters,
    Mail,
    UnknownLetterError,
    UnsafeLetterError,
    catalogue,
    find,
    labels,
    names,
    render_chat,
    render_mail,
    sample,
    variables,
)
from templates.catalogue import COMMON
from templates.overrides import used_variables
from templates.rendering import BETWEEN, LettersEnvironment
from templates.words import FOLDER

#: What letters may say of the example shop.
FACTS = facts_of(load_profile("liwigo"), mailbox="tietosuoja@example.com")

PAIRS = [(entry, lang) for entry in catalogue() for lang in LANGUAGES]


def label(value: object) -> str:
    return f"{value.face}/{value.name}" if isinstance(value, Entry) else str(value)


CODED = [(entry, lang) for entry, lang in PAIRS if "code" in entry.needs]
#: Written in the person's own voice, and signed by them.
OWN_VOICE = {"signed_request"}
#: What staff print for those who have no e-mail address.
POSTED = sorted(
    {name for name in names("mail") if name.startswith("answer_")}
    | {"extension", "no_action", "recipients_told", "refusal_certificate", "restriction_ends"}
)
MAILS = [(entry, lang) for entry, lang in PAIRS if entry.face == "mail"]
CHATS = [(entry, lang) for entry, lang in PAIRS if entry.face == "chat"]

#: What a chat letter may speak of: nothing that is, or may hold, a person's data.
HARMLESS_IN_CHAT = {
    "shop", "case", "cases", "kinds", "minutes", "tries_left", "suppressed",
    # Written by staff, who see that it goes through Telegram.
    "question",
    # That there is a file, and what opens it; the file itself never comes here.
    "locked", "passphrase",
}  # fmt: skip

ONE_CASE = {"id": "LIW-2026-0042", "kind": "erasure", "status": "open", "due": "2026-12-22"}


def rendered(entry: Entry, lang: str, **changed: object) -> Mail:
    context = {**sample(entry.name, entry.face, lang), "shop": FACTS[lang]}
    return Letters().render(entry.face, entry.name, lang, {**context, **changed})


@pytest.mark.parametrize(("entry", "lang"), PAIRS, ids=label)
def test_letter_renders_without_leftovers(entry: Entry, lang: str) -> None:
    mail = rendered(entry, lang)
    text = f"{mail.subject}\n{mail.text}"
    assert mail.text
    assert not re.search(
        r"[{}<>]|%\}|None|Undefined|undefined|  |\n\n\n| \n|,,|\.\.|\bTrue\b|\bFalse\b", text
    )
    assert mail.text == mail.text.strip()


@pytest.mark.parametrize(("entry", "lang"), PAIRS, ids=label)
def test_letter_uses_exactly_its_declared_variables(entry: Entry, lang: str) -> None:
    used = used_variables(LettersEnvironment(lang), f"{entry.face}/{entry.name}.txt")
    # A letter may leave the cases that come along unsaid, but then in both languages.
    other = used_variables(
        LettersEnvironment("en" if lang == "fi" else "fi"), f"{entry.face}/{entry.name}.txt"
    )
    assert used == other
    assert used - COMMON <= entry.needs | entry.takes
    assert (entry.needs | entry.takes) - used <= {"cases"}


def test_every_file_is_a_letter_of_the_table_or_a_part() -> None:
    for lang in LANGUAGES:
        for face in FACES:
            files = {path.stem for path in (FOLDER / lang / face).iterdir()}
            assert {name for name in files if not name.startswith("_")} == set(names(face))


def test_both_languages_have_the_same_files() -> None:
    fi, en = ({p.relative_to(FOLDER / lang) for p in (FOLDER / lang).rglob("*.*")} for lang in LANGUAGES)
    assert fi == en


@pytest.mark.parametrize("entry", [e for e in catalogue() if e.face == "chat"], ids=lambda e: e.name)
def test_chat_letter_has_no_variable_for_personal_data(entry: Entry) -> None:
    assert entry.variables <= HARMLESS_IN_CHAT


@pytest.mark.parametrize(("entry", "lang"), CHATS, ids=label)
def test_chat_letter_fits_a_phone_screen(entry: Entry, lang: str) -> None:
    limit = 1200 if entry.name in ("privacy", "help", "start") else 620
    assert len(rendered(entry, lang).text) <= limit


@pytest.mark.parametrize(("entry", "lang"), PAIRS, ids=label)
def test_paragraphs_are_short(entry: Entry, lang: str) -> None:
    assert max(map(len, rendered(entry, lang).text.splitlines())) <= 330


@pytest.mark.parametrize(("entry", "lang"), MAILS, ids=label)
def test_subject_is_one_short_line(entry: Entry, lang: str) -> None:
    subject = rendered(entry, lang).subject
    assert subject == " ".join(subject.split())
    assert 5 <= len(subject) <= 78


@pytest.mark.parametrize(("entry", "lang"), MAILS, ids=label)
def test_mail_is_signed_by_the_shop(entry: Entry, lang: str) -> None:
    if entry.name in OWN_VOICE:
        assert FACTS[lang]["controller"] in rendered(entry, lang).text
        return
    last = rendered(entry, lang).text.split("\n\n")[-1]
    assert last.splitlines()[1] == FACTS[lang]["name"]
    assert "tietosuoja@example.com" in last


@pytest.mark.parametrize(("entry", "lang"), PAIRS, ids=label)
def test_only_a_code_has_six_digits(entry: Entry, lang: str) -> None:
    mail = rendered(entry, lang)
    found = re.findall(r"(?<!\d)\d{6}(?!\d)", f"{mail.subject}\n{mail.text}")
    assert found == (["264815"] if "code" in entry.needs else [])


@pytest.mark.parametrize(("entry", "lang"), CODED, ids=label)
def test_code_stands_on_a_line_of_its_own_and_never_in_the_subject(entry: Entry, lang: str) -> None:
    mail = rendered(entry, lang)
    assert "264815" in mail.text.splitlines()
    assert "264815" not in mail.subject


@pytest.mark.parametrize(("entry", "lang"), CODED, ids=label)
def test_mail_with_another_six_digits_beside_its_code_is_not_sent(entry: Entry, lang: str) -> None:
    odd = [{**ONE_CASE, "id": "LIW-2026-123456"}]
    with pytest.raises(UnsafeLetterError):
        rendered(entry, lang, cases=odd)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("ground", list(model.Ground))
def test_refusal_gives_ground_and_reason(ground: model.Ground, lang: str) -> None:
    text = rendered(find("mail", "answer_refused"), lang, ground=str(ground), reason="Koska näin on.").text
    assert labels(lang)["ground"][ground] in text
    assert "Koska näin on." in text


@pytest.mark.parametrize(
    ("lang", "old", "new"), [("fi", "22.12.2026", "22.2.2027"), ("en", "22 Dec", "22 Feb")]
)
def test_extension_gives_both_dates_and_the_reason(lang: str, old: str, new: str) -> None:
    text = rendered(find("mail", "extension"), lang, reason="Koska näin on.").text
    assert old in text
    assert new in text
    assert "Koska näin on." in text


def test_many_requests_are_counted_in_a_subject() -> None:
    cases = [{**ONE_CASE, "id": f"LIW-2026-004{n}"} for n in range(4)]
    assert "LIW-2026-0040 ja 3 muuta" in rendered(find("mail", "receipt"), "fi", cases=cases).subject


@pytest.mark.parametrize("lang", LANGUAGES)
def test_mail_for_one_case_and_for_two_is_worded_differently(lang: str) -> None:
    assert (
        rendered(find("mail", "withdrawn"), lang).text
        != rendered(find("mail", "withdrawn"), lang, cases=[ONE_CASE]).text
    )


def test_code_for_a_chat_request_is_valid_for_minutes_and_for_a_mail_request_for_hours() -> None:
    chat = rendered(find("mail", "code"), "fi", hours=0, minutes=30).text
    mail = rendered(find("mail", "code"), "fi", hours=24, minutes=1440).text
    assert "30 minuuttia" in chat
    assert "Telegram" in chat
    assert "24 tuntia" in mail
    assert "Telegram" not in mail


def test_missing_variable_is_an_error() -> None:
    with pytest.raises(Exception, match="cases"):
        render_chat("receipt", "fi", {"shop": FACTS["fi"]})


def test_optional_variable_may_be_left_out() -> None:
    context = {"shop": FACTS["fi"], "cases": [ONE_CASE]}
    assert "Kieltosi" not in render_mail("verified", "fi", context).text


def test_unknown_letter_and_unknown_language_are_refused() -> None:
    with pytest.raises(UnknownLetterError):
        render_chat("no_such_letter", "fi", {})
    with pytest.raises(UnknownLetterError):
        render_chat("start", "sv", {})


def test_shop_without_phone_or_mailbox_gets_whole_sentences() -> None:
    bare = {"email": "info@example.com", "phone": "", "mailbox": ""}
    for entry in catalogue():
        for lang in LANGUAGES:
            text = rendered(entry, lang, shop={**FACTS[lang], **bare}).text
            assert not re.search(r"puhelin(ella)? *[.,]|phone *[.,]|at \.|:\s*\.|  |\n\n\n", text), entry.name


@pytest.mark.parametrize("face", FACES)
def test_variables_are_the_tables(face: str) -> None:
    for name in names(face):
        assert variables(face, name) == find(face, name).variables


# -- two languages at once ------------------------------------------------------------------------------------

#: As much as Telegram takes in one message.
TELEGRAM_LIMIT = 4096


def in_both(entry: Entry, first: str = "fi") -> Mail:
    second = "en" if first == "fi" else "fi"
    said = {lang: {**sample(entry.name, entry.face, lang), "shop": FACTS[lang]} for lang in (first, second)}
    return Letters().render_in(entry.face, entry.name, said)


@pytest.mark.parametrize("first", LANGUAGES)
@pytest.mark.parametrize("entry", [e for e in catalogue() if e.face != "staff"], ids=label)
def test_letter_in_two_languages_says_the_first_one_first(entry: Entry, first: str) -> None:
    second = "en" if first == "fi" else "fi"
    texts = in_both(entry, first).text.split(BETWEEN)
    if entry.name == "language_ask":
        # It is in both languages anyway.
        assert texts == [rendered(entry, first).text]
        return
    assert len(texts) == 2
    assert texts[0] == rendered(entry, first).text
    if "code" not in entry.needs:
        assert texts[1] == rendered(entry, second).text


@pytest.mark.parametrize("entry", [e for e in catalogue() if "code" in e.needs], ids=label)
def test_letter_in_two_languages_has_its_code_once_and_points_to_it(entry: Entry) -> None:
    mail = in_both(entry)
    assert re.findall(r"(?<!\d)\d{6}(?!\d)", f"{mail.subject}\n{mail.text}") == ["264815"]
    assert labels("en")["form"]["code_above"] in mail.text.split(BETWEEN)[1]


def test_subject_in_two_languages_has_both() -> None:
    mail = in_both(find("mail", "answer_refused"))
    assert mail.subject == "Vastaus pyyntöösi LIW-2026-0042 / Our answer to your request LIW-2026-0042"


@pytest.mark.parametrize("entry", [e for e in catalogue() if e.face == "chat"], ids=label)
def test_chat_letter_in_two_languages_fits_one_message(entry: Entry) -> None:
    assert len(in_both(entry).text) <= TELEGRAM_LIMIT


@pytest.mark.parametrize("name", ["no_action", "identity_rejected", "receipt", "status"])
def test_chat_letter_about_every_right_fits_one_message_in_two_languages(name: str) -> None:
    cases = [
        {**ONE_CASE, "id": f"LIW-2026-00{n}", "kind": str(kind)} for n, kind in enumerate(model.Kind, 10)
    ]
    entry = find("chat", name)
    said = {lang: {**sample(name, "chat", lang), "shop": FACTS[lang], "cases": cases} for lang in LANGUAGES}
    assert len(Letters().render_in(entry.face, name, said).text) <= TELEGRAM_LIMIT


# -- the answers ----------------------------------------------------------------------------------------------


def answered(name: str, lang: str = "fi", **said: object) -> str:
    """An answer that says only this."""
    case = {**ONE_CASE, "kind": "opt_out"}
    return render_mail(name, lang, {"shop": FACTS[lang], "case": case, **said}).text


def test_ban_on_everything_says_that_no_marketing_comes() -> None:
    assert "Et saa meiltä enää mainoksia." in answered("answer_opt_out")


def test_ban_names_what_has_stopped() -> None:
    case = {**ONE_CASE, "kind": "opt_out", "purposes": ["publication"]}
    text = render_mail("answer_opt_out", "fi", {"shop": FACTS["fi"], "case": case}).text
    assert "– tietojesi julkaiseminen" in text
    assert "mainoksia" not in text


def test_nothing_kept_asks_for_no_reasons() -> None:
    text = answered("answer_erasure", erased=["contact"])
    assert "säilytettävä" not in text
    assert "käräjäoikeuteen" not in text


def test_something_kept_tells_how_to_complain() -> None:
    kept = [{"item": "vouchers", "rule": "accounting", "until": "2032-12-31"}]
    text = answered("answer_erasure", erased=["contact"], kept=kept)
    assert "– tilausten tositteet: 31.12.2032 asti. Kirjanpitolaki vaatii" in text
    assert "käräjäoikeuteen" in text


def test_corrected_field_shows_old_and_new() -> None:
    text = answered("answer_correction", corrected=[{"field": "phone", "old": "040 1", "new": "040 2"}])
    assert "– puhelinnumero: oli 040 1, on nyt 040 2" in text


def test_field_that_was_emptied_is_said_to_be_removed() -> None:
    text = answered("answer_correction", corrected=[{"field": "phone", "old": "040 1", "new": ""}])
    assert "– puhelinnumero: oli 040 1, on nyt poistettu" in text


def test_notice_of_a_new_address_gives_neither() -> None:
    entry = find("mail", "address_changed")
    assert entry.variables == {"case", "paper", "shop"}


def test_request_on_paper_holds_nothing_personal() -> None:
    assert find("mail", "signed_request").variables == {"case", "paper", "shop"}


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("kind", ["correction", "erasure", "restriction", "opt_out", "objection"])
def test_notice_to_a_recipient_asks_for_what_the_person_asked(kind: str, lang: str) -> None:
    text = rendered(find("mail", "recipient_notice"), lang, case={**ONE_CASE, "kind": kind}).text
    assert labels(lang)["notice"][kind] in text


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("entry", [find("mail", name) for name in POSTED], ids=lambda e: e.name)
def test_letter_that_is_posted_asks_nobody_to_reply_to_a_message(entry: Entry, lang: str) -> None:
    text = rendered(entry, lang, paper=True, enclosed=()).text
    assert not re.search(r"vastaa tähän viestiin|reply to this message|7-zip|telegram", text, re.IGNORECASE)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("kind", list(model.Kind))
def test_nothing_held_is_told_for_every_right(kind: model.Kind, lang: str) -> None:
    text = rendered(find("mail", "answer_no_data"), lang, case={**ONE_CASE, "kind": str(kind)}).text
    assert labels(lang)["kind_request"][kind] in text
