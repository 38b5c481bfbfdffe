"""Random sequences of tables, each judged with the connected part of the ledger only.

Whatever was left out of the judgement, all tables together are held against every joint table
there is: a seam that is cut where it must not be shows here.
"""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from anonymisation import Ledger, Policy, ReleasedTable, TableSpec, protect, tabulate
from anonymisation.errors import Refused
from anonymisation.tables import pattern
from anonymisation.tables.connected import connected
from schemas.tables import CellMark
from tests.properties.brute_force import tables_with_total

NAMES = ("g", "A", "h", "C")
CODES = dict.fromkeys(NAMES, ("0", "1"))
THRESHOLD = 3
POLICY = Policy(
    threshold=THRESHOLD, promise="P2", zeros="published", breakdowns=("g", "h"),
    group_minimum=0, flag_below=0,
)  # fmt: skip
JOINT = np.array(np.meshgrid(*[[0, 1]] * 4, indexing="ij")).reshape(4, -1).T
SPECS = (
    TableSpec(["g"]),
    TableSpec(["g", "A"]),
    TableSpec(["A", "h"]),
    TableSpec(["h", "C"]),
    TableSpec(["g", "C"]),
    TableSpec(["C"]),
    TableSpec(["A"], where={"g": ["1"]}),
    TableSpec(["g", "h"]),
)


@st.composite
def records(draw: st.DrawFn) -> pd.DataFrame:
    """Few kinds of people, each several times, so that something can be printed at all."""
    kinds = draw(st.lists(st.integers(0, 15), min_size=1, max_size=4, unique=True))
    sizes = [draw(st.integers(1, 5)) for _ in kinds]
    assume(sum(sizes) <= 7)
    rows = [JOINT[k] for k, n in zip(kinds, sizes, strict=True) for _ in range(n)]
    frame = pd.DataFrame(np.array(rows).astype(str), columns=list(NAMES))
    return frame.astype({v: pd.CategoricalDtype(list(CODES[v])) for v in NAMES})


def inside(spec: TableSpec, codes: tuple[str, ...]) -> np.ndarray:
    """The joint cells that a printed cell counts."""
    met = np.ones(len(JOINT), bool)
    for variable, code in zip(spec.variables, codes, strict=True):
        if code != "*":
            met &= JOINT[:, NAMES.index(variable)] == int(code)
    for variable, kept in spec.where.items():
        met &= np.isin(JOINT[:, NAMES.index(variable)].astype(str), kept)
    return met.astype(int)


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[*HealthCheck])
@given(records(), st.permutations(range(len(SPECS))), st.booleans())
def test_no_sequence_of_tables_lets_a_small_count_fall(
    frame: pd.DataFrame, asked: list[int], by_parts: bool
) -> None:
    ledger = Ledger()
    for spec in (SPECS[i] for i in asked[:5]):
        try:
            with patch.object(pattern, "APART", 0 if by_parts else pattern.APART):
                system = tabulate(frame, [spec], ledger=ledger)
                table = protect(system, POLICY, ledger).tables[0]
        except Refused:
            continue
        ledger = ledger.with_release(ReleasedTable(release=str(len(ledger.releases)), table=table))
    cells = [(e.table.spec, c) for e in ledger.releases for c in e.table.cells]
    assume(any(c.value == len(frame) and set(c.codes) == {"*"} and not s.where for s, c in cells))
    possible = tables_with_total(len(JOINT), len(frame)).astype(np.int16)
    joint = frame.astype(int).to_numpy() @ np.array([8, 4, 2, 1])
    truth = np.bincount(joint, minlength=16)
    for spec, cell in cells:
        sums = possible @ inside(spec, cell.codes).astype(np.int16)
        possible = possible[sums == cell.value if cell.value is not None else sums >= 1]
    assert len(possible)
    for spec, cell in cells:
        row = inside(spec, cell.codes)
        if 0 < truth @ row < THRESHOLD:
            assert cell.value is None
            assert (possible @ row).max() >= THRESHOLD


def test_a_table_is_judged_with_what_hangs_together_with_it_and_no_more() -> None:
    rows = [JOINT[k] for k in range(16) for _ in range(4 + k % 3)]
    frame = pd.DataFrame(np.array(rows).astype(str), columns=list(NAMES))
    frame = frame.astype({v: pd.CategoricalDtype(["0", "1"]) for v in NAMES})
    ledger = Ledger()
    for spec in (TableSpec(["g", "A"]), TableSpec(["g", "C"]), TableSpec(["h", "C"])):
        table = protect(tabulate(frame, [spec], ledger=ledger), POLICY, ledger).tables[0]
        ledger = ledger.with_release(ReleasedTable(release=str(len(ledger.releases)), table=table))
    kept = connected([TableSpec(["A"])], ledger, CODES)
    assert {e.table.spec.variables for e in kept.releases} == {("g", "A"), ("g",)}
    across = connected([TableSpec(["g", "h"])], ledger, CODES)
    assert {e.table.spec.variables for e in across.releases} == {("g",), ("g", "C"), ("h", "C")}


def test_an_open_seam_is_not_cut() -> None:
    rows = [JOINT[k] for k in range(16) for _ in range(1 if k < 8 and k % 4 else 5)]
    frame = pd.DataFrame(np.array(rows).astype(str), columns=list(NAMES))
    frame = frame.astype({v: pd.CategoricalDtype(["0", "1"]) for v in NAMES})
    table = protect(tabulate(frame, [TableSpec(["g", "A"])]), POLICY).tables[0]
    hidden = {"value": None, "mark": CellMark.WITHHELD, "at_least": 1}
    cells = [c.model_copy(update=hidden) if c.codes[1] == "*" and c.codes[0] != "*" else c
             for c in table.cells]  # fmt: skip
    dark = ReleasedTable(release="1", table=table.model_copy(update={"cells": tuple(cells)}))
    found = connected([TableSpec(["g", "C"])], Ledger(releases=(dark,)), CODES)
    assert [e.table.spec.variables for e in found.releases] == [("g", "A")]
