"""A thief beside somebody who corrects, withdraws or erases: no old byte, no pair."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from survey_service.answers.by_code import AnswersByCode, FreezesElsewhere
from survey_service.collection.code import Code
from survey_service.collection.letterbox import Letterbox
from survey_service.consent.by_code import ConsentsByCode
from survey_service.problems import NotFound, SurveyClosed
from survey_service.rights.changing import Change, restricted
from survey_service.rights.kept import Kept
from survey_service.rights.service import Rights
from survey_service.stores.envelopes import unseal
from survey_service.stores.errors import EnvelopeBroken
from survey_service.stores.parts import Part
from survey_service.stores.store import Store
from survey_service.stores.stores import Stores
from survey_service.surveys.core import load
from survey_service.surveys.reading import answered
from survey_service.surveys.waves import Wave
from tests.kit.field import SLUG, Field, people
from tests.kit.scan import bytes_of

Files = Callable[[Store], list[Path]]

PEOPLE = 24
ALL_YES = {"participation": True, "ethnic_health": True, "research_reuse": True, "contact": True}
ACTS = ("correct", "ethnic_health", "research_reuse", "contact", "restrict")


@pytest.fixture
def field(stores: Stores, tmp_path: Path) -> Field:
    return Field(stores, tmp_path)


def settled(field: Field) -> tuple[Wave, list[Code]]:
    """A wave in which everybody agreed to everything, settled and rewritten."""
    wave = field.open_wave()
    crowd = [p for p in people(400) if dict(p.decisions) == ALL_YES]
    codes = field.answer_all(wave, crowd[:PEOPLE], questions=9)
    field.close_wave(wave)
    assert field.answers.count(wave.id) == PEOPLE
    return wave, codes


def act(field: Field, code: Code, what: str, value: str = "1") -> None:
    """Correct the sex, restrict, or take one purpose back."""

    async def run() -> None:
        if what == "correct":
            kept = await field.rights.sent(code)
            await field.rights.correct(code, kept.etag, {"B4": answered(value)})
        elif what == "restrict":
            await field.rights.restrict(code, on=True)
        else:
            await field.rights.withdraw(code, what)

    asyncio.run(run())


def kept_under(field: Field, code: Code) -> Kept:
    """What was sent under a code, read in this thread: each other one would connect anew."""
    keys = field.collection.keys(SLUG, code)
    return field.rights._reader.sent_now(SLUG, load().questionnaire.title, keys)


def other_sex(field: Field, code: Code) -> str:
    """The answer that this person did not give."""
    body = kept_under(field, code).body or {}
    return "2" if body["record"]["B4"]["value"] == "1" else "1"


def everything(files: Files, stores: Stores, *names: str) -> bytes:
    """Every byte of the files of these stores."""
    return b"".join(bytes_of(p) for name in names for p in files(getattr(stores, name)))


def wraps(stores: Stores) -> set[bytes]:
    """The office's wraps of row keys as they lie in the store."""
    rows = stores.keys.read_now(lambda tx: tx.all(text("SELECT wrapped FROM row_key")))
    return {bytes(wrapped) for (wrapped,) in rows}


def test_what_stood_before_a_change_can_be_read_by_nobody(
    field: Field, stores: Stores, store_files: Files
) -> None:
    wave, codes = settled(field)
    for code, what in zip(codes, ("correct", "ethnic_health"), strict=False):
        tag = field.answers.stored_tag(field.collection.keys(SLUG, code).response_tag)
        before, wrapped = field.answers.sealed(tag), wraps(stores)
        assert before is not None
        assert before.body[:64] in everything(store_files, stores, "answers"), "the scan works"
        act(field, code, what, other_sex(field, code))
        (old_wrap,) = wrapped - wraps(stores)
        assert old_wrap not in everything(store_files, stores, "keys")
        if stores.answers.dialect == "sqlite":
            files = everything(store_files, stores, *(store.name for store in stores))
            for part in (before.body, before.by_code):
                assert not any(part[at : at + 64] in files for at in range(0, len(part) - 63, 512))
        else:
            # PostgreSQL keeps the bytes until vacuum: the key that is left does not open them.
            key = field.answers._row_keys.read_all([tag])[tag]
            with pytest.raises(EnvelopeBroken):
                unseal(key, before.body, tag)
    assert len(field.answers.bodies(wave.id)) == PEOPLE, "the office reads the rows as they are now"


def test_no_change_of_answers_shows_in_the_vault_before_all_of_it_changes(
    field: Field, stores: Stores
) -> None:
    wave, codes = settled(field)
    every = text("SELECT tag, record, contact, by_code FROM consent")

    def vault() -> dict[bytes, tuple[bytes, ...]]:
        rows = stores.vault.read_now(lambda tx: tx.all(every))
        return {bytes(r[0]): tuple(bytes(part) for part in r[1:]) for r in rows}

    for code, what in zip(codes, ACTS, strict=False):
        before = vault()
        act(field, code, what, other_sex(field, code))
        assert vault() == before, f"{what}: a row of the vault changed beside one of the answers"
        noted = what in ALL_YES
        assert field.hand_over.note(wave) == int(noted)
        after = vault()
        changed = [tag for tag in after if after[tag][:2] != before[tag][:2]]
        assert len(changed) == (PEOPLE if noted else 0), "some can be told from the others"
        kept = kept_under(field, code)
        assert kept.record.get("withdrawn") == ([what] if noted else None)
        assert kept.record["decisions"] == ALL_YES, "what was decided stays proved"
        assert kept.consent is not None
        assert (kept.consent["contact"] is None) == (what == "contact")
        if stores.vault.dialect == "postgresql":
            for store, table in ((stores.vault, "consent"), (stores.answers, "answer")):
                query = text(f"SELECT DISTINCT xmin::text FROM {table}")
                rows = store.read_now(lambda tx, q=query: tx.all(q))
                assert len(rows) == 1, f"{what}: a row of {table} was written apart"
    for code in codes[len(ACTS) :]:
        assert "withdrawn" not in kept_under(field, code).record


def test_a_change_that_waits_has_one_size_and_opens_with_no_key_of_the_pages(
    field: Field, stores: Stores
) -> None:
    _, codes = settled(field)
    for code, what in zip(codes, ("ethnic_health", "research_reuse", "contact"), strict=False):
        act(field, code, what)
    act(field, codes[0], "contact")
    act(field, codes[0], "research_reuse")
    sizes = text("SELECT length(vault_part), length(own_copy) FROM decision_change")
    rows = stores.inbox.read_now(lambda tx: tx.all(sizes))
    assert len(rows) == 3
    assert len(set(rows)) == 1


def test_marks_go_with_their_keys_once_the_vault_has_noted_them(
    field: Field, stores: Stores
) -> None:
    wave, codes = settled(field)
    act(field, codes[0], "contact")
    assert field.hand_over.note(wave) == 1
    assert field.hand_over.note(wave) == 0
    count = text("SELECT count(*) FROM decision_change")
    assert stores.inbox.read_now(lambda tx: tx.one(count)) == (0,)
    left = text("SELECT count(*) FROM generation WHERE state = 'closing'")
    assert stores.inbox.read_now(lambda tx: tx.one(left)) == (0,)


@pytest.mark.parametrize("where", ["waiting", "settled"])
def test_a_second_window_after_an_erasure_brings_nothing_back(
    field: Field, stores: Stores, where: str
) -> None:
    wave = field.open_wave()
    codes = field.answer_all(wave, people(3), questions=5)
    if where == "settled":
        field.close_wave(wave)
    code = codes[0]
    shown = kept_under(field, code)
    asyncio.run(field.rights.erase(code))
    for what in ACTS:
        if what == "correct":
            again = field.rights.correct(code, shown.etag, {"B4": answered("1")})
        elif what == "restrict":
            again = field.rights.restrict(code, on=True)
        else:
            again = field.rights.withdraw(code, what)
        with pytest.raises(NotFound):
            asyncio.run(again)
    # And one that had read everything before the erasure, and writes only now.
    late = field.rights._changing.apply(
        shown, "restricted", lambda now: Change(restricted(now.body or {}, on=True))
    )
    assert late is False
    with pytest.raises((NotFound, SurveyClosed)):
        asyncio.run(field.collection.submit(SLUG, code))
    if where == "waiting":
        field.close_wave(wave)
    assert field.answers.count(wave.id) == 2
    assert len(field.consents.tags()) == 2
    for table in ("waiting", "decision_change"):
        count = text(f"SELECT count(*) FROM {table}")
        assert stores.inbox.read_now(lambda tx, c=count: tx.one(c)) == (0,)
    assert asyncio.run(field.rights.status(code)).kind == "nothing"


def test_unknown_erased_stopped_and_forgotten_codes_cost_the_same(
    field: Field, stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    wave = field.open_wave()
    codes = field.answer_all(wave, people(4), questions=5)
    stopped = asyncio.run(field.fill(wave, people(5)[-1], questions=2))
    asyncio.run(field.rights.erase(stopped))
    waiting_erased, settled_erased = codes[:2]
    asyncio.run(field.rights.erase(waiting_erased))
    field.close_wave(wave)
    asyncio.run(field.rights.erase(settled_erased))
    asyncio.run(field.rights.withdraw(codes[3], "contact"))
    calls: Counter[str] = Counter()
    for method in ("read", "read_now", "first", "first_now", "write", "write_now"):
        original = getattr(Store, method)

        def counted(
            self: Store, *args: Any, _o: Any = original, _m: str = method, **kw: Any
        ) -> Any:
            calls[f"{self.name}.{_m}"] += 1
            return _o(self, *args, **kw)

        monkeypatch.setattr(Store, method, counted)

    def cost(code: Code) -> dict[str, int]:
        calls.clear()
        asyncio.run(field.rights.status(code))
        # Surveys are looked up every two seconds, whoever asks.
        return {name: count for name, count in calls.items() if not name.startswith("office")}

    costs = [cost(code) for code in (Code.new(), waiting_erased, settled_erased, stopped)]
    assert all(one == costs[0] for one in costs)
    assert {name.partition(".")[0] for name in costs[0]} >= {"drafts", "inbox", "vault", "answers"}
    assert cost(codes[3]) == costs[0], "nor is a known code cheaper or dearer to look up"


def test_of_two_changes_at_one_moment_none_is_lost(field: Field) -> None:
    wave = field.open_wave()
    codes = field.answer_all(wave, people(2), questions=9)
    for where in ("waiting", "settled"):
        code = codes[where == "settled"]
        seen = kept_under(field, code)
        value = other_sex(field, code)
        act(field, code, "correct", value)
        # Read before the correction, written after it.
        late = field.rights._changing.apply(
            seen, "restricted", lambda now: Change(restricted(now.body or {}, on=True))
        )
        kept = kept_under(field, code)
        assert late
        assert kept.kind == where
        assert kept.restricted
        assert (kept.body or {})["record"]["B4"]["value"] == value
        field.settle.run(wave, closing=True)


def front_of(field: Field, stores: Stores) -> Rights:
    """The room as a part has it that holds the front's keys and no other."""
    ring = field.keyring.of(Part.FRONT)
    answers = AnswersByCode(stores.answers, ring)
    letterbox = Letterbox(stores.inbox, ring)
    elsewhere: Any = FreezesElsewhere(stores.answers)
    return Rights(
        stores,
        field.surveys,
        field.drafts,
        letterbox,
        ConsentsByCode(stores.vault, ring),
        answers,
        elsewhere,
        field.tombstones,
        field.ballast,
        field.clock,
    )


def test_a_part_without_any_key_corrects_withdraws_and_restricts(
    field: Field, stores: Stores, store_files: Files
) -> None:
    wave, codes = settled(field)
    assert field.freezes.make(wave.id, wave.form, field.now.date()) is not None
    field.hand_over.serve(wave.id)
    rights, field.rights = field.rights, front_of(field, stores)
    tag = field.answers.stored_tag(field.collection.keys(SLUG, codes[0]).response_tag)
    before = field.answers.sealed(tag)
    assert before is not None
    value = other_sex(field, codes[0])
    for code, what in zip(codes, ACTS, strict=False):
        act(field, code, what, value)
    if stores.answers.dialect == "sqlite":
        assert before.body[:64] not in everything(store_files, stores, "answers")
    kept = kept_under(field, codes[0])
    assert (kept.body or {})["record"]["B4"]["value"] == value, "its person reads it at once"
    assert field.freezes.latest(wave.id) is None, "no freeze opens that holds what was"
    field.rights = rights
    field.hand_over.serve(wave.id)
    assert len(field.answers.bodies(wave.id)) == PEOPLE
    field.hand_over.note(wave)
    noted = kept_under(field, codes[1]).consent
    assert noted is not None
    assert noted["record"]["withdrawn"] == ["ethnic_health"]
