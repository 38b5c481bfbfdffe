"""How often each secret was replaced, durably, so that a ceremony cut short is done once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import bindparam, select

from survey_service.stores.keyring import NAMES, ROTATED, Keyring
from survey_service.stores.models import KeyEpoch
from survey_service.stores.store import Store
from survey_service.stores.transactions import replacement

_TABLE: Any = KeyEpoch.__table__  # type: ignore[attr-defined]
_ONE = select(_TABLE.c.epoch).where(_TABLE.c.name == bindparam("name"))
_ALL = select(_TABLE.c.name, _TABLE.c.epoch, _TABLE.c.since)


@dataclass(frozen=True)
class KeyAge:
    """A secret as administrators see it: never its value."""

    name: str
    epoch: int
    since: date | None
    replaceable: bool


class Epochs:
    """The epochs in the `keys` store; a secret that was never replaced is in its first."""

    def __init__(self, keys: Store, keyring: Keyring) -> None:
        self._keys = keys
        self._keyring = keyring

    def of(self, name: str) -> int:
        """Return the epoch a secret is in."""
        row = self._keys.read_now(lambda tx: tx.one(_ONE, name=name))
        return int(row[0]) if row else 1

    def note(self, name: str, epoch: int, today: date) -> None:
        """Remember that a secret's epoch has begun; again is the same."""
        row = {"name": name, "epoch": epoch, "since": today.isoformat()}
        self._keys.write_now(lambda tx: tx.run(replacement(KeyEpoch, tx.dialect), **row))

    def all(self) -> list[KeyAge]:
        """Return every secret this process holds, by name."""
        kept = {row[0]: row for row in self._keys.read_now(lambda tx: tx.all(_ALL))}
        return [self._age(name, kept.get(name)) for name in NAMES if self._keyring.holds(name)]

    def _age(self, name: str, row: tuple[Any, ...] | None) -> KeyAge:
        since = date.fromisoformat(row[2]) if row else self._keyring.since(name)
        return KeyAge(name, row[1] if row else 1, since, name in ROTATED)
