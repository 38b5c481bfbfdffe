"""The tree is the one of RFC 9162: known answers, and every proof of every small tree."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

import pytest

from survey_service.audit_log import merkle

# The inputs and roots of the reference test suite of RFC 6962 (certificate-transparency).
LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
FIRST_OF_EIGHT = [
    "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
    "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
]
SIX_TO_EIGHT = [
    "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
]


class Kept:
    """Complete subtrees in a dictionary, kept as the store keeps them."""

    def __init__(self, leaves: list[bytes]) -> None:
        self.nodes: dict[tuple[int, int], bytes] = {}
        for index, entry in enumerate(leaves):
            leaf = merkle.leaf_hash(entry)
            for level, place, value in merkle.completed_by(index, leaf, self):
                self.nodes[level, place] = value

    def __call__(self, level: int, place: int) -> bytes:
        return self.nodes[level, place]


def plain_root(leaves: list[bytes]) -> bytes:
    """The definition of RFC 9162, 2.1.1, word for word."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0]).digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\x01" + plain_root(leaves[:split]) + plain_root(leaves[split:])).digest()


SMALL = [f"entry {number}".encode() for number in range(64)]


@pytest.mark.parametrize("size", range(9))
def test_roots_are_those_of_the_reference_suite(size: int) -> None:
    assert merkle.root(size, Kept(LEAVES)).hex() == ROOTS[size]


def test_proofs_are_those_of_the_reference_suite() -> None:
    kept = Kept(LEAVES)
    assert [h.hex() for h in merkle.inclusion_proof(0, 8, kept)] == FIRST_OF_EIGHT
    assert [h.hex() for h in merkle.consistency_proof(6, 8, kept)] == SIX_TO_EIGHT


def test_streaming_root_and_stored_root_are_the_definition_for_every_size_to_64() -> None:
    kept, streaming = Kept(SMALL), merkle.StreamingRoot()
    for size in range(65):
        expected = plain_root(SMALL[:size])
        assert merkle.root(size, kept) == expected == streaming.root()
        if size < 64:
            done = streaming.add(merkle.leaf_hash(SMALL[size]))
            assert all(kept(level, place) == value for level, place, value in done)


def spoilt(proof: list[bytes]) -> Iterator[list[bytes]]:
    """The proof with one bit changed in each hash, one too few and one too many."""
    for place, value in enumerate(proof):
        yield [*proof[:place], bytes([value[0] ^ 1]) + value[1:], *proof[place + 1 :]]
    if proof:
        yield proof[:-1]
    yield [*proof, bytes(32)]


def test_every_inclusion_proof_to_64_holds_and_no_spoilt_one_does() -> None:
    kept = Kept(SMALL)
    for size in range(1, 65):
        root = merkle.root(size, kept)
        for index in range(size):
            proof = merkle.inclusion_proof(index, size, kept)
            leaf = merkle.leaf_hash(SMALL[index])
            assert merkle.inclusion_holds(leaf, index, size, proof, root)
            other = merkle.leaf_hash(SMALL[(index + 1) % 64])
            assert not merkle.inclusion_holds(other, index, size, proof, root)
            for bad in spoilt(proof):
                assert not merkle.inclusion_holds(leaf, index, size, bad, root)


def test_no_proof_passes_at_another_place() -> None:
    kept = Kept(SMALL)
    root = merkle.root(33, kept)
    for index in range(33):
        proof = merkle.inclusion_proof(index, 33, kept)
        leaf = merkle.leaf_hash(SMALL[index])
        wrong = [i for i in range(-1, 40) if i != index]
        assert not any(merkle.inclusion_holds(leaf, i, 33, proof, root) for i in wrong)


def test_every_consistency_proof_to_64_holds_and_no_spoilt_one_does() -> None:
    kept = Kept(SMALL)
    roots = [merkle.root(size, kept) for size in range(65)]
    other = [plain_root([b"other", *SMALL[1:size]]) if size else roots[0] for size in range(65)]
    for new in range(65):
        for old in range(new + 1):
            proof = merkle.consistency_proof(old, new, kept)
            assert merkle.consistency_holds(old, new, proof, roots[old], roots[new])
            if old:
                assert not merkle.consistency_holds(old, new, proof, other[old], roots[new])
                assert not merkle.consistency_holds(old, new, proof, roots[old], other[new])
            for bad in spoilt(proof):
                assert not merkle.consistency_holds(old, new, bad, roots[old], roots[new])


def test_a_tree_has_no_proof_of_what_it_does_not_hold() -> None:
    kept = Kept(SMALL)
    with pytest.raises(ValueError, match="no such leaf"):
        merkle.inclusion_proof(64, 64, kept)
    with pytest.raises(ValueError, match="never larger"):
        merkle.consistency_proof(65, 64, kept)
    assert not merkle.consistency_holds(5, 4, [], kept(0, 0), kept(0, 0))


def test_an_inner_node_does_not_pass_for_a_leaf() -> None:
    kept = Kept(SMALL)
    root = merkle.root(2, kept)
    pretended = kept(0, 0) + kept(0, 1)
    assert merkle.leaf_hash(pretended) != root
