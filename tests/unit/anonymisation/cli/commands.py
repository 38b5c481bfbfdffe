"""The command on a folder with records and a policy, and what it wrote."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from click.testing import CliRunner

from anonymisation.cli import main
from tests.unit.anonymisation.frames import survey

AREAS = "Riga;centre;*\nKurzeme;rest;*\nLatgale;rest;*\nVidzeme;rest;*\nZemgale;rest;*\n"
POLICY = 'threshold = 10\nbreakdowns = ["region", "sex"]\nsensitive = ["E1"]\n'


def run(folder: Path, *arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, list(arguments))
    return result.exit_code, result.output


def protect_one(folder: Path, table: str, out: str, *more: str) -> tuple[int, str]:
    return run(
        folder, "table", str(folder / "records.csv"), "--table", table,
        "--policy", str(folder / "policy.toml"), "--out", str(folder / out), "--json", *more,
    )  # fmt: skip


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def with_policy(folder: Path, text: str) -> None:
    (folder / "policy.toml").write_text(text)


def with_columns(folder: Path, **columns: Sequence[object]) -> pd.DataFrame:
    frame = survey().assign(**columns)
    frame.to_csv(folder / "records.csv", index=False)
    return frame
