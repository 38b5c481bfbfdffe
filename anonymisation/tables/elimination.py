"""Whether a row is a linear function of exact facts, by elimination modulo primes.

Floating elimination fails in silence (a tolerance calls a dependent row independent); modulo a
prime every step is exact. A row in the span of whole-number rows is in their span modulo every
prime that divides no denominator, so two large primes agree but for a chance of about
rows / 2^31.

Columns that a row settles by itself are struck out first, then columns that stand in one row
only; what is left is eliminated in blocks of rows. Cost: rows x columns x rank of what is left,
as products of floating matrices whose entries stay below 2^53 and are therefore exact. Memory:
two words per entry of what is left.

Source: Dumas & Villard 2002 (rank of sparse matrices over finite fields); Dumas, Giorgi &
Pernet 2008 (exact products in floating point).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp

PRIMES = (2_147_483_629, 2_147_483_587)
BLOCK = 128
"""Rows eliminated together; half words times half words, added up, stay below 2^53."""
HALF = 65_536


def in_span(rows: Any, asked: Any, prime: int) -> Any:
    """Which of `asked` are combinations of `rows` modulo `prime`; bool (asked,)."""
    base, questions = _narrow(_modulo(rows, prime), _modulo(asked, prime))
    base = np.asarray(base.todense(), np.int64)
    questions = np.asarray(questions.todense(), np.int64)
    while len(base):
        pivots, columns = _echelon(base[:BLOCK], prime)
        base = base[BLOCK:]
        if not len(pivots):
            continue
        left = np.ones(base.shape[1], bool)
        left[columns] = False
        base = _reduced(base, pivots, columns, left, prime)
        base = base[base.any(axis=1)]
        questions = _reduced(questions, pivots, columns, left, prime)
    return ~questions.any(axis=1)


def _modulo(rows: Any, prime: int) -> Any:
    matrix = sp.csr_array(rows, dtype=np.int64, copy=True)
    matrix.sum_duplicates()
    matrix.data %= prime
    matrix.eliminate_zeros()
    return matrix


def _narrow(base: Any, questions: Any) -> tuple[Any, Any]:
    """The same questions over fewer rows and columns, the lightest rows first.

    A row with one column settles it: the column goes from every row. A row that alone has some
    column no question has cannot take part in any combination: the row goes.
    """
    while True:
        weight = np.diff(base.indptr)
        fixed = np.zeros(base.shape[1], bool)
        fixed[base[np.flatnonzero(weight == 1)].indices] = True
        often = np.bincount(base.indices, minlength=base.shape[1])
        often += 2 * np.bincount(questions.indices, minlength=base.shape[1])
        idle = (base != 0).astype(np.int64) @ (often == 1).astype(np.int64) > 0
        kept = np.flatnonzero((weight > 1) & ~idle)
        if len(kept) == base.shape[0] and not fixed.any():
            break
        used = ~fixed
        base, questions = base[kept][:, used], questions[:, used]
    used = np.zeros(base.shape[1], bool)
    used[base.indices], used[questions.indices] = True, True
    order = np.argsort(np.diff(base.indptr), kind="stable")
    return base[order][:, used], questions[:, used]


def _echelon(rows: Any, prime: int) -> tuple[Any, Any]:
    """The rows' reduced echelon form without its noughts, and its pivot columns."""
    rows = rows.copy()
    columns: list[int] = []
    for i in range(len(rows)):
        support = np.flatnonzero(rows[i])
        if not len(support):
            continue
        column = int(support[0])
        rows[i] = rows[i] * pow(int(rows[i, column]), prime - 2, prime) % prime
        hit = np.flatnonzero(rows[:, column])
        hit = hit[hit != i]
        block = np.ix_(hit, support)
        rows[block] = (rows[block] - rows[hit, column][:, None] * rows[i, support]) % prime
        columns.append(column)
    return rows[rows.any(axis=1)], np.array(columns, np.int64)


def _reduced(matrix: Any, pivots: Any, columns: Any, left: Any, prime: int) -> Any:
    """The matrix less the combination of pivot rows that clears their columns, without these."""
    take = matrix[:, columns]
    hit = np.flatnonzero(take.any(axis=1))
    out = matrix[:, left]
    out[hit] = (out[hit] - _product(take[hit], pivots[:, left], prime)) % prime
    return out


def _product(one: Any, two: Any, prime: int) -> Any:
    """The product modulo the prime, by halves of 16 bits."""
    a_high, a_low = (part.astype(float) for part in np.divmod(one, HALF))
    b_high, b_low = (part.astype(float) for part in np.divmod(two, HALF))
    out = (a_high @ b_high).astype(np.int64) % prime
    out = (out * HALF + (a_high @ b_low + a_low @ b_high).astype(np.int64)) % prime
    return (out * HALF + (a_low @ b_low).astype(np.int64)) % prime
