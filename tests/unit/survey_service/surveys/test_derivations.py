"""What is stored: derived values only, and each way of having none apart."""

from __future__ import annotations

import json
from typing import Any

import pytest

from schemas.response import AnswerDict
from survey_service.problems import Conflict
from survey_service.surveys.core import load
from survey_service.surveys.derivations import band_codes, equivalence_scale_tenths

FORM = load().form
ALL = frozenset({"participation", "ethnic_health"})
THRESHOLD = load().parameters.income_threshold.monthly_eur


def answered(**values: Any) -> dict[str, AnswerDict]:
    return {qid: {"state": "answered", "value": value} for qid, value in values.items()}


def stored(name: str, **values: Any) -> Any:
    record = FORM.settle_record(answered(**values), ALL, interview_language="lv")
    return record[name]["value"] or record[name]["state"]


@pytest.mark.parametrize(
    ("age", "band"),
    [(16, "16-17"), (17, "16-17"), (18, "18-19"), (24, "20-24"), (25, "25-29"), (34, "30-34"),
     (35, "35-44"), (54, "45-54"), (64, "55-64"), (65, "65+"), (110, "65+")],
)  # fmt: skip
def test_age_is_stored_as_a_band(age: int, band: str) -> None:
    assert stored("B3", B3=age) == band


def test_bands_cover_everything_from_the_first_cut() -> None:
    assert band_codes((16, 18, 19)) == ("16-17", "18", "19+")


@pytest.mark.parametrize(("people", "code"), [(1, "1"), (7, "7"), (8, "8+"), (25, "8+")])
def test_household_size_is_top_coded_at_eight(people: int, code: str) -> None:
    assert stored("B9", B9=people) == code


@pytest.mark.parametrize(("children", "code"), [(0, "0"), (4, "4"), (5, "5+"), (20, "5+")])
def test_children_are_top_coded_at_five(children: int, code: str) -> None:
    assert stored("B11", B9=25, B11=children) == code


def test_children_under_14_are_dropped() -> None:
    record = FORM.settle_record(answered(B9=4, B10=1), ALL, interview_language="lv")
    assert "B10" not in record
    assert "B10" not in FORM.variable


def test_a_groups_numbers_are_top_coded_like_the_children() -> None:
    group = {"children_7_to_15": 9, "attending": 4}
    assert stored("C4.children_7_to_15", B9=20, B11=12, C4=group) == "5+"
    assert stored("C4.attending", B9=20, B11=12, C4=group) == "4"


@pytest.mark.parametrize(
    ("people", "rooms", "code"),
    [(2, 2, "up_to_1"), (1, 3, "up_to_1"), (3, 2, "up_to_1_5"), (2, 1, "up_to_2"),
     (4, 2, "up_to_2"), (5, 2, "over_2")],
)  # fmt: skip
def test_rooms_become_persons_per_room(people: int, rooms: int, code: str) -> None:
    assert stored("F2.persons_per_room", B9=people, F2=rooms) == code


def test_the_scale_is_the_oecd_modified_one() -> None:
    assert equivalence_scale_tenths(1, 0) == 10
    assert equivalence_scale_tenths(2, 0) == 15
    # Two adults and two children: 2.1 times one person, as the Bureau publishes (1,346 / 641).
    assert equivalence_scale_tenths(4, 2) == 21
    assert round(THRESHOLD * equivalence_scale_tenths(4, 2) / 10) == 1346


@pytest.mark.parametrize(
    ("answers", "below"),
    [
        ({"G1": "3", "B9": 1}, "no"),  # 650 is not below 641
        ({"G1": "2", "B9": 1}, "yes"),
        ({"G1": "4", "B9": 2, "B10": 0}, "no"),  # 1,000 against 961.50
        ({"G1": "4", "B9": 3, "B10": 1}, "yes"),  # 1,000 against 1,153.80
    ],
)
def test_income_becomes_below_or_not_below_the_threshold(
    answers: dict[str, Any], below: str
) -> None:
    assert stored("G1.below_threshold", **answers) == below


def test_what_cannot_be_worked_out_is_missing_and_what_was_refused_is_refused() -> None:
    assert stored("G1.below_threshold", G1="3") == "missing"
    assert stored("G1.below_threshold", G1="3", B9=3) == "missing"
    assert stored("F2.persons_per_room", F2=2) == "missing"
    answers: dict[str, AnswerDict] = {
        **answered(B9=3, B10=0),
        "G1": {"state": "refused", "value": None},
        "F2": {"state": "dont_know", "value": None},
    }
    record = FORM.settle_record(answers, ALL, interview_language="lv")
    assert record["G1.below_threshold"]["state"] == "refused"
    assert record["F2.persons_per_room"]["state"] == "dont_know"


def test_a_number_that_a_later_change_made_impossible_is_missing() -> None:
    assert stored("B11", B9=2, B11=4) == "missing"
    assert stored("G1.below_threshold", B9=2, B10=4, G1="3") == "missing"


def test_no_raw_value_is_stored() -> None:
    answers = answered(B3=47, B9=11, B10=3, B11=9, F2=13, G1="6")
    record = FORM.settle_record(answers, ALL, interview_language="lv")
    values = [str(answer["value"]) for answer in record.values()]
    assert not {"47", "11", "9", "13"} & set(values)
    assert "G1" not in record
    assert "F2" not in record
    assert all(not isinstance(answer["value"], int) for answer in record.values())


def test_every_stored_item_has_a_state_whatever_was_answered() -> None:
    empty = FORM.settle_record({}, ALL, interview_language="lv")
    full = FORM.settle_record(answered(B3=30, B9=4), ALL, interview_language="ru", assisted=True)
    assert set(empty) == set(full)
    assert empty["B1"] == {"state": "missing", "value": None}
    assert empty["B6"] == {"state": "not_asked", "value": None}
    json.dumps(full)


def test_without_its_consent_the_block_is_not_asked_whatever_the_draft_holds() -> None:
    answers = answered(B5=["rom"], B7=["rom"], E1="5", H4=["insult"], C2="1")
    record = FORM.settle_record(answers, frozenset({"participation"}), interview_language="rom")
    for item in ("A3", "B5", "B6", "B7", "C5", "E1", "E2", "E3", "E4", "H2", "H3", "H4"):
        assert record[item] == {"state": "not_asked", "value": None}
    assert record["C2"]["value"] == "1"


@pytest.mark.parametrize(
    ("tag", "code"), [("lv", "lav"), ("ru", "rus"), ("en", "eng"), ("rom", "rom")]
)
def test_the_interface_sets_the_language_of_the_interview(tag: str, code: str) -> None:
    record = FORM.settle_record({}, ALL, interview_language=tag)
    assert record["A3"] == {"state": "answered", "value": code}


def test_help_is_stored_as_yes_or_no() -> None:
    said = answered(A4="no")
    assert FORM.settle_record(said, ALL, interview_language="lv")["A4"]["value"] == "no"
    known = FORM.settle_record(said, ALL, interview_language="lv", assisted=True)
    assert known["A4"]["value"] == "yes"


def test_nothing_is_stored_of_who_is_too_young() -> None:
    with pytest.raises(Conflict):
        FORM.settle_record(answered(B3=15), ALL, interview_language="lv")


def test_choices_that_an_earlier_change_no_longer_offers_are_gone() -> None:
    assert stored("H2", H1=["job"], H2=["job", "school"]) == ["job"]
    assert stored("H2", H1=["job"], H2=["school"]) == "missing"
