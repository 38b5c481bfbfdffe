"""Alembic for each store: a tree of versions of its own, run before anything else may open it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, create_engine, text

from survey_service.stores.errors import StoreRefused
from survey_service.stores.sqlite import prepare_file
from survey_service.stores.store import Store

FOLDER = Path(__file__).parent / "migrations"


def configuration(store: str) -> Config:
    """Return Alembic's configuration for a store's tree."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.set_main_option("version_locations", str(FOLDER / store))
    config.set_main_option("path_separator", "os")
    return config


def address(store: Store) -> str:
    """Return the SQLAlchemy URL of a store."""
    if store.url:
        return store.url.replace("postgresql://", "postgresql+psycopg://", 1)
    return f"sqlite:///{store.path}"


def upgrade(store: Store) -> None:
    """Bring a store to the newest version; nothing happens where it is there already.

    Raises:
        StoreRefused: a newer version of the platform has been at work on it.
    """
    if store.path is not None:
        prepare_file(store.path)
    config = configuration(store.name)
    engine = create_engine(address(store))
    try:
        with engine.connect() as connection:
            if store.dialect == "sqlite":
                connection.execute(text("PRAGMA journal_mode=WAL"))
                connection.commit()
            if _is_current(config, connection):
                return
            config.attributes["connection"] = connection
            try:
                command.upgrade(config, "heads")
            except CommandError as error:
                raise StoreRefused(
                    f"The store {store.name} was brought up to date by a newer version of the "
                    "platform. Start that version, or restore a backup made with this one."
                ) from error
            if store.dialect == "postgresql":
                keep_no_samples(connection)
            connection.commit()
    finally:
        engine.dispose()


def is_up_to_date(store: Store) -> bool:
    """Return whether a store is there and of this version; nothing of it is changed."""
    if store.path is not None and not store.path.exists():
        return False
    engine = create_engine(address(store))
    try:
        with engine.connect() as connection:
            return _is_current(configuration(store.name), connection)
    finally:
        engine.dispose()


def keep_no_samples(connection: Connection) -> None:
    """PostgreSQL samples no value of any column for its planner from now on.

    A sample is a copy of values (of tags, of days) in a catalogue that deleting or rewriting the
    rows never reaches, and samples of different days tell who was there early. Rows are found
    by their keys, for which the planner needs none.
    """
    columns = connection.execute(
        text(
            "SELECT c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
            " WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r'"
            " AND a.attnum > 0 AND NOT a.attisdropped"
        )
    )
    for table, column in columns.all():
        connection.execute(text(f'ALTER TABLE "{table}" ALTER COLUMN "{column}" SET STATISTICS 0'))


def _is_current(config: Config, connection: Connection) -> bool:
    from alembic.runtime.migration import MigrationContext

    context = MigrationContext.configure(connection, opts={"version_table": "migration"})
    current = set(context.get_current_heads())
    connection.commit()
    return _heads(config.get_main_option("version_locations") or "") == current


@cache
def _heads(versions: str) -> frozenset[str]:
    """The newest version of a store's tree; reading it compiles every module of the tree."""
    return frozenset(ScriptDirectory.from_config(configuration(Path(versions).name)).get_heads())
