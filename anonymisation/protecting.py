"""The commands that protect: `table` and `redesign`."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from anonymisation.cli_methods import Chosen, method_options
from anonymisation.console import BAD_INPUT, INPUT_ERRORS, UNSAFE, Bar, end, say, words_of
from anonymisation.errors import BadTable, Refused
from anonymisation.folder import check_free, read_ledger, write_folder
from anonymisation.records_file import Given, read_given
from anonymisation.shape import OPTIONS as SHAPE_OPTIONS
from anonymisation.shape import words_of_shape
from anonymisation.tables.protection import Protection, protect
from anonymisation.tables.redesign import Redesign
from anonymisation.tables.redesign import redesign as find_redesigns
from anonymisation.tables.sums import protect_sums
from anonymisation.tables.system import CellSystem
from anonymisation.tables.tabulation import tabulate
from anonymisation.tables.weighted import with_estimates
from schemas.tables import Ledger, ProtectedTable

EXISTING = click.Path(exists=True, dir_okay=False, path_type=Path)
OPTIONS: list[Callable[[Any], Any]] = [
    click.argument("records", type=EXISTING),
    click.option("--separator", default=",", show_default=True, help="Between RECORDS' columns."),
    click.option("--table", "tables", multiple=True, required=True, help='Such as "region*sex".'),
    click.option("--count", help="The records are groups; this column holds their sizes."),
    click.option("--where", multiple=True, help="Filter: VARIABLE=CODE,CODE."),
    *SHAPE_OPTIONS,
    click.option("--hierarchy", "hierarchies", multiple=True, help="VARIABLE=FILE.csv, as ARX."),
    click.option("--policy", type=EXISTING, help="Rules, as TOML."),
    click.option("--multi", multiple=True,
                 help="An item of several answers: ITEM (columns ITEM/OPTION, or options apart by"
                      " blanks), or ITEM=SEPARATOR."),
    click.option("--missing", multiple=True,
                 help="The code of empty values: CODE, or VARIABLE=CODE."),
    click.option("--population", type=EXISTING,
                 help="CSV of codes and, last, the people a frame counts there."),
    click.option("--household", help="The column that names each record's household."),
    click.option("--ledger", multiple=True, type=click.Path(exists=True, path_type=Path),
                 help="A folder this command wrote before, on the same records."),
    click.option("--seconds", type=float, help="Bounds all the work, never the safety."),
    click.option("--json", "as_json", is_flag=True, help="One line for machines."),
]  # fmt: skip


def given_options(command: Callable[..., None]) -> Callable[..., None]:
    """The command takes the options that say what is counted and by which rules."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


@click.command()
@given_options
@click.option("--magnitude", help="Sum this column of whole units as well, and print means.")
@click.option("--weight", help="The column of weights, for estimates beside the counts.")
@method_options
@click.option("--out", required=True, type=click.Path(path_type=Path))
def table(
    records: Path, tables: tuple[str, ...], household: str | None, ledger: tuple[Path, ...],
    seconds: float | None, as_json: bool, count: str | None, magnitude: str | None,
    weight: str | None, out: Path, **options: Any,
) -> None:  # fmt: skip
    """Protect one or many linked tables of RECORDS and write what may be printed to a folder."""
    bar, left = Bar(silent=as_json), _left(seconds)
    try:
        check_free(out)
        chosen = Chosen(options)
        given = read_given(records, tables, **options)
        policy = chosen.policy(given.policy)
        given = replace(given, policy=policy)
        before = read_ledger(ledger)
        if magnitude and before.releases:
            raise BadTable(
                "A ledger remembers counts, not sums.",
                remedy="Protect all sums of a freeze in one run.",
            )
        system = _tabulated(given, before, count=count, household=household, seconds=left())
        if policy.method.name != "suppression":
            if magnitude or weight:
                raise BadTable(
                    "Sums and estimates are protected by suppression only.",
                    remedy="Leave --magnitude and --weight out.",
                )
            say(chosen.publish(out, given, policy, system, before, left()), as_json=as_json)
            return
        more = None
        if magnitude:
            more = _tabulated(
                given, before, household=household, magnitude=magnitude, seconds=left()
            )
        protection = protect(system, policy, before, left(), progress=bar)
        sums = None
        if more is not None:
            sums = protect_sums(more, protection, seconds=left(), progress=bar)
        said = _written(out, given, protection, sums, weight)
    except Refused as refusal:
        bar.close()
        end(UNSAFE, f"{refusal} {COARSER}", as_json=as_json)
    except INPUT_ERRORS as error:
        bar.close()
        end(BAD_INPUT, words_of(error), as_json=as_json)
    bar.close()
    say(said, as_json=as_json)


def _written(
    out: Path, given: Given, protection: Protection, sums: Protection | None, weight: str | None
) -> dict[str, Any]:
    """The folder is written; what is said of it. Not complete: more time may withhold less."""
    tables = protection.tables
    if weight:
        tables = with_estimates(protection, given.frame, weight)
    totals: tuple[ProtectedTable, ...] = () if sums is None else sums.tables
    write_folder(
        out, tables, protection.certificate, given.domain, given.hierarchies, totals,
        None if sums is None else sums.certificate,
    )  # fmt: skip
    said = {"out": str(out), "promise": protection.promise, "withheld": _hidden(tables),
            "cells": [len(table.cells) for table in tables],
            "cost": round(protection.cost, 2)}  # fmt: skip
    done = protection.complete and (sums is None or sums.complete)
    more: dict[str, Any] = {} if done else {"complete": False}
    return said | more | ({"sums withheld": _hidden(totals)} if totals else {})


def _hidden(tables: Sequence[ProtectedTable]) -> list[int]:
    return [sum(cell.at_least is not None for cell in table.cells) for table in tables]


COARSER = "`anonymise redesign` with the same options finds coarser tables that can go."


@click.command()
@given_options
def redesign(
    records: Path, tables: tuple[str, ...], household: str | None, ledger: tuple[Path, ...],
    seconds: float | None, as_json: bool, count: str | None, **options: Any,
) -> None:  # fmt: skip
    """Find the coarser tables of RECORDS that can go: fewer levels, variables or totals."""
    try:
        given = read_given(records, tables, **options)
        before = read_ledger(ledger)
        found = {
            "*".join(spec.variables): [
                _offer(one)
                for one in find_redesigns(
                    given.frame, spec, policy=given.policy, hierarchies=given.hierarchies,
                    ledger=before, domain=given.domain, seconds=seconds,
                    counting={"count": count, "household": household,
                              "population": given.population},
                )
            ]
            for spec in given.specs
        }  # fmt: skip
    except INPUT_ERRORS as error:
        end(BAD_INPUT, words_of(error), as_json=as_json)
    if as_json:
        say({"redesigns": found}, as_json=True)
    for name, offers in found.items() if not as_json else ():
        click.echo(f"{name}:" if offers else f"{name}: no coarser table can go")
        for offer in offers:
            click.echo(f"  {offer['table']}  printed {offer['printed']} of {offer['cells']} cells,"
                       f" people {offer['count']}, detail lost {offer['loss']:.0%}")  # fmt: skip
    if not all(found.values()):
        raise SystemExit(UNSAFE)


def _offer(one: Redesign) -> dict[str, Any]:
    return {"table": words_of_shape(one.spec), "loss": round(one.loss, 4), "printed": one.cells,
            "cells": len(one.protection.tables[0].cells), "count": one.count}  # fmt: skip


def _left(seconds: float | None) -> Callable[[], float | None]:
    """How many of the seconds are left whenever it is called; None: no end."""
    deadline = None if seconds is None else time.monotonic() + seconds
    return lambda: None if deadline is None else max(0.0, deadline - time.monotonic())


def _tabulated(given: Given, before: Ledger, **more: Any) -> CellSystem:
    return tabulate(
        given.frame, given.specs, given.hierarchies, given.domain, ledger=before,
        population=given.population, **more,
    )  # fmt: skip
