"""What a reader must know of rounded or noised numbers, as it stands in the certificate."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from anonymisation.tables.cell_key import NOT_ADDITIVE, WITHDRAWAL
from schemas.methods import Altered

ADDITIVE = "Parts add up to their totals."
NOT_SIMULATED = (
    "The method is public: somebody who rounds every table he can think of may narrow a count"
    " further than the range says."
)


def notes_on(altered: Altered) -> tuple[str, ...]:
    """Sentences in English on how far the numbers may be off, and what the method does not do."""
    notes: Mapping[str, Callable[[], tuple[str, ...]]] = {
        "rounding": lambda: (
            f"Every number is a multiple of {altered.base}, not a count: the count is less than"
            f" {altered.within} away.",
            ADDITIVE if altered.additive else NOT_ADDITIVE,
            NOT_SIMULATED,
        ),
        "cell_key": lambda: (
            f"A number may be off by up to {altered.within}, standard error"
            f" {altered.standard_error}; a count of nobody is always printed as 0.",
            NOT_ADDITIVE,
            WITHDRAWAL,
        ),
        "geometric": lambda: (
            f"Differential privacy with epsilon {altered.epsilon}: noise for a sensitivity of"
            f" {altered.sensitivity}, standard error {altered.standard_error} per number.",
            ADDITIVE if altered.additive else NOT_ADDITIVE,
            "Any number may be off by more, rarely by much more.",
        ),
    }
    return notes[altered.method]()
