"""Content links where keys do not: no survey variable in the vault, no identifier in answers."""

from __future__ import annotations

import asyncio
import json
import random
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from schemas.questionnaire import QuestionKind
from schemas.texts import Texts
from survey_service.collection.content_classes import ContentClasses, smallest_class
from survey_service.problems import InvalidInput
from survey_service.stores.stores import Stores
from survey_service.surveys.content_rule import breaches, shares_with_the_vault
from survey_service.surveys.core import load
from survey_service.surveys.waves import WaveState
from tests.kit.field import Field, people

AGREED = {"participation": True, "ethnic_health": True, "research_reuse": True, "contact": False}
DAY = re.compile(r"\d{4}-\d\d-\d\d\Z")


def test_the_vault_keeps_consent_facts_and_a_contact_and_nothing_else(
    sqlite_stores: Stores, tmp_path: Path
) -> None:
    field = Field(sqlite_stores, tmp_path)
    wave = field.open_wave()
    codes = field.answer_all(wave, people(25))
    field.close_wave(wave)
    for code in codes:
        keys = field.collection.keys(wave.survey, code)
        kept = field.consents.of_code(field.consents.stored_tag(keys.consent_tag), keys.consent_key)
        assert kept is not None
        assert set(kept) == {"record", "contact"}
        assert set(kept["record"]) == {"notice", "decisions", "day", "receipt"}
        assert set(kept["record"]["decisions"]) == {p.id.value for p in wave.notice.purposes}
        assert DAY.match(kept["record"]["day"])
        assert kept["contact"] is None or set(kept["contact"]) <= {"name", "phone", "email"}


def test_answers_know_nothing_of_contact_day_or_notice(
    sqlite_stores: Stores, tmp_path: Path
) -> None:
    field = Field(sqlite_stores, tmp_path)
    wave = field.open_wave()
    crowd = people(60)
    field.answer_all(wave, crowd)
    field.close_wave(wave)
    words = {v for p in crowd if p.contact for v in p.contact.model_dump().values() if v}
    assert words, "some of the crowd must have left a contact for this to mean anything"
    for body in field.answers.bodies(wave.id):
        assert set(body) == {"questionnaire", "version", "purposes", "record"}
        assert "contact" not in body["purposes"]
        text = json.dumps(body, ensure_ascii=False)
        assert not [word for word in words if word in text]
        assert not re.search(r"\d{4}-\d\d-\d\d", text)


def test_raw_values_that_a_derivation_used_are_gone_after_submit(
    sqlite_stores: Stores, tmp_path: Path
) -> None:
    field = Field(sqlite_stores, tmp_path)
    wave = field.open_wave()
    person = next(p for p in people(50) if p.posted["B3"].get("value", [""])[0].isdigit())
    code = asyncio.run(field.answer(wave, person))
    age = person.posted["B3"]["value"][0]
    waiting = asyncio.run(field.rights.copy(code))["surveys"][0]["submitted_and_waiting"]
    field.close_wave(wave)
    settled = asyncio.run(field.rights.copy(code))["surveys"][0]["answers"]
    for record in (waiting["answers"]["record"], settled["record"]):
        assert record["B3"]["value"] != age
        assert "B10" not in record
        assert "G1" not in record


def test_rows_are_of_few_sizes_so_that_size_tells_little(
    sqlite_stores: Stores, tmp_path: Path
) -> None:
    from sqlalchemy import text

    field = Field(sqlite_stores, tmp_path)
    wave = field.open_wave()
    field.answer_all(wave, people(40))
    field.close_wave(wave)
    sizes = text("SELECT DISTINCT length(record), length(contact) FROM consent")
    assert len(sqlite_stores.vault.read_now(lambda tx: tx.all(sizes))) == 1
    sizes = text("SELECT DISTINCT length(body) FROM answer")
    assert len(sqlite_stores.answers.read_now(lambda tx: tx.all(sizes))) <= 3


def test_the_smallest_class_is_what_an_attacker_with_both_stores_would_find() -> None:
    """Against an attacker who tries every row with every row of the other store."""
    draw = random.Random(11)
    for _ in range(300):
        kinds = [frozenset(draw.sample("pqr", draw.randint(0, 3))) for _ in range(3)]
        waves = ["one", "two"]
        vault = [
            (draw.choice(kinds), frozenset(draw.sample(waves, draw.randint(1, 2))))
            for _ in range(draw.randint(1, 12))
        ]
        answers = [(draw.choice(waves), draw.choice(kinds)) for _ in range(draw.randint(1, 12))]

        def fits(consent: Any, answer: Any) -> bool:
            return consent[0] == answer[1] and answer[0] in consent[1]

        for wave in waves:
            tried = [sum(fits(c, a) for c in vault) for a in answers if a[0] == wave]
            tried += [sum(fits(c, a) for a in answers) for c in vault if wave in c[1]]
            assert smallest_class(wave, Counter(vault), Counter(answers)) == min(tried, default=0)


def test_one_rare_combination_of_decisions_is_told_as_below_ten(
    sqlite_stores: Stores, tmp_path: Path
) -> None:
    field = Field(sqlite_stores, tmp_path)
    wave = field.open_wave()
    common = [replace(person, decisions=AGREED, contact=None) for person in people(25)]
    field.answer_all(wave, common, questions=2)
    field.settle.run(wave)
    content = ContentClasses(field.surveys, field.consents, field.answers, field.audit)
    before = asyncio.run(field.audit.size())
    assert [(a.people, a.smallest) for a in content.read_now()] == [(20, 20)]
    assert asyncio.run(field.audit.size()) == before + 1, "reading it is an entry"
    rare = replace(common[0], decisions=AGREED | {"research_reuse": False})
    field.answer_all(wave, [rare], questions=2)
    field.close_wave(wave)
    assert [(a.people, a.smallest) for a in content.read_now()] == [(20, 0)]


def test_below_twenty_people_nothing_is_said_of_classes(
    sqlite_stores: Stores, tmp_path: Path
) -> None:
    field = Field(sqlite_stores, tmp_path)
    wave = field.open_wave()
    field.answer_all(wave, people(19), questions=2)
    field.close_wave(wave)
    content = ContentClasses(field.surveys, field.consents, field.answers, field.audit)
    assert [(a.people, a.smallest) for a in content.read_now()] == [(None, None)]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("email", "Anything"), ("E_Mail", "Anything"), ("Phone-number", "Anything"),
        ("decisions", "Anything"), ("day", "Anything"), ("notice_hash", "Anything"),
        ("q1", "Name"), ("q1", "Phone number:"), ("q1", "What is your first name?"),
        ("q1", "Please write your current mobile phone."), ("q1", "Jūsu e-pasta adrese"),
        ("q1", "Tālrunis"), ("q1", "Ваш номер телефона"), ("q1", "Фамилия и имя"),
    ],
)  # fmt: skip
def test_a_wave_whose_questions_ask_what_the_vault_knows_is_not_opened(
    name: str, words: str, sqlite_stores: Stores, tmp_path: Path
) -> None:
    core = load()
    text = next(q for q in core.questionnaire.questions if q.kind is QuestionKind.TEXT)
    said = Texts({"lv": words, "ru": words, "en": words})
    asked = text.model_copy(update={"id": re.sub(r"\W", "_", name), "text": said})
    broken = core.questionnaire.model_copy(
        update={"questions": (*core.questionnaire.questions, asked), "version": 2}
    )
    field = Field(sqlite_stores, tmp_path)
    field.surveys.add_survey_now("s", broken.title)
    field.surveys.add_version_now("s", broken, core.notice)
    wave = field.surveys.add_wave_now("s", 1, broken, core.notice, planned_sample=9)
    with pytest.raises(InvalidInput) as refused:
        field.surveys.move_now(wave, WaveState.OPEN)
    assert [error.field for error in refused.value.fields] == [asked.id]
    assert field.surveys.wave_now(wave).state is WaveState.DRAFT


@pytest.mark.parametrize(
    "words",
    ["Name of your municipality", "What would you like to change?", "Who has your trust?",
     "Do you know anybody without a telephone?", "Kas Jums patīk?"],
)  # fmt: skip
def test_questions_that_only_sound_alike_are_let_through(words: str) -> None:
    text = next(q for q in load().questionnaire.questions if q.kind is QuestionKind.TEXT)
    assert not shares_with_the_vault(text.model_copy(update={"text": Texts({"en": words})}))
    assert breaches(load().questionnaire) == []
