"""Answers that nobody should send: refused in the page's language, and nothing is lost."""

from __future__ import annotations

import re
from typing import Any

import pytest

from survey_service.surveys import reading
from survey_service.surveys.core import load
from survey_service.surveys.decisions import NOT_ASKED_FOR
from tests.kit.plain import Form, Forms, safe
from tests.kit.walks import EVERYTHING, words

LANGUAGES = ["lv", "ru", "en"]


def refused(form: Form, question: str, fields: dict[str, Any], message: str, **values: Any) -> str:
    """The page says what is wrong beside the field and above; gives back the page."""
    answer = form.post(f"q/{question}", {**fields, "go": "next"})
    safe(answer, 422)
    language = form.here.rpartition("/")[2]
    said = words(language, message, **values)
    assert f'<html lang="{language}"' in answer.text
    assert answer.text.count(said) >= 2, f"{said!r} above and beside the field"
    target = re.search(r'class="error-summary".*?href="#([^"]+)"', answer.text, re.DOTALL)
    assert target is not None
    assert f'id="{target[1]}"' in answer.text, "the summary leads to the field"
    assert 'aria-invalid="true"' in answer.text
    return answer.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_number_out_of_range_is_refused_and_kept(language: str, forms: Forms) -> None:
    form = forms(language).begin()
    between = {"least": 0, "most": 110}
    for typed in ("111", "-1", "140"):
        page = refused(
            form,
            "B3",
            {"value": typed},
            reading.OUT_OF_RANGE,
            **between,
        )
        assert f'value="{typed}"' in page
    for typed in ("forty", "4e1", "41.5", "٤١", "9" * 5000):
        page = refused(form, "B3", {"value": typed}, reading.NO_NUMBER)
        assert f'value="{typed}"' in page
    assert form.get("go-on").headers["location"].endswith("/q/A4"), "nothing of it was stored"


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_wrong_number_keeps_the_right_one_beside_it(language: str, forms: Forms) -> None:
    form = forms(language).begin().answer(["B9", "B10", "B11"])
    fields = {"children_3_to_6": "2", "attending": "3"}
    page = refused(form, "C3", fields, reading.NOT_MORE)
    assert 'id="children_3_to_6" name="children_3_to_6" value="2"' in page
    assert 'id="attending" name="attending" value="3"' in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_forged_choice_is_refused_and_the_real_ones_stay_ticked(
    language: str, forms: Forms
) -> None:
    form = forms(language).begin()
    message = reading.CHOOSE_SHOWN
    for question, forged in (("B4", "9"), ("B4", "' OR 1=1 --"), ("B1", "LV9999999"), ("H6", "11")):
        refused(form, question, {"value": forged}, message)
    page = refused(form, "B5", {"value": ["rom", "martian", "ru"]}, message)
    assert re.findall(r'value="(\w+)"[^>]* checked', page) == ["rom", "ru"]
    assert "martian" not in page
    for state in ("state:", "state:admin", "state:missing"):
        answer = form.post("q/B4", {"value": state, "go": "next"})
        safe(answer, 422)
        assert words(language, message) in answer.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_contradictions_are_refused_and_kept(language: str, forms: Forms) -> None:
    form = forms(language).begin()
    page = refused(form, "B3", {"value": "41", "state": "refused"}, reading.NOT_BOTH)
    assert 'value="41"' in page
    assert re.search(r'value="refused"[^>]* checked', page)
    none = load().form.by_id["B5"].options[-1].text.text(language)
    page = refused(
        form,
        "B5",
        {"value": ["rom", "none"]},
        reading.ALONE,
        option=none,
    )
    assert re.findall(r'value="(\w+)"[^>]* checked', page) == ["rom", "none"]
    page = refused(
        form,
        "I2",
        {"value": ["edu", "work", "health", "house"]},
        reading.TOO_MANY,
        most=3,
    )
    assert len(re.findall(r" checked", page)) == 4


def test_words_are_kept_as_words(forms: Forms) -> None:
    form = forms().begin().answer(["B5"])
    typed = '<script>alert("x")</script> & "quotes" \' {{ 7*7 }} %(a)s'
    form.reply("B6", typed[:60])
    page = form.get("q/B6").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(&#34;x&#34;)" in page
    assert "{{ 7*7 }}" in page
    page = refused(form, "B6", {"value": "w" * 61}, reading.TOO_LONG, most=60)
    assert "w" * 61 in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_forged_decisions_are_refused_and_the_others_kept(language: str, forms: Forms) -> None:
    form = forms(language)
    answer = form.post("consent", EVERYTHING | {"contact": "no", "marketing": "yes"})
    safe(answer, 422)
    assert words(language, NOT_ASKED_FOR) in answer.text
    assert answer.text.count(" checked>") == 4
    title = load().notice.purpose("contact").title.text(language)
    answer = form.post("consent", EVERYTHING | {"contact": "perhaps"})
    safe(answer, 422)
    assert words(language, "Choose yes or no: %(purpose)s", purpose=title) in answer.text
    assert answer.text.count(" checked>") == 3
    assert "code" not in form.client.cookies, "nothing was begun"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_contact_that_cannot_be_one_is_refused_and_kept(language: str, forms: Forms) -> None:
    form = forms(language).begin(EVERYTHING | {"contact": "yes"})
    answer = form.post("contact", {"name": "Zelma", "phone": "call me", "email": "at home"})
    safe(answer, 422)
    for message in (
        "Write a telephone number, for example +371 20000000.",
        "Write an e-mail address, for example name@example.com.",
    ):
        assert words(language, message) in answer.text
    for typed in ("Zelma", "call me", "at home"):
        assert f'value="{typed}"' in answer.text


def test_questions_that_are_not_asked_cannot_be_answered(forms: Forms) -> None:
    form = forms().begin()
    for forged in ("Z9", "A3", "B3.band", "../B3", "%2e%2e", "x" * 500):
        safe(form.post(f"q/{forged}", {"value": "1"}), 404)
    safe(form.get("q/Z9"), 404)
    other = forms()
    other.here = "/survey/roma-2027/en"
    for step in ("", "consent", "q/B3", "check"):
        safe(other.get(step), 404)


def test_a_code_in_the_cookie_that_opens_nothing_tells_nothing(forms: Forms) -> None:
    form = forms()
    for planted in ("0" * 25, "A" * 25, "x", "' OR 1=1", "a=b"):
        form.client.cookies.clear()
        form.client.cookies.set("code", planted)
        for step in ("q/B3", "check", "pause", "receipt"):
            safe(form.get(step), 303, 404)
        safe(form.post("q/B3", {"value": "41", "go": "next"}), 303, 404)
