"""What the code opens afterwards: status, copy, erasure; and what it tells whoever guesses."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from survey_service.collection.code import Code
from tests.kit.live import LiveService
from tests.kit.pages import PHONE, Windows
from tests.kit.plain import FORM, Form, Forms, encoded
from tests.kit.walks import (
    Interview,
    remember_code,
    words,
)

ENOUGH_TO_SETTLE = 25
CONTACT = {"name": "Zelma Bērziņkalna", "phone": "+371 29384756"}


def enter(person: Interview, code: str) -> None:
    """Type a code on the page that asks for it."""
    person.page.goto(f"{person.url}/my-answers/{person.language}")
    person.page.locator("#code").fill(code)
    person.press("Continue")


def looks_up(form: Form, code: str, language: str = "en") -> tuple[int, str]:
    """The answer to a code, without what was typed."""
    answer = form.client.post(
        f"/my-answers/{language}", content=encoded({"code": code}), headers=FORM
    )
    return answer.status_code, re.sub(r'value="[^"]*"', "", answer.text)


def record(copy: dict[str, Any]) -> dict[str, Any]:
    """The answers in a downloaded copy, wherever they stand now."""
    found = copy["surveys"][0]
    return dict((found.get("submitted_and_waiting") or found)["answers"]["record"])


def test_after_settling_the_code_still_shows_and_erases(
    demo_service: LiveService, forms: Forms, browser_windows: Windows
) -> None:
    form = forms().begin().answer().submit()
    page = browser_windows.open(PHONE, javascript=False)
    person = Interview(page, demo_service.url, "en")
    enter(person, form.code)
    for _ in range(ENOUGH_TO_SETTLE):
        if "kept together with those of others" in page.locator(".lead").inner_text():
            break
        forms().begin().submit()
        page.reload()
    assert "kept together with those of others" in page.locator(".lead").inner_text()
    settled = json.loads(form.client.get("/my-answers/en/copy.json").content)
    assert record(settled)["B3"]["value"] == "35-44"
    assert settled["surveys"][0]["consent"]["decisions"]["ethnic_health"] is True
    person.press("Erase everything")
    person.press("Yes, erase everything")
    assert page.locator("h1").inner_text() == "Everything is erased"
    unknown = Code.new().text
    assert looks_up(form, form.code) == looks_up(form, unknown)


@pytest.mark.parametrize("language", ["lv", "ru", "en"])
def test_unknown_erased_and_deleted_codes_get_one_same_answer(language: str, forms: Forms) -> None:
    form = forms(language).begin()
    deleted = form.code
    form.post("stop", {})
    form.begin().submit()
    erased = form.code
    form.client.post(f"/my-answers/{language}/erase", headers=FORM)
    unknown = Code.new().text
    remember_code(unknown)
    answers = {looks_up(form, code, language) for code in (deleted, erased, unknown)}
    assert len(answers) == 1
    status, text = answers.pop()
    assert status == 422
    assert words(language, "Nothing is kept under this code, or it is mistyped.") in text


@pytest.mark.parametrize("language", ["lv", "ru", "en"])
def test_a_mistyped_code_is_told_its_group(language: str, forms: Forms) -> None:
    form = forms(language)
    code = Code.new().text
    for group in range(1, 6):
        at = (group - 1) * 6 + 2
        wrong = "7" if code[at] != "7" else "8"
        status, text = looks_up(form, f"{code[:at]}{wrong}{code[at + 1 :]}", language)
        assert status == 422
        assert words(language, "The code is mistyped in group %(group)s.", group=group) in text
    for odd in ("", "  ", "x", code[:-1], code + "A", "é" * 25, "💶" * 25):
        assert looks_up(form, odd, language)[0] == 422
    assert looks_up(form, "A" * 5000, language)[0] == 400


def test_a_code_may_be_typed_in_any_manner(forms: Forms) -> None:
    form = forms().begin()
    code = form.code
    for typed in (
        code.lower(),
        code.replace("-", " "),
        code.replace("-", ""),
        f"  {code}. ",
        code.replace("-", "–"),
        code.replace("0", "o").replace("1", "l"),
    ):
        form.client.cookies.clear()
        opened = form.client.post("/my-answers/en", content=encoded({"code": typed}), headers=FORM)
        assert opened.headers["location"] == "/my-answers/en/status"
        assert form.client.get("/my-answers/en/status").status_code == 200


def test_a_device_that_still_holds_a_code_says_so_and_can_forget_it(
    demo_service: LiveService, forms: Forms, browser_windows: Windows
) -> None:
    page = browser_windows.open(PHONE, javascript=False)
    person = Interview(page, demo_service.url, "ru")
    forms("ru").begin().hand_to(page)
    page.goto(f"{demo_service.url}/my-answers/ru")
    assert person.says("This device still holds a code") in page.locator("main").inner_text()
    person.press("Forget it")
    assert page.context.cookies() == []
    assert page.locator(".notice-box").count() == 0
