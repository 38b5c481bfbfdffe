"""Carrying out what two people agreed on, by the process that holds the keys it is about.

Done at once, and again by the next look where a crash cut it short: a secret's epoch tells whether
it was done. What another part holds is left to that part.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any

from sqlalchemy import bindparam, select, update

from schemas.audit import Act, ObjectType, Outcome, Purpose
from survey_service.audit_log.entries import AuditEntry, instant
from survey_service.audit_log.references import ACTORS
from survey_service.audit_log.service import AuditLog
from survey_service.ceremonies.destroying import Destroyable, Source
from survey_service.ceremonies.kinds import Kind
from survey_service.ceremonies.models import CeremonyRow
from survey_service.ceremonies.rotating import rewrap
from survey_service.clock import Clock
from survey_service.stores.epochs import Epochs
from survey_service.stores.keyring import ROTATED, Keyring
from survey_service.stores.stores import OfficeStores, Stores

_TABLE: Any = CeremonyRow.__table__  # type: ignore[attr-defined]
_CONFIRMED = select(_TABLE).where(_TABLE.c.state == "confirmed").order_by(_TABLE.c.id)
_END = (
    update(_TABLE)
    .where(_TABLE.c.id == bindparam("of_id"), _TABLE.c.state == "confirmed")
    .values(state=bindparam("new_state"), done_at=bindparam("at"))
)


class CarryingOut:
    """Replaces and destroys; `names` are the secrets whose files are this process's to change."""

    def __init__(
        self,
        stores: Stores | OfficeStores,
        keyring: Keyring,
        epochs: Epochs,
        audit: AuditLog,
        clock: Clock,
        sources: Iterable[Source],
        names: Iterable[str] = ROTATED,
    ) -> None:
        self._stores = stores
        self._keyring = keyring
        self._epochs = epochs
        self._audit = audit
        self._clock = clock
        self._sources = tuple(sources)
        self._names = [name for name in names if keyring.holds(name)]
        self._running = threading.Lock()
        self.epoch_of, self.ages = epochs.of, epochs.all

    def rotated(self) -> list[str]:
        """Return the secrets that can be replaced here."""
        return self._names

    def destroyables(self) -> list[Destroyable]:
        """Return what can be destroyed here, with what stands against it."""
        return [found for source in self._sources for found in source()]

    def heal_now(self) -> int:
        """Carry out every ceremony that was confirmed and is ours; return how many."""
        return self._carry_out(None)

    def carry_out_now(self, ceremony_id: str) -> None:
        """Carry out a confirmed ceremony, whatever of it is done already; again is the same."""
        self._carry_out(ceremony_id)

    def _carry_out(self, ceremony_id: str | None) -> int:
        with self._running:
            rows = self._stores.office.read_now(lambda tx: tx.dicts(_CONFIRMED))
            ended = 0
            for row in rows:
                if ceremony_id not in (None, row["id"]):
                    continue
                state = self._state_after(row)
                if state is not None:
                    self._end(row["id"], state)
                    ended += 1
            return ended

    def _end(self, ceremony_id: str, state: str) -> None:
        at = instant(self._clock()) if state == "done" else None
        given = {"of_id": ceremony_id, "new_state": state, "at": at}
        self._stores.office.write_now(lambda tx: tx.run(_END, **given))

    def _state_after(self, row: dict[str, Any]) -> str | None:
        """Do it, if it is ours, and return how the ceremony ends; None where it is not ours."""
        name, epoch = row["subject"], row["epoch"]
        if row["kind"] == Kind.ROTATE:
            if name not in self._names:
                return None
            self._rotate(name, epoch)
            return "done"
        found = next((d for d in self.destroyables() if d.subject == name), None)
        if found is None:
            return None
        if found.hindrance is not None:
            # Something came between the yes and now. What waited for it to pass would strike later.
            self._log_now(Act.KEYS_DESTROYED, name, Outcome.DENIED)
            return "declined"
        self._destroy(found, epoch)
        return "done"

    def _rotate(self, name: str, epoch: int) -> None:
        begun = len(self._keyring.candidates(name)) > 1
        if self._epochs.of(name) < epoch or begun:
            self._log_now(Act.KEYS_ROTATED, name, Outcome.INTENT)
            self._keyring.stage(name)
            rewrap(self._stores, self._keyring, name)
            self._epochs.note(name, epoch, self._clock().date())
            self._keyring.promote(name)
        for store in (self._stores.keys, self._stores.audit):
            store.truncate_log()
        self._log_now(Act.KEYS_ROTATED, name, Outcome.OK)

    def _destroy(self, found: Destroyable, epoch: int) -> None:
        name = found.secret or found.subject
        ref = ACTORS if found.secret == ACTORS else found.subject
        if self._epochs.of(name) < epoch:
            self._log_now(Act.KEYS_DESTROYED, ref, Outcome.INTENT)
            found.destroy()
            self._epochs.note(name, epoch, self._clock().date())
        self._log_now(Act.KEYS_DESTROYED, ref, Outcome.OK)

    def _log_now(self, act: Act, ref: str, outcome: Outcome) -> None:
        self._audit.append_now(
            AuditEntry(
                act=act,
                object_type=ObjectType.KEYS,
                object_ref=ref,
                purpose=Purpose.ADMINISTRATION,
                outcome=outcome,
            )
        )
