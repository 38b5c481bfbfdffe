"""What other settings would have given: the points of a risk-utility map."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd

from anonymisation.errors import Refused
from anonymisation.records.models import Model
from anonymisation.records.release import Method, Result, anonymise
from anonymisation.records.risk import risk
from anonymisation.records.roles import Roles

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Setting:
    """One way to anonymise."""

    method: Method
    k: int
    suppression_limit: float

    def __str__(self) -> str:
        return f"{self.method}, k = {self.k}, limit {self.suppression_limit:.0%}"


@dataclass(frozen=True)
class Candidate:
    """What a setting gives: loss, expected re-identifications per record, the largest individual
    risk, the share of records withheld; None throughout where it cannot be met."""

    setting: Setting
    loss: float | None = None
    rate: float | None = None
    largest: float | None = None
    withheld: float | None = None


def settings_around(k: int, limit: float) -> list[Setting]:
    """Settings worth a look beside the chosen one: half and twice k, no and some withholding,
    and the other methods."""
    ks, limits = sorted({max(2, k // 2), k, 2 * k}), sorted({0.0, limit, 0.05})
    exact = [Setting("optimal", each, share) for each in ks for share in limits]
    return [*exact, *(Setting("mondrian", each, limit) for each in ks), Setting("local", k, limit)]


def risk_utility_map(
    frame: pd.DataFrame,
    roles: Roles,
    settings: Sequence[Setting],
    models: Sequence[Model] = (),
    *,
    sampling_fraction: float | None = None,
    progress: Progress | None = None,
) -> list[Candidate]:
    """Each setting tried on the same records. Cost: an anonymisation for each."""
    found: list[Candidate] = []
    for setting in settings:
        if progress is not None:
            progress("settings tried", len(found), len(settings))
        try:
            result = anonymise(
                frame, roles, setting.k, setting.suppression_limit, setting.method, models=models
            )
        except Refused:
            found.append(Candidate(setting))
        else:
            found.append(placed(setting, frame, roles, result, sampling_fraction))
    return found


def placed(
    setting: Setting,
    frame: pd.DataFrame,
    roles: Roles,
    result: Result,
    sampling_fraction: float | None = None,
) -> Candidate:
    """Where a result lies on the map."""
    seen = with_household(frame, result.frame, roles)
    found = risk(seen, roles, sampling_fraction=sampling_fraction, special_size=0)
    return Candidate(
        setting, result.loss, found.rate, found.largest, float(result.suppressed.mean())
    )


def with_household(frame: pd.DataFrame, released: pd.DataFrame, roles: Roles) -> pd.DataFrame:
    """The published records beside who lives together, for measures that need it."""
    if roles.household is None:
        return released
    return released.assign(**{roles.household: frame[roles.household]})
