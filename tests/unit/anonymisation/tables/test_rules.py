from __future__ import annotations

import numpy as np
import pytest

from anonymisation import CellSystem, Policy, TableSpec, protect, tabulate
from anonymisation.errors import BadPolicy, Refused
from anonymisation.tables.protection import Protection
from anonymisation.tables.system import Fate
from schemas.tables import CellMark
from tests.unit.anonymisation.frames import RULES, groups, survey


def protected(counts: dict[tuple[str, ...], int], policy: Policy) -> Protection:
    frame = groups(counts, ["g", "E1"])
    domain = {"g": tuple(dict.fromkeys(frame["g"])), "E1": ("yes", "no")}
    system = tabulate(frame, [TableSpec(["g", "E1"])], domain=domain, count="n")
    return protect(system, policy)


def test_small_counts_are_primary() -> None:
    system = CellSystem(np.hstack([np.eye(4), np.ones((4, 1))]), np.array([0, 4, 5, 60]))
    protection = protect(system, Policy(threshold=5, zeros="published", promise="P1"))
    assert list(protection.primary) == [False, True, False, False, False]


def test_small_groups_are_withheld_whole_and_middling_ones_flagged() -> None:
    counts = {("a", "yes"): 9, ("a", "no"): 10, ("b", "yes"): 20, ("b", "no"): 20}
    counts |= {("c", "yes"): 400, ("c", "no"): 380, ("d", "yes"): 90, ("d", "no"): 98}
    policy = Policy(threshold=5, breakdowns=("g",), promise="P3")
    table = protected(counts, policy).tables[0]
    assert {c.mark for c in table.cells if c.codes[0] == "a"} == {CellMark.WITHHELD}
    shown = [c for c in table.cells if c.codes[0] == "b" and c.value is not None]
    assert {c.mark for c in shown} <= {CellMark.FLAGGED}
    assert table.cell(["*", "*"]).mark in (CellMark.PUBLISHED, CellMark.WITHHELD)


def test_nobody_and_everybody_are_hidden_for_sensitive_answers() -> None:
    counts = {("a", "yes"): 0, ("a", "no"): 60, ("b", "yes"): 30, ("b", "no"): 70}
    counts |= {("c", "yes"): 50, ("c", "no"): 90, ("d", "yes"): 40, ("d", "no"): 40}
    policy = Policy(threshold=5, breakdowns=("g",), sensitive=("E1",), promise="P3")
    protection = protected(counts, policy)
    reasons = {c.codes: c.reasons for c in protection.review(0).cells}
    assert "group_disclosure" in reasons["a", "yes"]
    assert "group_disclosure" in reasons["a", "no"]
    table = protection.tables[0]
    assert table.cell(["a", "yes"]).at_least == 0
    assert table.cell(["a", "no"]).mark is CellMark.WITHHELD


def test_all_but_a_few_is_hidden_where_the_complement_rule_holds() -> None:
    counts = {("a", "yes"): 58, ("a", "no"): 2, ("b", "yes"): 30, ("b", "no"): 70}
    counts |= {("c", "yes"): 50, ("c", "no"): 90}
    policy = Policy(threshold=5, breakdowns=("g",), sensitive=("E1",), promise="P2")
    reasons = {c.codes: c.reasons for c in protected(counts, policy).review(0).cells}
    assert reasons["a", "yes"] == ("complement",)


def test_noughts_of_breakdowns_are_printed() -> None:
    counts = {("a", "yes"): 60, ("a", "no"): 60, ("b", "yes"): 0, ("b", "no"): 0}
    policy = Policy(threshold=5, breakdowns=("g", "E1"))
    table = protected(counts, policy).tables[0]
    assert table.cell(["b", "*"]).value == 0


def test_a_policy_with_variables_needs_labels() -> None:
    system = CellSystem(np.eye(2), np.array([10, 10]))
    with pytest.raises(BadPolicy, match="no labels"):
        protect(system, Policy(sensitive=("E1",)))


def test_a_small_count_printed_before_is_refused_without_naming_it() -> None:
    fates = np.array([Fate.PUBLISHED, Fate.OPEN, Fate.OPEN], np.int8)
    incidence = np.hstack([np.eye(2), np.ones((2, 1))])
    system = CellSystem(incidence, np.array([3, 40]), fates=fates)
    with pytest.raises(Refused) as refusal:
        protect(system, Policy(threshold=5, zeros="published", promise="P2"))
    assert not any(sign.isdigit() for sign in str(refusal.value))


def test_the_default_table_of_a_survey_is_protected_to_p3() -> None:
    system = tabulate(survey(), [TableSpec(["region", "E1"])])
    protection = protect(system, RULES)
    assert protection.promise == "P3"
    assert protection.withheld.any()
    assert not (protection.primary & system.printed & ~protection.withheld).any()


def test_an_answer_that_nobody_gave_does_not_stand_in_the_way() -> None:
    """That nobody in farming is ill says nothing where the printed nought says nobody farms."""
    counts = {("paid", "yes"): 40, ("paid", "no"): 70, ("home", "yes"): 60, ("home", "no"): 90}
    frame = groups(counts, ["D1", "E1"])
    domain = {"D1": ("paid", "home", "farm"), "E1": ("yes", "no")}
    system = tabulate(frame, [TableSpec(["D1", "E1"])], domain=domain, count="n")
    policy = Policy(threshold=10, breakdowns=("B4",), sensitive=("E1",), promise="P3")
    table = protect(system, policy).tables[0]
    assert table.cell(["farm", "*"]).value == 0
    assert {c.mark for c in table.cells if c.codes[0] != "farm"} == {CellMark.PUBLISHED}


def test_an_answer_of_a_few_still_hides_that_none_of_them_gave_the_sensitive_one() -> None:
    counts = {("paid", "yes"): 40, ("paid", "no"): 70, ("home", "yes"): 60, ("home", "no"): 90}
    counts |= {("farm", "no"): 30, ("farm", "yes"): 0}
    frame = groups(counts, ["D1", "E1"])
    domain = {"D1": ("paid", "home", "farm"), "E1": ("yes", "no")}
    system = tabulate(frame, [TableSpec(["D1", "E1"])], domain=domain, count="n")
    policy = Policy(threshold=10, breakdowns=("B4",), sensitive=("E1",), promise="P3")
    reasons = {c.codes: c.reasons for c in protect(system, policy).review(0).cells}
    assert "group_disclosure" in reasons["farm", "yes"]
