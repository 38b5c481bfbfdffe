"""Which browser is driven, and what is said where there is none."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest
from playwright.sync_api import BrowserType

from tests.kit.chromium import NoChromium, executable


class _Own:
    def __init__(self, path: Path) -> None:
        self.executable_path = str(path)


def _program(path: Path, code: int = 0) -> Path:
    path.write_text(f"#!/bin/sh\nexit {code}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BrowserType:
    (tmp_path / "path").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    monkeypatch.delenv("CHROMIUM", raising=False)
    return cast(BrowserType, _Own(tmp_path / "own"))


def test_the_named_one_comes_first(
    own: BrowserType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = _program(tmp_path / "named")
    _program(tmp_path / "path" / "chromium")
    monkeypatch.setenv("CHROMIUM", str(named))
    assert executable(own) == named


def test_then_chromium_on_the_path(own: BrowserType, tmp_path: Path) -> None:
    _program(tmp_path / "own")
    on_path = _program(tmp_path / "path" / "chromium")
    assert executable(own) == on_path


def test_then_playwrights_own_also_where_chromium_is_only_a_stub(
    own: BrowserType, tmp_path: Path
) -> None:
    _program(tmp_path / "path" / "chromium", code=1)
    playwrights = _program(tmp_path / "own")
    assert executable(own) == playwrights


def test_none_at_all_names_the_remedy(own: BrowserType) -> None:
    with pytest.raises(NoChromium, match=r"apt install chromium.*BROWSER=no"):
        executable(own)


def test_a_named_one_that_does_not_run_is_not_passed_over(
    own: BrowserType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _program(tmp_path / "path" / "chromium")
    monkeypatch.setenv("CHROMIUM", str(tmp_path / "gone"))
    with pytest.raises(NoChromium, match="gone does not run"):
        executable(own)
