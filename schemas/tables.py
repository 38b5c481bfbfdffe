"""A statistical table as asked, as protected, and as the ledger remembers it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, Literal, Self

from pydantic import model_validator

from schemas.canonical import canonical_json, digest
from schemas.policy import Policy
from schemas.vocabulary import Frozen

STATES = ("refused", "dont_know", "missing", "not_asked")
MERGED_STATE = "no_valid_answer"
TOTAL = "*"
TOTAL_LEVEL = -1

Levels = Literal["all"] | Mapping[str, tuple[int, ...]]
Margins = Literal["all", "none"] | tuple[str, ...]


class Merge(Frozen):
    """Several codes of a variable counted as one, under a name of its own."""

    variable: str
    name: str
    codes: tuple[str, ...]


class TableSpec(Frozen):
    """Which table is asked: variables, levels, totals, merged codes and a filter by codes.

    `where` keeps the records whose variable has one of the codes given (leaf codes, states
    included). `levels` names the hierarchy levels that get cells, 0 being the leaf.
    """

    variables: tuple[str, ...]
    levels: Levels = "all"
    margins: Margins = "all"
    states: Literal["apart", "merged"] = "apart"
    merge: tuple[Merge, ...] = ()
    where: Mapping[str, tuple[str, ...]] = {}

    def __init__(
        self,
        variables: Sequence[str],
        levels: Levels = "all",
        margins: Margins = "all",
        states: Literal["apart", "merged"] = "apart",
        merge: Iterable[Merge] = (),
        where: Mapping[str, Iterable[str]] | None = None,
    ) -> None:
        filters = {name: tuple(codes) for name, codes in (where or {}).items()}
        given: dict[str, Any] = {
            "variables": tuple(variables),
            "levels": levels,
            "margins": margins,
            "states": states,
            "merge": tuple(merge),
            "where": filters,
        }
        super().__init__(**given)

    @model_validator(mode="after")
    def _names_are_distinct(self) -> Self:
        if len(set(self.variables)) != len(self.variables):
            raise ValueError("a variable stands in a table once")
        if any(not codes for codes in self.where.values()):
            raise ValueError("a filter names at least one code")
        return self

    def normalised(self) -> TableSpec:
        """The same question in the one way of writing it: filters and levels sorted."""
        levels: Levels = self.levels
        if not isinstance(levels, str):
            levels = {v: tuple(sorted(set(levels[v]))) for v in sorted(levels)}
        margins: Margins = self.margins
        if not isinstance(margins, str):
            margins = tuple(v for v in self.variables if v in margins)
            margins = "all" if len(margins) == len(self.variables) else margins
            margins = margins or "none"
        merge = sorted(self.merge, key=lambda m: (m.variable, m.name))
        return TableSpec(
            self.variables,
            levels,
            margins,
            self.states,
            [m.model_copy(update={"codes": tuple(sorted(m.codes))}) for m in merge],
            {v: tuple(sorted(set(self.where[v]))) for v in sorted(self.where)},
        )

    def canonical(self) -> str:
        """Equal questions, equal text."""
        return canonical_json(self.normalised()).decode()


class CellMark(StrEnum):
    """What a cell of a protected table is; a withheld one has no number."""

    PUBLISHED = "published"
    FLAGGED = "flagged"
    WITHHELD = "withheld"


class AxisCode(Frozen):
    """One row or column of an axis: a code at its level; the total is `*` at level -1."""

    code: str
    level: int
    parent: str | None = None


class Axis(Frozen):
    """The codes of one variable in print order, the total last."""

    variable: str
    codes: tuple[AxisCode, ...]


class TableCell(Frozen):
    """One printed cell. `at_least`: what a withheld mark tells, 1, or 0 where noughts may hide."""

    codes: tuple[str, ...]
    levels: tuple[int, ...]
    value: int | None
    mark: CellMark
    at_least: int | None = None


class ProtectedTable(Frozen):
    """All of one table that may be printed, and the rules it was protected by."""

    spec: TableSpec
    axes: tuple[Axis, ...]
    cells: tuple[TableCell, ...]
    policy: Policy

    @property
    def variables(self) -> tuple[str, ...]:
        """The table's variables, in the order of `codes`."""
        return self.spec.variables

    @property
    def promise(self) -> str:
        """What nobody can do to this table, as P0 to P3."""
        return self.policy.promise.value

    def cell(self, codes: Sequence[str], levels: Sequence[int] | None = None) -> TableCell:
        """The cell with these codes; with no levels given, the finest of that name.

        Raises:
            KeyError: the table has no such cell.
        """
        for cell in self.cells:
            if cell.codes == tuple(codes) and (levels is None or cell.levels == tuple(levels)):
                return cell
        raise KeyError(tuple(codes))

    def canonical(self) -> str:
        """Equal tables, equal text."""
        return canonical_json(self).decode()


class ReviewCell(Frozen):
    """One cell as the checkers see it: the true count beside the mark and its reasons."""

    codes: tuple[str, ...]
    levels: tuple[int, ...]
    value: int
    mark: CellMark
    primary: bool
    reasons: tuple[str, ...]


class ReviewTable(Frozen):
    """Inside only: a table protected and unprotected side by side."""

    spec: TableSpec
    axes: tuple[Axis, ...]
    cells: tuple[ReviewCell, ...]


class ReleasedTable(Frozen):
    """One entry of the ledger: what was printed, for whom, under which name."""

    release: str
    table: ProtectedTable
    audience: str = "public"

    def canonical(self) -> str:
        """Equal entries, equal text."""
        return canonical_json(self).decode()


class Ledger(Frozen):
    """Everything published on one freeze, in the order of publication."""

    releases: tuple[ReleasedTable, ...] = ()

    def with_release(self, released: ReleasedTable) -> Ledger:
        """The ledger with one more entry at its end."""
        return Ledger(releases=(*self.releases, released))

    def digest(self) -> str:
        """A hash chain over the entries: every earlier entry changes it."""
        head = ""
        for released in self.releases:
            head = digest({"before": head, "entry": released.canonical()})
        return head
