"""The coordinator's use cases of slips, and what a form asks: may this person begin, and send?"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from sqlalchemy import bindparam, select, update

from schemas.audit import Act, ObjectType, Purpose
from survey_service.accounts.people import Person
from survey_service.audit_log.entries import AuditEntry
from survey_service.audit_log.service import AuditLog
from survey_service.clock import Clock
from survey_service.consent.claims import Claim, Claims
from survey_service.invitations.models import SlipBatch
from survey_service.invitations.once import OnceKeys
from survey_service.invitations.slips import is_of, new_slip, read_slip
from survey_service.problems import N_, Conflict, NotFound
from survey_service.stores.envelopes import expand
from survey_service.stores.errors import StoreRefused
from survey_service.stores.keyring import Keyring
from survey_service.stores.store import Store
from survey_service.surveys.waves import Wave, WaveState

_TABLE: Any = SlipBatch.__table__  # type: ignore[attr-defined]
_OF_WAVE = (
    select(_TABLE.c.id, _TABLE.c.slips, _TABLE.c.made_on, _TABLE.c.revoked_on)
    .where(_TABLE.c.wave == bindparam("wave"))
    .order_by(_TABLE.c.made_on, _TABLE.c.id)
)
_REVOKE = (
    update(_TABLE)
    .where(_TABLE.c.id == bindparam("batch"), _TABLE.c.revoked_on.is_(None))
    .values(revoked_on=bindparam("new_day"))
)

MOST_SLIPS = 500
"""In one batch; a wave may have any number of batches, but each costs a keyed hash at the door."""
FRESH_SECONDS = 2.0


class Invitations:
    """Slips of waves that invite by them, and who has taken part where each may once.

    The office makes slips and reaches `office` alone; the front uses them up in the vault, and
    reaches `inbox` for the keys of who took part; settle forgets them in the vault.
    """

    def __init__(
        self,
        office: Store,
        keyring: Keyring,
        audit: AuditLog,
        clock: Clock,
        *,
        vault: Store | None = None,
        inbox: Store | None = None,
        draw: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self._office = office
        self._vault = vault
        self._inbox = inbox
        self._keyring = keyring
        self._audit = audit
        self._clock = clock
        self._draw = draw
        self._known: dict[str, tuple[float, list[str]]] = {}

    @cached_property
    def _claims(self) -> Claims:
        if self._vault is None:
            raise StoreRefused("This part does not reach the vault.")
        return Claims(self._vault, self._keyring)

    @cached_property
    def once(self) -> OnceKeys:
        """The keys of waves in which each takes part once."""
        if self._inbox is None:
            raise StoreRefused("This part does not reach the inbox.")
        return OnceKeys(self._inbox, self._keyring)

    def batches_now(self, wave_id: str) -> list[dict[str, Any]]:
        """Return the batches of a wave: id, slips, made_on, revoked_on."""
        return self._office.read_now(lambda tx: tx.dicts(_OF_WAVE, wave=wave_id))

    def make_now(
        self, wave: Wave, batch: str, count: int, person: Person | None = None
    ) -> list[str]:
        """Make slips that are kept nowhere else; `batch` is a fresh id, good once.

        Raises:
            Conflict: the wave is over or invites anybody, or this batch was made already.
        """
        if wave.state not in (WaveState.DRAFT, WaveState.OPEN) or wave.invitation != "slips":
            raise Conflict(N_("This wave invites nobody by slips."))
        if not 1 <= count <= MOST_SLIPS:
            raise ValueError("so many slips are not made at once")
        self._audit.append_now(
            AuditEntry(
                act=Act.SLIPS_MADE,
                object_type=ObjectType.WAVE,
                object_ref=wave.id,
                actor=person,
                purpose=Purpose.FIELD_WORK,
                counts={"slips": count},
            )
        )
        row = SlipBatch.model_validate(
            {
                "id": batch,
                "wave": wave.id,
                "slips": count,
                "made_on": self._clock().date().isoformat(),
            }
        )
        if not self._office.write_now(lambda tx: tx.add(row, ignore=True)):
            raise Conflict(
                N_("These slips were made already. They are kept nowhere: print a new batch.")
            )
        self._known.pop(wave.id, None)
        return [new_slip(self._key(batch), self._draw) for _ in range(count)]

    def revoke_now(self, wave: Wave, batch: str, person: Person | None = None) -> None:
        """Make the unused slips of a batch useless; again is the same.

        Raises:
            NotFound: the wave has no such batch.
        """
        if batch not in {row["id"] for row in self.batches_now(wave.id)}:
            raise NotFound
        self._audit.append_now(
            AuditEntry(
                act=Act.SLIPS_REVOKED,
                object_type=ObjectType.WAVE,
                object_ref=wave.id,
                actor=person,
                purpose=Purpose.FIELD_WORK,
            )
        )
        day = self._clock().date().isoformat()
        self._office.write_now(lambda tx: tx.run(_REVOKE, batch=batch, new_day=day))
        self._known.pop(wave.id, None)

    def is_sound_now(self, wave: Wave, slip: str) -> bool:
        """Return whether a slip is one of the wave's, used or not. Every batch is tried."""
        symbols = read_slip(slip)
        if symbols is None:
            return False
        return sum(is_of(self._key(batch), symbols) for batch in self._good(wave.id)) > 0

    def admits_now(self, wave: Wave, slip: str) -> bool:
        """Return whether somebody with this slip may begin: it is sound and nobody has used it."""
        if wave.invitation != "slips":
            return True
        # The list is asked whatever the slip is, so that both answers take the same work.
        taken = self._claims.taken_now(Claim("slip", slip.encode()))
        return self.is_sound_now(wave, slip) and not taken

    async def use(self, wave: Wave, admission_tag: bytes, slip: str, once: str) -> bool:
        """Use up what sending costs in this wave; again with the same code is the same."""
        claims: Sequence[Claim] = ()
        if wave.invitation == "slips":
            if not self.is_sound_now(wave, slip):
                return False
            claims = (Claim("slip", slip.encode()),)
        if wave.once != "off":
            claims = (*claims, Claim("once", bytes.fromhex(once)))
        return not claims or await self._claims.use(wave.id, admission_tag, claims)

    def field_work_ended_now(self, wave: Wave) -> None:
        """Forget the used slips of a wave that takes no answers any more."""
        if wave.invitation == "slips":
            self._claims.drop_now(wave.id, "slip")

    def destroy_once_key(self, waves: Sequence[Wave]) -> int:
        """Destroy the keys of these waves and the marks they gave; return how many keys.

        From then on nobody, not even with every key there is, can tell who took part. Again is
        the same.
        """
        gone = sum(self.once.destroy_now(wave.id) for wave in waves)
        for wave in waves:
            self._claims.drop_now(wave.id, "once")
        return gone

    def _key(self, batch: str) -> bytes:
        return expand(self._keyring.secret("invitation-slips"), b"batch/" + batch.encode())

    def _good(self, wave_id: str) -> list[str]:
        seen, batches = self._known.get(wave_id, (float("-inf"), []))
        if time.monotonic() - seen >= FRESH_SECONDS:
            batches = [r["id"] for r in self.batches_now(wave_id) if r["revoked_on"] is None]
            self._known[wave_id] = (time.monotonic(), batches)
        return batches
