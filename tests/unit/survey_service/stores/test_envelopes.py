"""Envelopes open with their key and for their row, and with nothing else."""

from __future__ import annotations

import hmac
import secrets

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from survey_service.stores.envelopes import (
    _part_key,
    expand,
    expander,
    extract,
    key_pair,
    mac,
    open_part,
    pad,
    seal,
    seal_to,
    seal_to_each,
    unpad,
    unseal,
)
from survey_service.stores.errors import EnvelopeBroken

KEY = secrets.token_bytes(32)


@given(st.binary(max_size=3000), st.binary(min_size=1, max_size=40))
def test_what_was_sealed_opens_for_its_row(plaintext: bytes, row: bytes) -> None:
    assert unseal(KEY, seal(KEY, plaintext, row), row) == plaintext


@pytest.mark.parametrize("change", ["key", "row", "bytes", "cut"])
def test_another_key_row_or_byte_does_not_open(change: str) -> None:
    sealed = seal(KEY, b"an answer", b"row")
    key, row = KEY, b"row"
    if change == "key":
        key = secrets.token_bytes(32)
    elif change == "row":
        row = b"other"
    elif change == "bytes":
        sealed = sealed[:-1] + bytes([sealed[-1] ^ 1])
    else:
        sealed = sealed[:5]
    with pytest.raises(EnvelopeBroken):
        unseal(key, sealed, row)


def test_the_same_plaintext_never_looks_the_same() -> None:
    assert seal(KEY, b"x", b"row") != seal(KEY, b"x", b"row")


@given(st.binary(max_size=5000))
def test_padding_hides_the_length_within_a_block_and_is_undone(plaintext: bytes) -> None:
    padded = pad(plaintext)
    assert len(padded) % 1024 == 0
    assert unpad(padded) == plaintext


def test_a_part_opens_only_with_the_private_key_it_was_sealed_to() -> None:
    private, public = key_pair()
    other, _ = key_pair()
    sealed = seal_to(public, b"part", b"tag")
    assert open_part(private, sealed, b"tag") == b"part"
    for key, data, tag in (
        (other, sealed, b"tag"),
        (private, sealed, b"gat"),
        (private, b"\0" * 100, b"tag"),
        (private, sealed[:20], b"tag"),
    ):
        with pytest.raises(EnvelopeBroken):
            open_part(key, data, tag)


@given(st.binary(max_size=200), st.binary(max_size=300))
def test_our_mac_is_the_standard_library_s(key: bytes, message: bytes) -> None:
    assert mac(key, message) == hmac.digest(key, message, "sha256")
    assert expander(key)(message) == expand(key, message)


PARTS = {"vault": b"who consented", "answers": b"what was said"}


def sealed_together(tag: bytes = b"tag") -> tuple[dict[str, bytes], dict[str, bytes]]:
    """The private keys and the sealed parts of one submission, by part."""
    pairs = {name: key_pair() for name in PARTS}
    sealed = seal_to_each([(pairs[name][1], text) for name, text in PARTS.items()], tag)
    return {n: private for n, (private, _) in pairs.items()}, dict(zip(PARTS, sealed, strict=True))


def test_of_parts_sealed_together_each_opens_with_its_own_key_alone() -> None:
    private, sealed = sealed_together()
    for part, text in PARTS.items():
        assert open_part(private[part], sealed[part], b"tag") == text
        other = next(name for name in PARTS if name != part)
        with pytest.raises(EnvelopeBroken):
            open_part(private[other], sealed[part], b"tag")


def test_parts_of_one_submission_fit_no_other() -> None:
    private, sealed = sealed_together(b"one")
    vault_key = X25519PrivateKey.from_private_bytes(private["vault"]).public_key()
    again = seal_to(vault_key.public_bytes_raw(), PARTS["vault"], b"two")
    assert again[:32] != sealed["vault"][:32], "an ephemeral key serves one submission"
    for mixed in (again[:32] + sealed["vault"][32:], sealed["vault"][:32] + again[32:]):
        for tag in (b"one", b"two"):
            with pytest.raises(EnvelopeBroken):
                open_part(private["vault"], mixed, tag)


def test_whoever_can_open_one_part_has_not_the_key_of_the_other() -> None:
    """He knows the ephemeral key of both parts and the public key that the other was sealed to."""
    private, sealed = sealed_together()
    ephemeral = sealed["vault"][:32]
    assert ephemeral == sealed["answers"][:32]
    shared = X25519PrivateKey.from_private_bytes(private["vault"]).exchange(
        X25519PublicKey.from_public_bytes(ephemeral)
    )
    answers_key = X25519PrivateKey.from_private_bytes(private["answers"]).public_key()
    guess = extract(ephemeral + answers_key.public_bytes_raw(), shared)
    with pytest.raises(EnvelopeBroken):
        unseal(expand(guess, b"equality-survey/v1/part"), sealed["answers"][32:], b"tag")


def test_a_part_s_key_is_hkdf_of_the_shared_secret_salted_with_both_public_keys() -> None:
    private, public = key_pair()
    sealed = seal_to(public, b"part", b"tag")
    ephemeral = X25519PublicKey.from_public_bytes(sealed[:32])
    shared = X25519PrivateKey.from_private_bytes(private).exchange(ephemeral)
    label = b"equality-survey/v1/part"
    key = HKDF(SHA256(), 32, salt=sealed[:32] + public, info=label).derive(shared)
    assert unseal(key, sealed[32:], b"tag") == b"part"


def test_the_key_of_a_part_is_bound_to_its_recipient_and_to_the_ephemeral_key() -> None:
    """Were the shared secret all there is, equal secrets would mean equal keys."""
    one, two = secrets.token_bytes(32), secrets.token_bytes(32)
    shared = secrets.token_bytes(32)
    keys = {
        _part_key(shared, ephemeral, recipient)
        for ephemeral in (one, two)
        for recipient in (one, two)
    }
    assert len(keys) == 4
