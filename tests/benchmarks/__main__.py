"""`make bench`: every benchmark, or the one named, each a programme of its own.

make bench                              everything, in about half an hour on a quiet machine
make bench ARGS="front --rounds 9"      one of them, with its own arguments
"""

from __future__ import annotations

import subprocess
import sys

PARTS = {
    "front": "tests.benchmarks.front",
    "tables": "tests.benchmarks.tables",
    "large-table": "tests.benchmarks.tables --large",
    "six-tables": "tests.benchmarks.tables --six",
    "random-systems": "tests.benchmarks.tables --systems 500",
    "certificates": "tests.benchmarks.certificates",
    "withdrawals": "tests.benchmarks.withdrawals",
    "ledger": "tests.benchmarks.ledger_growth",
    "records": "tests.benchmarks.records",
    "settling": "tests.benchmarks.settling",
    "flood": "tests.benchmarks.flood",
    "rights": "tests.benchmarks.rights",
    "questionnaires": "tests.benchmarks.questionnaires",
}


def main(given: list[str]) -> int:
    """Run what is named and return how it ended; everything, if nothing is."""
    if given and given[0] not in PARTS:
        print(f"There is no benchmark {given[0]!r}: {', '.join(PARTS)}.", file=sys.stderr)
        return 2
    chosen = given[:1] or list(PARTS)
    worst = 0
    for part in chosen:
        print(f"== {part}", flush=True)
        ended = subprocess.run(
            [sys.executable, "-m", *PARTS[part].split(), *given[1:]], check=False
        )
        worst = max(worst, ended.returncode)
    return worst


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
