"""Younger people and a parent, as they walk: handed the device, refused in words, told to ask."""

from __future__ import annotations

import pytest

from tests.kit.audit import Audit
from tests.kit.live import LiveService
from tests.kit.pages import PHONE, Windows
from tests.kit.several import YOUNG
from tests.kit.walks import WITHOUT_CONTACT, Interview, choose, cookies, errors, path

COLOURS = {"lv": "light", "ru": "dark"}
HERE = f"/survey/{YOUNG}"


@pytest.mark.parametrize("language", COLOURS)
def test_a_child_with_a_parent_one_too_young_and_one_who_comes_alone(
    language: str, several_service: LiveService, browser_windows: Windows
) -> None:
    page = browser_windows.open(PHONE, color_scheme=COLOURS[language], locale=language)
    person = Interview(page, several_service.url, language, HERE)
    audit = Audit(page, turn=list(COLOURS).index(language))
    says_the_age(person, audit, "younger")
    assert path(page) == f"{HERE}/{language}/too-early"
    main = page.locator("main").inner_text()
    assert person.says("Nothing was stored, not even that you were here.") in main
    assert "13" in main
    assert cookies(page) == set()
    audit.look()

    says_the_age(person, audit, "with_parent")
    parent_decides(person, audit)
    young_person_decides(person, audit)
    person.answer({"A4": "no", "B1": "LV0001000", "B2": "1", "B3": "12"}, until="B3")
    page.locator("#value").fill("12")
    person.press("Continue")
    assert path(page) == f"{HERE}/{language}/too-young"
    audit.look()
    person.press("Correct my age")
    page.locator("#value").fill("14")
    person.press("Continue")
    assert person.question == "B4"
    page.goto(f"{person.url}{HERE}/{language}/check")
    person.press("Send my answers")
    receipt = page.locator(".receipt").inner_text()
    assert person.says("A parent agreed too.") in receipt
    audit.look()
    person.press("I have kept my code")

    comes_alone(person, audit)
    audit.passed(9)


def says_the_age(person: Interview, audit: Audit, age: str) -> None:
    """From the notice to the page that asks for the age, and on."""
    page = person.page
    page.goto(f"{person.url}{HERE}/{person.language}")
    person.press("Continue")
    assert path(page) == f"{HERE}/{person.language}/age"
    if not audit.seen:
        person.press("Continue")
        assert errors(page).count() == 1
        audit.look()
    choose(page, "age", age)
    person.press("Continue")


def parent_decides(person: Interview, audit: Audit) -> None:
    """A parent reads, forgets to say that he is one, and says no to one purpose."""
    page = person.page
    assert path(page) == f"{HERE}/{person.language}/parent"
    audit.look()
    for purpose, answer in {**WITHOUT_CONTACT, "research_reuse": "no"}.items():
        choose(page, purpose, answer)
    person.press("Continue")
    assert errors(page).count() == 1
    assert page.locator("#responsible").get_attribute("aria-invalid") == "true"
    assert cookies(page) == set(), "nothing is stored before a parent has agreed"
    audit.look()
    choose(page, "responsible", "yes")
    person.press("Continue")


def young_person_decides(person: Interview, audit: Audit) -> None:
    """What the parent refused cannot be granted; everything else is the young person's own."""
    page = person.page
    assert path(page) == f"{HERE}/{person.language}/consent"
    assert page.locator("input:checked").count() == 0
    assert page.locator('input[name="research_reuse"][value="yes"]').count() == 0
    audit.look()
    person.decide({"participation": "yes", "ethnic_health": "yes"})


def comes_alone(person: Interview, audit: Audit) -> None:
    """Who says 16 and later 15 is stopped until a parent has agreed."""
    page = person.page
    page.goto(f"{person.url}{HERE}/{person.language}/consent")
    person.decide(WITHOUT_CONTACT)
    page.goto(f"{person.url}{HERE}/{person.language}/q/B3")
    page.locator("#value").fill("15")
    person.press("Continue")
    assert path(page) == f"{HERE}/{person.language}/ask-parent"
    audit.look()
    page.goto(f"{person.url}{HERE}/{person.language}/check")
    assert path(page) == f"{HERE}/{person.language}/ask-parent", "nothing can be sent"
    person.press("My parent is here")
    audit.look()
