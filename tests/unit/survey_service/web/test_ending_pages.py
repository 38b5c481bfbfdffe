"""Check, send, keep the code; and the ways out at any time."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.kit.field import Field
from tests.unit.survey_service.web.respondent import START, Respondent


@pytest.fixture
def inside(respondent: Respondent) -> Respondent:
    """Somebody who has said yes and answered two questions."""
    respondent.consent()
    respondent.post("lv/q/B3", {"value": "34"})
    respondent.post("lv/q/B4", {"value": "state:refused"})
    return respondent


def shown_code(page: str) -> str:
    groups = re.findall(r"<span>([0-9A-Z]{5})</span>", page)
    return "".join(groups)


def test_the_check_page_shows_answers_and_every_kind_of_none(inside: Respondent) -> None:
    text = inside.get("en/check").text
    assert "34" in text
    assert "You prefer not to say" in text
    assert "No answer" in text
    assert f'href="{START}/en/q/B4?from=check"' in text


def test_sending_leads_to_the_code_and_twice_is_once(inside: Respondent) -> None:
    for _ in range(2):
        answer = inside.post("lv/check")
        assert answer.status_code == 303
        assert answer.headers["location"] == f"{START}/lv/receipt"
    receipt = inside.get("lv/receipt")
    assert shown_code(receipt.text) == inside.code
    assert inside.get("lv/q/B4").headers["location"] == f"{START}/lv/receipt"


def test_pause_shows_the_same_code_as_the_receipt(inside: Respondent) -> None:
    paused = shown_code(inside.get("lv/pause").text)
    inside.post("lv/check")
    assert shown_code(inside.get("lv/receipt").text) == paused == inside.code


def test_the_code_is_an_image_and_never_in_an_address(inside: Respondent) -> None:
    image = inside.get("lv/code.svg")
    assert image.headers["content-type"] == "image/svg+xml"
    assert image.content.startswith(b"<?xml")
    text = inside.get("lv/pause").text
    assert inside.code is not None
    assert not any(
        inside.code in address for address in re.findall(r'(?:href|src|action)="([^"]*)', text)
    )


def test_there_is_no_receipt_before_sending(inside: Respondent) -> None:
    assert inside.get("lv/receipt").headers["location"] == f"{START}/lv/check"


def test_keeping_the_code_makes_the_device_forget_it(inside: Respondent) -> None:
    inside.post("lv/check")
    answer = inside.post("lv/kept")
    assert answer.headers["location"] == f"{START}/lv/goodbye"
    assert inside.code is None
    assert inside.get("lv/code.svg").status_code == 404
    assert inside.get("lv/goodbye").status_code == 200


def test_leaving_forgets_the_code_and_shows_a_page_that_tells_nothing(inside: Respondent) -> None:
    answer = inside.post("lv/leave")
    assert inside.code is None
    page = inside.get(answer.headers["location"])
    assert page.status_code == 200
    assert "roma" not in page.text.lower()
    assert "survey" not in page.text.lower()


def test_leaving_loses_nothing_that_was_saved(
    inside: Respondent, new_respondent: Callable[[], Respondent]
) -> None:
    code = inside.code
    inside.post("lv/leave")
    other = new_respondent()
    other.post("/my-answers/lv", {"code": code})
    assert 'value="34"' in other.get("lv/q/B3").text


def test_stop_asks_once_and_then_nothing_is_left(inside: Respondent, field: Field) -> None:
    code = inside.code
    assert inside.get("lv/stop").status_code == 200
    answer = inside.post("lv/stop")
    assert answer.headers["location"] == f"{START}/lv/stopped"
    assert inside.code is None
    assert inside.get("lv/stopped").status_code == 200
    refused = inside.post("/my-answers/lv", {"code": code})
    assert refused.status_code == 422


@pytest.mark.parametrize("path", ["check", "pause", "receipt", "too-young", "go-on", "contact"])
def test_without_a_form_every_page_leads_away(respondent: Respondent, path: str) -> None:
    assert respondent.get(f"lv/{path}").status_code == 303
