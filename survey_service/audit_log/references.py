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

ACTORS = "audit-actors"
DETAILS = "audit-details"
_COMMITMENT = b"audit-detail/v1"


class Keyring(Protocol):
    """What is needed of the installation's keyring."""

    def secret(self, name: str) -> bytes:
        """Return the 32 secret bytes of that name."""
        ...

    def candidates(self, name: str) -> tuple[bytes, ...]:
        """Return every secret of that name in force, the newest first."""
        ...

    def refresh(self, name: str) -> bool:
        """See whether the secret was replaced."""
        ...


class References:
    """Turns ids into references under the actor key."""

    def __init__(self, key: Callable[[], bytes]) -> None:
        self._key = key

    def person(self, person_id: str) -> str:
        """Return the reference of an account's id; equal for every entry about that person."""
        return self._reference(b"person/v1", person_id)

    def session(self, session_id: str) -> str:
        """Return the reference of a session or token, so that one visit can be followed."""
        return self._reference(b"session/v1", session_id)

    def _reference(self, kind: bytes, value: str) -> str:
        return hmac.new(self._key(), kind + b"\x00" + value.encode(), sha256).hexdigest()[:32]


def commitment(nonce: bytes, text: str) -> str:
    """Return what an entry says of a detail: a hash that binds it and tells nothing of it."""
    return sha256(_COMMITMENT + nonce + text.encode()).hexdigest()


class Details:
    """Seals and opens reasons; 32 random bytes make each commitment unguessable."""

    def __init__(self, keyring: Keyring, random_bytes: Callable[[int], bytes]) -> None:
        self._keyring = keyring
        self._random_bytes = random_bytes

    def new_nonce(self) -> bytes:
        """Return the nonce for one detail."""
        return self._random_bytes(32)

    def close(self, seq: int, nonce: bytes, text: str) -> bytes:
        """Return the sealed text, bound to its entry; call it in the transaction that keeps it."""
        self._keyring.refresh(DETAILS)
        key = AESGCM(self._keyring.secret(DETAILS))
        return key.encrypt(nonce[:12], text.encode(), str(seq).encode())

    def open(self, seq: int, nonce: bytes, ciphertext: bytes) -> str | None:
        """Return the text, or None where the key or the bytes are not those of this entry."""
        for secret in self._keyring.candidates(DETAILS):
            try:
                opened = AESGCM(secret).decrypt(nonce[:12], ciphertext, str(seq).encode())
            except InvalidTag:
                continue
            return opened.decode()
        return self.open(seq, nonce, ciphertext) if self._keyring.refresh(DETAILS) else None

    def renewed(self, seq: int, nonce: bytes, ciphertext: bytes) -> bytes | None:
        """Return the ciphertext under the newest key, or None where it does not open.

        The nonce stays: under another key it was never used.
        """
        text = self.open(seq, nonce, ciphertext)
        return None if text is None else self.close(seq, nonce, text)
