from __future__ import annotations

from anonymisation import Hierarchy, Policy, TableSpec, nearest, redesign
from anonymisation.tables.redesign import coarser_tables
from tests.unit.anonymisation.frames import groups

AGE = Hierarchy(
    "age", [("1", "young", "*"), ("2", "young", "*"), ("3", "old", "*"), ("4", "old", "*")]
)


def test_coarser_tables_come_least_loss_first() -> None:
    found = list(coarser_tables(TableSpec(["age", "sex"]), {"age": AGE}))
    losses = [loss for loss, _ in found]
    assert losses == sorted(losses)
    assert found[0][1].levels == {"age": (1,)}
    assert TableSpec(["age", "sex"]).normalised() not in [spec for _, spec in found]


def test_offers_the_nearest_table_that_says_something() -> None:
    counts = {(a, s): 2 for a in "1234" for s in "fm"}
    counts[("1", "f")] = counts[("2", "m")] = counts[("3", "f")] = counts[("4", "m")] = 9
    frame = groups(counts, ["age", "sex"])
    records = frame.loc[frame.index.repeat(frame["n"])].drop(columns="n")
    policy = Policy(threshold=5, promise="P3", zeros="published")
    offer = nearest(records, TableSpec(["age", "sex"]), policy=policy, hierarchies={"age": AGE})
    assert offer is not None
    assert offer.spec.levels == {"age": (1,)}
    assert not offer.protection.withheld.any()
    assert offer.loss == 0.25


def test_offers_nothing_where_nothing_can_go() -> None:
    frame = groups({("1", "f"): 1}, ["age", "sex"])
    policy = Policy(threshold=5, promise="P3", zeros="published")
    assert nearest(frame, TableSpec(["age", "sex"]), policy=policy) is None
    assert redesign(frame, TableSpec(["age", "sex"]), policy=policy) == []


def test_every_table_that_no_other_beats_is_offered_and_no_beaten_one() -> None:
    counts = {(a, s): 9 + int(a) for a in "1234" for s in "fm"}
    counts[("1", "f")], counts[("2", "m")], counts[("4", "f")] = 2, 1, 3
    frame = groups(counts, ["age", "sex"])
    records = frame.loc[frame.index.repeat(frame["n"])].drop(columns="n")
    policy = Policy(threshold=5, promise="P3", zeros="published")
    spec = TableSpec(["age", "sex"])
    front = redesign(records, spec, policy=policy, hierarchies={"age": AGE})
    assert len(front) >= 2
    assert [one.loss for one in front] == sorted(one.loss for one in front)
    assert not any(one.beats(other) for one in front for other in front)
    tried = {s.canonical() for _, s in coarser_tables(spec, {"age": AGE}, bare=True)}
    assert {one.spec.canonical() for one in front} <= tried
    again = redesign(records.sample(frac=1, random_state=1), spec, policy=policy,
                     hierarchies={"age": AGE})  # fmt: skip
    assert [(o.spec, o.cells, o.count) for o in again] == [
        (o.spec, o.cells, o.count) for o in front
    ]
    assert all(one.count <= len(records) for one in front)
