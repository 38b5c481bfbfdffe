"""Attacks on a published file: elimination, linkage with an outside file, two releases.

Each sees the published columns, and true keys as somebody may know them.
Source: Sweeney 2002 (linkage); Samarati 2001; Ganta, Kasiviswanathan and Smith 2008
(composition of releases).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from anonymisation.records.check import codes_of, withheld
from anonymisation.records.covering import Link, covers, matches
from anonymisation.records.errors import BadRecords
from anonymisation.records.roles import Roles

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Found:
    """What an attack learns. `candidates` (targets,): published records, or households, each
    target could be; `exposed` targets have fewer than k, `identified` exactly one; `smallest`
    number of candidates; `disclosed`: per sensitive column, targets all of whose candidates hold
    one value."""

    targets: int
    candidates: Counts
    exposed: int
    identified: int
    smallest: int
    disclosed: dict[str, int]


@dataclass(frozen=True, eq=False)
class Attacks:
    """Elimination by true keys; linkage and intersection where their files were given."""

    elimination: Found
    linkage: Found | None = None
    intersection: Found | None = None


def attack(
    frame: pd.DataFrame,
    released: pd.DataFrame,
    roles: Roles,
    *,
    k: int,
    levels: Mapping[str, int] | None = None,
    outside: pd.DataFrame | None = None,
    earlier: pd.DataFrame | None = None,
    earlier_levels: Mapping[str, int] | None = None,
) -> Attacks:
    """What each attack learns of the people in `frame`, whose records `released` publishes row
    by row; withheld records are no candidates and no targets.

    `outside`: a file with true values of some quasi-identifiers, whose people are looked up.
    `earlier`: a release of the same records, row by row, that somebody can lay beside this one.

    Raises:
        BadRecords: the files do not fit each other.
    """
    if len(frame) != len(released):
        raise BadRecords(
            f"{len(released)} published records, but {len(frame)} true ones.",
            remedy="Publish withheld records as marks.",
        )
    levels = levels or {}
    return Attacks(
        elimination(frame, released, roles, k=k, levels=levels),
        None if outside is None else linkage(outside, released, roles, k=k, levels=levels),
        None
        if earlier is None
        else intersection(
            frame, released, earlier, roles, k=k, levels=levels, earlier_levels=earlier_levels
        ),
    )


def elimination(
    frame: pd.DataFrame,
    released: pd.DataFrame,
    roles: Roles,
    *,
    k: int,
    levels: Mapping[str, int] | None = None,
) -> Found:
    """Candidates of everybody published, by the true key: a published row that contradicts it
    is ruled out, also where its other cells are suppressed."""
    public = ~withheld(released, roles)
    link = covers(frame[public], released[public], roles, levels or {})
    return _found(link, released[public], roles, k)


def linkage(
    outside: pd.DataFrame,
    released: pd.DataFrame,
    roles: Roles,
    *,
    k: int,
    levels: Mapping[str, int] | None = None,
) -> Found:
    """Candidates of the people of an outside file, over the quasi-identifiers it has. People who
    match nothing are none of the targets.

    Raises:
        BadRecords: the outside file has no quasi-identifier.
    """
    names = [name for name in roles.quasi_identifiers if name in outside.columns]
    if not names:
        raise BadRecords(
            "The outside file shares no quasi-identifier.", remedy="Name its columns alike."
        )
    public = ~withheld(released, roles)
    link = covers(outside, released[public], roles, levels or {}, names)
    return _found(link, released[public], roles, k, matched_only=True)


def intersection(
    frame: pd.DataFrame,
    released: pd.DataFrame,
    earlier: pd.DataFrame,
    roles: Roles,
    *,
    k: int,
    levels: Mapping[str, int] | None = None,
    earlier_levels: Mapping[str, int] | None = None,
) -> Found:
    """Candidates for somebody who can tell which records of two releases are the same person's.

    Plain columns and order often allow that. Row by row both files hold the same people.

    Raises:
        BadRecords: the files have different numbers of records.
    """
    if len(released) != len(earlier):
        raise BadRecords("Two releases of different length.", remedy="Align them record by record.")
    public = ~(withheld(released, roles) | withheld(earlier, roles))
    now = covers(frame[public], released[public], roles, levels or {})
    before = covers(frame[public], earlier[public], roles, earlier_levels or {})
    both = Link(
        [part[now.true_of_records] for part in (*now.true,)]
        + [part[before.true_of_records] for part in (*before.true,)],
        [part[now.published_of_records] for part in now.published]
        + [part[before.published_of_records] for part in before.published],
        [*now.covers, *before.covers],
        np.arange(int(public.sum())),
        np.arange(int(public.sum())),
    )
    return _found(_condensed(both), released[public], roles, k)


def _found(
    link: Link, released: pd.DataFrame, roles: Roles, k: int, *, matched_only: bool = False
) -> Found:
    rows = len(link.published[0]) if link.published else 0
    keys = len(link.true[0]) if link.true else 0
    weight = _members(link.published_of_records, released, roles, rows)
    answers = {name: _extremes(released[name], link.published_of_records, rows)
               for name in roles.sensitive if name in released.columns}  # fmt: skip
    total = np.zeros(keys, dtype=np.int64)
    low = {name: np.full(keys, np.iinfo(np.int64).max) for name in answers}
    high = {name: np.full(keys, -1) for name in answers}
    for true, shown in matches(link):
        if roles.unit == "household":
            # Households may sit in several classes; the largest class alone is no overcount.
            np.maximum.at(total, true, weight[shown])
        else:
            total += np.bincount(true, weight[shown], minlength=keys).astype(np.int64)
        for name, (least, most) in answers.items():
            np.minimum.at(low[name], true, least[shown])
            np.maximum.at(high[name], true, most[shown])
    candidates = total[link.true_of_records]
    if matched_only:
        candidates = candidates[candidates > 0]
    one = {name: (low[name] == high[name])[link.true_of_records] for name in answers}
    hit = total[link.true_of_records] > 0
    return Found(
        len(candidates),
        candidates,
        int((candidates < k).sum()),
        int((candidates == 1).sum()),
        int(candidates.min()) if len(candidates) else 0,
        {name: int((flags & hit).sum()) for name, flags in one.items()},
    )


def _members(of_records: Any, released: pd.DataFrame, roles: Roles, rows: int) -> Counts:
    if roles.unit == "person":
        return np.bincount(of_records, minlength=rows)
    household = codes_of(released[str(roles.household)])[0]
    pairs = np.unique(np.stack([of_records, household]), axis=1)
    return np.bincount(pairs[0], minlength=rows)


def _extremes(column: pd.Series, of_records: Any, rows: int) -> tuple[Counts, Counts]:
    """The least and the greatest code of a column in each published row."""
    codes = codes_of(column)[0]
    least, most = np.full(rows, np.iinfo(np.int64).max), np.full(rows, -1)
    np.minimum.at(least, of_records, codes)
    np.maximum.at(most, of_records, codes)
    return least, most


def _condensed(link: Link) -> Link:
    """Equal keys and equal rows once each."""
    true, true_of = np.unique(np.stack(link.true), axis=1, return_inverse=True)
    shown, shown_of = np.unique(np.stack(link.published), axis=1, return_inverse=True)
    return Link(list(true), list(shown), link.covers, true_of.ravel(), shown_of.ravel())
