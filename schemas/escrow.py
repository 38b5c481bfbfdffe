"""Who can find a lost code: the two officers whose keys are never on the server, and the promise.

It stands in a notice, so that one hash covers it with everything else that a person could read.
"""

from __future__ import annotations

import hashlib
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from schemas.canonical import digest
from schemas.texts import Texts
from schemas.vocabulary import Frozen

PublicKey = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""An X25519 public key in hexadecimal."""

FINGERPRINT_DIGITS = 32


class OfficerKeys(Frozen):
    """The public keys of two officers: the first opens the outer layer, the second the inner."""

    outer: PublicKey
    inner: PublicKey

    @model_validator(mode="after")
    def _are_two(self) -> Self:
        if self.outer == self.inner:
            raise ValueError("the two officers have one key")
        return self

    @property
    def hash(self) -> str:
        """SHA-256 over both keys in their order."""
        return digest(self)


class Escrow(Frozen):
    """That a lost code can be found in this wave, by whom, and how a person is told so."""

    keys: OfficerKeys
    sentences: Annotated[tuple[Texts, ...], Field(min_length=1)]


def fingerprint(public_key: str) -> str:
    """Return the 128 bits of a public key that people read to each other, in groups of four.

    Source: RFC 4648 (base 16); SHA-256 cut to 128 bits, which nobody meets a second time.
    """
    octets = b"equality-survey/v1/officer\0" + bytes.fromhex(public_key)
    digits = hashlib.sha256(octets).hexdigest()[:FINGERPRINT_DIGITS]
    return " ".join(digits[at : at + 4] for at in range(0, FINGERPRINT_DIGITS, 4))
