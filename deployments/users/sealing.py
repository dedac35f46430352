"""What the service's secret key protects: sealed secrets and keyed hashes, one subkey a purpose."""

import hmac
import os
from functools import cache
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE_BYTES: Final = 12


class WrongSecretKey(Exception):
    """Something was sealed with another `MEDRAY_SECRET_KEY`, or was altered."""


class Sealer:
    """AES-256-GCM and HMAC-SHA-256 with keys derived from the secret key (HKDF, RFC 5869)."""

    def __init__(self, secret_key: str) -> None:
        self._secret = secret_key.encode()
        self._key = cache(self._derive)

    def seal(self, purpose: str, owner: str, secret: bytes) -> bytes:
        """Encrypts `secret`; it opens only for the same purpose and owner."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + AESGCM(self._key(purpose)).encrypt(nonce, secret, owner.encode())

    def open(self, purpose: str, owner: str, sealed: bytes) -> bytes:
        """Decrypts what `seal` made.

        Raises:
            WrongSecretKey: it was not made with this key, purpose and owner.
        """
        nonce, rest = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        try:
            return AESGCM(self._key(purpose)).decrypt(nonce, rest, owner.encode())
        except InvalidTag:
            raise WrongSecretKey(purpose) from None

    def mac(self, purpose: str, message: bytes) -> bytes:
        """A keyed hash of the message, 32 bytes; without the key nobody can make or check it."""
        return hmac.digest(self._key(purpose), message, "sha256")

    def _derive(self, purpose: str) -> bytes:
        return HKDF(SHA256(), 32, salt=None, info=f"medray/{purpose}".encode()).derive(self._secret)
