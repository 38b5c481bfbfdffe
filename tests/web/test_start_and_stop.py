"""The demonstration starts, stops at Ctrl-C, and finds its data again."""

from __future__ import annotations

import stat
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path

from tests.kit.live import LiveService
from tests.kit.office import office, sign_in
from tests.kit.pages import Windows

SMALL = ("demo", "--respondents", "60", "--seed", "3")


def test_a_second_start_keeps_the_data_and_ctrl_c_stops_cleanly(
    live_service: Callable[..., LiveService],
) -> None:
    first = live_service(*SMALL)
    people = (first.data / "sign-ins.json").read_bytes()
    assert stat.S_IMODE((first.data / "sign-ins.json").stat().st_mode) == 0o600
    assert first.stop() == 0
    second = live_service(*SMALL)
    assert (second.data / "sign-ins.json").read_bytes() == people
    with urllib.request.urlopen(f"{second.url}/health") as answer:
        assert answer.status == 200
    assert second.stop() == 0
    assert "Traceback" not in second.printed()


def test_the_command_prints_a_code_that_signs_in(
    demo_service: LiveService, browser_windows: Windows
) -> None:
    program = Path(sys.executable).with_name("equality-survey")
    asked = subprocess.run(
        [program, "demo", "--data-dir", demo_service.data, "sign-in", "coordinator"],
        capture_output=True,
        text=True,
        check=True,
    )
    printed = dict(line.split(": ", 1) for line in asked.stdout.splitlines())
    page = browser_windows.open()
    page.goto(f"{demo_service.url}/office/sign-in")
    page.get_by_label("User name").fill(printed["user"])
    page.get_by_label("Password").fill(printed["password"])
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("six digits").fill(printed["code"])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/sign-in" not in url)


def test_a_session_goes_from_window_to_window(
    demo_service: LiveService, browser_windows: Windows
) -> None:
    first = browser_windows.open()
    sign_in(first, demo_service, "administrator")
    second = office(browser_windows, demo_service, "dpo")
    third = office(browser_windows, demo_service, "dpo")
    assert "/sign-in" not in second.url + third.url
