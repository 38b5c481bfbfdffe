"""How many people a frame counts in a group's area, and the small areas that follow by subtraction.

A region printed beside all its large municipalities gives its small ones together; what is left
of the total beside some printed regions gives small ones of several regions together. Such
unions are areas like any other: with too few people in the frame their counts are targets.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, product

import pandas as pd

from anonymisation.errors import BadTable
from anonymisation.tables.spec import Domain, Part, SpecAxis
from anonymisation.tables.whole import whole_numbers
from schemas.tables import STATES, TOTAL_LEVEL, TableSpec

Box = Mapping[str, frozenset[str]]


def is_area(codes: frozenset[str]) -> bool:
    """Whether the codes are of areas: a way of having none is no area."""
    return not codes <= frozenset(STATES)


@dataclass(frozen=True)
class Population:
    """Figures of a named frame by leaf codes of its `variables` (area first, age bands, …).

    `minimum` is the least population tables are judged by: tabulating adds the unions of areas
    below it. A combination without a figure counts nobody.
    """

    frame: str
    variables: tuple[str, ...]
    figures: Mapping[tuple[str, ...], int]
    minimum: int = 100

    @classmethod
    def of(cls, rows: pd.DataFrame, count: str, *, frame: str, minimum: int = 100) -> Population:
        """The figures in a frame of one row per combination, with its people in column `count`.

        Raises:
            BadTable: a column is missing, a figure negative or fractional, a row given twice.
        """
        if count not in rows.columns:
            raise BadTable(
                f"The population figures have no column {count!r}.", remedy="Name it in the header."
            )
        variables = tuple(str(c) for c in rows.columns if c != count)
        if not variables:
            raise BadTable("The population figures name no area.", remedy="Give a column of codes.")
        people = whole_numbers(rows[count], count)
        keys = list(zip(*(rows[v].astype(str) for v in variables), strict=True))
        if len(set(keys)) != len(keys):
            twice = next(key for key in keys if keys.count(key) > 1)
            raise BadTable(
                f"The population figures give {' × '.join(twice)} twice.",
                remedy="Keep one row for each.",
            )
        figures = {key: int(n) for key, n in zip(keys, people, strict=True)}
        return cls(frame, variables, figures, minimum)

    def of_box(self, box: Box) -> int:
        """People of the frame within a cell's codes; variables the frame lacks do not narrow."""
        return sum(
            people
            for key, people in self.figures.items()
            if all(code in box[v] for v, code in zip(self.variables, key, strict=True) if v in box)
        )

    def check_covers(self, domain: Domain) -> None:
        """Every code with a figure is one of the domain.

        Raises:
            BadTable: one is not, so the figures are of other areas.
        """
        for place, variable in enumerate(self.variables):
            known = set(domain.get(variable, ()))
            unknown = sorted({key[place] for key in self.figures} - known) if known else []
            if unknown:
                raise BadTable(
                    f"The population figures have the code {unknown[0]!r} of {variable!r}, which"
                    " its list lacks.",
                    remedy="Use the same code list for both.",
                )

    def unions(
        self, specs: Iterable[tuple[TableSpec, tuple[SpecAxis, ...]]]
    ) -> Iterator[TableSpec]:
        """For each table, the same table on every union of too small areas under one parent.

        All the small ones under a parent together: they are what is left of it beside large
        ones. Where parents may be withheld themselves, those of every two of them too. Bands
        likewise within each area. Cost: for each part of the other axes, one union per parent,
        and the square of the parents under one grandparent.
        """
        for spec, axes in specs:
            known = [axis for axis in axes if axis.variable in self.variables]
            for axis in known:
                others = [other for other in known if other is not axis]
                for parts in product(*(other.parts for other in others)):
                    rest = {o.variable: p.leaves for o, p in zip(others, parts, strict=True)
                            if p.level != TOTAL_LEVEL}  # fmt: skip
                    if all(is_area(codes) for codes in rest.values()):
                        for leaves in self._small_unions(axis, self._within(spec, rest)):
                            yield _narrowed(spec, {**rest, axis.variable: leaves})

    def _within(self, spec: TableSpec, rest: Box) -> Box:
        filters = {v: frozenset(codes) for v, codes in spec.where.items()}
        return {v: codes for v, codes in (filters | dict(rest)).items() if v in self.variables}

    def _small_unions(self, axis: SpecAxis, rest: Box) -> list[frozenset[str]]:
        """Unions of at least two parts, below the minimum, in the order they are met."""
        found: dict[frozenset[str], None] = {}
        for parent in axis.parts:
            below = [
                self._small_part(part, axis, rest)
                for part in axis.parts
                if part.level != TOTAL_LEVEL
                and part.leaves < parent.leaves
                and not any(part.leaves < p.leaves < parent.leaves for p in axis.parts)
            ]
            parts = list(dict.fromkeys(p for p in below if p))
            inner = any(o.leaves < p.leaves < parent.leaves for p in axis.parts for o in axis.parts)
            pairs = combinations(parts, 2) if inner else ()
            for chosen in [*pairs, tuple(parts)]:
                union = frozenset[str]().union(*chosen)
                if len(chosen) > 1 and self._few(axis, union, rest):
                    found[union] = None
        return list(found)

    def _small_part(self, part: Part, axis: SpecAxis, rest: Box) -> frozenset[str]:
        """The finest areas of the axis within a part that are too small, together."""
        finest = [
            p.leaves
            for p in axis.parts
            if p.leaves <= part.leaves
            and is_area(p.leaves)
            and not any(other.leaves < p.leaves for other in axis.parts)
            and self._few(axis, p.leaves, rest)
        ]
        return frozenset[str]().union(*finest)

    def _few(self, axis: SpecAxis, leaves: frozenset[str], rest: Box) -> bool:
        return self.of_box({**rest, axis.variable: leaves}) < self.minimum


def _narrowed(spec: TableSpec, to: Box) -> TableSpec:
    where = {**spec.where, **{v: tuple(sorted(codes)) for v, codes in to.items()}}
    return spec.model_copy(update={"where": where, "merge": ()}).normalised()
