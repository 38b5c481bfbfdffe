"""A receipt from the last page of the form to a printed sheet and a checked file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from survey_service.cli import main
from tests.kit.live import LiveService
from tests.kit.pages import PHONE, Windows
from tests.kit.plain import Forms
from tests.kit.walks import WITH_CONTACT, Interview, path, unfit


@pytest.mark.parametrize("language", ["lv", "ru", "en"])
def test_a_receipt_is_printed_downloaded_and_checked_without_javascript(
    language: str, demo_service: LiveService, forms: Forms, browser_windows: Windows, tmp_path: Path
) -> None:
    form = forms(language).begin(WITH_CONTACT).submit()
    page = browser_windows.open(PHONE, javascript=False)
    person = Interview(page, demo_service.url, language)
    form.hand_to(page)
    page.goto(f"{demo_service.url}{form.here}/receipt")
    assert person.says("Nobody helped you.") in page.locator(".receipt").inner_text()
    assert unfit(page) == []
    page.goto(f"{demo_service.url}/my-answers/{language}/status")
    person.press("Receipt and code")
    assert path(page) == f"/my-answers/{language}/receipt"
    code = person.code()

    page.emulate_media(media="print")
    assert page.locator(".take-home .code").is_visible()
    assert page.locator(".take-home img").is_visible()
    assert page.locator(".receipt").is_visible()
    assert not page.locator("main .buttons").first.is_visible(), "on paper nothing can be pressed"
    page.emulate_media(media="screen")

    with page.expect_download() as started:
        page.get_by_role("link", name=person.says("Download the signed receipt")).click()
    receipt, key = tmp_path / "receipt.jsonld", tmp_path / "key.pem"
    started.value.save_as(receipt)
    key.write_bytes(form.client.get("/receipt-key.pem").content)
    text = receipt.read_text(encoding="utf-8")
    assert code not in text
    assert json.loads(text)["circumstances"]["language"] == language

    def verdict() -> int:
        verify = ["consent", "verify", str(receipt), "--key", str(key)]
        return CliRunner().invoke(main, verify).exit_code

    assert verdict() == 0
    receipt.write_text(text.replace('"helped": "no"', '"helped": "yes"'), encoding="utf-8")
    assert verdict() == 1
