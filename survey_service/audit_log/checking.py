"""Recomputing the whole log from its entries, and saying where it first differs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Set
from enum import StrEnum

from pydantic import ValidationError

from schemas.audit import Act, LoggedEntry
from schemas.vocabulary import Frozen
from survey_service.audit_log import merkle
from survey_service.audit_log.appending import search_row
from survey_service.audit_log.entries import canonical
from survey_service.audit_log.models import SearchRow
from survey_service.audit_log.references import Details, commitment


class Finding(StrEnum):
    """What is wrong with the log, or with what was compared to it."""

    GAP = "gap"
    ENTRY_CHANGED = "entry_changed"
    NOT_AN_ENTRY = "not_an_entry"
    TIME_BACKWARDS = "time_backwards"
    TREE_CHANGED = "tree_changed"
    SEARCH_CHANGED = "search_changed"
    DETAIL_CHANGED = "detail_changed"
    DETAIL_MISSING = "detail_missing"
    CHECKPOINT_DIFFERS = "checkpoint_differs"
    CHECKPOINT_NOT_OURS = "checkpoint_not_ours"
    SHORTER_THAN_CHECKPOINT = "shorter_than_checkpoint"


class Verification(Frozen):
    """What a full check found.

    The change lies among the entries from `first_bad` to `last_bad`, counted from 0; they are
    equal where the check can name the very entry.
    """

    size: int
    root: str
    checkpoints: int
    finding: Finding | None = None
    first_bad: int | None = None
    last_bad: int | None = None

    @property
    def sound(self) -> bool:
        """True if nothing was found."""
        return self.finding is None


class StoredLeaf(Frozen):
    """A leaf with what is kept beside it, as read from the store."""

    seq: int
    entry: bytes
    hash: bytes
    search: tuple[str | None, ...]
    nonce: bytes | None
    ciphertext: bytes | None


SEARCHED = tuple(name for name in SearchRow.model_fields if name != "seq")


class LogCheck:
    """Takes the leaves in order and stops at the first thing that does not fit.

    `roots` are the roots (hexadecimal) that checkpoints state, by size: a kept and a saved one
    may state two of them for one size.
    """

    def __init__(self, roots: Mapping[int, Set[str]], details: Details) -> None:
        self._roots = roots
        self._details = details
        self._tree = merkle.StreamingRoot()
        self._time = ""
        self._unopened: list[int] = []
        self._erased: set[str] = set()
        self.checkpoints = 0
        self.finding: Finding | None = None
        self.first_bad: int | None = None
        self.last_bad: int | None = None
        self._good = 0

    @property
    def size(self) -> int:
        """The number of entries taken."""
        return self._tree.size

    def find(self, finding: Finding, first: int, last: int | None = None) -> None:
        """Keep a finding, unless there is an earlier one."""
        if self.finding is None:
            self.finding, self.first_bad = finding, first
            self.last_bad = first if last is None else last

    def take(self, leaves: Iterable[StoredLeaf], nodes: Mapping[tuple[int, int], bytes]) -> None:
        """Check the next leaves and the stored subtrees that they complete."""
        for leaf in leaves:
            if self.finding is not None:
                return
            self._leaf(leaf, nodes)

    def _leaf(self, leaf: StoredLeaf, nodes: Mapping[tuple[int, int], bytes]) -> None:
        seq = self._tree.size
        if leaf.seq != seq:
            return self.find(Finding.GAP, seq)
        computed = merkle.leaf_hash(leaf.entry)
        if computed != leaf.hash:
            return self.find(Finding.ENTRY_CHANGED, seq)
        entry = _read(leaf.entry)
        if entry is None or entry.seq != seq:
            return self.find(Finding.NOT_AN_ENTRY, seq)
        if entry.time < self._time:
            return self.find(Finding.TIME_BACKWARDS, seq)
        self._time = entry.time
        self._beside(leaf, entry)
        for level, place, value in self._tree.add(computed):
            if level and nodes.get((level, place)) != value:
                self.find(Finding.TREE_CHANGED, seq + 1 - (1 << level), seq)
        stated = self._roots.get(seq + 1)
        if stated is not None:
            self.checkpoints += 1
            if stated != {self._tree.root().hex()}:
                return self.find(Finding.CHECKPOINT_DIFFERS, self._good, seq)
            self._good = seq + 1
        return None

    def _beside(self, leaf: StoredLeaf, entry: LoggedEntry) -> None:
        row = search_row(entry)
        if leaf.search != tuple(str(getattr(row, name)) for name in SEARCHED):
            self.find(Finding.SEARCH_CHANGED, leaf.seq)
        if entry.act is Act.DETAIL_ERASED:
            self._erased.add(entry.object.ref)
        if leaf.nonce is None or leaf.ciphertext is None:
            if entry.detail is not None:
                self._unopened.append(leaf.seq)
            return
        text = self._details.open(leaf.seq, leaf.nonce, leaf.ciphertext)
        if text is None or commitment(leaf.nonce, text) != entry.detail:
            self.find(Finding.DETAIL_CHANGED, leaf.seq)

    def result(self, expected_size: int) -> Verification:
        """Return what was found after every leaf was taken."""
        if self._tree.size != expected_size:
            self.find(Finding.GAP, self._tree.size)
        for seq in self._unopened:
            if str(seq) not in self._erased:
                self.find(Finding.DETAIL_MISSING, seq)
        largest = max(self._roots, default=0)
        if largest > expected_size:
            self.find(Finding.SHORTER_THAN_CHECKPOINT, expected_size)
        return Verification(
            size=self._tree.size,
            root=self._tree.root().hex(),
            checkpoints=self.checkpoints,
            finding=self.finding,
            first_bad=self.first_bad,
            last_bad=self.last_bad,
        )


def _read(raw: bytes) -> LoggedEntry | None:
    """Return the entry, or None where the bytes are not exactly one entry's canonical JSON."""
    try:
        entry = LoggedEntry.model_validate_json(raw)
        return entry if canonical(json.loads(raw)) == raw else None
    except (ValidationError, ValueError):
        return None
