"""Two tables of three variables, asked one after the other, against every joint table there is.

The engine holds the domain in overlapping blocks; here it is enumerated whole.
"""

from __future__ import annotations

from functools import cache
from unittest.mock import patch

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from anonymisation import Ledger, Policy, ReleasedTable, TableSpec, protect, tabulate
from anonymisation.errors import Refused
from anonymisation.tables import pattern
from schemas.tables import ProtectedTable
from tests.properties.brute_force import tables_with_total

NAMES = ("g", "E", "h")
CODES = {"g": ("a", "b"), "E": ("yes", "no"), "h": ("x", "y")}
THRESHOLD = 3
POLICY = Policy(
    threshold=THRESHOLD,
    promise="P3",
    sensitive=("E",),
    breakdowns=("g", "h"),
    group_minimum=0,
    flag_below=0,
    complement=False,
)
JOINT = [(g, e, h) for g in CODES["g"] for e in CODES["E"] for h in CODES["h"]]
Row = tuple[np.ndarray, int | None, int]


def rows_of(table: ProtectedTable) -> list[Row]:
    """Of each printed cell: the joint cells it counts, its number, and what its mark tells."""
    out = []
    for cell in table.cells:
        wanted = dict(zip(table.variables, cell.codes, strict=True))
        out.append((covers(wanted), cell.value, cell.at_least or 0))
    return out


def covers(wanted: dict[str, str]) -> np.ndarray:
    """The joint cells with these codes; `*` stands for any."""
    return np.array(
        [all(wanted.get(v, "*") in ("*", c) for v, c in zip(NAMES, j, strict=True)) for j in JOINT]
    ).astype(int)


@st.composite
def records(draw: st.DrawFn) -> pd.DataFrame:
    rows = draw(st.lists(st.sampled_from(JOINT), min_size=4, max_size=9))
    frame = pd.DataFrame(rows, columns=list(NAMES))
    return frame.astype({v: pd.CategoricalDtype(list(CODES[v])) for v in NAMES})


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=[*HealthCheck])
@given(records(), st.booleans(), st.booleans())
def test_two_tables_together_give_nothing_away(
    frame: pd.DataFrame, filtered: bool, by_parts: bool
) -> None:
    where = {"h": ["x"]} if filtered else {}
    second = TableSpec(["g", "E"], where=where) if filtered else TableSpec(["E", "h"])
    ledger = Ledger()
    rows: list[Row] = []
    for spec in (TableSpec(["g", "E"]), second):
        try:
            with patch.object(pattern, "APART", 0 if by_parts else pattern.APART):
                system = tabulate(frame, [spec], ledger=ledger)
                table = protect(system, POLICY, ledger).tables[0]
        except Refused:
            continue
        ledger = ledger.with_release(ReleasedTable(release=str(len(rows)), table=table))
        some = rows_of(table)
        if table.spec.where:
            some = [(row * covers({"h": "x"}), value, least) for row, value, least in some]
        rows += some
    assume(any(row.all() and value is not None for row, value, _ in rows))
    met = list(frame.astype(str).itertuples(index=False, name=None))
    counts = np.array([met.count(joint) for joint in JOINT])
    possible = every_table(int(counts.sum()))
    for row, value, least in rows:
        sums = possible @ row
        possible = possible[sums == value if value is not None else sums >= least]
    assert_safe(possible, counts, rows)


@cache
def every_table(total: int) -> np.ndarray:
    return tables_with_total(len(JOINT), total)


def assert_safe(possible: np.ndarray, counts: np.ndarray, rows: list[Row]) -> None:
    """P1 and P2 for small counts, nobody and everybody hidden for E, P3 for each insider."""
    for row, value, _ in rows:
        count, sums = int(counts @ row), possible @ row
        if 0 < count < THRESHOLD:
            assert value is None
            assert sums.max() >= THRESHOLD
            assert_unknown_to_insiders(possible, counts, row, rows)
    for answer in CODES["E"]:
        for group in [{}, *({"g": g} for g in CODES["g"])]:
            everybody = covers(group)
            size, those = possible @ everybody, possible @ covers({**group, "E": answer})
            if counts @ everybody:
                assert those.max() >= 1
                assert (those < size).any()


def assert_unknown_to_insiders(
    possible: np.ndarray, counts: np.ndarray, target: np.ndarray, rows: list[Row]
) -> None:
    for me in np.flatnonzero(counts):
        lone = [r for r, value, _ in rows if value is None and counts @ r == 1 and r[me]]
        mine = np.any(lone, axis=0) if lone else np.zeros(len(counts), bool)
        if (target <= mine).all():
            continue
        fits = possible[:, me] >= 1
        for row in lone:
            fits &= possible @ row == 1
        assert len(set((possible @ target)[fits])) >= 2
