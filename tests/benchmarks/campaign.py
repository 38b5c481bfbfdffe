"""A field campaign under the benchmark: a wave in the field, drafts laid ready, rows counted."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from survey_service.collection.code import Code
from survey_service.collection.drafts import Draft
from survey_service.collection.models import Waiting
from survey_service.collection.settle import THRESHOLD
from survey_service.stores.keyring import Keyring
from survey_service.stores.migrate import upgrade
from survey_service.stores.stores import Stores
from tests.benchmarks.full_form import CONTACT, LANGUAGE, FullForm
from tests.kit.field import SLUG, Field

_ROW: Any = Waiting.__table__  # type: ignore[attr-defined]
_SIZE = select(*(func.avg(func.length(column)) for column in _ROW.columns))
BATCHES = 5


class Campaign:
    """The stores that the front's process serves; this process prepares, counts and settles.

    While a server is measured nothing here runs.
    """

    def __init__(self, folder: Path, full: FullForm) -> None:
        self._stores = Stores.at(folder / "stores")
        for store in self._stores:
            upgrade(store)
        self._field = Field(self._stores, folder, Keyring.create(folder / "keys"))
        self.wave = self._field.open_wave()
        self._full = full
        self._answers = full.answers()

    async def begun(self, count: int) -> list[Code]:
        """Lay down drafts without an answer and return their codes."""
        return await self._lay(count, {})

    async def filled(self, count: int) -> list[Code]:
        """Lay down drafts with every answer and return their codes."""
        return await self._lay(count, self._answers)

    async def _lay(self, count: int, answers: dict[str, Any]) -> list[Code]:
        codes = [Code.new() for _ in range(count)]
        expires = self._field.clock().date() + timedelta(days=14)
        for code in codes:
            draft = Draft(
                SLUG,
                self.wave.id,
                LANGUAGE,
                self._full.decisions,
                answers,
                dict(CONTACT),
                notice=self.wave.notice.hash,
            )
            await self._field.drafts.put(code.under(self.wave.salt), draft, expires)
        # What was prepared here is not to be checkpointed at the server's cost.
        self._stores.drafts.truncate_log()
        return codes

    async def answers_in(self, codes: Iterable[Code]) -> int:
        """Return how many answers the drafts of these codes hold together."""
        total = 0
        for code in codes:
            keys, today = code.under(self.wave.salt), self._field.clock().date()
            draft = await self._field.drafts.read(keys, today)
            total += len(draft.answers) if draft else 0
        return total

    def waiting(self) -> int:
        """Return how many submissions wait in the inbox."""
        inbox = self._field.inbox
        return inbox.count_now(inbox.generation_now(self.wave.id).id)

    async def submit(self, codes: Iterable[Code]) -> None:
        """Submit these drafts from here."""
        for code in codes:
            await self._field.collection.submit(SLUG, code)

    def row_bytes(self) -> int:
        """Return how many bytes a waiting submission has."""
        row = self._stores.inbox.read_now(lambda tx: tx.one(_SIZE)) or ()
        return round(sum(row))

    def settle(self) -> float:
        """Settle what waits and return the CPU milliseconds of each submission.

        Raises:
            RuntimeError: one was lost.
        """
        waiting, before = self.waiting(), self._field.answers.count(self.wave.id)
        began = time.process_time()
        self._field.settle.run(self.wave)
        spent = time.process_time() - began
        if self._field.answers.count(self.wave.id) != before + waiting:
            raise RuntimeError("settle lost or doubled a submission")
        return 1000 * spent / waiting

    async def settle_small_batches(self) -> list[float]:
        """Settle batches of the smallest size, as they come in the field; milliseconds of each."""
        costs = []
        for _ in range(BATCHES):
            await self.submit(await self.filled(THRESHOLD))
            costs.append(self.settle())
        return costs

    def close(self) -> None:
        """Let go of the stores."""
        self._stores.close()
