"""Which published rows could be a person whose true values are known.

Reads published values by what they mean: a mark and `*` cover everything, a range what lies in
it, a code what lies under it. Shares no code with the algorithms that made them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from anonymisation.hierarchy import TOP
from anonymisation.records.errors import BadRecords
from anonymisation.records.hierarchies import resolve
from anonymisation.records.marks import SUPPRESSED, OneOf, Range
from anonymisation.records.roles import QuasiIdentifier, Roles
from anonymisation.records.values import hashed, text

Codes = npt.NDArray[Any]
AT_ONCE = 2048


@dataclass(frozen=True, eq=False)
class Link:
    """Distinct true keys against distinct published rows.

    `true` and `published`: per column (keys,) and (rows,) codes; `covers`: per column (true
    values, published values); `true_of_records`, `published_of_records` (records,).
    """

    true: list[Codes]
    published: list[Codes]
    covers: list[npt.NDArray[np.bool_]]
    true_of_records: Codes
    published_of_records: Codes


def covers(
    truth: pd.DataFrame,
    published: pd.DataFrame,
    roles: Roles,
    levels: Mapping[str, int],
    names: Sequence[str] | None = None,
) -> Link:
    """The link of two files over the quasi-identifiers, or those named.

    `levels`: the level of a column's codes; without it, a code covers whatever lies under it at
    any level.

    Raises:
        BadRecords: a published value means nothing in its hierarchy.
    """
    chosen = list(roles.quasi_identifiers) if names is None else list(names)
    true, shown, tables = [], [], []
    for name in chosen:
        mine, values = distinct_values(truth[name])
        theirs, codes = distinct_values(published[name])
        role = roles.quasi_identifiers[name]
        true.append(mine)
        shown.append(theirs)
        tables.append(_covered(name, values, codes, role, levels.get(name)))
    true_rows, true_of = _distinct(true)
    shown_rows, shown_of = _distinct(shown)
    return Link(true_rows, shown_rows, tables, true_of, shown_of)


def matches(link: Link) -> Iterator[tuple[Codes, Codes]]:
    """All pairs of a true key and a published row that covers it, in parts.

    Column by column, and only for what is left: keys that begin alike are tried once. Cost: the
    pairs left after each column.
    """
    if not len(link.true[0]) or not len(link.published[0]):
        return
    selective = sorted(range(len(link.covers)), key=lambda i: float(link.covers[i].mean()))
    order = np.lexsort([link.true[i] for i in reversed(selective)])
    for low in range(0, len(order), AT_ONCE):
        keys = order[low : low + AT_ONCE]
        prefix = np.zeros(len(keys), dtype=np.int64)
        row = np.arange(len(link.published[0]))
        starts = np.array([0, len(row)])
        for column in selective:
            value = link.true[column][keys]
            new = np.ones(len(keys), dtype=bool)
            new[1:] = (np.diff(prefix) != 0) | (np.diff(value) != 0)
            first = np.flatnonzero(new)
            parent, value = prefix[first], value[first]
            prefix = np.cumsum(new) - 1
            length = starts[parent + 1] - starts[parent]
            child = np.repeat(np.arange(len(first)), length)
            offset = np.arange(len(child)) - np.repeat(np.cumsum(length) - length, length)
            found = row[starts[parent][child] + offset]
            fits = link.covers[column][value[child], link.published[column][found]]
            row, child = found[fits], child[fits]
            starts = np.concatenate([[0], np.cumsum(np.bincount(child, minlength=len(first)))])
        yield keys[np.repeat(np.arange(len(first)), np.diff(starts))], row


def _covered(
    name: str, truths: list[Any], codes: list[Any], role: QuasiIdentifier, level: int | None
) -> npt.NDArray[np.bool_]:
    known = [value for value in truths if not empty(value) and not unknown(value, role)]
    known.sort()
    texts = [text(value) for value in known]
    rows = resolve(role.hierarchy, name, texts).rows if known else ()
    lines = {row[0]: row for row in rows}
    table = np.zeros((len(truths), len(codes)), dtype=bool)
    names_of = [frozenset(lines.get(text(v), (text(v),))) for v in truths]
    for j, shown in enumerate(codes):
        if shown is SUPPRESSED or (isinstance(shown, str) and shown == TOP):
            table[:, j] = True
        elif isinstance(shown, Range):
            table[:, j] = [not empty(v) and _between(shown, v) for v in truths]
        elif isinstance(shown, OneOf):
            table[:, j] = [_is_one(v, shown) for v in truths]
        elif empty(shown):
            table[:, j] = [empty(v) for v in truths]
        elif level is not None:
            table[:, j] = [_at(lines, v, level) == text(shown) for v in truths]
        else:
            table[:, j] = [text(shown) in found for found in names_of]
        if not table[:, j].any() and not _meant(shown, rows):
            raise BadRecords(
                f"{name!r} publishes {text(shown)!r}, which its hierarchy does not have.",
                remedy="Give the hierarchy the file was made with.",
            )
    # What nobody knows of a person rules nothing out.
    table[[unknown(value, role) for value in truths], :] = True
    return table


def _at(lines: Mapping[str, tuple[str, ...]], value: Any, level: int) -> str | None:
    line = lines.get(text(value))
    if line is None:
        return text(value) if level == 0 else None
    return line[min(level, len(line) - 1)]


def _meant(shown: Any, rows: Sequence[tuple[str, ...]]) -> bool:
    """A coarser code or value of which the other file has nobody is no error."""
    if isinstance(shown, Range | OneOf) or empty(shown):
        return True
    return any(text(shown) in row for row in rows) or len(rows) == 0 or len(rows[0]) == 2


def _between(shown: Range, value: Any) -> bool:
    return bool(shown.low <= value <= shown.high)


def _is_one(value: Any, shown: OneOf) -> bool:
    return any(v == value or (empty(v) and empty(value)) for v in shown.values)


def unknown(value: Any, role: QuasiIdentifier) -> bool:
    """Whether the value is declared to say nothing."""
    return any(value == m or (empty(value) and empty(m)) for m in role.missing)


def empty(value: Any) -> bool:
    """Whether the cell is empty, in any of the ways pandas knows."""
    return value is None or value is pd.NA or value is pd.NaT or value != value


def distinct_values(column: pd.Series) -> tuple[Codes, list[Any]]:
    """Codes (records,), and the value of each; empty cells are one, the last. Categories that
    no record has are left out."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        codes, found = column.cat.codes.to_numpy().astype(np.int64), list(column.cat.categories)
        used = np.bincount(codes + 1, minlength=len(found) + 1)[1:] > 0
        if not used.all():
            codes = np.append(np.cumsum(used) - 1, -1)[codes]
            found = [value for value, there in zip(found, used, strict=True) if there]
    else:
        codes, found = hashed(column)
    if (codes < 0).any():
        codes = np.where(codes < 0, len(found), codes)
        found.append(np.nan)
    return codes, found


def _distinct(columns: list[Codes]) -> tuple[list[Codes], Codes]:
    key, radix = np.zeros(len(columns[0]), dtype=np.int64), 1
    for codes in columns:
        size = int(codes.max(initial=0)) + 1
        if radix * size >= 1 << 62:
            distinct, key = np.unique(key, return_inverse=True)
            radix = len(distinct)
        key, radix = key * size + codes, radix * size
    _, first, inverse = np.unique(key, return_index=True, return_inverse=True)
    return [codes[first] for codes in columns], inverse
