"""What settle entries say against what the stores hold: as many consents as answers as keys.

The log's figures are floored to ten, so a batch of it stands for up to nine more.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from sqlalchemy import func, select

from schemas.audit import Act
from survey_service.audit_log.appending import LEAF
from survey_service.collection.code import Code
from survey_service.demo.population import SyntheticRespondent
from survey_service.stores.models import RowKey
from survey_service.stores.stores import Stores
from survey_service.surveys.waves import Wave
from tests.kit.field import SLUG, Field, people

BATCHES = (23, 20, 31)
ERASED = 2


def batches(field: Field) -> dict[str, int]:
    """What the log says was settled, floored to ten, by generation: one told twice counts once."""
    entries = field.stores.audit.read_now(lambda tx: tx.all(select(LEAF.c.entry)))
    told = [json.loads(row[0]) for row in entries]
    settled = [entry for entry in told if entry["act"] == Act.WAVE_SETTLED.value]
    return {e["object"]["ref"]: e["counts"]["settled_floored_to_ten"] for e in settled}


def held(field: Field) -> tuple[int, int, int]:
    """How many consents, answers and keys of either there are."""
    keys = field.stores.keys.first_now(select(func.count()).select_from(RowKey))
    return len(field.consents.tags_of(SLUG)), len(field.answers.tags()), int((keys or (0,))[0])


def each(people_: int) -> tuple[int, int, int]:
    """One consent, one answer and a key for each of the two."""
    return people_, people_, 2 * people_


async def sent(field: Field, wave: Wave, mine: list[SyntheticRespondent]) -> list[Code]:
    """The codes of people of whom each sends twice."""
    codes = []
    for person in mine:
        codes.append(await field.answer(wave, person, questions=1))
        await field.collection.submit(SLUG, codes[-1])
    return codes


def test_the_log_tells_as_many_as_the_stores_hold_whatever_was_sent_twice(
    stores: Stores, tmp_path: Path
) -> None:
    field = Field(stores, tmp_path)
    wave = field.open_wave()
    field.settle.run(wave)
    everybody = people(sum(BATCHES))
    codes: list[Code] = []
    for size in BATCHES:
        mine = everybody[len(codes) : len(codes) + size]
        codes += asyncio.run(sent(field, wave, mine))
        assert field.settle.run(wave) == size
        assert field.settle.run(wave) == 0
        told = batches(field)
        assert held(field) == each(len(codes))
        assert sum(told.values()) <= len(codes) <= sum(told.values()) + 9 * len(told)
    for code in codes[:ERASED]:
        asyncio.run(field.rights.erase(code))
    assert held(field) == each(len(codes) - ERASED)
    field.close_wave(wave)
    assert held(field) == each(len(codes) - ERASED), "closing writes all anew and loses nobody"
    assert [figure for figure in batches(field).values() if figure] == [
        size // 10 * 10 for size in BATCHES
    ]
