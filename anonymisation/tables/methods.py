"""Publishing by the method that a policy chooses, beside all that was published before.

Exact counts with some withheld, and rounded counts, are both facts: they are judged together.
Noise of a cell key or of the geometric mechanism stands alone in a ledger, with itself only: an
exact or rounded number of the same people beside it would reveal the noise, and with a cell key
then the noise of every cell that shares it. What was published once is given again, byte for
byte, and costs nothing.
"""

from __future__ import annotations

import math
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from anonymisation.errors import BadPolicy, BadTable, Refused, Undecided
from anonymisation.tables.altered import Judged, judge_numbers, new_cells
from anonymisation.tables.cell_key import key_print, p_table, perturbed
from anonymisation.tables.certificate import public_part
from anonymisation.tables.company import budget_of, check_company
from anonymisation.tables.geometric import (
    Below,
    fitted,
    noisy,
    sensitivity_of,
    standard_error,
)
from anonymisation.tables.notes import notes_on
from anonymisation.tables.protection import Protection, protect
from anonymisation.tables.publication import altered_review, altered_table
from anonymisation.tables.ranges import numbers_before
from anonymisation.tables.rounding import round_alone, round_cells
from anonymisation.tables.system import CellSystem
from schemas.certificate import PublicCertificate
from schemas.methods import Altered, Budget, CellKey, Geometric, Rounding, Suppression
from schemas.policy import Policy
from schemas.tables import Ledger, ProtectedTable, ReviewTable

BUDGET_SPENT = "The privacy budget of this wave is spent."


@dataclass(frozen=True)
class Publication:
    """Tables of rounded or noised numbers that may be printed.

    `numbers` int64 (cells,), the true count where nothing new is printed. Inside only: `bounds`,
    per small count's cell what an attacker can prove at most, and `seed`, which gives the same
    rounding again and must not get out; None where there is none.
    """

    system: CellSystem
    policy: Policy
    numbers: Any
    altered: Altered
    tables: tuple[ProtectedTable, ...]
    notes: tuple[str, ...]
    bounds: Mapping[int, tuple[int, int | None]] = field(default_factory=dict)
    reasons: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    seed: str | None = None

    @property
    def promise(self) -> str:
        """What nobody can do to these tables, in the tables' own words."""
        return ", ".join(self.altered.promises)

    @property
    def public(self) -> PublicCertificate:
        """Rules, promise, domain and what must be known to read the numbers."""
        part = public_part(self.system, self.policy)
        return part.model_copy(update={"promises": self.altered.promises, "notes": self.notes})

    def review(self, table: int) -> ReviewTable:
        """One table with true counts and reasons, for the checkers. Inside only."""
        return altered_review(self.system, self.altered, self.reasons, table)


def publish(
    system: CellSystem,
    policy: Policy,
    ledger: Ledger | None = None,
    *,
    secret: bytes | None = None,
    keys: Any = None,
    below: Below = secrets.randbelow,
    draw: str | None = None,
    seconds: float | None = None,
) -> Protection | Publication:
    """The tables asked for, by the policy's method, with its promise kept or its budget paid.

    `ledger` is all that was published on this freeze, the one the system was tabulated with.
    `secret`: the rounding's seed (None: a new one), or the key that record keys were made with;
    `keys`: a cell key per cell, from `cell_keys`; `below`: the noise's source of randomness;
    `draw`: the name of the draw that pays for all these tables at once (None: a new one).

    Raises:
        Refused: the promise cannot be kept, the budget is spent, or the ledger holds numbers
            that these would give away.
        Undecided: it was not settled in the time given.
        BadPolicy: the policy has rules that withhold, which this method does not do.
        BadTable: the system does not fit the ledger, or lacks what the method needs.
    """
    ledger = ledger or Ledger()
    method = policy.method
    check_company(ledger, policy, secret)
    if isinstance(method, Suppression):
        return protect(system, policy, ledger, seconds)
    if system.ledger != ledger.digest():
        raise BadTable(
            "The cells were counted without the ledger.", remedy="Give it to tabulate as well."
        )
    _check_rules(system, policy)
    again = _published_before(system, policy, ledger)
    if again is not None:
        return again
    if isinstance(method, Rounding):
        return _rounded(system, policy, method, secret or secrets.token_bytes(32), seconds)
    if isinstance(method, CellKey):
        return _keyed(system, policy, method, keys, secret, seconds)
    budget = budget_of(ledger, method)
    return _drawn(system, policy, method, budget, below, draw or secrets.token_hex(8))


def _check_rules(system: CellSystem, policy: Policy) -> None:
    """The policy asks for nothing that only withholding can give.

    Raises:
        BadPolicy: it does.
    """
    groups = policy.breakdowns is not None and policy.group_minimum > 0
    withholds = groups or policy.household_minimum or policy.population_minimum
    if withholds or policy.print != "counts" or system.magnitude is not None:
        raise BadPolicy(
            "The policy has rules that withhold cells; rounding and noise withhold none.",
            remedy="Set group_minimum and the other minima to 0, print counts, or suppress.",
        )
    if system.labels is None:
        raise BadTable("The cells have no labels.", remedy="Tabulate from records.")


def _published_before(system: CellSystem, policy: Policy, ledger: Ledger) -> Publication | None:
    """The same tables as they were published, if all of them were, by the same policy."""
    known = {
        entry.table.spec.canonical(): entry.table
        for entry in reversed(ledger.releases)
        if entry.table.altered is not None and entry.table.policy == policy
    }
    asked = [t.spec.canonical() for t in system.tables if t.printed and t.policy is None]
    tables = [known[text] for text in asked if text in known]
    if not asked or len(tables) < len(asked) or tables[0].altered is None:
        return None
    return Publication(
        system, policy, system.values, tables[0].altered, tuple(tables), notes_on(tables[0].altered)
    )


def _rounded(
    system: CellSystem, policy: Policy, method: Rounding, seed: bytes, seconds: float | None
) -> Publication:
    fresh = new_cells(system)
    before = numbers_before(system, method.base)
    try:
        found = round_cells(
            system, fresh, method.base, seed=seed, farthest=method.farthest, fixed=before,
            seconds=seconds,
        )  # fmt: skip
    except Refused as refusal:
        if isinstance(refusal, Undecided) or not method.independent:
            raise
        found = round_alone(system, fresh, method.base, seed=seed, fixed=before)
    plain = Altered(
        method="rounding", promises=(), within=found.within, additive=found.additive,
        base=method.base,
    )  # fmt: skip
    return _judged(system, policy, found.values, plain, seconds, seed.hex())


def _keyed(
    system: CellSystem, policy: Policy, method: CellKey, keys: Any, secret: bytes | None,
    seconds: float | None,
) -> Publication:  # fmt: skip
    if keys is None or secret is None:
        raise BadTable(
            "A cell key needs a key for every record.", remedy="Give `keys` and their secret."
        )
    table = p_table(method.deviation, method.variance, method.smallest)
    plain = Altered(
        method="cell_key", promises=(), within=method.deviation, additive=False,
        standard_error=f"{math.sqrt(method.variance):.2f}", origin=key_print(secret),
    )  # fmt: skip
    return _judged(system, policy, perturbed(system, keys, table), plain, seconds, None)


def _judged(
    system: CellSystem, policy: Policy, numbers: Any, plain: Altered, seconds: float | None,
    seed: str | None,
) -> Publication:  # fmt: skip
    judged: Judged = judge_numbers(system, policy, numbers, plain, seconds)
    altered = plain.model_copy(update={"promises": judged.promises})
    return Publication(
        system, policy, numbers, altered, _tables(system, policy, numbers, altered),
        notes_on(altered), judged.bounds, judged.targets.reasons, seed,
    )  # fmt: skip


def _drawn(
    system: CellSystem, policy: Policy, method: Geometric, budget: Budget, below: Below, draw: str
) -> Publication:
    if not budget.allows(method.epsilon):
        raise Refused(BUDGET_SPENT)
    fresh = new_cells(system)
    sensitivity = sensitivity_of(system, fresh, method.contribution)
    epsilon = Fraction(method.epsilon)
    numbers = noisy(system, fresh, epsilon, sensitivity, below)
    if method.margins == "fitted":
        numbers = fitted(system, fresh, numbers)
    elif method.non_negative:
        numbers = numbers.clip(min=0)
    altered = Altered(
        method="geometric", promises=("DP",), within=None, additive=method.margins == "fitted",
        epsilon=method.epsilon, sensitivity=sensitivity,
        standard_error=f"{standard_error(sensitivity / epsilon):.2f}",
        origin=draw,
    )  # fmt: skip
    tables = _tables(system, policy, numbers, altered)
    return Publication(system, policy, numbers, altered, tables, notes_on(altered))


def _tables(
    system: CellSystem, policy: Policy, numbers: Any, altered: Altered
) -> tuple[ProtectedTable, ...]:
    new = [i for i, t in enumerate(system.tables) if t.printed and t.policy is None]
    return tuple(altered_table(system, policy, numbers, altered, i) for i in new)
