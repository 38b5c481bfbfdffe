"""What two freezes tell together, against every pair of tables there is."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from anonymisation import Policy, TableSpec, compare_freezes, protect, tabulate
from anonymisation.errors import Refused
from schemas.tables import ProtectedTable
from tests.properties.brute_force import tables_with_total

CODES = {"g": ("a", "b"), "E": ("y", "n")}
JOINT = list(product(*CODES.values()))
THRESHOLD = 3
POLICY = Policy(threshold=THRESHOLD, promise="P2", zeros="published")
SPECS = (
    TableSpec(["g", "E"]),
    TableSpec(["g"]),
    TableSpec(["E"]),
    TableSpec(["E"], margins="none"),
)
CELLS = [TableSpec(["g", "E"]), TableSpec(["g"]), TableSpec(["E"])]


def covers(names: tuple[str, ...], codes: tuple[str, ...]) -> np.ndarray:
    wanted = dict(zip(names, codes, strict=True))
    return np.array(
        [all(wanted.get(v, "*") in ("*", c) for v, c in zip(CODES, j, strict=True)) for j in JOINT]
    ).astype(int)


def printed(counts: np.ndarray, spec: TableSpec) -> ProtectedTable | None:
    rows = [j for j, n in zip(JOINT, counts, strict=True) for _ in range(n)]
    frame = pd.DataFrame(rows, columns=list(CODES))
    frame = frame.astype({v: pd.CategoricalDtype(list(CODES[v])) for v in CODES})
    try:
        return protect(tabulate(frame, [spec]), POLICY).tables[0]
    except Refused:
        return None


def fits(tables: np.ndarray, table: ProtectedTable) -> np.ndarray:
    out = np.ones(len(tables), bool)
    for cell in table.cells:
        sums = tables @ covers(table.variables, cell.codes)
        out &= sums == cell.value if cell.value is not None else sums >= (cell.at_least or 0)
    return out


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[*HealthCheck])
@given(st.data())
def test_a_count_falls_exactly_where_every_pair_of_tables_says_so(data: st.DataObject) -> None:
    first = np.array(data.draw(st.lists(st.integers(0, 6), min_size=4, max_size=4)))
    gone = np.array([data.draw(st.integers(0, int(n))) for n in first])
    assume(5 <= first.sum() <= 14 and (first - gone).sum() > 0)
    one = printed(first, data.draw(st.sampled_from(SPECS)))
    two = printed(first - gone, data.draw(st.sampled_from(SPECS)))
    assume(one is not None and two is not None)
    most = int(first.sum())
    every = np.vstack([tables_with_total(4, n) for n in range(most + 1)])
    before, after = every[fits(every, one)], every[fits(every, two)]
    pairs = [(b, a) for b in before for a in after if (a <= b).all()]
    assume(0 < len(pairs) <= 60_000)
    # Everybody is bounded here only where a total is printed; without one there is no enumeration.
    assume(any(c.value is not None and set(c.codes) == {"*"} for c in one.cells))
    left = np.array([b - a for b, a in pairs])
    names = {f"{spec.variables}" for spec in (one.spec, two.spec)}
    found = compare_freezes([[one], [two]], CODES)
    assert not found.unsettled
    fallen = {(f.spec.variables, f.codes) for f in found.falls if f.whose == "left"}
    for spec in CELLS:
        if f"{spec.variables}" not in names:
            continue
        for codes in product(*((*CODES[v], "*") for v in spec.variables)):
            sums = left @ covers(spec.variables, codes)
            small = bool(((sums >= 1) & (sums < THRESHOLD)).all())
            row = covers(spec.variables, codes)
            said = any((covers(names_, c) == row).all() for names_, c in fallen)
            assert said == small, (spec.variables, codes)
