"""Tables nobody prints but a difference of printed ones would give.

A table of everybody and one of women give one of men; a filter on {a, b} and one on {a} give
one on {b}; codes merged in two overlapping ways give the codes themselves. The cells of such
tables are targets too. The table without the filter is among them: its cells are the groups
that a filter on an answer is judged against.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product

from anonymisation.tables.spec import Domain
from schemas.tables import TableSpec


def derivable_specs(specs: Iterable[TableSpec], domain: Domain) -> list[TableSpec]:
    """For every filtered table, the same table on every piece its filters cut, and unfiltered.

    A filter's pieces are its complement and the parts into which all filters on the variable
    cut its codes. Where two tables merge a variable's codes differently, both unmerged.
    """
    every = list(specs)
    cuts: dict[str, set[frozenset[str]]] = {}
    merges: dict[str, set[tuple[str, ...]]] = {}
    for spec in every:
        for variable, codes in spec.where.items():
            cuts.setdefault(variable, set()).add(frozenset(codes))
        for merge in spec.merge:
            merges.setdefault(merge.variable, set()).add(tuple(sorted(merge.codes)))
    crossing = {v for v, sets in merges.items() if _cross(sets)}
    found: dict[str, TableSpec] = {}
    asked = {spec.canonical() for spec in every}
    for spec in every:
        kept = tuple(m for m in spec.merge if m.variable not in crossing)
        filters = list(spec.where)
        for choice in product(*(_pieces(cuts[v], domain[v], spec.where[v]) for v in filters)):
            where = {v: codes for v, codes in zip(filters, choice, strict=True) if codes}
            other = spec.model_copy(update={"where": where, "merge": kept}).normalised()
            if other.canonical() not in asked:
                found.setdefault(other.canonical(), other)
    return [found[key] for key in sorted(found)]


def _cross(sets: set[tuple[str, ...]]) -> bool:
    pairs = [(set(a), set(b)) for a in sets for b in sets if a < b]
    return any(a & b and not (a <= b or b <= a) for a, b in pairs)


def _pieces(
    cuts: set[frozenset[str]], codes: tuple[str, ...], own: tuple[str, ...]
) -> list[tuple[str, ...]]:
    """Sets of codes to filter by; the empty one stands for no filter."""
    ordered = sorted(cuts, key=sorted)
    groups: dict[tuple[bool, ...], list[str]] = {}
    for code in codes:
        groups.setdefault(tuple(code in cut for cut in ordered), []).append(code)
    pieces = {tuple(sorted(group)) for group in groups.values()}
    pieces.add(tuple(sorted(own)))
    pieces.add(tuple(sorted(set(codes) - set(own))))
    pieces.add(())
    return sorted(pieces)
