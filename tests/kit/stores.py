"""Stores for tests: migrated once, then copied, so that each test begins with empty ones."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import create_engine

from survey_service.stores.bases import BASES
from survey_service.stores.every_model import import_every_model
from survey_service.stores.migrate import upgrade
from survey_service.stores.store import Store
from survey_service.stores.stores import NAMES, Stores
from tests.kit.postgres import Cluster

# A cluster's write-ahead log is shared by its databases, so answers have a cluster of their own.
# `keys` is always a file.
APART = "answers"
ON_POSTGRESQL = tuple(name for name in NAMES if name != "keys")


class SqliteTemplate:
    """Files of empty stores, made once; `copy` gives a folder its own."""

    def __init__(self, folder: Path, *, migrated: bool) -> None:
        self._folder = folder
        stores = Stores.at(folder)
        if migrated:
            for store in stores:
                upgrade(store)
        else:
            import_every_model()
            for store in stores:
                _create_all(store)
        stores.close()

    def copy(self, folder: Path) -> Path:
        """Put empty stores into a folder and return it."""
        shutil.copytree(self._folder, folder, dirs_exist_ok=True)
        return folder

    @contextmanager
    def open(self, folder: Path) -> Iterator[Stores]:
        """Give empty stores in a folder and close them afterwards."""
        stores = Stores.at(self.copy(folder))
        try:
            yield stores
        finally:
            stores.close()


class PostgresTemplate:
    """Two clusters with an empty, migrated database per store; `databases` copies them."""

    def __init__(self) -> None:
        # Not in threads: a server dies with the thread that started it (see Cluster.start).
        main, apart = Cluster(), Cluster()
        self.clusters = {name: apart if name == APART else main for name in ON_POSTGRESQL}
        for name, cluster in self.clusters.items():
            store = Store(name, url=cluster.create(f"empty_{name}"))
            upgrade(store)
            store.close()

    @contextmanager
    def databases(self) -> Iterator[dict[str, str]]:
        """Give the address of a fresh database for each store and drop them afterwards."""
        mark = secrets.token_hex(4)
        made = {name: f"{name}_{mark}" for name in ON_POSTGRESQL}
        # All at once: a copy mostly waits for the server's checkpoints.
        with ThreadPoolExecutor(len(made)) as pool:
            urls = list(pool.map(lambda name: self._copy(name, made[name]), made))
        try:
            yield dict(zip(made, urls, strict=True))
        finally:
            with ThreadPoolExecutor(len(made)) as pool:
                list(pool.map(lambda name: self.clusters[name].drop(made[name]), made))

    def _copy(self, name: str, database: str) -> str:
        return self.clusters[name].create(database, template=f"empty_{name}")

    @contextmanager
    def open(self, folder: Path) -> Iterator[Stores]:
        """Give empty stores on PostgreSQL, `keys` in a folder, and drop them afterwards."""
        with self.databases() as urls:
            stores = Stores.at(folder, urls)
            upgrade(stores.keys)
            try:
                yield stores
            finally:
                stores.close()

    def stop(self) -> None:
        """End both clusters."""
        for cluster in set(self.clusters.values()):
            cluster.stop()


def files_of(store: Store, postgres: PostgresTemplate | None = None) -> list[Path]:
    """Return every file in which a store's bytes may lie, logs and journals included.

    On PostgreSQL that is the database's folder and whatever its cluster shares.
    """
    if store.path is not None:
        return sorted(store.path.parent.glob(f"{store.path.name}*"))
    if postgres is None or store.url is None:
        raise ValueError("a store on PostgreSQL is found through its cluster")
    cluster = postgres.clusters[store.name]
    database = urlsplit(store.url).path.lstrip("/")
    cluster.checkpoint()
    return cluster.database_files(database) + cluster.other_files()


def _create_all(store: Store) -> None:
    engine = create_engine(f"sqlite:///{store.path}")
    BASES[store.name].metadata.create_all(engine)
    engine.dispose()
