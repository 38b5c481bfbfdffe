"""What the tables of several freezes of one wave tell together about those who left between them.

After closing nobody joins a wave: whoever counts at a later freeze counted at every earlier one.
With x the counts of the newest freeze and l the leavers before each, the counts of an earlier
freeze are x + l + … with x, l >= 0. The true counts of an earlier freeze are gone with it, so
everything here works from printed facts alone, as an attacker must.

A count falls when every possible set of tables puts it between 1 and the threshold less one: then
somebody knows that so few left, stayed or were there. A table that makes any count fall is not
repaired by withholding more of it, which would point at whoever left: it is not released at all.

Cost: one feasibility program for each count that the tables found so far leave open, over the
blocks' inner cells times freezes.

Source: DESIGN.md 6 (P5, time); docs/decisions/0005 (the reasoning).
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import scipy.sparse as sp
from scipy.optimize import Bounds, LinearConstraint, milp

from anonymisation.errors import BadTable, NoSuchWave, Undecided
from anonymisation.hierarchy import Hierarchy
from anonymisation.tables.blocks import Blocks, make_blocks
from anonymisation.tables.cells import atoms_of, incidence_of, labels_of
from anonymisation.tables.facts import NO_BOUND, Facts, Kind
from anonymisation.tables.spec import Domain, axes_of
from anonymisation.tables.system import Label, Table
from anonymisation.tables.virtual import derivable_specs
from schemas.tables import STATES, CellMark, ProtectedTable, TableSpec

Whose = Literal["left", "there", "others"]
INFEASIBLE = 2
MOST_SECONDS = 30.0
MOST_PEOPLE = 1e7
"""No wave counts more in one cell; a bound keeps every program bounded."""


@dataclass(frozen=True)
class Fallen:
    """A count that can be proved small: who was there at a freeze, or left before a later one.

    `freeze`: place among the freezes given; `until`: for leavers, the later freeze's place.
    "others": all of the group but the cell, where the cell is a sensitive answer.
    """

    whose: Whose
    freeze: int
    until: int | None
    spec: TableSpec
    codes: tuple[str, ...]


@dataclass(frozen=True)
class Comparison:
    """What falls when the freezes are read together, and what could not be settled."""

    falls: tuple[Fallen, ...]
    unsettled: int

    @property
    def kept(self) -> bool:
        """Whether nothing falls and nothing was left open."""
        return not self.falls and not self.unsettled


def compare_freezes(
    freezes: Sequence[Sequence[ProtectedTable]],
    domain: Domain,
    hierarchies: Mapping[str, Hierarchy] | None = None,
    *,
    seconds: float | None = None,
    first_only: bool = False,
) -> Comparison:
    """Every count that the printed tables of all freezes, oldest first, prove to be small.

    The threshold is the largest of the tables' policies. `first_only` ends at the first count
    that falls, which is enough to refuse.

    Raises:
        BadTable: a table does not fit the code lists, or no wave can have all these tables.
        Undecided: the tables span too many combinations, or one holds numbers that are no counts.
    """
    every = [table for some in freezes for table in some]
    if any(t.altered or t.magnitude or t.policy.print != "counts" for t in every):
        raise Undecided("Of several freezes only exact counts are compared.")
    view = _View(freezes, domain, hierarchies or {})
    search = _Search(view, seconds)
    falls: list[Fallen] = []
    unsettled = 0
    for question in view.questions():
        verdict = search.can_be_safe(question)
        if verdict is None:
            unsettled += 1
        elif not verdict:
            falls.append(question.what)
        if first_only and (falls or unsettled):
            break
    return Comparison(tuple(falls), unsettled)


@dataclass(frozen=True)
class _Question:
    """A row of which some possible table must give nought or the threshold.

    `hidden`: a withheld cell; it must be able to reach the threshold and to differ.
    """

    what: Fallen
    row: Any
    hidden: bool = False


class _View:
    """All cells of all freezes over common blocks; columns: newest counts, then leavers."""

    def __init__(
        self,
        freezes: Sequence[Sequence[ProtectedTable]],
        domain: Domain,
        hierarchies: Mapping[str, Hierarchy],
    ) -> None:
        printed = [(i, t) for i, tables in enumerate(freezes) for t in tables]
        specs = {t.spec.canonical(): t.spec for _, t in printed}
        virtual = derivable_specs(specs.values(), domain)
        every = [*specs.values(), *virtual]
        names = sorted({v for s in every for v in (*s.variables, *s.where)})
        inside = {v: tuple(domain[v]) for v in names}
        tables = [Table(s, axes_of(s, domain, hierarchies), None, True) for s in every]
        self.labels, _ = labels_of(tables, inside)
        self.specs = [t.spec for t in tables]
        together = [(*s.variables, *s.where) for s in specs.values()]
        self.blocks: Blocks = make_blocks(atoms_of(self.labels, inside), together)
        self.incidence = incidence_of(self.labels, self.blocks)
        self.count = len(freezes)
        self.threshold = max(t.policy.threshold for _, t in printed)
        place = {key: i for i, key in enumerate(specs)}
        where = _places(self.labels)
        by_box: dict[Any, int] = {}
        for i, label in enumerate(self.labels):
            by_box.setdefault(frozenset(label.box.items()), i)
        self.marked: list[dict[int, bool]] = [{} for _ in freezes]
        self.groups: dict[tuple[int, int], int] = {}
        rows, low, high = [], [], []
        for freeze, table in printed:
            for cell in table.cells:
                key = (place[table.spec.canonical()], cell.levels, cell.codes)
                if key not in where:
                    raise BadTable(
                        "A table prints cells its code lists do not give.",
                        remedy="Use its own code lists.",
                    )
                hidden = cell.value is None
                rows.append(self.there(where[key], freeze))
                low.append((cell.at_least or 0) if hidden else cell.value)
                high.append(int(NO_BOUND) if hidden else cell.value)
                self.marked[freeze][where[key]] = hidden
                group = _group(table, self.labels[where[key]], by_box)
                if hidden and group is not None:
                    self.groups[freeze, where[key]] = group
            own = place[table.spec.canonical()]
            for group, least, most in sorted(_told(table, own, self.labels, by_box, where)):
                rows.append(self.there(group, freeze))
                low.append(least)
                high.append(most)
        links = self.blocks.links()
        for part in range(self.count):
            rows.append(self._spread(links, [part]))
            low += [0] * links.shape[0]
            high += [0] * links.shape[0]
        stack = sp.csr_array(sp.vstack(rows, format="csr"))
        kinds = tuple(Kind.RANGE if b == NO_BOUND else Kind.EXACT for b in high)
        self.facts = Facts(
            stack, np.array(low, np.int64), np.array(high, np.int64), kinds,
            tuple("" for _ in kinds), np.full(len(kinds), -1),
        )  # fmt: skip

    def _spread(self, rows: Any, parts: Iterable[int]) -> Any:
        """Rows over inner cells as rows over the parts named: 0 newest, then leavers backwards."""
        chosen = set(parts)
        blank = sp.csr_array(rows.shape, dtype=np.int64)
        return sp.hstack([rows if p in chosen else blank for p in range(self.count)], format="csr")

    def there(self, cell: int, freeze: int) -> Any:
        """The cell's count at a freeze: the newest one's, and all who left since."""
        return self._spread(self.incidence[:, [cell]].T, range(self.count - freeze))

    def left(self, cell: int, freeze: int, until: int) -> Any:
        """How many of the cell left between two freezes."""
        parts = range(self.count - until, self.count - freeze)
        return self._spread(self.incidence[:, [cell]].T, parts)

    def questions(self) -> Iterable[_Question]:
        """Leavers between any two freezes, then counts at each, cells that count alike once."""
        first: dict[bytes, int] = {}
        m = self.incidence
        for cell in range(m.shape[1]):
            first.setdefault(m.indices[m.indptr[cell] : m.indptr[cell + 1]].tobytes(), cell)
        for cell in first.values():
            label = self.labels[cell]
            for freeze in range(self.count):
                for until in range(freeze + 1, self.count):
                    what = Fallen("left", freeze, until, self.specs[label.table], label.codes)
                    yield _Question(what, self.left(cell, freeze, until))
        distinct = set(first.values())
        for cell, label in enumerate(self.labels):
            for freeze in range(self.count):
                hidden = self.marked[freeze].get(cell)
                if hidden is False or (hidden is None and cell not in distinct):
                    continue
                what = Fallen("there", freeze, None, self.specs[label.table], label.codes)
                yield _Question(what, self.there(cell, freeze), bool(hidden))
                group = self.groups.get((freeze, cell))
                if group is not None:
                    others = Fallen("others", freeze, None, what.spec, what.codes)
                    row = self.there(group, freeze) - self.there(cell, freeze)
                    yield _Question(others, row)


class _Search:
    """Possible tables found so far, and a solver for what they leave open."""

    def __init__(self, view: _View, seconds: float | None) -> None:
        self._view = view
        self._deadline = None if seconds is None else time.monotonic() + seconds
        facts = view.facts
        high = np.where(facts.high == NO_BOUND, np.inf, facts.high.astype(float))
        self._rows = LinearConstraint(facts.rows.astype(float), facts.low.astype(float), high)
        self._size = facts.rows.shape[1]
        self._tables = np.zeros((0, self._size), np.int64)
        gone = np.zeros(self._size)
        gone[self._size // view.count :] = 1.0
        # As few leavers as can be, then as many as can be: most questions are settled by these.
        for price in (gone, -gone):
            if self._solve(price) is False:
                raise NoSuchWave(
                    "No wave can have printed all these tables.",
                    remedy="Give the freezes of one wave, oldest first.",
                )

    def can_be_safe(self, question: _Question) -> bool | None:
        """Whether possible tables contradict that the count is small; None: unknown."""
        row, bound = question.row, self._view.threshold
        sums = np.asarray(row @ self._tables.T).ravel()
        if not question.hidden and (sums == 0).any():
            return True
        reached: bool | None = bool((sums >= bound).any()) or self._find(row, bound, np.inf)
        if question.hidden:
            return self._differs(row) if reached else reached
        if reached:
            return True
        nought = self._find(row, 0, 0)
        return nought if nought or reached is not None else None

    def _differs(self, row: Any) -> bool | None:
        """Whether two possible tables disagree on the row."""
        sums = np.asarray(row @ self._tables.T).ravel()
        if sums.min() < sums.max():
            return True
        verdicts = [self._find(row, sums[0] + 1, np.inf), self._find(row, 0, sums[0] - 1)]
        return True if True in verdicts else None if None in verdicts else False

    def _find(self, row: Any, low: float, high: float) -> bool | None:
        if low > high:
            return False
        return self._solve(np.zeros(self._size), LinearConstraint(row.astype(float), low, high))

    def _solve(self, price: Any, *also: LinearConstraint) -> bool | None:
        """Whether there is such a table of whole numbers; it is kept once multiplied out."""
        left = MOST_SECONDS
        if self._deadline is not None:
            left = max(0.01, min(left, self._deadline - time.monotonic()))
        answer = milp(
            price, integrality=np.ones(self._size), bounds=Bounds(0.0, MOST_PEOPLE),
            constraints=[self._rows, *also], options={"time_limit": left},
        )  # fmt: skip
        if answer.status == INFEASIBLE:
            return False
        if answer.x is None:
            return None
        table = np.rint(answer.x).astype(np.int64)
        facts = self._view.facts
        sums = facts.rows @ table
        fits = ((sums >= facts.low) & (sums <= facts.high)).all()
        fits &= all(((c.A @ table >= c.lb) & (c.A @ table <= c.ub)).all() for c in also)
        if not fits:
            return None
        self._tables = np.vstack([self._tables, table[None, :]])
        return True


def _places(labels: Sequence[Label]) -> dict[tuple[int, tuple[int, ...], tuple[str, ...]], int]:
    return {(label.table, label.levels, label.codes): i for i, label in enumerate(labels)}


def _group(table: ProtectedTable, label: Label, by_box: Mapping[Any, int]) -> int | None:
    """The group whose sensitive answer a cell is; None: it is none."""
    policy, states = table.policy, frozenset(STATES)
    if not any(v in policy.sensitive and not codes <= states for v, codes in label.box.items()):
        return None
    box = frozenset((v, codes) for v, codes in label.box.items() if policy.is_breakdown(v))
    return by_box.get(box)


def _told(
    table: ProtectedTable, own: int, labels: Sequence[Label], by_box: Mapping[Any, int],
    where: Mapping[Any, int],
) -> set[tuple[int, int, int]]:  # fmt: skip
    """What flags, or their absence, tell of the size of groups: (cell, least, most)."""
    policy = table.policy
    told: set[tuple[int, int, int]] = set()
    if policy.breakdowns is None or not policy.flag_below:
        return told
    for cell in table.cells:
        if not cell.value:
            continue
        box = labels[where[own, cell.levels, cell.codes]].box
        group = by_box.get(frozenset((v, c) for v, c in box.items() if policy.is_breakdown(v)))
        if group is not None:
            flagged = cell.mark is CellMark.FLAGGED
            low = policy.group_minimum if flagged else policy.flag_below
            told.add((group, low, policy.flag_below - 1 if flagged else int(NO_BOUND)))
    return told
