"""Quotas on pages: chosen in draft, locked when the wave opens, a word to the coordinator only."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from schemas.audit import Act
from schemas.notice import PurposeId
from schemas.questionnaire import GdprCategory
from survey_service.collection.code import Code
from survey_service.problems import Conflict
from survey_service.quotas.planning import usable
from survey_service.stores.stores import Stores
from survey_service.surveys.core import load
from survey_service.surveys.form import CompiledForm
from survey_service.surveys.waves import Wave, WaveState
from tests.kit.field import people
from tests.unit.survey_service.surveys.coordinating import Coordinator, core_file, words

SEX = "B4"


@pytest.fixture
def cora(sqlite_stores: Stores, tmp_path: Path) -> Coordinator:
    return Coordinator(sqlite_stores, tmp_path)


@pytest.fixture
def wave(cora: Coordinator) -> str:
    """A wave of the core questionnaire in draft."""
    return cora.prepare(cora.store(core_file(), survey="roma"), planned_sample="500")


def address(wave: str) -> str:
    return f"/office/surveys/{wave}/quotas"


def opened(cora: Coordinator, wave: str) -> None:
    cora.services.surveys.move_now(wave, WaveState.OPEN)


def test_groups_are_chosen_and_numbers_are_written_in_tens(cora: Coordinator, wave: str) -> None:
    page = cora.get(address(wave))
    assert "Health" not in page.text
    assert f'value="{SEX}"' in page.text
    chosen = cora.get(f"{address(wave)}?first={SEX}")
    fields = re.findall(r'name="(target-\d+)"', chosen.text)
    assert len(fields) >= 2

    wrong = cora.post(address(wave), {"first": SEX, "target-0": "25", "target-1": "many"})
    assert wrong.status_code == 422
    assert 'href="#target-0"' in wrong.text
    assert 'href="#target-1"' in wrong.text
    assert 'value="25"' in wrong.text

    saved = cora.post(address(wave), {"first": SEX, "target-0": "30", "target-1": ""})
    assert saved.status_code == 303
    assert 'value="30"' in cora.get(address(wave)).text
    assert cora.logged().count(Act.QUOTAS_SET) == 1


@pytest.mark.parametrize("name", ["B5", "E1", "nothing", "B6"])
def test_special_data_and_what_is_no_closed_list_have_no_quotas(
    cora: Coordinator, wave: str, name: str
) -> None:
    assert cora.post(address(wave), {"first": name, "target-0": "30"}).status_code == 422
    assert cora.get(f"{address(wave)}?first={name}").status_code == 422
    assert Act.QUOTAS_SET not in cora.logged()


def test_two_lists_can_be_crossed_and_not_one_with_itself(cora: Coordinator, wave: str) -> None:
    assert cora.get(f"{address(wave)}?first={SEX}&second={SEX}").status_code == 422
    crossed = cora.get(f"{address(wave)}?first=B1&second={SEX}")
    alone = len(re.findall(r'name="target-', cora.get(f"{address(wave)}?first=B1").text))
    assert len(re.findall(r'name="target-', crossed.text)) > alone


def test_what_is_counted_by_is_locked_and_numbers_change_with_an_entry(
    cora: Coordinator, wave: str
) -> None:
    cora.post(address(wave), {"first": SEX, "target-0": "30"})
    opened(cora, wave)
    assert cora.post(address(wave), {"first": "B1", "target-0": "30"}).status_code == 409
    assert cora.post(address(wave), {"first": SEX, "do": "remove"}).status_code == 409
    assert cora.post(address(wave), {"first": SEX, "target-0": "40"}).status_code == 303
    assert 'value="40"' in cora.get(address(wave)).text
    assert cora.logged().count(Act.QUOTAS_SET) == 2


def test_a_wave_that_opened_without_quotas_gets_none(cora: Coordinator, wave: str) -> None:
    opened(cora, wave)
    assert cora.post(address(wave), {"first": SEX, "target-0": "30"}).status_code == 409
    assert "no quotas" in words(cora.get(address(wave)))


def test_a_reached_quota_is_said_on_the_waves_page_and_reading_is_logged(
    cora: Coordinator, wave: str
) -> None:
    cora.post(address(wave), {"first": SEX, "target-0": "20", "target-1": "20"})
    opened(cora, wave)
    before = cora.logged().count(Act.PROGRESS_READ)
    assert "0 of 2 reached" in words(cora.get(f"/office/surveys/{wave}"))
    assert cora.logged().count(Act.PROGRESS_READ) == before + 1

    services = cora.services
    codes = fill(cora, wave, 80)
    said = words(cora.get(f"/office/surveys/{wave}"))
    assert "2 of 2 reached" in said
    table = words(cora.get(address(wave)))
    assert "reached" in table
    assert "not shown" in table or "20" in table
    assert services.field_work.progress_now()[0].settled == services.answers.progress(wave) == 80
    # One erasure shows nowhere: a total of this moment, less the groups of then, would be a person.
    asyncio.run(services.rights.erase(codes[0]))
    assert services.answers.progress(wave) == 70
    assert services.field_work.progress_now()[0].settled == 80


def test_special_data_has_no_quota_though_others_may_know_of_it() -> None:
    core = load()
    special = {"gdpr_category": GdprCategory.ARTICLE_9, "purpose": PurposeId.ETHNIC_HEALTH}
    questions = tuple(
        q.model_copy(update=special) if q.id == SEX else q for q in core.questionnaire.questions
    )
    asked = core.questionnaire.model_copy(update={"questions": questions})
    form = CompiledForm.compile(asked, core.code_lists, core.parameters)
    assert SEX in usable(cast(Wave, SimpleNamespace(form=core.form)))
    assert SEX not in usable(cast(Wave, SimpleNamespace(form=form)))


def fill(cora: Coordinator, wave: str, count: int) -> list[Code]:
    """Let people answer, and close the wave, so that all of it is settled."""
    services = cora.services
    found = services.surveys.wave_now(wave)

    async def run() -> list[Code]:
        codes = []
        for person in people(count):
            code = await services.collection.begin(found.survey, person.decisions, person.language)
            for question, posted in person.posted.items():
                answer = found.form.read(question, posted, {})
                await services.collection.save(
                    found.survey, code, question, answer, person.language
                )
            await services.collection.submit(found.survey, code)
            codes.append(code)
        return codes

    codes = asyncio.run(run())
    services.field_work.close_wave_now(wave)
    return codes


def test_a_wave_that_opened_a_moment_ago_is_not_counted_by_something_else(
    cora: Coordinator, wave: str
) -> None:
    cora.post(address(wave), {"first": SEX, "target-0": "30"})
    before = cora.services.surveys.wave_now(wave)
    opened(cora, wave)
    for names, targets in (["B1"], {"LV001": 30}), ([SEX], {}):
        with pytest.raises(Conflict):
            cora.services.quotas.set_now(before, names, targets)
    plan = cora.services.quotas.read_now(cora.services.surveys.wave_now(wave))
    assert plan is not None
    assert [variable.name for variable in plan.variables] == [SEX]
