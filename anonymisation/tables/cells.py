"""The cells of tables: their codes, the leaf codes they count, and their incidence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product

import numpy as np
import scipy.sparse as sp

from anonymisation.tables.blocks import Blocks
from anonymisation.tables.spec import Domain
from anonymisation.tables.system import Label, Table

OnTime = Callable[[], None]
"""Called before every cell; raises when the time is up."""


def no_hurry() -> None:
    """There is time."""


def labels_of(
    tables: Sequence[Table], full: Domain, on_time: OnTime = no_hurry
) -> tuple[list[Label], np.ndarray]:
    """Every cell of every table, totals included even where only the others are printed."""
    labels: list[Label] = []
    printed: list[bool] = []
    for place, table in enumerate(tables):
        filters = {v: frozenset(codes) for v, codes in table.spec.where.items()}
        for parts in product(*(axis.parts for axis in table.axes)):
            on_time()
            box: dict[str, frozenset[str]] = dict(filters)
            show = table.printed
            for axis, part in zip(table.axes, parts, strict=True):
                box[axis.variable] = part.leaves
                show = show and (part.level >= 0 or axis.total_printed)
            tight = {v: codes for v, codes in box.items() if len(codes) < len(full[v])}
            codes, levels = tuple(p.code for p in parts), tuple(p.level for p in parts)
            labels.append(Label(place, codes, levels, tight))
            printed.append(show)
    return labels, np.array(printed)


def atoms_of(labels: Sequence[Label], full: Domain) -> dict[str, tuple[frozenset[str], ...]]:
    """The coarsest parts of each variable that every cell is a union of."""
    cuts: dict[str, set[frozenset[str]]] = {name: set() for name in full}
    for label in labels:
        for name, codes in label.box.items():
            cuts[name].add(codes)
    atoms = {}
    for name, listed in full.items():
        ordered = sorted(cuts[name], key=sorted)
        groups: dict[tuple[bool, ...], list[str]] = {}
        for code in listed:
            groups.setdefault(tuple(code in cut for cut in ordered), []).append(code)
        atoms[name] = tuple(frozenset(group) for group in groups.values())
    return atoms


def incidence_of(
    labels: Sequence[Label], blocks: Blocks, on_time: OnTime = no_hurry
) -> sp.csc_array:
    """Which inner cells every cell counts, int64 (inner, cells)."""
    known: dict[tuple[tuple[str, frozenset[str]], ...], np.ndarray] = {}
    indptr, indices = [0], []
    for label in labels:
        on_time()
        key = tuple(sorted(label.box.items(), key=lambda item: item[0]))
        if key not in known:
            known[key] = blocks.rows(label.box)
        indices.append(known[key])
        indptr.append(indptr[-1] + len(known[key]))
    rows = np.concatenate(indices)
    data = np.ones(len(rows), np.int64)
    return sp.csc_array((data, rows, np.array(indptr)), shape=(blocks.size, len(labels)))
