"""Whether a row is a linear function of exact facts, by elimination modulo primes.

Floating elimination fails in silence (a tolerance calls a dependent row independent); modulo a
prime every step is exact. A row in the span of whole-number rows is in their span modulo every
prime that divides no denominator, so two large primes agree but for a chance of about
rows / 2^31. Cost: rows x rows x columns, vectorised.

Source: Dumas & Villard 2002 (rank of sparse matrices over finite fields).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp

PRIMES = (2_147_483_629, 2_147_483_587)


def in_span(rows: Any, asked: Any, prime: int) -> Any:
    """Which of `asked` are combinations of `rows` modulo `prime`; bool (asked,)."""
    left = _unknown(rows)
    base = _modular(rows[:, left], prime)
    questions = _modular(asked[:, left], prime)
    while len(base):
        weight = np.count_nonzero(base, axis=1)
        base, weight = base[weight > 0], weight[weight > 0]
        if not len(base):
            break
        lightest = int(weight.argmin())
        pivot = base[lightest].copy()
        column = int(np.flatnonzero(pivot)[0])
        pivot = pivot * pow(int(pivot[column]), prime - 2, prime) % prime
        base = np.delete(base, lightest, axis=0)
        support = np.flatnonzero(pivot)
        for matrix in (base, questions):
            hit = np.flatnonzero(matrix[:, column])
            if len(hit):
                factor = matrix[hit, column]
                block = np.ix_(hit, support)
                matrix[block] = (matrix[block] - factor[:, None] * pivot[support][None, :]) % prime
    return ~questions.any(axis=1)


def _unknown(rows: Any) -> Any:
    """Columns no row fixes by itself, after striking out those that one does, again and again."""
    matrix = sp.csr_array((rows != 0).astype(np.int64))
    left = np.ones(matrix.shape[1], bool)
    while True:
        single = np.flatnonzero(matrix @ left.astype(np.int64) == 1)
        fixed = np.unique(matrix[single].tocoo().coords[1])
        fixed = fixed[left[fixed]]
        if not len(fixed):
            return np.flatnonzero(left)
        left[fixed] = False


def _modular(rows: Any, prime: int) -> Any:
    return np.asarray(sp.csr_array(rows).todense()).astype(np.int64) % prime
