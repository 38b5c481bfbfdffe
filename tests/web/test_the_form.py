"""A respondent's way through the form, on the smallest phone and without JavaScript."""

from __future__ import annotations

import io
from typing import Any

import pytest
import segno
from playwright.sync_api import Page

from survey_service.surveys.core import load
from tests.kit.live import LiveService
from tests.kit.pages import PHONE, Windows
from tests.kit.plain import Forms
from tests.kit.walks import (
    REPLIES,
    SURVEY,
    WITH_CONTACT,
    WITHOUT_CONTACT,
    Interview,
    Reply,
    choose,
    chosen,
    cookies,
    errors,
    path,
    unfit,
)

CONTACT = {"name": "Zelma Bērziņkalna", "phone": "+371 29384756", "email": "zelma@example.org"}


def interview(windows: Windows, service: LiveService, language: str) -> Interview:
    """Somebody new with a phone, who touches what he means."""
    page = windows.open(PHONE, javascript=False, has_touch=True)
    return Interview(page, service.url, language)


@pytest.mark.parametrize("language", ["lv", "ru", "en"])
def test_from_the_language_to_the_printed_code(
    language: str, demo_service: LiveService, browser_windows: Windows
) -> None:
    person = interview(browser_windows, demo_service, language)
    page = person.page
    person.begin()
    reads_the_notice(person)
    decides(person)
    person.leave_contact(**CONTACT)
    person.answer(until="B4")
    goes_back_and_forth(person)
    person.answer()
    assert person.seen == list(REPLIES), "every question once, in the form's order"
    checks_and_changes(person)
    person.press("Send my answers")
    keeps_the_code(person)
    person.press("I have kept my code")
    assert page.locator("h1").inner_text() == person.says("This device has forgotten your code")
    assert cookies(page) == set()


def reads_the_notice(person: Interview) -> None:
    page = person.page
    assert page.locator("html").get_attribute("lang") == person.language
    assert page.locator(".sentences li").count() == 8
    whole = page.locator("details :is(h2, h3, h4)").first
    assert not whole.is_visible()
    page.locator("summary").click()
    assert whole.is_visible()
    assert cookies(page) == set(), "nothing is stored before the decision, not even a cookie"
    assert unfit(page) == []
    person.press("Continue")


def decides(person: Interview) -> None:
    page = person.page
    assert chosen(page) == [], "nothing is ticked for anybody"
    assert unfit(page) == []
    person.press("Continue")
    titles = [p.title.text(person.language) for p in load().notice.purposes]
    expected = [person.says("Choose yes or no: %(purpose)s", purpose=title) for title in titles]
    assert errors(page).all_inner_texts() == expected
    assert page.title().startswith(person.says("Error:"))
    assert (chosen(page), cookies(page)) == ([], set())
    assert unfit(page) == []
    person.decide(WITH_CONTACT)
    assert path(page) == f"{SURVEY}/{person.language}/contact"
    assert cookies(page) == {"code"}


def goes_back_and_forth(person: Interview) -> None:
    """From "woman or man" back to the age, which still stands there."""
    page = person.page
    person.back()
    assert person.question == "B3"
    assert page.locator("#value").input_value() == REPLIES["B3"]
    assert unfit(page) == []
    person.back()
    assert (person.question, chosen(page)) == ("B2", [REPLIES["B2"]])
    person.press("Continue")
    person.press("Continue")
    assert person.question == "B4"


def checks_and_changes(person: Interview) -> None:
    page = person.page
    assert path(page) == f"{SURVEY}/{person.language}/check"
    assert unfit(page) == []
    text = page.locator("main").inner_text()
    titles = {q.id: q.text.text(person.language) for q in load().questionnaire.questions}
    assert [titles[qid] for qid in REPLIES if titles[qid] not in text] == []
    assert str(REPLIES["B6"]) in text
    rooms = page.locator(".summary-list > div", has_text=titles["F2"])
    with page.expect_navigation():
        rooms.get_by_role("link").click()
    assert page.locator("#value").input_value() == REPLIES["F2"]
    page.locator("#value").fill("7")
    person.press("Continue")
    assert path(page) == f"{SURVEY}/{person.language}/check"
    assert rooms.locator("dd").first.inner_text() == "7"


def keeps_the_code(person: Interview) -> None:
    page = person.page
    assert path(page) == f"{SURVEY}/{person.language}/receipt"
    assert page.locator("h1").inner_text() == person.says("Thank you. Your answers are in.")
    code = person.code()
    assert code not in page.url
    assert unfit(page) == []
    image = page.locator("img.qr")
    assert image.evaluate("e => e.complete && e.naturalWidth > 0")
    drawn = io.BytesIO()
    segno.make(code, error="m", micro=False).save(
        drawn, kind="svg", scale=4, border=2, dark="#000", light="#fff"
    )
    source = f"{person.url}{image.get_attribute('src')}"
    assert page.request.get(source).body() == drawn.getvalue(), "the code itself, no address"
    page.emulate_media(media="print")
    assert page.locator(".take-home .code").is_visible()
    assert image.is_visible()
    assert not page.locator("nav.languages").is_visible()
    page.emulate_media(media="screen")
    page.reload()
    assert person.code() == code, "shown again until he says that he has it"


def test_refusing_to_take_part_stores_nothing(
    demo_service: LiveService, browser_windows: Windows
) -> None:
    person = interview(browser_windows, demo_service, "lv")
    person.begin()
    person.press("Continue")
    person.decide(dict.fromkeys(WITHOUT_CONTACT, "no"))
    assert person.page.locator("h1").inner_text() == person.says("Thank you. That is all right.")
    assert cookies(person.page) == set()


def test_changing_the_language_midway_keeps_every_word(
    demo_service: LiveService, browser_windows: Windows
) -> None:
    person = interview(browser_windows, demo_service, "lv")
    page = person.page
    person.begin()
    person.press("Continue")
    choose(page, "participation", "yes")
    choose(page, "contact", "yes")
    person.switch("ru")
    assert chosen(page) == ["yes", "yes"]
    assert page.locator("h1").inner_text() == person.says("What do you agree to?")
    person.decide(WITH_CONTACT)
    page.locator("#name").fill(CONTACT["name"])
    page.locator("#email").fill("not an address")
    person.switch("en")
    assert page.locator("#name").input_value() == CONTACT["name"]
    assert page.locator("#email").input_value() == "not an address"
    page.locator("#email").fill(CONTACT["email"])
    person.press("Continue")
    person.answer(until="B3")
    page.locator("#value").fill("forty")
    person.switch("ru")
    assert page.locator("#value").input_value() == "forty", "what cannot be read is kept, too"
    assert errors(page).all_inner_texts() == [person.says("Write a whole number in digits.")]
    page.locator("#value").fill("41")
    person.switch("lv")
    assert (person.question, page.locator("#value").input_value()) == ("B3", "41")
    person.answer(until="B6")
    page.locator("#value").fill("Sinti no Rēzeknes")
    person.switch("en")
    assert page.locator("#value").input_value() == "Sinti no Rēzeknes"
    person.press("Continue")
    person.back()
    person.back()
    assert chosen(page) == REPLIES["B5"], "answers given before the change still stand"


def test_the_enter_key_goes_on_and_changes_no_language(
    demo_service: LiveService, forms: Forms, browser_windows: Windows
) -> None:
    page = browser_windows.open(PHONE, javascript=False)
    form = forms("ru").begin()
    form.hand_to(page)
    page.goto(f"{demo_service.url}{form.here}/q/B3")
    page.locator("#value").fill("41")
    with page.expect_navigation():
        page.locator("#value").press("Enter")
    assert path(page) == f"{form.here}/q/B4"


def test_every_kind_of_question_takes_dont_know_and_prefer_not_to_say(
    demo_service: LiveService, forms: Forms, browser_windows: Windows
) -> None:
    kinds = {"A4": "radio", "B1": "list", "B3": "number", "B5": "boxes", "B6": "text"}
    kinds |= {"C3": "numbers", "H6": "scale"}
    person = interview(browser_windows, demo_service, "en")
    page = person.page
    form = forms().begin().answer()
    form.hand_to(page)
    for question in kinds:
        for state, words in (
            ("dont_know", "You don't know"),
            ("refused", "You prefer not to say"),
        ):
            page.goto(f"{demo_service.url}{form.here}/q/{question}?from=check")
            empty(page)
            person.say_state(state)
            person.press("Continue")
            if path(page).endswith("/check"):
                shown = page.locator(f'.summary-list > div:has(a[href*="q/{question}?"])')
                assert words in shown.inner_text(), question
        form.reply(question)


def empty(page: Page) -> None:
    """Take back what the question holds."""
    ticked = page.locator("main input[type=checkbox]:checked")
    while ticked.count():
        ticked.first.uncheck()
    for field in page.locator("main input[type=text]").all():
        field.fill("")
    for field in page.locator("main select").all():
        field.select_option("")


def test_the_whole_form_is_filled_with_the_keyboard_alone(
    demo_service: LiveService, browser_windows: Windows
) -> None:
    """From the list of languages to the forgotten code: Tab, arrows, Space and Enter, no more."""
    page = browser_windows.open()
    page.goto(f"{demo_service.url}{SURVEY}")
    hands = Keyboard(page)
    hands.step()
    assert hands.at["class"] == "skip", "the way past the header is first, and seen"
    assert page.locator(".skip").bounding_box() is not None
    hands.to(text="English").press_on("Enter")
    hands.to(text="Continue").press_on("Enter")

    hands.to(text="Continue").press_on("Enter")
    assert hands.at["class"] == "error-summary", "what is wrong is heard first"
    hands.step()
    hands.press("Enter")
    assert hands.at["name"] == "participation", "and the first word of it leads to the field"
    for purpose, answer in WITHOUT_CONTACT.items():
        hands.choose(purpose, answer)
    hands.press_on("Enter")

    seen = []
    while "/q/" in page.url:
        question = path(page).rpartition("/")[2]
        seen.append(question)
        hands.reply(REPLIES[question])
        hands.press_on("Enter")
    assert seen == list(REPLIES)
    assert path(page) == f"{SURVEY}/en/check"
    hands.to(text="Send my answers").press_on("Enter")
    assert path(page) == f"{SURVEY}/en/receipt"
    hands.to(text="I have kept my code").press_on("Enter")
    assert cookies(page) == set()


class Keyboard:
    """Somebody who has no mouse and no finger on the screen; who sees where he is at each step."""

    # Where the focus is; it is drawn around the element, or around the box of words it belongs to.
    WHERE = """() => {
        const e = document.activeElement, box = e.closest('label');
        const drawn = [e, box].some(one => one && getComputedStyle(one).outlineStyle !== 'none');
        const place = e.getBoundingClientRect();
        return {
            name: e.name || '', value: e.value || '', type: e.type || '', id: e.id,
            class: e.className, text: (e.innerText || '').trim().split('\\n')[0], drawn,
            tag: e.tagName, checked: Boolean(e.checked),
            seen: place.bottom > 0 && place.top < innerHeight,
            before: [...document.querySelectorAll('a[href], button, input, select, textarea,'
                + ' summary')].indexOf(e),
        };
    }"""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.at: dict[str, Any] = {}

    def look(self) -> None:
        """Look where one is."""
        self.at = self.page.evaluate(self.WHERE)

    def press(self, key: str) -> None:
        """Press a key that stays on the page."""
        self.page.keyboard.press(key)
        self.look()

    def press_on(self, key: str) -> None:
        """Press a key that leads to another page, and look where one is there."""
        with self.page.expect_navigation():
            self.page.keyboard.press(key)
        self.look()

    def step(self) -> None:
        """Go on to the next place: it is marked, it is on the screen, and it comes later."""
        before = self.at.get("before", -1)
        self.press("Tab")
        assert self.at["drawn"], f"one does not see where one is: {self.at}"
        assert self.at["seen"], f"one is beside the screen: {self.at}"
        assert self.at["before"] > before, f"the order jumps back: {self.at}"

    def to(self, **wanted: str) -> Keyboard:
        """Go on until one is at what is wanted."""
        for _ in range(60):
            if all(self.at.get(name) == value for name, value in wanted.items()):
                return self
            self.step()
        raise AssertionError(f"the keyboard never comes to {wanted} on {self.page.url}")

    def choose(self, name: str, value: str) -> None:
        """Choose one of several by arrows, or tick a box by the space bar."""
        self.to(name=name)
        if self.at["type"] == "checkbox":
            self.to(name=name, value=value)
            if not self.at["checked"]:
                self.press("Space")
            return
        self.press("Space")
        for _ in range(60):
            if self.at["value"] == value:
                return
            self.press("ArrowDown")
        raise AssertionError(f"{name} has no {value}")

    def reply(self, reply: Reply) -> None:
        """Answer the question on the page, and stay where Enter goes on."""
        if isinstance(reply, dict):
            for name, text in reply.items():
                self.to(id=name)
                self.write(text)
        elif isinstance(reply, list):
            for value in sorted(reply, key=self.place):
                self.choose("value", value)
        else:
            self.to(name="value")
            if self.at["tag"] == "SELECT":
                text = self.page.locator(f'#value option[value="{reply}"]').inner_text()
                self.page.keyboard.type(text)
                self.look()
                assert self.at["value"] == reply
                # A list opens with Enter; the button sends.
                self.to(text="Continue")
            elif self.at["type"] == "text":
                self.write(reply)
            else:
                self.choose("value", reply)

    def write(self, text: str) -> None:
        """Type a text."""
        self.page.keyboard.type(text)

    def place(self, value: str) -> int:
        """Where a box stands on the page."""
        boxes = self.page.locator('input[name="value"]').all()
        return [box.get_attribute("value") for box in boxes].index(value)


def test_a_dead_connection_is_said_before_the_answer_is_lost(
    demo_service: LiveService, forms: Forms, browser_windows: Windows
) -> None:
    page = browser_windows.open(PHONE)
    form = forms("en").begin()
    form.answer(["A4", "B1", "B2", "B3", "B4", "B5"]).hand_to(page)
    page.goto(f"{demo_service.url}{form.here}/q/B6")
    page.locator("#value").fill("Kalderaš no Ventspils")
    page.context.set_offline(True)
    assert page.locator("#offline").is_visible()
    page.get_by_role("button", name="Continue", exact=True).last.click()
    assert path(page) == f"{form.here}/q/B6", "nothing was sent into the void"
    assert page.locator("#value").input_value() == "Kalderaš no Ventspils"
    page.context.set_offline(False)
    assert not page.locator("#offline").is_visible()
    with page.expect_navigation():
        page.get_by_role("button", name="Continue", exact=True).last.click()
    assert path(page) == f"{form.here}/q/B7"
    page.context.set_offline(True)
    page.get_by_role("button", name="Leave this page").click()
    page.wait_for_url("about:blank")
