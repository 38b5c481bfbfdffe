"""What the nursery kills while people correct, withdraw and restrict; and what must be left."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from survey_service.collection.code import Code
from survey_service.problems import Problem
from survey_service.surveys.reading import answered
from tests.kit.field import Field, people

SETTLED, WAITING = (0, 1), (2, 3)


def prepare(field: Field) -> list[str]:
    """Leave two settled and two waiting people who said yes to everything, and a freeze."""
    wave = field.open_wave()
    crowd = [
        p for p in people(400) if all(p.decisions.values()) and p.posted["B4"] == {"value": ["2"]}
    ]
    everybody = len(SETTLED) + len(WAITING)

    async def run() -> list[str]:
        codes = []
        for number, person in enumerate(crowd[:everybody]):
            if number == len(SETTLED):
                await asyncio.to_thread(field.settle.run, wave, threshold=1)
            codes.append((await field.answer(wave, person, questions=7)).text)
        return codes

    codes = asyncio.run(run())
    field.hand_over.serve(wave.id)
    field.freezes.make(wave.id, wave.form, field.now.date())
    return codes


def live(field: Field, codes: list[Code]) -> None:
    """Everything that a person can do with a code but erase, and the vault's shuffle after it."""
    rights = field.rights

    async def correct(code: Code) -> None:
        kept = await rights.sent(code)
        await rights.correct(code, kept.etag, {"B4": answered("1")})

    async def run() -> None:
        for step in (
            correct(codes[0]),
            rights.withdraw(codes[0], "contact"),
            rights.withdraw(codes[1], "ethnic_health"),
            rights.restrict(codes[2], on=True),
            rights.withdraw(codes[3], "research_reuse"),
        ):
            with contextlib.suppress(Problem):
                await step

    asyncio.run(run())
    field.hand_over.note(field.surveys.waves_now()[0])


def heal(field: Field, codes: list[Code]) -> dict[str, Any]:
    """Try everything again, close the wave, and tell what is kept of each."""
    live(field, codes)
    wave = field.close_wave(field.surveys.waves_now()[0])
    field.hand_over.serve(wave.id)

    async def each() -> list[dict[str, Any]]:
        found = []
        for code in codes:
            kept = await field.rights.sent(code)
            body = kept.body or {}
            found.append(
                {
                    "kind": kept.kind,
                    "sex": body["record"]["B4"]["value"],
                    "purposes": body["purposes"],
                    "withdrawn": kept.record.get("withdrawn", []),
                    "restricted": kept.restricted,
                    "contact": bool(kept.consent and kept.consent["contact"]),
                }
            )
        return found

    verdict = {
        "people": asyncio.run(each()),
        "readable": len(field.answers.bodies(wave.id)),
        "consents": len(field.consents.tags()),
        "handed_over": len(field.answers.handed_over(wave.id)),
        "frozen": field.freezes.latest(wave.id) is not None,
        "log_holds": field.audit.verify_all_now().sound,
    }
    field.stores.close()
    return verdict
