"""Loans as the front keeps them: each begins one window, and is given back when none is open."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, select

from survey_service.assisted.loans import OUT_AT_MOST
from survey_service.assisted.models import AssistedLoan, AssistedWindow
from survey_service.assisted.windows import Mode, Window, fresh_row, window_of_row
from survey_service.stores.store import Store
from survey_service.stores.transactions import Tx

_LOAN: Any = AssistedLoan.__table__  # type: ignore[attr-defined]
_WINDOW: Any = AssistedWindow.__table__  # type: ignore[attr-defined]
_MODES = select(_WINDOW.c.mode).where(
    _WINDOW.c.loan == bindparam("of_loan"), _WINDOW.c.expires_on >= bindparam("today")
)
_END = delete(_WINDOW).where(_WINDOW.c.loan == bindparam("of_loan"))
_OLD = delete(_LOAN).where(_LOAN.c.expires_on < bindparam("today"))


class KeptLoans:
    """In the `drafts` store, beside the windows."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def begin(
        self, loan: str, slug: str, mode: Mode, said: dict[str, str], today: date
    ) -> Window | None:
        """Return the window of a loan; None where it began one before."""
        secret, row = fresh_row(slug, mode, said, today, loan)

        def work(tx: Tx) -> bool:
            if not self._spend(tx, loan, today):
                return False
            tx.add(AssistedWindow.model_validate(row))
            return True

        return window_of_row(secret, row) if await self._store.write(work) else None

    async def give_back(self, loan: str, today: date) -> bool:
        """Leave nothing of a loan, unless a respondent has the device; return whether it is back.

        It can begin no window afterwards. What only the helper had is closed with it.
        """

        def work(tx: Tx) -> bool:
            modes = {row[0] for row in tx.all(_MODES, of_loan=loan, today=today.isoformat())}
            if modes - {Mode.HELPER.value}:
                return False
            tx.run(_END, of_loan=loan)
            self._spend(tx, loan, today)
            return True

        return await self._store.write(work)

    def purge_now(self, today: date) -> int:
        """Forget loans that can be out no longer and return how many."""
        return self._store.write_now(lambda tx: tx.run(_OLD, today=today.isoformat()))

    @staticmethod
    def _spend(tx: Tx, loan: str, today: date) -> bool:
        ends = (today + OUT_AT_MOST + timedelta(days=1)).isoformat()
        row = AssistedLoan.model_validate({"loan": loan, "expires_on": ends})
        return bool(tx.add(row, ignore=True))
