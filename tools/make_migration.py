"""Write a migration for a store from the difference between its models and its versions.

Usage: python tools/make_migration.py STORE "what changes". Read what it wrote before committing.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
import tempfile
from pathlib import Path

from alembic import command
from sqlalchemy import create_engine

import survey_service
from survey_service.stores.bases import BASES
from survey_service.stores.migrate import FOLDER, configuration


def main(store: str, message: str) -> None:
    """Compare against a fresh SQLite database and write the next version."""
    for module in pkgutil.walk_packages(survey_service.__path__, "survey_service."):
        if module.name.endswith("models"):
            importlib.import_module(module.name)
    (FOLDER / store).mkdir(exist_ok=True)
    config = configuration(store)
    with tempfile.TemporaryDirectory() as folder:
        engine = create_engine(f"sqlite:///{Path(folder) / 'fresh.sqlite'}")
        with engine.connect() as connection:
            config.attributes["connection"] = connection
            config.attributes["metadata"] = BASES[store].metadata
            command.upgrade(config, "heads")
            number = len(list((FOLDER / store).glob("[0-9]*.py"))) + 1
            command.revision(config, message, autogenerate=True, rev_id=f"{number:04d}")


if __name__ == "__main__":
    main(*sys.argv[1:])
