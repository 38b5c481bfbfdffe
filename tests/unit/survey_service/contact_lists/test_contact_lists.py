"""Being asked again: two people, a reason, a week; and nobody else, not even the office itself."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

import pytest

from schemas.audit import Act, Outcome
from schemas.vocabulary import Role
from survey_service.accounts.people import Person
from survey_service.audit_log.service import EntryFilter
from survey_service.collection.contact_lists import VaultReports, told
from survey_service.contact_lists.kept import secret_of
from survey_service.contact_lists.pages import as_csv
from survey_service.contact_lists.service import ContactLists
from survey_service.problems import Conflict, Forbidden, InvalidInput, NotFound, NotReady
from survey_service.stores.ids import new_id
from survey_service.stores.stores import Stores
from tests.kit.field import SLUG, Field, people
from tests.kit.scan import bytes_of

T = TypeVar("T")
REASON = "To ask the same people again in spring, by telephone."
PASSPHRASE = "seven storks over a wet meadow"


def person(name: str, role: Role) -> Person:
    return Person(id=f"id-of-{name}", username=name, role=role, session_id="s")


CORA = person("cora", Role.COORDINATOR)
COLE = person("cole", Role.COORDINATOR)
DEE = person("dee", Role.DPO)


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


class Room:
    """The office's use cases, and settle's beside them, as two parts that share stores alone."""

    def __init__(self, stores: Stores, folder: Path) -> None:
        self.field = Field(stores, folder)
        self.wave = self.field.open_wave()
        self.crowd = people(60)
        self.codes = self.field.answer_all(self.wave, self.crowd, questions=1)
        self.field.settle.run(self.wave, closing=True)
        f = self.field
        self.reports = VaultReports(
            stores.office, f.surveys, f.consents, f.hand_over.withdrawn_now, f.audit, f.clock
        )
        self.lists = ContactLists(stores.office, f.surveys, f.audit, f.clock)

    def ask(self, by: Person = CORA) -> str:
        return run(self.lists.ask(by, SLUG, REASON, PASSPHRASE, PASSPHRASE, new_id()))

    def granted(self) -> str:
        asked = self.ask()
        run(self.lists.decide(DEE, asked, grant=True))
        self.reports.look()
        return asked

    def log(self, act: Act) -> list[tuple[str, str]]:
        found = run(self.field.audit.entries(EntryFilter(act=act)))
        return [(entry.outcome, entry.detail or "") for entry in reversed(found.entries)]


@pytest.fixture
def room(sqlite_stores: Stores, tmp_path: Path) -> Room:
    return Room(sqlite_stores, tmp_path)


def test_whoever_asked_reads_after_anothers_yes_those_who_agreed_and_nobody_else(
    room: Room,
) -> None:
    left = [
        one.contact.model_dump(exclude_none=True)
        for one in room.crowd
        if one.contact is not None and one.decisions["contact"]
    ]
    assert 0 < len(left) < 60
    asked = room.ask()
    with pytest.raises(Conflict):
        run(room.lists.open(CORA, asked, PASSPHRASE))
    run(room.lists.decide(COLE, asked, grant=True))
    with pytest.raises(NotReady):
        run(room.lists.open(CORA, asked, PASSPHRASE))
    room.reports.look()
    found = run(room.lists.open(CORA, asked, PASSPHRASE))
    assert sorted(map(repr, found)) == sorted(map(repr, left))
    outcomes = [outcome for outcome, _ in room.log(Act.CONTACT_LIST_OPENED)]
    assert outcomes == [Outcome.INTENT, Outcome.INTENT, Outcome.OK]
    assert [bool(detail) for _, detail in room.log(Act.CONTACT_LIST_ASKED)] == [True]


def test_nobody_decides_his_own_and_nobody_decides_twice(room: Room) -> None:
    asked = room.ask()
    with pytest.raises(Forbidden):
        run(room.lists.decide(CORA, asked, grant=True))
    run(room.lists.decide(DEE, asked, grant=False))
    with pytest.raises(Conflict):
        run(room.lists.decide(COLE, asked, grant=True))
    room.reports.look()
    with pytest.raises(Conflict):
        run(room.lists.open(CORA, asked, PASSPHRASE))


def test_nobody_else_opens_it_and_no_file_of_the_office_shows_a_contact(room: Room) -> None:
    asked = room.granted()
    for other in (COLE, DEE):
        with pytest.raises(NotFound):
            run(room.lists.open(other, asked, PASSPHRASE))
    with pytest.raises(InvalidInput) as wrong:
        run(room.lists.open(CORA, asked, PASSPHRASE + "s"))
    assert [error.field for error in wrong.value.fields] == ["passphrase"]
    assert room.log(Act.CONTACT_LIST_OPENED)[-1][0] == Outcome.DENIED
    found = run(room.lists.open(CORA, asked, PASSPHRASE))
    office = room.field.stores.office.path
    assert office is not None
    held = b"".join(bytes_of(path) for path in office.parent.glob("office*"))
    for contact in found:
        assert not [text for text in contact.values() if text.encode() in held]
    assert PASSPHRASE.encode() not in held


def test_after_a_week_it_opens_for_nobody_and_nothing_of_it_is_left(room: Room) -> None:
    asked = room.granted()
    office = room.field.stores.office
    sealed = office.read_now(lambda tx: secret_of(tx, asked))[1]
    assert sealed
    room.field.later(days=7)
    with pytest.raises(Conflict):
        run(room.lists.open(CORA, asked, PASSPHRASE))
    room.reports.look()
    assert office.read_now(lambda tx: secret_of(tx, asked))[1] is None
    assert office.path is not None
    held = b"".join(bytes_of(path) for path in office.path.parent.glob("office*"))
    assert sealed[40:80] not in held
    assert run(room.lists.one(asked)).state == "over"
    assert len(room.log(Act.CONTACT_LIST_ENDED)) == 1


def test_whoever_takes_the_contact_back_is_not_in_the_list_an_hour_later(room: Room) -> None:
    asked = room.granted()
    gone = next(n for n, one in enumerate(room.crowd) if one.contact and one.decisions["contact"])
    before = run(room.lists.open(CORA, asked, PASSPHRASE))
    run(room.field.rights.erase(room.codes[gone]))
    room.field.later(hours=1)
    room.reports.look()
    assert len(run(room.lists.open(CORA, asked, PASSPHRASE))) == len(before) - 1


@pytest.mark.parametrize(
    ("survey", "reason", "passphrase", "again", "field"),
    [
        ("nothing", REASON, PASSPHRASE, PASSPHRASE, "survey"),
        (SLUG, "Because.", PASSPHRASE, PASSPHRASE, "reason"),
        (SLUG, REASON, "short", "short", "passphrase"),
        (SLUG, REASON, PASSPHRASE, PASSPHRASE + "x", "again"),
    ],
)
def test_what_is_asked_badly_names_its_field_and_leaves_nothing(
    room: Room, survey: str, reason: str, passphrase: str, again: str, field: str
) -> None:
    with pytest.raises(InvalidInput) as wrong:
        run(room.lists.ask(CORA, survey, reason, passphrase, again, new_id()))
    assert [error.field for error in wrong.value.fields] == [field]
    assert run(room.lists.all()) == []


def test_a_request_sent_twice_is_one(room: Room) -> None:
    key = new_id()
    for _ in range(2):
        run(room.lists.ask(CORA, SLUG, REASON, PASSPHRASE, PASSPHRASE, key))
    assert [one.id for one in run(room.lists.all())] == [key]


def test_a_contact_cannot_become_a_formula() -> None:
    text = as_csv([{"name": "=HYPERLINK(1)", "phone": "+371 20000000"}]).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert rows == [["name", "phone", "email"], ["'=HYPERLINK(1)", "'+371 20000000", ""]]


def test_statistics_are_tens_and_nothing_below_twenty(room: Room) -> None:
    room.reports.look()
    found = {one.purpose: one.yes for one in run(room.lists.statistics(DEE))}
    for purpose, yes in found.items():
        true = sum(one.decisions[purpose] for one in room.crowd)
        assert yes == (true // 10 * 10 if true >= 20 else None), purpose
    assert found["participation"] == 60
    assert (told(19), told(20), told(29)) == (None, 20, 20)


def test_statistics_do_not_move_with_one_person(room: Room) -> None:
    room.reports.look()
    before = run(room.lists.statistics(DEE))
    run(room.field.rights.erase(room.codes[0]))
    room.reports.look(anew=True)
    assert run(room.lists.statistics(DEE)) == before


def test_who_takes_the_contact_back_is_in_no_list_made_from_then_on(room: Room) -> None:
    """The vault notes it in its next shuffle; no list waits for that."""
    asked = room.granted()
    before = run(room.lists.open(CORA, asked, PASSPHRASE))
    gone = next(
        code
        for code, one in zip(room.codes, room.crowd, strict=True)
        if one.contact is not None and one.decisions["contact"]
    )
    contact = run(room.field.rights.sent(gone)).contact
    assert contact in before
    run(room.field.rights.withdraw(gone, "contact"))
    for noted in (False, True):
        if noted:
            room.field.hand_over.note(room.wave)
        room.reports.look(anew=True)
        after = run(room.lists.open(CORA, asked, PASSPHRASE))
        assert sorted(map(repr, after)) == sorted(repr(one) for one in before if one != contact)
