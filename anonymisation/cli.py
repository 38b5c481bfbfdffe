"""The command `anonymise`: protect tables, attack printed ones, check them.

Exit codes: 0 done, 1 refused or unsafe, 2 bad usage or input.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import numpy as np

from anonymisation.console import BAD_INPUT, INPUT_ERRORS, UNSAFE, end, pair, say, words_of
from anonymisation.errors import BadTable
from anonymisation.folder import attack_folders
from anonymisation.foreign import Layout, read_foreign
from anonymisation.hierarchy import Hierarchy
from anonymisation.protecting import redesign, table
from anonymisation.records.cli import records
from anonymisation.tables.attacker import attack as attack_facts
from anonymisation.tables.foreign_facts import foreign_facts
from schemas.policy import Policy

PATHS = click.argument(
    "paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path)
)
FOREIGN: list[Callable[[Any], Any]] = [
    click.option("--value", default="count", show_default=True,
                 help="CSV: the column of numbers."),
    click.option("--mark", help="CSV: the column of marks. Default: mark, if there is one."),
    click.option("--dimension", multiple=True,
                 help="CSV: a dimension column. Default: all columns but numbers and marks."),
    click.option("--total", multiple=True,
                 help="CSV: the code of totals. Default: * or Total."),
    click.option("--withheld", multiple=True,
                 help="CSV: a mark or text of withheld cells. Default: empty, c, x, : or ..."),
    click.option("--hierarchy", "hierarchies", multiple=True,
                 help="CSV: DIMENSION=FILE.csv, as ARX."),
    click.option("--threshold", type=int,
                 help="CSV: counts below it are what was to be hidden. Default: every withheld"
                      " count known exactly falls."),
    click.option("--noughts-printed", is_flag=True,
                 help="CSV: a withheld cell is known not to be nought."),
    click.option("--absent-is-nought", is_flag=True,
                 help="CSV: a combination without a row is nought."),
    click.option("--seconds", type=float, help="What is not settled by then counts as unsafe."),
    click.option("--json", "as_json", is_flag=True, help="One line for machines."),
]  # fmt: skip


def _foreign(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(FOREIGN):
        command = option(command)
    return command


@click.group()
def main() -> None:
    """Publish tables nobody can be found in, and attack tables that claim it."""


main.add_command(table)
main.add_command(redesign)
main.add_command(records)


@main.command()
@PATHS
@_foreign
def attack(paths: tuple[Path, ...], as_json: bool, **options: Any) -> None:
    """Print what tables, taken together, prove of each withheld cell.

    PATHS are folders that `table` wrote, or CSV files of any tool: a row for each cell, with a
    column for each dimension and one for the number, which may be a range such as <5 or 1-4.
    The codes met in all files together are taken to be all there are.
    """
    found = _attacked(paths, options, as_json=as_json)
    if as_json:
        say({"cells": found}, as_json=True)
    else:
        _print_intervals(found)
    sys.exit(UNSAFE if any(cell["falls"] or not cell["settled"] for cell in found) else 0)


@main.command()
@PATHS
@_foreign
def check(paths: tuple[Path, ...], as_json: bool, **options: Any) -> None:
    """Say whether tables, taken together, keep what they withhold from being proved."""
    found = _attacked(paths, options, as_json=as_json)
    broken = sum(cell["falls"] for cell in found)
    open_ = sum(not cell["settled"] for cell in found)
    safe = not broken and not open_
    said = {"withheld": len(found), "broken": broken, "unsettled": open_, "safe": safe}
    say(said, as_json=as_json)
    sys.exit(0 if safe else UNSAFE)


def _attacked(
    paths: tuple[Path, ...], options: dict[str, Any], *, as_json: bool
) -> list[dict[str, Any]]:
    files = [path for path in paths if path.is_file()]
    try:
        if not files:
            return attack_folders(paths, seconds=options["seconds"])
        if len(files) < len(paths):
            raise BadTable(
                "Folders and files do not name their codes alike.",
                remedy="Attack the CSV files inside the folders.",
            )
        return _attacked_files(files, options)
    except INPUT_ERRORS as error:
        end(BAD_INPUT, words_of(error), as_json=as_json)


def _attacked_files(files: list[Path], options: dict[str, Any]) -> list[dict[str, Any]]:
    layout = Layout(value=options["value"], mark=options["mark"], dimensions=options["dimension"],
                    noughts_printed=options["noughts_printed"],
                    absent_is_nought=options["absent_is_nought"])  # fmt: skip
    layout = layout.naming(totals=options["total"], withheld=options["withheld"])
    nested = {v: Hierarchy.read_csv(Path(f), v) for v, f in map(pair, options["hierarchies"])}
    cells = read_foreign(files, layout)
    facts = foreign_facts(cells, layout, nested)
    found = attack_facts(facts, Policy(), seconds=options["seconds"])
    most = math.inf if options["threshold"] is None else options["threshold"]
    out = []
    settled = ~(np.isnan(found.low) | np.isnan(found.high))
    for place, low, high, done in zip(found.rows, *found.proved, settled.tolist(), strict=True):
        cell = cells[place]
        small = cell.high is None and options["threshold"] is not None and high < most
        out.append({
            "table": cell.file, "of": options["value"], "codes": [c for _, c in cell.codes],
            "low": int(low) if math.isfinite(low) else None,
            "high": int(high) if math.isfinite(high) else None,
            "settled": done,
            "falls": bool((low == high < most) or small),
        })  # fmt: skip
    return out


def _print_intervals(found: list[dict[str, Any]]) -> None:
    if not found:
        click.echo("Nothing is withheld.")
    for cell in found:
        high = "…" if cell["high"] is None else cell["high"]
        low = "…" if cell["low"] is None else cell["low"]
        verdict = "  FALLS" if cell["falls"] else "" if cell["settled"] else "  NOT SETTLED"
        click.echo(f"table {cell['table'] + 1}  {' × '.join(cell['codes'])}: "
                   f"{low} to {high}{verdict}")  # fmt: skip
