"""Runs one peer on the data it is handed, and prints the seconds it took.

For an interpreter of its own: it imports nothing of this project. See tests/benchmarks/records.py.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import pandas as pd


def anjana(data: dict[str, Any], k: int, percent: float) -> float:
    """k-anonymity by anjana; its limit is in percent."""
    from anjana.anonymity import k_anonymity

    frame = pd.DataFrame(data["adult"])
    levels = {
        name: {i: pd.Series([row[i] for row in rows]).to_numpy() for i in range(len(rows[0]))}
        for name, rows in data["hierarchies"].items()
    }
    start = time.process_time()
    k_anonymity(frame, [], list(frame.columns), k, percent, levels)
    return time.process_time() - start


def anonypy(data: dict[str, Any], k: int) -> float:
    """Mondrian by anonypy, with a sensitive column of one value."""
    from anonypy import Preserver

    frame = pd.DataFrame(data["adult"])
    frame["age"] = frame["age"].astype(int)
    for name in frame.columns.drop("age"):
        frame[name] = frame[name].astype("category")
    names = list(frame.columns)
    frame["one"] = "x"
    start = time.process_time()
    Preserver(frame, names, "one").anonymize_k_anonymity(k)
    return time.process_time() - start


def pycanon(data: dict[str, Any]) -> float:
    """Eight checks by pycanon, one call each, as it offers them."""
    from pycanon import anonymity

    frame = pd.DataFrame(data["checked"])
    keys, answers = [n for n in frame if n != "occupation"], ["occupation"]
    start = time.process_time()
    anonymity.k_anonymity(frame, keys)
    for measure in (
        anonymity.l_diversity,
        anonymity.entropy_l_diversity,
        anonymity.recursive_c_l_diversity,
        anonymity.t_closeness,
        anonymity.basic_beta_likeness,
        anonymity.delta_disclosure,
        anonymity.alpha_k_anonymity,
    ):
        measure(frame, keys, answers)
    return time.process_time() - start


def main() -> None:
    """The task is named on the command line, the data come on standard input."""
    data, task = json.load(sys.stdin), sys.argv[1]
    runs = {
        "anjana k=5 limit 0": lambda: anjana(data, 5, 0),
        "anjana k=10 limit 0.05": lambda: anjana(data, 10, 5),
        "anonypy k=10": lambda: anonypy(data, 10),
        "pycanon all checks": lambda: pycanon(data),
    }
    print(runs[task]())


if __name__ == "__main__":
    main()
