"""Proofs from the stored tree, and the full check that recomputes it from the entries."""

from __future__ import annotations

from collections import defaultdict

from schemas.vocabulary import Frozen
from survey_service.audit_log import merkle
from survey_service.audit_log.appending import Appender, stored_node, tree_size
from survey_service.audit_log.checking import Finding, LogCheck, StoredLeaf, Verification
from survey_service.audit_log.note import Checkpoint, NoteRefused, Verifier
from survey_service.audit_log.reading import CHUNK, leaves, nodes_completed, notes, search_reaches
from survey_service.audit_log.references import Details
from survey_service.stores.store import Store
from survey_service.stores.transactions import Tx


class Proof(Frozen):
    """Hashes (hexadecimal) from a leaf to its root (`first` is the leaf) or between two trees.

    `first` is the leaf's place, or the older size; `size` is the size of the checkpoint's tree.
    """

    first: int
    size: int
    hashes: tuple[str, ...]
    checkpoint: str


class Comparison(Frozen):
    """What a saved checkpoint says about the log of today."""

    saved: Checkpoint | None
    verification: Verification
    proof: Proof | None

    @property
    def only_added_to(self) -> bool:
        """True if everything up to the saved checkpoint is as it was."""
        return self.verification.sound and self.proof is not None


def inclusion(tx: Tx, appender: Appender, seq: int) -> Proof:
    """Return the proof that entry `seq` lies under the newest checkpoint, made if need be.

    Raises:
        ValueError: there is no such entry.
    """
    size = tree_size(tx)
    path = merkle.inclusion_proof(seq, size, stored_node(tx))
    note = appender.checkpoint(tx)
    return Proof(first=seq, size=size, hashes=tuple(h.hex() for h in path), checkpoint=note)


def consistency(tx: Tx, appender: Appender, old: int) -> Proof:
    """Return the proof that the log of today only adds to the one of size `old`.

    Raises:
        ValueError: the log was never that large.
    """
    size = tree_size(tx)
    path = merkle.consistency_proof(old, size, stored_node(tx))
    note = appender.checkpoint(tx)
    return Proof(first=old, size=size, hashes=tuple(h.hex() for h in path), checkpoint=note)


def recompute(
    store: Store, verifier: Verifier, details: Details, saved: Checkpoint | None = None
) -> Verification:
    """Return what recomputing everything from the entries finds, in reads of `CHUNK` entries.

    Entries appended meanwhile are left for the next time: what is there never changes.
    """
    size, reach, kept = store.read_now(lambda tx: (tree_size(tx), search_reaches(tx), notes(tx)))
    roots: dict[int, set[str]] = defaultdict(set)
    if saved is not None:
        roots[saved.size].add(saved.root)
    forged: list[int] = []
    for at, note in kept:
        stated = _stated(verifier, note)
        if stated is None or stated.size != at:
            forged.append(at)
        else:
            roots[at].add(stated.root)
    check = LogCheck(roots, details)
    for start in range(0, size, CHUNK):
        check.take(*_chunk(store, start, min(start + CHUNK, size)))
    if reach > size:
        check.find(Finding.SEARCH_CHANGED, size, reach - 1)
    if forged:
        check.find(Finding.CHECKPOINT_NOT_OURS, 0, max(forged[0] - 1, 0))
    return check.result(size)


def _stated(verifier: Verifier, note: str) -> Checkpoint | None:
    try:
        return Checkpoint.parse(verifier.open(note))
    except NoteRefused:
        return None


def _chunk(
    store: Store, start: int, end: int
) -> tuple[list[StoredLeaf], dict[tuple[int, int], bytes]]:
    return store.read_now(lambda tx: (leaves(tx, start, end), nodes_completed(tx, start, end)))


def compare(
    store: Store, appender: Appender, verifier: Verifier, details: Details, note: str
) -> Comparison:
    """Return whether the log was only added to since a checkpoint that was saved elsewhere.

    The root at the saved size is recomputed from the entries; the consistency proof is the short
    evidence of the same for somebody who has no entries.
    """
    try:
        saved = Checkpoint.parse(verifier.open(note))
    except NoteRefused:
        finding = Finding.CHECKPOINT_NOT_OURS
        verdict = Verification(size=0, root="", checkpoints=0, finding=finding)
        return Comparison(saved=None, verification=verdict, proof=None)
    verdict = recompute(store, verifier, details, saved)
    proof = None
    if verdict.sound:
        proof = store.write_now(lambda tx: consistency(tx, appender, saved.size))
    return Comparison(saved=saved, verification=verdict, proof=proof)
