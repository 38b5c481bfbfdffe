"""What is released of a second freeze after 1 to 50 people have left, and whom it isolates.

The domain: that of tests/attacks/tables/test_withdrawals.py: 2,000 made-up respondents, a release
plan of three tables, then five ad hoc tables asked of the second freeze one after another. *Naive*:
the plan is protected again of the second freeze and printed. Somebody is isolated when a
difference of two printed numbers that counts him is between one and the threshold less one.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from anonymisation import Ledger, ReleasedTable, TableSpec, compare_freezes, plan, protect_next
from anonymisation.errors import Refused
from schemas.tables import ProtectedTable
from tests.attacks.tables.test_withdrawals import (
    PLANNED,
    POLICY,
    WITHDRAWALS,
    domain,
    first_release,
    freeze_one,
    isolated,
    without,
)

DRAWS = 20
LATER = (
    TableSpec(["sex"]),
    TableSpec(["age"]),
    TableSpec(["region"]),
    TableSpec(["region", "H1"]),
    TableSpec(["sex", "age"]),
)


def withdrawals(numbers: Sequence[int] = WITHDRAWALS, draws: int = DRAWS) -> Iterator[str]:
    """A line for each number of people who left."""
    frame = freeze_one()
    before, ledger = first_release(frame)
    kept = [table.canonical() for table in before]
    codes = domain(frame)
    yield f"{'left':>4} {'draws':>5}  isolated naively  by ours  tables released (of {len(LATER)})"
    for leavers in numbers:
        start = time.process_time()
        naive = ours = 0
        released: list[int] = []
        for seed in range(draws):
            stay, gone = without(frame, leavers, seed)
            again = list(plan(stay, PLANNED, policy=POLICY, domain=codes).tables)
            naive += isolated(gone, before, again)
            grown, after = ledger, list[ProtectedTable]()
            for spec in LATER:
                try:
                    made = protect_next(
                        stay, [spec], POLICY, ledger=grown, freeze="two", domain=codes
                    )
                except Refused:
                    continue
                after += made.tables
                entry = ReleasedTable(release=str(len(after)), table=made.tables[0], freeze="two")
                grown = grown.with_release(entry)
            ours += isolated(gone, before, after)
            if after and not compare_freezes([before, after], codes).kept:
                raise AssertionError(f"{leavers} left, draw {seed}: the freezes tell of them")
            released.append(len(after))
            if [_table.canonical() for _table in _planned(grown)] != kept:
                raise AssertionError("the plan is not served as it was stored")
        people = leavers * draws
        yield (
            f"{leavers:4} {draws:5}  {naive:6} of {people:<6}  {ours:7}  "
            f"{sum(released) / draws:.1f} ({min(released)} to {max(released)}), some in"
            f" {sum(n > 0 for n in released)} draws; {time.process_time() - start:.0f} CPU s"
        )


def _planned(ledger: Ledger) -> list[ProtectedTable]:
    return [entry.table for entry in ledger.releases if entry.freeze == "one"]


if __name__ == "__main__":
    for said in withdrawals():
        print(said, flush=True)
