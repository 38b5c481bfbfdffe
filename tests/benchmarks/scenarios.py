"""What is measured: five configurations, each asked the same way in every round."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import cycle, islice, product
from pathlib import Path
from typing import TypeVar

from survey_service.collection.code import Code
from survey_service.stores.store import Store
from tests.benchmarks import bare
from tests.benchmarks.campaign import Campaign
from tests.benchmarks.full_form import LANGUAGE, FullForm
from tests.benchmarks.load import Browser, cookie_of, expect, run
from tests.benchmarks.process import ServerProcess
from tests.kit.field import SLUG

HELLO, KEEP = "bare hello", "bare validate and commit"
PAGE, INTERVIEWS, SUBMITS = "question page", "interview, per question", "final submit"
# Requests in one window (for interviews: people): some half a second of CPU time each.
WINDOW = {HELLO: 6000, KEEP: 2000, PAGE: 3000, INTERVIEWS: 32, SUBMITS: 1000}
SURVEY = f"/survey/{SLUG}/{LANGUAGE}"
T = TypeVar("T")


class RowsDiffer(Exception):
    """Other than as many rows were written as requests were answered."""


@dataclass(frozen=True)
class Window:
    """One configuration in one round; `rows` is what was found written."""

    requests: int
    rows: int
    cpu: float
    wall: float

    @property
    def rate(self) -> float:
        """Requests per server CPU-second."""
        return self.requests / self.cpu


class Bench:
    """Both servers, the campaign that they serve, and the browsers."""

    def __init__(self, folder: Path) -> None:
        self.full = FullForm.found()
        self.campaign = Campaign(folder / "real", self.full)
        self.row_bytes = 0
        self._folder = folder
        self._bodies = self.full.page_bodies()
        self._serial = 0
        self._bare_store = Store("bare", path=folder / "bare.sqlite")
        bare.create_table(self._bare_store)
        self._servers: dict[str, ServerProcess] = {}

    async def start(self) -> None:
        """Start both servers; the bare one writes rows as large as a submission's."""
        await self.campaign.submit(await self.campaign.filled(1))
        self.row_bytes = self.campaign.row_bytes()
        for kind, folder in (("bare", self._folder), ("real", self._folder / "real")):
            self._servers[kind] = ServerProcess(kind, folder, self.row_bytes)

    def stop(self) -> None:
        """Stop both servers and let go of the stores."""
        for server in self._servers.values():
            server.stop()
        self._bare_store.close()
        self.campaign.close()

    async def window(self, name: str, count: int) -> Window:
        """Measure one configuration once and check what it wrote.

        Raises:
            RowsDiffer: rows are missing, or there are too many.
            UnexpectedAnswer: a server answered otherwise than it should.
        """
        measure = {
            HELLO: self._hello,
            KEEP: self._keep,
            PAGE: self._page,
            INTERVIEWS: self._interviews,
            SUBMITS: self._submits,
        }
        window = await measure[name](count)
        if name not in (HELLO, PAGE) and window.rows != window.requests:
            raise RowsDiffer(f"{name}: {window.rows} rows for {window.requests} requests")
        return window

    async def _timed(
        self, kind: str, jobs: Sequence[T], serve: Callable[[Browser, T], Awaitable[None]]
    ) -> tuple[float, float]:
        server = self._servers[kind]
        wall, cpu = time.perf_counter(), server.cpu_seconds()
        await run(server.port, iter(jobs), serve)
        return server.cpu_seconds() - cpu, time.perf_counter() - wall

    async def _hello(self, count: int) -> Window:
        async def serve(browser: Browser, _: int) -> None:
            expect(await browser.get("/hello"), 200)

        return Window(count, 0, *await self._timed("bare", range(count), serve))

    async def _keep(self, count: int) -> Window:
        forms = [self.full.whole_body(self._serial + n) for n in range(count)]
        self._serial += count
        before = bare.count_rows(self._bare_store)

        async def serve(browser: Browser, body: bytes) -> None:
            expect(await browser.post("/keep", body), 201)

        spent = await self._timed("bare", forms, serve)
        return Window(count, bare.count_rows(self._bare_store) - before, *spent)

    async def _page(self, count: int) -> Window:
        codes = await self.campaign.filled(8)
        jobs = list(islice(cycle(product(codes, self._bodies)), count))

        async def serve(browser: Browser, job: tuple[Code, str]) -> None:
            path = f"{SURVEY}/q/{job[1]}"
            expect(await browser.get(path, cookie_of(job[0].symbols)), 200)

        return Window(count, 0, *await self._timed("real", jobs, serve))

    async def _interviews(self, people: int) -> Window:
        codes = await self.campaign.begun(people)
        first = next(iter(self._bodies))

        async def serve(browser: Browser, code: Code) -> None:
            path, cookie = f"{SURVEY}/q/{first}", cookie_of(code.symbols)
            while "/q/" in path:
                body = self._bodies[path.rpartition("/")[2]]
                reply = await browser.post(path, body, cookie)
                expect(reply, 303)
                path = reply.location
                expect(await browser.get(path, cookie), 200)

        spent = await self._timed("real", codes, serve)
        rows = await self.campaign.answers_in(codes)
        return Window(people * self.full.questions, rows, *spent)

    async def _submits(self, count: int) -> Window:
        codes = await self.campaign.filled(count)
        before = self.campaign.waiting()

        async def serve(browser: Browser, code: Code) -> None:
            reply = await browser.post(f"{SURVEY}/check", b"go=submit", cookie_of(code.symbols))
            expect(reply, 303)

        spent = await self._timed("real", codes, serve)
        return Window(count, self.campaign.waiting() - before, *spent)
