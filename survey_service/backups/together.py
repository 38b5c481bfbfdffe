"""Several backups put back by one command: whose files they are, and whether they fit."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from schemas.audit import Act
from survey_service.audit_log.appending import LEAF
from survey_service.audit_log.service import AuditLog
from survey_service.backups import manifest as manifests
from survey_service.backups.manifest import Manifest, StoreCopy, digest_of
from survey_service.backups.standing import reading
from survey_service.stores.errors import StoreRefused

_ENTRIES = select(LEAF.c.entry)


@dataclass(frozen=True)
class Backup:
    """One backup, whole and signed by this installation."""

    folder: Path
    manifest: Manifest
    note: str

    def file(self, name: str) -> Path:
        """Return where the copy of a store lies."""
        return self.folder / self.manifest.stores[name].file


@dataclass(frozen=True)
class Backups:
    """Backups that are put back together; each store is in one of them."""

    every: tuple[Backup, ...]

    @classmethod
    def read(cls, folders: Sequence[Path], audit: AuditLog) -> Backups:
        """Return the backups in these folders.

        Raises:
            StoreRefused: one is not whole or not ours, two hold one store, or the office's is
                older than the rows it has to know the waves and tables of.
        """
        found = cls(tuple(Backup(f, *manifests.read(f, audit)) for f in dict.fromkeys(folders)))
        names = list(found._names())
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise StoreRefused(f"Two of these backups hold {' and '.join(twice)}. Name one.")
        found._refuse_older_office()
        return found

    def _names(self) -> Iterator[str]:
        for backup in self.every:
            yield from backup.manifest.stores

    def chosen(self, names: Sequence[str]) -> list[str]:
        """Return the stores to put back: the named ones, or all.

        Raises:
            StoreRefused: one is in none of them.
        """
        held = list(self._names())
        if missing := set(names) - set(held):
            raise StoreRefused(f"The backup does not hold {' or '.join(sorted(missing))}.")
        return list(dict.fromkeys(names)) or held

    def holding(self, name: str) -> Backup:
        """Return the backup that a store is in."""
        return next(backup for backup in self.every if name in backup.manifest.stores)

    def copy(self, name: str) -> StoreCopy:
        """Return what is stated of a store's copy."""
        return self.holding(name).manifest.stores[name]

    def erased(self) -> set[str]:
        """Return the digests of the list of erasures that they state."""
        stated = (backup.manifest.tombstones for backup in self.every)
        return {one.sha256 for one in stated if one is not None}

    @property
    def newest(self) -> Manifest:
        """The manifest made when the audit log was longest."""
        return max((backup.manifest for backup in self.every), key=lambda one: one.log_size)

    @property
    def made_on(self) -> str:
        """The day of the oldest."""
        return min(backup.manifest.made_on for backup in self.every)

    @property
    def digest(self) -> str:
        """What tells these backups from others."""
        return "/".join(digest_of(b.folder / manifests.FILE) for b in self.every)

    def _refuse_older_office(self) -> None:
        """A backup of the office tells, in the log beside it, of those made before it."""
        held = set(self._names())
        if not {"office", "answers"} <= held:
            return
        office, rows = self.holding("office"), self.holding("answers")
        if office is rows:
            return
        told = _told_in(office.file("audit")) if "audit" in office.manifest.stores else set()
        if digest_of(rows.folder / manifests.FILE) not in told:
            raise StoreRefused(
                f"The backup in {office.folder} was not made after the one in {rows.folder}, so "
                "it may not know waves and tables that those rows belong to. Take the two that "
                "were made one after the other. Where there are none, give the command for each "
                "folder alone, the office's last, and tell the data protection officer."
            )


def _told_in(log: Path) -> set[str]:
    """The digests of manifests that a copy of the log tells of."""
    with reading(log) as tx:
        entries = [json.loads(bytes(row[0])) for row in tx.all(_ENTRIES)]
    made = (entry["hashes"] for entry in entries if entry["act"] == Act.BACKUP_MADE)
    return {hashes["manifest"] for hashes in made if "manifest" in hashes}
