"""What is measured: five configurations, each asked the same way in every round."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from survey_service.collection.code import Code
from survey_service.stores.store import Store
from tests.benchmarks import bare
from tests.benchmarks.campaign import Campaign
from tests.benchmarks.full_form import LANGUAGE, FullForm
from tests.benchmarks.load import Browser, cookie_of, expect, run
from tests.benchmarks.process import ServerProcess
from tests.kit.field import SLUG

HELLO, KEEP = "hello handler", "bare validate and commit"
PAGE, INTERVIEWS, SUBMITS = "question page", "interviews, per question", "final submits"
# Requests (for interviews: people) in one window: about half a second of CPU time each.
WINDOW = {HELLO: 6000, KEEP: 2000, PAGE: 3000, INTERVIEWS: 32, SUBMITS: 1000}
SURVEY = f"/survey/{SLUG}/{LANGUAGE}"
ASKED_PAGE = "C1"


class RowsDiffer(Exception):
    """More or fewer rows were written than requests were answered."""


@dataclass(frozen=True)
class Window:
    """One configuration in one round."""

    requests: int
    rows: int
    cpu: float
    wall: float

    @property
    def rate(self) -> float:
        """Requests per server CPU-second."""
        return self.requests / self.cpu


class Bench:
    """Both servers and the campaign between them."""

    def __init__(self, folder: Path) -> None:
        self.full = FullForm.found()
        self.bodies = self.full.page_bodies()
        self.campaign = Campaign(folder / "real", self.full)
        self.row_bytes = 0
        self._folder = folder
        self._serial = 0
        self._bare_store = Store("bare", path=folder / "bare.sqlite")
        bare.create_table(self._bare_store)

    async def start(self) -> None:
        """Start both servers; the bare one writes rows as large as a submission's."""
        await self.campaign.submit(await self.campaign.filled(1))
        self.row_bytes = self.campaign.row_bytes()
        self.bare = ServerProcess("bare", self._folder, self.row_bytes)
        self.real = ServerProcess("real", self._folder / "real", 0)

    async def window(self, name: str, count: int) -> Window:
        """Measure one configuration once."""
        measure = {
            HELLO: self._hello,
            KEEP: self._keep,
            PAGE: self._page,
            INTERVIEWS: self._interviews,
            SUBMITS: self._submits,
        }[name]
        return await measure(count)

    async def _hello(self, count: int) -> Window:
        async def serve(browser: Browser, _: int) -> None:
            expect(await browser.get("/hello"), 200)

        return await self._timed(self.bare, range(count), serve, count)

    async def _keep(self, count: int) -> Window:
        first, self._serial = self._serial, self._serial + count
        forms = [self.full.whole_body(serial) for serial in range(first, first + count)]
        before = bare.count_rows(self._bare_store)

        async def serve(browser: Browser, body: bytes) -> None:
            expect(await browser.post("/keep", body), 201)

        return await self._timed(
            self.bare,
            forms,
            serve,
            count,
            lambda: bare.count_rows(self._bare_store) - before,
        )
