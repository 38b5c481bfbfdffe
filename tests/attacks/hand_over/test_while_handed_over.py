"""A mediator tries to see, in his own window, what is said to nobody but the device."""

from __future__ import annotations

import asyncio

from survey_service.web.permissions import Access
from tests.kit.assisted import HAND_BACK, OWN, Device, Interviews
from tests.kit.routes import all_routes

OFFICE = [r for r in all_routes() if r.path.startswith("/office") and r.needs is not Access.PUBLIC]


def test_every_page_of_staff_becomes_the_hand_back_page(device: Device) -> None:
    for route in OFFICE:
        for answer in (
            [device.get(route.filled())]
            if route.method == "GET"
            else [device.client.request(route.method, route.filled(), data={"_csrf": "x"})]
        ):
            assert answer.status_code == 303, route
            assert answer.headers["location"] == HAND_BACK, route
    assert len(OFFICE) > 30
    assert "Give the device back" in device.get("/hand-back?lang=en").text
    assert "mara" not in device.get("/office/no-such-page").text


def test_signing_in_anew_in_the_same_window_is_no_way_round_the_pin(
    device: Device, interviews: Interviews
) -> None:
    old = device.client.cookies["session"]
    account = interviews.hire("maris")
    new = interviews.session(account)
    asyncio.run(interviews.accounts.replace_session(old, new))
    device.client.cookies.set("session", new)
    for cookie in (None, device.client.cookies["assisted"]):
        device.client.cookies.pop("assisted", None)
        if cookie:
            device.client.cookies.set("assisted", cookie)
        assert device.get("/office/assist").headers["location"] == HAND_BACK
    fresh = interviews.session(account)
    device.client.cookies.set("session", fresh)
    assert device.get("/office/assist").headers["location"] == HAND_BACK, "by the window's cookie"


def test_throwing_the_window_away_does_not_open_the_session(device: Device) -> None:
    device.client.cookies.pop("assisted")
    assert device.get("/office").headers["location"] == HAND_BACK
    page = device.get(HAND_BACK)
    assert page.status_code == 200
    assert "pin" not in page.text.lower().replace("shipping", "")
    assert device.post("/hand-back/end", {"do": "keep"}).status_code == 200
    assert device.get("/office").headers["location"] == HAND_BACK


def test_a_copy_of_the_cookie_made_before_shows_nothing_while_he_answers(
    interviews: Interviews,
) -> None:
    device = interviews.device(account := interviews.hire("mara")).until_hand_over()
    onlooker = interviews.device(account)
    onlooker.client.cookies.set("assisted", device.client.cookies["assisted"])
    device.hand_over()
    assert onlooker.get("check").headers["location"].startswith(HAND_BACK), "before he goes on"
    assert device.is_open("q/B5")
    device.answer(OWN)
    for path in ("check", "q/B5", "pause", "code.svg", "receipt"):
        answer = onlooker.get(path)
        assert answer.status_code != 200, path


def test_the_code_never_stands_readable_in_the_mediators_browser(device: Device) -> None:
    code = device.code()
    held = "".join(f"{name}={value}" for name, value in device.client.cookies.items())
    assert code.symbols not in held
    assert set(device.client.cookies) == {"session", "assisted"}
    secret, _, sealed = device.client.cookies["assisted"].partition(".")
    assert device.get("/my-answers/en/status").headers["location"].startswith(HAND_BACK)
    for forged in (secret, f"{secret}.", f"{secret}.{sealed[:-4]}AAAA", "." + sealed, "x" * 300):
        device.client.cookies.set("assisted", forged)
        assert device.get("q/B5").status_code == 303
