"""Sensitive columns and households as codes, in the order their role gives."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from anonymisation.records.classes import Answer
from anonymisation.records.errors import BadRecords
from anonymisation.records.hierarchies import resolve
from anonymisation.records.roles import Sensitive
from anonymisation.records.rows import Ints, UniqueRows
from anonymisation.records.values import factorise, text


def answer_codes(column: pd.Series) -> tuple[Ints, int]:
    """Codes in the order of the values, empty cells last, and how many codes there are."""
    found, values, empty = factorise(column)
    ordered = isinstance(column.dtype, pd.CategoricalDtype) and bool(column.cat.ordered)
    order = range(len(values)) if ordered else sorted(range(len(values)), key=values.__getitem__)
    place = np.empty(len(values) + 1, dtype=np.int64)
    place[list(order)] = np.arange(len(values))
    place[-1] = len(values)
    return place[found], len(values) + empty


def answer(column: pd.Series, role: Sensitive, codes: Ints, rows: UniqueRows) -> Answer:
    """The answer over the unique rows, its values in the role's order."""
    found, values, empty = factorise(column)
    del found
    ordered = isinstance(column.dtype, pd.CategoricalDtype) and bool(column.cat.ordered)
    values = list(values) if ordered else sorted(values)
    texts = [text(value) for value in values]
    if role.order:
        wanted = [text(value) for value in role.order]
        lost = [word for word in texts if word not in wanted]
        if lost:
            raise BadRecords(
                f"{str(column.name)!r} holds {lost[0]!r}, which its order misses.",
                remedy="Name every value.",
            )
        place = np.array([wanted.index(word) for word in texts] + [len(wanted)], dtype=np.int64)
        codes, count = place[codes], len(wanted) + empty
    else:
        wanted, count = texts, len(texts) + empty
    levels: tuple[Ints, ...] = ()
    if role.hierarchy is not None:
        hierarchy = resolve(role.hierarchy, str(column.name), wanted)
        above = [[hierarchy.at(word, level) for word in wanted]
                 for level in range(hierarchy.height + 1)]  # fmt: skip
        levels = tuple(_numbered(words, blank=empty) for words in above)
    whole = np.bincount(codes, rows.weight.astype(float), minlength=count)
    return Answer(codes, whole, levels)


def _numbered(words: Sequence[str], *, blank: bool) -> Ints:
    seen: dict[str, int] = {}
    numbers = [seen.setdefault(word, len(seen)) for word in words]
    # An empty cell is as far from every value as values can be.
    return np.array(numbers + ([len(seen)] if blank else []), dtype=np.int64)
