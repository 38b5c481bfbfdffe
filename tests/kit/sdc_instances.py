"""The instances under tests/data/sdc-tables as systems, policies, answers of a peer and records."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import scipy.sparse as sp

from anonymisation import CellSystem, Hierarchy, Policy, TableSpec

DATA = Path(__file__).parents[1] / "data" / "sdc-tables"
SIX_TABLES = (
    TableSpec(["mun", "sex", "age"]),
    TableSpec(["mun", "edu"]),
    TableSpec(["mun", "emp"]),
    TableSpec(["mun", "disc"]),
    TableSpec(["mun", "sex", "edu", "emp"], levels={"mun": (1,)}),
    TableSpec(["sex", "age", "disc"]),
)
"""The tables that `svy_syn` links, in the order in which somebody might ask for them."""


@cache
def _incidence(name: str) -> sp.csc_array:
    entries = np.loadtxt(DATA / name / "X.csv", delimiter=",", skiprows=1, dtype=int)
    shape = (len(counts(name)), len(np.loadtxt(DATA / name / "y.txt", dtype=int)))
    return sp.csc_array((entries[:, 2], (entries[:, 0], entries[:, 1])), shape=shape)


def counts(name: str) -> np.ndarray:
    """The inner counts."""
    return np.loadtxt(DATA / name / "z.txt", dtype=int)


def threshold(name: str) -> int:
    """The least count the instance prints."""
    return int((DATA / name / "maxN.txt").read_text()) + 1


def instance(name: str, promise: str) -> tuple[CellSystem, Policy]:
    """The system over the listed patterns, and a policy that publishes zeros."""
    policy = Policy(threshold=threshold(name), zeros="published", promise=promise)
    return CellSystem(_incidence(name), counts(name)), policy


def gauss(name: str, file: str = "gauss_pz0.csv") -> np.ndarray:
    """Which cells GaussSuppression 1.2.3 withheld, primary ones included; bool (cells,)."""
    answer = np.loadtxt(DATA / name / file, delimiter=",", skiprows=1, dtype=int)
    return answer[:, -1] > 0


@cache
def survey_records() -> tuple[pd.DataFrame, dict[str, Hierarchy]]:
    """`svy_syn` as groups of records with their number in column `n`, and its geography."""
    cells = pd.read_csv(DATA / "svy_syn" / "cells.csv").drop(columns="freq")
    incidence = sp.csr_array(_incidence("svy_syn"))
    alone = (cells != "Total").sum(axis=1) == 1
    rows = []
    for inner in range(incidence.shape[0]):
        inside = incidence.indices[incidence.indptr[inner] : incidence.indptr[inner + 1]]
        codes: dict[str, str] = {}
        for cell in inside[alone.to_numpy()[inside]]:
            for variable, code in cells.iloc[cell].items():
                if code != "Total":
                    known = "region" if str(code).startswith("R") else str(variable)
                    codes[known] = str(code)
        rows.append(codes)
    frame = pd.DataFrame(rows).assign(n=counts("svy_syn"))
    places = frame[["mun", "region"]].drop_duplicates().sort_values("mun")
    nested = Hierarchy("mun", [(m, r, "*") for m, r in places.itertuples(index=False)])
    return frame.drop(columns="region"), {"mun": nested}
