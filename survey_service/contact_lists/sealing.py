"""A coordinator's key pair out of a passphrase: the office keeps the public half alone.

Source: RFC 9106 (argon2id, second recommended option); RFC 7748 (any 32 bytes are a private key).
"""

from __future__ import annotations

import json

from argon2.low_level import Type, hash_secret_raw

from survey_service.stores.envelopes import open_part, pad, public_of, seal_to, unpad

BLOCK = 4096
Contact = dict[str, str]


def private_key(passphrase: str, salt: bytes) -> bytes:
    """Return the private key that only this passphrase gives; takes 64 MiB and some 0.2 s."""
    return hash_secret_raw(
        passphrase.encode(),
        salt,
        time_cost=3,
        memory_cost=65536,
        parallelism=1,
        hash_len=32,
        type=Type.ID,
    )


def public_key(private: bytes) -> bytes:
    """Return what may be kept beside the request."""
    return public_of(private)


def sealed_list(contacts: list[Contact], public: bytes, list_id: str) -> bytes:
    """Return a list that opens for one request with one passphrase; its size tells little."""
    text = json.dumps(contacts, ensure_ascii=False).encode()
    return seal_to(public, pad(text, BLOCK), list_id.encode("ascii"))


def opened_list(private: bytes, sealed: bytes, list_id: str) -> list[Contact]:
    """Return the contacts.

    Raises:
        EnvelopeBroken: another passphrase, or another request's list.
    """
    found: list[Contact] = json.loads(unpad(open_part(private, sealed, list_id.encode("ascii"))))
    return found
