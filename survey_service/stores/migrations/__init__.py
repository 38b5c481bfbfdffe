"""Alembic's versions, one tree per store."""
