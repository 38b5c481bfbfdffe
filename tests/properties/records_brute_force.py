"""Anonymised records by their definitions: every node, every class, one record at a time.

Shares nothing with the package but the plain meaning of the words.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from random import Random

Row = tuple[str, ...]
Lines = list[list[str]]
Rule = Callable[[list[int]], bool]


@dataclass(frozen=True)
class Instance:
    """Records over quasi-identifiers, a hierarchy for each, and one sensitive answer each."""

    rows: list[Row]
    hierarchies: list[Lines]
    answers: list[str]
    weights: list[float]


def random_instance(seed: int) -> Instance:
    """Two to four columns of two to six leaves with up to three levels; 6 to 40 records."""
    chance = Random(seed)
    columns = chance.randint(2, 4)
    hierarchies = [_random_hierarchy(chance) for _ in range(columns)]
    count = chance.randint(6, 40)
    skew = chance.choice([0.5, 1.0, 2.5])
    rows = [
        tuple(lines[int(len(lines) * chance.random() ** skew)][0] for lines in hierarchies)
        for _ in range(count)
    ]
    answers = [chance.choice("aaabbc") for _ in range(count)]
    weights = [float(chance.choice([1, 1, 2, 0.5])) for _ in range(columns)]
    return Instance(rows, hierarchies, answers, weights)


def _random_hierarchy(chance: Random) -> Lines:
    leaves = [f"v{i}" for i in range(chance.randint(2, 6))]
    lines = [[leaf] for leaf in leaves]
    for level in range(chance.randint(0, 2)):
        codes = sorted({line[-1] for line in lines})
        parents = {code: f"g{level}.{chance.randrange(max(1, len(codes) - 1))}" for code in codes}
        for line in lines:
            line.append(parents[line[-1]])
    chance.shuffle(lines)
    return [[*line, "*"] for line in lines]


def nodes(instance: Instance) -> list[tuple[int, ...]]:
    """Every combination of levels."""
    return list(product(*(range(len(lines[0])) for lines in instance.hierarchies)))


def classes(instance: Instance, node: Sequence[int]) -> dict[Row, list[int]]:
    """Records by what they would publish at a node."""
    tables = [{line[0]: line for line in lines} for lines in instance.hierarchies]
    found: dict[Row, list[int]] = {}
    for number, row in enumerate(instance.rows):
        key = tuple(t[v][level] for t, v, level in zip(tables, row, node, strict=True))
        found.setdefault(key, []).append(number)
    return found


def loss(instance: Instance, node: Sequence[int], kept: set[int]) -> float:
    """Mean normalised leaf share, records not kept counting 1."""
    total = 0.0
    for lines, level, column in zip(instance.hierarchies, node, range(len(node)), strict=True):
        table = {line[0]: line[level] for line in lines}
        sizes = Counter(table.values())
        for number, row in enumerate(instance.rows):
            share = (sizes[table[row[column]]] - 1) / (len(lines) - 1)
            total += instance.weights[column] * (share if number in kept else 1.0)
    return total / sum(instance.weights) / len(instance.rows)


def kept_at(
    instance: Instance,
    node: Sequence[int],
    rule: Rule,
    subset: tuple[int, ...] = (),
    subset_k: int = 0,
) -> set[int]:
    """The most records that can be published at a node: whole classes that keep the rule, and of
    those again and again only such that enough published records look alike on the subset."""
    found = classes(instance, node)
    kept = {i for members in found.values() if rule(members) for i in members}
    key_of = {i: key for key, members in found.items() for i in members}
    while subset:
        sizes = Counter(tuple(key_of[i][c] for c in subset) for i in kept)
        left = {i for i in kept if sizes[tuple(key_of[i][c] for c in subset)] >= subset_k}
        if left == kept:
            break
        kept = left
    return kept


def best(instance: Instance, limit: int, rule: Rule, *subset: object) -> float:
    """The least loss of all nodes that withhold at most so many; infinite where none does."""
    least = math.inf
    for node in nodes(instance):
        kept = kept_at(instance, node, rule, *subset)  # type: ignore[arg-type]
        if len(instance.rows) - len(kept) <= limit:
            least = min(least, loss(instance, node, kept))
    return least


def entropy(values: Sequence[str]) -> float:
    """Entropy of the values, natural logarithm."""
    counts = Counter(values).values()
    return -sum(c / len(values) * math.log(c / len(values)) for c in counts)


def recursive(values: Sequence[str], c: float, rank: int) -> bool:
    """Recursive (c, l)-diversity: the most frequent is rarer than c times all from the l-th on."""
    counts = sorted(Counter(values).values(), reverse=True)
    return counts[0] < c * sum(counts[rank - 1 :])


def moved(values: Sequence[str], whole: Sequence[str]) -> float:
    """Half the sum of absolute differences of the two distributions."""
    inside, outside = Counter(values), Counter(whole)
    return sum(abs(inside[v] / len(values) - outside[v] / len(whole)) for v in outside) / 2


def moved_in_order(values: Sequence[str], whole: Sequence[str]) -> float:
    """Earth mover's distance over the values' alphabetical order."""
    inside, outside = Counter(values), Counter(whole)
    names = sorted(outside)
    total = carried = 0.0
    for name in names:
        carried += inside[name] / len(values) - outside[name] / len(whole)
        total += abs(carried)
    return total / max(1, len(names) - 1)
