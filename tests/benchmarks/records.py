"""Speed of anonymising records, as ratios to a naive baseline and, where given, to peers.

`python -m tests.benchmarks.records [--rounds 5] [--rows 1000000] [--peers PYTHON] [--json]`

Baselines run in the same rounds: one pandas group count over the nine columns, and checks class
by class in plain pandas. `--peers` names an interpreter that has anjana 1.2.3, anonypy 0.2.1 and
pycanon 1.3.5 from PyPI; each runs as a process of its own between ours and reports its own time.
All times are of the CPU, because a clock on the wall would measure a machine's other work; those
of ours include coding and, where it says so, verification.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pandas as pd

from anonymisation import QuasiIdentifier, Roles, Sensitive, anonymise, check
from anonymisation.records.models import KAnonymity
from anonymisation.records.mondrian import cut
from anonymisation.records.optimal import optimum
from anonymisation.records.table import prepare
from tests.kit import adult

ROUNDS = 5
PEERS = Path(__file__).with_name("record_peers.py")
# What a peer's task is compared with, and how many times faster ours is meant to be.
GOALS = {
    "anjana k=5 limit 0": ("optimum k=5 limit 0", 500),
    "anjana k=10 limit 0.05": ("optimum k=10 limit 0.05", 40),
    "anonypy k=10": ("mondrian k=10", 300),
    "pycanon all checks": ("all checks", 500),
}


def tasks() -> dict[str, Callable[[], object]]:
    """What is timed, by name."""
    frame, roles = adult.records(), adult.roles()
    five = frame[list(adult.FIVE)]
    published, seen = _published()
    found: dict[str, Callable[[], object]] = {
        "baseline: one group count": lambda: frame.groupby(
            list(frame.columns), observed=True
        ).size(),
        "baseline: checks class by class": lambda: _class_by_class(published),
    }
    for k, limit in adult.OPTIMA:
        found[f"optimum k={k} limit {limit:g}"] = lambda k=k, limit=limit: optimum(
            prepare(frame, roles, [KAnonymity(k)]), int(limit * len(frame))
        )
    found |= {
        "anonymise k=5 limit 0.05, verified": lambda: anonymise(frame, roles, k=5),
        "mondrian k=10": lambda: cut(prepare(frame, roles, [KAnonymity(10)])),
        "mondrian k=10, published and verified": lambda: anonymise(
            frame, roles, k=10, method="mondrian"
        ),
        "local k=5, five columns, verified": lambda: anonymise(
            five, adult.roles(*adult.FIVE), k=5, method="local", suppression_limit=0.0
        ),
        "all checks": lambda: check(published, seen),
    }
    return found


def _published() -> tuple[pd.DataFrame, Roles]:
    """The optimum at k = 5 and 5 percent as strings, occupation taken as sensitive."""
    result = anonymise(adult.records(), adult.roles(), k=5)
    frame = result.frame[~result.suppressed].astype(str)
    frame["occupation"] = adult.records()["occupation"][~result.suppressed].astype(str)
    keys = {n: QuasiIdentifier(adult.hierarchies()[n]) for n in frame if n != "occupation"}
    return frame, Roles({**keys, "occupation": Sensitive(ordered=True)})


def _class_by_class(frame: pd.DataFrame) -> list[float]:
    """The definitions written down: a loop over the classes."""
    whole = frame["occupation"].value_counts(normalize=True)
    keys = [name for name in frame if name != "occupation"]
    worst = []
    for _, members in frame.groupby(keys):
        share = members["occupation"].value_counts(normalize=True)
        away = share.reindex(whole.index, fill_value=0.0) - whole
        entropy = -(share * np.log(share)).sum()
        worst.append(max(len(members), len(share), entropy, share.max(), away.abs().sum() / 2,
                         away.cumsum().abs().sum()))  # fmt: skip
    return worst


def measure(rounds: int, peers: str | None) -> dict[str, Any]:
    """CPU seconds of every task in every round, every other round backwards."""
    ours = tasks()
    times: dict[str, list[float]] = {name: [] for name in ours}
    for call in ours.values():
        call()
    for number in range(rounds):
        for name in list(ours)[:: 1 if number % 2 == 0 else -1]:
            start = time.process_time()
            ours[name]()
            times[name].append(time.process_time() - start)
        for name in GOALS if peers else ():
            times.setdefault(name, []).append(_peer(str(peers), name))
        print(f"round {number + 1} of {rounds}", file=sys.stderr)
    return {"load_average": os.getloadavg()[0], "seconds": times}


def _peer(python: str, name: str) -> float:
    frame, _ = _published()
    data = {"adult": adult.records().astype(str).to_dict("list"), "checked": frame.to_dict("list"),
            "hierarchies": {n: h.rows for n, h in adult.hierarchies().items()}}  # fmt: skip
    done = subprocess.run(
        [python, str(PEERS), name], input=json.dumps(data), capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    return float(done.stdout.strip().splitlines()[-1])


def resampled(rows: int) -> pd.DataFrame:
    """Adult drawn with replacement, two cells of a hundred drawn anew."""
    chance = np.random.default_rng(20)
    columns = {}
    frame = adult.records().astype("category")
    drawn = chance.integers(0, len(frame), rows)
    for name in frame.columns:
        codes = frame[name].cat.codes.to_numpy()[drawn]
        anew = chance.random(rows) < 0.02
        codes[anew] = chance.integers(0, len(frame[name].cat.categories), int(anew.sum()))
        columns[name] = pd.Categorical.from_codes(codes, dtype=frame[name].dtype)
    return pd.DataFrame(columns)


def scale(task: str, rows: int) -> dict[str, Any]:
    """Seconds and memory of one task on many rows; run in a process of its own."""
    frame, roles = resampled(rows), adult.roles()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    k = 50 if task == "mondrian" else 5
    start, used = time.perf_counter(), time.process_time()
    table = prepare(frame, roles, [KAnonymity(k)])
    prepared = time.perf_counter() - start
    if task == "mondrian":
        cut(table)
    else:
        optimum(table, int(float(task) * rows))
    return {
        "task": task, "rows": rows, "unique_rows": len(table.rows), "prepared": prepared,
        "seconds": time.perf_counter() - start, "cpu": time.process_time() - used,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "data_mb": before / 1024,
    }  # fmt: skip


def scaled(rows: int) -> list[dict[str, Any]]:
    """The search without and with withholding, and Mondrian, each in its own process."""
    found = []
    for task in ("0", "0.05", "mondrian"):
        done = subprocess.run(
            [sys.executable, "-m", "tests.benchmarks.records", "--scale", task,
             "--rows", str(rows)],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        found.append(json.loads(done.stdout))
    return found


def lines(found: dict[str, Any]) -> list[str]:
    """The table that people read."""
    times: dict[str, list[float]] = found["seconds"]
    said = [f"load average {found['load_average']:.1f}", "",
            f"{'':40}{'CPU ms: median':>14}{'least':>10}{'most':>10}"
            f"{'group counts':>14}"]  # fmt: skip
    unit = times["baseline: one group count"]
    for name, seconds in times.items():
        ratio = median([s / u for s, u in zip(seconds, unit, strict=True)])
        said.append(
            f"{name:42}{median(seconds) * 1e3:12.1f}{min(seconds) * 1e3:10.1f}"
            f"{max(seconds) * 1e3:10.1f}{ratio:14.1f}"
        )
    naive = median(
        [a / b for a, b in zip(times["baseline: checks class by class"], times["all checks"],
                               strict=True)]
    )  # fmt: skip
    said += ["", f"checks: {naive:.0f} times as fast as class by class"]
    for peer, (name, goal) in GOALS.items():
        if peer in times:
            ratios = [a / b for a, b in zip(times[peer], times[name], strict=True)]
            word = "met" if median(ratios) >= goal else "missed"
            said.append(
                f"{name} against {peer}: {median(ratios):.0f} times as fast"
                f" ({min(ratios):.0f} to {max(ratios):.0f}), goal {goal} {word}"
            )
    for run in found.get("scale", ()):
        said.append(
            f"{run['rows']:,} rows, {run['task']}: {run['seconds']:.2f} s"
            f" ({run['prepared']:.2f} s coding; CPU {run['cpu']:.2f} s),"
            f" {run['unique_rows']:,} unique rows, {run['peak_mb']:.0f} MB at most"
        )
    return said


def main() -> None:
    """Run, and print a table or a JSON document."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    words.add_argument("--rounds", type=int, default=ROUNDS)
    words.add_argument("--rows", type=int, default=1_000_000, help="0 leaves growth out")
    words.add_argument("--peers", help="an interpreter that has the peers")
    words.add_argument("--scale", help=argparse.SUPPRESS)
    words.add_argument("--json", action="store_true")
    given = words.parse_args()
    if given.scale:
        print(json.dumps(scale(given.scale, given.rows)))
        return
    found = measure(given.rounds, given.peers)
    if given.rows:
        found["scale"] = scaled(given.rows)
    print(json.dumps(found) if given.json else "\n".join(lines(found)))


if __name__ == "__main__":
    main()
