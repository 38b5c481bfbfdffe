"""Where a code stands, as its holder is told."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.texts import Texts


@dataclass(frozen=True)
class Status:
    """Where a code stands: draft, waiting, settled, or nothing (unknown and erased are one).

    `counted` says whether the next table of the wave counts the answers; `open` whether an
    unfinished form can still be gone on with; `outdated` whether a restore put the answers back
    as they were before a change, so that nothing counts them until their person has said more.
    """

    kind: str
    slug: str | None = None
    names: Texts | None = None
    purposes: frozenset[str] = frozenset()
    wave_number: int | None = None
    wave: str | None = None
    restricted: bool = False
    open: bool = False
    counted: bool = False
    outdated: bool = False
    taken_back: frozenset[str] = frozenset()
    can_be_found: bool | None = None
    """Whether two officers can find the code; None where nobody ever can."""
    handed_out_on: str | None = None
    """The day on which the sealed code was last given to them."""

    def standing(self, purpose: str) -> str:
        """Where a purpose stands: granted, taken back, or refused from the beginning."""
        if purpose in self.purposes:
            return "granted"
        return "taken back" if purpose in self.taken_back else "refused"

    def title(self, language: str) -> str:
        """The survey's title in a language; empty where nothing is kept."""
        return self.names.text(language) if self.names else ""


NOTHING = Status("nothing")
