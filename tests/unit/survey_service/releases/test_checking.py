"""Two checkers, blind to each other, neither of them the author."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest

from schemas.audit import Act
from schemas.requests import RequestState, VoteChoice
from survey_service.problems import Conflict, Forbidden, InvalidInput, NotFound
from survey_service.releases.models import VoteRow
from tests.unit.survey_service.releases.conftest import Office

REASON = "The ministry needs it for the plan of next year, as agreed in the committee."


def state_of(office: Office, request: str) -> RequestState:
    return office.run(office.releases.request(office.ada, request)).verdict.state


def test_two_yes_release_the_table_once(office: Office) -> None:
    made = office.ask(office.asked("B1", by=("E1",)))
    office.vote(made.id, office.cleo)
    assert state_of(office, made.id) is RequestState.UNDER_REVIEW
    office.vote(made.id, office.dan)
    assert state_of(office, made.id) is RequestState.RELEASED

    office.vote(made.id, office.dan)
    office.run(office.releases.catch_up())
    assert len(office.run(office.releases.released()).releases) == 1


@pytest.mark.parametrize("second", ["release", "do_not_release"])
def test_one_no_is_enough_to_keep_it_in(office: Office, second: str) -> None:
    made = office.ask(office.asked("B1"))
    office.vote(made.id, office.cleo, "do_not_release")
    office.vote(made.id, office.dan, second)

    verdict = office.run(office.releases.request(office.ada, made.id)).verdict
    assert verdict.model_dump(mode="json") == {
        "state": "not_released",
        "nearest": None,
        "release_id": None,
    }


def test_a_checker_sees_the_other_vote_only_when_both_are_in(office: Office) -> None:
    made = office.ask(office.asked("B1"))
    office.vote(made.id, office.cleo)

    assert office.run(office.releases.check(office.dan, made.id)).votes == ()
    [own] = office.run(office.releases.check(office.cleo, made.id)).votes
    assert own.mine
    [waiting] = office.run(office.releases.checks(office.dan))
    assert waiting.my_vote is None


def test_reading_a_table_unprotected_is_in_the_log_before_it_is_shown(office: Office) -> None:
    made = office.ask(office.asked("B1"))
    seen: list[Any] = []
    append = office.audit.append

    async def watched(entry: Any) -> int:
        seen.append(entry.act)
        return await append(entry)

    office.audit.append = watched  # type: ignore[method-assign]
    read = office.freezes.read_review
    order: list[list[Any]] = []
    office.freezes.read_review = lambda r: (order.append(list(seen)), read(r))[1]  # type: ignore[method-assign, func-returns-value]

    office.run(office.releases.check(office.cleo, made.id))

    assert order == [[Act.REVIEW_READ]]


def test_the_author_cannot_check_nor_vote(office: Office) -> None:
    made = office.ask(office.asked("B1"))

    with pytest.raises(Forbidden):
        office.run(office.releases.check(office.ada, made.id))
    with pytest.raises(Forbidden):
        office.vote(made.id, office.ada)


def test_who_joined_a_request_is_an_author_too(office: Office) -> None:
    made = office.ask(office.asked("B1"))
    office.ask(office.asked("B1"), office.ben)

    with pytest.raises(Forbidden):
        office.vote(made.id, office.ben)


@pytest.mark.parametrize(
    ("checker", "author", "slot"),
    [
        ("id-of-ada", "id-of-ada", 1),
        ("id-of-cleo", "id-of-cleo", 1),
        ("id-of-cleo", "id-of-ada", 3),
    ],
)
def test_the_database_itself_refuses_a_vote_of_ones_own_and_a_third(
    office: Office, checker: str, author: str, slot: int
) -> None:
    made = office.ask(office.asked("B1"))
    row = VoteRow.model_validate(
        {
            "request": made.id,
            "round": 1,
            "checker": checker,
            "author": author,
            "slot": slot,
            "choice": "release",
            "reason": "",
            "cast_at": "2026-11-20T12:00:00Z",
        }
    )

    with pytest.raises(sqlite3.IntegrityError):
        office.stores.office.write_now(lambda tx: tx.add(row))


def test_a_vote_cannot_be_changed_and_a_third_does_not_count(office: Office) -> None:
    made = office.ask(office.asked("B1"))
    office.vote(made.id, office.cleo)

    with pytest.raises(Conflict):
        office.vote(made.id, office.cleo, "do_not_release")
    office.vote(made.id, office.dan)
    with pytest.raises(Conflict):
        office.vote(made.id, office.eve)


def test_a_vote_on_another_round_does_not_count(office: Office) -> None:
    made = office.ask(office.asked("B1"))

    with pytest.raises(Conflict):
        office.vote(made.id, office.cleo, round_=2)


def test_a_no_needs_a_reason(office: Office) -> None:
    made = office.ask(office.asked("B1"))

    with pytest.raises(InvalidInput) as refused:
        office.run(office.releases.vote(office.cleo, made.id, 1, VoteChoice.DO_NOT_RELEASE, "no"))
    assert [error.field for error in refused.value.fields] == ["reason"]


def test_a_refused_table_comes_before_the_checkers_once_more_and_no_further(
    office: Office,
) -> None:
    made = office.ask(office.asked("B1"))
    office.vote(made.id, office.cleo)
    office.vote(made.id, office.dan, "do_not_release")
    assert office.run(office.releases.request(office.ada, made.id)).may_ask_again

    with pytest.raises(InvalidInput):
        office.run(office.releases.ask_again(office.ada, made.id, "please"))
    again = office.run(office.releases.ask_again(office.ada, made.id, REASON))
    assert again.verdict.state is RequestState.UNDER_REVIEW
    shown = office.run(office.releases.check(office.cleo, made.id))
    assert (shown.round, shown.asked_again, shown.votes) == (2, REASON, ())

    office.vote(made.id, office.cleo, round_=2)
    office.vote(made.id, office.eve, "do_not_release", round_=2)
    with pytest.raises(Conflict):
        office.run(office.releases.ask_again(office.ada, made.id, REASON + " Really."))


def test_what_is_decided_is_no_longer_shown_unprotected(office: Office) -> None:
    made = office.ask(office.asked("B1"))
    office.vote(made.id, office.cleo)
    office.vote(made.id, office.dan)

    with pytest.raises(NotFound):
        office.run(office.releases.check(office.cleo, made.id))
