"""The columns of every request that two people settle."""

from __future__ import annotations

from sqlalchemy import LargeBinary, Text
from sqlmodel import Field

from survey_service.stores.bases import OfficeModel


class AskedModel(OfficeModel):
    """One request. `sealed` is what settle made of it: the office cannot open it, and it ends."""

    id: str = Field(primary_key=True, sa_type=Text)
    survey: str = Field(sa_type=Text)
    state: str = Field(sa_type=Text, description="asked, refused, granted or over")
    reason: str = Field(sa_type=Text)
    asked_by: str = Field(sa_type=Text)
    asked_at: str = Field(sa_type=Text)
    ends_at: str = Field(sa_type=Text)
    decided_by: str | None = Field(default=None, sa_type=Text)
    decided_at: str | None = Field(default=None, sa_type=Text)
    sealed: bytes | None = Field(default=None, sa_type=LargeBinary)
    made_at: str | None = Field(default=None, sa_type=Text)
