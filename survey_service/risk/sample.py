"""A planned sample: how many people are to be asked in each municipality."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from survey_service.problems import N_, FieldError, InvalidInput
from survey_service.surveys.core import RegisterRow

MOST = 100_000
PREFIX = "n."


@dataclass(frozen=True)
class Area:
    """One place: who lives there by the public register, and how many are to be asked."""

    code: str
    region: str
    register: int
    planned: int


def proportional(register: Iterable[RegisterRow], planned: int) -> dict[str, int]:
    """Return a sample of `planned` people, divided as the group lives (largest remainders)."""
    rows = list(register)
    whole = sum(row.roma for row in rows) or 1
    exact = {row.code: planned * row.roma / whole for row in rows}
    parts = {code: int(share) for code, share in exact.items()}
    rest = sorted(exact, key=lambda code: (parts[code] - exact[code], code))
    for code in rest[: planned - sum(parts.values())]:
        parts[code] += 1
    return parts


def areas(register: Iterable[RegisterRow], parts: Mapping[str, int]) -> tuple[Area, ...]:
    """Return every municipality with its part of the sample."""
    return tuple(Area(row.code, row.region, row.roma, parts.get(row.code, 0)) for row in register)


def read_parts(register: Iterable[RegisterRow], given: Mapping[str, str]) -> dict[str, int]:
    """Return the numbers as typed; an empty field is nobody.

    Raises:
        InvalidInput: a field holds no whole number, or more people than live there.
    """
    parts: dict[str, int] = {}
    errors: list[FieldError] = []
    for row in register:
        text = given.get(row.code, "").strip()
        if text and not (text.isascii() and text.isdigit() and int(text[:9]) <= MOST):
            message = N_("Write a whole number in digits.")
            errors.append(FieldError(PREFIX + row.code, message))
            continue
        parts[row.code] = int(text or 0)
        if parts[row.code] > row.roma:
            message = N_("That is more than the %(people)s whom the register counts there.")
            remedy = N_("Plan fewer.")
            values = {"people": row.roma}
            errors.append(FieldError(PREFIX + row.code, message, remedy, values))
    if errors:
        raise InvalidInput(errors)
    return parts
