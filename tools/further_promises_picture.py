"""The worked examples of P4 and P5 on docs/explanation/what-a-release-promises.md, as a picture.

`python -m tools.further_promises_picture` draws docs/images/further-promises.svg anew. A test
compares it, and the numbers on the page, with what the engine says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pandas as pd

from anonymisation import CellSystem, Ledger, Policy, ReleasedTable, TableSpec, protect, tabulate
from anonymisation.hierarchy import Hierarchy
from anonymisation.tables.attacker import attack
from anonymisation.tables.published import printed_facts
from schemas.tables import ProtectedTable
from tools.promises_picture import ANSWERS, COUNTS, INK, PALE, RED, THRESHOLD, policy
from tools.promises_picture import BLUE as SAFE

PICTURE = Path(__file__).parents[1] / "docs" / "images" / "further-promises.svg"
ILLNESS = {"Kurzeme": (21, 62), "Latgale": (38, 74), "Vidzeme": (0, 42), "Zemgale": (17, 60)}
YES_NO = ("yes", "no")
OTHERS = ("Kurzeme", "Latgale", "Rīga", "Zemgale")
"""Every region but the one whose number the second table would give away."""
WHOLE = TableSpec(["region", "answer"])
LESS_ONE = TableSpec(["answer"], where={"region": OTHERS})
SENSITIVE = Policy(
    threshold=THRESHOLD, breakdowns=("region",), sensitive=("answer",), group_minimum=0,
    flag_below=0,
)  # fmt: skip


@dataclass(frozen=True)
class Proof:
    """What can be proved of one count: in whose words, the least, the greatest, is it harm."""

    name: str
    count: str
    low: int
    high: int
    harm: bool


def system(counts: Mapping[str, tuple[int, ...]], answers: tuple[str, ...], spec: TableSpec,
           ledger: Ledger | None = None) -> CellSystem:  # fmt: skip
    """A table of these counts by region and answer."""
    rows = [(r, a, n) for r in counts for a, n in zip(answers, counts[r], strict=True)]
    frame = pd.DataFrame(rows, columns=["region", "answer", "n"])
    domain = {"region": tuple(counts), "answer": answers}
    return tabulate(frame, [spec], domain=domain, count="n", ledger=ledger)


@cache
def illness(rules: Policy) -> ProtectedTable:
    """The table of P4 under these rules."""
    return protect(system(ILLNESS, YES_NO, WHOLE), rules).tables[0]


@cache
def two_tables(*, with_ledger: bool) -> list[ProtectedTable]:
    """The tables of P5, the second with or without memory of the first."""
    first = protect(system(COUNTS, ANSWERS, WHOLE), policy("P3")).tables[0]
    ledger = Ledger()
    if with_ledger:
        ledger = ledger.with_release(ReleasedTable(release="first", table=first))
    second = protect(system(COUNTS, ANSWERS, LESS_ONE, ledger), policy("P3"), ledger)
    return [first, second.tables[0]]


def proved(tables: list[ProtectedTable], answers: tuple[str, ...], codes: tuple[str, ...],
           regions: tuple[str, ...]) -> tuple[int, int]:  # fmt: skip
    """The least and the greatest count of a cell of the first table, from what is printed."""
    domain = {"region": regions, "answer": answers}
    facts, shown = printed_facts(tables, domain, dict[str, Hierarchy]())
    cell = tables[0].cell(codes)
    if cell.value is not None:
        return cell.value, cell.value
    found = attack(facts, policy("P3"))
    place = next(
        at for at, row in enumerate(found.rows)
        if shown[row][0] == 0 and shown[row][1].codes == codes
    )  # fmt: skip
    return int(found.low[place]), int(found.high[place])


@cache
def proofs() -> tuple[Proof, ...]:
    """P4 without and with the rule for sensitive answers; P5 without and with the ledger."""
    out = []
    for name, rules in (("Noughts printed", policy("P3")),
                        ("P4: neither nobody nor everybody", SENSITIVE)):  # fmt: skip
        low, high = proved([illness(rules)], YES_NO, ("Vidzeme", "yes"), tuple(ILLNESS))
        out.append(Proof(name, "Vidzeme, ill", low, high, high == 0))
    for name, kept in (("Two tables, each safe alone", False), ("P5: judged together", True)):
        tables = two_tables(with_ledger=kept)
        low, high = proved(tables, ANSWERS, ("Vidzeme", "no answer"), tuple(COUNTS))
        out.append(Proof(name, "Vidzeme, no answer", low, high, high < THRESHOLD))
    return tuple(out)


def drawing() -> str:
    """The picture as SVG: a bar from the least to the greatest count that can be proved."""
    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 290" role="img" '
        'font-family="system-ui, sans-serif" font-size="14">',
        "<title>What an attacker can prove of one count, without and with the promises P4 and "
        "P5</title>",
        '<rect width="720" height="290" fill="#fdfcf9"/>',
    ]
    for place, proof in enumerate(proofs()):
        parts += _panel(proof, 34 + 60 * place)
    marks = (
        f'<text x="{_x(count)}" y="272" fill="{PALE}" text-anchor="middle">{count}</text>'
        for count in range(0, 21, 5)
    )
    return "\n".join([*parts, *marks, "</svg>", ""])


def _x(count: int) -> int:
    return 250 + 20 * count


def _panel(proof: Proof, top: int) -> list[str]:
    y = top + 24
    colour = RED if proof.harm else SAFE
    said = f"{proof.low}" if proof.low == proof.high else f"{proof.low} to {proof.high}"
    return [
        f'<text x="16" y="{top}" fill="{INK}" font-weight="600">{proof.name}</text>',
        f'<text x="32" y="{y + 5}" fill="{INK}">{proof.count}</text>',
        f'<rect x="{_x(proof.low) - 6}" y="{y - 7}" width="{_x(proof.high) - _x(proof.low) + 12}" '
        f'height="14" rx="7" fill="{colour}"/>',
        f'<text x="{_x(proof.high) + 14}" y="{y + 5}" fill="{colour}">{said}</text>',
    ]


if __name__ == "__main__":
    PICTURE.write_text(drawing(), encoding="utf-8")
