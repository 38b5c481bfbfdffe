"""Question pages while 200 sign-ins and 2,000 typed codes come at once, beside a quiet service.

make bench ARGS="flood"

The flood comes from a process of its own, at a lower priority: what it costs to make it must
not count as what the service makes people wait. How long it took is told, so that a flood that was
starved is seen. The pages are read one after the other, at most 200 a second, by a third process.

Two measures are taken of each page. What its reader waited, by the clock on the wall, is what
matters and what other work of the machine disturbs: a page needs a third of a millisecond, and
whoever else wants the core takes it for several. And the processor time that the service's one
thread for pages used between the question and the answer: the page's own work and all that was
done before its turn came, whoever else is busy.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from tests.benchmarks.load import Browser, Reply, expect
from tests.benchmarks.report import Range
from tests.kit.live import LiveService
from tests.kit.plain import Form

SIGN_INS, CODES, CONNECTIONS = 200, 2000, 16
PAGES = 300
PACE = 0.005
"""Seconds between an answer and the next question: the reader must not be a flood himself."""
# Well formed, and nothing is kept under it: it is looked up.
CODE = b"code=00000-00000-00000-00000-00000"
SIGN_IN = b"username=nobody-%d&password=a+long+and+wrong+password"


class Latency(NamedTuple):
    """Milliseconds of a page, or those that nineteen of twenty pages stay under."""

    wall: float
    thread: float


class Round(NamedTuple):
    """Both p95, and what the flood came to."""

    quiet: Latency
    flood: Latency
    pages: int
    seconds: float
    answers: dict[str, int]


def main() -> None:
    """Run, and print the two p95 and their ratio; or be the flood itself."""
    arguments = argparse.ArgumentParser(prog="make bench", description=__doc__)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--json", action="store_true", help="print JSON instead of the table")
    arguments.add_argument("--port", type=int, help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.port is not None:
        os.nice(5)
        print(json.dumps(asyncio.run(everything_at_once(given.port))))
        return
    found = []
    for _ in range(given.rounds):
        # A service of its own for each: codes and names are counted for an hour.
        with tempfile.TemporaryDirectory(prefix="equality-bench-") as folder:
            service = LiveService(Path(folder) / "data", ("demo", "--respondents", "0"))
            try:
                found.append(asyncio.run(one_round(service)))
            finally:
                service.kill()
        if not given.json:
            print(line(found[-1]), flush=True)
    if given.json:
        print(json.dumps([one._asdict() for one in found]))
        return
    for which, name in enumerate(Latency._fields):
        ratio = Range.of([one.flood[which] / one.quiet[which] for one in found])
        print(f"{name}: ratio {ratio.median:.2f} ({ratio.least:.2f} to {ratio.most:.2f}), goal 3")


def line(one: Round) -> str:
    """Return one round in words."""
    said = (
        f"p95 by {name} quiet {one.quiet[n]:.2f} ms, under the flood {one.flood[n]:.2f} ms; "
        for n, name in enumerate(Latency._fields)
    )
    return (
        "".join(said) + f"{one.pages} pages while the flood took {one.seconds:.1f} s; "
        f"answers to it by status: {one.answers}"
    )


async def one_round(service: LiveService) -> Round:
    """Read pages of a quiet service, then of the same under the flood."""
    form, port = Form(service.url, "lv").begin(), service.port
    used = Path(f"/proc/{service.process.pid}/task/{service.process.pid}/schedstat")
    code = "; ".join(f"{name}={value}" for name, value in form.client.cookies.items())
    page, cookie = f"{form.here}/q/B1", f"Cookie: {code}\r\n"
    form.close()
    loop = asyncio.get_running_loop()
    _, reader = await loop.create_connection(lambda: Browser(port), "127.0.0.1", port)

    async def latency() -> Latency:
        await asyncio.sleep(PACE)
        before, started = on_core(used), time.perf_counter()
        expect(await reader.get(page, cookie), 200)
        wall = time.perf_counter() - started
        return Latency(1000 * wall, (on_core(used) - before) / 1e6)

    for _ in range(PAGES // 3):
        await latency()
    quiet = [await latency() for _ in range(PAGES)]
    command = [sys.executable, "-m", "tests.benchmarks.flood", "--port", str(port)]
    flood = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
    # Its own start is no flood yet.
    await asyncio.sleep(1)
    started, under = time.perf_counter(), []
    while flood.returncode is None:
        under.append(await latency())
    seconds = time.perf_counter() - started
    reader.close()
    answers = json.loads((await flood.communicate())[0])
    return Round(p95(quiet), p95(under), len(under), seconds, answers)


def on_core(schedstat: Path) -> int:
    """Return the nanoseconds that a thread has been on a core (Linux, sched-stats)."""
    return int(schedstat.read_text(encoding="ascii").split()[0])


async def everything_at_once(port: int) -> dict[str, int]:
    """Send both floods and return how often each of both was answered with each status."""
    counts: Counter[str] = Counter()

    async def sign_in(browser: Browser, number: int) -> Reply:
        return await browser.post("/office/sign-in", SIGN_IN % number)

    async def code(browser: Browser, _: int) -> Reply:
        return await browser.post("/my-answers/lv", CODE)

    await asyncio.gather(many(port, sign_in, SIGN_INS, counts), many(port, code, CODES, counts))
    return dict(sorted(counts.items()))


async def many(
    port: int,
    work: Callable[[Browser, int], Awaitable[Reply]],
    count: int,
    counts: Counter[str],
) -> None:
    """Do a work so many times, over `CONNECTIONS` connections."""
    loop = asyncio.get_running_loop()
    numbers: Iterator[int] = iter(range(count))

    async def worker() -> None:
        _, browser = await loop.create_connection(lambda: Browser(port), "127.0.0.1", port)
        for number in numbers:
            reply: Any = await work(browser, number)
            counts[f"{work.__name__} {reply.status}"] += 1
        browser.close()

    await asyncio.gather(*(worker() for _ in range(CONNECTIONS)))


def p95(found: list[Latency]) -> Latency:
    """Return what nineteen of twenty stay under, by each measure."""
    return Latency(*(statistics.quantiles(column, n=20)[-1] for column in zip(*found, strict=True)))


if __name__ == "__main__":
    main()
