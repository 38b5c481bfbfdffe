"""Putting a backup back, with everybody who erased since it was made left out.

Nothing runs meanwhile. Each store is prepared beside its place (migrated, erased people taken out,
counted) and then put in place whole; a mark in the data folder keeps the service from starting on
half of it, and another try does all of it again.
"""

from __future__ import annotations

import random
import secrets
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import bindparam, delete, func, select

from schemas.audit import Act, ObjectType, Purpose
from survey_service.answers.models import FreezeKey
from survey_service.audit_log.entries import AuditEntry
from survey_service.audit_log.service import AuditLog
from survey_service.backups import manifest as manifests
from survey_service.backups.copying import NEVER_COPIED, pour_in, rows_of, tables_of
from survey_service.backups.erased import ROWS, TakenOut, take_out
from survey_service.backups.keys_fit import drop_unopened, drop_unowned, refuse_unopened
from survey_service.backups.manifest import digest_of
from survey_service.backups.office_again import bring_up_to_date
from survey_service.backups.standing import Standing, refuse_forgetting, stated_digests
from survey_service.backups.together import Backups
from survey_service.clock import Clock
from survey_service.collection.stocktaking import count_anew
from survey_service.collection.taken_back import take_back_again
from survey_service.stores.errors import StoreRefused
from survey_service.stores.keyring import Keyring
from survey_service.stores.migrate import upgrade
from survey_service.stores.store import Store
from survey_service.stores.stores import Stores
from survey_service.stores.tombstones import Tombstones, lacks
from survey_service.stores.transactions import Tx

MARK = "restoring"
_KEY: Any = FreezeKey.__table__  # type: ignore[attr-defined]
_NO_KEY = delete(_KEY).where(_KEY.c.freeze == bindparam("of_freeze"))


@dataclass
class Restored:
    """What a restore did, in sentences for whoever gave the command."""

    stores: list[str] = field(default_factory=list)
    rows_taken_out: int = 0
    told: list[str] = field(default_factory=list)


def refuse_half_restored(data_dir: Path) -> None:
    """Nothing, unless a restore was cut short.

    Raises:
        StoreRefused: it was; names the remedy.
    """
    if (data_dir / MARK).exists():
        raise StoreRefused(
            "A restore was cut short, so the stores may not fit each other. Give the command "
            "`equality-survey restore` again with the same backup."
        )


class Restoring:
    """One restore into a data folder that nobody else uses."""

    def __init__(
        self,
        data_dir: Path,
        stores: Stores,
        keyring: Keyring,
        clock: Clock,
        shuffler: random.Random | None = None,
    ) -> None:
        self._data_dir = data_dir
        self._stores = stores
        self._keyring = keyring
        self._clock = clock
        self._shuffler = shuffler or secrets.SystemRandom()

    def run(
        self,
        folders: Path | Sequence[Path],
        names: Sequence[str] = (),
        tombstones: Path | None = None,
    ) -> Restored:
        """Put stores of a backup, or of several, in place; again is the same.

        `names`: which; all of them where none is named. `tombstones`: the newest list of
        erasures, where the one in the data folder is lost.

        Raises:
            StoreRefused: a backup is not whole or not ours, or they do not fit; the list of
                erasures is missing or older than they or a log say; what is there would be
                forgotten.
        """
        audit = AuditLog(self._stores.audit, self._keyring, self._clock)
        given = Backups.read([folders] if isinstance(folders, Path) else folders, audit)
        chosen = given.chosen(names)
        for backup in given.every:
            Standing.of(audit, backup.manifest)
        standing = Standing.of(audit, given.newest)
        if standing.keeps_log and "audit" in chosen:
            chosen.remove("audit")
        erased = self._newest(tombstones)
        self._refuse_older(erased, given)
        if "office" in chosen:
            refuse_forgetting(self._stores.office, given.holding("office").file("office"))
        if "keys" in chosen:
            refuse_unopened(given.holding("keys").file("keys"), self._keyring)
        (self._data_dir / MARK).write_text(f"{given.digest}\n")
        done = Restored(chosen, 0, standing.told())
        listed = self._adopt(erased)
        for store in self._stores:
            if store.name not in chosen:
                upgrade(store)
        for name in chosen:
            taken = self._restore(name, given, listed)
            done.rows_taken_out += taken.rows
            self._without_keys(taken)
        done.told += self._afterwards(chosen, given, listed)
        if set(ROWS) & set(chosen):
            done.told.append(
                f"Whoever corrected, restricted or took back a single purpose since "
                f"{given.made_on} is as before; those answers are counted nowhere until their "
                f"people look at them and say so: their page under the code tells them; tell "
                f"them on the survey's page too. Contacts taken back since are not back, nor is a "
                f"yes to finding a lost code."
            )
        self._log(audit, done, given)
        (self._data_dir / MARK).unlink()
        return done

    def _afterwards(self, chosen: list[str], given: Backups, listed: Tombstones) -> list[str]:
        """Make the stores fit each other and what happened since; return what there is to say."""
        told = self._after_keys() if "keys" in chosen else []
        if {"vault", "keys"} & set(chosen):
            take_back_again(self._stores, self._keyring, listed, self._shuffler)
        if {"vault", "answers", "keys"} & set(chosen):
            count_anew(self._stores, self._keyring)
        if "office" in chosen:
            told += bring_up_to_date(self._stores.office, given.made_on)
        return told

    def _newest(self, given: Path | None) -> Path:
        path = given or self._data_dir / manifests.TOMBSTONES
        if not path.is_file():
            raise StoreRefused(
                f"The list of erasures is missing: {path}. Without it everybody who erased since "
                "the backup would be back. Put the newest copy of `tombstones` there, or name it "
                "with --tombstones. The one inside the backup knows only those who erased before; "
                "name it only if nobody can have erased since."
            )
        return path

    def _refuse_older(self, erased: Path, given: Backups) -> None:
        known = given.erased() | stated_digests(self._stores.audit)
        for backup in given.every:
            if "audit" in backup.manifest.stores:
                known |= stated_digests(backup.file("audit"))
        if lacks(erased, known):
            raise StoreRefused(
                f"The list of erasures {erased} is older than the backup or the audit log says: "
                "erasures that happened are missing from it. Find the newest copy of "
                "`tombstones` and name it with --tombstones."
            )

    def _adopt(self, erased: Path) -> Tombstones:
        """Leave the list in the data folder, if it came from elsewhere, and open it."""
        own = self._data_dir / manifests.TOMBSTONES
        if erased.resolve() != own.resolve():
            if own.exists() and lacks(erased, [digest_of(own)]):
                raise StoreRefused(
                    f"{own} names erasures that {erased} does not. Leave --tombstones out."
                )
            draft = own.with_suffix(".writing")
            shutil.copyfile(erased, draft)
            draft.chmod(0o600)
            draft.replace(own)
        return Tombstones(own, self._keyring.secret("tombstones"))

    def _restore(self, name: str, given: Backups, erased: Tombstones) -> TakenOut:
        store: Store = getattr(self._stores, name)
        place = store.path or self._data_dir / "stores" / f"{name}.sqlite"
        draft = place.with_suffix(".restoring")
        for old in draft.parent.glob(f"{draft.name}*"):
            old.unlink()
        draft.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        shutil.copyfile(given.holding(name).file(name), draft)
        draft.chmod(0o600)
        copy = Store(name, path=draft)
        try:
            upgrade(copy)
            taken = take_out(copy, erased)
            expected = dict(given.copy(name).rows)
            if name in ROWS:
                expected[ROWS[name]] -= taken.rows
            self._put(copy, store, expected)
        finally:
            copy.close()
            for rest in draft.parent.glob(f"{draft.name}*"):
                rest.unlink()
        return taken

    def _put(self, copy: Store, store: Store, expected: dict[str, int]) -> None:
        def refuse_other(found: dict[str, int]) -> None:
            wrong = sorted(t for t, rows in expected.items() if found.get(t) != rows)
            # Reviews of emptied freezes went with them.
            if wrong := [table for table in wrong if table not in ("review", *_left_out(copy))]:
                raise StoreRefused(
                    f"The store {copy.name} would not hold what the backup says it does "
                    f"({', '.join(wrong)}). Nothing of it was put in place."
                )

        refuse_other(rows_of(copy))
        if store.path is None:

            def check(tx: Tx) -> None:
                counted = {
                    table.name: tx.one(select(func.count()).select_from(table))
                    for table in tables_of(store.name)
                }
                refuse_other({name: int(row[0]) if row else 0 for name, row in counted.items()})

            pour_in(copy, store, self._shuffler, check)
            return
        copy.leave_log()
        store.close()
        for log in ("-wal", "-shm"):
            store.path.with_name(store.path.name + log).unlink(missing_ok=True)
        if copy.path is not None:
            copy.path.replace(store.path)

    def _without_keys(self, taken: TakenOut) -> None:
        if taken.freezes:
            self._stores.keys.write_now(
                lambda tx: [tx.run(_NO_KEY, of_freeze=freeze) for freeze in taken.freezes]
            )

    def _after_keys(self) -> list[str]:
        dropped = drop_unowned(self._stores, self._keyring)
        waiting = drop_unopened(self._stores)
        told = [f"Keys without a row were removed: {dropped}."] if dropped else []
        if waiting:
            told.append(
                "Submissions that waited cannot be opened any more and were removed: these people "
                "have to answer again."
            )
        return told

    def _log(self, audit: AuditLog, done: Restored, given: Backups) -> None:
        for backup in given.every:
            stores = [name for name in done.stores if name in backup.manifest.stores]
            rows = done.rows_taken_out if set(ROWS) & set(stores) else 0
            audit.append_now(
                AuditEntry(
                    act=Act.BACKUP_RESTORED,
                    object_type=ObjectType.BACKUP,
                    object_ref="/".join(stores),
                    purpose=Purpose.OPERATION,
                    counts={"rows_floored_to_ten": rows // 10 * 10},
                    hashes={"manifest": sha256(backup.note.encode()).hexdigest()},
                )
            )


def _left_out(copy: Store) -> tuple[str, ...]:
    return NEVER_COPIED.get(copy.name, ())
