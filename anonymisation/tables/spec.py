"""From a table as asked to its axes: which sets of leaf codes its cells count."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from anonymisation.errors import BadTable
from anonymisation.hierarchy import Hierarchy
from schemas.tables import MERGED_STATE, STATES, TOTAL, TOTAL_LEVEL, Merge, TableSpec

__all__ = ["Merge", "Part", "SpecAxis", "TableSpec", "axes_of"]

Domain = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Part:
    """One row or column: a code at a level and the leaf codes it counts."""

    code: str
    level: int
    leaves: frozenset[str]
    parent: str | None = None


@dataclass(frozen=True)
class SpecAxis:
    """The parts of one variable in print order, the total last; `total` says if it is printed."""

    variable: str
    parts: tuple[Part, ...]
    total_printed: bool


def axes_of(
    spec: TableSpec, domain: Domain, hierarchies: Mapping[str, Hierarchy]
) -> tuple[SpecAxis, ...]:
    """The axes of a table, one per variable.

    Raises:
        BadTable: a variable, code or level is unknown.
        BadHierarchy: a hierarchy lacks a code of the domain.
    """
    check_names(spec, domain)
    return tuple(_axis(spec, variable, domain, hierarchies) for variable in spec.variables)


def check_names(spec: TableSpec, domain: Domain) -> None:
    """Every variable and code the table names is one of the domain.

    Raises:
        BadTable: one is not.
    """
    if not spec.variables:
        raise BadTable("The table has no variable.", remedy="Name at least one.")
    named = [*spec.variables, *spec.where, *(merge.variable for merge in spec.merge)]
    if not isinstance(spec.levels, str):
        named += list(spec.levels)
    for variable in named:
        if variable not in domain:
            raise BadTable(f"There is no variable {variable!r}.", remedy="See the code lists.")
    wanted = [(v, c) for v, codes in spec.where.items() for c in codes]
    wanted += [(merge.variable, c) for merge in spec.merge for c in merge.codes]
    for variable, code in wanted:
        if code not in domain[variable]:
            raise BadTable(f"{variable!r} has no code {code!r}.", remedy="See its code list.")


def _axis(
    spec: TableSpec, variable: str, domain: Domain, hierarchies: Mapping[str, Hierarchy]
) -> SpecAxis:
    codes = domain[variable]
    kept = frozenset(spec.where.get(variable, codes))
    plain = tuple(code for code in codes if code not in STATES)
    hierarchy = hierarchies.get(variable)
    if hierarchy is not None:
        hierarchy.check_covers(plain)
    renamed = _renamed(spec, variable, codes)
    parts: list[Part] = []
    levels = _levels(spec, variable, hierarchy)
    for place, level in enumerate(levels):
        upper = levels[place + 1] if place + 1 < len(levels) else None
        sets: dict[str, set[str]] = {}
        for code in plain:
            at = _name(hierarchy, renamed, code, level)
            sets.setdefault(at, set()).add(code)
        if TOTAL in sets:
            raise BadTable(
                f"{variable!r} has the code {TOTAL!r} below its top, which stands for totals.",
                remedy="Recode it.",
            )
        for name, leaves in sets.items():
            if leaves & kept:
                first = next(code for code in plain if code in leaves)
                parent = None if upper is None else _name(hierarchy, renamed, first, upper)
                parts.append(Part(name, level, frozenset(leaves & kept), parent))
    parts += _state_parts(codes, renamed, kept)
    parts.append(Part(TOTAL, TOTAL_LEVEL, kept))
    total = spec.margins == "all" or (spec.margins != "none" and variable in spec.margins)
    return SpecAxis(variable, tuple(parts), total)


def _name(hierarchy: Hierarchy | None, renamed: Mapping[str, str], code: str, level: int) -> str:
    if level == 0:
        return renamed.get(code, code)
    return code if hierarchy is None else hierarchy.at(code, level)


def _state_parts(
    codes: tuple[str, ...], renamed: Mapping[str, str], kept: frozenset[str]
) -> list[Part]:
    """Ways of having no value stand once, whatever the levels: they have no hierarchy."""
    sets: dict[str, set[str]] = {}
    for code in codes:
        if code in STATES:
            sets.setdefault(renamed.get(code, code), set()).add(code)
    return [Part(n, 0, frozenset(s & kept)) for n, s in sets.items() if s & kept]


def _renamed(spec: TableSpec, variable: str, codes: tuple[str, ...]) -> dict[str, str]:
    names: dict[str, str] = {}
    if spec.states == "merged":
        names = {code: MERGED_STATE for code in codes if code in STATES}
    for merge in spec.merge:
        if merge.variable != variable:
            continue
        states = {code in STATES for code in merge.codes}
        if len(states) > 1:
            raise BadTable(
                f"{merge.name!r} merges values of {variable!r} with ways of having none.",
                remedy="Merge either values or states.",
            )
        for code in merge.codes:
            if code in names and names[code] != MERGED_STATE:
                raise BadTable(f"{code!r} of {variable!r} is merged twice.", remedy="Keep one.")
            names[code] = merge.name
    taken = set(codes) - set(names)
    for name in set(names.values()):
        if name in taken or name == TOTAL:
            raise BadTable(
                f"{name!r} is a code of {variable!r} already.", remedy="Choose another name."
            )
    return names


def _levels(spec: TableSpec, variable: str, hierarchy: Hierarchy | None) -> tuple[int, ...]:
    top = 1 if hierarchy is None else hierarchy.height
    asked = None if isinstance(spec.levels, str) else spec.levels.get(variable)
    if asked is None:
        return tuple(range(top))
    for level in asked:
        if not 0 <= level < top:
            raise BadTable(
                f"{variable!r} has no level {level}.", remedy=f"Use a level from 0 to {top - 1}."
            )
    if not asked:
        raise BadTable(f"No level of {variable!r} is asked for.", remedy="Name one.")
    return tuple(sorted(set(asked)))
