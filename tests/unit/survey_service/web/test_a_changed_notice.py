"""A new version of an open wave's notice: whoever has a form is asked again and loses nothing."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from schemas.notice import Notice
from survey_service.problems import Conflict, InvalidInput
from survey_service.surveys.notices import Notices
from survey_service.surveys.waves import WaveState
from tests.kit.field import SLUG, Field
from tests.unit.survey_service.web.respondent import START, YES_TO_ALL, Respondent

NOTICE = f"{START}/lv"


def in_force(field: Field) -> Notice:
    wave = field.surveys.in_field_now(SLUG)
    assert wave is not None
    return wave.notice


def change(field: Field, **more: object) -> Notice:
    """Put a next version into force and return it."""
    wave = field.surveys.in_field_now(SLUG)
    assert wave is not None
    notices = Notices(field.stores.office, field.surveys, field.audit, field.clock)
    told = wave.notice.model_copy(update={"version": wave.notice.version + 1, **more})
    return notices.change_now(wave.id, told)


def test_an_open_form_is_asked_again_and_keeps_its_answers(
    respondent: Respondent, field: Field
) -> None:
    respondent.consent()
    assert respondent.post("lv/q/B4", {"value": "2"}).headers["location"] != NOTICE
    old = in_force(field)
    new = change(field)
    assert respondent.get("lv/q/B1").headers["location"] == NOTICE
    assert respondent.get("lv/check").headers["location"] == NOTICE
    assert respondent.get("lv/go-on").headers["location"] == NOTICE
    assert respondent.get("lv/pause").status_code == 200, "and may still keep his code"
    # What was typed on a page from before is kept, and then he is led to the notice.
    assert respondent.post("lv/q/B8", {"value": "1"}).headers["location"] == NOTICE
    assert respondent.post("lv/check").headers["location"] == NOTICE, "nothing is sent"
    page = respondent.get("lv").text
    assert "Paziņojums ir mainījies" in page
    assert "Jūsu atbildes ir saglabātas." in page
    form = respondent.get("lv/consent").text
    assert " checked" not in form, "decisions under the old notice are nobody's decisions now"
    assert new.hash in form
    assert old.hash not in form
    again = respondent.consent(change="1", notice=new.hash, research_reuse="no")
    assert "/q/" in again.headers["location"]
    assert 'value="2" checked' in respondent.get("lv/q/B4").text
    assert respondent.get("lv/q/B8").text.count(" checked") == 1
    assert respondent.post("lv/check").headers["location"] == f"{NOTICE}/receipt"
    respondent.post("/my-answers/en", {"code": respondent.code})
    sent = respondent.get("/my-answers/en/copy.json").json()["surveys"][0]["submitted_and_waiting"]
    assert sent["consent"]["notice"] == new.hash
    assert sent["consent"]["decisions"]["research_reuse"] is False


def test_decisions_never_count_for_a_notice_that_was_not_on_the_page(
    respondent: Respondent, field: Field
) -> None:
    old = in_force(field)
    change(field)
    answer = respondent.post("lv/consent", {**YES_TO_ALL, "notice": old.hash})
    assert answer.headers["location"] == f"{NOTICE}?changed=1"
    assert respondent.code is None
    assert "Paziņojums ir mainījies" in respondent.get("lv?changed=1").text


def test_who_has_sent_his_answers_keeps_the_notice_he_read(
    respondent: Respondent, field: Field
) -> None:
    old = in_force(field)
    respondent.consent()
    respondent.post("lv/check")
    change(field)
    assert respondent.get("lv/receipt").status_code == 200
    respondent.post("/my-answers/en", {"code": respondent.code})
    sent = respondent.get("/my-answers/en/copy.json").json()["surveys"][0]["submitted_and_waiting"]
    assert sent["consent"]["notice"] == old.hash


def test_a_new_version_may_not_take_back_what_people_were_promised(field: Field) -> None:
    old = in_force(field)
    longer = tuple(
        p.model_copy(update={"retention_months": p.retention_months + 1}) for p in old.purposes
    )
    needed = tuple(p.model_copy(update={"mandatory": True}) for p in old.purposes)
    for broken in (
        {"purposes": longer},
        {"purposes": needed},
        {"version": old.version},
        {"languages": ("lv",)},
    ):
        with pytest.raises(InvalidInput):
            change(field, **{"short": old.short[::-1], **broken})
    assert in_force(field) == old
    wave = field.surveys.in_field_now(SLUG)
    assert wave is not None
    field.close_wave(wave)
    notices = Notices(field.stores.office, field.surveys, field.audit, field.clock)
    with pytest.raises(Conflict):
        notices.change_now(wave.id, old.model_copy(update={"version": 9}))


def test_the_same_version_again_changes_nothing_and_is_logged_once(field: Field) -> None:
    new = change(field)
    wave = field.surveys.in_field_now(SLUG)
    assert wave is not None
    size = asyncio.run(field.audit.size())
    notices = Notices(field.stores.office, field.surveys, field.audit, field.clock)
    assert notices.change_now(wave.id, new).hash == new.hash
    assert asyncio.run(field.audit.size()) == size


def test_a_wave_that_opens_meanwhile_keeps_its_notice(
    field: Field, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = in_force(field)
    wave = field.surveys.in_field_now(SLUG)
    assert wave is not None
    seen = replace(wave, state=WaveState.DRAFT)
    monkeypatch.setattr(field.surveys, "wave_now", lambda _: seen)
    longer = tuple(p.model_copy(update={"retention_months": 99}) for p in old.purposes)
    notices = Notices(field.stores.office, field.surveys, field.audit, field.clock)
    with pytest.raises(Conflict):
        notices.change_now(
            wave.id, old.model_copy(update={"version": old.version + 1, "purposes": longer})
        )
    assert in_force(field) == old
