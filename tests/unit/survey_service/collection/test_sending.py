"""Sending, as far as nothing but the stores is needed to see it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from survey_service.collection.settle import THRESHOLD
from tests.kit.field import Field, people

if TYPE_CHECKING:
    from pathlib import Path

    from survey_service.stores.stores import Stores


def test_as_soon_as_enough_wait_they_are_settled_without_being_asked(
    sqlite_stores: Stores, tmp_path: Path
) -> None:
    field = Field(sqlite_stores, tmp_path, settles_itself=True)
    wave = field.open_wave()
    everybody = people(THRESHOLD)

    async def send() -> list[int]:
        counts = []
        for person in everybody:
            counts.append(field.answers.count(wave.id))
            await field.answer(wave, person, questions=1)
        others = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.gather(*others)
        return [*counts, field.answers.count(wave.id)]

    assert asyncio.run(send()) == [0] * THRESHOLD + [THRESHOLD]
