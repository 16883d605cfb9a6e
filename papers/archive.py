"""Locked archives: ZIP files that open with a passphrase only (AES-256, WinZip's AE-2), and those passphrases.

The passphrase never travels with the archive, and stands in no log and no database: it is made again from its seed.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

#: Names inside stand in clear even in a locked archive, so they say nothing of the person.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")

#: Sounds that are told apart on a bad line and letters told apart in any typeface: of d and t, f and v, g and k, m and
#: n, l and i only one each, and nothing that Finnish and English spell differently.
_CONSONANTS, _VOWELS = "hkmprstv", "aeiou"
_SYLLABLES: Final = tuple(first + second for first in _CONSONANTS for second in _VOWELS)
#: 15 syllables of 40 are 79.8 bits.
_WORDS, _SYLLABLES_A_WORD = 5, 3
_SEED: Final = 32


@dataclass(frozen=True, slots=True)
class File:
    """A file to be put into an archive."""

    name: str
    content: bytes = field(repr=False)


def locked(files: Sequence[File], passphrase: str) -> bytes:
    """The files as one archive that opens with the passphrase only.

    Two archives of the same files differ: each has salts of its own. Keep the bytes where a second try must be the
    same.

    Raises:
        ValueError: there is no file, two have one name, a name is not plain ASCII, or the passphrase is empty.
    """
    import pyzipper
    from pyzipper.zipfile_aes import WZ_AES_V2, AESZipInfo

    names = [file.name for file in files]
    if not names or len(set(names)) < len(names):
        raise ValueError("an archive needs files, each with a name of its own")
    if not all(map(_NAME.fullmatch, names)):
        raise ValueError("a name in an archive must be plain ASCII")
    if not passphrase:
        raise ValueError("an archive cannot be locked without a passphrase")
    packed = io.BytesIO()
    with pyzipper.AESZipFile(
        packed, "w", compression=pyzipper.ZIP_DEFLATED, encryption=pyzipper.WZ_AES
    ) as archive:
        archive.setpassword(passphrase.encode())
        # AE-2 leaves out the checksum of the clear text, by which a short file could be guessed.
        archive.setencryption(pyzipper.WZ_AES, nbits=256, force_wz_aes_version=WZ_AES_V2)
        for file in files:
            info = AESZipInfo(file.name)
            info.compress_type = pyzipper.ZIP_DEFLATED
            archive.writestr(info, file.content)
    return packed.getvalue()


def passphrase(seed: bytes) -> str:
    """Five made-up words with almost 80 bits, such as `kamore-tivaho-puheki-samoru-mitesa`; the same for a seed.

    They can be read aloud in Finnish and in English, and hold small letters and hyphens only.

    Raises:
        ValueError: the seed is not 32 bytes.
    """
    if len(seed) != _SEED:
        raise ValueError(f"a passphrase is made from {_SEED} bytes")
    number = int.from_bytes(hashlib.sha256(b"pyynto passphrase\0" + seed).digest())
    words = []
    for _ in range(_WORDS):
        word = ""
        for _ in range(_SYLLABLES_A_WORD):
            number, rest = divmod(number, len(_SYLLABLES))
            word += _SYLLABLES[rest]
        words.append(word)
    return "-".join(words)
