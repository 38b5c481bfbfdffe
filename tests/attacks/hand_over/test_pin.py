"""A mediator guesses the PIN, and a respondent forgets it."""

from __future__ import annotations

import asyncio

import pytest

from survey_service.surveys.notices import Notices
from tests.kit.assisted import HAND_BACK, Device, Interviews


def test_five_wrong_pins_close_the_form_for_good(back: Device) -> None:
    answers = [back.give_back("1357").status_code for _ in range(5)]
    assert answers == [422] * 4 + [303]
    assert back.give_back().headers["location"].startswith(HAND_BACK), "too late for the right one"
    assert "The PIN is not known" in back.get("/hand-back?lang=en").text
    for path in ("check", "q/B5", "q/B1", "pause", "receipt", "code.svg", "/my-answers/en/status"):
        assert not back.is_open(path), path
    assert back.get("/office").headers["location"] == HAND_BACK


def test_pins_tried_at_the_same_moment_count_like_others(back: Device) -> None:
    assisted = back.interview.assisted
    cookie = back.client.cookies["assisted"]

    async def storm() -> list[str]:
        held = await assisted.held(cookie)
        assert held is not None
        tries = [assisted.give_back(held.window, None, f"{n:04}") for n in range(1000, 1030)]
        found = await asyncio.gather(*tries, return_exceptions=True)
        return [type(one).__name__ for one in found]

    said = asyncio.run(storm())
    assert said.count("InvalidInput") <= 5
    assert back.give_back().headers["location"].startswith(HAND_BACK)
    assert "The PIN is not known" in back.get("/hand-back?lang=en").text


def test_wrong_pins_stay_counted_over_hand_overs(back: Device) -> None:
    for _ in range(2):
        back.give_back("1357")
    back.give_back()
    for _ in range(2):
        back.hand_over("1357")
    back.hand_over("1357")
    assert "The PIN is not known" in back.get("/hand-back?lang=en").text


def test_a_lost_pin_still_lets_the_respondent_send_keep_or_delete(back: Device) -> None:
    code, rights = back.code(), back.interview.field.rights
    back.post("/hand-back/forgotten")
    sent = back.post("/hand-back/end", {"do": "send"})
    assert sent.headers["location"].startswith("/hand-back/done")
    assert asyncio.run(rights.status(code)).kind == "waiting"
    assert back.is_open("/office/assist"), "the interview is over, and so is the lock"


def test_deleting_with_a_lost_pin_leaves_nothing(back: Device) -> None:
    code, rights = back.code(), back.interview.field.rights
    back.post("/hand-back/forgotten")
    back.post("/hand-back/end", {"do": "delete"})
    assert asyncio.run(rights.status(code)).kind == "nothing"


@pytest.mark.parametrize("pin", ["12", "1234", "7777", "25b0", "", "2580 again 2581"])
def test_a_pin_that_is_no_good_is_refused_and_says_so(interviews: Interviews, pin: str) -> None:
    device = interviews.device().until_hand_over()
    pin, _, again = pin.partition(" again ")
    answer = device.hand_over(pin, again or pin)
    assert answer.status_code == 422
    assert "error-summary" in answer.text
    assert not pin or f'value="{pin}"' not in answer.text
    assert not device.is_open("q/B5")


def test_where_a_lost_pin_meets_a_new_notice_the_form_is_kept_and_he_is_told(
    back: Device,
) -> None:
    field, code = back.interview.field, back.code()
    wave = field.surveys.waves_now()[0]
    told = wave.notice.model_copy(update={"version": wave.notice.version + 1})
    Notices(field.stores.office, field.surveys, field.audit, field.clock).change_now(wave.id, told)
    back.post("/hand-back/forgotten")
    refused = back.post("/hand-back/end", {"do": "send"})
    assert refused.status_code == 422
    assert "something has to be decided again first" in refused.text
    assert asyncio.run(field.rights.status(code)).kind == "draft"
    kept = back.post("/hand-back/end", {"do": "keep"})
    assert kept.headers["location"].startswith("/hand-back/done")
