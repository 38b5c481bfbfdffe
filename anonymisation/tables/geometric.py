"""Differential privacy by the two-sided geometric mechanism, sampled exactly in whole numbers.

Each distinct cell gets noise k with probability proportional to exp(-|k| epsilon / sensitivity),
where the sensitivity is the most by which one unit, all its records added or taken away, can
change all distinct cells of the release together. Cells that count the same inner cells share
one draw. No floating point enters the sampler: its comparisons are on whole numbers, so the
probabilities are exactly those of the mechanism and not those of rounded arithmetic (Mironov
2012 shows what the latter gives away). Time still depends on the noise drawn.

What is protected is whether a unit is among the records. That holds only if codes and tables
are chosen without looking at them, and if nothing exact is printed of the same records.

Cost: a few draws per cell; fitting is one bounded least-squares problem over classes.

Source: Ghosh, Roughgarden & Sundararajan 2009 (mechanism); Canonne, Kamath & Steinke 2020,
algorithms 1 and 2 (sampling).
"""

from __future__ import annotations

import hashlib
import hmac
import math
import secrets
from collections import defaultdict
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.optimize import lsq_linear

from anonymisation.errors import BadPolicy, BadTable
from anonymisation.tables.system import Box, CellSystem

Below = Callable[[int], int]
"""A source of randomness: a whole number from 0 to n - 1, each as likely."""


def keyed(secret: bytes) -> Below:
    """A source that gives the same numbers for the same secret, and to nobody without it.

    So the same request is answered byte for byte the same. What differential privacy then
    promises holds against whoever cannot break HMAC-SHA-256, not against anybody at all.
    Source: Mironov, Pandey, Reingold & Vadhan 2009 (computational differential privacy).
    """
    count = 0

    def below(most: int) -> int:
        nonlocal count
        octets = (most.bit_length() + 7) // 8 + 8
        while True:
            count += 1
            stream = hashlib.shake_256(
                hmac.new(secret, count.to_bytes(8, "big"), hashlib.sha256).digest()
            ).digest(octets)
            value = int.from_bytes(stream, "big")
            # What is left over above the last whole multiple would favour the small numbers.
            if value < (256**octets // most) * most:
                return value % most

    return below


def happens(chance: Fraction, below: Below) -> bool:
    """True with exactly this probability, 0 to 1."""
    return below(chance.denominator) < chance.numerator


def happens_exponentially(rate: Fraction, below: Below) -> bool:
    """True with probability exactly exp(-rate), for a rate from 0 on.

    Source: Canonne, Kamath & Steinke 2020, algorithm 1.
    """
    while rate > 1:
        if not happens_exponentially(Fraction(1), below):
            return False
        rate -= 1
    draws = 1
    while happens(rate / draws, below):
        draws += 1
    return draws % 2 == 1


def two_sided_geometric(scale: Fraction, below: Below = secrets.randbelow) -> int:
    """A whole number k drawn with probability exactly proportional to exp(-|k| / scale).

    Source: Canonne, Kamath & Steinke 2020, algorithm 2.
    """
    top, bottom = scale.numerator, scale.denominator
    while True:
        start = below(top)
        if not happens_exponentially(Fraction(start, top), below):
            continue
        whole = 0
        while happens_exponentially(Fraction(1), below):
            whole += 1
        size = (start + top * whole) // bottom
        negative = below(2) == 1
        if not (negative and size == 0):
            return -size if negative else size


def standard_error(scale: Fraction) -> float:
    """The standard deviation of the noise, in people."""
    ratio = math.exp(-1 / float(scale))
    return math.sqrt(2 * ratio) / (1 - ratio)


def sensitivity_of(system: CellSystem, asked: Any, contribution: int = 1) -> int:
    """The most that one unit of `contribution` records can change all asked cells together.

    It depends on the tables and codes alone, never on the records. Where the domain lies in
    several blocks, the most of each table is added up, which is never too little.

    Raises:
        BadPolicy: a unit among the records has more of them than the policy says there can be.
    """
    if _largest_unit(system) > contribution:
        raise BadPolicy(
            "A household has more members than the policy's contribution allows.",
            remedy="Set contribution to the largest household there can be.",
        )
    chosen = np.unique(system.duplicates[np.asarray(asked, bool)])
    if not system.links.shape[0]:
        touched = np.asarray(system.incidence[:, chosen].sum(axis=1))
        return int(touched.max(initial=0)) * contribution
    by_table: dict[int, list[Box]] = defaultdict(list)
    for cell in chosen:
        label = (system.labels or ())[cell]
        by_table[label.table].append(label.box)
    return sum(_most_touched(system, boxes) for boxes in by_table.values()) * contribution


def noisy(system: CellSystem, asked: Any, epsilon: Fraction, sensitivity: int, below: Below) -> Any:
    """Counts with noise, int64 (cells,); cells not asked for keep their count.

    Raises:
        BadTable: no cell is asked for.
    """
    if sensitivity < 1:
        raise BadTable("There is no cell to print.", remedy="Ask for a table.")
    first, out = system.duplicates, system.values.copy()
    scale = Fraction(sensitivity) / epsilon
    drawn: dict[int, int] = {}
    for cell in np.flatnonzero(asked):
        key = int(first[cell])
        if key not in drawn:
            drawn[key] = two_sided_geometric(scale, below)
        out[cell] += drawn[key]
    return out


def fitted(system: CellSystem, asked: Any, numbers: Any) -> Any:
    """The numbers of a table of whole, non-negative counts near the noisy numbers, (cells,).

    Least squares over inner cells, made whole so that every run of neighbours keeps its sum to
    within one person, then summed: the parts add up to their totals. It reads the noisy numbers
    only, so it costs no budget.

    Raises:
        BadPolicy: the tables' variables together span several blocks of the domain.
    """
    if system.links.shape[0]:
        raise BadPolicy(
            "These tables together are too wide to be fitted.",
            remedy="Ask for fewer variables, or set margins to independent.",
        )
    mask = np.asarray(asked, bool)
    cells = np.unique(system.duplicates[mask])
    rows = sp.csr_array(system.incidence[:, cells].T, dtype=float)
    found = lsq_linear(rows, np.asarray(numbers, float)[cells], bounds=(0, np.inf))
    ends = np.rint(np.cumsum(found.x)).astype(np.int64)
    sums = np.asarray(system.incidence.T @ np.diff(ends, prepend=0))
    return np.where(mask, sums, numbers)


def _most_touched(system: CellSystem, boxes: Sequence[Box]) -> int:
    """The most of these cells that one combination of codes is counted in."""
    names = sorted({name for box in boxes for name in box})
    inside = {
        (name, codes): np.isin(system.domain[name], list(codes)).astype(np.int64)
        for box in boxes for name, codes in box.items()
    }  # fmt: skip
    touched = np.zeros([len(system.domain[name]) for name in names], np.int64)
    for box in boxes:
        cell = np.ones((), np.int64)
        for name in names:
            every = np.ones(len(system.domain[name]), np.int64)
            cell = np.multiply.outer(cell, inside[name, box[name]] if name in box else every)
        touched += cell
    return int(touched.max(initial=0))


def _largest_unit(system: CellSystem) -> int:
    """Most records of one insider. Every block of the domain counts each of them once."""
    blocks = max(1, round(int(system.counts.sum()) / max(1, int(system.values.max(initial=0)))))
    if not system.links.shape[0]:
        blocks = 1
    return int(np.asarray(system.members.sum(axis=1)).max(initial=0)) // blocks
