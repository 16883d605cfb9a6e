"""A shop's own wording: what wins, and what is refused before it can fail."""

from pathlib import Path

import pytest

from app.house import facts_of
from shops.profile import load_profile
from templates import Letters, LettersRefusedError, render_chat, sample

FACTS = facts_of(load_profile("liwigo"))


def shown(name: str) -> dict[str, object]:
    return {**sample(name), "shop": FACTS["fi"]}


def own(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return folder


def test_shops_own_wording_wins(tmp_path: Path) -> None:
    shop = Letters(own(tmp_path, "fi/chat/thanks.txt", "Kiitos itsellesi!\n"), FACTS)
    assert shop.render_chat("thanks", "fi", shown("thanks")) == "Kiitos itsellesi!"
    assert shop.render_chat("thanks", "en", shown("thanks")) == render_chat("thanks", "en", shown("thanks"))


def test_shops_own_signature_is_used_in_every_mail(tmp_path: Path) -> None:
    shop = Letters(own(tmp_path, "fi/mail/_signature.txt", "Terveisin kauppias\n"), FACTS)
    assert shop.render_mail("human", "fi", shown("human")).text.endswith("Terveisin kauppias")


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        ("fi/chat/receipt.txt", "Hei {{ customer }}!", "unknown variable customer"),
        ("fi/chat/receipt.txt", "Hei {% if %}", "line 1"),
        ("fi/chat/receipt.txt", "{{ cases|loud }}", "line 1"),
        ("fi/chat/receipt.txt", "{{ cases[0].name }}", "cannot be rendered"),
        ("fi/chat/reciept.txt", "Hei!", "no chat letter is called 'reciept'"),
        ("fi/chat/_reciept.txt", "Hei!", "no letter includes"),
        ("chat/receipt.txt", "Hei!", "not in its place"),
        ("sv/chat/receipt.txt", "Hej!", "not in its place"),
        ("fi/mail/human.txt", "Hei!", "must begin with"),
        ("fi/mail/code.txt", "Subject: Koodi\n\nKoodi tulee pian.\n", "must stand in its mail once"),
        ("fi/mail/code.txt", "Subject: Koodi\n\n{{ code }}, soita 123456.\n", "must stand in its mail once"),
        ("fi/mail/answer_refused.txt", "Subject: Ei\n\nEmme voi. {{ reason }}\n", "the law wants"),
        ("fi/mail/_complaint.txt", "Hyvää jatkoa!\n", "the law wants"),
    ],
)
def test_faulty_wording_is_refused_by_file_and_fault(
    tmp_path: Path, name: str, text: str, fault: str
) -> None:
    with pytest.raises(LettersRefusedError) as refused:
        Letters(own(tmp_path, name, text), FACTS)
    assert len(refused.value.problems) == 1
    assert str(tmp_path / name) in refused.value.problems[0]
    assert fault in refused.value.problems[0]


def test_every_faulty_file_is_named_at_once(tmp_path: Path) -> None:
    own(tmp_path, "fi/chat/start.txt", "{{ nobody }}")
    own(tmp_path, "en/chat/start.txt", "{{ nobody }}")
    with pytest.raises(LettersRefusedError) as refused:
        Letters(tmp_path, FACTS)
    assert len(refused.value.problems) == 2


def test_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LettersRefusedError, match="no such folder"):
        Letters(tmp_path / "nowhere", FACTS)
