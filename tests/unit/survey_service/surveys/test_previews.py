"""A preview is the form itself, and nothing of it can ever be sent or counted."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from schemas.audit import Act
from survey_service.collection.code import Code
from survey_service.problems import NotFound
from survey_service.stores.stores import Stores
from survey_service.surveys.waves import WaveState
from tests.unit.survey_service.surveys.coordinating import Coordinator, core_file, words


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
