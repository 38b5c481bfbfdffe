"""Who may find lost codes of a wave: proposed by one person, agreed to by another, then locked.

From the moment the wave opens nobody changes it, since it is what respondents were promised. Other
keys need a new wave.
"""

from __future__ import annotations

import asyncio

from schemas.audit import Act, ObjectType, Purpose
from schemas.escrow import OfficerKeys, fingerprint
from survey_service.accounts.people import Person
from survey_service.audit_log.entries import AuditEntry
from survey_service.audit_log.service import AuditLog
from survey_service.clock import Clock
from survey_service.escrow.kept import KeptChoice, choices_of, decide_choice
from survey_service.escrow.models import EscrowChoiceRow
from survey_service.escrow.promise import promised, unpromised
from survey_service.escrow.sealing import is_usable
from survey_service.problems import N_, Conflict, FieldError, InvalidInput, NotFound
from survey_service.reasons import says_too_little
from survey_service.stores.store import Store
from survey_service.surveys.notices import Notices
from survey_service.surveys.service import Surveys
from survey_service.surveys.waves import Wave, WaveState

_HEX = frozenset("0123456789abcdef")
WRONG_KEY = N_("This is no public key of an officer.")
COPY_IT = N_("Copy the 64 letters and digits that “equality-survey escrow keypair” printed.")
WAITS_NO_MORE = N_("This proposal waits no more. Look at the newest one.")


def read_keys(outer: str, outer_print: str, inner: str, inner_print: str) -> OfficerKeys:
    """Return two officers' keys, each checked against the fingerprint that its officer told.

    Raises:
        InvalidInput: names the key or the fingerprint that does not fit.
    """
    errors = []
    found = {}
    for name, key, said in (("outer", outer, outer_print), ("inner", inner, inner_print)):
        text = found[name] = "".join(key.lower().split())
        if len(text) != 64 or not set(text) <= _HEX or not is_usable(text):
            errors.append(FieldError(name, WRONG_KEY, COPY_IT))
        elif "".join(said.lower().split()) != fingerprint(text).replace(" ", ""):
            message = N_("The fingerprint is not the one of this key.")
            remedy = N_("Ask the officer to read it to you once more.")
            errors.append(FieldError(f"{name}_print", message, remedy))
    if not errors and found["outer"] == found["inner"]:
        message = N_("Both officers have the same key. Each needs a key of his own.")
        errors.append(FieldError("inner", message))
    if errors:
        raise InvalidInput(errors)
    return OfficerKeys(**found)


class Choosing:
    """The use cases of both people who settle it."""

    def __init__(
        self, office: Store, surveys: Surveys, notices: Notices, audit: AuditLog, clock: Clock
    ) -> None:
        self._office = office
        self._surveys = surveys
        self._notices = notices
        self._audit = audit
        self._clock = clock

    async def of(self, wave_id: str) -> list[KeptChoice]:
        """Return all that was proposed for a wave, the newest first."""
        return await self._office.read(lambda tx: choices_of(tx, wave_id))

    async def waiting(self) -> list[tuple[Wave, KeptChoice]]:
        """Return what waits for a second person, with its wave."""
        drafts = [w for w in self._surveys.waves_now() if w.state is WaveState.DRAFT]
        found = [(wave, _waiting(await self.of(wave.id))) for wave in drafts]
        return [(wave, kept) for wave, kept in found if kept is not None]

    async def propose(
        self, person: Person, wave_id: str, keys: OfficerKeys | None, reason: str
    ) -> None:
        """Put two officers, or nobody, before a second person; the same again changes nothing.

        Raises:
            NotFound: there is no such wave.
            Conflict: the wave is no draft any more, or somebody proposed something meanwhile.
            InvalidInput: the reason is too short.
        """
        self._draft(wave_id)
        reason = reason.strip()
        if wrong := says_too_little(reason):
            raise InvalidInput(wrong)
        found = await self.of(wave_id)
        waiting = _waiting(found)
        if waiting is not None and waiting.keys == keys:
            return
        await self._log(Act.ESCROW_PROPOSED, wave_id, keys, person, reason)
        row = {
            "wave": wave_id,
            "number": len(found) + 1,
            "outer_key": keys and keys.outer,
            "inner_key": keys and keys.inner,
            "reason": reason,
            "state": "proposed",
            "proposed_by": person.id,
            "proposed_on": self._clock().date().isoformat(),
        }
        made = EscrowChoiceRow.model_validate(row)
        if not await self._office.write(lambda tx: tx.add(made, ignore=True)):
            raise Conflict(N_("Somebody else has proposed something meanwhile. Look at it first."))

    async def decide(self, person: Person, wave_id: str, number: int, *, agreed: bool) -> None:
        """Bring what was proposed into force, notice and all, or decline it; again is the same.

        The notice comes last and can be repeated: a wave whose notice does not say what two
        people agreed on does not open.

        Raises:
            NotFound: nothing like it was proposed.
            Conflict: the wave is no draft any more, something else was decided or proposed
                meanwhile, or it is the proposer who decides.
        """
        self._draft(wave_id)
        found = await self.of(wave_id)
        kept = next((one for one in found if one.number == number), None)
        state = "agreed" if agreed else "declined"
        if kept is None:
            raise NotFound
        if kept.state != state:
            if _waiting(found) != kept:
                raise Conflict(WAITS_NO_MORE)
            if kept.proposed_by == person.id:
                raise Conflict(N_("This needs a second person. Somebody else must decide."))
            act = Act.ESCROW_AGREED if agreed else Act.ESCROW_DECLINED
            await self._log(act, wave_id, kept.keys, person)
            given = {"state": state, "by": person.id, "on": self._clock().date().isoformat()}
            if not await self._office.write(lambda tx: decide_choice(tx, wave_id, number, **given)):
                raise Conflict(WAITS_NO_MORE)
        elif next(one for one in found if one.state == state) != kept:
            return
        if agreed:
            await asyncio.to_thread(self._promise, wave_id, kept.keys, person)

    def _promise(self, wave_id: str, keys: OfficerKeys | None, person: Person) -> None:
        """Let the wave's notice say what was agreed, as its next version."""
        notice = self._surveys.wave_now(wave_id).notice
        if (notice.escrow and notice.escrow.keys) == keys:
            return
        told = unpromised(notice)
        if keys is not None:
            told = promised(told, keys)
        self._notices.settle_escrow_now(wave_id, told, person)

    def _draft(self, wave_id: str) -> Wave:
        wave = self._surveys.wave_now(wave_id)
        if wave.state is not WaveState.DRAFT:
            raise Conflict(N_("What becomes of lost codes is locked from the moment a wave opens."))
        return wave

    async def _log(
        self,
        act: Act,
        wave: str,
        keys: OfficerKeys | None,
        person: Person,
        reason: str | None = None,
    ) -> None:
        await self._audit.append(
            AuditEntry(
                act=act,
                object_type=ObjectType.ESCROW,
                object_ref=wave,
                actor=person,
                purpose=Purpose.FIELD_WORK,
                hashes={} if keys is None else {"officers": keys.hash},
                reason=reason,
            )
        )


def _waiting(found: list[KeptChoice]) -> KeptChoice | None:
    return found[0] if found and found[0].state == "proposed" else None
