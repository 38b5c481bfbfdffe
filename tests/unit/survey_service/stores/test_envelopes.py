"""Envelopes open with their key and for their row, and with nothing else."""

from __future__ import annotations

import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey_service.stores.envelopes import (
    key_pair,
    open_part,
    pad,
    seal,
    seal_to,
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
