"""Decisions: each purpose for itself, nothing taken for granted."""

from __future__ import annotations

import pytest

from survey_service.surveys.core import load
from survey_service.surveys.decisions import InvalidDecisions, decisions_from

NOTICE = load().notice
ALL_YES = {purpose.id.value: ["yes"] for purpose in NOTICE.purposes}


def test_each_purpose_is_decided_for_itself() -> None:
    decisions = decisions_from(NOTICE, {**ALL_YES, "ethnic_health": ["no"]})
    assert {d.purpose.value: d.granted for d in decisions} == {
        "participation": True,
        "ethnic_health": False,
        "research_reuse": True,
        "contact": True,
    }


@pytest.mark.parametrize("values", [[], [""], ["on"], ["YES"], ["yes", "no"]])
def test_anything_but_one_yes_or_no_is_undecided(values: list[str]) -> None:
    with pytest.raises(InvalidDecisions) as caught:
        decisions_from(NOTICE, {**ALL_YES, "contact": values})
    assert [error.field for error in caught.value.fields] == ["contact"]


def test_a_forged_purpose_is_refused() -> None:
    posted = {**ALL_YES, "marketing": ["yes"]}
    with pytest.raises(InvalidDecisions):
        decisions_from(NOTICE, posted, others=["_csrf"])
    assert len(decisions_from(NOTICE, {**ALL_YES, "_csrf": ["x"]}, others=["_csrf"])) == 4
