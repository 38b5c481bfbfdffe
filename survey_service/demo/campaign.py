"""The demonstration's history: a wave filled, settled, closed and frozen, and a second one open.

Everything goes through the same use cases as a visitor's browser; only the clock is moved.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import click
import pyotp

from schemas.requests import RequestPurpose, RequestState, TableRequest, VoteChoice
from schemas.vocabulary import Role
from survey_service.accounts.people import Person
from survey_service.demo.population import SyntheticRespondent, synthetic_respondents
from survey_service.demo.sign_ins import SignIn, write_sign_ins
from survey_service.quotas.planning import chosen, groups_of
from survey_service.quotas.showing import SHOWN_FROM, STEP
from survey_service.services import Services
from survey_service.surveys.core import load
from survey_service.surveys.opening import checklist
from survey_service.surveys.waves import Wave

SLUG = "roma-2026"
SEX = "B4"
AT_ONCE = 32
STAFF = (
    (Role.RESEARCHER, "researcher"),
    (Role.OUTPUT_CHECKER, "checker-one"),
    (Role.OUTPUT_CHECKER, "checker-two"),
    (Role.COORDINATOR, "coordinator"),
    (Role.DPO, "dpo"),
    (Role.ADMINISTRATOR, "administrator"),
    (Role.MEDIATOR, "mediator"),
)
TABLES = ((("B1",), ("E1",)), (("D1",), ("B4",)), (("B4",), ()), (("D1",), ()), (("C2",), ()))
PURPOSE = (
    "Demonstration: baseline for the plan of measures for Roma inclusion, "
    "by the breakdowns that the plan itself uses."
)

WHY_OPEN = "Demonstration: these answers serve comparison and the community's own questions."


class MovedClock:
    """A clock that can be set back, so that a campaign may lie in the past."""

    def __init__(self) -> None:
        self.behind = timedelta(0)

    def __call__(self) -> datetime:
        """Return the moved instant."""
        return datetime.now(UTC) - self.behind


def seed_demonstration(
    services: Services, clock: MovedClock, *, respondents: int, seed: int
) -> None:
    """Leave the demonstration's survey, waves, people and releases in empty stores."""
    core = load()
    clock.behind = timedelta(days=60)
    people = add_staff(services)
    services.surveys.add_survey_now(SLUG, core.questionnaire.title)
    services.surveys.add_version_now(SLUG, core.questionnaire, core.notice)
    waves = [
        services.surveys.add_wave_now(
            SLUG, n, core.questionnaire, core.notice, planned_sample=max(respondents, 1000)
        )
        for n in (1, 2)
    ]
    for wave in waves:
        set_quotas(services, wave, respondents)
    open_wave(services, waves[0])
    answered = synthetic_respondents(respondents, seed)
    with click.progressbar(length=respondents, label="Synthetic respondents answer") as bar:
        asyncio.run(fill(services, waves[0], answered, bar.update))
    clock.behind = timedelta(days=20)
    click.echo("The first wave closes: answers settle and are written anew in random order …")
    services.field_work.close_wave_now(waves[0])
    clock.behind = timedelta(0)
    services.maintenance.run()
    open_wave(services, waves[1])
    if services.freezes.latest(waves[0]) is not None:
        click.echo("The release plan is protected as one system, before any request …")
        asyncio.run(services.releases.keep_up())
        click.echo("Two tables are requested, protected and audited …")
        asyncio.run(request_tables(services, waves[0], people))


def set_quotas(services: Services, wave_id: str, respondents: int) -> None:
    """Want two fifths of the respondents of each of women and men, in tens."""
    wave = services.surveys.wave_now(wave_id)
    wanted = max(SHOWN_FROM, respondents * 2 // 5 // STEP * STEP)
    groups = groups_of(chosen(wave, [SEX]))
    services.quotas.set_now(wave, [SEX], {group.key: wanted for group in groups[:2]})


def open_wave(services: Services, wave_id: str) -> None:
    """Open a wave of the core questionnaire, whose few warnings have their reasons."""
    warnings = checklist(services.surveys.wave_now(wave_id)).warnings
    services.field_work.open_wave_now(wave_id, accepted=dict.fromkeys(warnings, WHY_OPEN))


def add_staff(services: Services) -> dict[str, Person]:
    """Create an account for every role and write the sign-ins."""
    entries = []
    people = {}
    for role, username in STAFF:
        password = "-".join(secrets.token_hex(3) for _ in range(4))
        secret = pyotp.random_base32()
        made = services.accounts.create_now(username, role, password=password, totp_secret=secret)
        people[username] = Person(id=made.id, username=username, role=role)
        entries.append(
            SignIn(
                role=role.value,
                username=username,
                password=password,
                totp_secret=secret,
                otpauth=made.otpauth,
            )
        )
    write_sign_ins(services.settings.data_dir, entries)
    return people


async def fill(
    services: Services, wave_id: str, answered: Iterable[SyntheticRespondent], done: Any
) -> None:
    """Submit every respondent as a browser would: begin, one question at a time, submit."""
    wave = services.surveys.wave_now(wave_id)
    waiting = iter(answered)
    while batch := list(islice(waiting, AT_ONCE)):
        await asyncio.gather(*(answer(services, wave, person) for person in batch))
        done(len(batch))


async def answer(services: Services, wave: Wave, person: SyntheticRespondent) -> None:
    """Fill and submit one form."""
    collection = services.collection
    code = await collection.begin(wave.survey, person.decisions, person.language)
    if person.contact is not None:
        contact = person.contact.model_dump(exclude_none=True)
        await collection.set_contact(wave.survey, code, contact)
    answers: dict[str, Any] = {}
    for question, posted in person.posted.items():
        answers[question] = wave.form.read(question, posted, answers)
        await collection.save(wave.survey, code, question, answers[question], person.language)
    await collection.submit(wave.survey, code)


async def request_tables(services: Services, wave_id: str, people: dict[str, Person]) -> None:
    """Ask for tables: the first that can go is voted on and released, the next one waits.

    Among few respondents the finer tables are refused, as they should be.
    """
    waiting = [request async for request in _under_review(services, wave_id, people["researcher"])]
    for checker in ("checker-one", "checker-two"):
        for released in waiting[:1]:
            reason = "Demonstration: nothing stands out."
            choice = VoteChoice.RELEASE
            await services.releases.vote(people[checker], released, 1, choice, reason)


async def _under_review(services: Services, wave_id: str, person: Person) -> AsyncIterator[str]:
    found = 0
    for rows, columns in TABLES:
        if found == 2:
            return
        request = TableRequest(
            survey=SLUG,
            wave=wave_id,
            rows=rows,
            columns=columns,
            purpose_code=RequestPurpose.MONITORING,
            purpose_text=PURPOSE,
        )
        answer = await services.releases.submit(person, request, secrets.token_hex(16))
        if answer.verdict.state is RequestState.UNDER_REVIEW:
            found += 1
            yield await services.releases.answering(answer.id)
