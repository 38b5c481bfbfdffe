"""Requests and votes as they are kept: the statements, and rows as values.

Longer than other modules: every statement on these two tables stands here and nowhere else.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from sqlalchemy import bindparam, func, select, update

from schemas.requests import (
    Layout,
    RequestPurpose,
    RequestState,
    TableQuestion,
    Verdict,
    VoteChoice,
)
from schemas.vocabulary import Frozen
from survey_service.releases.models import (
    ReleaseFile,
    ReleaseRow,
    RequestRow,
    RevocationRow,
    VoteRow,
)
from survey_service.stores.transactions import Tx

JOINED = "joined"

REQUEST: Any = RequestRow.__table__  # type: ignore[attr-defined]
VOTE: Any = VoteRow.__table__  # type: ignore[attr-defined]
RELEASE: Any = ReleaseRow.__table__  # type: ignore[attr-defined]
REVOKED: Any = RevocationRow.__table__  # type: ignore[attr-defined]
FILE: Any = ReleaseFile.__table__  # type: ignore[attr-defined]

_BY_ID = select(REQUEST).where(REQUEST.c.id == bindparam("of"))
_BY_KEY = select(REQUEST).where(
    REQUEST.c.author == bindparam("of_author"), REQUEST.c.key == bindparam("of_key")
)
_LEADER = select(REQUEST).where(
    REQUEST.c.freeze_id == bindparam("of_freeze"),
    REQUEST.c.question_hash == bindparam("of_hash"),
    REQUEST.c.state != JOINED,
)
_PLANNED = select(REQUEST).where(
    REQUEST.c.wave == bindparam("of_wave"),
    REQUEST.c.author == bindparam("of_author"),
    REQUEST.c.question_hash == bindparam("of_hash"),
)
_OF_AUTHOR = (
    select(REQUEST)
    .where(REQUEST.c.author == bindparam("of_author"))
    .order_by(REQUEST.c.asked_at.desc(), REQUEST.c.day_number.desc())
)
_IN_STATE = (
    select(REQUEST)
    .where(REQUEST.c.state == bindparam("of_state"))
    .order_by(REQUEST.c.asked_at, REQUEST.c.id)
)
_ASKED_TODAY = select(func.count(), func.max(REQUEST.c.day_number)).where(
    REQUEST.c.author == bindparam("of_author"), REQUEST.c.asked_on == bindparam("day")
)
_ASKED_OF_WAVE = select(func.count()).where(REQUEST.c.wave == bindparam("of_wave"))
_AUTHORS = select(REQUEST.c.author).where(
    (REQUEST.c.id == bindparam("of")) | (REQUEST.c.leader == bindparam("of"))
)
_VOTES = (
    select(VOTE)
    .where(VOTE.c.request == bindparam("of"), VOTE.c.round == bindparam("of_round"))
    .order_by(VOTE.c.slot)
)
_DECIDE = (
    update(REQUEST)
    .where(REQUEST.c.id == bindparam("of"), REQUEST.c.version == bindparam("seen"))
    .values(
        state=bindparam("new_state"),
        round=bindparam("new_round"),
        nearest=bindparam("new_nearest"),
        release_id=bindparam("new_release"),
        asked_again=bindparam("new_asked_again"),
        version=REQUEST.c.version + 1,
    )
)
_CARRY = (
    update(REQUEST)
    .where(REQUEST.c.id == bindparam("of"), REQUEST.c.version == bindparam("seen"))
    .values(
        freeze_id=bindparam("new_freeze"),
        state=bindparam("new_state"),
        leader=bindparam("new_leader"),
        round=bindparam("new_round"),
        version=REQUEST.c.version + 1,
    )
)


class KeptRequest(Frozen):
    """A request as it is kept. `state` is "joined" where `leader` has the answer."""

    id: str
    author: str
    key: str
    survey: str
    wave: str
    freeze_id: str
    question: TableQuestion
    question_hash: str
    layout: Layout
    purpose_code: RequestPurpose
    purpose_text: str
    asked_on: str
    asked_at: str
    day_number: int
    state: str
    leader: str | None
    round: int
    asked_again: str | None
    nearest: TableQuestion | None
    release_id: str | None
    version: int

    @property
    def verdict(self) -> Verdict:
        """The answer as far as there is one; the one shape researchers ever see."""
        state = RequestState(self.state)
        return Verdict(state=state, nearest=self.nearest, release_id=self.release_id)


class KeptVote(Frozen):
    """A vote as it is kept."""

    request: str
    round: int
    checker: str
    author: str
    slot: int
    choice: VoteChoice
    reason: str
    cast_at: str


def _request(row: dict[str, Any]) -> KeptRequest:
    texts: dict[str, type[BaseModel]] = {
        "question": TableQuestion,
        "layout": Layout,
        "nearest": TableQuestion,
    }
    read = {
        name: model.model_validate_json(row[name]) if row[name] is not None else None
        for name, model in texts.items()
    }
    return KeptRequest.model_validate(row | read)


def _requests(rows: list[dict[str, Any]]) -> list[KeptRequest]:
    return [_request(row) for row in rows]


def request_by_id(tx: Tx, request: str) -> KeptRequest | None:
    """Return a request, or None."""
    return next(iter(_requests(tx.dicts(_BY_ID, of=request))), None)


def request_by_key(tx: Tx, author: str, key: str) -> KeptRequest | None:
    """Return the request an author made under a key, or None."""
    return next(iter(_requests(tx.dicts(_BY_KEY, of_author=author, of_key=key))), None)


def leader_of(tx: Tx, freeze_id: str, question_hash: str) -> KeptRequest | None:
    """Return who first asked this question of this freeze, or None."""
    rows = tx.dicts(_LEADER, of_freeze=freeze_id, of_hash=question_hash)
    return next(iter(_requests(rows)), None)


def planned_leader(tx: Tx, wave: str, author: str, question_hash: str) -> KeptRequest | None:
    """Return the planned table of a wave that answers this question, whatever its freeze."""
    rows = tx.dicts(_PLANNED, of_wave=wave, of_author=author, of_hash=question_hash)
    return next(iter(_requests(rows)), None)


def answering(tx: Tx, request: KeptRequest) -> KeptRequest:
    """Return the request that has the answer: itself, or the one it joined."""
    if request.leader is None:
        return request
    return request_by_id(tx, request.leader) or request


def requests_of(tx: Tx, author: str) -> list[KeptRequest]:
    """Return an author's requests, the newest first."""
    return _requests(tx.dicts(_OF_AUTHOR, of_author=author))


def requests_in(tx: Tx, state: RequestState) -> list[KeptRequest]:
    """Return the requests in a state, the oldest first."""
    return _requests(tx.dicts(_IN_STATE, of_state=state.value))


def asked_on(tx: Tx, author: str, day: str) -> tuple[int, int]:
    """Return how many requests an author made on a day, and the last one's number."""
    row = tx.one(_ASKED_TODAY, of_author=author, day=day)
    return (int(row[0]), int(row[1] or 0)) if row else (0, 0)


def asked_of(tx: Tx, wave: str) -> int:
    """Return how many requests a wave has had."""
    row = tx.one(_ASKED_OF_WAVE, of_wave=wave)
    return int(row[0]) if row else 0


def authors_of(tx: Tx, request: str) -> frozenset[str]:
    """Return everybody who asked for this table: who leads, and who joined."""
    return frozenset(row[0] for row in tx.all(_AUTHORS, of=request))


def votes_of(tx: Tx, request: str, round_: int) -> list[KeptVote]:
    """Return the votes of one round in the order they were cast."""
    return [KeptVote.model_validate(r) for r in tx.dicts(_VOTES, of=request, of_round=round_)]


def move(
    tx: Tx,
    request: KeptRequest,
    state: RequestState,
    *,
    round_: int | None = None,
    nearest: TableQuestion | None = None,
    release: str | None = None,
    asked_again: str | None = None,
) -> bool:
    """Move a request on; False where somebody else has moved it since it was read."""
    changed = tx.run(
        _DECIDE,
        of=request.id,
        seen=request.version,
        new_state=state.value,
        new_round=request.round if round_ is None else round_,
        new_nearest=None if nearest is None else nearest.model_dump_json(),
        new_release=release,
        new_asked_again=request.asked_again if asked_again is None else asked_again,
    )
    return changed == 1


def move_to_freeze(
    tx: Tx, request: KeptRequest, freeze: str, round_: int, *, leader: str | None
) -> bool:
    """Carry a waiting request over to another freeze; where somebody leads there, it joins."""
    changed = tx.run(
        _CARRY,
        of=request.id,
        seen=request.version,
        new_freeze=freeze,
        new_state=request.state if leader is None else JOINED,
        new_leader=leader,
        new_round=round_,
    )
    return changed == 1
