"""What a published file still says: losses, distances of distributions, estimates.

A published range or coarser code stands for its values in equal parts, a mark for all of them:
what an analyst without other knowledge would assume.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from anonymisation.records.check import codes_of, grouped, is_mark, withheld
from anonymisation.records.covering import covers
from anonymisation.records.errors import BadRecords
from anonymisation.records.estimates import Overlap, overlaps
from anonymisation.records.roles import Role, Roles
from anonymisation.records.shares import leaf_shares
from anonymisation.records.values import text

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Subgroup:
    """One code of a grouping column: its records, how many are withheld, its share of
    suppressed cells, and the total variation distance per quasi-identifier within it."""

    records: int
    withheld: int
    suppressed_cells: float
    distances: dict[str, float]


@dataclass(frozen=True)
class Utility:
    """`loss`: mean normalised leaf share, a withheld record counting 1, and `granularity` what
    is left; `discernibility`: mean number of records one cannot be told from, as a share of the
    file; `entropy`: share of the information on single values that is lost; `marginal`: total
    variation and Hellinger distance per quasi-identifier; `pairwise`: total variation distance
    and Cramér's V before and after per pair; `suppressed_cells` per quasi-identifier, withheld
    records included; `subgroups`, `overlaps`: as named."""

    loss: float
    granularity: float
    discernibility: float
    entropy: float
    marginal: dict[str, tuple[float, float]]
    pairwise: dict[tuple[str, str], tuple[float, float, float]]
    suppressed_cells: dict[str, int]
    subgroups: dict[str, Subgroup]
    overlaps: list[Overlap]


def utility(
    frame: pd.DataFrame,
    released: pd.DataFrame,
    roles: Roles,
    *,
    levels: Mapping[str, int] | None = None,
    by: str | None = None,
) -> Utility:
    """What `released` keeps of `frame`, row by row the same records.

    `by`: a column of `frame`; what is lost is then also said for each of its codes, because
    small groups lose most.

    Raises:
        BadRecords: the files differ in length, or there is no column `by`.
    """
    if len(frame) != len(released):
        raise BadRecords("The files differ in length.", remedy="Publish withheld records as marks.")
    if by is not None and by not in frame.columns:
        raise BadRecords(f"There is no column {by!r}.", remedy="Name one of the file.")
    names = list(roles.quasi_identifiers)
    views = {name: _View.of(frame, released, roles, name, levels or {}) for name in names}
    gone = withheld(released, roles)
    weight = np.array([roles.quasi_identifiers[name].weight for name in names])
    shares = np.array([
        leaf_shares(frame[name], released[name], role, (levels or {}).get(name)).mean(where=~gone)
        if not gone.all() else 0.0 for name, role in roles.quasi_identifiers.items()
    ]) * (1 - gone.mean()) + gone.mean()  # fmt: skip
    loss = float(shares @ weight / weight.sum())
    everybody = np.ones(len(frame), dtype=bool)
    return Utility(
        loss,
        1.0 - loss,
        _discernibility(released, names, gone),
        _entropy(list(views.values()), len(frame)),
        {name: _distance(view, everybody) for name, view in views.items()},
        {pair: _pair(views[pair[0]], views[pair[1]]) for pair in combinations(names, 2)},
        {name: int(is_mark(released[name]).sum()) for name in names},
        {} if by is None else _subgroups(frame[by], views, gone, released, names),
        overlaps(frame, released, _estimated(roles), gone),
    )


@dataclass(frozen=True, eq=False)
class _View:
    """A column's true and published values. `spread` (true values, published values): the part
    of a published value that a true one stands for."""

    true: Any
    shown: Any
    spread: Floats

    @classmethod
    def of(
        cls, frame: pd.DataFrame, released: pd.DataFrame, roles: Roles, name: str,
        levels: Mapping[str, int],
    ) -> _View:  # fmt: skip
        link = covers(frame, released, roles, levels, [name])
        table = link.covers[0]
        true = link.true[0][link.true_of_records]
        shown = link.published[0][link.published_of_records]
        spread = table / np.maximum(table.sum(axis=0), 1)
        return cls(true, shown, spread)


def _distance(view: _View, where: Any) -> tuple[float, float]:
    """Total variation and Hellinger distance of the true and the published distribution."""
    before = np.bincount(view.true[where], minlength=view.spread.shape[0]) / max(1, where.sum())
    shown = np.bincount(view.shown[where], minlength=view.spread.shape[1])
    after = view.spread @ shown / max(1, where.sum())
    hellinger = np.sqrt(max(0.0, 1.0 - np.sqrt(before * after).sum()))
    return float(np.abs(before - after).sum() / 2), float(hellinger)


def _pair(one: _View, other: _View) -> tuple[float, float, float]:
    before = _joint(one.true, other.true, one.spread.shape[0], other.spread.shape[0])
    shown = _joint(one.shown, other.shown, one.spread.shape[1], other.spread.shape[1])
    after = one.spread @ shown @ other.spread.T
    return float(np.abs(before - after).sum() / 2), _cramer(before), _cramer(after)


def _joint(one: Any, other: Any, rows: int, columns: int) -> Floats:
    cells = np.bincount(one * columns + other, minlength=rows * columns)
    return np.asarray(cells.reshape(rows, columns) / len(one))


def _cramer(joint: Floats) -> float:
    """Cramér's V, 0 where a column has one value."""
    expected = np.outer(joint.sum(axis=1), joint.sum(axis=0))
    there = expected > 0
    square = ((joint[there] - expected[there]) ** 2 / expected[there]).sum()
    least = min((joint.sum(axis=1) > 0).sum(), (joint.sum(axis=0) > 0).sum()) - 1
    return float(np.sqrt(square / least)) if least > 0 else 0.0


def _discernibility(released: pd.DataFrame, names: Sequence[str], gone: Any) -> float:
    """Source: Bayardo and Agrawal 2005, divided by the square of the file's length."""
    public = np.flatnonzero(~gone)
    records = len(released)
    if not len(public):
        return 1.0
    group, count = grouped(
        [(c[public], size) for c, size in (codes_of(released[n]) for n in names)]
    )
    squares = (np.bincount(group, minlength=count).astype(float) ** 2).sum()
    return float((squares + gone.sum() * records) / records**2)


def _entropy(views: Sequence[_View], records: int) -> float:
    """Non-uniform entropy. Source: Gionis and Tassa 2009, as a share of losing everything."""
    lost = most = 0.0
    for view in views:
        here = np.bincount(view.true, minlength=view.spread.shape[0]).astype(float)
        covered = (view.spread > 0).T @ here
        lost += float(np.log2(covered[view.shown] / here[view.true]).sum())
        most += float(np.log2(records / here[view.true]).sum())
    return lost / most if most else 0.0


def _subgroups(
    column: pd.Series, views: Mapping[str, _View], gone: Any, released: pd.DataFrame,
    names: Sequence[str],
) -> dict[str, Subgroup]:  # fmt: skip
    marks = np.mean([is_mark(released[name]) for name in names], axis=0)
    found = {}
    for value in sorted(column.dropna().unique()):
        where = (column == value).to_numpy(dtype=bool)
        found[text(value)] = Subgroup(
            int(where.sum()),
            int(gone[where].sum()),
            float(marks[where].mean()),
            {name: _distance(view, where)[0] for name, view in views.items()},
        )
    return found


def _estimated(roles: Roles) -> list[str]:
    return [*roles.sensitive, *roles.named(Role.PLAIN)]
