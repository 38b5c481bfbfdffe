"""A survey has one wave in the field, whoever opens what at which moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import text

from survey_service.problems import Conflict
from survey_service.stores.store import Store
from survey_service.stores.stores import Stores
from survey_service.stores.transactions import Tx
from survey_service.surveys.core import load
from survey_service.surveys.service import OTHER_OPEN, Surveys
from survey_service.surveys.waves import WaveState
from tests.kit.field import SLUG, Field


def test_of_two_waves_opened_at_one_moment_one_is_refused(
    stores: Stores, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    field, core = Field(stores, tmp_path), load()
    field.surveys.add_survey_now(SLUG, core.questionnaire.title)
    field.surveys.add_version_now(SLUG, core.questionnaire, core.notice)
    first, second = (
        field.surveys.add_wave_now(SLUG, n, core.questionnaire, core.notice, planned_sample=9)
        for n in (1, 2)
    )
    # Another process is about to open the first; it has not committed yet, so nobody sees it.
    elsewhere = Store("office", path=stores.office.path, url=stores.office.url)
    opening, seen = Event(), text(f"UPDATE wave SET state = 'open' WHERE id = '{first}'")

    def slowly(tx: Tx) -> None:
        tx.run(seen)
        opening.set()
        Event().wait(0.5)

    monkeypatch.setattr(Surveys, "in_field_now", lambda *_: None)
    with ThreadPoolExecutor(1) as other:
        opened = other.submit(elsewhere.write_now, slowly)
        opening.wait()
        with pytest.raises(Conflict) as refused:
            field.surveys.move_now(second, WaveState.OPEN)
        opened.result()
    assert refused.value.detail == OTHER_OPEN
    elsewhere.close()
    field.surveys.look_again()
    assert [wave.state for wave in field.surveys.waves_now()].count(WaveState.OPEN) == 1
