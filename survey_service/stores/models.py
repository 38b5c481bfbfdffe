"""The tables that are no room's own: wrapped row keys, and which epoch each key is in."""

from __future__ import annotations

from sqlalchemy import Integer, LargeBinary, Text
from sqlmodel import Field

from survey_service.stores.bases import KeysModel


class RowKey(KeysModel, table=True):
    """One wrapped row key; its name is a keyed hash of store and tag."""

    __tablename__ = "row_key"
    __table_args__ = ({"sqlite_strict": True, "sqlite_with_rowid": False},)

    name: bytes = Field(primary_key=True, sa_type=LargeBinary)
    scope: str = Field(sa_type=Text, index=True)
    wrapped: bytes = Field(sa_type=LargeBinary)


class RowCount(KeysModel, table=True):
    """How many row keys of a scope were made and destroyed, sealed with settle's secret."""

    __tablename__ = "row_count"
    __table_args__ = ({"sqlite_strict": True},)

    scope: str = Field(primary_key=True, sa_type=Text)
    sealed: bytes = Field(sa_type=LargeBinary)


class KeyEpoch(KeysModel, table=True):
    """How often an installation's secret was replaced (1: never), and since which day it holds."""

    __tablename__ = "key_epoch"
    __table_args__ = ({"sqlite_strict": True},)

    name: str = Field(primary_key=True, sa_type=Text)
    epoch: int = Field(sa_type=Integer)
    since: str = Field(sa_type=Text)
