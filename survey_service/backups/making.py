"""Making a backup: right after a settle, store by store, each one replacing the one before."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime, time
from pathlib import Path

from schemas.audit import Act, ObjectType, Outcome, Purpose
from survey_service.audit_log.entries import AuditEntry
from survey_service.audit_log.service import AuditLog
from survey_service.backups import manifest as manifests
from survey_service.backups.copying import copy_out
from survey_service.backups.manifest import ErasedSoFar, Manifest, StoreCopy, digest_of
from survey_service.clock import Clock
from survey_service.stores.errors import StoreRefused
from survey_service.stores.parts import OWNER_OF, Part
from survey_service.stores.store import Store
from survey_service.stores.tombstones import Tombstones

TOGETHER = ("vault", "answers", "office", "audit")
"""What is copied where no store is named. Keys never lie beside what they open."""

Moment = Callable[[tuple[str, ...]], AbstractContextManager[None]]


def copied_by(part: Part | None) -> tuple[str, ...]:
    """Return what is copied where no store is named: by a part its own of it, no other's."""
    return tuple(name for name in TOGETHER if part is None or OWNER_OF[name] is part)


class Backups:
    """Makes backups of a running installation, or of the stores that belong to a part of it."""

    def __init__(
        self,
        stores: Iterable[Store],
        tombstones: Tombstones | None,
        audit: AuditLog,
        clock: Clock,
        moment: Moment,
        part: Part | None = None,
    ) -> None:
        """Wire; `moment`: the block to copy in; no `tombstones` where a part sees none."""
        self._stores = {store.name: store for store in stores}
        self._tombstones = tombstones
        self._audit = audit
        self._clock = clock
        self._moment = moment
        self._part = part

    def make_now(self, folder: Path, names: Sequence[str] = ()) -> Manifest:
        """Leave a backup of some stores in a folder and return its manifest.

        What waits is settled first, if enough does. A backup that lay there is replaced once the
        new one is whole. Again is the same but for what has changed.

        Raises:
            StoreRefused: these stores are never copied, not together or not by this part; the
                folder holds something else; or the moment has not come.
        """
        chosen = tuple(dict.fromkeys(names)) or copied_by(self._part)
        _refuse_stores(chosen, self._part)
        _refuse_foreign(folder)
        _finish_swap(folder)
        with self._moment(chosen):
            self._log(Outcome.INTENT, chosen)
            made = self._whole(_beside(folder, "writing"), chosen)
            _swap(folder)
            self._log(Outcome.OK, chosen, digest_of(folder / manifests.FILE))
        return made

    def _whole(self, folder: Path, chosen: Sequence[str]) -> Manifest:
        """Write a backup; one that cannot be finished leaves nothing that fills the disk."""
        try:
            return self._write(folder, chosen)
        except Exception:
            shutil.rmtree(folder, ignore_errors=True)
            raise

    def _write(self, folder: Path, chosen: Sequence[str]) -> Manifest:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, mode=0o700)
        copies = {}
        for name in chosen:
            target = folder / f"{name}.sqlite"
            rows = copy_out(self._stores[name], target)
            copies[name] = StoreCopy(file=target.name, sha256=digest_of(target), rows=rows)
        erased = None
        if self._tombstones is not None:
            size, sha256 = self._tombstones.position()
            self._tombstones.copy_to(folder / manifests.TOMBSTONES)
            erased = ErasedSoFar(size=size, sha256=sha256)
        log_size, root = self._audit.head_now()
        made = Manifest(
            made_on=self._clock().date().isoformat(),
            stores=copies,
            tombstones=erased,
            log_size=log_size,
            log_root=root,
        )
        note = folder / manifests.FILE
        note.write_text(made.signed(self._audit), encoding="utf-8")
        self._blur(folder)
        return made

    def _blur(self, folder: Path) -> None:
        """Let file times tell the day and nothing finer, and bring it all to the disk."""
        midnight = datetime.combine(self._clock().date(), time(), UTC).timestamp()
        for path in sorted(folder.iterdir()):
            path.chmod(0o600)
            with path.open("rb") as file:
                os.fsync(file.fileno())
            os.utime(path, (midnight, midnight))
        _sync(folder)

    def _log(self, outcome: Outcome, chosen: Sequence[str], sha256: str | None = None) -> None:
        hashes = {} if self._tombstones is None else {"tombstones": self._tombstones.digest()}
        self._audit.append_now(
            AuditEntry(
                act=Act.BACKUP_MADE,
                object_type=ObjectType.BACKUP,
                object_ref="/".join(chosen),
                purpose=Purpose.OPERATION,
                outcome=outcome,
                hashes=hashes | ({"manifest": sha256} if sha256 else {}),
            )
        )


def _refuse_stores(chosen: Sequence[str], part: Part | None) -> None:
    if refused := {"inbox", "drafts"} & set(chosen):
        raise StoreRefused(
            f"{' and '.join(sorted(refused))}: never in a backup. Submissions that wait could be "
            "paired by whoever has the keys, and drafts open with nobody's key but their code."
        )
    if unknown := set(chosen) - {*TOGETHER, "keys"}:
        raise StoreRefused(f"There is no store {' or '.join(sorted(unknown))}.")
    if foreign := sorted(name for name in chosen if part not in (None, OWNER_OF[name])):
        raise StoreRefused(
            f"{' and '.join(foreign)}: not this part's to copy. Give the command with "
            f"--part {OWNER_OF[foreign[0]]}."
        )
    if "keys" in chosen and len(chosen) > 1:
        raise StoreRefused(
            "keys: never beside what they open. Back it up alone, into another folder that is "
            "kept elsewhere."
        )


def _refuse_foreign(folder: Path) -> None:
    """Refuse to replace what no backup of ours has left: the folder, or one of both beside it."""
    for place in (folder, _beside(folder, "before")):
        _refuse_other(place)
    ours = {manifests.FILE, manifests.TOMBSTONES, *(f"{n}.sqlite" for n in (*TOGETHER, "keys"))}
    draft = _beside(folder, "writing")
    logs = {f"{store}{rest}" for store in ours for rest in ("-wal", "-shm", "-journal")}
    if {path.name for path in draft.glob("*")} - ours - logs:
        raise StoreRefused(f"{draft} is needed to write in, and holds something else. Move it.")


def _refuse_other(folder: Path) -> None:
    inside = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    if folder.exists() and not folder.is_dir():
        raise StoreRefused(f"{folder} is not a folder.")
    if inside and manifests.FILE not in inside:
        raise StoreRefused(
            f"{folder} holds something that is no backup. Name an empty folder, or a new one."
        )


def _beside(folder: Path, what: str) -> Path:
    return folder.with_name(f"{folder.name}.{what}")


def _finish_swap(folder: Path) -> None:
    """Put back what a crash between the two renames left, and drop what was never whole."""
    before = _beside(folder, "before")
    if before.exists():
        if folder.exists():
            shutil.rmtree(before)
        else:
            before.rename(folder)
    shutil.rmtree(_beside(folder, "writing"), ignore_errors=True)


def _swap(folder: Path) -> None:
    if folder.exists():
        folder.rename(_beside(folder, "before"))
    _beside(folder, "writing").rename(folder)
    _sync(folder.parent)
    shutil.rmtree(_beside(folder, "before"), ignore_errors=True)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
