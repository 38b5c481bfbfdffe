"""The command `anonymise records`: a file of records in, one to publish and its report out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from anonymisation.console import BAD_INPUT, INPUT_ERRORS, UNSAFE, Bar, end, say, words_of
from anonymisation.errors import Refused
from anonymisation.records.errors import WeakerThanAsked
from anonymisation.records.options import MODELS, models_of, read, roles_of
from anonymisation.records.release import METHODS, Result, anonymise
from anonymisation.records.report import report


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--key", "keys", multiple=True, required=True, metavar="NAME[=HIERARCHY][@WEIGHT]",
              help="A quasi-identifier. Its hierarchy: FILE.csv as ARX, intervals:5,10,"
              " prefixes:3,2 or dates:month,year.")  # fmt: skip
@click.option("--sensitive", multiple=True, metavar="NAME[=ordered|FILE.csv]")
@click.option("--identifier", multiple=True, metavar="NAME", help="Removed.")
@click.option("--plain", multiple=True, metavar="NAME", help="Kept as it is.")
@click.option("--household", multiple=True, metavar="NAME", help="Who lives together; removed.")
@click.option("--weight", multiple=True, metavar="NAME", help="The survey weight.")
@click.option("-k", "--k", "k", type=click.IntRange(1), default=5, show_default=True)
@click.option("--limit", type=click.FloatRange(0, 1), default=0.05, show_default=True,
              help="Share of records that may be withheld.")  # fmt: skip
@click.option("--method", type=click.Choice(METHODS), default="optimal", show_default=True)
@click.option("--model", "models", multiple=True, metavar="MODEL", help=f"{MODELS}.")
@click.option("--per", "unit", type=click.Choice(["person", "household"]), default="person",
              show_default=True, help="What k counts.")  # fmt: skip
@click.option("--by", help="A column whose groups are shown apart in the report.")
@click.option("--separator", help="Of FILE's columns; found out if not given.")
@click.option("--report/--no-report", "with_report", default=True, show_default=True)
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One line for machines.")
def records(file: Path, out: Path, as_json: bool, **given: Any) -> None:
    """Anonymise the records in FILE and write them, with a report, to a folder.

    Every column needs a role, or nothing is done. What is written was checked and attacked first.
    """
    bar = Bar(silent=as_json)
    try:
        said = _run(file, out, given, bar)
    except (Refused, WeakerThanAsked) as refusal:
        bar.close()
        end(UNSAFE, str(refusal), as_json=as_json)
    except INPUT_ERRORS as error:
        bar.close()
        end(BAD_INPUT, words_of(error), as_json=as_json)
    bar.close()
    say(said, as_json=as_json)


def _run(file: Path, out: Path, given: dict[str, Any], bar: Bar) -> dict[str, Any]:
    others = {role: given[role] for role in ("identifier", "plain", "household", "weight")}
    roles = roles_of(given["keys"], given["sensitive"], others, given["unit"])
    frame = read(file, given["separator"])
    models = models_of(given["models"])
    result = anonymise(frame, roles, given["k"], given["limit"], given["method"], models=models)
    out.mkdir(parents=True, exist_ok=True)
    result.frame.to_csv(out / "records.csv", index=False)
    if given["with_report"]:
        made = report(frame, roles, result, by=given["by"], progress=bar)
        (out / "report.html").write_text(made.html, encoding="utf-8")
        document = json.dumps(made.document, indent=1, sort_keys=True, ensure_ascii=False)
        (out / "report.json").write_text(document + "\n", encoding="utf-8")
        secret = out / "report.key"
        secret.touch(mode=0o600)
        secret.write_text(made.key.hex() + "\n", encoding="ascii")
    return _said(out, result)


def _said(out: Path, result: Result) -> dict[str, Any]:
    return {
        "out": str(out),
        "k": result.checks.k,
        "withheld": int(result.suppressed.sum()),
        "suppressed_cells": sum(result.suppressed_cells.values()),
        "loss": round(result.loss, 6),
        "proven_optimal": result.proven_optimal,
        "levels": result.levels,
    }
