"""The node of the lattice with the least loss, and the proof that there is none better.

Evaluating a node bounds every finer one: the records it withholds they withhold too, at a
coarseness that is known exactly. A node of a few columns, all others at `*`, bounds by that
subset alone (Incognito's subset property); any node in between bounds by what it keeps. The
search evaluates the nodes guessed to settle most of what is open, until no bound lies below the
best loss found: then lower bound and loss are one number.

Source: Samarati 2001 (lattice), LeFevre, DeWitt and Ramakrishnan 2005 (subsets), Kohlmayer et
al. 2012 (what predictable pruning brings). The bounds and the order are our own.
"""

from __future__ import annotations

from dataclasses import dataclass

from anonymisation.records.errors import BadRecords, CannotMeet
from anonymisation.records.lattice import Node
from anonymisation.records.problem import Problem
from anonymisation.records.search import TOLERANCE, Search
from anonymisation.records.table import Table
from anonymisation.records.whole import search_whole

LARGEST = 20_000_000


@dataclass(frozen=True)
class Optimum:
    """The best node found. `bound`: no node has less loss than this; `evaluated` nodes."""

    node: Node
    loss: float
    withheld: int
    bound: float
    evaluated: int
    lattice: int

    @property
    def proven(self) -> bool:
        """Whether bound and loss are one number."""
        return self.loss - self.bound <= TOLERANCE


def optimum(table: Table, most_withheld: int, *, most_nodes: int | None = None) -> Optimum:
    """The node of least loss that withholds at most so many records; deterministic.

    `most_nodes` bounds the nodes evaluated; the result may then be unproven. Cost: at worst a
    sort of the unique rows for each node of the lattice; memory grows with unique rows times
    levels (at most 128 MB) and with the lattice (about 40 bytes a node).

    Raises:
        BadRecords: the lattice is larger than 20 million nodes.
        CannotMeet: no node withholds so few, or none was found among `most_nodes`.
    """
    problem = Problem.of(table)
    if problem.lattice.size > LARGEST:
        raise BadRecords(
            f"The lattice has {problem.lattice.size} nodes.",
            remedy="Use fewer levels or columns, or method='mondrian'.",
        )
    search = Search(problem, most_withheld, most_nodes)
    found = search_whole(search) if most_withheld == 0 else search.run()
    if found.node is None:
        raise CannotMeet(
            f"No combination of levels keeps the models with {most_withheld} records withheld.",
            remedy="Raise the limit, lower k, or add levels.",
        )
    loss = float(found.loss)
    bound = min(loss, float(found.bound.min()))
    return Optimum(found.node, loss, found.withheld, bound, found.evaluated, problem.lattice.size)
