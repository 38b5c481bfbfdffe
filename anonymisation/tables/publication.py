"""From a protection to the table that may be printed, and to the one for the checkers."""

from __future__ import annotations

from typing import Any, Protocol

from anonymisation.tables.facts import at_least
from anonymisation.tables.rules import Targets
from anonymisation.tables.system import CellSystem
from schemas.policy import Policy
from schemas.tables import (
    TOTAL_LEVEL,
    Axis,
    AxisCode,
    CellMark,
    ProtectedTable,
    ReviewCell,
    ReviewTable,
    TableCell,
)


class Protected(Protocol):
    """What these functions need of a protection."""

    @property
    def targets(self) -> Targets: ...
    @property
    def policy(self) -> Policy: ...
    @property
    def withheld(self) -> Any: ...
    @property
    def primary(self) -> Any: ...
    def reasons(self, cell: int) -> tuple[str, ...]: ...


def protected_table(system: CellSystem, protection: Protected, table: int) -> ProtectedTable:
    """All of one table that may be printed. A withheld cell carries no number."""
    cells = []
    values = system.values
    for cell in system.cells_of(table):
        if not system.printed[cell]:
            continue
        label = (system.labels or ())[cell]
        mark = _mark(protection, cell)
        hidden = mark is CellMark.WITHHELD
        cells.append(
            TableCell(
                codes=label.codes,
                levels=label.levels,
                value=None if hidden else int(values[cell]),
                mark=mark,
                at_least=at_least(system, protection.targets, cell) if hidden else None,
            )
        )
    return ProtectedTable(
        spec=system.tables[table].spec,
        axes=_axes(system, table),
        cells=tuple(cells),
        policy=protection.policy,
    )


def review_table(system: CellSystem, protection: Protected, table: int) -> ReviewTable:
    """One table with true counts, marks and reasons. Inside only."""
    values = system.values
    cells = [
        ReviewCell(
            codes=(system.labels or ())[cell].codes,
            levels=(system.labels or ())[cell].levels,
            value=int(values[cell]),
            mark=_mark(protection, cell),
            primary=bool(protection.primary[cell]),
            reasons=protection.reasons(cell),
        )
        for cell in system.cells_of(table)
        if system.printed[cell]
    ]
    return ReviewTable(
        spec=system.tables[table].spec, axes=_axes(system, table), cells=tuple(cells)
    )


def _mark(protection: Protected, cell: int) -> CellMark:
    if protection.withheld[cell]:
        return CellMark.WITHHELD
    return CellMark.FLAGGED if protection.targets.flagged[cell] else CellMark.PUBLISHED


def _axes(system: CellSystem, table: int) -> tuple[Axis, ...]:
    return tuple(
        Axis(
            variable=axis.variable,
            codes=tuple(
                AxisCode(code=part.code, level=part.level, parent=part.parent)
                for part in axis.parts
                if part.level != TOTAL_LEVEL or axis.total_printed
            ),
        )
        for axis in system.tables[table].axes
    )
