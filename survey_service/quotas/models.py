"""What is wanted of a wave, and the figures that may be shown of it."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Integer, Text
from sqlmodel import Field

from survey_service.stores.bases import OfficeModel


class QuotaPlan(OfficeModel, table=True):
    """The quotas of a wave. No exact count is here: `shown` holds what anybody may be told."""

    __tablename__ = "quota_plan"
    __table_args__ = ({"sqlite_strict": True},)

    wave: str = Field(primary_key=True, sa_type=Text, sa_column_args=(ForeignKey("wave.id"),))
    variables: str = Field(sa_type=Text, description="JSON: the names of one or two variables")
    targets: str = Field(sa_type=Text, description="JSON: how many are wanted, by group")
    shown: str | None = Field(
        default=None, sa_type=Text, description="JSON: total and groups as of the last settling"
    )
    due: int = Field(
        default=0,
        sa_type=Integer,
        sa_column_kwargs={"server_default": "0"},
        description="1: something was settled, and the figures are not of it yet",
    )
