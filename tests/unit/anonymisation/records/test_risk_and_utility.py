from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad

from anonymisation import Hierarchy, QuasiIdentifier, Roles, Sensitive, anonymise
from anonymisation.records import SUPPRESSED, risk, utility
from anonymisation.records.errors import BadRecords
from anonymisation.records.risk import of_class
from tests.kit import adult

ROLES = Roles({"q": QuasiIdentifier(), "r": QuasiIdentifier()})


@pytest.mark.parametrize("frequency", [1, 2, 3, 7, 40])
@pytest.mark.parametrize("fraction", [0.02, 0.1, 0.5, 0.9, 0.999])
def test_the_individual_risk_is_the_mean_of_one_over_the_population(
    frequency: int, fraction: float
) -> None:
    """E(1/F) as an integral over the generating function of the negative binomial F."""
    mean = quad(lambda s: (s * fraction / (1 - s * (1 - fraction))) ** frequency / s, 0, 1)[0]
    found = of_class(np.array([frequency]), np.array([fraction]))[0]
    assert found == pytest.approx(mean, rel=1e-6)


def test_without_a_population_the_risk_is_one_over_the_class() -> None:
    frame = pd.DataFrame({"q": list("aab"), "r": list("xxx")})
    found = risk(frame, ROLES)
    assert list(found.individual) == [0.5, 0.5, 1.0]
    assert found.expected == 2.0
    assert (found.sample_uniques, found.population_uniques, found.largest) == (1, 1.0, 1.0)
    assert found.sizes[2] == 2


def test_weights_say_how_many_people_share_a_class() -> None:
    roles = Roles({"q": QuasiIdentifier(), "w": "weight"})
    frame = pd.DataFrame({"q": list("ab"), "w": [10.0, 2.0]})
    found = risk(frame, roles)
    assert found.individual[0] == pytest.approx(0.1 / 0.9 * np.log(10))
    assert found.population_uniques == pytest.approx(0.1 + 0.5)
    fixed = risk(frame, roles, sampling_fraction=0.1)
    assert fixed.individual[0] == pytest.approx(fixed.individual[1])
    with pytest.raises(BadRecords, match="below 1 or empty in 1 records"):
        risk(frame.assign(w=[0.5, 2]), roles)
    with pytest.raises(BadRecords, match="sampling fraction"):
        risk(frame, roles, sampling_fraction=0)


def test_a_household_is_found_when_anybody_of_it_is() -> None:
    roles = Roles({"q": QuasiIdentifier(), "h": "household"})
    frame = pd.DataFrame({"q": list("aabb"), "h": [1, 2, 1, 3]})
    found = risk(frame, roles)
    assert found.households is not None
    assert found.households == pytest.approx([0.75, 0.5, 0.75, 0.5])


def test_withheld_records_carry_no_risk() -> None:
    frame = pd.DataFrame({"q": ["a", SUPPRESSED], "r": ["x", SUPPRESSED]})
    assert list(risk(frame, ROLES).individual) == [1.0, 0.0]


def test_special_uniques_are_the_smallest_sets_of_keys() -> None:
    frame = pd.DataFrame({"q": list("aabb"), "r": list("xyxz")})
    special = risk(frame, ROLES).special
    assert special is not None
    # y and z alone single their records out; the other two need both keys.
    assert list(special.scores) == [1, 1, 1, 1]
    assert special.records == 4
    assert special.by_key == {"q": 0.5, "r": 1.0}
    three = Roles({"q": QuasiIdentifier(), "r": QuasiIdentifier(), "t": QuasiIdentifier()})
    scores = risk(frame.assign(t="k"), three).special
    assert scores is not None
    assert list(scores.scores) == [1, 2, 1, 2]


def test_the_utility_of_a_file_that_was_left_alone_is_whole() -> None:
    frame = pd.DataFrame({"q": list("aabb"), "r": list("xyxy")})
    found = utility(frame, frame, ROLES)
    assert found.loss == 0
    assert found.granularity == 1
    assert found.entropy == 0
    assert all(pair == (0, 0) for pair in found.marginal.values())
    assert found.pairwise["q", "r"][0] == 0


def test_losses_agree_with_those_of_the_release() -> None:
    frame = adult.records().iloc[:4000]
    for method in ("optimal", "mondrian", "local"):
        result = anonymise(frame, adult.roles(), k=5, method=method)  # type: ignore[arg-type]
        found = utility(frame, result.frame, adult.roles(), levels=result.levels)
        assert found.loss == pytest.approx(result.loss, abs=1e-9), method


def test_a_coarser_code_stands_for_its_values_in_equal_parts() -> None:
    tree = Hierarchy("q", [["a", "1", "*"], ["b", "1", "*"], ["c", "2", "*"]])
    roles = Roles({"q": QuasiIdentifier(tree), "r": QuasiIdentifier(), "s": Sensitive()})
    frame = pd.DataFrame({"q": list("aaac"), "r": list("xxxy"), "s": list("uuvv")})
    shown = frame.assign(q=["1", "1", "1", "2"])
    found = utility(frame, shown, roles, levels={"q": 1, "r": 0}, by="r")
    # Of the values that occur, only a lies under 1.
    assert found.marginal["q"][0] == 0
    blurred = frame.assign(q=[SUPPRESSED] * 4)
    found = utility(frame, blurred, roles, by="r")
    assert found.marginal["q"][0] == pytest.approx(0.25)
    assert found.subgroups["y"].distances["q"] == pytest.approx(0.5)
    assert found.subgroups["y"].suppressed_cells == 0.5
    assert found.suppressed_cells == {"q": 4, "r": 0}
    assert found.pairwise["q", "r"][1:] == (1.0, 0.0)


def test_intervals_that_do_not_meet_do_not_overlap() -> None:
    roles = Roles({"q": QuasiIdentifier(), "s": Sensitive(), "n": "plain"})
    frame = pd.DataFrame({"q": ["a"] * 200, "s": ["u", "v"] * 100, "n": np.arange(200.0)})
    same = {o.column: o.overlap for o in utility(frame, frame, roles).overlaps}
    assert same == {"s": 1.0, "n": 1.0}
    away = utility(frame, frame.assign(n=frame["n"] + 500), roles).overlaps
    assert [o.overlap for o in away if o.column == "n"] == [0.0]
    with pytest.raises(BadRecords, match="differ in length"):
        utility(frame, frame.iloc[1:], roles)
    with pytest.raises(BadRecords, match="no column 'z'"):
        utility(frame, frame, roles, by="z")
