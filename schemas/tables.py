"""A statistical table as asked, as protected, and as the ledger remembers it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, Literal, Self

from pydantic import model_validator

from schemas.canonical import canonical_json, digest
from schemas.methods import Altered
from schemas.policy import Policy
from schemas.vocabulary import Frozen

STATES = ("refused", "dont_know", "missing", "not_asked")
MERGED_STATE = "no_valid_answer"
PUBLIC = "public"
"""The audience of everybody; a project's is `project:` and its name."""
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
    """What a cell of a protected table is; a withheld one has no number.

    A rounded or noised number is no count: the table's `altered` says how far it may be off.
    """

    PUBLISHED = "published"
    FLAGGED = "flagged"
    WITHHELD = "withheld"
    ROUNDED = "rounded"
    NOISED = "noised"


class AxisCode(Frozen):
    """One row or column of an axis: a code at its level; the total is `*` at level -1."""

    code: str
    level: int
    parent: str | None = None


class Axis(Frozen):
    """The codes of one variable in print order, the total last."""

    variable: str
    codes: tuple[AxisCode, ...]


EFFECTIVE = {"20-49": 20, "50-99": 50, "100+": 100}
"""Classes of effective n that intervals are made from, with the least n of each."""


class Share(Frozen):
    """A share of a group: in whole points with its interval, or only that it is under or over.

    `low`, `high`: the 95 % interval in whole points for the class `effective` of n.
    """

    points: int | None = None
    under: int | None = None
    over: int | None = None
    low: int | None = None
    high: int | None = None
    effective: str | None = None


class TableCell(Frozen):
    """One printed cell. `at_least`: what a withheld mark tells, 1, or 0 where noughts may hide.

    In a table of shares no cell has a `value`: a group has its size `rounded` to 5, an answer
    its `share` of the group. `weighted`: an estimate that follows from printed counts.
    """

    codes: tuple[str, ...]
    levels: tuple[int, ...]
    value: int | None
    mark: CellMark
    at_least: int | None = None
    rounded: int | None = None
    share: Share | None = None
    weighted: int | None = None


class ProtectedTable(Frozen):
    """All of one table that may be printed, and the rules it was protected by.

    `altered` None: every number is an exact count. `magnitude` None: the numbers count records;
    else they are sums of that column, and a withheld one may be anything from nought.
    """

    spec: TableSpec
    axes: tuple[Axis, ...]
    cells: tuple[TableCell, ...]
    policy: Policy
    altered: Altered | None = None
    magnitude: str | None = None

    @model_validator(mode="after")
    def _marks_say_what_the_numbers_are(self) -> Self:
        wanted = None
        if self.altered is not None:
            rounded = self.altered.method == "rounding"
            wanted = CellMark.ROUNDED if rounded else CellMark.NOISED
        for cell in self.cells:
            found = cell.mark if cell.mark in (CellMark.ROUNDED, CellMark.NOISED) else None
            if found is not wanted:
                raise ValueError("every number of an altered table is marked as such, no other is")
        return self

    @property
    def variables(self) -> tuple[str, ...]:
        """The table's variables, in the order of `codes`."""
        return self.spec.variables

    @property
    def promise(self) -> str:
        """What nobody can do to this table, as P0 to P3; of an altered one, as it says itself."""
        if self.altered is not None:
            return ", ".join(self.altered.promises)
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
    """One entry of the ledger: what was printed, for whom, under which name, of which freeze.

    A revoked release stays: what was read is known.
    """

    release: str
    table: ProtectedTable
    audience: str = PUBLIC
    freeze: str = ""

    def canonical(self) -> str:
        """Equal entries, equal text."""
        return canonical_json(self).decode()


class RefusedTable(Frozen):
    """One entry of the ledger: a table that was asked and not released."""

    request: str
    asked: TableSpec
    audience: str = PUBLIC
    freeze: str = ""

    def canonical(self) -> str:
        """Equal entries, equal text."""
        return canonical_json(self).decode()


class Ledger(Frozen):
    """Everything published of one wave in the order of publication, and what was refused.

    Audiences: everybody sees what is public; a project sees its own besides. A table is judged
    with what its audience has seen: `seen_by`. Freezes are universes of their own: `of_freeze`.
    """

    releases: tuple[ReleasedTable, ...] = ()
    refusals: tuple[RefusedTable, ...] = ()

    def with_release(self, released: ReleasedTable) -> Ledger:
        """The ledger with one more entry at its end."""
        return self.model_copy(update={"releases": (*self.releases, released)})

    def with_refusal(self, refused: RefusedTable) -> Ledger:
        """The ledger with one more refusal at its end."""
        return self.model_copy(update={"refusals": (*self.refusals, refused)})

    def seen_by(self, audience: str) -> Ledger:
        """The releases an audience has seen: the public ones, and its own."""
        return Ledger(releases=tuple(e for e in self.releases if e.audience in (PUBLIC, audience)))

    def of_freeze(self, freeze: str) -> Ledger:
        """The releases of one freeze."""
        return Ledger(releases=tuple(e for e in self.releases if e.freeze == freeze))

    @property
    def freezes(self) -> tuple[str, ...]:
        """The freezes that anything was released of, in the order of their first release."""
        return tuple(dict.fromkeys(entry.freeze for entry in self.releases))

    def digest(self) -> str:
        """A hash chain over the entries: every earlier entry changes it."""
        head = ""
        texts = [e.canonical() for e in self.releases] + [e.canonical() for e in self.refusals]
        for text in texts:
            head = digest({"before": head, "entry": text})
        return head
