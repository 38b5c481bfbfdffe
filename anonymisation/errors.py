"""Everything this package raises. No message names a cell's count or a person."""

from __future__ import annotations


class AnonymisationError(Exception):
    """Root of all errors of this package; `remedy` says what the caller can do about it."""

    remedy: str | None

    def __init__(self, message: str, *, remedy: str | None = None) -> None:
        super().__init__(message if remedy is None else f"{message} {remedy}")
        self.remedy = remedy


class BadHierarchy(AnonymisationError):
    """A hierarchy is not nested, lacks a code, or gives a code two parents."""


class BadTable(AnonymisationError):
    """The records, the table asked for, or the ledger do not fit each other."""


class NoSuchWave(BadTable):
    """No wave of which people only leave can have printed all these tables."""


class BadPolicy(AnonymisationError):
    """A policy cannot be applied to this system of cells."""


class Refused(AnonymisationError):
    """The promise cannot be kept for this table; it never says for which cell or why."""


class Undecided(Refused):
    """Whether the promise holds was not settled within the bounds set; undecided is not safe."""
