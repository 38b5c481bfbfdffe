"""Requests for lists of contacts, and the rounded statistics that settle makes of consents."""

from __future__ import annotations

from sqlalchemy import Integer, LargeBinary, Text
from sqlmodel import Field

from survey_service.stores.bases import OfficeModel


class ContactListRow(OfficeModel, table=True):
    """One request; `sealed` opens with the passphrase of whoever asked, and goes at the end."""

    __tablename__ = "contact_list"
    __table_args__ = ({"sqlite_strict": True},)

    id: str = Field(primary_key=True, sa_type=Text)
    survey: str = Field(sa_type=Text)
    state: str = Field(sa_type=Text, description="asked, refused, granted or over")
    reason: str = Field(sa_type=Text)
    asked_by: str = Field(sa_type=Text)
    asked_at: str = Field(sa_type=Text)
    ends_at: str = Field(sa_type=Text)
    salt: bytes = Field(sa_type=LargeBinary)
    public_key: bytes = Field(sa_type=LargeBinary)
    decided_by: str | None = Field(default=None, sa_type=Text)
    decided_at: str | None = Field(default=None, sa_type=Text)
    sealed: bytes | None = Field(default=None, sa_type=LargeBinary)
    made_at: str | None = Field(default=None, sa_type=Text)


class ConsentStatisticRow(OfficeModel, table=True):
    """How many have a purpose in force, floored to ten; no number below twenty."""

    __tablename__ = "consent_statistic"
    __table_args__ = ({"sqlite_strict": True},)

    survey: str = Field(primary_key=True, sa_type=Text)
    purpose: str = Field(primary_key=True, sa_type=Text)
    yes: int | None = Field(default=None, sa_type=Integer)
    made_on: str = Field(sa_type=Text)
