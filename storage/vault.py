"""Sealing: every key is derived here from the service secret, each for one purpose.

Sealed bytes are AES-256-GCM with a random nonce. An index is a keyed digest of something personal, so that
a row can be found by an address without the address standing in the row.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE = 12


class WrongSecret(Exception):
    """The stored data were sealed with another service secret."""


class Vault:
    """Keys made from one service secret; never shown in `repr`."""

    def __init__(self, secret: str) -> None:
        material = secret.encode()
        self._cipher = AESGCM(_derive(material, b"storage"))
        self._index_key = _derive(material, b"index")
        self.code_key = _derive(material, b"one-time codes")

    def __repr__(self) -> str:
        return "Vault(…)"

    def seal(self, clear: bytes) -> bytes:
        """Encrypt; the result starts with its nonce."""
        nonce = os.urandom(_NONCE)
        return nonce + self._cipher.encrypt(nonce, clear, None)

    def unseal(self, sealed: bytes) -> bytes:
        """Decrypt what `seal` made; raises WrongSecret if this secret did not make it."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], None)
        except InvalidTag:
            raise WrongSecret("the database was made with another secret") from None

    def seal_json(self, value: Any) -> bytes:
        """Seal a JSON-able value."""
        return self.seal(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())

    def unseal_json(self, sealed: bytes) -> Any:
        """Undo `seal_json`."""
        return json.loads(self.unseal(sealed))

    def index(self, *parts: str) -> str:
        """A keyed digest (32 hex digits) to find a row by something that is not stored in clear."""
        message = "\x1f".join(parts).encode()
        return hmac.new(self._index_key, message, hashlib.sha256).hexdigest()[:32]


def _derive(material: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"pyynto " + purpose).derive(material)
