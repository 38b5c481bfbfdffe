"""Which numbers may stand beside which in one ledger, and what noise has cost so far.

Exact and rounded numbers are facts that are judged together. Noise stands with its own kind
only: an exact number of the same people beside it would reveal it.
"""

from __future__ import annotations

from fractions import Fraction

from anonymisation.errors import Refused
from anonymisation.tables.cell_key import key_print
from schemas.methods import Budget, CellKey, Geometric
from schemas.policy import Policy
from schemas.tables import Ledger

NOISE_STANDS_ALONE = (
    "This wave has been published by another method: exact or rounded numbers beside noisy ones"
    " of the same people would reveal the noise."
)
OTHER_NOISE = "This wave has been published with another key or other noise."


def budget_of(ledger: Ledger, method: Geometric) -> Budget:
    """What the releases of a ledger have cost; tables drawn together are paid once.

    The least total that any release was made under holds: a later policy adds nothing to it.
    """
    paid: dict[str, Fraction] = {}
    total = Fraction(method.total)
    for entry in ledger.releases:
        altered = entry.table.altered
        if altered is not None and altered.epsilon is not None:
            paid[altered.origin or entry.release] = Fraction(altered.epsilon)
        if isinstance(entry.table.policy.method, Geometric):
            total = min(total, Fraction(entry.table.policy.method.total))
    return Budget(total=str(total), spent=str(sum(paid.values(), Fraction(0))))


def check_company(ledger: Ledger, policy: Policy, secret: bytes | None = None) -> None:
    """Numbers by this policy may stand beside those of the ledger.

    Raises:
        Refused: they may not.
    """
    method = policy.method
    noisy_now = isinstance(method, CellKey | Geometric)
    for entry in ledger.releases:
        before = entry.table.altered
        noisy_then = before is not None and before.method != "rounding"
        if noisy_now != noisy_then or (noisy_now and before and before.method != method.name):
            raise Refused(NOISE_STANDS_ALONE)
        if isinstance(method, CellKey) and (
            entry.table.policy.method != method
            or (secret is not None and before is not None and before.origin != key_print(secret))
        ):
            raise Refused(OTHER_NOISE)
