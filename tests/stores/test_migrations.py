"""Migrations make exactly the tables that the models describe, on both databases."""

from __future__ import annotations

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine

from survey_service.stores.bases import BASES
from survey_service.stores.every_model import import_every_model
from survey_service.stores.migrate import address, upgrade
from survey_service.stores.stores import NAMES, Stores


@pytest.mark.parametrize("name", NAMES)
def test_models_and_migrations_agree(stores: Stores, name: str) -> None:
    import_every_model()
    engine = create_engine(address(getattr(stores, name)))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": "migration"})
        differences = compare_metadata(context, BASES[name].metadata)
    engine.dispose()
    assert [d for d in differences if d[0] != "remove_table"] == []
    assert [d for d in differences if d[1].name != "migration"] == []


def test_a_second_upgrade_changes_nothing(stores: Stores) -> None:
    for store in stores:
        upgrade(store)
