"""What the `keys` store holds: wrapped keys, and nothing that they open."""

from __future__ import annotations

from sqlalchemy import LargeBinary, Text
from sqlmodel import Field

from survey_service.stores.bases import KeysModel


class SettleKey(KeysModel, table=True):
    """The private keys of one inbox generation, gone with it."""

    __tablename__ = "settle_key"
    __table_args__ = ({"sqlite_strict": True},)

    generation: str = Field(primary_key=True, sa_type=Text)
    vault_private: bytes = Field(sa_type=LargeBinary)
    answers_private: bytes = Field(sa_type=LargeBinary)
