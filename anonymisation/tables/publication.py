"""From a protection to the table that may be printed, and to the one for the checkers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from anonymisation.tables.facts import at_least
from anonymisation.tables.rules import Targets
from anonymisation.tables.shares import ShareRules, Shown, printed_share, rounded
from anonymisation.tables.system import CellSystem
from schemas.methods import Altered
from schemas.policy import Policy
from schemas.tables import (
    TOTAL_LEVEL,
    Axis,
    AxisCode,
    CellMark,
    ProtectedTable,
    ReviewCell,
    ReviewTable,
    Share,
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
        if protection.targets.shares is not None:
            cells.append(share_cell(system, protection, protection.targets.shares, cell))
            continue
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
        magnitude=None if system.magnitude is None else system.magnitude.name,
    )


def share_cell(
    system: CellSystem, protection: Protected, rules: ShareRules, cell: int
) -> TableCell:
    """A cell of a table of shares: a rounded size, a share, a bound or a mark."""
    label, values = (system.labels or ())[cell], system.values
    value, group = int(values[cell]), int(rules.group[cell])
    fixed = not protection.targets.withholdable[cell]
    how = rules.shown(cell, value, protection.withheld, fixed)
    number: dict[str, Any] = {}
    if how in (Shown.MARK, Shown.BOUND):
        number["at_least"] = at_least(system, protection.targets, cell)
        if how is Shown.BOUND:
            under, over = rules.bounds[cell]
            number["share"] = Share(under=under, over=over)
    elif how is Shown.SIZE:
        number["rounded"] = rounded(value)
    elif how is Shown.NOUGHT or not values[group]:
        number["value"] = 0
    else:
        number["share"] = printed_share(value, int(values[group]))
    mark = CellMark.FLAGGED if protection.targets.flagged[cell] else CellMark.PUBLISHED
    mark = CellMark.WITHHELD if "at_least" in number else mark
    return TableCell(codes=label.codes, levels=label.levels, mark=mark,
                     **{"value": None, **number})  # fmt: skip


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


def altered_table(
    system: CellSystem, policy: Policy, numbers: Any, altered: Altered, table: int
) -> ProtectedTable:
    """One table of rounded or noised numbers; none is marked as a count."""
    cells = tuple(
        TableCell(
            codes=(system.labels or ())[cell].codes,
            levels=(system.labels or ())[cell].levels,
            value=int(numbers[cell]),
            mark=mark_of(altered),
        )
        for cell in system.cells_of(table)
        if system.printed[cell]
    )
    spec, axes = system.tables[table].spec, _axes(system, table)
    return ProtectedTable(spec=spec, axes=axes, cells=cells, policy=policy, altered=altered)


def altered_review(
    system: CellSystem, altered: Altered, reasons: Mapping[int, tuple[str, ...]], table: int
) -> ReviewTable:
    """The same table with true counts and reasons. Inside only."""
    values = system.values
    cells = tuple(
        ReviewCell(
            codes=(system.labels or ())[cell].codes,
            levels=(system.labels or ())[cell].levels,
            value=int(values[cell]),
            mark=mark_of(altered),
            primary=cell in reasons,
            reasons=reasons.get(cell, ()),
        )
        for cell in system.cells_of(table)
        if system.printed[cell]
    )
    return ReviewTable(spec=system.tables[table].spec, axes=_axes(system, table), cells=cells)


def mark_of(altered: Altered) -> CellMark:
    """The mark that tells such a number from a count."""
    return CellMark.ROUNDED if altered.method == "rounding" else CellMark.NOISED
