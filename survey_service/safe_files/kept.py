"""Safe files and votes as they are kept: the statements, and rows as values."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlalchemy import bindparam, select, update

from schemas.requests import VoteChoice
from schemas.vocabulary import Frozen
from survey_service.safe_files.models import SafeFileRow, SafeFileVoteRow
from survey_service.stores.transactions import Tx

_FILE: Any = SafeFileRow.__table__  # type: ignore[attr-defined]
_VOTE: Any = SafeFileVoteRow.__table__  # type: ignore[attr-defined]
_BY_ID = select(_FILE).where(_FILE.c.id == bindparam("of"))
_OF_AUTHOR = select(_FILE).where(_FILE.c.author == bindparam("of")).order_by(_FILE.c.asked_on)
_IN_STATE = (
    select(_FILE).where(_FILE.c.state == bindparam("of")).order_by(_FILE.c.asked_on, _FILE.c.id)
)
_VOTES = select(_VOTE).where(_VOTE.c.file == bindparam("of")).order_by(_VOTE.c.slot)
_MOVE = (
    update(_FILE)
    .where(_FILE.c.id == bindparam("of"), _FILE.c.version == bindparam("seen"))
    .values(
        state=bindparam("new_state"),
        file_hash=bindparam("new_file"),
        report_hash=bindparam("new_report"),
        version=_FILE.c.version + 1,
    )
)


class SafeFileState(StrEnum):
    """Where a safe file stands."""

    SUBMITTED = "submitted"
    UNDER_REVIEW = "under_review"
    APPROVED = "approved"
    REFUSED = "refused"


class KeptFile(Frozen):
    """A request for a safe file as it is kept; `known` and `others` are names of variables."""

    id: str
    author: str
    wave: str
    freeze_id: str
    project: str
    purpose: str
    known: tuple[str, ...]
    others: tuple[str, ...]
    asked_on: str
    state: SafeFileState
    file_hash: str | None
    report_hash: str | None
    version: int

    @property
    def audience(self) -> str:
        """The name of its audience in the ledger."""
        return f"project:{self.id}"


class KeptFileVote(Frozen):
    """A vote as it is kept."""

    file: str
    checker: str
    author: str
    slot: int
    choice: VoteChoice
    reason: str
    cast_on: str


def _file(row: dict[str, Any]) -> KeptFile:
    lists = {name: tuple(row[name].split(" ")) for name in ("known", "others")}
    return KeptFile.model_validate(row | lists)


def file_by_id(tx: Tx, id_: str) -> KeptFile | None:
    """Return a request, or None."""
    return next((_file(row) for row in tx.dicts(_BY_ID, of=id_)), None)


def files_of(tx: Tx, author: str) -> list[KeptFile]:
    """Return a person's requests, the oldest first."""
    return [_file(row) for row in tx.dicts(_OF_AUTHOR, of=author)]


def files_in(tx: Tx, state: SafeFileState) -> list[KeptFile]:
    """Return the requests in a state, the oldest first."""
    return [_file(row) for row in tx.dicts(_IN_STATE, of=state.value)]


def votes_on(tx: Tx, id_: str) -> list[KeptFileVote]:
    """Return the votes on a file, in the order they were cast."""
    return [KeptFileVote.model_validate(row) for row in tx.dicts(_VOTES, of=id_)]


def move(
    tx: Tx,
    file: KeptFile,
    state: SafeFileState,
    *,
    file_hash: str | None = None,
    report_hash: str | None = None,
) -> bool:
    """Move a request on; False where somebody else did so meanwhile."""
    changed = tx.run(
        _MOVE,
        of=file.id,
        seen=file.version,
        new_state=state.value,
        new_file=file_hash or file.file_hash,
        new_report=report_hash or file.report_hash,
    )
    return changed == 1
