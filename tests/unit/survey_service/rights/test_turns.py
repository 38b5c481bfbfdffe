"""Codes take turns: in their order, leaving the thread to others, and not without end."""

from __future__ import annotations

import asyncio

import pytest

from survey_service.problems import TooMany
from survey_service.rights.turns import MOST_WAITING, Turns


def test_one_code_at_a_time_in_the_order_of_asking_and_others_go_between() -> None:
    seconds = (n / 100 for n in range(10_000))
    told: list[str] = []

    async def code(turns: Turns, name: str) -> None:
        async with turns.turn():
            told.append(f"{name} begins")
            await asyncio.sleep(0)
            told.append(f"{name} ends")

    async def page(until: asyncio.Task[None]) -> None:
        while not until.done():
            told.append("page")
            await asyncio.sleep(0.005)

    async def run() -> None:
        # By this clock a turn takes a hundredth of a second.
        turns = Turns(lambda: next(seconds))
        codes = [asyncio.ensure_future(code(turns, name)) for name in "ab"]
        await page(codes[1])

    asyncio.run(run())
    assert [said for said in told if said != "page"] == ["a begins", "a ends", "b begins", "b ends"]
    assert "page" in told[told.index("a ends") : told.index("b begins")]


def test_whoever_comes_alone_waits_for_nobody() -> None:
    async def run() -> None:
        turns = Turns(lambda: 0.0)
        for _ in range(3):
            async with asyncio.timeout(1), turns.turn():
                pass

    asyncio.run(run())


def test_a_turn_that_fails_or_is_given_up_is_passed_on() -> None:
    async def run() -> None:
        turns = Turns(lambda: 0.0)
        with pytest.raises(ValueError, match="broken"):
            async with turns.turn():
                raise ValueError("broken")
        async with turns.turn():
            left = asyncio.ensure_future(turns.turn().__aenter__())
            await asyncio.sleep(0)
            left.cancel()
            await asyncio.sleep(0)
        async with asyncio.timeout(1), turns.turn():
            pass

    asyncio.run(run())


def test_too_many_at_once_are_told_when_to_come_again() -> None:
    async def run() -> None:
        turns = Turns()
        async with turns.turn():
            waiting = [
                asyncio.ensure_future(turns.turn().__aenter__()) for _ in range(MOST_WAITING)
            ]
            await asyncio.sleep(0)
            with pytest.raises(TooMany) as refused:
                await asyncio.wait_for(turns.turn().__aenter__(), 5)
            assert refused.value.headers["Retry-After"]
            for one in waiting:
                one.cancel()

    asyncio.run(run())
