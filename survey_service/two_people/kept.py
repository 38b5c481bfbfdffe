"""Reading and writing requests that two people settle, whatever they ask for."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from sqlalchemy import LargeBinary, bindparam, select, update

from schemas.vocabulary import Frozen
from survey_service.stores.transactions import Tx
from survey_service.two_people.models import AskedModel


class Asked(Frozen):
    """A request as pages show it; `state` is `over` as soon as its time is."""

    id: str
    survey: str
    state: str
    reason: str
    asked_by: str
    asked_at: str
    ends_at: str
    decided_by: str | None
    decided_at: str | None
    made_at: str | None


A = TypeVar("A", bound=Asked)


class Requests(Generic[A]):
    """The requests of one table.

    `told` names the columns that say what is asked for and that nobody needs any more once it was
    refused, made or is over; they are emptied then.
    """

    def __init__(self, model: type[AskedModel], shown: type[A], told: tuple[str, ...] = ()) -> None:
        table: Any = model.__table__  # type: ignore[attr-defined]
        self._model = shown
        self.table = table
        of_one = table.c.id == bindparam("of_id")
        in_time = table.c.ends_at > bindparam("now")
        waits = (table.c.state == "asked") & (table.c.asked_by != bindparam("by"))
        gone: dict[str, Any] = dict.fromkeys(told)
        columns = [table.c[name] for name in shown.model_fields]
        self._all = select(*columns).order_by(table.c.asked_at.desc()).limit(100)
        self._one = select(*columns).where(of_one)
        self._sealed = select(table.c.sealed).where(of_one)
        self.granted = select(table).where(table.c.state == "granted", in_time)
        # Whoever asked cannot decide, and nobody decides twice: the statement itself asks.
        decide = update(table).where(of_one, waits, in_time)
        decided: dict[str, Any] = {
            "state": bindparam("new_state"),
            "decided_by": bindparam("by"),
            "decided_at": bindparam("decided_now"),
            "ends_at": bindparam("new_end"),
        }
        self._grant = decide.values(decided)
        self._refuse = decide.values(decided | gone)
        self._keep = (
            update(table)
            .where(of_one, table.c.state == "granted")
            .values(
                gone
                | {
                    "sealed": bindparam("new_sealed", type_=LargeBinary),
                    "made_at": bindparam("at"),
                }
            )
        )
        over = gone | {"state": "over", "sealed": None}
        runs = (table.c.state != "over") & (table.c.state != "refused")
        self._end = update(table).where(of_one, runs).values(over)
        self._due = select(table.c.id).where(runs, table.c.ends_at <= bindparam("now"))
        self._end_all = update(table).where(runs).values(over)

    def all(self, tx: Tx, now: str) -> list[A]:
        """Return the last hundred requests, newest first."""
        return [self._shown(row, now) for row in tx.dicts(self._all)]

    def one(self, tx: Tx, request_id: str, now: str) -> A | None:
        """Return a request, or None."""
        rows = tx.dicts(self._one, of_id=request_id)
        return self._shown(rows[0], now) if rows else None

    def sealed(self, tx: Tx, request_id: str) -> bytes | None:
        """Return what settle made of a request, if it has."""
        row = tx.one(self._sealed, of_id=request_id)
        return None if row is None or row[0] is None else bytes(row[0])

    def due(self, tx: Tx, now: str) -> list[str]:
        """Return the requests whose time is over and that were not ended yet."""
        return [str(row[0]) for row in tx.all(self._due, now=now)]

    def decide(
        self, tx: Tx, request_id: str, *, by: str, grant: bool, now: str, until: str
    ) -> bool:
        """Grant or refuse; False where it was decided, its time is over, or it is the asker's."""
        given = {
            "of_id": request_id,
            "by": by,
            "now": now,
            "decided_now": now,
            "new_state": "granted" if grant else "refused",
            "new_end": until,
        }
        return tx.run(self._grant if grant else self._refuse, **given) == 1

    def keep(self, tx: Tx, request_id: str, sealed: bytes, at: str) -> None:
        """Leave what settle made, if it is granted still."""
        tx.run(self._keep, of_id=request_id, new_sealed=sealed, at=at)

    def end(self, tx: Tx, request_id: str) -> None:
        """Leave of a request that there was one; a refused one stays refused."""
        tx.run(self._end, of_id=request_id)

    def end_all(self, tx: Tx) -> int:
        """End every request that is not over or refused, and return how many there were."""
        return tx.run(self._end_all)

    def _shown(self, row: dict[str, Any], now: str) -> A:
        over = row["ends_at"] <= now and row["state"] in ("asked", "granted")
        return self._model.model_validate(row | ({"state": "over"} if over else {}))
