"""How many rows there must be: a sealed count of each scope, beside the rows' keys.

Every key that is made or destroyed moves the count in the transaction that does it. Nobody without
settle's secret can write a count, and an older one put back says less was settled than the log.
No count stands anywhere readable: an exact one would tell when somebody erased.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, func, select

from survey_service.stores.envelopes import seal, unseal
from survey_service.stores.errors import EnvelopeBroken
from survey_service.stores.models import RowCount, RowKey
from survey_service.stores.transactions import Tx, replacement

_TABLE: Any = RowCount.__table__  # type: ignore[attr-defined]
_KEYS: Any = RowKey.__table__  # type: ignore[attr-defined]
_ONE = select(_TABLE.c.sealed).where(_TABLE.c.scope == bindparam("of_scope"))
COUNTED = select(_TABLE.c.scope)
"""The scopes that have a count."""
_NONE = delete(_TABLE).where(_TABLE.c.scope == bindparam("of_scope"))
_LIVE = select(func.count()).select_from(_KEYS).where(_KEYS.c.scope == bindparam("of_scope"))


class Counted(NamedTuple):
    """What became of a scope's row keys since `before` of them were there.

    `again`: made anew for a row that had none. `ended`: destroyed because their time was over.
    `lost` and `bare`: keys without a row and rows without a key that a restore found.
    """

    before: int = 0
    settled: int = 0
    again: int = 0
    erased: int = 0
    ended: int = 0
    lost: int = 0
    bare: int = 0

    @property
    def live(self) -> int:
        """How many keys must be there now."""
        return self.before + self.settled + self.again - self.erased - self.ended


class RowCounts:
    """Reads and moves the counts, inside the transactions that move the keys."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def read(self, tx: Tx, scope: str) -> Counted | None:
        """Return a scope's count, or None where there is none or it was not made here."""
        row = tx.one(_ONE, of_scope=scope)
        try:
            return (
                Counted(*json.loads(unseal(self._secret, row[0], scope.encode()))) if row else None
            )
        except EnvelopeBroken:
            return None

    def write(self, tx: Tx, scope: str, counted: Counted) -> None:
        """Replace a scope's count."""
        # Padded to one length, so that its size tells nothing.
        text = json.dumps(counted).ljust(128).encode()
        sealed = seal(self._secret, text, scope.encode())
        tx.run(replacement(RowCount, tx.dialect), scope=scope, sealed=sealed)

    def move(self, tx: Tx, scope: str, **by: int) -> None:
        """Add to a scope's count; before its first, the keys that are there count as `before`.

        Call it after the keys were moved: `before` is what is there without these.
        """
        found = self.read(tx, scope)
        if found is None:
            found = Counted(before=live(tx, scope))
            found = found._replace(before=found.before - Counted(**by).live)
        moved = {name: getattr(found, name) + count for name, count in by.items()}
        self.write(tx, scope, found._replace(**moved))


def live(tx: Tx, scope: str) -> int:
    """Return how many keys a scope has."""
    row = tx.one(_LIVE, of_scope=scope)
    return int(row[0]) if row else 0


def forget_count(tx: Tx, scope: str) -> None:
    """Leave no count of a scope whose keys two people have destroyed."""
    tx.run(_NONE, of_scope=scope)
