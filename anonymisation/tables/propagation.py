"""Bounds that follow from adding up facts one at a time: cheap, sound, seldom tight enough alone.

Source: Savelsbergh 1994 (bound tightening in presolve).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp

from anonymisation.tables.facts import NO_BOUND
from anonymisation.tables.universe import Universe

ROUNDS = 4


def quick_bounds(world: Universe, asked: Any) -> tuple[Any, Any]:
    """Bounds on each asked row in every possible table, float (asked,), infinite where open.

    Cost: a few passes over the entries of the facts.
    """
    low, high = np.zeros(world.size), np.full(world.size, np.inf)
    for _ in range(ROUNDS):
        before = high.copy(), low.copy()
        _tighten(world, low, high)
        if (before[0] == high).all() and (before[1] == low).all():
            break
    least, most = _reach(asked, low, high)
    return np.maximum(least, _by_fact(world, asked, world.low, -1)), np.minimum(
        most, _by_fact(world, asked, world.high, 1)
    )


def _reach(rows: Any, low: Any, high: Any) -> tuple[Any, Any]:
    """Least and greatest each row can be when every class keeps to its own bounds."""
    entry = sp.coo_array(rows)
    row, place = entry.coords
    up = entry.data > 0
    least = np.zeros(rows.shape[0])
    most = np.zeros(rows.shape[0])
    np.add.at(least, row, entry.data * np.where(up, low[place], high[place]))
    np.add.at(most, row, entry.data * np.where(up, high[place], low[place]))
    return least, most


def _tighten(world: Universe, low: Any, high: Any) -> None:
    """One pass: each fact less the least of its other classes bounds each of its classes."""
    entry = sp.coo_array(world.rows)
    row, place = entry.coords
    data = entry.data.astype(float)
    part_low = data * np.where(data > 0, low[place], high[place])
    part_high = data * np.where(data > 0, high[place], low[place])
    facts = len(world.low)
    others_low = _others(row, part_low, facts, -np.inf)
    others_high = _others(row, part_high, facts, np.inf)
    top = np.where(world.high >= NO_BOUND, np.inf, world.high.astype(float))[row] - others_low
    bottom = np.where(world.low <= -NO_BOUND, -np.inf, world.low.astype(float))[row] - others_high
    up = data > 0
    upper = np.floor(np.where(up, top, bottom) / data + 1e-9)
    lower = np.ceil(np.where(up, bottom, top) / data - 1e-9)
    np.minimum.at(high, place, upper)
    np.maximum.at(low, place, lower)


def _others(row: Any, part: Any, facts: int, endless: float) -> Any:
    """Per entry the sum of its row's other entries; infinite entries counted apart."""
    wild = np.isinf(part)
    tame = np.where(wild, 0.0, part)
    sums = np.bincount(row, tame, minlength=facts)
    many = np.bincount(row, wild, minlength=facts)
    return np.where(many[row] - wild > 0, endless, sums[row] - tame)


def _by_fact(world: Universe, asked: Any, bound: Any, side: int) -> Any:
    """The bound of a fact that is the very row asked; infinite where there is none."""
    known: dict[tuple[bytes, bytes], float] = {}
    facts = sp.csr_array(world.rows)
    for i in range(facts.shape[0]):
        if abs(int(bound[i])) < NO_BOUND:
            known[_key(facts, i)] = float(bound[i])
    rows = sp.csr_array(asked)
    return np.array([known.get(_key(rows, i), side * np.inf) for i in range(rows.shape[0])], float)


def _key(rows: Any, i: int) -> tuple[bytes, bytes]:
    part = slice(rows.indptr[i], rows.indptr[i + 1])
    return rows.indices[part].tobytes(), rows.data[part].tobytes()
