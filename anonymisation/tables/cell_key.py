"""The cell key method: small bounded noise, the same for the same cell wherever it stands.

Every record has a random key; the key of a cell is the sum of its records' keys modulo 1 and
says where in the row of a p-table to look its noise up. A row holds the probabilities of each
noise for one count: among all with mean nought and the variance asked, the one of greatest
entropy, which tells an attacker least beyond that.

What it does not do. It is not additive. It does not survive a withdrawal: when one record
leaves, the keys of exactly its cells change, so the cells that differ between two releases point
at one person. Averaging over different cells with equal counts wears the noise down, and the
bound on the noise is known to the attacker; so the numbers are audited like any others.

Cost: one small convex program per row of the table; cells times records for the keys.

Source: Fraser & Wooton 2005; Marley & Leaver 2011; Giessing 2016 (maximum entropy).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import linprog, minimize

from anonymisation.errors import BadPolicy, BadTable
from anonymisation.tables.system import CellSystem

KEY_BITS = 32
POLISH = 10
"""Newton steps after the search, whose own stop is too early for unbiased noise."""
WITHDRAWAL = (
    "The noise of a cell hangs on the keys of its records. It does not survive a withdrawal:"
    " after one record has left, the noise of nearly all its cells is drawn anew and that of no"
    " other cell, so a second release of the same wave would point at that person."
)
NOT_ADDITIVE = "Parts do not add up to their totals."


@dataclass(frozen=True)
class PTable:
    """Chances of each noise by count: `chances[i, j]` of `noises[j]` where the count is i.

    The last row serves all counts from its own on. Shapes: (rows, 2 D + 1), (2 D + 1,).
    """

    noises: Any
    chances: Any

    def row(self, count: int) -> Any:
        """The chances that serve a count."""
        return self.chances[min(count, len(self.chances) - 1)]

    def noise(self, count: int, key: int) -> int:
        """The noise of a cell with this count and key, 0 <= key < 2 ** 32.

        The bounds between noises are whole numbers, so that every machine looks up the same.
        """
        bounds = np.rint(np.cumsum(self.row(count)) * 2**KEY_BITS).astype(np.int64)
        return int(self.noises[np.searchsorted(bounds[:-1], key, side="right")])


@cache
def p_table(deviation: int, variance: float, smallest: int) -> PTable:
    """The p-table of greatest entropy: unbiased, of this variance, noise at most `deviation`.

    No count from 1 to `smallest` is ever printed, no nought becomes a count, and none falls
    below nought.

    Raises:
        BadPolicy: no noise has this variance under these bounds.
    """
    noises = np.arange(-deviation, deviation + 1)
    rows = [np.where(noises == 0, 1.0, 0.0)]
    for count in range(1, deviation + smallest + 2):
        printed = count + noises
        allowed = (printed >= 0) & ~((printed >= 1) & (printed <= smallest))
        row = np.zeros(len(noises))
        row[allowed] = _most_entropy(noises[allowed].astype(float), variance)
        rows.append(row)
    return PTable(noises, np.array(rows))


def _most_entropy(noises: Any, variance: float) -> Any:
    """Probabilities exp(a v + b v^2) with mean nought and this variance.

    Found as the minimum of the convex dual, log sum exp(a v + b v^2) - b variance.
    """
    reach = np.abs(noises).max()
    moments = np.vstack([noises / reach, (noises / reach) ** 2])
    wanted = np.array([0.0, variance / reach**2])
    _check_reachable(moments, wanted[1])

    def chances(at: Any) -> Any:
        power = at @ moments
        grown = np.exp(power - power.max())
        return grown / grown.sum()

    def dual(at: Any) -> float:
        power = at @ moments
        return float(power.max() + np.log(np.exp(power - power.max()).sum()) - at @ wanted)

    def slope(at: Any) -> Any:
        return moments @ chances(at) - wanted

    def bend(at: Any) -> Any:
        p = chances(at)
        mean = moments @ p
        return (moments * p) @ moments.T - np.outer(mean, mean)

    at = minimize(dual, np.zeros(2), jac=slope, hess=bend, method="trust-exact").x
    for _ in range(POLISH):
        at = at - np.linalg.solve(bend(at), slope(at))
    if np.abs(slope(at)).max() > 1e-10:
        raise BadPolicy(NO_TABLE, remedy=OTHER_BOUNDS)
    return chances(at)


NO_TABLE = "No noise is unbiased and has this variance for every count."
OTHER_BOUNDS = "Choose a smaller variance, a larger deviation, or a smaller least count."


def _check_reachable(moments: Any, variance: float) -> None:
    """The variance lies strictly between the least and the most that mean nought allows.

    Raises:
        BadPolicy: it does not.
    """
    ones = np.ones(moments.shape[1])
    for sign in (1.0, -1.0):
        edge = linprog(sign * moments[1], A_eq=np.vstack([ones, moments[0]]), b_eq=[1.0, 0.0])
        if edge.status != 0 or sign * (variance - sign * edge.fun) <= 1e-9:
            raise BadPolicy(NO_TABLE, remedy=OTHER_BOUNDS)


def record_keys(identifiers: Iterable[str], secret: bytes) -> Any:
    """One key per record, uint64 below 2 ** 32, from a keyed hash of its identifier.

    The identifier is a random one that the freeze gives the record and nobody knows; never a
    name, a number of a document or anything else that tells who it is.

    Raises:
        BadTable: two records have one identifier.
    """
    names = [str(name) for name in identifiers]
    if len(set(names)) != len(names):
        raise BadTable("Two records have one identifier.", remedy="Give each its own.")
    macs = [hmac.new(secret, name.encode(), hashlib.sha256).digest() for name in names]
    return np.array([int.from_bytes(mac[: KEY_BITS // 8], "big") for mac in macs], np.uint64)


def key_print(secret: bytes) -> str:
    """A fingerprint by which releases of one ledger are seen to share their key."""
    return hmac.new(secret, b"cell key fingerprint", hashlib.sha256).hexdigest()[:16]


def cell_keys(system: CellSystem, frame: pd.DataFrame, keys: Any) -> Any:
    """The sum of its records' keys modulo 2 ** 32 for every cell, uint64 (cells,).

    Raises:
        BadTable: the cells have no labels, or the frame is not the one they were counted from.
    """
    if system.labels is None or len(keys) != len(frame):
        raise BadTable(
            "A cell key needs the records themselves, one key each.",
            remedy="Tabulate from records, not from group counts.",
        )
    inside: dict[tuple[str, frozenset[str]], Any] = {}
    out = np.zeros(len(system.labels), np.uint64)
    for cell, label in enumerate(system.labels):
        chosen = np.ones(len(frame), bool)
        for variable, codes in label.box.items():
            if (variable, codes) not in inside:
                column = frame[variable].astype(str)
                inside[variable, codes] = column.isin(codes).to_numpy()
            chosen &= inside[variable, codes]
        if int(chosen.sum()) != int(system.values[cell]):
            raise BadTable("The cells were counted from other records.", remedy="Give those.")
        out[cell] = keys[chosen].sum(dtype=np.uint64) % np.uint64(2**KEY_BITS)
    return out


def perturbed(system: CellSystem, keys: Any, table: PTable) -> Any:
    """Every cell's count with its noise, int64 (cells,)."""
    values = system.values
    noise = [table.noise(int(v), int(k)) for v, k in zip(values, keys, strict=True)]
    return values + np.array(noise, np.int64)
