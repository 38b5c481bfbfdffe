"""A file is made once, seen by two others, given to its project, and gone with its freeze."""

from __future__ import annotations

import io
import json
import sqlite3
from collections import Counter
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from schemas.audit import Act
from schemas.requests import VoteChoice
from survey_service.audit_log.reading import EntryFilter
from survey_service.problems import Conflict, Forbidden, InvalidInput, NotFound, NotReady
from survey_service.releases import ledger
from survey_service.safe_files.asked import Asked
from survey_service.safe_files.kept import SafeFileState
from survey_service.safe_files.models import SafeFileVoteRow
from survey_service.safe_files.service import SafeFiles
from tests.unit.survey_service.releases.conftest import Office

WORDS = (
    "To model how distance to a family doctor and housing act together; no table shows both. " * 2
)
REASON = "The purpose could be met with two tables."
YES, NO = VoteChoice.RELEASE, VoteChoice.DO_NOT_RELEASE


def asked(office: Office, **more: Any) -> Asked:
    fields: dict[str, Any] = {
        "wave": office.wave,
        "project": "Doctors nearby",
        "purpose": WORDS,
        "known": ("B1", "B4"),
        "others": ("E1", "D3"),
    }
    return Asked(**fields | more)


def made(office: Office, safe_files: SafeFiles) -> str:
    return office.run(safe_files.ask(office.ada, asked(office)))


def approved(office: Office, safe_files: SafeFiles) -> str:
    id_ = made(office, safe_files)
    office.run(safe_files.vote(office.cleo, id_, YES, ""))
    office.run(safe_files.vote(office.dan, id_, YES, ""))
    return id_


def state(office: Office, safe_files: SafeFiles, id_: str) -> SafeFileState:
    return office.run(safe_files.one(office.ada, id_)).state


def acts(office: Office) -> Counter[str]:
    found = office.run(office.audit.entries(EntryFilter(), limit=500))
    return Counter(entry.act.value for entry in found.entries)


def test_everybody_in_the_file_shares_his_description_with_enough_others(
    office: Office, safe_files: SafeFiles
) -> None:
    file = office.run(safe_files.fetch(office.ada, approved(office, safe_files)))
    frame = pd.read_csv(io.StringIO(file.csv), dtype=str, keep_default_na=False)
    assert list(frame.columns) == ["B1", "B4", "E1", "D3"]
    assert len(frame) == len(office.freezes.frame)
    sizes = frame.groupby(["B1", "B4"]).size()
    assert sizes.min() >= 10
    assert set(frame["B1"]) <= {"RIGA", "LATGALE", "ZEMGALE", "KURZEME", "VIDZEME", "*"}
    for _, group in frame.groupby(["B1", "B4"]):
        assert group["E1"].nunique() >= 2
        assert group["E1"].value_counts(normalize=True).iloc[0] <= 0.95


def test_the_order_of_the_rows_tells_nothing(office: Office, safe_files: SafeFiles) -> None:
    file = office.run(safe_files.fetch(office.ada, approved(office, safe_files)))
    rows = file.csv.splitlines()[1:]
    assert rows == sorted(rows, key=lambda row: row.split(","))


def test_answers_that_were_not_given_keep_their_state(
    office: Office, safe_files: SafeFiles
) -> None:
    file = office.run(safe_files.fetch(office.ada, approved(office, safe_files)))
    frame = pd.read_csv(io.StringIO(file.csv), dtype=str)
    before = office.freezes.frame["E1"].value_counts()
    after = frame["E1"].value_counts()
    for word in ("refused", "not_asked"):
        assert after[word] == before[word]


def test_nobody_fetches_a_file_that_is_not_his_or_not_approved(
    office: Office, safe_files: SafeFiles
) -> None:
    id_ = made(office, safe_files)
    with pytest.raises(NotFound):
        office.run(safe_files.fetch(office.ada, id_))
    office.run(safe_files.vote(office.cleo, id_, YES, ""))
    with pytest.raises(NotFound):
        office.run(safe_files.fetch(office.ada, id_))
    office.run(safe_files.vote(office.dan, id_, YES, ""))
    assert office.run(safe_files.fetch(office.ada, id_)).csv
    with pytest.raises(NotFound):
        office.run(safe_files.fetch(office.ben, id_))


def test_one_no_is_a_no_and_needs_a_reason(office: Office, safe_files: SafeFiles) -> None:
    id_ = made(office, safe_files)
    with pytest.raises(InvalidInput):
        office.run(safe_files.vote(office.cleo, id_, NO, "no"))
    assert state(office, safe_files, id_) is SafeFileState.UNDER_REVIEW
    office.run(safe_files.vote(office.cleo, id_, NO, REASON))
    assert state(office, safe_files, id_) is SafeFileState.REFUSED
    with pytest.raises(NotFound):
        office.run(safe_files.vote(office.dan, id_, YES, ""))


def test_nobody_votes_twice_or_on_his_own_file(office: Office, safe_files: SafeFiles) -> None:
    id_ = made(office, safe_files)
    office.run(safe_files.vote(office.cleo, id_, YES, ""))
    with pytest.raises(Conflict):
        office.run(safe_files.vote(office.cleo, id_, YES, ""))
    with pytest.raises(Forbidden):
        office.run(safe_files.vote(office.ada, id_, YES, ""))
    assert state(office, safe_files, id_) is SafeFileState.UNDER_REVIEW


def test_the_database_itself_refuses_an_authors_vote(office: Office, safe_files: SafeFiles) -> None:
    id_ = made(office, safe_files)
    row = SafeFileVoteRow.model_validate(
        {
            "file": id_, "checker": office.ada.id, "author": office.ada.id, "slot": 1,
            "choice": "release", "reason": "", "cast_on": "2026-11-20T12:00:00Z",
        }
    )  # fmt: skip
    with pytest.raises(sqlite3.IntegrityError, match="four_eyes"):
        office.stores.office.write_now(lambda tx: tx.add(row))


def test_a_project_has_one_file_of_a_wave_until_that_is_refused(
    office: Office, safe_files: SafeFiles
) -> None:
    id_ = made(office, safe_files)
    other = asked(office, known=("B4",), project="Another name")
    with pytest.raises(InvalidInput) as again:
        office.run(safe_files.ask(office.ada, other))
    assert again.value.fields[0].field == "wave"
    office.run(safe_files.vote(office.cleo, id_, NO, REASON))
    assert office.run(safe_files.ask(office.ada, other)) != id_


def test_the_ledger_knows_what_the_project_knows_and_the_public_does_not(
    office: Office, safe_files: SafeFiles
) -> None:
    id_ = approved(office, safe_files)
    public = office.stores.office.read_now(lambda tx: ledger.published(tx, office.wave))
    assert public.facts == ()
    rows = office.stores.office.read_now(lambda tx: [dict(row) for row in tx.dicts(ledger._ALL)])
    mine = [row for row in rows if row["audience"] == f"project:{id_}"]
    assert len(mine) == 1
    described = json.loads(mine[0]["facts"])
    file = office.run(safe_files.fetch(office.ada, id_))
    assert described["sha256"] == file.file_hash
    assert described["k"] == 10
    assert office.run(office.releases.verify_ledger()) == len(rows)


def test_every_step_is_in_the_log_before_it_happens(office: Office, safe_files: SafeFiles) -> None:
    id_ = made(office, safe_files)
    office.run(safe_files.report(office.cleo, id_))
    office.run(safe_files.vote(office.cleo, id_, YES, ""))
    office.run(safe_files.vote(office.dan, id_, YES, ""))
    office.run(safe_files.fetch(office.ada, id_))
    found = acts(office)
    assert found[Act.SAFE_FILE_ASKED.value] == 1
    assert found[Act.REVIEW_READ.value] == 1
    assert found[Act.VOTE_CAST.value] == 2
    assert found[Act.SAFE_FILE_APPROVED.value] == 1
    assert found[Act.SAFE_FILE_FETCHED.value] == 1


def test_a_file_goes_with_its_freeze(office: Office, safe_files: SafeFiles) -> None:
    id_ = approved(office, safe_files)
    office.freezes.reviews.clear()
    with pytest.raises(NotReady):
        office.run(safe_files.fetch(office.ada, id_))


def test_what_a_crash_left_unmade_is_made_at_the_next_start(
    office: Office, safe_files: SafeFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = office.freezes.keep_review

    def dies(*_: object) -> None:
        raise RuntimeError("the machine went down")

    monkeypatch.setattr(office.freezes, "keep_review", dies)
    with pytest.raises(RuntimeError, match="went down"):
        made(office, safe_files)
    monkeypatch.setattr(office.freezes, "keep_review", kept)
    id_ = office.run(safe_files.mine(office.ada))[0].id
    assert state(office, safe_files, id_) is SafeFileState.SUBMITTED
    office.run(safe_files.catch_up())
    assert state(office, safe_files, id_) is SafeFileState.UNDER_REVIEW


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"project": " "}, "project"),
        ({"project": "x" * 121}, "project"),
        ({"purpose": "Research."}, "purpose"),
        ({"known": ()}, "known"),
        ({"known": ("E1",)}, "known"),
        ({"known": ("nothing",)}, "known"),
        ({"others": ("B1",)}, "others"),
        ({"others": ()}, "others"),
        ({"wave": "none"}, "wave"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_stored(
    office: Office, safe_files: SafeFiles, change: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInput) as wrong:
        office.run(safe_files.ask(office.ada, asked(office, **change)))
    assert field in [error.field for error in wrong.value.fields]
    assert office.run(safe_files.mine(office.ada)) == []


def test_a_wave_of_fewer_people_than_the_threshold_gives_no_file(
    open_office: Callable[..., Office],
) -> None:
    few = open_office({("RIGA", "1", "1"): 4, ("LATGALE", "2", "2"): 4})
    rooms = SafeFiles(few.releases.desk)
    id_ = few.run(rooms.ask(few.ada, asked(few)))
    assert few.run(rooms.one(few.ada, id_)).state is SafeFileState.REFUSED
    assert not few.freezes.reviews
    assert acts(few)[Act.SAFE_FILE_REFUSED.value] == 1


def test_a_class_that_says_one_thing_only_is_made_coarser(
    open_office: Callable[..., Office],
) -> None:
    groups = {("RIGA", "1", answer): 30 for answer in ("1", "2", "3")}
    groups |= {("RIGA", "2", answer): 30 for answer in ("1", "2", "3")}
    groups |= {("LATGALE", "1", "5"): 60, ("LATGALE", "2", "1"): 60}
    office = open_office(groups)
    rooms = SafeFiles(office.releases.desk)
    id_ = approved(office, rooms)
    frame = pd.read_csv(io.StringIO(office.run(rooms.fetch(office.ada, id_)).csv), dtype=str)
    classes = frame.groupby(["B1", "B4"])["E1"]
    assert (classes.nunique() >= 2).all()


def test_who_would_stand_out_is_left_out_of_the_file(open_office: Callable[..., Office]) -> None:
    groups = {(region, sex, answer): 40 for region in ("RIGA", "LATGALE", "ZEMGALE")
              for sex in ("1", "2") for answer in ("1", "2", "3")}  # fmt: skip
    groups |= {("RIGA", "refused", answer): 1 for answer in ("1", "2", "3")}
    office = open_office(groups)
    rooms = SafeFiles(office.releases.desk)
    file = office.run(rooms.fetch(office.ada, approved(office, rooms)))
    frame = pd.read_csv(io.StringIO(file.csv), dtype=str)
    assert len(frame) == len(office.freezes.frame) - 3
    assert frame.groupby(["B1", "B4"]).size().min() >= 10
    assert json.loads(file.description)["suppressed"] == 3
