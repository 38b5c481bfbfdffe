"""What is left for whoever has the device next, at the end of an interview or of a loan."""

from __future__ import annotations

import asyncio

from tests.kit.assisted import HAND_BACK, START, WITH_HELP, Device, Interviews


def test_sending_is_all_that_a_helper_does_and_the_receipt_is_the_respondents(
    interviews: Interviews,
) -> None:
    device = interviews.device().until_hand_over()
    code = device.code()
    assert device.post("check").headers["location"] == f"{START}/en/receipt"
    assert device.get("receipt").headers["location"] == "/hand-over?lang=en&to=receipt"
    device.post("stop")
    status = asyncio.run(interviews.field.rights.status(code))
    assert status.kind == "waiting", "what was sent, a helper cannot take back"


def test_with_help_is_all_that_stands_with_the_answers(interviews: Interviews) -> None:
    device = interviews.device().until_hand_over()
    code = device.code()
    device.post("check")
    kept = asyncio.run(interviews.field.rights.copy(code))["surveys"][0]["submitted_and_waiting"]
    assert kept["answers"]["record"]["A4"]["value"] == "yes"
    assert not {"assisted", "said", "mediator", "helped"} & (set(kept["answers"]) | set(kept))
    assert "mara" not in str(kept)


def test_after_the_end_no_copy_of_the_window_opens_anything(back: Device) -> None:
    cookie, code = back.client.cookies["assisted"], back.code()
    back.give_back(go="self")
    last = back.client.cookies["assisted"]
    ended = back.post("kept")
    assert ended.headers["location"].startswith("/hand-back/done")
    assert ended.headers["clear-site-data"] == '"cache", "storage"'
    assert not back.client.cookies.get("assisted")
    for old in (cookie, last):
        back.client.cookies.set("assisted", old)
        for path in ("check", "q/B5", "pause", "receipt", "go-on"):
            assert not back.is_open(path), path
    assert asyncio.run(back.interview.field.rights.status(code)).kind == "draft", "his own, later"


def test_the_next_person_finds_a_clean_slate(back: Device) -> None:
    first = back.code()
    back.give_back()
    again = back.begin() if back.is_open("/office/assist") else None
    assert again is not None
    assert again.headers["location"] == "/office/assist", "one interview after the other"
    back.post("/hand-back/end", {"do": "keep"})
    assert back.begin().headers["location"] == f"{START}/en"
    back.consent()
    assert back.code() != first
    assert "checked" not in back.get("q/B1").text
    assert 'value="34"' not in back.answer(WITH_HELP).text


def test_a_second_consent_in_a_window_begins_no_second_person(back: Device) -> None:
    code = back.code()
    back.give_back()
    assert back.consent().headers["location"] == "/hand-over?lang=en", "decisions are his, too"
    assert back.get("consent").headers["location"] == "/hand-over?lang=en"
    back.hand_over()
    assert back.consent().headers["location"] == f"{START}/en/go-on"
    assert back.code() == code


def test_nobody_goes_on_as_helper_without_a_sign_in(back: Device) -> None:
    back.give_back()
    back.client.cookies.pop("session")
    assert back.get("check").headers["location"].startswith("/office/sign-in")


def test_a_lent_device_forgets_the_code_when_it_comes_back(interviews: Interviews) -> None:
    device = interviews.device().until_hand_over()
    code = device.code()
    device.post("check")
    device.post("/hand-back/end", {"do": "keep"})
    lent = device.send("/office/assist", "/office/assist-lend", {})
    assert lent.headers["location"] == "/my-answers/en"
    assert device.get("/office").headers["location"] == HAND_BACK
    device.post("/my-answers/en", {"code": code.text})
    assert code.symbols not in str(dict(device.client.cookies))
    assert device.is_open("/my-answers/en/status")
    cookie = device.client.cookies["assisted"]
    device.post("/hand-back/end")
    device.client.cookies.set("assisted", cookie)
    assert not device.is_open("/my-answers/en/status")
    assert device.is_open("/office/assist")


def test_somebody_withdraws_with_his_code_on_a_lent_device(interviews: Interviews) -> None:
    device = interviews.device().until_hand_over()
    code = device.code()
    device.post("check")
    device.post("/hand-back/end", {"do": "keep"})
    device.send("/office/assist", "/office/assist-lend", {})
    device.post("/my-answers/en", {"code": code.text})
    device.post("/my-answers/en/erase")
    assert asyncio.run(interviews.field.rights.status(code)).kind == "nothing"
