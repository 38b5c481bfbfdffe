"""Question pages while 200 sign-ins and 2,000 typed codes come at once, beside a quiet service.

make bench ARGS="flood"
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx

from tests.kit.live import LiveService
from tests.kit.plain import FORM, Form, encoded

SIGN_INS, CODES, CONNECTIONS = 200, 2000, 16
PAGES = 300
WRONG_CODE = "00000-00000-00000-00000-00000"


def main() -> None:
    """Run, and print the two p95 and their ratio."""
    arguments = argparse.ArgumentParser(prog="make bench", description=__doc__)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--json", action="store_true", help="print JSON instead of the table")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="equality-bench-") as folder:
        service = LiveService(Path(folder) / "data", ("demo", "--respondents", "0"))
        try:
            found = [asyncio.run(one_round(service.url)) for _ in range(given.rounds)]
        finally:
            service.kill()
    if given.json:
        print(json.dumps(found))
        return
    for one in found:
        print(
            f"p95 quiet {one['quiet']:.1f} ms, under the flood {one['flood']:.1f} ms, "
            f"ratio {one['flood'] / one['quiet']:.2f} ({one['pages']:.0f} pages in "
            f"{one['seconds']:.1f} s; answers to the flood: {one['answers']})"
        )


async def one_round(url: str) -> dict[str, Any]:
    """Return both p95 in milliseconds, one after the other on the same service."""
    form = Form(url, "lv").begin()
    cookies = dict(form.client.cookies)
    page = f"{form.here}/q/B1"
    form.close()
    async with asyncio.timeout(600), httpx.AsyncClient(base_url=url, cookies=cookies) as reader:
        quiet = [await latency(reader, page) for _ in range(PAGES)]
        flood = asyncio.create_task(everything_at_once(url))
        started, under = time.perf_counter(), []
        while not flood.done():
            under.append(await latency(reader, page))
        seconds = time.perf_counter() - started
        answers = await flood
    return {
        "quiet": p95(quiet),
        "flood": p95(under),
        "pages": len(under),
        "seconds": seconds,
        "answers": answers,
    }


async def latency(reader: httpx.AsyncClient, page: str) -> float:
    """Return how many milliseconds a question page takes."""
    started = time.perf_counter()
    (await reader.get(page)).raise_for_status()
    return 1000 * (time.perf_counter() - started)


async def everything_at_once(url: str) -> dict[int, int]:
    """Send both floods and return how often each status was answered."""
    origin = {"Origin": url, "Sec-Fetch-Site": "same-origin", **FORM}
    limits = httpx.Limits(max_connections=2 * CONNECTIONS)
    counts: dict[int, int] = {}
    async with httpx.AsyncClient(
        base_url=url, headers=origin, timeout=600, limits=limits
    ) as client:

        async def sign_in(number: int) -> int:
            fields = {"username": f"nobody-{number}", "password": "a long and wrong password"}
            return (await client.post("/office/sign-in", content=encoded(fields))).status_code

        async def code(_: int) -> int:
            fields = {"code": WRONG_CODE}
            return (await client.post("/my-answers/lv", content=encoded(fields))).status_code

        await asyncio.gather(
            many(sign_in, SIGN_INS, counts),
            many(code, CODES, counts),
        )
    return counts


async def many(work: Callable[[int], Awaitable[int]], count: int, counts: dict[int, int]) -> None:
    """Do a work so many times, `CONNECTIONS` at a time."""
    numbers = iter(range(count))

    async def worker() -> None:
        for number in numbers:
            status = await work(number)
            counts[status] = counts.get(status, 0) + 1

    await asyncio.gather(*(worker() for _ in range(CONNECTIONS)))


def p95(found: list[float]) -> float:
    """Return what nineteen of twenty stay under."""
    return statistics.quantiles(found, n=20)[-1]


if __name__ == "__main__":
    main()
