"""A respondent's whole life in the stores, on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from survey_service.collection.code import Code
from survey_service.collection.composing import composed
from survey_service.problems import NotFound
from survey_service.stores.stores import Stores
from tests.kit.field import SLUG, Field, people


@pytest.fixture
def field(stores: Stores, tmp_path: Path) -> Field:
    return Field(stores, tmp_path)


def test_an_answer_goes_from_draft_to_inbox_to_two_stores_and_is_read_by_its_code(
    field: Field,
) -> None:
    wave = field.open_wave()
    person = people(1)[0]

    async def live() -> Code:
        code = await field.fill(wave, person)
        assert (await field.rights.status(code)).kind == "draft"
        await field.collection.submit(SLUG, code)
        assert (await field.rights.status(code)).kind == "waiting"
        copy = await field.rights.copy(code)
        assert copy["surveys"][0]["submitted_and_waiting"]["answers"]["record"]
        return code

    code = asyncio.run(live())
    field.close_wave(wave)
    status = asyncio.run(field.rights.status(code))
    assert status.kind == "settled"
    assert status.purposes == {p for p, yes in person.decisions.items() if yes}
    copy = asyncio.run(field.rights.copy(code))
    record = copy["surveys"][0]["answers"]["record"]
    assert "B3" in record
    assert len(field.answers.bodies(wave.id)) == 1


def test_the_same_submission_again_is_one_response(field: Field) -> None:
    wave = field.open_wave()

    async def twice() -> Code:
        code = await field.fill(wave, people(1)[0])
        await asyncio.gather(*(field.collection.submit(SLUG, code) for _ in range(4)))
        await field.collection.submit(SLUG, code)
        return code

    asyncio.run(twice())
    field.close_wave(wave)
    assert field.answers.count(wave.id) == 1
    assert len(field.consents.tags()) == 1


@pytest.mark.parametrize("settled", [False, True])
def test_erasure_leaves_nothing_and_reads_like_an_unknown_code(field: Field, settled: bool) -> None:
    wave = field.open_wave()
    codes = field.answer_all(wave, people(3))
    if settled:
        field.close_wave(wave)
    gone = codes[1]

    async def erase() -> None:
        await field.rights.erase(gone)
        await field.rights.erase(gone)
        assert await field.rights.status(gone) == await field.rights.status(Code.new())
        with pytest.raises(NotFound):
            await field.rights.copy(gone)
        assert (await field.rights.status(codes[0])).kind != "nothing"

    asyncio.run(erase())
    field.settle.run(wave, closing=True)
    assert field.answers.count(wave.id) == 2
    assert len(field.consents.tags()) == 2


def test_an_erased_person_cannot_be_brought_back_by_a_stale_tab(field: Field) -> None:
    wave = field.open_wave()

    async def stale() -> None:
        person = people(1)[0]
        code = await field.answer(wave, person)
        await field.rights.erase(code)
        with pytest.raises(NotFound):
            await field.collection.save(SLUG, code, "B4", {"state": "answered", "value": "1"}, "lv")
        with pytest.raises(NotFound):
            await field.collection.submit(SLUG, code)

    asyncio.run(stale())
    field.close_wave(wave)
    assert field.answers.count(wave.id) == 0


def test_two_tabs_lose_no_answer(field: Field) -> None:
    wave = field.open_wave()

    async def tabs() -> dict[str, object]:
        person = people(1)[0]
        code = await field.fill(wave, person, questions=0)
        value = {"state": "refused", "value": None}
        questions = [q.id for q in wave.form.questions if q.purpose == "participation"][:20]
        await asyncio.gather(
            *(field.collection.save(SLUG, code, q, value, "lv") for q in questions)
        )
        draft = await field.collection.draft(SLUG, code)
        assert draft is not None
        return draft.answers

    assert len(asyncio.run(tabs())) == 20


def test_a_draft_vanishes_when_its_time_is_over(field: Field) -> None:
    wave = field.open_wave()
    code = asyncio.run(field.fill(wave, people(1)[0]))
    field.later(days=wave.draft_days + 1)
    assert asyncio.run(field.collection.draft(SLUG, code)) is None
    assert field.drafts.purge_now(field.clock().date()) == 1


def test_a_changed_answer_before_settle_is_the_only_one_kept(field: Field) -> None:
    wave = field.open_wave()
    person = people(1)[0]

    async def revise() -> Code:
        code = await field.answer(wave, person)
        keys = field.collection.keys(SLUG, code)
        copy = field.inbox.own_copy_now(keys)
        assert copy is not None
        from survey_service.collection.drafts import Draft

        answers = {q: wave.form.read(q, p) for q, p in person.posted.items() if q == "B4"}
        answers["B4"] = {"state": "refused", "value": None}
        draft = Draft(SLUG, wave.id, "lv", person.decisions, answers, notice=wave.notice.hash)
        await field.drafts.put(keys, draft, field.clock().date())
        await field.collection.submit(SLUG, code)
        return code

    code = asyncio.run(revise())
    field.close_wave(wave)
    record = asyncio.run(field.rights.copy(code))["surveys"][0]["answers"]["record"]
    assert record["B4"]["state"] == "refused"
    assert field.answers.count(wave.id) == 1


def test_progress_is_told_in_tens_and_hidden_below_twenty(field: Field) -> None:
    wave = field.open_wave()
    field.answer_all(wave, people(19), questions=2)
    field.settle.run(wave, closing=True)
    assert field.answers.progress(wave.id) is None
    field.answer_all(wave, people(9, seed=2), questions=2)
    field.settle.run(wave, closing=True)
    assert field.answers.progress(wave.id) == 20


def test_a_freeze_opens_in_memory_and_is_gone_after_an_erasure(field: Field) -> None:
    from survey_service.answers.freezes import NoFreeze

    wave = field.open_wave()
    codes = field.answer_all(wave, people(30))
    closed = field.close_wave(wave)
    freeze = field.freezes.make(wave.id, wave.form, field.clock().date())
    assert freeze is not None
    frozen = field.freezes.open(freeze.id)
    agreed = [b for b in field.answers.bodies(wave.id) if "research_reuse" in b["purposes"]]
    assert len(frozen.frame) == len(agreed)
    assert set(frozen.frame["B4"].cat.categories) >= {"1", "2", "refused", "not_asked"}
    field.freezes.keep_review("r1", freeze.id, b"inside")
    assert field.freezes.read_review("r1") == b"inside"
    asyncio.run(field.rights.erase(codes[3]))
    assert field.freezes.latest(closed.id) is None
    for lost in (lambda: field.freezes.open(freeze.id), lambda: field.freezes.read_review("r1")):
        with pytest.raises(NoFreeze):
            lost()


def test_a_closed_wave_is_rewritten_once_and_again_only_when_something_settles(
    field: Field,
) -> None:
    from sqlalchemy import func, select

    from survey_service.audit_log.models import SearchRow

    search = SearchRow.__table__  # type: ignore[attr-defined]
    counted = select(func.count()).select_from(search).where(search.c.act == "wave_rewritten")

    def rewrites() -> int:
        row = field.stores.audit.read_now(lambda tx: tx.one(counted))
        return int(row[0]) if row else 0

    wave = field.open_wave()
    field.answer_all(wave, people(3), questions=2)
    closed = field.close_wave(wave)
    field.settle.run(closed, closing=True)
    field.settle.run(closed, closing=True)
    assert rewrites() == 1


def test_whoever_erases_while_his_rows_are_being_settled_is_gone_afterwards(
    field: Field, monkeypatch: pytest.MonkeyPatch
) -> None:
    wave = field.open_wave()
    codes = field.answer_all(wave, people(5), questions=2)
    settle = field.answers.settle

    def erase_meanwhile(*given: object) -> None:
        asyncio.run(field.rights.erase(codes[2]))
        settle(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(field.answers, "settle", erase_meanwhile)
    field.close_wave(wave)
    assert field.answers.count(wave.id) == 4
    assert len(field.consents.tags()) == 4
    assert asyncio.run(field.rights.status(codes[2])).kind == "nothing"


def test_a_submission_that_arrives_after_its_erasure_is_never_settled(field: Field) -> None:
    wave = field.open_wave()

    async def late() -> Code:
        code = await field.fill(wave, people(1)[0], questions=2)
        keys = field.collection.keys(SLUG, code)
        draft = await field.drafts.read(keys, field.clock().date())
        assert draft is not None
        await field.collection.submit(SLUG, code)
        sent = composed(wave, keys, draft, field.clock().date(), None)
        consent_tag = field.consents.stored_tag(keys.consent_tag)
        sealed = sent.parts(keys, consent_tag, field.answers.stored_tag(keys.response_tag))
        await field.rights.erase(code)
        await field.inbox.put(wave.id, keys, *sealed)
        return code

    code = asyncio.run(late())
    field.close_wave(wave)
    assert field.answers.count(wave.id) == 0
    assert asyncio.run(field.rights.status(code)).kind == "nothing"


def test_a_forged_question_or_one_nobody_agreed_to_is_not_kept(field: Field) -> None:
    wave = field.open_wave()
    refusing = next(p for p in people(200) if not p.decisions["ethnic_health"])

    async def forge() -> None:
        code = await field.fill(wave, refusing, questions=2)
        for question in ("E1", "B5", "NOPE", "__proto__"):
            value = {"state": "answered", "value": "1"}
            with pytest.raises(NotFound):
                await field.collection.save(SLUG, code, question, value, "lv")
        draft = await field.collection.draft(SLUG, code)
        assert draft is not None
        assert len(draft.answers) == 2

    asyncio.run(forge())
