"""The vault's tables."""

from __future__ import annotations

from sqlalchemy import LargeBinary, Text
from sqlmodel import Field

from survey_service.stores.bases import VaultModel


class ConsentRow(VaultModel, table=True):
    """A consent record and a contact, each sealed with the row's key and of one size for all.

    In a wave with escrow also a cell of `lost_codes.py`, whether somebody wanted it or not.
    """

    __tablename__ = "consent"
    __table_args__ = ({"sqlite_strict": True, "sqlite_with_rowid": False},)

    tag: bytes = Field(primary_key=True, sa_type=LargeBinary)
    survey: str = Field(sa_type=Text, index=True)
    record: bytes = Field(sa_type=LargeBinary)
    contact: bytes = Field(sa_type=LargeBinary)
    by_code: bytes = Field(sa_type=LargeBinary, description="the row's key, wrapped by the code")
    escrow: bytes | None = Field(default=None, sa_type=LargeBinary)


class Used(VaultModel, table=True):
    """A slip that was used, or a person who took part: a keyed tag and no reference to a row.

    `holder` is keyed with the code, so that the same submission sent again is admitted again.
    """

    __tablename__ = "used"
    __table_args__ = ({"sqlite_strict": True, "sqlite_with_rowid": False},)

    tag: bytes = Field(primary_key=True, sa_type=LargeBinary)
    wave: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text, description="slip or once")
    holder: bytes = Field(sa_type=LargeBinary)


class ErasedConsent(VaultModel, table=True):
    """A row that a part without keys has deleted; gone once its key is destroyed."""

    __tablename__ = "erased"
    __table_args__ = ({"sqlite_strict": True, "sqlite_with_rowid": False},)

    tag: bytes = Field(primary_key=True, sa_type=LargeBinary)
