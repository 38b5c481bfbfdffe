"""The words of a command for how tables are cut: levels, totals, merged codes and states.

They hold for every table of a run that has the variable. `words_of_shape` writes a table in the
same words, so that a coarser table offered can be asked for as it stands.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import click

from anonymisation.console import pair
from anonymisation.errors import BadTable
from schemas.tables import Merge, TableSpec

OPTIONS: list[Callable[[Any], Any]] = [
    click.option("--levels", multiple=True,
                 help="Hierarchy levels that get cells: VARIABLE=0,1 (0: the leaves)."
                      " Default: all."),
    click.option("--margins", default="all", show_default=True,
                 help="Variables that get totals: all, none, or VARIABLE,VARIABLE."),
    click.option("--merge", multiple=True,
                 help="Codes counted as one: VARIABLE:NAME=CODE,CODE."),
    click.option("--states", type=click.Choice(["apart", "merged"]), default="apart",
                 show_default=True, help="Ways of having no answer apart, or as one."),
]  # fmt: skip


@dataclass(frozen=True)
class Shape:
    """What the options say, for the tables of one run."""

    levels: dict[str, tuple[int, ...]]
    margins: Literal["all", "none"] | tuple[str, ...]
    merge: tuple[Merge, ...]
    states: Literal["apart", "merged"]

    @classmethod
    def read(
        cls, levels: Sequence[str], margins: str, merge: Sequence[str],
        states: Literal["apart", "merged"],
    ) -> Shape:  # fmt: skip
        """The options as given.

        Raises:
            ValueError: one is not of its form.
        """
        named = margins if margins in ("all", "none") else tuple(_listed(margins))
        merged = []
        for text in merge:
            name, codes = pair(text)
            variable, colon, new = name.partition(":")
            if not colon or not variable or not new:
                raise ValueError(f"{text!r} is not of the form VARIABLE:NAME=CODE,CODE.")
            merged.append(Merge(variable=variable, name=new, codes=tuple(_listed(codes))))
        return cls({v: _numbers(v, n) for v, n in map(pair, levels)}, named, tuple(merged), states)  # type: ignore[arg-type]

    def check_used(self, specs: Sequence[TableSpec]) -> None:
        """Every variable named is in a table.

        Raises:
            BadTable: one is in none.
        """
        there = {v for spec in specs for v in spec.variables}
        totals = () if isinstance(self.margins, str) else self.margins
        for name in (*self.levels, *totals, *(m.variable for m in self.merge)):
            if name not in there:
                raise BadTable(f"No table has the variable {name!r}.", remedy="Correct its name.")

    def of(self, spec: TableSpec) -> TableSpec:
        """The table cut as the options say, as far as it has their variables."""
        mine = set(spec.variables)
        levels = {v: n for v, n in self.levels.items() if v in mine}
        margins = self.margins
        if not isinstance(margins, str):
            margins = tuple(v for v in margins if v in mine) or "none"
        merge = [m for m in self.merge if m.variable in mine]
        return TableSpec(
            spec.variables, levels or "all", margins, self.states, merge, dict(spec.where)
        )


def words_of_shape(spec: TableSpec) -> str:
    """The table as an argument of --table, with the options that cut it so."""
    words = ["*".join(spec.variables)]
    if not isinstance(spec.levels, str):
        for variable in spec.levels:
            words += ["--levels", f"{variable}={','.join(map(str, spec.levels[variable]))}"]
    if spec.margins != "all":
        totals = spec.margins if isinstance(spec.margins, str) else ",".join(spec.margins)
        words += ["--margins", totals]
    for merge in spec.merge:
        words += ["--merge", f"{merge.variable}:{merge.name}={','.join(merge.codes)}"]
    if spec.states != "apart":
        words += ["--states", spec.states]
    return " ".join([words[0], *map(shlex.quote, words[1:])])


def _listed(text: str) -> list[str]:
    found = [part.strip() for part in text.split(",")]
    if not all(found):
        raise ValueError(f"{text!r} has an empty place between commas.")
    return found


def _numbers(variable: str, text: str) -> tuple[int, ...]:
    found = _listed(text)
    if not all(part.isdecimal() for part in found):
        raise ValueError(f"--levels {variable}={text}: levels are whole numbers, 0 the leaves.")
    return tuple(int(part) for part in found)
