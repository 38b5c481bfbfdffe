"""From columns of codes to whole numbers per inner cell, and to who contributes where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp

from anonymisation.errors import BadTable
from anonymisation.tables.blocks import Blocks
from anonymisation.tables.spec import Domain
from anonymisation.tables.whole import whole_numbers

Missing = str | Mapping[str, str]


@dataclass(frozen=True)
class Counted:
    """What the inner cells of all blocks hold.

    `counts` int64 (inner,): records, or contributions. `members` csr (insiders, inner).
    `amounts`, `present`: csr (contributors, inner), only where contributions are summed.
    """

    counts: Any
    members: Any
    amounts: Any = None
    present: Any = None


def with_codes(
    frame: pd.DataFrame, names: Sequence[str], domain: Domain | None, missing: Missing | None
) -> tuple[pd.DataFrame, dict[str, tuple[str, ...]]]:
    """The frame's columns as text, empty values given their declared code, and all code lists.

    Raises:
        BadTable: there are no records; a column is missing or stands twice; it has empty values
            and no code is declared for them; it has a code its list lacks.
    """
    if len(frame) == 0:
        raise BadTable("There are no records.", remedy="Give at least one.")
    texts: dict[str, pd.Series] = {}
    full: dict[str, tuple[str, ...]] = {}
    for name in names:
        column = column_of(frame, name)
        listed = None if domain is None else domain.get(name)
        given = listed is not None
        if listed is None and isinstance(column.dtype, pd.CategoricalDtype):
            listed = tuple(str(code) for code in column.cat.categories)
        empty, text = column.isna().to_numpy(), column.astype(str)
        if empty.any():
            code = missing if missing is None or isinstance(missing, str) else missing.get(name)
            if code is None:
                raise BadTable(
                    f"Column {name!r} has empty values, first in row {int(empty.argmax()) + 1}.",
                    remedy="Declare a code for them, such as missing.",
                )
            text = text.mask(empty, code)
            if listed is not None and not given and code not in listed:
                listed = (*listed, code)
        seen = set(text.unique())
        full[name] = tuple(sorted(seen)) if listed is None else tuple(listed)
        if seen - set(full[name]):
            raise BadTable(
                f"Column {name!r} has the code {min(seen - set(full[name]))!r}, which its list"
                " lacks.",
                remedy="Add it to the code list, or recode it.",
            )
        texts[name] = text
    return frame.assign(**texts), full


def column_of(frame: pd.DataFrame, name: str) -> pd.Series:
    """The one column of that name.

    Raises:
        BadTable: there is none, or more than one.
    """
    if name not in frame.columns:
        raise BadTable(f"The records have no column {name!r}.", remedy="See its header.")
    if list(frame.columns).count(name) > 1:
        raise BadTable(f"The records have the column {name!r} twice.", remedy="Rename one.")
    return frame[name]


def count_records(
    frame: pd.DataFrame,
    blocks: Blocks,
    *,
    count: str | None = None,
    household: str | None = None,
    magnitude: str | None = None,
) -> Counted:
    """Records or contributions per inner cell of every block, and who knows what of them.

    Insiders are records of the same inner cells once, or households with all their members.
    Where contributions are summed, the largest contributor of the same inner cells stands for
    the others, who know less: none of them is alone in any cell.

    Raises:
        BadTable: a column is missing or holds no whole numbers.
    """
    if count is not None and (household is not None or magnitude is not None):
        raise BadTable(
            f"Groups counted in {count!r} do not say who contributes what.",
            remedy="Give records for households or sums.",
        )
    sizes = np.ones(len(frame), np.int64)
    if count is not None:
        sizes = whole_numbers(column_of(frame, count), count)
    if magnitude is not None:
        remedy = "Give whole units, such as cents, nought or more, and leave out who has none."
        sizes = whole_numbers(column_of(frame, magnitude), magnitude, remedy=remedy)
    elif not sizes.sum():
        raise BadTable("There are no records: every group is empty.", remedy="Give at least one.")
    places = _places(frame, blocks)
    counts = np.zeros(blocks.size, np.int64)
    for flat in places.T:
        np.add.at(counts, flat, sizes)
    if magnitude is None and household is None:
        return Counted(counts, _rows(np.unique(places[sizes > 0], axis=0), blocks.size))
    who = np.arange(len(frame)) if household is None else _households(frame, household)
    amounts = _contributions(who, places, sizes, blocks.size)
    if magnitude is None:
        return Counted(counts, amounts)
    present = _contributions(who, places, np.ones_like(sizes), blocks.size)
    insiders = amounts if household is not None else _largest(places, sizes, blocks.size)
    return Counted(counts, insiders, amounts, present)


def _places(frame: pd.DataFrame, blocks: Blocks) -> np.ndarray:
    """Inner cell of each record in each block, (records, blocks)."""
    atom: dict[str, np.ndarray] = {}
    for variable in {v for clique in blocks.cliques for v in clique}:
        atom_of = {c: i for i, codes in enumerate(blocks.atoms[variable]) for c in codes}
        atom[variable] = frame[variable].map(atom_of).to_numpy(np.int64)
    places = []
    for block, clique in enumerate(blocks.cliques):
        flat = np.zeros(len(frame), np.int64)
        for variable in clique:
            flat = flat * len(blocks.atoms[variable]) + atom[variable]
        places.append(flat + blocks.offsets[block])
    return np.stack(places, axis=1)


def _rows(places: np.ndarray, size: int) -> sp.csr_array:
    row = np.repeat(np.arange(len(places)), places.shape[1])
    data = np.ones(places.size, np.int64)
    return sp.csr_array((data, (row, places.ravel())), shape=(len(places), size))


def _largest(places: np.ndarray, amounts: np.ndarray, size: int) -> sp.csr_array:
    kinds, kind = np.unique(places, axis=0, return_inverse=True)
    top = np.zeros(len(kinds), np.int64)
    np.maximum.at(top, kind.ravel(), amounts)
    some = top > 0
    matrix = _rows(kinds[some], size)
    matrix.data = np.repeat(top[some], places.shape[1])
    return matrix


def _contributions(
    who: np.ndarray, places: np.ndarray, amounts: np.ndarray, size: int
) -> sp.csr_array:
    row = np.repeat(who, places.shape[1])
    data = np.repeat(amounts, places.shape[1])
    matrix = sp.csr_array((data, (row, places.ravel())), shape=(int(who.max()) + 1, size))
    matrix.sum_duplicates()
    matrix.eliminate_zeros()
    return matrix


def _households(frame: pd.DataFrame, household: str) -> np.ndarray:
    numbers, _ = pd.factorize(column_of(frame, household))
    if (numbers < 0).any():
        raise BadTable(
            f"Column {household!r} names no household in row {int((numbers < 0).argmax()) + 1}.",
            remedy="Give everybody a household, who lives alone one of his own.",
        )
    return np.asarray(numbers)
