"""Whoever can write to the inbox forges what waits there: refused, and nobody else is held up."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import LargeBinary, bindparam, insert, select, update

from survey_service.audit_log.appending import LEAF
from survey_service.collection.code import Code
from survey_service.collection.models import Waiting
from survey_service.collection.settle import LARGEST_PART
from survey_service.collection.submission import Part
from survey_service.stores.envelopes import key_pair, pad, seal_to
from survey_service.stores.stores import Stores
from survey_service.surveys.waves import Wave
from tests.kit.field import SLUG, Field, people

WAITING: Any = Waiting.__table__  # type: ignore[attr-defined]
ROW = select(WAITING).where(WAITING.c.tag == bindparam("of_tag"))
HONEST = 22

Row = dict[str, Any]
Forge = Callable[[Field, Wave, Row, Row], Row]
"""What becomes of somebody's row, given another person's."""


def flipped(part: str) -> Forge:
    def forge(_field: Field, _wave: Wave, row: Row, _other: Row) -> Row:
        at = len(row[part]) // 2
        changed = bytes([row[part][at] ^ 1])
        return {part: row[part][:at] + changed + row[part][at + 1 :]}

    return forge


def of_somebody_else(part: str) -> Forge:
    return lambda _field, _wave, _row, other: {part: other[part]}


def cut(length: int) -> Forge:
    return lambda _field, _wave, row, _other: {"vault_part": row["vault_part"][:length]}


def sealed_to_another_key(_field: Field, _wave: Wave, row: Row, _other: Row) -> Row:
    """As it would be from another survey, or with another generation's key."""
    return {"answers_part": seal_to(key_pair()[1], pad(b"{}", 512), row["tag"])}


def said(part: str, text: bytes, *, padded: bool = True) -> Forge:
    """Sealed as it should be, with a content that no form makes."""

    def forge(field: Field, wave: Wave, row: Row, _other: Row) -> Row:
        generation = field.inbox.generation_now(wave.id)
        key = generation.vault_key if part == "vault_part" else generation.answers_key
        return {part: seal_to(key, pad(text, 512) if padded else text, row["tag"])}

    return forge


def written(*members: bytes) -> bytes:
    return Part(secrets.token_bytes(32), secrets.token_bytes(32), members).written()


FORGED: dict[str, Forge] = {
    "a byte of the consent": flipped("vault_part"),
    "a byte of the answers": flipped("answers_part"),
    "another person's consent": of_somebody_else("vault_part"),
    "another person's answers": of_somebody_else("answers_part"),
    "another survey's key": sealed_to_another_key,
    "nothing": cut(0),
    "a key and nothing more": cut(32),
    "half": cut(200),
    "too large": said("answers_part", written(b"{%b}" % (b" " * LARGEST_PART))),
    "empty": said("vault_part", b""),
    "no length": said("vault_part", b"{}", padded=False),
    "a lying length": said("vault_part", b"\x01" + bytes(64) + b"\xff\xff\xff\xff{}"),
    "no members": said("answers_part", written()),
    "too many members": said("answers_part", written(b"{}", b"{}", b"{}")),
    "too many in the consent": said("vault_part", written(*[b"{}"] * 9)),
    "a list": said("answers_part", written(b"[]")),
    "an empty one": said("answers_part", written(b"")),
    "no record": said("vault_part", written(b"null", b"null")),
    "old JSON without its keys": said("vault_part", b"{}"),
    "old JSON that is none": said("answers_part", b"{"),
    "old JSON with a short tag": said(
        "answers_part", json.dumps({"tag": "00", "key": "00", "body": {}}).encode()
    ),
}


def row_of(field: Field, code: Code) -> Row:
    tag = field.inbox.stored_tag(field.collection.keys(SLUG, code))
    return field.stores.inbox.read_now(lambda tx: tx.dicts(ROW, of_tag=tag))[0]


def put(field: Field, row: Row, change: Row) -> None:
    """Write over what waits, as whoever holds the store could."""
    values = {name: bindparam(f"new_{name}", type_=LargeBinary) for name in change}
    work = update(WAITING).where(WAITING.c.tag == bindparam("of_tag")).values(values)
    new = {f"new_{name}": value for name, value in change.items()}
    field.stores.inbox.write_now(lambda tx: tx.run(work, of_tag=row["tag"], **new))


def refusals(field: Field) -> list[int]:
    """What the audit log says was refused, entry by entry."""
    entries = field.stores.audit.read_now(lambda tx: tx.all(select(LEAF.c.entry)))
    counts = [json.loads(row[0]).get("counts", {}) for row in entries]
    return [c["refused"] for c in counts if "refused" in c]


def test_what_is_forged_is_refused_and_all_others_are_settled(
    stores: Stores, tmp_path: Path
) -> None:
    field = Field(stores, tmp_path)
    wave = field.open_wave()
    field.settle.run(wave)
    codes = []
    for person in people(HONEST + len(FORGED)):
        codes += field.answer_all(wave, [person], questions=1)
    honest, forged = codes[:HONEST], codes[HONEST:]
    other = row_of(field, honest[0])
    for code, forge in zip(forged, FORGED.values(), strict=True):
        row = row_of(field, code)
        put(field, row, forge(field, wave, row, other))
    # And a row that nobody sent.
    stray = {**other, "tag": secrets.token_bytes(32)}
    stores.inbox.write_now(lambda tx: tx.run(insert(WAITING).values(**stray)))

    assert field.settle.run(wave) == HONEST
    assert field.answers.count(wave.id) == HONEST
    assert len(field.consents.tags_of(SLUG)) == HONEST
    left = stores.inbox.read_now(lambda tx: tx.all(select(WAITING.c.tag)))
    assert left == [], "nothing of the forged is kept"
    assert refusals(field) == [len(FORGED) + 1]
    held = field.consents.classes(SLUG)
    assert sum(held.values()) == HONEST, "and every row that was settled can be read"
    assert len(list(field.answers.bodies(wave.id))) == HONEST


@pytest.mark.parametrize("what", ["half", "another survey's key"])
def test_a_batch_of_nothing_but_forged_rows_is_dropped_and_the_next_one_settles(
    sqlite_stores: Stores, tmp_path: Path, what: str
) -> None:
    field = Field(sqlite_stores, tmp_path)
    wave = field.open_wave()
    (code,) = field.answer_all(wave, people(1), questions=1)
    row = row_of(field, code)
    put(field, row, FORGED[what](field, wave, row, row))
    assert field.settle.run(wave, closing=True) == 0
    assert refusals(field) == [1]
    field.answer_all(wave, people(2)[1:], questions=1)
    assert field.settle.run(wave, closing=True) == 1
