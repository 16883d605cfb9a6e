"""What the law wants in a letter: each part of the table is missed when it is gone, in every letter and language."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from app.house import facts_of
from shops.profile import built_in_profiles, load_profile
from templates import (
    LANGUAGES,
    Letters,
    LettersRefusedError,
    Mail,
    UnlawfulLetterError,
    catalogue,
    find,
    labels,
    missing,
    parts_of,
    require_lawful,
    sample,
)
from templates.lint import Part, Sign, sought
from templates.words import FOLDER

FACTS = {shop: facts_of(load_profile(shop)) for shop in built_in_profiles()}
#: What no notice of the five says, but another may.
OTHER_NOTICES: list[dict[str, Any]] = [
    {"recipients": []},
    {"retention": [], "keeps_until_asked": True},
    {"retention": [], "keeps_until_asked": False},
    {"outside_eea": "yes", "transfer_only_if": "", "transfer_note": "EU:n mallisopimus"},
    {"automated_decisions": True},
    {"automated_decisions": False, "targeting": False, "profiling_note": ""},
    {"publication": "unless_forbidden", "published": "osoitetarrat"},
]
LETTERS = [(entry.face, entry.name) for entry in catalogue() if parts_of(entry.face, entry.name)]
PARTS = [(face, name, part) for face, name in LETTERS for part in parts_of(face, name)]


def label(value: object) -> str:
    return value.id if isinstance(value, Part) else str(value)


def contexts(face: str, name: str, language: str) -> Iterator[dict[str, Any]]:
    """The sample, with each optional variable left out in turn, with none of them, and for every sort of shop."""
    entry = find(face, name)
    base = sample(name, face, language)
    shops = [facts[language] for facts in FACTS.values()]
    shops += [{**FACTS["liwigo"][language], **other} for other in OTHER_NOTICES]
    left_out = [{one} for one in sorted(entry.takes)] + [set(entry.takes)]
    left_out += [{"corrected", "disputed"} & entry.takes, {"erased", "anonymised"} & entry.takes]
    for shop in shops:
        yield {**base, "shop": shop}
    for gone in left_out:
        said = {key: value for key, value in base.items() if key not in gone}
        if "case" in gone and "cases" in gone:
            said["case"] = sample("ask", "mail")["case"]
        yield {**said, "shop": shops[0]}
    if "case" in base:
        bare = {key: value for key, value in base["case"].items() if key != "purposes"}
        yield {**base, "case": bare, "shop": shops[0]}


def render(face: str, name: str, language: str, context: Mapping[str, Any]) -> Mail:
    return Letters().render(face, name, language, context)


def fitting(face: str, name: str, part: Part, language: str) -> dict[str, Any]:
    """A letter in which a part has to be said."""
    for context in contexts(face, name, language):
        here = [one for one in sought(face, name, language, context) if one.part == part and one.passages]
        if here and not missing(face, name, language, context, render(face, name, language, context)):
            return context
    raise AssertionError(f"no example of {face}/{name} has to say {part.id}")


def without(mail: Mail, sign: Sign) -> Mail:
    """The mail with every spelling of a sign struck out."""
    struck = re.compile(
        "|".join(r"\s+".join(map(re.escape, text.split())) for text in sign.texts), re.IGNORECASE
    )
    return Mail(struck.sub("###", mail.subject), struck.sub("###", mail.text))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("face", "name", "part"), PARTS, ids=label)
def test_each_part_is_missed_when_it_is_not_in_the_text(
    face: str, name: str, part: Part, language: str
) -> None:
    context = fitting(face, name, part, language)
    mail = render(face, name, language, context)
    found = next(one for one in sought(face, name, language, context) if one.part == part)
    for passage in found.passages:
        for sign in passage:
            lacking = missing(face, name, language, context, without(mail, sign))
            assert (part.id, part.article) in {(one.id, one.article) for one in lacking}, sign.texts


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("face", "name", "part"), PARTS, ids=label)
def test_each_part_is_missed_when_there_is_nothing_to_say(
    face: str, name: str, part: Part, language: str
) -> None:
    """Reasons, dates and lists that the letter must give may not be empty, unless the part then does not apply."""
    context = fitting(face, name, part, language)
    mail = render(face, name, language, context)
    for emptied in emptied_contexts(part, context):
        here = [one.part for one in sought(face, name, language, emptied)]
        lacking = {one.id for one in missing(face, name, language, emptied, mail)}
        assert part.id in lacking or part not in here


def emptied_contexts(part: Part, context: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The context with each value that the part needs emptied."""
    for value in part.says:
        if not value.endswith("?"):
            yield emptied(context, value.partition(" as ")[0].split("."))
    if part.each and " where " not in part.each:
        steps = part.each.split(".")
        yield emptied(context, steps)
        for value in part.of:
            path = value.partition(" as ")[0]
            if path != "." and not value.endswith("?"):
                yield emptied(context, [*steps, "0", path])


def emptied(context: Mapping[str, Any], steps: list[str]) -> dict[str, Any]:
    changed = deepcopy(dict(context))
    at: Any = changed
    for step in steps[:-1]:
        at = at[int(step)] if isinstance(at, list) else at[step]
    at[steps[-1]] = [] if isinstance(at[steps[-1]], list) else ""
    return changed


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("shop", built_in_profiles())
def test_every_letter_of_every_shop_is_lawful(shop: str, language: str) -> None:
    for face, name in LETTERS:
        context = {**sample(name, face, language), "shop": FACTS[shop][language]}
        assert missing(face, name, language, context, render(face, name, language, context)) == (), name


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("face", "name"), LETTERS)
def test_letter_is_lawful_whatever_is_left_out_unless_it_owes_reasons(
    face: str, name: str, language: str
) -> None:
    for context in contexts(face, name, language):
        lacking = missing(face, name, language, context, render(face, name, language, context))
        reasoned = bool(context.get("ground") and context.get("reason"))
        assert ("reasons" in {one.id for one in lacking}) if lacking else True
        assert not (lacking and reasoned)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("name", "begins", "articles"),
    [
        ("answer_refused", {"fi": "Esimerkki: tilauksesi", "en": "Example: your order"}, {"GDPR Art. 12(4)"}),
        ("answer_refused", {"fi": "Lisäksi voit viedä", "en": "You can also take"}, {"GDPR Art. 12(4), 79"}),
        ("extension", {"fi": "Vastaamme viimeistään", "en": "We will answer by"}, {"GDPR Art. 12(3)"}),
        ("answer_restriction", {"fi": "Kerromme sinulle", "en": "We will tell you"}, {"GDPR Art. 18(3)"}),
        ("answer_access", {"fi": "Voit pyytää, että", "en": "You can ask us to"}, {"GDPR Art. 15(1)(e)"}),
        (
            "answer_access",
            {"fi": "– asiakas itse", "en": "– the customer, when"},
            {"GDPR Art. 15(1)(g)"},
        ),
    ],
)
def test_a_paragraph_taken_out_is_missed_with_its_article(
    name: str, begins: Mapping[str, str], articles: set[str], language: str
) -> None:
    context = {**sample(name, "mail", language), "shop": FACTS["liwigo"][language]}
    mail = render("mail", name, language, context)
    kept = [part for part in mail.text.split("\n\n") if not part.startswith(begins[language])]
    assert len(kept) == mail.text.count("\n\n")
    lacking = missing("mail", name, language, context, Mail(mail.subject, "\n\n".join(kept)))
    assert {one.article for one in lacking} == articles


def test_a_letter_in_two_languages_is_lawful_in_both() -> None:
    said = {one: {**sample("extension", "mail", one), "shop": FACTS["liwigo"][one]} for one in LANGUAGES}
    mail = Letters().render_in("mail", "extension", said)
    assert [missing("mail", "extension", one, said[one], mail) for one in LANGUAGES] == [(), ()]


def test_what_staff_wrote_in_paragraphs_is_found() -> None:
    context = {
        **sample("answer_refused"),
        "shop": FACTS["liwigo"]["fi"],
        "reason": "Ensin tämä.\n\nSitten tuo.",
    }
    assert (
        missing("mail", "answer_refused", "fi", context, render("mail", "answer_refused", "fi", context))
        == ()
    )


def test_how_a_letter_is_wrapped_makes_no_difference() -> None:
    context = {**sample("answer_access", "mail"), "shop": FACTS["taigakoru"]["fi"]}
    mail = render("mail", "answer_access", "fi", context)
    wrapped = re.sub(r"(?<=\w) (?=\w)", "\n", mail.text)
    assert missing("mail", "answer_access", "fi", context, Mail(mail.subject, wrapped)) == ()


def test_a_number_is_not_found_within_another() -> None:
    context = {**sample("answer_correction", "mail"), "shop": FACTS["liwigo"]["fi"]}
    context["corrected"] = [{"field": "address", "old": "Katu 1", "new": "Katu 2"}]
    mail = render("mail", "answer_correction", "fi", context)
    wrong = Mail(mail.subject, mail.text.replace("Katu 2", "Katu 21"))
    assert [one.id for one in missing("mail", "answer_correction", "fi", context, wrong)] == ["changed"]


def test_an_unlawful_letter_is_refused_with_part_and_article() -> None:
    context = {**sample("extension", "mail"), "shop": FACTS["liwigo"]["fi"], "reason": ""}
    with pytest.raises(
        UnlawfulLetterError, match=r"mail/extension does not say: reason \(GDPR Art\. 12\(3\)\)"
    ):
        require_lawful("mail", "extension", "fi", context, render("mail", "extension", "fi", context))


def test_a_letter_the_law_asks_nothing_of_is_never_refused() -> None:
    require_lawful("chat", "thanks", "fi", {}, Mail("", ""))


def test_the_letters_the_law_asks_most_of_are_in_the_table() -> None:
    answers = {e.name for e in catalogue() if e.face == "mail" and e.name.startswith("answer_")}
    others = {
        "extension", "no_action", "identity_rejected", "refusal_certificate", "restriction_ends", "recipients_told",
        "address_changed",
    }  # fmt: skip
    assert {name for face, name in LETTERS if face == "mail"} >= answers | others
    assert {name for face, name in LETTERS if face == "chat"} == {"no_action", "identity_rejected"}


def test_an_access_answer_has_every_point_of_article_15() -> None:
    articles = " ".join(part.article for part in parts_of("mail", "answer_access"))
    assert all(f"15(1)({point})" in articles for point in "abcdefgh")
    assert "15(2)" in articles
    assert "15(3)" in articles


def test_every_part_names_its_article_and_says_itself_in_both_languages() -> None:
    for _, name, part in PARTS:
        assert part.article, name
        assert all(part.plain[language].strip() for language in LANGUAGES), name
        assert part.says or part.each or part.words, name


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_the_table_looks_for_is_used(language: str) -> None:
    used = {word for _, _, part in PARTS for word in part.words}
    assert used >= {f"lawful.{key}" for key in labels(language)["lawful"]}
    assert used >= {f"legal.{key}" for key in labels(language)["legal"]}


# -- a shop's own wording -------------------------------------------------------------------------------------


def own(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("name", "line", "article"),
    [
        ("answer_refused", "{{ reason }}", "GDPR Art. 12(4)"),
        ("answer_access", "{% for one in shop.purposes %}", "GDPR Art. 15(1)(a)"),
        ("answer_erasure", "– {{ one|held_back }}", "Accounting Act 1336/1997"),
        ("extension", '{% include "_complaint.txt" %}', "GDPR Art. 12(4), 77"),
    ],
)
def test_own_wording_that_lacks_a_part_is_refused_at_load_with_the_article(
    tmp_path: Path, name: str, line: str, article: str, language: str
) -> None:
    text = (FOLDER / language / "mail" / f"{name}.txt").read_text("utf-8")
    assert line in text
    replacement = "{% for one in () %}" if line.startswith("{% for") else ""
    folder = own(tmp_path, f"{language}/mail/{name}.txt", text.replace(line, replacement))
    with pytest.raises(LettersRefusedError, match=re.escape(article)):
        Letters(folder, FACTS["liwigo"])


def test_own_wording_that_lacks_a_part_only_in_some_letters_is_refused_as_well(tmp_path: Path) -> None:
    text = (FOLDER / "fi/mail/answer_erasure.txt").read_text("utf-8")
    folder = own(
        tmp_path, "fi/mail/answer_erasure.txt", text.replace("{% if ground or kept %}", "{% if ground %}")
    )
    with pytest.raises(LettersRefusedError, match="miten valittaa tietosuojavaltuutetulle"):
        Letters(folder, FACTS["liwigo"])


def test_own_wording_that_says_it_in_other_words_is_taken(tmp_path: Path) -> None:
    text = (
        "Subject: Pyyntösi {{ case.id }}\n\nMoi,\n\nvalitettavasti emme voi tehdä tätä.\n"
        '{{ ground|word("ground") }}\nSyynä on: {{ reason }}\n\n'
        "Tietosuojavaltuutetun toimisto auttaa: PL 800, 00531 Helsinki, 029 566 6700, tietosuoja.fi.\n"
        "Myös käräjäoikeus on mahdollinen.\n\nT. {{ shop.name }}\n"
    )
    letters = Letters(own(tmp_path, "fi/mail/answer_refused.txt", text), FACTS["liwigo"])
    context = {**sample("answer_refused"), "shop": FACTS["liwigo"]["fi"]}
    assert letters.render_mail("answer_refused", "fi", context).text.startswith("Moi,")
