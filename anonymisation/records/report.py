"""What a statistician signs: scenario, risk before and after, utility, and how it was made.

One page without any request to elsewhere, and the same as JSON. It tells of records that were
not published and stays with those who may see them, until somebody decides otherwise.
"""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
import math
import platform
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np
import pandas as pd

from anonymisation.records.attack import elimination
from anonymisation.records.candidates import (
    Candidate,
    Progress,
    Setting,
    placed,
    risk_utility_map,
    settings_around,
    with_household,
)
from anonymisation.records.check import Checks, check
from anonymisation.records.page import page
from anonymisation.records.release import Result
from anonymisation.records.risk import Risk, risk
from anonymisation.records.roles import QuasiIdentifier, Roles, Sensitive
from anonymisation.records.utility import utility

PACKAGES = ("numpy", "pandas", "scipy")
SCENARIO = (
    "Somebody knows a person's quasi-identifiers and that the person took part, and looks for the"
    " record; or holds a file with names and quasi-identifiers and links all of it."
)


@dataclass(frozen=True)
class Report:
    """`document`: JSON values; `html`: the page; `key`: with it, whoever holds the input can
    show that its fingerprint is the one in the document."""

    document: dict[str, Any]
    html: str
    key: bytes


def report(
    frame: pd.DataFrame,
    roles: Roles,
    result: Result,
    *,
    scenario: str = SCENARIO,
    candidates: Sequence[Setting] | None = None,
    sampling_fraction: float | None = None,
    by: str | None = None,
    key: bytes | None = None,
    progress: Progress | None = None,
) -> Report:
    """The report of a result made from `frame`.

    `candidates`: settings tried for the risk-utility map; some around the chosen one if not
    given. `by`: a column for whose codes losses are said apart. `key`: for the input's
    fingerprint; drawn if not given. Cost: the candidates are anonymisations of their own.

    Raises:
        BadRecords: frame and roles do not fit each other.
    """
    key = secrets.token_bytes(32) if key is None else key
    asked = result.parameters
    chosen = Setting(asked["method"], asked["k"], asked["suppression_limit"])
    tried = (
        settings_around(chosen.k, chosen.suppression_limit) if candidates is None else [*candidates]
    )
    models = result.models[1:]
    others = [setting for setting in tried if setting != chosen]
    points = [
        placed(chosen, frame, roles, result, sampling_fraction),
        *risk_utility_map(
            frame, roles, others, models, sampling_fraction=sampling_fraction, progress=progress
        ),
    ]
    before = risk(frame, roles, sampling_fraction=sampling_fraction)
    after = risk(with_household(frame, result.frame, roles), roles,
                 sampling_fraction=sampling_fraction)  # fmt: skip
    kept = utility(frame, result.frame, roles, levels=result.levels, by=by)
    document = {
        "scenario": scenario,
        "unit": roles.unit,
        "roles": {name: _role(role) for name, role in roles.columns.items()},
        "parameters": {**asked, "seed": None, "sampling_fraction": sampling_fraction},
        "result": _result(result),
        "risk": {
            "before": {**_risk(before), **_attacked(frame, frame, roles, chosen.k, None),
                       "checks": _checks(check(frame, roles))},
            "after": {**_risk(after), "exposed": result.elimination.exposed,
                      "identified": result.elimination.identified,
                      "disclosed": result.elimination.disclosed,
                      "checks": _checks(result.checks)},
        },
        "utility": {
            **{f.name: getattr(kept, f.name) for f in dataclasses.fields(kept)
               if f.name not in ("pairwise", "subgroups", "overlaps")},
            "pairwise": [[*pair, *figures] for pair, figures in kept.pairwise.items()],
            "subgroups": {n: dataclasses.asdict(group) for n, group in kept.subgroups.items()},
            "overlaps": [dataclasses.asdict(overlap) for overlap in kept.overlaps],
        },
        "candidates": [_candidate(point, chosen) for point in points],
        "versions": _versions(),
        "hashes": {
            "input_hmac_sha256": hmac.new(key, _bytes(frame), hashlib.sha256).hexdigest(),
            "output_sha256": hashlib.sha256(_bytes(result.frame)).hexdigest(),
        },
    }  # fmt: skip
    clean = _plain(document)
    pictured = {"before": before, "after": after, "points": points, "chosen": chosen}
    return Report(clean, page(clean, pictured), key)


def _result(result: Result) -> dict[str, Any]:
    return {
        "levels": result.levels,
        "withheld": int(result.suppressed.sum()),
        "suppressed_cells": result.suppressed_cells,
        "loss": result.loss,
        "lower_bound": result.lower_bound,
        "proven_optimal": result.proven_optimal,
        "nodes_evaluated": result.nodes_evaluated,
    }


def _risk(found: Risk) -> dict[str, Any]:
    special = found.special
    return {
        "expected": found.expected,
        "rate": found.rate,
        "largest": found.largest,
        "sample_uniques": found.sample_uniques,
        "population_uniques": found.population_uniques,
        "sizes": dict(found.sizes),
        "largest_of_households": None
        if found.households is None
        else float(np.max(found.households)),
        "special_uniques": 0 if special is None else special.records,
        "special_by_key": {} if special is None else special.by_key,
    }


def _attacked(
    frame: pd.DataFrame, released: pd.DataFrame, roles: Roles, k: int, levels: Any
) -> dict[str, Any]:
    found = elimination(frame, released, roles, k=k, levels=levels)
    return {
        "exposed": found.exposed,
        "identified": found.identified,
        "disclosed": found.disclosed,
    }


def _checks(found: Checks) -> dict[str, Any]:
    return {
        "k": found.k,
        "classes": found.classes,
        "records": found.records,
        "suppressed": found.suppressed,
        "k_map": found.k_map,
        "answers": {name: dataclasses.asdict(answer) for name, answer in found.answers.items()},
        "subsets": [[list(keys), size] for keys, size in (found.subsets or {}).items()],
    }


def _role(role: Any) -> str:
    if isinstance(role, QuasiIdentifier):
        made = type(role.hierarchy).__name__ if role.hierarchy is not None else "value and *"
        return f"quasi-identifier ({made}, weight {role.weight:g})"
    if isinstance(role, Sensitive):
        return "sensitive, ordered" if role.ordered or role.order else "sensitive"
    return str(role)


def _candidate(point: Candidate, chosen: Setting) -> dict[str, Any]:
    return {
        **dataclasses.asdict(point.setting),
        **{name: getattr(point, name) for name in ("loss", "rate", "largest", "withheld")},
        "chosen": point.setting == chosen,
    }


def _versions() -> dict[str, str]:
    return {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}}


def _bytes(frame: pd.DataFrame) -> bytes:
    return str(frame.to_csv(index=False, lineterminator="\n")).encode()


def _plain(value: Any) -> Any:
    """Values as JSON knows them; what is no finite number becomes null or a word."""
    if isinstance(value, dict):
        return {str(name): _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else "infinite"
    return value
