"""A person's whole life in the browser without JavaScript, from the decisions to the erasure."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.kit.live import LiveService
from tests.kit.pages import PHONE, Windows
from tests.kit.plain import Form, Forms
from tests.kit.walks import (
    EVERYTHING,
    REPLIES,
    SURVEY,
    Interview,
    choose,
    chosen,
    cookies,
    errors,
    path,
    unfit,
)

CONTACT = {"name": "Zelma Bērziņkalna", "phone": "+371 29384756"}
OTHER = {"lv": "ru", "ru": "en", "en": "lv"}
"""In which language the code is typed after the pause: it opens the form from any."""


class Clicks:
    """A person who counts what he presses; typing costs nothing."""

    def __init__(self, person: Interview) -> None:
        self.person = person
        self.count = 0

    def press(self, message: str) -> None:
        """Press a button or follow a link."""
        self.person.press(message)
        self.count += 1

    def link(self, address: str) -> None:
        """Follow the link that leads there."""
        with self.person.page.expect_navigation():
            self.person.page.locator(f'main a[href="{address}"]').click()
        self.count += 1

    def choose(self, name: str, value: str) -> None:
        """Choose one of the answers."""
        choose(self.person.page, name, value)
        self.count += 1


ONE_GIVEN = 2
"""Clicks that give one purpose: its yes, and the button."""


@pytest.mark.parametrize("language", ["lv", "ru", "en"])
def test_a_whole_life_from_the_decisions_to_the_erasure(
    language: str, demo_service: LiveService, forms: Forms, browser_windows: Windows, tmp_path: Path
) -> None:
    """Taking back costs no more clicks than giving (GDPR, Art. 7(3)): one purpose, and all."""
    page = browser_windows.open(PHONE, javascript=False)
    person = Interview(page, demo_service.url, language)
    given = gives(person)
    code = pauses(person)
    goes_on_elsewhere(person, code)
    form = answers_the_rest(person, forms(language))
    person.press("Send my answers")
    assert person.code() == code
    person.press("I have kept my code")
    assert cookies(page) == set()

    entered = enters(person, code)
    sees(person)
    copies(person, tmp_path / "copy.json")
    corrects(person)
    for purpose in ("contact", "ethnic_health"):
        assert takes_back(person, purpose) <= ONE_GIVEN
    sets_aside_and_counts_again(person)
    person.press("Show my answers")
    for taken_back in (str(REPLIES["B6"]), CONTACT["phone"]):
        assert taken_back not in page.locator("main").inner_text()
    page.goto(f"{person.url}/my-answers/{language}/status")
    assert entered + erases(person) <= given
    knows_nothing_any_more(person, form, code)


def gives(person: Interview) -> int:
    """Read, decide and leave a contact; return the clicks up to the first question."""
    page, here = person.page, f"{SURVEY}/{person.language}"
    giving = Clicks(person)
    page.goto(f"{person.url}{here}")
    giving.link(f"{here}/consent")
    for purpose in (*EVERYTHING, "contact"):
        giving.choose(purpose, "yes")
    giving.press("Continue")
    person.leave_contact(**CONTACT)
    return giving.count


def pauses(person: Interview) -> str:
    """Answer two questions, type the third, and leave the device."""
    page = person.page
    person.answer(until="B2")
    choose(page, "value", str(REPLIES["B2"]))
    person.press("Pause")
    code = person.code()
    assert unfit(page) == []
    person.press("I have kept my code")
    assert cookies(page) == set()
    return code


def goes_on_elsewhere(person: Interview, code: str) -> None:
    """With the code as people write it, from a page in another language."""
    page, own = person.page, person.language
    person.language = OTHER[own]
    enters(person, code.lower().replace("-", "  ").replace("0", "o"))
    lead = person.says("You have a form that is not finished. Nothing has been sent.")
    assert page.locator(".lead").inner_text() == lead
    person.press("Go on with the form")
    assert person.question == "B3", "the first question without an answer"
    person.switch(own)
    person.back()
    assert chosen(page) == [REPLIES["B2"]], "what was chosen before the pause is kept"


def answers_the_rest(person: Interview, form: Form) -> Form:
    """Not by clicks: every question is walked in tests/web/test_the_form.py."""
    held = {cookie["name"]: cookie["value"] for cookie in person.page.context.cookies()}
    form.client.cookies.set("code", held["code"])
    form.answer(qid for qid in REPLIES if qid not in ("A4", "B1", "B2"))
    person.page.goto(f"{person.url}{form.here}/check")
    assert str(REPLIES["B6"]) in person.page.locator("main").inner_text()
    return form


def enters(person: Interview, code: str) -> int:
    """Type the code on the page that asks for it; return the clicks."""
    entering = Clicks(person)
    person.page.goto(f"{person.url}/my-answers/{person.language}")
    person.page.locator("#code").fill(code)
    entering.press("Continue")
    assert path(person.page) == f"/my-answers/{person.language}/status"
    return entering.count


def takes_back(person: Interview, purpose: str) -> int:
    """Take one purpose back; return the clicks since the status page."""
    taking = Clicks(person)
    taking.link(f"/my-answers/{person.language}/withdraw/{purpose}")
    assert unfit(person.page) == []
    taking.press("Yes, take it back")
    assert person.says("Taken back") in person.page.locator("main").inner_text()
    return taking.count


def sees(person: Interview) -> None:
    """The answers stand one step behind the status."""
    main = person.page.locator("main")
    arrived = person.says(
        "Your answers have arrived. They wait, sealed, until they are mixed with those of others."
    )
    assert person.page.locator(".lead").inner_text() == arrived
    for said in (str(REPLIES["B6"]), CONTACT["phone"]):
        assert said not in main.inner_text(), "the first page shows no answer"
    assert unfit(person.page) == []
    person.press("Show my answers")
    assert path(person.page) == f"/my-answers/{person.language}/answers"
    for said in (str(REPLIES["B6"]), CONTACT["phone"], "35–44"):
        assert said in main.inner_text()
    assert unfit(person.page) == []


def copies(person: Interview, saved: Path) -> None:
    """Everything said stands in the downloaded copy, the age as its band only."""
    page = person.page
    page.goto(f"{person.url}/my-answers/{person.language}/status")
    with page.expect_download() as started:
        page.get_by_role("link", name=person.says("Download my copy")).click()
    assert started.value.suggested_filename == "my-answers.json"
    started.value.save_as(saved)
    text = saved.read_text(encoding="utf-8")
    copy = json.loads(text)
    assert copy["surveys"][0]["submitted_and_waiting"]["contact"] == CONTACT
    answers = dict(copy["surveys"][0]["submitted_and_waiting"]["answers"]["record"])
    assert {qid: answers[qid]["value"] for qid in ("B5", "B6", "E1")} == {
        qid: REPLIES[qid] for qid in ("B5", "B6", "E1")
    }
    assert answers["C3.children_3_to_6"]["value"] == "1"
    assert answers["B3"]["value"] == "35-44"
    assert not re.search(rf'[":\s]{REPLIES["B3"]}[",\s]', text), "the age itself is kept nowhere"


def corrects(person: Interview) -> None:
    """A question with all that belong to it, after one number that cannot be."""
    page, here = person.page, f"/my-answers/{person.language}"
    page.goto(f"{person.url}{here}/answers")
    with page.expect_navigation():
        page.locator(f'a[href="{here}/correct/B9"]').click()
    assert unfit(page) == []
    page.locator('[id="B9.value"]').fill("5")
    page.locator('[id="B10.value"]').fill("9")
    person.press("Save the correction")
    assert len(errors(page).all()) == 1
    assert unfit(page) == []
    assert page.locator('[id="B10.value"]').input_value() == "9"
    page.locator('[id="B10.value"]').fill("2")
    page.locator('[id="F2.value"]').fill("1")
    choose(page, "G1.value", "2")
    person.press("Save the correction")
    assert path(page) == f"{here}/answers"
    assert chosen(page) == []
    page.goto(f"{person.url}{here}/status")


def sets_aside_and_counts_again(person: Interview) -> None:
    main = person.page.locator("main")
    person.press("Set my answers aside")
    assert person.says("Your answers are set aside") in main.inner_text()
    assert unfit(person.page) == []
    person.press("Count my answers again")
    assert person.says("Your answers are set aside") not in main.inner_text()


def erases(person: Interview) -> int:
    """Erase everything; return the clicks since the status page."""
    erasing = Clicks(person)
    erasing.press("Erase everything")
    erasing.press("Yes, erase everything")
    assert person.page.locator("h1").inner_text() == person.says("Everything is erased")
    assert cookies(person.page) == set()
    return erasing.count


def knows_nothing_any_more(person: Interview, form: Form, code: str) -> None:
    """Neither the code nor the browser that sent it finds anything."""
    page = person.page
    page.goto(f"{person.url}/my-answers/{person.language}")
    page.locator("#code").fill(code)
    person.press("Continue")
    nothing = person.says("Nothing is kept under this code, or it is mistyped.")
    assert errors(page).all_inner_texts() == [nothing]
    assert page.locator("#code").input_value() == code
    assert form.get("receipt").status_code == 404
