"""The figures of docs/explanation/records.md on k alone, recomputed on the demonstration."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from survey_service.demo.population import synthetic_respondents
from survey_service.surveys.core import load

PAGE = Path(__file__).parents[4] / "docs" / "explanation" / "records.md"
TABLES = (
    ("municipality",), ("municipality", "sex"), ("municipality", "sex", "age"),
    ("region", "sex"), ("region", "sex", "age"),
)  # fmt: skip


@cache
def respondents() -> pd.DataFrame:
    """The demonstration's 1,000: where they live, sex, age band, and running water at home."""
    regions = {row.code: row.region for row in load().register}
    rows = []
    for person in synthetic_respondents(1000, 2026):
        said = {name: (fields.get("value") or [""])[0] for name, fields in person.posted.items()}
        water = "water" in person.posted.get("F3", {}).get("value", [])
        age = int(said["B3"]) if said["B3"] else None
        band = "" if age is None else str(sum(age >= start for start in (25, 45, 65)))
        rows.append((said["B1"], regions.get(said["B1"], ""), said["B4"], band, water))
    return pd.DataFrame(rows, columns=["municipality", "region", "sex", "age", "water"])


def row(keys: Sequence[str]) -> str:
    """One line of the page's table."""
    frame = respondents()
    groups = frame.groupby(list(keys))["water"]
    size = groups.transform("size")
    same = groups.transform("nunique") == 1
    cells = groups.size()

    def share(where: pd.Series) -> str:
        return f"{where.mean():.1%}".replace("%", " %")

    return (
        f"| {' × '.join(keys)} | {len(cells)} | {(cells < 5).sum()} / {share(size < 5)} |"
        f" {share(size < 10)} | {share((size >= 5) & same)} | {share((size >= 10) & same)} |"
    )


@pytest.mark.parametrize("keys", TABLES, ids=" ".join)
def test_the_page_shows_what_the_demonstration_gives(keys: tuple[str, ...]) -> None:
    assert row(keys) in PAGE.read_text(encoding="utf-8")
