"""The optimal search against every node; each model against its definition, record by record."""

from __future__ import annotations

import math
from collections import Counter
from random import Random

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anonymisation import Hierarchy
from anonymisation.records.errors import CannotMeet
from anonymisation.records.models import (
    DistinctDiversity,
    EntropyDiversity,
    KAnonymity,
    MaximumShare,
    Model,
    RecursiveDiversity,
    TCloseness,
)
from anonymisation.records.release import anonymise
from anonymisation.records.roles import QuasiIdentifier, Roles, Sensitive
from tests.properties import records_brute_force as brute

LIMITS = (0.0, 0.1, 0.3, 1.0)


def as_frame(instance: brute.Instance) -> pd.DataFrame:
    frame = pd.DataFrame(instance.rows, columns=[f"q{i}" for i in range(len(instance.weights))])
    return frame.assign(answer=instance.answers)


def as_roles(instance: brute.Instance) -> Roles:
    keys = {
        f"q{i}": QuasiIdentifier(Hierarchy(f"q{i}", lines), weight)
        for i, (lines, weight) in enumerate(
            zip(instance.hierarchies, instance.weights, strict=True)
        )
    }
    return Roles({**keys, "answer": Sensitive(ordered=True)})


def found_loss(
    instance: brute.Instance, k: int, limit: float, models: tuple[Model, ...] = ()
) -> float:
    try:
        result = anonymise(
            as_frame(instance), as_roles(instance), k=k, suppression_limit=limit, models=models
        )
    except CannotMeet:
        return math.inf
    assert result.proven_optimal
    assert result.lower_bound == pytest.approx(result.loss, abs=1e-12)
    assert result.suppressed.sum() <= math.floor(limit * len(instance.rows) + 1e-9)
    return result.loss


@pytest.mark.parametrize("block", range(10))
def test_the_loss_of_random_lattices_is_that_of_the_best_of_all_nodes(block: int) -> None:
    for seed in range(block * 50, block * 50 + 50):
        instance = brute.random_instance(seed)
        k, limit = Random(seed).choice([2, 3, 5]), LIMITS[seed % len(LIMITS)]
        most = math.floor(limit * len(instance.rows) + 1e-9)
        wanted = brute.best(instance, most, lambda members, k=k: len(members) >= k)
        assert found_loss(instance, k, limit) == pytest.approx(wanted, abs=1e-9), seed


def rules(whole: list[str], share: float) -> list[tuple[Model, object]]:
    return [
        (DistinctDiversity("answer", 2), lambda v: len(set(v)) >= 2),
        (EntropyDiversity("answer", 1.6), lambda v: brute.entropy(v) >= math.log(1.6) - 1e-12),
        (RecursiveDiversity("answer", 2.0, 2), lambda v: brute.recursive(v, 2.0, 2)),
        (
            MaximumShare("answer", share),
            lambda v: max(Counter(v).values()) <= share * len(v) + 1e-9,
        ),
        (TCloseness("answer", 0.25), lambda v: brute.moved(v, whole) <= 0.25 + 1e-12),
        (
            TCloseness("answer", 0.2, "ordered"),
            lambda v: brute.moved_in_order(v, whole) <= 0.2 + 1e-12,
        ),
    ]


@pytest.mark.parametrize("number", range(6))
@given(seed=st.integers(0, 10**6), k=st.sampled_from([1, 2, 3]), limit=st.sampled_from(LIMITS))
@settings(max_examples=25, deadline=None, derandomize=True)
def test_each_model_costs_what_its_definition_asks_for(
    number: int, seed: int, k: int, limit: float
) -> None:
    instance = brute.random_instance(seed)
    model, rule = rules(instance.answers, 0.7)[number]
    most = math.floor(limit * len(instance.rows) + 1e-9)
    wanted = brute.best(
        instance,
        most,
        lambda members: len(members) >= k and rule([instance.answers[i] for i in members]),  # type: ignore[operator]
    )
    assert found_loss(instance, k, limit, (model,)) == pytest.approx(wanted, abs=1e-9)


@given(seed=st.integers(0, 10**6), limit=st.sampled_from(LIMITS))
@settings(max_examples=40, deadline=None, derandomize=True)
def test_k_over_some_keys_counts_published_records_only(seed: int, limit: float) -> None:
    instance = brute.random_instance(seed)
    most = math.floor(limit * len(instance.rows) + 1e-9)
    if len(instance.rows) < 6:
        return
    wanted = brute.best(instance, most, lambda members: len(members) >= 2, (0, 1), 6)
    models = (KAnonymity(6, keys=("q0", "q1")),)
    assert found_loss(instance, 2, limit, models) == pytest.approx(wanted, abs=1e-9)


@given(seed=st.integers(0, 10**6))
@settings(max_examples=20, deadline=None, derandomize=True)
def test_the_order_of_records_and_columns_changes_no_loss(seed: int) -> None:
    instance = brute.random_instance(seed)
    frame, roles = as_frame(instance), as_roles(instance)
    shuffled = frame.sample(frac=1, random_state=seed % 1000)[list(reversed(frame.columns))]
    turned = Roles(dict(reversed(roles.columns.items())))
    losses = [
        anonymise(f, r, k=2, suppression_limit=0.3).loss
        for f, r in ((frame, roles), (shuffled, turned))
    ]
    assert losses[0] == pytest.approx(losses[1], abs=1e-12)


@given(seed=st.integers(0, 10**6), k=st.sampled_from([2, 3, 5]),
       method=st.sampled_from(["mondrian", "local"]))  # fmt: skip
@settings(max_examples=60, deadline=None, derandomize=True)
def test_ranges_and_suppressed_cells_leave_k_candidates_to_everybody(
    seed: int, k: int, method: str
) -> None:
    instance = brute.random_instance(seed)
    frame = as_frame(instance)
    result = anonymise(frame, as_roles(instance), k=k, suppression_limit=0.0, method=method)  # type: ignore[arg-type]
    names = [name for name in frame.columns if name != "answer"]
    published = result.frame[names].astype(str).apply(tuple, axis=1).tolist()
    for truth in instance.rows:
        fits = sum(_could_be(row, truth) for row in published)
        assert fits >= k


def _could_be(published: tuple[str, ...], truth: brute.Row) -> bool:
    return all(
        shown == "(suppressed)" or value in shown.split(" | ")
        for shown, value in zip(published, truth, strict=True)
    )
