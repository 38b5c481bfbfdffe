"""Publication: against everything released before, once, in one chain, the same bytes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest
from sqlalchemy import select, update

from schemas.release import CategoryKind, Mark, Release
from schemas.requests import RequestState
from schemas.tables import CellMark
from survey_service.problems import NotReady
from survey_service.releases import checking, publishing
from survey_service.releases.formats.cells import cells
from survey_service.releases.ledger import BrokenLedgerError
from survey_service.releases.models import LedgerRow
from survey_service.releases.protecting import ground, ledger_of, protected
from survey_service.releases.question import normalised
from tests.unit.survey_service.releases.conftest import PLENTY, Office


def cell(release: Release, *codes: str) -> tuple[int | None, Mark]:
    for found in cells(release.table):
        if tuple(category.code for category in found.categories) == codes:
            return found.value, found.mark
    raise AssertionError(codes)


def test_a_small_cell_and_what_gives_it_away_are_withheld(office: Office) -> None:
    release = office.run(office.releases.release(office.release(office.asked("B1", by=("E1",)))))

    assert cell(release, "RIGA", "1") == (53, Mark.PUBLISHED)
    assert cell(release, "ZEMGALE", "5")[0] == 30
    assert cell(release, "_T", "_T") == (sum(PLENTY.values()), Mark.PUBLISHED)


def test_two_tables_whose_difference_singles_somebody_out_do_not_both_go(
    open_office: Callable[..., Office],
) -> None:
    """All people by health, and the same without Zemgale, where one person's health is bad."""
    lonely = {key: count for key, count in PLENTY.items() if key[0] != "ZEMGALE"}
    lonely |= {("ZEMGALE", "1", "1"): 40, ("ZEMGALE", "1", "2"): 41, ("ZEMGALE", "2", "5"): 1}
    office = open_office(lonely)
    without = office.ask(office.asked("E1", where={"B1": ("RIGA", "LATGALE")}))
    alone = bad_health(office, without.id)
    assert alone == lonely_without(lonely)

    everybody = office.run(office.releases.release(office.release(office.asked("E1"))))
    assert cell(everybody, "5") == (alone + 1, Mark.PUBLISHED)
    office.vote(without.id, office.cleo)
    office.vote(without.id, office.dan)

    verdict = office.run(office.releases.request(office.ada, without.id)).verdict
    assert verdict.release_id is None
    if verdict.state is RequestState.UNDER_REVIEW:
        assert bad_health(office, without.id) is None


def lonely_without(groups: dict[tuple[str, str, str], int]) -> int:
    return sum(n for (place, _, code), n in groups.items() if code == "5" and place != "ZEMGALE")


def bad_health(office: Office, request: str) -> int | None:
    shown = office.run(office.releases.check(office.eve, request)).protected
    codes = [category.code for category in shown.dimensions[0].categories]
    return shown.values[codes.index("5")]


def test_a_table_changed_by_another_release_goes_back_to_the_checkers(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Votes on a table that can no longer go as it was seen are void."""
    waiting = office.ask(office.asked("B1", by=("E1",)))
    office.vote(waiting.id, office.cleo)
    real = publishing.protect_again

    def otherwise(desk: Any, request: Any) -> Any:
        worked = real(desk, request)
        table = worked.made.table
        first = table.cells[0].model_copy(update={"value": None, "mark": CellMark.WITHHELD})
        changed = table.model_copy(update={"cells": (first, *table.cells[1:])})
        return replace(worked, made=replace(worked.made, table=changed))

    monkeypatch.setattr(publishing, "protect_again", otherwise)
    office.vote(waiting.id, office.dan)

    assert office.run(office.releases.released()).releases == ()
    shown = office.run(office.releases.check(office.eve, waiting.id))
    assert (shown.round, shown.votes, shown.protected.values[0]) == (2, (), None)


def test_publication_starts_over_when_the_ledger_grew_meanwhile(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = office.ask(office.asked("B1"))
    office.vote(made.id, office.cleo)
    real, tries = publishing.protect_again, []

    def late(desk: Any, request: Any) -> Any:
        worked = real(desk, request)
        tries.append(worked.head)
        return replace(worked, head=worked.head - 1) if len(tries) == 1 else worked

    monkeypatch.setattr(publishing, "protect_again", late)
    office.vote(made.id, office.dan)

    assert len(tries) == 2
    assert len(office.run(office.releases.released()).releases) == 1


def test_a_crash_between_the_second_vote_and_publication_is_healed(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = office.ask(office.asked("B1"))
    office.vote(made.id, office.cleo)

    async def crash(*_: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(checking, "publish", crash)
        with pytest.raises(RuntimeError):
            office.vote(made.id, office.dan)

    office.run(office.releases.catch_up())

    assert len(office.run(office.releases.released()).releases) == 1


def test_every_answer_stands_in_one_chain_and_a_changed_entry_is_found(office: Office) -> None:
    office.release(office.asked("B1"))
    made = office.ask(office.asked("B4"))
    office.vote(made.id, office.cleo, "do_not_release")
    office.vote(made.id, office.dan)
    assert office.run(office.releases.verify_ledger()) == 4

    table: Any = LedgerRow.__table__  # type: ignore[attr-defined]
    change = update(table).where(table.c.seq == 2).values(made_at="2020-01-01T00:00:00Z")
    office.stores.office.write_now(lambda tx: tx.run(change))
    with pytest.raises(BrokenLedgerError):
        office.run(office.releases.verify_ledger())


def test_the_office_store_holds_no_count_that_is_not_published(office: Office) -> None:
    """All but the published facts of a table under review would be unpublished counts."""
    made = office.ask(office.asked("B1", by=("E1",)))
    rows = office.stores.office.read_now(lambda tx: tx.dicts(_everything()))

    assert made.id in office.freezes.reviews
    assert all(row["facts"] is None for row in rows)


def _everything() -> Any:
    return select(LedgerRow.__table__)  # type: ignore[attr-defined]


def next_freeze(office: Office, leavers: int) -> None:
    """Somebody withdrew: the freeze is gone with its reviews, and a later one is made."""
    assert office.freezes.freeze is not None
    office.freezes.freeze = replace(office.freezes.freeze, id="freeze-2", number=2)
    office.freezes.frame = office.freezes.frame.iloc[leavers:].reset_index(drop=True)
    office.freezes.reviews.clear()


def test_a_table_of_a_new_freeze_that_tells_who_left_is_not_released(office: Office) -> None:
    office.release(office.asked("B1"))
    next_freeze(office, 1)

    again = office.ask(office.asked("B1"))
    assert again.verdict.state is RequestState.NOT_RELEASED
    other = office.ask(office.asked("E1"))
    assert other.verdict.state is RequestState.NOT_RELEASED, "its total tells the same"


def test_a_table_of_a_new_freeze_goes_when_enough_has_changed(office: Office) -> None:
    office.release(office.asked("B4"))
    next_freeze(office, 40)

    assert office.ask(office.asked("B4")).verdict.state is RequestState.UNDER_REVIEW


def test_votes_wait_for_the_next_freeze_and_stand_where_it_gives_the_same_bytes(
    office: Office,
) -> None:
    made = office.ask(office.asked("B1", by=("E1",)))
    office.vote(made.id, office.cleo)
    next_freeze(office, 0)
    with pytest.raises(NotReady):
        office.run(office.releases.check(office.eve, made.id))

    office.run(office.releases.keep_up())
    office.vote(made.id, office.dan)

    verdict = office.run(office.releases.request(office.ada, made.id)).verdict
    assert verdict.state is RequestState.RELEASED


def test_votes_are_void_where_the_next_freeze_gives_another_table(office: Office) -> None:
    made = office.ask(office.asked("B1", by=("E1",)))
    office.vote(made.id, office.cleo)
    next_freeze(office, 12)

    office.run(office.releases.keep_up())

    shown = office.run(office.releases.check(office.eve, made.id))
    assert (shown.round, shown.votes) == (2, ())


def test_the_certificate_names_every_file_by_its_bytes(office: Office) -> None:
    release = office.release(office.asked("B1", by=("E1",)))
    certificate = json.loads(office.run(office.releases.file(release, "certificate.json")))

    assert set(certificate["files"]) == {
        name.format(language)
        for language in ("lv", "ru", "en")
        for name in ("table.{}.csv", "table.{}.json", "chart.{}.svg")
    }
    for name, named in certificate["files"].items():
        assert sha256(office.run(office.releases.file(release, name))).hexdigest() == named
    assert "inside" not in certificate["protection"]


def test_the_same_answers_and_question_give_the_same_bytes(
    open_office: Callable[..., Office],
) -> None:
    office = open_office(PLENTY)
    book = office.releases.desk.book(office.releases.desk.waves()[0])
    question, _ = normalised(office.asked("B1", by=("E1",)), book)
    shuffled = office.freezes.frame.sample(frac=1, random_state=3)
    made = [
        protected(ground(frame, book, question, ledger_of(())), question)
        for frame in (office.freezes.frame, shuffled)
    ]

    assert made[0] is not None
    assert made[1] is not None
    assert made[0].table.canonical() == made[1].table.canonical()


def test_states_are_rows_of_their_own(office: Office) -> None:
    release = office.run(office.releases.release(office.release(office.asked("E1"))))
    [dimension] = release.table.dimensions

    assert [c.kind for c in dimension.categories if c.kind is not CategoryKind.VALUE] == [
        CategoryKind.REFUSED,
        CategoryKind.DONT_KNOW,
        CategoryKind.NOT_ASKED,
        CategoryKind.MISSING,
        CategoryKind.TOTAL,
    ]
