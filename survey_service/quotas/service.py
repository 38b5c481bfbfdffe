"""The use cases of quotas: set them, count when something was settled, read what may be shown.

A reached quota is a word to the coordinator. No form and no respondent's page knows of quotas, so
that nobody is turned away, and nobody can tell from a page who else has answered.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import bindparam, delete, select, update

from schemas.audit import Act, ObjectType, Purpose
from survey_service.accounts.people import Person
from survey_service.answers.service import Answers
from survey_service.audit_log.entries import AuditEntry
from survey_service.audit_log.service import AuditLog
from survey_service.problems import N_, Conflict
from survey_service.quotas.models import QuotaPlan
from survey_service.quotas.planning import Group, chosen, groups_of, key_of
from survey_service.quotas.showing import Shown, shown
from survey_service.releases.codebook import ReleaseVariable
from survey_service.stores.errors import StoreRefused
from survey_service.stores.store import Store
from survey_service.stores.transactions import Tx, replacement
from survey_service.surveys.models import WaveRow
from survey_service.surveys.waves import Wave, WaveState

_TABLE: Any = QuotaPlan.__table__  # type: ignore[attr-defined]
_ONE = select(_TABLE.c.variables, _TABLE.c.targets, _TABLE.c.shown, _TABLE.c.due).where(
    _TABLE.c.wave == bindparam("wave")
)
_OF_WAVE = _TABLE.c.wave == bindparam("of_wave")
_DUE = update(_TABLE).where(_OF_WAVE).values(due=1)
_COUNTED = update(_TABLE).where(_OF_WAVE).values(shown=bindparam("new_shown"), due=0)
_TARGETS = update(_TABLE).where(_OF_WAVE).values(targets=bindparam("new_targets"))
_REMOVE = delete(_TABLE).where(_OF_WAVE)
_WAVE: Any = WaveRow.__table__  # type: ignore[attr-defined]
# Locked, so that no wave opens between this question and what is written after it.
_STATE = select(_WAVE.c.state).where(_WAVE.c.id == bindparam("wave")).with_for_update()
LOCKED = N_("What groups are counted by is locked since the wave opened.")


@dataclass(frozen=True, slots=True)
class Quota:
    """A group with a target: how many at least are there, and whether that is enough."""

    group: Group
    target: int
    at_least: int | None

    @property
    def reached(self) -> bool:
        """Whether as many as wanted can be seen to be there."""
        return self.at_least is not None and self.at_least >= self.target


@dataclass(frozen=True, slots=True)
class Plan:
    """The quotas of a wave, by what may be shown of its settled answers."""

    variables: tuple[ReleaseVariable, ...]
    quotas: tuple[Quota, ...]
    total: int | None
    counted: bool
    """Whether anything was settled since the wave opened."""

    @property
    def targets(self) -> dict[str, int]:
        """How many are wanted, by group."""
        return {quota.group.key: quota.target for quota in self.quotas}

    @property
    def reached(self) -> int:
        """How many quotas are reached."""
        return sum(quota.reached for quota in self.quotas)


class Quotas:
    """Quotas in the `office` store; only settling gives figures, and they need `answers`."""

    def __init__(self, office: Store, audit: AuditLog, answers: Answers | None = None) -> None:
        self._office = office
        self._audit = audit
        self._answers = answers

    def set_now(
        self,
        wave: Wave,
        names: Sequence[str],
        targets: Mapping[str, int],
        person: Person | None = None,
    ) -> None:
        """Set the quotas of a wave; none at all takes them away. Again is the same.

        What groups are counted by is fixed when the wave opens: two ways of counting the same
        people would tell more than either. How many are wanted may be changed while it is open.

        Raises:
            InvalidInput: a variable that cannot be used.
            Conflict: the wave is over, or is open and counts by other variables.
        """
        variables = chosen(wave, names)
        keys = {group.key for group in groups_of(variables)}
        kept = {key: number for key, number in targets.items() if key in keys}
        row = self._row(wave.id)
        draft = wave.state is WaveState.DRAFT
        same = row is not None and row["variables"] == [variable.name for variable in variables]
        if not draft and (wave.state is not WaveState.OPEN or not same or not kept):
            raise Conflict(LOCKED)
        self._log(Act.QUOTAS_SET, wave, person, {"quotas": len(kept)})
        document = json.dumps(kept, sort_keys=True)
        put = {
            "wave": wave.id,
            "variables": json.dumps([variable.name for variable in variables]),
            "targets": document,
            "shown": None,
            "due": 0,
        }

        def work(tx: Tx) -> bool:
            # Asked in the transaction itself: the wave at hand may be some seconds old.
            if tx.one(_STATE, wave=wave.id) != (wave.state.value,):
                return False
            if not kept:
                tx.run(_REMOVE, of_wave=wave.id)
            elif draft:
                tx.run(replacement(QuotaPlan, tx.dialect), **put)
            else:
                tx.run(_TARGETS, of_wave=wave.id, new_targets=document)
            return True

        if not self._office.write_now(work):
            raise Conflict(LOCKED)

    def read_now(self, wave: Wave, person: Person | None = None) -> Plan | None:
        """Return the quotas of a wave with what may be shown of them; None where there are none."""
        row = self._row(wave.id)
        if row is None:
            return None
        if wave.state is not WaveState.DRAFT:
            self._log(Act.PROGRESS_READ, wave, person)
        variables = chosen(wave, row["variables"])
        told = row["shown"] or {"total": None, "groups": {}}
        return Plan(
            variables=variables,
            quotas=tuple(
                Quota(group, row["targets"][group.key], told["groups"].get(group.key))
                for group in groups_of(variables)
                if group.key in row["targets"]
            ),
            total=told["total"],
            counted=row["shown"] is not None,
        )

    def total_now(self, wave_id: str) -> tuple[bool, int | None]:
        """Return whether the wave has quotas, and the total that goes with them.

        A total of a later moment, taken from theirs, could be one person who has erased.
        """
        row = self._row(wave_id)
        return row is not None, (row["shown"] or {"total": None})["total"] if row else None

    def due(self, wave: Wave) -> None:
        """Remember that figures will be due, before anything is settled."""
        self._office.write_now(lambda tx: tx.run(_DUE, of_wave=wave.id))

    def settled(self, wave: Wave) -> None:
        """Count anew where something was settled since; cost grows with the rows of the wave.

        Never at any other moment: between two batches of twenty or more the figures stay, so
        that no correction and no erasure shows in them.

        Raises:
            StoreRefused: this part cannot read answers.
        """
        row = self._row(wave.id)
        if row is None or not row["due"]:
            return
        if self._answers is None:
            raise StoreRefused("This part does not read answers.")
        variables = chosen(wave, row["variables"])
        total, counts = 0, Counter(dict.fromkeys((g.key for g in groups_of(variables)), 0))
        for body in self._answers.bodies(wave.id):
            if body.get("restricted", False):
                continue
            total += 1
            key = key_of(wave.form.coded(body["record"]), variables)
            if key is not None:
                counts[key] += 1
        told: Shown = shown(total, counts)
        document = json.dumps(asdict(told), sort_keys=True)
        self._office.write_now(lambda tx: tx.run(_COUNTED, of_wave=wave.id, new_shown=document))

    def _row(self, wave_id: str) -> dict[str, Any] | None:
        row = self._office.first_now(_ONE, wave=wave_id)
        if row is None:
            return None
        return {
            "variables": json.loads(row[0]),
            "targets": json.loads(row[1]),
            "shown": json.loads(row[2]) if row[2] else None,
            "due": row[3],
        }

    def _log(
        self, act: Act, wave: Wave, person: Person | None, counts: dict[str, int] | None = None
    ) -> None:
        self._audit.append_now(
            AuditEntry(
                act=act,
                object_type=ObjectType.WAVE,
                object_ref=wave.id,
                actor=person,
                purpose=Purpose.FIELD_WORK,
                counts=counts or {},
            )
        )
