"""kill -9 at every commit of submit, settle and erase: nobody is lost, nobody counted twice."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from survey_service.stores.stores import Stores
from tests.kit.nursery import ERASED, PEOPLE
from tests.kit.postgres import Cluster
from tests.kit.stores import ON_POSTGRESQL, PostgresTemplate, SqliteTemplate

# Of submit, settle and erase, some of which share a commit; and of the four changes by code, which
# come one after the other.
FEWEST_COMMITS, COMMITS_OF_CHANGES = 25, 29


class Nursery:
    """The forking process, asked one plan at a time."""

    def __init__(self, module: str = "tests.kit.nursery") -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, **plan: Any) -> Any:
        """Send a plan and return what came of it; a failure fails the test with its trace."""
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise RuntimeError("no pipes")
        stdin.write(json.dumps(plan) + "\n")
        stdin.flush()
        reply = json.loads(stdout.readline())
        assert not reply["failed"], reply["said"]
        return json.loads(reply["said"])

    def close(self) -> None:
        """End the process."""
        self._process.communicate(timeout=30)


@pytest.fixture
def nursery() -> Iterator[Nursery]:
    process = Nursery()
    yield process
    process.close()


class Copies:
    """Prepared stores, copied afresh for every death."""

    def __init__(
        self,
        nursery: Nursery,
        folder: Path,
        postgres: PostgresTemplate | None,
        scene: str = "submit",
    ) -> None:
        self._scene = scene
        self._folder = folder
        self._postgres = postgres
        self.on_postgresql = postgres is not None
        self._made: dict[str, str] = {}
        if postgres is not None:
            for name in ON_POSTGRESQL:
                self._made[name] = f"prepared_{name}"
                postgres.clusters[name].create(self._made[name], template=f"empty_{name}")
        self.codes = nursery.ask(do="prepare", **self.plan(folder / "prepared", self._made))

    def plan(self, folder: Path, databases: dict[str, str]) -> dict[str, Any]:
        """Return where a copy lies."""
        urls = {}
        if self._postgres is not None:
            urls = {n: self._postgres.clusters[n].url(d) for n, d in databases.items()}
        return {"folder": str(folder), "urls": urls, "scene": self._scene}

    def warm(self, nursery: Nursery, **more: Any) -> None:
        """Let the process that victims are forked from do all of it once, on a copy."""
        with ExitStack() as stack:
            nursery.ask(**{**self.next(stack), "do": "warm", "codes": self.codes, **more})

    def next(self, stack: ExitStack) -> dict[str, Any]:
        """Return the plan of a fresh copy that goes away with the stack."""
        folder = self._folder / "copy"
        shutil.copytree(self._folder / "prepared", folder)
        stack.callback(shutil.rmtree, folder)
        databases = {name: f"copy_{name}" for name in self._made}
        stack.callback(self._each, databases, Cluster.drop)
        self._each(
            databases,
            lambda cluster, database: cluster.create(
                database, template=database.replace("copy_", "prepared_", 1)
            ),
        )
        return self.plan(folder, databases)

    def _each(self, databases: dict[str, str], work: Callable[[Cluster, str], Any]) -> None:
        """Do it with all databases at once: a copy mostly waits for the server's checkpoints."""
        if self._postgres is None:
            return
        clusters = self._postgres.clusters
        with ThreadPoolExecutor(len(databases)) as pool:
            list(pool.map(lambda name: work(clusters[name], databases[name]), databases))

    def drop(self) -> None:
        """Remove the prepared databases."""
        for name, made in self._made.items():
            if self._postgres is not None:
                self._postgres.clusters[name].drop(made)


@pytest.fixture
def scene() -> str:
    """What is being done when the process dies; see the nursery."""
    return "submit"


@pytest.fixture(params=["sqlite", "postgresql"])
def copies(
    request: pytest.FixtureRequest,
    nursery: Nursery,
    tmp_path: Path,
    sqlite_template: SqliteTemplate,
    scene: str,
) -> Iterator[Copies]:
    postgres = None
    if request.param == "postgresql":
        postgres = request.getfixturevalue("postgres_template")
    sqlite_template.copy(tmp_path / "prepared" / "stores")
    made = Copies(nursery, tmp_path, postgres, scene)
    yield made
    made.drop()


def test_every_death_is_healed_by_trying_again(nursery: Nursery, copies: Copies) -> None:
    copies.warm(nursery)
    expected = ["nothing" if n == ERASED else "settled" for n in range(PEOPLE)]
    deaths = 0
    for before in (True, False):
        number = 0
        while True:
            number += 1
            with ExitStack() as stack:
                plan = copies.next(stack)
                left = nursery.ask(
                    do="kill", kill_at=number, before=before, codes=copies.codes, **plan
                )
            where = f"killed {'before' if before else 'after'} commit {number}"
            assert left["standings"] == expected, where
            assert left["responses"] == left["readable"] == PEOPLE - 1, where
            assert left["consents"] == PEOPLE - 1, where
            assert left["log_holds"], where
            if not left["killed"]:
                break
            deaths += 1
    assert deaths >= 2 * FEWEST_COMMITS


KEPT: dict[str, Any] = {
    "kind": "settled",
    "sex": "2",
    "purposes": ["participation", "ethnic_health", "research_reuse"],
    "withdrawn": [],
    "restricted": False,
    "contact": True,
}
CHANGED = [
    KEPT | {"sex": "1", "withdrawn": ["contact"], "contact": False},
    KEPT | {"purposes": ["participation", "research_reuse"], "withdrawn": ["ethnic_health"]},
    KEPT | {"restricted": True},
    KEPT | {"purposes": ["participation", "ethnic_health"], "withdrawn": ["research_reuse"]},
]


@pytest.mark.parametrize("scene", ["rights"])
def test_every_death_during_a_change_is_healed_by_trying_again(
    nursery: Nursery, copies: Copies
) -> None:
    # After one commit is before the next, so half of the deaths are enough here.
    copies.warm(nursery)
    deaths = 0
    while True:
        with ExitStack() as stack:
            plan = copies.next(stack)
            left = nursery.ask(
                do="kill", kill_at=deaths + 1, before=True, codes=copies.codes, **plan
            )
        where = f"killed before commit {deaths + 1}"
        assert left["people"] == CHANGED, where
        assert left["readable"] == left["consents"] == len(CHANGED), where
        assert left["handed_over"] == 0, where
        assert not left["frozen"], where
        assert left["log_holds"], where
        if not left["killed"]:
            break
        deaths += 1
    assert deaths >= COMMITS_OF_CHANGES


def test_stores_are_what_the_nursery_opens(tmp_path: Path) -> None:
    """The copies are whole installations: the same seven stores as the service's."""
    stores = Stores.at(tmp_path)
    assert {store.name for store in stores} == {*ON_POSTGRESQL, "keys"}
    stores.close()
