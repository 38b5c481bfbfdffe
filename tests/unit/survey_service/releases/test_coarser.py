"""What is offered instead of a table that cannot go."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from schemas.requests import RequestState, TableQuestion
from schemas.tables import Ledger
from survey_service.releases import coarser
from survey_service.releases.coarser import Answer, answer
from survey_service.releases.protecting import Ground, Protected, ground
from survey_service.releases.question import normalised
from tests.unit.survey_service.releases.conftest import PLENTY, Office

Asked = Callable[[TableQuestion], bool]


@pytest.fixture
def on(office: Office) -> Ground:
    book = office.releases.desk.book(office.releases.desk.waves()[0])
    question, _ = normalised(office.asked("B1", "B4", by=("E1",)), book)
    return ground(office.freezes.frame, book, question, Ledger())


def only(monkeypatch: pytest.MonkeyPatch, goes: Asked) -> None:
    """Let protection succeed for some questions only."""
    real = coarser.protected

    def pretend(on: Ground, question: TableQuestion, seconds: float = 1) -> Protected | None:
        return real(on, question, seconds) if goes(question) else None

    monkeypatch.setattr(coarser, "protected", pretend)


def question(office: Office, *rows: str, **more: object) -> TableQuestion:
    book = office.releases.desk.book(office.releases.desk.waves()[0])
    return normalised(office.asked(*rows, **more), book)[0]  # type: ignore[arg-type]


def test_the_ways_of_not_answering_are_taken_together_first(
    office: Office, on: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(monkeypatch, lambda q: q.states == "merged")
    asked = question(office, "B1", by=("E1",))

    nearest = answer(on, asked).nearest

    assert nearest == asked.model_copy(update={"states": "merged"})


def test_then_a_filter_is_dropped(
    office: Office, on: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(monkeypatch, lambda q: not q.filters)
    asked = question(office, "E1", where={"B4": ("1",)})

    nearest = answer(on, asked).nearest

    assert nearest is not None
    assert (nearest.variables, nearest.filters) == (("E1",), ())


def test_then_a_variable_is_left_out(
    office: Office, on: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(monkeypatch, lambda _: False)
    asked = question(office, "B1", by=("E1",))

    nearest = answer(on, asked).nearest

    assert nearest is not None
    assert set(nearest.variables) < {"B1", "E1"}


def test_what_is_offered_can_be_asked_for(
    open_office: Callable[..., Office], monkeypatch: pytest.MonkeyPatch
) -> None:
    office = open_office(PLENTY)
    only(monkeypatch, lambda q: q.states == "merged")
    refused = office.ask(office.asked("B1", by=("E1",)))
    assert refused.verdict.state is RequestState.NOT_RELEASED
    assert refused.verdict.nearest is not None

    instead = office.ask(office.asked("B1", by=("E1",), states="merged"))

    assert instead.question == refused.verdict.nearest
    assert instead.verdict.state is RequestState.UNDER_REVIEW


def test_a_table_of_totals_alone_is_no_answer(
    office: Office, on: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coarser, "tells_something", lambda _: False)
    monkeypatch.setattr(coarser, "nearest_table", lambda *_, **__: None)

    assert answer(on, question(office, "E1")) == Answer(None, None)
