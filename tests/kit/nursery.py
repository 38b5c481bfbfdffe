"""A process that is killed at a chosen commit, and another that heals what it left.

Run as `python -m tests.kit.nursery`: reads one JSON plan a line, forks a victim that gets SIGKILL
at the n-th commit of whichever store, forks a healer that retries as every respondent would, and
answers with what is left. What it forks from has done all of it once, on a copy, and closed every
store: so a child has its statements compiled and its modules loaded, as a service that has run for
a while has, and a death takes a tenth of the time. No file, connection or thread is handed down.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from survey_service.collection.code import Code
from survey_service.problems import Problem
from survey_service.stores.keyring import Keyring
from survey_service.stores.postgresql import PostgresConnection
from survey_service.stores.sqlite import SqliteConnection
from survey_service.stores.stores import Stores
from tests.kit import nursery_rights
from tests.kit.field import SLUG, Field, people

PEOPLE = 6
ERASED = 1


def open_field(plan: dict[str, Any]) -> Field:
    """Open the stores of a plan with the keys that lie beside them."""
    folder = Path(plan["folder"])
    stores = Stores.at(folder / "stores", plan["urls"])
    return Field(stores, folder, Keyring.create(folder / "keys"))


def prepare(plan: dict[str, Any]) -> list[str]:
    """Open a wave and leave six filled drafts; return their codes."""
    field = open_field(plan)
    wave = field.open_wave()

    async def fill() -> list[str]:
        return [(await field.fill(wave, person, questions=3)).text for person in people(PEOPLE)]

    codes = asyncio.run(fill())
    field.stores.close()
    return codes


def _kill_at(number: int, *, before: bool) -> None:
    counter = iter(range(1, 1_000_000))
    guard = threading.Lock()

    def deadly(commit: Callable[[Any], None]) -> Callable[[Any], None]:
        def run(self: Any) -> None:
            if not threading.current_thread().name.startswith("writer-"):
                commit(self)  # the end of a read
                return
            with guard:
                mine = next(counter) == number
                if mine and before:
                    os.kill(os.getpid(), signal.SIGKILL)
                commit(self)
                if mine:
                    os.kill(os.getpid(), signal.SIGKILL)

        return run

    SqliteConnection.commit = deadly(SqliteConnection.commit)  # type: ignore[method-assign, assignment]
    PostgresConnection.commit = deadly(PostgresConnection.commit)  # type: ignore[method-assign, assignment]


async def _try(action: Any) -> None:
    with contextlib.suppress(Problem):
        await action


def live(field: Field, codes: list[Code]) -> None:
    """Submit, settle while others submit, erase: all that a kill may fall into."""
    wave = field.surveys.waves_now()[0]

    async def run() -> None:
        for code in codes[:3]:
            await _try(field.collection.submit(SLUG, code))
        settling = asyncio.to_thread(field.settle.run, wave, threshold=1)
        others = [_try(field.collection.submit(SLUG, code)) for code in codes[3:]]
        await asyncio.gather(settling, *others)
        await field.rights.erase(codes[ERASED])

    asyncio.run(run())


def heal(field: Field, codes: list[Code]) -> dict[str, Any]:
    """Retry everything, close the wave, and return what the stores hold."""
    wave = field.surveys.waves_now()[0]
    live(field, codes)
    field.close_wave(wave)

    async def standings() -> list[str]:
        return [(await field.rights.status(code)).kind for code in codes]

    verdict = {
        "standings": asyncio.run(standings()),
        "responses": field.answers.count(wave.id),
        "readable": len(field.answers.bodies(wave.id)),
        "consents": len(field.consents.tags()),
        "log_holds": field.audit.verify_all_now().sound,
    }
    field.stores.close()
    return verdict


def at_home(work: Callable[[], Any]) -> tuple[int, str]:
    """Do it in this process, from which victims are forked; it must close what it opens."""
    try:
        said = json.dumps(work())
    except BaseException:  # noqa: BLE001 (the test is told, whatever it was)
        return 1, traceback.format_exc()[-3000:]
    left = [t.name for t in threading.enumerate() if t is not threading.main_thread()]
    return (1, f"threads are left, and a fork would lose them: {left}") if left else (0, said)


def _fork(work: Callable[[], Any]) -> tuple[int, str]:
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.close(reader)
            result = json.dumps(work())
            os.write(writer, result.encode())
            code = 0
        except BaseException:  # noqa: BLE001 (the parent is told, whatever it was)
            os.write(writer, traceback.format_exc()[-3000:].encode())
        finally:
            os._exit(code)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status), said


def _victim(plan: dict[str, Any], codes: list[Code]) -> None:
    field = open_field(plan)
    _kill_at(plan["kill_at"], before=plan["before"])
    (nursery_rights.live if plan.get("scene") == "rights" else live)(field, codes)


def _prepared(plan: dict[str, Any]) -> list[str]:
    if plan.get("scene") != "rights":
        return prepare(plan)
    field = open_field(plan)
    codes = nursery_rights.prepare(field)
    field.stores.close()
    return codes


def _healed(plan: dict[str, Any], codes: list[Code]) -> dict[str, Any]:
    work = nursery_rights.heal if plan.get("scene") == "rights" else heal
    return work(open_field(plan), codes)


def main() -> None:
    """Answer plans until the input ends."""
    for line in sys.stdin:
        plan = json.loads(line)
        if plan["do"] == "prepare":
            exit_code, said = at_home(lambda plan=plan: _prepared(plan))  # type: ignore[misc]
        elif plan["do"] == "warm":
            codes = [Code.read(text) for text in plan["codes"]]
            exit_code, said = at_home(lambda plan=plan, codes=codes: _healed(plan, codes))  # type: ignore[misc]
        else:
            codes = [Code.read(text) for text in plan["codes"]]
            died, trace = _fork(lambda plan=plan, codes=codes: _victim(plan, codes))  # type: ignore[misc]
            if died not in (0, -signal.SIGKILL):
                exit_code, said = died, trace
            else:
                exit_code, said = _fork(
                    lambda plan=plan, codes=codes: _healed(plan, codes)  # type: ignore[misc]
                )
                if exit_code == 0:
                    said = json.dumps({"killed": died != 0, **json.loads(said)})
        print(json.dumps({"failed": exit_code != 0, "said": said}), flush=True)


if __name__ == "__main__":
    main()
