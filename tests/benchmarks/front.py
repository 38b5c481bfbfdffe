"""The front: submits, interviews and pages beside bare handlers, in about two minutes."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

import uvloop

from tests.benchmarks.report import Report
from tests.benchmarks.scenarios import WINDOW, Bench, Window

ROUNDS = 7
FEWEST_ROUNDS = 5


def main() -> None:
    """Run, and print a table or a JSON document."""
    arguments = argparse.ArgumentParser(prog="make bench", description=__doc__)
    arguments.add_argument("--rounds", type=int, default=ROUNDS, help="at least 5 (default 7)")
    arguments.add_argument("--json", action="store_true", help="print JSON instead of the table")
    given = arguments.parse_args()
    rounds = max(FEWEST_ROUNDS, given.rounds)
    with tempfile.TemporaryDirectory(prefix="equality-bench-") as folder:
        report = uvloop.run(measure(Path(folder), rounds))
    print(json.dumps(report.document()) if given.json else "\n".join(report.lines()))


async def measure(folder: Path, rounds: int) -> Report:
    """Return what one run over all configurations gives."""
    bench = Bench(folder)
    try:
        await bench.start()
        before = os.getloadavg()[0]
        for name, count in WINDOW.items():
            # Templates, statements and connections are made at first use; nobody counts that.
            await bench.window(name, max(count // 10, 32))
        windows = await interleaved(bench, rounds)
        settled = bench.campaign.waiting()
        return Report(
            windows,
            settle_all=bench.campaign.settle(),
            settle_batches=await bench.campaign.settle_small_batches(),
            settled=settled,
            load=(before, os.getloadavg()[0]),
            questions=bench.full.questions,
            fields=bench.full.fields,
            row_bytes=bench.row_bytes,
        )
    finally:
        bench.stop()


async def interleaved(bench: Bench, rounds: int) -> dict[str, list[Window]]:
    """Measure every configuration once a round, every other round backwards."""
    windows: dict[str, list[Window]] = {name: [] for name in WINDOW}
    for number in range(rounds):
        for name in list(WINDOW)[:: 1 if number % 2 == 0 else -1]:
            windows[name].append(await bench.window(name, WINDOW[name]))
        print(f"round {number + 1} of {rounds}", file=sys.stderr)
    return windows


if __name__ == "__main__":
    main()
