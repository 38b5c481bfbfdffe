"""An installation with one small survey for each thing that the demonstration's own has not.

Made without a browser and served as the demonstration is, which takes seconds: nobody answers
but sixty people in the two surveys whose tables are already released.
"""

from __future__ import annotations

import asyncio
import secrets
from datetime import timedelta
from pathlib import Path

from schemas.derivation import Banded
from schemas.methods import Geometric, Method, Rounding
from schemas.notice import Notice, ParentalPath
from schemas.questionnaire import Questionnaire
from schemas.release_rules import ReleaseRules
from schemas.requests import RequestPurpose, TableRequest, VoteChoice
from schemas.texts import Texts
from survey_service.accounts.people import Person
from survey_service.demo.campaign import MovedClock, add_staff, open_wave
from survey_service.demo.serving import DONE
from survey_service.services import Services, open_services
from survey_service.settings import Settings
from survey_service.surveys.ages import TOLD
from survey_service.surveys.core import load
from survey_service.surveys.waves import WaveSettings
from survey_service.web.translation import translator

YOUNG = "young-people"
INVITED = "by-invitation"
ESCROW = "lost-codes"
RELEASED: dict[str, Method] = {
    "rounded": Rounding(base=5),
    "noised": Geometric(epsilon="1", total="20"),
}
WHY = "As the ministry and its data protection officer have agreed."
RESPONDENTS = 60


def with_parents(from_age: int = 13) -> tuple[Questionnaire, Notice]:
    """The core survey, open to younger people with a parent."""
    core = load()
    questions = tuple(
        q.model_copy(update={"derive": Banded(cuts=(from_age, 16, 25, 65)), "generalise": None})
        if q.id == "B3"
        else q
        for q in core.questionnaire.questions
    )
    short = tuple(Texts({tag: translator(tag)(s) for tag in ("lv", "ru", "en")}) for s in TOLD)
    path = ParentalPath(from_age=from_age, short=short)
    return (
        core.questionnaire.model_copy(update={"questions": questions}),
        Notice.model_validate({**core.notice.model_dump(), "parental": path}),
    )


def several_surveys(folder: Path) -> None:
    """Leave the surveys in an empty folder, as a demonstration that is there already."""
    clock = MovedClock()
    settings = Settings.from_environment(folder, demonstration=True)
    services = open_services(settings, clock=clock, create=True)
    try:
        clock.behind = timedelta(days=60)
        people = add_staff(services)
        closed = [_answered(services, people, slug, RELEASED[slug]) for slug in RELEASED]
        clock.behind = timedelta(days=20)
        for wave in closed:
            services.field_work.close_wave_now(wave)
        clock.behind = timedelta(0)
        services.maintenance.run()
        asyncio.run(_release(services, people, closed))
        open_wave(services, _draft(services, YOUNG, *with_parents()))
        invited = _draft(services, INVITED)
        services.surveys.set_now(invited, WaveSettings(100, invitation="slips", once="phone"))
        open_wave(services, invited)
        _draft(services, ESCROW)
    finally:
        services.close()
    (folder / DONE).touch(mode=0o600)


def _draft(
    services: Services,
    slug: str,
    questionnaire: Questionnaire | None = None,
    notice: Notice | None = None,
) -> str:
    """Store a survey with a wave in draft."""
    core = load()
    asked, told = questionnaire or core.questionnaire, notice or core.notice
    titles = Texts({tag: f"{asked.title.text(tag)} ({slug})" for tag in ("lv", "ru", "en")})
    services.surveys.add_survey_now(slug, titles)
    services.surveys.add_version_now(slug, asked, told)
    return services.surveys.add_wave_now(slug, 1, asked, told, planned_sample=100)


def _answered(services: Services, people: dict[str, Person], slug: str, method: Method) -> str:
    """A wave in the field, its tables protected by this method, with some answers in it."""
    wave = _draft(services, slug)

    async def settled() -> None:
        rules = ReleaseRules(method=method)
        await services.releases.propose_rules(people["coordinator"], wave, rules, WHY)
        await services.releases.decide_rules(people["dpo"], wave, 1, agreed=True)

    asyncio.run(settled())
    open_wave(services, wave)
    asyncio.run(_fill(services, wave))
    return wave


async def _fill(services: Services, wave_id: str) -> None:
    """Two questions each: enough for a table."""
    wave = services.surveys.wave_now(wave_id)
    decisions = dict.fromkeys(("participation", "ethnic_health", "research_reuse"), True)
    for number in range(RESPONDENTS):
        code = await services.collection.begin(wave.survey, decisions | {"contact": False}, "lv")
        for qid, value in (("B2", str(1 + number % 3)), ("B4", str(1 + number % 2))):
            answer = wave.form.read(qid, {"value": [value]}, {})
            await services.collection.save(wave.survey, code, qid, answer, "lv")
        await services.collection.submit(wave.survey, code)


async def _release(services: Services, people: dict[str, Person], waves: list[str]) -> None:
    """Ask for one table of each, which two checkers let go."""
    for wave, slug in zip(waves, RELEASED, strict=True):
        asked = TableRequest(
            survey=slug,
            wave=wave,
            rows=("B2",),
            columns=("B4",),
            purpose_code=RequestPurpose.MONITORING,
            purpose_text=WHY,
        )
        answer = await services.releases.submit(people["researcher"], asked, secrets.token_hex(16))
        request = await services.releases.answering(answer.id)
        for checker in ("checker-one", "checker-two"):
            vote = VoteChoice.RELEASE
            await services.releases.vote(people[checker], request, 1, vote, WHY)
