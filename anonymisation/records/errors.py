"""What the package of records raises. No message holds a person's record."""

from __future__ import annotations

from anonymisation.errors import AnonymisationError, Refused


class BadRecords(AnonymisationError):
    """Records, roles or parameters do not fit each other."""


class CannotMeet(Refused):
    """No release of these records keeps the models within the limit of suppression."""


class WeakerThanAsked(AnonymisationError):
    """What an algorithm made failed the independent check or the attack; nothing is returned."""
