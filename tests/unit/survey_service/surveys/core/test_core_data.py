"""The core questionnaire against the draft it was made from and the sources of its lists."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from schemas.questionnaire import Questionnaire
from survey_service.surveys.core import hierarchy_path, load

SOURCES = Path(__file__).parents[4] / "data" / "domain"
CORE = load()
DRAFT = {
    question["id"]: question
    for question in yaml.safe_load((SOURCES / "draft-questionnaire.yaml").read_text("utf-8"))[
        "questions"
    ]
}
IN_THE_NOTICE = {"A1", "A2", "J1"}
ROLES = {"quasi": "quasi_identifier", "sensitive": "sensitive", "other": "plain"}
CATEGORIES = {True: "article_9", False: "none", "inferred": "inferred"}


def rows(name: str) -> Iterator[dict[str, str]]:
    with (SOURCES / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def every_text(data: Any, path: str = "") -> Iterator[tuple[str, dict[str, str]]]:
    """Every set of words in the data: what is keyed by language tags."""
    if isinstance(data, dict):
        if data and set(data) <= {"lv", "ru", "en", "rom"}:
            yield path, data
            return
        for key, value in data.items():
            yield from every_text(value, f"{path}.{key}")
    elif isinstance(data, list):
        for place, value in enumerate(data):
            yield from every_text(value, f"{path}[{place}]")


def test_all_questions_of_the_draft_are_there_in_order() -> None:
    ids = [question.id for question in CORE.questionnaire.questions]
    assert ids == [qid for qid in DRAFT if qid not in IN_THE_NOTICE]
    assert len(ids) == 40


@pytest.mark.parametrize("qid", [qid for qid in DRAFT if qid not in IN_THE_NOTICE])
def test_roles_texts_and_codes_are_those_of_the_draft(qid: str) -> None:
    draft, question = DRAFT[qid], CORE.form.by_id[qid]
    assert question.privacy_role == ROLES[draft["class"]]
    assert question.gdpr_category == CATEGORIES[draft["art9"]]
    assert question.helper is draft["helper"]
    assert question.max_choices == draft.get("max_choices")
    if qid != "A4":  # asked as yes or no now
        assert question.text.root == draft["text"]
    codes = [str(code) for code in draft.get("options", {})]
    if qid not in {"A3", "A4"}:
        assert not codes or [option.code for option in question.options] == codes
    for option in question.options:
        words = draft.get("options", {}).get(option.code) or {}
        given = (
            words or draft.get("options", {}).get(int(option.code), {})
            if (option.code.isdigit())
            else words
        )
        if qid not in {"A3", "A4", "G1"}:
            assert all(option.text.root[tag] == text for tag, text in given.items())


def test_the_notice_asks_in_the_words_of_the_draft() -> None:
    assert CORE.notice.purpose("participation").question.root == DRAFT["A1"]["text"]
    assert CORE.notice.purpose("ethnic_health").question.root == DRAFT["A2"]["text"]


def test_every_label_is_there_in_latvian_russian_and_english() -> None:
    found = list(every_text(CORE.questionnaire.model_dump(mode="json")))
    found += every_text(CORE.notice.model_dump(mode="json", exclude={"full"}))
    for code_list in CORE.code_lists.values():
        found += every_text(code_list.model_dump(mode="json"))
    for hierarchy in CORE.hierarchies.values():
        found += every_text(hierarchy.model_dump(mode="json"))
    for variable in CORE.form.variables:
        found += every_text(variable.model_dump(mode="json"), variable.name)
    lacking = [path for path, texts in found if not {"lv", "ru", "en"} <= set(texts)]
    assert len(found) > 300
    assert lacking == []


def test_no_romani_is_invented() -> None:
    for file in Path(hierarchy_path("age")).parents[1].rglob("*.json"):
        paths = [
            p for p, texts in every_text(json.loads(file.read_text("utf-8"))) if "rom" in texts
        ]
        assert paths == []
    assert "rom" not in CORE.notice.full


def test_the_register_is_the_bureaus_table() -> None:
    source = {
        row["atvk_code"]: (int(row["roma"]), int(row["total"]))
        for row in rows("lv_population_ethnicity_municipality_2026_wide.csv")
    }
    assert {row.code: (row.roma, row.population) for row in CORE.register} == source
    assert sum(row.roma for row in CORE.register) == 4834
    regions = CORE.hierarchies["municipality"].groups(1)
    totals: dict[str, int] = {}
    for row in CORE.register:
        assert row.region == regions[row.code]
        totals[row.region] = totals.get(row.region, 0) + row.roma
    assert totals == {
        "KURZEME": 1353, "RIGA": 1067, "ZEMGALE": 958, "LATGALE": 908, "VIDZEME": 548,
    }  # fmt: skip


def test_municipalities_are_those_of_the_source_with_their_dates() -> None:
    codes = {code.code: code for code in CORE.code_lists["lv_municipalities"].codes}
    for row in rows("lv_municipalities.csv"):
        code = codes.pop(row["atvk_code"])
        assert code.text.root["lv"] == row["name_lv"]
        assert str(code.valid_from) == row["valid_from"]
        assert (str(code.valid_to) if code.valid_to else "") == row["valid_to"]
        assert (code.successor or "") == row["successor_code"]
    assert codes == {}


def test_a_questionnaire_offers_the_municipalities_of_its_reference_day() -> None:
    offered = {option.code for option in CORE.form.options_for("B1")}
    assert offered == {row.code for row in CORE.register}
    assert len(offered) == 42
    municipalities = CORE.code_lists["lv_municipalities"]
    assert len(municipalities.on(date(2025, 6, 30))) == 43
    assert municipalities.today_for("LV0055000", date(2026, 1, 1)) == "LV0038001"


def test_isced_is_that_of_the_source() -> None:
    codes = CORE.code_lists["isced2011"].codes
    source = list(rows("isced2011.csv"))
    assert [(c.code, c.text.root["lv"]) for c in codes] == [
        (row["isced"], row["name_lv"]) for row in source
    ]
    groups = CORE.hierarchies["education"].groups(1)
    assert groups == {row["isced"]: row["release_group"] for row in source}


def test_hierarchies_are_in_the_form_that_arx_reads() -> None:
    for hierarchy in CORE.hierarchies.values():
        lines = hierarchy_path(hierarchy.id).read_text("utf-8").splitlines()
        assert [tuple(line.split(";")) for line in lines] == list(hierarchy.rows)
        above = {value for row in hierarchy.rows for value in row[1:]}
        assert above == set(hierarchy.texts)


def test_indicators_name_questions_that_exist() -> None:
    known = set(CORE.form.by_id)
    for row in rows("indicators.csv"):
        named = [
            part
            for part in row["questions"].split(";")
            if part[:1].isalpha() and part[1:2].isdigit()
        ]
        assert {part.split()[0] for part in named} <= known


def test_the_questionnaire_survives_its_json() -> None:
    text = CORE.questionnaire.model_dump_json()
    assert Questionnaire.model_validate_json(text) == CORE.questionnaire


def test_the_documentation_names_every_question_and_stored_item() -> None:
    root = Path(__file__).parents[4].parent
    page = (root / "docs" / "reference" / "core-questionnaire.md").read_text("utf-8")
    for question in CORE.questionnaire.questions:
        assert f"| {question.id} | {question.title.text('en')} |" in page
    for hierarchy in CORE.hierarchies.values():
        assert (
            f"| `{hierarchy.id}` | {' → '.join(level.id for level in hierarchy.levels)} |" in page
        )
