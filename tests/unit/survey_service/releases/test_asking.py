"""Asking for a table: what is refused, what is the same, what a refusal tells."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from schemas.requests import RequestState
from survey_service.problems import Conflict, InvalidInput, NotFound, NotReady, TooMany
from survey_service.releases.desk import Limits
from tests.unit.survey_service.releases.conftest import PLENTY, Office


def fields_of(office: Office, *rows: str, **more: object) -> set[str]:
    with pytest.raises(InvalidInput) as refused:
        office.ask(office.asked(*rows, **more))  # type: ignore[arg-type]
    return {error.field for error in refused.value.fields}


def test_a_table_that_can_be_protected_goes_under_review(office: Office) -> None:
    made = office.ask(office.asked("B1", by=("E1",)))

    assert made.verdict.state is RequestState.UNDER_REVIEW
    assert made.verdict.nearest is None
    assert made.verdict.release_id is None


@pytest.mark.parametrize(
    ("rows", "more", "field"),
    [
        (("B6",), {}, "rows"),
        (("password",), {}, "rows"),
        (("B1",), {"by": ("E1.secret",)}, "columns"),
        (("B1",), {"where": {"nobody": ("1",)}}, "filters"),
        (("E1",), {"where": {"B1": ("LV0001000",)}}, "filters"),
        (("E1",), {"where": {"B1": ("refused",)}}, "filters"),
        (("E1",), {"where": {"E1": ("1",)}}, "filters"),
        (("B1", "B4"), {"by": ("E1", "D3")}, "columns"),
        (("B1",), {"by": ("B1",)}, "columns"),
        (("E1",), {"merge": ({"variable": "E1", "name": "x", "codes": ("1", "9")},)}, "merge"),
        (("B1",), {"wave": "another-wave"}, "wave"),
        (("B1",), {"survey": "another-survey"}, "survey"),
    ],
)
def test_what_the_wave_does_not_offer_is_refused_by_field(
    office: Office, rows: tuple[str, ...], more: dict[str, object], field: str
) -> None:
    assert fields_of(office, *rows, **more) == {field}
    assert office.run(office.releases.budget(office.ada)).used == 0


def test_a_purpose_needs_forty_characters(office: Office) -> None:
    with pytest.raises(ValueError, match="at least 40 characters"):
        office.asked("B1", purpose_text="short")


def test_the_same_key_is_the_same_request(office: Office) -> None:
    first = office.ask(office.asked("B1"), key="once")
    again = office.ask(office.asked("B1"), key="once")

    assert first == again
    assert len(office.run(office.releases.requests(office.ada))) == 1


def test_a_key_used_for_another_table_is_a_conflict(office: Office) -> None:
    office.ask(office.asked("B1"), key="once")

    with pytest.raises(Conflict):
        office.ask(office.asked("B4"), key="once")


def test_equal_questions_have_one_answer_whoever_asks_and_however_laid_out(office: Office) -> None:
    first = office.ask(office.asked("B1", by=("E1",), where={"B4": ("2", "1")}))
    second = office.ask(office.asked("E1", by=("B1",), where={"B4": ("1", "2")}), office.ben)
    office.vote(first.id, office.cleo)
    office.vote(first.id, office.dan, "do_not_release")

    own = office.run(office.releases.request(office.ben, second.id))
    assert own.verdict == office.run(office.releases.request(office.ada, first.id)).verdict
    assert own.verdict.state is RequestState.NOT_RELEASED
    assert len(office.run(office.releases.checks(office.cleo))) == 0


def test_nobody_sees_somebody_elses_request(office: Office) -> None:
    made = office.ask(office.asked("B1"))

    with pytest.raises(NotFound):
        office.run(office.releases.request(office.ben, made.id))


def test_without_a_freeze_nothing_is_counted(office: Office) -> None:
    office.freezes.freeze = None

    with pytest.raises(NotReady):
        office.ask(office.asked("B1"))
    assert office.run(office.releases.requests(office.ada)) == []


def test_a_day_has_only_so_many_requests(open_office: Callable[..., Office]) -> None:
    office = open_office(PLENTY, Limits(per_day=2, per_wave=3))
    office.ask(office.asked("B1"))
    office.ask(office.asked("B4"))

    with pytest.raises(TooMany):
        office.ask(office.asked("D3"))
    office.now[0] = office.now[0].replace(day=21)
    office.ask(office.asked("D3"))
    with pytest.raises(TooMany):
        office.ask(office.asked("E1"), office.ben)


def test_a_request_cut_short_is_answered_by_a_retry(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(office.freezes, "keep_review", crash)
        with pytest.raises(RuntimeError):
            office.ask(office.asked("B1"), key="once")
    [waiting] = office.run(office.releases.requests(office.ada))
    assert waiting.verdict.state is RequestState.SUBMITTED

    office.run(office.releases.catch_up())

    assert office.ask(office.asked("B1"), key="once").verdict.state is RequestState.UNDER_REVIEW


def test_the_preview_never_opens_the_answers(office: Office) -> None:
    shown = office.run(office.releases.preview(office.asked("B1", by=("E1",))))

    assert office.freezes.opened == 0
    assert len(shown.feasibility.cells) == 5 * 5
    assert shown.feasibility.people == 800
    assert not shown.feasibility.people_published


def test_the_preview_is_the_same_whatever_was_answered(open_office: Callable[..., Office]) -> None:
    office = open_office(PLENTY)
    before = office.run(office.releases.preview(office.asked("B1", by=("E1",))))
    office.freezes.frame = office.freezes.frame.head(100)
    office.ask(office.asked("B1", by=("D3",)))

    assert office.run(office.releases.preview(office.asked("B1", by=("E1",)))) == before
