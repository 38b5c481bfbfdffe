"""The worked examples of P4 and P5 say what the engine says."""

from __future__ import annotations

from pathlib import Path

from schemas.tables import ProtectedTable
from tools.further_promises_picture import (
    ILLNESS,
    PICTURE,
    SENSITIVE,
    drawing,
    illness,
    proofs,
    two_tables,
)

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "what-a-release-promises.md"


def test_picture_is_what_the_engine_draws_today() -> None:
    assert PICTURE.read_text(encoding="utf-8") == drawing()


def test_each_promise_takes_back_what_could_be_proved_without_it() -> None:
    printed, kept, apart, together = proofs()
    assert (printed.low, printed.high) == (0, 0)
    assert kept.low == 0 < kept.high
    assert apart.low == apart.high == 1
    assert together.low == 1 < together.high
    text = PAGE.read_text(encoding="utf-8")
    for proof in (kept, together):
        assert f"{proof.low} to {proof.high}" in text


def test_tables_of_the_page_are_those_of_the_example() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert as_printed(illness(SENSITIVE), ["yes", "no", "*"], [*ILLNESS, "*"]) in text
    second = two_tables(with_ledger=True)[1]
    row = " | ".join(said(second, (code,)) for code in ("yes", "no", "no answer", "*"))
    assert f"| all but Vidzeme | {row} |" in text


def as_printed(table: ProtectedTable, columns: list[str], rows: list[str]) -> str:
    lines = []
    for region in rows:
        cells = " | ".join(said(table, (region, answer)) for answer in columns)
        lines.append(f"| {'all' if region == '*' else region} | {cells} |")
    return "\n".join(lines)


def said(table: ProtectedTable, codes: tuple[str, ...]) -> str:
    value = table.cell(codes).value
    return "`c`" if value is None else str(value)
