"""Content links where keys do not: no survey variable in the vault, no identifier in answers."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path

from survey_service.stores.stores import Stores
from tests.kit.field import Field, people

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
