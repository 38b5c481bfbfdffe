"""The command `anonymise`: protect tables, attack printed ones, check them.

Exit codes: 0 done, 1 refused or unsafe, 2 bad usage or input.
"""

from __future__ import annotations

import json
import sys
import tomllib
from pathlib import Path
from typing import Any, NoReturn

import click
import pandas as pd
from pydantic import ValidationError

from anonymisation import Hierarchy, Policy, TableSpec, protect, tabulate
from anonymisation.errors import AnonymisationError, Refused
from anonymisation.folder import attack_folders, read_ledger, write_folder

UNSAFE, BAD_INPUT = 1, 2


@click.group()
def main() -> None:
    """Publish tables nobody can be found in, and attack tables that claim it."""


@main.command()
@click.argument("records", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--table", "tables", multiple=True, required=True, help='Such as "region*sex".')
@click.option("--where", multiple=True, help="Filter: VARIABLE=CODE,CODE.")
@click.option("--hierarchy", "hierarchies", multiple=True, help="VARIABLE=FILE.csv, as ARX.")
@click.option("--policy", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--count", help="The records are groups; this column holds their sizes.")
@click.option("--ledger", multiple=True, type=click.Path(exists=True, path_type=Path),
              help="A folder this command wrote before, on the same records.")  # fmt: skip
@click.option("--seconds", type=float, help="Bounds the search, never the safety.")
@click.option("--out", required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One line for machines.")
def table(
    records: Path, tables: tuple[str, ...], where: tuple[str, ...], hierarchies: tuple[str, ...],
    policy: Path | None, count: str | None, ledger: tuple[Path, ...], seconds: float | None,
    out: Path, as_json: bool,
) -> None:  # fmt: skip
    """Protect one or many linked tables of RECORDS and write what may be printed to a folder."""
    try:
        frame = pd.read_csv(records, dtype=str, keep_default_na=False, na_values=[""])
        filters = {v: codes.split(",") for v, codes in (_pair(text) for text in where)}
        specs = [TableSpec(text.split("*"), where=filters) for text in tables]
        rules = Policy.model_validate(tomllib.loads(policy.read_text()) if policy else {})
        nested = {v: Hierarchy.read_csv(Path(f), v) for v, f in map(_pair, hierarchies)}
        before = read_ledger(ledger)
        domain = _domain(frame, nested)
        system = tabulate(frame, specs, nested, domain, ledger=before, count=count)
        protection = protect(system, rules, before, seconds)
    except Refused as refusal:
        _end(UNSAFE, str(refusal), as_json)
    except (AnonymisationError, ValidationError, OSError, ValueError) as error:
        _end(BAD_INPUT, str(error), as_json)
    else:
        write_folder(out, protection, domain, nested)
        hidden = [sum(c.value is None for c in t.cells) for t in protection.tables]
        _say({"out": str(out), "promise": protection.promise, "withheld": hidden,
              "cells": [len(t.cells) for t in protection.tables]}, as_json)  # fmt: skip


@main.command()
@click.argument("folders", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One line for machines.")
def attack(folders: tuple[Path, ...], as_json: bool) -> None:
    """Print what the tables in FOLDERS, taken together, prove of each withheld cell."""
    found = _attacked(folders, as_json)
    _say({"cells": found}, as_json) if as_json else _print_intervals(found)
    sys.exit(UNSAFE if any(cell["falls"] for cell in found) else 0)


@main.command()
@click.argument("folders", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One line for machines.")
def check(folders: tuple[Path, ...], as_json: bool) -> None:
    """Say whether the tables in FOLDERS, taken together, keep small counts from being proved."""
    found = _attacked(folders, as_json)
    broken = sum(cell["falls"] for cell in found)
    _say({"withheld": len(found), "broken": broken, "safe": not broken}, as_json)
    sys.exit(UNSAFE if broken else 0)


def _attacked(folders: tuple[Path, ...], as_json: bool) -> list[dict[str, Any]]:
    try:
        return attack_folders(folders)
    except (AnonymisationError, ValidationError, OSError, ValueError) as error:
        _end(BAD_INPUT, str(error), as_json)


def _domain(frame: pd.DataFrame, nested: dict[str, Hierarchy]) -> dict[str, tuple[str, ...]]:
    """Code lists: a hierarchy's leaves, then whatever else the column holds."""
    domain = {}
    for name in frame.columns:
        codes = dict.fromkeys(nested[name].leaves if name in nested else ())
        codes |= dict.fromkeys(sorted(frame[name].dropna().unique()))
        domain[str(name)] = tuple(codes)
    return domain


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not value:
        raise ValueError(f"{text!r} is not of the form VARIABLE=VALUE.")
    return name, value


def _print_intervals(found: list[dict[str, Any]]) -> None:
    for cell in found:
        high = "…" if cell["high"] is None else cell["high"]
        verdict = "  FALLS" if cell["falls"] else ""
        click.echo(f"table {cell['table'] + 1}  {' × '.join(cell['codes'])}: "
                   f"{cell['low']} to {high}{verdict}")  # fmt: skip


def _say(what: dict[str, Any], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(what, sort_keys=True))
        return
    for name, value in what.items():
        click.echo(f"{name}: {value}")


def _end(code: int, message: str, as_json: bool) -> NoReturn:
    if as_json:
        click.echo(json.dumps({"error": message}))
    else:
        click.echo(message, err=True)
    sys.exit(code)
