"""The Merkle tree of RFC 9162 (the one of RFC 6962): roots, proofs and their checks.

Nothing here stores anything. A tree of `size` leaves is reached through `node(level, index)`,
the hash of the complete subtree over leaves [index·2^level, (index+1)·2^level); level 0 is the
leaf hashes. Complete subtrees never change, so a store keeps each of them once.

Source: RFC 9162, section 2.1 (Merkle trees, inclusion and consistency proofs).
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Sequence
from hashlib import sha256

Node = Callable[[int, int], bytes]
Completed = tuple[int, int, bytes]
EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of a leaf; the prefix keeps a leaf from passing for a node."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash over two subtrees."""
    return sha256(b"\x01" + left + right).digest()


def completed_by(index: int, leaf: bytes, node: Node) -> list[Completed]:
    """Return every subtree that leaf `index` completes: (level, index, hash), its own first."""
    done = [(0, index, leaf)]
    level, value = 0, leaf
    while index & 1:
        value = node_hash(node(level, index - 1), value)
        level, index = level + 1, index >> 1
        done.append((level, index, value))
    return done


def _split(size: int) -> int:
    """Return the largest power of two smaller than `size` (size > 1)."""
    return 1 << ((size - 1).bit_length() - 1)


def _range_hash(start: int, size: int, node: Node) -> bytes:
    """Return MTH over leaves [start, start+size); `start` is a multiple of the left half."""
    level = size.bit_length() - 1
    if size == 1 << level:
        return node(level, start >> level)
    left = _split(size)
    return node_hash(_range_hash(start, left, node), _range_hash(start + left, size - left, node))


def root(size: int, node: Node) -> bytes:
    """Return the root of the first `size` leaves."""
    return _range_hash(0, size, node) if size else EMPTY_ROOT


def inclusion_proof(index: int, size: int, node: Node) -> list[bytes]:
    """Return PATH(index, D[size]), the sibling of the leaf first.

    Raises:
        ValueError: the tree of that size has no such leaf.
    """
    if not 0 <= index < size:
        raise ValueError("the tree has no such leaf")
    path: list[bytes] = []
    start = 0
    while size > 1:
        left = _split(size)
        if index - start < left:
            path.append(_range_hash(start + left, size - left, node))
            size = left
        else:
            path.append(_range_hash(start, left, node))
            start, size = start + left, size - left
    return path[::-1]


def consistency_proof(old: int, new: int, node: Node) -> list[bytes]:
    """Return PROOF(old, D[new]); empty where old is 0 or equals new.

    Raises:
        ValueError: the old tree is larger than the new one.
    """
    if not 0 <= old <= new:
        raise ValueError("an older tree is never larger than a newer one")
    if old in (0, new):
        return []
    path: list[bytes] = []
    start, size, whole = 0, new, True
    while old - start != size:
        left = _split(size)
        if old - start <= left:
            path.append(_range_hash(start + left, size - left, node))
            size = left
        else:
            path.append(_range_hash(start, left, node))
            start, size, whole = start + left, size - left, False
    if not whole:
        path.append(_range_hash(start, size, node))
    return path[::-1]


def inclusion_holds(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], claimed_root: bytes
) -> bool:
    """True if the proof shows `leaf` at `index` of the tree with that root (2.1.3.2)."""
    if not 0 <= index < size:
        return False
    place, last, value = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if place & 1 or place == last:
            value = node_hash(sibling, value)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            value = node_hash(value, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and hmac.compare_digest(value, claimed_root)


def consistency_holds(
    old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes
) -> bool:
    """True if the proof shows that the new tree only adds to the old one (2.1.4.2)."""
    if not 0 <= old <= new:
        return False
    if old in (0, new):
        expected = new_root if old == new else EMPTY_ROOT
        return not proof and hmac.compare_digest(old_root, expected)
    path = list(proof)
    if old & (old - 1) == 0:
        path.insert(0, old_root)
    roots = _both_roots(old, new, path)
    return roots is not None and all(
        hmac.compare_digest(computed, claimed)
        for computed, claimed in zip(roots, (old_root, new_root), strict=True)
    )


def _both_roots(old: int, new: int, path: list[bytes]) -> tuple[bytes, bytes] | None:
    """Return the roots of both trees that a path leads to, or None if it has another length."""
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    if not path:
        return None
    before = after = path[0]
    for sibling in path[1:]:
        if last == 0:
            return None
        if place & 1 or place == last:
            before, after = node_hash(sibling, before), node_hash(sibling, after)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            after = node_hash(after, sibling)
        place, last = place >> 1, last >> 1
    return (before, after) if last == 0 else None


class StreamingRoot:
    """The root of leaves fed one by one, in memory that grows with the logarithm of the size."""

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[tuple[int, bytes]] = []

    def add(self, leaf: bytes) -> list[Completed]:
        """Take the next leaf hash and return the subtrees it completes."""
        done = [(0, self.size, leaf)]
        level, place, value = 0, self.size, leaf
        while self._peaks and self._peaks[-1][0] == level:
            value = node_hash(self._peaks.pop()[1], value)
            level, place = level + 1, place >> 1
            done.append((level, place, value))
        self._peaks.append((level, value))
        self.size += 1
        return done

    def root(self) -> bytes:
        """Return the root of what was fed so far."""
        if not self._peaks:
            return EMPTY_ROOT
        value = self._peaks[-1][1]
        for _level, peak in reversed(self._peaks[:-1]):
            value = node_hash(peak, value)
        return value
