"""Locked archives: they open with their passphrase, by another program than ours, and not without it."""

from __future__ import annotations

import io
import math
import re
from pathlib import Path

import pytest
import pyzipper
from hypothesis import given
from hypothesis import strategies as st

from papers.archive import File, locked, passphrase
from tests.paper_tools import unlock

WORDS = passphrase(bytes(range(32)))
FILES = [
    File("data.json", '{"nimi": "Mäkelä"}'.encode()),
    File("copy.pdf", b"%PDF" + bytes(5000)),
    File("e.csv", b""),
]


def test_another_program_opens_it_with_the_passphrase(tmp_path: Path) -> None:
    archive = locked(FILES, WORDS)
    assert unlock(archive, WORDS, tmp_path / "right") == {file.name: file.content for file in FILES}


@pytest.mark.parametrize("wrong", ["", "wrong", WORDS.upper(), WORDS.replace("-", ""), WORDS[:-1]])
def test_another_program_does_not_open_it_without(wrong: str, tmp_path: Path) -> None:
    assert unlock(locked(FILES, WORDS), wrong, tmp_path / "wrong") is None


def test_it_opens_and_does_not_open_here_either() -> None:
    with pyzipper.AESZipFile(io.BytesIO(locked(FILES, WORDS))) as archive:
        with pytest.raises(RuntimeError, match="password"):
            archive.read("data.json")
        assert archive.read("data.json", WORDS.encode()) == FILES[0].content


def test_it_is_ae_2_with_256_bits_and_no_checksum_of_the_clear_text() -> None:
    with pyzipper.AESZipFile(io.BytesIO(locked(FILES, WORDS))) as archive:
        for info in archive.infolist():
            # WinZip's extra field 0x9901: version 2, vendor "AE", strength 3.
            assert info.wz_aes_version == 2
            assert info.wz_aes_strength == 3
            assert info.CRC == 0


def test_nothing_of_a_file_stands_in_clear() -> None:
    archive = locked([File("a.txt", b"120385-913J Maija Mallikas")], WORDS)
    assert b"Mallikas" not in archive
    assert b"913J" not in archive
    assert WORDS.encode() not in archive


@pytest.mark.parametrize("name", ["", "tietosi ä.pdf", "../a", "a/b", ".a", "a b", "a\n", "x" * 81])
def test_a_name_that_is_not_plain_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="ASCII"):
        locked([File(name, b"x")], WORDS)


@pytest.mark.parametrize(
    ("files", "words"), [([], WORDS), ([File("a", b""), File("a", b"")], WORDS), (FILES, "")]
)
def test_an_archive_of_nothing_or_open_to_all_is_refused(files: list[File], words: str) -> None:
    with pytest.raises(ValueError, match="archive"):
        locked(files, words)


@given(st.binary(min_size=32, max_size=32))
def test_a_passphrase_is_small_letters_in_words_that_can_be_said(seed: bytes) -> None:
    words = passphrase(seed)
    assert re.fullmatch(r"(?:[hkmprstv][aeiou]){3}(?:-(?:[hkmprstv][aeiou]){3}){4}", words)
    assert words == passphrase(seed)


def test_passphrases_have_75_bits_and_use_every_sound_alike() -> None:
    assert 15 * math.log2(40) > 75
    many = [passphrase(n.to_bytes(32)) for n in range(4000)]
    assert len(set(many)) == len(many)
    for place in range(15):
        syllables = ["".join(words.split("-"))[2 * place : 2 * place + 2] for words in many]
        counts = [syllables.count(one) for one in set(syllables)]
        assert len(counts) == 40
        assert 50 < min(counts) <= max(counts) < 160


@pytest.mark.parametrize("size", [0, 16, 31, 33])
def test_a_seed_of_another_size_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        passphrase(bytes(size))
