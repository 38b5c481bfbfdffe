from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from anonymisation import Hierarchy, QuasiIdentifier, Roles, Sensitive, anonymise, check
from anonymisation.records import SUPPRESSED, OneOf, Range, attack
from anonymisation.records.attack import elimination, intersection, linkage
from anonymisation.records.errors import BadRecords
from tests.kit import adult

ROLES = Roles({"q": QuasiIdentifier(), "s": Sensitive(ordered=True)})


def file(**classes: str) -> pd.DataFrame:
    """A file with a class for each word, an answer for each of its letters."""
    rows = [(name, letter) for name, word in classes.items() for letter in word]
    return pd.DataFrame(rows, columns=["q", "s"])


def test_the_worst_class_is_reported_by_every_measure() -> None:
    found = check(file(a="xxxxy", b="xyz", c="xxyyzz"), ROLES)
    assert (found.k, found.classes, found.records) == (3, 3, 14)
    answer = found.answers["s"]
    assert answer.distinct == 2
    assert answer.entropy == pytest.approx(math.exp(-0.8 * math.log(0.8) - 0.2 * math.log(0.2)))
    assert answer.share == 0.8
    assert answer.homogeneous == 0
    whole = np.array([7, 4, 3]) / 14
    far = np.array([0.8, 0.2, 0]) - whole
    assert answer.equal == pytest.approx(np.abs(far).sum() / 2)
    assert answer.ordered == pytest.approx(np.abs(np.cumsum(far)).sum() / 2)
    assert math.isnan(answer.hierarchical)
    assert answer.beta == pytest.approx(max(0.8 / 0.5, (1 / 3) / (4 / 14), (1 / 3) / (3 / 14)) - 1)


def test_a_hierarchical_distance_is_that_of_moving_up_and_down_the_tree() -> None:
    tree = Hierarchy("s", [["x", "1", "*"], ["y", "1", "*"], ["z", "2", "*"], ["w", "2", "*"]])
    roles = Roles({"q": QuasiIdentifier(), "s": Sensitive(hierarchy=tree)})
    found = check(file(a="xx", b="zz"), roles)
    # Half of each class moves from one group of the tree to the other, at full cost.
    assert found.answers["s"].hierarchical == pytest.approx(0.5)
    near = check(file(a="xx", b="yy"), roles)
    assert near.answers["s"].hierarchical == pytest.approx(0.25)


def test_withheld_records_are_in_no_class() -> None:
    frame = file(a="xy", b="xy").astype(object)
    frame.loc[4] = [SUPPRESSED, SUPPRESSED]
    found = check(frame, ROLES)
    assert (found.k, found.classes, found.suppressed) == (2, 2, 1)
    stars = check(frame.replace({SUPPRESSED: "*"}), ROLES)
    assert stars.k == 1


def test_closeness_can_refer_to_another_file() -> None:
    found = check(file(a="xy"), ROLES, reference=file(a="xxxy"))
    assert found.answers["s"].equal == pytest.approx(0.25)


def test_households_and_subsets_are_counted() -> None:
    frame = pd.DataFrame({"q": list("aabb"), "r": list("xyxy"), "h": [1, 1, 2, 3]})
    roles = Roles({"q": QuasiIdentifier(), "r": QuasiIdentifier(), "h": "household"},
                  unit="household")  # fmt: skip
    found = check(frame, roles, subsets=(("q",), ("r",)))
    assert found.k == 1
    assert found.subsets == {("q",): 1, ("r",): 2}


def test_a_population_is_counted_under_each_published_class() -> None:
    roles = Roles({"age": QuasiIdentifier(), "sex": QuasiIdentifier()})
    frame = pd.DataFrame({"age": [Range(20, 29), Range(30, 39)], "sex": [SUPPRESSED, "f"]})
    people = pd.DataFrame({"age": [21, 25, 33, 38, 39], "sex": list("fmffm"), "n": [5, 1, 2, 2, 9]})
    assert check(frame, roles, population=people).k_map == 2
    assert check(frame, roles, population=people, population_count="n").k_map == 4


def test_classes_in_parts_give_what_classes_at_once_give(monkeypatch: pytest.MonkeyPatch) -> None:
    from anonymisation.records import distances

    frame = file(**{f"c{i}": "xyz" * (i % 3 + 1) + "x" * (i % 5) for i in range(40)})
    at_once = check(frame, ROLES)
    monkeypatch.setattr(distances, "PART", 7)
    assert check(frame, ROLES) == at_once


def test_ranges_sets_and_marks_cover_what_they_say() -> None:
    truth = pd.DataFrame({"age": [20, 25, 31, 40], "sex": list("fmfm")})
    shown = pd.DataFrame(
        {"age": [Range(20, 31), Range(20, 31), Range(20, 31), 40],
         "sex": [OneOf(("f", "m")), OneOf(("f", "m")), "f", SUPPRESSED]}
    )  # fmt: skip
    roles = Roles({"age": QuasiIdentifier(), "sex": QuasiIdentifier()})
    found = elimination(truth, shown, roles, k=3)
    assert list(found.candidates) == [3, 2, 3, 1]
    assert (found.exposed, found.identified, found.smallest) == (2, 1, 1)


def test_a_code_covers_what_lies_under_it_at_its_level() -> None:
    tree = Hierarchy("q", [["a", "b", "*"], ["c", "b", "*"], ["b", "d", "*"]])
    roles = Roles({"q": QuasiIdentifier(tree)})
    truth = pd.DataFrame({"q": ["a", "c", "b"]})
    shown = pd.DataFrame({"q": ["b", "b", "d"]})
    assert list(elimination(truth, shown, roles, k=1, levels={"q": 1}).candidates) == [2, 2, 1]
    assert list(elimination(truth, shown, roles, k=1).candidates) == [2, 2, 3]
    with pytest.raises(BadRecords, match="publishes 'e'"):
        elimination(truth, shown.replace("d", "e"), roles, k=1)


def test_candidates_of_one_answer_are_a_disclosure() -> None:
    truth = file(a="xx", b="xy")
    found = elimination(truth, truth, ROLES, k=2)
    assert found.disclosed == {"s": 2}
    assert found.exposed == 0


def test_an_outside_file_is_linked_over_what_it_shares() -> None:
    frame = pd.DataFrame({"q": list("aaab"), "r": list("xxyy")})
    roles = Roles({"q": QuasiIdentifier(), "r": QuasiIdentifier()})
    outside = pd.DataFrame({"name": ["n1", "n2", "n3"], "q": ["a", "b", "c"]})
    found = linkage(outside, frame, roles, k=2)
    assert (found.targets, found.exposed, found.identified) == (2, 1, 1)
    with pytest.raises(BadRecords, match="shares no"):
        linkage(outside[["name"]], frame, roles, k=2)


def test_all_attacks_come_in_one_call() -> None:
    frame = file(a="xy", b="xy")
    found = attack(frame, frame, ROLES, k=3, outside=frame[["q"]], earlier=frame)
    assert found.elimination.exposed == 4
    assert found.linkage is not None
    assert found.linkage.exposed == 4
    assert found.intersection is not None
    assert found.intersection.exposed == 4
    with pytest.raises(BadRecords, match="3 published records, but 4 true ones"):
        attack(frame, frame.iloc[:3], ROLES, k=2)


def test_two_releases_of_which_each_is_anonymous_are_not_together() -> None:
    truth = pd.DataFrame({"q": list("aabb"), "r": list("xyxy")})
    roles = Roles({"q": QuasiIdentifier(), "r": QuasiIdentifier()})
    one, two = truth.assign(r="*"), truth.assign(q="*")
    assert check(one, roles).k == check(two, roles).k == 2
    assert intersection(truth, one, two, roles, k=2).identified == 4


def test_the_attack_counts_what_a_direct_comparison_counts() -> None:
    frame = adult.records()[list(adult.FIVE)].iloc[:1500]
    result = anonymise(frame, adult.roles(*adult.FIVE), k=5, method="local")
    found = result.elimination
    for target in range(0, 1500, 100):
        fits = np.ones(len(frame), dtype=bool)
        for name in frame.columns:
            shown, true = result.frame[name], frame[name].iloc[target]
            fits &= np.array([v is SUPPRESSED or v == true for v in shown])
        assert found.candidates[target] == fits.sum()
