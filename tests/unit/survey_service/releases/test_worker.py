"""The worker: a page never waits, and no answer tells how long it took."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta

import pytest

from schemas.requests import RequestState
from survey_service.releases import deciding, worker
from survey_service.releases.coarser import Answer
from survey_service.releases.desk import Limits
from tests.unit.survey_service.releases.conftest import NOON, PLENTY, Office


@pytest.fixture
def office(open_office: Callable[..., Office]) -> Office:
    return open_office(PLENTY, Limits(tick=60.0))


def answered_at(office: Office, monkeypatch: pytest.MonkeyPatch, working: float) -> float:
    """When a request made at a minute and seven seconds has its answer, by a clock of its own."""
    start, slept = time.monotonic(), []
    office.now[0] = NOON + timedelta(seconds=67)

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    def work_out(_desk: object, _request: object) -> object:
        office.now[0] += timedelta(seconds=working)
        return deciding.Worked(Answer(None), 0, 0, "")

    monkeypatch.setattr(worker.asyncio, "sleep", sleep)
    monkeypatch.setattr(deciding, "work_out", work_out)

    async def ask() -> None:
        office.releases.begin()
        made = await office.releases.submit(office.ada, office.asked("B1"), "once")
        assert made.verdict.state is RequestState.SUBMITTED
        while office.releases._worker and office.releases._worker._tasks:
            await asyncio.gather(*office.releases._worker._tasks)
        await office.releases.end()

    office.run(ask())
    assert time.monotonic() - start < 60, "no test waits for a real clock"
    [kept] = office.run(office.releases.requests(office.ada))
    assert kept.verdict.state is RequestState.NOT_RELEASED
    return (office.now[0] - NOON).total_seconds() + slept[0]


@pytest.mark.parametrize("working", [0.1, 20.0, 52.0])
def test_every_answer_comes_at_the_next_tick_however_long_it_took(
    office: Office, monkeypatch: pytest.MonkeyPatch, working: float
) -> None:
    assert answered_at(office, monkeypatch, working) == pytest.approx(120.0)


def test_what_the_worker_did_not_finish_is_answered_after_the_next_start(office: Office) -> None:
    async def ask_and_stop() -> None:
        office.releases.begin()
        await office.releases.submit(office.ada, office.asked("B1"), "once")
        await office.releases.end()

    office.run(ask_and_stop())
    office.run(office.releases.catch_up())

    [made] = office.run(office.releases.requests(office.ada))
    assert made.verdict.state is RequestState.UNDER_REVIEW
