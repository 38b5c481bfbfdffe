"""Taking out of a copy whoever erased since it was made, before it is put in place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import LargeBinary, bindparam, delete, select, update

from survey_service.answers.models import AnswerRow, FreezeRow, ReviewRow
from survey_service.answers.service import OUTDATED, was
from survey_service.stores.bases import BASES
from survey_service.stores.store import Store
from survey_service.stores.tombstones import Tombstones
from survey_service.stores.transactions import Tx

ROWS = {"vault": "consent", "answers": "answer"}
"""The table of each store whose rows tombstones name."""

_ANSWER: Any = AnswerRow.__table__  # type: ignore[attr-defined]
_FREEZE: Any = FreezeRow.__table__  # type: ignore[attr-defined]
_REVIEW: Any = ReviewRow.__table__  # type: ignore[attr-defined]
_WAVE_OF = select(_ANSWER.c.wave).where(_ANSWER.c.tag == bindparam("tag"))
_BODIES = select(_ANSWER.c.tag, _ANSWER.c.body)
_SET_ASIDE = (
    update(_ANSWER)
    .where(_ANSWER.c.tag == bindparam("of_tag"))
    .values(handed_over=bindparam("mark", type_=LargeBinary))
)
_OF_WAVE = select(_FREEZE.c.id).where(_FREEZE.c.wave == bindparam("wave"))
_EMPTY = update(_FREEZE).where(_FREEZE.c.id == bindparam("of_id")).values(sealed=b"")
_NO_REVIEW = delete(_REVIEW).where(_REVIEW.c.freeze == bindparam("of_freeze"))


@dataclass
class TakenOut:
    """How many rows went, and the freezes that held one of them."""

    rows: int = 0
    freezes: list[str] = field(default_factory=list)


def take_out(copy: Store, tombstones: Tombstones) -> TakenOut:
    """Leave in a copy nothing of whoever erased, and no freeze of a wave somebody changed since.

    Rows changed since are set aside; only erased ones are counted.
    """
    if copy.name not in ROWS:
        return TakenOut()
    table = BASES[copy.name].metadata.tables[ROWS[copy.name]]
    tags = [row[0] for row in copy.read_now(lambda tx: tx.all(select(table.c.tag)))]
    gone = [bytes(tag) for tag in tags if tombstones.holds(copy.name, bytes(tag))]
    changed = _changed_since(copy, tombstones) if copy.name == "answers" else []
    if not gone and not changed:
        return TakenOut()
    remove = delete(table).where(table.c.tag == bindparam("of_tag"))

    def work(tx: Tx) -> TakenOut:
        freezes = _without_freezes(tx, gone + changed) if copy.name == "answers" else []
        for tag in changed:
            tx.run(_SET_ASIDE, of_tag=tag, mark=OUTDATED)
        return TakenOut(sum(tx.run(remove, of_tag=tag) for tag in gone), freezes)

    taken = copy.write_now(work)
    copy.compact()
    return taken


def _changed_since(copy: Store, tombstones: Tombstones) -> list[bytes]:
    """The rows that their people have corrected, restricted or taken a purpose back from since.

    Nobody knows any more what they wanted, so the office leaves them out until they say it again;
    with their code they read them as before.
    """
    rows = copy.read_now(lambda tx: tx.all(_BODIES))
    return [bytes(tag) for tag, body in rows if tombstones.holds(*was(bytes(body)))]


def _without_freezes(tx: Tx, gone: list[bytes]) -> list[str]:
    waves = {row[0] for row in map(_finder(tx), gone) if row is not None}
    found = [row[0] for wave in sorted(waves) for row in tx.all(_OF_WAVE, wave=wave)]
    for freeze in found:
        tx.run(_NO_REVIEW, of_freeze=freeze)
        tx.run(_EMPTY, of_id=freeze)
    return found


def _finder(tx: Tx) -> Callable[[bytes], tuple[Any, ...] | None]:
    return lambda tag: tx.one(_WAVE_OF, tag=tag)
