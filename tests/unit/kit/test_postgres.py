"""The tests' own PostgreSQL keeps what it says."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from tests.kit.postgres import Cluster


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    cluster = Cluster()
    yield cluster
    cluster.stop()


def test_files_of_a_database_and_of_its_cluster_hold_what_was_written(cluster: Cluster) -> None:
    with psycopg.connect(cluster.create("one")) as connection:
        connection.execute("CREATE TABLE word (word text)")
        connection.execute("INSERT INTO word VALUES ('sea-buckthorn')")
    cluster.create("two")
    cluster.checkpoint()
    holds = [
        any(b"sea-buckthorn" in path.read_bytes() for path in files)
        for files in (
            cluster.database_files("one"),
            cluster.other_files(),
            cluster.database_files("two"),
        )
    ]
    assert holds == [True, True, False]


def test_the_write_ahead_log_is_minimal(cluster: Cluster) -> None:
    assert cluster.run("SHOW wal_level") == [("minimal",)]


def test_what_was_committed_survives_a_kill() -> None:
    cluster = Cluster(durable=True)
    try:
        with psycopg.connect(cluster.create("one")) as connection:
            connection.execute("CREATE TABLE number AS SELECT 42 AS value")
        cluster.kill()
        cluster.start()
        assert cluster.run("SELECT value FROM number", database="one") == [(42,)]
    finally:
        cluster.stop()
