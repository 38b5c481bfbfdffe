"""What programmes get of the log, with a token of the data protection officer."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.audit import Act
from schemas.vocabulary import Role
from survey_service.accounts.people import Person
from survey_service.accounts.tokens import TokenWish
from survey_service.audit_log import merkle
from survey_service.audit_log.note import Checkpoint, Verifier
from survey_service.stores import Stores
from survey_service.stores.ids import new_id
from tests.unit.survey_service.accounts.office import Browser, Office, run

ROOT = "/api/v1/audit-log"


@pytest.fixture
def office(sqlite_stores: Stores) -> Office:
    return Office(sqlite_stores)


class Programme(Browser):
    """A client with a token."""

    def __init__(self, office: Office, *scopes: str) -> None:
        super().__init__(office)
        key = office.hire("dana", Role.DPO)
        dana = Person(id=key, username="dana", role=Role.DPO)
        wish = TokenWish(key=new_id(), name="n", scopes=scopes, days="1")
        token = run(office.accounts.tokens.create(dana, wish))
        self.client.headers["Authorization"] = f"Bearer {token}"

    def ask(self, path: str, **query: Any) -> Any:
        answer = self.get(f"{ROOT}/{path}", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
def programme(office: Office) -> Programme:
    return Programme(office, "audit_log.read", "audit_log.verify")


def test_entries_come_by_filter_and_page(office: Office, programme: Programme) -> None:
    page = programme.ask("entries", limit=1)
    assert [entry["act"] for entry in page["entries"]] == ["log_read"]
    assert page["older"] == 2
    rest = programme.ask("entries", before=2)
    assert [entry["seq"] for entry in rest["entries"]] == [1, 0]
    assert rest["older"] is None
    made = programme.ask("entries", act="token_created", since="2026-01-01T00:00:00Z")
    assert len(made["entries"]) == 1
    assert office.acts()[2:] == [Act.LOG_READ] * 3


@pytest.mark.parametrize(
    "query",
    [
        {"act": "dance"},
        {"since": "yesterday"},
        {"actor": "dana"},
        {"before": "-1"},
        {"limit": "0"},
        {"limit": "201"},
        {"object_ref": "Anna Bērziņa"},
    ],
)
def test_a_forged_filter_is_a_problem_document(programme: Programme, query: dict[str, str]) -> None:
    answer = programme.get(f"{ROOT}/entries", params=query)
    assert answer.status_code == 422
    document = answer.json()
    assert document["errors"][0]["field"] == next(iter(query))
    assert "dana" not in answer.text
    assert "Bērziņa" not in answer.text


def test_proofs_and_checkpoints_check_with_the_public_key(programme: Programme) -> None:
    first = programme.ask("checkpoint")
    key = Verifier.parse(first["public_key"])
    old = Checkpoint.parse(key.open(first["note"]))
    grown = programme.ask("consistency", old=old.size)
    new = Checkpoint.parse(key.open(grown["checkpoint"]))
    path = [bytes.fromhex(value) for value in grown["hashes"]]
    roots = bytes.fromhex(old.root), bytes.fromhex(new.root)
    assert merkle.consistency_holds(old.size, new.size, path, *roots)
    proved = programme.ask("inclusion", seq=1)
    newest = Checkpoint.parse(key.open(proved["proof"]["checkpoint"]))
    leaf = merkle.leaf_hash(proved["entry"].encode())
    path = [bytes.fromhex(value) for value in proved["proof"]["hashes"]]
    assert merkle.inclusion_holds(leaf, 1, newest.size, path, bytes.fromhex(newest.root))


@pytest.mark.parametrize("path", ["consistency?old=999", "inclusion?seq=999"])
def test_what_was_never_there_is_not_found(programme: Programme, path: str) -> None:
    assert programme.get(f"{ROOT}/{path}").status_code == 404


@pytest.mark.parametrize("path", ["consistency?old=-1", "consistency", "inclusion?seq=x"])
def test_a_forged_place_is_refused(programme: Programme, path: str) -> None:
    assert programme.get(f"{ROOT}/{path}").status_code in (400, 422)


def test_a_check_with_and_without_a_checkpoint(programme: Programme) -> None:
    note = programme.ask("checkpoint")["note"]
    plain = programme.client.post(f"{ROOT}/verify", json={}).json()
    assert (plain["sound"], plain["only_added_to"]) == (True, None)
    compared = programme.client.post(f"{ROOT}/verify", json={"checkpoint": note}).json()
    assert (compared["sound"], compared["only_added_to"]) == (True, True)
    assert compared["consistency"]["first"] == 3
    other = programme.client.post(f"{ROOT}/verify", json={"checkpoint": "nonsense"}).json()
    assert (other["sound"], other["only_added_to"]) == (False, False)
    assert other["verification"]["finding"] == "checkpoint_not_ours"
    wrong = programme.client.post(f"{ROOT}/verify", json={"checkpoint": note, "quiet": True})
    assert wrong.status_code in (400, 422)


def test_the_whole_log_can_be_fetched(programme: Programme) -> None:
    answer = programme.get(f"{ROOT}/export")
    assert answer.headers["content-type"] == "application/zip"
    assert answer.content[:2] == b"PK"


def test_reading_is_not_verifying(office: Office) -> None:
    reader = Programme(office, "audit_log.read")
    assert reader.get(f"{ROOT}/entries").status_code == 200
    for path in ("checkpoint", "export", "inclusion?seq=0", "consistency?old=0"):
        assert reader.get(f"{ROOT}/{path}").status_code == 403
    assert reader.client.post(f"{ROOT}/verify", json={}).status_code == 403
