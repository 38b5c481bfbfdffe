"""What a code costs: status beside bare keyed reads, erasure beside the same deletes done bare.

The bare side runs on the same files through `sqlite3` alone: it derives the same tags and keys from
the code, and knows no writer thread, no JSON, and no tombstone but its fsync. Both sides open what
they read, delete the same rows in as many commits, and empty the same write-ahead logs. Either
costs the same whatever the stores hold; the erasure's time is the disk's.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from survey_service.collection.code import Code
from survey_service.stores.envelopes import unpad, unseal
from survey_service.stores.keyring import Keyring
from survey_service.stores.migrate import upgrade
from survey_service.stores.stores import Stores
from tests.kit.field import SLUG, Field, people

ROUNDS, STATUSES, ERASURES = 7, 400, 12
GOAL = 3.0
EMPTIED = ("drafts", "inbox", "vault", "answers", "keys")


class Bare:
    """The same files through the driver alone."""

    def __init__(self, field: Field) -> None:
        self.field = field
        self.to = {store.name: self._connect(store.path) for store in field.stores}
        self.tombstones = Path(tempfile.mkdtemp()) / "lines"

    def _connect(self, path: Path | None) -> sqlite3.Connection:
        connection = sqlite3.connect(str(path), isolation_level=None)
        for pragma in ("synchronous=FULL", "secure_delete=ON", "busy_timeout=10000"):
            connection.execute(f"PRAGMA {pragma}")
        return connection

    def tags(self, code: Code) -> dict[str, bytes]:
        """Return under what each store knows the code, and the two keys that open rows."""
        keys, field = field_keys(self.field, code), self.field
        return {
            "drafts": field.drafts.stored_tag(keys),
            "inbox": field.inbox.stored_tag(keys),
            "vault": field.consents.stored_tag(keys.consent_tag),
            "answers": field.answers.stored_tag(keys.response_tag),
            "consent_key": keys.consent_key,
            "response_key": keys.response_key,
        }

    def statuses(self, code: Code) -> None:
        """Derive, look up and open, again and again."""
        for _ in range(STATUSES):
            self.read(self.tags(code))

    def read(self, at: dict[str, bytes]) -> None:
        """Look the code up in every place and open what is there."""
        for name, table in (
            ("drafts", "draft"),
            ("inbox", "waiting"),
            ("inbox", "decision_change"),
        ):
            query = f"SELECT * FROM {table} WHERE tag = ?"
            self.to[name].execute(query, (at[name],)).fetchone()
        query = "SELECT record, contact, by_code FROM consent WHERE tag = ?"
        record, contact, by_code = self.to["vault"].execute(query, (at["vault"],)).fetchone()
        key = unseal(at["consent_key"], by_code, at["vault"])
        unpad(unseal(key, record, at["vault"] + b"record"))
        unpad(unseal(key, contact, at["vault"] + b"contact"))
        query = "SELECT body, by_code FROM answer WHERE tag = ?"
        body, by_code = self.to["answers"].execute(query, (at["answers"],)).fetchone()
        key = unseal(at["response_key"], by_code, at["answers"])
        unpad(unseal(key, body, at["answers"]))

    def erase(self, at: dict[str, bytes], names: tuple[bytes, bytes]) -> None:
        """Delete the same rows in as many commits, and empty the same logs."""
        with self.tombstones.open("ab") as file:
            file.write(bytes(130))
            file.flush()
            os.fsync(file.fileno())
        self._commit("inbox", "UPDATE mark SET count = count + 1", ())
        self._commit("drafts", "DELETE FROM draft WHERE tag = ?", (at["drafts"],))
        self._commit("inbox", "DELETE FROM waiting WHERE tag = ?", (at["inbox"],))
        self._commit("inbox", "DELETE FROM decision_change WHERE tag = ?", (at["inbox"],))
        self._commit("keys", "DELETE FROM row_key WHERE name = ?", (names[0],))
        self._commit("answers", "DELETE FROM answer WHERE tag = ?", (at["answers"],))
        self._commit("keys", "DELETE FROM row_key WHERE name = ?", (names[1],))
        self._commit("vault", "DELETE FROM consent WHERE tag = ?", (at["vault"],))
        for name in EMPTIED:
            self.to[name].execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()

    def _commit(self, name: str, statement: str, values: tuple[bytes, ...]) -> None:
        connection = self.to[name]
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(statement, values)
        connection.execute("COMMIT")


def field_keys(field: Field, code: Code):  # type: ignore[no-untyped-def]
    """What a code opens."""
    return field.collection.keys(SLUG, code)


def timed(work: Callable[[], None]) -> float:
    """Return how many seconds a work takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def busy(work: Callable[[], None]) -> float:
    """Return how many seconds of the processor a work takes: reads come from memory."""
    began = time.process_time()
    work()
    return time.process_time() - began


def measure(folder: Path, rounds: int) -> dict[str, list[float]]:
    """Return the ratios of each round, both sides taking turns."""
    stores = Stores.at(folder / "stores")
    for store in stores:
        upgrade(store)
    field = Field(stores, folder, Keyring.create(folder / "keys"))
    wave = field.open_wave()
    codes = field.answer_all(wave, people(2 * ERASURES * rounds + 20), questions=20)
    field.close_wave(wave)
    bare = Bare(field)
    found: dict[str, list[float]] = {"status": [], "erasure": []}

    async def statuses(code: Code) -> None:
        for _ in range(STATUSES):
            await field.rights.status(code)

    async def erase(gone: list[Code]) -> None:
        for code in gone:
            await field.rights.erase(code)

    for number in range(rounds):
        code = codes[-1 - number]
        ours = busy(lambda code=code: asyncio.run(statuses(code)))  # type: ignore[misc]
        theirs = busy(lambda code=code: bare.statuses(code))  # type: ignore[misc]
        found["status"].append(ours / theirs)
        gone = codes[2 * ERASURES * number : 2 * ERASURES * (number + 1)]
        plain = [bare.tags(code) for code in gone[ERASURES:]]
        row_keys = (field.answers._row_keys, field.consents._row_keys)
        names = [(row_keys[0].name(t["answers"]), row_keys[1].name(t["vault"])) for t in plain]
        ours = timed(lambda gone=gone: asyncio.run(erase(gone[:ERASURES])))  # type: ignore[misc]
        theirs = timed(
            lambda p=plain, n=names: [bare.erase(t, k) for t, k in zip(p, n, strict=True)]  # type: ignore[misc]
        )
        found["erasure"].append(ours / theirs)
        print(f"round {number + 1} of {rounds}", file=sys.stderr)
    stores.close()
    return found


def main() -> None:
    """Run and print the ratios with their ranges."""
    arguments = argparse.ArgumentParser(prog="make bench ARGS=rights", description=__doc__)
    arguments.add_argument("--rounds", type=int, default=ROUNDS)
    rounds = arguments.parse_args().rounds
    with tempfile.TemporaryDirectory(prefix="equality-bench-") as folder:
        found = measure(Path(folder), rounds)
    for name, ratios in found.items():
        middle = statistics.median(ratios)
        word = "met" if middle <= GOAL else "missed"
        span = f"({min(ratios):.2f} to {max(ratios):.2f})"
        print(f"{name:10} / bare {middle:6.2f} {span:>18}  goal {GOAL:.0f} {word}")


if __name__ == "__main__":
    main()
