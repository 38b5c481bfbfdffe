"""Anonymised records: made by one of three methods, checked and attacked before they leave."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from anonymisation.records.attack import Found
from anonymisation.records.check import Checks
from anonymisation.records.errors import BadRecords, CannotMeet
from anonymisation.records.local import suppress
from anonymisation.records.models import KAnonymity, Model
from anonymisation.records.mondrian import cut
from anonymisation.records.optimal import optimum
from anonymisation.records.problem import Problem
from anonymisation.records.publishing import (
    at_level,
    in_classes,
    in_failing_classes,
    row_of_records,
    with_marks,
)
from anonymisation.records.roles import Role, Roles
from anonymisation.records.table import Table, prepare
from anonymisation.records.verification import verify

Method = Literal["optimal", "mondrian", "local"]
METHODS = ("optimal", "mondrian", "local")
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Made:
    """What a method made. `withheld` (records,); `cells`: suppressed cells per column beside
    withheld records."""

    frame: pd.DataFrame
    levels: dict[str, int]
    withheld: Flags
    loss: float
    bound: float | None
    evaluated: int
    cells: dict[str, int]


@dataclass(frozen=True, eq=False)
class Result:
    """Records that may be published, and what is known of them.

    `frame`: row by row the records given, without identifiers; a withheld record holds the mark
    in every quasi-identifier and sensitive column. `levels`: per quasi-identifier, for the
    methods that publish codes of one level. `suppressed` (records,): which are withheld.
    `suppressed_cells`: per column, beside those. `loss`: mean normalised leaf share, a withheld
    record counting 1. `lower_bound`: no combination of levels loses less; None for methods that
    prove nothing. `proven_optimal`: loss and bound are one number. `checks`, `elimination`: what
    the independent check and the attack found. `parameters`: what was asked.
    """

    frame: pd.DataFrame
    levels: dict[str, int]
    suppressed: Flags
    suppressed_cells: dict[str, int]
    loss: float
    lower_bound: float | None
    proven_optimal: bool
    checks: Checks
    elimination: Found
    nodes_evaluated: int
    method: Method
    models: tuple[Model, ...]
    parameters: dict[str, Any]


def anonymise(
    frame: pd.DataFrame,
    roles: Roles,
    k: int = 5,
    suppression_limit: float = 0.05,
    method: Method = "optimal",
    *,
    models: Sequence[Model] = (),
    most_nodes: int | None = None,
) -> Result:
    """Records that keep k-anonymity and every model given, verified by check and attack.

    `method`: "optimal" generalises whole columns, exactly and with proof; "mondrian" publishes
    ranges of classes; "local" suppresses cells. `suppression_limit`: the share of records that
    may be withheld. `most_nodes`: bounds the optimal search, which may then lack its proof.
    Deterministic; the frame given is never changed.

    Raises:
        BadRecords: frame, roles and parameters do not fit each other.
        BadHierarchy: a hierarchy is none.
        CannotMeet: the models cannot be kept within the limit.
        WeakerThanAsked: what was made failed the check or the attack.
    """
    if method not in METHODS:
        raise BadRecords(f"{method!r} is no method.", remedy=f"Use one of {', '.join(METHODS)}.")
    if not 0 <= suppression_limit <= 1:
        raise BadRecords(f"The limit is {suppression_limit}.", remedy="Give a share from 0 to 1.")
    asked: tuple[Model, ...] = (KAnonymity(k), *models)
    table = prepare(frame, roles, asked)
    most = math.floor(suppression_limit * len(frame) + 1e-9)
    if method == "optimal":
        made = _generalised(frame, roles, table, most, most_nodes)
    elif method == "mondrian":
        made = _in_ranges(frame, roles, table)
    else:
        made = _suppressed(frame, roles, table, most)
    checks, found = verify(frame, roles, asked, made.frame, made.levels)
    return Result(
        made.frame, made.levels, made.withheld, made.cells, made.loss, made.bound,
        made.bound is not None and made.loss - made.bound <= 1e-12, checks, found,
        made.evaluated, method, asked,
        {"k": k, "suppression_limit": suppression_limit, "method": method,
         "models": [repr(model) for model in models], "most_nodes": most_nodes},
    )  # fmt: skip


def _generalised(
    frame: pd.DataFrame, roles: Roles, table: Table, most: int, most_nodes: int | None
) -> Made:
    best = optimum(table, most, most_nodes=most_nodes)
    withheld = np.zeros(len(frame), dtype=bool)
    if best.withheld:
        out = Problem.of(table).withheld(best.node)
        withheld = in_failing_classes(table.columns, best.node, [c[out] for c in table.quasi])
    levels = {c.name: level for c, level in zip(table.columns, best.node, strict=True)}
    columns = {
        column.name: at_level(frame[column.name], column, levels[column.name], withheld)
        for column in table.columns
    }
    made = _assembled(frame, roles, columns, withheld)
    return Made(
        made, levels, withheld, best.loss, best.bound, best.evaluated, dict.fromkeys(levels, 0)
    )


def _in_ranges(frame: pd.DataFrame, roles: Roles, table: Table) -> Made:
    of_rows = cut(table)
    of_records = of_rows[row_of_records(table.columns, table.rows)[0]]
    size = np.bincount(of_records, minlength=int(of_rows.max()) + 1)
    importance = sum(column.weight for column in table.columns)
    columns, loss = {}, 0.0
    for column, leaves in zip(table.columns, table.quasi, strict=True):
        published, share = in_classes(frame[column.name], column, leaves, of_rows, of_records)
        columns[column.name] = published
        loss += float(share @ size) * column.weight / importance / len(frame)
    nobody = np.zeros(len(frame), dtype=bool)
    made = _assembled(frame, roles, columns, nobody)
    return Made(made, {}, nobody, loss, None, 0, dict.fromkeys(columns, 0))


def _suppressed(frame: pd.DataFrame, roles: Roles, table: Table, most: int) -> Made:
    plan = suppress(table)
    of_records, first = row_of_records(table.columns, table.rows)
    piece = _piece_of_records(of_records, first[plan.rows], plan.records)
    hidden, withheld = plan.hidden[piece], plan.left[piece]
    if withheld.sum() > most:
        raise CannotMeet(
            f"{int(withheld.sum())} records fit no pattern; {most} may be withheld.",
            remedy="Raise the limit, or ask for less.",
        )
    importance = np.array([column.weight for column in table.columns])
    columns, cells = {}, {}
    for number, column in enumerate(table.columns):
        gone = hidden[:, number] | withheld
        cells[column.name] = int((hidden[:, number] & ~withheld).sum())
        columns[column.name] = at_level(frame[column.name], column, 0, gone)
    share = np.where(withheld, 1.0, hidden @ importance / importance.sum())
    made = _assembled(frame, roles, columns, withheld)
    levels = {column.name: 0 for column in table.columns}
    return Made(made, levels, withheld, float(share.mean()), None, 0, cells)


def _assembled(
    frame: pd.DataFrame, roles: Roles, columns: dict[str, pd.Series], withheld: Flags
) -> pd.DataFrame:
    """All columns in the frame's order, without identifiers and households."""
    parts = {}
    gone = {*roles.named(Role.IDENTIFIER), *roles.named(Role.HOUSEHOLD)}
    for name in frame.columns:
        if name in columns:
            parts[name] = columns[name]
        elif name in roles.sensitive:
            parts[name] = with_marks(frame[name], withheld)
        elif name not in gone:
            parts[name] = frame[name].copy()
    return pd.DataFrame(parts, index=frame.index)


def _piece_of_records(of_records: Any, first: Any, records: Any) -> Any:
    """The piece each record is published in; a row's pieces take its records in turn."""
    order = np.argsort(of_records, kind="stable")
    by_row = np.argsort(first, kind="stable")
    piece = np.empty(len(of_records), dtype=np.int64)
    piece[order] = np.repeat(by_row, records[by_row])
    return piece
