"""Slips that a coordinator hands to a mediator: a number of them, for him to print once.

What is handed over is a number, not slips: they are drawn when he prints them, and kept nowhere.
With printing the row that names him goes, so that nothing leads from a used slip to whoever gave
it out, and he never learns which of his were used.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, delete, select

from schemas.audit import Act, ObjectType, Purpose
from schemas.vocabulary import Role
from survey_service.accounts.people import Person
from survey_service.accounts.service import Accounts
from survey_service.audit_log.entries import AuditEntry
from survey_service.audit_log.service import AuditLog
from survey_service.clock import Clock
from survey_service.invitations.models import HandedSlips, SlipBatch
from survey_service.invitations.service import MOST_SLIPS, Invitations
from survey_service.problems import N_, Conflict, FieldError, InvalidInput, NotFound
from survey_service.stores.store import Store
from survey_service.surveys.waves import Wave, WaveState

_TABLE: Any = HandedSlips.__table__  # type: ignore[attr-defined]
_BATCH: Any = SlipBatch.__table__  # type: ignore[attr-defined]
# A crash between printing and forgetting leaves a row whose batch is there: it counts no more.
_WAITING = select(
    _TABLE.c.id, _TABLE.c.wave, _TABLE.c.account_id, _TABLE.c.slips, _TABLE.c.handed_on
).where(_TABLE.c.id.not_in(select(_BATCH.c.id)))
_OF_WAVE = _WAITING.where(_TABLE.c.wave == bindparam("wave")).order_by(
    _TABLE.c.handed_on, _TABLE.c.id
)
_OF_ACCOUNT = _WAITING.where(_TABLE.c.account_id == bindparam("account")).order_by(
    _TABLE.c.handed_on, _TABLE.c.id
)
_FORGET = delete(_TABLE).where(
    (_TABLE.c.id == bindparam("of_id")) | _TABLE.c.id.in_(select(_BATCH.c.id))
)


@dataclass(frozen=True, slots=True)
class ToPrint:
    """Slips that wait for a mediator to print them."""

    id: str
    wave: str
    account_id: str
    slips: int
    handed_on: str


class Handed:
    """Numbers of slips on their way to a mediator's printer, in the `office` store."""

    def __init__(
        self,
        office: Store,
        accounts: Accounts,
        invitations: Invitations,
        audit: AuditLog,
        clock: Clock,
    ) -> None:
        self._office = office
        self._accounts = accounts
        self._invitations = invitations
        self._audit = audit
        self._clock = clock

    def of_wave_now(self, wave_id: str) -> list[ToPrint]:
        """Return what of a wave waits to be printed."""
        return self._read(_OF_WAVE, wave=wave_id)

    def own_now(self, account_id: str) -> list[ToPrint]:
        """Return what a mediator may print."""
        return self._read(_OF_ACCOUNT, account=account_id)

    def _read(self, query: Any, **values: str) -> list[ToPrint]:
        return self._office.read_now(
            lambda tx: [ToPrint(**row) for row in tx.dicts(query, **values)]
        )

    async def mediators(self) -> dict[str, str]:
        """Return the user names of mediators who work here, by account id."""
        return await self._accounts.directory(Role.MEDIATOR)

    async def hand_over(
        self, wave: Wave, key: str, mediator: str, count: int, person: Person | None = None
    ) -> None:
        """Let a mediator print slips; `key` is made with the form, and again is the same.

        Raises:
            InvalidInput: nobody of that id is a mediator here, or the number is out of range.
            Conflict: the wave is over, or invites anybody.
        """
        if wave.state not in (WaveState.DRAFT, WaveState.OPEN) or wave.invitation != "slips":
            raise Conflict(N_("This wave invites nobody by slips."))
        if not 1 <= count <= MOST_SLIPS:
            values = {"least": 1, "most": MOST_SLIPS}
            message = N_("Write a number from %(least)s to %(most)s.")
            raise InvalidInput([FieldError("handed", message, "", values)])
        if mediator not in await self.mediators():
            raise InvalidInput([FieldError("mediator", N_("Choose one of the answers shown."))])
        await self._audit.append(self._entry(Act.SLIPS_HANDED, wave.id, person, {"slips": count}))
        row = {
            "id": key,
            "wave": wave.id,
            "account_id": mediator,
            "slips": count,
            "handed_on": self._clock().date().isoformat(),
        }
        handed = HandedSlips.model_validate(row)
        await self._office.write(lambda tx: tx.add(handed, ignore=True))

    def take_back_now(self, wave: Wave, handed: str, person: Person | None = None) -> None:
        """Take back what was not printed yet; again is the same.

        Raises:
            NotFound: the wave has nothing of that id that waits.
        """
        if handed not in {row.id for row in self.of_wave_now(wave.id)}:
            raise NotFound
        self._audit.append_now(self._entry(Act.SLIPS_TAKEN_BACK, wave.id, person))
        self._office.write_now(lambda tx: tx.run(_FORGET, of_id=handed))

    def print_now(self, wave: Wave, handed: str, person: Person) -> list[str]:
        """Return the slips, this once; from then on nothing says who has printed them.

        Raises:
            NotFound: nothing of that id waits for this person, of this wave.
            Conflict: the wave is over, or they were printed a moment ago.
        """
        own = {row.id: row for row in self.own_now(person.id) if row.wave == wave.id}
        if handed not in own:
            raise NotFound
        slips = self._invitations.make_now(wave, handed, own[handed].slips, person)
        self._office.write_now(lambda tx: tx.run(_FORGET, of_id=handed))
        return slips

    def _entry(
        self, act: Act, wave: str, person: Person | None, counts: dict[str, int] | None = None
    ) -> AuditEntry:
        return AuditEntry(
            act=act,
            object_type=ObjectType.WAVE,
            object_ref=wave,
            actor=person,
            purpose=Purpose.FIELD_WORK,
            counts=counts or {},
        )
