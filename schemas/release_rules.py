"""How a wave's tables are protected, as two people settled it before the wave opened."""

from __future__ import annotations

from pydantic import Field

from schemas.canonical import canonical_json
from schemas.methods import Method, Suppression
from schemas.vocabulary import Frozen


class ReleaseRules(Frozen):
    """The method, and a threshold above the platform's own where the survey wants one.

    Everything else about protection follows from the questionnaire: who is a breakdown, what is
    sensitive, which threshold is the least.
    """

    method: Method = Suppression()
    threshold: int | None = Field(default=None, ge=3, le=100)

    def canonical(self) -> str:
        """Equal rules, equal text."""
        return canonical_json(self).decode()


PLATFORM_RULES = ReleaseRules()
"""What holds for a wave that two people settled nothing else for."""
