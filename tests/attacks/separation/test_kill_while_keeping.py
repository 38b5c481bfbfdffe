"""kill -9 at every step of rotate, destroy, backup and restore: the next try leaves it whole."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.attacks.test_kill_at_every_commit import Copies, Nursery
from tests.kit.mortal import ERASED, PEOPLE
from tests.kit.stores import SqliteTemplate


@pytest.fixture(scope="module")
def mortal() -> Iterator[Nursery]:
    process = Nursery("tests.kit.mortal")
    yield process
    process.close()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def copies(
    request: pytest.FixtureRequest,
    mortal: Nursery,
    tmp_path_factory: pytest.TempPathFactory,
    sqlite_template: SqliteTemplate,
) -> Iterator[Copies]:
    postgres, tmp_path = None, tmp_path_factory.mktemp("keeping")
    if request.param == "postgresql":
        postgres = request.getfixturevalue("postgres_template")
    sqlite_template.copy(tmp_path / "prepared" / "stores")
    made = Copies(mortal, tmp_path, postgres)
    yield made
    made.drop()


KEPT = ["nothing" if n in ERASED else "settled" for n in range(PEOPLE)]
LEFT = PEOPLE - len(ERASED)
# What must be true after the retry, and how many steps there are at the least.
AFTER: dict[str, tuple[dict[str, Any], int]] = {
    "rotate": ({"readable": LEFT, "epoch": 2, "secrets": 1}, 11),
    "destroy": ({"readable": 0, "frozen": False, "epoch": 1}, 10),
    "backup": ({"readable": LEFT, "epoch": 1}, 11),
    "restore": ({"readable": LEFT, "frozen": False, "epoch": 1}, 19),
}


@pytest.mark.parametrize("what", AFTER)
def test_every_death_while_keeping_is_healed(mortal: Nursery, copies: Copies, what: str) -> None:
    wanted, fewest = AFTER[what]
    copies.warm(mortal, what=what)
    deaths, marked = 0, 0
    while True:
        with ExitStack() as stack:
            plan = copies.next(stack)
            left = mortal.ask(do=what, kill_at=deaths + 1, before=True, codes=copies.codes, **plan)
        where = f"killed before step {deaths + 1} of {what}"
        assert left["standings"] == KEPT, where
        assert {name: left[name] for name in wanted} == wanted, where
        assert left["start_refused"] == left["marked"], where
        assert left["log_holds"], where
        assert left["left"] == [], where
        if not left["killed"]:
            break
        deaths, marked = deaths + 1, marked + left["marked"]
    assert deaths >= fewest
    # Between the first store that is put in place and the last, no service may start.
    assert marked >= (deaths - 4 if what == "restore" else 0)
