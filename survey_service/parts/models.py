"""What the part settle tells the office, in the office's own store."""

from __future__ import annotations

from sqlalchemy import Text
from sqlmodel import Field

from survey_service.stores.bases import OfficeModel


class PartReport(OfficeModel, table=True):
    """The last word on one matter: states, and counts in tens; nothing of a person."""

    __tablename__ = "part_report"
    __table_args__ = ({"sqlite_strict": True},)

    name: str = Field(primary_key=True, sa_type=Text)
    made_at: str = Field(sa_type=Text)
    body: str = Field(sa_type=Text, description="JSON")
