"""A code sealed to two officers, one layer within the other; nothing on the server opens either.

The inner layer is the second officer's, the outer one the first's, both bound to the wave and to
the two keys. What was declined, or not found, is sealed in the same way and in the same length:
only both officers together see which it was.

Source: RFC 7748 (X25519); the sealed part of `stores/envelopes.py`.
"""

from __future__ import annotations

import base64
import secrets
from hashlib import sha256
from typing import Annotated, Literal

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from pydantic import Field, StringConstraints

from schemas.canonical import canonical_json
from schemas.escrow import OfficerKeys
from schemas.vocabulary import Frozen
from survey_service.stores.envelopes import open_part, seal_to

FORMAT: Literal["equality-survey sealed code v1"] = "equality-survey sealed code v1"
PLAIN = 32
"""Bytes under both layers: the code's symbols, or nothing, filled with zeros."""
LAYER = 32 + 12 + 16
"""What a layer adds: the ephemeral key, the nonce, the tag."""
SEALED = PLAIN + 2 * LAYER
SLOTS = 3
"""How many codes a file has room for: whoever took part more than once has more than one."""

Base64 = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+/]+={0,2}$", max_length=1000)]


class SealedFile(Frozen):
    """What leaves the server, and what goes from the first officer to the second."""

    format: Literal["equality-survey sealed code v1"] = FORMAT
    layer: Literal["outer", "inner"]
    request: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]{1,40}$")]
    survey: Annotated[str, StringConstraints(max_length=80)]
    wave: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]{1,40}$")]
    keys: OfficerKeys
    sealed: Annotated[tuple[Base64, ...], Field(min_length=SLOTS, max_length=SLOTS)]


def context(survey: str, wave: str, keys: OfficerKeys, layer: str) -> bytes:
    """Return what a layer is bound to: it opens for no other wave, and under no other key."""
    said = [FORMAT, survey, wave, keys.outer, keys.inner, layer]
    return sha256(canonical_json(said)).digest()


def sealed_code(survey: str, wave: str, keys: OfficerKeys, symbols: str | None) -> bytes:
    """Return a code, or that there is none, under both layers; always of one length.

    Raises:
        ValueError: more symbols than there is room for.
    """
    plain = (symbols or "").encode("ascii").ljust(PLAIN, b"\0")
    if len(plain) != PLAIN:
        raise ValueError("too long for a code")
    inner = seal_to(bytes.fromhex(keys.inner), plain, context(survey, wave, keys, "inner"))
    return seal_to(bytes.fromhex(keys.outer), inner, context(survey, wave, keys, "outer"))


def noise() -> bytes:
    """Return bytes that look like a sealed code and open with nothing."""
    return secrets.token_bytes(SEALED)


def handed_out(
    request: str, survey: str, wave: str, keys: OfficerKeys, found: list[bytes]
) -> SealedFile:
    """Return the file for one request: what was found, and nothing in every slot that is left.

    Each slot is sealed once more to the first officer, so that the same find looks like another
    every time: whoever sees two files cannot tell a find from a miss.
    """
    nothing = [sealed_code(survey, wave, keys, None) for _ in range(SLOTS - len(found[:SLOTS]))]
    slots = [*found[:SLOTS], *nothing]
    secrets.SystemRandom().shuffle(slots)
    bound = _request_context(request, survey, wave, keys)
    to = bytes.fromhex(keys.outer)
    return SealedFile(
        layer="outer",
        request=request,
        survey=survey,
        wave=wave,
        keys=keys,
        sealed=tuple(_text(seal_to(to, slot, bound)) for slot in slots),
    )


def _request_context(request: str, survey: str, wave: str, keys: OfficerKeys) -> bytes:
    return context(survey, wave, keys, f"request/{request}")


def without_outer(private: bytes, file: SealedFile) -> SealedFile:
    """Return the file that only the second officer opens.

    Raises:
        EnvelopeBroken: another key, or a file that was changed.
    """
    bound = _request_context(file.request, file.survey, file.wave, file.keys)
    outer = context(file.survey, file.wave, file.keys, "outer")
    slots = [open_part(private, _octets(slot), bound) for slot in file.sealed]
    inner = tuple(_text(open_part(private, slot, outer)) for slot in slots)
    return file.model_copy(update={"layer": "inner", "sealed": inner})


def codes_in(private: bytes, file: SealedFile) -> list[str]:
    """Return the symbols of the codes that were found; none, where nothing was.

    Raises:
        EnvelopeBroken: another key, or a file that was changed.
    """
    bound = context(file.survey, file.wave, file.keys, "inner")
    plain = [open_part(private, _octets(slot), bound) for slot in file.sealed]
    return [one.rstrip(b"\0").decode("ascii") for one in plain if one.strip(b"\0")]


def is_usable(public_key: str) -> bool:
    """Return whether something can be sealed to a public key: a few points of the curve are none.

    Source: RFC 7748, 6.1 (the all-zero check).
    """
    try:
        public = X25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
        X25519PrivateKey.generate().exchange(public)
    except ValueError:
        return False
    return True


def _text(octets: bytes) -> str:
    return base64.b64encode(octets).decode("ascii")


def _octets(text: str) -> bytes:
    return base64.b64decode(text)
