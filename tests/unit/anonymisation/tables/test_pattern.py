from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp

from anonymisation import CellSystem, Policy, audit, protect
from anonymisation.errors import Refused, Undecided
from anonymisation.tables import pattern
from anonymisation.tables.known import Kind, Known
from anonymisation.tables.nesting import nested
from anonymisation.tables.pattern import find_pattern
from anonymisation.tables.reduction import reduce_system
from anonymisation.tables.rules import Requirement, find_targets
from anonymisation.tables.search import Search
from anonymisation.tables.system import Fate
from anonymisation.tables.verification import verify

DATA = Path(__file__).parents[3] / "data" / "sdc-tables"


def crossed(counts: Any) -> CellSystem:
    """A table of rows and columns with both margins and the total."""
    counts = np.asarray(counts)
    rows, columns = counts.shape
    inner = list(itertools.product(range(rows), range(columns)))
    cells = [[i == j for i in range(len(inner))] for j in range(len(inner))]
    cells += [[r == row for r, _ in inner] for row in range(rows)]
    cells += [[c == column for _, c in inner] for column in range(columns)]
    cells += [[True] * len(inner)]
    return CellSystem(sp.csc_array(np.array(cells, np.int64).T), counts.ravel())


def instance(name: str) -> tuple[CellSystem, int]:
    folder = DATA / name
    entries = np.loadtxt(folder / "X.csv", delimiter=",", skiprows=1, dtype=int)
    counts = np.loadtxt(folder / "z.txt", dtype=int)
    shape = (len(counts), len(np.loadtxt(folder / "y.txt", dtype=int)))
    incidence = sp.csc_array((entries[:, 2], (entries[:, 0], entries[:, 1])), shape=shape)
    return CellSystem(incidence, counts), int((folder / "maxN.txt").read_text()) + 1


def policy(threshold: int, promise: str, **more: Any) -> Policy:
    return Policy(threshold=threshold, zeros="published", promise=promise, **more)


NOBODY_EXEMPT = lambda reduced, hidden: np.zeros(  # noqa: E731
    (reduced.members.shape[0], len(reduced.requirements)), bool
)


@pytest.mark.parametrize(
    ("name", "optimum"), [("mun_acc", 6.898), ("z1", 7.022), ("example1", 18.26)]
)
def test_the_proven_optimum_is_found_and_its_bound_printed(name: str, optimum: float) -> None:
    system, threshold = instance(name)
    protection = protect(system, policy(threshold, "P1"))
    assert protection.cost == pytest.approx(optimum, abs=1e-3)
    assert protection.lower_bound == pytest.approx(protection.cost)
    assert audit(system, protection, policy(threshold, "P1")).kept


def test_a_dear_witness_is_tried_again_and_the_cheapest_try_is_kept() -> None:
    system, threshold = instance("ent_act_size")
    rules = policy(threshold, "P2")
    reduced = reduce_system(system, find_targets(system, rules), rules)
    near = (20, 103)

    def costs(again: tuple[tuple[int, bool], ...]) -> list[float]:
        rows = Search(reduced, NOBODY_EXEMPT).unproven()[:12]
        searches = [Search(reduced, NOBODY_EXEMPT, sizes=near, again=again) for _ in rows]
        for row, search in zip(rows, searches, strict=True):
            assert search.settle(row, near)
            assert row not in search.unproven()
        return [search.pool.cost for search in searches]

    once, again = costs(()), costs(((40, False), (60, True)))
    assert all(second <= first for first, second in zip(once, again, strict=True))
    assert sum(again) < sum(once)


def test_every_requirement_is_proved_by_a_whole_table_of_the_pattern() -> None:
    system, threshold = instance("ent_act_size")
    rules = policy(threshold, "P2")
    reduced = reduce_system(system, find_targets(system, rules), rules)
    search = Search(reduced, NOBODY_EXEMPT)
    search.run()
    tables = search.pool.moves.toarray() + reduced.truth
    assert tables.dtype == np.int64
    assert (tables >= 0).all()
    off = np.asarray(tables @ reduced.cells.T) - reduced.value
    assert not off[:, ~search.withheld].any()
    assert (off + reduced.value >= reduced.low)[:, search.withheld].all()
    reached = np.asarray(tables @ reduced.rows.T).max(axis=0)
    assert (reached >= [need.bound for need in reduced.requirements]).all()


def test_the_same_system_gives_the_same_answer() -> None:
    system, threshold = instance("example1")
    one, two = (protect(system, policy(threshold, "P3")) for _ in range(2))
    assert one.withheld.tobytes() == two.withheld.tobytes()
    assert one.certificate == two.certificate


def test_the_searchs_tables_alone_prove_the_promise_against_every_insider(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pattern, "EXACT_CELLS", -1)
    system, threshold = instance("mun_acc")
    protection = protect(system, policy(threshold, "P3"))
    assert protection.certificate is not None
    assert verify(protection.certificate, system, protection.targets, protection.facts)


def test_no_time_gives_no_answer() -> None:
    system, threshold = instance("d2")
    with pytest.raises(Undecided):
        protect(system, policy(threshold, "P3"), seconds=0.0)


def test_a_weight_keeps_a_cell_in_print() -> None:
    system = crossed([[1, 9, 9], [9, 9, 9], [9, 9, 9]])
    free = protect(system, policy(3, "P1"))
    chosen = np.flatnonzero(free.withheld & ~free.primary)
    weights = np.ones(len(system.values))
    weights[chosen[0]] = 1000.0
    held = protect(system, policy(3, "P1"), weights=weights)
    assert not held.withheld[chosen[0]]
    assert held.cost == pytest.approx(float((held.withheld & ~held.primary).sum()))


def test_the_counting_cost_prefers_small_cells() -> None:
    system = crossed([[1, 5, 50], [5, 5, 50], [50, 50, 50]])
    protection = protect(system, policy(3, "P1", cost="count"))
    assert protection.cost == 15.0
    assert set(system.values[protection.withheld].tolist()) == {1, 5}


def test_what_is_known_beside_the_print_is_withstood() -> None:
    system = crossed([[1, 5, 9], [5, 5, 9], [9, 9, 9]])
    plain = protect(system, policy(3, "P1"))
    row = np.zeros(9, np.int64)
    row[4] = 1
    told = replace(system, known=Known.of(9, [(row, 5, 5, Kind.OUTSIDE)]))
    protection = protect(told, policy(3, "P1"))
    assert plain.withheld[[0, 1, 3, 4]].all()
    assert not protection.withheld[4] or protection.withheld.sum() > plain.withheld.sum()
    assert audit(told, protection, policy(3, "P1")).kept


def test_a_row_can_be_asked_to_fall_as_well_as_to_rise() -> None:
    system = crossed([[4, 9], [9, 9]])
    rules = policy(5, "P2")
    targets = find_targets(system, rules)
    needs = (Requirement(0, bound=6), Requirement(0, at_most=2))
    rows = sp.csr_array(sp.vstack([targets.rows, targets.rows]))
    reduced = reduce_system(system, replace(targets, requirements=needs, rows=rows), rules)
    found = find_pattern(reduced, NOBODY_EXEMPT)
    sums = np.asarray((found.moves.toarray() + reduced.truth) @ reduced.rows.T)
    assert sums[:, 0].max() >= 6
    assert sums[:, 0].min() <= 2


def test_a_table_whose_other_cells_are_out_already_is_refused() -> None:
    system = crossed([[1, 9], [9, 9]])
    fates = np.where(system.values == 1, Fate.OPEN, Fate.PUBLISHED)
    with pytest.raises(Refused):
        protect(replace(system, fates=fates), policy(3, "P1"))


def test_progress_names_the_stages_in_order() -> None:
    stages: list[str] = []
    system, threshold = instance("mun_acc")
    protect(system, policy(threshold, "P3"), progress=lambda stage, done, of: stages.append(stage))
    assert list(dict.fromkeys(stages)) == ["witnesses", "direction", "improving", "proof", "audit"]


def test_cells_are_sums_of_their_parts() -> None:
    system, _ = instance("ent_act_size")
    first = np.unique(system.duplicates)
    cells = sp.csr_array(system.incidence[:, first].T)
    parts, rest = nested(cells)
    assert ((parts @ cells + rest).toarray() == cells.toarray()).all()
    assert parts.nnz + rest.nnz < cells.nnz


def test_a_vast_system_spends_its_work_on_improvement_and_not_on_passes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    system, threshold = instance("d2")
    rules = policy(threshold, "P1")
    reduced = reduce_system(system, find_targets(system, rules), rules)
    monkeypatch.setattr(pattern, "EXACT_CELLS", 0)
    monkeypatch.setattr(pattern, "VAST", 10)
    given: list[int] = []
    monkeypatch.setattr(
        pattern.Improvement, "run", lambda _self, work, *_: (given.append(work), True)[1]
    )
    monkeypatch.setattr(pattern, "_guided", lambda *_: pytest.fail("a pass was guided"))
    find_pattern(reduced, NOBODY_EXEMPT)
    assert given[0] > 2 * pattern.WORK


def test_passes_over_a_large_system_share_cells_that_one_pass_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    system, threshold = instance("ent_linked")
    rules = policy(threshold, "P2")
    reduced = reduce_system(system, find_targets(system, rules), rules)
    monkeypatch.setattr(pattern, "WHOLE", 10)  # no longer a small system
    monkeypatch.setattr(pattern, "EXACT_CELLS", 0)
    monkeypatch.setattr(pattern.Improvement, "run", lambda *_: True)
    found = {}
    for passes in (0, 1):
        monkeypatch.setattr(pattern, "PASSES", passes)
        answer = find_pattern(reduced, NOBODY_EXEMPT)
        tables = answer.moves.toarray() + reduced.truth
        off = np.asarray(tables @ reduced.cells.T) - reduced.value
        assert (tables >= 0).all()
        assert not off[:, ~answer.withheld].any()
        assert (off + reduced.value >= reduced.low).all()
        reached = np.asarray(tables @ reduced.rows.T).max(axis=0)
        assert (reached >= [need.bound for need in reduced.requirements]).all()
        found[passes] = reduced.cost[answer.withheld & (reduced.state == 0)].sum()
    assert found[1] < 0.95 * found[0]
