"""Signing in to the demonstration, from the command line on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.kit.live import LiveService
from tests.kit.office import office, sign_in
from tests.kit.pages import Windows


def test_the_command_prints_a_code_that_signs_in(
    demo_service: LiveService, browser_windows: Windows
) -> None:
    # A code is good once: wait until there is one that no other test has used.
    demo_service.one_time_code("coordinator")
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
