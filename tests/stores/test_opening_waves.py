"""A survey has one wave in the field, whoever opens what at which moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from survey_service.problems import Conflict
from survey_service.stores.stores import Stores
from survey_service.surveys.core import load
from survey_service.surveys.service import Surveys
from survey_service.surveys.waves import WaveState
from tests.kit.field import SLUG, Field


def test_of_two_waves_opened_at_one_moment_one_is_refused(
    stores: Stores, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    field, core = Field(stores, tmp_path), load()
    field.surveys.add_survey_now(SLUG, core.questionnaire.title)
    field.surveys.add_version_now(SLUG, core.questionnaire, core.notice)
    waves = [
        field.surveys.add_wave_now(SLUG, n, core.questionnaire, core.notice, planned_sample=9)
        for n in (1, 2)
    ]
    # Both have looked, and neither has seen the other's.
    together = Barrier(2)
    monkeypatch.setattr(Surveys, "in_field_now", lambda *_: together.wait() and None)

    def open_it(wave: str) -> bool:
        try:
            Surveys(stores.office, field.audit, field.clock).move_now(wave, WaveState.OPEN)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(2) as both:
        assert sorted(both.map(open_it, waves)) == [False, True]
    field.surveys.look_again()
    assert [wave.state for wave in field.surveys.waves_now()].count(WaveState.OPEN) == 1
