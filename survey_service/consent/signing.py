"""Signed documents that anybody can check offline: Ed25519 over canonical JSON.

The proof stands inside the document. It carries no time, because a receipt holds none finer than
a day, and names its key as a `did:key`, so that a reader can tell "not ours" from "not sound".

Source: W3C Data Integrity EdDSA Cryptosuites v1.0, eddsa-jcs-2022; RFC 8785 for the bytes (all
keys are ASCII and all numbers whole, where sorted JSON is RFC 8785); RFC 8032 for Ed25519;
W3C CCG did:key for the name of a key.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from enum import StrEnum
from hashlib import sha256
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
)

from schemas.canonical import canonical_json

LARGEST = 1 << 20
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_ED25519 = b"\xed\x01"
_FIELDS = {"type", "cryptosuite", "verificationMethod", "proofPurpose", "@context", "proofValue"}


class Verdict(StrEnum):
    """What a look at a document found."""

    VALID = "valid"
    INVALID = "invalid"
    NOT_OURS = "not ours"


class Signer:
    """Signs with the installation's key and tells the public half."""

    def __init__(self, secret: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(secret)

    @property
    def public_pem(self) -> str:
        """The public key as PEM, to hand to whoever checks receipts."""
        spki = PublicFormat.SubjectPublicKeyInfo
        return self._key.public_key().public_bytes(Encoding.PEM, spki).decode("ascii")

    @property
    def name(self) -> str:
        """The public key as a did:key."""
        return key_name(self._key.public_key())

    def signed(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """Return the document with its proof; the same document gives the same bytes."""
        multibase = self.name.removeprefix("did:key:")
        proof = {
            "type": "DataIntegrityProof",
            "cryptosuite": "eddsa-jcs-2022",
            "verificationMethod": f"{self.name}#{multibase}",
            "proofPurpose": "assertionMethod",
            "@context": document["@context"],
        }
        value = self._key.sign(_hashed(document, proof))
        return {**document, "proof": {**proof, "proofValue": "z" + _base58(value)}}


def check(text: bytes, keys: Collection[Ed25519PublicKey]) -> Verdict:
    """Return whether a file is a document signed with one of the keys, and unchanged.

    Whatever carries no proof, or one of another key, is "not ours"; so is what is no JSON.
    """
    document = _read(text)
    proof = document.get("proof") if document is not None else None
    if document is None or not isinstance(proof, dict):
        return Verdict.NOT_OURS
    by_name = {key_name(key): key for key in keys}
    key = by_name.get(str(proof.get("verificationMethod", "")).partition("#")[0])
    if key is None:
        return Verdict.NOT_OURS
    unsigned = {name: value for name, value in document.items() if name != "proof"}
    stated = {name: value for name, value in proof.items() if name != "proofValue"}
    sound = (
        set(proof) - {"created"} == _FIELDS
        and proof["type"] == "DataIntegrityProof"
        and proof["cryptosuite"] == "eddsa-jcs-2022"
        and proof["proofPurpose"] == "assertionMethod"
        and proof["@context"] == document.get("@context")
    )
    value = _from_base58(str(proof.get("proofValue", "")))
    if not sound or value is None:
        return Verdict.INVALID
    try:
        key.verify(value, _hashed(unsigned, stated))
    except (InvalidSignature, ValueError):
        return Verdict.INVALID
    return Verdict.VALID


def read_keys(pem: bytes) -> list[Ed25519PublicKey]:
    """Return the Ed25519 public keys of a PEM file; after a change of keys it holds several.

    Raises:
        ValueError: it holds none.
    """
    end = b"-----END PUBLIC KEY-----"
    blocks = [block + end for block in pem.split(end)[:-1]]
    keys = [load_pem_public_key(block.strip()) for block in blocks]
    found = [key for key in keys if isinstance(key, Ed25519PublicKey)]
    if not found:
        raise ValueError("no Ed25519 public key")
    return found


def key_name(key: Ed25519PublicKey) -> str:
    """Return the did:key of a public key."""
    raw = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return "did:key:z" + _base58(_ED25519 + raw)


def _hashed(document: Mapping[str, Any], proof: Mapping[str, Any]) -> bytes:
    return sha256(canonical_json(proof)).digest() + sha256(canonical_json(document)).digest()


def _read(text: bytes) -> dict[str, Any] | None:
    if len(text) > LARGEST:
        return None
    try:
        document = json.loads(text, object_pairs_hook=_no_name_twice, parse_float=_no_fraction)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _no_name_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _no_fraction(_text: str) -> Any:
    raise ValueError("a receipt holds no fractions")


def _base58(octets: bytes) -> str:
    number, digits = int.from_bytes(octets), ""
    while number:
        number, digit = divmod(number, 58)
        digits = _BASE58[digit] + digits
    return "1" * (len(octets) - len(octets.lstrip(b"\0"))) + digits


def _from_base58(text: str) -> bytes | None:
    """Return the 64 octets of a signature, or None where the text is none."""
    number = 0
    if not text.startswith("z") or len(text) > 100:
        return None
    for symbol in text[1:]:
        digit = _BASE58.find(symbol)
        if digit < 0:
            return None
        number = number * 58 + digit
    return number.to_bytes(64) if number.bit_length() <= 512 else None
