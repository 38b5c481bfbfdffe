"""A preview is the form itself, and nothing of it can ever be sent or counted."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
from sqlalchemy import text

from schemas.audit import Act
from survey_service.collection.code import Code
from survey_service.problems import NotFound
from survey_service.stores.stores import Stores
from survey_service.surveys.core import load
from survey_service.surveys.waves import WaveState
from tests.unit.survey_service.surveys.coordinating import Coordinator, core_file, small, words


@pytest.fixture
def cora(sqlite_stores: Stores, tmp_path: Path) -> Coordinator:
    return Coordinator(sqlite_stores, tmp_path)


@pytest.fixture
def preview(cora: Coordinator) -> str:
    return cora.store(core_file(), survey="roma") + "/preview"


def begun(cora: Coordinator, preview: str, **fields: str) -> str:
    """Begin a preview and return the first question's address."""
    answer = cora.post(preview, {"lang": "en", "special": "yes", **fields})
    assert answer.status_code == 303
    return answer.headers["location"]


def test_the_pages_of_the_form_are_walked_and_marked(cora: Coordinator, preview: str) -> None:
    here = begun(cora, preview)
    pages = 0
    while "/q/" in here:
        page = cora.get(here)
        assert page.status_code == 200
        assert "nothing here is sent or counted" in words(page)
        answer = cora.post(here, {"value": "state:refused", "state": [], "go": "next"})
        if answer.status_code == 422:
            answer = cora.post(here, {"state": "refused", "go": "next"})
        assert answer.status_code == 303
        here, pages = answer.headers["location"], pages + 1
    assert pages >= 30
    check = cora.get(here)
    assert "A preview cannot be sent" in words(check)
    assert "Send my answers" not in check.text
    assert "<code>refused</code>" in check.text


def test_answers_come_back_and_wrong_ones_are_shown_as_respondents_see_them(
    cora: Coordinator, preview: str
) -> None:
    begun(cora, preview)
    wrong = cora.post(f"{preview}/en/q/B3", {"value": "140", "go": "next"})
    assert wrong.status_code == 422
    assert 'value="140"' in wrong.text
    assert "nothing here is sent or counted" in words(wrong)
    assert cora.post(f"{preview}/en/q/B3", {"value": "41", "go": "next"}).status_code == 303
    assert 'value="41"' in cora.get(f"{preview}/en/q/B3").text
    in_russian = cora.post(f"{preview}/en/q/B3", {"value": "41", "language": "ru"})
    assert in_russian.headers["location"] == f"{preview}/ru/q/B3"
    back = cora.get(f"{preview}/en/q/B3/back").headers["location"]
    assert re.fullmatch(rf"{preview}/en/q/\w+", back)
    banded = cora.get(f"{preview}/en/check")
    assert "<code>35-44</code>" in banded.text, "what would be stored, not what was typed"


def test_without_consent_the_questions_that_need_it_are_not_asked(
    cora: Coordinator, preview: str
) -> None:
    cora.post(preview, {"lang": "en"})
    assert cora.get(f"{preview}/en/q/E1").status_code == 303


def test_a_preview_cannot_be_submitted_and_no_survey_knows_its_code(
    cora: Coordinator, preview: str
) -> None:
    begun(cora, preview)
    code = Code(cora.client.cookies["preview"])
    wave = cora.prepare(preview.removesuffix("/preview"))
    cora.services.surveys.move_now(wave, WaveState.OPEN)
    collection = cora.services.collection

    assert asyncio.run(collection.draft("roma", code)) is None
    with pytest.raises(NotFound):
        asyncio.run(collection.submit("roma", code))
    assert asyncio.run(collection.standing("roma", code)) == "nothing"
    assert cora.post(f"{preview}/en/check").status_code == 405


def test_ending_leaves_nothing_and_only_the_beginning_is_logged(
    cora: Coordinator, preview: str
) -> None:
    here = begun(cora, preview)
    cora.post(here, {"value": "state:refused", "go": "next"})
    sha = preview.split("/")[-2]
    code = Code(cora.client.cookies["preview"])
    assert asyncio.run(cora.services.previews.read(sha, code)) is not None

    ended = cora.post(f"{preview}/en/leave")

    assert ended.headers["location"] == preview.removesuffix("/preview")
    assert asyncio.run(cora.services.previews.read(sha, code)) is None
    assert cora.logged().count(Act.QUESTIONNAIRE_PREVIEWED) == 1


def test_a_preview_of_another_questionnaire_does_not_open_with_this_code(
    cora: Coordinator, preview: str
) -> None:
    begun(cora, preview)
    code = Code(cora.client.cookies["preview"])
    previews = cora.services.previews
    assert asyncio.run(previews.read("0" * 64, code)) is None
    with pytest.raises(NotFound):
        asyncio.run(previews.save("0" * 64, code, "B3", None, "en"))


# From the notice on


TICKED = re.compile(r"<input[^>]* checked")
NOTICED = {"participation": "yes", "ethnic_health": "yes", "research_reuse": "no"}


@pytest.mark.parametrize("language", ["lv", "ru", "en"])
def test_with_a_notice_it_begins_as_for_a_respondent(
    cora: Coordinator, preview: str, language: str
) -> None:
    assert "begins at the first question" in words(cora.get(preview))
    cora.notice_of("roma")
    assert "begins with the survey's notice" in words(cora.get(preview))
    begun_at = cora.post(preview, {"lang": language})
    assert begun_at.headers["location"] == f"{preview}/{language}/notice"

    notice = cora.get(begun_at.headers["location"])
    assert load().notice.short[0].text(language) in notice.text
    assert f'lang="{language}"' in notice.text
    assert "/my-answers" not in notice.text, "no way out of the preview by accident"
    assert f'href="{preview}/{language}/consent"' in notice.text
    assert "set-cookie" not in notice.headers

    here = f"{preview}/{language}/consent"
    asked = cora.get(here)
    assert TICKED.search(asked.text) is None
    assert 'name="_csrf"' in asked.text
    empty = cora.post(here, {"go": "next"})
    assert empty.status_code == 422
    assert "error-summary" in empty.text
    other = cora.post(here, {**NOTICED, "language": "ru"})
    assert other.status_code == 200
    assert 'lang="ru"' in other.text
    assert TICKED.search(other.text)
    decided = cora.post(here, {**NOTICED, "contact": "yes", "go": "next"})
    assert decided.status_code == 303
    assert re.fullmatch(rf"{preview}/{language}/q/\w+", decided.headers["location"])
    assert cora.logged().count(Act.QUESTIONNAIRE_PREVIEWED) == 1


def test_a_decision_opens_questions_as_it_would_and_a_refusal_ends_it(
    cora: Coordinator, preview: str
) -> None:
    cora.notice_of("roma")
    here = f"{preview}/en/consent"
    cora.post(here, {**NOTICED, "ethnic_health": "no", "contact": "no"})
    assert cora.get(f"{preview}/en/q/E1").status_code == 303
    refused = cora.post(here, {**dict.fromkeys(NOTICED, "no"), "contact": "no"})
    assert refused.status_code == 200
    assert "You decided not to take part" in words(refused)
    assert "nothing here is sent or counted" in words(refused)
    assert cora.post(here, {**NOTICED, "contact": "no", "forged": "yes"}).status_code == 422


def test_nothing_of_it_is_kept_where_respondents_are(cora: Coordinator, preview: str) -> None:
    cora.notice_of("roma")
    cora.post(f"{preview}/en/consent", {**NOTICED, "contact": "yes"})
    stores = {store.name: store for store in cora.services.stores}
    for store, query in (
        ("drafts", "SELECT * FROM draft"),
        ("inbox", "SELECT * FROM waiting"),
        ("vault", "SELECT * FROM consent"),
    ):
        rows = stores[store].read_now(lambda tx, asked=query: tx.all(text(asked)))
        assert rows == [], store


def test_what_no_wave_can_open_with_is_said_at_its_row_in_the_report_and_in_the_preview(
    cora: Coordinator,
) -> None:
    file = small(**{"select_one yesno | visited": "text             | email  "})
    page = cora.upload(file, do="check")
    assert page.status_code == 200
    said = words(page)
    assert "It can be stored, but no wave of it opens yet" in said
    assert re.search(r"survey \d+ label\S* .{0,20}Warning It asks for what the vault knows", said)
    shown = words(cora.get(cora.store(file) + "/preview"))
    assert "No wave of this version can open" in shown
