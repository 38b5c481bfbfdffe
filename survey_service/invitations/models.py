"""Batches of slips, and the key of a wave in which each takes part once."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Integer, LargeBinary, Text
from sqlmodel import Field

from survey_service.stores.bases import InboxModel, OfficeModel

STRICT = {"sqlite_strict": True}


class SlipBatch(OfficeModel, table=True):
    """Slips that were printed together. Which they are is kept nowhere; a key finds them sound."""

    __tablename__ = "slip_batch"
    __table_args__ = (STRICT,)

    id: str = Field(primary_key=True, sa_type=Text)
    wave: str = Field(sa_type=Text, sa_column_args=(ForeignKey("wave.id"),))
    slips: int = Field(sa_type=Integer)
    made_on: str = Field(sa_type=Text)
    revoked_on: str | None = Field(default=None, sa_type=Text)


class HandedSlips(OfficeModel, table=True):
    """A number of slips that a mediator is to print; gone when he has."""

    __tablename__ = "handed_slips"
    __table_args__ = (STRICT,)

    id: str = Field(primary_key=True, sa_type=Text)
    wave: str = Field(sa_type=Text, sa_column_args=(ForeignKey("wave.id"),))
    account_id: str = Field(sa_type=Text)
    slips: int = Field(sa_type=Integer)
    handed_on: str = Field(sa_type=Text)


class OnceKey(InboxModel, table=True):
    """The key under which a wave knows who took part; destroyed when field work ends."""

    __tablename__ = "once_key"
    __table_args__ = (STRICT,)

    wave: str = Field(primary_key=True, sa_type=Text)
    sealed: bytes = Field(sa_type=LargeBinary)
