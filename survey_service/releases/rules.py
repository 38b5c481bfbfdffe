"""How a wave's tables are protected: proposed by one person, agreed to by another, then locked.

Rules are settled while the wave is a draft. From the moment it opens nobody changes them, since
what respondents were told about tables must stay true.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, select, update

from schemas.audit import Act, ObjectType
from schemas.canonical import digest
from schemas.release_rules import PLATFORM_RULES, ReleaseRules
from schemas.vocabulary import Frozen
from survey_service.accounts.people import Person
from survey_service.problems import N_, Conflict, FieldError, InvalidInput, NotFound
from survey_service.releases.desk import Desk, longer_than
from survey_service.releases.models import ReleaseRulesRow
from survey_service.releases.protecting import policy_of
from survey_service.stores.transactions import Tx
from survey_service.surveys.models import WaveRow
from survey_service.surveys.waves import Wave, WaveState

SHORTEST_REASON = 20
LONGEST_REASON = 2000
LOCKED = N_("Rules are locked from the moment the wave opens.")
_TABLE: Any = ReleaseRulesRow.__table__  # type: ignore[attr-defined]
_OF_WAVE = select(_TABLE).where(_TABLE.c.wave == bindparam("of")).order_by(_TABLE.c.number.desc())
_WAVE: Any = WaveRow.__table__  # type: ignore[attr-defined]
_STATE = select(_WAVE.c.state).where(_WAVE.c.id == bindparam("of")).with_for_update(read=True)
_DECIDE = (
    update(_TABLE)
    .where(
        _TABLE.c.wave == bindparam("of"),
        _TABLE.c.number == bindparam("the_number"),
        _TABLE.c.state == "proposed",
    )
    .values(
        state=bindparam("new_state"), decided_by=bindparam("new_by"), decided_on=bindparam("new_on")
    )
)


class KeptRules(Frozen):
    """Rules as they were proposed, and what became of them."""

    wave: str
    number: int
    rules: ReleaseRules
    reason: str
    state: str
    proposed_by: str
    proposed_on: str
    decided_on: str | None


def every_rules_of(tx: Tx, wave: str) -> list[KeptRules]:
    """Return all that was proposed for a wave, the newest first."""
    return [
        KeptRules(
            wave=row["wave"],
            number=row["number"],
            rules=ReleaseRules.model_validate_json(row["document"]),
            reason=row["reason"],
            state=row["state"],
            proposed_by=row["proposed_by"],
            proposed_on=row["proposed_on"],
            decided_on=row["decided_on"],
        )
        for row in tx.dicts(_OF_WAVE, of=wave)
    ]


def rules_of(tx: Tx, wave: str) -> ReleaseRules:
    """Return the rules in force: the newest that two people agreed on, else the platform's own."""
    agreed = (kept.rules for kept in every_rules_of(tx, wave) if kept.state == "agreed")
    return next(agreed, PLATFORM_RULES)


def waiting_of(found: list[KeptRules]) -> KeptRules | None:
    """Return what waits for a second person: the newest, if nobody has decided on it."""
    return found[0] if found and found[0].state == "proposed" else None


async def propose(
    desk: Desk, person: Person, wave_id: str, rules: ReleaseRules, reason: str
) -> None:
    """Put rules before a second person; the same again while they wait changes nothing.

    Raises:
        NotFound: there is no such wave.
        Conflict: the wave is no draft any more.
        InvalidInput: the threshold is below the platform's own, or the reason is too short.
    """
    wave = _draft(desk, wave_id)
    reason = reason.strip()[:LONGEST_REASON]
    errors = [*_too_low(desk, wave, rules), *longer_than("reason", reason, SHORTEST_REASON)]
    if errors:
        raise InvalidInput(errors)
    found = await desk.office.read(lambda tx: every_rules_of(tx, wave_id))
    waiting = waiting_of(found)
    if waiting is not None and waiting.rules == rules:
        return
    await _log(desk, Act.POLICY_PROPOSED, wave_id, rules, person, reason)
    row = {
        "wave": wave_id,
        "number": len(found) + 1,
        "document": rules.canonical(),
        "reason": reason,
        "state": "proposed",
        "proposed_by": person.id,
        "proposed_on": desk.now().date().isoformat(),
    }
    added = await desk.office.write(
        lambda tx: tx.add(ReleaseRulesRow.model_validate(row), ignore=True)
    )
    if not added:
        raise Conflict(N_("Somebody else has proposed rules meanwhile. Look at them first."))


def _too_low(desk: Desk, wave: Wave, rules: ReleaseRules) -> list[FieldError]:
    least = policy_of(desk.book(wave)).threshold
    if rules.threshold is None or rules.threshold >= least:
        return []
    message = N_("The threshold of this questionnaire is at least %(least)s.")
    return [FieldError("threshold", message, values={"least": least})]


async def decide_on(desk: Desk, person: Person, wave_id: str, number: int, *, agreed: bool) -> None:
    """Bring proposed rules into force, or decline them; the same decision again is the same.

    Raises:
        NotFound: nothing like it was proposed.
        Conflict: the wave is no draft any more, somebody else has decided or proposed other
            rules meanwhile, or it is the proposer who decides.
    """
    _draft(desk, wave_id)
    found = await desk.office.read(lambda tx: every_rules_of(tx, wave_id))
    kept = next((one for one in found if one.number == number), None)
    state = "agreed" if agreed else "declined"
    if kept is None:
        raise NotFound
    if kept.state == state:
        return
    if waiting_of(found) != kept:
        raise Conflict(N_("This proposal waits no more. Look at the newest one."))
    if kept.proposed_by == person.id:
        raise Conflict(N_("Rules need a second person. Somebody else must decide."))
    act = Act.POLICY_STORED if agreed else Act.POLICY_DECLINED
    await _log(desk, act, wave_id, kept.rules, person)
    today = desk.now().date().isoformat()

    def decide(tx: Tx) -> bool:
        # Asked again where nobody can open the wave before this commits.
        if tx.one(_STATE, of=wave_id) != (WaveState.DRAFT.value,):
            raise Conflict(LOCKED)
        moved = tx.run(
            _DECIDE, of=wave_id, the_number=number, new_state=state, new_by=person.id, new_on=today
        )
        return moved == 1

    if not await desk.office.write(decide):
        raise Conflict(N_("This proposal waits no more. Look at the newest one."))


def _draft(desk: Desk, wave_id: str) -> Wave:
    wave = desk.surveys.wave_now(wave_id)
    if wave.state is not WaveState.DRAFT:
        raise Conflict(LOCKED)
    return wave


async def _log(
    desk: Desk, act: Act, wave: str, rules: ReleaseRules, person: Person, reason: str | None = None
) -> None:
    hashes = {"rules": digest(rules)}
    await desk.log(act, wave, person, kind=ObjectType.POLICY, hashes=hashes, reason=reason)
