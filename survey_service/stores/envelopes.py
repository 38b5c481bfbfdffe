"""AES-256-GCM envelopes bound to their row, and parts sealed to keys that are elsewhere.

Source: NIST SP 800-38D (GCM); RFC 5869 (HKDF); RFC 7748 (X25519). The sealed part follows the
shape of an elliptic-curve integrated encryption scheme: an ephemeral key pair, the shared secret
and both public keys through HKDF, then GCM. Parts that are sealed together share the ephemeral
pair, which costs as much as all the rest of a part, and no key: M. Bellare, A. Boldyreva and
J. Staddon (2003), Randomness re-use in multi-recipient encryption schemas.
"""

from __future__ import annotations

import secrets
import struct
from collections.abc import Callable, Iterable
from functools import lru_cache
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import (
    X25519PrivateKey,
    X25519PublicKey,
)
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from survey_service.stores.errors import EnvelopeBroken

NONCE = 12
BLOCK = 1024
HASH_BLOCK = 64
_INNER = bytes(octet ^ 0x36 for octet in range(256))
_OUTER = bytes(octet ^ 0x5C for octet in range(256))


def mac(key: bytes, message: bytes) -> bytes:
    """Return HMAC-SHA-256, the same as `hmac.digest`.

    OpenSSL 3 looks the algorithm up by its name at every one-shot HMAC, at two to three times
    the cost of the two hashes; a submission takes some twenty of them.
    Source: RFC 2104, 2.
    """
    inner, outer = _masked(key)
    return sha256(outer + sha256(inner + message).digest()).digest()


def _masked(key: bytes) -> tuple[bytes, bytes]:
    if len(key) > HASH_BLOCK:
        key = sha256(key).digest()
    inner = key.translate(_INNER).ljust(HASH_BLOCK, b"\x36")
    return inner, key.translate(_OUTER).ljust(HASH_BLOCK, b"\x5c")


def expand(key: bytes, label: bytes) -> bytes:
    """Return 32 bytes that only `key` and `label` give (HKDF-Expand, one block)."""
    return mac(key, label + b"\x01")


def expander(key: bytes) -> Callable[[bytes], bytes]:
    """Return `expand` under a key that is used again and again."""
    return macs(key, behind=b"\x01")


def macs(key: bytes, before: bytes = b"", behind: bytes = b"") -> Callable[[bytes], bytes]:
    """Return `mac` under a key that is used again and again, of `before` + message + `behind`."""
    inner, outer = _masked(key)
    begun = inner + before

    def mac_under_key(message: bytes) -> bytes:
        return sha256(outer + sha256(begun + message + behind).digest()).digest()

    return mac_under_key


def extract(salt: bytes, secret: bytes) -> bytes:
    """Return the pseudo-random key of a secret (HKDF-Extract)."""
    return mac(salt, secret)


def seal(key: bytes, plaintext: bytes, bound_to: bytes) -> bytes:
    """Return nonce and ciphertext; it opens only with `key` and for the row `bound_to`."""
    nonce = secrets.token_bytes(NONCE)
    return nonce + AESGCM(key).encrypt(nonce, plaintext, bound_to)


def sealer(key: bytes) -> Callable[[bytes, bytes], bytes]:
    """Return `seal` with a key that seals many values."""
    encrypt, fresh = AESGCM(key).encrypt, secrets.token_bytes

    def seal_with_key(plaintext: bytes, bound_to: bytes) -> bytes:
        nonce = fresh(NONCE)
        return nonce + encrypt(nonce, plaintext, bound_to)

    return seal_with_key


def unseal(key: bytes, sealed: bytes, bound_to: bytes) -> bytes:
    """Return the plaintext.

    Raises:
        EnvelopeBroken: another key, another row, or altered bytes.
    """
    try:
        return AESGCM(key).decrypt(sealed[:NONCE], sealed[NONCE:], bound_to)
    except (InvalidTag, ValueError) as error:
        raise EnvelopeBroken("a sealed value does not open") from error


def pad(plaintext: bytes, block: int = BLOCK) -> bytes:
    """Return the bytes behind their length, filled to a whole block, so that size tells little."""
    framed = struct.pack(">I", len(plaintext)) + plaintext
    return framed + bytes(-len(framed) % block)


def unpad(padded: bytes) -> bytes:
    """Return what `pad` was given."""
    (length,) = struct.unpack_from(">I", padded)
    return padded[4 : 4 + length]


def key_pair() -> tuple[bytes, bytes]:
    """Return a new X25519 pair: private, public (32 bytes each)."""
    private = X25519PrivateKey.generate()
    return private.private_bytes_raw(), private.public_key().public_bytes_raw()


def public_of(private: bytes) -> bytes:
    """Return the public half of a private key."""
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def _part_key(shared: bytes, ephemeral: bytes, recipient: bytes) -> bytes:
    return expand(extract(ephemeral + recipient, shared), b"equality-survey/v1/part")


@lru_cache(maxsize=64)
def _public_key(raw: bytes) -> X25519PublicKey:
    return X25519PublicKey.from_public_bytes(raw)


def seal_to(public: bytes, plaintext: bytes, bound_to: bytes) -> bytes:
    """Return bytes that only the holder of the private key can open."""
    return seal_to_each([(public, plaintext)], bound_to)[0]


def seal_to_each(parts: Iterable[tuple[bytes, bytes]], bound_to: bytes) -> list[bytes]:
    """Return each plaintext sealed to its public key; whoever opens one opens no other."""
    ephemeral = X25519PrivateKey.generate()
    own = ephemeral.public_key().public_bytes_raw()
    sealed = []
    for public, plaintext in parts:
        shared = ephemeral.exchange(_public_key(public))
        sealed.append(own + seal(_part_key(shared, own, public), plaintext, bound_to))
    return sealed


def open_part(private: bytes, sealed: bytes, bound_to: bytes) -> bytes:
    """Return what was sealed to this key.

    Raises:
        EnvelopeBroken: sealed to another key or for another row.
    """
    return part_opener(private)(sealed, bound_to)


def part_opener(private: bytes) -> Callable[[bytes, bytes], bytes]:
    """Return `open_part` with a key that opens many parts; making it ready costs as much as one."""
    key = X25519PrivateKey.from_private_bytes(private)
    own = key.public_key().public_bytes_raw()

    def open_with_key(sealed: bytes, bound_to: bytes) -> bytes:
        try:
            # The parts of one submission share this key and are opened one after the other.
            shared = key.exchange(_public_key(sealed[:32]))
        except ValueError as error:
            raise EnvelopeBroken("a sealed part does not open") from error
        return unseal(_part_key(shared, sealed[:32], own), sealed[32:], bound_to)

    return open_with_key
