"""How long certificates of whole tables take to make and to check, and the attack on the answer.

The domain: `ent_linked` and `svy_syn` (tests/data/sdc-tables), zeros published, P1 and P2.
*Make* is the whole of `protect`, search and audit included, since the tables that prove an answer
are those it was found by. *Verify* multiplies, without a solver. The attack looks for the least
and the greatest whole number of every withheld cell and knows nothing but what is printed; what
it has not settled within its time is said to be open, and proves neither.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

import numpy as np

from anonymisation import attack, protect
from anonymisation.tables.verification import verify
from tests.kit.sdc_instances import instance

NAMES = ("ent_linked", "svy_syn")
PROMISES = ("P1", "P2")
VERIFIED = 5
ATTACKED = 120.0
"""Seconds an attack may take."""


def certificates(
    names: Sequence[str] = NAMES,
    promises: Sequence[str] = PROMISES,
    seconds: float = ATTACKED,
    effort: float = 1.0,
) -> Iterator[str]:
    """A line for each instance and promise."""
    for name in names:
        for promise in promises:
            system, policy = instance(name, promise)
            start = time.process_time()
            made = protect(system, policy, effort=effort)
            spent = time.process_time() - start
            certificate = made.certificate
            if certificate is None:
                raise AssertionError(f"{name} has no certificate")
            times = []
            for _ in range(VERIFIED):
                start = time.process_time()
                if not verify(certificate, system, made.targets, made.facts):
                    raise AssertionError(f"{name}: the certificate proves nothing")
                times.append(time.process_time() - start)
            yield (
                f"{name:12}{promise:>4}  make {spent:.1f} CPU s, verify {np.median(times):.3f}"
                f" ({min(times):.3f} to {max(times):.3f}) CPU s;"
                f" {len(certificate.inside.pool)} tables, {len(certificate.inside.proofs)} proofs"
            )
            start = time.process_time()
            found = attack(made.facts, policy, seconds=seconds)
            spent = time.process_time() - start
            settled = ~(np.isnan(found.low) | np.isnan(found.high))
            exact = found.falls & settled
            yield (
                f"{'':16}  attack {spent:.0f} CPU s: {int(settled.sum())} of {len(settled)}"
                f" withheld cells settled, {int(exact.sum())} of them known exactly,"
                f" {int((made.primary[found.cells] & exact).sum())} of these targets"
            )


if __name__ == "__main__":
    for said in certificates():
        print(said, flush=True)
