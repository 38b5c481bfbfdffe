"""Alembic's environment for every store: the connection and the store's name come from migrate."""

from __future__ import annotations

from alembic import context

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=context.config.attributes.get("metadata"),
    version_table="migration",
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
