"""The plan: protected first, blocked by nothing, served as stored, checked like any table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from schemas.requests import RequestState
from survey_service.problems import NotReady
from survey_service.releases import deciding
from survey_service.releases.kept import request_by_id
from survey_service.releases.release_plan import DEMONSTRATED, INDICATORS, plan_of, reserved
from tests.unit.survey_service.releases.conftest import PLENTY, Office

PLAN = (("B1", "B4"), ("B4", "E1"), ("B1", "E1"))


@pytest.fixture
def office(open_office: Callable[..., Office]) -> Office:
    """The room over plenty of answers, with a plan."""
    return open_office(PLENTY, plan=PLAN)


def waiting(office: Office) -> dict[tuple[str, ...], str]:
    found = office.run(office.releases.checks(office.cleo))
    return {check.question.variables: check.id for check in found}


def test_planned_tables_come_before_the_checkers_before_any_request_is_answered(
    office: Office,
) -> None:
    made = office.ask(office.asked("D3"))
    found = waiting(office)

    assert list(found)[:3] == [("B1", "B4"), ("B4", "E1"), ("B1", "E1")] or set(PLAN) <= set(found)
    assert made.verdict.state is RequestState.UNDER_REVIEW
    office.run(office.releases.keep_up())
    assert waiting(office) == found, "the plan is made once"


def test_two_checkers_publish_a_planned_table(office: Office) -> None:
    office.run(office.releases.keep_up())
    planned = waiting(office)[("B1", "B4")]
    office.vote(planned, office.cleo)
    office.vote(planned, office.dan)

    [release] = office.run(office.releases.released()).releases
    assert release.question.variables == ("B1", "B4")
    [plan] = office.run(office.releases.plans())
    assert [t.state for t in plan.tables].count(RequestState.RELEASED) == 1
    assert len(plan.tables) == 3


def test_what_is_planned_counts_as_published_for_every_other_table(office: Office) -> None:
    """Reserved and not printed yet: an ad hoc table is judged with it all the same."""
    office.run(office.releases.keep_up())
    desk, wave = office.releases.desk, office.wave

    assert [e.table.spec.variables for e in reserved(desk, wave).releases] == list(PLAN)
    made = office.ask(office.asked("D3"))
    kept = desk.office.read_now(lambda tx: request_by_id(tx, made.id))
    assert kept is not None
    on, known = deciding._stand_on(desk, kept)
    assert [e.table.spec.variables for e in on.ledger.releases] == list(PLAN)
    assert known.facts == ()
    planned = waiting(office)[("B1", "E1")]
    office.vote(planned, office.cleo)
    office.vote(planned, office.dan)
    assert len(reserved(desk, wave).releases) == 2, "published ones count as published"


def test_no_ad_hoc_table_blocks_a_planned_one(office: Office) -> None:
    for rows in ("B1", "E1", "B4", "D3"):
        office.ask(office.asked(rows))
    for made in office.run(office.releases.requests(office.ada)):
        if made.verdict.state is RequestState.UNDER_REVIEW:
            office.vote(made.id, office.cleo)
            office.vote(made.id, office.dan)
    for planned in [id_ for names, id_ in waiting(office).items() if names in PLAN]:
        office.vote(planned, office.cleo)
        office.vote(planned, office.dan)

    [plan] = office.run(office.releases.plans())
    assert {table.state for table in plan.tables} == {RequestState.RELEASED}


def test_planned_tables_are_served_as_stored_when_the_freeze_is_gone(office: Office) -> None:
    office.run(office.releases.keep_up())
    planned = waiting(office)[("B4", "E1")]
    before = office.run(office.releases.check(office.eve, planned)).protected
    office.freezes.freeze = None
    office.freezes.reviews.clear()

    shown = office.run(office.releases.check(office.cleo, planned))
    assert (shown.protected, shown.unprotected) == (before, ())
    joined = office.ask(office.asked("B4", by=("E1",)))
    assert joined.verdict.state is RequestState.UNDER_REVIEW
    with pytest.raises(NotReady):
        office.ask(office.asked("D3"))
    office.vote(planned, office.cleo)
    office.vote(planned, office.dan)

    own = office.run(office.releases.request(office.ada, joined.id)).verdict
    assert own.release_id is not None
    assert office.run(office.releases.release(own.release_id)).table == before


def test_no_plan_is_made_of_a_later_freeze(office: Office) -> None:
    office.run(office.releases.keep_up())
    made = plan_of(office.releases.desk, office.wave)
    assert office.freezes.freeze is not None
    office.freezes.freeze = replace(office.freezes.freeze, id="freeze-2", number=2)
    office.freezes.frame = office.freezes.frame.iloc[9:].reset_index(drop=True)
    office.releases.desk.planned.clear()
    office.run(office.releases.keep_up())

    assert plan_of(office.releases.desk, office.wave) == made
    assert {r.freeze for r in reserved(office.releases.desk, office.wave).releases} == {"freeze-1"}


def test_a_plan_cut_short_is_finished_by_the_next_run(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def crash(*_: object, **__: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(type(office.releases.desk), "log", crash)
        with pytest.raises(RuntimeError):
            office.run(office.releases.keep_up())
    assert waiting(office) == {}
    made = plan_of(office.releases.desk, office.wave)

    office.run(office.releases.keep_up())

    assert made is not None
    assert set(waiting(office).values()) == {table.request for table in made.tables}


def test_every_planned_variable_is_offered_for_tables(office: Office) -> None:
    desk = office.releases.desk
    book = desk.book(desk.surveys.wave_now(office.wave))
    assert {name for names in INDICATORS for name in names} <= set(book.by_name)
    assert len(set(INDICATORS)) == len(INDICATORS)
    assert INDICATORS[: len(DEMONSTRATED)] == DEMONSTRATED, "the surest come first everywhere"
