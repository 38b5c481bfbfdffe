"""The records, rules and code lists that a command was given, read and made ready to count."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pandas as pd

from anonymisation.console import pair
from anonymisation.errors import BadPolicy, BadTable
from anonymisation.hierarchy import Hierarchy
from anonymisation.rules_file import fitted, read_policy
from anonymisation.shape import Shape
from anonymisation.tables.multi_answer import each_option, yes_no
from anonymisation.tables.population import Population
from schemas.policy import Policy
from schemas.tables import TableSpec

EMPTY = ("", "NaN", "nan", "NA", "<NA>")
"""What pandas and R write where there is no value."""


@dataclass(frozen=True)
class Given:
    """Records as text with every empty value coded, and all that tables of them need."""

    frame: pd.DataFrame
    specs: list[TableSpec]
    policy: Policy
    hierarchies: dict[str, Hierarchy]
    domain: dict[str, tuple[str, ...]]
    population: Population | None


def read_given(
    records: Path,
    tables: Sequence[str],
    *,
    where: Sequence[str] = (),
    hierarchies: Sequence[str] = (),
    policy: Path | None = None,
    multi: Sequence[str] = (),
    missing: Sequence[str] = (),
    population: Path | None = None,
    separator: str = ",",
    levels: Sequence[str] = (),
    margins: str = "all",
    merge: Sequence[str] = (),
    states: Literal["apart", "merged"] = "apart",
) -> Given:
    """All files read.

    Raises:
        BadTable: columns, codes or figures do not fit.
        BadHierarchy: a hierarchy is not nested.
        BadPolicy: the rules are none, or none for these records.
        ValueError: an option or a file is not of its form.
    """
    shape = Shape.read(levels, margins, merge, states)
    frame = _read(records, separator)
    codes = dict(pair(text) if "=" in text else ("", text) for text in missing)
    items = {name: between or " " for name, _, between in (m.partition("=") for m in multi)}
    for item, between in items.items():
        empty = codes.get(item, codes.get(""))
        frame = yes_no(frame, item, separator=between, missing=empty)
    frame = _filled(frame, codes)
    filters = {v: codes_.split(",") for v, codes_ in (pair(text) for text in where)}
    asked = [TableSpec(_variables(text), where=filters) for text in tables]
    columns = [str(c) for c in frame.columns]
    rules = fitted(read_policy(policy), columns, items)
    if population is not None and not rules.population_minimum:
        raise BadPolicy(
            "Population figures are given, but the policy has no rule for them.",
            remedy="Set population_minimum and population_frame, or leave --population out.",
        )
    files = dict(pair(text) for text in hierarchies)
    for variable in files:
        if variable not in columns:
            raise BadTable(
                f"The records have no column {variable!r}, which a hierarchy is given for.",
                remedy="See their header.",
            )
    nested = {v: Hierarchy.read_csv(Path(f), v) for v, f in files.items()}
    specs = [one for spec in asked for one in each_option(spec, items, columns)]
    shape.check_used(specs)
    return Given(
        frame,
        [shape.of(spec) for spec in specs],
        rules,
        nested,
        _domain(frame, nested),
        None if population is None else _population(population, rules),
    )


def _read(records: Path, separator: str) -> pd.DataFrame:
    """The records as text; what pandas and R write for no value is empty."""
    try:
        with records.open(encoding="utf-8-sig", newline="") as file:
            header = next(csv.reader(file, delimiter=separator), [])
        frame = pd.read_csv(
            records, sep=separator, dtype=str, keep_default_na=False, na_values=list(EMPTY),
            encoding="utf-8-sig", header=0, index_col=False,
        )  # fmt: skip
    except UnicodeDecodeError as error:
        raise BadTable(f"{records.name} is not UTF-8.", remedy="Save it as UTF-8.") from error
    except pd.errors.EmptyDataError as error:
        raise BadTable(f"{records.name} is empty.", remedy="Give a header and rows.") from error
    except pd.errors.ParserError as error:
        raise BadTable(
            f"{records.name} is no table: {str(error).strip()}.",
            remedy="Give every row as many columns as the header.",
        ) from error
    for name in header:
        if header.count(name) > 1:
            raise BadTable(f"The records have the column {name!r} twice.", remedy="Rename one.")
    return frame


def _variables(text: str) -> list[str]:
    """The variables of --table.

    Raises:
        BadTable: there is none, or one stands twice.
    """
    names = [name.strip() for name in text.split("*")]
    if not all(names):
        raise BadTable(f"{text!r} names no table.", remedy='Write "region*sex".')
    for name in names:
        if names.count(name) > 1:
            raise BadTable(f"{text!r} names {name!r} twice.", remedy="Name each variable once.")
    return names


def _filled(frame: pd.DataFrame, codes: dict[str, str]) -> pd.DataFrame:
    """Empty values as the code declared for their column, or for all; others stay empty."""
    for name, code in codes.items():
        if name and name not in frame.columns:
            raise BadTable(
                f"The records have no column {name!r}, which a code for empty values is given for.",
                remedy="See their header.",
            )
        chosen = [name] if name else list(frame.columns)
        frame = frame.assign(**{c: frame[c].fillna(code) for c in chosen if c not in codes or name})
    return frame


def _domain(frame: pd.DataFrame, nested: dict[str, Hierarchy]) -> dict[str, tuple[str, ...]]:
    """Code lists: a hierarchy's leaves, then whatever else the column holds."""
    domain = {}
    for name in frame.columns:
        codes = dict.fromkeys(nested[name].leaves if name in nested else ())
        column = frame[name]
        if isinstance(column.dtype, pd.CategoricalDtype):
            codes |= dict.fromkeys(column.cat.categories)
        else:
            codes |= dict.fromkeys(sorted(column.dropna().unique()))
        domain[str(name)] = tuple(codes)
    return domain


def _population(path: Path, policy: Policy) -> Population:
    """Figures in the last column, by the codes in the others."""
    rows = pd.read_csv(path, dtype=str, keep_default_na=False)
    return Population.of(
        rows, str(rows.columns[-1]),
        frame=policy.population_frame or path.name, minimum=policy.population_minimum,
    )  # fmt: skip
