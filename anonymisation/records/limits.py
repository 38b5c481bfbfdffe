"""Parameters of models within their limits."""

from __future__ import annotations

from anonymisation.records.errors import BadRecords

TINY = 1e-12


def above(value: float, least: float, name: str) -> None:
    """The value is at least that.

    Raises:
        BadRecords: it is less.
    """
    if not value >= least:
        raise BadRecords(f"{name} is {value}.", remedy=f"Give at least {least}.")


def fraction(value: float, name: str) -> None:
    """The value is a share.

    Raises:
        BadRecords: it is not from 0 to 1.
    """
    if not 0 <= value <= 1:
        raise BadRecords(f"{name} is {value}.", remedy="Give a number from 0 to 1.")
