"""What the application does beside its pages."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from litestar.testing import TestClient

from survey_service.app import create_app


class Releases:
    """Notes what is asked of it, in order."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def begin(self) -> None:
        """Start the worker."""
        self.asked.append("begin")

    async def end(self) -> None:
        """Stop the worker."""
        self.asked.append("end")

    async def catch_up(self) -> None:
        """Finish what was cut short."""
        self.asked.append("catch_up")

    async def keep_up(self) -> None:
        """Do the hourly work."""


def test_requests_are_answered_by_the_worker_while_the_service_runs() -> None:
    """Else a page would take as long as its answer was hard to find, and tell it by the clock."""
    releases = Releases()
    services = SimpleNamespace(
        settings=SimpleNamespace(secure=False), releases=releases, safe_files=Releases()
    )
    with TestClient(create_app(cast("Any", services))):
        assert releases.asked == ["begin", "catch_up"]
    assert releases.asked == ["begin", "catch_up", "end"]
