"""The only table that is no room's own: wrapped row keys."""

from __future__ import annotations

from sqlalchemy import LargeBinary, Text
from sqlmodel import Field

from survey_service.stores.bases import KeysModel


class RowKey(KeysModel, table=True):
    """One wrapped row key; its name is a keyed hash of store and tag."""

    __tablename__ = "row_key"
    __table_args__ = ({"sqlite_strict": True, "sqlite_with_rowid": False},)

    name: bytes = Field(primary_key=True, sa_type=LargeBinary)
    scope: str = Field(sa_type=Text, index=True)
    wrapped: bytes = Field(sa_type=LargeBinary)
