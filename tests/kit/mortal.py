"""Ceremonies, backups and restores that are killed at a chosen step, and the retry after it.

Run as `python -m tests.kit.mortal`: reads one JSON plan a line, as `tests.kit.nursery` does. The
victim gets SIGKILL before the n-th step: a commit of whichever store, or a file that is
put in another's place or removed. Then the same is done again, and what is there is told. A plan
to `warm` does it once without a death, in the process that the others are forked from.

On PostgreSQL a copy is poured into a new SQLite file, whose tables migrations make. Here that file
is a copy of one that they have made before: nothing of it is a step, it lies in a folder that the
next try throws away, and it would be most of the work of every death.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from survey_service.audit_log.service import EntryFilter
from survey_service.backups import copying
from survey_service.backups.restoring import MARK, refuse_half_restored
from survey_service.ceremonies.kinds import Kind
from survey_service.collection.code import Code
from survey_service.stores.errors import StoreRefused
from survey_service.stores.migrate import upgrade
from survey_service.stores.postgresql import PostgresConnection
from survey_service.stores.sqlite import SqliteConnection
from survey_service.stores.store import Store
from survey_service.stores.stores import Stores
from tests.kit.field import Field, people
from tests.kit.keeping import DEE, Keeping, run
from tests.kit.nursery import _fork, at_home

PEOPLE = 20
ERASED = (1, 7)


def open_keeping(plan: dict[str, Any]) -> Keeping:
    """Open the stores of a plan with the keys that lie beside them."""
    folder = Path(plan["folder"])
    return Keeping(Stores.at(folder / "stores", plan["urls"]), folder)


def prepare(plan: dict[str, Any]) -> list[str]:
    """Leave a settled wave, a backup of it and of its keys, two erasures since, two proposals."""
    keeping = open_keeping(plan)
    wave = keeping.field.open_wave()
    codes = keeping.field.answer_all(wave, people(PEOPLE), questions=2)
    closed = keeping.field.close_wave(wave)
    keeping.field.freezes.make(wave.id, closed.form, keeping.field.clock().date())
    keeping.backup()
    keeping.backup("keys-elsewhere", ["keys"])
    for number in ERASED:
        run(keeping.field.rights.erase(codes[number]))
    keeping.propose("office-wrap-answers")
    keeping.propose("row-keys/roma-2026", Kind.DESTROY)
    keeping.field.stores.close()
    return [code.text for code in codes]


def _confirm(keeping: Keeping, kind: Kind) -> None:
    ids = [c.id for c in run(keeping.ceremonies.all(DEE)) if c.kind is kind]
    run(keeping.ceremonies.confirm(DEE, ids[0]))


def _restore(keeping: Keeping) -> None:
    keeping.restore()
    keeping.restore("keys-elsewhere")


WORKS: dict[str, Callable[[Keeping], Any]] = {
    "rotate": lambda keeping: _confirm(keeping, Kind.ROTATE),
    "destroy": lambda keeping: _confirm(keeping, Kind.DESTROY),
    "backup": lambda keeping: keeping.backup(),
    "restore": _restore,
}


def _kill_at(number: int, *, before: bool) -> None:
    counter = iter(range(1, 1_000_000))
    guard = threading.Lock()

    def deadly(step: Callable[..., Any], counts: Callable[[], bool]) -> Callable[..., Any]:
        def stepped(*given: Any, **named: Any) -> Any:
            if not counts():
                return step(*given, **named)
            with guard:
                mine = next(counter) == number
                if mine and before:
                    os.kill(os.getpid(), signal.SIGKILL)
                done = step(*given, **named)
                if mine:
                    os.kill(os.getpid(), signal.SIGKILL)
            return done

        return stepped

    def writing() -> bool:
        return threading.current_thread().name.startswith("writer-")

    for kind in (SqliteConnection, PostgresConnection):
        kind.commit = deadly(kind.commit, writing)  # type: ignore[method-assign]
    for name in ("replace", "rename", "unlink"):
        setattr(Path, name, deadly(getattr(Path, name), lambda: True))


async def _standings(field: Field, codes: list[Code]) -> list[str]:
    # In one loop: each thread that reads connects to every database anew.
    return [(await field.rights.status(code)).kind for code in codes]


def heal(plan: dict[str, Any], codes: list[Code]) -> dict[str, Any]:
    """Look whether a start is refused, do it again, and tell what is there."""
    folder = Path(plan["folder"])
    marked = (folder / MARK).exists()
    try:
        refuse_half_restored(folder)
        refused = False
    except StoreRefused:
        refused = True
    keeping = open_keeping(plan)
    field = keeping.field
    if plan["do"] in ("rotate", "destroy"):
        # As the next hour does by itself; and both people may press again.
        keeping.ceremonies.heal_now()
    WORKS[plan["do"]](keeping)
    wave = field.surveys.waves_now()[0]
    told = run(field.audit.entries(EntryFilter(), limit=200)).entries
    verdict = {
        "marked": marked,
        "start_refused": refused,
        "standings": run(_standings(field, codes)),
        "readable": len(field.answers.bodies(wave.id)),
        "frozen": field.freezes.latest(wave.id) is not None,
        "epoch": keeping.epochs.of("office-wrap-answers"),
        "secrets": len(keeping.ring.candidates("office-wrap-answers")),
        "done": [e.act.value for e in told if e.outcome.value == "ok"],
        "left": sorted(
            p.name
            for p in folder.rglob("*")
            if p.suffix in (".writing", ".restoring", ".before") or p.name.endswith(".next.key")
        ),
        "log_holds": field.audit.verify_all_now().sound,
    }
    field.stores.close()
    return verdict


def _victim(plan: dict[str, Any]) -> None:
    keeping = open_keeping(plan)
    _kill_at(plan["kill_at"], before=plan["before"])
    WORKS[plan["do"]](keeping)


def _ready_made(folder: Path) -> Callable[[Store], None]:
    """Return what brings a store up to date, and makes a new file by copying one made before."""

    def bring(store: Store) -> None:
        made = folder / f"{store.name}.sqlite"
        if store.path is None or store.path.exists():
            upgrade(store)
            return
        if not made.exists():
            first = Store(store.name, path=made)
            upgrade(first)
            first.leave_log()
            first.close()
        shutil.copyfile(made, store.path)
        store.path.chmod(0o600)

    return bring


def main() -> None:
    """Answer plans until the input ends."""
    with tempfile.TemporaryDirectory() as folder:
        setattr(copying, "upgrade", _ready_made(Path(folder)))  # noqa: B010
        _answer()


def _answer() -> None:
    for line in sys.stdin:
        plan = json.loads(line)
        if plan["do"] == "prepare":
            failed, said = at_home(lambda plan=plan: prepare(plan))  # type: ignore[misc]
        elif plan["do"] == "warm":
            codes = [Code.read(text) for text in plan["codes"]]
            known = {**plan, "do": plan["what"]}
            failed, said = at_home(lambda plan=known, codes=codes: heal(plan, codes))  # type: ignore[misc]
        else:
            codes = [Code.read(text) for text in plan["codes"]]
            failed, said = _fork(lambda plan=plan: _victim(plan))  # type: ignore[misc]
            if failed in (0, -signal.SIGKILL):
                died = failed != 0
                failed, said = _fork(lambda plan=plan, codes=codes: heal(plan, codes))  # type: ignore[misc]
                if failed == 0:
                    said = json.dumps({"killed": died, **json.loads(said)})
        print(json.dumps({"failed": failed != 0, "said": said}), flush=True)


if __name__ == "__main__":
    main()
