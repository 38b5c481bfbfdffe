"""A new table beside answers that hang together with it through groups nobody has printed."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest

from anonymisation import Ledger, Policy, ReleasedTable, TableSpec, audit, protect, tabulate
from anonymisation.tables import pattern
from anonymisation.tables.certificate import certify
from anonymisation.tables.parts import taken_apart
from anonymisation.tables.polytope import Polytope
from anonymisation.tables.protection import Protection
from anonymisation.tables.reduction import reduce_system
from anonymisation.tables.rules import find_targets
from anonymisation.tables.short_moves import ShortMoves
from anonymisation.tables.system import CellSystem
from anonymisation.tables.verification import verify

GROUPS = {"region": "KR", "sex": "fm", "age": "12"}
RULES = Policy(threshold=5, breakdowns=tuple(GROUPS), group_minimum=0, flag_below=0)
NEW = TableSpec(["age", "q2"])


@cache
def people() -> pd.DataFrame:
    """One group of three, so that a cube of eight joint counts is withheld; three answers."""
    chance = np.random.default_rng(3)
    rows = []
    for place, group in enumerate(product(*GROUPS.values())):
        count = 3 if place == 7 else 9 + 2 * place
        answers = [chance.choice(["yes", "no", "refused"], count, p=[0.6, 0.3, 0.1])
                   for _ in range(3)]  # fmt: skip
        rows += [(*group, *own) for own in zip(*answers, strict=True)]
    names = [*GROUPS, "q0", "q1", "q2"]
    codes = {name: list(GROUPS.get(name, ("yes", "no", "refused"))) for name in names}
    return pd.DataFrame(rows, columns=names).astype(
        {name: pd.CategoricalDtype(codes[name]) for name in names}
    )


@cache
def ledger() -> Ledger:
    """The groups, and every answer by each of them but the last by age."""
    asked = [TableSpec(list(GROUPS))]
    asked += [TableSpec([group, f"q{i}"]) for i in range(3) for group in GROUPS][:-1]
    out = Ledger()
    for spec in asked:
        made = protect(tabulate(people(), [spec], ledger=out), RULES, out)
        name = str(len(out.releases))
        out = out.with_release(ReleasedTable(release=name, table=made.tables[0]))
    return out


@cache
def by_parts() -> tuple[CellSystem, Protection]:
    """The new table found part by part, and by nothing else."""
    at_once, sizes = pattern._at_once, []

    def alone(reduced: Any, *more: Any, **named: Any) -> Any:
        sizes.append(len(reduced.truth))
        return at_once(reduced, *more, **named)

    system = tabulate(people(), [NEW], ledger=ledger())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pattern, "APART", 0)
        patch.setattr(pattern, "_at_once", alone)
        made = protect(system, RULES, ledger())
    assert sizes
    assert max(sizes) < len(system.counts) / 2
    return system, made


def test_the_answer_is_the_one_of_the_whole_system() -> None:
    system = tabulate(people(), [NEW], ledger=ledger())
    whole = protect(system, RULES, ledger())
    _, made = by_parts()
    assert made.cost == whole.cost
    assert made.withheld.sum() == whole.withheld.sum()


def test_whoever_believes_no_certificate_finds_every_promise_kept() -> None:
    system, made = by_parts()
    assert audit(system, replace(made, certificate=None), RULES, ledger()).kept


def test_a_count_all_parts_share_is_open_because_all_of_them_follow() -> None:
    """Without the tables in which the others follow, the group of three is proved by nothing."""
    system, made = by_parts()
    targets, certificate = find_targets(system, RULES), made.certificate
    assert certificate is not None
    assert verify(certificate, system, targets, made.facts)
    reduced = reduce_system(system, targets, RULES)
    parts = taken_apart(reduced)
    assert parts is not None
    assert len(parts.parts) == 3
    moves = np.zeros((len(certificate.inside.pool), len(reduced.truth)), np.int64)
    for row, change in zip(moves, certificate.inside.pool, strict=True):
        row[list(change.places)] = change.by
    met = np.array([moves[:, part.classes].any(axis=1) for part in parts.parts]).sum(axis=0)
    assert set(met.tolist()) == {0, 1, 3}
    alone = certify(system, RULES, reduced, moves[met < 3], made.withheld)
    assert not verify(alone, system, targets, made.facts)


def test_what_a_certificate_proves_costs_the_auditor_no_program(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    system, made = by_parts()

    def never(*_: Any, **__: Any) -> Any:
        raise AssertionError("the auditor solved something")

    monkeypatch.setattr(Polytope, "_solve", never)
    monkeypatch.setattr(ShortMoves, "settle", never)
    assert audit(system, made, RULES, ledger()).kept
