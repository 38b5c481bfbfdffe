"""An officer's private key in a file of his own, sealed with a passphrase; never on the server.

Source: RFC 9106, 4 (argon2id, second recommended option); NIST SP 800-38D (GCM).
"""

from __future__ import annotations

import secrets
from typing import Annotated, Literal

from argon2.low_level import Type, hash_secret_raw
from pydantic import StringConstraints

from schemas.escrow import PublicKey, fingerprint
from schemas.vocabulary import Frozen
from survey_service.stores.envelopes import key_pair, public_of, seal, unseal
from survey_service.stores.errors import EnvelopeBroken

FORMAT: Literal["equality-survey officer key v1"] = "equality-survey officer key v1"
Hex = Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{2})+$", max_length=200)]


class OfficerKeyFile(Frozen):
    """What lies on the officer's own machine: nothing in it opens without the passphrase."""

    format: Literal["equality-survey officer key v1"] = FORMAT
    public: PublicKey
    kdf: Literal["argon2id, 64 MiB, 3 passes, 4 lanes"] = "argon2id, 64 MiB, 3 passes, 4 lanes"
    salt: Hex
    sealed: Hex

    @property
    def fingerprint(self) -> str:
        """What the officer reads to whoever settles the wave."""
        return fingerprint(self.public)

    def private(self, passphrase: str) -> bytes:
        """Return the private key; takes 64 MiB and some 0.2 s.

        Raises:
            EnvelopeBroken: another passphrase, or a file that was changed.
        """
        wrap = _wrap(passphrase, bytes.fromhex(self.salt))
        private = unseal(wrap, bytes.fromhex(self.sealed), bytes.fromhex(self.public))
        if public_of(private).hex() != self.public:
            raise EnvelopeBroken("the two halves of the key do not belong together")
        return private


def new_key_file(passphrase: str) -> OfficerKeyFile:
    """Return a fresh key pair, its private half sealed with the passphrase."""
    private, public = key_pair()
    salt = secrets.token_bytes(16)
    sealed = seal(_wrap(passphrase, salt), private, public)
    return OfficerKeyFile(public=public.hex(), salt=salt.hex(), sealed=sealed.hex())


def _wrap(passphrase: str, salt: bytes) -> bytes:
    return hash_secret_raw(
        passphrase.encode(),
        salt,
        time_cost=3,
        memory_cost=65536,
        parallelism=4,
        hash_len=32,
        type=Type.ID,
    )
