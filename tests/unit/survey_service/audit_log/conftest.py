"""An audit log on an SQLite file of its own, with the seat belts on."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from survey_service.audit_log import models
from survey_service.audit_log.seat_belts import seat_belts
from survey_service.audit_log.service import AuditLog
from survey_service.stores.bases import AuditModel
from survey_service.stores.keyring import Keyring
from survey_service.stores.store import Store


class Clock:
    """A clock that only moves when told."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keyring() -> Keyring:
    return Keyring.random()


@pytest.fixture
def audit_file(tmp_path: Path) -> Path:
    folder = tmp_path / "stores"
    folder.mkdir()
    return folder / "audit.sqlite"


@pytest.fixture
def audit_store(audit_file: Path) -> Iterator[Store]:
    assert models.Leaf.__tablename__ == "audit_leaf"
    store = Store("audit", path=audit_file)
    engine = create_engine(f"sqlite:///{audit_file}")
    AuditModel.metadata.create_all(engine)
    engine.dispose()
    raw = sqlite3.connect(audit_file)
    for statement in seat_belts("sqlite"):
        raw.execute(statement)
    raw.commit()
    raw.close()
    yield store
    store.close()


@pytest.fixture
def log(audit_store: Store, keyring: Keyring, clock: Clock) -> AuditLog:
    return AuditLog(audit_store, keyring, clock)
