"""How likely people in a file are to be found, record by record and over all.

The intruder of these figures knows the true key and does not know who took part; where the
sample is a large part of the population the two differ little.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import hyp2f1

from anonymisation.records.check import codes_of, grouped, withheld
from anonymisation.records.errors import BadRecords
from anonymisation.records.roles import Role, Roles
from anonymisation.records.special_uniques import SpecialUniques, special_uniques

Floats = npt.NDArray[np.float64]
SIZES = (1, 2, 3, 5, 10, 20, 50)


@dataclass(frozen=True, eq=False)
class Risk:
    """`individual` (records,): probability that a link to the record is right; 0 where it is
    withheld. `expected`: right links expected if everybody is looked up; `rate` is that per
    record. `sample_uniques`: records alone in their class; `population_uniques`: how many of
    those are expected to be alone in the population. `households` (records,): probability that
    somebody of the household is found, None without one. `sizes`: records in classes of at least
    1, 2, 3, 5, 10, 20, 50."""

    individual: Floats
    expected: float
    rate: float
    largest: float
    sample_uniques: int
    population_uniques: float
    households: Floats | None
    sizes: Mapping[int, int]
    special: SpecialUniques | None


def risk(
    frame: pd.DataFrame,
    roles: Roles,
    *,
    sampling_fraction: float | None = None,
    special_size: int = 3,
) -> Risk:
    """The risk of a file, published or not.

    How many people of the population share a class is estimated from the survey weights; without
    a column of weights, from `sampling_fraction`; without that, the file is the population.
    `special_size`: the most keys of a special unique; 0 leaves them out.

    Raises:
        BadRecords: weights are below 1 or missing, or the fraction is not above 0 and at most 1.

    Source: Benedetti and Franconi 1998; Franconi and Polettini 2004 (estimate by weights, and
    households); Elliot, Manning and Ford 2002 (special uniques).
    """
    roles.check_fits(frame, released=True)
    public = np.flatnonzero(~withheld(frame, roles))
    individual = np.zeros(len(frame))
    if not len(public):
        return Risk(individual, 0.0, 0.0, 0.0, 0, 0.0, None, dict.fromkeys(SIZES, 0), None)
    parts = [codes_of(frame[name]) for name in roles.quasi_identifiers]
    group, count = grouped([(codes[public], size) for codes, size in parts])
    frequency = np.bincount(group, minlength=count)
    people = np.bincount(group, _weights(frame, roles, sampling_fraction)[public], minlength=count)
    fraction = np.minimum(frequency / people, 1.0)
    individual[public] = of_class(frequency, fraction)[group]
    alone = frequency == 1
    size_of = frequency[group]
    return Risk(
        individual,
        float(individual.sum()),
        float(individual.sum() / len(frame)),
        float(individual.max()),
        int(alone.sum()),
        float(fraction[alone].sum()),
        _of_households(frame, roles, individual),
        {size: int((size_of >= size).sum()) for size in SIZES},
        special_uniques(frame.iloc[public], roles, special_size) if special_size else None,
    )


def of_class(frequency: Any, fraction: Any) -> Floats:
    """The mean of 1 / F, where F people of the population share a class of f in the sample.

    F - f is negative binomial with f successes of probability `fraction`. By Euler's
    transformation the hypergeometric series converges for every fraction.
    """
    series = hyp2f1(1.0, 1.0, frequency + 1.0, 1.0 - fraction)
    return np.asarray(fraction / frequency * series, dtype=float)


def _weights(frame: pd.DataFrame, roles: Roles, fraction: float | None) -> Floats:
    name = next(iter(roles.named(Role.WEIGHT)), None)
    if name is not None and fraction is None:
        weights = frame[name].to_numpy(dtype=float)
        bad = ~(weights >= 1)
        if bad.any():
            raise BadRecords(
                f"{name!r} is below 1 or empty in {int(bad.sum())} records.",
                remedy="Give weights that say how many people a record stands for.",
            )
        return weights
    if fraction is not None and not 0 < fraction <= 1:
        raise BadRecords(
            f"The sampling fraction is {fraction}.", remedy="Give one above 0 and at most 1."
        )
    return np.full(len(frame), 1.0 / (fraction or 1.0))


def _of_households(frame: pd.DataFrame, roles: Roles, individual: Floats) -> Floats | None:
    if roles.household is None or roles.household not in frame.columns:
        return None
    household, size = codes_of(frame[roles.household])
    with np.errstate(divide="ignore"):
        nobody = np.bincount(household, np.log1p(-np.minimum(individual, 1.0)), minlength=size)
    return np.asarray(1.0 - np.exp(nobody)[household])
