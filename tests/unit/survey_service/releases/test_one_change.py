"""One person withdraws, sets aside, erases or corrects: no later table points at him."""

from __future__ import annotations

from dataclasses import replace

import pytest

from schemas.requests import RequestState
from tests.unit.survey_service.releases.conftest import Office

LEAVES = "leaves"
"""Erased, set aside, or research taken back: the record is in no later freeze."""
CHANGES = ("corrects E1", "takes E1 back", "corrects B4")


def next_freeze(office: Office, what: str) -> None:
    """The freeze is gone with its reviews; the next one holds one person otherwise."""
    assert office.freezes.freeze is not None
    office.freezes.freeze = replace(office.freezes.freeze, id="freeze-2", number=2)
    frame = office.freezes.frame.copy()
    assert tuple(frame.loc[0, ["B4", "E1"]]) == ("1", "1")
    if what == LEAVES:
        frame = frame.iloc[1:].reset_index(drop=True)
    elif what == "corrects B4":
        frame.loc[0, "B4"] = "2"
    else:
        frame.loc[0, "E1"] = "2" if what == "corrects E1" else "not_asked"
    office.freezes.frame = frame
    office.freezes.reviews.clear()


def state(office: Office, *rows: str, by: tuple[str, ...] = ()) -> RequestState:
    """What becomes of a request."""
    return office.ask(office.asked(*rows, by=by)).verdict.state


@pytest.mark.parametrize("what", [LEAVES, *CHANGES])
def test_after_one_change_no_table_that_would_show_it_is_released(
    office: Office, what: str
) -> None:
    changed = "B4" if what == "corrects B4" else "E1"
    office.release(office.asked(changed))
    next_freeze(office, what)
    assert state(office, changed) is RequestState.NOT_RELEASED
    assert state(office, "B1", by=(changed,)) is RequestState.NOT_RELEASED, "its margin tells it"
    untouched = state(office, "D3")
    if what == LEAVES:
        assert untouched is RequestState.NOT_RELEASED, "its total tells that one left"
    else:
        assert untouched is RequestState.UNDER_REVIEW, "nothing of it has changed"
