"""Variables, columns and words of the compiled form."""

from __future__ import annotations

from typing import Any

from schemas.questionnaire import PrivacyRole
from schemas.response import AnswerDict
from survey_service.surveys.core import load

CORE = load()
FORM = CORE.form
ALL = frozenset({"participation", "ethnic_health"})


def coded(**values: Any) -> dict[str, str]:
    answers: dict[str, AnswerDict] = {
        qid: {"state": "answered", "value": value} for qid, value in values.items()
    }
    return FORM.coded(FORM.settle_record(answers, ALL, interview_language="lv"))


def test_several_answers_are_one_yes_or_no_column_each() -> None:
    row = coded(F3=["water", "power"])
    assert [row[f"F3.{code}"] for code in ("water", "toilet", "bath", "power", "none")] == [
        "yes", "no", "no", "yes", "no",
    ]  # fmt: skip
    assert [code.code for code in FORM.variable["F3.water"].codes] == ["yes", "no"]


def test_states_stay_apart_in_every_column() -> None:
    answers: dict[str, AnswerDict] = {
        "F3": {"state": "refused", "value": None},
        "F4": {"state": "dont_know", "value": None},
        "B5": {"state": "answered", "value": ["rom"]},
    }
    row = FORM.coded(FORM.settle_record(answers, ALL, interview_language="lv"))
    assert row["F3.water"] == "refused"
    assert row["F4.damp"] == "dont_know"
    assert row["G3.meal"] == "missing"
    assert row["B6"] == "not_asked"
    assert row["B5.lv"] == "no"


def test_a_situation_not_met_is_not_asked_about() -> None:
    row = coded(H1=["job", "school"], H2=["job"])
    assert row["H2.job"] == "yes"
    assert row["H2.school"] == "no"
    assert row["H2.health"] == "not_asked"


def test_own_words_never_reach_a_column() -> None:
    row = coded(B5=["other"], B6="very own words")
    assert row["B6"] == "answered"
    assert "very own words" not in row.values()
    assert FORM.variable["B6"].releasable is False
    assert FORM.variable["B6"].codes == ()


def test_none_of_these_is_in_no_table() -> None:
    exclusive = {v.name for v in FORM.variables if v.name.endswith(".none")}
    assert len(exclusive) == 8
    assert not any(FORM.variable[name].releasable for name in exclusive)
    assert FORM.variable["F3.water"].releasable


def test_every_variable_with_a_hierarchy_has_its_codes_as_leaves_in_it() -> None:
    for variable in FORM.variables:
        if variable.hierarchy is None:
            continue
        hierarchy = CORE.hierarchies[variable.hierarchy]
        leaves = set(hierarchy.groups(0))
        codes = {code.code for code in variable.codes}
        assert codes <= leaves
        assert codes == leaves or variable.name == "B1"  # the list also has codes that ended
        assert variable.release_level < len(hierarchy.levels)


def test_every_quasi_identifier_can_be_made_coarser() -> None:
    roles = {v.name: v for v in FORM.variables if v.privacy_role is PrivacyRole.QUASI_IDENTIFIER}
    assert all(variable.hierarchy for variable in roles.values())


def test_answers_are_shown_in_words() -> None:
    def shown(qid: str, value: Any, language: str = "en") -> list[str]:
        return FORM.display(qid, {"state": "answered", "value": value}, language)

    assert shown("B4", "1", "lv") == ["Sieviete"]
    assert shown("B1", "LV0038001", "ru") == ["Мадонский край"]
    assert shown("F3", ["water", "bath"]) == ["Tap water", "Shower or bath"]
    assert shown("B3", 40) == ["40"]
    assert shown("C4", {"children_7_to_15": 2, "attending": 1}) == [
        "Children aged 7 to 15: 2",
        "Of them, attending school: 1",
    ]
    assert shown("B4", "1", "rom") == ["Sieviete"]  # the visible fallback
    assert FORM.display("B4", {"state": "refused", "value": None}, "en") == []


def test_variable_names_are_unique_and_purposes_follow_the_category() -> None:
    assert len(FORM.variable) == len(FORM.variables) == 100
    for variable in FORM.variables:
        special = variable.gdpr_category.value != "none"
        assert (variable.purpose.value == "ethnic_health") == special
