"""Correcting a stored answer by the rules of the form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from survey_service.problems import Conflict, NotFound
from survey_service.surveys.core import load
from survey_service.surveys.reading import answered, without_value

FORM = load().form
ALL = frozenset({"participation", "ethnic_health", "research_reuse"})
SAID: Mapping[str, Any] = {
    "B3": 41, "B4": "1", "B5": ["rom", "other"], "B6": "Kalderaš", "B9": 5, "B10": 2, "B11": 3,
    "C3": {"children_3_to_6": 1, "attending": 1}, "C4": {"children_7_to_15": 2, "attending": 2},
    "C5": "3", "D1": "3", "F2": 2, "G1": "3", "H1": ["job", "health"], "H2": ["job", "health"],
    "H3": "2",
}  # fmt: skip


def record(**changes: Any) -> dict[str, Any]:
    """What is stored of somebody who said all this."""
    said = {qid: answered(value) for qid, value in {**SAID, **changes}.items()}
    return FORM.settle_record(said, ALL, interview_language="lv")


def correct(stored: Mapping[str, Any], **given: Any) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The record with these answers given anew, the rest of each group left out."""
    asked = {qid for one in given for qid in FORM.correcting.group(one, stored, ALL)}
    answers = {
        qid: answered(given[qid]) if qid in given else without_value("missing") for qid in asked
    }
    done = FORM.correcting.corrected(stored, answers, ALL)
    return done.record, done.opened


def test_a_derived_value_is_corrected_with_all_that_it_is_derived_from() -> None:
    stored = record()
    group = ("B9", "B10", "F2", "G1")
    for qid in group:
        assert FORM.correcting.group(qid, stored, ALL) == group
    for qid in ("B3", "B4", "H1", "C5"):
        assert FORM.correcting.group(qid, stored, ALL) == (qid,)


def test_a_limit_that_is_no_longer_known_exactly_is_asked_too() -> None:
    assert FORM.correcting.group("B11", record(), ALL) == ("B11",)
    large = record(B9=11)
    assert large["B9"]["value"] == "8+"
    assert set(FORM.correcting.group("B11", large, ALL)) == {"B9", "B10", "B11", "F2", "G1"}


def test_what_is_corrected_equals_what_would_have_been_sent() -> None:
    new, opened = correct(record(), B9=4, B10=1, F2=4, G1="7")
    assert new == record(B9=4, B10=1, F2=4, G1="7")
    assert opened == ()


@pytest.mark.parametrize("qid", [q.id for q in FORM.questions])
def test_giving_the_same_answers_again_changes_nothing(qid: str) -> None:
    stored = record()
    asked = FORM.correcting.group(qid, stored, ALL)
    again = {one: answered(SAID[one]) if one in SAID else without_value("missing") for one in asked}
    done = FORM.correcting.corrected(stored, again, ALL)
    assert done.record == stored
    assert done.opened == ()


def test_what_is_no_longer_asked_becomes_not_asked() -> None:
    new, opened = correct(record(), B9=1, F2=2, G1="3")
    gone = ("B11", "C3.children_3_to_6", "C4.attending", "C5")
    assert {new[name]["state"] for name in gone} == {"not_asked"}
    assert opened == ()
    assert new["G1.below_threshold"]["state"] == "answered"


def test_what_is_asked_for_the_first_time_is_named_and_missing() -> None:
    alone, _ = correct(record(), B9=1, F2=2, G1="3")
    new, opened = correct(alone, B9=4, B10=1, F2=2, G1="3")
    assert opened == ("B11",)
    assert new["B11"]["state"] == "missing"
    assert new["C3.attending"]["state"] == "not_asked"
    _, opened = correct(new, B11=2)
    assert opened == ("C3", "C4")


def test_what_can_no_longer_have_been_the_answer_is_asked_again() -> None:
    new, opened = correct(record(), B9=3, B10=1, F2=2, G1="3")
    assert opened == ("B11",)
    assert new["B11"]["state"] == "missing"


def test_choices_follow_the_earlier_answer_they_come_from() -> None:
    fewer, opened = correct(record(), H1=["job"])
    assert fewer["H2"]["value"] == ["job"]
    assert opened == ()
    more, opened = correct(fewer, H1=["job", "health"])
    assert opened == ("H2",), "what was not on offer before cannot have been denied"
    assert more["H2"]["value"] == ["job"]


def test_the_age_can_be_corrected_but_not_below_the_least() -> None:
    new, _ = correct(record(), B3=66)
    assert new["B3"]["value"] == "65+"
    with pytest.raises(Conflict):
        correct(record(), B3=15)


def test_raw_is_what_was_given_and_none_where_only_a_band_is_kept() -> None:
    raw = FORM.correcting.raw
    stored = record()
    assert raw("B9", stored) == answered(5)
    assert raw("B9", record(B9=12)) is None
    assert raw("C4", stored) == answered({"children_7_to_15": 2, "attending": 2})
    for lost in ("B3", "B10", "F2", "G1"):
        assert raw(lost, stored) is None
    refused = FORM.settle_record({"B3": without_value("refused")}, ALL, interview_language="lv")
    assert raw("B3", refused) == without_value("refused")


def test_a_forged_question_is_refused() -> None:
    for forged in ("Z9", "A3", ""):
        with pytest.raises(NotFound):
            FORM.correcting.group(forged, record(), ALL)


def test_without_the_purpose_its_answers_go_and_no_others() -> None:
    less = ALL - {"ethnic_health"}
    done = FORM.correcting.corrected(record(), {}, less)
    for name in ("A3", "B5", "B6", "E1", "H2", "H3"):
        assert done.record[name]["state"] == "not_asked"
    kept = ("B3", "B4", "B9", "B11", "C4.attending", "F2.persons_per_room", "G1.below_threshold")
    assert {name: done.record[name] for name in kept} == {name: record()[name] for name in kept}
    assert done.opened == ()
