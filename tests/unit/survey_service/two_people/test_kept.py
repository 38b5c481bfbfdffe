"""The statement that decides asks for itself who decides, when, and whether somebody has."""

from __future__ import annotations

import pytest

from survey_service.contact_lists.kept import LISTS
from survey_service.contact_lists.models import ContactListRow
from survey_service.stores.stores import Stores

ASKED = {"id": "one", "survey": "s", "reason": "r", "asked_by": "cora", "asked_at": "2026-01-01",
         "ends_at": "2026-01-08", "salt": b"s", "public_key": b"k"}  # fmt: skip


@pytest.mark.parametrize(
    ("by", "state", "now", "goes"),
    [
        ("dee", "asked", "2026-01-07", True),
        ("cora", "asked", "2026-01-07", False),
        ("dee", "refused", "2026-01-07", False),
        ("dee", "granted", "2026-01-07", False),
        ("dee", "asked", "2026-01-08", False),
    ],
)
def test_a_second_person_decides_once_and_in_time(
    sqlite_stores: Stores, by: str, state: str, now: str, goes: bool
) -> None:
    office = sqlite_stores.office
    row = ContactListRow.model_validate({**ASKED, "state": state})
    office.write_now(lambda tx: tx.add(row))
    done = office.write_now(
        lambda tx: LISTS.decide(tx, "one", by=by, grant=True, now=now, until="2026-01-15")
    )
    assert done is goes
    found = office.read_now(lambda tx: LISTS.one(tx, "one", "2026-01-07"))
    assert found is not None
    assert (found.state, found.decided_by) == (("granted", by) if goes else (state, None))


@pytest.mark.parametrize(
    ("state", "left"), [("asked", "over"), ("granted", "over"), ("refused", "refused")]
)
def test_what_was_refused_is_not_ended(sqlite_stores: Stores, state: str, left: str) -> None:
    office = sqlite_stores.office
    row = ContactListRow.model_validate({**ASKED, "state": state})
    office.write_now(lambda tx: tx.add(row))
    office.write_now(lambda tx: LISTS.end(tx, "one"))
    found = office.read_now(lambda tx: LISTS.one(tx, "one", "2026-01-07"))
    assert found is not None
    assert found.state == left
