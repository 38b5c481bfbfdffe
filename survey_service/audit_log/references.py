"""Keyed references to people, and the seal on free words.

A person appears in the log only as HMAC(key, id). Destroying the key turns every reference into
noise while the log still verifies; erasing a detail leaves a commitment to nothing knowable.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from hashlib import sha256
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_COMMITMENT = b"audit-detail/v1"


class Keyring(Protocol):
    """The one thing needed of the installation's keyring."""

    def secret(self, name: str) -> bytes:
        """Return the 32 secret bytes of that name."""
        ...


class References:
    """Turns ids into references under the actor key."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def person(self, person_id: str) -> str:
        """Return the reference of an account's id; equal for every entry about that person."""
        return self._reference(b"person/v1", person_id)

    def session(self, session_id: str) -> str:
        """Return the reference of a session or token, so that one visit can be followed."""
        return self._reference(b"session/v1", session_id)

    def _reference(self, kind: bytes, value: str) -> str:
        return hmac.new(self._key, kind + b"\x00" + value.encode(), sha256).hexdigest()[:32]


def commitment(nonce: bytes, text: str) -> str:
    """Return what an entry says of a detail: a hash that binds it and tells nothing of it."""
    return sha256(_COMMITMENT + nonce + text.encode()).hexdigest()


class Details:
    """Seals and opens reasons; 32 random bytes make each commitment unguessable."""

    def __init__(self, key: bytes, random_bytes: Callable[[int], bytes]) -> None:
        self._seal = AESGCM(key)
        self._random_bytes = random_bytes

    def new_nonce(self) -> bytes:
        """Return the nonce for one detail."""
        return self._random_bytes(32)

    def close(self, seq: int, nonce: bytes, text: str) -> bytes:
        """Return the sealed text, bound to its entry."""
        return self._seal.encrypt(nonce[:12], text.encode(), str(seq).encode())

    def open(self, seq: int, nonce: bytes, ciphertext: bytes) -> str | None:
        """Return the text, or None where the key or the bytes are not those of this entry."""
        try:
            return self._seal.decrypt(nonce[:12], ciphertext, str(seq).encode()).decode()
        except InvalidTag:
            return None
