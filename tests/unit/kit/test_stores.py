"""Each test gets stores of its own, with every table, on both databases."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import create_engine, inspect

from survey_service.stores.bases import BASES
from survey_service.stores.every_model import import_every_model
from survey_service.stores.migrate import address
from survey_service.stores.store import Store
from survey_service.stores.stores import Stores


def _expect_own_tables(stores: Stores) -> None:
    import_every_model()
    for store in stores:
        assert _tables(store) == set(BASES[store.name].metadata.tables), store.name


def _tables(store: Store) -> set[str]:
    engine = create_engine(address(store))
    names = set(inspect(engine).get_table_names())
    engine.dispose()
    return names - {"migration"}


def test_migrated_stores_have_their_own_tables_and_no_others(stores: Stores) -> None:
    _expect_own_tables(stores)


def test_stores_from_the_models_have_their_own_tables_and_no_others(sqlite_stores: Stores) -> None:
    _expect_own_tables(sqlite_stores)


def test_the_files_of_a_store_are_found(
    stores: Stores, store_files: Callable[[Store], list[Path]]
) -> None:
    for store in stores:
        assert store_files(store), store.name
    vault, answers = set(store_files(stores.vault)), set(store_files(stores.answers))
    assert not vault & answers


def test_keys_are_always_a_file(stores: Stores) -> None:
    assert stores.keys.path is not None
    assert stores.keys.path.exists()


def test_whoever_copies_a_store_knows_all_its_tables_whatever_he_has_imported() -> None:
    """A part imports what it uses; a copy that left a table out would lose it without a word."""
    asked = (
        "from survey_service.backups.copying import tables_of;"
        "print(*(table.name for table in tables_of('office')))"
    )
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    import_every_model()
    assert set(done.stdout.split()) == set(BASES["office"].metadata.tables)
