"""What the vault keeps of each person in a wave with escrow: one sealed cell, of one size for all.

A cell holds a keyed mark by which its person is found again, a mark that tells only the code's
holder whether he agreed, the day on which it was handed out, and the code under the two officers'
layers. Of whoever declined all of it is there too, and finds, tells and opens nothing.
"""

from __future__ import annotations

import secrets
from typing import NamedTuple

from survey_service.stores.envelopes import expand

MARK, DAY = 32, 10
NEVER = b" " * DAY


class Cell(NamedTuple):
    """One person's cell, opened with the row's key."""

    find: bytes
    agreed: bytes
    opened_on: bytes
    sealed: bytes

    @classmethod
    def read(cls, octets: bytes) -> Cell:
        """Return the cell that these bytes are."""
        agreed, opened = octets[MARK : 2 * MARK], octets[2 * MARK : 2 * MARK + DAY]
        return cls(octets[:MARK], agreed, opened, octets[2 * MARK + DAY :])

    @property
    def octets(self) -> bytes:
        """The cell as it lies under the row's key."""
        return b"".join(self)

    def opened(self, day: str) -> Cell:
        """Return the cell as handed out on this day (the last one counts)."""
        return self._replace(opened_on=day.encode("ascii"))

    @property
    def day(self) -> str | None:
        """The day on which it was last handed out to the officers."""
        return None if self.opened_on == NEVER else self.opened_on.decode("ascii")

    def declined(self) -> Cell:
        """Return a cell of the same size that finds, tells and opens nothing."""
        return Cell(
            secrets.token_bytes(MARK),
            secrets.token_bytes(MARK),
            self.opened_on,
            secrets.token_bytes(len(self.sealed)),
        )

    def is_agreed(self, secret: bytes) -> bool:
        """Return whether its person agreed; `secret` comes from the code and is kept nowhere."""
        return secrets.compare_digest(self.agreed, _agreed(secret, self.find))


def agreed_cell(secret: bytes, find: bytes, sealed: bytes) -> Cell:
    """Return the cell of somebody who wants the code to be found."""
    return Cell(find, _agreed(secret, find), NEVER, sealed)


def declined_cell(sealed: bytes) -> Cell:
    """Return the cell of somebody who does not; `sealed` holds no code."""
    return Cell(secrets.token_bytes(MARK), secrets.token_bytes(MARK), NEVER, sealed)


def _agreed(secret: bytes, find: bytes) -> bytes:
    return expand(secret, b"escrow\0" + find)
