"""Nothing leaves that the independent check and the attack do not find as strong as asked."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd

from anonymisation.records.attack import Found, elimination
from anonymisation.records.check import Checks, check
from anonymisation.records.errors import WeakerThanAsked
from anonymisation.records.models import (
    DistinctDiversity,
    EntropyDiversity,
    KAnonymity,
    KMap,
    MaximumShare,
    Model,
    RecursiveDiversity,
)
from anonymisation.records.roles import Roles

SLACK = 1e-9


def verify(
    frame: pd.DataFrame,
    roles: Roles,
    models: tuple[Model, ...],
    released: pd.DataFrame,
    levels: Mapping[str, int],
) -> tuple[Checks, Found]:
    """What check and attack find, if it is at least what the models ask.

    Raises:
        WeakerThanAsked: it is not.
    """
    seen = released
    if roles.unit == "household":
        seen = released.assign(**{str(roles.household): frame[roles.household]})
    people = next((model for model in models if isinstance(model, KMap)), None)
    subsets = tuple(m.keys for m in models if isinstance(m, KAnonymity) and m.keys)
    checks = check(
        seen, roles, reference=frame, subsets=subsets, levels=levels,
        population=None if people is None else people.population,
        population_count=None if people is None else people.count,
    )  # fmt: skip
    k = max(m.k for m in models if isinstance(m, KAnonymity) and not m.keys)
    found = elimination(frame, seen, roles, k=k, levels=levels)
    if checks.records:
        broken = [repr(model) for model in models if not holds(model, checks)]
        if broken:
            raise WeakerThanAsked(f"The published file does not keep {', '.join(broken)}.")
        if found.exposed:
            raise WeakerThanAsked(
                f"Elimination leaves {found.exposed} people with fewer than {k} candidates."
            )
    return checks, found


def holds(model: Model, checks: Checks) -> bool:
    """Whether what was measured is what the model asks."""
    if isinstance(model, KAnonymity):
        found = (checks.subsets or {})[model.keys] if model.keys else checks.k
        return found >= model.k
    if isinstance(model, KMap):
        return checks.k_map is not None and checks.k_map >= model.k
    answer = checks.answers[model.column]
    if isinstance(model, DistinctDiversity):
        return answer.distinct >= model.l
    if isinstance(model, EntropyDiversity):
        return answer.entropy >= model.l - SLACK
    if isinstance(model, RecursiveDiversity):
        return model.c > answer.recursive.get(model.l, math.inf)
    if isinstance(model, MaximumShare):
        return answer.share <= model.share + SLACK
    far = {"equal": answer.equal, "ordered": answer.ordered, "hierarchical": answer.hierarchical}
    return far[model.distance] <= model.t + SLACK
