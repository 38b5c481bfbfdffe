"""On PostgreSQL, by the least roles: interviews with help, lost codes, slips, once, rotation.

The parts are those of one installation, over databases that this module has for itself.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, TypeVar

import pytest
from sqlalchemy import text

from schemas.vocabulary import Role
from survey_service.accounts.people import Person
from survey_service.ceremonies.kinds import Kind
from survey_service.collection.code import Code
from survey_service.parts.telling import EVERY
from survey_service.problems import NotAdmitted, NotReady
from survey_service.quotas.planning import chosen, groups_of
from survey_service.stores.ids import new_id
from survey_service.surveys.core import load
from survey_service.surveys.opening import checklist
from survey_service.surveys.reading import answered
from survey_service.surveys.waves import Wave, WaveSettings, WaveState
from tests.attacks.separation.test_lent_devices import ended
from tests.attacks.separation.test_parts import answer, fresh, open_wave
from tests.attacks.test_invitations import YES
from tests.kit.assisted import WITH_HELP
from tests.kit.escrow import CORA, SEEN, Officers
from tests.kit.field import people
from tests.kit.keeping import ADA, DEE, REASON
from tests.kit.lent import ApartInterviews
from tests.kit.roles import with_least_rights
from tests.kit.stores import PostgresTemplate

T = TypeVar("T")
REPLACED = ("office-wrap-answers", "office-wrap-vault", "settle-keys", "audit-details")
ANNA = {"name": "Anna Ozola", "phone": "+371 2000 0000"}
PASSPHRASE = "nine blue kettles on a wall"
ONCE = "invited-2026"
NUMBER, SAME, OTHER = "+371 20000000", "00371-2000-0000", "20000001"


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


@pytest.fixture(scope="module")
def parts(
    postgres_template: PostgresTemplate, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ApartInterviews]:
    folder = tmp_path_factory.mktemp("least")
    with (
        with_least_rights(postgres_template) as databases,
        databases.opened(folder / "stores") as (settle, front, office),
    ):
        yield ApartInterviews(settle, folder, keys=True, apart=(front, office))


@pytest.fixture(scope="module")
def officers() -> Officers:
    return Officers()


@pytest.fixture(scope="module")
def wave(parts: ApartInterviews, officers: Officers) -> Wave:
    """In the field, with two officers who may find a lost code."""
    return open_wave(parts, officers)


def ceremony(parts: ApartInterviews, kind: Kind, subject: str) -> str:
    """Two people decide, and each part does what it can; return how it ended."""
    made = run(parts.office.ceremonies.propose(ADA, kind, subject, REASON, new_id()))
    run(parts.office.ceremonies.confirm(DEE, made.id))
    parts.settle.telling.look()
    return run(parts.office.ceremonies.one(made.id)).state


def test_an_interview_with_help_whose_code_two_officers_find(
    parts: ApartInterviews, officers: Officers, wave: Wave
) -> None:
    device = parts.device()
    device.begin()
    asked = device.consent()
    assert asked.headers["location"].endswith("/lost-code")
    assert device.post("lost-code", {"find": "yes", **ANNA}).status_code == 303
    device.answer(WITH_HELP)
    device.get("q/B5")
    device.hand_over()
    assert not device.opens()
    ended(device)
    assert device.opens()
    answer(parts, wave, 20)
    parts.settle.watch.look()
    parts.settle.purge_loans()
    parts.office.assisted.upkeep()
    parts.settle.reports.look()
    asked_for = run(parts.office.lost_codes.ask(DEE, wave.id, *ANNA.values(), SEEN, new_id()))
    run(parts.office.lost_codes.decide(CORA, asked_for, grant=True))
    parts.settle.reports.look()
    (found,) = officers.codes(run(parts.office.lost_codes.file(DEE, asked_for)))
    assert run(parts.front.rights.status(Code(found))).kind == "settled"


def open_invited(parts: ApartInterviews) -> Wave:
    """Put a wave into the field in which each invited person takes part once."""
    core, surveys = load(), parts.office.surveys
    surveys.add_survey_now(ONCE, core.questionnaire.title)
    surveys.add_version_now(ONCE, core.questionnaire, core.notice)
    made = surveys.add_wave_now(ONCE, 1, core.questionnaire, core.notice, planned_sample=1000)
    surveys.set_now(made, WaveSettings(1000, invitation="slips", once="phone"))
    draft = surveys.wave_now(made)
    group = groups_of(chosen(draft, ["B4"]))[0]
    parts.office.quotas.set_now(draft, ["B4"], {group.key: 30})
    warnings = checklist(surveys.wave_now(made)).warnings
    wave = parts.office.field_work.open_wave_now(made, accepted=dict.fromkeys(warnings, REASON))
    fresh(parts)
    parts.settle.watch.look()
    return wave


def send(parts: ApartInterviews, slip: str, number: str) -> Code:
    """Answer with a slip, as somebody with this telephone."""

    async def steps() -> Code:
        collection = parts.front.collection
        code = await collection.begin(ONCE, YES, "lv", None, slip)
        await collection.set_once(ONCE, code, number)
        await collection.submit(ONCE, code)
        return code

    return run(steps())


def test_slips_and_taking_part_once_until_the_key_is_destroyed(parts: ApartInterviews) -> None:
    wave = open_invited(parts)
    mara = Person(id=parts.account, username="mara", role=Role.MEDIATOR, session_id="s")
    handed = new_id()
    run(parts.office.handed.hand_over(wave, handed, mara.id, 3, CORA))
    first, second, third = parts.office.handed.print_now(wave, handed, mara)
    codes = [send(parts, first, NUMBER), send(parts, third, OTHER)]
    for slip, number in ((second, SAME), (first, "20000002")):
        with pytest.raises(NotAdmitted):
            send(parts, slip, number)
    parts.office.field_work.close_wave_now(wave.id)
    fresh(parts)
    parts.settle.watch.look()
    parts.settle.maintenance.run()
    assert parts.office.quotas.read_now(wave) is not None
    parts.settle.telling.look()
    parts.ahead += EVERY
    parts.settle.telling.look()
    assert ceremony(parts, Kind.DESTROY, f"once-only/{ONCE}") == "done"
    assert [run(parts.front.rights.status(code)).kind for code in codes] == ["settled"] * 2
    with pytest.raises(NotReady):
        parts.front.invitations.once.tag_now(parts.front.surveys.wave_now(wave.id), NUMBER)
    left = parts.stores.vault.read_now(lambda tx: tx.all(text("SELECT kind FROM used")))
    assert left == []


def test_what_a_code_changes_and_a_list_of_contacts(parts: ApartInterviews, wave: Wave) -> None:
    crowd = people(24)
    codes = answer(parts, wave, 24)
    parts.settle.watch.look()
    settled = [c for c, one in zip(codes, crowd, strict=True) if one.decisions["contact"]][:4]

    async def change() -> None:
        rights = parts.front.rights
        kept = await rights.sent(settled[0])
        await rights.correct(settled[0], kept.etag, {"B4": answered("1")})
        await rights.withdraw(settled[1], "contact")
        await rights.withdraw(settled[2], "research_reuse")
        await rights.restrict(settled[3], on=True)
        await rights.restrict(settled[3], on=False)

    left = parts.settle.watch._consents.contacts_left(wave.survey)
    run(change())
    parts.settle.watch.look()
    parts.settle.maintenance.run()
    lists = parts.office.contact_lists
    asked = run(lists.ask(CORA, wave.survey, REASON, PASSPHRASE, PASSPHRASE, new_id()))
    run(lists.decide(DEE, asked, grant=True))
    parts.settle.reports.look(anew=True)
    assert len(run(lists.open(CORA, asked, PASSPHRASE))) == left - 1
    assert run(lists.statistics(DEE))
    status = run(parts.front.rights.status(settled[2]))
    assert "research_reuse" in status.taken_back


def test_people_answer_and_erase_while_keys_are_replaced(
    parts: ApartInterviews, wave: Wave
) -> None:
    """The front submits and erases, settle settles, and both offices replace their keys."""
    crowd = people(70)
    erased = threading.Event()

    def submit() -> list[Code]:
        codes = [answer(parts, wave, 1)[0] for _ in crowd[:30]]
        for code in codes[:5]:
            run(parts.front.rights.erase(code))
        erased.set()
        return codes

    with ThreadPoolExecutor(1) as pool:
        going_on = pool.submit(submit)
        done = []
        while not going_on.done() or len(done) < 4:
            for name in (
                "office-wrap-answers",
                "office-wrap-vault",
                "settle-keys",
                "audit-details",
            ):
                done.append(ceremony(parts, Kind.ROTATE, name))
                parts.settle.watch.look()
        codes = going_on.result()
    assert set(done) == {"done"}
    parts.office.field_work.close_wave_now(wave.id)
    fresh(parts)
    parts.settle.watch.look()
    kinds = [run(parts.front.rights.status(code)).kind for code in codes]
    assert kinds == ["nothing"] * 5 + ["settled"] * 25
    assert parts.settle.watch._answers.bodies(wave.id)
    assert parts.office.audit.verify_all_now().sound


def test_when_its_time_is_over_all_goes_and_a_certificate_says_so(
    parts: ApartInterviews, wave: Wave
) -> None:
    (code,) = answer(parts, wave, 1) if is_open(parts, wave) else [None]
    for one in parts.office.surveys.waves_now():
        if one.state is WaveState.OPEN:
            parts.office.field_work.close_wave_now(one.id)
    fresh(parts)
    parts.settle.watch.look()
    assert parts.settle.watch._answers.bodies(wave.id)
    parts.ahead += timedelta(days=366 * 20)
    fresh(parts)
    parts.settle.maintenance.run()
    assert list(parts.settle.watch._answers.bodies(wave.id)) == []
    assert run(parts.office.certificates.all(DEE))
    parts.settle.telling.look()
    assert run(parts.office.health.read(ADA)).stores
    assert parts.office.content.read_now(DEE) is not None
    if code is not None:
        assert run(parts.front.rights.status(code)).kind == "nothing"


def is_open(parts: ApartInterviews, wave: Wave) -> bool:
    """Whether a test before this one has closed it."""
    return parts.office.surveys.wave_now(wave.id).state is WaveState.OPEN
