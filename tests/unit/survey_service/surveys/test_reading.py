"""Posted fields: what becomes an answer, what a state, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey_service.surveys import reading
from survey_service.surveys.core import load
from survey_service.surveys.reading import InvalidAnswer
from survey_service.surveys.routing import UnknownQuestion

FORM = load().form
B9 = {"B9": {"state": "answered", "value": 4}}


def refused(qid: str, posted: dict[str, list[str]], answers: Any = None) -> list[tuple[str, str]]:
    with pytest.raises(InvalidAnswer) as caught:
        FORM.read(qid, posted, answers)
    return [(error.field, error.message) for error in caught.value.fields]


@pytest.mark.parametrize("qid", [q.id for q in FORM.questions])
def test_every_question_can_be_refused_not_known_and_skipped(qid: str) -> None:
    for state in ("refused", "dont_know"):
        assert FORM.read(qid, {"state": [state]}) == {"state": state, "value": None}
    assert FORM.read(qid, {}) == {"state": "missing", "value": None}
    assert FORM.read(qid, {"value": [" "]}) == {"state": "missing", "value": None}


def test_a_state_may_share_the_radio_group_of_the_answers() -> None:
    assert FORM.read("B4", {"value": ["state:refused"]}) == {"state": "refused", "value": None}
    assert FORM.read("F3", {"value": ["state:dont_know"]})["state"] == "dont_know"


@pytest.mark.parametrize(
    ("qid", "posted", "value"),
    [
        ("B1", {"value": ["LV0001000"]}, "LV0001000"),
        ("B4", {"value": ["2"]}, "2"),
        ("B3", {"value": [" 42 "]}, 42),
        ("F3", {"value": ["bath", "water"]}, ["water", "bath"]),
        ("F3", {"value": ["none"]}, ["none"]),
        ("H6", {"value": ["0"]}, "0"),
        ("B6", {"value": ["  Kaale \n Roma "]}, "Kaale Roma"),
        ("C4", {"children_7_to_15": ["2"], "attending": ["1"]}, None),
        ("C4", {"children_7_to_15": ["0"], "attending": [""]}, None),
    ],
)
def test_values_are_read_by_kind(qid: str, posted: dict[str, list[str]], value: Any) -> None:
    answer = FORM.read(qid, posted)
    assert answer["state"] == "answered"
    if value is not None:
        assert answer["value"] == value
    else:
        assert isinstance(answer["value"], dict)


@pytest.mark.parametrize(
    ("qid", "posted", "error"),
    [
        ("B4", {"value": ["4"]}, ("value", reading.CHOOSE_SHOWN)),
        ("B4", {"value": ["1", "2"]}, ("value", reading.CHOOSE_ONE)),
        ("B1", {"value": ["LV0038000"]}, ("value", reading.CHOOSE_SHOWN)),  # ended in 2025
        ("B5", {"value": ["rom", "martian"]}, ("value", reading.CHOOSE_SHOWN)),
        ("B5", {"value": ["rom", "none"]}, ("value", reading.ALONE)),
        ("I2", {"value": ["edu", "work", "health", "fair"]}, ("value", reading.TOO_MANY)),
        ("B3", {"value": ["111"]}, ("value", reading.OUT_OF_RANGE)),
        ("B3", {"value": ["-1"]}, ("value", reading.OUT_OF_RANGE)),
        ("B3", {"value": ["1e2"]}, ("value", reading.NO_NUMBER)),
        ("B3", {"value": ["٣٠"]}, ("value", reading.NO_NUMBER)),
        ("B3", {"value": ["9" * 5000]}, ("value", reading.NO_NUMBER)),
        ("H6", {"value": ["11"]}, ("value", reading.CHOOSE_SHOWN)),
        ("B6", {"value": ["x" * 61]}, ("value", reading.TOO_LONG)),
        ("B6", {"value": ["a\x00b"]}, ("value", reading.NO_CONTROL)),
        ("B4", {"state": ["answered"]}, ("state", reading.CHOOSE_SHOWN)),
        ("B4", {"state": ["not_asked"]}, ("state", reading.CHOOSE_SHOWN)),
        ("B4", {"state": ["refused", "dont_know"]}, ("state", reading.CHOOSE_ONE)),
        ("B4", {"value": ["1"], "state": ["refused"]}, ("state", reading.NOT_BOTH)),
        ("F3", {"value": ["water", "state:refused"]}, ("state", reading.NOT_BOTH)),
        ("C4", {"attending": ["1"], "state": ["refused"]}, ("state", reading.NOT_BOTH)),
        ("C4", {"children_7_to_15": ["2"]}, ("attending", reading.BOTH_NUMBERS)),
        (
            "C4",
            {"children_7_to_15": ["1"], "attending": ["2"]},
            ("attending", reading.NOT_MORE),
        ),
    ],
)
def test_forged_and_impossible_values_are_refused_at_their_field(
    qid: str, posted: dict[str, list[str]], error: tuple[str, str]
) -> None:
    assert refused(qid, posted) == [error]


def test_both_boxes_of_a_group_are_named_when_both_are_wrong() -> None:
    errors = refused("C3", {"children_3_to_6": ["x"], "attending": ["99"]})
    assert [field for field, _ in errors] == ["children_3_to_6", "attending"]


def test_children_cannot_outnumber_the_household_without_its_respondent() -> None:
    assert FORM.read("B11", {"value": ["3"]}, B9)["value"] == 3
    assert refused("B11", {"value": ["4"]}, B9) == [("value", reading.OUT_OF_RANGE)]
    assert FORM.read("B11", {"value": ["20"]})["value"] == 20  # the household is not known


def test_only_situations_met_can_be_those_of_worse_treatment() -> None:
    met = {"H1": {"state": "answered", "value": ["job", "school"]}}
    codes = [option.code for option in FORM.options_for("H2", met)]
    assert codes == ["job", "school", "none"]
    assert FORM.read("H2", {"value": ["school"]}, met)["value"] == ["school"]
    assert refused("H2", {"value": ["police"]}, met)
    assert refused("H2", {"value": ["house"]}, met) == [("value", reading.CHOOSE_SHOWN)]


@pytest.mark.parametrize("qid", ["A3", "A1", "B99", "", "__class__"])
def test_a_forged_question_is_unknown(qid: str) -> None:
    with pytest.raises(UnknownQuestion):
        FORM.read(qid, {"value": ["1"]})


def test_no_message_repeats_what_was_typed() -> None:
    with pytest.raises(InvalidAnswer) as caught:
        FORM.read("B4", {"value": ["<script>secret"]})
    assert "secret" not in repr(caught.value.fields)


@given(
    st.sampled_from([q.id for q in FORM.questions]),
    st.dictionaries(
        st.sampled_from(["value", "state", "attending", "children_3_to_6", "children_7_to_15"]),
        st.lists(st.text(max_size=8) | st.sampled_from(["1", "none", "refused"]), max_size=3),
    ),
)
def test_whatever_is_posted_is_an_answer_or_refused(qid: str, posted: dict[str, list[str]]) -> None:
    try:
        answer = FORM.read(qid, posted)
    except InvalidAnswer:
        return
    assert (answer["value"] is not None) == (answer["state"] == "answered")
