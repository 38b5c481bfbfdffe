"""The state of an installation, without a count of people and without a key's value."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from schemas.audit import Act, ObjectType, Outcome, Purpose
from schemas.vocabulary import Frozen
from survey_service.accounts.people import Person
from survey_service.audit_log.entries import AuditEntry
from survey_service.audit_log.service import AuditLog, EntryFilter
from survey_service.backups.making import TOGETHER
from survey_service.stores.ballast import SIZE
from survey_service.stores.epochs import Epochs, KeyAge
from survey_service.stores.store import Store

LITTLE_ROOM = 512 * 1024 * 1024


class StoreState(Frozen):
    """One store: where it lies, whether its ballast does, and whether its disk has room.

    None where the store is no file of ours: the database server's disk is not seen from here.
    """

    name: str
    on_postgresql: bool
    ballast: bool | None
    room: bool | None


class Looked(Frozen):
    """Stores and keys as whoever reaches them finds them."""

    stores: tuple[StoreState, ...]
    keys: tuple[KeyAge, ...]


class Health(Looked):
    """What is looked at; instants are texts of the audit log, None for what never was.

    `told_at` is when the part settle last told; None where it is looked at here and now.
    `last_backup` is that of the store whose last one is the oldest.
    """

    told_at: str | None
    last_settle: str | None
    last_backup: str | None
    last_key_backup: str | None


Look = Callable[[], tuple[Looked, str | None]]


def state_of(stores: Iterable[Store], epochs: Epochs) -> Looked:
    """Return the state of stores and of the keys this process holds."""
    return Looked(stores=tuple(map(_state, stores)), keys=tuple(epochs.all()))


class HealthOffice:
    """Reads the state; that it was read is an entry first."""

    def __init__(self, look: Look, audit: AuditLog) -> None:
        """Wire; `look` gives the state, and when another part told it."""
        self._look = look
        self._audit = audit

    async def read(self, person: Person) -> Health:
        """Return the state of stores, keys, settle and backups."""
        await self._audit.append(
            AuditEntry(
                act=Act.HEALTH_READ,
                object_type=ObjectType.STORE,
                actor=person,
                purpose=Purpose.ADMINISTRATION,
            )
        )
        looked, told_at = await asyncio.to_thread(self._look)
        backups = EntryFilter(act=Act.BACKUP_MADE, outcome=Outcome.OK)
        made: dict[str, str] = {}
        for entry in (await self._audit.entries(backups, limit=200)).entries:
            for name in entry.object.ref.split("/"):
                made.setdefault(name, entry.time)
        of_stores = [made.get(name) for name in TOGETHER]
        return Health(
            stores=looked.stores,
            keys=looked.keys,
            told_at=told_at,
            last_settle=await self._last(Act.WAVE_SETTLED),
            last_backup=min((t for t in of_stores if t), default=None) if all(of_stores) else None,
            last_key_backup=made.get("keys"),
        )

    async def _last(self, act: Act) -> str | None:
        found = (await self._audit.entries(EntryFilter(act=act), limit=1)).entries
        return found[0].time if found else None


def _state(store: Store) -> StoreState:
    path: Path | None = store.path
    if path is None:
        return StoreState(name=store.name, on_postgresql=True, ballast=None, room=None)
    ballast = path.with_suffix(".ballast")
    whole = ballast.is_file() and ballast.stat().st_size == SIZE
    room = shutil.disk_usage(path.parent).free >= LITTLE_ROOM
    return StoreState(name=store.name, on_postgresql=False, ballast=whole, room=room)
