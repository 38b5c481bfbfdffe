"""A submission as bytes: parts that are whole or refused, content in one form only."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from survey_service.collection.submission import Part, Submission
from survey_service.stores.canonical import canonical
from survey_service.stores.envelopes import unpad, unseal
from survey_service.stores.errors import EnvelopeBroken
from tests.kit.field import Field, people

if TYPE_CHECKING:
    from pathlib import Path

    from survey_service.stores.stores import Stores

TAG, KEY = bytes(range(32)), bytes(range(32, 64))
RECORD, CONTACT = {"day": "2026-11-28", "notice": "a"}, {"phone": "+371 20000000 āž"}


def test_a_part_says_what_was_put_into_it_even_where_a_tag_begins_like_the_old_form() -> None:
    part = Part(b"{" + TAG[1:], KEY, (canonical(RECORD), canonical(CONTACT)))
    assert Part.read(part.written()) == part


@pytest.mark.parametrize("kept", [66, 68, 80, -1])
def test_half_a_part_is_refused(kept: int) -> None:
    written = Part(TAG, KEY, (canonical(RECORD),)).written()
    with pytest.raises(EnvelopeBroken):
        Part.read(written[:kept])


def test_a_part_that_waited_while_the_service_was_renewed_is_still_read() -> None:
    head = {"tag": TAG.hex(), "key": KEY.hex()}
    consent = Part.read(json.dumps({**head, "record": RECORD, "contact": None}).encode())
    assert consent == Part(TAG, KEY, (canonical(RECORD), b"null"))
    answers = Part.read(json.dumps({**head, "body": {"b": 1, "a": 2}}).encode())
    assert answers == Part(TAG, KEY, (b'{"a":2,"b":1}',))


def test_what_is_settled_reads_the_same_whether_or_not_it_went_through_a_change(
    sqlite_stores: Stores, tmp_path: Path
) -> None:
    # Otherwise whoever can open the rows sees in the order of names who corrected something.
    field = Field(sqlite_stores, tmp_path)
    wave = field.open_wave()
    codes = field.answer_all(wave, people(20))
    for code in codes:
        keys = code.under(wave.salt)
        row = field.answers.sealed(field.answers.stored_tag(keys.response_tag))
        assert row is not None
        text = unpad(unseal(unseal(keys.response_key, row.by_code, row.tag), row.body, row.tag))
        assert text == canonical(json.loads(text))
        kept = field.consents.of_code(field.consents.stored_tag(keys.consent_tag), keys.consent_key)
        assert kept is not None
        assert list(kept["record"]) == sorted(kept["record"])


def test_a_revision_without_a_change_is_the_same_bytes() -> None:
    sent = Submission("w", canonical({"b": 1, "a": 2}), canonical(RECORD), canonical(CONTACT))
    same = sent.changed(answers={"a": 2, "b": 1}, consent=dict(RECORD), contact=dict(CONTACT))
    assert same == sent
